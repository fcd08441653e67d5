import multipart from '@fastify/multipart'
import Fastify, {
  type FastifyError,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
  type FastifyServerFactory,
} from 'fastify'
import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Logger } from 'pino'
import { Problem } from '../../kernel/problem.ts'
import { isDatabaseAway } from '../db.ts'
import { takeUtf8Only } from './encoding.ts'
import { createServer as createHttpServer } from './nodehttp.ts'
import { answersReady, keepsReady, ReadyPages } from './ready.ts'
import { type RouteAccess, seeOther } from './routes.ts'
import { type Asking, ownOrigin, refuseForeignPosts, securityHeaders } from './security.ts'
import { type TlsPair, tlsServer } from './tls.ts'
import { wantsPage } from './visit.ts'

/** What the server is made of. */
export type ServerParts = {
  readonly log: Logger
  readonly publicOrigin: string
  readonly originGiven: boolean
  readonly trustProxy: readonly string[]
  /** Where a refusal leads the reader of a page instead of a page about it, such as to signing in; null: nowhere. */
  leadsTo?(request: FastifyRequest, problem: Problem): string | null
  /** The page that gives a refused form back to whoever filled it in; null: there is none to give back. */
  keptForm?(request: FastifyRequest, problem: Problem): Promise<string | null>
  /** Makes the page that shows a refusal. */
  problemPage(request: FastifyRequest, problem: Problem, incident: string | null): Promise<string>
  /** The key of a ready page for this request, or null when it is not the same for everyone. */
  readyKey(request: Asking): string | null
  /** Called for each request before its handler; gives the reply back when it has answered itself. */
  onVisit(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply | undefined>
  readonly now: () => Date
  /** The certificate when the server speaks TLS itself. */
  readonly tls?: TlsPair
}

/** A route as it was declared: its method, its path with `:names`, and who may come to it. */
export type DeclaredRoute = { readonly method: string; readonly path: string; readonly access: RouteAccess }

/** The server and, filled while modules add theirs, its routes. */
export type Server = { readonly app: FastifyInstance; readonly routes: readonly DeclaredRoute[] }

const BODY_LIMIT = 512 * 1024
const timeouts = { requestTimeout: 30_000, connectionTimeout: 60_000, keepAliveTimeout: 10_000 } as const
/** The largest upload, in bytes. */
export const UPLOAD_LIMIT = 25 * 1024 * 1024

/**
 * The pipeline that every request goes through: ready pages are answered at once; for all else limits, headers, foreign
 * posts refused, the visit (who, in which language), the handler, and faults told as a page or as problem+json (RFC 9457).
 */
export function createServer(parts: ServerParts): Server {
  const https = parts.publicOrigin.startsWith('https:')
  const headers = securityHeaders(https)
  const pages = new ReadyPages()
  const ready = { pages, headers, https, keyOf: (request: Asking) => parts.readyKey(request), now: parts.now }
  const app: FastifyInstance = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    ...timeouts,
    serverFactory: (handler) => serverOf(parts, answersReady(ready, handler)),
    trustProxy: parts.trustProxy.length > 0 ? [...parts.trustProxy] : false,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { ignoreDuplicateSlashes: false, maxParamLength: 200 },
    forceCloseConnections: true,
    // an address that cannot be read comes before every hook
    frameworkErrors: (error, request, reply) => answerFault(parts, request, reply.headers(headers) as FastifyReply, error),
  })
  app.decorate('overHttps', https)
  app.decorate('readyPages', pages)
  app.register(multipart, {
    limits: { fileSize: UPLOAD_LIMIT, files: 220, parts: 220, headerPairs: 100 },
    throwFileSizeLimit: true,
    // texts come as their bytes too, so that what is not UTF-8 is seen
    isPartAFile: () => true,
  })
  const routes = listRoutes(app)
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(headers)
    done()
  })
  refuseForeignPosts(app, ownOrigin(parts.publicOrigin, parts.originGiven))
  takeUtf8Only(app, BODY_LIMIT)
  keepsReady(app, ready)
  addCompression(app)
  app.addHook('preHandler', (request, reply) => parts.onVisit(request, reply))
  app.setErrorHandler((error: FastifyError, request, reply) => answerFault(parts, request, reply, error))
  app.setNotFoundHandler(async (request, reply) => {
    await parts.onVisit(request, reply)
    return answerFault(parts, request, reply, new Problem('not-found', 404, 'There is no such page.'))
  })
  return { app, routes }
}

/** The server that listens: over TLS when there is a certificate. */
function serverOf({ tls, publicOrigin }: ServerParts, handler: RequestListener): ReturnType<FastifyServerFactory> {
  const { requestTimeout, keepAliveTimeout, connectionTimeout: idleTimeout } = timeouts
  if (tls) return tlsServer({ pair: tls, publicOrigin, requestTimeout, keepAliveTimeout, idleTimeout }, handler)
  return createHttpServer({ requestTimeout, keepAliveTimeout }, handler).setTimeout(idleTimeout)
}

/** Each module reads its requests by its own rules, so that no validator of the framework has to be loaded. */
function noSchemas(): never {
  throw new Error('A route has a schema. Read the request in its handler instead.')
}

/** Lists the routes as they come; one that does not say who may come to it does not start. */
function listRoutes(app: FastifyInstance): readonly DeclaredRoute[] {
  const routes: DeclaredRoute[] = []
  app.addHook('onRoute', (route) => {
    const access = route.config?.access
    if (access === undefined) throw new Error(`Route ${String(route.method)} ${route.url} declares no access.`)
    for (const method of [route.method].flat()) routes.push({ method, path: route.url, access })
  })
  return routes
}

function addCompression(app: FastifyInstance): void {
  app.addHook('onSend', async (request, reply, payload) => {
    if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store')
    // what anybody's cache may keep sets no cookie of one reader, not even of the language that its address chose
    if (/\bpublic\b/.test(String(reply.getHeader('cache-control')))) void reply.removeHeader('set-cookie')
    const type = String(reply.getHeader('content-type') ?? '')
    if (typeof payload !== 'string' || payload.length < 1400 || reply.hasHeader('content-encoding')) return payload
    if (!/^(text\/|application\/(json|ld\+json|problem\+json|geo\+json)|image\/svg\+xml)/.test(type)) return payload
    const varies = String(reply.getHeader('vary') ?? '')
    if (!/\baccept-encoding\b/i.test(varies)) void reply.header('vary', varies === '' ? 'accept-encoding' : `${varies}, accept-encoding`)
    if (!/\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) return payload
    const packed = gzipSync(payload, { level: 4 })
    void reply.header('content-encoding', 'gzip').header('content-length', packed.length)
    return packed
  })
}

async function answerFault(parts: ServerParts, request: FastifyRequest, reply: FastifyReply, error: unknown): Promise<FastifyReply> {
  const problem = problemFrom(error)
  const incident = problem.status >= 500 ? randomBytes(4).toString('hex').toUpperCase() : null
  if (incident) parts.log.error({ err: stripped(error), incident, route: request.routeOptions?.url }, problem.code)
  else if (isRefusal(problem)) parts.log.warn(refusalLine(request, problem), 'refused')
  const kept = (await parts.keptForm?.(request, problem)) ?? null
  if (kept !== null) return reply.code(problem.status).type('text/html; charset=utf-8').send(kept)
  const elsewhere = parts.leadsTo?.(request, problem) ?? null
  if (elsewhere !== null) return seeOther(reply, elsewhere)
  void reply.code(problem.status)
  const retryAfter = problem.extra['retryAfter']
  if (typeof retryAfter === 'number') void reply.header('retry-after', String(retryAfter))
  const told = request.routeOptions?.config?.fault?.(request, problem, incident)
  if (told) return reply.code(told.status).type(told.type).send(told.body)
  if (wantsPage(request)) {
    const page = await parts.problemPage(request, problem, incident).catch(() => problem.detail)
    return reply.type('text/html; charset=utf-8').send(page)
  }
  const { retryAfter: _, ...extra } = problem.extra
  return reply.type('application/problem+json').send(
    JSON.stringify({
      type: `urn:stoa:problem:${problem.code}`,
      title: problem.detail,
      status: problem.status,
      code: problem.code,
      ...extra,
      ...(incident ? { incident } : {}),
    }),
  )
}

/**
 * Whether somebody was kept from something, or sent what no page of ours sends: to be seen by whoever watches over the
 * deployment (OWASP ASVS 5.0, 16.3.2 and 16.3.3).
 */
function isRefusal({ status, cause }: Problem): boolean {
  return [400, 401, 403, 413, 415, 429].includes(status) || policyIn(cause) !== null
}

/** What the log says of a refusal: the place and the policy, never who. */
export function refusalLine(request: FastifyRequest, problem: Problem): Record<string, unknown> {
  const policy = policyIn(problem.extra) ?? policyIn(problem.cause)
  return {
    code: problem.code,
    status: problem.status,
    method: request.method,
    route: request.routeOptions?.url,
    ...(policy ? { policy } : {}),
  }
}

function policyIn(source: unknown): string | null {
  return typeof source === 'object' && source !== null && 'policy' in source && typeof source.policy === 'string' ? source.policy : null
}

/** What an error means to the one who asked. */
export function problemFrom(error: unknown): Problem {
  if (error instanceof Problem) return error
  if (isDatabaseAway(error)) {
    return new Problem('database-away', 503, 'The service is away for a moment. Send it again in a minute: nothing is done twice.', {
      retryAfter: 10,
    })
  }
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 413) return new Problem('too-large', 413, 'What you sent is too large.')
  if (status === 415) return new Problem('media-type', 415, 'What you sent is of a kind that is not accepted here.')
  if (status >= 400 && status < 500) return new Problem('bad-request', status, 'What you sent cannot be read. Check it and try again.')
  if (isUnreadable(error)) return new Problem('bad-request', 400, 'What you sent cannot be read. Check it and try again.')
  return new Problem('internal', 500, 'Something went wrong on our side. What you did before is kept.')
}

/** Text that PostgreSQL cannot store (a NUL character, a broken encoding) or a value out of its range is bad input. */
function isUnreadable(error: unknown): boolean {
  return error instanceof Error && 'code' in error && ['22021', '22P05', '22P02', '22003', '22008'].includes(String(error.code))
}

/** An error for the log: its parameters (which may be personal) left out. */
function stripped(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: 'not an error' }
  const code = 'code' in error ? String(error.code) : undefined
  const message = code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? 'database error' : error.message
  return { name: error.name, code, message, stack: error.stack?.split('\n').slice(1, 12).join('\n') }
}
