import { sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { PlainDate } from '../../kernel/time.ts'

type Tables = { 'journeys.journey': Journey }

/** A journey's envelope; its answers are sealed in the vault. */
export type Journey = {
  id: string
  service_id: string
  version: string
  person_id: string | null
  record_id: string | null
  account_id: string | null
  /** By which mandate or helped session somebody else began it. */
  acting_id: string | null
  channel: string
  language: string
  state: 'open' | 'submitted' | 'erased'
  submission_key: string
  seen: string[]
  case_id: string | null
  revision: number
  created_at: Date
  saved_at: Date
  expires_on: PlainDate
  /** Since when a fee is being paid, before it is sent; its answers stand still meanwhile. */
  fee_since: Date | null
  fee_amount: bigint | null
  fee_currency: string | null
  /** The answers that came from the person's record and still stand as they came: since which day the record has each. */
  prefilled: Readonly<Record<string, PlainDate>>
}

const tables = (db: Db) => tablesOf<Tables>(db)

type NewJourney = Omit<Journey, 'fee_since' | 'fee_amount' | 'fee_currency'>

export async function insertJourney(db: Db, row: NewJourney): Promise<void> {
  await tables(db)
    .insertInto('journeys.journey')
    .values({ ...row, fee_since: null, fee_amount: null, fee_currency: null })
    .execute()
}

export async function journeyById(db: Db, id: string, lock = false): Promise<Journey | null> {
  const query = tables(db).selectFrom('journeys.journey').selectAll().where('id', '=', id)
  return (await (lock ? query.forUpdate() : query).executeTakeFirst()) ?? null
}

/** Changes a journey and counts its revision; the caller holds the row lock. */
export async function updateJourney(db: Db, id: string, change: Partial<Journey>): Promise<void> {
  await tables(db)
    .updateTable('journeys.journey')
    .set({ ...change, revision: sql<number>`revision + 1` })
    .where('id', '=', id)
    .execute()
}

/** Lets one start at a time be of an account, until the transaction ends. */
export async function lockStarts(db: Db, accountId: string): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(${`journeys:${accountId}`}, 0))`.execute(db)
}

/** The draft that an account has begun since an instant for the same person, and in which nothing was done yet. */
export async function untouchedDraft(
  db: Db,
  like: Pick<Journey, 'service_id' | 'version' | 'account_id' | 'person_id' | 'acting_id' | 'channel'>,
  since: Date,
): Promise<string | null> {
  const row = await tables(db)
    .selectFrom('journeys.journey')
    .select('id')
    .where('service_id', '=', like.service_id)
    .where('version', '=', like.version)
    .where('account_id', '=', like.account_id)
    .where('person_id', '=', like.person_id)
    .where(sql<boolean>`acting_id is not distinct from ${like.acting_id}::uuid`)
    .where('channel', '=', like.channel)
    .where('state', '=', 'open')
    .where('created_at', '>', since)
    .where(sql<boolean>`saved_at = created_at and seen = '{}'`)
    .orderBy('created_at', 'desc')
    .executeTakeFirst()
  return row?.id ?? null
}

/** The drafts of a person with an account, the newest first; with `acting`, only those that were begun by it. */
export async function draftsOf(db: Db, personId: string, acting: string | null): Promise<Journey[]> {
  let drafts = tables(db)
    .selectFrom('journeys.journey')
    .selectAll()
    .where('person_id', '=', personId)
    .where('account_id', 'is not', null)
    .where('state', '=', 'open')
  if (acting !== null) drafts = drafts.where('acting_id', '=', acting)
  return drafts.orderBy('saved_at', 'desc').limit(50).execute()
}

/** Every draft of a person, the newest first; held until the transaction ends with `lock`. */
export async function draftsOfPerson(db: Db, personId: string, lock = false): Promise<Journey[]> {
  const query = tables(db)
    .selectFrom('journeys.journey')
    .selectAll()
    .where('person_id', '=', personId)
    .where('state', '=', 'open')
    .orderBy('saved_at', 'desc')
  return (lock ? query.forUpdate() : query).execute()
}

/** Takes a person's journeys, sent or not, from whoever could still open them. */
export async function closeJourneysOf(db: Db, personId: string): Promise<void> {
  await tables(db)
    .updateTable('journeys.journey')
    .set({ state: 'erased', account_id: null, person_id: null, record_id: null })
    .where('person_id', '=', personId)
    .execute()
}

export async function forgetJourney(db: Db, id: string): Promise<void> {
  await tables(db)
    .updateTable('journeys.journey')
    .set({ state: 'erased', account_id: null, person_id: null, record_id: null })
    .where('id', '=', id)
    .execute()
}

export async function expiredDrafts(db: Db, today: PlainDate, limit: number): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('journeys.journey')
    .select('id')
    .where('state', '=', 'open')
    .where('expires_on', '<', today)
    .limit(limit)
    .execute()
  return rows.map((row) => row.id)
}
