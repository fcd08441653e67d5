import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Bill } from '../bill.ts'

type Tables = {
  'payments.bill': Pick<Bill, 'id' | 'person_id' | 'account_id' | 'record_id' | 'closed_at' | 'state'>
  'payments.attempt': { id: string; account_id: string | null }
  'payments.refund': { id: string; bill_id: string | null; record_id: string | null; ended_at: Date | null }
  'payments.note': { bill_id: string; record_id: string }
  'payments.proposal': {
    bill_id: string
    record_id: string | null
    answer_id: string | null
    proposed_by: string | null
    asked_by: 'officer' | 'payer'
  }
}

const tables = (db: Db) => tablesOf<Tables>(db)

/** Takes bills from their payer; the reference and its code stay the way to them. */
export async function disownBills(db: Db, personId: string): Promise<void> {
  const none = { person_id: null, account_id: null, record_id: null }
  await tables(db).updateTable('payments.bill').set(none).where('person_id', '=', personId).execute()
}

export async function disownBill(db: Db, id: string): Promise<void> {
  await tables(db).updateTable('payments.bill').set({ person_id: null, account_id: null, record_id: null }).where('id', '=', id).execute()
}

export async function disownAttempts(db: Db, accountId: string): Promise<void> {
  await tables(db).updateTable('payments.attempt').set({ account_id: null }).where('account_id', '=', accountId).execute()
}

/** Takes what they asked for from a payer; what somebody proposed as an officer stays theirs. */
export async function disownProposals(db: Db, accountId: string): Promise<void> {
  const own = tables(db).updateTable('payments.proposal').set({ proposed_by: null }).where('proposed_by', '=', accountId)
  await own.where('asked_by', '=', 'payer').execute()
}

/** Closed bills with a payer that were closed before an instant, the oldest first. */
export async function closedBefore(db: Db, before: Date, limit: number): Promise<string[]> {
  const found = tables(db).selectFrom('payments.bill').select('id').where('person_id', 'is not', null).where('closed_at', '<', before)
  return (await found.orderBy('closed_at').limit(limit).execute()).map((row) => row.id)
}

/** Bills without a payer that were closed before an instant and of which something that was written is kept. */
export async function wordsBefore(db: Db, before: Date, limit: number): Promise<string[]> {
  const found = await sql<{ id: string }>`
    select b.id from payments.bill b where b.person_id is null and b.closed_at < ${before} and b.id in (
      select bill_id from payments.refund where record_id is not null and ended_at is not null and bill_id is not null
      union select bill_id from payments.proposal where record_id is not null or answer_id is not null
      union select bill_id from payments.note)
    order by b.closed_at limit ${limit}`.execute(db)
  return found.rows.map((row) => row.id)
}

/** Takes from a bill what was written about it and its refunds that are over; returns the records in the vault. */
export async function takeWords(db: Db, billId: string): Promise<string[]> {
  const found = await sql<{ record_id: string }>`
    select record_id from payments.refund where bill_id = ${billId}::uuid and ended_at is not null and record_id is not null
    union select record_id from payments.proposal where bill_id = ${billId}::uuid and record_id is not null
    union select answer_id from payments.proposal where bill_id = ${billId}::uuid and answer_id is not null
    union select record_id from payments.note where bill_id = ${billId}::uuid`.execute(db)
  const refunds = tables(db).updateTable('payments.refund').set({ record_id: null }).where('bill_id', '=', billId)
  await refunds.where('ended_at', 'is not', null).execute()
  await tables(db).updateTable('payments.proposal').set({ record_id: null, answer_id: null }).where('bill_id', '=', billId).execute()
  await tables(db).deleteFrom('payments.note').where('bill_id', '=', billId).execute()
  return found.rows.map((row) => row.record_id)
}

/** Refunds that ended before an instant and of which the account or words are kept. */
export async function refundsBefore(db: Db, before: Date, limit: number): Promise<string[]> {
  const found = tables(db).selectFrom('payments.refund').select('id').where('record_id', 'is not', null).where('ended_at', '<', before)
  return (await found.orderBy('ended_at').limit(limit).execute()).map((row) => row.id)
}

/** Takes account and words from a refund that ended before an instant; returns their record in the vault. */
export async function takeRefund(db: Db, id: string, before: Date): Promise<string[]> {
  const found = tables(db).selectFrom('payments.refund').select('record_id').where('id', '=', id).where('ended_at', '<', before)
  const row = await found.forUpdate().executeTakeFirst()
  await tables(db).updateTable('payments.refund').set({ record_id: null }).where('id', '=', id).where('ended_at', '<', before).execute()
  return row?.record_id ? [row.record_id] : []
}
