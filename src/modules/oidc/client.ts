import { z } from 'zod'
import type { Words } from '../../kernel/text.ts'

/** How an application shows who it is: a secret, a key pair of its own (RFC 7523), or not at all (a program in a browser). */
export const authMethods = ['client_secret_basic', 'private_key_jwt', 'none'] as const
export type AuthMethod = (typeof authMethods)[number]

/** What an application may ask for (OpenID Connect Core 1.0, 5.4 and 11). `openid` is always among them. */
export const scopes = ['openid', 'profile', 'email', 'data_usage', 'offline_access'] as const
export type Scope = (typeof scopes)[number]

/** The scopes that an administrator chooses; the first one comes by itself. */
export const chosenScopes = ['profile', 'email', 'data_usage', 'offline_access'] as const satisfies readonly Scope[]

/** An application of an agency that signs residents in with Stoa. */
export type AppClient = {
  readonly id: string
  readonly names: Words
  readonly agency: string
  readonly redirectUris: readonly string[]
  readonly postLogoutRedirectUris: readonly string[]
  readonly backchannelLogoutUri: string | null
  readonly authMethod: AuthMethod
  readonly jwks: unknown
  readonly scopes: readonly Scope[]
  readonly parRequired: boolean
  readonly createdAt: Date
  readonly disabledAt: Date | null
}

/** What is said of an application when it is registered. */
export type NewClient = Omit<AppClient, 'id' | 'createdAt' | 'disabledAt'>

/** What was typed to register an application. */
export type TypedClient = {
  readonly names: Words
  readonly agency: string
  readonly redirectUris: string
  readonly postLogoutRedirectUris: string
  readonly backchannelLogoutUri: string
  readonly authMethod: string
  readonly jwks: string
  readonly scopes: readonly string[]
  readonly parRequired: boolean
}

/** The fields of the form that may be wrong. */
export type ClientField =
  | 'name'
  | 'agency'
  | 'redirect_uris'
  | 'post_logout_redirect_uris'
  | 'backchannel_logout_uri'
  | 'auth_method'
  | 'jwks'

const MOST_ADDRESSES = 10
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]'])

const publicKey = z
  .looseObject({ kty: z.enum(['EC', 'RSA', 'OKP']), kid: z.string().min(1).max(200).optional() })
  .refine((key) => !['d', 'p', 'q', 'dp', 'dq', 'qi', 'k'].some((part) => part in key))
const keySet = z.object({ keys: z.array(publicKey).min(1).max(10) })

/**
 * Reads what was typed. An address is one line, absolute, without a fragment, on https; on http only on the machine
 * itself, and only while Stoa is there too (RFC 9700, 2.1). Gives the fields that are wrong, or the application.
 */
export function readClient(
  typed: TypedClient,
  o: { agencies: readonly string[]; languages: readonly string[]; loopback: boolean },
): { client: NewClient } | { wrong: readonly ClientField[] } {
  const address = (text: string): boolean => isAddress(text, o.loopback)
  const redirectUris = linesOf(typed.redirectUris)
  const postLogoutRedirectUris = linesOf(typed.postLogoutRedirectUris)
  const authMethod = authMethods.find((method) => method === typed.authMethod)
  const jwks = authMethod === 'private_key_jwt' ? keySet.safeParse(jsonOf(typed.jwks)) : null
  const fits = (lines: readonly string[]): boolean => lines.length <= MOST_ADDRESSES && lines.every(address)
  const tests: ReadonlyArray<readonly [ClientField, boolean]> = [
    ['name', o.languages.every((tag) => /^.{1,80}$/.test(typed.names[tag] ?? ''))],
    ['agency', o.agencies.includes(typed.agency)],
    ['redirect_uris', redirectUris.length > 0 && fits(redirectUris)],
    ['post_logout_redirect_uris', fits(postLogoutRedirectUris)],
    ['backchannel_logout_uri', typed.backchannelLogoutUri === '' || address(typed.backchannelLogoutUri)],
    ['auth_method', authMethod !== undefined],
    ['jwks', jwks === null || jwks.success],
  ]
  const wrong = tests.filter(([, right]) => !right).map(([field]) => field)
  if (wrong.length > 0 || authMethod === undefined) return { wrong }
  return {
    client: {
      names: Object.fromEntries(o.languages.map((tag) => [tag, typed.names[tag] ?? ''])),
      agency: typed.agency,
      redirectUris,
      postLogoutRedirectUris,
      backchannelLogoutUri: typed.backchannelLogoutUri || null,
      authMethod,
      jwks: jwks?.success ? jwks.data : null,
      scopes: scopes.filter((scope) => scope === 'openid' || typed.scopes.includes(scope)),
      parRequired: typed.parRequired,
    },
  }
}

/** Whether an origin is on the machine itself. */
export function isLoopback(origin: string): boolean {
  return LOOPBACK.has(new URL(origin).hostname)
}

function isAddress(text: string, loopback: boolean): boolean {
  const url = text.length <= 300 && /^[\x21-\x7E]+$/.test(text) ? URL.parse(text) : null
  if (url === null || url.hash !== '' || text.includes('#') || url.username !== '' || url.password !== '') return false
  return url.protocol === 'https:' || (url.protocol === 'http:' && loopback && LOOPBACK.has(url.hostname))
}

function linesOf(text: string): string[] {
  return [...new Set(text.split(/\s+/).filter((line) => line !== ''))]
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
