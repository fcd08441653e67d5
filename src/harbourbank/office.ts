import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { z } from 'zod'
import { Problem } from '../kernel/problem.ts'
import { isCreditorReference, plainIban } from '../modules/iso20022/index.ts'
import { addEntry, closeDay, type Closed } from './account.ts'
import { amount, currency, shaped } from './api.ts'
import { officePage, type Notice } from './officeviews.ts'
import type { Reader } from './page.ts'
import type { Parts } from './parts.ts'
import { chargebackJson } from './payment.ts'
import { chargeBack, winChargeback } from './payments.ts'
import { apiWeathers, setWeather, webhookWeathers } from './weather.ts'

const line = (longest: number) =>
  z
    .string()
    .trim()
    .min(1)
    .max(longest)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must be one line of plain text')

const transferAsk = z.strictObject({
  amount,
  currency,
  reference: line(35).optional(),
  text: line(140).optional(),
  name: line(70),
  iban: line(42)
    .refine((text) => plainIban(text) !== null, 'must be an IBAN')
    .optional(),
})
const chargebackAsk = z.strictObject({ payment: z.string().max(64), amount: amount.optional() })
const wonAsk = z.strictObject({ chargeback: z.string().max(64) })
const weatherAsk = z.strictObject({ webhooks: z.enum(webhookWeathers).optional(), api: z.enum(apiWeathers).optional() })

const LOOPBACK = new Set(['127.0.0.1', '::1', '::ffff:127.0.0.1'])

/** Whoever is at this machine, with a page of the bank's own or with no browser at all; nobody from elsewhere. */
function refuseOthers(request: FastifyRequest): void {
  const { host = '', origin, 'sec-fetch-site': site, 'x-forwarded-for': forwarded } = request.headers
  // a browser that was led here under another name (DNS rebinding) says that name
  const here = LOOPBACK.has(request.ip) && forwarded === undefined && /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/.test(host)
  const foreign =
    request.method !== 'GET' &&
    ((origin !== undefined && origin !== `http://${host}`) || (site !== undefined && site !== 'same-origin' && site !== 'none'))
  if (!here || foreign) throw new Problem('office.closed', 403, 'The back office is open at this machine only.')
}

/** The back office below `/office`, as pages and as JSON: what people and banks do that the merchant does not. */
export async function officeRoutes(app: FastifyInstance, parts: Parts): Promise<void> {
  app.addHook('onRequest', async (request) => refuseOthers(request))
  app.get('/', async (request, reply) => show(parts, request, reply, null))
  act(app, parts, '/close-day', 'day_closed', z.unknown(), () => {
    const { day, settlements, statements }: Closed = closeDay(parts)
    return { day, settlements, statements }
  })
  act(app, parts, '/chargebacks', 'charged_back', chargebackAsk, (ask) => {
    const chargeback = chargeBack(parts, ask.payment, ask.amount ?? null)
    return { payment: chargeback.payment, ...chargebackJson(chargeback) }
  })
  act(app, parts, '/chargebacks/won', 'chargeback_won', wonAsk, (ask) => {
    const chargeback = winChargeback(parts, ask.chargeback)
    return { payment: chargeback.payment, ...chargebackJson(chargeback) }
  })
  act(app, parts, '/transfers', 'transfer_sent', transferAsk, (ask) => {
    // only a reference that fits is one to the bank's counter; anything else is the payer's own words
    const structured = ask.reference !== undefined && isCreditorReference(ask.reference)
    const words = [structured ? undefined : ask.reference, ask.text].filter((each) => each !== undefined).join(' ')
    const reference = structured ? ask.reference?.replaceAll(/\s/g, '').toUpperCase() : undefined
    const iban = ask.iban === undefined ? undefined : (plainIban(ask.iban) ?? undefined)
    const entry = addEntry(parts, {
      kind: 'transfer',
      currency: ask.currency,
      amount: ask.amount,
      reference,
      text: words === '' ? undefined : words.slice(0, 140),
      name: ask.name,
      iban,
    })
    return { id: String(entry) }
  })
  act(app, parts, '/weather', 'weather_set', weatherAsk, (ask) => setWeather(parts, ask))
}

/** One act: JSON gets what became of it, a form the page again. */
function act<T>(app: FastifyInstance, parts: Parts, path: string, notice: Notice, schema: z.ZodType<T>, work: (ask: T) => unknown): void {
  app.post(path, (request, reply) => {
    const form = (request.headers['content-type'] ?? '').startsWith('application/x-www-form-urlencoded')
    try {
      const ask = shaped(schema, form ? filled(request.body) : (request.body ?? {}))
      const result = parts.db.transact(() => work(ask))
      if (form)
        return reply
          .code(303)
          .header('location', `/office?lang=${readerOf(parts, request).language}&done=${notice}`)
          .send()
      return reply.code(200).send(result)
    } catch (error) {
      if (!form || !(error instanceof Problem) || error.status >= 500) throw error
      return show(parts, request, reply.code(error.status), error)
    }
  })
}

/** The fields of a form that were filled in. */
function filled(body: unknown): Record<string, unknown> {
  if (typeof body !== 'object' || body === null) return {}
  return Object.fromEntries(Object.entries(body).filter(([, value]) => value !== ''))
}

function show(parts: Parts, request: FastifyRequest, reply: FastifyReply, problem: Problem | null): FastifyReply {
  const done = queryOf(request, 'done')
  return reply.type('text/html; charset=utf-8').send(officePage(readerOf(parts, request), parts, { done, problem }))
}

function readerOf(parts: Parts, request: FastifyRequest): Reader {
  const asked = queryOf(request, 'lang')
  const language = parts.messages.languages.includes(asked) ? asked : 'en'
  return { language, t: parts.messages.translator(language) }
}

function queryOf({ query }: FastifyRequest, name: string): string {
  const value: unknown = typeof query === 'object' && query !== null ? Object.entries(query).find(([key]) => key === name)?.[1] : undefined
  return typeof value === 'string' ? value : ''
}
