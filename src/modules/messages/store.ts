import { sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'

type Tables = { 'messages.message': MessageRow }

/** A message's envelope; its content is sealed. */
export type MessageRow = {
  id: string
  person_id: string
  record_id: string
  template: string
  about: string | null
  language: string
  state: 'waiting' | 'sent' | 'undeliverable'
  created_at: Date
  /** When it was handed over, or found to be undeliverable. */
  sent_at: Date | null
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertMessage(db: Db, row: MessageRow): Promise<boolean> {
  const done = await tables(db)
    .insertInto('messages.message')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst()
  return done !== undefined
}

export async function messageById(db: Db, id: string): Promise<MessageRow | null> {
  return (await tables(db).selectFrom('messages.message').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

export async function messageExists(db: Db, id: string): Promise<boolean> {
  return (await tables(db).selectFrom('messages.message').select('id').where('id', '=', id).executeTakeFirst()) !== undefined
}

export async function messagesOf(db: Db, personId: string): Promise<MessageRow[]> {
  return tables(db).selectFrom('messages.message').selectAll().where('person_id', '=', personId).orderBy('created_at', 'desc').execute()
}

export async function deleteMessages(db: Db, ids: readonly string[]): Promise<void> {
  if (ids.length > 0)
    await tables(db)
      .deleteFrom('messages.message')
      .where('id', '=', sql<string>`any(${[...ids]}::text[])`)
      .execute()
}

export async function messagesByRecords(db: Db, records: readonly string[]): Promise<Array<Pick<MessageRow, 'record_id' | 'about'>>> {
  if (records.length === 0) return []
  return tables(db)
    .selectFrom('messages.message')
    .select(['record_id', 'about'])
    .where('record_id', '=', sql<string>`any(${[...records]}::uuid[])`)
    .execute()
}

/** The messages about a thing. */
export async function messagesAbout(db: Db, about: string): Promise<Array<Pick<MessageRow, 'id' | 'record_id'>>> {
  return tables(db).selectFrom('messages.message').select(['id', 'record_id']).where('about', '=', about).execute()
}

/** Makes the messages about a thing those to another person. */
export async function readdress(db: Db, about: string, personId: string): Promise<void> {
  await tables(db).updateTable('messages.message').set({ person_id: personId }).where('about', '=', about).execute()
}

/** Messages about no case and no journey that were sent or refused before an instant, oldest first. */
export async function spentMessages(db: Db, before: Date, limit: number): Promise<Array<Pick<MessageRow, 'id' | 'record_id'>>> {
  return tables(db)
    .selectFrom('messages.message')
    .select(['id', 'record_id'])
    .where('about', 'is', null)
    .where('sent_at', '<', before)
    .orderBy('sent_at')
    .limit(limit)
    .execute()
}

export async function lockWaiting(db: Db, id: string): Promise<boolean> {
  const row = await tables(db)
    .selectFrom('messages.message')
    .select('id')
    .where('id', '=', id)
    .where('state', '=', 'waiting')
    .forUpdate()
    .executeTakeFirst()
  return row !== undefined
}

export async function setState(db: Db, id: string, state: MessageRow['state'], at: Date | null): Promise<void> {
  await tables(db).updateTable('messages.message').set({ state, sent_at: at }).where('id', '=', id).execute()
}
