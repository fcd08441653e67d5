import {
  button, type Content, dataTable, dateField, day, element, hiddenInputs, html, type Html, linkButton, pagination, searchBox, selectField, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import { alert } from '../../../../ui/index.ts'
import { type Bill, payableUntil } from '../../bill.ts'
import type { BillsPage } from '../bills.ts'
import { type Asked, type BillState, billsHref, billStates, fieldsOf } from '../filter.ts'
import type { PlainDate } from '../../../../kernel/time.ts'
import { agencyChoices, agencyName, billLink, countText, owed, stateTag } from './words.ts'

/** A page of the list. */
type ListPage = Extract<BillsPage, { kind: 'list' }>

/** The list of bills: a search, lists by state with their counts, filters, the bills, and all of them as a file. Shows nobody's name. */
export function billsView(view: View, page: ListPage, today: PlainDate, search: string): Html {
  const { t } = view
  const { asked } = page
  const searching = search !== ''
  return html`<h1>${searching ? t('payments.desk.found') : t('payments.desk.bills')}</h1>
    ${searchBox(view, { action: '/officer/money/bills', name: 'q', value: search, label: t('payments.desk.search'), method: 'post', hidden: fieldsOf(asked) })}
    <p class="st-hint">${t('payments.desk.search_hint')}</p>
    ${states(view, page, searching)} ${filters(view, page)}
    ${page.bills.length === 0 ? html`<p>${t(searching ? 'payments.desk.nothing_found' : 'payments.desk.empty')}</p>` : table(view, page.bills, today)}
    ${searching && page.next ? alert('info', null, html`<p>${t('payments.desk.more_found')}</p>`) : null}
    ${searching ? null : pagination(view, { next: page.next ? billsHref(asked, { after: page.next }) : null })}
    ${file(view, asked, search)}
    <p>${linkButton('/officer/money/bills/new', t('payments.desk.hand'), { kind: 'secondary' })}</p>`
}

function states(view: View, page: ListPage, searching: boolean): Html {
  const items = billStates.map((state: BillState) => {
    const count = page.counts.get(state)
    const shown = count === undefined ? null : html` <span class="st-count">${countText(view, count)}</span>`
    const here = !searching && state === page.asked.state
    return html`<li>
      ${element('a', { href: billsHref({ ...page.asked, state }), 'aria-current': here ? 'page' : null }, [view.t(`payments.desk.list.${state}`), shown])}
    </li>`
  })
  return html`<nav class="st-nav st-queues" aria-label="${view.t('payments.desk.lists')}">
    <ul>
      ${items}
    </ul>
  </nav>`
}

function filters(view: View, { asked, agencies }: ListPage): Html {
  const { t } = view
  const labels = { day: t('ui.field.day'), month: t('ui.field.month'), year: t('ui.field.year') }
  const date = (name: 'from' | 'to'): Html => {
    const [year = '', month = '', on = ''] = (asked[name] ?? '').split('-')
    return dateField({ id: name, name, label: t(`payments.desk.filter.${name}`), labels, value: { day: on, month, year } })
  }
  return html`<details ?open="${asked.agency !== null || asked.from !== null || asked.to !== null}">
    <summary>${t('payments.desk.filter')}</summary>
    <form method="get" action="/officer/money/bills" class="st-form">
      ${hiddenInputs({ state: asked.state })}
      ${selectField({ id: 'agency', name: 'agency', label: t('payments.desk.agency'), value: asked.agency, empty: t('payments.desk.filter.all'), options: agencyChoices(view, agencies) })}
      ${date('from')} ${date('to')} ${button(t('payments.desk.filter.show'), { kind: 'secondary' })}
    </form>
  </details>`
}

function table(view: View, bills: readonly Bill[], today: PlainDate): Html {
  const { t } = view
  return dataTable({
    caption: t('payments.desk.bills'),
    captionHidden: true,
    queue: true,
    head: [t('payments.desk.bill'), t('payments.desk.what'), t('payments.desk.agency'), t('payments.desk.state'), t('payments.desk.due'), t('payments.desk.total'), t('payments.desk.outstanding')], // prettier-ignore
    numeric: [5, 6],
    rows: bills.map((bill) => [
      billLink(bill),
      words(view, bill.title),
      agencyName(view, bill.agency),
      stateTag(view, bill, today),
      day(view, payableUntil(bill)),
      owed(view, bill, bill.total),
      owed(view, bill, bill.outstanding),
    ]),
  })
}

function file(view: View, asked: Asked, search: string): Content {
  return html`<form method="post" action="/officer/money/bills.csv">
    ${hiddenInputs({ ...fieldsOf(asked), q: search })} ${button(view.t('payments.desk.csv'), { kind: 'tertiary' })}
  </form>`
}
