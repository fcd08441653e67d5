import { type Generated, sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import type { Role, RoleBinding } from '../access/index.ts'

type Tables = {
  'identity.account': AccountRow
  'identity.role_binding': RoleRow
  'identity.code': { token: Buffer; purpose: CodePurpose; account_id: string | null; expires_at: Date; tries_left: number }
  'identity.attempt': { bucket: Buffer; at: Date }
}

/** An account as it is stored. */
export type AccountRow = {
  id: string
  person_id: string
  email_token: Buffer | null
  password_hash: string | null
  status: 'unverified' | 'active' | 'closed'
  language: string
  staff_name: string | null
  created_at: Date
  /** When an officer saw the person and their papers. */
  proofed_at: Date | null
  /** By which the counter finds an account without an e-mail address; such as `ACC-7K3M-Q9DX`. */
  number: string | null
}

/** A role that an account has; without an end it lasts until it is taken away. */
type RoleRow = {
  id: Generated<string>
  account_id: string
  role: Role
  agency: string | null
  granted_at: Date
  ends_at: Generated<Date | null>
  granted_by: Generated<string | null>
  reviewed_at: Generated<Date | null>
  review_due_at: Generated<Date | null>
}

/** What a one-time code is for. */
export type CodePurpose = 'verify' | 'reset' | 'setup' | 'link' | 'letter' | 'second_step' | 'join'

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

export async function accountByNumber(db: Db, number: string): Promise<AccountRow | null> {
  return (await tables(db).selectFrom('identity.account').selectAll().where('number', '=', number).executeTakeFirst()) ?? null
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
  change: Partial<Pick<AccountRow, 'status' | 'email_token' | 'password_hash' | 'language' | 'staff_name' | 'proofed_at' | 'number'>>,
): Promise<void> {
  await tables(db).updateTable('identity.account').set(change).where('id', '=', id).execute()
}

/** Since when an account has an authenticator app, and whether it has recovery codes. */
export async function meansOf(db: Db, accountId: string): Promise<Array<{ kind: 'totp' | 'recovery_codes'; since: Date | null }>> {
  const result = await sql<{ kind: 'totp' | 'recovery_codes'; since: Date | null }>`
    select 'totp' as kind, confirmed_at as since from identity.totp where account_id = ${accountId}
    union all select 'recovery_codes', null from identity.recovery_code where account_id = ${accountId} having count(*) > 0`.execute(db)
  return result.rows
}

/** Tables with rows that belong to an account and are of no use without it. */
const ofAccount = [
  'identity.session', 'identity.code', 'identity.role_binding', 'identity.passkey', 'identity.totp', 'identity.totp_setup',
  'identity.recovery_code', 'identity.challenge', 'identity.letter_request',
] as const // prettier-ignore

/** Closes the account of a person and forgets how it signed in; returns its id, null when there is none. */
export async function closeAccountOf(db: Db, personId: string): Promise<string | null> {
  const closed = await tables(db)
    .updateTable('identity.account')
    .set({ status: 'closed', email_token: null, password_hash: null, staff_name: null, proofed_at: null, number: null })
    .where('person_id', '=', personId)
    .returning('id')
    .executeTakeFirst()
  if (!closed) return null
  for (const table of ofAccount) await sql`delete from ${sql.table(table)} where account_id = ${closed.id}`.execute(db)
  return closed.id
}

/** The account of a person that can still be signed in to. */
export async function accountOfPerson(db: Db, personId: string): Promise<AccountRow | null> {
  const query = tables(db).selectFrom('identity.account').selectAll().where('person_id', '=', personId).where('status', '!=', 'closed')
  return (await query.executeTakeFirst()) ?? null
}

export async function anyAccount(db: Db): Promise<boolean> {
  return (await tables(db).selectFrom('identity.account').select('id').limit(1).executeTakeFirst()) !== undefined
}

export async function staffOf(
  db: Db,
  agencies: readonly string[],
  now: Date,
  roles: ReadonlyArray<'officer' | 'supervisor'> = ['officer', 'supervisor'],
): Promise<Array<{ id: string; staff_name: string }>> {
  const rows = await tables(db)
    .selectFrom('identity.account as a')
    .innerJoin('identity.role_binding as r', 'r.account_id', 'a.id')
    .select(['a.id', 'a.staff_name'])
    .where('a.status', '=', 'active')
    .where('r.role', 'in', [...roles])
    .where((e) => e.or([e('r.ends_at', 'is', null), e('r.ends_at', '>', now)]))
    .where((e) => e.or([e('r.agency', '=', sql<string>`any(${[...agencies]}::text[])`), e('r.agency', 'is', null)]))
    .orderBy('a.staff_name')
    .distinct()
    .execute()
  return rows.map((row) => ({ id: row.id, staff_name: row.staff_name ?? '' }))
}

export async function insertRole(
  db: Db,
  accountId: string,
  binding: RoleBinding,
  grant: { now: Date; ends: Date | null; by: string | null; reviewDue?: Date | null },
): Promise<boolean> {
  const added = await tables(db)
    .insertInto('identity.role_binding')
    .values({
      account_id: accountId,
      role: binding.role,
      agency: binding.agency,
      granted_at: grant.now,
      ends_at: grant.ends,
      granted_by: grant.by,
      review_due_at: grant.reviewDue ?? null,
    })
    .onConflict((c) => c.doNothing())
    .returning('account_id')
    .executeTakeFirst()
  return added !== undefined
}

/** The official names of accounts and the roles they have now. */
export async function namesAndRoles(
  db: Db,
  ids: readonly string[],
  now: Date,
): Promise<Array<{ id: string; staff_name: string | null; roles: RoleBinding[] }>> {
  if (ids.length === 0) return []
  const result = await sql<{ id: string; staff_name: string | null; roles: RoleBinding[] }>`
    select a.id, a.staff_name, coalesce((select jsonb_agg(jsonb_build_object('role', r.role, 'agency', r.agency) order by r.granted_at)
      from identity.role_binding r where r.account_id = a.id and (r.ends_at is null or r.ends_at > ${now})), '[]') as roles
    from identity.account a where a.id = any(${[...ids]}::uuid[])`.execute(db)
  return result.rows
}

/** Residents' accounts that were made before an instant and whose address was never proven. */
export async function neverProven(db: Db, before: Date, limit: number): Promise<Array<{ id: string; person_id: string }>> {
  return tables(db)
    .selectFrom('identity.account')
    .select(['id', 'person_id'])
    .where('status', '=', 'unverified')
    .where('staff_name', 'is', null)
    .where('created_at', '<', before)
    .orderBy('created_at')
    .limit(limit)
    .execute()
}

/** Removes an account that is still unproven, with its roles and codes; false when it was proven in the meantime. */
export async function deleteUnproven(db: Db, id: string): Promise<boolean> {
  const row = await tables(db)
    .selectFrom('identity.account')
    .select('id')
    .where('id', '=', id)
    .where('status', '=', 'unverified')
    .forUpdate()
    .executeTakeFirst()
  if (!row) return false
  await tables(db).deleteFrom('identity.code').where('account_id', '=', id).execute()
  await tables(db).deleteFrom('identity.role_binding').where('account_id', '=', id).execute()
  await tables(db).deleteFrom('identity.account').where('id', '=', id).execute()
  return true
}

export async function rolesOf(db: Db, accountId: string, now: Date): Promise<RoleBinding[]> {
  return tables(db)
    .selectFrom('identity.role_binding')
    .select(['role', 'agency'])
    .where('account_id', '=', accountId)
    .where((e) => e.or([e('ends_at', 'is', null), e('ends_at', '>', now)]))
    .execute()
}

export async function deleteStale(db: Db, now: Date): Promise<void> {
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

export async function codeOf(db: Db, token: Buffer, purpose: CodePurpose, now: Date): Promise<{ account_id: string | null } | null> {
  const row = await tables(db)
    .selectFrom('identity.code')
    .select('account_id')
    .where('token', '=', token)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
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
