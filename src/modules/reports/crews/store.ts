import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Report } from '../report.ts'
import type { ReportRow } from '../store.ts'

/** Somebody who goes out with a crew. */
export type MemberRow = { crew: string; account_id: string; added_by: string | null; added_at: Date }

type Tables = { 'reports.crew_member': MemberRow; 'reports.report': ReportRow }

const tables = (db: Db) => tablesOf<Tables>(db)

/** The crews of an account. */
export async function crewsOf(db: Db, accountId: string): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('reports.crew_member')
    .select('crew')
    .where('account_id', '=', accountId)
    .orderBy('crew')
    .execute()
  return rows.map((row) => row.crew)
}

/** Who goes out with these crews, those added first first. */
export async function membersOf(db: Db, crews: readonly string[]): Promise<MemberRow[]> {
  if (crews.length === 0) return []
  const query = tables(db).selectFrom('reports.crew_member').selectAll()
  return query
    .where('crew', 'in', [...crews])
    .orderBy('added_at')
    .orderBy('account_id')
    .execute()
}

/** Adds an account to a crew; false when it is there already. */
export async function insertMember(db: Db, row: MemberRow): Promise<boolean> {
  const done = await tables(db)
    .insertInto('reports.crew_member')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('crew')
    .executeTakeFirst()
  return done !== undefined
}

/** Takes an account out of a crew; false when it was not there. */
export async function deleteMember(db: Db, crew: string, accountId: string): Promise<boolean> {
  const query = tables(db).deleteFrom('reports.crew_member').where('crew', '=', crew).where('account_id', '=', accountId)
  return (await query.returning('crew').executeTakeFirst()) !== undefined
}

/** Takes an account out of every crew. */
export async function deleteMemberships(db: Db, accountId: string): Promise<void> {
  await tables(db).deleteFrom('reports.crew_member').where('account_id', '=', accountId).execute()
}

/** The most pressing reports that crews have to see to: begun, then dangers, then by the day they are due; and how many there are. */
export async function reportsOfCrews(db: Db, crews: readonly string[], limit: number): Promise<{ reports: Report[]; count: number }> {
  if (crews.length === 0) return { reports: [], count: 0 }
  const theirs = () =>
    tables(db)
      .selectFrom('reports.report')
      .where('crew', 'in', [...crews])
      .where('state', 'in', ['assigned', 'in_progress'])
  const reports = await theirs()
    .selectAll()
    .orderBy(sql`state = 'in_progress'`, 'desc')
    .orderBy('urgent', 'desc')
    .orderBy(sql`due_on asc nulls last`)
    .orderBy('id')
    .limit(limit)
    .execute()
  if (reports.length < limit) return { reports, count: reports.length }
  const { count } = await theirs()
    .select(sql<number>`count(*)::int`.as('count'))
    .executeTakeFirstOrThrow()
  return { reports, count }
}
