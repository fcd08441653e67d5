import { type Db, query } from '../../../platform/db.ts'

/** What does not add up in the books; all zero and empty when they are right. */
export type Faults = {
  readonly postings: bigint
  readonly entries: bigint
  /** Postings that lack lines, have too many, or are not balanced in a currency. */
  readonly broken: readonly string[]
  /** Entries without a posting, on another day than it, or on no account. */
  readonly strays: bigint
  readonly uneven: readonly string[]
  readonly checkpoints: bigint
  readonly wrongCheckpoints: bigint
  readonly months: bigint
  /** Months that stay open between closed ones. */
  readonly gaps: bigint
  readonly wrongClosings: bigint
}

/** Adds up everything again and compares; in one snapshot that the caller opens. */
export async function faults(db: Db): Promise<Faults> {
  const [totals] = await query<Pick<Faults, 'postings' | 'entries' | 'strays'>>(db, TOTALS)
  const broken = await query<{ id: string }>(db, BROKEN)
  const uneven = await query<{ currency: string }>(db, UNEVEN)
  const [checked] = await query<Pick<Faults, 'checkpoints'> & { wrong: bigint }>(db, CHECKPOINTS)
  const [closed] = await query<Pick<Faults, 'months' | 'gaps'> & { wrong: bigint }>(db, CLOSINGS)
  return {
    postings: totals?.postings ?? 0n,
    entries: totals?.entries ?? 0n,
    strays: totals?.strays ?? 0n,
    broken: broken.map((row) => row.id),
    uneven: uneven.map((row) => row.currency),
    checkpoints: checked?.checkpoints ?? 0n,
    wrongCheckpoints: checked?.wrong ?? 0n,
    months: closed?.months ?? 0n,
    gaps: closed?.gaps ?? 0n,
    wrongClosings: closed?.wrong ?? 0n,
  }
}

const TOTALS = `
  select (select count(*) from ledger.posting) as postings, count(*) as entries,
    count(*) filter (where p.id is null or p.day <> e.day or a.id is null) as strays
  from ledger.entry e left join ledger.posting p on p.id = e.posting_id left join ledger.account a on a.id = e.account_id`

const BROKEN = `
  select p.id from ledger.posting p left join (
    select posting_id, sum(n) as lines, min(first) as first, max(last) as last, bool_and(total = 0) as balanced from (
      select e.posting_id, a.currency, count(*) as n, min(e.line) as first, max(e.line) as last, sum(e.amount) as total
      from ledger.entry e left join ledger.account a on a.id = e.account_id group by e.posting_id, a.currency) sums
    group by posting_id) s on s.posting_id = p.id
  where p.lines < 2 or (s.lines = p.lines and s.first = 1 and s.last = p.lines and s.balanced) is not true
  order by 1 limit 20`

const UNEVEN = `
  select a.currency from ledger.entry e join ledger.account a on a.id = e.account_id group by a.currency having sum(e.amount) <> 0 order by 1`

/** Each checkpoint against the one before it and what was booked between them, so that every entry is added up once. */
const CHECKPOINTS = `
  with steps as (
    select account_id, until_seq, balance, lag(until_seq, 1, 0::bigint) over w as since, lag(balance, 1, 0::bigint) over w as before
    from ledger.checkpoint window w as (partition by account_id order by until_seq))
  select count(*) as checkpoints, count(*) filter (where balance <> before + coalesce((
    select sum(amount) from ledger.entry e where e.account_id = s.account_id and e.seq > s.since and e.seq <= s.until_seq), 0)) as wrong
  from steps s`

/** Each balance at the end of a month against the month before, also of accounts that have none there; and months left out. */
const CLOSINGS = `
  with months as (select last_day, lag(last_day) over (order by last_day) as before from ledger.month),
  steps as (
    select m.last_day, coalesce(c.balance, 0) as balance, coalesce(b.balance, 0) as before, coalesce((
      select sum(amount) from ledger.entry e where e.account_id = a.id and e.day <= m.last_day and e.day > coalesce(m.before, '-infinity'::date)), 0) as moved
    from months m cross join ledger.account a
    left join ledger.closing c on c.last_day = m.last_day and c.account_id = a.id
    left join ledger.closing b on b.last_day = m.before and b.account_id = a.id)
  select (select count(*) from months) as months, count(*) filter (where balance <> before + moved) as wrong,
    (select count(*) from months where before is not null and (before + 1 + interval '1 month - 1 day')::date <> last_day) as gaps
  from steps`
