import type { RouteModule } from '../../platform/http/routes.ts'
import type { Module } from '../../platform/module.ts'
import type { Pages } from '../../ui/index.ts'
import { type Listen, liveStreams } from '../cases/index.ts'
import { askRoutes } from './ask/routes.ts'
import { draftsJob } from './ask/draft.ts'
import { forgetCrews } from './crews/members.ts'
import { crewRoutes } from './crews/routes.ts'
import { forgetAlerts, publicJobs, publicRoutes, publicSubscribers } from './public/index.ts'
import { reportEvents } from './events.ts'
import { forgetPrograms, open311Job, open311Routes } from './open311/index.ts'
import { notifyJob, notifySubscriber } from './notify.ts'
import { forgetReporter, retentionJob } from './retention.ts'
import { askedJob } from './page/acts.ts'
import { pageRoutes } from './page/routes.ts'
import { peerJobs, type PeerKeys, peerRoutes, peerSubscribers } from './peers/index.ts'
import type { Board } from './service/index.ts'
import { clockJob } from './timers.ts'
import { forgetFilters } from './triage/desk.ts'
import { triageRoutes } from './triage/routes.ts'

/** What the pages, doors and jobs of this module work with. */
export type ReportParts = { readonly board: Board; readonly pages: Pages; readonly listen: Listen; readonly peerKeys: PeerKeys }

/** What residents report about a place, and the work on it (311; Open311 GeoReport v2). */
export const reports = ({ board, pages, listen, peerKeys }: ReportParts): Module => ({
  name: 'reports',
  uses: ['access', 'people', 'identity', 'messages', 'servicefile', 'fields', 'places', 'cases', 'open311'],
  events: reportEvents,
  subscribers: [notifySubscriber, ...publicSubscribers, ...peerSubscribers(board)],
  jobs: [
    clockJob(board),
    notifyJob(board),
    retentionJob(board),
    draftsJob(),
    askedJob(),
    open311Job,
    ...publicJobs(board),
    ...peerJobs(board, peerKeys),
  ],
  routes: all(
    publicRoutes(board, pages),
    askRoutes(board, pages),
    pageRoutes(board, pages, liveStreams(listen, overHttps(board))),
    crewRoutes(board, pages),
    peerRoutes(board),
    open311Routes(board, pages),
    triageRoutes(board, pages, liveStreams(listen, overHttps(board))),
  ),
  forgets: async (tx, { personId, accountId }) => {
    await forgetReporter(tx, personId)
    await forgetAlerts(tx, personId)
    await forgetPrograms(tx, personId)
    if (accountId === null) return
    await forgetCrews(tx, accountId)
    await forgetFilters(tx, accountId)
  },
  migrations: true,
  locales: true,
})

function overHttps({ platform }: Board): boolean {
  return platform.publicOrigin.startsWith('https:')
}

function all(...modules: readonly RouteModule[]): RouteModule {
  return (app) => {
    for (const add of modules) add(app)
  }
}
