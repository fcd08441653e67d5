import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What federation tells. */
export const federationEvents = [
  defineEvent('federation.provider.added', { provider: v.code() }),
  defineEvent('federation.provider.enabled', { provider: v.code() }),
  defineEvent('federation.provider.disabled', { provider: v.code() }),
  defineEvent('federation.account.linked', { provider: v.code() }),
  defineEvent('federation.account.unlinked', { provider: v.code() }),
]
