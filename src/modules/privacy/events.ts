import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What this module tells; never the words of a wish or a consent. */
export const privacyEvents = [
  defineEvent('privacy.retention.ran', { erased: v.number(), more: v.flag() }),
  defineEvent('privacy.usage.told', { portal: v.id(), lines: v.number() }),
  defineEvent('privacy.portal.registered', {}),
  defineEvent('privacy.portal.ended', {}),
  defineEvent('privacy.choice.made', { choice: v.code(), chosen: v.flag(), source: v.code() }),
  defineEvent('privacy.consent.asked', { consent: v.code(), version: v.number() }),
  defineEvent('privacy.copy.asked', {}),
  defineEvent('privacy.copy.made', {}),
  defineEvent('privacy.copy.expired', {}),
  /** What of a person was erased while the person stays: cases, and records of the vault, by id. */
  defineEvent('privacy.data.erased', { cases: v.codes(), records: v.codes() }),
  defineEvent('privacy.consent.given', { consent: v.code(), version: v.number() }),
  defineEvent('privacy.consent.withdrawn', { consent: v.code(), version: v.number() }),
]
