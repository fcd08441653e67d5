import type { Bill } from '../bill.ts'
import type { SettlementRow } from '../reconcile/store.ts'
import type { Deposit } from '../till/store.ts'
import { type Books, depositsIn } from './lookups.ts'
import { match, type Reason } from './match.ts'
import { type Part, refundIn, wordsOf } from './part.ts'
import type { RefundRow } from './store.ts'

/** What a transaction of a statement is. */
export type Decision =
  | { readonly kind: 'exact'; readonly bill: Bill }
  | { readonly kind: 'suggested'; readonly candidates: ReadonlyArray<{ readonly bill: Bill; readonly reason: Reason }> }
  | { readonly kind: 'unmatched' }
  | { readonly kind: 'repeated' }
  | { readonly kind: 'none' }
  | { readonly kind: 'fee' }
  | { readonly kind: 'payout'; readonly settlement: SettlementRow }
  | { readonly kind: 'deposit'; readonly deposit: Deposit }
  | { readonly kind: 'refund'; readonly refunds: readonly RefundRow[] }
  | { readonly kind: 'refund_return'; readonly refund: RefundRow }

/**
 * Decides about the transactions of a batch, in their order. What is the city's own - payouts, refunds, cash, fees - must be there with that
 * very amount, and each thing is used once; everything else is somebody's payment or nobody's yet.
 */
export function decide(
  parts: ReadonlyArray<{ readonly part: Part; readonly repeated: boolean }>,
  books: Books,
  feeCodes: readonly string[] = [],
): Decision[] {
  const used = new Set<string>()
  return parts.map(({ part, repeated }) => {
    if (repeated) return { kind: 'repeated' }
    if (part.amount === 0n) return { kind: 'none' }
    const own = ownOf(part, books, used)
    if (own !== null) return own
    if (part.fee || (part.ownCode !== null && feeCodes.includes(part.ownCode))) return { kind: 'fee' }
    return part.amount > 0n ? match(part, books) : { kind: 'unmatched' }
  })
}

function ownOf(part: Part, books: Books, used: Set<string>): Decision | null {
  const once = <T>(things: readonly T[], id: (thing: T) => string): T | undefined => {
    const found = things.find((thing) => !used.has(id(thing)))
    if (found !== undefined) used.add(id(found))
    return found
  }
  const words = wordsOf(part)
  const settlements = words.flatMap((word) => books.settlements.get(word) ?? [])
  const settlement = once(settlements.filter((each) => each.net === part.amount && each.currency === part.currency), (each) => `${each.provider}/${each.id}`) // prettier-ignore
  if (settlement) return { kind: 'payout', settlement }
  const deposits = depositsIn(part).flatMap((reference) => books.deposits.get(reference) ?? [])
  const deposit = once(deposits.filter((each) => each.amount === part.amount && each.currency === part.currency), (each) => each.reference) // prettier-ignore
  if (deposit) return { kind: 'deposit', deposit }
  return refundsOf(part, books, used)
}

/** Refunds that went out, one or a file of them, or one that came back. */
function refundsOf(part: Part, books: Books, used: Set<string>): Decision | null {
  const refund = books.refunds.get(refundIn(part.endToEnd) ?? '')
  if (refund && part.amount > 0n) {
    const back = refund.state === 'succeeded' || used.has(refund.id)
    if (!back || refund.amount !== part.amount || refund.currency !== part.currency || used.has(`back/${refund.id}`)) return null
    used.add(`back/${refund.id}`)
    return { kind: 'refund_return', refund }
  }
  if (part.amount > 0n) return null
  const whole = refund ? [refund] : (part.orders.map((order) => books.files.get(order)).find((file) => file !== undefined)?.refunds ?? [])
  // what the bank has refused of a file is not in what it took for the file
  const group = whole.filter(
    (each) => each.way === 'bank' && each.state === 'sent' && each.currency === part.currency && !used.has(each.id),
  )
  const total = group.reduce((sum, each) => sum + each.amount, 0n)
  if (group.length === 0 || total !== -part.amount) return null
  for (const each of group) used.add(each.id)
  return { kind: 'refund', refunds: group }
}
