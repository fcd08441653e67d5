import { invariant } from '../../../kernel/invariant.ts'
import { today } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { type NewPosting, postMany } from '../../ledger/index.ts'
import { type Bill, billFacts, type Words } from '../bill.ts'
import { charged } from '../books.ts'
import { addCharged, insertChargeLines } from '../bulk/store.ts'
import { tellBill, type Treasury } from '../treasury.ts'

/** A charge to add to an open bill whose row is held; `key` is new. */
export type NewCharge = {
  readonly bill: Bill
  readonly key: string
  readonly kind: 'interest' | 'reminder_fee'
  readonly amount: bigint
  readonly title: Words
  readonly law?: string
}

/**
 * Adds interest and reminder fees to open bills, each once for its key, in a fixed number of statements. The caller holds the bills'
 * rows and has made sure that none of the keys was booked; throws when one was, and nothing is charged then.
 */
export async function chargeMany(treasury: Treasury, actor: Actor, charges: readonly NewCharge[]): Promise<void> {
  const tx = treasury.platform
  invariant(
    tx.inTransaction && charges.every(({ amount, bill }) => amount > 0n && bill.state === 'open'),
    'open bills are charged in a transaction',
  )
  if (charges.length === 0) return
  const day = today(tx)
  const postings: NewPosting[] = []
  for (const { bill, key, kind, amount } of charges) {
    allow(actor, 'money.system', billFacts(bill, treasury.rules.treasury))
    const cause = await tellBill(tx, actor, bill, 'payments.bill.charged', { kind, amount: amount.toString() })
    postings.push({ kind, key, cause, day, lines: charged(bill, kind, amount) })
  }
  invariant((await postMany(tx, postings)) === postings.length, 'nothing is charged twice')
  await insertChargeLines(
    tx.db,
    charges.map(({ bill, kind, amount, title, law }) => ({
      id: tx.newId(),
      bill_id: bill.id,
      kind,
      title,
      amount,
      law: law ?? null,
      added_on: day,
    })),
  )
  await addCharged(tx.db, sums(charges))
}

function sums(charges: readonly NewCharge[]): Array<{ id: string; amount: bigint }> {
  const all = new Map<string, bigint>()
  for (const { bill, amount } of charges) all.set(bill.id, (all.get(bill.id) ?? 0n) + amount)
  return [...all].map(([id, amount]) => ({ id, amount }))
}
