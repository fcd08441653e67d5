import type { FastifyReply, FastifyRequest } from 'fastify'
import { setTimeout as sleep } from 'node:timers/promises'
import { isUuid } from '../../../kernel/id.ts'
import { notFound } from '../../../kernel/problem.ts'
import { type FaultTeller, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import type { Platform } from '../../../platform/platform.ts'
import { limitAttempts, networkOf } from '../../identity/index.ts'
import type { Treasury } from '../treasury.ts'
import { fitsReturn, giveAttempt } from './follow.ts'
import { handleNotices, keep } from './notices.ts'
import { settleAttempt } from './settle.ts'
import * as store from './store.ts'

/** How long a payer or a provider waits for us to ask; the work goes on without them. */
const WAIT_MS = 3_000
/** How long after its end the way back from the provider shows an attempt to whoever comes. */
const RETURN_MS = 24 * 3_600_000
/** The largest webhook, in bytes. */
const LARGEST_NOTICE = 64 * 1024
/** How many webhooks one network may send for one provider. */
const PACE = { max: 1_200, minutes: 1 } as const

/** Programs call this door: a refusal is a problem document whatever they accept (RFC 9457). */
const asDocument: FaultTeller = (_request, { code, status, detail }, incident) => ({
  status,
  type: 'application/problem+json',
  body: JSON.stringify({ type: `urn:stoa:problem:${code}`, title: detail, status, code, ...(incident ? { incident } : {}) }),
})

/** The way back from the provider, and the door of its webhooks. */
export function attemptRoutes(treasury: Treasury): RouteModule {
  return (app) => {
    app.get<{ Params: { attempt: string } }>('/pay/return/:attempt', { config: { access: 'public' } }, (request, reply) =>
      comeBack(treasury, request, reply),
    )
    app.register(async (door) => {
      // signatures are over the bytes that came
      door.removeAllContentTypeParsers()
      door.addContentTypeParser('*', { parseAs: 'buffer', bodyLimit: LARGEST_NOTICE }, (_request, body, done) => done(null, body))
      door.post<{ Params: { provider: string } }>(
        '/pay/webhooks/:provider',
        { config: { access: 'public', api: true, fault: asDocument }, bodyLimit: LARGEST_NOTICE },
        (request, reply) => takeNotices(treasury, request, reply),
      )
    })
  }
}

async function comeBack(
  treasury: Treasury,
  request: FastifyRequest<{ Params: { attempt: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { platform } = treasury
  const id = request.params.attempt
  const attempt = isUuid(id) ? await store.attemptById(platform.db, id) : null
  if (attempt === null || !fitsReturn(platform, attempt, textOf(request.query, 's'))) throw notFound('payment')
  // the address lies in the histories of browsers and in the provider's logs: a day after the end it lets nobody in
  if (attempt.ended_at !== null && platform.now().getTime() - attempt.ended_at.getTime() > RETURN_MS)
    return seeOther(reply, `/pay/attempts/${id}`)
  giveAttempt(platform, request, reply, attempt)
  await atMost(platform, settleAttempt(treasury, id))
  return seeOther(reply, `/pay/attempts/${id}`)
}

async function takeNotices(
  treasury: Treasury,
  request: FastifyRequest<{ Params: { provider: string } }>,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const { platform, provider } = treasury
  if (provider?.name !== request.params.provider) throw notFound('provider')
  await limitAttempts(platform, `pay-webhook:${provider.name}:${networkOf(request.ip)}`, PACE)
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0)
  const notices = await provider.parseWebhook(request.headers, body, platform.now())
  const waiting = await keep(treasury, provider.name, notices)
  await atMost(platform, handleNotices(treasury, waiting))
  return reply.code(204).send()
}

/** Waits for work for some seconds, then lets it go on alone: what it leaves undone is taken up by the jobs. */
export async function atMost(platform: Platform, work: Promise<unknown>): Promise<void> {
  const done = work.catch((error: unknown) => {
    const name = error instanceof Error ? error.name : 'error'
    platform.log.warn({ part: 'payments', err: { name } }, 'the outcome of a payment could not be booked now; it is asked for again')
  })
  const stop = new AbortController()
  await Promise.race([done, sleep(WAIT_MS, undefined, { signal: stop.signal }).catch(() => undefined)])
  stop.abort()
}
