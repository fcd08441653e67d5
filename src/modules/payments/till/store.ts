import { sql } from 'kysely'
import type { PlainDate } from '../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../platform/db.ts'

/** How many pieces of each worth (in minor units) were counted. */
export type Pieces = Readonly<Record<string, number>>

/** A till while an officer has it. Amounts in minor units of `currency`. */
export type Session = {
  id: string
  till: string
  agency: string
  currency: string
  officer_id: string
  state: 'open' | 'closed'
  opened_at: Date
  opening: bigint
  opening_difference: bigint
  closing: bigint | null
  closing_difference: bigint | null
  opening_pieces: Pieces
  closing_pieces: Pieces | null
  closed_at: Date | null
  closed_by: string | null
}

/** Something that happened at a till. */
export type TillAct = {
  id: string
  session_id: string
  key: string
  kind: 'cash' | 'card' | 'refund' | 'to_bank' | 'from_bank' | 'taken_over'
  amount: bigint
  given: bigint | null
  bill_id: string | null
  payment_id: string | null
  refund_id: string | null
  slip: string | null
  deposit: string | null
  reason: string | null
  made_by: string
  made_at: Date
}

/** Cash on its way between a till and the bank; below zero from the bank. */
export type Deposit = {
  reference: string
  agency: string
  till: string
  amount: bigint
  currency: string
  carried_on: PlainDate
  entry_id: string | null
}

type Tables = { 'payments.till_session': Session; 'payments.till_act': TillAct; 'payments.deposit': Deposit }

const tables = (db: Db) => tablesOf<Tables>(db)
const json = <T>(value: T): T => sql`${JSON.stringify(value)}::jsonb` as unknown as T

/** False when the till, or the officer, has an open session already. */
export async function insertSession(db: Db, session: Session): Promise<boolean> {
  const done = await tables(db)
    .insertInto('payments.till_session')
    .values({ ...session, opening_pieces: json(session.opening_pieces) })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst()
  return done !== undefined
}

export async function sessionById(db: Db, id: string, lock = false): Promise<Session | null> {
  const found = tables(db).selectFrom('payments.till_session').selectAll().where('id', '=', id)
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

export async function openSessionOf(db: Db, officer: string): Promise<Session | null> {
  const found = tables(db).selectFrom('payments.till_session').selectAll().where('state', '=', 'open')
  return (await found.where('officer_id', '=', officer).executeTakeFirst()) ?? null
}

/** The open sessions of these tills. */
export async function openSessions(db: Db, tills: readonly string[]): Promise<Session[]> {
  const found = tables(db).selectFrom('payments.till_session').selectAll().where('state', '=', 'open')
  return found.where('till', '=', sql<string>`any(${[...tills]}::text[])`).execute()
}

/** The newest sessions of these tills that are closed. */
export async function closedSessions(db: Db, tills: readonly string[], limit: number): Promise<Session[]> {
  const found = tables(db).selectFrom('payments.till_session').selectAll().where('state', '=', 'closed')
  return found
    .where('till', '=', sql<string>`any(${[...tills]}::text[])`)
    .orderBy('opened_at', 'desc')
    .limit(limit)
    .execute()
}

export async function changeSession(
  db: Db,
  id: string,
  change: Partial<
    Pick<
      Session,
      'officer_id' | 'state' | 'opening_difference' | 'closing' | 'closing_difference' | 'closing_pieces' | 'closed_at' | 'closed_by'
    >
  >,
): Promise<void> {
  const pieces = change.closing_pieces === undefined ? {} : { closing_pieces: json(change.closing_pieces) }
  await tables(db)
    .updateTable('payments.till_session')
    .set({ ...change, ...pieces })
    .where('id', '=', id)
    .execute()
}

export async function insertAct(db: Db, act: TillAct): Promise<void> {
  await tables(db).insertInto('payments.till_act').values(act).execute()
}

export async function actById(db: Db, id: string): Promise<TillAct | null> {
  return (await tables(db).selectFrom('payments.till_act').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

export async function actByKey(db: Db, key: string): Promise<TillAct | null> {
  return (await tables(db).selectFrom('payments.till_act').selectAll().where('key', '=', key).executeTakeFirst()) ?? null
}

/** What happened in a session, in order. */
export async function actsOf(db: Db, session: string): Promise<TillAct[]> {
  return tables(db).selectFrom('payments.till_act').selectAll().where('session_id', '=', session).orderBy('made_at').orderBy('id').execute()
}

export async function insertDeposit(db: Db, deposit: Deposit): Promise<void> {
  await tables(db).insertInto('payments.deposit').values(deposit).execute()
}

/** Cash on its way with these references. */
export async function depositsOnTheWay(db: Db, references: readonly string[]): Promise<Deposit[]> {
  if (references.length === 0) return []
  const found = tables(db).selectFrom('payments.deposit').selectAll().where('entry_id', 'is', null)
  return found.where('reference', '=', sql<string>`any(${[...references]}::text[])`).execute()
}

/** All cash on its way, the oldest first. */
export async function onTheWay(db: Db): Promise<Deposit[]> {
  return tables(db).selectFrom('payments.deposit').selectAll().where('entry_id', 'is', null).orderBy('carried_on').limit(1_000).execute()
}

/** False when another entry has shown it already. */
export async function noteArrived(db: Db, reference: string, entry: string): Promise<boolean> {
  const found = tables(db).updateTable('payments.deposit').set({ entry_id: entry }).where('reference', '=', reference)
  const done = await found.where('entry_id', 'is', null).executeTakeFirst()
  return done.numUpdatedRows > 0n
}
