import { invariant } from '../../../kernel/invariant.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { enqueue } from '../../../platform/jobs.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, type Resource, systemActor } from '../../access/index.ts'
import { isIban, plainIban } from '../../iso20022/index.ts'
import { post } from '../../ledger/index.ts'
import { createPerson, createRecord, notErased, seal } from '../../people/index.ts'
import { billFacts, type Words } from '../bill.ts'
import { correctBill } from '../bills/change.ts'
import { refundPromised } from '../books.ts'
import { allocationsOfPayment, billById, changePayment, lockBills, type Payment, paymentById } from '../store.ts'
import { getBill, type Treasury, within } from '../treasury.ts'
import { isPromised, type Refund, type RefundCause, type RefundWay } from './refund.ts'
import * as store from './store.ts'

/** A refund that an officer proposes. Amount in minor units of the payment's currency. */
export type RefundWish = {
  readonly payment: string
  /** The bill that is reduced for it; left out: money that is kept for the payer. */
  readonly bill?: string
  readonly amount: bigint
  readonly cause: RefundCause
  /** Left out: the way the money came. */
  readonly way?: RefundWay
  /** Why, in the officer's words; sealed. */
  readonly words: string
  /** Where a transfer goes; sealed. */
  readonly account?: { readonly name: string; readonly iban: string }
}

/** The job that sends approved refunds. */
export const SEND_REFUNDS = 'payments:refunds'

const tooMuch = (): Problem => new Problem('payments.refund-too-much', 422, 'This is more than the payment still holds for it.')

/**
 * Proposes to give money back; another officer decides. Throws 404 for a payment or bill that is not the actor's to work
 * on, 422 when it is more than the payment still holds for it, or the way does not fit.
 */
export async function proposeRefund(treasury: Treasury, actor: Actor, wish: RefundWish): Promise<Refund> {
  return transact(treasury.platform, async (tx) => {
    allow(actor, 'money.work', await factsOf(within(treasury, tx), wish.payment, wish.bill ?? null))
    const payment = await paymentById(tx.db, wish.payment, true)
    if (!payment) throw notFound('payment')
    const way = wayOf(payment, wish)
    if (wish.amount <= 0n || wish.amount > (await refundable(tx, payment, wish.bill ?? null))) throw tooMuch()
    const refund: Refund = {
      id: tx.newId(),
      payment_id: payment.id,
      bill_id: wish.bill ?? null,
      amount: wish.amount,
      currency: payment.currency,
      cause: wish.cause,
      way,
      state: 'proposed',
      record_id: await sealWords(tx, payment, wish),
      provider_refund: null,
      proposed_by: actor.accountId,
      proposed_at: tx.now(),
      decided_by: null,
      decided_at: null,
      asks: 0,
      next_ask_at: null,
      ended_at: null,
    }
    await store.insertRefund(tx.db, refund)
    const { id, currency, cause, amount } = refund
    const about = { payment: payment.id, ...(refund.bill_id === null ? {} : { bill: refund.bill_id }) }
    await record(tx, actor, {
      type: 'payments.refund.proposed',
      stream: id,
      data: { ...about, amount: amount.toString(), currency, cause, way },
    })
    return refund
  })
}

/**
 * What could be proposed to give back of a payment now: of what it pays of a bill, or of what is kept for the payer; less
 * what was proposed already, and never more than came in and was not taken back or given back.
 */
export async function refundable(platform: Platform, payment: Payment, billId: string | null): Promise<bigint> {
  const refunds = await store.refundsOfPayment(platform.db, payment.id)
  const sum = (some: readonly Refund[]): bigint => some.reduce((all, each) => all + each.amount, 0n)
  const proposed = refunds.filter((refund) => refund.state === 'proposed')
  const there = billId === null ? payment.unapplied : await paidOf(platform, payment.id, billId)
  const inAll =
    payment.amount - (await store.takenBackOf(platform.db, payment.id)).amount - sum(refunds.filter((refund) => isPromised(refund.state)))
  const free = [there - sum(proposed.filter((refund) => refund.bill_id === billId)), inAll - sum(proposed)]
  return free.reduce((a, b) => (a < b ? a : b)) < 0n ? 0n : free.reduce((a, b) => (a < b ? a : b))
}

/** What a payment pays of a bill. */
async function paidOf(platform: Platform, paymentId: string, billId: string): Promise<bigint> {
  const rows = await allocationsOfPayment(platform.db, paymentId)
  return rows.filter((row) => row.bill_id === billId).reduce((sum, row) => sum + row.amount, 0n)
}

function wayOf(payment: Payment, { way, account }: RefundWish): RefundWay {
  const chosen = way ?? (payment.source === 'provider' || payment.source === 'bank' ? payment.source : 'cash')
  if (chosen === 'provider' && (payment.source !== 'provider' || payment.provider_payment === null))
    throw new Problem('payments.refund-way', 422, 'This payment did not come through the payment provider. Choose another way.')
  if (chosen === 'bank' && (account === undefined || account.name.trim() === '' || !isIban(account.iban)))
    throw new Problem('payments.refund-account', 422, 'A transfer needs the name and the IBAN of the account that it goes to.')
  if (chosen === 'bank' && payment.currency !== 'EUR')
    throw new Problem('payments.refund-euro', 422, 'Transfers go in euro only. Choose another way.')
  return chosen
}

/** Seals the officer's words and the account with the data of whoever the bill is for; of nobody's known, in a vault of its own. */
async function sealWords(tx: Platform, payment: Payment, { bill, words, account }: RefundWish): Promise<string> {
  const [first] = await allocationsOfPayment(tx.db, payment.id)
  const billId = bill ?? first?.bill_id
  const known = billId === undefined ? null : ((await billById(tx.db, billId))?.person_id ?? null)
  const alive = known !== null && (await notErased(tx, [known])).length > 0 ? known : null
  const id = await createRecord(tx, alive ?? (await createPerson(tx)), 'refund')
  const to = account === undefined ? {} : { account_name: cleanText(account.name).slice(0, 70), iban: plainIban(account.iban) }
  await seal(tx, id, { words: cleanText(words).slice(0, 2_000), ...to })
  return id
}

/** The facts that decide who may work on a refund: the bill's, else the treasury's. */
export async function factsOf(treasury: Treasury, paymentId: string, billId: string | null): Promise<Resource> {
  const own = treasury.rules.treasury
  if (billId === null) return { id: paymentId, agency: own, consulted: [own] }
  return billFacts(await getBill(treasury.platform, billId), own)
}

/**
 * Approves or declines a proposed refund; never who proposed it. Approved money is promised in the books at once and sent
 * by a job, or waits for transfers or the till. Throws 409 when it was decided already, or is not covered any more because
 * money was taken back or given back meanwhile.
 */
export async function decideRefund(treasury: Treasury, actor: Actor, refundId: string, approve: boolean): Promise<Refund> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const refund = await store.refundById(tx.db, refundId, true)
    if (!refund) throw notFound('refund')
    allow(actor, 'money.approve', { ...(await factsOf(inside, refund.payment_id, refund.bill_id)), proposedBy: refund.proposed_by })
    if (refund.state !== 'proposed') throw new Problem('payments.decided', 409, 'This was decided already.')
    const decided = { decided_by: actor.accountId, decided_at: tx.now() }
    if (!approve) {
      await record(tx, actor, { type: 'payments.refund.declined', stream: refund.id })
      return store.changeRefund(tx.db, refund.id, { ...decided, state: 'declined', ended_at: tx.now() })
    }
    await promise(inside, actor, refund)
    const online = refund.way === 'provider'
    if (online) await enqueue(tx, SEND_REFUNDS, {}, { key: SEND_REFUNDS })
    return store.changeRefund(tx.db, refund.id, { ...decided, state: 'approved', ...(online ? { next_ask_at: tx.now() } : {}) })
  })
}

/** Frees the money from its bill and promises it to the payer. Rows are held in the order refund, bill, payments. */
async function promise(treasury: Treasury, actor: Actor, refund: Refund): Promise<void> {
  const tx = treasury.platform
  const uncovered = (): Problem =>
    new Problem('payments.refund-uncovered', 409, 'The payment does not hold this amount any more. Propose it anew.')
  if (refund.bill_id !== null) await reduce(treasury, refund, refund.bill_id, uncovered)
  const payment = await paymentById(tx.db, refund.payment_id, true)
  invariant(payment !== null, 'a refund is of a payment')
  const given = (await store.refundsOfPayment(tx.db, payment.id)).filter((each) => isPromised(each.state))
  const inAll = payment.amount - (await store.takenBackOf(tx.db, payment.id)).amount - given.reduce((sum, each) => sum + each.amount, 0n)
  if (refund.amount > payment.unapplied || refund.amount > inAll) throw uncovered()
  await changePayment(tx.db, payment.id, { unapplied: payment.unapplied - refund.amount })
  const cause = await record(tx, actor, { type: 'payments.refund.approved', stream: refund.id, data: { amount: refund.amount.toString() } })
  const lines = refundPromised(payment, refund.id, refund.amount)
  await post(tx, { kind: 'refund_promised', key: `refund:${refund.id}:promised`, cause, day: today(tx), lines })
}

async function reduce(treasury: Treasury, refund: Refund, billId: string, uncovered: () => Problem): Promise<void> {
  const tx = treasury.platform
  const [bill] = await lockBills(tx.db, [billId])
  if (!bill || (await paidOf(tx, refund.payment_id, billId)) < refund.amount) throw uncovered()
  // what is corrected goes from what is still owed first: then there is nothing to give back
  if (bill.outstanding > 0n)
    throw new Problem(
      'payments.refund-still-owed',
      409,
      'Something is still owed on this bill. Correct the bill: what was paid too much is free then.',
    )
  await correctBill(treasury, systemActor('payments'), billId, {
    key: `refund:${refund.id}`,
    to: bill.total - refund.amount,
    why: 'refund',
    title: titleOf(treasury),
    from: refund.payment_id,
  })
}

function titleOf({ words }: Treasury): Words {
  return Object.fromEntries(words.languages.map((language) => [language, words.translator(language)('payments.refund.line')]))
}
