import { addDays } from '../../../kernel/time.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { enqueue } from '../../../platform/jobs.ts'
import type { Actor } from '../../access/index.ts'
import { type Bill, payableUntil, type Words } from '../bill.ts'
import { relieveBill } from '../bills/change.ts'
import { chargeMany, type NewCharge } from '../bills/chargemany.ts'
import { type NewItem, openItems } from '../items.ts'
import { tellBill, type Treasury } from '../treasury.ts'
import { type Act, baseOf, type Known, overdueOf } from './act.ts'
import { NOTICES } from './notices.ts'
import { LETTERS } from './letters.ts'
import type { Reminder, ReminderRun } from './reminder.ts'
import * as store from './store.ts'

type Decided<A extends Act = Act> = { readonly known: Known; readonly act: A }
type Step = Extract<Act, { kind: 'step' }>

/** After how many days a bill for which there is nothing to do is looked at again. */
const IDLE_DAYS = 28

const ofKind = <K extends Act['kind']>(all: readonly Decided[], kind: K): Array<Decided<Extract<Act, { kind: K }>>> =>
  all.filter((each): each is Decided<Extract<Act, { kind: K }>> => each.act.kind === kind)

/** Does what was decided about bills whose rows are held, in the run's transaction: set-based but for what is rare. */
export async function applyActs(treasury: Treasury, actor: Actor, run: ReminderRun, decided: readonly Decided[]): Promise<void> {
  const later = ofKind(decided, 'later')
  const steps = ofKind(decided, 'step')
  const idle = ofKind(decided, 'silent').filter(({ act }) => act.why === 'no_rule' || act.why === 'little')
  await noteOverdue(treasury, actor, run, [...later.filter(({ act }) => act.overdue), ...steps, ...ofKind(decided, 'small'), ...ofKind(decided, 'unreachable')]) // prettier-ignore
  const moved = [
    ...later.map(({ known: { bill }, act }) => ({ ...bill, step_on: act.on })),
    ...idle.map(({ known: { bill } }) => ({ ...bill, step_on: addDays(run.day, IDLE_DAYS) })),
  ]
  await store.moveBills(treasury.platform.db, moved, false)
  await doSteps(treasury, actor, run, steps)
  for (const { known } of ofKind(decided, 'small'))
    await relieveBill(treasury, actor, known.bill.id, { key: `small:${known.bill.id}:${known.bill.total}`, kind: 'written_off', amount: known.bill.outstanding }) // prettier-ignore
  for (const { known, act } of ofKind(decided, 'broken')) await breakPlan(treasury, actor, run, known.bill, act.next)
  await giveUp(treasury, actor, ofKind(decided, 'unreachable').map(({ known }) => known.bill)) // prettier-ignore
}

/** Says of a bill that its day has passed: again when it was owed until a later day since. */
async function noteOverdue(treasury: Treasury, actor: Actor, run: ReminderRun, decided: readonly Decided[]): Promise<void> {
  const tx = treasury.platform
  const late = decided.map(({ known }) => ({ ...reminderOf(run, known, 0, 'overdue'), base: baseOf(known) }))
  const added = await store.noteOverdue(tx.db, late)
  for (const { known } of decided) {
    const { bill } = known
    if (added.has(bill.id))
      await tellBill(tx, actor, bill, 'payments.bill.overdue', { due: payableUntil(bill), amount: overdueOf(known, run.day).toString() })
  }
}

function reminderOf(
  run: ReminderRun,
  known: Known,
  step: number,
  kind: Reminder['kind'],
  more: { fee: bigint; interest: bigint } = { fee: 0n, interest: 0n },
): Reminder {
  const owed = overdueOf(known, run.day) + more.fee + more.interest
  // that something is overdue is told by the step that follows, and what is with recovery by recovery
  return { bill_id: known.bill.id, step, kind, run_id: run.id, day: run.day, ...more, owed, way: kind === 'overdue' ? 'none' : null }
}

async function doSteps(treasury: Treasury, actor: Actor, run: ReminderRun, steps: ReadonlyArray<Decided<Step>>): Promise<void> {
  const tx = treasury.platform
  if (steps.length === 0) return
  await chargeMany(treasury, actor, steps.flatMap((each) => chargesOf(treasury, each))) // prettier-ignore
  await store.insertInterest(
    tx.db,
    steps.flatMap(({ known, act: { interest } }) =>
      interest
        ? [{ bill_id: known.bill.id, from_on: interest.from, until_on: interest.until, amount: interest.amount, rest: interest.rest }]
        : [],
    ),
  )
  await store.insertReminders(
    tx.db,
    steps.map(({ known, act }) => reminderOf(run, known, act.step, act.rule.kind, { fee: act.fee, interest: act.interest?.amount ?? 0n })),
  )
  await store.moveBills(
    tx.db,
    steps.map(({ known: { bill }, act }) => ({
      ...bill,
      step: act.step,
      step_on: act.next,
      interest_until: act.interest?.until ?? bill.interest_until,
    })),
    true,
  )
  for (const { known, act } of steps)
    await tellBill(tx, actor, known.bill, 'payments.bill.reminded', { step: act.step, kind: act.rule.kind })
  await openItems(tx, actor, steps.flatMap(({ known, act }) => (act.rule.kind === 'recovery' ? [recovery(known, act)] : []))) // prettier-ignore
  await enqueue(tx, LETTERS, {}, { key: LETTERS })
}

function recovery({ bill }: Known, act: Step): NewItem {
  const amount = bill.outstanding + act.fee + (act.interest?.amount ?? 0n)
  return {
    key: `recovery:${bill.id}:${act.step}`,
    kind: 'recovery',
    agency: bill.agency,
    bill: bill.id,
    amount,
    currency: bill.currency,
    story: { step: act.step, due: bill.due_on },
  }
}

function chargesOf(treasury: Treasury, { known: { bill }, act }: Decided<Step>): NewCharge[] {
  const rule = treasury.rules.reminders[bill.revenue]
  const law = (words: Words | undefined): { law?: string } => (words ? { law: inLanguage(words, bill.language).text } : {})
  const fee: NewCharge = { bill, key: `reminder:${bill.id}:${act.step}`, kind: 'reminder_fee', amount: act.fee, title: titleOf(treasury, 'payments.remind.fee_line'), ...law(rule?.law) } // prettier-ignore
  const { interest } = act
  const counted: NewCharge[] = interest
    ? [{ bill, key: `interest:${bill.id}:${interest.from}`, kind: 'interest', amount: interest.amount, title: titleOf(treasury, 'payments.remind.interest_line', { from: addDays(interest.from, 1), until: interest.until }), ...law(rule?.interest?.law) }] // prettier-ignore
    : []
  return [fee, ...counted].filter((charge) => charge.amount > 0n)
}

/** Words of ours in every language, for a line of a bill. */
export function titleOf({ words }: Pick<Treasury, 'words'>, key: string, values: Readonly<Record<string, string>> = {}): Words {
  return Object.fromEntries(words.languages.map((language) => [language, words.translator(language)(key, values)]))
}

/** A plan of which a part is too late ends; interest of the days before is not counted. */
async function breakPlan(treasury: Treasury, actor: Actor, run: ReminderRun, bill: Bill, next: Bill['step_on']): Promise<void> {
  const tx = treasury.platform
  await store.deleteInstalments(tx.db, bill.id)
  await store.endPlan(tx.db, bill.id, run.day, 'broken')
  await store.moveBills(tx.db, [{ ...bill, step_on: next, interest_until: run.day }], true)
  const event = await tellBill(tx, actor, bill, 'payments.bill.plan_ended', { why: 'late' })
  await enqueue(tx, NOTICES, { bill: bill.id, what: 'broken', key: event }, { key: `notice:${event}` })
}

/** Nobody is known who could be reminded: an officer decides. */
async function giveUp(treasury: Treasury, actor: Actor, bills: readonly Bill[]): Promise<void> {
  const tx = treasury.platform
  await openItems(
    tx,
    actor,
    bills.map((bill) => ({
      key: `unreachable:${bill.id}`,
      kind: 'unreachable',
      agency: bill.agency,
      bill: bill.id,
      amount: bill.outstanding,
      currency: bill.currency,
    })),
  )
  await store.moveBills(tx.db, bills.map((bill) => ({ ...bill, step_on: null })), false) // prettier-ignore
}
