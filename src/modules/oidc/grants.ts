import { notFound, Problem } from '../../kernel/problem.ts'
import type { Words } from '../../kernel/text.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import { blindedPerson } from '../people/index.ts'
import { unwrapItem } from './adapter.ts'
import { type Scope, scopes } from './client.ts'
import * as store from './store.ts'

/** An application to which somebody has given access. */
export type GivenAccess = {
  readonly clientId: string
  readonly names: Words
  readonly agency: string
  readonly scopes: readonly Scope[]
  readonly since: Date
  readonly until: Date
}

type Grant = {
  readonly id: string
  readonly clientId: string
  readonly scopes: readonly Scope[]
  readonly since: Date
  readonly until: Date
}

/** The consent of an account to an application that still holds: its id, or null. */
export async function grantOf(platform: Platform, accountId: string, clientId: string): Promise<string | null> {
  return (await grantsOf(platform, accountId)).find((grant) => grant.clientId === clientId)?.id ?? null
}

async function grantsOf(platform: Platform, accountId: string): Promise<Grant[]> {
  const rows = await store.itemsOfAccount(platform.db, 'Grant', accountId, platform.now())
  const grants = rows.map((row) => {
    const payload = unwrapItem(platform, row)
    const { openid } = payload
    const given = typeof openid === 'object' && openid !== null && 'scope' in openid ? String(openid.scope).split(' ') : []
    return {
      id: payload.jti ?? '',
      clientId: payload.clientId ?? '',
      scopes: scopes.filter((scope) => given.includes(scope)),
      since: new Date((payload.iat ?? 0) * 1000),
      until: row.expires_at,
    }
  })
  return grants.toSorted((a, b) => b.since.getTime() - a.since.getTime())
}

/** The applications to which the actor has given access, the newest first. */
export async function givenAccess(platform: Platform, actor: Actor): Promise<GivenAccess[]> {
  const accountId = ownAccount(actor)
  const grants = await grantsOf(platform, accountId)
  const clients = new Map((await store.clientsById(platform.db, grants.map((grant) => grant.clientId))).map((row) => [row.id, row])) // prettier-ignore
  return grants.flatMap((grant) => {
    const client = clients.get(grant.clientId)
    if (!client) return []
    return [
      { clientId: client.id, names: client.names, agency: client.agency, scopes: grant.scopes, since: grant.since, until: grant.until },
    ]
  })
}

/** Ends the access of an application: its tokens are worth nothing from then on. Throws 404 when it has none. */
export async function endAccess(platform: Platform, actor: Actor, clientId: string): Promise<void> {
  const accountId = ownAccount(actor)
  await transact(platform, async (tx) => {
    const client = await store.clientById(tx.db, clientId)
    const grants = (await grantsOf(tx, accountId)).filter((grant) => grant.clientId === clientId)
    if (!client || grants.length === 0) throw notFound('application')
    for (const grant of grants) await store.deleteUnderGrant(tx.db, grant.id, null)
    await record(tx, actor, {
      type: 'oidc.grant.ended',
      stream: clientId,
      counted: false,
      ...(actor.personId ? { subject: blindedPerson(tx, actor.personId) } : {}),
      data: { client: clientId, agency: client.agency },
    })
  })
}

/** The account of somebody who comes for themselves. */
export function ownAccount(actor: Actor): string {
  allow(actor, 'account.use', { personId: actor.personId })
  if (actor.acting !== null) throw new Problem('oidc.acting', 403, 'You act for another person now. End that first.')
  if (actor.accountId === null) throw notFound('account')
  return actor.accountId
}
