import { setTimeout as wait } from 'node:timers/promises'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../kernel/problem.ts'
import { parsePlainDate } from '../kernel/time.ts'
import { statementsOf, statementXml } from './account.ts'
import { once } from './answers.ts'
import { sameSecret } from './keys.ts'
import { takeOrders } from './orders.ts'
import type { Parts } from './parts.ts'
import { LARGEST, paymentJson, refundJson, type Payment } from './payment.ts'
import { cancelPayment, capturePayment, needPayment, needRefund, refundPayment, startPayment } from './payments.ts'
import { paymentsOf, refundsOf } from './paymentstore.ts'
import { findSettlement, settlementCsv, settlementsOf } from './settlements.ts'
import { weatherOf } from './weather.ts'

const currencies = new Set(Intl.supportedValuesOf('currency'))

/** An amount as the API takes it: minor units as a string of digits. */
export const amount = z
  .string()
  .regex(/^[1-9]\d{0,18}$/, 'must be minor units as a string of digits, more than 0')
  .transform(BigInt)
  .refine((value) => value <= LARGEST, 'is too large')
/** A currency of ISO 4217. */
export const currency = z.string().refine((code) => currencies.has(code), 'must be a currency of ISO 4217')
/** A name that the merchant gives to what it asks for. */
export const reference = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:-]{0,63}$/, 'must be 1 to 64 letters, digits and . _ : -')

// text that a page or a statement shows: no control characters, none that turn the text around it
const shown = (longest: number) =>
  z
    .string()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Cf}\p{Zl}\p{Zp}]*$/u, 'must be one line of plain text')

const address = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .refine((text) => /^[\x21-\x7e]+$/.test(text) && URL.parse(text)?.username === '', 'must be a plain http(s) address')

const paymentAsk = z.strictObject({
  amount,
  currency,
  reference,
  description: shown(200),
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/)
    .default('en'),
  return_url: address,
  expires_in: z.number().int().min(1).max(86_400).default(1800),
  capture: z.enum(['automatic', 'manual']).default('automatic'),
})
const captureAsk = z.strictObject({ amount })
const refundAsk = z.strictObject({ amount, reference })

/** A value in the shape it must have; Problem 422 that names what does not fit, without its value. */
export function shaped<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const faults = parsed.error.issues.slice(0, 20).map(({ path, message }) => ({ name: path.join('.'), message }))
  throw new Problem('invalid', 422, 'Something about the request does not fit.', { faults })
}

type ById = { Params: { id: string } }

/** The merchant's API below `/v1`, for whoever has the merchant's key. */
export async function apiRoutes(app: FastifyInstance, parts: Parts): Promise<void> {
  app.addHook('onRequest', async (request) => {
    const given = /^Bearer ([\x21-\x7e]+)$/.exec(request.headers.authorization ?? '')?.[1]
    if (given === undefined || !sameSecret(given, parts.keys.merchantKey))
      throw new Problem('unauthorised', 401, 'The key is missing or wrong.')
    const { api } = weatherOf(parts)
    if (api === 'down') throw new Problem('unavailable', 503, 'The bank cannot answer now.')
    if (api === 'slow') await wait(3000)
  })
  app.addHook('onSend', async (request, reply, payload) => {
    if (weatherOf(parts).api !== 'cut' || reply.statusCode === 401) return payload
    request.raw.socket.destroy()
    return payload
  })
  const json = (payment: Payment): Record<string, unknown> => paymentJson(payment, parts.publicUrl())

  app.post('/payments', (request, reply) => {
    const { return_url: returnUrl, expires_in: expiresIn, ...ask } = shaped(paymentAsk, request.body)
    return once(parts, request, reply, () => ({ status: 201, body: json(startPayment(parts, { ...ask, returnUrl, expiresIn })) }))
  })
  app.get('/payments', async (request) => ({ payments: paymentsOf(parts.db, referenceIn(request)).map(json) }))
  app.get<ById>('/payments/:id', async (request) => json(needPayment(parts, request.params.id)))
  app.post<ById>('/payments/:id/captures', (request, reply) => {
    const ask = shaped(captureAsk, request.body)
    return once(parts, request, reply, () => ({ status: 201, body: json(capturePayment(parts, request.params.id, ask.amount)) }))
  })
  app.post<ById>('/payments/:id/cancel', (request, reply) =>
    once(parts, request, reply, () => ({ status: 200, body: json(cancelPayment(parts, needPayment(parts, request.params.id), false)) })),
  )
  app.post<ById>('/payments/:id/refunds', (request, reply) => {
    const ask = shaped(refundAsk, request.body)
    return once(parts, request, reply, () => ({
      status: 201,
      body: refundJson(refundPayment(parts, request.params.id, ask.amount, ask.reference)),
    }))
  })
  app.get('/refunds', async (request) => ({ refunds: refundsOf(parts.db, referenceIn(request)).map(refundJson) }))
  app.get<ById>('/refunds/:id', async (request) => refundJson(needRefund(parts, request.params.id)))
  accountRoutes(app, parts)
}

function accountRoutes(app: FastifyInstance, parts: Parts): void {
  app.get('/settlements', async (request) => ({ settlements: settlementsOf(parts, ...periodIn(request)) }))
  app.get<ById>('/settlements/:id.csv', async (request, reply) => {
    const settlement = findSettlement(parts, request.params.id)
    if (!settlement) throw new Problem('settlement.unknown', 404, 'There is no such settlement.')
    return reply
      .type('text/csv; charset=utf-8')
      .header('content-disposition', `attachment; filename="${settlement.id}.csv"`)
      .send(settlementCsv(settlement))
  })
  app.get('/statements', async (request) => ({ statements: statementsOf(parts, ...periodIn(request)) }))
  app.get<ById>('/statements/:id.xml', async (request, reply) => {
    const xml = statementXml(parts, request.params.id)
    if (xml === null) throw new Problem('statement.unknown', 404, 'There is no such statement.')
    return reply.type('application/xml').send(xml)
  })
  app.post('/transfers', { bodyLimit: 8 * 1024 * 1024 }, (request, reply) => {
    const body = request.body
    if (typeof body !== 'string') throw new Problem('media-type', 415, 'Send pain.001.001.10 as application/xml.')
    return once(parts, request, reply, () => ({ status: 202, body: takeOrders(parts, body) }))
  })
}

function queryOf(request: FastifyRequest): Readonly<Record<string, unknown>> {
  return typeof request.query === 'object' && request.query !== null ? { ...request.query } : {}
}

function referenceIn(request: FastifyRequest): string {
  return shaped(reference, queryOf(request)['reference'])
}

function periodIn(request: FastifyRequest): [string, string] {
  const { from, to } = queryOf(request)
  const days = [from, to].map((day) => (typeof day === 'string' ? parsePlainDate(day) : null))
  const [first = null, last = null] = days
  if (first === null || last === null) throw new Problem('invalid', 422, 'Give the period as from=YYYY-MM-DD and to=YYYY-MM-DD.')
  return [first, last]
}
