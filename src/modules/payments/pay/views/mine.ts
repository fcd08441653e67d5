import type { PlainDate } from '../../../../kernel/time.ts'
import { alert, button, checkboxes, dataTable, hiddenInputs, html, type Html, instant, linkList, summaryList, type View, words } from '../../../../ui/index.ts' // prettier-ignore
import type { Bill } from '../../bill.ts'
import { billPath } from '../see.ts'
import { agencyName, dueWords, owed, stateTag } from './words.ts'

/** Everything that somebody owes the city, of all agencies: what is open first, what is due next above. */
export function minePage(
  view: View,
  open: readonly Bill[],
  closed: readonly Bill[],
  o: { today: PlainDate; online: boolean; none: boolean },
): Html {
  const { t } = view
  return html` <h1>${t('payments.pay.mine.title')}</h1>
    ${o.none ? alert('warning', null, html`<p>${t('payments.pay.mine.choose_one')}</p>`) : null}
    ${open.length === 0 ? html`<p class="st-lead">${t('payments.pay.mine.none')}</p>` : openBills(view, open, o)}
    ${
      closed.length === 0
        ? null
        : html`<section class="st-flow" aria-labelledby="closed">
            <h2 id="closed">${t('payments.pay.mine.closed')}</h2>
            ${dataTable({
              caption: t('payments.pay.mine.closed'),
              captionHidden: true,
              head: [t('payments.pay.mine.bill'), t('payments.pay.mine.state'), t('payments.invoice.amount'), t('payments.pay.mine.when')],
              rows: closed.map((bill) => [
                html`<a class="ds-link" href="${billPath(bill)}">${words(view, bill.title)} <bdi>${bill.reference}</bdi></a>`,
                stateTag(view, bill, o.today),
                owed(view, bill, bill.total),
                bill.closed_at ? instant(view, bill.closed_at) : '',
              ]),
              numeric: [2],
              id: 'closed-table',
            })}
          </section>`
    }
    <p><a class="ds-link" href="/pay">${t('payments.pay.mine.by_code')}</a></p>`
}

function openBills(view: View, open: readonly Bill[], o: { today: PlainDate; online: boolean }): Html {
  const { t } = view
  const list = linkList(
    open.map((bill) => ({
      href: billPath(bill),
      title: html`${words(view, bill.title)} <bdi>${bill.reference}</bdi>`,
      text: html`${stateTag(view, bill, o.today)} ${owed(view, bill, bill.outstanding)} · ${agencyName(view, bill.agency)} · ${t('payments.pay.until')}
      ${dueWords(view, bill, o.today)}`,
    })),
  )
  return html`<section class="st-flow" aria-labelledby="open">
      <h2 id="open">${t('payments.pay.mine.open')}</h2>
      <p class="st-lead">${t('payments.pay.mine.sum')} ${sums(view, open)}</p>
      ${list}
    </section>
    ${
      o.online && open.length > 1
        ? html`<form method="get" action="/pay/basket" class="st-form">
            ${checkboxes({
              id: 'bill',
              name: 'bill',
              label: t('payments.pay.mine.choose'),
              hint: t('payments.pay.mine.choose_hint'),
              value: open.map((bill) => bill.reference),
              options: open.map((bill) => ({
                value: bill.reference,
                label: html`${words(view, bill.title)}, ${owed(view, bill, bill.outstanding)}`,
                hint: html`<bdi>${bill.reference}</bdi> · ${agencyName(view, bill.agency)}`,
              })),
            })}
            ${button(t('payments.pay.mine.go_on'))}
          </form>`
        : null
    }`
}

function sums(view: View, bills: readonly Bill[]): Html {
  const parts = [...Map.groupBy(bills, (bill) => bill.currency)].map(
    ([currency, own]) =>
    owed(view, { currency }, own.reduce((sum, bill) => sum + bill.outstanding, 0n)), // prettier-ignore
  )
  return html`${parts.map((part, at) => (at === 0 ? part : html` + ${part}`))}`
}

/** Several bills at once, before they are paid: what is chosen and what that comes to, apart for each currency. */
export function basketPage(view: View, chosen: readonly Bill[]): Html {
  const { t } = view
  const groups = [...Map.groupBy(chosen, (bill) => bill.currency)]
  return html` <h1>${t('payments.pay.basket.title')}</h1>
    ${groups.length > 1 ? alert('info', null, html`<p>${t('payments.pay.basket.currencies')}</p>`) : null}
    ${groups.map(([currency, own]) => {
      const total = own.reduce((sum, bill) => sum + bill.outstanding, 0n)
      return html`<section class="st-flow">
        <h2>${t('payments.pay.basket.sum')} ${owed(view, { currency }, total)}</h2>
        ${summaryList(
          own.map((bill) => ({
            key: html`${words(view, bill.title)} <bdi>${bill.reference}</bdi>`,
            value: html`${owed(view, bill, bill.outstanding)}, ${agencyName(view, bill.agency)}`,
          })),
        )}
        <form method="post" action="/pay/basket">
          ${own.map((bill) => hiddenInputs({ bill: bill.reference }))} ${button(html`${t('payments.pay.now')} ${owed(view, { currency }, total)}`)}
        </form>
      </section>`
    })}`
}
