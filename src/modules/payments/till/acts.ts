import { newReference } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { drawSymbol, type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import { post } from '../../ledger/index.ts'
import { openAttemptOf } from '../attempts/index.ts'
import type { Bill } from '../bill.ts'
import { carriedToBank, tillAccount } from '../books.ts'
import { receive } from '../receive.ts'
import { type Refund, refundById, refundLeft, refundsToPayOut, refundUncovered, TAKEN_BACK } from '../refunds/index.ts'
import { paymentById } from '../store.ts'
import { getBill, type Treasury, within } from '../treasury.ts'
import { held, inTill, noAct } from './session.ts'
import * as store from './store.ts'

const program = systemActor('payments', 'web')

/** Money that is taken at the counter. `key` is of the form: sent twice it is taken once. Amounts in minor units. */
export type Taking = {
  readonly key: string
  /** The bill's reference, as it was typed. */
  readonly bill: string
  readonly amount: bigint
  /** What was handed over; null for a card. */
  readonly given: bigint | null
  /** The number on the slip of the terminal; null for cash. */
  readonly slip: string | null
  /** The officer knows that a payment of this bill is under way online, and takes the money all the same. */
  readonly anyway?: boolean
}

/**
 * Takes cash or a card for a bill. Throws 404 for a bill that is not there, 422 when nothing is owed on it, the amount is more than that, less
 * was handed over, or the slip has no number; 409 while the bill is being paid online, unless the officer says `anyway`.
 */
export async function takeMoney(treasury: Treasury, actor: Actor, session: string, taking: Taking): Promise<store.TillAct> {
  return act(treasury, actor, session, taking.key, async (inside, till) => {
    const tx = inside.platform
    const found = await getBill(tx, taking.bill)
    const bill = await getBill(tx, found.id, true)
    mustFit(till, bill, taking)
    if (taking.anyway !== true && (await openAttemptOf(tx, bill.id)) !== null)
      throw new Problem(UNDER_WAY, 409, 'A payment of this bill is under way online. Money that is taken now may be paid twice.')
    const id = tx.newId()
    const kind = taking.given === null ? 'card' : 'cash'
    const data = { act: id, kind, amount: taking.amount.toString(), bill: bill.id }
    const cause = await record(tx, actor, { type: 'payments.till.took', stream: till.id, data })
    const { payment } = await receive(inside, program, {
      key: `till:${id}`,
      source: kind === 'cash' ? 'cash' : 'terminal',
      // the terminals are the treasury's: what they take lies with their bank until it pays out
      heldBy: kind === 'cash' ? till.agency : inside.rules.treasury,
      part: till.till,
      amount: taking.amount,
      currency: till.currency,
      day: today(tx),
      shares: [{ bill: bill.id, amount: taking.amount }],
      cause,
    })
    const { amount, given, slip } = taking
    return { id, kind, amount, given, slip, bill_id: bill.id, payment_id: payment.id }
  })
}

/** The code of the refusal to take money for a bill that is being paid online at this moment. */
export const UNDER_WAY = 'payments.till-under-way'

function mustFit(till: store.Session, bill: Bill, { amount, given, slip }: Taking): void {
  if (bill.state !== 'open') throw new Problem('payments.nothing-owed', 422, 'Nothing is owed on this bill any more.')
  if (bill.currency !== till.currency) throw new Problem('payments.other-currency', 422, 'This bill is in another currency.')
  if (amount <= 0n || amount > bill.outstanding)
    throw new Problem('payments.till-amount', 422, 'This is not an amount that is owed on the bill.')
  if (given !== null && given < amount) throw new Problem('payments.till-given', 422, 'Less was handed over than is to be paid.')
  if (given === null && (!/^[0-9A-Za-z/-]{1,40}$/.test(slip ?? '') || isCardNumber(slip ?? '')))
    throw new Problem('payments.till-slip', 422, 'Enter the number on the slip of the terminal.')
}

/** Whether this is a payment card's number by its length and check digit (ISO/IEC 7812-1): those are never kept. */
function isCardNumber(text: string): boolean {
  const digits = text.replaceAll(/[/-]/g, '')
  if (!/^\d{13,19}$/.test(digits)) return false
  const sum = [...digits].toReversed().reduce((all, digit, at) => {
    const value = Number(digit) * (at % 2 === 0 ? 1 : 2)
    return all + (value > 9 ? value - 9 : value)
  }, 0)
  return sum % 10 === 0
}

/** Approved refunds that may be paid out in cash at the tills of an agency: of money that it, or the treasury, holds. */
export async function cashRefunds(treasury: Treasury, { agency, currency }: Pick<store.Session, 'agency' | 'currency'>): Promise<Refund[]> {
  const waiting = await refundsToPayOut(treasury.platform)
  const fits = await Promise.all(
    waiting.map(
      async (refund) =>
        refund.currency === currency && [agency, treasury.rules.treasury].includes(await holderOf(treasury.platform, refund)),
    ),
  )
  return waiting.filter((_, at) => fits[at])
}

async function holderOf(platform: Platform, refund: Refund): Promise<string> {
  return (await paymentById(platform.db, refund.payment_id))?.held_by ?? ''
}

/** Pays an approved refund out in cash. Throws 409 when it does not wait for this or a bank took the payment back meanwhile, 422 when the till has less. */
export async function payOut(treasury: Treasury, actor: Actor, session: string, key: string, refundId: string): Promise<store.TillAct> {
  return act(treasury, actor, session, key, async (inside, till) => {
    const tx = inside.platform
    const refund = await refundById(tx, refundId)
    if (
      refund.way !== 'cash' ||
      refund.currency !== till.currency ||
      ![till.agency, inside.rules.treasury].includes(await holderOf(tx, refund))
    )
      throw notFound('refund')
    if ((await inTill(inside, till)) < refund.amount)
      throw new Problem('payments.till-short', 422, 'There is not so much money in the till.')
    const id = tx.newId()
    if (refund.state !== 'approved') throw new Problem('payments.refund-not-waiting', 409, 'This refund does not wait to be paid out.')
    await record(tx, actor, {
      type: 'payments.till.refunded',
      stream: till.id,
      data: { act: id, refund: refund.id, amount: refund.amount.toString() },
    })
    await refundLeft(inside, program, refund.id, tillAccount(till.agency, till.till, till.currency), true)
    return { id, kind: 'refund', amount: refund.amount, refund_id: refund.id }
  }).catch(async (error: unknown) => {
    // nothing was paid out: that the refund is over is kept apart from the act that was undone
    if (error instanceof Problem && error.code === TAKEN_BACK) await refundUncovered(treasury, program, refundId)
    throw error
  })
}

/** Carries cash to the bank, or change from there; the paying-in slip has the reference that the statement shows. Throws 422 when the till has less. */
export async function carry(
  treasury: Treasury,
  actor: Actor,
  session: string,
  wish: { readonly key: string; readonly to: 'bank' | 'till'; readonly amount: bigint },
): Promise<store.TillAct> {
  return act(treasury, actor, session, wish.key, async (inside, till) => {
    const tx = inside.platform
    const own = inside.rules.treasury
    if (wish.amount <= 0n) throw new Problem('payments.till-amount', 422, 'This is not an amount that is owed on the bill.')
    if (wish.to === 'bank' && (await inTill(inside, till)) < wish.amount)
      throw new Problem('payments.till-short', 422, 'There is not so much money in the till.')
    const id = tx.newId()
    const kind = wish.to === 'bank' ? 'to_bank' : 'from_bank'
    const amount = wish.to === 'bank' ? wish.amount : -wish.amount
    const deposit = newReference('DEP', drawSymbol(tx))
    const data = { act: id, kind, amount: wish.amount.toString() }
    const cause = await record(tx, actor, { type: 'payments.till.carried', stream: till.id, data })
    const { agency, currency } = till
    const lines = carriedToBank(own, agency, till.till, currency, amount)
    await post(tx, { kind: 'carried', key: `till:${id}`, cause, day: today(tx), lines })
    await store.insertDeposit(tx.db, {
      reference: deposit,
      agency,
      till: till.till,
      amount,
      currency,
      carried_on: today(tx),
      entry_id: null,
    })
    return { id, kind, amount: wish.amount, deposit }
  })
}

type Made = Pick<store.TillAct, 'id' | 'kind' | 'amount'> & Partial<store.TillAct>

/** Does something at a till under its lock, once for the key of the form. */
async function act(
  treasury: Treasury,
  actor: Actor,
  session: string,
  key: string,
  work: (inside: Treasury, till: store.Session) => Promise<Made>,
): Promise<store.TillAct> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const till = await held(inside, actor, session)
    const before = await store.actByKey(tx.db, key)
    if (before) {
      if (before.session_id !== session) throw notFound('receipt')
      return before
    }
    const made = await work(inside, till)
    const row: store.TillAct = { ...noAct, session_id: session, key, made_by: actor.accountId ?? '', made_at: tx.now(), ...made }
    await store.insertAct(tx.db, row)
    return row
  })
}

/** What happened at a till, for printing: its bill and the session; throws 404. */
export async function receiptOf(
  treasury: Treasury,
  actor: Actor,
  id: string,
): Promise<{ act: store.TillAct; session: store.Session; bill: Bill | null }> {
  const { db } = treasury.platform
  const found = await store.actById(db, id)
  const session = found && (await store.sessionById(db, found.session_id))
  if (!found || !session) throw notFound('receipt')
  allow(actor, 'money.till', { agency: session.agency })
  return { act: found, session, bill: found.bill_id === null ? null : await getBill(treasury.platform, found.bill_id) }
}
