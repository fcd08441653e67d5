import {
  alert,
  button,
  type Content,
  dataTable,
  day,
  html,
  type Html,
  instant,
  money,
  tag,
  textField,
  type View,
} from '../../../../ui/index.ts'
import { type Refused, refusedSummary } from '../../office.ts'
import type { WorkItem } from '../../store.ts'
import type { Run, SettlementRow } from '../store.ts'

/** What the page of the comparison shows. */
export type ReconcileView = {
  readonly runs: readonly Run[]
  readonly differences: readonly WorkItem[]
  readonly settlements: readonly SettlementRow[]
  readonly period: { readonly from: string; readonly to: string }
  readonly done: 'clean' | 'found' | 'away' | null
  readonly refused: Refused | null
}

/** The comparison: what does not agree, a run over a period, the settlements and the last runs. */
export function reconcilePage(view: View, page: ReconcileView): Html {
  const { t } = view
  const tone = page.done === 'clean' ? 'success' : 'warning'
  return html`${refusedSummary(view, page.refused)}
    ${page.done === null ? null : alert(tone, null, html`<p role="status">${t(`payments.reconcile.done_${page.done}`)}</p>`)}
    <h1>${t('payments.reconcile.title')}</h1>
    <p>${t('payments.reconcile.lead')}</p>
    <h2>${t('payments.reconcile.open')}</h2>
    ${differences(view, page.differences)}
    <h2>${t('payments.reconcile.run.title')}</h2>
    ${runForm(view, page)}
    <h2>${t('payments.reconcile.settlements')}</h2>
    ${settlements(view, page.settlements)}
    <h2>${t('payments.reconcile.runs')}</h2>
    ${runs(view, page.runs)}`
}

function differences(view: View, items: readonly WorkItem[]): Html {
  const { t } = view
  if (items.length === 0) return html`<p>${t('payments.reconcile.none')}</p>`
  return dataTable({
    id: 'differences',
    caption: t('payments.reconcile.open'),
    captionHidden: true,
    head: [t('payments.reconcile.what'), t('payments.reconcile.amount'), t('payments.reconcile.since'), t('payments.reconcile.story')],
    numeric: [1],
    rows: items.map((item) => [
      t(`payments.reconcile.kind_${item.kind.replace('reconcile_', '')}`),
      item.amount === null || item.currency === null ? '–' : money(view, { amount: item.amount, currency: item.currency }),
      instant(view, item.opened_at),
      story(view, item),
    ]),
  })
}

/** Names of the story's parts that are amounts of money. */
const AMOUNTS = new Set(['gross', 'fee', 'lines', 'statement', 'booked', 'ledger', 'held', 'told'])

function story(view: View, { story: parts, currency }: WorkItem): Content {
  const { t } = view
  return Object.entries(parts).map(([name, value]) => {
    const text = String(value)
    if (name === 'kind') return html`<p>${t('payments.reconcile.story_kind')}: ${t(`payments.reconcile.of_${text}`)}</p>`
    const shown =
      AMOUNTS.has(name) && currency !== null && /^-?\d{1,18}$/.test(text)
        ? money(view, { amount: BigInt(text), currency })
        : html`<bdi>${text}</bdi>`
    return html`<p>${t(`payments.reconcile.story_${name}`)}: ${shown}</p>`
  })
}

function runForm(view: View, { period, refused }: ReconcileView): Html {
  const { t } = view
  const field = (name: 'from' | 'to'): Html =>
    textField({
      id: name,
      name,
      label: t(`payments.reconcile.run.${name}`),
      hint: t('payments.reconcile.run.hint'),
      value: period[name],
      dir: 'ltr',
      width: 's',
      error: name === 'from' && refused !== null ? refused.text : undefined,
    })
  return html`<form method="post" action="/officer/money/reconcile" class="st-form" novalidate>
    ${field('from')} ${field('to')} ${button(t('payments.reconcile.run.send'), { kind: 'secondary' })}
  </form>`
}

function settlements(view: View, rows: readonly SettlementRow[]): Html {
  const { t } = view
  if (rows.length === 0) return html`<p>${t('payments.reconcile.no_settlements')}</p>`
  return dataTable({
    id: 'settlements',
    caption: t('payments.reconcile.settlements'),
    captionHidden: true,
    head: [
      t('payments.reconcile.settlement'),
      t('payments.reconcile.day'),
      t('payments.reconcile.net'),
      t('payments.reconcile.fees'),
      t('payments.reconcile.paid_out'),
    ],
    numeric: [2, 3],
    rows: rows.map((row) => [
      html`<bdi>${row.id}</bdi>`,
      day(view, row.day),
      money(view, { amount: row.net, currency: row.currency }),
      money(view, { amount: row.fees, currency: row.currency }),
      tag(
        t(row.booked_at === null ? 'payments.reconcile.not_yet' : 'payments.reconcile.arrived'),
        row.booked_at === null ? 'info' : 'success',
      ),
    ]),
  })
}

function runs(view: View, rows: readonly Run[]): Html {
  const { t } = view
  if (rows.length === 0) return html`<p>${t('payments.reconcile.no_runs')}</p>`
  return dataTable({
    id: 'runs',
    caption: t('payments.reconcile.runs'),
    captionHidden: true,
    head: [
      t('payments.reconcile.ran'),
      t('payments.reconcile.period'),
      t('payments.reconcile.checked'),
      t('payments.reconcile.differences'),
    ],
    numeric: [2, 3],
    rows: rows.map((run) => [
      instant(view, run.ran_at),
      [day(view, run.from_day), ' – ', day(view, run.to_day)],
      t('ui.number', { n: run.checked }),
      t('ui.number', { n: run.differences }),
    ]),
  })
}
