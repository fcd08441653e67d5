import { sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { PlainDate } from '../../kernel/time.ts'
import type { Case } from './case.ts'

type CaseRow = { -readonly [K in keyof Case]: Case[K] }

type Tables = {
  'cases.case': CaseRow
  'cases.entry': EntryRow
  'cases.consultation': ConsultationRow
  'cases.letter': LetterRow
  'cases.fee_fact': FeeFactRow
  'cases.done': { case_id: string; token: Buffer; done_at: Date }
  'cases.same': { service_id: string; question: string; token: Buffer; case_id: string }
}

/** Words about a case; the text is sealed. */
export type EntryRow = {
  id: string
  case_id: string
  kind: 'note' | 'to_resident' | 'from_resident' | 'request' | 'answer' | 'reason' | 'opinion'
  author: string | null
  record_id: string
  created_at: Date
}

/** Another agency's opinion, asked or given. */
export type ConsultationRow = {
  id: string
  case_id: string
  agency: string
  transition: string
  asked_at: Date
  answered_at: Date | null
  opinion: 'no_objection' | 'conditions' | 'objection' | null
  entry_id: string | null
}

/** A letter or permit that was issued. */
export type LetterRow = {
  id: string
  case_id: string
  template: string
  document_id: string | null
  check_code: Buffer
  issued_at: Date
  valid_from: PlainDate | null
  valid_until: PlainDate | null
  revoked_at: Date | null
  /** While a fee that was taken back is unpaid. */
  suspended_at: Date | null
  reason_entry: string | null
}

/** A piece of news of a case's fee, by the name that the teller gave it. */
export type FeeFactRow = {
  case_id: string
  key: string
  what: 'paid' | 'reversed' | 'overdue' | 'refunded' | 'cancelled' | 'due'
  told_at: Date
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertCase(db: Db, row: CaseRow): Promise<void> {
  await tables(db).insertInto('cases.case').values(row).execute()
}

export async function caseById(db: Db, id: string, lock = false): Promise<Case | null> {
  const query = tables(db).selectFrom('cases.case').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function caseByReference(db: Db, reference: string): Promise<Case | null> {
  return (await tables(db).selectFrom('cases.case').selectAll().where('reference', '=', reference).executeTakeFirst()) ?? null
}

/** Changes a case and counts its revision; the caller holds the row lock. Returns the case as it is then. */
export async function updateCase(db: Db, id: string, change: Partial<CaseRow>): Promise<Case> {
  return tables(db)
    .updateTable('cases.case')
    .set({ ...change, revision: sql<number>`revision + 1` })
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** Notes what a timer did; not a change that an officer with the case open would have to see first. */
export async function markCase(
  db: Db,
  id: string,
  change: Partial<Pick<CaseRow, 'warn_on' | 'warned' | 'overdue_noted' | 'timer_on'>>,
): Promise<void> {
  await tables(db).updateTable('cases.case').set(change).where('id', '=', id).execute()
}

export async function casesOfPerson(db: Db, personId: string, limit: number): Promise<Case[]> {
  return tables(db)
    .selectFrom('cases.case')
    .selectAll()
    .where('person_id', '=', personId)
    .orderBy('submitted_at', 'desc')
    .limit(limit)
    .execute()
}

/** Every case of a person, the newest first. */
export async function everyCaseOf(db: Db, personId: string): Promise<Case[]> {
  return tables(db).selectFrom('cases.case').selectAll().where('person_id', '=', personId).orderBy('submitted_at', 'desc').execute()
}

/** Holds a person's cases as they are until the transaction ends. */
export async function lockCasesOf(db: Db, personId: string): Promise<Case[]> {
  return tables(db).selectFrom('cases.case').selectAll().where('person_id', '=', personId).orderBy('id').forUpdate().execute()
}

/** What was written about these cases, oldest first. */
export async function entriesOfCases(db: Db, caseIds: readonly string[]): Promise<EntryRow[]> {
  if (caseIds.length === 0) return []
  const query = tables(db).selectFrom('cases.entry').selectAll()
  return query
    .where('case_id', '=', sql<string>`any(${[...caseIds]}::uuid[])`)
    .orderBy('created_at')
    .orderBy('id')
    .execute()
}

/** The letters of these cases, oldest first. */
export async function lettersOfCases(db: Db, caseIds: readonly string[]): Promise<LetterRow[]> {
  if (caseIds.length === 0) return []
  const query = tables(db).selectFrom('cases.letter').selectAll()
  return query
    .where('case_id', '=', sql<string>`any(${[...caseIds]}::uuid[])`)
    .orderBy('issued_at')
    .orderBy('id')
    .execute()
}

/** Forgets the compared answers of these cases, what was sent from which page, and which documents their letters are. */
export async function forgetTraces(db: Db, caseIds: readonly string[]): Promise<void> {
  if (caseIds.length === 0) return
  const these = sql<string>`any(${[...caseIds]}::uuid[])`
  await tables(db).deleteFrom('cases.same').where('case_id', '=', these).execute()
  await tables(db).deleteFrom('cases.done').where('case_id', '=', these).execute()
  await tables(db).updateTable('cases.letter').set({ document_id: null }).where('case_id', '=', these).execute()
}

/** Whether this was done before. */
export async function isDone(db: Db, caseId: string, token: Buffer): Promise<boolean> {
  const query = tables(db).selectFrom('cases.done').select('case_id').where('case_id', '=', caseId)
  return (await query.where('token', '=', token).executeTakeFirst()) !== undefined
}

/** Keeps that something was done; false when it was before. */
export async function insertDone(db: Db, row: Tables['cases.done']): Promise<boolean> {
  const done = await tables(db)
    .insertInto('cases.done')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('case_id')
    .executeTakeFirst()
  return done !== undefined
}

export async function insertEntry(db: Db, row: EntryRow): Promise<void> {
  await tables(db).insertInto('cases.entry').values(row).execute()
}

export async function entriesOf(db: Db, caseId: string): Promise<EntryRow[]> {
  return tables(db).selectFrom('cases.entry').selectAll().where('case_id', '=', caseId).orderBy('created_at').execute()
}

export async function insertConsultation(db: Db, row: ConsultationRow): Promise<boolean> {
  const done = await tables(db)
    .insertInto('cases.consultation')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst()
  return done !== undefined
}

export async function consultationsOf(db: Db, caseId: string): Promise<ConsultationRow[]> {
  return tables(db).selectFrom('cases.consultation').selectAll().where('case_id', '=', caseId).orderBy('asked_at').execute()
}

export async function answerConsultation(
  db: Db,
  id: string,
  opinion: NonNullable<ConsultationRow['opinion']>,
  entryId: string,
  at: Date,
): Promise<void> {
  await tables(db).updateTable('cases.consultation').set({ opinion, entry_id: entryId, answered_at: at }).where('id', '=', id).execute()
}

export async function insertLetter(db: Db, row: LetterRow): Promise<boolean> {
  const done = await tables(db)
    .insertInto('cases.letter')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst()
  return done !== undefined
}

export async function letterById(db: Db, id: string, lock = false): Promise<LetterRow | null> {
  const query = tables(db).selectFrom('cases.letter').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

export async function letterByCode(db: Db, code: Buffer): Promise<LetterRow | null> {
  return (await tables(db).selectFrom('cases.letter').selectAll().where('check_code', '=', code).executeTakeFirst()) ?? null
}

export async function lettersOf(db: Db, caseId: string): Promise<LetterRow[]> {
  return tables(db).selectFrom('cases.letter').selectAll().where('case_id', '=', caseId).orderBy('issued_at').execute()
}

export async function setLetterDocument(db: Db, id: string, documentId: string): Promise<void> {
  await tables(db).updateTable('cases.letter').set({ document_id: documentId }).where('id', '=', id).execute()
}

export async function setLetterRevoked(db: Db, id: string, at: Date): Promise<void> {
  await tables(db).updateTable('cases.letter').set({ revoked_at: at }).where('id', '=', id).execute()
}

export async function setLetterSuspended(db: Db, id: string, at: Date | null): Promise<void> {
  await tables(db).updateTable('cases.letter').set({ suspended_at: at }).where('id', '=', id).execute()
}

/** Keeps a piece of news of a fee; false when it was kept before. */
export async function insertFeeFact(db: Db, row: FeeFactRow): Promise<boolean> {
  const done = await tables(db)
    .insertInto('cases.fee_fact')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('key')
    .executeTakeFirst()
  return done !== undefined
}

export async function insertSame(db: Db, rows: ReadonlyArray<Tables['cases.same']>): Promise<void> {
  if (rows.length > 0)
    await tables(db)
      .insertInto('cases.same')
      .values([...rows])
      .onConflict((c) => c.doNothing())
      .execute()
}

/** How many other cases of a service, open or granted and in force, have the same answer. */
export async function countSame(
  db: Db,
  serviceId: string,
  question: string,
  token: Buffer,
  today: PlainDate,
  except: string | null,
): Promise<number> {
  const result = await sql<{ count: bigint }>`
    select count(*) as count from cases.same s join cases.case c on c.id = s.case_id
    where s.service_id = ${serviceId} and s.question = ${question} and s.token = ${token}
      and (${except}::uuid is null or c.id <> ${except}::uuid)
      and (c.closed_at is null or (c.outcome = 'granted' and not exists (
        select 1 from cases.letter l where l.case_id = c.id and (l.revoked_at is not null or l.valid_until < ${today}::date))))`.execute(db)
  return Number(result.rows[0]?.count ?? 0n)
}

/** The working time of closed cases: calendar days from submission to the end, for the forecast of a new one. */
export async function recentDurations(db: Db, serviceId: string, limit: number): Promise<number[]> {
  const result = await sql<{ days: number }>`
    select (extract(epoch from closed_at - submitted_at) / 86400)::float8 as days from cases.case
    where service_id = ${serviceId} and closed_at is not null and outcome in ('granted', 'refused')
    order by closed_at desc limit ${limit}`.execute(db)
  return result.rows.map((row) => row.days)
}

/** Cases for the timers: to be warned of, overdue, or with a step of their own due. */
export async function casesDue(db: Db, what: 'warn' | 'overdue' | 'timer', today: PlainDate, limit: number): Promise<string[]> {
  let q = tables(db).selectFrom('cases.case').select('id').where('closed_at', 'is', null).limit(limit)
  if (what === 'warn') q = q.where('paused_since', 'is', null).where('warn_on', '<=', today).where('warned', '=', false)
  if (what === 'overdue') q = q.where('paused_since', 'is', null).where('deadline', '<', today).where('overdue_noted', '=', false)
  if (what === 'timer') q = q.where('information_since', 'is', null).where('timer_on', '<=', today)
  return (await q.execute()).map((row) => row.id)
}

/** Closed cases kept up to a day before this one, none of whose letters is in force any more, oldest end first. */
export async function pastCases(db: Db, day: PlainDate, limit: number): Promise<Array<{ id: string; service: string }>> {
  const result = await sql<{ id: string; service: string }>`
    select c.id, c.service_id as service from cases.case c
    where c.kept_until < ${day}::date and c.erased_at is null and not exists (
      select 1 from cases.letter l where l.case_id = c.id and l.revoked_at is null and l.valid_until >= ${day}::date)
    order by c.kept_until, c.id limit ${limit}`.execute(db)
  return result.rows
}

/** Closed cases of which nobody has written down until when they are kept, after an id, in the order of ids. */
export async function casesWithoutEnd(db: Db, after: string | null, limit: number): Promise<Case[]> {
  const open = tables(db).selectFrom('cases.case').selectAll().where('closed_at', 'is not', null)
  const query = open.where('kept_until', 'is', null).where('erased_at', 'is', null).orderBy('id').limit(limit)
  return (after === null ? query : query.where('id', '>', after)).execute()
}

export async function setKeptUntil(db: Db, id: string, day: PlainDate): Promise<void> {
  await tables(db).updateTable('cases.case').set({ kept_until: day }).where('id', '=', id).execute()
}

/** Notes that a case was erased, and takes it from its person: it stands for itself from then on. */
export async function disown(db: Db, id: string, at: Date): Promise<void> {
  await tables(db).updateTable('cases.case').set({ erased_at: at, person_id: id, account_id: null }).where('id', '=', id).execute()
}

/** Which cases these are: records of answers or words, documents of letters, or cases themselves. */
export async function casesBehind(
  db: Db,
  ids: readonly string[],
): Promise<Array<{ id: string; case_id: string; what: 'answers' | 'words' | 'letter' | 'about' }>> {
  if (ids.length === 0) return []
  const these = sql`any(${[...ids]}::uuid[])`
  const result = await sql<{ id: string; case_id: string; what: 'answers' | 'words' | 'letter' | 'about' }>`
    select record_id as id, id as case_id, 'answers' as what from cases.case where record_id = ${these}
    union all select record_id, case_id, 'words' from cases.entry where record_id = ${these}
    union all select document_id, case_id, 'letter' from cases.letter where document_id = ${these}
    union all select id, id, 'about' from cases.case where id = ${these}`.execute(db)
  return result.rows
}

export async function casesById(db: Db, ids: readonly string[]): Promise<Case[]> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('cases.case')
    .selectAll()
    .where('id', '=', sql<string>`any(${[...ids]}::uuid[])`)
    .execute()
}
