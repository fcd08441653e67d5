import { alert, button, buttonRow, type Content, dataTable, element, fileField, hiddenInputs, html, type Html, money, selectField, summaryList, textArea, type View } from '../../../../ui/index.ts' // prettier-ignore
import { refusedSummary, type Refused } from '../../office.ts'
import type { ImportedBills } from '../intake/import.ts'
import type { Client } from '../store.ts'

/** What came with the form. */
export type TypedImport = { readonly client: string; readonly map: string; readonly checked: string }
/** What the page tells of a file. */
export type Outcome = { readonly imported: ImportedBills; readonly dryRun: boolean }

const EXAMPLE = `number: NUMBER
revenue: fee
language: en
title: { en: Annual fee, es: Tasa anual, ar: رسم سنوي }
amount: { column: AMOUNT }
due: { column: DUE, pattern: dd/MM/yyyy }
payer: { name: NAME, email: EMAIL }
`

/** The page where a file of bills is checked and taken in. */
export function importPage(
  view: View,
  clients: readonly Client[],
  typed: TypedImport,
  outcome: Outcome | null,
  refused: Refused | null,
): Html {
  const { t } = view
  const error = (field: string): string | undefined => (refused?.field === field ? refused.text : undefined)
  const options = clients.map((client) => ({ value: client.code, label: html`<bdi>${client.name}</bdi>` }))
  const form = html`${selectField({ id: 'client', name: 'client', label: t('payments.imports.client'), value: typed.client, options, empty: t('payments.clients.choose'), error: error('client') })}
    ${textArea({ id: 'map', name: 'map', label: t('payments.imports.map'), hint: t('payments.imports.map.hint'), value: typed.map === '' ? EXAMPLE : typed.map, rows: 10, error: error('map') })}
    ${fileField({ id: 'file', name: 'file', label: t(typed.checked === '' ? 'payments.imports.file' : 'payments.imports.file_again'), accept: '.csv,.gz', error: error('file') })}
    ${hiddenInputs({ checked: typed.checked })}
    ${buttonRow(
      button(t('payments.imports.check'), { name: 'act', value: 'check', kind: typed.checked === '' ? 'primary' : 'secondary' }),
      typed.checked === '' ? null : button(t('payments.imports.import'), { name: 'act', value: 'import' }),
    )}`
  return html`${refusedSummary(view, refused)}
    <h1>${t('payments.imports.title')}</h1>
    <p class="st-lead">${t('payments.imports.lead')}</p>
    ${outcome === null ? null : told(view, outcome)}
    ${clients.length === 0 ? html`<p>${t('payments.imports.none')}</p>` : element('form', { method: 'post', class: 'st-form', novalidate: true, action: '/officer/money/imports', enctype: 'multipart/form-data' }, form)}`
}

function told(view: View, { imported, dryRun }: Outcome): Content {
  const { t } = view
  const { tally, rows, first, again } = imported
  const rejected = Object.values(tally.rejected).reduce((sum, count) => sum + count, 0)
  const list = first.map(({ row, reason }) => [t('ui.number', { n: row }), t(`payments.imports.reject.${reason}`)])
  const title = t(again ? 'payments.imports.again' : dryRun ? 'payments.imports.checked' : 'payments.imports.done')
  return html`${alert(rejected > 0 ? 'warning' : 'success', null, html`<p role="status">${title}</p>`)}
    ${summaryList([
      { key: t('payments.imports.rows'), value: t('ui.number', { n: rows }) },
      { key: t(dryRun ? 'payments.imports.would' : 'payments.imports.added'), value: t('ui.number', { n: tally.added }) },
      { key: t('payments.imports.amount'), value: money(view, { amount: BigInt(tally.amount), currency: view.city.currency }) },
      { key: t('payments.imports.repeated'), value: t('ui.number', { n: tally.repeated }) },
      { key: t('payments.imports.rejected'), value: t('ui.number', { n: rejected }) },
    ])}
    ${list.length === 0 ? null : dataTable({ caption: t('payments.imports.first'), head: [t('payments.imports.row'), t('payments.imports.why')], rows: list })}`
}
