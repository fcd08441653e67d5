import { sql } from 'kysely'
import { type Db, tablesOf } from '../../platform/db.ts'
import { type Wrapped, wrappedColumn } from '../../platform/keysrotate.ts'
import type { AuthMethod, Scope } from './client.ts'

type Tables = { 'oidc.client': ClientRow; 'oidc.item': ItemRow; 'oidc.signing_key': KeyRow }

/** An application as it is stored. */
export type ClientRow = {
  id: string
  names: Record<string, string>
  agency: string
  redirect_uris: string[]
  post_logout_redirect_uris: string[]
  backchannel_logout_uri: string | null
  auth_method: AuthMethod
  wrapped_secret: Buffer | null
  secret_version: number | null
  /** A JSON Web Key Set; written as its text. */
  jwks: unknown
  scopes: Scope[]
  par_required: boolean
  created_at: Date
  disabled_at: Date | null
}

/** A session, request, code, token or grant as it is stored. */
export type ItemRow = {
  model: string
  id: Buffer
  wrapped_payload: Buffer
  key_version: number
  grant_id: string | null
  uid: string | null
  account_id: string | null
  client_id: string | null
  holder: string | null
  expires_at: Date
  consumed_at: Date | null
}

/** A signing key as it is stored. */
export type KeyRow = { kid: string; wrapped_key: Buffer; key_version: number; created_at: Date; signs_from: Date }

/** The context that the secret of an application is wrapped with. */
export const secretContext = (id: string): string => `oidc.client/${id}`
/** The context that an item is wrapped with; its id is `model/hash`. */
export const itemContext = (id: string): string => `oidc.item/${id}`
/** The context that a signing key is wrapped with. */
export const keyContext = (kid: string): string => `oidc.signing_key/${kid}`

/** The tables whose bytes the deployment's keys wrap. */
export const wrappedOidc: readonly Wrapped[] = [
  wrappedColumn({ table: 'oidc.client', id: 'id', wrapped: 'wrapped_secret', version: 'secret_version', context: secretContext }),
  wrappedColumn({ table: 'oidc.signing_key', id: 'kid', wrapped: 'wrapped_key', context: keyContext }),
  wrappedColumn({ table: 'oidc.item', id: "(model || '/' || encode(id, 'hex'))", wrapped: 'wrapped_payload', context: itemContext }),
]

const tables = (db: Db) => tablesOf<Tables>(db)

export async function insertClient(db: Db, row: ClientRow): Promise<boolean> {
  const added = await tables(db)
    .insertInto('oidc.client')
    .values({ ...row, jwks: row.jwks === null ? null : JSON.stringify(row.jwks) })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst()
  return added !== undefined
}

export async function clientById(db: Db, id: string, lock = false): Promise<ClientRow | null> {
  const found = tables(db).selectFrom('oidc.client').selectAll().where('id', '=', id)
  return (await (lock ? found.forUpdate() : found).executeTakeFirst()) ?? null
}

export async function clientsById(db: Db, ids: readonly string[]): Promise<ClientRow[]> {
  if (ids.length === 0) return []
  return tables(db)
    .selectFrom('oidc.client')
    .selectAll()
    .where('id', 'in', [...ids])
    .execute()
}

/** The newest applications; at most 500. */
export async function allClients(db: Db): Promise<ClientRow[]> {
  return tables(db).selectFrom('oidc.client').selectAll().orderBy('created_at', 'desc').orderBy('id').limit(500).execute()
}

export async function updateClient(
  db: Db,
  id: string,
  change: Partial<Pick<ClientRow, 'wrapped_secret' | 'secret_version' | 'disabled_at'>>,
): Promise<void> {
  await tables(db).updateTable('oidc.client').set(change).where('id', '=', id).execute()
}

export async function putItem(db: Db, row: ItemRow): Promise<void> {
  // saved again, it stays used, and a request without a session does not cut it loose from its own
  const { model: _model, id: _id, consumed_at: _consumed, holder, ...rest } = row
  const change = holder === null ? rest : { ...rest, holder }
  await tables(db)
    .insertInto('oidc.item')
    .values(row)
    .onConflict((c) => c.columns(['model', 'id']).doUpdateSet(change))
    .execute()
}

export async function itemById(db: Db, model: string, id: Buffer, now: Date): Promise<ItemRow | null> {
  const found = tables(db).selectFrom('oidc.item').selectAll().where('model', '=', model).where('id', '=', id)
  return (await found.where('expires_at', '>', now).executeTakeFirst()) ?? null
}

export async function itemByUid(db: Db, model: string, uid: string, now: Date): Promise<ItemRow | null> {
  const found = tables(db).selectFrom('oidc.item').selectAll().where('uid', '=', uid).where('model', '=', model)
  return (await found.where('expires_at', '>', now).executeTakeFirst()) ?? null
}

/** The items of one kind that an account has. */
export async function itemsOfAccount(db: Db, model: string, accountId: string, now: Date): Promise<ItemRow[]> {
  return tables(db)
    .selectFrom('oidc.item')
    .selectAll()
    .where('account_id', '=', accountId)
    .where('model', '=', model)
    .where('expires_at', '>', now)
    .execute()
}

/** The next sessions of the provider in which somebody is signed in, in the order of their ids; at most `limit`. */
export async function liveSessions(db: Db, now: Date, after: Buffer | null, limit: number): Promise<ItemRow[]> {
  const found = tables(db).selectFrom('oidc.item').selectAll().where('model', '=', 'Session')
  const next = after === null ? found : found.where('id', '>', after)
  return next.where('account_id', 'is not', null).where('expires_at', '>', now).orderBy('id').limit(limit).execute()
}

/** Marks a code, token or request as used; false when it was used already or is gone. */
export async function consumeItem(db: Db, model: string, id: Buffer, now: Date): Promise<boolean> {
  const taken = await tables(db)
    .updateTable('oidc.item')
    .set({ consumed_at: now })
    .where('model', '=', model)
    .where('id', '=', id)
    .where('consumed_at', 'is', null)
    .returning('model')
    .executeTakeFirst()
  return taken !== undefined
}

export async function deleteItem(db: Db, model: string, id: Buffer): Promise<void> {
  await tables(db).deleteFrom('oidc.item').where('model', '=', model).where('id', '=', id).execute()
}

/** Deletes what was made under a grant: of one kind, or everything. */
export async function deleteUnderGrant(db: Db, grantId: string, model: string | null): Promise<void> {
  const found = tables(db).deleteFrom('oidc.item').where('grant_id', '=', grantId)
  await (model === null ? found : found.where('model', '=', model)).execute()
}

export async function deleteItemsOfClient(db: Db, clientId: string): Promise<void> {
  await tables(db).deleteFrom('oidc.item').where('client_id', '=', clientId).execute()
}

export async function deleteItemsOfAccount(db: Db, accountId: string): Promise<void> {
  await tables(db).deleteFrom('oidc.item').where('account_id', '=', accountId).execute()
}

export async function deleteExpired(db: Db, now: Date): Promise<void> {
  await tables(db).deleteFrom('oidc.item').where('expires_at', '<', now).execute()
}

/** Lets one transaction at a time make signing keys; until it ends. */
export async function lockKeys(db: Db): Promise<void> {
  await sql`select pg_advisory_xact_lock(7480012)`.execute(db)
}

/** The signing keys, the newest first. */
export async function signingKeys(db: Db): Promise<KeyRow[]> {
  return tables(db).selectFrom('oidc.signing_key').selectAll().orderBy('signs_from', 'desc').orderBy('kid').execute()
}

export async function insertKey(db: Db, row: KeyRow): Promise<void> {
  await tables(db).insertInto('oidc.signing_key').values(row).execute()
}

export async function deleteKeys(db: Db, kids: readonly string[]): Promise<void> {
  if (kids.length === 0) return
  await tables(db)
    .deleteFrom('oidc.signing_key')
    .where('kid', 'in', [...kids])
    .execute()
}
