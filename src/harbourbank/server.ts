import formbody from '@fastify/formbody'
import Fastify, { type FastifyError, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify'
import { Problem } from '../kernel/problem.ts'
import type { Parts } from './parts.ts'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Faults of this route are told as a page in the payer's language. */
    page?: (request: FastifyRequest, problem: Problem) => { readonly status: number; readonly body: string }
  }
}

const BODY_LIMIT = 64 * 1024
const ORDERS_LIMIT = 8 * 1024 * 1024

/** What browsers may load and where forms may end; `formTo` is one more origin, for a form that leads back to the merchant. */
export function contentPolicy(formTo?: string): string {
  return [
    "default-src 'none'",
    "style-src 'self'",
    "img-src 'self'",
    `form-action 'self'${formTo === undefined ? '' : ` ${formTo}`}`,
    "frame-ancestors 'none'",
    "base-uri 'none'",
  ].join('; ')
}

/** The server of the bank: limits, headers, and faults as problem+json (RFC 9457) or as the page a route has for them. */
export function bankServer(parts: Pick<Parts, 'log'>): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: 30_000,
    connectionTimeout: 60_000,
    routerOptions: { maxParamLength: 100 },
    forceCloseConnections: true,
    frameworkErrors: (error, request, reply) => void fault(parts, request, reply as FastifyReply, error),
  })
  app.register(formbody, { bodyLimit: BODY_LIMIT })
  app.removeContentTypeParser('text/plain')
  app.addContentTypeParser(['application/xml', 'text/xml'], { parseAs: 'string', bodyLimit: ORDERS_LIMIT }, (_request, body, done) =>
    done(null, body),
  )
  app.addHook('onRequest', (_request, reply, done) => {
    void reply.headers({
      'content-security-policy': contentPolicy(),
      'x-content-type-options': 'nosniff',
      'x-frame-options': 'DENY',
      'referrer-policy': 'same-origin',
      'cross-origin-opener-policy': 'same-origin',
      'permissions-policy': 'camera=(), microphone=(), geolocation=()',
      'cache-control': 'no-store',
    })
    done()
  })
  app.setErrorHandler((error: FastifyError, request, reply) => fault(parts, request, reply, error))
  app.setNotFoundHandler((request, reply) => fault(parts, request, reply, new Problem('not-found', 404, 'There is no such page.')))
  return app
}

function fault(parts: Pick<Parts, 'log'>, request: FastifyRequest, reply: FastifyReply, error: unknown): FastifyReply {
  const problem = problemOf(error)
  if (problem.status >= 500 && problem.code === 'internal') {
    const where = error instanceof Error ? (error.stack ?? '').split('\n').slice(1, 4).join(' |') : ''
    parts.log('a request failed', { route: request.routeOptions?.url ?? '', error: error instanceof Error ? error.name : '', where })
  }
  const page = request.routeOptions?.config?.page?.(request, problem)
  if (page) return reply.code(page.status).type('text/html; charset=utf-8').send(page.body)
  return reply
    .code(problem.status)
    .type('application/problem+json')
    .send(
      JSON.stringify({
        type: `urn:harbourbank:problem:${problem.code}`,
        title: problem.detail,
        status: problem.status,
        code: problem.code,
        ...problem.extra,
      }),
    )
}

function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error
  const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500
  if (status === 413) return new Problem('too-large', 413, 'The request is too large.')
  if (status === 415) return new Problem('media-type', 415, 'The content type is not taken here.')
  if (status >= 400 && status < 500) return new Problem('bad-request', status, 'The request cannot be read.')
  return new Problem('internal', 500, 'Something went wrong at the bank.')
}
