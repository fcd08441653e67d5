import { Webhook } from 'standardwebhooks'
import { z } from 'zod'
import { isUuid } from '../../../kernel/id.ts'
import { sameBytes } from '../../../platform/crypto.ts'
import { type Notice, type Provider, ProviderAway, type ProviderPayment, type ProviderRefund, type Settlement } from './port.ts'
import { forged, type Headers, messageOf, onlyHeader, TOLERANCE_S } from './webhook.ts'
import { jsonApi, type JsonApi, noPayment, type Patience, type PayConfig, payPage, short } from './wire.ts'

/** How long a payer may take at the hosted page. */
const EXPIRES_IN = 30 * 60

const id = z.string().min(1).max(200)
const amount = z
  .string()
  .regex(/^\d{1,18}$/)
  .transform(BigInt)
const signed = z
  .string()
  .regex(/^-?\d{1,18}$/)
  .transform(BigInt)
const currency = z.string().regex(/^[A-Z]{3}$/)

const reasons = {
  declined: 'declined',
  insufficient_funds: 'insufficient_funds',
  authentication_failed: 'authentication',
  timeout: 'timeout',
  closed: 'closed',
} as const
const states = ['pending', 'authorised', 'captured', 'failed', 'cancelled', 'expired'] as const

const paymentShape = z.object({
  id,
  reference: z.string(),
  state: z.string(),
  reason: z.string().nullish(),
  amount,
  currency,
  captured: amount,
  refunded: amount,
  method: z.string().nullish(),
  pay_url: z.string().nullish(),
  chargebacks: z.array(z.object({ id, amount, fee: amount, state: z.string().nullish() })).default([]),
})
type BankPayment = z.infer<typeof paymentShape>

const refundShape = z.object({ id, payment: id, amount, reference: z.string(), state: z.string() })

const settlementShape = z.object({
  id,
  day: z.iso.date(),
  currency,
  net: signed,
  payout_reference: z.string().max(200),
  lines: z.array(
    z.object({
      kind: z.enum(['payment', 'refund', 'chargeback', 'fee']),
      payment: id.nullish(),
      reference: z.string().nullish(),
      gross: signed,
      fee: signed,
      net: signed,
    }),
  ),
})

const noticeShape = z.object({
  type: z.string(),
  data: z.union([
    z.object({ payment: z.object({ id, reference: z.string() }), refund: z.object({ id }).optional() }),
    z.object({ id, reference: z.string() }),
  ]),
})

/**
 * Harbour Bank's payment API: JSON with a bearer key, an idempotency key on every POST, amounts as strings of minor units,
 * webhooks by Standard Webhooks.
 */
export function openHarbourBank(pay: PayConfig, patience: Patience): Provider {
  if (pay.url === undefined || !URL.canParse(pay.url)) throw new Error('The address of the payment provider is missing or wrong.')
  const webhook = new Webhook(pay.webhookSecret)
  const origins = [new URL(pay.url).origin]
  const api = jsonApi(pay.url, pay.key, patience, codeOf)
  const known = (attempt: string, payment: string | null): Promise<ProviderPayment> => statusOf(api, origins, attempt, payment)
  return {
    name: 'harbourbank',
    origins,
    tellsChargebacks: 'status',
    start: async (ask) => {
      const sent = {
        amount: String(ask.amount),
        currency: ask.currency,
        reference: ask.attempt,
        description: short(ask.description, 200),
        language: ask.language,
        return_url: ask.returnUrl,
        expires_in: EXPIRES_IN,
        capture: 'automatic',
      }
      const made = await api.post('v1/payments', ask.attempt, sent, paymentShape)
      if (made.amount !== ask.amount || made.currency !== ask.currency) throw new ProviderAway('not_what_was_asked')
      return paymentOf(ours(made, ask.attempt), origins)
    },
    status: (ask) => known(ask.attempt, ask.payment),
    capture: async (ask) => {
      const path = `v1/payments/${encodeURIComponent(ask.payment)}/captures`
      await api.post(path, `${ask.attempt}.capture`, { amount: String(ask.amount) }, z.unknown())
      return known(ask.attempt, ask.payment)
    },
    refund: async (ask) => {
      const path = `v1/payments/${encodeURIComponent(ask.payment)}/refunds`
      const made = await api.post(path, ask.refund, { amount: String(ask.amount), reference: ask.refund }, refundShape)
      return refundOf(made, ask)
    },
    refundStatus: async (ask) => {
      if (ask.id !== null) return refundOf(await api.get(`v1/refunds/${encodeURIComponent(ask.id)}`, {}, refundShape), ask)
      const found = await api.get('v1/refunds', { reference: ask.refund }, z.object({ refunds: z.array(refundShape) }))
      const [first] = found.refunds
      return first ? refundOf(first, ask) : { id: null, state: 'unknown' }
    },
    parseWebhook: async (headers, body, now) => [noticeOf(webhook, headers, body, now)].filter((notice) => notice !== null),
    settlements: async (from, to) => {
      const found = await api.get('v1/settlements', { from, to }, z.object({ settlements: z.array(settlementShape) }))
      return found.settlements.map(settlementOf)
    },
  }
}

function codeOf(body: unknown): unknown {
  return z.object({ code: z.string() }).safeParse(body).data?.code
}

async function statusOf(api: JsonApi, origins: readonly string[], attempt: string, payment: string | null): Promise<ProviderPayment> {
  if (payment !== null) {
    const found = await api.get(`v1/payments/${encodeURIComponent(payment)}`, {}, paymentShape)
    return paymentOf(ours(found, attempt), origins)
  }
  const found = await api.get('v1/payments', { reference: attempt }, z.object({ payments: z.array(paymentShape) }))
  const [first] = found.payments
  return first ? paymentOf(ours(first, attempt), origins) : noPayment
}

/** An answer about another payment than the one asked for is no answer. */
function ours(payment: BankPayment, attempt: string): BankPayment {
  if (payment.reference !== attempt) throw new ProviderAway('not_what_was_asked')
  return payment
}

function paymentOf(payment: BankPayment, origins: readonly string[]): ProviderPayment {
  const state = payment.state === 'created' ? 'open' : (states.find((known) => known === payment.state) ?? 'unknown')
  return {
    id: payment.id,
    state,
    reason: ['failed', 'cancelled', 'expired'].includes(state) ? reasonOf(payment.reason) : null,
    amount: payment.amount,
    currency: payment.currency,
    captured: payment.captured,
    refunded: payment.refunded,
    // the bank keeps its fee
    chargebacks: payment.chargebacks.map(({ state: end, ...taken }) => ({ ...taken, won: end === 'won' ? { feeBack: 0n } : null })),
    payUrl: state === 'open' ? payPage(payment.pay_url, origins) : null,
    method: payment.method === 'card' || payment.method === 'wallet' ? payment.method : null,
  }
}

function reasonOf(reason: string | null | undefined): NonNullable<ProviderPayment['reason']> {
  const known = Object.entries(reasons).find(([word]) => word === reason)
  return known ? known[1] : 'other'
}

function refundOf(refund: z.infer<typeof refundShape>, ask: { refund: string; amount: bigint }): ProviderRefund {
  if (refund.reference !== ask.refund || refund.amount !== ask.amount) throw new ProviderAway('not_what_was_asked')
  return { id: refund.id, state: (['pending', 'succeeded', 'failed'] as const).find((state) => state === refund.state) ?? 'unknown' }
}

function settlementOf(settlement: z.infer<typeof settlementShape>): Settlement {
  return {
    id: settlement.id,
    day: settlement.day,
    currency: settlement.currency,
    net: settlement.net,
    reference: settlement.payout_reference,
    lines: settlement.lines.map((line) => ({
      kind: line.kind,
      payment: line.payment ?? null,
      attempt: line.kind !== 'fee' && isUuid(line.reference ?? '') ? (line.reference ?? null) : null,
      gross: line.gross,
      fee: line.fee,
      net: line.net,
    })),
  }
}

/** Standard Webhooks 1.0: `v1` signatures of id, time and body, several of them while the secret is changed. */
function noticeOf(webhook: Webhook, headers: Headers, body: Buffer, now: Date): Notice | null {
  const event = onlyHeader(headers, 'webhook-id')
  const time = onlyHeader(headers, 'webhook-timestamp')
  const signatures = onlyHeader(headers, 'webhook-signature')
  if (event === null || event.length > 200 || time === null || !/^\d{1,12}$/.test(time) || signatures === null) throw forged()
  const sent = new Date(Number(time) * 1_000)
  const right = Buffer.from(webhook.sign(event, sent, body.toString('utf8')))
  if (!signatures.split(' ').some((signature) => sameBytes(Buffer.from(signature), right))) throw forged()
  if (Math.abs(now.getTime() - sent.getTime()) > TOLERANCE_S * 1_000) throw forged()
  const told = noticeShape.safeParse(messageOf(body))
  if (!told.success) return null
  const { data } = told.data
  const payment = 'payment' in data ? data.payment : data
  return {
    event,
    attempt: isUuid(payment.reference) ? payment.reference : null,
    payment: payment.id,
    refund: 'payment' in data ? (data.refund?.id ?? null) : null,
  }
}
