import { invariant } from '../../../kernel/invariant.ts'
import { Problem } from '../../../kernel/problem.ts'
import { today } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { post } from '../../ledger/index.ts'
import { type Bill, billFacts, shortened, type Words } from '../bill.ts'
import { billed, corrected, relieved } from '../books.ts'
import { openItem } from '../items.ts'
import { overpaidKey } from '../receive.ts'
import type { Payment } from '../store.ts'
import * as store from '../store.ts'
import { getBill, tellBill, type Treasury } from '../treasury.ts'
import { timeAgain } from './again.ts'

async function held(treasury: Treasury, actor: Actor, id: string): Promise<Bill> {
  invariant(treasury.platform.inTransaction, 'a bill is changed in a transaction')
  const [bill] = await store.lockBills(treasury.platform.db, [id])
  if (!bill) return getBill(treasury.platform, id) // throws 404
  allow(actor, 'money.system', billFacts(bill, treasury.rules.treasury))
  return bill
}

function refuseEnded(bill: Bill): void {
  if (bill.state === 'cancelled' || bill.state === 'written_off')
    throw new Problem('payments.bill-ended', 409, 'This bill has ended, and nothing more can be changed on it.')
}

/** Asks for `amount` less, because it is waived or written off, in the caller's transaction. Throws 422 when it is more than is owed. */
export async function relieveBill(
  treasury: Treasury,
  actor: Actor,
  id: string,
  relief: {
    readonly key: string
    readonly kind: 'waived' | 'written_off'
    readonly amount: bigint
    /** What an officer approved: a proposal about this bill, or one to write off many. */
    readonly proposal?: string
    readonly writeOff?: string
  },
): Promise<Bill> {
  const tx = treasury.platform
  const bill = await held(treasury, actor, id)
  refuseEnded(bill)
  if (relief.amount <= 0n || relief.amount > bill.outstanding)
    throw new Problem('payments.too-much', 422, 'This is more than is still owed on the bill.')
  const cause = await tellBill(tx, actor, bill, 'payments.bill.relieved', {
    kind: relief.kind,
    amount: relief.amount.toString(),
    ...(relief.proposal ? { proposal: relief.proposal } : {}),
    ...(relief.writeOff ? { write_off: relief.writeOff } : {}),
  })
  if (!(await post(tx, { kind: relief.kind, key: relief.key, cause, day: today(tx), lines: relieved(bill, relief.kind, relief.amount) })))
    return bill
  const done = relief.amount === bill.outstanding
  const after = await store.changeBill(tx.db, id, {
    waived: bill.waived + relief.amount,
    ...(done ? { state: relief.kind === 'written_off' ? 'written_off' : 'paid', closed_at: tx.now(), step_on: null } : {}),
  })
  if (after.state === 'paid') await tellPaid(tx, actor, after, 'waived', cause)
  return after
}

/**
 * Corrects what a bill comes to, in the caller's transaction. Up: more is owed. Down: what is owed goes first, then what
 * was paid is free again at its payments, the newest first, and waits for its payer as a work item. With `from`, which is
 * how money to give back is freed, that payment comes first and no work item is made of it. A bill corrected to nothing is
 * cancelled. Returns the bill and the freed money by payment.
 */
export async function correctBill(
  treasury: Treasury,
  actor: Actor,
  id: string,
  change: { readonly key: string; readonly to: bigint; readonly why: string; readonly title: Words; readonly from?: string },
): Promise<{ bill: Bill; freed: ReadonlyArray<{ readonly payment: Payment; readonly amount: bigint }> }> {
  const tx = treasury.platform
  const bill = await held(treasury, actor, id)
  refuseEnded(bill)
  const delta = change.to - bill.total
  if (change.to < bill.waived) throw new Problem('payments.too-much', 422, 'More than this was waived already.')
  if (delta === 0n) return { bill, freed: [] }
  const owed = delta > 0n ? 0n : [-delta, bill.outstanding].reduce((a, b) => (a < b ? a : b))
  const freed = delta > 0n ? [] : await freedOf(treasury, bill, -delta - owed, change.from)
  const cause = await tellBill(tx, actor, bill, 'payments.bill.corrected', {
    from: bill.total.toString(),
    to: change.to.toString(),
    why: change.why,
  })
  const lines = delta > 0n ? billed(bill, delta) : corrected(bill, owed, freed)
  if (!(await post(tx, { kind: 'correction', key: change.key, cause, day: today(tx), lines }))) return { bill, freed: [] }
  await store.insertLine(tx.db, {
    id: tx.newId(),
    bill_id: id,
    kind: 'correction',
    title: change.title,
    amount: delta,
    law: null,
    added_on: today(tx),
  })
  for (const { payment, amount } of freed) {
    await store.insertAllocation(tx.db, {
      id: tx.newId(),
      payment_id: payment.id,
      bill_id: id,
      kind: 'released',
      amount: -amount,
      made_at: tx.now(),
    })
    await store.changePayment(tx.db, payment.id, { unapplied: payment.unapplied + amount })
    if (payment.id === change.from) continue
    const item = {
      key: `${overpaidKey(payment)}:${change.key}`,
      kind: 'overpaid',
      agency: treasury.rules.treasury,
      payment: payment.id,
      bill: id,
      amount,
    } as const
    await openItem(tx, actor, { ...item, currency: payment.currency })
  }
  const paid = bill.paid - freed.reduce((sum, each) => sum + each.amount, 0n)
  return { bill: await settled(treasury, actor, bill, { ...change, cause }, paid), freed }
}

/** Says that nothing is owed any more although no money came: the rest was waived, or the bill corrected to what was paid. */
async function tellPaid(tx: Treasury['platform'], actor: Actor, bill: Bill, source: 'waived' | 'correction', cause: string): Promise<void> {
  await tellBill(tx, actor, bill, 'payments.bill.paid', { source, ...(bill.service ? { service: bill.service } : {}) }, cause)
}

type Settling = { readonly to: bigint; readonly why: string; readonly cause: string }

async function settled(treasury: Treasury, actor: Actor, bill: Bill, change: Settling, paid: bigint): Promise<Bill> {
  const tx = treasury.platform
  const left = change.to - bill.waived - paid
  const ended = { closed_at: bill.closed_at ?? tx.now(), step_on: null }
  const state = change.to === 0n ? 'cancelled' : left === 0n ? 'paid' : 'open'
  const parts = await partsAfter(tx, bill, { total: change.to, open: state === 'open' })
  const after = await store.changeBill(tx.db, bill.id, {
    total: change.to,
    paid,
    state,
    ...(state === 'open' ? { closed_at: null } : ended),
    ...(state === 'open' && bill.state !== 'open' ? reopened(treasury, bill, parts) : {}),
  })
  if (state === 'cancelled') await tellBill(tx, actor, after, 'payments.bill.cancelled', { why: change.why })
  if (state === 'paid' && bill.state === 'open') await tellPaid(tx, actor, after, 'correction', change.cause)
  if (state === 'open' && bill.state === 'paid') {
    const owed = { amount: after.outstanding.toString(), why: 'correction' }
    await tellBill(tx, actor, after, 'payments.bill.reopened', owed, change.cause)
  }
  return after
}

/** What was paid up and is owed in part again has a day of its own; of a bill in parts the parts' days are past, so it is deferred. */
function reopened(treasury: Treasury, bill: Bill, parts: boolean): store.BillChange {
  const { day, deferred_until, step_on } = timeAgain(treasury, bill)
  return { step_on, ...(parts ? { deferred_until } : { due_on: bill.due_on > day ? bill.due_on : day }) }
}

/** The parts of a bill ask for no more than it does: its last parts go first, all with a bill that has ended. Whether any are left. */
async function partsAfter(tx: Treasury['platform'], bill: Bill, { total, open }: { total: bigint; open: boolean }): Promise<boolean> {
  const parts = await store.instalmentsOf(tx.db, bill.id)
  if (parts.length === 0) return false
  const less = parts.reduce((sum, part) => sum + part.amount, 0n) - (total - bill.waived)
  if (!open || less > 0n) await store.replaceInstalments(tx.db, bill.id, open ? shortened(parts, less) : [])
  return open
}

/** From which payments an amount that was paid comes, `first` and then the newest; the rows of all are held, in the order of their ids. */
async function freedOf(
  treasury: Treasury,
  bill: Bill,
  amount: bigint,
  first?: string,
): Promise<Array<{ payment: Payment; amount: bigint }>> {
  const tx = treasury.platform
  const net = new Map<string, bigint>()
  for (const row of await store.allocationsOfBill(tx.db, bill.id)) net.set(row.payment_id, (net.get(row.payment_id) ?? 0n) + row.amount)
  const held = new Map<string, Payment>()
  for (const id of [...net.keys()].toSorted()) {
    const payment = await store.paymentById(tx.db, id, true)
    invariant(payment !== null, 'money that was put to a bill is there')
    held.set(id, payment)
  }
  let rest = amount
  const freed: Array<{ payment: Payment; amount: bigint }> = []
  for (const [id, with_] of [...net].toReversed().toSorted(([a], [b]) => Number(b === first) - Number(a === first))) {
    const part = rest < with_ ? rest : with_
    const payment = held.get(id)
    if (part <= 0n || payment === undefined) continue
    freed.push({ payment, amount: part })
    rest -= part
  }
  invariant(rest === 0n, 'a bill is paid by payments')
  return freed
}
