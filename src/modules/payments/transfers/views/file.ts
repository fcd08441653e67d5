import { button, dataTable, day, hiddenInputs, html, type Html, instant, money, summaryList, tag, type View } from '../../../../ui/index.ts'
import { doneAlert, type Refused, refusedSummary } from '../../office.ts'
import type { Refund } from '../../refunds/index.ts'
import type { FileStory } from '../orders.ts'

/** A file of transfers as its page shows it. */
export type FileView = FileStory & {
  readonly refused: Refused | null
  readonly done: string | null
}

/** A file for the bank: what is in it, the file itself, and what the bank refused of it. */
export function filePage(view: View, { file, refunds, fetched, changed, refused, done }: FileView): Html {
  const { t } = view
  const path = `/officer/money/transfers/files/${file.id}`
  return html`${refusedSummary(view, refused)} ${doneAlert(done)}
    <h1>${t('payments.transfers.file.title')} <bdi>${file.message_id}</bdi></h1>
    ${summaryList([
      { key: t('payments.transfers.file.made'), value: instant(view, file.made_at) },
      { key: t('payments.transfers.file.day'), value: day(view, file.execution_on) },
      { key: t('payments.transfers.file.count'), value: t('ui.number', { n: file.count }) },
      { key: t('payments.transfers.amount'), value: money(view, { amount: file.total, currency: file.currency }) },
    ])}
    <p>${t(changed ? 'problem.payments.file-changed' : 'payments.transfers.file.hint')}</p>
    ${changed ? null : html`<form method="post" action="${`${path}/fetch`}" class="st-form">${button(t('payments.transfers.file.fetch'))}</form>`}
    <div id="refunds">
      ${dataTable({
        caption: t('payments.transfers.file.refunds'),
        head: [t('payments.transfers.amount'), t('payments.transfers.state'), t('payments.transfers.file.act')],
        numeric: [0],
        rows: refunds.map((refund) => [
          money(view, refund),
          tag(
            t(`payments.transfers.refund_${refund.state}`),
            refund.state === 'succeeded' ? 'success' : refund.state === 'failed' ? 'danger' : 'info',
          ),
          fetched && refund.state === 'sent' ? refusedForm(view, path, refund) : '–',
        ]),
      })}
    </div>`
}

function refusedForm({ t }: View, path: string, refund: Refund): Html {
  return html`<form method="post" action="${`${path}/refused`}">
    ${hiddenInputs({ refund: refund.id })} ${button(t('payments.transfers.file.refused'), { kind: 'tertiary', about: refund.id.slice(0, 8) })}
  </form>`
}
