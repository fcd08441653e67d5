import { nearReferences, parseReference } from '../../../kernel/id.ts'
import { creditorReference } from '../../iso20022/index.ts'
import type { Bill } from '../bill.ts'
import { nameKey } from '../payername.ts'
import { type Part, referencesIn } from './part.ts'

/** Why a bill is perhaps the one that was paid. */
export type Reason = 'misspelt' | 'own_reference' | 'several' | 'not_open' | 'name_amount'

/** What is known about the bills that a batch of entries may be for. */
export type Known = {
  readonly byCreditor: ReadonlyMap<string, Bill>
  readonly byReference: ReadonlyMap<string, Bill>
  /** Open bills by the name of their payer, as `nameKey` gives it. */
  readonly byName: ReadonlyMap<string, readonly Bill[]>
}

/** What a credit is for: one bill for sure, some bills perhaps, or nobody knows. */
export type Match =
  | { readonly kind: 'exact'; readonly bill: Bill }
  | { readonly kind: 'suggested'; readonly candidates: ReadonlyArray<{ readonly bill: Bill; readonly reason: Reason }> }
  | { readonly kind: 'unmatched' }

/** Most bills that are suggested for one entry. */
const MOST = 10

/** The references of bills that one wrong symbol or two swapped ones may have been meant as, of what stands where a creditor reference should. */
export function meant(part: Part): string[] {
  const found = new Set<string>()
  for (const text of part.misspelt.slice(0, 5)) {
    const [, check = '', own = ''] = /^R?F?(\d{2})([0-9A-Z]{11})$/.exec(text) ?? []
    if (own === '') continue
    const right = parseReference(own)
    // the reference itself is right: then one symbol before it is not
    const near =
      right === null ? nearReferences(own).filter((each) => creditorReference(each.replaceAll('-', '')).slice(2, 4) === check) : [right]
    for (const each of near) found.add(each)
  }
  return [...found]
}

/** The city's own references of bills in the payer's words. */
export function ownReferences(part: Part): string[] {
  return referencesIn(part).slice(0, MOST)
}

/** Decides about one credit. Only one creditor reference of one open bill is sure; everything else waits for an officer. */
export function match(part: Part, known: Known): Match {
  // what came back, or was taken back, is nobody's payment
  if (part.returned || part.reversal) return { kind: 'unmatched' }
  const named = unique(part.references.flatMap((each) => known.byCreditor.get(each) ?? []), part) // prettier-ignore
  const [first, second] = named
  if (first && !second) {
    if (first.state === 'open') return { kind: 'exact', bill: first }
    return { kind: 'suggested', candidates: [{ bill: first, reason: 'not_open' }] }
  }
  if (first && second) return suggestion(named, () => 'several')
  const own = unique(ownReferences(part).flatMap((each) => known.byReference.get(each) ?? []), part) // prettier-ignore
  if (own.length > 0) return suggestion(own, (bill) => (bill.state === 'open' ? 'own_reference' : 'not_open'))
  const near = unique(meant(part).flatMap((each) => known.byReference.get(each) ?? []), part) // prettier-ignore
  if (near.length > 0) return suggestion(near, (bill) => (bill.state === 'open' ? 'misspelt' : 'not_open'))
  const same = unique(part.names.flatMap((name) => known.byName.get(nameKey(name)) ?? []), part) // prettier-ignore
  const equal = same.filter((bill) => bill.state === 'open' && bill.outstanding === part.amount)
  return equal.length > 0 ? suggestion(equal, () => 'name_amount') : { kind: 'unmatched' }
}

/** Each bill once, in the currency of the entry. */
function unique(bills: readonly Bill[], part: Part): Bill[] {
  return [...new Map(bills.filter((bill) => bill.currency === part.currency).map((bill) => [bill.id, bill])).values()]
}

function suggestion(bills: readonly Bill[], reason: (bill: Bill) => Reason): Match {
  return { kind: 'suggested', candidates: bills.slice(0, MOST).map((bill) => ({ bill, reason: reason(bill) })) }
}
