import type { Job } from '../../../platform/jobs.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { Subscriber } from '../../../platform/journal/subscribers.ts'
import type { Board } from '../service/board.ts'
import { digestJob } from './alerts/alerts.ts'
import { deleteAlertsOf } from './alerts/store.ts'
import { densitySubscriber, rebuildJob } from './density/density.ts'

export { type AlertHolding, alertHoldings } from './alerts/alerts.ts'
export { rebuildDensity } from './density/density.ts'
export { publicRoutes } from './routes.ts'

/** The daily mails of alerts, and the counting anew. */
export function publicJobs(board: Board): Job[] {
  return [digestJob(board), rebuildJob]
}

/** What keeps the counts of the map. */
export const publicSubscribers: readonly Subscriber[] = [densitySubscriber]

/** Forgets the alerts of a person who is being erased. */
export async function forgetAlerts(tx: Platform, personId: string): Promise<void> {
  await deleteAlertsOf(tx.db, personId)
}
