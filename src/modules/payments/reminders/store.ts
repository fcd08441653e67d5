import { type Insertable, sql } from 'kysely'
import type { PlainDate } from '../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Bill, Instalment } from '../bill.ts'
import type { Arrangement, Proposal } from './proposal.ts'
import type { Counted, Preview, PreviewRow, Reminder, ReminderRun } from './reminder.ts'

type InterestRow = { bill_id: string; from_on: PlainDate; until_on: PlainDate; amount: bigint; rest: bigint }
type AmountsAsText<Row> = { [K in keyof Row]: Row[K] extends bigint ? string : Row[K] }
type KeptPreview = { rows: Array<AmountsAsText<PreviewRow>>; silent: Preview['silent'] }
type Tables = {
  'payments.bill': Pick<Bill, 'id' | 'source' | 'state' | 'step_on' | 'step' | 'agency' | 'currency' | 'outstanding' | 'due_on' | 'deferred_until' | 'interest_until' | 'person_id' | 'revision'> // prettier-ignore
  'payments.instalment': Instalment
  'payments.proposal': Proposal
  'payments.reminder': Reminder
  'payments.reminder_run': ReminderRun
  'payments.reminder_preview': { day: PlainDate; counted: KeptPreview; made_at: Date }
  'payments.interest': InterestRow
  'payments.arrangement': Arrangement
  'payments.attempt_bill': { attempt_id: string; bill_id: string; open: boolean }
  'payments.allocation': { payment_id: string; bill_id: string; kind: string; amount: bigint; made_at: Date }
  'payments.payment': { id: string; key: string; received_on: PlainDate }
  'payments.bill_line': { bill_id: string; kind: string; amount: bigint; added_on: PlainDate }
}

const tables = (db: Db) => tablesOf<Tables>(db)
const among = (ids: readonly string[]) => sql<string>`any(${[...ids]}::uuid[])`
const column = <Row, K extends keyof Row>(rows: readonly Row[], name: K): Array<Row[K]> => rows.map((row) => row[name])

/**
 * Open bills to look at on a day, in the order of their ids, after one of them. Nobody is reminded of the fee of an
 * application that was not sent: it is paid before, or the application is given up.
 */
export async function dueBills(db: Db, day: PlainDate, after: string | null, limit: number): Promise<string[]> {
  let found = tables(db)
    .selectFrom('payments.bill')
    .select('id')
    .where('state', '=', 'open')
    .where('step_on', '<=', day)
    .where('source', '<>', 'journey')
  if (after !== null) found = found.where('id', '>', after)
  return (await found.orderBy('id').limit(limit).execute()).map((row) => row.id)
}

export async function instalmentsOfBills(db: Db, ids: readonly string[]): Promise<Instalment[]> {
  return tables(db).selectFrom('payments.instalment').selectAll().where('bill_id', '=', among(ids)).orderBy('no').execute()
}

/** Those of these bills about which somebody waits for a decision. */
export async function askedBills(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const rows = await tables(db)
    .selectFrom('payments.proposal')
    .select('bill_id')
    .where('bill_id', '=', among(ids))
    .where('state', '=', 'proposed')
    .execute()
  return new Set(rows.map((row) => row.bill_id))
}

/** Those of these bills whose parts are a plan that was agreed. */
export async function plannedBills(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const found = tables(db).selectFrom('payments.arrangement').select('bill_id').where('bill_id', '=', among(ids)).where('kind', '=', 'plan')
  return new Set((await found.where('ended_on', 'is', null).execute()).map((row) => row.bill_id))
}

/** Those of these bills for which a payment is under way. */
export async function payingBills(db: Db, ids: readonly string[]): Promise<Set<string>> {
  const found = tables(db).selectFrom('payments.attempt_bill').select('bill_id').where('bill_id', '=', among(ids)).where('open', '=', true)
  return new Set((await found.execute()).map((row) => row.bill_id))
}

/** What of bills bears interest, by the day it was added. */
export async function principalOf(
  db: Db,
  ids: readonly string[],
): Promise<Array<{ bill_id: string; kind: string; amount: bigint; on: PlainDate }>> {
  return tables(db)
    .selectFrom('payments.bill_line')
    .select(['bill_id', 'kind', 'amount', 'added_on as on'])
    .where('bill_id', '=', among(ids))
    .where('kind', 'in', ['principal', 'correction'])
    .execute()
}

/** What was paid of bills, with the day the money came; what a bank took back is negative, what it gave back of that is not: from `made_at` on. */
export async function paidOf(
  db: Db,
  ids: readonly string[],
): Promise<Array<{ bill_id: string; kind: string; amount: bigint; received_on: PlainDate; made_at: Date }>> {
  return tables(db)
    .selectFrom('payments.allocation as a')
    .innerJoin('payments.payment as p', 'p.id', 'a.payment_id')
    .select(['a.bill_id', 'a.kind', 'a.amount', 'a.made_at', 'p.received_on'])
    .where('a.bill_id', '=', among(ids))
    .execute()
}

/** Where counting interest of bills stopped. */
export async function countedOf(db: Db, ids: readonly string[]): Promise<InterestRow[]> {
  return tables(db)
    .selectFrom('payments.interest')
    .distinctOn('bill_id')
    .selectAll()
    .where('bill_id', '=', among(ids))
    .orderBy('bill_id')
    .orderBy('until_on', 'desc')
    .execute()
}

export async function insertInterest(db: Db, rows: readonly InterestRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql`insert into payments.interest (bill_id, from_on, until_on, amount, rest)
    select * from unnest(${column(rows, 'bill_id')}::uuid[], ${column(rows, 'from_on')}::date[], ${column(rows, 'until_on')}::date[],
      ${column(rows, 'amount')}::bigint[], ${column(rows, 'rest')}::bigint[])`.execute(db)
}

/** Returns the bill and step of those that are new. */
export async function insertReminders(db: Db, rows: readonly Reminder[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const done = await sql<{ bill_id: string; step: number }>`
    insert into payments.reminder (bill_id, step, kind, run_id, day, fee, interest, owed, way)
    select * from unnest(${column(rows, 'bill_id')}::uuid[], ${column(rows, 'step')}::smallint[], ${column(rows, 'kind')}::text[],
      ${column(rows, 'run_id')}::uuid[], ${column(rows, 'day')}::date[], ${column(rows, 'fee')}::bigint[],
      ${column(rows, 'interest')}::bigint[], ${column(rows, 'owed')}::bigint[], ${column(rows, 'way')}::text[])
    on conflict (bill_id, step) do nothing returning bill_id, step`.execute(db)
  return new Set(done.rows.map((row) => `${row.bill_id}:${row.step}`))
}

/**
 * Notes of bills whose rows are held that their day has passed: once, and again only when they could be paid until a later
 * day (`base`) since. Returns the bills of which it is news.
 */
export async function noteOverdue(db: Db, rows: ReadonlyArray<Reminder & { readonly base: PlainDate }>): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const done = await sql<{ bill_id: string }>`
    insert into payments.reminder (bill_id, step, kind, run_id, day, owed, way)
    select n.bill_id, 0, 'overdue', n.run_id, n.day, n.owed, 'none' from unnest(${column(rows, 'bill_id')}::uuid[],
      ${column(rows, 'run_id')}::uuid[], ${column(rows, 'day')}::date[], ${column(rows, 'owed')}::bigint[],
      ${column(rows, 'base')}::date[]) as n (bill_id, run_id, day, owed, base)
    left join payments.reminder r on r.bill_id = n.bill_id and r.step = 0
    where r.day is null or r.day <= n.base
    on conflict (bill_id, step) do update set run_id = excluded.run_id, day = excluded.day, owed = excluded.owed
    returning bill_id`.execute(db)
  return new Set(done.rows.map((row) => row.bill_id))
}

/** Moves bills whose rows are held to their next day. */
export async function moveBills(
  db: Db,
  rows: ReadonlyArray<Pick<Bill, 'id' | 'step' | 'step_on' | 'interest_until'>>,
  counts: boolean,
): Promise<void> {
  if (rows.length === 0) return
  // the day of the next look is no news to anybody who has the bill open: only a step counts as a change
  await sql`update payments.bill b set step = m.step, step_on = m.step_on, interest_until = m.interest_until,
      revision = b.revision + ${counts ? 1 : 0}
    from unnest(${column(rows, 'id')}::uuid[], ${column(rows, 'step')}::smallint[], ${column(rows, 'step_on')}::date[],
      ${column(rows, 'interest_until')}::date[]) as m (id, step, step_on, interest_until) where b.id = m.id`.execute(db)
}

export async function untold(db: Db, limit: number, after: { bill_id: string; step: number } | null): Promise<Reminder[]> {
  let found = tables(db).selectFrom('payments.reminder').selectAll().where('way', 'is', null)
  if (after) found = found.where(sql<boolean>`(bill_id, step) > (${after.bill_id}::uuid, ${after.step}::smallint)`)
  return found.orderBy('bill_id').orderBy('step').limit(limit).execute()
}

/** False when it was told already. */
export async function setTold(db: Db, { bill_id, step }: Reminder, way: NonNullable<Reminder['way']>): Promise<boolean> {
  const found = tables(db).updateTable('payments.reminder').set({ way }).where('bill_id', '=', bill_id).where('step', '=', step)
  return (await found.where('way', 'is', null).returning('step').executeTakeFirst()) !== undefined
}

export async function reminderOf(db: Db, billId: string, step: number): Promise<Reminder | null> {
  const found = tables(db).selectFrom('payments.reminder').selectAll().where('bill_id', '=', billId).where('step', '=', step)
  return (await found.executeTakeFirst()) ?? null
}

export async function remindersOf(db: Db, billId: string): Promise<Reminder[]> {
  return tables(db).selectFrom('payments.reminder').selectAll().where('bill_id', '=', billId).orderBy('step').execute()
}

/** False when there is one for the day already. */
export async function insertRun(db: Db, run: ReminderRun): Promise<boolean> {
  const done = await tables(db).insertInto('payments.reminder_run').values(run).onConflict((c) => c.column('day').doNothing()).returning('id').executeTakeFirst() // prettier-ignore
  return done !== undefined
}

export async function runOn(db: Db, day: PlainDate, lock = false): Promise<ReminderRun | null> {
  const found = tables(db).selectFrom('payments.reminder_run').selectAll().where('day', '=', day)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function changeRun(db: Db, id: string, change: Partial<Omit<ReminderRun, 'id' | 'day'>>): Promise<ReminderRun> {
  return tables(db).updateTable('payments.reminder_run').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow()
}

/** Keeps the preview of a day in place of the one before. */
export async function keepPreview(db: Db, { day, rows, silent }: Preview, madeAt: Date): Promise<void> {
  const kept: KeptPreview = {
    rows: rows.map((row) => ({ ...row, owed: row.owed.toString(), fees: row.fees.toString(), interest: row.interest.toString() })),
    silent,
  }
  await tables(db).deleteFrom('payments.reminder_preview').where('day', '<', day).execute()
  await sql`insert into payments.reminder_preview (day, counted, made_at) values (${day}, ${JSON.stringify(kept)}::jsonb, ${madeAt})
    on conflict (day) do update set counted = excluded.counted, made_at = excluded.made_at`.execute(db)
}

export async function previewOn(db: Db, day: PlainDate): Promise<Counted | null> {
  const found = await tables(db).selectFrom('payments.reminder_preview').selectAll().where('day', '=', day).executeTakeFirst()
  if (!found) return null
  const rows = found.counted.rows.map((row) => ({
    ...row,
    owed: BigInt(row.owed),
    fees: BigInt(row.fees),
    interest: BigInt(row.interest),
  }))
  return { day, rows, silent: found.counted.silent, madeAt: found.made_at }
}

/** The newest runs, each with how many steps it did. */
export async function lastRuns(db: Db, limit: number): Promise<Array<ReminderRun & { steps: number }>> {
  const runs = await tables(db).selectFrom('payments.reminder_run').selectAll().orderBy('day', 'desc').limit(limit).execute()
  const counts = await stepsOfRuns(db, runs.map((run) => run.id)) // prettier-ignore
  return runs.map((run) => ({ ...run, steps: counts.get(run.id) ?? 0 }))
}

/** How many steps runs did; that something is overdue is none. */
export async function stepsOfRuns(db: Db, ids: readonly string[]): Promise<Map<string, number>> {
  const rows = await sql<{ run_id: string; n: number }>`
    select run_id, count(*)::int as n from payments.reminder where run_id = any(${[...ids]}::uuid[]) and step > 0 group by run_id`.execute(db) // prettier-ignore
  return new Map(rows.rows.map((row) => [row.run_id, row.n]))
}

export async function insertInstalments(db: Db, rows: readonly Instalment[]): Promise<void> {
  if (rows.length > 0) await tables(db).insertInto('payments.instalment').values([...rows]).execute() // prettier-ignore
}

export async function deleteInstalments(db: Db, billId: string): Promise<void> {
  await tables(db).deleteFrom('payments.instalment').where('bill_id', '=', billId).execute()
}

export async function insertArrangement(db: Db, row: Arrangement): Promise<void> {
  await tables(db).insertInto('payments.arrangement').values(row).execute()
}

export async function endPlan(db: Db, billId: string, on: PlainDate, outcome: 'broken' | 'replaced'): Promise<void> {
  const found = tables(db).updateTable('payments.arrangement').set({ ended_on: on, outcome }).where('bill_id', '=', billId)
  await found.where('kind', '=', 'plan').where('ended_on', 'is', null).execute()
}

export async function arrangementsOf(db: Db, billId: string): Promise<Arrangement[]> {
  return tables(db).selectFrom('payments.arrangement').selectAll().where('bill_id', '=', billId).orderBy('made_at').execute()
}

/** False when one of its kind waits already for this bill. */
export async function insertProposal(db: Db, row: Insertable<Proposal>): Promise<boolean> {
  const open = await tables(db)
    .insertInto('payments.proposal')
    .values(row)
    .onConflict((c) =>
      c
        .columns(['bill_id', 'kind'])
        .where(sql<boolean>`state = 'proposed'`)
        .doNothing(),
    )
    .returning('id')
    .executeTakeFirst()
  return open !== undefined
}

export async function proposalById(db: Db, id: string, lock = false): Promise<Proposal | null> {
  const found = tables(db).selectFrom('payments.proposal').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function changeProposal(
  db: Db,
  id: string,
  change: Partial<Pick<Proposal, 'state' | 'proposed_by' | 'decided_by' | 'decided_at' | 'answer_id'>>,
): Promise<Proposal> {
  return tables(db).updateTable('payments.proposal').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow()
}

export async function proposalsOf(db: Db, billId: string): Promise<Proposal[]> {
  return tables(db).selectFrom('payments.proposal').selectAll().where('bill_id', '=', billId).orderBy('proposed_at').orderBy('id').execute()
}

/** What waits for a decision, the oldest first. */
export async function waitingProposals(db: Db, limit: number): Promise<Proposal[]> {
  const found = tables(db).selectFrom('payments.proposal').selectAll().where('state', '=', 'proposed')
  return found.orderBy('proposed_at').orderBy('id').limit(limit).execute()
}

/** Whose bills a payment was made for: those it was put to, those its attempt was for, and those that it came too late for. */
export async function payersOf(db: Db, paymentId: string): Promise<Array<string | null>> {
  const rows = await sql<{ person_id: string | null }>`
    select distinct b.person_id from payments.bill b where b.id in (
      select a.bill_id from payments.allocation a where a.payment_id = ${paymentId}
      union select i.bill_id from payments.item i where i.payment_id = ${paymentId} and i.kind = 'overpaid'
      union select t.bill_id from payments.attempt_bill t join payments.payment p on p.key = 'attempt:' || t.attempt_id where p.id = ${paymentId})`.execute(db) // prettier-ignore
  return rows.rows.map((row) => row.person_id)
}
