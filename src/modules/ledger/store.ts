import type { PlainDate } from '../../kernel/time.ts'
import { type Db, query, tablesOf } from '../../platform/db.ts'
import type { AccountKey, AccountKind, LedgerEntry } from './ledger.ts'

type Tables = {
  'ledger.account': { id: number; agency: string; kind: AccountKind; currency: string; part: string }
}

/** An account with its number. */
export type Account = Tables['ledger.account']

/** An account's number; `fresh` when the transaction that asks has made it and may still take it back. */
type Numbered = { id: number; agency: string; kind: AccountKind; currency: string; part: string; fresh: boolean }

/** The day after the last closed month; null while none is closed. */
const FIRST_OPEN = '(select max(last_day) + 1 from ledger.month)'

const BOOK = `
  with booked as (
    insert into ledger.posting (id, key, kind, day, value_day, cause, lines, made_at)
    select id, key, kind, greatest(value_day, ${FIRST_OPEN}), value_day, cause, lines, $7
    from unnest($1::uuid[], $2::text[], $3::text[], $4::date[], $5::uuid[], $6::smallint[]) as p (id, key, kind, value_day, cause, lines)
    on conflict (key) do nothing returning id, day),
  lined as (
    insert into ledger.entry (posting_id, line, account_id, day, amount, subject)
    select b.id, l.line, l.account, b.day, l.amount, l.subject
    from unnest($8::uuid[], $9::smallint[], $10::integer[], $11::bigint[], $12::uuid[]) with ordinality
      as l (posting_id, line, account, amount, subject, at) join booked b on b.id = l.posting_id order by l.at
    returning 1)
  select count(*)::int as booked from booked`

/** Most lines of a posting that is written with a text of its own. */
const FEW = 12

/** The same for one posting, by its number of lines: a plan for single values is kept, one for lists is made anew each time. */
const BOOK_ONE = Array.from({ length: FEW + 1 }, (_, count) => {
  const lines = Array.from({ length: count }, (_line, at) => {
    const from = 8 + at * 3
    return `(${at + 1}::smallint, $${from}::integer, $${from + 1}::bigint, $${from + 2}::uuid)`
  })
  return `
  with booked as (
    insert into ledger.posting (id, key, kind, day, value_day, cause, lines, made_at)
    values ($1, $2, $3, greatest($4::date, ${FIRST_OPEN}), $4::date, $5, $6, $7)
    on conflict (key) do nothing returning id, day),
  lined as (
    insert into ledger.entry (posting_id, line, account_id, day, amount, subject)
    select b.id, l.line, l.account, b.day, l.amount, l.subject
    from booked b cross join (values ${lines.join(', ')}) as l (line, account, amount, subject)
    returning 1)
  select count(*)::int as booked from booked`
})

/** Postings with their lines, ready to write. */
export type Booking = {
  readonly postings: ReadonlyArray<{ id: string; key: string; kind: string; day: PlainDate; cause: string; lines: number }>
  readonly lines: ReadonlyArray<{ posting: string; line: number; account: number; amount: bigint; subject: string | null }>
}

/** Writes postings whose keys are not there yet, with one statement; returns how many were new. */
export async function book(db: Db, { postings, lines }: Booking, madeAt: Date): Promise<number> {
  const [only] = postings
  const [row] =
    only && postings.length === 1 && lines.length <= FEW
      ? await query<{ booked: number }>(db, BOOK_ONE[lines.length] ?? '', [
          only.id, only.key, only.kind, only.day, only.cause, only.lines, madeAt,
          ...lines.flatMap((each) => [each.account, each.amount, each.subject]),
        ]) // prettier-ignore
      : await query<{ booked: number }>(db, BOOK, [
          postings.map((each) => each.id),
          postings.map((each) => each.key),
          postings.map((each) => each.kind),
          postings.map((each) => each.day),
          postings.map((each) => each.cause),
          postings.map((each) => each.lines),
          madeAt,
          lines.map((each) => each.posting),
          lines.map((each) => each.line),
          lines.map((each) => each.account),
          lines.map((each) => each.amount),
          lines.map((each) => each.subject),
        ])
  return row?.booked ?? 0
}

const FIND_ACCOUNTS = `
  select a.id, a.agency, a.kind, a.currency, a.part, a.made_in = pg_current_xact_id_if_assigned() is true as fresh
  from unnest($1::text[], $2::text[], $3::text[], $4::text[]) as w (agency, kind, currency, part)
  join ledger.account a using (agency, kind, currency, part)`

const OPEN_ACCOUNTS = `
  insert into ledger.account (agency, kind, currency, part)
  select * from unnest($1::text[], $2::text[], $3::text[], $4::text[]) order by 1, 2, 3, 4 on conflict do nothing`

/** The numbers of accounts; those that are not there yet are missing. */
export function findAccounts(db: Db, accounts: readonly AccountKey[]): Promise<Numbered[]> {
  return query<Numbered>(db, FIND_ACCOUNTS, columnsOf(accounts))
}

/** Opens the accounts that are not there yet, always in one order, so that two who open the same ones do not wait for one another. */
export async function openAccounts(db: Db, accounts: readonly AccountKey[]): Promise<void> {
  await query(db, OPEN_ACCOUNTS, columnsOf(accounts))
}

function columnsOf(accounts: readonly AccountKey[]): unknown[] {
  return [
    accounts.map((each) => each.agency),
    accounts.map((each) => each.kind),
    accounts.map((each) => each.currency),
    accounts.map((each) => each.part ?? ''),
  ]
}

/** From the newest checkpoint up: all entries, without those of later days. Quick for recent days. */
const FROM_NOW = `
  coalesce((select balance from ledger.checkpoint where account_id = a.id order by until_seq desc limit 1), 0)
  + coalesce((select sum(amount) from ledger.entry where account_id = a.id and seq >
      coalesce((select max(until_seq) from ledger.checkpoint where account_id = a.id), 0)), 0)
  - coalesce((select sum(amount) from ledger.entry where account_id = a.id and day > $1::date), 0)`

/** From the last closed month up to a day. Quick for what is long ago. */
const FROM_CLOSED = `
  coalesce((select balance from ledger.closing where account_id = a.id and last_day =
      (select max(last_day) from ledger.month where last_day <= $1::date)), 0)
  + coalesce((select sum(amount) from ledger.entry where account_id = a.id and day <= $1::date and day >
      coalesce((select max(last_day) from ledger.month where last_day <= $1::date), '-infinity'::date)), 0)`

/** From where a balance is folded: down from all that is booked, or up from the last closed month before the day. */
export type Fold = 'from-now' | 'from-closed'

/** What the entries of an account add up to at the end of a day; with null, of all days. */
export async function balanceOf(db: Db, account: number, until: PlainDate | null, fold: Fold): Promise<bigint> {
  const [row] = await query<{ balance: string }>(
    db,
    `select (${fold === 'from-now' ? FROM_NOW : FROM_CLOSED})::text as balance from (select $2::integer as id) a`,
    [until ?? 'infinity', account],
  )
  return BigInt(row?.balance ?? 0)
}

/** An account and what its entries add up to. */
export type Balance = Account & { readonly balance: bigint }

/** The balances of all accounts at the end of a day, in one snapshot. */
export async function balances(db: Db, until: PlainDate, fold: Fold): Promise<Balance[]> {
  const rows = await query<Account & { balance: string }>(
    db,
    `select a.id, a.agency, a.kind, a.currency, a.part, (${fold === 'from-now' ? FROM_NOW : FROM_CLOSED})::text as balance
     from ledger.account a order by a.currency, a.agency, a.id`,
    [until],
  )
  return rows.map((row) => ({ ...row, balance: BigInt(row.balance) }))
}

/** An account and what was booked on each of its sides. */
export type Moved = Account & { readonly debit: bigint; readonly credit: bigint }

/** What was booked on each account in a period, both sides without sign, in one snapshot. */
export async function movedIn(db: Db, from: PlainDate, to: PlainDate): Promise<Moved[]> {
  const rows = await query<Account & { debit: string; credit: string }>(
    db,
    `select a.id, a.agency, a.kind, a.currency, a.part, coalesce(m.debit, 0)::text as debit, coalesce(m.credit, 0)::text as credit
     from ledger.account a cross join lateral (
       select sum(e.amount) filter (where e.amount > 0) as debit, -sum(e.amount) filter (where e.amount < 0) as credit
       from ledger.entry e where e.account_id = a.id and e.day between $1 and $2) m
     order by a.currency, a.agency, a.id`,
    [from, to],
  )
  return rows.map((row) => ({ ...row, debit: BigInt(row.debit), credit: BigInt(row.credit) }))
}

/** What the entries of an account from a day on add up to, up to and with an entry; 0 without one. */
export async function sumUpTo(db: Db, account: number, from: PlainDate, seq: bigint | null): Promise<bigint> {
  const [row] = await query<{ sum: string }>(
    db,
    `select coalesce(sum(e.amount), 0)::text as sum from ledger.entry e, (select day from ledger.entry where account_id = $1 and seq = $3) last
     where e.account_id = $1 and e.day >= $2 and (e.day, e.seq) <= (last.day, $3)`,
    [account, from, seq],
  )
  return BigInt(row?.sum ?? 0)
}

/** What the entries about a subject add up to on accounts of a kind. */
export async function subjectBalance(db: Db, kind: AccountKind, subject: string): Promise<bigint> {
  const [row] = await query<{ balance: string }>(
    db,
    `select coalesce(sum(e.amount), 0)::text as balance from ledger.entry e join ledger.account a on a.id = e.account_id
     where e.subject = $1 and a.kind = $2`,
    [subject, kind],
  )
  return BigInt(row?.balance ?? 0)
}

type EntryRow = {
  seq: bigint
  posting: string
  kind: string
  day: PlainDate
  value_day: PlainDate
  amount: bigint
  subject: string | null
  cause: string
  made_at: Date
  agency: string
  account: AccountKind
  currency: string
  part: string
}

const ENTRY = `e.seq, e.posting_id as posting, p.kind, e.day, p.value_day, e.amount, e.subject, p.cause, p.made_at,
  a.agency, a.kind as account, a.currency, a.part
  from ledger.entry e join ledger.posting p on p.id = e.posting_id join ledger.account a on a.id = e.account_id`

function entryOf(row: EntryRow): LedgerEntry {
  return {
    seq: row.seq,
    posting: row.posting,
    kind: row.kind,
    day: row.day,
    valueDay: row.value_day,
    account: { agency: row.agency, kind: row.account, currency: row.currency, ...(row.part === '' ? {} : { part: row.part }) },
    amount: row.amount,
    subject: row.subject,
    cause: row.cause,
    madeAt: row.made_at,
  }
}

/** The entries about a subject, oldest first. */
export async function entriesAbout(db: Db, subject: string): Promise<LedgerEntry[]> {
  const rows = await query<EntryRow>(db, `select ${ENTRY} where e.subject = $1 order by e.seq`, [subject])
  return rows.map(entryOf)
}

/** Some entries of an account in a period, by day and number, after the entry with a number. */
export async function entriesOf(
  db: Db,
  account: number,
  period: { from: PlainDate; to: PlainDate },
  after: bigint | null,
  limit: number,
): Promise<LedgerEntry[]> {
  const rows = await query<EntryRow>(
    db,
    `select ${ENTRY} where e.account_id = $1 and e.day between $2 and $3 and (e.day, e.seq) >
       (coalesce((select day from ledger.entry where account_id = $1 and seq = $4), $2), coalesce($4, 0))
     order by e.day, e.seq limit $5`,
    [account, period.from, period.to, after, limit],
  )
  return rows.map(entryOf)
}

/** An account by its number; null when there is none. */
export async function accountById(db: Db, id: number): Promise<Account | null> {
  const row = await tablesOf<Tables>(db)
    .selectFrom('ledger.account')
    .select(['id', 'agency', 'kind', 'currency', 'part'])
    .where('id', '=', id)
    .executeTakeFirst()
  return row ?? null
}

/** A posting with its lines. */
export type Posted = {
  readonly id: string
  readonly key: string
  readonly kind: string
  readonly day: PlainDate
  readonly valueDay: PlainDate
  readonly cause: string
  readonly madeAt: Date
  readonly lines: readonly LedgerEntry[]
}

type PostedRow = EntryRow & { key: string }

function postedOf(rows: readonly PostedRow[]): Posted[] {
  return [...Map.groupBy(rows, (row) => row.posting)].flatMap(([id, lines]) => {
    const [first] = lines
    if (!first) return []
    const { key, kind, day, value_day: valueDay, cause, made_at: madeAt } = first
    return [{ id, key, kind, day, valueDay, cause, madeAt, lines: lines.map(entryOf) }]
  })
}

const POSTED_ENTRY = ENTRY.replace('p.kind,', 'p.kind, p.key,')

/** Some postings of a period with their lines, by day and number, after the posting with a number. */
export async function postingsOf(
  db: Db,
  period: { from: PlainDate; to: PlainDate },
  after: string | null,
  limit: number,
): Promise<Posted[]> {
  const rows = await query<PostedRow>(
    db,
    `select ${POSTED_ENTRY} where p.id in (select id from ledger.posting where day between $1 and $2 and ($3::uuid is null or
         (day, id) > ((select day from ledger.posting where id = $3::uuid), $3::uuid)) order by day, id limit $4)
     order by p.day, p.id, e.line`,
    [period.from, period.to, after, limit],
  )
  return postedOf(rows)
}

/** A posting by its number; null when there is none. */
export async function postingById(db: Db, id: string): Promise<Posted | null> {
  const rows = await query<PostedRow>(db, `select ${POSTED_ENTRY} where p.id = $1 order by e.line`, [id])
  return postedOf(rows)[0] ?? null
}
