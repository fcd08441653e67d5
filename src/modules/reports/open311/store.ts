import { sql, type SqlBool } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import type { Report } from '../report.ts'
import { type After, filtered, type ReportFilter } from '../search/store.ts'
import type { PhotoRow, UpdateRow } from '../store.ts'

/** Where a client stands: its address is to be confirmed, it waits for an administrator, it may send, it may not any more. */
export type ClientState = 'asked' | 'waiting' | 'active' | 'ended'

/** A program with a key. */
export type ClientRow = {
  id: string
  name: string
  organisation: string
  person_id: string
  record_id: string
  language: string
  state: ClientState
  code: Buffer | null
  key: Buffer | null
  per_minute: number
  test: boolean
  asked_at: Date
  confirmed_at: Date | null
  ended_at: Date | null
  used_on: PlainDate | null
}

type Tables = {
  'reports.client': ClientRow
  'reports.report': Report
  'reports.update': UpdateRow
  'reports.photo': PhotoRow
}

const tables = (db: Db) => tablesOf<Tables>(db)

const columns = [
  'id', 'reference', 'category', 'agency', 'district', 'lat', 'long', 'address', 'text', 'state', 'outcome', 'closure', 'confirmed_by', 'urgent',
  'opened_at', 'updated_at', 'due_on', 'ended_at', 'checking_until', 'reopened', 'merged_into',
] as const // prettier-ignore

/** What of a report other programs are told. */
export type Told = Pick<Report, (typeof columns)[number]>

/** A circle, in metres around a point. */
export type Circle = { readonly lat: number; readonly long: number; readonly metres: number }

/** Reports by filter, the newest first: a page by offset, or (for long lists) by keyset. */
export async function toldReports(
  db: Db,
  filter: ReportFilter,
  page: { readonly limit: number; readonly offset?: number; readonly after?: After | null; readonly circle?: Circle | null },
): Promise<Told[]> {
  let q = filtered(db, filter)
    .select([...columns])
    .limit(page.limit)
  const { circle, after } = page
  if (circle) {
    q = q.where(sql<SqlBool>`12742000 * asin(least(1, sqrt(power(sin(radians(lat - ${circle.lat}::float8) / 2), 2)
      + cos(radians(${circle.lat}::float8)) * cos(radians(lat)) * power(sin(radians(long - ${circle.long}::float8) / 2), 2)))) <= ${circle.metres}`)
  }
  if (after) q = q.where(sql<SqlBool>`(opened_at, id) < (${after.openedAt}::timestamptz, ${after.id}::uuid)`)
  if (page.offset) q = q.offset(page.offset)
  return q.orderBy('opened_at', 'desc').orderBy('id', 'desc').execute()
}

/** A mark that is another one as soon as a report, a public line or a picture changed what is told of any report. */
export async function newestChange(db: Db): Promise<string> {
  const result = await sql<{ mark: string }>`
    select coalesce((select updated_at::text || id from reports.report order by updated_at desc, id desc limit 1), '') as mark`.execute(db)
  return result.rows[0]?.mark ?? ''
}

/** The references of reports. */
export async function referencesOf(db: Db, ids: readonly string[]): Promise<Map<string, string>> {
  if (ids.length === 0) return new Map()
  const query = tables(db).selectFrom('reports.report').select(['id', 'reference']).where('hidden', '=', false)
  const rows = await query.where('id', '=', sql<string>`any(${[...ids]}::uuid[])`).execute()
  return new Map(rows.map((row) => [row.id, row.reference]))
}

/** The first picture of each of these reports that the public may see. */
export async function firstPictures(db: Db, ids: readonly string[]): Promise<Map<string, Pick<PhotoRow, 'id' | 'file_key' | 'media_url'>>> {
  if (ids.length === 0) return new Map()
  const rows = await tables(db)
    .selectFrom('reports.photo')
    .distinctOn('report_id')
    .select(['report_id', 'id', 'file_key', 'media_url'])
    .where('report_id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .where('state', '=', 'public')
    .orderBy('report_id')
    .orderBy('added_at')
    .orderBy('id')
    .execute()
  return new Map(rows.map((row) => [row.report_id, row]))
}

/** The newest category that was added beside the city's file. */
export async function newestCategory(db: Db): Promise<Date | null> {
  const result = await sql<{ at: Date | null }>`select max(added_at) as at from reports.category`.execute(db)
  return result.rows[0]?.at ?? null
}

/** A public line with the reference of its report. */
export type ToldUpdate = Pick<UpdateRow, 'id' | 'kind' | 'text' | 'state' | 'outcome' | 'by' | 'created_at'> & {
  readonly reference: string
}

/** Public lines of reports that the public may see, the newest first. */
export async function toldUpdates(
  db: Db,
  filter: { readonly from: Date | null; readonly to: Date | null; readonly references: readonly string[] | null },
  page: { readonly limit: number; readonly offset: number },
): Promise<ToldUpdate[]> {
  let q = tables(db)
    .selectFrom('reports.update as u')
    .innerJoin('reports.report as r', 'r.id', 'u.report_id')
    .select(['u.id', 'u.kind', 'u.text', 'u.state', 'u.outcome', 'u.by', 'u.created_at', 'r.reference'])
    .where('u.hidden', '=', false)
    .where('r.hidden', '=', false)
  if (filter.from) q = q.where('u.created_at', '>=', filter.from)
  if (filter.to) q = q.where('u.created_at', '<', filter.to)
  if (filter.references) q = q.where('r.reference', '=', sql<string>`any(${[...filter.references]}::text[])`)
  return q.orderBy('u.created_at', 'desc').orderBy('u.id', 'desc').limit(page.limit).offset(page.offset).execute()
}

/** The public line with this id at its source, of a report. */
export async function updateBySource(db: Db, reportId: string, sourceId: string): Promise<string | null> {
  const query = tables(db).selectFrom('reports.update').select('id').where('report_id', '=', reportId).where('source_id', '=', sourceId)
  return (await query.executeTakeFirst())?.id ?? null
}

export async function insertClient(db: Db, row: ClientRow): Promise<boolean> {
  const insert = tables(db).insertInto('reports.client').values(row)
  const added = await insert
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst()
  return added !== undefined
}

/** With `lock` the row is held until the transaction ends. */
export async function clientById(db: Db, id: string, lock = false): Promise<ClientRow | null> {
  const query = tables(db).selectFrom('reports.client').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

/** With `lock` the row is held until the transaction ends. */
export async function clientByCode(db: Db, code: Buffer, lock = false): Promise<ClientRow | null> {
  const query = tables(db).selectFrom('reports.client').selectAll().where('code', '=', code)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function clientByKey(db: Db, key: Buffer): Promise<ClientRow | null> {
  return (await tables(db).selectFrom('reports.client').selectAll().where('key', '=', key).executeTakeFirst()) ?? null
}

/** The newest clients whose address is confirmed; at most 500. */
export async function confirmedClients(db: Db): Promise<ClientRow[]> {
  const query = tables(db).selectFrom('reports.client').selectAll().where('key', 'is not', null)
  return query.orderBy('asked_at', 'desc').orderBy('id', 'desc').limit(500).execute()
}

export async function changeClient(
  db: Db,
  id: string,
  change: Partial<Pick<ClientRow, 'state' | 'code' | 'key' | 'per_minute' | 'confirmed_at' | 'ended_at' | 'used_on'>>,
): Promise<void> {
  await tables(db).updateTable('reports.client').set(change).where('id', '=', id).execute()
}

/** Clients that asked before a time and never confirmed their address; at most `limit`. */
export async function forgottenClients(db: Db, before: Date, limit: number): Promise<ClientRow[]> {
  const query = tables(db).selectFrom('reports.client').selectAll().where('state', '=', 'asked').where('asked_at', '<', before)
  return query.limit(limit).execute()
}

export async function deleteClient(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('reports.client').where('id', '=', id).execute()
}

/** The person behind a client is being erased: the client goes with them. */
export async function deleteClientsOf(db: Db, personId: string): Promise<void> {
  await tables(db).deleteFrom('reports.client').where('person_id', '=', personId).execute()
}

/** Takes `count` of a minute's allowance of `most`; false when that many are not left. */
export async function takeAllowance(db: Db, bucket: Buffer, minute: number, count: number, most: number): Promise<boolean> {
  const result = await sql<{ used: number }>`
    insert into reports.allowance as a (bucket, minute, used) values (${bucket}, ${minute}, ${count})
    on conflict (bucket) do update set minute = excluded.minute,
      used = case when a.minute = excluded.minute then a.used + excluded.used else excluded.used end
    where a.minute < excluded.minute or (a.minute = excluded.minute and a.used + excluded.used <= ${most})
    returning used`.execute(db)
  return result.rows.length > 0
}

export async function deleteAllowances(db: Db, beforeMinute: number): Promise<void> {
  await sql`delete from reports.allowance where minute < ${beforeMinute}`.execute(db)
}
