import { z } from 'zod'
import type { ProviderPayment, ProviderRefund } from './port.ts'
import { payPage } from './wire.ts'

/** Where Checkout's hosted page is. */
export const CHECKOUT = ['https://checkout.stripe.com']

const id = z.string().min(1).max(255)

/** An amount of Stripe: a whole number that a double holds exactly, as bigint. */
export const minor = z.int().transform((value) => BigInt(value))

const metadata = z.record(z.string(), z.string()).nullish()

const charge = z.object({
  id,
  amount_refunded: minor,
  disputed: z.boolean(),
  payment_method_details: z
    .object({ type: z.string(), card: z.object({ wallet: z.object({ type: z.string() }).nullish() }).nullish() })
    .nullish(),
})

const intent = z.object({
  id,
  status: z.string(),
  amount_received: minor,
  last_payment_error: z.object({ code: z.string().nullish(), decline_code: z.string().nullish() }).nullish(),
  latest_charge: z.union([charge, id]).nullish(),
})

/** What we read of a Checkout Session; the payment intent is whole only where it was asked for. */
export const sessionShape = z.object({
  id,
  object: z.literal('checkout.session'),
  client_reference_id: z.string().nullable(),
  status: z.string().nullable(),
  amount_total: minor.nullable(),
  currency: z.string().nullable(),
  url: z.string().nullish(),
  payment_intent: z.union([intent, id]).nullish(),
})

/** A Checkout Session as we read it. */
export type Session = z.infer<typeof sessionShape>
/** A payment intent as we read it. */
export type Intent = z.infer<typeof intent>

/** What we read of a refund. */
export const refundShape = z.object({ id, amount: minor, status: z.string().nullable(), metadata })
/** A refund as we read it. */
export type Refund = z.infer<typeof refundShape>

/** What we read of a dispute: what it moved on the balance tells whether money is gone. */
export const disputeShape = z.object({ id, amount: minor, balance_transactions: z.array(z.object({ amount: minor, fee: minor })) })
/** A dispute as we read it. */
export type Dispute = z.infer<typeof disputeShape>

/** What we read of an event: what it is about and how that names our payment. */
export const eventShape = z.object({
  id,
  data: z.object({
    object: z.object({
      object: z.string(),
      id: id.nullish(),
      client_reference_id: z.string().nullish(),
      metadata,
      payment_intent: z.union([z.object({ id }).transform((whole) => whole.id), id]).nullish(),
    }),
  }),
})

/** What we read of a payout; `trace_id` is what the bank shows, where the bank gives one. */
export const payoutShape = z.object({
  id,
  amount: minor,
  currency: z.string(),
  arrival_date: z.int().min(0).max(8_640_000_000),
  trace_id: z.object({ status: z.string(), value: z.string().nullable() }).nullish(),
})

/** What we read of a balance transaction, with its source. */
export const movementShape = z.object({
  id,
  amount: minor,
  fee: minor,
  net: minor,
  reporting_category: z.string(),
  source: z
    .union([z.object({ metadata, payment_intent: z.union([z.object({ id }).transform((whole) => whole.id), id]).nullish() }), id])
    .nullish(),
})
/** A balance transaction as we read it. */
export type Movement = z.infer<typeof movementShape>

/** One page of a list. */
export function pageOf<T>(item: z.ZodType<T>): z.ZodType<{ data: T[]; has_more: boolean }> {
  return z.object({ object: z.literal('list'), data: z.array(item), has_more: z.boolean() })
}

/** The payment intent of a session where it is whole; null before the payer has paid anything. */
export function intentOf(session: Session): Intent | null {
  return typeof session.payment_intent === 'object' ? (session.payment_intent ?? null) : null
}

function chargeOf(session: Session): z.infer<typeof charge> | null {
  const latest = intentOf(session)?.latest_charge
  return typeof latest === 'object' ? latest : null
}

/** Whether a payer has disputed the payment with their bank, so that the disputes must be read. */
export function isDisputed(session: Session): boolean {
  return chargeOf(session)?.disputed ?? false
}

/** A session and its disputes in the words of our port. */
export function paymentOf(session: Session, disputes: readonly Dispute[]): ProviderPayment {
  const found = intentOf(session)
  const state = stateOf(session.status, found)
  const money = state === 'captured' ? (found?.amount_received ?? 0n) : 0n
  return {
    id: session.id,
    state,
    reason: reasonOf(state, found),
    amount: session.amount_total ?? 0n,
    currency: (session.currency ?? 'xxx').toUpperCase(),
    captured: money,
    refunded: chargeOf(session)?.amount_refunded ?? 0n,
    chargebacks: disputes.flatMap(chargebackOf),
    payUrl: state === 'open' ? payPage(session.url, CHECKOUT) : null,
    method: methodOf(session),
  }
}

/** The intent knows more than the session: a session may be complete while the bank still thinks. */
function stateOf(status: string | null, found: Intent | null): ProviderPayment['state'] {
  if (found?.status === 'succeeded') return 'captured'
  if (found?.status === 'requires_capture') return 'authorised'
  if (found?.status === 'processing') return 'pending'
  if (status === 'open') return 'open'
  if (status === 'expired') return 'expired'
  if (status !== 'complete') return 'unknown'
  if (found?.status === 'canceled') return 'cancelled'
  return found?.status === 'requires_payment_method' ? 'failed' : 'unknown'
}

function reasonOf(state: ProviderPayment['state'], found: Intent | null): ProviderPayment['reason'] {
  if (state === 'expired') return 'timeout'
  if (state === 'cancelled') return 'closed'
  if (state !== 'failed') return null
  const { code, decline_code: decline } = found?.last_payment_error ?? {}
  if (decline === 'insufficient_funds' || code === 'insufficient_funds') return 'insufficient_funds'
  if (code === 'payment_intent_authentication_failure' || decline === 'authentication_required') return 'authentication'
  return code === 'card_declined' || code === 'payment_intent_payment_attempt_failed' ? 'declined' : 'other'
}

/** A dispute is a chargeback once it took money from the balance, and won when all of that is back; a mere inquiry takes none. */
function chargebackOf({ id: dispute, amount, balance_transactions: moved }: Dispute): ProviderPayment['chargebacks'] {
  if (!moved.some((one) => one.amount < 0n)) return []
  const sum = (values: readonly bigint[]): bigint => values.reduce((total, one) => total + one, 0n)
  const fees = moved.map((one) => one.fee)
  const won = sum(moved.map((one) => one.amount)) >= 0n ? { feeBack: -sum(fees.filter((fee) => fee < 0n)) } : null
  return [{ id: dispute, amount, fee: sum(fees.filter((fee) => fee > 0n)), won }]
}

function methodOf(session: Session): ProviderPayment['method'] {
  const details = chargeOf(session)?.payment_method_details
  if (!details) return null
  if (details.type === 'card') return details.card?.wallet ? 'wallet' : 'card'
  if (
    /^(sepa_debit|bacs_debit|us_bank_account|acss_debit|au_becs_debit|customer_balance|ideal|bancontact|eps|p24|pay_by_bank)$/.test(
      details.type,
    )
  ) {
    return 'bank'
  }
  return 'wallet'
}

/** A refund in the words of our port. */
export function refundOf(refund: Refund): ProviderRefund {
  const states: Readonly<Record<string, ProviderRefund['state']>> = {
    pending: 'pending',
    requires_action: 'pending',
    succeeded: 'succeeded',
    failed: 'failed',
    canceled: 'failed',
  }
  const known = refund.status !== null && Object.hasOwn(states, refund.status) ? states[refund.status] : undefined
  return { id: refund.id, state: known ?? 'unknown' }
}
