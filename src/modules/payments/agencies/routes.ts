import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { type RouteModule, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { limitAttempts, networkOf } from '../../identity/index.ts'
import type { Treasury } from '../treasury.ts'
import { billJson, changeSent, fullJson, readSent, sendBill } from './bills.ts'
import { numberPattern, readBody, shapesFor, unfit } from './body.ts'
import type { Scope } from './client.ts'
import { keyHashOf } from './clients.ts'
import * as store from './store.ts'
import type { Client } from './store.ts'

const door = { config: { access: 'token', api: true } } as const
type OneRoute = { Params: { reference: string } }

/** How often a network may come with keys that are none. */
const WRONG_KEYS = { max: 60, minutes: 15 }
const MOST_LISTED = 200

/** The JSON door of agencies' programs: bills out, and how they stand. */
export function apiRoutes(treasury: Treasury): RouteModule {
  const { platform } = treasury
  const shapes = shapesFor(platform)
  return (app) => {
    app.post('/api/v1/bills', door, async (request, reply) => {
      const client = await admit(treasury, request, 'bills.write')
      const key = keyOf(request)
      const { bill, fresh } = await sendBill(treasury, client, readBody(shapes.bill, request.body), key)
      return reply
        .code(fresh ? 201 : 200)
        .header('location', `/api/v1/bills/${bill.reference}`)
        .send(await fullJson(platform, bill))
    })
    app.get('/api/v1/bills', door, async (request) => list(treasury, request))
    app.get<OneRoute>('/api/v1/bills/:reference', door, async (request) => {
      const client = await admit(treasury, request, 'bills.read')
      return fullJson(platform, await readSent(platform, client, request.params.reference))
    })
    const change = async (request: FastifyRequest<OneRoute>, reply: FastifyReply, what: 'cancellation' | 'correction') => {
      const client = await admit(treasury, request, 'bills.change')
      const key = keyOf(request)
      const { title, to } =
        what === 'correction' ? readBody(shapes.correction, request.body) : { ...readBody(shapes.cancellation, request.body), to: 0n }
      return reply.send(await fullJson(platform, await changeSent(treasury, client, request.params.reference, { to, title }, key)))
    }
    app.post<OneRoute>('/api/v1/bills/:reference/cancellation', door, (request, reply) => change(request, reply, 'cancellation'))
    app.post<OneRoute>('/api/v1/bills/:reference/correction', door, (request, reply) => change(request, reply, 'correction'))
  }
}

async function list(treasury: Treasury, request: FastifyRequest): Promise<Record<string, unknown>> {
  const { platform } = treasury
  const client = await admit(treasury, request, 'bills.read')
  const [state, number, after, limit] = ['state', 'number', 'after', 'limit'].map((name) => textOf(request.query, name))
  const known = (['open', 'paid', 'cancelled', 'written_off'] as const).find((each) => each === state)
  if (state !== null && known === undefined) throw unfit([{ pointer: '/state', detail: 'must be open, paid, cancelled or written_off' }])
  if (typeof number === 'string' && !numberPattern.test(number)) throw unfit([{ pointer: '/number', detail: 'is no number of a bill' }])
  if (typeof after === 'string' && !isUuid(after)) throw unfit([{ pointer: '/after', detail: 'must be the "next" of a list' }])
  const most = /^\d{1,3}$/.test(limit ?? '') ? Math.min(Math.max(1, Number(limit)), MOST_LISTED) : 50
  const found = await store.listBills(
    platform.db,
    client.id,
    { state: known, number: number ?? undefined, after: after ?? undefined },
    most + 1,
  )
  const shown = found.slice(0, most)
  return { bills: shown.map((bill) => billJson(platform, bill)), next: found.length > most ? (shown.at(-1)?.id ?? null) : null }
}

/** The client whose key came with a request. Throws 401 without a good one, 403 without the scope, 429 when its minute is used up. */
async function admit({ platform }: Treasury, request: FastifyRequest, scope: Scope): Promise<Client> {
  const key = /^Bearer ([\x21-\x7E]{20,200})$/i.exec(request.headers.authorization ?? '')?.[1]
  const client = key === undefined ? null : await store.clientByKey(platform.db, keyHashOf(platform, key))
  if (!client) {
    await limitAttempts(platform, `money-api:${networkOf(request.ip)}`, WRONG_KEYS)
    throw new Problem('payments.client-key', 401, 'Send the key of your program as "Authorization: Bearer".')
  }
  const now = platform.now().getTime()
  if ((await store.takeMinute(platform.db, client.id, Math.floor(now / 60_000))) > client.per_minute)
    throw new Problem('payments.too-many', 429, 'Too many requests in this minute. Wait for the next one.', {
      retryAfter: 60 - Math.floor((now / 1_000) % 60),
    })
  if (!client.scopes.includes(scope)) throw new Problem('payments.client-scope', 403, `The key of your program is not good for ${scope}.`)
  const day = today(platform)
  if (client.used_on !== day) await store.changeClient(platform.db, client.id, { used_on: day })
  return client
}

function keyOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key']
  if (typeof key === 'string' && /^[\x21-\x7E]{1,200}$/.test(key)) return key
  throw new Problem('payments.idempotency-key', 400, 'Send an Idempotency-Key of 1 to 200 visible ASCII characters.')
}
