import { isUuid } from '../../../kernel/id.ts'
import { notFound } from '../../../kernel/problem.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { formatDay } from '../../../kernel/time.ts'
import type { Actor } from '../../access/index.ts'
import { printedReference } from '../../iso20022/index.ts'
import type { Bill } from '../bill.ts'
import { billsSeen } from '../pay/see.ts'
import type { Payment } from '../store.ts'
import * as bills from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { amountIn, letterhead, recipientOf } from './invoice.ts'
import type { Sheet } from './sheet.ts'
import { signReceipt } from './sign.ts'

/** What a payment paid of one bill, and what of it was taken or given back since. Minor units, neither negative. */
export type ReceiptShare = { readonly bill: Bill; readonly amount: bigint; readonly back: bigint }

/** A payment as one of its payers may see it: only with the bills that are theirs. */
export type Receipt = { readonly payment: Payment; readonly shares: readonly ReceiptShare[] }

/** The version of the JSON of receipts; docs/reference/receipts.md describes it. */
export const RECEIPT_FORMAT = 'https://stoa.example/formats/receipt/1'

/** What somebody may see of a payment. Throws 404 when it paid none of their bills. */
export async function receiptFor(treasury: Treasury, actor: Actor, paymentId: string): Promise<Receipt> {
  const { db } = treasury.platform
  const payment = isUuid(paymentId) ? await bills.paymentById(db, paymentId) : null
  const rows = payment ? await bills.allocationsOfPayment(db, payment.id) : []
  const seen = await billsSeen(treasury, actor, rows.map((row) => row.bill_id)) // prettier-ignore
  const shares = seen.map((bill) => ({ bill, ...bills.paidAndBack(rows.filter((row) => row.bill_id === bill.id)) }))
  if (!payment || shares.length === 0) throw notFound('payment')
  return { payment, shares }
}

/** A receipt as JSON that anybody can check offline with the city's public keys: readable, and the same again signed. */
export async function receiptAsJson(treasury: Treasury, { payment, shares }: Receipt): Promise<string> {
  const { platform, rules } = treasury
  const receipt = {
    iss: platform.publicOrigin,
    iat: Math.floor(platform.now().getTime() / 1000),
    payment: payment.id,
    received_on: payment.received_on,
    way: payment.source,
    to: rules.creditor.name,
    currency: payment.currency,
    amount: shares.reduce((sum, share) => sum + share.amount, 0n).toString(),
    taken_back: shares.reduce((sum, share) => sum + share.back, 0n).toString(),
    bills: shares.map(({ bill, amount, back }) => ({
      reference: bill.reference,
      creditor_reference: bill.creditor_reference,
      agency: bill.agency,
      title: inLanguage(bill.title, bill.language).text,
      amount: amount.toString(),
      taken_back: back.toString(),
    })),
  }
  const file = { format: RECEIPT_FORMAT, keys: `${platform.publicOrigin}/pay/receipts/keys.json`, receipt, jws: await signReceipt(platform, receipt) } // prettier-ignore
  return `${JSON.stringify(file, null, 2)}\n`
}

/** A receipt as a sheet, in the language of its first bill. */
export async function composeReceipt(treasury: Treasury, actor: Actor, { payment, shares }: Receipt): Promise<Sheet> {
  const [first] = shares
  if (!first) throw notFound('payment')
  const { language } = first.bill
  const t = treasury.words.translator(language)
  const total = shares.reduce((sum, share) => sum + share.amount, 0n)
  const back = shares.reduce((sum, share) => sum + share.back, 0n)
  return {
    ...letterhead(treasury, first.bill, language, await recipientOf(treasury, actor, first.bill)),
    title: t('payments.receipt.title'),
    date: formatDay(payment.received_on, language),
    facts: [
      { label: t('payments.receipt.on'), value: formatDay(payment.received_on, language) },
      { label: t('payments.receipt.way'), value: t(`payments.receipt.way.${payment.source}`) },
      { label: t('payments.receipt.number'), value: payment.id, code: true },
    ],
    lead: t('payments.receipt.lead'),
    lines: {
      what: t('payments.invoice.what'),
      amount: t('payments.invoice.amount'),
      rows: shares.map(({ bill, amount }) => ({
        title: inLanguage(bill.title, language).text,
        note: `${bill.reference} · ${printedReference(bill.creditor_reference)}`,
        amount: amountIn(bill, amount, language),
      })),
      sums: [
        { title: t('payments.receipt.total'), amount: amountIn(payment, total, language) },
        ...(back > 0n ? [{ title: t('payments.receipt.back'), amount: amountIn(payment, -back, language) }] : []),
      ],
    },
    pay: null,
    sections: [],
  }
}
