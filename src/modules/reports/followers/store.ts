import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { FollowerRow } from '../store.ts'

type Tables = { 'reports.follower': FollowerRow }

const tables = (db: Db) => tablesOf<Tables>(db)

/** Writes a follower; false when this person follows the report already. */
export async function insertFollower(db: Db, row: FollowerRow): Promise<boolean> {
  const done = await tables(db)
    .insertInto('reports.follower')
    .values(row)
    .onConflict((c) => c.columns(['report_id', 'person_id']).doNothing())
    .returning('id')
    .executeTakeFirst()
  return done !== undefined
}

export async function followerById(db: Db, id: string): Promise<FollowerRow | null> {
  return (await tables(db).selectFrom('reports.follower').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

export async function followerByCode(db: Db, code: Buffer): Promise<FollowerRow | null> {
  return (await tables(db).selectFrom('reports.follower').selectAll().where('code', '=', code).executeTakeFirst()) ?? null
}

export async function followerOfPerson(db: Db, reportId: string, personId: string): Promise<FollowerRow | null> {
  const query = tables(db).selectFrom('reports.follower').selectAll().where('report_id', '=', reportId)
  return (await query.where('person_id', '=', personId).executeTakeFirst()) ?? null
}

export async function reporterOf(db: Db, reportId: string): Promise<FollowerRow | null> {
  const query = tables(db).selectFrom('reports.follower').selectAll().where('report_id', '=', reportId)
  return (await query.where('kind', '=', 'reporter').executeTakeFirst()) ?? null
}

/** Everybody who follows these reports, the first first. */
export async function followersOf(db: Db, reportIds: readonly string[]): Promise<FollowerRow[]> {
  if (reportIds.length === 0) return []
  const query = tables(db).selectFrom('reports.follower').selectAll()
  return query
    .where('report_id', '=', sql<string>`any(${[...reportIds]}::uuid[])`)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** Everything that a person follows, the newest first. */
export async function followedBy(db: Db, personId: string): Promise<FollowerRow[]> {
  return tables(db).selectFrom('reports.follower').selectAll().where('person_id', '=', personId).orderBy('created_at', 'desc').execute()
}

export async function changeFollower(
  db: Db,
  id: string,
  change: Partial<Pick<FollowerRow, 'ended_at' | 'answer' | 'answered_at' | 'answered_round' | 'kind' | 'record_id'>>,
): Promise<void> {
  await tables(db).updateTable('reports.follower').set(change).where('id', '=', id).execute()
}

export async function deleteFollowers(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tables(db)
    .deleteFrom('reports.follower')
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .execute()
}
