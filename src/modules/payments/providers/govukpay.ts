import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { isUuid } from '../../../kernel/id.ts'
import { sameBytes } from '../../../platform/crypto.ts'
import { govukSettlements } from './govuksettlements.ts'
import {
  type Notice,
  type Provider,
  ProviderAway,
  type ProviderPayment,
  type ProviderRefund,
  ProviderRefused,
  type RefundAsk,
  type StartAsk,
} from './port.ts'
import { forged, type Headers, messageOf, onlyHeader } from './webhook.ts'
import { jsonApi, type JsonApi, noPayment, type Patience, type PayConfig, payPage, short } from './wire.ts'

const PUBLIC_API = 'https://publicapi.payments.service.gov.uk'
/** The payer goes to the first and is sent on to the second. */
const PUBLIC_PAGES = ['https://www.payments.service.gov.uk', 'https://card.payments.service.gov.uk']
/** The most pence of one payment. */
const MOST = 10_000_000n

const id = z.string().regex(/^[\w-]{1,100}$/)
const pence = z
  .int()
  .min(0)
  .transform((value) => BigInt(value))

const paymentShape = z.object({
  payment_id: id,
  reference: z.string(),
  amount: pence,
  /** With a surcharge for corporate cards. */
  total_amount: pence.nullish(),
  state: z.object({ status: z.string(), code: z.string().nullish() }),
  refund_summary: z.object({ status: z.string(), amount_available: pence, amount_submitted: pence }),
  card_details: z.object({ card_brand: z.string().nullish(), wallet_type: z.string().nullish() }).nullish(),
  _links: z.object({ next_url: z.object({ href: z.string() }).nullish() }),
})
type GovukPayment = z.infer<typeof paymentShape>

const refundShape = z.object({ refund_id: id, amount: pence, status: z.string(), created_date: z.string() })
type GovukRefund = z.infer<typeof refundShape>
const refundsShape = z.object({ _embedded: z.object({ refunds: z.array(refundShape) }) })

const noticeShape = z.object({
  id: z.string().min(1).max(200),
  resource_id: id,
  resource_type: z.string(),
  resource: z.object({ payment_id: id.nullish(), reference: z.string().nullish() }).nullish(),
})

/**
 * GOV.UK Pay's REST API as docs.payments.service.gov.uk describes it. Our reference at the provider is the attempt. The search is
 * late (eventually consistent); what is asked by id is not.
 */
export function openGovukPay(pay: PayConfig, patience: Patience): Provider {
  const base = pay.url === undefined || pay.url === '' ? PUBLIC_API : pay.url
  if (!URL.canParse(base)) throw new Error('The address of the payment provider is wrong.')
  const { origin } = new URL(base)
  const origins = origin === PUBLIC_API ? PUBLIC_PAGES : [origin]
  const api = jsonApi(base, pay.key, patience, codeOf)
  return {
    name: 'govuk_pay',
    origins,
    tellsChargebacks: 'settlement',
    start: async (ask) => paymentOf(await begin(api, ask), origins),
    status: async ({ attempt, payment }) => {
      const found = payment === null ? await search(api, attempt) : await byId(api, payment, attempt)
      return found ? paymentOf(found, origins) : noPayment
    },
    capture: async (ask) => {
      const before = await byId(api, ask.payment, ask.attempt)
      if (ask.amount !== before.amount) throw new ProviderRefused('partial_capture')
      if (before.state.status === 'success') return paymentOf(before, origins)
      await api.post(`${pathOf(ask.payment)}/capture`, `${ask.attempt}-capture`, {}, z.unknown())
      return paymentOf(await byId(api, ask.payment, ask.attempt), origins)
    },
    refund: (ask) => giveBack(api, ask),
    refundStatus: async (ask) => {
      if (ask.id !== null) return refundOf(await api.get(`${pathOf(ask.payment)}/refunds/${encodeURIComponent(ask.id)}`, {}, refundShape))
      const made = ourRefund(await refundsOf(api, ask.payment), ask)
      return made ? refundOf(made) : { id: null, state: 'unknown' }
    },
    parseWebhook: async (headers, body) => [noticeOf(pay.webhookSecret, headers, body)].filter((notice) => notice !== null),
    settlements: (from, to) => govukSettlements(api, from, to),
  }
}

function codeOf(body: unknown): unknown {
  return z.object({ code: z.string() }).safeParse(body).data?.code
}

function pathOf(payment: string): string {
  return `v1/payments/${encodeURIComponent(payment)}`
}

/**
 * Begins a payment, or gives the one that this attempt began already. The key is promised to hold for agreements only, so we
 * look first. Two payments of one attempt are harmless: a payer is sent only to a page that we were told of, and only once.
 */
async function begin(api: JsonApi, ask: StartAsk): Promise<GovukPayment> {
  if (ask.currency !== 'GBP') throw new ProviderRefused('currency')
  if (ask.amount <= 0n || ask.amount > MOST) throw new ProviderRefused('amount')
  const before = await search(api, ask.attempt)
  const made = before ?? (await create(api, ask))
  if (made.reference !== ask.attempt || made.amount !== ask.amount) throw new ProviderAway('not_what_was_asked')
  return made
}

async function create(api: JsonApi, ask: StartAsk): Promise<GovukPayment> {
  const sent = {
    amount: Number(ask.amount),
    reference: ask.attempt,
    // The provider's firewall refuses these signs.
    description: short(ask.description.replaceAll(/[<>"\\|]/g, ' '), 255),
    return_url: ask.returnUrl,
    delayed_capture: false,
    language: ask.language === 'cy' ? 'cy' : 'en',
  }
  try {
    return await api.post('v1/payments', ask.attempt, sent, paymentShape)
  } catch (error) {
    // The key was used already: what it made is not in the search yet.
    if (error instanceof ProviderRefused && error.code === 'p0191') throw new ProviderAway('begun_already')
    throw error
  }
}

async function byId(api: JsonApi, payment: string, attempt: string): Promise<GovukPayment> {
  const found = await api.get(pathOf(payment), {}, paymentShape)
  if (found.payment_id !== payment || found.reference !== attempt) throw new ProviderAway('not_what_was_asked')
  return found
}

/** The payment of an attempt that went furthest, asked anew by its id, because the search is late. */
async function search(api: JsonApi, attempt: string): Promise<GovukPayment | null> {
  const found = await api.get('v1/payments', { reference: attempt }, z.object({ results: z.array(paymentShape) }))
  const ours = found.results.filter((payment) => payment.reference.toLowerCase() === attempt)
  const [best] = ours.toSorted((a, b) => progress(b) - progress(a))
  return best ? byId(api, best.payment_id, attempt) : null
}

function progress(payment: GovukPayment): number {
  return ['error', 'cancelled', 'failed', 'created', 'started', 'submitted', 'capturable', 'success'].indexOf(payment.state.status)
}

function totalOf(payment: GovukPayment): bigint {
  return payment.total_amount ?? payment.amount
}

function paymentOf(payment: GovukPayment, origins: readonly string[]): ProviderPayment {
  const [state, reason] = stateOf(payment.state.status, payment.state.code ?? null)
  const { card_brand: brand, wallet_type: wallet } = payment.card_details ?? {}
  return {
    id: payment.payment_id,
    state,
    reason,
    amount: payment.amount,
    currency: 'GBP',
    // a surcharge is the provider's: of what we asked for, no more came than that
    captured: state === 'captured' ? payment.amount : 0n,
    refunded: payment.refund_summary.amount_submitted,
    chargebacks: [],
    payUrl: state === 'open' ? payPage(payment._links.next_url?.href, origins) : null,
    method: wallet ? 'wallet' : brand ? 'card' : null,
  }
}

/** The states and codes of the provider's API reference, part "Payment status lifecycle". */
function stateOf(status: string, code: string | null): readonly [ProviderPayment['state'], ProviderPayment['reason']] {
  if (status === 'created' || status === 'started') return ['open', null]
  if (status === 'submitted') return ['pending', null]
  if (status === 'capturable') return ['authorised', null]
  if (status === 'success') return ['captured', null]
  if (!['failed', 'cancelled', 'error'].includes(status)) return ['unknown', null]
  if (code === 'P0020') return ['expired', 'timeout']
  if (code === 'P0030' || code === 'P0040' || status === 'cancelled') return ['cancelled', 'closed']
  return ['failed', code === 'P0010' ? 'declined' : 'other']
}

/**
 * Gives money back once. Refunds have no key of ours here: a repeated call is told by what is still to be given back, which the
 * provider compares too (`refund_amount_available`, refused with P0604 when it has changed).
 */
async function giveBack(api: JsonApi, ask: RefundAsk): Promise<ProviderRefund> {
  const payment = await api.get(pathOf(ask.payment), {}, paymentShape)
  const { amount_available: available, amount_submitted: submitted } = payment.refund_summary
  if (submitted === ask.earlier + ask.amount) {
    const made = ourRefund(await refundsOf(api, ask.payment), ask)
    return made ? refundOf(made) : { id: null, state: 'unknown' }
  }
  // another call with this refund may have come first: what became of it is asked, never guessed
  if (submitted !== ask.earlier || available !== totalOf(payment) - ask.earlier) throw new ProviderAway('refunded_elsewhere')
  const sent = { amount: Number(ask.amount), refund_amount_available: Number(available) }
  try {
    return refundOf(await api.post(`${pathOf(ask.payment)}/refunds`, ask.refund, sent, refundShape))
  } catch (error) {
    if (error instanceof ProviderRefused && error.code === 'p0604') throw new ProviderAway('refunded_elsewhere')
    throw error
  }
}

async function refundsOf(api: JsonApi, payment: string): Promise<readonly GovukRefund[]> {
  const found = await api.get(`${pathOf(payment)}/refunds`, {}, refundsShape)
  return found._embedded.refunds.filter((refund) => refund.status !== 'error').toSorted((a, b) => order(a.created_date, b.created_date))
}

function order(a: string, b: string): number {
  return a < b ? -1 : Number(a > b)
}

/** The refund that stands where ours must: after the earlier ones, and of our amount. */
function ourRefund(refunds: readonly GovukRefund[], ask: RefundAsk): GovukRefund | null {
  let sum = 0n
  for (const refund of refunds) {
    if (sum === ask.earlier && refund.amount === ask.amount) return refund
    sum += refund.amount
  }
  return null
}

function refundOf(refund: GovukRefund): ProviderRefund {
  const words: Readonly<Record<string, ProviderRefund['state']>> = { submitted: 'pending', success: 'succeeded', error: 'failed' }
  return { id: refund.refund_id, state: Object.hasOwn(words, refund.status) ? (words[refund.status] ?? 'unknown') : 'unknown' }
}

/** `Pay-Signature` is the hexadecimal HMAC-SHA256 of the body. It has no time: a replay only makes us ask again. */
function noticeOf(secret: string, headers: Headers, body: Buffer): Notice | null {
  const signature = onlyHeader(headers, 'pay-signature')
  const right = createHmac('sha256', secret).update(body).digest('hex')
  if (signature === null || !sameBytes(Buffer.from(signature), Buffer.from(right))) throw forged()
  const told = noticeShape.safeParse(messageOf(body))
  if (!told.success) return null
  const { id: event, resource_id: about, resource_type: type, resource } = told.data
  if (type.toLowerCase() === 'refund') return { event, attempt: null, payment: resource?.payment_id ?? null, refund: about }
  const reference = resource?.reference ?? ''
  return { event, attempt: isUuid(reference) ? reference : null, payment: about, refund: null }
}
