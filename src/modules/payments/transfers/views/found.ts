import { dataTable, day, html, type Html, type View } from '../../../../ui/index.ts'
import type { StatementEntry } from '../store.ts'
import { amountOf, stateTag } from './desk.ts'

/** Entries that an officer looked for by name, account or reference; what was typed stays on the page and out of its address. */
export function foundPage(view: View, typed: string, found: readonly StatementEntry[]): Html {
  const { t } = view
  const title = html`<h1>${t('payments.transfers.found.title')}</h1>
    <p>${t('payments.transfers.found.for')} <bdi>${typed}</bdi></p>`
  if (found.length === 0) return html`${title}<p>${t('payments.transfers.found.none')}</p>`
  return html`${title}
  ${dataTable({
    caption: t('payments.transfers.found.title'),
    captionHidden: true,
    queue: true,
    head: [t('payments.transfers.amount'), t('payments.transfers.day'), t('payments.transfers.kind'), t('payments.transfers.state')],
    numeric: [0],
    rows: found.map((entry) => [
      html`<a class="ds-link" href="${`/officer/money/transfers/entries/${entry.id}`}">${amountOf(view, entry)}</a>`,
      day(view, entry.booked_on),
      t(`payments.transfers.kind_${entry.kind}`),
      stateTag(view, entry),
    ]),
  })}`
}
