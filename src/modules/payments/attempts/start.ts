import { isUuid } from '../../../kernel/id.ts'
import { invariant } from '../../../kernel/invariant.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { record } from '../../../platform/journal/journal.ts'
import { transact } from '../../../platform/platform.ts'
import { type Actor, allow, may, systemActor } from '../../access/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import { type Provider, ProviderAway, type ProviderPayment, ProviderRefused } from '../providers/port.ts'
import { billsById, lockBills } from '../store.ts'
import { type Treasury, within } from '../treasury.ts'
import { type Attempt, hasEnded, nextAsk } from './attempt.ts'
import { returnUrl } from './follow.ts'
import { bookAnswer, settleAttempt } from './settle.ts'
import * as store from './store.ts'

/** What somebody wants to pay. `amount` only with one bill: a part of what is owed, in minor units of its currency. */
export type StartWish = {
  readonly bills: readonly string[]
  readonly amount?: bigint
  readonly language: string
  /** A path of ours to go on to afterwards. */
  readonly returnPath: string
}

/**
 * What came of it: `go` to the provider's page; `checking`, when what became of an attempt that is under way is not known
 * yet; `paid`, when nothing is owed on these bills.
 */
export type Started =
  | { readonly kind: 'go'; readonly attempt: string; readonly url: string }
  | { readonly kind: 'checking'; readonly attempt: string }
  | { readonly kind: 'paid' }

const MOST_BILLS = 50
/** How often it is looked again after an attempt that stood in the way has ended. */
const TURNS = 3

/**
 * Starts to pay bills at the provider. A bill has at most one attempt under way: it is asked for first, and gone on with
 * while it can still be paid, so that whoever tries again is never charged twice. What is committed before the provider is
 * called is enough to find the payment again when its answer is lost. Throws 404 for bills that are not the actor's to
 * pay, 409 where nobody takes payments online, 422 for amounts that cannot be paid, 503 when the provider refuses.
 */
export async function startAttempt(treasury: Treasury, actor: Actor, wish: StartWish): Promise<Started> {
  const { provider, platform } = treasury
  invariant(!platform.inTransaction, 'a provider is asked outside of transactions')
  if (!provider) throw new Problem('payments.not-online', 409, 'Bills cannot be paid online here. Pay by bank transfer or at the counter.')
  const ids = [...new Set(wish.bills)]
  if (ids.length === 0 || ids.length > MOST_BILLS || !ids.every(isUuid)) throw notFound('bill')
  for (let turn = 0; turn < TURNS; turn += 1) {
    const begun = await transact(platform, (tx) => begin(within(treasury, tx), actor, provider, { ...wish, bills: ids }))
    if (begun === null) return { kind: 'paid' }
    if (!Array.isArray(begun)) return callProvider(treasury, provider, begun)
    const waiting: Attempt[] = []
    for (const open of begun) waiting.push(await settleAttempt(treasury, open.id))
    const [first] = waiting.filter((attempt) => !hasEnded(attempt.state))
    if (first) return goOn(treasury, actor, provider, { attempt: first, wish })
  }
  const [open] = await store.openAttempts(platform.db, ids)
  if (open) return { kind: 'checking', attempt: open.id }
  throw new Problem('payments.busy', 409, 'Somebody else is paying this at the same moment. Try again in a minute.')
}

/** A new attempt for what is owed, the attempts that are under way for these bills, or null when nothing is owed. */
async function begin(treasury: Treasury, actor: Actor, provider: Provider, wish: StartWish): Promise<Attempt | Attempt[] | null> {
  const tx = treasury.platform
  const bills = await lockBills(tx.db, wish.bills)
  if (bills.length < wish.bills.length) throw notFound('bill')
  for (const bill of bills) allow(actor, 'money.pay', billFacts(bill, treasury.rules.treasury))
  const open = await store.openAttempts(tx.db, wish.bills)
  if (open.length > 0) return open
  const owed = bills.filter((bill) => bill.state === 'open' && bill.outstanding > 0n)
  const [first] = owed
  if (!first) return null
  const shares = sharesOf(owed, wish)
  const now = tx.now()
  const attempt: Attempt = {
    id: tx.newId(),
    provider: provider.name,
    provider_payment: null,
    pay_url: null,
    state: 'made',
    reason: null,
    amount: shares.reduce((sum, share) => sum + share.amount, 0n),
    currency: first.currency,
    captured: 0n,
    method: null,
    // who acts for another sees it by the mandate, and no longer than that
    account_id: actor.acting === null ? actor.accountId : null,
    language: wish.language,
    return_path: wish.returnPath,
    made_at: now,
    asks: 0,
    next_ask_at: nextAsk({ state: 'made', asks: 0, made_at: now, ended_at: null }, now),
    ended_at: null,
  }
  const rows = shares.map(({ bill, amount }) => ({ attempt_id: attempt.id, bill_id: bill.id, amount, open: true }))
  await store.insertAttempt(tx.db, attempt, rows)
  const data = { provider: provider.name, amount: attempt.amount.toString(), currency: attempt.currency, bills: shares.length }
  await record(tx, actor, { type: 'payments.attempt.made', stream: attempt.id, data })
  return attempt
}

function sharesOf(owed: readonly Bill[], wish: StartWish): Array<{ bill: Bill; amount: bigint }> {
  if (new Set(owed.map((bill) => bill.currency)).size > 1)
    throw new Problem('payments.currencies', 422, 'These bills are in different currencies. Pay those of one currency at a time.')
  const { amount } = wish
  if (amount === undefined) return owed.map((bill) => ({ bill, amount: bill.outstanding }))
  invariant(wish.bills.length === 1, 'a part is paid of one bill')
  return owed.map((bill) => {
    if (amount <= 0n || amount > bill.outstanding)
      throw new Problem('payments.too-much', 422, 'This is more than is still owed on the bill.')
    return { bill, amount }
  })
}

/** Goes on with an attempt that is under way: the same page again, or a second call with the same id when the first may not have come through. */
async function goOn(
  treasury: Treasury,
  actor: Actor,
  provider: Provider,
  { attempt, wish }: { attempt: Attempt; wish: StartWish },
): Promise<Started> {
  const checking = { kind: 'checking', attempt: attempt.id } as const
  const bills = await billsById(treasury.platform.db, (await store.billsOf(treasury.platform.db, attempt.id)).map((share) => share.bill_id)) // prettier-ignore
  // a basket with bills of others is theirs to finish
  if (!bills.every((bill) => may(actor, 'money.pay', billFacts(bill, treasury.rules.treasury)))) return checking
  if (!(await stillOwed(treasury, attempt, bills)) || !(await isWished(treasury, attempt, bills, wish))) return checking
  if (attempt.state === 'open' && attempt.pay_url !== null) return { kind: 'go', attempt: attempt.id, url: attempt.pay_url }
  const begunOrNot = attempt.provider_payment === null && attempt.provider === provider.name
  return begunOrNot ? callProvider(treasury, provider, attempt) : checking
}

/** Whether what an attempt would pay is still owed: nobody is sent to pay what was paid or corrected meanwhile. */
async function stillOwed(treasury: Treasury, attempt: Attempt, bills: readonly Bill[]): Promise<boolean> {
  const shares = await store.billsOf(treasury.platform.db, attempt.id)
  return shares.every((share) => {
    const bill = bills.find((each) => each.id === share.bill_id)
    return bill?.state === 'open' && bill.outstanding >= share.amount
  })
}

/** Whether an attempt pays just what somebody wants to pay now: nobody who typed an amount is led to pay another. */
async function isWished(treasury: Treasury, attempt: Attempt, bills: readonly Bill[], wish: StartWish): Promise<boolean> {
  const shares = await store.billsOf(treasury.platform.db, attempt.id)
  const owed = (id: string): bigint => bills.find((bill) => bill.id === id)?.outstanding ?? 0n
  const wanted = await billsById(treasury.platform.db, wish.bills)
  return (
    shares.every((share) => wish.bills.includes(share.bill_id) && share.amount === (wish.amount ?? owed(share.bill_id))) &&
    wanted.every((bill) => bill.state !== 'open' || bill.outstanding === 0n || shares.some((share) => share.bill_id === bill.id))
  )
}

/** Begins the payment at the provider. The attempt is committed: calling again with it begins nothing new. */
async function callProvider(treasury: Treasury, provider: Provider, attempt: Attempt): Promise<Started> {
  const { platform } = treasury
  const shares = await store.billsOf(platform.db, attempt.id)
  const bills = await billsById(platform.db, shares.map((share) => share.bill_id)) // prettier-ignore
  let answer: ProviderPayment | null = null
  try {
    answer = await provider.start({
      attempt: attempt.id,
      amount: attempt.amount,
      currency: attempt.currency,
      description: describe(treasury, attempt.language, bills),
      language: attempt.language,
      returnUrl: returnUrl(platform, attempt),
    })
  } catch (error) {
    if (error instanceof ProviderRefused) return refused(treasury, attempt, error)
    if (!(error instanceof ProviderAway)) throw error
    platform.log.warn({ provider: provider.name, why: error.message }, 'a payment could not be begun')
  }
  const after = await bookAnswer(treasury, attempt.id, answer)
  if (after.state === 'open' && after.pay_url !== null) return { kind: 'go', attempt: after.id, url: after.pay_url }
  return { kind: 'checking', attempt: after.id }
}

/** What the payer reads at the provider: the city and the references, nothing about a person. */
function describe({ platform }: Treasury, language: string, bills: readonly Bill[]): string {
  const named = bills.slice(0, 3).map((bill) => bill.reference)
  const more = bills.length > named.length ? ` +${bills.length - named.length}` : ''
  return `${inLanguage(platform.city.name, language).text}: ${named.join(', ')}${more}`
}

/** The provider refused to begin: there is no payment, and the bills are free, unless another call has begun it meanwhile. */
async function refused(treasury: Treasury, attempt: Attempt, error: ProviderRefused): Promise<never> {
  treasury.platform.log.error({ provider: attempt.provider, code: error.code }, 'the payment provider refuses payments')
  await transact(treasury.platform, async (tx) => {
    const held = await store.attemptById(tx.db, attempt.id, true)
    if (held === null || hasEnded(held.state) || held.provider_payment !== null) return
    await store.changeAttempt(tx.db, held.id, { state: 'failed', reason: 'refused', ended_at: tx.now(), next_ask_at: null })
    await store.freeBills(tx.db, held.id)
    const data = { from: held.state, to: 'failed', reason: 'refused' }
    await record(tx, systemActor('payments'), { type: 'payments.attempt.moved', stream: held.id, data })
  })
  throw new Problem('payments.online-away', 503, 'Paying online does not work at the moment. Nothing was charged.')
}
