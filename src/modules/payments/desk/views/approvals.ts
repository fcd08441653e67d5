import {
  alert,
  button,
  buttonRow,
  type Content,
  dataTable,
  html,
  type Html,
  instant,
  summaryList,
  textArea,
  type View,
  day,
} from '../../../../ui/index.ts'
import type { Approval, Promised, readApproval } from '../approvals.ts'
import { WORDS } from '../acts.ts'
import { amountOf, billLink, owed, standTag } from './words.ts'

/** Everything that waits for a second officer; what the reader proposed is shown, and left to others. */
export function approvalsView(
  view: View,
  { waiting: all, promised }: { readonly waiting: readonly Approval[]; readonly promised: readonly Promised[] },
  said: Content,
): Html {
  const { t } = view
  return html`${said}
    <h1>${t('payments.desk.approvals')}</h1>
    <p class="st-lead">${t('payments.desk.approvals_text')}</p>
    ${
      all.length === 0
        ? html`<p>${t('payments.desk.approvals_none')}</p>`
        : dataTable({
            caption: t('payments.desk.approvals'),
            captionHidden: true,
            queue: true,
            head: [
              t('payments.desk.what'),
              t('payments.desk.bill'),
              t('payments.desk.amount'),
              t('payments.desk.by'),
              t('payments.desk.day'),
              t('payments.desk.decide'),
            ],
            numeric: [2],
            rows: all.map((each) => [
              html`<a class="ds-link" href="/officer/money/approvals/${each.kind}/${each.it.id}">${kindWords(view, each)}</a>`,
              each.bill ? billLink(each.bill) : '',
              howMuch(view, each),
              proposer(view, each),
              instant(view, each.it.proposed_at),
              t(each.mine ? 'payments.desk.decide.other' : 'payments.desk.decide.you'),
            ]),
          })
    }
    ${promised.length === 0 ? null : promisedTable(view, promised)}`
}

/** What was approved and waits for a transfer or the till: it can still be withdrawn. */
function promisedTable(view: View, promised: readonly Promised[]): Html {
  const { t } = view
  return dataTable({
    id: 'promised',
    caption: t('payments.desk.promised'),
    queue: true,
    head: [
      t('payments.desk.what'),
      t('payments.desk.bill'),
      t('payments.desk.amount'),
      t('payments.desk.form.way'),
      t('payments.desk.day'),
    ],
    numeric: [2],
    rows: promised.map(({ it, bill }) => [
      html`<a class="ds-link" href="/officer/money/approvals/refund/${it.id}">${t('payments.desk.kind.refund')}</a>`,
      bill ? billLink(bill) : '',
      owed(view, it, it.amount),
      t(`payments.desk.code.${it.way}`),
      it.decided_at === null ? '' : instant(view, it.decided_at),
    ]),
  })
}

/** What is proposed, in words. */
function kindWords(view: View, each: Approval): string {
  return each.kind === 'refund' ? view.t('payments.desk.kind.refund') : view.t(`payments.desk.kind.${each.it.kind}`)
}

function howMuch(view: View, each: Approval): Content {
  if (each.kind === 'refund') return owed(view, each.it, each.it.amount)
  return amountOf(view, each.it.amount, each.bill?.currency ?? null)
}

function proposer(view: View, { by, kind, it }: Approval): Content {
  if (by !== null) return html`<bdi>${by}</bdi>`
  return view.t(kind === 'proposal' && it.asked_by === 'payer' ? 'payments.desk.did.payer' : 'payments.desk.did.somebody')
}

/** One proposal with its words, and the decision when it is the reader's to make. */
export function approvalView(view: View, found: Awaited<ReturnType<typeof readApproval>>, refused: string | null): Html {
  const { t } = view
  const { it, bill, words, account } = found
  return html`<h1>${kindWords(view, found)}</h1>
    <p>${standTag(view, it.state)}</p>
    ${summaryList([
      ...(bill ? [{ key: t('payments.desk.bill'), value: billLink(bill) }] : []),
      ...(bill ? [{ key: t('payments.desk.outstanding'), value: owed(view, bill, bill.outstanding) }] : []),
      ...(it.amount === null
        ? []
        : [
            {
              key: t(found.kind === 'proposal' && found.it.kind === 'correct' ? 'payments.desk.form.total' : 'payments.desk.amount'),
              value: howMuch(view, found),
            },
          ]),
      ...(found.kind === 'proposal' && found.it.until !== null
        ? [{ key: t('payments.desk.form.until'), value: day(view, found.it.until) }]
        : []),
      ...(found.kind === 'proposal' && found.it.parts !== null
        ? [{ key: t('payments.desk.fact.parts'), value: t('ui.number', { n: found.it.parts }) }]
        : []),
      ...(found.kind === 'refund'
        ? [
            { key: t('payments.desk.form.cause'), value: t(`payments.desk.code.${found.it.cause}`) },
            { key: t('payments.desk.form.way'), value: t(`payments.desk.code.${found.it.way}`) },
          ]
        : []),
      ...(account
        ? [
            { key: t('payments.desk.form.account_name'), value: html`<bdi>${account.name}</bdi>` },
            { key: t('payments.desk.form.iban'), value: html`<bdi>${account.iban}</bdi>` },
          ]
        : []),
      { key: t('payments.desk.by'), value: proposer(view, found) },
      { key: t('payments.desk.day'), value: instant(view, it.proposed_at) },
      { key: t('payments.desk.form.why'), value: words === '' ? '' : html`<span dir="auto">${words}</span>` },
    ])}
    ${it.state === 'proposed' ? decision(view, found, refused) : withdrawal(view, found)}`
}

function withdrawal(view: View, { it, withdraws }: Awaited<ReturnType<typeof readApproval>>): Html | null {
  const { t } = view
  if (withdraws === null) return null
  if (withdraws === 'other') return alert('info', null, html`<p>${t('payments.desk.withdraw.not_you')}</p>`)
  return html`<section class="st-flow" aria-labelledby="withdraw">
    <h2 id="withdraw">${t('payments.desk.withdraw')}</h2>
    <p>${t('payments.desk.withdraw.text')}</p>
    <form method="post" action="/officer/money/approvals/refund/${it.id}" class="st-form">
      ${button(t('payments.desk.withdraw.submit'), { kind: 'danger', name: 'decision', value: 'withdraw' })}
    </form>
  </section>`
}

function decision(view: View, { kind, it, mine, answer }: Awaited<ReturnType<typeof readApproval>>, refused: string | null): Html {
  const { t } = view
  if (mine) return alert('info', null, html`<p>${t('payments.desk.decide.not_you')}</p>`)
  const asked = kind === 'proposal' && it.asked_by === 'payer'
  return html`<section class="st-flow" aria-labelledby="decide">
    <h2 id="decide">${t('payments.desk.decide')}</h2>
    <form method="post" action="/officer/money/approvals/${kind}/${it.id}" class="st-form" novalidate>
      ${asked ? textArea({ id: 'answer', name: 'answer', label: t('payments.desk.decide.answer'), hint: t('payments.desk.decide.answer_hint'), value: answer, rows: 3, maxlength: WORDS, error: refused ?? undefined }) : null}
      ${buttonRow(button(t('payments.desk.decide.approve'), { name: 'decision', value: 'approve' }), button(t('payments.desk.decide.decline'), { kind: 'secondary', name: 'decision', value: 'decline' }))}
    </form>
  </section>`
}
