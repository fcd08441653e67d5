import {
  alert, button, checkboxes, type Content, day, hiddenInputs, html, type Html, instant, linkButton, money, plainWords, radios, searchBox, summaryList, textArea, textField, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import type { Bill } from '../../bill.ts'
import { doneAlert, type Refused, refusedSummary } from '../../office.ts'
import type { DebitStory } from '../debits.ts'
import type { EntryStory, Told } from '../entries.ts'
import { amountOf, stateTag, whyText } from './desk.ts'

/** An entry as its page shows it: `told` is opened deliberately, `found` is what a search for bills gave. */
export type EntryView = EntryStory & {
  readonly told: Told | null
  readonly debit: DebitStory | null
  readonly opened: boolean
  readonly found: readonly Bill[] | null
  readonly search: string
  readonly refused: Refused | null
  readonly done: string | null
}

/** One transaction of a statement: what the bank tells, the bills that it is perhaps for, and what may be done. */
export function entryPage(view: View, story: EntryView): Html {
  const { t } = view
  const { entry, candidates, refused } = story
  const waits = (entry.state === 'suggested' || entry.state === 'unmatched') && entry.amount > 0n
  return html`${refusedSummary(view, refused)} ${doneAlert(story.done)}
    <h1>${t('payments.transfers.entry.title')}: ${amountOf(view, entry)}</h1>
    ${facts(view, story)}
    ${
      entry.state === 'done'
        ? null
        : html`<p>${whyText(
            view,
            entry,
            candidates.map(({ bill, reason }) => ({ entry_id: entry.id, bill_id: bill.id, reason })),
          )}</p>`
    }
    ${other(view, story)} ${waits ? [assign(view, story), elsewhere(view, story)] : null} ${debit(view, story)} ${entry.state === 'repeated' ? count(view, entry.id) : null}`
}

const path = (id: string): string => `/officer/money/transfers/entries/${id}`

function facts(view: View, { entry, statement }: EntryView): Html {
  const { t } = view
  return summaryList([
    { key: t('payments.transfers.day'), value: day(view, entry.booked_on) },
    { key: t('payments.transfers.kind'), value: t(`payments.transfers.kind_${entry.kind}`) },
    { key: t('payments.transfers.state'), value: stateTag(view, entry) },
    ...(entry.outcome === null
      ? []
      : [
          {
            key: t('payments.transfers.entry.outcome'),
            value: [t(`payments.transfers.outcome_${entry.outcome}`), ' · ', instant(view, entry.changed_at)],
          },
        ]),
    {
      key: t('payments.transfers.statement.title'),
      value: html`<a class="ds-link" href="${`/officer/money/transfers/statements/${statement.id}`}"><bdi>${statement.statement_id}</bdi></a>, ${t('payments.transfers.entry.place', { n: entry.no })}`,
    },
  ])
}

/** Who is on the other side: only when the reader asks, because it is noted. */
function other(view: View, { entry, told, opened }: EntryView): Content {
  const { t } = view
  if (!opened)
    return html`<p>${t('payments.transfers.entry.closed')}</p>
      ${linkButton(`${path(entry.id)}?payer=1`, t('payments.transfers.entry.open'), { kind: 'secondary' })}`
  if (told === null) return alert('info', null, html`<p>${t('payments.transfers.entry.gone')}</p>`)
  const list = (values: readonly string[]): Content => values.map((value) => html`<p><bdi>${value}</bdi></p>`)
  const rows = [
    { key: t('payments.transfers.entry.names'), value: list(told.names) },
    { key: t('payments.transfers.entry.ibans'), value: list(told.ibans) },
    { key: t('payments.transfers.entry.references'), value: list(told.references) },
    { key: t('payments.transfers.entry.lines'), value: list([...told.lines, ...told.notes]) },
  ]
  return html`<h2>${t('payments.transfers.entry.told')}</h2>
    ${summaryList(rows)}`
}

function assign(view: View, story: EntryView): Html {
  const { t } = view
  const { entry, candidates, found, refused } = story
  const options = [
    ...candidates.map(({ bill, reason }) => choice(view, bill, t(`payments.transfers.reason_${reason}`))),
    ...(found ?? []).filter((bill) => !candidates.some((each) => each.bill.id === bill.id)).map((bill) => choice(view, bill, null)),
  ]
  return html`<h2>${t('payments.transfers.assign.title')}</h2>
    ${searchBox(view, { action: `${path(entry.id)}/find`, name: 'q', value: story.search, label: t('payments.transfers.assign.search'), method: 'post' })}
    ${found !== null && found.length === 0 ? html`<p role="status">${t('payments.transfers.assign.none')}</p>` : null}
    ${
      options.length === 0
        ? null
        : html`<form method="post" action="${`${path(entry.id)}/assign`}" class="st-form" novalidate>
            ${checkboxes({
              id: 'bill',
              name: 'bill',
              label: t('payments.transfers.assign.which'),
              hint: t('payments.transfers.assign.hint'),
              options,
              value: candidates.length === 1 && found === null ? candidates.map(({ bill }) => bill.id) : [],
              error: refused?.field === 'bill' ? refused.text : undefined,
            })}
            ${button(t('payments.transfers.assign.send'))}
          </form>`
    }`
}

function choice(view: View, bill: Bill, reason: string | null): { value: string; label: Content; hint: Content } {
  const { t } = view
  const owed = money(view, { amount: bill.outstanding, currency: bill.currency })
  return {
    value: bill.id,
    label: html`<bdi>${bill.reference}</bdi> · ${plainWords(view, bill.title)}`,
    hint: html`${t('payments.transfers.assign.owed')} ${owed}. ${reason}`,
  }
}

/** What it may be instead of a bill's payment. */
function elsewhere(view: View, { entry, refused }: EntryView): Html {
  const { t } = view
  const error = (field: string): string | undefined => (refused?.field === field ? refused.text : undefined)
  return html`<h2>${t('payments.transfers.else.title')}</h2>
    <details ?open="${refused?.field === 'words'}">
      <summary>${t('payments.transfers.back.title')}</summary>
      <form method="post" action="${`${path(entry.id)}/back`}" class="st-form" novalidate>
        ${textArea({ id: 'words', name: 'words', label: t('payments.transfers.back.words'), hint: t('payments.transfers.back.hint'), maxlength: 2_000, rows: 3, error: error('words') })}
        ${button(t('payments.transfers.back.send'), { kind: 'secondary' })}
      </form>
    </details>
    <details ?open="${refused?.field === 'fees'}">
      <summary>${t('payments.transfers.terminal.title')}</summary>
      <form method="post" action="${`${path(entry.id)}/terminal`}" class="st-form" novalidate>
        ${textField({ id: 'fees', name: 'fees', label: t('payments.transfers.terminal.fees'), hint: t('payments.transfers.terminal.hint'), inputmode: 'decimal', dir: 'ltr', width: 's', suffix: entry.currency, error: error('fees') })}
        ${button(t('payments.transfers.terminal.send'), { kind: 'secondary' })}
      </form>
    </details>`
}

/** Money that left the account: what an officer says that it was, or the second officer's yes. */
function debit(view: View, { entry, debit: story, refused }: EntryView): Content {
  const { t } = view
  if (story === null) return null
  if (story.said && !story.mayAgree) return html`<p>${t('payments.transfers.debit.waits')}</p>`
  const answer = (value: string, text: string, kind?: 'secondary'): Html =>
    html`<form method="post" action="${`${path(entry.id)}/agree`}" class="st-form">
      ${hiddenInputs({ agree: value })} ${button(text, kind ? { kind } : { id: 'agree' })}
    </form>`
  if (story.said)
    return [answer('yes', t('payments.transfers.debit.agree')), answer('no', t('payments.transfers.debit.decline'), 'secondary')]
  const options = [
    ...story.files.map((file) => ({
      value: `file:${file.id}`,
      label: html`${t('payments.transfers.debit.file')} <bdi>${file.message_id}</bdi>`,
    })),
    ...story.refunds.map((each) => ({
      value: `refund:${each.id}`,
      label: html`${t('payments.transfers.debit.refund')} <bdi>${each.id.slice(0, 8)}</bdi>`,
    })),
    { value: 'fee', label: t('payments.transfers.debit.fee') },
  ]
  return html`<form method="post" action="${`${path(entry.id)}/out`}" class="st-form" novalidate>
    ${radios({ id: 'as', name: 'as', label: t('payments.transfers.debit.title'), hint: t('payments.transfers.debit.hint'), options, error: refused?.field === 'as' ? refused.text : undefined })}
    ${button(t('payments.transfers.debit.send'))}
  </form>`
}

function count({ t }: View, id: string): Html {
  return html`<form method="post" action="${`${path(id)}/count`}" class="st-form">
    <p>${t('payments.transfers.count.hint')}</p>
    ${button(t('payments.transfers.count.send'), { kind: 'secondary', id: 'count' })}
  </form>`
}
