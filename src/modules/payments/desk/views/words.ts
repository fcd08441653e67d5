import { type Content, html, type Html, tag, type View } from '../../../../ui/index.ts'
import type { Bill } from '../../bill.ts'
import { agencyName, owed } from '../../pay/views/words.ts'
import { COUNT_LIMIT } from '../bills.ts'

export { agencyName, owed, stateTag } from '../../pay/views/words.ts'

/** The address of a bill's page for officers. */
export function deskHref(bill: Pick<Bill, 'reference'>, more = ''): string {
  return `/officer/money/bills/${bill.reference}${more}`
}

/** A link to a bill by its reference. */
export function billLink(bill: Pick<Bill, 'reference'>): Html {
  return html`<a class="ds-link" href="${deskHref(bill)}"><bdi>${bill.reference}</bdi></a>`
}

/** A count as it is shown: exact up to 1,000, then "1,000+". */
export function countText(view: View, count: number): string {
  const shown = view.t('ui.number', { n: Math.min(count, COUNT_LIMIT) })
  return count > COUNT_LIMIT ? `${shown}+` : shown
}

/** An amount of a currency for this reader; nothing when either is missing. */
export function amountOf(view: View, amount: bigint | null, currency: string | null): Content {
  return amount === null || currency === null ? null : owed(view, { currency }, amount)
}

/** The agencies of a choice, each by its name in plain words. */
export function agencyChoices(view: View, agencies: readonly string[]): Array<{ value: string; label: Content }> {
  return agencies.map((value) => ({ value, label: agencyName(view, value) }))
}

/** A word of a closed list, such as a state; what is not in the list is shown as its code. */
export function known(view: View, has: (key: string) => boolean, key: string, code: string): Content {
  return has(`${key}.${code}`) ? view.t(`${key}.${code}`) : html`<bdi>${code.replaceAll('_', ' ')}</bdi>`
}

/** How a refund or a proposal stands, as a label. */
export function standTag(view: View, state: string): Html {
  const tone =
    state === 'proposed' ? 'info' : state === 'failed' || state === 'unknown' ? 'warning' : state === 'declined' ? 'neutral' : 'success'
  return tag(view.t(`payments.desk.stands.${state}`), tone)
}
