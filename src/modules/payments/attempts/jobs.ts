import type { Job } from '../../../platform/jobs.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { Treasury } from '../treasury.ts'
import { forgetNotices, handleWaiting } from './notices.ts'
import { askAbout } from './settle.ts'
import * as store from './store.ts'

const BATCH = 200
const AT_ONCE = 4
/** Whoever took an attempt to ask about it has so long, before another process may. */
const TAKEN_MS = 2 * 60_000

/** Finds out what became of payments although no webhook came: every minute, with growing pauses for each attempt. */
export function attemptJobs(treasury: Treasury): Job[] {
  return [
    { name: 'payments:ask', cron: '* * * * *', run: () => askDue(treasury) },
    { name: 'payments:notices', cron: '* * * * *', run: () => handleWaiting(treasury) },
    { name: 'payments:forget-notices', cron: '35 3 * * *', run: () => forgetNotices(treasury) },
  ]
}

async function askDue(treasury: Treasury): Promise<void> {
  const { platform } = treasury
  const due = await store.takeDue(platform.db, platform.now(), new Date(platform.now().getTime() + TAKEN_MS), BATCH)
  const next = due.values()
  const worker = async (): Promise<void> => {
    for (const id of next)
      await askAbout(treasury, id, true).catch((error: unknown) => {
        const name = error instanceof Error ? error.name : 'error'
        platform.log.error({ part: 'payments', attempt: id, err: { name } }, 'an attempt could not be asked about; it is asked for again')
      })
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

/** A number for operators: its name, what it says, and how it is read. */
type Figure = { readonly name: string; readonly help: string; read(): Promise<number> }

/** What operators see of payments under way. */
export function attemptFigures(platform: Platform): Figure[] {
  const count = async (wanted: (state: string) => boolean): Promise<number> =>
    (await store.waiting(platform.db)).filter((row) => wanted(row.state)).reduce((sum, row) => sum + Number(row.count), 0)
  return [
    {
      name: 'stoa_payment_attempts_open',
      help: 'Payments under way whose outcome is awaited',
      read: () => count((state) => state !== 'unknown'),
    },
    {
      name: 'stoa_payment_attempts_unknown',
      help: 'Payments whose outcome nobody knows yet',
      read: () => count((state) => state === 'unknown'),
    },
    {
      name: 'stoa_payment_attempts_oldest_seconds',
      help: 'How long the oldest payment under way has waited for its outcome',
      read: async () => {
        const oldest = (await store.waiting(platform.db)).map((row) => row.oldest.getTime())
        return oldest.length === 0 ? 0 : Math.max(0, (platform.now().getTime() - Math.min(...oldest)) / 1_000)
      },
    },
  ]
}
