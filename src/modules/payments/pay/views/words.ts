import { daysBetween, type PlainDate } from '../../../../kernel/time.ts'
import { type Content, day, html, type Html, money, tag, type View, words } from '../../../../ui/index.ts'
import { type Bill, isOverdue, payableUntil } from '../../bill.ts'

/** An amount of a bill for this reader. */
export function owed(view: View, bill: Pick<Bill, 'currency'>, amount: bigint): Html {
  return money(view, { amount, currency: bill.currency })
}

/** The name of an agency of the city; its id when the city has it no more. */
export function agencyName(view: View, id: string): Content {
  const agency = view.city.agencies.find((each) => each.id === id)
  return agency ? words(view, agency.name) : html`<bdi>${id}</bdi>`
}

/** How a bill stands, as a label in words. */
export function stateTag(view: View, bill: Bill, today: PlainDate): Html {
  const { t } = view
  if (bill.state === 'paid') return tag(t('payments.pay.state.paid'), 'success')
  if (bill.state !== 'open') return tag(t(`payments.pay.state.${bill.state}`), 'neutral')
  if (isOverdue(bill, today)) return tag(t('payments.pay.state.overdue'), 'warning')
  return tag(t(bill.paid > 0n ? 'payments.pay.state.part' : 'payments.pay.state.open'), 'info')
}

/** Until when to pay an open bill: the day, and how far away that is. */
export function dueWords(view: View, bill: Bill, today: PlainDate): Html {
  const until = payableUntil(bill)
  return html`${day(view, until)} (${untilWords(view, until, today)})`
}

/** How far away a day is, in words. */
export function untilWords(view: View, until: PlainDate, today: PlainDate): string {
  const n = daysBetween(today, until)
  if (n === 0) return view.t('payments.pay.today')
  return n > 0 ? view.t('payments.pay.in_days', { n }) : view.t('payments.pay.days_ago', { n: -n })
}
