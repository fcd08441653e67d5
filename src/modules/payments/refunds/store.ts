import type { Insertable } from 'kysely'
import { type Db, query, tablesOf } from '../../../platform/db.ts'
import type { Refund } from './refund.ts'

type Tables = {
  'payments.refund': Refund
  'payments.chargeback': { id: string; payment_id: string; amount: bigint; opened_at: Date }
  'payments.chargeback_end': { chargeback_id: string; ended_at: Date }
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertRefund(db: Db, refund: Insertable<Refund>): Promise<void> {
  await tables(db).insertInto('payments.refund').values(refund).execute()
}

export async function refundById(db: Db, id: string, lock = false): Promise<Refund | null> {
  const found = tables(db).selectFrom('payments.refund').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function changeRefund(
  db: Db,
  id: string,
  change: Partial<Pick<Refund, 'state' | 'provider_refund' | 'decided_by' | 'decided_at' | 'asks' | 'next_ask_at' | 'ended_at'>>,
): Promise<Refund> {
  return tables(db).updateTable('payments.refund').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow()
}

/** Oldest first. */
export async function refundsOfPayment(db: Db, paymentId: string): Promise<Refund[]> {
  return tables(db)
    .selectFrom('payments.refund')
    .selectAll()
    .where('payment_id', '=', paymentId)
    .orderBy('proposed_at')
    .orderBy('id')
    .execute()
}

/** Oldest first. */
export async function refundsOfBill(db: Db, billId: string): Promise<Refund[]> {
  return tables(db).selectFrom('payments.refund').selectAll().where('bill_id', '=', billId).orderBy('proposed_at').orderBy('id').execute()
}

/** How many refunds of the bills of a person have not ended. */
export async function unendedOfPerson(db: Db, personId: string): Promise<number> {
  const rows = await query<{ n: number }>(
    db,
    `select count(*)::int as n from payments.refund r join payments.bill b on b.id = r.bill_id where b.person_id = $1 and r.ended_at is null`,
    [personId],
  )
  return rows[0]?.n ?? 0
}

/** What waits for an officer's yes or no, oldest first. */
export async function proposedRefunds(db: Db, limit: number): Promise<Refund[]> {
  return tables(db).selectFrom('payments.refund').selectAll().where('state', '=', 'proposed').orderBy('proposed_at').limit(limit).execute()
}

/** Approved and not yet ordered, of one way, oldest first. */
export async function approvedRefunds(db: Db, way: Refund['way'], limit: number): Promise<Refund[]> {
  const found = tables(db).selectFrom('payments.refund').selectAll().where('way', '=', way).where('state', '=', 'approved')
  return found.orderBy('decided_at').orderBy('id').limit(limit).execute()
}

/** Takes refunds that are to be sent or asked for now, and puts them off until `again`, so that no other process takes them too. */
export async function takeDueRefunds(db: Db, now: Date, again: Date, limit: number): Promise<string[]> {
  const rows = await tables(db)
    .updateTable('payments.refund')
    .set({ next_ask_at: again })
    .where('id', 'in', (of) =>
      of
        .selectFrom('payments.refund')
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

/** What banks took back of a payment and have not given back since, whether it was covered or not, and when they last took. */
export async function takenBackOf(db: Db, paymentId: string): Promise<{ amount: bigint; last: Date | null }> {
  const found = tables(db)
    .selectFrom('payments.chargeback')
    .leftJoin('payments.chargeback_end', 'chargeback_id', 'id')
    .select(['amount', 'opened_at', 'ended_at'])
    .where('payment_id', '=', paymentId)
  const rows = await found.orderBy('opened_at').execute()
  const open = rows.filter((row) => row.ended_at === null)
  return { amount: open.reduce((sum, row) => sum + row.amount, 0n), last: rows.at(-1)?.opened_at ?? null }
}
