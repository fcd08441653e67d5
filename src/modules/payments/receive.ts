import { invariant } from '../../kernel/invariant.ts'
import type { PlainDate } from '../../kernel/time.ts'
import { record } from '../../platform/journal/journal.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Actor, allow } from '../access/index.ts'
import { type EntryLine, post } from '../ledger/index.ts'
import { type Bill, billFacts } from './bill.ts'
import { timeAgain } from './bills/again.ts'
import { cleared, received, setOff, takenBack } from './books.ts'
import { closeItem, type NewItem, openItem } from './items.ts'
import type { Payment } from './store.ts'
import * as store from './store.ts'
import { tellBill, type Treasury } from './treasury.ts'

/** Money that came in. `key` names it once: the same money told again books nothing. */
export type Incoming = {
  readonly key: string
  readonly source: Payment['source']
  /** Whose account took it in, and which of its accounts (a provider, a till). */
  readonly heldBy: string
  readonly part?: string
  readonly providerPayment?: string
  readonly amount: bigint
  readonly currency: string
  readonly day: PlainDate
  /** What of it is meant for which bill, in this order; a bill takes at most what it is owed. */
  readonly shares: ReadonlyArray<{ readonly bill: string; readonly amount: bigint }>
  readonly attempt?: string
  /** When it lay on the bank account unclear before: the id of the statement entry. */
  readonly entry?: string
  /** The journal event that led here. */
  readonly cause?: string
}

/** What of some money goes to a bill; `outstanding` of the bill is what it still owes then. */
export type Share = { readonly bill: Bill; readonly amount: bigint }

/**
 * Books money that came in, once for its key, in the caller's transaction: bills take what they are owed, what is too
 * much is kept for the payer and opens a work item. Bills are held in the order of their ids. Returns the payment and
 * whether it is new.
 */
export async function receive(treasury: Treasury, actor: Actor, incoming: Incoming): Promise<{ payment: Payment; added: boolean }> {
  const tx = treasury.platform
  invariant(tx.inTransaction && incoming.amount > 0n, 'money is booked in a transaction, and is more than nothing')
  allow(actor, 'money.system', { agency: incoming.heldBy })
  const bills = await store.lockBills(tx.db, incoming.shares.map((share) => share.bill)) // prettier-ignore
  const shares = sharesOf(incoming, bills)
  const applied = shares.reduce((sum, share) => sum + share.amount, 0n)
  const payment = paymentOf(tx, incoming, applied)
  if (!(await store.insertPayment(tx.db, payment))) {
    const known = await store.paymentByKey(tx.db, incoming.key)
    invariant(known !== null, 'a payment that is there can be read')
    return { payment: known, added: false }
  }
  const cause = await tellReceived(tx, actor, incoming, payment, shares.length)
  await post(tx, {
    kind: 'payment',
    key: `payment:${payment.id}`,
    cause,
    day: incoming.day,
    lines: linesOf(treasury, incoming, payment, shares),
  })
  for (const share of shares) await apply(tx, actor, payment, share, 'paid', cause)
  if (payment.unapplied > 0n) await openItem(tx, actor, keptItem(treasury, payment, incoming))
  return { payment, added: true }
}

/** The payment that money makes, of which `applied` went to bills. */
export function paymentOf(tx: Platform, incoming: Incoming, applied: bigint): Payment {
  return {
    id: tx.newId(),
    key: incoming.key,
    source: incoming.source,
    held_by: incoming.heldBy,
    part: incoming.part ?? '',
    provider_payment: incoming.providerPayment ?? null,
    amount: incoming.amount,
    currency: incoming.currency,
    unapplied: incoming.amount - applied,
    taken_back: 0n,
    received_on: incoming.day,
    received_at: tx.now(),
  }
}

/** Says in the journal that money came in; returns the line's id. */
export function tellReceived(tx: Platform, actor: Actor, incoming: Incoming, payment: Payment, bills: number): Promise<string> {
  return record(tx, actor, {
    type: 'payments.payment.received',
    stream: payment.id,
    ...(incoming.cause ? { cause: incoming.cause } : {}),
    data: {
      source: payment.source,
      amount: payment.amount.toString(),
      currency: payment.currency,
      unapplied: payment.unapplied.toString(),
      bills,
      ...(incoming.attempt ? { attempt: incoming.attempt } : {}),
    },
  })
}

/** How money that came in is booked. */
export function linesOf(treasury: Treasury, incoming: Incoming, payment: Payment, shares: readonly Share[]): EntryLine[] {
  return incoming.entry === undefined
    ? received(payment, payment.amount, shares)
    : cleared(treasury.rules.treasury, incoming.entry, payment, payment.amount, shares)
}

/** What each bill takes: of the money in the order of the shares, and never more than it is owed. */
export function sharesOf(incoming: Pick<Incoming, 'amount' | 'currency' | 'shares'>, bills: readonly Bill[]): Share[] {
  let rest = incoming.amount
  const left = new Map(bills.map((bill) => [bill.id, bill.outstanding]))
  const shares: Share[] = []
  for (const wanted of incoming.shares) {
    const bill = bills.find((each) => each.id === wanted.bill)
    if (!bill || bill.currency !== incoming.currency) continue
    const amount = [wanted.amount, left.get(bill.id) ?? 0n, rest].reduce((a, b) => (a < b ? a : b))
    if (amount <= 0n) continue
    left.set(bill.id, (left.get(bill.id) ?? 0n) - amount)
    rest -= amount
    shares.push({ bill: { ...bill, outstanding: left.get(bill.id) ?? 0n }, amount })
  }
  return shares
}

/** Where the money of a bill came from, and how its chargeback ended, when a bank has given back what it had taken. */
export const GIVEN_BACK = 'given_back'

/** Puts an amount to a bill whose row is held: money that came in, was kept, or came back after a chargeback. */
export async function apply(
  tx: Platform,
  actor: Actor,
  payment: Payment,
  share: Share,
  kind: 'paid' | 'set_off' | 'chargeback',
  cause: string,
): Promise<void> {
  await store.insertAllocation(tx.db, {
    id: tx.newId(),
    payment_id: payment.id,
    bill_id: share.bill.id,
    kind,
    amount: share.amount,
    made_at: tx.now(),
  })
  const now = await store.billById(tx.db, share.bill.id)
  invariant(now !== null, 'a bill that is held is there')
  const done = now.outstanding === share.amount
  const after = await store.changeBill(tx.db, now.id, {
    paid: now.paid + share.amount,
    ...(done ? { state: 'paid', closed_at: tx.now(), step_on: null } : {}),
  })
  await tellPaid(tx, actor, payment, after, share.amount, kind, cause)
}

/** Says in the journal that a bill, as it is then, was paid or paid in part. */
export async function tellPaid(
  tx: Platform,
  actor: Actor,
  payment: Payment,
  after: Pick<Bill, 'id' | 'person_id' | 'service' | 'outstanding'>,
  amount: bigint,
  kind: 'paid' | 'set_off' | 'chargeback',
  cause: string,
): Promise<void> {
  const source = kind === 'paid' ? payment.source : kind === 'set_off' ? 'set_off' : GIVEN_BACK
  const data = { payment: payment.id, amount: amount.toString(), source }
  if (after.outstanding === 0n)
    await tellBill(tx, actor, after, 'payments.bill.paid', { ...data, ...(after.service ? { service: after.service } : {}) }, cause)
  else await tellBill(tx, actor, after, 'payments.bill.paid_part', { ...data, outstanding: after.outstanding.toString() }, cause)
}

/** The key of the work item about money that is kept for a payer. */
export const overpaidKey = (payment: Pick<Payment, 'id'>): string => `overpaid:${payment.id}`

/** Closes the work items about money kept for a payer, in the caller's transaction, when nothing is kept any more. */
export async function closeOverpaid(tx: Platform, actor: Actor, payment: Pick<Payment, 'id'>, outcome: string): Promise<void> {
  for (const item of await store.openItemsOfPayment(tx.db, payment.id, 'overpaid')) await closeItem(tx, actor, item.key, outcome)
}

/** The work item about money that is kept for a payer; it names the bill that was meant, also when nothing was owed on it any more. */
export function keptItem(treasury: Treasury, payment: Payment, { attempt, shares }: Pick<Incoming, 'attempt' | 'shares'>): NewItem {
  const [meant] = shares
  return {
    key: overpaidKey(payment),
    kind: 'overpaid',
    agency: treasury.rules.treasury,
    payment: payment.id,
    ...(attempt ? { attempt } : {}),
    ...(meant ? { bill: meant.bill } : {}),
    amount: payment.unapplied,
    currency: payment.currency,
  }
}

/**
 * Puts money that is kept for a payer to a bill, in the caller's transaction, at most what both have. Returns what was
 * put there.
 */
export async function applyKept(treasury: Treasury, actor: Actor, paymentId: string, billId: string, most: bigint): Promise<bigint> {
  const tx = treasury.platform
  invariant(tx.inTransaction, 'money is put to a bill in a transaction')
  const [bill] = await store.lockBills(tx.db, [billId])
  const payment = await store.paymentById(tx.db, paymentId, true)
  if (!bill || !payment || bill.currency !== payment.currency) return 0n
  allow(actor, 'money.system', billFacts(bill, treasury.rules.treasury))
  const amount = [most, payment.unapplied, bill.outstanding].reduce((a, b) => (a < b ? a : b))
  if (amount <= 0n) return 0n
  const after = await store.changePayment(tx.db, payment.id, { unapplied: payment.unapplied - amount })
  const cause = await record(tx, actor, {
    type: 'payments.payment.set_off',
    stream: payment.id,
    data: { bill: bill.id, amount: amount.toString() },
  })
  await post(tx, {
    kind: 'set_off',
    key: `set_off:${tx.newId()}`,
    cause,
    day: tx.city.dayOf(tx.now()),
    lines: setOff(payment, bill, amount),
  })
  await apply(tx, actor, payment, { bill, amount }, 'set_off', cause)
  if (after.unapplied === 0n) await closeOverpaid(tx, actor, payment, 'set_off')
  return amount
}

/** A chargeback as a provider tells of it. */
export type Chargeback = {
  readonly provider: string
  readonly id: string
  readonly amount: bigint
  readonly fee: bigint
  readonly day: PlainDate
}

/**
 * Books that a bank took a payment back, once for the chargeback, in the caller's transaction: its bills are owed again,
 * the newest first; money kept for the payer goes first; what neither covers is a work item. False when it was known.
 */
export async function takeBack(treasury: Treasury, actor: Actor, paymentId: string, chargeback: Chargeback): Promise<boolean> {
  const tx = treasury.platform
  invariant(tx.inTransaction && chargeback.amount > 0n, 'a payment is taken back in a transaction')
  allow(actor, 'money.system', { agency: treasury.rules.treasury })
  const shares = await store.allocationsOfPayment(tx.db, paymentId)
  const bills = await store.lockBills(tx.db, [...new Set(shares.map((share) => share.bill_id))])
  const payment = await store.paymentById(tx.db, paymentId, true)
  invariant(payment !== null, 'a chargeback is of a payment')
  const id = tx.newId()
  const row = { id, payment_id: payment.id, provider: chargeback.provider, provider_id: chargeback.id, amount: chargeback.amount, fee: chargeback.fee } // prettier-ignore
  if (!(await store.insertChargeback(tx.db, { ...row, opened_at: tx.now() }))) return false
  const parts = partsTaken(payment, await netOf(tx, payment.id), bills, chargeback)
  const covered = chargeback.amount - parts.uncovered
  await store.changePayment(tx.db, payment.id, { unapplied: payment.unapplied - parts.kept, taken_back: payment.taken_back + covered })
  const cause = await record(tx, actor, {
    type: 'payments.payment.taken_back',
    stream: payment.id,
    data: { chargeback: id, amount: chargeback.amount.toString(), fee: chargeback.fee.toString() },
  })
  await post(tx, { kind: 'chargeback', key: `chargeback:${id}`, cause, day: chargeback.day, lines: takenBack(payment, parts) })
  for (const share of parts.shares) await owedAgain(treasury, actor, payment, share, cause)
  await openItem(tx, actor, {
    key: `chargeback:${id}`,
    kind: parts.uncovered > 0n ? 'chargeback_uncovered' : 'chargeback',
    agency: treasury.rules.treasury,
    payment: payment.id,
    ...(parts.shares[0] ? { bill: parts.shares[0].bill.id } : {}),
    amount: chargeback.amount,
    currency: payment.currency,
    story: { fee: chargeback.fee.toString(), uncovered: parts.uncovered.toString() },
  })
  return true
}

/** What of a payment is with each bill now. Its row, or those of its bills, are held. */
async function netOf(tx: Platform, paymentId: string): Promise<Map<string, bigint>> {
  const net = new Map<string, bigint>()
  for (const row of await store.allocationsOfPayment(tx.db, paymentId)) net.set(row.bill_id, (net.get(row.bill_id) ?? 0n) + row.amount)
  return net
}

function partsTaken(payment: Payment, net: ReadonlyMap<string, bigint>, bills: readonly Bill[], { amount, fee }: Chargeback) {
  const kept = amount < payment.unapplied ? amount : payment.unapplied
  let rest = amount - kept
  const shares: Share[] = []
  for (const bill of bills.toReversed()) {
    const with_ = net.get(bill.id) ?? 0n
    const part = rest < with_ ? rest : with_
    if (part <= 0n) continue
    shares.push({ bill, amount: part })
    rest -= part
  }
  return { shares, kept, uncovered: rest, fee }
}

/** The payer may not know yet that their bank took it: they have as long to pay as for a new bill, before anybody reminds them. */
async function owedAgain(treasury: Treasury, actor: Actor, payment: Payment, { bill, amount }: Share, cause: string): Promise<void> {
  const tx = treasury.platform
  const row = { id: tx.newId(), payment_id: payment.id, bill_id: bill.id, kind: 'chargeback', amount: -amount, made_at: tx.now() } as const
  await store.insertAllocation(tx.db, row)
  const { deferred_until, step_on } = timeAgain(treasury, bill)
  const reopened = await store.changeBill(tx.db, bill.id, {
    paid: bill.paid - amount,
    state: 'open',
    closed_at: null,
    deferred_until,
    step_on,
  })
  await tellBill(
    tx,
    actor,
    reopened,
    'payments.bill.reopened',
    { payment: payment.id, amount: amount.toString(), why: 'chargeback' },
    cause,
  )
}
