import type { ProviderPayment } from '../providers/port.ts'

/** Where an attempt stands: `made` before the provider answered, `unknown` when nobody can say; the last four are its ends. */
export type AttemptState = 'made' | 'unknown' | 'open' | 'pending' | 'authorised' | 'captured' | 'failed' | 'cancelled' | 'expired'

/** One try to pay one or several bills at a provider. Amounts in minor units of `currency`; its id is the provider's idempotency key. */
export type Attempt = {
  readonly id: string
  readonly provider: string
  readonly provider_payment: string | null
  /** The provider's page; only good while `open`. */
  readonly pay_url: string | null
  readonly state: AttemptState
  /** Why it ended without money: `declined`, `insufficient_funds`, `authentication`, `timeout`, `closed`, `refused`, `given_up` or `other`. */
  readonly reason: string | null
  readonly amount: bigint
  readonly currency: string
  readonly captured: bigint
  readonly method: string | null
  /** Who pays, when they are signed in. */
  readonly account_id: string | null
  readonly language: string
  /** A path of ours to go on to afterwards. */
  readonly return_path: string
  readonly made_at: Date
  readonly asks: number
  readonly next_ask_at: Date | null
  readonly ended_at: Date | null
}

/** What an attempt pays of a bill; `open` while the bill waits for its outcome. */
export type AttemptBill = { readonly attempt_id: string; readonly bill_id: string; readonly amount: bigint; readonly open: boolean }

/** Whether the provider has said the last word, as far as it goes: an expired payment may still be paid late. */
export function hasEnded(state: AttemptState): boolean {
  return order[state] >= order.expired
}

// money is the last word of all; what failed may yet be paid, what was paid is
const order: Readonly<Record<AttemptState, number>> = {
  made: 0, unknown: 0, open: 1, pending: 2, authorised: 3, expired: 4, failed: 5, cancelled: 5, captured: 6,
} // prettier-ignore

/**
 * The state after an answer. Answers overtake one another, so an attempt only goes forward: from anywhere to money, from
 * an end never back to waiting. Not knowing is said of what has not ended, and replaced by whatever is known next.
 */
export function stateAfter(before: AttemptState, said: AttemptState): AttemptState {
  if (hasEnded(before)) return order[said] > order[before] ? said : before
  if (said === 'unknown' || said === 'made') return 'unknown'
  return before === 'unknown' || order[said] > order[before] ? said : before
}

/** Why an answer cannot be about this attempt; null when it can. Money is booked only for an answer that fits. */
export function mismatchOf(attempt: Attempt, answer: ProviderPayment): 'payment' | 'amount' | 'currency' | 'captured' | null {
  if (attempt.provider_payment !== null && answer.id !== attempt.provider_payment) return 'payment'
  if (answer.currency !== attempt.currency) return 'currency'
  if (answer.amount !== attempt.amount) return 'amount'
  if (answer.captured > attempt.amount || answer.captured < 0n) return 'captured'
  if (answer.state === 'captured' && answer.captured === 0n) return 'captured'
  return attempt.state === 'captured' && answer.captured > attempt.captured ? 'captured' : null
}

const MINUTE = 60_000
const DAY = 24 * 60 * MINUTE

/** How long an attempt that ended without money is still asked for: some payments succeed late. */
export const LATE_MS = 3 * DAY
/** Whether money may still come of an attempt that ends like this: its payer may have paid, and the provider only has not said so. */
export function mayComeLate(before: Pick<Attempt, 'state' | 'provider_payment'>, after: AttemptState): boolean {
  if (after !== 'expired') return false
  return ['pending', 'authorised'].includes(before.state) || (before.state === 'unknown' && before.provider_payment !== null)
}

/** Whether an officer may give an attempt up: nothing is known of it after a long time. */
export function isGivenUp(attempt: Pick<Attempt, 'state' | 'made_at'>, now: Date): boolean {
  return !hasEnded(attempt.state) && now.getTime() - attempt.made_at.getTime() >= UNCLEAR_MS
}

/** The reason of an attempt that an officer gave up. */
export const GIVEN_UP = 'given_up'

/** After this long without an end somebody has to look. */
export const UNCLEAR_MS = 3 * DAY
/** After this long a payment that the provider does not know was never begun. */
export const NEVER_BEGUN_MS = 60 * MINUTE
/** After this long without an end the provider is not asked any more; the work item stays. */
const GIVEN_UP_MS = 60 * DAY

/**
 * When the provider is asked again: after 1, 2, 4 ... minutes, at most an hour while the outcome is open (twelve once that
 * is with somebody), at most six hours for three days after it expired; null when no more.
 */
export function nextAsk(attempt: Pick<Attempt, 'state' | 'asks' | 'made_at' | 'ended_at'>, now: Date): Date | null {
  if (hasEnded(attempt.state) && attempt.state !== 'expired') return null
  const since = now.getTime() - (attempt.state === 'expired' ? (attempt.ended_at ?? now) : attempt.made_at).getTime()
  if (since >= (attempt.state === 'expired' ? LATE_MS : GIVEN_UP_MS)) return null
  const longest = attempt.state === 'expired' ? 360 : since >= UNCLEAR_MS ? 720 : 60
  return new Date(now.getTime() + Math.min(2 ** Math.min(attempt.asks, 12), longest) * MINUTE)
}
