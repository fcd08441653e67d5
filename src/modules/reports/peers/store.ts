import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Report } from '../report.ts'

/** What a run of a mirror did. */
export type Tally = {
  readonly added: number
  readonly changed: number
  /** Requests that were here as they are there. */
  readonly same: number
  readonly categories: number
  readonly rejected: Readonly<Record<string, number>>
}

/** How far the mirror of another server has come. */
export type Mirror = {
  source: string
  url: string
  asked_until: Date | null
  updated_until: Date | null
  services_etag: string | null
  services_modified: string | null
  tally: Tally
  changed_at: Date
}

/** A report that was handed over to another body's server. */
export type Handover = {
  report_id: string
  authority: string
  key: string
  state: 'waiting' | 'sent' | 'failed' | 'over'
  tries: number
  next_at: Date | null
  token: string | null
  remote_id: string | null
  remote_status: string | null
  fault: string | null
  started_at: Date
  changed_at: Date
}

type Tables = { 'reports.mirror': Mirror; 'reports.handover': Handover; 'reports.report': Report }

const tables = (db: Db) => tablesOf<Tables>(db)

/** How far a mirror has come; null before its first page. */
export async function mirrorOf(db: Db, source: string): Promise<Mirror | null> {
  return (await tables(db).selectFrom('reports.mirror').selectAll().where('source', '=', source).executeTakeFirst()) ?? null
}

/** Keeps how far a mirror has come. */
export async function keepMirror(db: Db, mirror: Mirror): Promise<void> {
  const row = { ...mirror, tally: sql<Tally>`${JSON.stringify(mirror.tally)}::jsonb` }
  await tables(db)
    .insertInto('reports.mirror')
    .values(row)
    .onConflict((c) => c.column('source').doUpdateSet(row))
    .execute()
}

/** Lets only one run write for a source at a time; held until the transaction ends. */
export async function holdSource(db: Db, source: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended('reports.mirror ' || ${source}, 0))`.execute(db)
}

/** The reports of a source with these ids there, held until the transaction ends. */
export async function reportsFrom(db: Db, source: string, sourceIds: readonly string[]): Promise<ReadonlyMap<string, Report>> {
  if (sourceIds.length === 0) return new Map()
  const rows = await tables(db)
    .selectFrom('reports.report')
    .selectAll()
    .where('source', '=', source as Report['source'])
    .where('source_id', '=', sql<string>`any(${[...sourceIds]}::text[])`)
    .orderBy('id')
    .forUpdate()
    .execute()
  return new Map(rows.map((row) => [row.source_id ?? '', row]))
}

/** Ids, at their source, of mirrored reports that are open or ended in the last days: of those more may be heard. In order, after one. */
export async function idsToAsk(db: Db, source: string, endedSince: Date, after: string, limit: number): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('reports.report')
    .select('source_id')
    .where('source', '=', source as Report['source'])
    .where('source_id', '>', after)
    .where((or) => or.or([or('ended_at', 'is', null), or('ended_at', '>=', endedSince)]))
    .orderBy('source_id')
    .limit(limit)
    .execute()
  return rows.flatMap((row) => row.source_id ?? [])
}

/** Notes a hand-over; false when the report has one already. */
export async function addHandover(db: Db, row: Handover): Promise<boolean> {
  const done = await tables(db)
    .insertInto('reports.handover')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('report_id')
    .executeTakeFirst()
  return done !== undefined
}

/** The hand-over of a report; null when it was not handed over to a server. */
export async function handoverOf(db: Db, reportId: string): Promise<Handover | null> {
  return (await tables(db).selectFrom('reports.handover').selectAll().where('report_id', '=', reportId).executeTakeFirst()) ?? null
}

/** Takes the hand-over that is due the longest, until `until`: whoever fails to come back leaves it to the next. Null when none is due. */
export async function takeDue(db: Db, now: Date, until: Date): Promise<Handover | null> {
  const result = await sql<Handover>`
    update reports.handover set next_at = ${until} where report_id in (
      select report_id from reports.handover where next_at <= ${now} order by next_at limit 1 for update skip locked)
    returning *`.execute(db)
  return result.rows[0] ?? null
}

/** As what a hand-over was found; without `next_at` whoever took it last does not matter. */
export type Taken = Pick<Handover, 'report_id' | 'state'> & Partial<Pick<Handover, 'next_at'>>

/** Writes down what became of a try; false, and nothing is written, when the hand-over is no longer as it was taken. */
export async function changeHandover(db: Db, taken: Taken, change: Partial<Handover>): Promise<boolean> {
  const { next_at: nextAt } = taken
  let update = tables(db)
    .updateTable('reports.handover')
    .set(change)
    .where('report_id', '=', taken.report_id)
    .where('state', '=', taken.state)
  if (nextAt !== undefined) update = update.where('next_at', 'is not distinct from', nextAt)
  return (await update.returning('report_id').executeTakeFirst()) !== undefined
}
