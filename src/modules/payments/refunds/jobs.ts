import type { Job } from '../../../platform/jobs.ts'
import type { Treasury } from '../treasury.ts'
import { SEND_REFUNDS } from './propose.ts'
import { settleRefund } from './settle.ts'
import * as store from './store.ts'

const BATCH = 200
/** Whoever took a refund to send it has so long, before another process may. */
const TAKEN_MS = 2 * 60_000

/** Sends approved refunds to the provider and asks about those under way, with growing pauses for each. */
export function refundJobs(treasury: Treasury): Job[] {
  const run = async (): Promise<void> => {
    const { platform } = treasury
    const due = await store.takeDueRefunds(platform.db, platform.now(), new Date(platform.now().getTime() + TAKEN_MS), BATCH)
    // refunds of one payment go in their order: the ids of one moment are in the order they were proposed
    for (const id of due.toSorted())
      await settleRefund(treasury, id, true).catch((error: unknown) => {
        const name = error instanceof Error ? error.name : 'error'
        platform.log.error({ part: 'payments', refund: id, err: { name } }, 'a refund could not be sent; it is tried again')
      })
  }
  return [{ name: SEND_REFUNDS, cron: '* * * * *', run }]
}
