import { type SelectQueryBuilder, sql } from 'kysely'
import type { PlainDate } from '../../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../../platform/db.ts'
import type { Revenue } from '../../bill.ts'

type FigureTable = {
  agency: string
  revenue: Revenue
  currency: string
  day: PlainDate
  bills: number
  open: number
  due: bigint
  paid: bigint
}

/** What bills of an agency come to that can be paid until a day of a month; `overdue` is what is still owed of them and late. */
export type FigureRow = {
  readonly agency: string
  readonly revenue: Revenue
  readonly currency: string
  /** The first day of the month. */
  readonly month: PlainDate
  readonly bills: bigint
  readonly open: bigint
  readonly due: bigint
  readonly paid: bigint
  readonly overdue: bigint
}

const tables = (db: Db) => tablesOf<{ 'payments.figure': FigureTable }>(db)

/** Moves the figures by what these bills are now and were not before. Any number of times comes to the same. */
export async function takeIn(db: Db, bills: readonly string[]): Promise<void> {
  if (bills.length === 0) return
  await sql`
    with fresh as (
      select id, agency, revenue, currency, greatest(due_on, deferred_until) as day, (state = 'open')::int as open, total - waived as due, paid
      from payments.bill where id = any(${[...bills]}::uuid[])),
    old as (select * from payments.figure_share where bill_id = any(${[...bills]}::uuid[])),
    put as (
      insert into payments.figure_share (bill_id, agency, revenue, currency, day, open, due, paid)
      select id, agency, revenue, currency, day, open, due, paid from fresh
      on conflict (bill_id) do update
      set agency = excluded.agency, revenue = excluded.revenue, currency = excluded.currency, day = excluded.day, open = excluded.open,
        due = excluded.due, paid = excluded.paid)
    insert into payments.figure (agency, revenue, currency, day, bills, open, due, paid)
    select agency, revenue, currency, day, sum(bills), sum(open), sum(due), sum(paid)
    from (
      select agency, revenue, currency, day, 1 as bills, open, due, paid from fresh
      union all
      select agency, revenue, currency, day, -1, -open, -due, -paid from old) moved
    group by agency, revenue, currency, day
    on conflict (agency, day, revenue, currency) do update
    set bills = figure.bills + excluded.bills, open = figure.open + excluded.open, due = figure.due + excluded.due, paid = figure.paid + excluded.paid`.execute(
    db,
  )
}

/** What is asked of the figures: agencies (null for all) and the days from and to which bills can be paid. */
export type FigureAsk = {
  readonly agencies: readonly string[] | null
  readonly revenue: Revenue | null
  readonly from: PlainDate
  readonly to: PlainDate
  readonly today: PlainDate
}

function narrowed<O>(
  q: SelectQueryBuilder<{ 'payments.figure': FigureTable }, 'payments.figure', O>,
  ask: Pick<FigureAsk, 'agencies' | 'revenue'>,
) {
  const some = ask.agencies === null ? q : q.where('agency', '=', sql<string>`any(${[...ask.agencies]}::text[])`)
  return ask.revenue === null ? some : some.where('revenue', '=', ask.revenue)
}

/** The figures of a period by month, agency, revenue and currency; months that come to nothing are left out. */
export async function figuresOf(db: Db, ask: FigureAsk): Promise<FigureRow[]> {
  const month = sql<PlainDate>`date_trunc('month', day)::date`
  const q = narrowed(tables(db).selectFrom('payments.figure'), ask)
    .where('day', '>=', ask.from)
    .where('day', '<=', ask.to)
    .select([
      'agency',
      'revenue',
      'currency',
      month.as('month'),
      sql<bigint>`sum(bills)`.as('bills'),
      sql<bigint>`sum(open)`.as('open'),
      sql<bigint>`sum(due)::bigint`.as('due'),
      sql<bigint>`sum(paid)::bigint`.as('paid'),
      sql<bigint>`coalesce(sum(due - paid) filter (where day < ${ask.today}), 0)::bigint`.as('overdue'),
    ])
  return q
    .groupBy(['agency', 'revenue', 'currency', month])
    .having(sql<bigint>`sum(bills)`, '<>', 0n)
    .orderBy(month)
    .orderBy('agency')
    .orderBy('revenue')
    .orderBy('currency')
    .execute()
}

/** What is owed and what of it is overdue now, of all bills whatever their day, by agency and currency. */
export async function owedNow(
  db: Db,
  ask: Pick<FigureAsk, 'agencies' | 'revenue' | 'today'>,
): Promise<Array<{ agency: string; currency: string; open: bigint; owed: bigint; overdue: bigint }>> {
  return narrowed(tables(db).selectFrom('payments.figure'), ask)
    .whereRef('due', '<>', 'paid')
    .select([
      'agency',
      'currency',
      sql<bigint>`sum(open)`.as('open'),
      sql<bigint>`sum(due - paid)::bigint`.as('owed'),
      sql<bigint>`coalesce(sum(due - paid) filter (where day < ${ask.today}), 0)::bigint`.as('overdue'),
    ])
    .groupBy(['agency', 'currency'])
    .orderBy('agency')
    .orderBy('currency')
    .execute()
}
