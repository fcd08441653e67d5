import type { PlainDate } from '../../../kernel/time.ts'
import { type Db, query } from '../../../platform/db.ts'

/** A closed month by its last day. */
export type ClosedMonth = { readonly lastDay: PlainDate; readonly closedAt: Date; readonly closedBy: string }

/** The closed months, newest first. */
export async function closedMonths(db: Db, limit: number): Promise<ClosedMonth[]> {
  const rows = await query<{ last_day: PlainDate; closed_at: Date; closed_by: string }>(
    db,
    'select last_day, closed_at, closed_by from ledger.month order by last_day desc limit $1',
    [limit],
  )
  return rows.map((row) => ({ lastDay: row.last_day, closedAt: row.closed_at, closedBy: row.closed_by }))
}

/** The last day of the month that comes to be closed next: after the last closed one, else the first that has a posting; null while nothing is booked. */
export async function nextToClose(db: Db): Promise<PlainDate | null> {
  const [row] = await query<{ last_day: PlainDate | null }>(
    db,
    `select (date_trunc('month', coalesce((select max(last_day) + 1 from ledger.month), (select min(day) from ledger.posting))::timestamp)
       + interval '1 month - 1 day')::date as last_day`,
  )
  return row?.last_day ?? null
}

/** Lets nobody finish a posting until this transaction ends, once those that are at it have; the lock that `ledger.whole` shares. */
export async function holdBooks(db: Db): Promise<void> {
  await query(db, 'select pg_advisory_xact_lock(7480011)')
}

/** Writes a month as closed. */
export async function writeMonth(db: Db, month: { lastDay: PlainDate; at: Date; by: string; cause: string }): Promise<void> {
  await query(db, 'insert into ledger.month (last_day, closed_at, closed_by, cause) values ($1, $2, $3, $4)', [
    month.lastDay,
    month.at,
    month.by,
    month.cause,
  ])
}

/** Writes the balance of each account at the end of a month: that of the month closed before it, and what was booked since. */
export async function writeClosings(db: Db, lastDay: PlainDate): Promise<void> {
  await query(
    db,
    `with before as (select max(last_day) as last_day from ledger.month where last_day < $1),
     booked as (select account_id, sum(amount) as moved from ledger.entry, before
       where day <= $1 and (before.last_day is null or day > before.last_day) group by account_id),
     kept as (select account_id, balance from ledger.closing c join before b on b.last_day = c.last_day)
     insert into ledger.closing (last_day, account_id, balance)
     select $1, account_id, coalesce(k.balance, 0) + coalesce(b.moved, 0) from booked b full join kept k using (account_id)`,
    [lastDay],
  )
}

/** The currencies in which the balances at the end of a closed month do not add up to zero. */
export async function unevenAt(db: Db, lastDay: PlainDate): Promise<string[]> {
  const rows = await query<{ currency: string }>(
    db,
    `select a.currency from ledger.closing c join ledger.account a on a.id = c.account_id where c.last_day = $1
     group by a.currency having sum(c.balance) <> 0 order by 1`,
    [lastDay],
  )
  return rows.map((row) => row.currency)
}

/** How many postings are booked from a day to another. */
export async function countPostings(db: Db, from: PlainDate, to: PlainDate): Promise<number> {
  const [row] = await query<{ count: number }>(db, 'select count(*)::int as count from ledger.posting where day between $1 and $2', [
    from,
    to,
  ])
  return row?.count ?? 0
}

/** Some postings and what caused them, by number, after one; `from` and `to` narrow them to days. */
export function causesOf(
  db: Db,
  ask: { from: PlainDate | null; to: PlainDate | null; after: string | null; limit: number },
): Promise<Array<{ id: string; cause: string }>> {
  return query<{ id: string; cause: string }>(
    db,
    `select id, cause from ledger.posting where ($1::uuid is null or id > $1) and ($2::date is null or day >= $2) and ($3::date is null or day <= $3)
     order by id limit $4`,
    [ask.after, ask.from, ask.to, ask.limit],
  )
}

/** The newest number that an entry was given, by anybody, whether committed or not. */
export async function newestNumber(db: Db): Promise<bigint> {
  const [row] = await query<{ seq: bigint }>(db, 'select case when is_called then last_value else 0 end as seq from ledger.entry_seq_seq')
  return row?.seq ?? 0n
}

/** A transaction's own number, above that of every one which has written by now; it ends at once. */
export async function newestTransaction(db: Db): Promise<bigint> {
  // the end of a snapshot would not do: it is one past the newest that has ended, and others are open beyond it
  const [row] = await query<{ id: bigint }>(db, 'select pg_current_xact_id()::text::bigint as id')
  return row?.id ?? 0n
}

/** The number of the oldest transaction that has written and is open; past the newest one when none is. */
export async function oldestOpen(db: Db): Promise<bigint> {
  const [row] = await query<{ id: bigint }>(db, 'select pg_snapshot_xmin(pg_current_snapshot())::text::bigint as id')
  return row?.id ?? 0n
}

/** Writes a checkpoint up to an entry for each account with at least so many entries since its last one; returns how many. */
export async function writeCheckpoints(db: Db, until: bigint, at: Date, least: number): Promise<number> {
  const rows = await query(
    db,
    `insert into ledger.checkpoint (account_id, until_seq, balance, made_at)
     select a.id, $1, coalesce(c.balance, 0) + s.moved, $2
     from ledger.account a
     left join lateral (select balance, until_seq from ledger.checkpoint where account_id = a.id order by until_seq desc limit 1) c on true
     cross join lateral (select sum(amount) as moved, count(*) as entries from ledger.entry
       where account_id = a.id and seq > coalesce(c.until_seq, 0) and seq <= $1) s
     where s.entries >= $3
     on conflict do nothing returning 1`,
    [until, at, least],
  )
  return rows.length
}
