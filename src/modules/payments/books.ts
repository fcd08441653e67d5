import type { AccountKey, EntryLine } from '../ledger/index.ts'
import type { Bill } from './bill.ts'
import type { Payment } from './store.ts'

/*
 * The standard postings, all of them: nothing else in this module names accounts. Debit is positive, credit negative.
 * A bill is the subject on `receivable`, a payment on `unapplied`, a refund on `refund_payable`.
 */

type Owed = Pick<Bill, 'id' | 'agency' | 'currency' | 'revenue'>
type Held = Pick<Payment, 'id' | 'source' | 'held_by' | 'part' | 'currency'>

const receivable = (bill: Owed): AccountKey => ({ agency: bill.agency, kind: 'receivable', currency: bill.currency })
const revenue = (bill: Owed): AccountKey => ({ agency: bill.agency, kind: 'revenue', currency: bill.currency, part: bill.revenue })
const unapplied = (payment: Held): AccountKey => ({ agency: payment.held_by, kind: 'unapplied', currency: payment.currency })
const payable = (payment: Held): AccountKey => ({ agency: payment.held_by, kind: 'refund_payable', currency: payment.currency })

/** Where money of a payment lies until it is on the city's bank account. */
export function heldAccount(payment: Pick<Payment, 'source' | 'held_by' | 'part' | 'currency'>): AccountKey {
  const { held_by: agency, currency, part } = payment
  if (payment.source === 'bank') return { agency, kind: 'bank', currency }
  if (payment.source === 'cash') return { agency, kind: 'cash', currency, part }
  return { agency, kind: 'clearing', currency, part: payment.source === 'terminal' ? 'terminal' : part }
}

const line = (account: AccountKey, amount: bigint, subject?: string): EntryLine[] =>
  amount === 0n ? [] : [{ account, amount, ...(subject ? { subject } : {}) }]

/** Somebody owes `amount` more: a new bill, or one corrected upwards. */
export const billed = (bill: Owed, amount: bigint): EntryLine[] => [
  ...line(receivable(bill), amount, bill.id),
  ...line(revenue(bill), -amount, bill.id),
]

/** Interest or a reminder fee is added. */
export const charged = (bill: Owed, kind: 'interest' | 'reminder_fee', amount: bigint): EntryLine[] => [
  ...line(receivable(bill), amount, bill.id),
  ...line(
    { agency: bill.agency, kind: kind === 'interest' ? 'interest_income' : 'reminder_income', currency: bill.currency },
    -amount,
    bill.id,
  ),
]

/** `amount` is not asked for any more. */
export const relieved = (bill: Owed, kind: 'waived' | 'written_off', amount: bigint): EntryLine[] => [
  ...line({ agency: bill.agency, kind, currency: bill.currency }, amount, bill.id),
  ...line(receivable(bill), -amount, bill.id),
]

/** A bill is corrected down: what was still owed of it goes, what was paid already is free again at its payments. */
export const corrected = (
  bill: Owed,
  owed: bigint,
  freed: ReadonlyArray<{ readonly payment: Held; readonly amount: bigint }>,
): EntryLine[] => [
  ...line(revenue(bill), owed + freed.reduce((sum, each) => sum + each.amount, 0n), bill.id),
  ...line(receivable(bill), -owed, bill.id),
  ...freed.flatMap((each) => line(unapplied(each.payment), -each.amount, each.payment.id)),
]

/** Money comes in: to bills what they are owed, the rest is kept for the payer. */
export const received = (
  payment: Held,
  amount: bigint,
  shares: ReadonlyArray<{ readonly bill: Owed; readonly amount: bigint }>,
): EntryLine[] => {
  const rest = amount - shares.reduce((sum, share) => sum + share.amount, 0n)
  return [
    ...line(heldAccount(payment), amount, payment.id),
    ...shares.flatMap((share) => line(receivable(share.bill), -share.amount, share.bill.id)),
    ...line(unapplied(payment), -rest, payment.id),
  ]
}

/** Money kept for a payer pays a bill. */
export const setOff = (payment: Held, bill: Owed, amount: bigint): EntryLine[] => [
  ...line(unapplied(payment), amount, payment.id),
  ...line(receivable(bill), -amount, bill.id),
]

/** A bank took a payment back: bills are owed again; what is left nobody covers yet. */
export const takenBack = (
  payment: Held,
  parts: {
    readonly shares: ReadonlyArray<{ readonly bill: Owed; readonly amount: bigint }>
    readonly kept: bigint
    readonly uncovered: bigint
    readonly fee: bigint
  },
): EntryLine[] => {
  const total = parts.shares.reduce((sum, share) => sum + share.amount, 0n) + parts.kept + parts.uncovered
  return [
    ...parts.shares.flatMap((share) => line(receivable(share.bill), share.amount, share.bill.id)),
    ...line(unapplied(payment), parts.kept, payment.id),
    ...line({ agency: payment.held_by, kind: 'suspense', currency: payment.currency, part: 'chargebacks' }, parts.uncovered, payment.id),
    ...line({ agency: payment.held_by, kind: 'provider_fees', currency: payment.currency, part: payment.part }, parts.fee, payment.id),
    ...line(heldAccount(payment), -(total + parts.fee), payment.id),
  ]
}

/** A bank gave back what it had taken: what nobody covered is covered, bills are paid again, the rest is kept for the payer. */
export const givenBack = (payment: Held, parts: Parameters<typeof takenBack>[1]): EntryLine[] =>
  takenBack(payment, parts).map((each) => ({ ...each, amount: -each.amount }))

/** What nobody covered of a payment that was taken back is covered by money kept for its payer. */
export const coveredLater = (payment: Held, amount: bigint): EntryLine[] => [
  ...line(unapplied(payment), amount, payment.id),
  ...line({ agency: payment.held_by, kind: 'suspense', currency: payment.currency, part: 'chargebacks' }, -amount, payment.id),
]

/** Money kept for a payer is promised back. */
export const refundPromised = (payment: Held, refund: string, amount: bigint): EntryLine[] => [
  ...line(unapplied(payment), amount, payment.id),
  ...line(payable(payment), -amount, refund),
]

/** A promised refund could not be made: the money is kept for the payer again. */
export const refundFailed = (payment: Held, refund: string, amount: bigint): EntryLine[] => [
  ...line(payable(payment), amount, refund),
  ...line(unapplied(payment), -amount, payment.id),
]

/** A promised refund has left; `from` is the account that it left. */
export const refundPaid = (payment: Held, refund: string, amount: bigint, from: AccountKey): EntryLine[] => [
  ...line(payable(payment), amount, refund),
  ...line(from, -amount, refund),
]

/** A provider paid out what it held: `gross` of ours less its `fees` is on the bank account. */
export const paidOut = (treasury: string, provider: string, currency: string, gross: bigint, fees: bigint): EntryLine[] => [
  ...line({ agency: treasury, kind: 'bank', currency }, gross - fees),
  ...line({ agency: treasury, kind: 'provider_fees', currency, part: provider }, fees),
  ...line({ agency: treasury, kind: 'clearing', currency, part: provider }, -gross),
]

/** A payout that lay on the bank account unclear before turns out to be one. */
export const payoutCleared = (
  treasury: string,
  provider: string,
  currency: string,
  gross: bigint,
  fees: bigint,
  entry: string,
): EntryLine[] => [
  ...line({ agency: treasury, kind: 'suspense', currency, part: 'bank' }, gross - fees, entry),
  ...line({ agency: treasury, kind: 'provider_fees', currency, part: provider }, fees),
  ...line({ agency: treasury, kind: 'clearing', currency, part: provider }, -gross),
]

/** The bank took a fee of its own, or gave one back (negative), by the statement entry. */
export const bankFee = (treasury: string, currency: string, fee: bigint, entry: string): EntryLine[] => [
  ...line({ agency: treasury, kind: 'provider_fees', currency, part: 'bank' }, fee, entry),
  ...line({ agency: treasury, kind: 'bank', currency }, -fee, entry),
]

/** A refund that had left came back to the account that it left: it is promised as before. */
export const refundReturned = (payment: Held, refund: string, amount: bigint, to: AccountKey): EntryLine[] => [
  ...line(to, amount, refund),
  ...line(payable(payment), -amount, refund),
]

/** The account at the bank. */
export const bankAccount = (treasury: string, currency: string): AccountKey => ({ agency: treasury, kind: 'bank', currency })

/** The account of a till. */
export const tillAccount = (agency: string, till: string, currency: string): AccountKey => ({ agency, kind: 'cash', currency, part: till })

/** The account of what a provider holds for the city. */
export const clearingAccount = (treasury: string, provider: string, currency: string): AccountKey => ({
  agency: treasury,
  kind: 'clearing',
  currency,
  part: provider,
})

/** The account of what providers and banks (`part`) take for themselves. */
export const feesAccount = (treasury: string, part: string, currency: string): AccountKey => ({
  agency: treasury,
  kind: 'provider_fees',
  currency,
  part,
})

/** The part of clearing and of fees that is the card terminals'. */
export const TERMINAL = 'terminal'

/** A credit or debit on the bank account that nobody understands yet (`amount` is negative for a debit), by its statement entry. */
export const unclear = (treasury: string, currency: string, amount: bigint, entry: string): EntryLine[] => [
  ...line({ agency: treasury, kind: 'bank', currency }, amount, entry),
  ...line({ agency: treasury, kind: 'suspense', currency, part: 'bank' }, -amount, entry),
]

/** An unclear credit turns out to be a payment. */
export const cleared = (
  treasury: string,
  entry: string,
  payment: Held,
  amount: bigint,
  shares: ReadonlyArray<{ readonly bill: Owed; readonly amount: bigint }>,
): EntryLine[] => {
  const rest = amount - shares.reduce((sum, share) => sum + share.amount, 0n)
  return [
    ...line({ agency: treasury, kind: 'suspense', currency: payment.currency, part: 'bank' }, amount, entry),
    ...shares.flatMap((share) => line(receivable(share.bill), -share.amount, share.bill.id)),
    ...line(unapplied(payment), -rest, payment.id),
  ]
}

/** What a till counts more (positive) or less than it should have. */
export const tillDifference = (agency: string, till: string, currency: string, difference: bigint): EntryLine[] => [
  ...line({ agency, kind: 'cash', currency, part: till }, difference),
  ...line({ agency, kind: 'cash_difference', currency }, -difference),
]

/** Cash of a till is carried to the bank, or change from the bank to the till (negative). */
export const carriedToBank = (treasury: string, agency: string, till: string, currency: string, amount: bigint): EntryLine[] => [
  ...line({ agency: treasury, kind: 'bank', currency }, amount),
  ...line({ agency, kind: 'cash', currency, part: till }, -amount),
]
