import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Problem } from '../kernel/problem.ts'
import { checkoutPage, faultPage, type CardFaults } from './checkoutviews.ts'
import { sameSecret } from './keys.ts'
import type { Reader } from './page.ts'
import type { Parts } from './parts.ts'
import { courseOf, type Payment } from './payment.ts'
import { cancelPayment, chooseAgain, confirmCode, confirmWallet, needPayment, useCard, useWallet } from './payments.ts'
import { contentPolicy } from './server.ts'

type ById = { Params: { id: string } }
type Fields = Readonly<Record<string, string>>

/** The hosted pages that payers pay on. */
export async function checkoutRoutes(app: FastifyInstance, parts: Parts): Promise<void> {
  const page = (request: FastifyRequest, problem: Problem) => ({
    status: problem.status,
    body: faultPage(readerOf(parts, request, 'en'), problem, request.url.split(/[?#]/)[0] ?? '/'),
  })
  const config = { page }

  app.get<ById>('/pay/:id', { config }, (request, reply) => {
    const payment = needPayment(parts, request.params.id)
    return show(parts, request, reply, payment, {})
  })
  act(app, parts, 'card', (payment, fields, again) => {
    const { faults, course } = readCard(fields, parts.now())
    return course === null || Object.keys(faults).length > 0 ? again(faults) : useCard(parts, payment, course)
  })
  act(app, parts, 'wallet', (payment) => useWallet(parts, payment))
  act(app, parts, 'other', (payment) => chooseAgain(parts, payment))
  act(app, parts, 'code', (payment, fields, again) => confirmCode(parts, payment, fields['code'] ?? '') ?? again({ code: 'wrong' }))
  act(app, parts, 'confirm', (payment) => confirmWallet(parts, payment))
  act(app, parts, 'cancel', (payment) => cancelPayment(parts, payment, true))

  function act(
    app: FastifyInstance,
    parts: Parts,
    name: string,
    work: (payment: Payment, fields: Fields, again: (faults: CardFaults) => CardFaults) => Payment | CardFaults,
  ): void {
    app.post<ById>(`/pay/:id/${name}`, { config }, (request, reply) => {
      const fields = fieldsOf(request)
      const done = parts.db.transact(() => {
        const payment = needPayment(parts, request.params.id)
        if (!sameSecret(payment.token, fields['token'] ?? '')) return { payment, faults: { form: 'stale' } as const }
        // sent twice, by an impatient payer or from an old tab: what is done is shown, nothing is done again
        if (payment.state !== 'created') return { payment, faults: {} }
        const result = work(payment, fields, (faults) => faults)
        return 'id' in result ? { payment: result, faults: {} } : { payment: needPayment(parts, payment.id), faults: result }
      })
      if (Object.keys(done.faults).length > 0) return show(parts, request, reply.code(422), done.payment, done.faults)
      if (done.payment.step === 'done') return reply.code(303).header('location', done.payment.returnUrl).send()
      return reply.code(303).header('location', addressOf(request, done.payment)).send()
    })
  }
}

function show(parts: Parts, request: FastifyRequest, reply: FastifyReply, payment: Payment, faults: CardFaults): FastifyReply {
  const reader = readerOf(parts, request, payment.language)
  return reply
    .header('content-security-policy', contentPolicy(new URL(payment.returnUrl).origin))
    .type('text/html; charset=utf-8')
    .send(checkoutPage(reader, { payment, merchant: parts.merchant, faults, now: parts.now() }))
}

/** The language that the address asks for, else the payment's, else English. */
function readerOf(parts: Parts, request: FastifyRequest, fallback: string): Reader {
  const asked = langOf(request) ?? fallback.slice(0, 2).toLowerCase()
  const language = parts.messages.languages.includes(asked) ? asked : 'en'
  return { language, t: parts.messages.translator(language) }
}

function langOf(request: FastifyRequest): string | null {
  const query = request.query
  return typeof query === 'object' && query !== null && 'lang' in query && typeof query.lang === 'string' ? query.lang : null
}

function addressOf(request: FastifyRequest, payment: Payment): string {
  const lang = langOf(request)
  return `/pay/${payment.id}${lang !== null && /^[a-z]{2}$/.test(lang) ? `?lang=${lang}` : ''}`
}

function fieldsOf(request: FastifyRequest): Fields {
  const { body } = request
  if (typeof body !== 'object' || body === null) return {}
  return Object.fromEntries(Object.entries(body).filter((entry): entry is [string, string] => typeof entry[1] === 'string'))
}

/** Reads the card; its number is looked at here and goes nowhere else. */
function readCard(fields: Fields, now: Date): { faults: CardFaults; course: ReturnType<typeof courseOf> } {
  const course = courseOf(fields['number'] ?? '')
  const expiry = /^\s*(0[1-9]|1[0-2])\s*\/?\s*(?:20)?(\d{2})\s*$/.exec((fields['expiry'] ?? '').normalize('NFKC'))
  const month = expiry === null ? 0 : (2000 + Number(expiry[2])) * 12 + Number(expiry[1])
  const current = now.getUTCFullYear() * 12 + now.getUTCMonth() + 1
  const faults: CardFaults = {
    ...(course === null ? { number: 'unknown' } : {}),
    ...(month < current ? { expiry: expiry === null ? 'form' : 'past' } : {}),
    ...(/^\s*\d{3,4}\s*$/.test((fields['security'] ?? '').normalize('NFKC')) ? {} : { security: 'form' }),
  }
  return { faults, course }
}
