import {
  button, type Content, dataTable, day, fieldset, fileField, html, type Html, instant, linkButton, money, pagination, searchBox, summaryList, tag, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import { doneAlert, type Refused, refusedSummary } from '../../office.ts'
import type { Refund } from '../../refunds/index.ts'
import type { Candidate, Statement, StatementEntry, TransferFile } from '../store.ts'

const PATH = '/officer/money/transfers'

/** What the treasury's desk for transfers shows. */
export type Desk = {
  readonly entries: readonly StatementEntry[]
  readonly next: string | null
  readonly candidates: readonly Candidate[]
  readonly statements: readonly Statement[]
  readonly files: readonly TransferFile[]
  readonly refunds: readonly Refund[]
  readonly refused: Refused | null
  readonly done: string | null
  /** The largest file that the page takes, in bytes. */
  readonly largest: number
}

/** The desk: what waits, a search, a file to bring, refunds to transfer, and what was imported. */
export function deskPage(view: View, desk: Desk): Html {
  const { t } = view
  return html`${refusedSummary(view, desk.refused)} ${doneAlert(desk.done)}
    <h1>${t('payments.transfers.title')}</h1>
    <p>${t('payments.transfers.lead')}</p>
    ${searchBox(view, { action: `${PATH}/find`, name: 'q', value: '', label: t('payments.transfers.search'), method: 'post' })}
    <h2>${t('payments.transfers.waiting')}</h2>
    ${waiting(view, desk)} ${pagination(view, { next: desk.next })}
    <h2>${t('payments.transfers.import.title')}</h2>
    ${importForm(view, desk)}
    <h2 id="refunds">${t('payments.transfers.refunds.title')}</h2>
    ${refunds(view, desk)}
    <h2>${t('payments.transfers.statements')}</h2>
    ${statementTable(view, desk.statements)}`
}

function waiting(view: View, { entries, candidates }: Desk): Html {
  const { t } = view
  if (entries.length === 0) return html`<p>${t('payments.transfers.none_waiting')}</p>`
  return dataTable({
    id: 'waiting',
    caption: t('payments.transfers.waiting'),
    captionHidden: true,
    queue: true,
    head: [t('payments.transfers.amount'), t('payments.transfers.day'), t('payments.transfers.state'), t('payments.transfers.why')],
    numeric: [0],
    rows: entries.map((entry) => [
      html`<a class="ds-link" href="${`${PATH}/entries/${entry.id}`}">${amountOf(view, entry)}</a>`,
      day(view, entry.booked_on),
      stateTag(view, entry),
      whyText(view, entry, candidates.filter((each) => each.entry_id === entry.id)), // prettier-ignore
    ]),
  })
}

/** An entry's amount for this reader. */
export function amountOf(view: View, { amount, currency }: Pick<StatementEntry, 'amount' | 'currency'>): Html {
  return money(view, { amount, currency })
}

/** Where an entry stands, in a word. */
export function stateTag(view: View, { state }: Pick<StatementEntry, 'state'>): Html {
  const tone = state === 'done' ? 'success' : state === 'suggested' ? 'info' : 'warning'
  return tag(view.t(`payments.transfers.state_${state}`), tone)
}

/** Why an entry waits. */
export function whyText({ t }: View, entry: StatementEntry, candidates: readonly Candidate[]): string {
  if (entry.state === 'repeated') return t('payments.transfers.why_repeated')
  if (entry.amount < 0n) return t('payments.transfers.why_debit')
  const reasons = [...new Set(candidates.map((each) => each.reason))]
  return reasons.length === 0
    ? t('payments.transfers.why_unmatched')
    : reasons.map((reason) => t(`payments.transfers.reason_${reason}`)).join(' ')
}

function importForm(view: View, { refused, largest }: Desk): Html {
  const { t } = view
  return html`<form method="post" action="${PATH}" class="st-form" enctype="multipart/form-data" novalidate>
    ${fileField({
      id: 'file',
      name: 'file',
      label: t('payments.transfers.import.file'),
      hint: t('payments.transfers.import.hint'),
      accept: '.xml,application/xml,text/xml',
      maxBytes: largest,
      tooLarge: t('payments.transfers.import.too_large'),
      error: refused?.field === 'file' ? refused.text : undefined,
    })}
    ${button(t('payments.transfers.import.send'), { kind: 'secondary' })}
  </form>`
}

function refunds(view: View, { refunds: waits, files }: Desk): Content {
  const { t } = view
  const sums = [...Map.groupBy(waits, (refund) => refund.currency)].map(([currency, own]) =>
    money(view, { amount: own.reduce((sum, each) => sum + each.amount, 0n), currency }),
  )
  const form =
    waits.length === 0
      ? html`<p>${t('payments.transfers.refunds.none')}</p>`
      : html`<form method="post" action="${`${PATH}/files`}" class="st-form">
          ${fieldset({ id: 'refunds-form', legend: t('payments.transfers.refunds.waiting', { n: waits.length }), hint: t('payments.transfers.refunds.hint') }, html`<p>${sums}</p>`)}
          ${button(t('payments.transfers.refunds.make'), { kind: 'secondary' })}
        </form>`
  return [form, files.length > 0 && fileTable(view, files)]
}

function fileTable(view: View, files: readonly TransferFile[]): Html {
  const { t } = view
  return dataTable({
    id: 'files',
    caption: t('payments.transfers.files'),
    head: [
      t('payments.transfers.file.id'),
      t('payments.transfers.file.made'),
      t('payments.transfers.file.count'),
      t('payments.transfers.amount'),
    ],
    numeric: [2, 3],
    rows: files.map((file) => [
      html`<a class="ds-link" href="${`${PATH}/files/${file.id}`}"><bdi>${file.message_id}</bdi></a>`,
      instant(view, file.made_at),
      t('ui.number', { n: file.count }),
      money(view, { amount: file.total, currency: file.currency }),
    ]),
  })
}

function statementTable(view: View, statements: readonly Statement[]): Html {
  const { t } = view
  if (statements.length === 0) return html`<p>${t('payments.transfers.no_statements')}</p>`
  return dataTable({
    id: 'statements',
    caption: t('payments.transfers.statements'),
    captionHidden: true,
    head: [
      t('payments.transfers.statement.id'),
      t('payments.transfers.day'),
      t('payments.transfers.statement.entries'),
      t('payments.transfers.statement.closing'),
      t('payments.transfers.state'),
    ],
    numeric: [2, 3],
    rows: statements.map((statement) => [
      html`<a class="ds-link" href="${`${PATH}/statements/${statement.id}`}"><bdi>${statement.statement_id}</bdi></a>`,
      day(view, statement.closing_day),
      t('ui.number', { n: statement.entries }),
      money(view, { amount: statement.closing, currency: statement.currency }),
      tag(t(`payments.transfers.statement.state_${statement.state}`), statement.state === 'done' ? 'success' : 'info'),
    ]),
  })
}

type Count = { readonly kind: string; readonly state: string; readonly n: number; readonly total: bigint }

/** One statement: what it says, and what became of its entries. */
export function statementPage(view: View, statement: Statement, counts: readonly Count[]): Html {
  const { t } = view
  const { currency } = statement
  return html`<h1>${t('payments.transfers.statement.title')} <bdi>${statement.statement_id}</bdi></h1>
    ${summaryList([
      { key: t('payments.transfers.statement.account'), value: html`<bdi>${statement.account}</bdi>` },
      { key: t('payments.transfers.statement.period'), value: [day(view, statement.opening_day), ' – ', day(view, statement.closing_day)] },
      { key: t('payments.transfers.statement.opening'), value: money(view, { amount: statement.opening, currency }) },
      { key: t('payments.transfers.statement.closing'), value: money(view, { amount: statement.closing, currency }) },
      {
        key: t('payments.transfers.statement.entries'),
        value: t('payments.transfers.statement.booked', { done: statement.done, all: statement.entries }),
      },
      { key: t('payments.transfers.statement.imported'), value: instant(view, statement.imported_at) },
    ])}
    ${dataTable({
      caption: t('payments.transfers.statement.became'),
      head: [
        t('payments.transfers.kind'),
        t('payments.transfers.state'),
        t('payments.transfers.statement.number'),
        t('payments.transfers.amount'),
      ],
      numeric: [2, 3],
      rows: counts.map((count) => [
        t(`payments.transfers.kind_${count.kind}`),
        t(`payments.transfers.state_${count.state}`),
        t('ui.number', { n: count.n }),
        money(view, { amount: count.total, currency }),
      ]),
    })}
    ${linkButton(PATH, t('payments.transfers.to_desk'), { kind: 'tertiary' })}`
}
