import { type Insertable, type Selectable, type Generated, type GeneratedAlways, sql } from 'kysely'
import type { PlainDate } from '../../kernel/time.ts'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { Bill, BillLine, Instalment, Words } from './bill.ts'

type BillTable = Omit<Bill, 'outstanding' | 'revision' | 'waived' | 'paid' | 'step' | 'title' | 'legal_basis' | 'appeal'> & {
  outstanding: GeneratedAlways<bigint>
  revision: Generated<number>
  waived: Generated<bigint>
  paid: Generated<bigint>
  step: Generated<number>
  title: Words
  legal_basis: Words | null
  appeal: Words | null
}
type PaymentTable = {
  id: string
  key: string
  source: 'provider' | 'bank' | 'cash' | 'terminal'
  held_by: string
  part: string
  provider_payment: string | null
  amount: bigint
  currency: string
  unapplied: bigint
  taken_back: Generated<bigint>
  received_on: PlainDate
  received_at: Date
}
type AllocationTable = {
  id: string
  payment_id: string
  bill_id: string
  kind: 'paid' | 'set_off' | 'chargeback' | 'released'
  amount: bigint
  made_at: Date
}
type ChargebackTable = {
  id: string
  payment_id: string
  provider: string
  provider_id: string
  amount: bigint
  fee: bigint
  opened_at: Date
}
type ChargebackEndTable = { chargeback_id: string; fee_back: bigint; ended_at: Date }
type ItemTable = {
  id: string
  key: string
  kind: string
  agency: string
  bill_id: string | null
  payment_id: string | null
  attempt_id: string | null
  refund_id: string | null
  amount: bigint | null
  currency: string | null
  story: Record<string, unknown>
  opened_at: Date
  closed_at: Date | null
  closed_by: string | null
  outcome: string | null
  /** The officer who looks after it. */
  taken_by: string | null
  taken_at: Date | null
}
type Tables = {
  'payments.bill': BillTable
  'payments.bill_line': BillLine
  'payments.instalment': Instalment
  'payments.payment': PaymentTable
  'payments.allocation': AllocationTable
  'payments.chargeback': ChargebackTable
  'payments.chargeback_end': ChargebackEndTable
  'payments.item': ItemTable
}

/** Money that came in. */
export type Payment = Selectable<PaymentTable>
/** What of a payment went to which bill; negative when it was taken back or released. */
export type Allocation = Selectable<AllocationTable>
/** What of some money a bill has had, and what of that a bank has taken back (and not given back since). Amounts are not negative. */
export function paidAndBack(rows: ReadonlyArray<Pick<Allocation, 'kind' | 'amount'>>): { readonly amount: bigint; readonly back: bigint } {
  const isBack = ({ kind, amount }: Pick<Allocation, 'kind' | 'amount'>): boolean => kind === 'chargeback' || amount < 0n
  const sum = (some: ReadonlyArray<Pick<Allocation, 'amount'>>): bigint => some.reduce((all, row) => all + row.amount, 0n)
  return { amount: sum(rows.filter((row) => !isBack(row))), back: -sum(rows.filter(isBack)) }
}

/** What somebody has to look at. */
export type WorkItem = Selectable<ItemTable>

const tables = (db: Db) => tablesOf<Tables>(db)

/** False when something has been billed under this key already. */
export async function insertBill(db: Db, bill: Insertable<BillTable>): Promise<boolean> {
  const row = await tables(db)
    .insertInto('payments.bill')
    .values({ ...bill, title: json(bill.title), legal_basis: json(bill.legal_basis ?? null), appeal: json(bill.appeal ?? null) })
    .onConflict((c) => c.column('source_key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function insertLine(db: Db, line: BillLine): Promise<void> {
  await tables(db)
    .insertInto('payments.bill_line')
    .values({ ...line, title: json(line.title) })
    .execute()
}

const json = <T>(value: T): T => sql`${JSON.stringify(value)}::jsonb` as unknown as T

export async function billById(db: Db, id: string, lock = false): Promise<Bill | null> {
  const found = tables(db).selectFrom('payments.bill').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

/**
 * Bills in the order of their ids, each held until the transaction ends: whoever holds several takes them in this order.
 * Rows are held as ones whose key stays, so that others may still refer to them.
 */
export async function lockBills(db: Db, ids: readonly string[]): Promise<Bill[]> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('payments.bill')
    .selectAll()
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .orderBy('id')
    .forNoKeyUpdate()
    .execute()
}

export async function billsById(db: Db, ids: readonly string[]): Promise<Bill[]> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('payments.bill')
    .selectAll()
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .orderBy('id')
    .execute()
}

export async function billByReference(db: Db, reference: string): Promise<Bill | null> {
  return (await tables(db).selectFrom('payments.bill').selectAll().where('reference', '=', reference).executeTakeFirst()) ?? null
}

export async function billBySource(db: Db, key: string): Promise<Bill | null> {
  return (await tables(db).selectFrom('payments.bill').selectAll().where('source_key', '=', key).executeTakeFirst()) ?? null
}

/** The newest first. */
export async function billsOfPerson(db: Db, personId: string, limit = 500): Promise<Bill[]> {
  return tables(db)
    .selectFrom('payments.bill')
    .selectAll()
    .where('person_id', '=', personId)
    .orderBy('issued_at', 'desc')
    .limit(limit)
    .execute()
}

/** What may change of a bill; `revision` counts. */
export type BillChange = Partial<
  Pick<
    Bill,
    | 'total'
    | 'waived'
    | 'paid'
    | 'state'
    | 'due_on'
    | 'deferred_until'
    | 'step'
    | 'step_on'
    | 'interest_until'
    | 'closed_at'
    | 'person_id'
    | 'account_id'
    | 'record_id'
  >
>

export async function changeBill(db: Db, id: string, change: BillChange): Promise<Bill> {
  return tables(db)
    .updateTable('payments.bill')
    .set((eb) => ({ ...change, revision: eb('revision', '+', 1) }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

export async function linesOf(db: Db, billId: string): Promise<BillLine[]> {
  return tables(db).selectFrom('payments.bill_line').selectAll().where('bill_id', '=', billId).orderBy('id').execute()
}

export async function instalmentsOf(db: Db, billId: string): Promise<Instalment[]> {
  return tables(db).selectFrom('payments.instalment').selectAll().where('bill_id', '=', billId).orderBy('no').execute()
}

/** Puts these parts of a bill whose row is held in the place of those it had. */
export async function replaceInstalments(db: Db, billId: string, parts: readonly Instalment[]): Promise<void> {
  await tables(db).deleteFrom('payments.instalment').where('bill_id', '=', billId).execute()
  if (parts.length > 0) await tables(db).insertInto('payments.instalment').values([...parts]).execute() // prettier-ignore
}

/** False when money was booked under this key already. */
export async function insertPayment(db: Db, payment: Insertable<PaymentTable>): Promise<boolean> {
  const row = await tables(db)
    .insertInto('payments.payment')
    .values(payment)
    .onConflict((c) => c.column('key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function paymentByKey(db: Db, key: string): Promise<Payment | null> {
  return (await tables(db).selectFrom('payments.payment').selectAll().where('key', '=', key).executeTakeFirst()) ?? null
}

export async function paymentById(db: Db, id: string, lock = false): Promise<Payment | null> {
  const found = tables(db).selectFrom('payments.payment').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function paymentsById(db: Db, ids: readonly string[]): Promise<Payment[]> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('payments.payment')
    .selectAll()
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .execute()
}

export async function changePayment(db: Db, id: string, change: Partial<Pick<Payment, 'unapplied' | 'taken_back'>>): Promise<Payment> {
  return tables(db).updateTable('payments.payment').set(change).where('id', '=', id).returningAll().executeTakeFirstOrThrow()
}

export async function insertAllocation(db: Db, row: Allocation): Promise<void> {
  await tables(db).insertInto('payments.allocation').values(row).execute()
}

export async function allocationsOfBill(db: Db, billId: string): Promise<Allocation[]> {
  return tables(db).selectFrom('payments.allocation').selectAll().where('bill_id', '=', billId).orderBy('made_at').orderBy('id').execute()
}

export async function allocationsOfPayment(db: Db, paymentId: string): Promise<Allocation[]> {
  return tables(db)
    .selectFrom('payments.allocation')
    .selectAll()
    .where('payment_id', '=', paymentId)
    .orderBy('made_at')
    .orderBy('id')
    .execute()
}

/** False when this chargeback is known already. */
export async function insertChargeback(db: Db, row: ChargebackTable): Promise<boolean> {
  const done = await tables(db)
    .insertInto('payments.chargeback')
    .values(row)
    .onConflict((c) => c.columns(['provider', 'provider_id']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return done !== undefined
}

/** A chargeback by what its provider calls it. */
export async function chargebackOf(db: Db, provider: string, providerId: string): Promise<ChargebackTable | null> {
  const found = tables(db).selectFrom('payments.chargeback').selectAll().where('provider', '=', provider)
  return (await found.where('provider_id', '=', providerId).executeTakeFirst()) ?? null
}

/** False when it is known already that this chargeback has ended. */
export async function insertChargebackEnd(db: Db, row: ChargebackEndTable): Promise<boolean> {
  const added = tables(db).insertInto('payments.chargeback_end').values(row)
  const done = await added
    .onConflict((c) => c.column('chargeback_id').doNothing())
    .returning('chargeback_id')
    .executeTakeFirst()
  return done !== undefined
}

/** False when there is one with this key already, open or closed. */
export async function insertItem(db: Db, item: WorkItem): Promise<boolean> {
  const row = await tables(db)
    .insertInto('payments.item')
    .values({ ...item, story: json(item.story) })
    .onConflict((c) => c.column('key').doNothing())
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

export async function itemById(db: Db, id: string, lock = false): Promise<WorkItem | null> {
  const found = tables(db).selectFrom('payments.item').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function itemByKey(db: Db, key: string): Promise<WorkItem | null> {
  return (await tables(db).selectFrom('payments.item').selectAll().where('key', '=', key).executeTakeFirst()) ?? null
}

export async function openItemsOfPayment(db: Db, paymentId: string, kind: string): Promise<WorkItem[]> {
  const found = tables(db).selectFrom('payments.item').selectAll().where('payment_id', '=', paymentId).where('kind', '=', kind)
  return found.where('closed_at', 'is', null).orderBy('opened_at').execute()
}

/** How many items that were opened before an instant are open, of these kinds and of the reconciliation. */
export async function countOpenItems(db: Db, kinds: readonly string[], before: Date): Promise<number> {
  const found = tables(db)
    .selectFrom('payments.item')
    .select((e) => e.fn.countAll<bigint>().as('count'))
  const open = found.where('closed_at', 'is', null).where('opened_at', '<', before)
  const row = await open.where((e) => e.or([e('kind', 'like', 'reconcile\\_%'), e('kind', 'in', kinds)])).executeTakeFirst()
  return Number(row?.count ?? 0n)
}

export async function closeItem(db: Db, id: string, close: { at: Date; by: string | null; outcome: string }): Promise<void> {
  await tables(db)
    .updateTable('payments.item')
    .set({ closed_at: close.at, closed_by: close.by, outcome: close.outcome })
    .where('id', '=', id)
    .where('closed_at', 'is', null)
    .execute()
}

/** The records in the vault of what was written about a bill: its notes, proposals and refunds. */
export async function recordsAbout(db: Db, billId: string): Promise<string[]> {
  const found = await sql<{ record_id: string }>`
    select record_id from payments.refund where bill_id = ${billId}::uuid and record_id is not null
    union select record_id from payments.proposal where bill_id = ${billId}::uuid and record_id is not null
    union select answer_id from payments.proposal where bill_id = ${billId}::uuid and answer_id is not null
    union select record_id from payments.note where bill_id = ${billId}::uuid`.execute(db)
  return found.rows.map((row) => row.record_id)
}
