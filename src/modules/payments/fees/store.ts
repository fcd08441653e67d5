import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Bill } from '../bill.ts'

type FeeRow = { case_id: string; bill_id: string; amount: bigint }
type Tables = {
  'payments.fee': FeeRow
  'payments.bill': Pick<Bill, 'id' | 'source' | 'source_id' | 'source_key' | 'account_id' | 'person_id' | 'record_id' | 'state'>
}

const tables = (db: Db) => tablesOf<Tables>(db)

/** Which bill asks for a case's fee. With `lock` its row is held until the transaction ends. */
export async function feeOfCase(db: Db, caseId: string, lock = false): Promise<FeeRow | null> {
  const found = tables(db).selectFrom('payments.fee').selectAll().where('case_id', '=', caseId)
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

export async function feeOfBill(db: Db, billId: string): Promise<FeeRow | null> {
  return (await tables(db).selectFrom('payments.fee').selectAll().where('bill_id', '=', billId).executeTakeFirst()) ?? null
}

/** False when the case has its bill already. */
export async function insertFee(db: Db, row: FeeRow): Promise<boolean> {
  const added = await tables(db)
    .insertInto('payments.fee')
    .values(row)
    .onConflict((c) => c.column('case_id').doNothing())
    .returning('case_id')
    .executeTakeFirst()
  return added !== undefined
}

export async function setFeeAmount(db: Db, caseId: string, amount: bigint): Promise<void> {
  await tables(db).updateTable('payments.fee').set({ amount }).where('case_id', '=', caseId).execute()
}

/** The ids of the bills for a journey's fee, oldest first: an ended one may be followed by another. */
export async function billsOfJourney(db: Db, journeyId: string): Promise<string[]> {
  const found = tables(db).selectFrom('payments.bill').select('id').where('source', '=', 'journey').where('source_id', '=', journeyId)
  return (await found.orderBy('id').execute()).map((row) => row.id)
}

/** Makes the bill of a journey that of its case. */
export async function giveToCase(
  db: Db,
  billId: string,
  to: { caseId: string; personId: string; accountId: string | null; recordId: string },
): Promise<void> {
  await tables(db)
    .updateTable('payments.bill')
    .set({ source: 'case', source_id: to.caseId, person_id: to.personId, account_id: to.accountId, record_id: to.recordId })
    .where('id', '=', billId)
    .execute()
}
