import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'

type Tables = {
  'reports.report': { id: string; approximate: boolean }
  'reports.concern': { id: string; report_id: string; reason: ConcernReason; noted_at: Date; settled_at: Date | null }
  'reports.asked': AskedRow
}

/** Why something should not be public. */
export const concernReasons = ['person', 'photo', 'offensive', 'other'] as const
export type ConcernReason = (typeof concernReasons)[number]

/** Somebody who wants to hear of a report and has not said so from their mailbox yet. */
export type AskedRow = {
  id: string
  report_id: string
  person_id: string
  record_id: string
  code: Buffer
  language: string
  expires_at: Date
}

const tables = (db: Db) => tablesOf<Tables>(db)

/** Notes that the place of a report is known by words only. */
export async function markApproximate(db: Db, reportId: string): Promise<void> {
  await tables(db).updateTable('reports.report').set({ approximate: true }).where('id', '=', reportId).execute()
}

/** Those of these reports whose place is known by words only. */
export async function approximateAmong(db: Db, reportIds: readonly string[]): Promise<Set<string>> {
  if (reportIds.length === 0) return new Set()
  const query = tables(db).selectFrom('reports.report').select('id').where('approximate', '=', true)
  return new Set((await query.where('id', '=', sql<string>`any(${[...reportIds]}::uuid[])`).execute()).map((row) => row.id))
}

/** Notes a concern; one that waits already for the same reason is enough. */
export async function insertConcern(
  db: Db,
  row: { id: string; report_id: string; reason: ConcernReason; noted_at: Date },
): Promise<boolean> {
  const waits = tables(db).selectFrom('reports.concern').select('id').where('report_id', '=', row.report_id)
  if (await waits.where('reason', '=', row.reason).where('settled_at', 'is', null).executeTakeFirst()) return false
  await tables(db)
    .insertInto('reports.concern')
    .values({ ...row, settled_at: null })
    .execute()
  return true
}

/** The reasons for which a report waits to be looked at. */
export async function openConcerns(db: Db, reportIds: readonly string[]): Promise<Array<{ report_id: string; reason: ConcernReason }>> {
  if (reportIds.length === 0) return []
  const query = tables(db).selectFrom('reports.concern').select(['report_id', 'reason']).where('settled_at', 'is', null)
  return query
    .where('report_id', '=', sql<string>`any(${[...reportIds]}::uuid[])`)
    .orderBy('noted_at')
    .execute()
}

/** Notes that an officer has looked at a report's concerns. */
export async function settleConcerns(db: Db, reportId: string, at: Date): Promise<void> {
  await tables(db)
    .updateTable('reports.concern')
    .set({ settled_at: at })
    .where('report_id', '=', reportId)
    .where('settled_at', 'is', null)
    .execute()
}

export async function insertAsked(db: Db, row: AskedRow): Promise<void> {
  await tables(db).insertInto('reports.asked').values(row).execute()
}

/** The request that a code confirms, while it is good. */
export async function askedByCode(db: Db, code: Buffer, now: Date): Promise<AskedRow | null> {
  const query = tables(db).selectFrom('reports.asked').selectAll().where('code', '=', code).where('expires_at', '>', now)
  return (await query.executeTakeFirst()) ?? null
}

/** Takes a request away; false when somebody else did. */
export async function deleteAsked(db: Db, id: string): Promise<boolean> {
  return (await tables(db).deleteFrom('reports.asked').where('id', '=', id).returning('id').executeTakeFirst()) !== undefined
}

export async function expiredAsked(db: Db, now: Date, limit: number): Promise<AskedRow[]> {
  return tables(db).selectFrom('reports.asked').selectAll().where('expires_at', '<=', now).limit(limit).execute()
}
