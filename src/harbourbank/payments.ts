import { randomBytes, randomInt } from 'node:crypto'
import { Problem } from '../kernel/problem.ts'
import { newId, sameSecret } from './keys.ts'
import { tell } from './outbox.ts'
import type { Parts } from './parts.ts'
import {
  chargebackJson, CHARGEBACK_FEE, feeOf, paymentJson, refundJson,
  type Chargeback, type Course, type Payment, type Refund, type State,
} from './payment.ts' // prettier-ignore
import {
  addChargeback, addPayment, addRefund, changePayment, duePayments, dueRefunds, endRefund, findChargeback, findPayment, findRefund, noteWon,
  refundsUnderWay,
  type Change,
} from './paymentstore.ts' // prettier-ignore
import { addLine } from './settlements.ts'

/** What a merchant asks for. */
export type PaymentAsk = Pick<Payment, 'amount' | 'currency' | 'reference' | 'description' | 'language' | 'returnUrl' | 'capture'> & {
  /** Seconds. */
  readonly expiresIn: number
}

const AUTHORISATION_LASTS = 7 * 86_400_000
const CODE_TRIES = 3

const later = (parts: Parts, ms: number): Date => new Date(parts.now().getTime() + ms)

/** Begins a payment. */
export function startPayment(parts: Parts, ask: PaymentAsk): Payment {
  const { expiresIn, ...asked } = ask
  const id = newId('pay')
  addPayment(parts.db, {
    ...asked,
    id,
    state: 'created',
    reason: null,
    method: null,
    step: 'choose',
    course: null,
    captured: 0n,
    refunded: 0n,
    chargedBack: 0n,
    token: randomBytes(24).toString('base64url'),
    code: null,
    tries: 0,
    createdAt: parts.now(),
    expiresAt: later(parts, expiresIn * 1000),
    chargebacks: [],
  })
  return needPayment(parts, id)
}

/** A payment by its id; throws Problem 404. */
export function needPayment(parts: Parts, id: string): Payment {
  const payment = findPayment(parts.db, id)
  if (!payment) throw new Problem('payment.unknown', 404, 'There is no such payment.')
  return payment
}

/** A refund by its id; throws Problem 404. */
export function needRefund(parts: Parts, id: string): Refund {
  const refund = findRefund(parts.db, id)
  if (!refund) throw new Problem('refund.unknown', 404, 'There is no such refund.')
  return refund
}

const refuse = (code: string, detail: string): never => {
  throw new Problem(code, 409, detail)
}

/** Moves a payment and tells the merchant when its state is another than before. */
function move(parts: Parts, payment: Payment, change: Change & { readonly state: State }): Payment {
  changePayment(parts.db, payment.id, { dueAt: null, ...change })
  const moved = needPayment(parts, payment.id)
  if (moved.state !== payment.state) {
    const data = paymentJson(moved, parts.publicUrl())
    tell(parts, { type: `payment.${moved.state}`, payment: moved.id, data, course: moved.course })
  }
  return moved
}

/** Captures an authorised payment, once, wholly or in part. */
export function capturePayment(parts: Parts, id: string, amount: bigint): Payment {
  const payment = needPayment(parts, id)
  if (payment.state !== 'authorised') refuse('payment.not_authorised', 'Only an authorised payment can be captured, once.')
  if (amount > payment.amount) throw new Problem('amount.too_large', 422, 'More than was authorised cannot be captured.')
  return take(parts, payment, amount)
}

function take(parts: Parts, payment: Payment, amount: bigint): Payment {
  const { id, reference, currency } = payment
  addLine(parts, { kind: 'payment', payment: id, reference, currency, gross: amount, fee: feeOf(amount) })
  return move(parts, payment, { state: 'captured', step: 'done', reason: null, captured: amount })
}

/** Gives a payment up: the merchant, or the payer on the hosted page (`closed`). A payment that is given up stays so. */
export function cancelPayment(parts: Parts, payment: Payment, closed: boolean): Payment {
  if (payment.state === 'cancelled') return payment
  const open = payment.state === 'created' || (payment.state === 'authorised' && !closed)
  if (!open) refuse('payment.not_open', 'The payment cannot be cancelled any more.')
  return move(parts, payment, { state: 'cancelled', step: 'done', reason: closed ? 'closed' : null, code: null })
}

/** The payer gave a card: it is refused at once, or a one-time code goes to the payer's telephone. */
export function useCard(parts: Parts, payment: Payment, course: Course): Payment {
  needStep(payment, ['choose', 'code', 'wallet'])
  if (course === 'declined' || course === 'insufficient_funds')
    return move(parts, payment, { state: 'failed', step: 'done', reason: course, method: 'card', course })
  const code = String(randomInt(0, 1_000_000)).padStart(6, '0')
  changePayment(parts.db, payment.id, { step: 'code', method: 'card', course, code, tries: 0 })
  return needPayment(parts, payment.id)
}

/** The payer chose the wallet: it asks on the payer's own device. */
export function useWallet(parts: Parts, payment: Payment): Payment {
  needStep(payment, ['choose', 'code', 'wallet'])
  changePayment(parts.db, payment.id, { step: 'wallet', method: 'wallet', course: 'pays', code: null })
  return needPayment(parts, payment.id)
}

/** The payer wants another way after all. */
export function chooseAgain(parts: Parts, payment: Payment): Payment {
  needStep(payment, ['choose', 'code', 'wallet'])
  changePayment(parts.db, payment.id, { step: 'choose', method: null, course: null, code: null })
  return needPayment(parts, payment.id)
}

/** The payer typed the code; null when it is not the one and may be tried again. */
export function confirmCode(parts: Parts, payment: Payment, typed: string): Payment | null {
  needStep(payment, ['code'])
  const right = payment.code !== null && sameSecret(payment.code, typed.normalize('NFKC').replaceAll(/\s/g, ''))
  if (!right && payment.tries + 1 < CODE_TRIES) {
    changePayment(parts.db, payment.id, { tries: payment.tries + 1 })
    return null
  }
  if (!right || payment.course === 'authentication_failed')
    return move(parts, payment, { state: 'failed', step: 'done', reason: 'authentication_failed', code: null })
  return confirm(parts, payment)
}

/** The payer confirmed in the wallet. */
export function confirmWallet(parts: Parts, payment: Payment): Payment {
  needStep(payment, ['wallet'])
  return confirm(parts, payment)
}

function needStep(payment: Payment, steps: readonly Payment['step'][]): void {
  if (payment.state !== 'created' || !steps.includes(payment.step)) refuse('payment.not_open', 'The payment is not at this step.')
}

function confirm(parts: Parts, payment: Payment): Payment {
  changePayment(parts.db, payment.id, { step: 'done', code: null })
  if (payment.course === 'timeout') return move(parts, payment, { state: 'pending', dueAt: later(parts, parts.delays.timeout) })
  if (payment.course === 'late') return move(parts, payment, { state: 'pending', dueAt: later(parts, parts.delays.late) })
  if (payment.course !== 'shuffled') return authorise(parts, payment)
  const pending = move(parts, payment, { state: 'pending' })
  const authorised = move(parts, pending, { state: 'authorised', dueAt: later(parts, AUTHORISATION_LASTS) })
  return payment.capture === 'automatic' ? take(parts, authorised, authorised.amount) : authorised
}

function authorise(parts: Parts, payment: Payment): Payment {
  if (payment.capture === 'automatic') return take(parts, payment, payment.amount)
  return move(parts, payment, { state: 'authorised', step: 'done', reason: null, dueAt: later(parts, AUTHORISATION_LASTS) })
}

/** Gives money back: it is on its way first, and neither more than there is nor what is on its way already. */
export function refundPayment(parts: Parts, id: string, amount: bigint, reference: string): Refund {
  const payment = needPayment(parts, id)
  if (payment.state !== 'captured') refuse('payment.not_captured', 'Only a captured payment can be refunded.')
  if (amount > left(parts, payment)) refuse('refund.too_large', 'There is not as much left of the payment.')
  const refund: Refund = { id: newId('ref'), payment: id, amount, reference, state: 'pending' }
  addRefund(parts.db, refund, parts.now(), later(parts, parts.delays.refund))
  return refund
}

/** What of a payment can still go back. */
export function left(parts: Parts, payment: Payment): bigint {
  return payment.captured - payment.refunded - payment.chargedBack - refundsUnderWay(parts.db, payment.id)
}

/** The payer's bank takes money back; all that is left of the payment when no amount is given. */
export function chargeBack(parts: Parts, id: string, amount: bigint | null): Chargeback {
  const payment = needPayment(parts, id)
  const most = left(parts, payment)
  const taken = amount ?? most
  if (payment.state !== 'captured' || most <= 0n) refuse('payment.not_captured', 'There is nothing to charge back.')
  if (taken > most) refuse('chargeback.too_large', 'There is not as much left of the payment.')
  const chargeback = { id: newId('cbk'), payment: id, amount: taken, fee: CHARGEBACK_FEE, openedAt: parts.now(), wonAt: null }
  addChargeback(parts.db, chargeback)
  changePayment(parts.db, id, { chargedBack: payment.chargedBack + taken })
  const { reference, currency } = payment
  addLine(parts, { kind: 'chargeback', payment: id, chargeback: chargeback.id, reference, currency, gross: -taken, fee: CHARGEBACK_FEE })
  const data = { payment: paymentJson(needPayment(parts, id), parts.publicUrl()), chargeback: chargebackJson(chargeback) }
  tell(parts, { type: 'chargeback.opened', payment: id, data, course: payment.course })
  return chargeback
}

/** The payer's bank finds for the merchant: the money of the chargeback comes back, its fee does not. */
export function winChargeback(parts: Parts, id: string): Chargeback {
  const open = findChargeback(parts.db, id)
  if (!open) throw new Problem('chargeback.unknown', 404, 'There is no such chargeback.')
  if (open.wonAt !== null) refuse('chargeback.ended', 'The chargeback was won already.')
  const won = { ...open, wonAt: parts.now() }
  noteWon(parts.db, id, won.wonAt)
  const { id: payment, reference, currency, chargedBack, course } = needPayment(parts, open.payment)
  changePayment(parts.db, payment, { chargedBack: chargedBack - open.amount })
  addLine(parts, { kind: 'chargeback', payment, chargeback: id, reference, currency, gross: open.amount, fee: 0n })
  const data = { payment: paymentJson(needPayment(parts, payment), parts.publicUrl()), chargeback: chargebackJson(won) }
  tell(parts, { type: 'chargeback.won', payment, data, course })
  return won
}

/** Does what time brings: payments expire, fail or come late, refunds go out. Gives how many moved. */
export function passTime(parts: Parts): number {
  const now = parts.now()
  const payments = duePayments(parts.db, now)
  for (const payment of payments) parts.db.transact(() => age(parts, payment))
  const refunds = dueRefunds(parts.db, now)
  for (const refund of refunds) parts.db.transact(() => sendRefund(parts, refund))
  return payments.length + refunds.length
}

function age(parts: Parts, payment: Payment): void {
  const { state, course } = payment
  if (state === 'created' || state === 'authorised') move(parts, payment, { state: 'expired', step: 'done', code: null })
  else if (state === 'pending' && course === 'late') move(parts, payment, { state: 'expired', dueAt: later(parts, parts.delays.late) })
  else if (state === 'expired' && course === 'late') authorise(parts, payment)
  else if (state === 'pending') move(parts, payment, { state: 'failed', reason: 'timeout' })
  else changePayment(parts.db, payment.id, { dueAt: null })
}

function sendRefund(parts: Parts, refund: Refund): void {
  const payment = needPayment(parts, refund.payment)
  const failed = payment.course === 'refund_fails'
  endRefund(parts.db, refund.id, failed ? 'failed' : 'succeeded')
  if (!failed) {
    changePayment(parts.db, payment.id, { refunded: payment.refunded + refund.amount })
    const { reference, currency } = payment
    addLine(parts, { kind: 'refund', payment: payment.id, refund: refund.id, reference, currency, gross: -refund.amount, fee: 0n })
  }
  const data = {
    payment: paymentJson(needPayment(parts, payment.id), parts.publicUrl()),
    refund: refundJson(needRefund(parts, refund.id)),
  }
  tell(parts, { type: failed ? 'refund.failed' : 'refund.succeeded', payment: payment.id, data, course: payment.course })
}
