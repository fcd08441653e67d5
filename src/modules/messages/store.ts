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
