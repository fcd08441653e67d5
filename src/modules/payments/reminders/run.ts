import { isWorkingDay, type PlainDate } from '../../../kernel/time.ts'
import { Problem } from '../../../kernel/problem.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { record } from '../../../platform/journal/journal.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import type { Bill } from '../bill.ts'
import { billsById, lockBills } from '../store.ts'
import { type Treasury, within } from '../treasury.ts'
import { type Act, actOn, type Known } from './act.ts'
import { applyActs } from './apply.ts'
import { knownOf, meansOf } from './facts.ts'
import type { Preview, PreviewRow, ReminderRun, RunReport } from './reminder.ts'
import * as store from './store.ts'

/** The job that reminds on each working day. */
export const REMIND = 'payments:reminders'

const PROGRAM = systemActor('payments')
const BATCH = 1_000
const SAMPLES = 3

type Decided = { readonly known: Known; readonly act: Act }
type Silent = Extract<Act, { kind: 'silent' }>['why']

/**
 * What a run on a day would do, without doing it: counts, sums and samples by step, agency and language; by the same
 * function as the run. On today it says exactly what a run now would do.
 */
export async function previewReminders(treasury: Treasury, day: PlainDate): Promise<Preview> {
  const { db } = treasury.platform
  const count = counter()
  for (let after: string | null = null; ;) {
    const ids: string[] = await store.dueBills(db, day, after, BATCH)
    count.add(decide(treasury, await knownOf(treasury.platform, await billsById(db, ids)), day))
    if (ids.length < BATCH) return { day, ...count.result() }
    after = ids.at(-1) ?? null
  }
}

/**
 * Reminds today: a batch in a transaction, each step of a bill once, so that a run that was killed goes on where it was.
 * Returns what this call did; nothing when the run waits for an officer, is held or is done.
 */
export async function runReminders(treasury: Treasury, size = BATCH): Promise<RunReport> {
  const { platform } = treasury
  const day = today(platform)
  const run = await begin(treasury, day)
  const count = counter()
  if (run.state !== 'running') return { run, day, ...count.result() }
  for (let after: string | null = null; ;) {
    const ids: string[] = await store.dueBills(platform.db, day, after, size)
    // an officer may hold the run between two batches
    const done = await transact(platform, (tx) => batch(within(treasury, tx), run, ids))
    if (done === null) return { run: { ...run, state: 'held' }, day, ...count.result() }
    count.add(done)
    if (ids.length < size) break
    after = ids.at(-1) ?? null
  }
  return { run: await end(treasury, run), day, ...count.result() }
}

async function batch(treasury: Treasury, run: ReminderRun, ids: readonly string[]): Promise<Decided[] | null> {
  const tx = treasury.platform
  allow(PROGRAM, 'money.system', { agency: treasury.rules.treasury })
  const now = await store.runOn(tx.db, run.day, true)
  if (now?.state !== 'running') return null
  const bills = (await lockBills(tx.db, ids)).filter((bill) => isDue(bill, run.day))
  const decided = decide(treasury, await knownOf(tx, bills), run.day)
  await applyActs(treasury, PROGRAM, run, decided)
  return decided
}

const isDue = (bill: Bill, day: PlainDate): boolean => bill.state === 'open' && bill.step_on !== null && bill.step_on <= day

function decide(treasury: Treasury, known: readonly Known[], day: PlainDate): Decided[] {
  const means = meansOf(treasury)
  return known.map((each) => ({ known: each, act: actOn(means, each, day) }))
}

/** The run of a day: made when it is not there, and begun when it needs nobody's word or has it. */
async function begin(treasury: Treasury, day: PlainDate): Promise<ReminderRun> {
  return transact(treasury.platform, async (tx) => {
    const state = treasury.rules.reminders.start === 'automatic' ? 'running' : 'waiting'
    const at = tx.now()
    const fresh: ReminderRun = { id: tx.newId(), day, state, made_at: at, decided_by: null, started_at: state === 'running' ? at : null, ended_at: null } // prettier-ignore
    if (await store.insertRun(tx.db, fresh)) {
      await record(tx, PROGRAM, { type: 'payments.reminders.made', stream: fresh.id, data: { day } })
      if (state === 'running') await record(tx, PROGRAM, { type: 'payments.reminders.started', stream: fresh.id, data: { day } })
    }
    return (await store.runOn(tx.db, day)) ?? fresh
  })
}

async function end(treasury: Treasury, run: ReminderRun): Promise<ReminderRun> {
  return transact(treasury.platform, async (tx) => {
    const now = await store.runOn(tx.db, run.day, true)
    if (now?.state !== 'running') return now ?? run
    const steps = (await store.stepsOfRuns(tx.db, [run.id])).get(run.id) ?? 0
    await record(tx, PROGRAM, { type: 'payments.reminders.ended', stream: run.id, data: { day: run.day, steps } })
    return store.changeRun(tx.db, run.id, { state: 'done', ended_at: tx.now() })
  })
}

/** Starts today's run, or lets a held one go on: an officer of the treasury. Throws 409 when it is done, or nobody works today. */
export async function startRun(treasury: Treasury, actor: Actor): Promise<void> {
  await move(treasury, actor, 'running')
}

/** Holds today's run: nothing more is done on this day until somebody starts it. Throws 409 when it is done. */
export async function holdRun(treasury: Treasury, actor: Actor): Promise<void> {
  await move(treasury, actor, 'held')
}

async function move(treasury: Treasury, actor: Actor, to: 'running' | 'held'): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    allow(actor, 'money.work', { agency: treasury.rules.treasury, consulted: [treasury.rules.treasury] })
    const day = today(tx)
    if (!isWorkingDay(day, tx.city.calendar)) throw new Problem('payments.not-working', 409, 'Nobody is reminded on a day off.')
    const fresh: ReminderRun = { id: tx.newId(), day, state: 'waiting', made_at: tx.now(), decided_by: null, started_at: null, ended_at: null } // prettier-ignore
    if (await store.insertRun(tx.db, fresh)) await record(tx, actor, { type: 'payments.reminders.made', stream: fresh.id, data: { day } })
    const run = (await store.runOn(tx.db, day, true)) ?? fresh
    if (run.state === 'done') throw new Problem('payments.run-done', 409, "Today's reminders are done.")
    if (run.state !== to) {
      const started = to === 'running' && run.started_at === null ? { started_at: tx.now() } : {}
      await store.changeRun(tx.db, run.id, { state: to, decided_by: actor.accountId, ...started })
      const type = to === 'running' ? 'payments.reminders.started' : 'payments.reminders.held'
      await record(tx, actor, { type, stream: run.id, data: { day } })
    }
    // also for one that runs already: the process that was at it may be gone
    if (to === 'running') await enqueue(tx, REMIND, {}, { key: REMIND })
  })
}

/** The job of each working day; `then` is asked for when it is over, to count what is left. */
export function remindJob(treasury: Treasury, then: string): Job {
  return {
    name: REMIND,
    cron: '20 5 * * *',
    async run(platform) {
      if (!isWorkingDay(today(platform), platform.city.calendar)) return
      await runReminders(within(treasury, platform))
      await enqueue(platform, then, {}, { key: then })
    },
  }
}

type Sum = { -readonly [K in keyof PreviewRow]: PreviewRow[K] } & { samples: string[] }

function counter() {
  const rows = new Map<string, Sum>()
  const silent = new Map<Silent, number>()
  return {
    add(decided: readonly Decided[]): void {
      for (const { known, act } of decided) {
        if (act.kind === 'silent') silent.set(act.why, (silent.get(act.why) ?? 0) + 1)
        else if (act.kind !== 'later') addTo(rows, known.bill, act)
      }
    },
    result: (): Omit<Preview, 'day'> => ({
      rows: [...rows.entries()].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row),
      silent: [...silent].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([why, bills]) => ({ why, bills })),
    }),
  }
}

function addTo(rows: Map<string, Sum>, bill: Bill, act: Exclude<Act, { kind: 'silent' | 'later' }>): void {
  const kind = act.kind === 'step' ? act.rule.kind : act.kind
  const { agency, language, currency } = bill
  const key = [act.kind === 'step' ? act.step : 0, kind, agency, language, currency].join(' ')
  const row = rows.get(key) ?? { kind, agency, language, currency, bills: 0, owed: 0n, fees: 0n, interest: 0n, samples: [] }
  row.bills += 1
  row.owed += bill.outstanding
  if (act.kind === 'step') {
    row.fees += act.fee
    row.interest += act.interest?.amount ?? 0n
  }
  if (row.samples.length < SAMPLES) row.samples.push(bill.reference)
  rows.set(key, row)
}
