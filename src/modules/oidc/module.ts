import type { Job } from '../../platform/jobs.ts'
import type { Module } from '../../platform/module.ts'
import { accountRoutes } from './accountroutes.ts'
import { appAdminRoutes } from './adminroutes.ts'
import { tokenHolder, type TokenHolder } from './bearer.ts'
import type { Scope } from './client.ts'
import { consentRoutes } from './consentroutes.ts'
import { oidcDoor } from './door.ts'
import { endSessionsJob } from './ending.ts'
import { oidcEvents } from './events.ts'
import { rotateKeys } from './keys.ts'
import type { OidcParts } from './parts.ts'
import { createProviders } from './provider.ts'
import * as store from './store.ts'

/** Makes the next signing key in time and forgets old ones, once an hour; most times there is nothing to do. */
const rotate: Job = { name: 'oidc:rotate_keys', cron: '17 * * * *', run: rotateKeys }

/** Forgets what has expired. */
const cleanUp: Job = {
  name: 'oidc:clean_up',
  cron: '*/10 * * * *',
  run: (platform) => store.deleteExpired(platform.db, platform.now()),
}

/** Stoa as an OpenID provider: agencies' own applications sign residents in with it. */
export const oidc = (parts: OidcParts): Module & { readonly holderOf: (header: string, scope: Scope) => Promise<TokenHolder | null> } => {
  const providers = createProviders(parts)
  return {
    holderOf: (header, scope) => tokenHolder(parts, providers, header, scope),
    name: 'oidc',
    uses: ['access', 'identity', 'people'],
    events: oidcEvents,
    jobs: [rotate, cleanUp, endSessionsJob(providers)],
    routes: (app) => {
      oidcDoor(parts, providers)(app)
      consentRoutes(parts, providers)(app)
      accountRoutes(parts)(app)
      appAdminRoutes(parts)(app)
    },
    wrapped: store.wrappedOidc,
    forgets: async (tx, { accountId }) => {
      if (accountId !== null) await store.deleteItemsOfAccount(tx.db, accountId)
    },
    migrations: true,
    locales: true,
  }
}
