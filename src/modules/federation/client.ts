import type { Configuration } from 'openid-client'
import { Problem } from '../../kernel/problem.ts'
import type { Level } from '../access/index.ts'
import { acrFor, mayBeAsked, type Provider } from './provider.ts'

/** The library is loaded with the first person who comes this way. */
const library = (): Promise<typeof import('openid-client')> => import('openid-client')

/** How long a provider may take to answer, in seconds. */
const PATIENCE = 8

/** What was asked for and must come back with the answer. */
export type Asked = { readonly state: string; readonly nonce: string; readonly verifier: string }

/** What a provider says of who came. */
export type Told = { readonly subject: string; readonly acr: unknown; readonly claims: Readonly<Record<string, unknown>> }

/**
 * Reads a provider's metadata (OpenID Connect Discovery 1.0, 4). Throws 502 when it does not answer or names another
 * issuer.
 */
export async function configurationOf(provider: Provider, insecure: boolean): Promise<Configuration> {
  if (!mayBeAsked(provider.issuer, insecure)) throw away()
  const oidc = await library()
  try {
    return await oidc.discovery(
      new URL(provider.issuer),
      provider.clientId,
      undefined,
      provider.secret === null ? oidc.None() : oidc.ClientSecretBasic(provider.secret),
      {
        timeout: PATIENCE,
        // the library trusts TLS alone for what comes from the token endpoint; here the signature must fit too
        execute: [oidc.enableNonRepudiationChecks, ...(provider.issuer.startsWith('http:') ? [oidc.allowInsecureRequests] : [])],
      },
    )
  } catch {
    throw away()
  }
}

/** Where to send the person: code flow with PKCE, state and nonce (OpenID Connect Core 1.0, 3.1; RFC 7636). */
export async function askAddress(
  config: Configuration,
  provider: Provider,
  ask: { redirectUri: string; language: string; level: Level | null },
): Promise<Asked & { address: string }> {
  const oidc = await library()
  const asked = { state: oidc.randomState(), nonce: oidc.randomNonce(), verifier: oidc.randomPKCECodeVerifier() }
  const acr = acrFor(provider, ask.level ?? 'low')
  const address = oidc.buildAuthorizationUrl(config, {
    redirect_uri: ask.redirectUri,
    scope: provider.scopes,
    state: asked.state,
    nonce: asked.nonce,
    code_challenge: await oidc.calculatePKCECodeChallenge(asked.verifier),
    code_challenge_method: 'S256',
    ui_locales: ask.language,
    // without being asked, a provider does not say how surely it knows
    ...(acr.length > 0 ? { acr_values: acr.join(' ') } : {}),
    ...(ask.level === null ? {} : { prompt: 'login' }),
  })
  return { ...asked, address: address.href }
}

/** Takes the answer that the person brought back; the ID token's signature is checked (Core 1.0, 3.1.3.7). Throws 422 when it is not the one that was asked for, or says no. */
export async function takeAnswer(config: Configuration, answer: URL, asked: Asked): Promise<Told> {
  const oidc = await library()
  try {
    const tokens = await oidc.authorizationCodeGrant(config, answer, {
      pkceCodeVerifier: asked.verifier,
      expectedState: asked.state,
      expectedNonce: asked.nonce,
      idTokenExpected: true,
    })
    const token = tokens.claims()
    if (!token) throw refused()
    const more = config.serverMetadata().userinfo_endpoint ? await oidc.fetchUserInfo(config, tokens.access_token, token.sub) : {}
    return { subject: token.sub, acr: token['acr'], claims: { ...more, ...token } }
  } catch {
    throw refused()
  }
}

function away(): Problem {
  return new Problem('federation.provider-away', 502, 'The identity provider does not answer now. Try again later, or sign in another way.')
}

function refused(): Problem {
  return new Problem('federation.refused', 422, 'The identity provider did not confirm who you are. Try again, or sign in another way.')
}
