import { accountFacts } from '../identity/index.ts'
import type { Scope } from './client.ts'
import type { OidcParts, Providers } from './parts.ts'

/** Whose access token it is. */
export type TokenHolder = { readonly personId: string; readonly accountId: string }

/**
 * Whose access token an `Authorization` header has (RFC 6750, 2.1), for a door of ours. Null unless the token is good, has
 * the scope, and its application, consent, session and account all still stand.
 */
export async function tokenHolder(
  { platform }: OidcParts,
  providers: Providers,
  header: string,
  scope: Scope,
): Promise<TokenHolder | null> {
  const value = /^Bearer +([A-Za-z0-9._~+/-]{20,500}=*)$/i.exec(header)?.[1]
  if (value === undefined) return null
  const { provider } = await providers.current()
  const token = await provider.AccessToken.find(value)
  if (!token?.isValid || !token.scopes.has(scope) || token.clientId === undefined) return null
  const [client, grant] = await Promise.all([provider.Client.find(token.clientId), provider.Grant.find(token.grantId)])
  if (!client || !grant) return null
  if (token.expiresWithSession && !(token.sessionUid && (await provider.Session.findByUid(token.sessionUid)))) return null
  const facts = await accountFacts(platform, token.accountId)
  return facts?.status === 'active' ? { personId: facts.personId, accountId: token.accountId } : null
}
