import type { Module } from '../../platform/module.ts'
import { providerAdminRoutes } from './adminroutes.ts'
import { federationEvents } from './events.ts'
import { federationRoutes, type FederationParts } from './routes.ts'
import { deleteLinksOf, wrappedSecrets } from './store.ts'

/** Signing in with outside identity providers. */
export const federation = (parts: FederationParts): Module => ({
  name: 'federation',
  uses: ['access', 'people', 'identity'],
  events: federationEvents,
  wrapped: wrappedSecrets,
  forgets: async (tx, { accountId }) => {
    if (accountId !== null) await deleteLinksOf(tx.db, accountId)
  },
  routes: (app) => {
    federationRoutes(parts)(app)
    providerAdminRoutes(parts)(app)
  },
  migrations: true,
  locales: true,
})
