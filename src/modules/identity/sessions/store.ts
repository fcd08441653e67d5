import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Level, RoleBinding } from '../../access/index.ts'
import type { Method } from './method.ts'

type Tables = { 'identity.session': SessionTable }

type SessionTable = {
  token: Buffer
  id: string
  account_id: string
  created_at: Date
  seen_at: Date
  ends_at: Date
  level: Level
  methods: Method[]
  device: string
  kiosk: boolean
  acting_kind: 'mandate' | 'assistance' | null
  acting_id: string | null
  acting_person: string | null
  acting_services: string[] | null
  acting_until: Date | null
}

/** A new session; it acts for its owner. */
export type NewSession = Omit<SessionTable, 'acting_kind' | 'acting_id' | 'acting_person' | 'acting_services' | 'acting_until'>

/** What may change in a session. */
export type SessionChange = Partial<Omit<SessionTable, 'id' | 'account_id' | 'created_at'>>

/** A session and the account it belongs to. */
export type SessionRow = Omit<SessionTable, 'token'> & {
  person_id: string
  staff_name: string | null
  language: string
  acting_over: boolean
  roles: RoleBinding[]
  emergency: string[]
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertSession(db: Db, row: NewSession): Promise<void> {
  await tables(db).insertInto('identity.session').values(row).execute()
}

/** The session with its account's roles and break-glass accesses that have not ended, in one statement. */
export async function sessionByToken(db: Db, token: Buffer, now: Date): Promise<SessionRow | null> {
  const result = await sql<SessionRow>`
    select s.id, s.account_id, s.created_at, s.seen_at, s.ends_at, s.level, s.methods, s.device, s.kiosk, s.acting_kind, s.acting_id,
      s.acting_person, s.acting_services, s.acting_until, coalesce(s.acting_until <= ${now}, false) as acting_over,
      a.person_id, a.staff_name, a.language,
      coalesce((select jsonb_agg(jsonb_build_object('role', r.role, 'agency', r.agency))
        from identity.role_binding r where r.account_id = a.id and (r.ends_at is null or r.ends_at > ${now})), '[]') as roles,
      coalesce((select jsonb_agg(e.case_id) from identity.emergency e where e.account_id = a.id and e.ends_at > ${now}), '[]') as emergency
    from identity.session s join identity.account a on a.id = s.account_id
    where s.token = ${token} and a.status = 'active'`.execute(db)
  return result.rows[0] ?? null
}

export async function touchSession(db: Db, token: Buffer, now: Date): Promise<void> {
  await tables(db).updateTable('identity.session').set({ seen_at: now }).where('token', '=', token).execute()
}

export async function changeSession(db: Db, token: Buffer, change: SessionChange): Promise<void> {
  await tables(db).updateTable('identity.session').set(change).where('token', '=', token).execute()
}

export async function deleteActing(db: Db, actingId: string): Promise<void> {
  await tables(db)
    .updateTable('identity.session')
    .set({ acting_kind: null, acting_id: null, acting_person: null, acting_services: null, acting_until: null })
    .where('acting_id', '=', actingId)
    .execute()
}

export async function sessionsOfAccount(db: Db, accountId: string, seenAfter: Date): Promise<SessionTable[]> {
  return tables(db)
    .selectFrom('identity.session')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('seen_at', '>', seenAfter)
    .orderBy('seen_at', 'desc')
    .limit(100)
    .execute()
}

/** The sessions among these ids, with their times */
export async function sessionsById(
  db: Db,
  ids: readonly string[],
): Promise<Array<Pick<SessionTable, 'id' | 'seen_at' | 'ends_at' | 'kiosk'>>> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('identity.session')
    .select(['id', 'seen_at', 'ends_at', 'kiosk'])
    .where('id', 'in', [...ids])
    .execute()
}

export async function deleteSession(db: Db, token: Buffer): Promise<void> {
  await tables(db).deleteFrom('identity.session').where('token', '=', token).execute()
}

export async function deleteSessionById(db: Db, accountId: string, id: string): Promise<boolean> {
  const gone = await tables(db)
    .deleteFrom('identity.session')
    .where('account_id', '=', accountId)
    .where(sql<string>`id::text`, '=', id)
    .returning('id')
    .executeTakeFirst()
  return gone !== undefined
}

export async function deleteOtherSessions(db: Db, accountId: string, keep: string | null): Promise<number> {
  let gone = tables(db).deleteFrom('identity.session').where('account_id', '=', accountId)
  if (keep !== null) gone = gone.where(sql<string>`id::text`, '!=', keep)
  return (await gone.returning('id').execute()).length
}

export async function deleteSessionsOf(db: Db, accountId: string): Promise<void> {
  await deleteOtherSessions(db, accountId, null)
}

export async function deleteOldSessions(db: Db, idleBefore: Date, now: Date): Promise<void> {
  await tables(db)
    .deleteFrom('identity.session')
    .where((e) => e.or([e('seen_at', '<', idleBefore), e('ends_at', '<', now)]))
    .execute()
}
