import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'

/** What the browser may load and where it may send forms: this origin only, nothing inline, no text made into script. */
const policy = (formAction: string, types = "'none'"): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "frame-src 'none'",
    "object-src 'none'",
    `form-action ${formAction}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "require-trusted-types-for 'script'",
    `trusted-types ${types}`,
  ].join('; ')

/**
 * The Content-Security-Policy of one answer whose form may end at other addresses too, such as the page of an application
 * that residents sign in to: browsers hold `form-action` against redirects after a POST. Set it on that answer alone.
 * Throws when an address is neither http(s) nor a scheme in reverse-domain form (RFC 8252, 7.1).
 */
export function formActionTo(...addresses: readonly string[]): string {
  return policy(["'self'", ...addresses.map(formTarget)].join(' '))
}

function formTarget(address: string): string {
  const url = new URL(address)
  if (['http:', 'https:'].includes(url.protocol)) return url.origin
  if (/^[a-z][a-z0-9-]*(\.[a-z0-9-]+)+:$/.test(url.protocol)) return url.protocol
  throw new Error('a form may not be sent to such an address')
}

/**
 * The Content-Security-Policy of a page whose script starts a service worker: browsers with Trusted Types take its address
 * only from a policy, and this page may make that one policy, `stoa-worker`. Set it on that answer alone.
 */
export function workerPolicy(): string {
  return policy("'self'", 'stoa-worker')
}

const PERMISSIONS = [
  'camera=()',
  'microphone=()',
  'geolocation=(self)',
  'publickey-credentials-get=(self)',
  'publickey-credentials-create=(self)',
  'interest-cohort=()',
].join(', ')

/** Headers of every answer. */
export function securityHeaders(https: boolean): Record<string, string> {
  return {
    'content-security-policy': policy("'self'"),
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': PERMISSIONS,
    ...(https ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  }
}

/** The cookie of a session, without its prefix. */
export const SESSION_COOKIE = 'stoa_session'

/** Refuses acts that another site sends with this site's cookies (Fetch Metadata, Origin). */
export function refuseForeignPosts(app: FastifyInstance, isOwnOrigin: (origin: string) => boolean): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done(
      isForeign(request, isOwnOrigin)
        ? new Problem('csrf', 403, 'This was sent from another site. Open the page here and send it again.')
        : undefined,
    )
  })
}

function isForeign(request: FastifyRequest, isOwnOrigin: (origin: string) => boolean): boolean {
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method)) return false
  // a door for programs is called from everywhere, though with a session only from here
  if (request.routeOptions.config.api && cookieOf(request, SESSION_COOKIE) === null) return false
  const site = request.headers['sec-fetch-site']
  const origin = request.headers.origin
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return origin !== undefined && !isOwnOrigin(origin) // neither header: no browser, so no cookies that somebody else could use
}

/** The test of an origin: the public one; when none was set, also the loopback names of the same port. */
export function ownOrigin(publicOrigin: string, given: boolean): (origin: string) => boolean {
  const own = new Set([publicOrigin])
  if (!given) for (const name of ['localhost', '127.0.0.1', '[::1]']) own.add(publicOrigin.replace('localhost', name))
  return (origin) => own.has(origin)
}

declare module 'fastify' {
  interface FastifyInstance {
    /** Whether people come over https: cookies have other names then. */
    overHttps: boolean
  }
}

/** What a request says before anybody has taken it up. */
export type Asking = Pick<FastifyRequest, 'url' | 'headers'> & { readonly server: Pick<FastifyInstance, 'overHttps'> }

/** Reads one cookie by the name it was given with; on https only with the prefix that it was sent with. */
export function cookieOf(request: Asking, name: string): string | null {
  const header = request.headers.cookie
  if (header === undefined) return null
  const prefixed = !request.server.overHttps || bareName(name) !== name
  for (const wanted of prefixed ? [name] : [`__Host-${name}`, `__Secure-${name}`]) {
    for (const part of header.split(';')) {
      const at = part.indexOf('=')
      if (at > 0 && part.slice(0, at).trim() === wanted) return part.slice(at + 1).trim()
    }
  }
  return null
}

/** The name of a cookie without its prefix. */
export function bareName(name: string): string {
  return name.replace(/^__(Host|Secure)-/, '')
}

/**
 * A `Set-Cookie` value: httpOnly, SameSite=Lax, on https Secure and with a prefix (RFC 6265bis, 4.1.3): `__Host-`, or
 * `__Secure-` for a cookie of one path. No other host can put one in its place.
 */
export function cookie(name: string, value: string, options: { https: boolean; path?: string; maxAge?: number }): string {
  const { path = '/' } = options
  const prefix = !options.https || bareName(name) !== name ? '' : path === '/' ? '__Host-' : '__Secure-'
  const age = options.maxAge === undefined ? '' : `; Max-Age=${options.maxAge}`
  return `${prefix}${name}=${value}; Path=${path}; HttpOnly; SameSite=Lax${options.https ? '; Secure' : ''}${age}`
}
