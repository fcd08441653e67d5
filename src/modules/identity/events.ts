import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What identity tells. */
export const identityEvents = [
  defineEvent('identity.account.registered', {}),
  defineEvent('identity.account.verified', {}),
  defineEvent('identity.account.signed_in', { level: v.code().optional(), methods: v.codes().optional() }),
  defineEvent('identity.session.raised', { level: v.code(), methods: v.codes() }),
  defineEvent('identity.session.ended', { count: v.number() }),
  defineEvent('identity.account.signed_out', {}),
  defineEvent('identity.account.closed', {}),
  defineEvent('identity.account.password_changed', {}),
  /** `kind`: passkey, totp or recovery_codes. */
  defineEvent('identity.factor.added', { kind: v.code() }),
  /** `kind`: passkey, totp, or all. */
  defineEvent('identity.factor.removed', { kind: v.code() }),
  defineEvent('identity.recovery.used', { left: v.number() }),
  defineEvent('identity.passkey.clone_suspected', { passkey: v.id() }),
  defineEvent('identity.letter.asked', {}),
  defineEvent('identity.letter.made', {}),
  defineEvent('identity.account.proofed', {}),
  defineEvent('identity.role.granted', {
    role: v.code(),
    agency: v.code().optional(),
    ends: v.instant().optional(),
    /** Given knowingly beside a role that it is usually kept apart from. */
    combined: v.flag().optional(),
  }),
  defineEvent('identity.role.renewed', { role: v.code(), agency: v.code().optional(), ends: v.instant(), by: v.code() }),
  defineEvent('identity.role.reviewed', { role: v.code(), agency: v.code().optional() }),
  /** `by`: person, review, no_review or time. */
  defineEvent('identity.role.ended', { role: v.code(), agency: v.code().optional(), by: v.code() }),
  defineEvent('identity.account.reopened', {}),
  defineEvent('identity.emergency.began', { case: v.id(), reason: v.code(), ends: v.instant() }),
  defineEvent('identity.emergency.reviewed', { outcome: v.code() }),
  defineEvent('identity.agency.changed', { change: v.code(), fields: v.codes() }),
]
