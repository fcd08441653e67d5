import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What identity tells. */
export const identityEvents = [
  defineEvent('identity.account.registered', {}),
  defineEvent('identity.account.verified', {}),
  defineEvent('identity.account.signed_in', {}),
  defineEvent('identity.account.signed_out', {}),
  defineEvent('identity.account.password_changed', {}),
  defineEvent('identity.role.granted', { role: v.code(), agency: v.code().optional() }),
  defineEvent('identity.role.ended', { role: v.code(), agency: v.code().optional() }),
]
