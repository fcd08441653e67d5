import { type Insertable, sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Attempt, AttemptBill, AttemptState } from './attempt.ts'

type NoticeTable = {
  provider: string
  event: string
  attempt: string | null
  payment: string | null
  refund: string | null
  received_at: Date
  handled_at: Date | null
}
type Tables = {
  'payments.attempt': Attempt
  'payments.attempt_bill': AttemptBill
  'payments.notice': NoticeTable
}

/** A webhook's notice as it was kept. */
export type KeptNotice = NoticeTable

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertAttempt(db: Db, attempt: Insertable<Attempt>, shares: readonly AttemptBill[]): Promise<void> {
  await tables(db).insertInto('payments.attempt').values(attempt).execute()
  await tables(db).insertInto('payments.attempt_bill').values([...shares]).execute() // prettier-ignore
}

export async function attemptById(db: Db, id: string, lock = false): Promise<Attempt | null> {
  const found = tables(db).selectFrom('payments.attempt').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function attemptByPayment(db: Db, provider: string, payment: string): Promise<Attempt | null> {
  const found = tables(db).selectFrom('payments.attempt').selectAll().where('provider', '=', provider)
  return (await found.where('provider_payment', '=', payment).executeTakeFirst()) ?? null
}

export async function changeAttempt(
  db: Db,
  id: string,
  change: Partial<Omit<Attempt, 'id' | 'provider' | 'amount' | 'currency' | 'made_at'>>,
): Promise<Attempt> {
  return tables(db).updateTable('payments.attempt').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow()
}

/** In the order in which money is put to them: by the bills' ids. */
export async function billsOf(db: Db, attemptId: string): Promise<AttemptBill[]> {
  return tables(db).selectFrom('payments.attempt_bill').selectAll().where('attempt_id', '=', attemptId).orderBy('bill_id').execute()
}

export async function freeBills(db: Db, attemptId: string): Promise<void> {
  await tables(db).updateTable('payments.attempt_bill').set({ open: false }).where('attempt_id', '=', attemptId).where('open', '=', true).execute() // prettier-ignore
}

/** The open attempts of any of these bills, each once, oldest first. */
export async function openAttempts(db: Db, billIds: readonly string[]): Promise<Attempt[]> {
  return tables(db)
    .selectFrom('payments.attempt')
    .selectAll()
    .where('id', 'in', (of) =>
      of
        .selectFrom('payments.attempt_bill')
        .select('attempt_id')
        .where('bill_id', '=', sql<string>`any(${[...billIds]}::uuid[])`)
        .where('open', '=', true),
    )
    .orderBy('id')
    .execute()
}

/** Every attempt of a bill, the newest first. */
export async function attemptsOfBill(db: Db, billId: string): Promise<Attempt[]> {
  return tables(db)
    .selectFrom('payments.attempt')
    .selectAll()
    .where('id', 'in', (of) => of.selectFrom('payments.attempt_bill').select('attempt_id').where('bill_id', '=', billId))
    .orderBy('id', 'desc')
    .execute()
}

/** Takes attempts that are to be asked for now, and puts them off until `again` so that no other process takes them too. */
export async function takeDue(db: Db, now: Date, again: Date, limit: number): Promise<string[]> {
  const rows = await tables(db)
    .updateTable('payments.attempt')
    .set({ next_ask_at: again })
    .where('id', 'in', (of) =>
      of
        .selectFrom('payments.attempt')
        .select('id')
        .where('next_ask_at', '<=', now)
        .orderBy('next_ask_at')
        .limit(limit)
        .forUpdate()
        .skipLocked(),
    ) // prettier-ignore
    .returning('id')
    .execute()
  return rows.map((row) => row.id)
}

/** How many attempts stand in which of the states that are no end, and when the oldest was made. */
export async function waiting(db: Db): Promise<Array<{ state: AttemptState; count: bigint; oldest: Date }>> {
  return tables(db)
    .selectFrom('payments.attempt')
    .select((of) => ['state', of.fn.countAll<bigint>().as('count'), of.fn.min('made_at').as('oldest')])
    .where('state', '!=', 'expired')
    .where('id', 'in', (of) => of.selectFrom('payments.attempt_bill').select('attempt_id').where('open', '=', true))
    .groupBy('state')
    .execute()
}

/** Keeps notices, each event of a provider once. */
export async function keepNotices(db: Db, notices: readonly NoticeTable[]): Promise<void> {
  if (notices.length === 0) return
  await tables(db)
    .insertInto('payments.notice')
    .values([...notices])
    .onConflict((c) => c.columns(['provider', 'event']).doNothing())
    .execute()
}

/** Those of these events that nobody has handled yet. */
export async function unhandled(db: Db, provider: string, events: readonly string[]): Promise<KeptNotice[]> {
  if (events.length === 0) return []
  const found = tables(db).selectFrom('payments.notice').selectAll().where('provider', '=', provider)
  return found
    .where('event', 'in', [...events])
    .where('handled_at', 'is', null)
    .execute()
}

export async function waitingNotices(db: Db, limit: number): Promise<KeptNotice[]> {
  return tables(db).selectFrom('payments.notice').selectAll().where('handled_at', 'is', null).orderBy('received_at').limit(limit).execute()
}

/** Removes the notices that were handled before an instant. */
export async function removeNotices(db: Db, before: Date): Promise<void> {
  await tables(db).deleteFrom('payments.notice').where('handled_at', '<', before).execute()
}

export async function noteHandled(db: Db, provider: string, event: string, at: Date): Promise<void> {
  const row = tables(db).updateTable('payments.notice').set({ handled_at: at }).where('provider', '=', provider)
  await row.where('event', '=', event).where('handled_at', 'is', null).execute()
}
