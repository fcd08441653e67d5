import type { Configuration, KoaContextWithOIDC } from 'oidc-provider'
import type { Platform } from '../../platform/platform.ts'
import { sessionLimits, type Visit } from '../identity/index.ts'
import { type AdapterParts, adapterOf } from './adapter.ts'
import { acrValues, findAccount, subjectFor } from './claims.ts'
import { authMethods, scopes } from './client.ts'
import { grantOf } from './grants.ts'
import type { SigningKey } from './keys.ts'
import { type Library, policyOf } from './policy.ts'

/** How long what the provider gives is good, in seconds. A session here lasts no longer than Stoa's own. */
export const lifetimes = {
  AuthorizationCode: 60,
  AccessToken: 10 * 60,
  IdToken: 10 * 60,
  RefreshToken: 14 * 86_400,
  Interaction: 60 * 60,
  Session: sessionLimits.absoluteMs / 1000,
  Grant: 365 * 86_400,
} as const

/** The provider's pages, drawn as all others are. */
export type Drawing = {
  error(ctx: KoaContextWithOIDC, out: { readonly error: string }): Promise<void>
  /** `form` is the library's own, without a button; its id is `op.logoutForm`. */
  logout(ctx: KoaContextWithOIDC, form: string): Promise<void>
  loggedOut(ctx: KoaContextWithOIDC): Promise<void>
}

/** What the configuration is made of. */
export type ConfigurationParts = {
  readonly platform: Platform
  readonly library: Library
  readonly keys: readonly SigningKey[]
  readonly adapter: AdapterParts
  readonly drawing: Drawing
  readonly visitOf: (ctx: KoaContextWithOIDC) => Visit
  readonly languages: readonly string[]
}

/** The names of the provider's cookies: `__Host-` and `__Secure-` on https (RFC 6265bis, 4.1.3); the latter two are bound to a path. */
export function cookieNames(platform: Platform): { session: string; interaction: string; resume: string } {
  const https = platform.publicOrigin.startsWith('https:')
  const prefix = https ? '__Secure-' : ''
  return { session: `${https ? '__Host-' : ''}stoa_oidc`, interaction: `${prefix}stoa_oidc_ask`, resume: `${prefix}stoa_oidc_resume` }
}

/**
 * The provider: codes with PKCE only (RFC 9700), refresh tokens that change with each use, subject ids for each agency.
 * Each function that the library would warn of is given.
 */
export function configurationOf(parts: ConfigurationParts): Configuration {
  const { platform, library } = parts
  const own = (client: { clientId: string }, token: { clientId?: string | undefined }): boolean => token.clientId === client.clientId
  return {
    adapter: adapterOf(parts.adapter),
    jwks: { keys: parts.keys.map((key) => ({ ...key, use: 'sig', alg: 'ES256' })) },
    cookies: {
      names: cookieNames(platform),
      long: { httpOnly: true, sameSite: 'lax' },
      short: { httpOnly: true, sameSite: 'lax' },
    },
    responseTypes: ['code'],
    pkce: { required: () => true },
    scopes: [...scopes],
    claims: { openid: ['sub', 'acr', 'amr', 'auth_time'], profile: ['name'], email: ['email', 'email_verified'] },
    acrValues: [...acrValues],
    subjectTypes: ['pairwise'],
    pairwiseIdentifier: (_ctx, accountId, client) => subjectFor(platform, accountId, String(client['agency'])),
    // the sector is the agency, and agencies are known here: nothing is to be fetched
    sectorIdentifierUriValidate: () => false,
    findAccount: (ctx, accountId) => findAccount(platform, accountId, ctx.oidc.client?.clientId ?? null),
    extraClientMetadata: { properties: ['agency'], validator: () => undefined },
    clientAuthMethods: [...authMethods],
    clientBasedCORS: (ctx, origin, client) =>
      (ctx.oidc.route === 'userinfo' || client.clientAuthMethod === 'none') &&
      (client.redirectUris ?? []).some((uri) => URL.parse(uri)?.origin === origin),
    enabledJWA: {
      idTokenSigningAlgValues: ['ES256'],
      clientAuthSigningAlgValues: ['ES256', 'RS256', 'PS256', 'EdDSA'],
    },
    allowOmittingSingleRegisteredRedirectUri: false,
    discovery: { ui_locales_supported: [...parts.languages] },
    interactions: { policy: policyOf(library, parts.visitOf), url: (_ctx, interaction) => `/oidc-consent/${interaction.uid}` },
    ttl: { ...lifetimes },
    expiresWithSession: (_ctx, token) => !token.scopes.has('offline_access'),
    issueRefreshToken: (_ctx, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
    rotateRefreshToken: true,
    loadExistingGrant: (ctx) => existingGrant(parts, ctx),
    // signing out ends tokens, not the consent; a code or token that is used again ends everything
    revokeGrantPolicy: (ctx) => ctx.oidc.route === 'token',
    renderError: (ctx, out) => parts.drawing.error(ctx, out),
    // addresses are registered by administrators, so those inside the city's own network are meant
    fetch: (url, options) => globalThis.fetch(url, { ...options, dispatcher: undefined }),
    features: {
      devInteractions: { enabled: false },
      dPoP: { enabled: false },
      resourceIndicators: { enabled: false },
      backchannelLogout: { enabled: true },
      introspection: { enabled: true, allowedPolicy: (_ctx, client, token) => own(client, token) },
      revocation: { enabled: true, allowedPolicy: (_ctx, client, token) => own(client, token) },
      pushedAuthorizationRequests: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => parts.drawing.logout(ctx, form),
        postLogoutSuccessSource: (ctx) => parts.drawing.loggedOut(ctx),
      },
    },
  }
}

/** The consent that a person gave an application before, on whatever device. */
async function existingGrant(
  parts: ConfigurationParts,
  ctx: KoaContextWithOIDC,
): Promise<InstanceType<typeof ctx.oidc.provider.Grant> | undefined> {
  const { account, client, result, provider } = ctx.oidc
  const id = result?.consent?.grantId ?? (account && client ? await grantOf(parts.platform, account.accountId, client.clientId) : null)
  return id ? provider.Grant.find(id) : undefined
}
