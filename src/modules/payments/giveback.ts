import { invariant } from '../../kernel/invariant.ts'
import type { PlainDate } from '../../kernel/time.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Actor, allow } from '../access/index.ts'
import { post } from '../ledger/index.ts'
import { givenBack } from './books.ts'
import { closeItem, openItem } from './items.ts'
import { apply, GIVEN_BACK, overpaidKey, sharesOf } from './receive.ts'
import { takenBackOf } from './refunds/store.ts'
import * as store from './store.ts'
import type { Treasury } from './treasury.ts'

/** A chargeback that ended in the city's favour, as a provider tells of it; `feeBack` is what of its fee came back too. */
export type WonChargeback = { readonly provider: string; readonly id: string; readonly feeBack: bigint; readonly day: PlainDate }

/**
 * Books that a bank gave back what it had taken by a chargeback, once, in the caller's transaction: what nobody covered is covered first, its bills
 * are paid again as far as they are owed, the rest is kept for the payer and opens a work item. False when the chargeback is not known, or its end is.
 */
export async function giveBack(treasury: Treasury, actor: Actor, won: WonChargeback): Promise<boolean> {
  const tx = treasury.platform
  invariant(tx.inTransaction && won.feeBack >= 0n, 'a chargeback ends in a transaction')
  allow(actor, 'money.system', { agency: treasury.rules.treasury })
  const chargeback = await store.chargebackOf(tx.db, won.provider, won.id)
  if (!chargeback) return false
  const ids = (await store.allocationsOfPayment(tx.db, chargeback.payment_id)).map((row) => row.bill_id)
  const bills = await store.lockBills(tx.db, [...new Set(ids)])
  const payment = await store.paymentById(tx.db, chargeback.payment_id, true)
  invariant(payment !== null, 'a chargeback is of a payment')
  const open = (await takenBackOf(tx.db, payment.id)).amount - payment.taken_back
  const fee = won.feeBack < chargeback.fee ? won.feeBack : chargeback.fee
  if (!(await store.insertChargebackEnd(tx.db, { chargeback_id: chargeback.id, fee_back: fee, ended_at: tx.now() }))) return false
  const uncovered = open < chargeback.amount ? open : chargeback.amount
  const back = chargeback.amount - uncovered
  const wanted = await takenFrom(treasury, payment.id)
  const shares = sharesOf({ amount: back, currency: payment.currency, shares: wanted }, bills)
  const kept = shares.reduce((rest, share) => rest - share.amount, back)
  const after = await store.changePayment(tx.db, payment.id, { unapplied: payment.unapplied + kept, taken_back: payment.taken_back - back })
  const data = { chargeback: chargeback.id, amount: chargeback.amount.toString(), fee: fee.toString() }
  const cause = await record(tx, actor, { type: 'payments.payment.given_back', stream: payment.id, data })
  const lines = givenBack(payment, { shares, kept, uncovered, fee })
  await post(tx, { kind: 'chargeback_won', key: `chargeback:${chargeback.id}:won`, cause, day: won.day, lines })
  for (const share of shares) await apply(tx, actor, after, share, 'chargeback', cause)
  await closeItem(tx, actor, `chargeback:${chargeback.id}`, GIVEN_BACK)
  if (kept > 0n)
    await openItem(tx, actor, {
      key: `${overpaidKey(payment)}:${chargeback.id}`,
      kind: 'overpaid',
      agency: treasury.rules.treasury,
      payment: payment.id,
      ...(wanted[0] ? { bill: wanted[0].bill } : {}),
      amount: kept,
      currency: payment.currency,
    })
  return true
}

/** What chargebacks have taken from each bill of a payment, in the order of the bills' ids. Its row is held. */
async function takenFrom(treasury: Treasury, paymentId: string): Promise<Array<{ bill: string; amount: bigint }>> {
  const rows = await store.allocationsOfPayment(treasury.platform.db, paymentId)
  const byBill = Map.groupBy(
    rows.filter((row) => row.kind === 'chargeback'),
    (row) => row.bill_id,
  )
  return [...byBill].map(([bill, of]) => ({ bill, amount: store.paidAndBack(of).back })).toSorted((a, b) => (a.bill < b.bill ? -1 : 1))
}
