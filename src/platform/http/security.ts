import type { FastifyInstance, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'

/** What the browser may load and where it may send forms: this origin only, nothing inline. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "manifest-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ')

/** Headers of every answer. */
export function securityHeaders(https: boolean): Record<string, string> {
  return {
    'content-security-policy': CSP,
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'permissions-policy': 'camera=(), microphone=(), geolocation=(self), interest-cohort=()',
    ...(https ? { 'strict-transport-security': 'max-age=31536000; includeSubDomains' } : {}),
  }
}

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
  if (['GET', 'HEAD', 'OPTIONS'].includes(request.method) || request.routeOptions.config.api) return false
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

/** Reads one cookie. */
export function cookieOf(request: FastifyRequest, name: string): string | null {
  const header = request.headers.cookie
  if (header === undefined) return null
  for (const part of header.split(';')) {
    const at = part.indexOf('=')
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim()
  }
  return null
}

/** A `Set-Cookie` value: httpOnly, SameSite=Lax, Secure on https. */
export function cookie(name: string, value: string, options: { https: boolean; path?: string; maxAge?: number }): string {
  const age = options.maxAge === undefined ? '' : `; Max-Age=${options.maxAge}`
  return `${name}=${value}; Path=${options.path ?? '/'}; HttpOnly; SameSite=Lax${options.https ? '; Secure' : ''}${age}`
}
