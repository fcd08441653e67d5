import { invariant } from '../../kernel/invariant.ts'
import { type Actor, allow } from '../access/index.ts'
import { type NewPosting, postMany } from '../ledger/index.ts'
import type { Bill } from './bill.ts'
import * as bulk from './bulk/store.ts'
import { openItems } from './items.ts'
import { type Incoming, keptItem, linesOf, paymentOf, type Share, sharesOf, tellPaid, tellReceived } from './receive.ts'
import { type Allocation, lockBills, type Payment } from './store.ts'
import type { Treasury } from './treasury.ts'

type Booked = { readonly incoming: Incoming; readonly payment: Payment; readonly shares: readonly Share[] }

/**
 * Books many sums that came in, as `receive` would one after another, in a fixed number of statements: for some thousands.
 * Returns the new payments in their order; what was booked before, or comes twice in the list, is not among them. Throws
 * when somebody else books one of the keys at this moment; nothing is booked then, and the caller tries again.
 */
export async function receiveMany(treasury: Treasury, actor: Actor, list: readonly Incoming[]): Promise<Payment[]> {
  const tx = treasury.platform
  invariant(tx.inTransaction && list.every((each) => each.amount > 0n), 'money is booked in a transaction, and is more than nothing')
  for (const agency of new Set(list.map((each) => each.heldBy))) allow(actor, 'money.system', { agency })
  const held = await lockBills(tx.db, [...new Set(list.flatMap((each) => each.shares.map((share) => share.bill)))])
  const bills = new Map(held.map((bill) => [bill.id, bill]))
  const booked = newOnes(treasury, list, bills, await bulk.knownKeys(tx.db, list.map((each) => each.key))) // prettier-ignore
  if (booked.length === 0) return []
  const payments = booked.map(({ payment }) => payment)
  invariant((await bulk.insertPayments(tx.db, payments)) === payments.length, 'nobody else books the same money at this moment')
  const postings: NewPosting[] = []
  for (const { incoming, payment, shares } of booked) {
    const cause = await tellReceived(tx, actor, incoming, payment, shares.length)
    const lines = linesOf(treasury, incoming, payment, shares)
    postings.push({ kind: 'payment', key: `payment:${payment.id}`, cause, day: incoming.day, lines })
    for (const { bill, amount } of shares) await tellPaid(tx, actor, payment, bill, amount, 'paid', cause)
  }
  await postMany(tx, postings)
  await bulk.insertAllocations(tx.db, booked.flatMap((each) => allocationsOf(treasury, each))) // prettier-ignore
  await bulk.addPaid(tx.db, paidMore(booked), tx.now())
  const kept = booked.filter(({ payment }) => payment.unapplied > 0n)
  await openItems(tx, actor, kept.map(({ payment, incoming }) => keptItem(treasury, payment, incoming))) // prettier-ignore
  return payments
}

/** What is new of a list, each with what its bills take after those before it. */
function newOnes(treasury: Treasury, list: readonly Incoming[], bills: Map<string, Bill>, known: Set<string>): Booked[] {
  return list.flatMap((incoming) => {
    if (known.has(incoming.key)) return []
    known.add(incoming.key)
    const own = [...new Set(incoming.shares.map((share) => share.bill))].flatMap((id) => bills.get(id) ?? [])
    const shares = sharesOf(incoming, own)
    for (const { bill } of shares) bills.set(bill.id, bill)
    const applied = shares.reduce((sum, share) => sum + share.amount, 0n)
    return [{ incoming, payment: paymentOf(treasury.platform, incoming, applied), shares }]
  })
}

function allocationsOf({ platform }: Treasury, { payment, shares }: Booked): Allocation[] {
  return shares.map((share) => ({
    id: platform.newId(),
    payment_id: payment.id,
    bill_id: share.bill.id,
    kind: 'paid',
    amount: share.amount,
    made_at: platform.now(),
  }))
}

function paidMore(booked: readonly Booked[]): bulk.PaidMore[] {
  const more = new Map<string, bulk.PaidMore>()
  for (const { bill, amount } of booked.flatMap(({ shares }) => shares)) {
    const before = more.get(bill.id)
    more.set(bill.id, {
      id: bill.id,
      amount: (before?.amount ?? 0n) + amount,
      times: (before?.times ?? 0) + 1,
      done: bill.outstanding === 0n,
    })
  }
  return [...more.values()]
}
