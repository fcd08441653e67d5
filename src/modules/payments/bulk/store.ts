import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { BillLine } from '../bill.ts'
import type { Allocation, Payment, WorkItem } from '../store.ts'

type Tables = { 'payments.payment': { key: string } }

/** What changes of a bill when several payments come at once: what they add, how many they are, and whether it is paid then. */
export type PaidMore = { readonly id: string; readonly amount: bigint; readonly times: number; readonly done: boolean }

const column = <Row, K extends keyof Row>(rows: readonly Row[], name: K): Array<Row[K]> => rows.map((row) => row[name])

/** Those of these keys under which money was booked already. */
export async function knownKeys(db: Db, keys: readonly string[]): Promise<Set<string>> {
  const rows = await tablesOf<Tables>(db)
    .selectFrom('payments.payment')
    .select('key')
    .where('key', '=', sql<string>`any(${[...keys]}::text[])`)
    .execute()
  return new Set(rows.map((row) => row.key))
}

/** Returns how many were written: a key that somebody else has booked meanwhile is left out. */
export async function insertPayments(db: Db, rows: readonly Payment[]): Promise<number> {
  const done = await sql<{ n: number }>`
    with added as (
      insert into payments.payment (id, key, source, held_by, part, provider_payment, amount, currency, unapplied, received_on, received_at)
      select * from unnest(${column(rows, 'id')}::uuid[], ${column(rows, 'key')}::text[], ${column(rows, 'source')}::text[],
        ${column(rows, 'held_by')}::text[], ${column(rows, 'part')}::text[], ${column(rows, 'provider_payment')}::text[],
        ${column(rows, 'amount')}::bigint[], ${column(rows, 'currency')}::text[], ${column(rows, 'unapplied')}::bigint[],
        ${column(rows, 'received_on')}::date[], ${column(rows, 'received_at')}::timestamptz[])
      on conflict (key) do nothing returning 1)
    select count(*)::int as n from added`.execute(db)
  return done.rows[0]?.n ?? 0
}

export async function insertAllocations(db: Db, rows: readonly Allocation[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into payments.allocation (id, payment_id, bill_id, kind, amount, made_at)
    select * from unnest(${column(rows, 'id')}::uuid[], ${column(rows, 'payment_id')}::uuid[], ${column(rows, 'bill_id')}::uuid[],
      ${column(rows, 'kind')}::text[], ${column(rows, 'amount')}::bigint[], ${column(rows, 'made_at')}::timestamptz[])`.execute(db)
}

/** Adds to what was paid of bills whose rows are held. */
export async function addPaid(db: Db, bills: readonly PaidMore[], at: Date): Promise<void> {
  if (bills.length === 0) return
  await sql`
    update payments.bill b set paid = b.paid + m.amount, revision = b.revision + m.times,
      state = case when m.done then 'paid' else b.state end,
      closed_at = case when m.done then ${at}::timestamptz else b.closed_at end,
      step_on = case when m.done then null else b.step_on end
    from unnest(${column(bills, 'id')}::uuid[], ${column(bills, 'amount')}::bigint[], ${column(bills, 'times')}::integer[],
      ${column(bills, 'done')}::boolean[]) as m (id, amount, times, done)
    where b.id = m.id`.execute(db)
}

/** Returns the ids of those that are new: an item whose key is there already is left out. */
export async function insertItems(db: Db, rows: readonly WorkItem[]): Promise<Set<string>> {
  if (rows.length === 0) return new Set()
  const added = await sql<{ id: string }>`
    insert into payments.item (id, key, kind, agency, bill_id, payment_id, attempt_id, refund_id, amount, currency, story, opened_at)
    select id, key, kind, agency, bill, payment, attempt, refund, amount, currency, story::jsonb, opened
    from unnest(${column(rows, 'id')}::uuid[], ${column(rows, 'key')}::text[], ${column(rows, 'kind')}::text[],
      ${column(rows, 'agency')}::text[], ${column(rows, 'bill_id')}::uuid[], ${column(rows, 'payment_id')}::uuid[],
      ${column(rows, 'attempt_id')}::uuid[], ${column(rows, 'refund_id')}::uuid[], ${column(rows, 'amount')}::bigint[],
      ${column(rows, 'currency')}::text[], ${rows.map((row) => JSON.stringify(row.story))}::text[], ${column(rows, 'opened_at')}::timestamptz[])
      as i (id, key, kind, agency, bill, payment, attempt, refund, amount, currency, story, opened)
    on conflict (key) do nothing returning id`.execute(db)
  return new Set(added.rows.map((row) => row.id))
}

export async function insertChargeLines(db: Db, rows: readonly BillLine[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into payments.bill_line (id, bill_id, kind, title, amount, law, added_on)
    select id, bill_id, kind, title::jsonb, amount, law, added_on
    from unnest(${column(rows, 'id')}::uuid[], ${column(rows, 'bill_id')}::uuid[], ${column(rows, 'kind')}::text[],
      ${rows.map((row) => JSON.stringify(row.title))}::text[], ${column(rows, 'amount')}::bigint[], ${column(rows, 'law')}::text[],
      ${column(rows, 'added_on')}::date[]) as l (id, bill_id, kind, title, amount, law, added_on)`.execute(db)
}

/** Adds to what bills come to whose rows are held. */
export async function addCharged(db: Db, bills: ReadonlyArray<{ readonly id: string; readonly amount: bigint }>): Promise<void> {
  await sql`
    update payments.bill b set total = b.total + m.amount, revision = b.revision + 1
    from unnest(${column(bills, 'id')}::uuid[], ${column(bills, 'amount')}::bigint[]) as m (id, amount) where b.id = m.id`.execute(db)
}
