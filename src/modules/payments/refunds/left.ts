import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import type { AccountKey } from '../../ledger/index.ts'
import { open } from '../../people/index.ts'
import { billFacts } from '../bill.ts'
import { paymentById } from '../store.ts'
import { getBill, type Treasury, within } from '../treasury.ts'
import { isOver, isPromised, type Refund } from './refund.ts'
import { factsOf } from './propose.ts'
import { endRefund, endReturned } from './settle.ts'
import * as store from './store.ts'

const MOST = 1_000

/** Approved refunds that wait for a transfer, oldest first; each until `refundOrdered`. */
export function refundsToTransfer(platform: Platform): Promise<Refund[]> {
  return store.approvedRefunds(platform.db, 'bank', MOST)
}

/** Approved refunds that wait for whoever comes to the counter, oldest first. */
export function refundsToPayOut(platform: Platform): Promise<Refund[]> {
  return store.approvedRefunds(platform.db, 'cash', MOST)
}

/** The code of the refusal to pay out what a bank has taken back from the city meanwhile. */
export const TAKEN_BACK = 'payments.refund-taken-back'

/** Whether a bank has taken back so much of a payment that what is promised of it is not covered; holds the payment's row. */
async function overdrawn(tx: Platform, { payment_id }: Refund): Promise<boolean> {
  const payment = await paymentById(tx.db, payment_id, true)
  const promised = (await store.refundsOfPayment(tx.db, payment_id)).filter((each) => isPromised(each.state))
  const back = (await store.takenBackOf(tx.db, payment_id)).amount
  return promised.reduce((sum, each) => sum + each.amount, back) > (payment?.amount ?? 0n)
}

/**
 * Ends an approved refund that waits for a transfer or the till, or is in a file that nobody has fetched, as failed when a bank has taken its
 * payment back meanwhile: it must not be given twice. Returns whether it did.
 */
export async function refundUncovered(treasury: Treasury, actor: Actor, refundId: string): Promise<boolean> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const refund = await held(inside, actor, refundId, treasury.rules.treasury)
    if (refund.way === 'provider' || !['approved', 'sent'].includes(refund.state) || !(await overdrawn(tx, refund))) return false
    await endRefund(inside, actor, await store.changeRefund(tx.db, refund.id, { state: 'failed' }), refund.state, null)
    return true
  })
}

/**
 * Notes that a refund is in an order to the bank, in the caller's transaction, so that no other order has it. False when it was already, or when
 * a bank has taken the payment back meanwhile: then it has failed.
 */
export async function refundOrdered(treasury: Treasury, actor: Actor, refundId: string): Promise<boolean> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const refund = await held(inside, actor, refundId, treasury.rules.treasury)
    if (refund.way !== 'bank' || refund.state !== 'approved' || (await refundUncovered(inside, actor, refund.id))) return false
    await store.changeRefund(tx.db, refund.id, { state: 'sent' })
    await record(tx, actor, { type: 'payments.refund.moved', stream: refund.id, data: { from: 'approved', to: 'sent' } })
    return true
  })
}

/**
 * Books that a refund has left the account `from`, or (`ok` false) that it could not be made and the money is kept for the
 * payer again; once, in the caller's transaction. Throws 409 when it does not wait for this, or is cash (TAKEN_BACK) whose payment a bank has
 * taken back meanwhile.
 */
export async function refundLeft(treasury: Treasury, actor: Actor, refundId: string, from: AccountKey, ok: boolean): Promise<Refund> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const refund = await held(inside, actor, refundId, from.agency)
    const state = ok ? 'succeeded' : 'failed'
    if (refund.state === state) return refund
    if (refund.way === 'provider' || refund.state === 'proposed' || isOver(refund.state) || from.currency !== refund.currency)
      throw new Problem('payments.refund-not-waiting', 409, 'This refund does not wait to be paid out.')
    // cash is still in our hands; of a transfer the statement says that it has left
    if (ok && refund.way === 'cash' && (await overdrawn(tx, refund)))
      throw new Problem(TAKEN_BACK, 409, 'The payer’s bank has taken this money back. It is not paid out.')
    return endRefund(inside, actor, await store.changeRefund(tx.db, refund.id, { state }), refund.state, from)
  })
}

/**
 * Withdraws an approved refund by transfer or in cash that has not gone out, by another officer than the one who approved it: the money is kept for
 * the payer again, and a work item says so. Throws 409 when it is in a file for the bank, was paid out, or goes through the provider.
 */
export async function withdrawRefund(treasury: Treasury, actor: Actor, refundId: string): Promise<Refund> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const refund = await store.refundById(tx.db, refundId, true)
    if (!refund) throw notFound('refund')
    const facts = await factsOf(inside, refund.payment_id, refund.bill_id)
    allow(actor, 'money.approve', { ...facts, proposedBy: refund.decided_by })
    if (refund.way === 'provider' || refund.state !== 'approved')
      throw new Problem('payments.refund-gone', 409, 'This refund cannot be withdrawn: it is on its way, or has ended.')
    return endRefund(inside, actor, await store.changeRefund(tx.db, refund.id, { state: 'failed' }), refund.state, null)
  })
}

/**
 * Books that a transfer which had left came back to the account `to`, in the caller's transaction: the money is kept for the payer again and a
 * work item says so. Throws 409 for a refund that had not left.
 */
export async function refundCameBack(treasury: Treasury, actor: Actor, refundId: string, to: AccountKey): Promise<Refund> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const refund = await held(inside, actor, refundId, to.agency)
    if (refund.way !== 'bank' || refund.state !== 'succeeded' || to.currency !== refund.currency)
      throw new Problem('payments.refund-not-waiting', 409, 'This refund does not wait to be paid out.')
    return endReturned(inside, actor, await store.changeRefund(tx.db, refund.id, { state: 'failed' }), to)
  })
}

async function held(treasury: Treasury, actor: Actor, id: string, agency: string): Promise<Refund> {
  const refund = await store.refundById(treasury.platform.db, id, true)
  if (!refund) throw notFound('refund')
  allow(actor, actor.kind === 'system' ? 'money.system' : 'money.till', { agency })
  return refund
}

/** A refund by its id; throws 404. */
export async function refundById(platform: Platform, id: string): Promise<Refund> {
  const refund = await store.refundById(platform.db, id)
  if (!refund) throw notFound('refund')
  return refund
}

/** The refunds of a bill or of a payment, oldest first. */
export function refundsOf(platform: Platform, of: { readonly bill: string } | { readonly payment: string }): Promise<Refund[]> {
  return 'bill' in of ? store.refundsOfBill(platform.db, of.bill) : store.refundsOfPayment(platform.db, of.payment)
}

/** What waits for an officer's decision, oldest first; who may decide is looked at with each. */
export function refundsProposed(platform: Platform, limit = 200): Promise<Refund[]> {
  return store.proposedRefunds(platform.db, limit)
}

function ifErased(error: unknown): Record<string, unknown> {
  if (error instanceof Problem && error.status === 404) return {}
  throw error
}

/** What is sealed with a refund: the officer's words, and the account of a transfer; nothing once it is erased. Opening is noted in the journal. */
export async function openRefund(
  treasury: Treasury,
  actor: Actor,
  refund: Refund,
): Promise<{ readonly words: string; readonly account: { readonly name: string; readonly iban: string } | null }> {
  const { platform, rules } = treasury
  const own = rules.treasury
  const facts =
    refund.bill_id === null ? { id: refund.id, agency: own, consulted: [own] } : billFacts(await getBill(platform, refund.bill_id), own)
  allow(actor, actor.kind === 'system' ? 'money.system' : 'money.read', facts)
  if (refund.record_id === null) return { words: '', account: null }
  const fields = await open(platform, actor, { record: refund.record_id, purpose: 'refund', legalBasis: 'gdpr.6.1.e' }).catch(ifErased)
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  return { words: text('words'), account: text('iban') === '' ? null : { name: text('account_name'), iban: text('iban') } }
}
