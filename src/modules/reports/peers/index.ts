import type { Job } from '../../../platform/jobs.ts'
import type { Subscriber } from '../../../platform/journal/subscribers.ts'
import type { Board } from '../service/index.ts'
import { handoverJob, handoverSubscriber, type PeerKeys } from './handover.ts'

export { handOver, type PeerKeys, runHandovers } from './handover.ts'
export { handOverPanel } from './panel.ts'
export { pullFile, type Pulled, type PullOrder, pullRequests } from './pull.ts'
export { peerRoutes } from './routes.ts'
export { serverAddress } from './servers.ts'
export type { MirrorOrder } from './mirror.ts'

/** The work on what was handed over to other bodies' servers; the keys by authority. */
export function peerJobs(board: Board, keys: PeerKeys = new Map()): readonly Job[] {
  return [handoverJob(board, keys)]
}

/** Hands over every report that staff end as another body's. */
export function peerSubscribers(board: Board): readonly Subscriber[] {
  return [handoverSubscriber(board)]
}
