import { invariant } from '../../../kernel/invariant.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import { giveBack } from '../giveback.ts'
import { closeItem, openItem } from '../items.ts'
import { ProviderAway, type ProviderPayment, ProviderRefused } from '../providers/port.ts'
import { receive, takeBack } from '../receive.ts'
import { paymentByKey } from '../store.ts'
import { type Treasury, within } from '../treasury.ts'
import {
  type Attempt,
  type AttemptBill,
  type AttemptState,
  GIVEN_UP,
  hasEnded,
  isGivenUp,
  LATE_MS,
  mayComeLate,
  mismatchOf,
  NEVER_BEGUN_MS,
  nextAsk,
  stateAfter,
  UNCLEAR_MS,
} from './attempt.ts'
import * as store from './store.ts'

const program = systemActor('payments')

/** The key of the money that an attempt brought. */
export const attemptKey = (id: string): string => `attempt:${id}`

/** An attempt by its id; throws 404. */
export async function attemptById(platform: Platform, id: string): Promise<Attempt> {
  const found = await store.attemptById(platform.db, id)
  if (!found) throw notFound('payment')
  return found
}

/** What an attempt pays of which bill, in the order of the bills' ids. */
export function billsOfAttempt(platform: Platform, id: string): Promise<AttemptBill[]> {
  return store.billsOf(platform.db, id)
}

/** Every attempt to pay a bill, the newest first. */
export function attemptsOf(platform: Platform, billId: string): Promise<Attempt[]> {
  return store.attemptsOfBill(platform.db, billId)
}

/** The attempt whose outcome a bill waits for; null when there is none. */
export async function openAttemptOf(platform: Platform, billId: string): Promise<Attempt | null> {
  const [open] = await store.openAttempts(platform.db, [billId])
  return open ?? null
}

/**
 * Asks the provider what became of an attempt and books what it says: money once, chargebacks once, whatever else was
 * booked meanwhile. Safe from anywhere at any time, but never inside a transaction. Returns the attempt as it stands then.
 */
export async function settleAttempt(treasury: Treasury, attemptId: string): Promise<Attempt> {
  return (await askAbout(treasury, attemptId)).attempt
}

/** The same, and whether the provider answered; `polled` when the clock asked, which lengthens the pause until it asks again. */
export async function askAbout(treasury: Treasury, id: string, polled = false): Promise<{ attempt: Attempt; answered: boolean }> {
  invariant(!treasury.platform.inTransaction, 'a provider is asked outside of transactions')
  const answer = await answerAbout(treasury, await attemptById(treasury.platform, id))
  return { attempt: await bookAnswer(treasury, id, answer, polled), answered: answer !== null }
}

/** What the provider says; null when nobody knows. What it holds for us is captured, because every attempt asks for its money. */
async function answerAbout(treasury: Treasury, attempt: Attempt): Promise<ProviderPayment | null> {
  const { provider, platform } = treasury
  if (provider?.name !== attempt.provider) return null
  const { id, amount, currency } = attempt
  let said: ProviderPayment | null = null
  try {
    said = await provider.status({ attempt: id, payment: attempt.provider_payment })
    if (said.state !== 'authorised' || said.id === null || mismatchOf(attempt, said) !== null) return said
    return await provider.capture({ attempt: id, payment: said.id, amount, currency })
  } catch (error) {
    if (!(error instanceof ProviderAway) && !(error instanceof ProviderRefused)) throw error
    platform.log.warn({ provider: attempt.provider, why: error.message }, 'a payment provider could not be asked')
    return said
  }
}

/** Books what a provider said of an attempt; null: it said nothing. */
export async function bookAnswer(treasury: Treasury, id: string, answer: ProviderPayment | null, polled = false): Promise<Attempt> {
  const { attempt, fits } = await transact(treasury.platform, (tx) => bookHeld(within(treasury, tx), id, answer, polled))
  if (fits && answer !== null && attempt.state === 'captured') await bookChargebacks(treasury, attempt, answer)
  return attempt
}

async function bookHeld(
  treasury: Treasury,
  id: string,
  answer: ProviderPayment | null,
  polled: boolean,
): Promise<{ attempt: Attempt; fits: boolean }> {
  const tx = treasury.platform
  const before = await store.attemptById(tx.db, id, true)
  if (!before) throw notFound('payment')
  const wrong = answer === null || (answer.id === null && before.provider_payment === null) ? null : mismatchOf(before, answer)
  if (wrong !== null && answer !== null) await tellMismatch(treasury, before, answer, wrong)
  const said = wrong === null ? answer : null
  const state = stateAfter(before.state, saidOf(before, said, tx.now()))
  const after = await store.changeAttempt(tx.db, id, changeOf(before, state, said, { now: tx.now(), polled }))
  if (state !== before.state) await move(treasury, before, after)
  else if (state === 'expired' && tx.now().getTime() - (after.ended_at ?? tx.now()).getTime() >= LATE_MS) await store.freeBills(tx.db, id)
  else if (polled && !hasEnded(state) && tx.now().getTime() - after.made_at.getTime() >= UNCLEAR_MS) await tellUnclear(treasury, after)
  return { attempt: after, fits: wrong === null }
}

function saidOf(before: Attempt, said: ProviderPayment | null, now: Date): AttemptState {
  if (said === null) return 'unknown'
  if (said.id !== null) return said.state
  // nobody was sent to a page that was never made: after a while nobody can be on their way to one
  const never = before.provider_payment === null && now.getTime() - before.made_at.getTime() >= NEVER_BEGUN_MS
  return never ? 'expired' : 'unknown'
}

function changeOf(before: Attempt, state: AttemptState, said: ProviderPayment | null, how: { now: Date; polled: boolean }) {
  const moved = state !== before.state
  const asks = moved ? 0 : before.asks + (how.polled ? 1 : 0)
  const ended_at = hasEnded(state) ? (moved ? how.now : before.ended_at) : null
  return {
    state,
    provider_payment: before.provider_payment ?? said?.id ?? null,
    pay_url: state === 'open' ? (said?.payUrl ?? null) : null,
    reason: moved ? reasonOf(state, said) : before.reason,
    captured: moved && state === 'captured' ? (said?.captured ?? 0n) : before.captured,
    method: said?.method ?? before.method,
    asks,
    ended_at,
    next_ask_at: moved || how.polled ? nextAsk({ state, asks, made_at: before.made_at, ended_at }, how.now) : before.next_ask_at,
  }
}

function reasonOf(state: AttemptState, said: ProviderPayment | null): string | null {
  if (!hasEnded(state) || state === 'captured') return null
  return said?.reason ?? (state === 'expired' ? 'timeout' : state === 'cancelled' ? 'closed' : 'other')
}

/** What follows from an attempt's new state: money is booked and kept even when nobody waits for it any more. */
async function move(treasury: Treasury, before: Attempt, after: Attempt): Promise<void> {
  const tx = treasury.platform
  const cause = await record(tx, program, {
    type: 'payments.attempt.moved',
    stream: after.id,
    data: { from: before.state, to: after.state, ...(after.reason === null ? {} : { reason: after.reason }) },
  })
  if (after.state === 'captured') {
    const shares = await store.billsOf(tx.db, after.id)
    await receive(treasury, program, {
      key: attemptKey(after.id),
      source: 'provider',
      heldBy: treasury.rules.treasury,
      part: after.provider,
      ...(after.provider_payment === null ? {} : { providerPayment: after.provider_payment }),
      amount: after.captured,
      currency: after.currency,
      day: today(tx),
      shares: shares.map((share) => ({ bill: share.bill_id, amount: share.amount })),
      attempt: after.id,
      cause,
    })
  }
  if (!hasEnded(after.state)) return
  // its bills wait with it while the money may still come: nobody is to pay it twice
  if (!mayComeLate(before, after.state)) await store.freeBills(tx.db, after.id)
  await closeItem(tx, program, `unclear:${after.id}`, after.state)
}

/**
 * Ends an attempt of which nobody can say what became of it, and frees its bills; money that comes after all is still booked. Throws 409 when it
 * has ended, or not long enough has passed to give it up.
 */
export async function giveUpAttempt(treasury: Treasury, actor: Actor, id: string): Promise<Attempt> {
  return transact(treasury.platform, async (tx) => {
    allow(actor, 'money.work', { id, agency: treasury.rules.treasury, consulted: [treasury.rules.treasury] })
    const before = await store.attemptById(tx.db, id, true)
    if (!before) throw notFound('payment')
    if (!isGivenUp(before, tx.now())) throw new Problem('payments.attempt-not-over', 409, 'This payment cannot be given up (yet).')
    const ended = { state: 'expired', reason: GIVEN_UP, pay_url: null, asks: 0, ended_at: tx.now() } as const
    const after = await store.changeAttempt(tx.db, id, { ...ended, next_ask_at: nextAsk({ ...before, ...ended }, tx.now()) })
    const data = { from: before.state, to: after.state, reason: GIVEN_UP }
    await record(tx, actor, { type: 'payments.attempt.moved', stream: id, data })
    await store.freeBills(tx.db, id)
    await closeItem(tx, actor, `unclear:${id}`, after.state)
    return after
  })
}

async function tellMismatch(treasury: Treasury, attempt: Attempt, answer: ProviderPayment, wrong: string): Promise<void> {
  await openItem(treasury.platform, program, {
    key: `mismatch:${attempt.id}:${wrong}`,
    kind: 'provider_mismatch',
    agency: treasury.rules.treasury,
    attempt: attempt.id,
    amount: attempt.amount,
    currency: attempt.currency,
    story: {
      what: wrong,
      state: answer.state,
      amount: answer.amount.toString(),
      captured: answer.captured.toString(),
      currency: answer.currency,
    },
  })
}

async function tellUnclear(treasury: Treasury, attempt: Attempt): Promise<void> {
  await openItem(treasury.platform, program, {
    key: `unclear:${attempt.id}`,
    kind: 'attempt_unclear',
    agency: treasury.rules.treasury,
    attempt: attempt.id,
    amount: attempt.amount,
    currency: attempt.currency,
    story: { state: attempt.state },
  })
}

async function bookChargebacks(treasury: Treasury, attempt: Attempt, answer: ProviderPayment): Promise<void> {
  for (const { won, ...chargeback } of answer.chargebacks.filter((each) => each.amount > 0n && each.fee >= 0n))
    await transact(treasury.platform, async (tx) => {
      const payment = await paymentByKey(tx.db, attemptKey(attempt.id))
      invariant(payment !== null, 'captured money is booked')
      const inside = within(treasury, tx)
      const about = { provider: attempt.provider, id: chargeback.id, day: today(tx) }
      await takeBack(inside, program, payment.id, { ...chargeback, ...about })
      // said in so many words: an answer that overtook another may only not know the chargeback yet
      if (won !== null) await giveBack(inside, program, { ...about, ...won })
    })
}
