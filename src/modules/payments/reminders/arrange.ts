import { Problem } from '../../../kernel/problem.ts'
import { addDays, addWorkingDays, type PlainDate } from '../../../kernel/time.ts'
import { enqueue } from '../../../platform/jobs.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { type Bill, billFacts, payableUntil } from '../bill.ts'
import { changeBill, lockBills } from '../store.ts'
import { getBill, tellBill, type Treasury, within } from '../treasury.ts'
import { NOTICES } from './notices.ts'
import { partsOffered, planParts } from './plan.ts'
import * as store from './store.ts'

/** What may be agreed with a payer at once, by the city's rule. */
export type Offer = {
  /** In how many parts; none when it needs an officer. */
  readonly parts: readonly number[]
  /** Until when more time is given; null when it was given before or the rule gives none. */
  readonly until: PlainDate | null
}

/** Says what the rule allows for a bill now. */
export async function offerFor({ platform, rules }: Treasury, bill: Bill): Promise<Offer> {
  if (bill.state !== 'open') return { parts: [], until: null }
  const before = await store.arrangementsOf(platform.db, bill.id)
  const days = rules.help.more_days
  const own = bill.currency === platform.city.currency
  const inParts = (await store.instalmentsOfBills(platform.db, [bill.id])).length > 0
  const planned = before.some((each) => each.kind === 'plan')
  return {
    parts: own && !planned && !inParts ? partsOffered(rules, bill.outstanding, bill) : [],
    until:
      days === undefined || before.length > 0 || inParts
        ? null
        : laterOf(addDays(payableUntil(bill), days), addDays(today(platform), days)),
  }
}

const laterOf = (a: PlainDate, b: PlainDate): PlainDate => (a > b ? a : b)

/** The refusal when what was shown is not what there is now. */
export const changed = (): Problem =>
  new Problem('payments.changed', 409, 'The bill has changed meanwhile. Look at it again, then choose anew.')

/** Holds a bill for its payer; throws 404 for others, 409 when it is not open, or is not as it was shown (`revision`). */
export async function heldForPayer(treasury: Treasury, actor: Actor, billId: string, revision?: number): Promise<Bill> {
  const [bill] = await lockBills(treasury.platform.db, [billId])
  if (!bill) return getBill(treasury.platform, billId) // throws 404
  allow(actor, 'money.pay', billFacts(bill, treasury.rules.treasury))
  if (bill.state !== 'open' || (revision !== undefined && bill.revision !== revision)) throw changed()
  return bill
}

/** Agrees on a plan that its payer chose within the rule, at once. Throws 409 when the bill is not as it was shown, 422 outside the rule. */
export async function planFor(treasury: Treasury, actor: Actor, billId: string, parts: number, revision?: number): Promise<Bill> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const bill = await heldForPayer(inside, actor, billId, revision)
    if (!(await offerFor(inside, bill)).parts.includes(parts)) throw outside()
    return makePlan(inside, actor, bill, parts, null)
  })
}

/** Gives more time once, within the rule, at once. Throws as `planFor` does. */
export async function deferFor(treasury: Treasury, actor: Actor, billId: string, revision?: number): Promise<Bill> {
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const bill = await heldForPayer(inside, actor, billId, revision)
    const { until } = await offerFor(inside, bill)
    if (until === null) throw outside()
    return makeDeferral(inside, actor, bill, until, null)
  })
}

const outside = (): Problem =>
  new Problem('payments.not-offered', 422, 'This is more than can be agreed at once. Ask us, and an officer decides.')

/** Puts an open bill, whose row is held, in parts; a plan there was ends. What was paid before is part 0, so that payments fill the parts after it. */
export async function makePlan(treasury: Treasury, actor: Actor, bill: Bill, parts: number, proposal: string | null): Promise<Bill> {
  const tx = treasury.platform
  const day = today(tx)
  const first = treasury.rules.help.plan?.first_after ?? treasury.rules.pay_within
  const rows = planParts(bill.outstanding, parts, day, first, tx.city.calendar)
  const until = rows.at(-1)?.due_on ?? day
  const before = bill.paid > 0n ? [{ bill_id: bill.id, no: 0, amount: bill.paid, due_on: bill.issued_on }] : []
  await store.deleteInstalments(tx.db, bill.id)
  await store.endPlan(tx.db, bill.id, day, 'replaced')
  await store.insertInstalments(tx.db, [...before, ...rows.map((row) => ({ ...row, bill_id: bill.id }))])
  await store.insertArrangement(tx.db, { id: tx.newId(), bill_id: bill.id, kind: 'plan', parts, until, proposal_id: proposal, made_at: tx.now(), ended_on: null, outcome: null }) // prettier-ignore
  const after = await changeBill(tx.db, bill.id, { step_on: rows[0]?.due_on ?? day, ...stopInterest(bill, day) })
  const event = await tellBill(tx, actor, after, 'payments.bill.planned', { parts, until })
  await enqueue(tx, NOTICES, { bill: bill.id, what: 'planned', key: event }, { key: `notice:${event}` })
  return after
}

/** Interest stops on the day of an agreement: what was not counted until then is not counted any more. */
function stopInterest(bill: Bill, day: PlainDate): { interest_until?: PlainDate } {
  return bill.due_on < day ? { interest_until: day } : {}
}

/** Defers an open bill whose row is held. */
export async function makeDeferral(treasury: Treasury, actor: Actor, bill: Bill, until: PlainDate, proposal: string | null): Promise<Bill> {
  const tx = treasury.platform
  await store.insertArrangement(tx.db, { id: tx.newId(), bill_id: bill.id, kind: 'deferral', parts: null, until, proposal_id: proposal, made_at: tx.now(), ended_on: null, outcome: null }) // prettier-ignore
  const after = await changeBill(tx.db, bill.id, { deferred_until: until, step_on: until })
  const event = await tellBill(tx, actor, after, 'payments.bill.deferred', { until, ...(proposal ? { proposal } : {}) })
  await enqueue(tx, NOTICES, { bill: bill.id, what: 'deferred', key: event }, { key: `notice:${event}` })
  return after
}

/** The day before which no step is done after somebody's request was answered. */
export function quietUntil({ platform, rules }: Treasury): PlainDate {
  return addWorkingDays(today(platform), rules.reminders.quiet_after_answer, platform.city.calendar)
}
