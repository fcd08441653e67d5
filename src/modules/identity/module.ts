import type { Module } from '../../platform/module.ts'
import type { Job } from '../../platform/jobs.ts'
import { staffRoutes } from './adminroutes.ts'
import { identityEvents } from './events.ts'
import { endGrants, type GrantParts, grantRoutes } from './grants/index.ts'
import { counterRoutes } from './counter/routes.ts'
import { forgetOver } from './factors/attempts.ts'
import { wrappedFactors } from './factors/store.ts'
import { tellJob } from './factors/tell.ts'
import { accountRoutes, type IdentityParts } from './routes.ts'
import { securityRoutes } from './security/routes.ts'
import { sessionLimits } from './sessions.ts'
import { deleteOldSessions } from './sessions/store.ts'
import { askJob } from './signin/bymail.ts'
import { signInRoutes } from './signin/routes.ts'
import { stepRoutes } from './signin/steproutes.ts'
import * as store from './store.ts'

/** Forgets sessions, codes and attempts that are over. */
const cleanUp: Job = {
  name: 'identity:clean_up',
  cron: '*/15 * * * *',
  async run(platform) {
    await deleteOldSessions(platform.db, new Date(platform.now().getTime() - sessionLimits.idleMs), platform.now())
    await store.deleteStale(platform.db, platform.now())
    await forgetOver(platform)
  },
}

/** Takes away roles whose time is over, and those that nobody answered for. */
const endGrantsJob: Job = {
  name: 'identity:end_grants',
  cron: '7 * * * *',
  async run(platform) {
    await endGrants(platform)
  },
}

/** Accounts, sessions and roles. */
export const identity = (parts: IdentityParts & GrantParts): Module => ({
  name: 'identity',
  uses: ['access', 'people', 'messages'],
  events: identityEvents,
  jobs: [endGrantsJob, cleanUp, tellJob(parts.messages), askJob(parts.messages)],
  routes: (app) => {
    signInRoutes(parts)(app)
    stepRoutes(parts)(app)
    accountRoutes(parts)(app)
    securityRoutes(parts)(app)
    counterRoutes(parts)(app)
    staffRoutes(parts)(app)
    grantRoutes(parts)(app)
  },
  wrapped: wrappedFactors,
  migrations: true,
  locales: true,
})
