import { z } from 'zod'
import { isUuid, uuidv7Time } from '../../../kernel/id.ts'
import { minorDigits } from '../../../kernel/money.ts'
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
import { called, everyItem, type StripeSdk, stripeSdk } from './stripeclient.ts'
import { sessionOf, stripeSettlements } from './stripesettlements.ts'
import {
  CHECKOUT,
  disputeShape,
  eventShape,
  type Intent,
  intentOf,
  isDisputed,
  paymentOf,
  type Refund,
  refundOf,
  refundShape,
  type Session,
  sessionShape,
} from './stripeshapes.ts'
import { forged, type Headers, messageOf, onlyHeader, TOLERANCE_S } from './webhook.ts'
import { noPayment, type Patience, type PayConfig, short } from './wire.ts'

/** From the attempt's own time to the end of the hosted page; the provider wants 30 minutes at least when it is begun. */
const EXPIRES_S = 60 * 60
/** Sessions are looked for from before the attempt (clocks differ) until none can be begun any more. */
const BEFORE_S = 5 * 60
const AFTER_S = EXPIRES_S - 30 * 60 + 5 * 60

const withCharge = { expand: ['payment_intent.latest_charge'] }
const pages = ['en', 'es', 'fr', 'de', 'it', 'pt', 'nl', 'pl', 'ro', 'ru', 'tr', 'zh']

/**
 * Stripe Checkout by its SDK. A payment is a Checkout Session, whose `client_reference_id` and idempotency key are the attempt.
 * All that is sent follows from the attempt, so that a call made again is the same call for the provider.
 */
export async function openStripe(pay: PayConfig, patience: Patience): Promise<Provider> {
  const sdk = await stripeSdk(pay, patience)
  return {
    name: 'stripe',
    origins: CHECKOUT,
    tellsChargebacks: 'status',
    start: (ask) => begin(sdk, ask),
    status: async ({ attempt, payment }) => {
      const id = payment ?? (await find(sdk, attempt))
      return id === null ? noPayment : whole(sdk, await read(sdk, id, attempt))
    },
    capture: async (ask) => {
      const intent = intentOf(await read(sdk, ask.payment, ask.attempt))
      if (intent?.status !== 'succeeded') await take(sdk, intent, ask)
      else if (intent.amount_received !== ask.amount) throw new ProviderRefused('captured_already')
      return whole(sdk, await read(sdk, ask.payment, ask.attempt))
    },
    refund: (ask) => giveBack(sdk, ask),
    refundStatus: async (ask) => {
      const refund = ask.id === null ? await madeRefund(sdk, ask) : await called(refundShape, () => sdk.refunds.retrieve(ask.id ?? ''))
      return refund ? refundOf(refund) : { id: null, state: 'unknown' }
    },
    parseWebhook: async (headers, body, now) => {
      const notice = await noticeOf(sdk, pay.webhookSecret, headers, body, now)
      return notice ? [notice] : []
    },
    settlements: (from, to) => stripeSettlements(sdk, from, to),
  }
}

/** The amount as Stripe counts it: minor units as in ISO 4217, but for two currencies, and the third decimal must be 0. */
function countable(amount: bigint, currency: string): number {
  if (['ISK', 'UGX'].includes(currency)) throw new ProviderRefused('currency')
  const exact = amount > 0n && amount <= BigInt(Number.MAX_SAFE_INTEGER) && (minorDigits(currency) < 3 || amount % 10n === 0n)
  if (!exact) throw new ProviderRefused('amount')
  return Number(amount)
}

function timeOf(attempt: string): number {
  const made = uuidv7Time(attempt)
  if (made === null) throw new ProviderRefused('attempt')
  return Math.floor(made.getTime() / 1_000)
}

async function begin(sdk: StripeSdk, ask: StartAsk): Promise<ProviderPayment> {
  const price = { currency: ask.currency.toLowerCase(), unit_amount: countable(ask.amount, ask.currency) }
  const params = {
    mode: 'payment' as const,
    client_reference_id: ask.attempt,
    metadata: { attempt: ask.attempt },
    line_items: [{ quantity: 1, price_data: { ...price, product_data: { name: short(ask.description, 250) } } }],
    payment_intent_data: {
      capture_method: 'automatic' as const,
      description: short(ask.description, 250),
      metadata: { attempt: ask.attempt },
    },
    // The payer is shown the amount that the bill says, never one in another currency.
    adaptive_pricing: { enabled: false },
    locale: pages.find((page) => page === ask.language) ?? ('auto' as const),
    expires_at: timeOf(ask.attempt) + EXPIRES_S,
    success_url: ask.returnUrl,
    cancel_url: ask.returnUrl,
  }
  const made = await called(sessionShape, () => sdk.checkout.sessions.create(params, { idempotencyKey: ask.attempt }))
  const asked = made.client_reference_id === ask.attempt && made.amount_total === ask.amount && made.currency === price.currency
  if (!asked) throw new ProviderAway('not_what_was_asked')
  return paymentOf(made, [])
}

/** Looks an attempt's session up among all that could be it; lists are up to date, the provider's search is not. */
async function find(sdk: StripeSdk, attempt: string): Promise<string | null> {
  const made = timeOf(attempt)
  const created = { gte: made - BEFORE_S, lte: made + AFTER_S }
  const found = await everyItem(sessionShape, 50, (page) => sdk.checkout.sessions.list({ ...page, created }))
  return found.find((session) => session.client_reference_id === attempt)?.id ?? null
}

async function read(sdk: StripeSdk, id: string, attempt: string | null): Promise<Session> {
  const session = await called(sessionShape, () => sdk.checkout.sessions.retrieve(id, withCharge))
  if (session.id !== id || (attempt !== null && session.client_reference_id !== attempt)) throw new ProviderAway('not_what_was_asked')
  return session
}

async function whole(sdk: StripeSdk, session: Session): Promise<ProviderPayment> {
  const intent = intentOf(session)
  if (!intent || !isDisputed(session)) return paymentOf(session, [])
  return paymentOf(session, await everyItem(disputeShape, 5, (page) => sdk.disputes.list({ ...page, payment_intent: intent.id })))
}

async function take(sdk: StripeSdk, intent: Intent | null, ask: { attempt: string; amount: bigint; currency: string }): Promise<void> {
  if (intent?.status !== 'requires_capture') throw new ProviderRefused('not_authorised')
  const amount = countable(ask.amount, ask.currency)
  const key = { idempotencyKey: `${ask.attempt}.capture` }
  await called(z.object({ id: z.literal(intent.id) }), () => sdk.paymentIntents.capture(intent.id, { amount_to_capture: amount }, key))
}

/** Gives money back once: keys are forgotten after a day, so what was given back already is looked for first. */
async function giveBack(sdk: StripeSdk, ask: RefundAsk): Promise<ProviderRefund> {
  const session = await read(sdk, ask.payment, null)
  const intent = intentOf(session)
  if (!intent) throw new ProviderRefused('not_captured')
  const before = await madeRefund(sdk, ask, intent.id)
  if (before) return refundOf(before)
  const metadata = { refund: ask.refund, attempt: session.client_reference_id ?? '' }
  const params = { payment_intent: intent.id, amount: countable(ask.amount, ask.currency), metadata }
  const made = await called(refundShape, () => sdk.refunds.create(params, { idempotencyKey: ask.refund }))
  if (made.amount !== ask.amount) throw new ProviderAway('not_what_was_asked')
  return refundOf(made)
}

async function madeRefund(sdk: StripeSdk, ask: RefundAsk, intent?: string): Promise<Refund | null> {
  const about = intent ?? intentOf(await read(sdk, ask.payment, null))?.id
  if (about === undefined) return null
  const made = await everyItem(refundShape, 5, (page) => sdk.refunds.list({ ...page, payment_intent: about }))
  return made.find((refund) => refund.metadata?.['refund'] === ask.refund) ?? null
}

/** Verified by the SDK; a dispute, or a refund made by hand, names its payment only by the intent, so that is asked for. */
async function noticeOf(sdk: StripeSdk, secret: string, headers: Headers, body: Buffer, now: Date): Promise<Notice | null> {
  const signature = onlyHeader(headers, 'stripe-signature')
  if (signature === null) throw forged()
  verify(sdk, secret, signature, body, now)
  const told = eventShape.safeParse(messageOf(body))
  if (!told.success) return null
  const { id: event, data } = told.data
  const about = data.object
  const refund = about.object === 'refund' ? (about.id ?? null) : null
  if (about.object === 'checkout.session') return noticed(event, about.client_reference_id, about.id, null)
  if (!['payment_intent', 'charge', 'refund', 'dispute'].includes(about.object)) return null
  const attempt = about.metadata?.['attempt']
  if (attempt !== undefined || !about.payment_intent) return noticed(event, attempt, null, refund)
  const session = await sessionOf(sdk, about.payment_intent)
  return noticed(event, session?.attempt, session?.payment, refund)
}

/** The account may be used for other things too: what names neither an attempt nor a payment is not ours. */
function noticed(event: string, said: string | null | undefined, payment: string | null | undefined, refund: string | null): Notice | null {
  const attempt = said && isUuid(said) ? said : null
  if (attempt === null) return null
  return { event, attempt, payment: payment ?? null, refund }
}

function verify(sdk: StripeSdk, secret: string, signature: string, body: Buffer, now: Date): void {
  try {
    sdk.webhooks.constructEvent(body, signature, secret, TOLERANCE_S, undefined, now.getTime())
  } catch (error) {
    // A right signature over something that is no event is told by what reads it.
    if (error instanceof SyntaxError) return
    throw forged()
  }
}
