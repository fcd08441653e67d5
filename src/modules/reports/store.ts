import { CompiledQuery, sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { PlainDate } from '../../kernel/time.ts'
import type { Report, ReportOutcome, ReportState } from './report.ts'

export type ReportRow = { -readonly [K in keyof Report]: Report[K] }

/** What was said publicly about a report, and every change of its state. */
export type UpdateRow = {
  id: string
  report_id: string
  kind: 'state' | 'message' | 'joined' | 'confirmed' | 'broken' | 'route'
  text: string
  record_id: string | null
  state: ReportState
  outcome: ReportOutcome | null
  by: 'reporter' | 'follower' | 'staff' | 'system' | 'peer' | 'public'
  source_id: string | null
  hidden: boolean
  created_at: Date
}

/** A picture of a report. */
export type PhotoRow = {
  id: string
  report_id: string
  update_id: string | null
  kind: 'reported' | 'before' | 'after'
  document_id: string | null
  file_key: string | null
  media_url: string | null
  state: 'unchecked' | 'public' | 'hidden'
  added_at: Date
}

/** Somebody who hears of a report. */
export type FollowerRow = {
  id: string
  report_id: string
  person_id: string
  record_id: string | null
  account_id: string | null
  kind: 'reporter' | 'joined' | 'follower'
  code: Buffer
  language: string
  ended_at: Date | null
  answer: 'fixed' | 'broken' | null
  answered_at: Date | null
  answered_round: number | null
  created_at: Date
}

/** An act that came with an id of its own. */
export type ActRow = { id: string; report_id: string; account_id: string | null; act: string; answer: unknown; done_at: Date }

type Tables = {
  'reports.report': ReportRow
  'reports.update': UpdateRow
  'reports.act': ActRow
}

const tables = (db: Db) => tablesOf<Tables>(db)

/** Everything that a new report is: its rows go in together. */
export type NewRows = {
  readonly report: ReportRow
  /** Its first public line. */
  readonly first: UpdateRow
  readonly photos: readonly PhotoRow[]
  readonly followers: readonly FollowerRow[]
}

/**
 * Writes a report with its first line, pictures and followers in one statement; false, and nothing written, when its
 * reference or its id at its source is there already. The text is put together here and not by the query builder, which
 * would take longer for it than the database for the work.
 */
export async function insertReport(db: Db, { report, first, photos, followers }: NewRows): Promise<boolean> {
  const given = { ...report, answers: JSON.stringify(report.answers), closure: report.closure && JSON.stringify(report.closure) }
  const columns = Object.keys(given)
  const values: unknown[] = [...Object.values(given), first.id, first.kind, first.text, first.state, first.by, first.created_at]
  const last = columns.length
  const parts = [
    `r as (insert into reports.report (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})
      on conflict do nothing returning id)`,
    `u as (insert into reports.update (id, report_id, kind, text, state, by, created_at)
      select $${last + 1}::uuid, id, $${last + 2}, $${last + 3}, $${last + 4}, $${last + 5}, $${last + 6}::timestamptz from r)`,
  ]
  const more = (table: string, rows: ReadonlyArray<Record<string, unknown>>): void => {
    if (rows.length === 0) return
    values.push(JSON.stringify(rows))
    parts.push(`more_${parts.length} as (insert into ${table}
      select x.* from r, jsonb_populate_recordset(null::${table}, $${values.length}::jsonb) x)`)
  }
  more('reports.photo', photos)
  more(
    'reports.follower',
    followers.map((each) => ({ ...each, code: `\\x${each.code.toString('hex')}` })),
  )
  const written = await db.executeQuery(CompiledQuery.raw(`with ${parts.join(', ')} select id from r`, values))
  return written.rows.length > 0
}

/** With `lock` the row is held until the transaction ends. */
export async function reportById(db: Db, id: string, lock = false): Promise<Report | null> {
  const query = tables(db).selectFrom('reports.report').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function reportByReference(db: Db, reference: string): Promise<Report | null> {
  return (await tables(db).selectFrom('reports.report').selectAll().where('reference', '=', reference).executeTakeFirst()) ?? null
}

export async function reportBySource(db: Db, source: string, sourceId: string): Promise<Report | null> {
  const query = tables(db).selectFrom('reports.report').selectAll()
  return (
    (await query
      .where('source', '=', source as Report['source'])
      .where('source_id', '=', sourceId)
      .executeTakeFirst()) ?? null
  )
}

export async function reportsById(db: Db, ids: readonly string[]): Promise<Report[]> {
  if (ids.length === 0) return []
  const query = tables(db).selectFrom('reports.report').selectAll()
  return query.where('id', '=', sql<string>`any(${[...ids]}::uuid[])`).execute()
}

/** Holds several reports until the transaction ends, always in the same order, so that two who want both do not wait for one another. */
export async function lockReports(db: Db, ids: readonly string[]): Promise<Report[]> {
  const query = tables(db).selectFrom('reports.report').selectAll()
  return query
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .orderBy('id')
    .forUpdate()
    .execute()
}

/** The duplicates of a report. */
export async function mergedInto(db: Db, id: string): Promise<Report[]> {
  return tables(db).selectFrom('reports.report').selectAll().where('merged_into', '=', id).orderBy('opened_at').execute()
}

/** The duplicates of one report become duplicates of another. */
export async function repointMerged(db: Db, from: string, to: string, at: Date): Promise<void> {
  await sql`update reports.report set merged_into = ${to}::uuid, closure = jsonb_build_object('outcome', 'duplicate', 'of', ${to}::text),
    updated_at = ${at}, revision = revision + 1 where merged_into = ${from}::uuid`.execute(db)
}

/** Changes a report and counts its revision; the caller holds the row lock. Returns the report as it is then. */
export async function updateReport(db: Db, id: string, change: Partial<ReportRow>, at: Date): Promise<Report> {
  return tables(db)
    .updateTable('reports.report')
    .set({
      ...jsonOf(change),
      updated_at: at,
      revision: sql<number>`revision + 1`,
    })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

function jsonOf(change: Partial<ReportRow>): Partial<ReportRow> {
  // jsonb columns take text: the driver would make an array of a list
  const json = (value: unknown): never => JSON.stringify(value) as never
  return {
    ...change,
    ...(change.answers === undefined ? {} : { answers: json(change.answers) }),
    ...(change.closure === undefined || change.closure === null ? {} : { closure: json(change.closure) }),
    ...(change.contested === undefined || change.contested === null ? {} : { contested: json(change.contested) }),
  }
}

/** Notes what a timer did; not a change that somebody with the report open would have to see first. */
export async function markReport(
  db: Db,
  id: string,
  change: Partial<Pick<ReportRow, 'warn_on' | 'warned' | 'overdue_noted'>>,
): Promise<void> {
  await tables(db).updateTable('reports.report').set(change).where('id', '=', id).execute()
}

/** Writes a public line; false when the same one of the same source is there already. */
export async function insertUpdate(db: Db, row: UpdateRow): Promise<boolean> {
  const done = await tables(db)
    .insertInto('reports.update')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst()
  return done !== undefined
}

export async function updateById(db: Db, id: string): Promise<UpdateRow | null> {
  return (await tables(db).selectFrom('reports.update').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

/** Whether a report has the line that a source calls so. */
export async function hasUpdate(db: Db, reportId: string, sourceId: string): Promise<boolean> {
  const query = tables(db).selectFrom('reports.update').select('id').where('report_id', '=', reportId).where('source_id', '=', sourceId)
  return (await query.executeTakeFirst()) !== undefined
}

/** The public lines of reports, oldest first. */
export async function updatesOf(db: Db, reportIds: readonly string[]): Promise<UpdateRow[]> {
  if (reportIds.length === 0) return []
  const query = tables(db).selectFrom('reports.update').selectAll()
  return query
    .where('report_id', '=', sql<string>`any(${[...reportIds]}::uuid[])`)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

export async function changeUpdate(db: Db, id: string, change: Partial<Pick<UpdateRow, 'text' | 'record_id' | 'hidden'>>): Promise<void> {
  await tables(db).updateTable('reports.update').set(change).where('id', '=', id).execute()
}

export async function actById(db: Db, id: string): Promise<ActRow | null> {
  return (await tables(db).selectFrom('reports.act').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

/** Lets nobody else do the act with this id until the transaction ends. */
export async function holdAct(db: Db, id: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('reports.act ' || ${id}::text, 0))`.execute(db)
}

/** Notes an act with its answer. */
export async function insertAct(db: Db, row: ActRow): Promise<void> {
  await tables(db)
    .insertInto('reports.act')
    .values({ ...row, answer: JSON.stringify(row.answer) })
    .execute()
}

/** Reports for the clock: to be warned of, overdue, or whose period after a fix has passed; oldest day first. */
export async function reportsDue(db: Db, what: 'warn' | 'overdue' | 'silent', today: PlainDate, limit: number): Promise<string[]> {
  let q = tables(db).selectFrom('reports.report').select('id').limit(limit)
  if (what === 'silent') q = q.where('state', '=', 'checking').where('checking_until', '<', today).orderBy('checking_until')
  else q = q.where('state', 'in', ['received', 'assigned', 'in_progress'])
  if (what === 'warn') q = q.where('warn_on', '<=', today).where('warned', '=', false).orderBy('warn_on')
  if (what === 'overdue') q = q.where('due_on', '<', today).where('overdue_noted', '=', false).orderBy('due_on')
  return (await q.execute()).map((row) => row.id)
}

/** Calendar days from coming to the fix that is not disputed, of the newest fixed reports of a kind (and district). */
export async function fixedDurations(db: Db, category: string, district: string | null, limit: number): Promise<number[]> {
  const result = await sql<{ days: number }>`
    select (extract(epoch from ended_at - opened_at) / 86400)::float8 as days from reports.report
    where category = ${category} and outcome = 'fixed' and state = 'closed' and not hidden
      and (${district}::text is null or district = ${district})
    order by ended_at desc limit ${limit}`.execute(db)
  return result.rows.map((row) => row.days)
}

/** Reports that ended before a time and of which it is still kept who sent them, hears of them, or wrote what was left out. */
export async function pastReports(db: Db, categories: readonly string[], before: Date, limit: number): Promise<string[]> {
  const result = await sql<{ id: string }>`
    select r.id from reports.report r
    where r.state = 'closed' and r.ended_at < ${before} and r.category = any(${[...categories]}::text[])
      and (r.person_id is not null or exists (select 1 from reports.follower f where f.report_id = r.id)
        or exists (select 1 from reports.update u where u.report_id = r.id and u.record_id is not null)
        or exists (select 1 from reports.photo p where p.report_id = r.id and p.document_id is not null))
    order by r.ended_at, r.id limit ${limit}`.execute(db)
  return result.rows.map((row) => row.id)
}

/** The categories of which there are reports. */
export async function usedCategories(db: Db): Promise<string[]> {
  // one look into the index for each category, however many reports there are
  const result = await sql<{ category: string }>`
    with recursive c as (
      (select category from reports.report order by category limit 1)
      union all
      select (select r.category from reports.report r where r.category > c.category order by r.category limit 1) from c where c.category is not null)
    select category from c where category is not null`.execute(db)
  return result.rows.map((row) => row.category)
}

/** Takes a report from whoever sent it; when it was last changed for the public stays as it was. */
export async function disownReport(db: Db, id: string): Promise<void> {
  await tables(db).updateTable('reports.report').set({ person_id: null, record_id: null, account_id: null }).where('id', '=', id).execute()
}

/** Every report that a person sent, the newest first. */
export async function reportsOfPerson(db: Db, personId: string): Promise<Report[]> {
  return tables(db).selectFrom('reports.report').selectAll().where('person_id', '=', personId).orderBy('opened_at', 'desc').execute()
}

/** The public lines whose words as typed are in these records. */
export async function updatesByRecords(db: Db, recordIds: readonly string[]): Promise<UpdateRow[]> {
  if (recordIds.length === 0) return []
  const query = tables(db).selectFrom('reports.update').selectAll()
  return query.where('record_id', '=', sql<string>`any(${[...recordIds]}::uuid[])`).execute()
}
