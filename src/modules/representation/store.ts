import { sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { PlainDate } from '../../kernel/time.ts'
import type { CodePurpose, MandateKind, MandateStatus } from './mandate.ts'

type Tables = {
  'representation.mandate': Mandate
  'representation.company': { register_token: Buffer; person_id: string }
  'representation.code': CodeRow
  'representation.assistance': Assistance
}

/** Who may act for whom, within which bounds; nothing of it is personal but by its ids. */
export type Mandate = {
  id: string
  reference: string
  person_id: string | null
  holder_account: string
  holder_person: string
  kind: MandateKind
  services: string[] | null
  ends_on: PlainDate
  status: MandateStatus
  granted_how: 'passkey' | 'second_factor' | 'letter' | 'counter' | null
  officer: string | null
  person_record: string | null
  holder_record: string
  asked_at: Date
  decided_at: Date | null
  ended_at: Date | null
  ended_by: 'holder' | 'person' | 'time' | null
  reminded: boolean
}

/** A code that was given out; the code itself is not stored. */
export type CodeRow = {
  token: Buffer
  id: string
  purpose: CodePurpose
  person_id: string
  mandate_id: string | null
  officer: string | null
  made_at: Date
  expires_at: Date
  used_at: Date | null
}

/** A helped session. */
export type Assistance = {
  id: string
  helper_account: string
  organisation: string | null
  person_id: string
  purpose: string
  began_at: Date
  ends_at: Date
  ended_at: Date | null
  ended_by: 'helper' | 'person' | 'time' | null
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertMandate(db: Db, row: Mandate): Promise<void> {
  await tables(db).insertInto('representation.mandate').values(row).execute()
}

export async function mandateById(db: Db, id: string, lock = false): Promise<Mandate | null> {
  const query = tables(db).selectFrom('representation.mandate').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function mandateByReference(db: Db, reference: string): Promise<Mandate | null> {
  const query = tables(db).selectFrom('representation.mandate').selectAll().where('reference', '=', reference)
  return (await query.executeTakeFirst()) ?? null
}

export async function updateMandate(db: Db, id: string, change: Partial<Mandate>): Promise<void> {
  await tables(db).updateTable('representation.mandate').set(change).where('id', '=', id).execute()
}

/** The mandates of a holder, the newest first. */
export async function mandatesOfHolder(db: Db, account: string): Promise<Mandate[]> {
  return tables(db)
    .selectFrom('representation.mandate')
    .selectAll()
    .where('holder_account', '=', account)
    .orderBy('asked_at', 'desc')
    .limit(100)
    .execute()
}

/** The mandates for a person, the newest first. */
export async function mandatesOfPerson(db: Db, person: string): Promise<Mandate[]> {
  return tables(db)
    .selectFrom('representation.mandate')
    .selectAll()
    .where('person_id', '=', person)
    .orderBy('asked_at', 'desc')
    .limit(100)
    .execute()
}

/** Requests and mandates whose time is over: asked for before `askedBefore`, or with a last day before `today`. */
export async function mandatesOver(db: Db, today: PlainDate, askedBefore: Date, limit: number): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('representation.mandate')
    .select('id')
    .where('status', 'in', ['asked', 'granted'])
    .where((e) => e.or([e('ends_on', '<', today), e.and([e('status', '=', 'asked'), e('asked_at', '<', askedBefore)])]))
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/** Granted mandates that end by `day` and of which nobody was reminded yet. */
export async function mandatesEnding(db: Db, day: PlainDate, limit: number): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('representation.mandate')
    .select('id')
    .where('status', '=', 'granted')
    .where('reminded', '=', false)
    .where('ends_on', '<=', day)
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}

/** Every mandate that somebody gave, was asked for or holds. */
export async function everyMandateWith(db: Db, person: string): Promise<Mandate[]> {
  const query = tables(db).selectFrom('representation.mandate').selectAll()
  return query.where((e) => e.or([e('person_id', '=', person), e('holder_person', '=', person)])).execute()
}

/** Forgets mandates with their codes, and what else names a person who is being erased. */
export async function forgetPerson(db: Db, person: string, mandates: readonly string[]): Promise<void> {
  const these = sql<string>`any(${[...mandates]}::uuid[])`
  await tables(db).deleteFrom('representation.code').where('mandate_id', '=', these).execute()
  await tables(db).deleteFrom('representation.code').where('person_id', '=', person).execute()
  await tables(db).deleteFrom('representation.mandate').where('id', '=', these).execute()
  await tables(db).deleteFrom('representation.assistance').where('person_id', '=', person).execute()
  await tables(db).deleteFrom('representation.company').where('person_id', '=', person).execute()
}

export async function companyPerson(db: Db, register: Buffer): Promise<string | null> {
  const query = tables(db).selectFrom('representation.company').select('person_id').where('register_token', '=', register)
  return (await query.executeTakeFirst())?.person_id ?? null
}

export async function insertCompany(db: Db, register: Buffer, person: string): Promise<void> {
  await tables(db).insertInto('representation.company').values({ register_token: register, person_id: person }).execute()
}

export async function insertCode(db: Db, row: CodeRow): Promise<void> {
  await tables(db).insertInto('representation.code').values(row).execute()
}

/** The newest code of a person for a purpose that can still be used. */
export async function openCode(db: Db, purpose: CodePurpose, person: string, now: Date): Promise<CodeRow | null> {
  const query = tables(db)
    .selectFrom('representation.code')
    .selectAll()
    .where('person_id', '=', person)
    .where('purpose', '=', purpose)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('made_at', 'desc')
  return (await query.executeTakeFirst()) ?? null
}

/** The newest letter of a mandate whose code can still be used. */
export async function openLetter(db: Db, mandate: string, now: Date): Promise<CodeRow | null> {
  const query = tables(db)
    .selectFrom('representation.code')
    .selectAll()
    .where('mandate_id', '=', mandate)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .orderBy('made_at', 'desc')
  return (await query.executeTakeFirst()) ?? null
}

/** Takes a code that is good, once; null when there is none. */
export async function takeCode(db: Db, token: Buffer, purpose: CodePurpose, now: Date): Promise<CodeRow | null> {
  const row = await tables(db)
    .updateTable('representation.code')
    .set({ used_at: now })
    .where('token', '=', token)
    .where('purpose', '=', purpose)
    .where('used_at', 'is', null)
    .where('expires_at', '>', now)
    .returningAll()
    .executeTakeFirst()
  return row ?? null
}

/** Takes back the codes of a person for a purpose, or of one mandate. */
export async function dropCodes(db: Db, purpose: CodePurpose, person: string, mandate: string | null): Promise<void> {
  let gone = tables(db).deleteFrom('representation.code').where('purpose', '=', purpose).where('person_id', '=', person)
  if (mandate !== null) gone = gone.where('mandate_id', '=', mandate)
  await gone.execute()
}

export async function deleteOldCodes(db: Db, before: Date): Promise<void> {
  await tables(db).deleteFrom('representation.code').where('expires_at', '<', before).execute()
}

export async function insertAssistance(db: Db, row: Assistance): Promise<void> {
  await tables(db).insertInto('representation.assistance').values(row).execute()
}

export async function assistanceById(db: Db, id: string): Promise<Assistance | null> {
  return (await tables(db).selectFrom('representation.assistance').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

/** The helped sessions of a person, the newest first. */
export async function assistancesOf(db: Db, person: string): Promise<Assistance[]> {
  return tables(db)
    .selectFrom('representation.assistance')
    .selectAll()
    .where('person_id', '=', person)
    .orderBy('began_at', 'desc')
    .limit(100)
    .execute()
}

/** Ends a helped session that goes on; false when it was over already. */
export async function closeAssistance(db: Db, id: string, at: Date, by: Assistance['ended_by']): Promise<boolean> {
  const row = await tables(db)
    .updateTable('representation.assistance')
    .set({ ended_at: sql<Date>`least(ends_at, ${at}::timestamptz)`, ended_by: by })
    .where('id', '=', id)
    .where('ended_at', 'is', null)
    .returning('id')
    .executeTakeFirst()
  return row !== undefined
}

/** Helped sessions whose time is over and that nobody has ended. */
export async function assistancesOver(db: Db, now: Date, limit: number): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('representation.assistance')
    .select('id')
    .where('ended_at', 'is', null)
    .where('ends_at', '<=', now)
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}
