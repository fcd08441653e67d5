import type { AdapterPayload, JWKS } from 'oidc-provider'
import { notFound, Problem } from '../../kernel/problem.ts'
import { foldText, type Words } from '../../kernel/text.ts'
import { type Author, record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import type { AppClient, NewClient } from './client.ts'
import type { ClientRow } from './store.ts'
import * as store from './store.ts'

/** An application that was just registered; its secret is shown this once and never again. */
export type Registered = { readonly id: string; readonly secret: string | null }

/** Every application, the newest first; for administrators. */
export async function listClients(platform: Platform, actor: Actor): Promise<AppClient[]> {
  allow(actor, 'oidc.administer')
  return (await store.allClients(platform.db)).map(toClient)
}

/** An application; null when there is none. */
export async function findClient(platform: Platform, id: string): Promise<AppClient | null> {
  const row = await store.clientById(platform.db, id)
  return row ? toClient(row) : null
}

/** Registers an application, as an administrator. */
export async function registerClient(platform: Platform, actor: Actor, client: NewClient): Promise<Registered> {
  allow(actor, 'oidc.administer')
  const id = newId(platform, client.names)
  const secret = client.authMethod === 'client_secret_basic' ? newSecret(platform) : null
  await addClient(platform, actor, id, client, secret)
  return { id, secret }
}

/** Adds an application with an id and a secret of the caller's making; false when that id is there already. */
export async function addClient(
  platform: Platform,
  author: Author,
  id: string,
  client: NewClient,
  secret: string | null,
): Promise<boolean> {
  return transact(platform, async (tx) => {
    const wrapped = secret === null ? null : wrapSecret(tx, id, secret)
    const added = await store.insertClient(tx.db, {
      id,
      names: { ...client.names },
      agency: client.agency,
      redirect_uris: [...client.redirectUris],
      post_logout_redirect_uris: [...client.postLogoutRedirectUris],
      backchannel_logout_uri: client.backchannelLogoutUri,
      auth_method: client.authMethod,
      wrapped_secret: wrapped?.wrapped ?? null,
      secret_version: wrapped?.version ?? null,
      jwks: client.jwks,
      scopes: [...client.scopes],
      par_required: client.parRequired,
      created_at: tx.now(),
      disabled_at: null,
    })
    if (added) await record(tx, author, { type: 'oidc.client.registered', stream: id, data: { agency: client.agency } })
    return added
  })
}

/** Gives an application a new secret; the old one is worth nothing from then on. Throws 409 for one that has none. */
export async function renewSecret(platform: Platform, actor: Actor, id: string): Promise<string> {
  allow(actor, 'oidc.administer')
  const secret = newSecret(platform)
  await transact(platform, async (tx) => {
    const row = await lockedClient(tx, id)
    if (row.auth_method !== 'client_secret_basic' || row.disabled_at !== null)
      throw new Problem('oidc.no-secret', 409, 'This application has no secret.')
    const { version, wrapped } = wrapSecret(tx, id, secret)
    await store.updateClient(tx.db, id, { wrapped_secret: wrapped, secret_version: version })
    await record(tx, actor, { type: 'oidc.client.changed', stream: id, data: { what: 'secret' } })
  })
  return secret
}

/** Ends an application: nobody can sign in to it any more, and all it was given is worth nothing. Once is enough. */
export async function disableClient(platform: Platform, actor: Actor, id: string): Promise<void> {
  allow(actor, 'oidc.administer')
  await transact(platform, async (tx) => {
    const row = await lockedClient(tx, id)
    if (row.disabled_at !== null) return
    await store.updateClient(tx.db, id, { disabled_at: tx.now() })
    await store.deleteItemsOfClient(tx.db, id)
    await record(tx, actor, { type: 'oidc.client.disabled', stream: id, data: { agency: row.agency } })
  })
}

/** An application as the library knows it (OpenID Connect Dynamic Client Registration 1.0, 2); undefined when there is none or it is disabled. */
export async function clientMetadata(platform: Platform, id: string): Promise<AdapterPayload | undefined> {
  const row = id.length <= 100 ? await store.clientById(platform.db, id) : null
  if (!row || row.disabled_at !== null) return undefined
  const offline = row.scopes.includes('offline_access')
  return {
    client_id: row.id,
    agency: row.agency,
    redirect_uris: row.redirect_uris,
    post_logout_redirect_uris: row.post_logout_redirect_uris,
    ...(row.backchannel_logout_uri
      ? { backchannel_logout_uri: row.backchannel_logout_uri, backchannel_logout_session_required: true }
      : {}),
    ...(row.wrapped_secret ? { client_secret: unwrapSecret(platform, row) } : {}),
    ...(row.jwks ? { jwks: row.jwks as JWKS } : {}),
    token_endpoint_auth_method: row.auth_method,
    id_token_signed_response_alg: 'ES256',
    grant_types: offline ? ['authorization_code', 'refresh_token'] : ['authorization_code'],
    response_types: ['code'],
    response_modes: ['query'],
    scope: row.scopes.join(' '),
    subject_type: 'pairwise',
    sector_identifier_uri: `https://${row.agency.replaceAll('_', '-')}.agency.invalid/`,
    require_pushed_authorization_requests: row.par_required,
  }
}

async function lockedClient(tx: Platform, id: string): Promise<ClientRow> {
  const row = await store.clientById(tx.db, id, true)
  if (!row) throw notFound('application')
  return row
}

/** An id that tells people which application it is, wherever it stands: its name, and something by chance. */
function newId(platform: Platform, names: Words): string {
  const name = foldText(names['en'] ?? '')
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40)
  return `${name || 'app'}-${Buffer.from(platform.random(4)).toString('hex')}`
}

function newSecret(platform: Platform): string {
  return Buffer.from(platform.random(32)).toString('base64url')
}

function wrapSecret(platform: Platform, id: string, secret: string): { version: number; wrapped: Buffer } {
  return platform.keys.wrap(Buffer.from(secret), store.secretContext(id))
}

function unwrapSecret(platform: Platform, row: ClientRow): string {
  return platform.keys.unwrap(row.secret_version ?? 0, row.wrapped_secret ?? Buffer.alloc(0), store.secretContext(row.id)).toString()
}

function toClient(row: ClientRow): AppClient {
  return {
    id: row.id,
    names: row.names,
    agency: row.agency,
    redirectUris: row.redirect_uris,
    postLogoutRedirectUris: row.post_logout_redirect_uris,
    backchannelLogoutUri: row.backchannel_logout_uri,
    authMethod: row.auth_method,
    jwks: row.jwks,
    scopes: row.scopes,
    parRequired: row.par_required,
    createdAt: row.created_at,
    disabledAt: row.disabled_at,
  }
}
