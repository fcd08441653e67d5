import { notFound, Problem } from '../../kernel/problem.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, allow, anonymous } from '../access/index.ts'
import { accountFacts, addAccount } from '../identity/index.ts'
import { profileOf, seal, updateProfile } from '../people/index.ts'
import { type Provider, profileFields, type ProfileField } from './provider.ts'
import * as store from './store.ts'

/** Somebody whom a provider has confirmed. */
export type Confirmed = { readonly provider: string; readonly subject: string; readonly profile: Partial<Record<ProfileField, string>> }

/** The providers that people may use, in the order they were added. */
export async function openProviders(platform: Platform): Promise<Provider[]> {
  return (await store.allProviders(platform.db)).filter((row) => row.enabled).map((row) => providerFrom(platform, row))
}

/** Every provider, for administrators; their secrets stay closed. */
export async function listedProviders(platform: Platform, actor: Actor): Promise<Provider[]> {
  allow(actor, 'identity.administer')
  return (await store.allProviders(platform.db)).map((row) => ({
    ...providerFrom(platform, { ...row, wrapped_secret: null }),
    secret: null,
  }))
}

/** A provider that people may use. Throws 404 when there is none of that name. */
export async function openProvider(platform: Platform, id: string): Promise<Provider> {
  const row = await store.providerById(platform.db, id)
  if (!row?.enabled) throw notFound('provider')
  return providerFrom(platform, row)
}

/** Adds a provider; the caller has read its metadata. Throws 409 when the name is taken. */
export async function addProvider(platform: Platform, actor: Actor, provider: Provider): Promise<void> {
  allow(actor, 'identity.administer')
  await plantProvider(platform, actor, provider)
}

/** The same without asking who does it: for the demo's own. */
export async function plantProvider(platform: Platform, author: Pick<Actor, 'journalName' | 'channel'>, provider: Provider): Promise<void> {
  await transact(platform, async (tx) => {
    const secret = provider.secret === null ? null : tx.keys.wrap(Buffer.from(provider.secret), store.secretContext(provider.id))
    const added = await store.insertProvider(tx.db, {
      id: provider.id,
      names: { ...provider.names },
      issuer: provider.issuer,
      client_id: provider.clientId,
      wrapped_secret: secret?.wrapped ?? null,
      key_version: secret?.version ?? null,
      scopes: provider.scopes,
      claims: provider.claims,
      levels: { ...provider.levels },
      default_level: provider.defaultLevel,
      enabled: provider.enabled,
      created_at: tx.now(),
    })
    if (!added) throw new Problem('federation.provider-exists', 409, 'There is a provider with this short name already.')
    await record(tx, author, { type: 'federation.provider.added', stream: `provider:${provider.id}`, data: { provider: provider.id } })
  })
}

/** Whether there is a provider of this name, open or not. */
export async function hasProvider(platform: Platform, id: string): Promise<boolean> {
  return (await store.providerById(platform.db, id)) !== null
}

/** Lets people use a provider, or not any more. Throws 404 when there is none of that name. */
export async function switchProvider(platform: Platform, actor: Actor, id: string, enabled: boolean): Promise<void> {
  allow(actor, 'identity.administer')
  await transact(platform, async (tx) => {
    if (!(await store.setEnabled(tx.db, id, enabled))) throw notFound('provider')
    const type = enabled ? 'federation.provider.enabled' : 'federation.provider.disabled'
    await record(tx, actor, { type, stream: `provider:${id}`, data: { provider: id } })
  })
}

/** The account that a provider's subject is linked to, if it is active; its profile takes over what the provider says now. */
export async function linkedAccount(platform: Platform, who: Confirmed): Promise<string | null> {
  const subject = subjectToken(platform, who)
  const link = await store.linkOf(platform.db, who.provider, subject)
  if (!link) return null
  const facts = await accountFacts(platform, link.account_id)
  if (!facts) return null
  const claims = claimsToken(platform, who)
  await transact(platform, async (tx) => {
    await store.updateLink(tx.db, who.provider, subject, { claims_token: claims, used_at: tx.now() })
    if (!claims.equals(link.claims_token)) await takeOver(tx, facts.personId, who)
  })
  return link.account_id
}

/** Links a confirmed subject to the actor's account: they have shown both. Throws 409 when either is linked already. */
export async function linkAccount(platform: Platform, actor: Actor, who: Confirmed): Promise<void> {
  allow(actor, 'account.use', { personId: actor.personId })
  const { accountId, personId } = actor
  if (accountId === null || personId === null) throw notFound('account')
  await transact(platform, async (tx) => {
    await putLink(tx, actor, accountId, who)
    await takeOver(tx, personId, who)
  })
}

/** Makes an account for somebody whom a provider has confirmed; it has neither password nor an address to sign in with. */
export async function accountFor(platform: Platform, who: Confirmed, language: string, noName: string): Promise<string> {
  return transact(platform, async (tx) => {
    const name = who.profile.full_name ?? noName
    const account = await addAccount(tx, { name, email: null, passwordHash: null, language, status: 'active', staffName: null })
    await putLink(tx, { ...anonymous('web'), journalName: `account:${account.id}` }, account.id, who)
    const more = Object.fromEntries(profileFields.flatMap((field) => (who.profile[field] ? [[field, who.profile[field]]] : [])))
    await seal(tx, await profileOf(tx, account.person_id), more)
    return account.id
  })
}

/** The providers that the actor's account is linked to. */
export async function linksOf(platform: Platform, actor: Actor): Promise<Array<{ provider: string; since: Date; used: Date }>> {
  allow(actor, 'account.use', { personId: actor.personId })
  const rows = await store.linksOfAccount(platform.db, actor.accountId ?? '')
  return rows.map((row) => ({ provider: row.provider_id, since: row.linked_at, used: row.used_at }))
}

/** Ends a link of the actor's account. Throws 404 when there is none, 409 when it is the only way in. */
export async function unlink(platform: Platform, actor: Actor, providerId: string, otherWays: () => Promise<boolean>): Promise<void> {
  allow(actor, 'account.use', { personId: actor.personId })
  const accountId = actor.accountId ?? ''
  await transact(platform, async (tx) => {
    const links = await store.linksOfAccount(tx.db, accountId)
    if (links.length === 1 && !(await otherWays())) {
      throw new Problem('federation.only-way-in', 409, 'This is the only way into your account. Add a passkey first.')
    }
    if (!(await store.deleteLink(tx.db, accountId, providerId))) throw notFound('link')
    await record(tx, actor, { type: 'federation.account.unlinked', stream: accountId, data: { provider: providerId } })
  })
}

async function putLink(tx: Platform, actor: Actor, accountId: string, who: Confirmed): Promise<void> {
  const now = tx.now()
  const row = { provider_id: who.provider, subject: subjectToken(tx, who), account_id: accountId, claims_token: claimsToken(tx, who) }
  if (!(await store.insertLink(tx.db, { ...row, linked_at: now, used_at: now }))) {
    throw new Problem('federation.linked-already', 409, 'This identity, or this account, is linked already. End that link first.')
  }
  await record(tx, actor, { type: 'federation.account.linked', stream: accountId, data: { provider: who.provider } })
}

async function takeOver(tx: Platform, personId: string, who: Confirmed): Promise<void> {
  if (Object.keys(who.profile).length === 0) return
  await updateProfile(tx, { ...anonymous('web'), journalName: 'system:federation' }, personId, who.profile, `provider:${who.provider}`)
}

function providerFrom(platform: Platform, row: store.ProviderRow): Provider {
  const { wrapped_secret: wrapped, key_version: version } = row
  return {
    id: row.id,
    names: row.names,
    issuer: row.issuer,
    clientId: row.client_id,
    secret: wrapped && version !== null ? platform.keys.unwrap(version, wrapped, store.secretContext(row.id)).toString() : null,
    scopes: row.scopes,
    claims: row.claims,
    levels: row.levels,
    defaultLevel: row.default_level,
    enabled: row.enabled,
  }
}

function subjectToken(platform: Platform, who: Confirmed): Buffer {
  return platform.keys.blind(`federation.subject/${who.provider}`, who.subject)
}

function claimsToken(platform: Platform, who: Confirmed): Buffer {
  return platform.keys.blind('federation.claims', JSON.stringify(profileFields.map((field) => who.profile[field] ?? null)))
}
