import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { cookieOf } from '../../platform/http/security.ts'
import type { RouteModule } from '../../platform/http/routes.ts'
import type { Platform } from '../../platform/platform.ts'
import { forgetAttempts, limitAttempts, makeVisit } from '../identity/index.ts'
import { itemKey } from './adapter.ts'
import { cookieNames } from './configuration.ts'
import type { OidcParts, Providers } from './parts.ts'
import * as store from './store.ts'

const PREFIX = '/oidc'
/** Where applications show a secret, a code or a token: limited, so that nobody tries them out. */
const TRIED = new Set(['/token', '/request', '/token/introspection', '/token/revocation'])
const TRIES = { max: 60, minutes: 5 } as const

/** Everything below `/oidc`: handed to the library as it came, with addresses made from the public origin. */
export function oidcDoor({ platform }: OidcParts, providers: Providers): RouteModule {
  return (app) => {
    app.register(async (door) => {
      // the library reads bodies itself
      door.removeAllContentTypeParsers()
      door.addContentTypeParser('*', (_request, _payload, done) => done(null))
      door.route({
        method: ['GET', 'POST', 'OPTIONS'],
        url: `${PREFIX}/*`,
        config: { access: 'public', api: true },
        handler: (request, reply) => answer(platform, providers, request, reply),
      })
    })
  }
}

async function answer(platform: Platform, providers: Providers, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const asked = request.raw.url ?? PREFIX
  const cut = asked.slice(PREFIX.length)
  const path = cut.split('?', 1)[0] ?? ''
  if (isForeign(platform, request)) throw new Problem('csrf', 403, 'This was sent from another site. Open the page here and send it again.')
  const bucket = request.method === 'POST' && TRIED.has(path) ? `oidc:${request.ip}:${callerOf(request)}` : null
  if (bucket !== null) await limitAttempts(platform, bucket, TRIES)
  const { answer: pass } = await providers.current()
  request.visit = await makeVisit(platform, request)
  if (path === '/auth' || path.startsWith('/auth/')) await dropForeignSession(platform, request, path === '/auth')
  settle(platform, request)
  providers.introduce(request)
  reply.hijack()
  Object.assign(request.raw, { originalUrl: asked, url: cut })
  await pass(request.raw, reply.raw)
  if (bucket !== null && reply.raw.statusCode < 400) await forgetAttempts(platform, bucket)
  return reply
}

/** Whether another site's page sends a form with this site's cookies; applications in browsers call without cookies (Fetch Metadata, CORS). */
function isForeign(platform: Platform, { method, headers }: FastifyRequest): boolean {
  if (method !== 'POST' || headers.cookie === undefined) return false
  const site = headers['sec-fetch-site']
  if (site !== undefined) return site !== 'same-origin' && site !== 'none'
  return headers.origin !== undefined && headers.origin !== platform.publicOrigin
}

/** Puts the public origin where the library looks for it, whatever the request said (RFC 9110, 7.2). */
function settle(platform: Platform, { raw, ip }: FastifyRequest): void {
  const { host, protocol } = new URL(platform.publicOrigin)
  delete raw.headers['x-forwarded-host']
  Object.assign(raw.headers, { host, 'x-forwarded-proto': protocol.replace(':', ''), 'x-forwarded-for': ip })
}

/**
 * A session here is one of Stoa's: without the one it was made under, whoever comes now `begins` anew; and a request that
 * goes on never meets the session of another account. Its own end, and telling the applications, is the work of the job
 * that looks for such sessions.
 */
async function dropForeignSession(platform: Platform, request: FastifyRequest, begins: boolean): Promise<void> {
  const name = cookieNames(platform).session
  const id = cookieOf(request, name)
  if (id === null) return
  const row = await store.itemById(platform.db, 'Session', itemKey(platform, 'Session', id), platform.now())
  const session = request.visit?.session ?? null
  const own = begins ? row?.holder === session?.id : row?.account_id === session?.actor.accountId
  if (row !== null && (row.account_id === null || own)) return
  const others = (request.raw.headers.cookie ?? '').split(';').filter((part) => part.trim().split('=', 1)[0] !== name)
  request.raw.headers.cookie = others.join(';')
}

/** The id that an application gives with its secret (RFC 6749, 2.3.1); the others are counted together. */
function callerOf(request: FastifyRequest): string {
  const basic = /^basic ([A-Za-z0-9+/=]{1,400})$/i.exec(request.headers.authorization ?? '')?.[1]
  return basic === undefined ? '' : (Buffer.from(basic, 'base64').toString('utf8').split(':', 1)[0] ?? '').slice(0, 100)
}
