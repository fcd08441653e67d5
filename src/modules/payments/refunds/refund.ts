/** Where a refund stands: proposed, decided, with the provider or the bank (`unknown`: nobody can say), and its ends. */
export type RefundState = 'proposed' | 'declined' | 'approved' | 'sent' | 'unknown' | 'succeeded' | 'failed'
/** Why money is given back. */
export const refundCauses = ['overpaid', 'decision', 'mistake', 'goodwill'] as const
export type RefundCause = (typeof refundCauses)[number]
/** How it goes back: the way it came, by transfer to an account, or in cash at the counter. */
export const refundWays = ['provider', 'bank', 'cash'] as const
export type RefundWay = (typeof refundWays)[number]

/** Money of a payment that is given back; amounts in minor units of `currency`. */
export type Refund = {
  readonly id: string
  readonly payment_id: string
  /** The bill that is reduced for it; null when the money was not put to one. */
  readonly bill_id: string | null
  readonly amount: bigint
  readonly currency: string
  readonly cause: RefundCause
  readonly way: RefundWay
  readonly state: RefundState
  /** In the vault: the officer's `words`, and `account_name` and `iban` for a transfer. */
  readonly record_id: string | null
  readonly provider_refund: string | null
  readonly proposed_by: string | null
  readonly proposed_at: Date
  readonly decided_by: string | null
  readonly decided_at: Date | null
  readonly asks: number
  readonly next_ask_at: Date | null
  readonly ended_at: Date | null
}

/** Whether nothing more will happen to a refund. */
export function isOver(state: RefundState): boolean {
  return state === 'declined' || state === 'succeeded' || state === 'failed'
}

/** Whether a refund was approved and its money has left or is promised. */
export function isPromised(state: RefundState): boolean {
  return state !== 'proposed' && state !== 'declined' && state !== 'failed'
}

const MINUTE = 60_000

/** When the provider is asked again about a refund: after 1, 2, 4 ... minutes, at most six hours; banks take days. */
export function nextRefundAsk(asks: number, now: Date): Date {
  return new Date(now.getTime() + Math.min(2 ** Math.min(asks, 12), 360) * MINUTE)
}

/** After this long without an end somebody has to look at a refund, in milliseconds. */
export const REFUND_UNCLEAR_MS = 7 * 24 * 60 * MINUTE
