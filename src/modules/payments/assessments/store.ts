import { type Selectable, sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Found } from './preview.ts'

type ParcelTable = {
  id: string
  number: string
  address_id: string | null
  district: string | null
  area: number
  use: string
  value: bigint
  exemption: string | null
  owner: 'person' | 'company'
  person_id: string | null
  record_id: string | null
  language: string
  mails: boolean
  /** A keyed hash of the owner as the register named them; null when that is not known any more. */
  owner_mark: Buffer | null
  updated_at: Date
}
type RunTable = {
  id: string
  kind: 'year' | 'correction'
  year: number
  parcel_id: string | null
  state: 'checking' | 'checked' | 'billing' | 'done' | 'stopped'
  rules: string
  preview: Found
  reached: string
  mailed: string
  /** How many owners are told by post. */
  letters: number
  billed: number
  passed: number
  amount: bigint
  started_by: string
  started_at: Date
  confirmed_by: string | null
  confirmed_at: Date | null
  moved_at: Date
  ended_at: Date | null
}
type AssessmentTable = {
  run_id: string
  parcel_id: string
  year: number
  amount: bigint
  rule: number
  bill_id: string | null
  /** In which file of letters it stands; null for whoever is told by e-mail, or not at all. */
  letter: number | null
}
type LetterTable = { run_id: string; no: number; fetched_at: Date; fetched_by: string }
type Tables = {
  'payments.parcel': ParcelTable
  'payments.run': RunTable
  'payments.assessment': AssessmentTable
  'payments.run_letter': LetterTable
}

/** A parcel of the register. */
export type Parcel = Selectable<ParcelTable>
/** A run of assessments. */
export type Run = Selectable<RunTable>
/** What a run found for a parcel. */
export type Assessment = Selectable<AssessmentTable>

const tables = (db: Db) => tablesOf<Tables>(db)
const json = (value: Found) => sql<Found>`${JSON.stringify(value)}::jsonb`
const column = <Row, K extends keyof Row>(rows: readonly Row[], name: K): Array<Row[K]> => rows.map((row) => row[name])

/** Writes parcels whole; one whose number is there changes, but keeps its id. */
export async function putParcels(db: Db, rows: readonly Parcel[]): Promise<void> {
  await sql`
    insert into payments.parcel (id, number, address_id, district, area, use, value, exemption, owner, person_id, record_id, language, mails, owner_mark,
      updated_at)
    select * from unnest(${column(rows, 'id')}::uuid[], ${column(rows, 'number')}::text[], ${column(rows, 'address_id')}::text[],
      ${column(rows, 'district')}::text[], ${column(rows, 'area')}::integer[], ${column(rows, 'use')}::text[], ${column(rows, 'value')}::bigint[],
      ${column(rows, 'exemption')}::text[], ${column(rows, 'owner')}::text[], ${column(rows, 'person_id')}::uuid[],
      ${column(rows, 'record_id')}::uuid[], ${column(rows, 'language')}::text[], ${column(rows, 'mails')}::boolean[],
      ${column(rows, 'owner_mark')}::bytea[], ${column(rows, 'updated_at')}::timestamptz[])
    on conflict (number) do update set address_id = excluded.address_id, district = excluded.district, area = excluded.area, use = excluded.use,
      value = excluded.value, exemption = excluded.exemption, owner = excluded.owner, person_id = excluded.person_id,
      record_id = excluded.record_id, language = excluded.language, mails = excluded.mails, owner_mark = excluded.owner_mark,
      updated_at = excluded.updated_at`.execute(db)
}

/** The parcels with these numbers, held until the transaction ends. */
export async function lockParcels(db: Db, numbers: readonly string[]): Promise<Parcel[]> {
  return tables(db)
    .selectFrom('payments.parcel')
    .selectAll()
    .where('number', '=', sql<string>`any(${[...numbers]}::text[])`)
    .orderBy('number')
    .forNoKeyUpdate()
    .execute()
}

/** Those of these owners' records in which no parcel and no bill is sealed any more. */
export async function unusedRecords(
  db: Db,
  owners: ReadonlyArray<{ readonly person: string; readonly record: string }>,
): Promise<Array<{ person: string; record: string }>> {
  if (owners.length === 0) return []
  const found = await sql<{ person: string; record: string }>`
    select o.person, o.record from unnest(${column(owners, 'person')}::uuid[], ${column(owners, 'record')}::uuid[]) as o (person, record)
    where not exists (select 1 from payments.bill b where b.person_id = o.person)
      and not exists (select 1 from payments.parcel p where p.person_id = o.person)`.execute(db)
  return found.rows
}

export async function parcelsAfter(db: Db, number: string, limit: number): Promise<Parcel[]> {
  return tables(db).selectFrom('payments.parcel').selectAll().where('number', '>', number).orderBy('number').limit(limit).execute()
}

export async function countParcels(db: Db): Promise<number> {
  const found = await sql<{ n: number }>`select count(*)::int as n from payments.parcel`.execute(db)
  return found.rows[0]?.n ?? 0
}

export async function parcelByNumber(db: Db, number: string): Promise<Parcel | null> {
  return (await tables(db).selectFrom('payments.parcel').selectAll().where('number', '=', number).executeTakeFirst()) ?? null
}

export async function parcelById(db: Db, id: string): Promise<Parcel | null> {
  return (await tables(db).selectFrom('payments.parcel').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

/** Takes parcels from an owner who is erased. */
export async function disownParcels(db: Db, personId: string): Promise<void> {
  await tables(db)
    .updateTable('payments.parcel')
    .set({ person_id: null, record_id: null, mails: false, owner_mark: null })
    .where('person_id', '=', personId)
    .execute()
}

/** Whether a parcel's owner, or another bill than this, is sealed in a record. */
export async function recordShared(db: Db, recordId: string, billId: string): Promise<boolean> {
  const found = await sql<{ shared: boolean }>`
    select exists (select 1 from payments.parcel where record_id = ${recordId}::uuid and person_id is not null) or
      exists (select 1 from payments.bill b join payments.bill own on own.person_id = b.person_id
        where own.id = ${billId}::uuid and b.id <> own.id and b.record_id = ${recordId}::uuid) as shared`.execute(db)
  return found.rows[0]?.shared ?? false
}

export async function insertRun(db: Db, run: Run): Promise<void> {
  await tables(db)
    .insertInto('payments.run')
    .values({ ...run, preview: json(run.preview) })
    .execute()
}

export async function runById(db: Db, id: string, lock = false): Promise<Run | null> {
  const found = tables(db).selectFrom('payments.run').selectAll().where('id', '=', id)
  return (await (lock ? found.forNoKeyUpdate() : found).executeTakeFirst()) ?? null
}

export async function recentRuns(db: Db, limit: number): Promise<Run[]> {
  return tables(db).selectFrom('payments.run').selectAll().orderBy('started_at', 'desc').orderBy('id', 'desc').limit(limit).execute()
}

export async function changeRun(db: Db, id: string, { preview, ...change }: Partial<Run>): Promise<void> {
  await tables(db)
    .updateTable('payments.run')
    .set({ ...change, ...(preview ? { preview: json(preview) } : {}) })
    .where('id', '=', id)
    .execute()
}

/** Runs under way, or with e-mails to write, that nobody has moved since an instant. */
export async function stillRuns(db: Db, before: Date): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('payments.run')
    .select('id')
    .where('state', 'in', ['checking', 'billing'])
    .where('moved_at', '<', before)
    .execute()
  return rows.map((row) => row.id)
}

export async function insertAssessments(db: Db, rows: readonly Assessment[]): Promise<void> {
  await sql`
    insert into payments.assessment (run_id, parcel_id, year, amount, rule, bill_id, letter)
    select * from unnest(${column(rows, 'run_id')}::uuid[], ${column(rows, 'parcel_id')}::uuid[], ${column(rows, 'year')}::integer[],
      ${column(rows, 'amount')}::bigint[], ${column(rows, 'rule')}::integer[], ${column(rows, 'bill_id')}::uuid[], ${column(rows, 'letter')}::integer[])`.execute(
    db,
  )
}

/** What parcels were assessed for a year, the newest of each, by parcel. */
export async function assessedFor(db: Db, year: number, parcels: readonly string[]): Promise<Map<string, Assessment>> {
  const found = await sql<Assessment>`
    select distinct on (parcel_id) a.* from payments.assessment a join payments.run r on r.id = a.run_id
    where a.parcel_id = any(${[...parcels]}::uuid[]) and a.year = ${year} order by parcel_id, r.started_at desc, r.id desc`.execute(db)
  return new Map(found.rows.map((row) => [row.parcel_id, row]))
}

/** The bills that a run made of parcels from one number to another. */
export async function billsBetween(db: Db, runId: string, from: string, to: string): Promise<string[]> {
  const found = await sql<{ bill_id: string }>`
    select a.bill_id from payments.parcel p join payments.assessment a on a.parcel_id = p.id and a.run_id = ${runId}::uuid
    where p.number between ${from} and ${to} and a.bill_id is not null`.execute(db)
  return found.rows.map((row) => row.bill_id)
}

/** The bill of a parcel for a year, if it was asked to pay. */
export async function billOfYear(db: Db, year: number, parcelId: string): Promise<string | null> {
  const row = await tables(db)
    .selectFrom('payments.assessment as a')
    .innerJoin('payments.run as r', 'r.id', 'a.run_id')
    .select('a.bill_id')
    .where('a.parcel_id', '=', parcelId)
    .where('a.year', '=', year)
    .where('a.bill_id', 'is not', null)
    .orderBy('r.started_at', 'desc')
    .executeTakeFirst()
  return row?.bill_id ?? null
}

/** Bills of a run whose owner has an e-mail address, by number of parcel. */
export async function mailable(
  db: Db,
  runId: string,
  after: string,
  limit: number,
): Promise<Array<{ number: string; bill_id: string; amount: bigint }>> {
  const found = await sql<{ number: string; bill_id: string; amount: bigint }>`
    select p.number, a.bill_id, a.amount from payments.parcel p join payments.assessment a on a.parcel_id = p.id and a.run_id = ${runId}::uuid
    where p.mails and p.number > ${after} and a.bill_id is not null order by p.number limit ${limit}`.execute(db)
  return found.rows
}

/** The bills in a file of letters of a run, in the order of their parcels. */
export async function letterBills(db: Db, runId: string, no: number): Promise<string[]> {
  const found = await sql<{ bill_id: string }>`
    select a.bill_id from payments.assessment a join payments.parcel p on p.id = a.parcel_id
    where a.run_id = ${runId}::uuid and a.letter = ${no} and a.bill_id is not null order by p.number`.execute(db)
  return found.rows.map((row) => row.bill_id)
}

/** When files of letters of a run were fetched last, from one number to another. */
export async function lettersFetched(db: Db, runId: string, from: number, to: number): Promise<Map<number, Date>> {
  const rows = await tables(db)
    .selectFrom('payments.run_letter')
    .select(['no', 'fetched_at'])
    .where('run_id', '=', runId)
    .where('no', '>=', from)
    .where('no', '<=', to)
    .execute()
  return new Map(rows.map((row) => [row.no, row.fetched_at]))
}

export async function countFetched(db: Db, runId: string): Promise<number> {
  const found = await sql<{ n: number }>`select count(*)::int as n from payments.run_letter where run_id = ${runId}::uuid`.execute(db)
  return found.rows[0]?.n ?? 0
}

export async function putFetched(db: Db, row: { run_id: string; no: number; fetched_at: Date; fetched_by: string }): Promise<void> {
  await tables(db)
    .insertInto('payments.run_letter')
    .values(row)
    .onConflict((c) => c.columns(['run_id', 'no']).doUpdateSet({ fetched_at: row.fetched_at, fetched_by: row.fetched_by }))
    .execute()
}
