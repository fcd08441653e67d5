import { alert, button, type Content, html, type Html, linkButton, linkList, panel, type View, words } from '../../../../ui/index.ts'
import { type Attempt, hasEnded } from '../../attempts/index.ts'
import type { Bill } from '../../bill.ts'
import { billPath } from '../see.ts'
import { owed } from './words.ts'

/** What the page of an attempt shows. */
export type ShownAttempt = {
  readonly attempt: Attempt
  readonly bills: readonly Bill[]
  /** The payment that it became; null when it brought no money, or the reader may not see its receipt. */
  readonly payment: string | null
  /** Whether the page still looks again by itself. */
  readonly refreshing: boolean
  /** Where to try again: the address that a form is sent to, with the bills; null when nothing is left to pay. */
  readonly again: Content
  /** How to go on with a payment that waits at the provider. */
  readonly goOn: Content
  /** Whether its bills cannot be paid online because its money may still come. */
  readonly held: boolean
}

/** What became of an attempt to pay: paid, not paid and why, or not known yet. */
export function attemptPage(view: View, shown: ShownAttempt): Html {
  const { attempt } = shown
  if (attempt.state === 'captured') return paid(view, shown)
  if (attempt.state === 'expired') return expired(view, shown)
  return hasEnded(attempt.state) ? failed(view, shown) : checking(view, shown)
}

/** The title of that page. */
export function attemptTitle(view: View, { state }: Attempt): string {
  const { t } = view
  if (state === 'captured') return t('payments.pay.attempt.paid')
  if (state === 'expired') return t('payments.pay.attempt.expired')
  return hasEnded(state) ? t('payments.pay.attempt.failed') : t('payments.pay.attempt.checking')
}

function paid(view: View, { attempt, bills, payment }: ShownAttempt): Html {
  const { t } = view
  const less = attempt.captured < attempt.amount
  const left = bills.filter((bill) => bill.state === 'open' && bill.outstanding > 0n)
  return html`${panel({
    title: attemptTitle(view, attempt),
    body: html`<p>${t('payments.pay.attempt.got')} <strong>${owed(view, attempt, attempt.captured)}</strong></p>
        ${less ? html`<p>${t('payments.pay.attempt.less')} ${owed(view, attempt, attempt.amount)}</p>` : null}`,
  })}
    ${
      payment === null
        ? null
        : html`<section class="st-flow" aria-labelledby="receipt">
            <h2 id="receipt">${t('payments.pay.receipts')}</h2>
            ${linkList([
              { href: `/pay/receipts/${payment}.pdf`, title: t('payments.pay.receipt') },
              { href: `/pay/receipts/${payment}.json`, title: t('payments.pay.receipt_json'), text: t('payments.pay.receipt_json_text') },
            ])}
          </section>`
    }
    ${left.length > 0 ? alert('info', null, html`<p>${t('payments.pay.attempt.left')}</p>`) : null} ${billList(view, bills)}
    ${attempt.return_path.startsWith('/pay') ? null : html`<p>${linkButton(attempt.return_path, t('payments.pay.attempt.go_on'))}</p>`}`
}

function checking(view: View, { attempt, bills, refreshing, goOn }: ShownAttempt): Html {
  const { t } = view
  return html` <h1>${attemptTitle(view, attempt)}</h1>
    <p class="st-lead" role="status">${t('payments.pay.attempt.checking_text')}</p>
    ${
      refreshing
        ? html`<p>${t('payments.pay.attempt.looks_again')}</p>`
        : alert('info', null, html`<p>${t('payments.pay.attempt.takes_long')}</p>`)
    }
    ${
      attempt.state === 'open' && attempt.pay_url !== null
        ? html`<p>${t('payments.pay.attempt.under_way')} <strong>${owed(view, attempt, attempt.amount)}</strong></p>
            <p>${t('payments.pay.attempt.not_finished')}</p>
            ${goOn} ${billList(view, bills)}`
        : null
    }
    <p>${linkButton(`/pay/attempts/${attempt.id}`, t('payments.pay.attempt.look'), { kind: 'secondary' })}</p>`
}

function failed(view: View, { attempt, bills, again }: ShownAttempt): Html {
  const { t } = view
  return html` <h1>${attemptTitle(view, attempt)}</h1>
    ${alert(
      'warning',
      null,
      html`<p>${t(`payments.pay.reason.${reasonOf(attempt)}`)}</p>
        <p>${t('payments.pay.attempt.nothing_charged')}</p>`,
    )}
    ${again}
    ${billList(view, bills)}`
}

/** Nobody says that nothing was charged while the money may still come. */
function expired(view: View, { attempt, bills, again, held }: ShownAttempt): Html {
  const { t } = view
  return html` <h1>${attemptTitle(view, attempt)}</h1>
    ${alert(
      'info',
      null,
      html`${attempt.reason === 'timeout' ? html`<p>${t('payments.pay.reason.timeout')}</p>` : null}
        <p>${t('payments.pay.attempt.expired_text')}</p>
        ${held ? html`<p>${t('payments.pay.attempt.expired_held')}</p>` : null}`,
    )}
    ${held ? null : again} ${billList(view, bills)}`
}

const REASONS = new Set(['declined', 'insufficient_funds', 'authentication', 'timeout', 'closed', 'refused'])

function reasonOf(attempt: Attempt): string {
  return attempt.reason !== null && REASONS.has(attempt.reason) ? attempt.reason : 'other'
}

/** The button that leads to the page of a payment again: with the amount that it has of its bills. */
export function goOnForm(view: View, bills: readonly Bill[], attempt: Pick<Attempt, 'amount'>): Content {
  const [first, second] = bills
  if (!first) return null
  const label = view.t('payments.pay.attempt.go_on_paying')
  if (!second)
    return html`<form method="post" action="${billPath(first)}/pay">
      <input type="hidden" name="part" value="${attempt.amount.toString()}" />
      ${button(label)}
    </form>`
  return html`<form method="post" action="/pay/basket">
    ${bills.map((bill) => html`<input type="hidden" name="bill" value="${bill.reference}" />`)} ${button(label)}
  </form>`
}

/** The button that tries again; the bills' references travel with it. */
export function againForm(view: View, bills: readonly Bill[]): Content {
  if (bills.length === 0) return null
  return html`<form method="post" action="/pay/basket">
    ${bills.map((bill) => html`<input type="hidden" name="bill" value="${bill.reference}" />`)} ${button(view.t('payments.pay.attempt.again'))}
  </form>`
}

function billList(view: View, bills: readonly Bill[]): Content {
  if (bills.length === 0) return null
  return html`<section class="st-flow" aria-labelledby="bills">
    <h2 id="bills">${view.t('payments.pay.attempt.bills')}</h2>
    ${linkList(
      bills.map((bill) => ({
        href: billPath(bill),
        title: html`${words(view, bill.title)} <bdi>${bill.reference}</bdi>`,
        text:
          bill.state === 'open'
            ? html`${view.t('payments.pay.attempt.still')} ${owed(view, bill, bill.outstanding)}`
            : view.t('payments.pay.state.paid'),
      })),
    )}
  </section>`
}
