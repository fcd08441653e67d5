import { type Db, tablesOf } from '../../../platform/db.ts'

type Tables = { 'identity.letter_request': { account_id: string; asked_at: Date } }

/** A wish for a sign-in letter by post. */
export type LetterRequest = Tables['identity.letter_request']

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertRequest(db: Db, accountId: string, now: Date): Promise<boolean> {
  const added = await tables(db)
    .insertInto('identity.letter_request')
    .values({ account_id: accountId, asked_at: now })
    .onConflict((c) => c.doNothing())
    .returning('account_id')
    .executeTakeFirst()
  return added !== undefined
}

export async function deleteRequest(db: Db, accountId: string): Promise<void> {
  await tables(db).deleteFrom('identity.letter_request').where('account_id', '=', accountId).execute()
}

export async function openRequests(db: Db, limit: number): Promise<LetterRequest[]> {
  return tables(db).selectFrom('identity.letter_request').selectAll().orderBy('asked_at').limit(limit).execute()
}
