import { type Db, tablesOf } from '../../platform/db.ts'
import type { Generated } from 'kysely'

type Tables = {
  'demo.mail': { id: Generated<bigint>; recipient: string; subject: string; body: string; caught_at: Date }
  'demo.city': SeededCity & { one: Generated<boolean> }
  'demo.ended_session': { sid: string; ended_at: Date }
}

/** The city that was seeded; `made_at` is null while it is not finished. */
export type SeededCity = { residents: number; cases: number; seed: number; made_at: Date | null }

/** A caught e-mail. */
export type Caught = { id: bigint; recipient: string; subject: string; body: string; caught_at: Date }

export async function keepMail(db: Db, mail: Omit<Caught, 'id'>): Promise<void> {
  await tablesOf<Tables>(db).insertInto('demo.mail').values(mail).execute()
}

export async function newestMail(db: Db, limit: number): Promise<Caught[]> {
  return tablesOf<Tables>(db).selectFrom('demo.mail').selectAll().orderBy('id', 'desc').limit(limit).execute()
}

export async function cityOf(db: Db): Promise<SeededCity | null> {
  return (await tablesOf<Tables>(db).selectFrom('demo.city').select(['residents', 'cases', 'seed', 'made_at']).executeTakeFirst()) ?? null
}

export async function keepCity(db: Db, city: SeededCity): Promise<void> {
  await tablesOf<Tables>(db)
    .insertInto('demo.city')
    .values(city)
    .onConflict((c) => c.column('one').doUpdateSet(city))
    .execute()
}

/** Keeps that the provider has ended a session of the demo's agency application. */
export async function keepEndedSession(db: Db, sid: string, now: Date): Promise<void> {
  await tablesOf<Tables>(db)
    .insertInto('demo.ended_session')
    .values({ sid, ended_at: now })
    .onConflict((c) => c.doNothing())
    .execute()
}

export async function endedSession(db: Db, sid: string): Promise<boolean> {
  return (await tablesOf<Tables>(db).selectFrom('demo.ended_session').select('sid').where('sid', '=', sid).executeTakeFirst()) !== undefined
}
