/**
 * Where a payment stands at a provider. `unknown`: the provider did not answer or said what we do not understand; it is
 * asked again, never guessed.
 */
export type ProviderState = 'open' | 'pending' | 'authorised' | 'captured' | 'failed' | 'cancelled' | 'expired' | 'unknown'

/** A payment to begin. `attempt` is both our reference and the idempotency key: the same attempt begins one payment. */
export type StartAsk = {
  /** A UUIDv7: its time bounds how long the payment may be begun and where it is looked for when its id never arrived. */
  readonly attempt: string
  readonly amount: bigint
  readonly currency: string
  /** What the payer reads at the provider; no personal data. */
  readonly description: string
  readonly language: string
  /** Where the provider sends the payer back to; signed by us. */
  readonly returnUrl: string
}

/** A payment as the provider tells of it. Amounts in minor units of `currency`. */
export type ProviderPayment = {
  /** The provider's id; null, with `unknown`, when it knows no payment of this attempt (or none yet). */
  readonly id: string | null
  readonly state: ProviderState
  /** Why it failed, in our words; null when it did not. */
  readonly reason: 'declined' | 'insufficient_funds' | 'authentication' | 'timeout' | 'closed' | 'other' | null
  readonly amount: bigint
  readonly currency: string
  readonly captured: bigint
  readonly refunded: bigint
  /** Money that the payer's bank took; `won` when it has given it back since, with what of the fee came back too. */
  readonly chargebacks: ReadonlyArray<{
    readonly id: string
    readonly amount: bigint
    readonly fee: bigint
    readonly won: { readonly feeBack: bigint } | null
  }>
  /** The hosted page; null when it cannot be paid (any more). */
  readonly payUrl: string | null
  readonly method: 'card' | 'wallet' | 'bank' | null
}

/** Money to give back. `refund` is our id and the idempotency key. */
export type RefundAsk = {
  readonly refund: string
  readonly payment: string
  readonly amount: bigint
  readonly currency: string
  /**
   * The sum of this payment's refunds in our books that were asked for before this one and did not fail. A provider without
   * idempotency keys for refunds tells a repeated call by it.
   */
  readonly earlier: bigint
}

/** A refund as the provider tells of it. */
export type ProviderRefund = { readonly id: string | null; readonly state: 'pending' | 'succeeded' | 'failed' | 'unknown' }

/** What a webhook tells: that something about one of our payments moved. What it is, is asked with `status`. */
export type Notice = {
  /** The provider's id of this delivery's event; the same event may come many times. */
  readonly event: string
  /** Ours; null when the provider does not say it. */
  readonly attempt: string | null
  /** The provider's ids of the payment and of the refund. */
  readonly payment: string | null
  readonly refund: string | null
}

/** One line of a day's settlement. `net` = gross - fee; refunds and chargebacks are negative. */
export type SettlementLine = {
  readonly kind: 'payment' | 'refund' | 'chargeback' | 'fee'
  readonly payment: string | null
  readonly attempt: string | null
  readonly gross: bigint
  readonly fee: bigint
  readonly net: bigint
}

/** What a provider paid out for a day: `reference` is on the bank statement too. */
export type Settlement = {
  readonly id: string
  readonly day: string
  readonly currency: string
  readonly net: bigint
  readonly reference: string
  readonly lines: readonly SettlementLine[]
}

/**
 * A payment provider. Every call may be made again with the same ids and has the effect of one. A call throws
 * `ProviderAway` when no answer came (what became of it is unknown) and `ProviderRefused` when the answer is no.
 */
export type Provider = {
  readonly name: string
  /** Origins that the payer's browser is sent to; the CSP of the paying form allows them. */
  readonly origins: readonly string[]
  /** Where it tells chargebacks: with the payment, or as lines of settlements alone. */
  readonly tellsChargebacks: 'status' | 'settlement'
  start(ask: StartAsk): Promise<ProviderPayment>
  /** By the provider's id, or by our attempt when the id never arrived. */
  status(ask: { readonly attempt: string; readonly payment: string | null }): Promise<ProviderPayment>
  capture(ask: {
    readonly attempt: string
    readonly payment: string
    readonly amount: bigint
    readonly currency: string
  }): Promise<ProviderPayment>
  refund(ask: RefundAsk): Promise<ProviderRefund>
  refundStatus(ask: RefundAsk & { readonly id: string | null }): Promise<ProviderRefund>
  /** Checks signature and age of the raw body; throws Problem 401 when they do not fit. */
  parseWebhook(headers: Readonly<Record<string, string | string[] | undefined>>, body: Buffer, now: Date): Promise<readonly Notice[]>
  /** What was paid out from one day to another, both included; providers that have no settlements give an empty list. */
  settlements(from: string, to: string): Promise<readonly Settlement[]>
}

/** No answer came: what became of the call is unknown. */
export class ProviderAway extends Error {
  override readonly name = 'ProviderAway'
}

/** The provider said no; `code` is a word of ours for the log, never what a person wrote. */
export class ProviderRefused extends Error {
  override readonly name = 'ProviderRefused'
  readonly code: string
  constructor(code: string) {
    super(`the provider refused: ${code}`)
    this.code = code
  }
}
