import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What the OpenID provider tells. */
export const oidcEvents = [
  defineEvent('oidc.client.registered', { agency: v.code() }),
  defineEvent('oidc.client.changed', { what: v.code() }),
  defineEvent('oidc.client.disabled', { agency: v.code() }),
  defineEvent('oidc.grant.given', { client: v.id(), agency: v.code(), scopes: v.codes() }),
  defineEvent('oidc.grant.ended', { client: v.id(), agency: v.code() }),
  defineEvent('oidc.key.rotated', { key: v.id(), signs_from: v.instant() }),
]
