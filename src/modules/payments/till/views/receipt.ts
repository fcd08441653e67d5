import { html, type Html, instant, money, plainWords, summaryList, type View } from '../../../../ui/index.ts'
import type { Bill } from '../../bill.ts'
import type { Till } from '../../rules/moneyin.ts'
import type { Session, TillAct } from '../store.ts'

/** What was taken or given at a till, for printing. */
export type ReceiptView = {
  readonly act: TillAct
  readonly session: Session
  readonly bill: Bill | null
  readonly till: Till
  readonly creditor: string
}

/** A receipt: who took what for which bill, and what was given back. */
export function receiptPage(view: View, { act, session, bill, till, creditor }: ReceiptView): Html {
  const { t } = view
  const sum = (amount: bigint): Html => money(view, { amount, currency: session.currency })
  const row = (key: string, value: Html | string | null): Array<{ key: string; value: Html | string }> =>
    value === null ? [] : [{ key, value }]
  return html`<h1>${t('payments.till.receipt.title')}</h1>
    <p>${t(`payments.till.kind_${act.kind}`)}</p>
    ${summaryList([
      { key: t('payments.till.receipt.from'), value: creditor },
      { key: t('payments.till.till'), value: plainWords(view, till.name) },
      { key: t('payments.till.when'), value: instant(view, act.made_at) },
      ...row(t('payments.till.bill'), bill === null ? null : html`<bdi>${bill.reference}</bdi> · ${plainWords(view, bill.title)}`),
      { key: t('payments.till.amount'), value: html`<strong>${sum(act.amount)}</strong>` },
      ...row(t('payments.till.given'), act.given === null ? null : sum(act.given)),
      ...row(t('payments.till.change'), act.given === null ? null : html`<strong>${sum(act.given - act.amount)}</strong>`),
      ...row(t('payments.till.slip'), act.slip === null ? null : html`<bdi>${act.slip}</bdi>`),
      ...row(t('payments.till.receipt.deposit'), act.deposit === null ? null : html`<bdi>${act.deposit}</bdi>`),
      ...row(t('payments.till.receipt.left'), bill === null ? null : money(view, { amount: bill.outstanding, currency: bill.currency })),
      { key: t('payments.till.receipt.number'), value: html`<bdi>${act.id}</bdi>` },
    ])}
    ${act.deposit === null ? html`<p>${t('payments.till.receipt.print')}</p>` : html`<p>${t('payments.till.receipt.slip')}</p>`}`
}
