import { sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { Role, RoleBinding } from '../access/index.ts'

type Tables = {
  'identity.account': AccountRow
  'identity.role_binding': { account_id: string; role: Role; agency: string | null; granted_at: Date }
  'identity.session': { token: Buffer; account_id: string; created_at: Date; seen_at: Date; ends_at: Date }
  'identity.code': { token: Buffer; purpose: CodePurpose; account_id: string | null; expires_at: Date; tries_left: number }
  'identity.attempt': { bucket: Buffer; at: Date }
}

/** An account as it is stored. */
export type AccountRow = {
  id: string
  person_id: string
  email_token: Buffer
  password_hash: string
  status: 'unverified' | 'active' | 'closed'
  language: string
  staff_name: string | null
  created_at: Date
}

/** What a one-time code is for. */
export type CodePurpose = 'verify' | 'reset' | 'setup'

/** A session and the account it belongs to. */
export type SessionRow = {
  account_id: string
  person_id: string
  staff_name: string | null
  language: string
  seen_at: Date
  ends_at: Date
}

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertAccount(db: Db, row: AccountRow): Promise<void> {
  await tables(db).insertInto('identity.account').values(row).execute()
}

export async function accountByEmail(db: Db, token: Buffer): Promise<AccountRow | null> {
  return (await tables(db).selectFrom('identity.account').selectAll().where('email_token', '=', token).executeTakeFirst()) ?? null
}

export async function accountById(db: Db, id: string): Promise<AccountRow | null> {
  return (await tables(db).selectFrom('identity.account').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

export async function accountsById(db: Db, ids: readonly string[]): Promise<AccountRow[]> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('identity.account')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
}

export async function updateAccount(
  db: Db,
  id: string,
  change: Partial<Pick<AccountRow, 'status' | 'password_hash' | 'language' | 'staff_name'>>,
): Promise<void> {
  await tables(db).updateTable('identity.account').set(change).where('id', '=', id).execute()
}

export async function anyAccount(db: Db): Promise<boolean> {
  return (await tables(db).selectFrom('identity.account').select('id').limit(1).executeTakeFirst()) !== undefined
}

export async function staffOf(db: Db, agencies: readonly string[]): Promise<Array<{ id: string; staff_name: string }>> {
  const rows = await tables(db)
    .selectFrom('identity.account as a')
    .innerJoin('identity.role_binding as r', 'r.account_id', 'a.id')
    .select(['a.id', 'a.staff_name'])
    .where('a.status', '=', 'active')
    .where('r.role', 'in', ['officer', 'supervisor'])
    .where((e) => e.or([e('r.agency', '=', sql<string>`any(${[...agencies]}::text[])`), e('r.agency', 'is', null)]))
    .orderBy('a.staff_name')
    .distinct()
    .execute()
  return rows.map((row) => ({ id: row.id, staff_name: row.staff_name ?? '' }))
}

export async function insertRole(db: Db, accountId: string, binding: RoleBinding, now: Date): Promise<boolean> {
  const added = await tables(db)
    .insertInto('identity.role_binding')
    .values({ account_id: accountId, role: binding.role, agency: binding.agency, granted_at: now })
    .onConflict((c) => c.doNothing())
    .returning('account_id')
    .executeTakeFirst()
  return added !== undefined
}

export async function deleteRole(db: Db, accountId: string, binding: RoleBinding): Promise<boolean> {
  const taken = await tables(db)
    .deleteFrom('identity.role_binding')
    .where('account_id', '=', accountId)
    .where('role', '=', binding.role)
    .where('agency', 'is not distinct from', binding.agency)
    .returning('account_id')
    .executeTakeFirst()
  return taken !== undefined
}

/** The active accounts that administer; their bindings stay as they are until the transaction ends. */
export async function lockAdministrators(db: Db): Promise<string[]> {
  const rows = await tables(db)
    .selectFrom('identity.role_binding as r')
    .innerJoin('identity.account as a', 'a.id', 'r.account_id')
    .select('r.account_id')
    .where('r.role', '=', 'administrator')
    .where('a.status', '=', 'active')
    .orderBy('r.account_id')
    .forUpdate('r')
    .execute()
  return rows.map((row) => row.account_id)
}

/** Accounts with an official name and their roles, by name. */
export async function staffAccounts(db: Db): Promise<Array<AccountRow & { roles: RoleBinding[] }>> {
  const accounts = await tables(db)
    .selectFrom('identity.account')
    .selectAll()
    .where('staff_name', 'is not', null)
    .orderBy('staff_name')
    .orderBy('id')
    .execute()
  if (accounts.length === 0) return []
  const bindings = await tables(db)
    .selectFrom('identity.role_binding')
    .select(['account_id', 'role', 'agency'])
    .where(
      'account_id',
      'in',
      accounts.map((account) => account.id),
    )
    .orderBy('granted_at')
    .execute()
  const roles = Map.groupBy(bindings, (binding) => binding.account_id)
  return accounts.map((account) => ({ ...account, roles: (roles.get(account.id) ?? []).map(({ role, agency }) => ({ role, agency })) }))
}

export async function rolesOf(db: Db, accountId: string): Promise<RoleBinding[]> {
  return tables(db).selectFrom('identity.role_binding').select(['role', 'agency']).where('account_id', '=', accountId).execute()
}

export async function insertSession(
  db: Db,
  row: { token: Buffer; account_id: string; created_at: Date; seen_at: Date; ends_at: Date },
): Promise<void> {
  await tables(db).insertInto('identity.session').values(row).execute()
}

export async function sessionByToken(db: Db, token: Buffer): Promise<(SessionRow & { roles: RoleBinding[] }) | null> {
  const result = await sql<SessionRow & { roles: RoleBinding[] }>`
    select s.account_id, a.person_id, a.staff_name, a.language, s.seen_at, s.ends_at,
      coalesce((select jsonb_agg(jsonb_build_object('role', r.role, 'agency', r.agency))
        from identity.role_binding r where r.account_id = a.id), '[]') as roles
    from identity.session s join identity.account a on a.id = s.account_id
    where s.token = ${token} and a.status = 'active'`.execute(db)
  return result.rows[0] ?? null
}

export async function touchSession(db: Db, token: Buffer, now: Date): Promise<void> {
  await tables(db).updateTable('identity.session').set({ seen_at: now }).where('token', '=', token).execute()
}

export async function deleteSession(db: Db, token: Buffer): Promise<void> {
  await tables(db).deleteFrom('identity.session').where('token', '=', token).execute()
}

export async function deleteSessionsOf(db: Db, accountId: string): Promise<void> {
  await tables(db).deleteFrom('identity.session').where('account_id', '=', accountId).execute()
}

export async function deleteStale(db: Db, idleBefore: Date, now: Date): Promise<void> {
  await tables(db)
    .deleteFrom('identity.session')
    .where((e) => e.or([e('seen_at', '<', idleBefore), e('ends_at', '<', now)]))
    .execute()
  await tables(db).deleteFrom('identity.code').where('expires_at', '<', now).execute()
  await tables(db)
    .deleteFrom('identity.attempt')
    .where('at', '<', new Date(now.getTime() - 86_400_000))
    .execute()
}

export async function insertCode(
  db: Db,
  row: { token: Buffer; purpose: CodePurpose; account_id: string | null; expires_at: Date },
): Promise<void> {
  await tables(db)
    .insertInto('identity.code')
    .values({ ...row, tries_left: 10 })
    .onConflict((c) => c.doNothing())
    .execute()
}

export async function takeCode(db: Db, token: Buffer, purpose: CodePurpose, now: Date): Promise<{ account_id: string | null } | null> {
  const row = await tables(db)
    .deleteFrom('identity.code')
    .where('token', '=', token)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .returning('account_id')
    .executeTakeFirst()
  return row ?? null
}

export async function deleteCodesOf(db: Db, accountId: string, purpose: CodePurpose): Promise<void> {
  await tables(db).deleteFrom('identity.code').where('account_id', '=', accountId).where('purpose', '=', purpose).execute()
}

/** Lets one transaction at a time count a bucket; until the transaction ends. */
export async function lockBucket(db: Db, bucket: Buffer): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtextextended(encode(${bucket}::bytea, 'hex'), 0))`.execute(db)
}

export async function countAttempts(db: Db, bucket: Buffer, since: Date): Promise<number> {
  const row = await tables(db)
    .selectFrom('identity.attempt')
    .select((e) => e.fn.countAll<bigint>().as('count'))
    .where('bucket', '=', bucket)
    .where('at', '>', since)
    .executeTakeFirst()
  return Number(row?.count ?? 0n)
}

export async function insertAttempt(db: Db, bucket: Buffer, at: Date): Promise<void> {
  await tables(db).insertInto('identity.attempt').values({ bucket, at }).execute()
}

export async function clearAttempts(db: Db, bucket: Buffer): Promise<void> {
  await tables(db).deleteFrom('identity.attempt').where('bucket', '=', bucket).execute()
}
