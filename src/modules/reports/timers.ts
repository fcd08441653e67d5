import type { Job } from '../../platform/jobs.ts'
import { today } from '../../platform/platform.ts'
import { transact } from '../../platform/platform.ts'
import { systemActor } from '../access/index.ts'
import { silentOver } from './clock.ts'
import { isOpen } from './report.ts'
import { confirmSilently } from './rules.ts'
import { change } from './service/act.ts'
import { type Board, getReport, refreshCategories, tell, within } from './service/board.ts'
import * as store from './store.ts'

const timers = systemActor('timers')
const BATCH = 200

/** The job that does what the day brings: warnings, what is overdue, fixes that nobody disputed. */
export function clockJob(board: Board): Job {
  return {
    name: 'reports:clock',
    cron: '*/10 * * * *',
    async run(platform) {
      await refreshCategories({ ...board, platform })
      await runClock({ ...board, platform })
    },
  }
}

/** Does everything that is due today; doing it again changes nothing. A report that fails does not keep others waiting. */
export async function runClock(board: Board): Promise<void> {
  await eachDue(board, 'silent', (id) => endSilence(board, id))
  await eachDue(board, 'warn', (id) => warn(board, id))
  await eachDue(board, 'overdue', (id) => noteOverdue(board, id))
}

async function eachDue(board: Board, what: 'warn' | 'overdue' | 'silent', work: (id: string) => Promise<void>): Promise<void> {
  const { platform } = board
  const seen = new Set<string>()
  for (;;) {
    const ids = await store.reportsDue(platform.db, what, today(platform), BATCH + seen.size)
    const fresh = ids.filter((id) => !seen.has(id))
    for (const id of fresh) {
      await work(id).then(
        () => undefined,
        (error: unknown) => {
          // what failed is still due: it waits for the next run
          seen.add(id)
          platform.log.error({ err: error, report: id, timer: what }, 'a timer of a report failed')
        },
      )
    }
    if (fresh.length === 0) return
  }
}

/** The period after a fix has passed without a word: it counts as confirmed by silence, which figures tell apart. */
async function endSilence(board: Board, id: string): Promise<void> {
  await transact(board.platform, async (tx) => {
    const inside = within(board, tx)
    const report = await getReport(inside, id, true)
    if (!silentOver(report, today(tx))) return
    await change(
      inside,
      timers,
      report,
      confirmSilently(report, today(tx)),
      { kind: 'confirmed', by: 'system' },
      {
        type: 'reports.report.confirmed',
        data: { by: 'silence', category: report.category, ...(report.crew ? { crew: report.crew } : {}) },
      },
    )
  })
}

async function warn(board: Board, id: string): Promise<void> {
  await transact(board.platform, async (tx) => {
    const report = await getReport(within(board, tx), id, true)
    if (!isOpen(report) || report.warned || report.due_on === null || report.warn_on === null || report.warn_on > today(tx)) return
    await store.markReport(tx.db, id, { warned: true })
    await tell(tx, timers, report, 'reports.report.warned', { due: report.due_on })
  })
}

/** A promised day has passed: whoever follows it is told, and it stands in the supervisors' queue from now on. */
async function noteOverdue(board: Board, id: string): Promise<void> {
  await transact(board.platform, async (tx) => {
    const report = await getReport(within(board, tx), id, true)
    if (!isOpen(report) || report.overdue_noted || report.due_on === null || report.due_on >= today(tx)) return
    await store.markReport(tx.db, id, { overdue_noted: true, warned: true })
    await tell(tx, timers, report, 'reports.report.overdue', { due: report.due_on })
  })
}
