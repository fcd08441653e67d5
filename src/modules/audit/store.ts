import { sql } from 'kysely'
import type { PlainDate } from '../../kernel/time.ts'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { FlagAnswer, FlagKind } from './flags.ts'

type Tables = { 'audit.flag': FlagRow; 'audit.watched': WatchedRow }

/** A flag. */
export type FlagRow = {
  id: string
  kind: FlagKind
  account_id: string
  day: PlainDate
  subject: string
  count: number
  raised_at: Date
  answer: FlagAnswer | null
  answered_count: number | null
  answered_at: Date | null
  answered_by: string | null
}

/** A person whose data is watched, and the case by which they were marked. */
export type WatchedRow = { subject: string; case_id: string; added_at: Date; added_by: string }

/** An opening of a person's data by a member of staff. */
export type Read = {
  readonly account: string
  readonly day: PlainDate
  readonly subject: string
  readonly late: boolean
  readonly position: bigint
}

/** Whom somebody opened on a day, and whether for the first time that day. */
export type Touched = { account_id: string; day: PlainDate; subject: string; fresh: boolean }

/** What somebody opened on a day. */
export type DayCount = { account_id: string; day: PlainDate; persons: number; late: number }

const tables = (db: Db) => tablesOf<Tables>(db)

/** Counts openings that are not counted yet; gives what changed. */
export async function takeReads(db: Db, reads: readonly Read[]): Promise<Touched[]> {
  const column = <T>(of: (read: Read) => T): T[] => reads.map(of)
  const result = await sql<Touched>`
    insert into audit.seen as s (account_id, day, subject, opened, out_of_hours, last_position)
    select r.account_id, r.day, r.subject, count(*), count(*) filter (where r.late), max(r.position)
    from unnest(${column((r) => r.account)}::uuid[], ${column((r) => r.day)}::date[], ${column((r) => r.subject)}::text[],
      ${column((r) => r.late)}::boolean[], ${column((r) => r.position.toString())}::bigint[]) as r (account_id, day, subject, late, position)
    left join audit.seen k on k.account_id = r.account_id and k.day = r.day and k.subject = r.subject
    where k.last_position is null or r.position > k.last_position
    group by r.account_id, r.day, r.subject
    on conflict (account_id, day, subject) do update set opened = s.opened + excluded.opened,
      out_of_hours = s.out_of_hours + excluded.out_of_hours, last_position = excluded.last_position
    returning s.account_id, s.day, s.subject, (s.xmax = 0) as fresh`.execute(db)
  return result.rows
}

/** How many persons each of these accounts (all when null) opened on each day of a period. */
export async function dayCounts(db: Db, accounts: readonly string[] | null, from: PlainDate, to: PlainDate): Promise<DayCount[]> {
  const result = await sql<DayCount>`
    select account_id, day, count(*)::int as persons, count(*) filter (where out_of_hours > 0)::int as late from audit.seen
    where day between ${from}::date and ${to}::date
      and (${accounts === null} or account_id = any(${accounts === null ? [] : [...accounts]}::uuid[]))
    group by account_id, day`.execute(db)
  return result.rows
}

/** The days on which the most persons were opened. */
export async function busiestDays(db: Db, from: PlainDate, limit: number): Promise<DayCount[]> {
  const result = await sql<DayCount>`
    select account_id, day, count(*)::int as persons, count(*) filter (where out_of_hours > 0)::int as late from audit.seen
    where day >= ${from}::date group by account_id, day order by persons desc, day desc, account_id limit ${limit}`.execute(db)
  return result.rows
}

export async function forgetBefore(db: Db, day: PlainDate): Promise<void> {
  await sql`delete from audit.seen where day < ${day}::date`.execute(db)
}

/**
 * Raises a flag, or raises the count of one that is there; an answered one opens again when it has doubled since. Tells
 * whether there is something new to tell.
 */
export async function raiseFlag(
  db: Db,
  flag: Pick<FlagRow, 'id' | 'kind' | 'account_id' | 'day' | 'subject' | 'count' | 'raised_at'>,
): Promise<{ id: string; fresh: boolean } | null> {
  const result = await sql<{ id: string; fresh: boolean }>`
    insert into audit.flag as f (id, kind, account_id, day, subject, count, raised_at)
    values (${flag.id}, ${flag.kind}, ${flag.account_id}, ${flag.day}, ${flag.subject}, ${flag.count}, ${flag.raised_at})
    on conflict (kind, account_id, day, subject) do update set count = excluded.count,
      answer = case when excluded.count >= 2 * f.answered_count then null else f.answer end,
      answered_at = case when excluded.count >= 2 * f.answered_count then null else f.answered_at end,
      answered_by = case when excluded.count >= 2 * f.answered_count then null else f.answered_by end,
      answered_count = case when excluded.count >= 2 * f.answered_count then null else f.answered_count end
    where excluded.count > f.count
    returning f.id, (f.xmax = 0) as fresh`.execute(db)
  return result.rows[0] ?? null
}

export async function lockFlag(db: Db, id: string): Promise<FlagRow | null> {
  return (await tables(db).selectFrom('audit.flag').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()) ?? null
}

export async function answerFlag(db: Db, flag: FlagRow, answer: FlagAnswer, by: string, at: Date): Promise<void> {
  await tables(db)
    .updateTable('audit.flag')
    .set({ answer, answered_by: by, answered_at: at, answered_count: flag.count })
    .where('id', '=', flag.id)
    .execute()
}

/** Flags newest first, open or answered, after one of them. */
export async function flags(db: Db, ask: { open: boolean; after: string | null; limit: number }): Promise<FlagRow[]> {
  let q = tables(db)
    .selectFrom('audit.flag')
    .selectAll()
    .where('answer', ask.open ? 'is' : 'is not', null)
  if (ask.after !== null)
    q = q.where(sql<boolean>`(raised_at, id) < (select f.raised_at, f.id from audit.flag f where f.id = ${ask.after}::uuid)`)
  return q.orderBy('raised_at', 'desc').orderBy('id', 'desc').limit(ask.limit).execute()
}

/** How many flags of each kind are open. */
export async function openFlags(db: Db): Promise<Map<FlagKind, number>> {
  const rows = await tables(db)
    .selectFrom('audit.flag')
    .select(['kind', (e) => e.fn.countAll<bigint>().as('count')])
    .where('answer', 'is', null)
    .groupBy('kind')
    .execute()
  return new Map(rows.map((row) => [row.kind, Number(row.count)]))
}

export async function watched(db: Db): Promise<WatchedRow[]> {
  return tables(db).selectFrom('audit.watched').selectAll().orderBy('added_at', 'desc').limit(500).execute()
}

/** Those of these subjects that are watched. */
export async function watchedAmong(db: Db, subjects: readonly string[]): Promise<Set<string>> {
  if (subjects.length === 0) return new Set()
  const rows = await tables(db)
    .selectFrom('audit.watched')
    .select('subject')
    .where('subject', 'in', [...subjects])
    .execute()
  return new Set(rows.map((row) => row.subject))
}

export async function insertWatched(db: Db, row: WatchedRow): Promise<boolean> {
  const added = await tables(db)
    .insertInto('audit.watched')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('subject')
    .executeTakeFirst()
  return added !== undefined
}

export async function deleteWatched(db: Db, caseId: string): Promise<boolean> {
  const gone = await tables(db).deleteFrom('audit.watched').where('case_id', '=', caseId).returning('subject').executeTakeFirst()
  return gone !== undefined
}
