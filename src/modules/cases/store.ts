import { type Expression, type ExpressionBuilder, sql, type SqlBool } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { PlainDate } from '../../kernel/time.ts'
import type { Visible } from '../access/index.ts'
import type { Case } from './case.ts'

type CaseRow = { -readonly [K in keyof Case]: Case[K] }

type Tables = {
  'cases.case': CaseRow
  'cases.entry': EntryRow
  'cases.consultation': ConsultationRow
  'cases.letter': LetterRow
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
  reason_entry: string | null
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

export async function casesByRecords(db: Db, recordIds: readonly string[]): Promise<Case[]> {
  if (recordIds.length === 0) return []
  return tables(db)
    .selectFrom('cases.case')
    .selectAll()
    .where('record_id', 'in', [...recordIds])
    .execute()
}

/** The queues of an officer. */
export const queues = ['unassigned', 'mine', 'agency', 'due_soon', 'overdue', 'waiting', 'opinions', 'closed'] as const
export type Queue = (typeof queues)[number]

/** How a queue may be sorted: the nearest deadline first (none last), or by the day of submission. */
export const queueOrders = ['deadline', 'newest', 'oldest'] as const
export type QueueOrder = (typeof queueOrders)[number]

/** Which cases of a queue: the reader's filter, a service, a state, and where the page begins. */
export type QueueAsk = {
  readonly queue: Queue
  readonly order: QueueOrder
  readonly visible: Visible
  readonly accountId: string
  readonly today: PlainDate
  readonly soon: PlainDate
  readonly service: string | null
  readonly after: { readonly key: string; readonly id: string } | null
  readonly ids: readonly string[] | null
  readonly limit: number
}

type CaseTable = { 'cases.case': CaseRow }

/** The policy's filter as SQL; the same facts that `may` looks at. */
function seen(e: ExpressionBuilder<CaseTable, 'cases.case'>, visible: Visible): Expression<SqlBool> {
  if (visible.everything) return e.val(true)
  const grounds: Array<Expression<SqlBool>> = []
  if (visible.agencies.length > 0) grounds.push(e('agency', 'in', [...visible.agencies]))
  if (visible.consultedAgencies.length > 0) {
    grounds.push(
      sql<SqlBool>`exists (select 1 from cases.consultation c where c.case_id = "case".id and c.agency = any(${[...visible.consultedAgencies]}::text[]))`,
    )
  }
  if (visible.personId !== null) grounds.push(e('person_id', '=', visible.personId))
  if (visible.ids.length > 0) grounds.push(e('id', 'in', [...visible.ids]))
  return grounds.length > 0 ? e.or(grounds) : e.val(false)
}

function queueQuery(db: Db, ask: QueueAsk) {
  const own = { ...ask.visible, consultedAgencies: [] }
  let q = (tables(db) as unknown as ReturnType<typeof tablesOf<CaseTable>>).selectFrom('cases.case')
  if (ask.queue === 'opinions') {
    q = q
      .where((e) => seen(e, { ...ask.visible, agencies: [] }))
      .where(sql<SqlBool>`exists (select 1 from cases.consultation c where c.case_id = "case".id and c.answered_at is null)`)
  } else q = q.where((e) => seen(e, own))
  q = ask.queue === 'closed' ? q.where('closed_at', 'is not', null) : q.where('closed_at', 'is', null)
  if (ask.queue === 'unassigned') q = q.where('officer', 'is', null)
  if (ask.queue === 'mine') q = q.where('officer', '=', ask.accountId)
  if (ask.queue === 'due_soon') q = q.where('deadline', '>=', ask.today).where('deadline', '<=', ask.soon)
  if (ask.queue === 'overdue') q = q.where('deadline', '<', ask.today)
  if (ask.queue === 'waiting') q = q.where('waiting_for', '=', 'resident')
  if (ask.service !== null) q = q.where('service_id', '=', ask.service)
  if (ask.ids !== null) q = q.where('id', 'in', ask.ids.length > 0 ? [...ask.ids] : ['00000000-0000-0000-0000-000000000000'])
  return q
}

/** A page of a queue by keyset, in its order. */
export async function queuePage(db: Db, ask: QueueAsk): Promise<Case[]> {
  let q = queueQuery(db, ask).selectAll().limit(ask.limit)
  const { after } = ask
  if (ask.order === 'newest') {
    if (after) q = q.where(sql<SqlBool>`(submitted_at, id) < (${after.key}::timestamptz, ${after.id}::uuid)`)
    return q.orderBy('submitted_at', 'desc').orderBy('id', 'desc').execute()
  }
  if (ask.order === 'oldest') {
    if (after) q = q.where(sql<SqlBool>`(submitted_at, id) > (${after.key}::timestamptz, ${after.id}::uuid)`)
    return q.orderBy('submitted_at').orderBy('id').execute()
  }
  if (after && after.key === '') q = q.where('deadline', 'is', null).where('id', '>', after.id)
  else if (after) q = q.where(sql<SqlBool>`((deadline, id) > (${after.key}::date, ${after.id}::uuid) or deadline is null)`)
  return q.orderBy('deadline').orderBy('id').execute()
}

/** How many are in each queue, counted up to `most` + 1, in one statement. */
export async function queueCounts(db: Db, asks: readonly QueueAsk[], most: number): Promise<number[]> {
  const parts = asks.map((ask, i) => {
    const limited = queueQuery(db, ask)
      .select(sql<number>`1`.as('one'))
      .limit(most + 1)
    return tables(db)
      .selectFrom(limited.as('some'))
      .select((e) => e.fn.countAll<bigint>().as('count'))
      .as(`queue_${i}`)
  })
  const row: Record<string, bigint | null> = (await tables(db).selectNoFrom(parts).executeTakeFirst()) ?? {}
  return asks.map((_, i) => Number(row[`queue_${i}`] ?? 0n))
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
