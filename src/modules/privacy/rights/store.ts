import { type Db, tablesOf } from '../../../platform/db.ts'

type Tables = {
  'privacy.consent': ConsentRow
  'privacy.request': RequestRow
  'privacy.restriction': RestrictionRow
  'privacy.export': ExportRow
}

/** What somebody may ask to be done with their data, beyond what they do themselves. */
export const requestKinds = ['correct', 'object', 'restrict', 'erase'] as const
export type RequestKind = (typeof requestKinds)[number]

/** A request about data: the journey it is written in, and the case that it became. */
export type RequestRow = {
  journey_id: string
  person_id: string
  kind: RequestKind
  target_case: string | null
  target_field: string | null
  case_id: string | null
  outcome: string | null
  created_at: Date
}

/** Data of a case that is not to be used. */
export type RestrictionRow = {
  request_case: string
  person_id: string
  case_id: string
  since: Date
  granted_at: Date | null
  ended_at: Date | null
}

/** A line of the ledger of consents, which another part of this module writes. */
export type ConsentRow = {
  id: string
  person_id: string
  consent: string
  version: number
  act: string
  language: string
  wording: string
  at: Date
}

/** A copy of everything that is kept about a person. */
export type ExportRow = {
  id: string
  person_id: string
  language: string
  state: 'waiting' | 'ready' | 'gone'
  record_id: string | null
  json_document: string | null
  pdf_document: string | null
  created_at: Date
  ready_at: Date | null
  expires_at: Date | null
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertRequest(db: Db, row: RequestRow): Promise<void> {
  await tables(db).insertInto('privacy.request').values(row).execute()
}

/** The request of a journey becomes a case; null when the journey is no request that began on a page of one's data. */
export async function sendRequest(db: Db, journeyId: string, caseId: string): Promise<RequestRow | null> {
  const query = tables(db).updateTable('privacy.request').set({ case_id: caseId }).where('journey_id', '=', journeyId)
  return (await query.returningAll().executeTakeFirst()) ?? null
}

export async function decideRequest(db: Db, caseId: string, outcome: string): Promise<RequestRow | null> {
  const query = tables(db).updateTable('privacy.request').set({ outcome }).where('case_id', '=', caseId)
  return (await query.returningAll().executeTakeFirst()) ?? null
}

export async function requestOfCase(db: Db, caseId: string): Promise<RequestRow | null> {
  return (await tables(db).selectFrom('privacy.request').selectAll().where('case_id', '=', caseId).executeTakeFirst()) ?? null
}

export async function insertRestriction(db: Db, row: RestrictionRow): Promise<void> {
  await tables(db)
    .insertInto('privacy.restriction')
    .values(row)
    .onConflict((c) => c.doNothing())
    .execute()
}

export async function updateRestriction(
  db: Db,
  requestCase: string,
  change: Partial<Pick<RestrictionRow, 'granted_at' | 'ended_at'>>,
): Promise<void> {
  await tables(db).updateTable('privacy.restriction').set(change).where('request_case', '=', requestCase).execute()
}

/** What holds for a case now, the oldest first. */
export async function restrictionsOfCase(db: Db, caseId: string): Promise<RestrictionRow[]> {
  const query = tables(db).selectFrom('privacy.restriction').selectAll().where('case_id', '=', caseId).where('ended_at', 'is', null)
  return query.orderBy('since').execute()
}

export async function restrictionsOf(db: Db, personId: string): Promise<RestrictionRow[]> {
  return tables(db).selectFrom('privacy.restriction').selectAll().where('person_id', '=', personId).orderBy('since').execute()
}

export async function insertExport(db: Db, row: ExportRow): Promise<void> {
  await tables(db).insertInto('privacy.export').values(row).execute()
}

export async function exportById(db: Db, id: string, lock = false): Promise<ExportRow | null> {
  const query = tables(db).selectFrom('privacy.export').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function exportsOf(db: Db, personId: string): Promise<ExportRow[]> {
  const query = tables(db).selectFrom('privacy.export').selectAll().where('person_id', '=', personId)
  return query.orderBy('created_at', 'desc').limit(20).execute()
}

export async function updateExport(db: Db, id: string, change: Partial<ExportRow>): Promise<void> {
  await tables(db).updateTable('privacy.export').set(change).where('id', '=', id).execute()
}

export async function expiredExports(db: Db, now: Date, limit: number): Promise<string[]> {
  const query = tables(db).selectFrom('privacy.export').select('id').where('state', '=', 'ready').where('expires_at', '<=', now)
  return (await query.limit(limit).execute()).map((row) => row.id)
}

export async function consentsOf(db: Db, personId: string): Promise<ConsentRow[]> {
  const query = tables(db)
    .selectFrom('privacy.consent')
    .select(['id', 'person_id', 'consent', 'version', 'act', 'language', 'wording', 'at'])
  return query.where('person_id', '=', personId).orderBy('at').orderBy('id').execute()
}

/** Forgets requests, restrictions and copies of a person who was erased. */
export async function forgetPerson(db: Db, personId: string): Promise<void> {
  for (const table of ['privacy.request', 'privacy.restriction', 'privacy.export'] as const)
    await tables(db).deleteFrom(table).where('person_id', '=', personId).execute()
}
