import { invariant } from '../../../kernel/invariant.ts'
import { notFound } from '../../../kernel/problem.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import { record } from '../../../platform/journal/journal.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, systemActor } from '../../access/index.ts'
import { type AccountKey, post } from '../../ledger/index.ts'
import { coveredLater, heldAccount, refundFailed, refundPaid, refundReturned } from '../books.ts'
import { closeItem, openItem } from '../items.ts'
import { type ProviderRefund, ProviderAway, ProviderRefused, type RefundAsk } from '../providers/port.ts'
import { closeOverpaid } from '../receive.ts'
import { changePayment, type Payment, paymentById, paymentByKey } from '../store.ts'
import { type Treasury, within } from '../treasury.ts'
import { isOver, isPromised, nextRefundAsk, type Refund, REFUND_UNCLEAR_MS, type RefundState } from './refund.ts'
import * as store from './store.ts'

const program = systemActor('payments')

/** What came of asking about a refund: how it stands, and whether the provider answered. */
export type AskedRefund = { readonly refund: Refund; readonly answered: boolean }

/**
 * Sends an approved refund to the provider, or asks what became of it, and books what it says. Safe from anywhere at any
 * time, but never inside a transaction: its id is the provider's idempotency key. What waits for a transfer or the till is
 * left alone.
 */
export async function settleRefund(treasury: Treasury, id: string, polled = false): Promise<AskedRefund> {
  const { platform } = treasury
  invariant(!platform.inTransaction, 'a provider is asked outside of transactions')
  const refund = await store.refundById(platform.db, id)
  if (!refund) throw notFound('refund')
  if (!polled && refund.way === 'provider' && refund.state === 'failed') return askFailed(treasury, refund)
  if (refund.way !== 'provider' || refund.state === 'proposed' || isOver(refund.state)) return { refund, answered: true }
  const ready = await readied(treasury, id)
  if (ready === null) {
    if (polled) await tellWaiting(treasury, id)
    return { refund, answered: false }
  }
  const answer = await answerAbout(treasury, ready)
  return { refund: await bookRefund(treasury, id, answer, polled), answered: answer !== null }
}

/** Settles what is under way of the refunds of the money with this key; false when something of it was not answered. */
export async function settleRefundsOf(treasury: Treasury, paymentKey: string): Promise<boolean> {
  const payment = await paymentByKey(treasury.platform.db, paymentKey)
  if (payment === null) return true
  let all = true
  for (const refund of await store.refundsOfPayment(treasury.platform.db, payment.id))
    all = (await settleRefund(treasury, refund.id)).answered && all
  return all
}

/** What cannot be sent (another provider has its payment, or one before it hangs) is somebody's to look at after a while. */
async function tellWaiting(treasury: Treasury, id: string): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    const refund = await store.refundById(tx.db, id, true)
    if (refund !== null && !isOver(refund.state) && isUnclear(refund, tx.now())) await tell(within(treasury, tx), refund, 'refund_unclear')
  })
}

function isUnclear(refund: Refund, now: Date): boolean {
  return now.getTime() - (refund.decided_at ?? now).getTime() >= REFUND_UNCLEAR_MS
}

/** A refund that failed in our books, and that the provider tells of once more: when it went after all, somebody has to look. */
async function askFailed(treasury: Treasury, refund: Refund): Promise<AskedRefund> {
  const { platform, provider } = treasury
  const payment = await paymentById(platform.db, refund.payment_id)
  if (refund.provider_refund === null || !payment?.provider_payment || provider?.name !== payment.part) return { refund, answered: true }
  const answer = await answerAbout(treasury, { refund, ask: askOf(refund, payment.provider_payment, []), hold: 'wait' })
  if (answer?.state === 'succeeded') await transact(platform, (tx) => tell(within(treasury, tx), refund, 'refund_late'))
  return { refund, answered: answer !== null }
}

/** A refund as it was before it was made ready, what the provider is asked, and whether it must not go (any more). */
type Ready = { readonly refund: Refund; readonly ask: RefundAsk; readonly hold: 'no' | 'stop' | 'wait' }

/** No call to a provider lasts as long, in milliseconds. */
const CALL_MS = 60_000

/**
 * Makes a refund ready to be sent; what is committed here says that it may have been. Null while it must not be: refunds
 * of one payment go one after another. When the payer's bank has given the money back, it must not go twice: it stops, but
 * waits until a call that began before can have come no more.
 */
async function readied({ platform, provider }: Treasury, id: string): Promise<Ready | null> {
  return transact(platform, async (tx) => {
    const refund = await store.refundById(tx.db, id, true)
    const payment = refund && (await paymentById(tx.db, refund.payment_id))
    if (!refund || isOver(refund.state) || !payment || payment.provider_payment === null || provider?.name !== payment.part) return null
    const promised = (await store.refundsOfPayment(tx.db, payment.id)).filter((each) => isPromised(each.state))
    const before = promised.filter((each) => each.way === 'provider' && isBefore(each, refund))
    if (before.some((each) => each.state === 'approved' || each.state === 'unknown')) return null
    const back = await store.takenBackOf(tx.db, payment.id)
    const overdrawn = promised.reduce((sum, each) => sum + each.amount, 0n) + back.amount > payment.amount
    const calling = maybeSent(refund) && back.last !== null && tx.now().getTime() - back.last.getTime() < CALL_MS
    const hold = overdrawn ? (calling ? 'wait' : 'stop') : 'no'
    if (!maybeSent(refund) && hold === 'no') await store.changeRefund(tx.db, id, { asks: 1 })
    return { refund, ask: askOf(refund, payment.provider_payment, before), hold }
  })
}

function askOf(refund: Refund, payment: string, before: readonly Refund[]): RefundAsk {
  const earlier = before.reduce((sum, each) => sum + each.amount, 0n)
  return { refund: refund.id, payment, amount: refund.amount, currency: refund.currency, earlier }
}

/** Whether a call with this refund may have reached the provider already. */
function maybeSent(refund: Refund): boolean {
  return refund.state !== 'approved' || refund.asks > 0
}

function isBefore(one: Refund, other: Refund): boolean {
  const [a, b] = [one.decided_at?.getTime() ?? 0, other.decided_at?.getTime() ?? 0]
  return a < b || (a === b && one.id < other.id)
}

async function answerAbout({ provider, platform }: Treasury, { refund, ask, hold }: Ready): Promise<ProviderRefund | null> {
  if (!provider) return null
  let sending = false
  try {
    if (maybeSent(refund)) {
      const said = await provider.refundStatus({ ...ask, id: refund.provider_refund })
      if (said.id !== null || refund.state === 'sent') return said
    }
    if (hold !== 'no') return hold === 'stop' ? { id: null, state: 'failed' } : null
    sending = true
    return await provider.refund(ask)
  } catch (error) {
    if (error instanceof ProviderRefused && sending) {
      platform.log.warn({ provider: provider.name, code: error.code }, 'a refund was refused')
      return { id: null, state: 'failed' }
    }
    if (!(error instanceof ProviderAway) && !(error instanceof ProviderRefused)) throw error
    platform.log.warn({ provider: provider.name, why: error.message }, 'a payment provider could not be asked about a refund')
    return null
  }
}

/** The state after an answer: what is on its way stays so while nobody can say. */
function stateAfter(before: RefundState, said: ProviderRefund['state']): RefundState {
  if (said === 'pending') return 'sent'
  if (said === 'unknown') return before === 'sent' ? 'sent' : 'unknown'
  return said
}

async function bookRefund(treasury: Treasury, id: string, answer: ProviderRefund | null, polled: boolean): Promise<Refund> {
  return transact(treasury.platform, async (tx) => {
    const before = await store.refundById(tx.db, id, true)
    invariant(before !== null, 'a refund is never removed')
    if (isOver(before.state)) return before
    const state = stateAfter(before.state, answer?.state ?? 'unknown')
    const moved = state !== before.state
    const asks = moved ? 1 : before.asks + (polled ? 1 : 0)
    const after = await store.changeRefund(tx.db, id, {
      state,
      provider_refund: before.provider_refund ?? answer?.id ?? null,
      asks,
      next_ask_at: isOver(state) ? null : moved || polled ? nextRefundAsk(asks, tx.now()) : before.next_ask_at,
    })
    if (polled && !isOver(state) && isUnclear(after, tx.now())) await tell(within(treasury, tx), after, 'refund_unclear')
    if (!moved) return after
    if (!isOver(state)) {
      await record(tx, program, { type: 'payments.refund.moved', stream: id, data: { from: before.state, to: state } })
      return after
    }
    return endRefund(within(treasury, tx), program, after, before.state, null)
  })
}

/**
 * Books the end of a refund whose row is held, in the caller's transaction: it left `from` (null: where its payment lies),
 * or it failed and the money is kept for the payer again, less what a bank has taken back of it meanwhile.
 */
export async function endRefund(
  treasury: Treasury,
  actor: Actor,
  refund: Refund,
  was: RefundState,
  from: AccountKey | null,
): Promise<Refund> {
  const tx = treasury.platform
  const payment = await paymentById(tx.db, refund.payment_id, true)
  invariant(payment !== null, 'a refund is of a payment')
  const { state: to, id, amount } = refund
  const cause = await record(tx, actor, { type: 'payments.refund.moved', stream: id, data: { from: was, to } })
  const book = { cause, day: today(tx) }
  if (to === 'succeeded') {
    const lines = refundPaid(payment, id, amount, from ?? heldAccount(payment))
    await post(tx, { ...book, kind: 'refund_paid', key: `refund:${id}:paid`, lines })
    await closeItem(tx, actor, `refund_unclear:${id}`, 'succeeded')
    await closeGivenBack(treasury, actor, payment, refund)
  } else {
    await post(tx, { ...book, kind: 'refund_failed', key: `refund:${id}:failed`, lines: refundFailed(payment, id, amount) })
    await changePayment(tx.db, payment.id, { unapplied: payment.unapplied + amount })
    await coverTakenBack(treasury, { ...payment, unapplied: payment.unapplied + amount }, { ...book, key: `refund:${id}:covered` })
    await tell(treasury, refund, 'refund_failed')
  }
  return store.changeRefund(tx.db, id, { ended_at: tx.now(), next_ask_at: null })
}

/** Books that a refund whose row is held came back to an account after it had left, in the caller's transaction. */
export async function endReturned(treasury: Treasury, actor: Actor, refund: Refund, to: AccountKey): Promise<Refund> {
  const tx = treasury.platform
  const payment = await paymentById(tx.db, refund.payment_id, true)
  invariant(payment !== null, 'a refund is of a payment')
  const data = { from: 'succeeded', to: 'returned' }
  const cause = await record(tx, actor, { type: 'payments.refund.moved', stream: refund.id, data })
  const lines = refundReturned(payment, refund.id, refund.amount, to)
  await post(tx, { kind: 'refund_returned', key: `refund:${refund.id}:returned`, cause, day: today(tx), lines })
  return endRefund(treasury, actor, refund, 'sent', null)
}

async function closeGivenBack(treasury: Treasury, actor: Actor, payment: Payment, refund: Refund): Promise<void> {
  const others = (await store.refundsOfPayment(treasury.platform.db, payment.id)).filter((each) => each.id !== refund.id)
  const waiting = others.some((each) => each.state !== 'proposed' && !isOver(each.state))
  if (payment.unapplied === 0n && !waiting) await closeOverpaid(treasury.platform, actor, payment, 'refunded')
}

/** What a bank took back while the money was promised elsewhere is covered by what is kept now. */
async function coverTakenBack(treasury: Treasury, payment: Payment, book: { key: string; cause: string; day: PlainDate }): Promise<void> {
  const tx = treasury.platform
  const open = (await store.takenBackOf(tx.db, payment.id)).amount - payment.taken_back
  const amount = open < payment.unapplied ? open : payment.unapplied
  if (amount <= 0n) return
  await changePayment(tx.db, payment.id, { unapplied: payment.unapplied - amount, taken_back: payment.taken_back + amount })
  await post(tx, { ...book, kind: 'chargeback_covered', lines: coveredLater(payment, amount) })
}

async function tell(treasury: Treasury, refund: Refund, kind: 'refund_failed' | 'refund_late' | 'refund_unclear'): Promise<void> {
  await openItem(treasury.platform, program, {
    key: `${kind}:${refund.id}`,
    kind,
    agency: treasury.rules.treasury,
    payment: refund.payment_id,
    ...(refund.bill_id === null ? {} : { bill: refund.bill_id }),
    refund: refund.id,
    amount: refund.amount,
    currency: refund.currency,
    story: { way: refund.way, cause: refund.cause },
  })
}
