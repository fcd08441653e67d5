import { sql } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import { type Wrapped, wrappedColumn } from '../../../platform/keysrotate.ts'

type Tables = {
  'identity.passkey': PasskeyRow
  'identity.totp': TotpRow
  'identity.totp_setup': { account_id: string; secret: Buffer; key_version: number; expires_at: Date }
  'identity.recovery_code': { token: Buffer; account_id: string }
  'identity.challenge': { token: Buffer; purpose: ChallengePurpose; account_id: string | null; expires_at: Date }
  'identity.delay': { bucket: Buffer; failures: number; last_at: Date; waits_until: Date }
}

/** A passkey as it is stored; its name is wrapped. */
export type PasskeyRow = {
  id: string
  account_id: string
  credential_id: Buffer
  public_key: Buffer
  counter: bigint
  transports: string[]
  device_type: 'single_device' | 'multi_device'
  backed_up: boolean
  name: Buffer
  key_version: number
  created_at: Date
  used_at: Date | null
  disabled_at: Date | null
}

/** An authenticator app as it is stored; its secret is wrapped. */
export type TotpRow = { account_id: string; secret: Buffer; key_version: number; confirmed_at: Date; last_step: bigint }

/** What a passkey signs a challenge for. */
export type ChallengePurpose = 'register' | 'sign_in' | 'step_up'

const tables = (db: Db) => tablesOf<Tables>(db)

/** The context that a secret of an authenticator app is wrapped with. */
export const totpContext = (accountId: string): string => `totp/${accountId}`
/** The context that the name of a passkey is wrapped with. */
export const passkeyContext = (id: string): string => `passkey/${id}`

/** What the deployment key wraps here. */
export const wrappedFactors: readonly Wrapped[] = [
  wrappedColumn({ table: 'identity.totp', id: 'account_id', wrapped: 'secret', context: totpContext }),
  wrappedColumn({ table: 'identity.totp_setup', id: 'account_id', wrapped: 'secret', context: totpContext }),
  wrappedColumn({ table: 'identity.passkey', id: 'id', wrapped: 'name', context: passkeyContext }),
]

/** How many second factors of each kind an account has. */
export async function countFactors(
  db: Db,
  accountId: string,
): Promise<{ passkeys: number; totp: boolean; recovery: number; password: boolean; proofed: boolean }> {
  const result = await sql<{ passkeys: number; totp: boolean; recovery: number; password: boolean; proofed: boolean }>`
    select (select count(*)::int from identity.passkey p where p.account_id = a.id and p.disabled_at is null) as passkeys,
      exists (select from identity.totp t where t.account_id = a.id) as totp,
      (select count(*)::int from identity.recovery_code r where r.account_id = a.id) as recovery,
      a.password_hash is not null as password, a.proofed_at is not null as proofed
    from identity.account a where a.id = ${accountId}`.execute(db)
  return result.rows[0] ?? { passkeys: 0, totp: false, recovery: 0, password: false, proofed: false }
}

/** Lets one transaction at a time change an account's factors; until the transaction ends. */
export async function lockAccount(db: Db, accountId: string): Promise<void> {
  await sql`select 1 from identity.account where id = ${accountId} for update`.execute(db)
}

export async function insertPasskey(db: Db, row: PasskeyRow): Promise<void> {
  await tables(db).insertInto('identity.passkey').values(row).execute()
}

export async function passkeysOf(db: Db, accountId: string): Promise<PasskeyRow[]> {
  return tables(db).selectFrom('identity.passkey').selectAll().where('account_id', '=', accountId).orderBy('created_at').execute()
}

export async function passkeyByCredential(db: Db, credentialId: Buffer, lock: boolean): Promise<PasskeyRow | null> {
  const found = tables(db).selectFrom('identity.passkey').selectAll().where('credential_id', '=', credentialId)
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

export async function updatePasskey(
  db: Db,
  accountId: string,
  id: string,
  change: Partial<Pick<PasskeyRow, 'counter' | 'backed_up' | 'used_at' | 'disabled_at' | 'name' | 'key_version'>>,
): Promise<boolean> {
  const changed = await tables(db)
    .updateTable('identity.passkey')
    .set(change)
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return changed !== undefined
}

export async function deletePasskey(db: Db, accountId: string, id: string): Promise<boolean> {
  const gone = await tables(db)
    .deleteFrom('identity.passkey')
    .where('account_id', '=', accountId)
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return gone !== undefined
}

export async function putSetup(db: Db, row: Tables['identity.totp_setup']): Promise<void> {
  await tables(db)
    .insertInto('identity.totp_setup')
    .values(row)
    .onConflict((c) => c.column('account_id').doUpdateSet(row))
    .execute()
}

export async function setupOf(db: Db, accountId: string, now: Date): Promise<Tables['identity.totp_setup'] | null> {
  const found = tables(db).selectFrom('identity.totp_setup').selectAll().where('account_id', '=', accountId).where('expires_at', '>', now)
  return (await found.executeTakeFirst()) ?? null
}

export async function deleteSetup(db: Db, accountId: string): Promise<void> {
  await tables(db).deleteFrom('identity.totp_setup').where('account_id', '=', accountId).execute()
}

export async function putTotp(db: Db, row: TotpRow): Promise<void> {
  await tables(db)
    .insertInto('identity.totp')
    .values(row)
    .onConflict((c) => c.column('account_id').doUpdateSet(row))
    .execute()
}

export async function lockTotp(db: Db, accountId: string): Promise<TotpRow | null> {
  const found = tables(db).selectFrom('identity.totp').selectAll().where('account_id', '=', accountId).forUpdate()
  return (await found.executeTakeFirst()) ?? null
}

export async function setLastStep(db: Db, accountId: string, step: number): Promise<void> {
  await tables(db)
    .updateTable('identity.totp')
    .set({ last_step: BigInt(step) })
    .where('account_id', '=', accountId)
    .execute()
}

export async function deleteTotp(db: Db, accountId: string): Promise<boolean> {
  const gone = await tables(db).deleteFrom('identity.totp').where('account_id', '=', accountId).returning('account_id').executeTakeFirst()
  return gone !== undefined
}

/** Replaces the recovery codes of an account. */
export async function putRecovery(db: Db, accountId: string, tokens: readonly Buffer[]): Promise<void> {
  await deleteRecovery(db, accountId)
  await tables(db)
    .insertInto('identity.recovery_code')
    .values(tokens.map((token) => ({ token, account_id: accountId })))
    .execute()
}

export async function takeRecovery(db: Db, accountId: string, token: Buffer): Promise<boolean> {
  const taken = await tables(db)
    .deleteFrom('identity.recovery_code')
    .where('token', '=', token)
    .where('account_id', '=', accountId)
    .returning('token')
    .executeTakeFirst()
  return taken !== undefined
}

export async function deleteRecovery(db: Db, accountId: string): Promise<void> {
  await tables(db).deleteFrom('identity.recovery_code').where('account_id', '=', accountId).execute()
}

/** Everything that an account signs in with besides its password goes. */
export async function deleteFactors(db: Db, accountId: string): Promise<void> {
  for (const table of ['identity.passkey', 'identity.totp', 'identity.totp_setup', 'identity.recovery_code', 'identity.challenge'] as const)
    await sql`delete from ${sql.table(table)} where account_id = ${accountId}`.execute(db)
}

export async function insertChallenge(db: Db, row: Tables['identity.challenge']): Promise<void> {
  await tables(db).insertInto('identity.challenge').values(row).execute()
}

export async function takeChallenge(
  db: Db,
  token: Buffer,
  purpose: ChallengePurpose,
  now: Date,
): Promise<{ account_id: string | null } | null> {
  const taken = await tables(db)
    .deleteFrom('identity.challenge')
    .where('token', '=', token)
    .where('purpose', '=', purpose)
    .where('expires_at', '>', now)
    .returning('account_id')
    .executeTakeFirst()
  return taken ?? null
}

/**
 * Counts a try in a bucket and says how many there were in a row; null while the bucket has to wait. A bucket that need
 * not wait holds a time long past: the clocks of two processes are never quite the same.
 */
export async function countTry(db: Db, bucket: Buffer, how: { now: Date; since: Date; free: number }): Promise<number | null> {
  const result = await sql<{ failures: number }>`
    insert into identity.delay as d (bucket, failures, last_at, waits_until) values (${bucket}, 1, ${how.now}, to_timestamp(0))
    on conflict (bucket) do update set
      failures = case when d.last_at < ${how.since} then 1 else least(d.failures, 1000) + 1 end,
      last_at = excluded.last_at,
      waits_until = case when d.last_at >= ${how.since} and d.failures + 1 >= ${how.free}::int
        then excluded.last_at + least(60, 2 ^ least(d.failures + 1 - ${how.free}::int, 10)) * interval '1 minute'
        else to_timestamp(0) end
    where d.waits_until <= ${how.now}
    returning failures`.execute(db)
  return result.rows[0]?.failures ?? null
}

export async function waitsUntil(db: Db, bucket: Buffer): Promise<Date | null> {
  const row = await tables(db).selectFrom('identity.delay').select('waits_until').where('bucket', '=', bucket).executeTakeFirst()
  return row?.waits_until ?? null
}

export async function forgetTries(db: Db, bucket: Buffer): Promise<void> {
  await tables(db).deleteFrom('identity.delay').where('bucket', '=', bucket).execute()
}

/** Takes one try of a bucket back, with the wait that it brought. */
export async function takeTryBack(db: Db, bucket: Buffer): Promise<void> {
  await sql`update identity.delay set failures = greatest(failures - 1, 0), waits_until = to_timestamp(0)
    where bucket = ${bucket}`.execute(db)
}

/** Forgets challenges, secrets that were never confirmed, and failures of more than a day ago. */
export async function deleteOver(db: Db, now: Date, failuresBefore: Date): Promise<void> {
  await tables(db).deleteFrom('identity.challenge').where('expires_at', '<', now).execute()
  await tables(db).deleteFrom('identity.totp_setup').where('expires_at', '<', now).execute()
  await tables(db).deleteFrom('identity.delay').where('last_at', '<', failuresBefore).execute()
}
