import { type Db, tablesOf } from '../../../platform/db.ts'

type Tables = { 'reports.draft': DraftRow }

/** A report that is being written; its words are sealed in the vault. */
export type DraftRow = {
  id: string
  token: Buffer
  language: string
  lat: number | null
  long: number | null
  approximate: boolean
  district: string | null
  category: string | null
  warned: boolean
  compared: boolean
  joins: string | null
  person_id: string | null
  record_id: string | null
  mailed: boolean
  report_id: string | null
  created_at: Date
  expires_at: Date
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertDraft(db: Db, row: DraftRow): Promise<void> {
  await tables(db).insertInto('reports.draft').values(row).execute()
}

/** The draft that a token opens, while it is kept. */
export async function draftByToken(db: Db, token: Buffer, now: Date): Promise<DraftRow | null> {
  const query = tables(db).selectFrom('reports.draft').selectAll().where('token', '=', token).where('expires_at', '>', now)
  return (await query.executeTakeFirst()) ?? null
}

/** A draft, held until the transaction ends. */
export async function lockDraft(db: Db, id: string): Promise<DraftRow | null> {
  return (await tables(db).selectFrom('reports.draft').selectAll().where('id', '=', id).forUpdate().executeTakeFirst()) ?? null
}

export async function updateDraft(db: Db, id: string, change: Partial<DraftRow>): Promise<void> {
  await tables(db).updateTable('reports.draft').set(change).where('id', '=', id).execute()
}

export async function expiredDrafts(db: Db, now: Date, limit: number): Promise<DraftRow[]> {
  return tables(db).selectFrom('reports.draft').selectAll().where('expires_at', '<=', now).limit(limit).execute()
}

export async function deleteDraft(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('reports.draft').where('id', '=', id).execute()
}
