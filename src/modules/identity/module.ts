import type { Module } from '../../platform/module.ts'
import type { Job } from '../../platform/jobs.ts'
import { staffRoutes } from './adminroutes.ts'
import { identityEvents } from './events.ts'
import { identityRoutes, type IdentityParts } from './routes.ts'
import { sessionLimits } from './service.ts'
import * as store from './store.ts'

/** Forgets sessions, codes and attempts that are over. */
const cleanUp: Job = {
  name: 'identity:clean_up',
  cron: '*/15 * * * *',
  async run(platform) {
    await store.deleteStale(platform.db, new Date(platform.now().getTime() - sessionLimits.idleMs), platform.now())
  },
}

/** Accounts, sessions and roles. */
export const identity = (parts: IdentityParts): Module => ({
  name: 'identity',
  uses: ['access', 'people', 'messages'],
  events: identityEvents,
  jobs: [cleanUp],
  routes: (app) => {
    identityRoutes(parts)(app)
    staffRoutes(parts)(app)
  },
  migrations: true,
  locales: true,
})
