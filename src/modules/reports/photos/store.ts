import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { PhotoRow } from '../store.ts'

type Tables = { 'reports.photo': PhotoRow }

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertPhotos(db: Db, rows: readonly PhotoRow[]): Promise<void> {
  if (rows.length > 0)
    await tables(db)
      .insertInto('reports.photo')
      .values([...rows])
      .execute()
}

/** With `lock` the row is held until the transaction ends. */
export async function photoById(db: Db, id: string, lock = false): Promise<PhotoRow | null> {
  const query = tables(db).selectFrom('reports.photo').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

/** The pictures of reports, oldest first. */
export async function photosOfReports(db: Db, reportIds: readonly string[]): Promise<PhotoRow[]> {
  if (reportIds.length === 0) return []
  const query = tables(db).selectFrom('reports.photo').selectAll()
  return query
    .where('report_id', '=', sql<string>`any(${[...reportIds]}::uuid[])`)
    .orderBy('added_at')
    .orderBy('id')
    .execute()
}

export async function changePhoto(
  db: Db,
  id: string,
  change: Partial<Pick<PhotoRow, 'state' | 'file_key' | 'document_id'>>,
): Promise<void> {
  await tables(db).updateTable('reports.photo').set(change).where('id', '=', id).execute()
}

/**
 * Takes the pictures of a report from the public. Returns which, each with its public copy when nothing leads to that any
 * more; what staff took themselves has no other copy and keeps it.
 */
export async function hidePhotos(db: Db, reportId: string): Promise<Array<{ id: string; copy: string | null }>> {
  const result = await sql<{ id: string; copy: string | null }>`
    with p as (select id, document_id, file_key from reports.photo where report_id = ${reportId} and state = 'public' for update)
    update reports.photo x set state = 'hidden', file_key = case when p.document_id is null then p.file_key end
    from p where x.id = p.id returning x.id, case when p.document_id is not null then p.file_key end as copy`.execute(db)
  return result.rows
}

export async function deletePhotos(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return
  await tables(db)
    .deleteFrom('reports.photo')
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .execute()
}

/** The pictures whose originals are these documents of the vault. */
export async function photosByDocuments(db: Db, documentIds: readonly string[]): Promise<PhotoRow[]> {
  if (documentIds.length === 0) return []
  const query = tables(db).selectFrom('reports.photo').selectAll()
  return query.where('document_id', '=', sql<string>`any(${[...documentIds]}::uuid[])`).execute()
}
