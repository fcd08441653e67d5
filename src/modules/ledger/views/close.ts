import { alert, button, dataTable, day, html, type Html, instant, type View } from '../../../ui/index.ts'
import type { Months } from '../closing/index.ts'
import { booksNav } from './parts.ts'

/** The month that comes to be closed, and those that are. `why` is the word of a refusal, `done` that one was just closed. */
export function closePage(view: View, { closed, next, over, openItems }: Months, state: { why: string | null; done: boolean }): Html {
  const { t } = view
  return html`<h1>${t('ledger.close.title')}</h1>
    ${booksNav(view, true)}
    ${state.done ? alert('success', null, html`<p role="status">${t('ledger.close.done')}</p>`) : null}
    ${state.why === null ? null : alert('danger', null, html`<p role="alert">${state.why}</p>`)}
    <p class="st-lead">${t('ledger.close.lead')}</p>
    ${next === null ? html`<p>${t('ledger.close.nothing')}</p>` : closing(view, { next, over, openItems })}
    ${
      closed.length === 0
        ? null
        : dataTable({
            caption: t('ledger.close.closed'),
            head: [t('ledger.close.month'), t('ledger.close.at'), t('ledger.close.by')],
            rows: closed.map((month) => [day(view, month.lastDay), instant(view, month.closedAt), html`<code>${month.closedBy}</code>`]),
          })
    }`
}

function closing(view: View, { next, over, openItems }: { next: NonNullable<Months['next']>; over: boolean; openItems: number }): Html {
  const { t } = view
  return html`<section aria-labelledby="next">
    <h2 id="next">${t('ledger.close.next')} ${day(view, next)}</h2>
    ${
      over
        ? html`<p>${t('ledger.close.checks')}</p>
            ${openItems > 0 ? alert('warning', null, html`<p>${t('ledger.close.open_items', { count: openItems })}</p>`) : null}
            <form method="post" action="/officer/ledger/close" class="st-form">
              <input type="hidden" name="month" value="${next.slice(0, 7)}" />
              ${button(t('ledger.close.act'))}
            </form>`
        : html`<p>${t('ledger.close.not_over')}</p>`
    }
  </section>`
}
