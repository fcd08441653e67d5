import {
  barChart,
  button,
  type ChartBar,
  type Content,
  dataTable,
  html,
  type Html,
  linkButton,
  selectField,
  textField,
  type View,
} from '../../../../ui/index.ts'
import type { PlainDate } from '../../../../kernel/time.ts'
import type { Dashboard, DashboardAsk } from '../figures/figures.ts'
import type { FigureRow } from '../figures/store.ts'
import { agencyChoices, agencyName, owed } from './words.ts'

const REVENUES = ['fee', 'tax', 'fine', 'charge'] as const

type Sums = { bills: bigint; open: bigint; due: bigint; paid: bigint; overdue: bigint }

/** What is due, paid, still open and overdue, by agency and by month, for each currency by itself; every picture with its table. */
export function dashboardView(view: View, page: Dashboard): Html {
  const { t } = view
  const currencies = [...new Set([...page.rows, ...page.now].map((row) => row.currency))].toSorted()
  return html`<h1>${t('payments.desk.dashboard')}</h1>
    <p class="st-lead">${t('payments.desk.dashboard_text')}</p>
    ${filters(view, page)}
    ${currencies.length === 0 ? html`<p>${t('payments.desk.dashboard_none')}</p>` : currencies.map((currency) => ofCurrency(view, page, currency, currencies.length > 1))}
    <p>${linkButton(`/officer/money.csv?${query(page.ask)}`, t('payments.desk.csv'), { kind: 'secondary' })}</p>`
}

/** What is asked of the dashboard, as it stands in an address. */
function query({ agency, revenue, year }: DashboardAsk): string {
  const asked = new URLSearchParams()
  const given = { agency, revenue, year: year === null ? null : String(year) }
  for (const [name, value] of Object.entries(given)) if (value !== null) asked.set(name, value)
  return asked.toString()
}

function filters(view: View, { ask, agencies }: Dashboard): Html {
  const { t } = view
  const all = t('payments.desk.filter.all')
  return html`<details ?open="${ask.agency !== null || ask.revenue !== null || ask.year !== null}">
    <summary>${t('payments.desk.filter')}</summary>
    <form method="get" action="/officer/money" class="st-form">
      ${selectField({ id: 'agency', name: 'agency', label: t('payments.desk.agency'), value: ask.agency, empty: all, options: agencyChoices(view, agencies) })}
      ${selectField({ id: 'revenue', name: 'revenue', label: t('payments.desk.revenue'), value: ask.revenue, empty: all, options: REVENUES.map((value) => ({ value, label: t(`payments.desk.revenue.${value}`) })) })}
      ${textField({ id: 'year', name: 'year', label: t('payments.desk.filter.year'), hint: t('payments.desk.filter.year_hint'), value: ask.year, inputmode: 'numeric', dir: 'ltr', width: 'xs', maxlength: 4 })}
      ${button(t('payments.desk.filter.show'), { kind: 'secondary' })}
    </form>
  </details>`
}

function ofCurrency(view: View, page: Dashboard, currency: string, named: boolean): Html {
  const { t } = view
  const rows = page.rows.filter((row) => row.currency === currency)
  const months = [...new Set(rows.map((row) => row.month))].toSorted()
  const agencies = [...new Set(rows.map((row) => row.agency))].toSorted()
  const id = currency.toLowerCase()
  return html`<section class="st-flow" aria-labelledby="title-${id}">
    <h2 id="title-${id}">${named ? t('payments.desk.in_currency', { currency }) : t('payments.desk.now')}</h2>
    ${now(view, page, currency)}
    ${part(
      view,
      `${id}-months`,
      t('payments.desk.by_month'),
      t('payments.desk.month'),
      currency,
      months.map((month) => ({ label: monthName(view, month), sums: sumOf(rows.filter((row) => row.month === month)) })),
    )}
    ${part(
      view,
      `${id}-agencies`,
      t('payments.desk.by_agency'),
      t('payments.desk.agency'),
      currency,
      agencies.map((agency) => ({ label: agencyName(view, agency), sums: sumOf(rows.filter((row) => row.agency === agency)) })),
    )}
    ${both(view, `${id}-both`, currency, rows)}
  </section>`
}

function now(view: View, page: Dashboard, currency: string): Html {
  const { t } = view
  const rows = page.now.filter((row) => row.currency === currency)
  const sum = (name: 'open' | 'owed' | 'overdue'): bigint => rows.reduce((all, row) => all + row[name], 0n)
  return dataTable({
    id: `now-${currency.toLowerCase()}`,
    caption: t('payments.desk.owed_now'),
    head: [t('payments.desk.agency'), t('payments.desk.open_bills'), t('payments.desk.outstanding'), t('payments.desk.list.overdue')],
    numeric: [1, 2, 3],
    rows: [
      ...rows.map((row) => [agencyName(view, row.agency), count(view, row.open), owed(view, row, row.owed), owed(view, row, row.overdue)]),
      [t('payments.desk.all'), count(view, sum('open')), owed(view, { currency }, sum('owed')), owed(view, { currency }, sum('overdue'))],
    ],
  })
}

const count = (view: View, n: bigint): string => view.t('ui.number', { n: Number(n) })

function monthName(view: View, month: PlainDate): Content {
  const shown = new Intl.DateTimeFormat(view.locale, { year: 'numeric', month: 'long', timeZone: 'UTC' }).format(
    new Date(`${month}T00:00:00Z`),
  )
  return html`<time datetime="${month.slice(0, 7)}">${shown}</time>`
}

function sumOf(rows: readonly FigureRow[]): Sums {
  const none: Sums = { bills: 0n, open: 0n, due: 0n, paid: 0n, overdue: 0n }
  return rows.reduce(
    (sum, row) => ({
      bills: sum.bills + row.bills,
      open: sum.open + row.open,
      due: sum.due + row.due,
      paid: sum.paid + row.paid,
      overdue: sum.overdue + row.overdue,
    }),
    none,
  )
}

type Line = { readonly label: Content; readonly sums: Sums }

/** A picture and its table: paid, overdue, and what is still open but not late. */
function part(view: View, id: string, caption: string, name: string, currency: string, lines: readonly Line[]): Content {
  if (lines.length === 0) return null
  const { t } = view
  const bars: ChartBar[] = lines.map(({ label, sums }) => ({
    label,
    values: [Number(sums.paid), Number(sums.overdue), Number(sums.due - sums.paid - sums.overdue)],
    total: owed(view, { currency }, sums.due),
  }))
  const parts = [
    { label: t('payments.desk.paid'), look: 1 as const },
    { label: t('payments.desk.list.overdue'), look: 2 as const },
    { label: t('payments.desk.not_late'), look: 3 as const },
  ]
  return html`<h3>${caption}</h3>
    ${barChart({ parts, bars, tableId: `${id}-caption` })}
  ${dataTable({
    id,
    caption,
    captionHidden: true,
    head: [
      name,
      t('payments.desk.bills_number'),
      t('payments.desk.due_sum'),
      t('payments.desk.paid'),
      t('payments.desk.outstanding'),
      t('payments.desk.list.overdue'),
    ],
    numeric: [1, 2, 3, 4, 5],
    rows: lines.map(({ label, sums }) => [label, ...figures(view, currency, sums)]),
  })}`
}

function figures(view: View, currency: string, sums: Sums): Content[] {
  const shown = (amount: bigint): Html => owed(view, { currency }, amount)
  return [count(view, sums.bills), shown(sums.due), shown(sums.paid), shown(sums.due - sums.paid), shown(sums.overdue)]
}

/** Every agency in every month, folded away. */
function both(view: View, id: string, currency: string, rows: readonly FigureRow[]): Content {
  if (rows.length === 0) return null
  const { t } = view
  const keys = [...new Set(rows.map((row) => `${row.month} ${row.agency}`))]
  return html`<details>
    <summary>${t('payments.desk.by_both')}</summary>
    ${dataTable({
      id,
      caption: t('payments.desk.by_both'),
      captionHidden: true,
      head: [
        t('payments.desk.month'),
        t('payments.desk.agency'),
        t('payments.desk.bills_number'),
        t('payments.desk.due_sum'),
        t('payments.desk.paid'),
        t('payments.desk.outstanding'),
        t('payments.desk.list.overdue'),
      ],
      numeric: [2, 3, 4, 5, 6],
      rows: keys.map((key) => {
        const own = rows.filter((row) => `${row.month} ${row.agency}` === key)
        const [first] = own
        return first ? [monthName(view, first.month), agencyName(view, first.agency), ...figures(view, currency, sumOf(own))] : []
      }),
    })}
  </details>`
}
