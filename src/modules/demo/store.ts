import { type Db, tablesOf } from '../../platform/db.ts'
import type { Generated } from 'kysely'

type Tables = { 'demo.mail': { id: Generated<bigint>; recipient: string; subject: string; body: string; caught_at: Date } }

/** A caught e-mail. */
export type Caught = { id: bigint; recipient: string; subject: string; body: string; caught_at: Date }

export async function keepMail(db: Db, mail: Omit<Caught, 'id'>): Promise<void> {
  await tablesOf<Tables>(db).insertInto('demo.mail').values(mail).execute()
}

export async function newestMail(db: Db, limit: number): Promise<Caught[]> {
  return tablesOf<Tables>(db).selectFrom('demo.mail').selectAll().orderBy('id', 'desc').limit(limit).execute()
}
