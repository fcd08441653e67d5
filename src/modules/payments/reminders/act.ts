import { addDays, addWorkingDays, type PlainDate, type WorkCalendar } from '../../../kernel/time.ts'
import { type Bill, type Instalment, instalmentsLeft, payableUntil } from '../bill.ts'
import type { MoneyRules } from '../rules/money.ts'
import type { ReminderRule, StepRule } from '../rules/reminders.ts'
import { balancesOf, interestParts, type Movements, roundInterest } from './interest.ts'

/** What of a bill bears interest, from a day on; corrections are told apart from what it was issued for. */
export type Principal = Movements['principal'][number] & { readonly corrects: boolean }

/** What has to be known of a bill to say what comes next. */
export type Known = {
  readonly bill: Bill
  readonly parts: readonly Instalment[]
  /** Whether its parts are a plan that was agreed because its payer asked; else they are the bill's own. */
  readonly planned: boolean
  /** Its payer waits for an answer of ours. */
  readonly asked: boolean
  /** A payment is under way. */
  readonly paying: boolean
  readonly movements: Omit<Movements, 'principal'> & { readonly principal: readonly Principal[] }
  /** Where counting interest stopped, and what rounding left then. */
  readonly counted: { readonly until: PlainDate; readonly rest: bigint } | null
}

/** Interest to add: for the days after `from` up to and with `until`. */
export type InterestAct = { readonly from: PlainDate; readonly until: PlainDate; readonly amount: bigint; readonly rest: bigint }

/** What a run does about a bill on a day. */
export type Act =
  /** Only looks again on a day; `overdue`: its day has passed. */
  | { readonly kind: 'later'; readonly on: PlainDate; readonly overdue: boolean }
  | { readonly kind: 'silent'; readonly why: 'asked' | 'paying' | 'little' | 'no_rule' }
  | { readonly kind: 'broken'; readonly next: PlainDate }
  | { readonly kind: 'small' }
  | { readonly kind: 'unreachable' }
  | {
      readonly kind: 'step'
      readonly step: number
      readonly rule: StepRule
      readonly fee: bigint
      readonly interest: InterestAct | null
      readonly next: PlainDate | null
    }

/** By what a run decides. */
export type Means = {
  readonly rules: Pick<MoneyRules, 'reminders' | 'help'>
  readonly calendar: WorkCalendar
  /** The currency that the amounts of the rules are in. */
  readonly currency: string
}

/**
 * What is done about an open bill on a day: pure, so that what is shown before a run is what the run does. A deferral, a
 * plan that is kept, a request that waits and a payment under way stop everything.
 */
export function actOn(means: Means, known: Known, day: PlainDate): Act {
  const { bill } = known
  const { rules, calendar } = means
  const base = baseOf(known)
  if (base >= day) return { kind: 'later', on: addDays(base, 1), overdue: false }
  if (known.paying) return { kind: 'silent', why: 'paying' }
  if (known.asked) return { kind: 'silent', why: 'asked' }
  const rule = rules.reminders[bill.revenue]
  const step = rule?.steps[bill.step]
  if (known.planned && leftOf(known).length > 0) {
    const until = addWorkingDays(base, rules.help.broken_after, calendar)
    if (until >= day) return { kind: 'later', on: addDays(until, 1), overdue: false }
    return { kind: 'broken', next: addWorkingDays(day, step?.after ?? rules.help.broken_after, calendar) }
  }
  if (!rule || !step) return { kind: 'silent', why: 'no_rule' }
  const counted = addWorkingDays(base, step.after, calendar)
  const on = bill.step_on !== null && bill.step_on > counted ? bill.step_on : counted
  return on > day ? { kind: 'later', on, overdue: true } : stepOn(means, known, rule, step, day)
}

function stepOn({ rules, calendar, currency }: Means, known: Known, rule: ReminderRule, step: StepRule, day: PlainDate): Act {
  const { bill } = known
  const own = bill.currency === currency
  if (own && bill.outstanding < rules.reminders.write_off_below) return { kind: 'small' }
  if (own && bill.outstanding < rule.least) return { kind: 'silent', why: 'little' }
  if (bill.person_id === null) return { kind: 'unreachable' }
  const following = rule.steps[bill.step + 1]
  return {
    kind: 'step',
    step: bill.step + 1,
    rule: step,
    fee: own ? step.fee : 0n,
    interest: step.kind === 'friendly' ? null : interestOn(rule, known, day),
    next: following ? addWorkingDays(day, following.after, calendar) : null,
  }
}

const leftOf = ({ parts, bill }: Pick<Known, 'parts' | 'bill'>) => instalmentsLeft(parts, bill.paid).filter((part) => part.left > 0n)

/** The day until which something can be paid without more: of a bill in parts that of the first that is owed. */
export function baseOf(known: Pick<Known, 'bill' | 'parts'>): PlainDate {
  const { bill, parts } = known
  const due = leftOf(known)[0]?.due_on ?? parts.at(-1)?.due_on
  if (due === undefined) return payableUntil(bill)
  return bill.deferred_until !== null && bill.deferred_until > due ? bill.deferred_until : due
}

/** What of a bill should have been paid before a day. */
export function overdueOf(known: Pick<Known, 'parts' | 'bill'>, day: PlainDate): bigint {
  const notYet = leftOf(known).filter((part) => part.due_on >= day)
  const rest = known.bill.outstanding - notYet.reduce((sum, part) => sum + part.left, 0n)
  return rest > 0n ? rest : known.bill.outstanding
}

/** Interest up to a day; null when none is counted. Days of a deferral, and days that were counted, are left out. */
export function interestOn(rule: ReminderRule, known: Known, day: PlainDate): InterestAct | null {
  const { bill, counted } = known
  if (!rule.interest) return null
  const own = known.planned ? [] : known.parts
  const start = own[0]?.due_on ?? bill.due_on
  const from = [bill.deferred_until, bill.interest_until, counted?.until ?? null].reduce<PlainDate>(
    (latest, each) => (each !== null && each > latest ? each : latest),
    start,
  )
  if (from >= day) return null
  // a bill in parts bears interest part by part
  const inParts = own.map((part) => ({ on: addDays(part.due_on, 1), amount: part.amount, corrects: false }))
  const principal =
    own.length === 0 ? known.movements.principal : [...inParts, ...known.movements.principal.filter((each) => each.corrects)]
  const parts = interestParts(rule.interest, balancesOf({ ...known.movements, principal }), from, day)
  return { from, until: day, ...roundInterest(parts, counted?.rest ?? 0n) }
}
