/** Where a payment stands at the bank. */
export type State = 'created' | 'pending' | 'authorised' | 'captured' | 'failed' | 'cancelled' | 'expired'
/** Why no money came. */
export type Reason = 'declined' | 'insufficient_funds' | 'authentication_failed' | 'timeout' | 'closed'
/** What the card that was used brings about. */
export type Course =
  | 'pays'
  | 'declined'
  | 'insufficient_funds'
  | 'authentication_failed'
  | 'timeout'
  | 'late'
  | 'charged_back'
  | 'shuffled'
  | 'refund_fails'

/** A payment. Amounts in minor units of `currency`. */
export type Payment = {
  readonly id: string
  readonly reference: string
  readonly description: string
  readonly language: string
  readonly returnUrl: string
  readonly amount: bigint
  readonly currency: string
  readonly capture: 'automatic' | 'manual'
  readonly state: State
  readonly reason: Reason | null
  readonly method: 'card' | 'wallet' | null
  /** What the hosted page asks for next. */
  readonly step: 'choose' | 'code' | 'wallet' | 'done'
  readonly course: Course | null
  readonly captured: bigint
  readonly refunded: bigint
  readonly chargedBack: bigint
  /** What the forms of the hosted page carry, so that no other site can send them. */
  readonly token: string
  /** The one-time code that was sent to the payer's telephone. */
  readonly code: string | null
  readonly tries: number
  readonly createdAt: Date
  readonly expiresAt: Date
  readonly chargebacks: readonly Chargeback[]
}

/** Money taken back by the payer's bank, and what that costs the merchant. */
export type Chargeback = {
  readonly id: string
  readonly payment: string
  readonly amount: bigint
  readonly fee: bigint
  readonly openedAt: Date
  /** When the payer's bank gave the money to the merchant again; the fee stays. */
  readonly wonAt: Date | null
}

/** Money given back. */
export type Refund = {
  readonly id: string
  readonly payment: string
  readonly amount: bigint
  readonly reference: string
  readonly state: 'pending' | 'succeeded' | 'failed'
}

/** The cards of the sandbox and what each brings about; no other number is taken. */
export const testCards: ReadonlyArray<{ readonly number: string; readonly course: Course }> = [
  { number: '4111111111111111', course: 'pays' },
  { number: '4000000000000002', course: 'declined' },
  { number: '4000000000009995', course: 'insufficient_funds' },
  { number: '4000000000000127', course: 'authentication_failed' },
  { number: '4000000000000119', course: 'timeout' },
  { number: '4000000000000341', course: 'late' },
  { number: '4000000000000259', course: 'charged_back' },
  { number: '4000000000003220', course: 'shuffled' },
  { number: '4000000000005126', course: 'refund_fails' },
]

/** What a card number as it was typed brings about; null when it is none of the sandbox's. */
export function courseOf(typed: string): Course | null {
  const digits = typed.normalize('NFKC').replaceAll(/[\s-]/g, '')
  return testCards.find((card) => card.number === digits)?.course ?? null
}

/** The largest amount of one payment or transfer, in minor units. */
export const LARGEST = 1_000_000_000_000n

/** What a payment costs the merchant: 1.4 %, rounded half up, and 25 minor units. */
export function feeOf(amount: bigint): bigint {
  return (amount * 14n + 500n) / 1000n + 25n
}

/** What a chargeback costs the merchant. */
export const CHARGEBACK_FEE = 1500n
/** What a payout costs the merchant. */
export const PAYOUT_FEE = 20n
/** What a transfer that the merchant orders costs it. */
export const TRANSFER_FEE = 10n

/** A payment as the API and the webhooks tell of it. */
export function paymentJson(payment: Payment, publicUrl: string): Record<string, unknown> {
  return {
    id: payment.id,
    reference: payment.reference,
    state: payment.state,
    reason: payment.reason,
    amount: String(payment.amount),
    currency: payment.currency,
    captured: String(payment.captured),
    refunded: String(payment.refunded),
    charged_back: String(payment.chargedBack),
    method: payment.method,
    pay_url: `${publicUrl}/pay/${payment.id}`,
    return_url: payment.returnUrl,
    created_at: payment.createdAt.toISOString(),
    expires_at: payment.expiresAt.toISOString(),
    chargebacks: payment.chargebacks.map(chargebackJson),
  }
}

/** A chargeback as the API and the webhooks tell of it. */
export function chargebackJson(chargeback: Chargeback): Record<string, unknown> {
  return {
    id: chargeback.id,
    amount: String(chargeback.amount),
    fee: String(chargeback.fee),
    state: chargeback.wonAt === null ? 'open' : 'won',
    opened_at: chargeback.openedAt.toISOString(),
  }
}

/** A refund as the API and the webhooks tell of it. */
export function refundJson({ id, payment, amount, reference, state }: Refund): Record<string, unknown> {
  return { id, payment, amount: String(amount), reference, state }
}
