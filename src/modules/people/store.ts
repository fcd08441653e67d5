import { sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'

type Tables = {
  'people.person': { id: string; key_version: number; wrapped_key: Buffer | null; opened: bigint; created_at: Date; erased_at: Date | null }
  'people.record': { id: string; person_id: string; kind: string; created_at: Date }
  'people.sealed': { record_id: string; field: string; ciphertext: Buffer; sealed_at: Date }
  'people.blind': { record_id: string; person_id: string; field: string; token: Buffer }
  'people.document': DocumentRow
}

/** A person's wrapped key. */
export type WrappedKey = { personId: string; version: number; wrapped: Buffer }
/** One sealed field. */
export type SealedField = { field: string; ciphertext: Buffer }
/** A stored document's description. */
export type DocumentRow = {
  id: string
  person_id: string
  record_id: string | null
  sealed_name: Buffer
  media_type: string
  bytes: number
  created_at: Date
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertPerson(db: Db, id: string, version: number, wrapped: Buffer, now: Date): Promise<void> {
  await tables(db)
    .insertInto('people.person')
    .values({ id, key_version: version, wrapped_key: wrapped, opened: 0n, created_at: now, erased_at: null })
    .execute()
}

/** Whether the vault holds anybody. */
export async function anyPerson(db: Db): Promise<boolean> {
  return (await tables(db).selectFrom('people.person').select('id').limit(1).executeTakeFirst()) !== undefined
}

export async function insertRecord(db: Db, id: string, personId: string, kind: string, now: Date): Promise<void> {
  await tables(db).insertInto('people.record').values({ id, person_id: personId, kind, created_at: now }).execute()
}

export async function keyOf(db: Db, personId: string): Promise<WrappedKey | null> {
  const row = await tables(db)
    .selectFrom('people.person')
    .select(['id', 'key_version', 'wrapped_key'])
    .where('id', '=', personId)
    .executeTakeFirst()
  return row?.wrapped_key ? { personId: row.id, version: row.key_version, wrapped: row.wrapped_key } : null
}

export async function keyOfRecord(db: Db, recordId: string): Promise<WrappedKey | null> {
  const row = await tables(db)
    .selectFrom('people.record as r')
    .innerJoin('people.person as p', 'p.id', 'r.person_id')
    .select(['p.id', 'p.key_version', 'p.wrapped_key'])
    .where('r.id', '=', recordId)
    .executeTakeFirst()
  return row?.wrapped_key ? { personId: row.id, version: row.key_version, wrapped: row.wrapped_key } : null
}

/** One sealed field of a record that is opened, with its owner's key; `field` is null for a record without fields. */
export type OpeningRow = {
  record_id: string
  person_id: string
  key_version: number | null
  wrapped_key: Buffer | null
  opened: bigint | null
  field: string | null
  ciphertext: Buffer | null
}

/**
 * Counts the opening of records for each of their persons, in person order, and gives keys and sealed fields with it, in
 * one statement. The key is null when the person was erased.
 */
export async function takeOpening(db: Db, recordIds: readonly string[]): Promise<OpeningRow[]> {
  const rows = await sql<OpeningRow>`
    with records as (select id, person_id from people.record where id = any(${[...recordIds]}::uuid[])),
    owners as (
      select id from people.person where id in (select person_id from records) and wrapped_key is not null order by id for update),
    counted as (
      update people.person p set opened = opened + 1 from owners where p.id = owners.id
      returning p.id, p.key_version, p.wrapped_key, p.opened)
    select r.id as record_id, r.person_id, c.key_version, c.wrapped_key, c.opened, s.field, s.ciphertext
    from records r left join counted c on c.id = r.person_id left join people.sealed s on s.record_id = r.id`.execute(db)
  return rows.rows
}

/** Counts an opening and gives the person's key: the counter and the access line commit together. */
export async function countOpening(db: Db, personIds: readonly string[]): Promise<Array<WrappedKey & { opened: bigint }>> {
  const rows = await sql<{ id: string; key_version: number; wrapped_key: Buffer; opened: bigint }>`
    update people.person set opened = opened + 1
    where id in (select id from people.person where id = any(${[...personIds]}::uuid[]) order by id for update)
      and wrapped_key is not null
    returning id, key_version, wrapped_key, opened`.execute(db)
  return rows.rows.map((row) => ({ personId: row.id, version: row.key_version, wrapped: row.wrapped_key, opened: row.opened }))
}

export async function profileRecord(db: Db, personId: string): Promise<string | null> {
  const row = await tables(db)
    .selectFrom('people.record')
    .select('id')
    .where('person_id', '=', personId)
    .where('kind', '=', 'profile')
    .executeTakeFirst()
  return row?.id ?? null
}

export async function sealedFields(
  db: Db,
  recordIds: readonly string[],
  fields: readonly string[] | null,
): Promise<Array<SealedField & { record_id: string }>> {
  let rows = tables(db)
    .selectFrom('people.sealed')
    .select(['record_id', 'field', 'ciphertext'])
    .where('record_id', 'in', [...recordIds])
  if (fields) rows = rows.where('field', 'in', [...fields])
  return rows.execute()
}

export async function putSealed(db: Db, recordId: string, fields: readonly SealedField[], now: Date): Promise<void> {
  if (fields.length === 0) return
  await sql`insert into people.sealed (record_id, field, ciphertext, sealed_at)
    select ${recordId}::uuid, f, c, ${now} from unnest(${fields.map((f) => f.field)}::text[], ${fields.map((f) => f.ciphertext)}::bytea[]) as t(f, c)
    on conflict (record_id, field) do update set ciphertext = excluded.ciphertext, sealed_at = excluded.sealed_at`.execute(db)
}

export async function removeSealed(db: Db, recordId: string, fields: readonly string[]): Promise<void> {
  if (fields.length === 0) return
  await tables(db)
    .deleteFrom('people.sealed')
    .where('record_id', '=', recordId)
    .where('field', 'in', [...fields])
    .execute()
}

export async function moveRecord(db: Db, recordId: string, personId: string): Promise<void> {
  await tables(db).updateTable('people.record').set({ person_id: personId }).where('id', '=', recordId).execute()
  await tables(db).updateTable('people.blind').set({ person_id: personId }).where('record_id', '=', recordId).execute()
}

export async function putBlind(db: Db, recordId: string, personId: string, field: string, tokens: readonly Buffer[]): Promise<void> {
  await tables(db).deleteFrom('people.blind').where('record_id', '=', recordId).where('field', '=', field).execute()
  if (tokens.length === 0) return
  const rows = tokens.map((token) => ({ record_id: recordId, person_id: personId, field, token }))
  await tables(db)
    .insertInto('people.blind')
    .values(rows)
    .onConflict((c) => c.doNothing())
    .execute()
}

export async function recordsByBlind(db: Db, field: string, tokens: readonly Buffer[], limit: number): Promise<string[]> {
  if (tokens.length === 0) return []
  const rows = await sql<{ record_id: string }>`
    select record_id from people.blind where field = ${field} and token = any(${[...tokens]}::bytea[])
    group by record_id having count(distinct token) = ${tokens.length} limit ${limit}`.execute(db)
  return rows.rows.map((row) => row.record_id)
}

export async function insertDocument(db: Db, row: DocumentRow): Promise<void> {
  await tables(db).insertInto('people.document').values(row).execute()
}

export async function documentsById(db: Db, ids: readonly string[]): Promise<DocumentRow[]> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('people.document')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
}

export async function documentsOf(db: Db, personId: string): Promise<DocumentRow[]> {
  return tables(db).selectFrom('people.document').selectAll().where('person_id', '=', personId).execute()
}

export async function documentsOfRecord(db: Db, recordId: string): Promise<DocumentRow[]> {
  return tables(db).selectFrom('people.document').selectAll().where('record_id', '=', recordId).execute()
}

export async function deleteDocument(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('people.document').where('id', '=', id).execute()
}

/** Destroys the key, every sealed field, blind index row and document row of a person. */
export async function erase(db: Db, personId: string, now: Date): Promise<void> {
  await sql`delete from people.sealed where record_id in (select id from people.record where person_id = ${personId})`.execute(db)
  await tables(db).deleteFrom('people.blind').where('person_id', '=', personId).execute()
  await tables(db).deleteFrom('people.document').where('person_id', '=', personId).execute()
  await tables(db).updateTable('people.person').set({ wrapped_key: null, erased_at: now }).where('id', '=', personId).execute()
}
