import { type RawBuilder, sql, type SqlBool } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import { wrappedColumn } from '../../platform/keysrotate.ts'

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

/** The persons' data keys, as the deployment's keys wrap them. */
export const wrappedPersonKeys = wrappedColumn({ table: 'people.person', id: 'id', wrapped: 'wrapped_key' })

export async function insertPerson(db: Db, id: string, version: number, wrapped: Buffer, now: Date): Promise<void> {
  await tables(db)
    .insertInto('people.person')
    .values({ id, key_version: version, wrapped_key: wrapped, opened: 0n, created_at: now, erased_at: null })
    .execute()
}

/** How often each person was opened, in the order of their ids after one of them. */
export async function openedCounts(db: Db, after: string, limit: number): Promise<Array<{ id: string; opened: bigint }>> {
  return tables(db).selectFrom('people.person').select(['id', 'opened']).where('id', '>', after).orderBy('id').limit(limit).execute()
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
 * Counts the opening of records for each of their persons, one for each record that is asked for, in person order, and
 * gives keys and sealed fields with it, in one statement. The key is null when the person was erased.
 */
export async function takeOpening(db: Db, recordIds: readonly string[]): Promise<OpeningRow[]> {
  const rows = await sql<OpeningRow>`
    with asked as (
      select r.id, r.person_id from unnest(${[...recordIds]}::uuid[]) as a (id) join people.record r on r.id = a.id),
    owners as (
      select id from people.person where id in (select person_id from asked) and wrapped_key is not null order by id for update),
    counted as (
      update people.person p set opened = opened + n.openings
      from owners join (select person_id, count(*) as openings from asked group by person_id) n on n.person_id = owners.id
      where p.id = owners.id
      returning p.id, p.key_version, p.wrapped_key, p.opened)
    select r.id as record_id, r.person_id, c.key_version, c.wrapped_key, c.opened, s.field, s.ciphertext
    from (select distinct id, person_id from asked) r
    left join counted c on c.id = r.person_id left join people.sealed s on s.record_id = r.id`.execute(db)
  return rows.rows
}

/** How often a person's data was opened, as their own counter says. */
export async function timesOpened(db: Db, personId: string): Promise<number> {
  const row = await tables(db).selectFrom('people.person').select('opened').where('id', '=', personId).executeTakeFirst()
  return Number(row?.opened ?? 0n)
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

export async function sealedSince(db: Db, recordId: string): Promise<Array<{ field: string; sealed_at: Date }>> {
  return tables(db).selectFrom('people.sealed').select(['field', 'sealed_at']).where('record_id', '=', recordId).execute()
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

/** Makes these the tokens of a record's field, and no others. */
export async function putBlind(db: Db, recordId: string, personId: string, field: string, tokens: readonly Buffer[]): Promise<void> {
  await sql`with wanted as (select distinct t from unnest(${[...tokens]}::bytea[]) as w (t)),
      gone as (delete from people.blind where record_id = ${recordId}::uuid and field = ${field} and token not in (select t from wanted))
    insert into people.blind (record_id, person_id, field, token)
    select ${recordId}::uuid, ${personId}::uuid, ${field}, t from wanted on conflict do nothing`.execute(db)
}

export async function removeBlind(db: Db, recordId: string): Promise<void> {
  await tables(db).deleteFrom('people.blind').where('record_id', '=', recordId).execute()
}

export async function recordsByBlind(db: Db, field: string, tokens: readonly Buffer[], limit: number): Promise<string[]> {
  if (tokens.length === 0) return []
  const rows = await sql<{ record_id: string }>`
    select record_id from people.blind where field = ${field} and token = any(${[...tokens]}::bytea[])
    group by record_id having count(distinct token) = ${tokens.length} limit ${limit}`.execute(db)
  return rows.rows.map((row) => row.record_id)
}

/** A condition on a column with records: that they are found by certain words. For the queries of other modules. */
export type RecordsWith = (column: string) => RawBuilder<SqlBool>

/** The condition that a record has every one of these tokens; no tokens are had by none. */
export function havingTokens(field: string, tokens: readonly Buffer[]): RecordsWith {
  return (column) => {
    if (tokens.length === 0) return sql<SqlBool>`false`
    const each = tokens.map(
      (token) => sql`exists (select 1 from people.blind b
        where b.record_id = ${sql.ref(column)} and b.field = ${field} and b.token = ${token})`,
    )
    return sql<SqlBool>`(${sql.join(each, sql` and `)})`
  }
}

/** Records of one person with what is sealed in them and what they are found by. */
export type ManyRecords = {
  readonly personId: string
  readonly kind: string
  readonly findField: string
  readonly records: readonly string[]
  readonly sealed: ReadonlyArray<{ record: string; field: string; ciphertext: Buffer }>
  readonly blind: ReadonlyArray<{ record: string; token: Buffer }>
}

export async function insertMany(db: Db, many: ManyRecords, now: Date): Promise<void> {
  const { personId, kind, findField, records, sealed, blind } = many
  await sql`insert into people.record (id, person_id, kind, created_at)
    select id, ${personId}::uuid, ${kind}, ${now} from unnest(${[...records]}::uuid[]) as r (id)`.execute(db)
  await sql`insert into people.sealed (record_id, field, ciphertext, sealed_at)
    select r, f, c, ${now} from unnest(${sealed.map((row) => row.record)}::uuid[], ${sealed.map((row) => row.field)}::text[],
      ${sealed.map((row) => row.ciphertext)}::bytea[]) as s (r, f, c)`.execute(db)
  await sql`insert into people.blind (record_id, person_id, field, token)
    select r, ${personId}::uuid, ${findField}, t
    from unnest(${blind.map((row) => row.record)}::uuid[], ${blind.map((row) => row.token)}::bytea[]) as b (r, t)
    on conflict do nothing`.execute(db)
}

/** Persons with their wrapped keys and a record each; all at once. */
export type ManyPersons = {
  readonly kind: string
  readonly findField: string
  readonly persons: ReadonlyArray<{ id: string; record: string; version: number; wrapped: Buffer }>
  readonly sealed: ReadonlyArray<{ record: string; field: string; ciphertext: Buffer }>
  readonly blind: ReadonlyArray<{ record: string; person: string; token: Buffer }>
}

export async function insertPersons(db: Db, { kind, findField, persons, sealed, blind }: ManyPersons, now: Date): Promise<void> {
  const [ids, records] = [persons.map((each) => each.id), persons.map((each) => each.record)]
  await sql`insert into people.person (id, key_version, wrapped_key, opened, created_at)
    select i, v, w, 0, ${now} from unnest(${ids}::uuid[], ${persons.map((each) => each.version)}::int[],
      ${persons.map((each) => each.wrapped)}::bytea[]) as p (i, v, w)`.execute(db)
  await sql`insert into people.record (id, person_id, kind, created_at)
    select r, p, ${kind}, ${now} from unnest(${records}::uuid[], ${ids}::uuid[]) as n (r, p)`.execute(db)
  await sql`insert into people.sealed (record_id, field, ciphertext, sealed_at)
    select r, f, c, ${now} from unnest(${sealed.map((row) => row.record)}::uuid[], ${sealed.map((row) => row.field)}::text[],
      ${sealed.map((row) => row.ciphertext)}::bytea[]) as s (r, f, c)`.execute(db)
  await sql`insert into people.blind (record_id, person_id, field, token)
    select r, p, ${findField}, t from unnest(${blind.map((row) => row.record)}::uuid[], ${blind.map((row) => row.person)}::uuid[],
      ${blind.map((row) => row.token)}::bytea[]) as b (r, p, t) on conflict do nothing`.execute(db)
}

/** At most `limit` records for each of these tokens. */
export async function recordsByTokens(
  db: Db,
  field: string,
  tokens: readonly Buffer[],
  limit: number,
): Promise<Array<{ record_id: string; token: Buffer }>> {
  if (tokens.length === 0) return []
  const rows = await sql<{ record_id: string; token: Buffer }>`
    select b.record_id, t.token from unnest(${[...tokens]}::bytea[]) as t (token)
    cross join lateral (select record_id from people.blind where field = ${field} and token = t.token limit ${limit}) b`.execute(db)
  return rows.rows
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

export async function countDocuments(db: Db, recordId: string): Promise<number> {
  const row = await tables(db)
    .selectFrom('people.document')
    .select((all) => all.fn.countAll<string>().as('count'))
    .where('record_id', '=', recordId)
    .executeTakeFirst()
  return Number(row?.count ?? 0)
}

export async function deleteDocument(db: Db, id: string): Promise<void> {
  await tables(db).deleteFrom('people.document').where('id', '=', id).execute()
}

/** Every record of a person, oldest first. */
export async function recordsOfPerson(db: Db, personId: string): Promise<Array<{ id: string; kind: string; created_at: Date }>> {
  return tables(db)
    .selectFrom('people.record')
    .select(['id', 'kind', 'created_at'])
    .where('person_id', '=', personId)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

export async function personOfRecord(db: Db, recordId: string): Promise<string | null> {
  const row = await tables(db).selectFrom('people.record').select('person_id').where('id', '=', recordId).executeTakeFirst()
  return row?.person_id ?? null
}

/** The kinds of these records. */
export async function kindsOf(db: Db, ids: readonly string[]): Promise<Array<{ id: string; kind: string }>> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('people.record')
    .select(['id', 'kind'])
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .execute()
}

/** Whether a person has a sealed field or a document. */
export async function hasContent(db: Db, personId: string): Promise<boolean> {
  const result = await sql<{ any: boolean }>`
    select exists (select 1 from people.sealed s join people.record r on r.id = s.record_id where r.person_id = ${personId})
      or exists (select 1 from people.document where person_id = ${personId}) as any`.execute(db)
  return result.rows[0]?.any ?? false
}

/** Those of these persons who have a key. */
export async function withKey(db: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const rows = await tables(db)
    .selectFrom('people.person')
    .select('id')
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .where('wrapped_key', 'is not', null)
    .execute()
  return rows.map((row) => row.id)
}

/** Those of these records in which something is sealed. */
export async function sealedAmong(db: Db, ids: readonly string[]): Promise<string[]> {
  if (ids.length === 0) return []
  const query = tables(db).selectFrom('people.sealed').select('record_id').distinct()
  const rows = await query.where('record_id', '=', sql<string>`any(${[...ids]}::uuid[])`).execute()
  return rows.map((row) => row.record_id)
}

/** Destroys the key, every sealed field, blind index row and document row of a person. */
export async function erase(db: Db, personId: string, now: Date): Promise<void> {
  await sql`delete from people.sealed where record_id in (select id from people.record where person_id = ${personId})`.execute(db)
  await tables(db).deleteFrom('people.blind').where('person_id', '=', personId).execute()
  await tables(db).deleteFrom('people.document').where('person_id', '=', personId).execute()
  await tables(db).updateTable('people.person').set({ wrapped_key: null, erased_at: now }).where('id', '=', personId).execute()
}

/** Those of these persons who have this token in a field. */
export async function withBlind(db: Db, field: string, token: Buffer, persons: readonly string[]): Promise<string[]> {
  if (persons.length === 0) return []
  const rows = await sql<{ person_id: string }>`
    select distinct person_id from people.blind
    where field = ${field} and token = ${token} and person_id = any(${[...persons]}::uuid[])`.execute(db)
  return rows.rows.map((row) => row.person_id)
}

/** Those of these persons who have a token of a field in common with another person. */
export async function sharingBlind(db: Db, field: string, personId: string, others: readonly string[]): Promise<string[]> {
  if (others.length === 0) return []
  const rows = await sql<{ person_id: string }>`
    select distinct b.person_id from people.blind a join people.blind b on b.field = a.field and b.token = a.token
    where a.person_id = ${personId}::uuid and a.field = ${field} and b.person_id = any(${[...others]}::uuid[]) and b.person_id <> a.person_id`.execute(
    db,
  )
  return rows.rows.map((row) => row.person_id)
}
