import { type Expression, type ExpressionBuilder, type Selectable, sql, type SqlBool } from 'kysely'
import type { PlainDate } from '../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Condition, Visible } from '../../access/index.ts'
import type { Bill } from '../bill.ts'
import type { Payment, WorkItem } from '../store.ts'
import type { BillState } from './filter.ts'

type NoteTable = { id: string; bill_id: string; record_id: string; made_by: string; made_at: Date }
type Tables = {
  'payments.bill': Bill
  'payments.item': WorkItem
  'payments.note': NoteTable
  'payments.payment': Payment
  'payments.allocation': { payment_id: string; bill_id: string }
}

/** A note of an officer about a bill. */
export type Note = Selectable<NoteTable>

const tables = (db: Db) => tablesOf<Tables>(db)

/** What of the bills is asked for: the reader's filter and everything that narrows it. */
export type BillAsk = {
  readonly visible: Visible
  readonly treasury: string
  readonly state: BillState
  readonly agency: string | null
  readonly from: PlainDate | null
  readonly to: PlainDate | null
  readonly today: PlainDate
  /** What was searched for: any of these; null when nothing was. */
  readonly found: Found | null
}

/** What a search looks for: exactly these values, each in a column that has an index. */
export type Found =
  | { readonly by: 'reference' | 'creditor_reference'; readonly value: string }
  | { readonly by: 'case'; readonly id: string }
  | { readonly by: 'record'; readonly ids: readonly string[] }
  | { readonly by: 'amount'; readonly values: ReadonlyArray<{ readonly currency: string; readonly amount: bigint }> }

const columns: Partial<Record<Condition['fact'], 'id' | 'agency' | 'service' | 'person_id'>> = {
  id: 'id',
  agency: 'agency',
  service: 'service',
  personId: 'person_id',
}

type Builder = ExpressionBuilder<Pick<Tables, 'payments.bill'>, 'payments.bill'>

/** The policies' filter as SQL; the same facts that `billFacts` names. What does not depend on the bill is decided here. */
function seen(e: Builder, { everything, ways }: Visible, treasury: string): Expression<SqlBool> {
  const fixed = ({ fact, among, not }: Condition): boolean | null =>
    columns[fact] !== undefined ? null : among.includes(fact === 'consulted' ? treasury : null) !== not
  const left = ways.filter((way) => way.every((each) => fixed(each) !== false)).map((way) => way.filter((each) => fixed(each) === null))
  if (everything || left.some((way) => way.length === 0)) return e.val(true)
  return e.or(left.map((way) => e.and(way.map((condition) => has(e, condition)))))
}

function has(e: Builder, { fact, among, not }: Condition): Expression<SqlBool> {
  const column = columns[fact]
  if (column === undefined) return e.val(!not)
  const values = among.filter((value) => value !== null)
  const listed = values.length > 0 ? [e(column, 'in', values)] : []
  const given = among.includes(null) ? [...listed, e(column, 'is', null)] : listed
  // what is compared with null is neither true nor false, so that its opposite would not hold either
  return not ? e.not(e.fn.coalesce(e.or(given), e.val(false))) : e.or(given)
}

function asked(db: Db, ask: BillAsk) {
  let q = tables(db)
    .selectFrom('payments.bill')
    .where((e) => seen(e, ask.visible, ask.treasury))
  if (ask.agency !== null) q = q.where('agency', '=', ask.agency)
  if (ask.from !== null) q = q.where('due_on', '>=', ask.from)
  if (ask.to !== null) q = q.where('due_on', '<=', ask.to)
  if (ask.found !== null) q = matched(q, ask.found)
  switch (ask.state) {
    case 'all':
      return q
    case 'overdue':
      return q
        .where('state', '=', 'open')
        .where('due_on', '<', ask.today)
        .where((e) => e.or([e('deferred_until', 'is', null), e('deferred_until', '<', ask.today)]))
    case 'part':
      return q.where('state', '=', 'open').where('paid', '>', 0n)
    default:
      return q.where('state', '=', ask.state)
  }
}

function matched<Q extends ReturnType<typeof asked>>(q: Q, found: Found): Q
function matched(q: ReturnType<typeof asked>, found: Found): ReturnType<typeof asked> {
  switch (found.by) {
    case 'case':
      return q.where('source', '=', 'case').where('source_id', '=', found.id)
    case 'record':
      return q.where('record_id', '=', sql<string>`any(${[...found.ids]}::uuid[])`)
    case 'amount':
      // two conditions that each have an index, and not one with "or", which would look at every bill
      return q.where((e) =>
        e.or(
          found.values.flatMap(({ currency, amount }) => [
            e.and([e('currency', '=', currency), e('total', '=', amount)]),
            e.and([e('currency', '=', currency), e('state', '=', 'open'), e('outstanding', '=', amount)]),
          ]),
        ),
      )
    default:
      return q.where(found.by, '=', found.value)
  }
}

/** Where a page of bills begins and how it goes: by the day to pay by, or by when they were issued, the newest first. */
export type BillPage = {
  readonly byDue: boolean
  readonly after: { readonly key: string; readonly id: string } | null
  readonly limit: number
}

/** A page of bills by keyset. */
export async function billPage(db: Db, ask: BillAsk, { byDue, after, limit }: BillPage): Promise<Bill[]> {
  let q = asked(db, ask).selectAll().limit(limit)
  if (byDue) {
    if (after) q = q.where(sql<SqlBool>`(due_on, id) > (${after.key}::date, ${after.id}::uuid)`)
    return q.orderBy('due_on').orderBy('id').execute()
  }
  if (after) q = q.where(sql<SqlBool>`(issued_at, id) < (${after.key}::timestamptz, ${after.id}::uuid)`)
  return q.orderBy('issued_at', 'desc').orderBy('id', 'desc').execute()
}

/** How many bills each question finds, counted up to `most` + 1, in one statement. */
export async function billCounts(db: Db, asks: readonly BillAsk[], most: number): Promise<number[]> {
  if (asks.length === 0) return []
  const parts = asks.map((ask, i) => {
    const some = asked(db, ask)
    // few bills are paid in part, which the planner does not expect: the order leads it to the index of just those
    const limited = (ask.state === 'part' ? some.orderBy('due_on').orderBy('id') : some).select(sql<number>`1`.as('one')).limit(most + 1)
    return tables(db)
      .selectFrom(limited.as('some'))
      .select((e) => e.fn.countAll<bigint>().as('count'))
      .as(`list_${i}`)
  })
  const row: Record<string, bigint | null> = (await tables(db).selectNoFrom(parts).executeTakeFirst()) ?? {}
  return asks.map((_, i) => Number(row[`list_${i}`] ?? 0n))
}

/** What work items are asked for. */
export type ItemAsk = {
  /** The agencies whose items are seen; null for all. */
  readonly agencies: readonly string[] | null
  readonly closed: boolean
  readonly kind: string | null
  /** Only those that this officer looks after. */
  readonly takenBy?: string
}

/** A page of work items by keyset: the oldest open ones, or the newest closed ones. */
export async function itemPage(
  db: Db,
  { agencies, closed, kind, takenBy }: ItemAsk,
  { after, limit }: Pick<BillPage, 'after' | 'limit'>,
): Promise<WorkItem[]> {
  let q = tables(db)
    .selectFrom('payments.item')
    .selectAll()
    .where('closed_at', closed ? 'is not' : 'is', null)
    .limit(limit)
  if (agencies !== null) q = q.where('agency', '=', sql<string>`any(${[...agencies]}::text[])`)
  if (kind !== null) q = q.where('kind', '=', kind)
  if (takenBy !== undefined) q = q.where('taken_by', '=', takenBy)
  const edge = after && sql`(${after.key}::timestamptz, ${after.id}::uuid)`
  if (edge) q = q.where(closed ? sql<SqlBool>`(opened_at, id) < ${edge}` : sql<SqlBool>`(opened_at, id) > ${edge}`)
  return q
    .orderBy('opened_at', closed ? 'desc' : 'asc')
    .orderBy('id', closed ? 'desc' : 'asc')
    .execute()
}

/** How many open work items there are of each kind. */
export async function itemKinds(db: Db, agencies: readonly string[] | null): Promise<Array<{ kind: string; count: bigint }>> {
  let q = tables(db)
    .selectFrom('payments.item')
    .select((e) => ['kind', e.fn.countAll<bigint>().as('count')])
    .where('closed_at', 'is', null)
  if (agencies !== null) q = q.where('agency', '=', sql<string>`any(${[...agencies]}::text[])`)
  return q.groupBy('kind').orderBy('kind').execute()
}

/** How many open work items an officer looks after. */
export async function itemsTakenBy(db: Db, account: string): Promise<number> {
  const found = tables(db)
    .selectFrom('payments.item')
    .select((e) => e.fn.countAll<bigint>().as('count'))
  return Number((await found.where('taken_by', '=', account).where('closed_at', 'is', null).executeTakeFirst())?.count ?? 0n)
}

/** Notes who looks after a work item; null: nobody. */
export async function setTaken(db: Db, id: string, taken: { by: string; at: Date } | null): Promise<void> {
  const change = { taken_by: taken?.by ?? null, taken_at: taken?.at ?? null }
  await tables(db).updateTable('payments.item').set(change).where('id', '=', id).execute()
}

/** Work items about any of these bills, payments, attempts or refunds, oldest first. */
export async function itemsAbout(
  db: Db,
  about: {
    readonly bill: string
    readonly payments: readonly string[]
    readonly attempts: readonly string[]
    readonly refunds: readonly string[]
  },
): Promise<WorkItem[]> {
  const any = (ids: readonly string[]) => sql<string>`any(${[...ids]}::uuid[])`
  return tables(db)
    .selectFrom('payments.item')
    .selectAll()
    .where((e) =>
      e.or([
        e('bill_id', '=', about.bill),
        e('payment_id', '=', any(about.payments)),
        e('attempt_id', '=', any(about.attempts)),
        e('refund_id', '=', any(about.refunds)),
      ]),
    )
    .orderBy('opened_at')
    .limit(100)
    .execute()
}

export async function insertNote(db: Db, note: Note): Promise<void> {
  await tables(db).insertInto('payments.note').values(note).execute()
}

/** Oldest first. */
export async function notesOf(db: Db, billId: string): Promise<Note[]> {
  return tables(db).selectFrom('payments.note').selectAll().where('bill_id', '=', billId).orderBy('made_at').limit(200).execute()
}

/** Money in a currency that is kept for a person: of payments that paid any of their bills, or came too late for one. */
export async function keptFor(db: Db, personId: string, currency: string): Promise<Payment[]> {
  return tables(db)
    .selectFrom('payments.payment')
    .selectAll()
    .where('unapplied', '>', 0n)
    .where('currency', '=', currency)
    .where('id', 'in', (of) =>
      of
        .selectFrom('payments.allocation')
        .innerJoin('payments.bill', 'payments.bill.id', 'payments.allocation.bill_id')
        .select('payments.allocation.payment_id')
        .where('payments.bill.person_id', '=', personId)
        .union(
          of
            .selectFrom('payments.item')
            .innerJoin('payments.bill', 'payments.bill.id', 'payments.item.bill_id')
            .select((e) => e.ref('payments.item.payment_id').$notNull().as('payment_id'))
            .where('payments.item.kind', '=', 'overpaid')
            .where('payments.bill.person_id', '=', personId),
        ),
    )
    .orderBy('received_at')
    .limit(50)
    .execute()
}

/** The bills that a payment paid anything of, also what was taken back since. */
export async function billsOfPayment(db: Db, paymentId: string): Promise<Bill[]> {
  return tables(db)
    .selectFrom('payments.bill')
    .selectAll()
    .where('id', 'in', (of) => of.selectFrom('payments.allocation').select('bill_id').where('payment_id', '=', paymentId))
    .orderBy('issued_at')
    .limit(50)
    .execute()
}
