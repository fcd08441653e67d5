import { button, type Content, day, html, type Html, type View } from '../../../ui/index.ts'
import { today } from '../../../platform/platform.ts'
import type { Case, CaseMoney } from '../../cases/index.ts'
import type { Bill } from '../bill.ts'
import { dueWords, owed, stateTag } from '../pay/views/words.ts'
import * as bills from '../store.ts'
import type { Treasury } from '../treasury.ts'
import * as store from './store.ts'

/** What is owed for a case and how it stands, with the way to pay; for its page and after it was sent. */
export function caseMoney(treasury: Treasury): CaseMoney {
  const { platform } = treasury
  return async (_actor, view, current) => {
    if (current.fee_amount === null || current.fee_currency === null || current.fee_amount === 0n || current.fee_state === null) return []
    const fee = await store.feeOfCase(platform.db, current.id)
    const bill = fee ? await bills.billById(platform.db, fee.bill_id) : null
    return [panel(view, current, bill, today(platform))]
  }
}

function panel(view: View, current: Case, bill: Bill | null, on: Parameters<typeof stateTag>[2]): Html {
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="fee">
    <h2 id="fee">${t('payments.fees.title')}</h2>
    ${bill && bill.state !== 'cancelled' ? billed(view, bill, on) : unbilled(view, current)}
    ${payable(current, bill) ? payForm(view, current, bill) : null}
  </section>`
}

function billed(view: View, bill: Bill, on: Parameters<typeof stateTag>[2]): Html {
  const { t } = view
  const left = bill.state === 'open' && bill.outstanding < bill.total
  return html`<p>
      <strong>${owed(view, bill, bill.total)}</strong> ${stateTag(view, bill, on)}
      ${left ? html`<br />${t('payments.fees.left')} ${owed(view, bill, bill.outstanding)}` : null}
    </p>
    ${bill.state === 'open' ? html`<p>${t('payments.fees.due')} ${dueWords(view, bill, on)}</p>` : null}`
}

/** Before there is a bill, or after it ended, the case itself says how its fee stands. */
function unbilled(view: View, current: Case): Content {
  const { t } = view
  const amount = owed(view, { currency: current.fee_currency ?? '' }, current.fee_amount ?? 0n)
  const due =
    current.fee_state === 'due' && current.fee_due_on ? html`<p>${t('payments.fees.due')} ${day(view, current.fee_due_on)}</p>` : null
  return html`<p><strong>${amount}</strong></p>
    <p>${t(`payments.fees.state.${current.fee_state ?? 'recorded'}`)}</p>
    ${due}`
}

function payable(current: Case, bill: Bill | null): boolean {
  return bill ? bill.state === 'open' : ['due', 'overdue', 'reversed'].includes(current.fee_state ?? '')
}

function payForm(view: View, current: Case, bill: Bill | null): Html {
  const { t } = view
  const amount = owed(view, { currency: current.fee_currency ?? '' }, bill?.outstanding ?? current.fee_amount ?? 0n)
  return html`<form method="post" action="/cases/${current.reference}/pay">${button(html`${t('payments.pay.now')} ${amount}`)}</form>
    <p class="st-meta">${t('payments.fees.ways')}</p>`
}
