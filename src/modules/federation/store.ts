import { type Db, tablesOf } from '../../platform/db.ts'
import { wrappedColumn } from '../../platform/keysrotate.ts'
import type { Level } from '../access/index.ts'
import type { ClaimMap } from './provider.ts'

type Tables = { 'federation.provider': ProviderRow; 'federation.link': LinkRow }

/** A provider as it is stored. */
export type ProviderRow = {
  id: string
  names: Record<string, string>
  issuer: string
  client_id: string
  wrapped_secret: Buffer | null
  key_version: number | null
  scopes: string
  claims: ClaimMap
  levels: Record<string, Level>
  default_level: Level
  enabled: boolean
  created_at: Date
}

/** Whose account a provider's subject is. */
export type LinkRow = { provider_id: string; subject: Buffer; account_id: string; claims_token: Buffer; linked_at: Date; used_at: Date }

/** What a client secret is bound to. */
export const secretContext = (id: string): string => `federation/${id}`

/** The secrets that the deployment's keys wrap. */
export const wrappedSecrets = [wrappedColumn({ table: 'federation.provider', id: 'id', wrapped: 'wrapped_secret', context: secretContext })]

const tables = (db: Db) => tablesOf<Tables>(db)

export async function allProviders(db: Db): Promise<ProviderRow[]> {
  return tables(db).selectFrom('federation.provider').selectAll().orderBy('created_at').orderBy('id').execute()
}

export async function providerById(db: Db, id: string): Promise<ProviderRow | null> {
  return (await tables(db).selectFrom('federation.provider').selectAll().where('id', '=', id).executeTakeFirst()) ?? null
}

/** Adds a provider; false when its name is taken. */
export async function insertProvider(db: Db, row: ProviderRow): Promise<boolean> {
  const json = { names: JSON.stringify(row.names), claims: JSON.stringify(row.claims), levels: JSON.stringify(row.levels) }
  const added = await tables(db)
    .insertInto('federation.provider')
    .values({ ...row, ...(json as unknown as Pick<ProviderRow, 'names' | 'claims' | 'levels'>) })
    .onConflict((c) => c.doNothing())
    .returning('id')
    .executeTakeFirst()
  return added !== undefined
}

export async function setEnabled(db: Db, id: string, enabled: boolean): Promise<boolean> {
  const changed = await tables(db)
    .updateTable('federation.provider')
    .set({ enabled })
    .where('id', '=', id)
    .returning('id')
    .executeTakeFirst()
  return changed !== undefined
}

export async function linkOf(db: Db, providerId: string, subject: Buffer): Promise<LinkRow | null> {
  const row = await tables(db)
    .selectFrom('federation.link')
    .selectAll()
    .where('provider_id', '=', providerId)
    .where('subject', '=', subject)
    .executeTakeFirst()
  return row ?? null
}

/** Links a subject to an account; false when either has a link there already. */
export async function insertLink(db: Db, row: LinkRow): Promise<boolean> {
  const added = await tables(db)
    .insertInto('federation.link')
    .values(row)
    .onConflict((c) => c.doNothing())
    .returning('account_id')
    .executeTakeFirst()
  return added !== undefined
}

export async function updateLink(
  db: Db,
  providerId: string,
  subject: Buffer,
  change: Pick<LinkRow, 'claims_token' | 'used_at'>,
): Promise<void> {
  await tables(db).updateTable('federation.link').set(change).where('provider_id', '=', providerId).where('subject', '=', subject).execute()
}

export async function linksOfAccount(db: Db, accountId: string): Promise<LinkRow[]> {
  return tables(db).selectFrom('federation.link').selectAll().where('account_id', '=', accountId).orderBy('linked_at').execute()
}

export async function deleteLink(db: Db, accountId: string, providerId: string): Promise<boolean> {
  const gone = await tables(db)
    .deleteFrom('federation.link')
    .where('account_id', '=', accountId)
    .where('provider_id', '=', providerId)
    .returning('account_id')
    .executeTakeFirst()
  return gone !== undefined
}

export async function deleteLinksOf(db: Db, accountId: string): Promise<void> {
  await tables(db).deleteFrom('federation.link').where('account_id', '=', accountId).execute()
}
