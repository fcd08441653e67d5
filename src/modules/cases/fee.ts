import type { Money } from '../../kernel/money.ts'
import { addWorkingDays, type PlainDate, type WorkCalendar } from '../../kernel/time.ts'
import type { Actor } from '../access/index.ts'
import type { Evaluation, FeeTurn, Outcome, Service, ServiceDefinition } from '../servicefile/index.ts'
import type { Content, View } from '../../ui/index.ts'
import { type Case, transitionsFrom } from './case.ts'

/** What a module above shows of a case's money: pieces of a page, none when there is nothing to say. */
export type CaseMoney = (actor: Actor, view: View, current: Case) => Promise<readonly Content[]>

/** The columns of a case that tell of its fee. */
export type FeeColumns = Pick<Case, 'fee_amount' | 'fee_currency' | 'fee_due' | 'fee_state' | 'fee_due_on'>

/** A line of the journal that is to be written about a fee. */
export type FeeLine = { readonly type: string; readonly data: Record<string, unknown> }

/** A fee that was paid before the application was sent; `key` is the payer's module's name for it. */
export type PaidBefore = Money & { readonly key: string }

type Fee = NonNullable<ServiceDefinition['fee']>

const NO_FEE: FeeColumns = { fee_amount: null, fee_currency: null, fee_due: null, fee_state: null, fee_due_on: null }

/** States of a fee that is still to be paid, now or later. */
const UNPAID = new Set<Case['fee_state']>(['recorded', 'due', 'overdue', 'reversed'])

/** Whether a fee is still to be paid, now or later. */
export function isUnpaid(current: Pick<Case, 'fee_state'>): boolean {
  return UNPAID.has(current.fee_state)
}

/** What has become of a fee, as a workflow asks; nothing to pay any more counts as paid, and an amount nobody can tell yet does not. */
export function turnOf(current: Pick<Case, 'fee_state' | 'fee_amount'>): FeeTurn | null {
  if (current.fee_state === 'paid' || current.fee_state === 'cancelled' || current.fee_amount === 0n) return 'fee_paid'
  if (current.fee_state === 'overdue') return 'fee_overdue'
  return current.fee_state === 'reversed' ? 'fee_reversed' : null
}

/** Whether a case goes on only when its fee is paid. */
export function awaitsPayment(service: Service, current: Case): boolean {
  if (current.closed_at !== null || !isUnpaid(current)) return false
  return transitionsFrom(service.workflow, current.state, 'system').some((each) => each.on === 'fee_paid')
}

/** The columns of a new case's fee, and what is told of it. A fee that was paid before is the one that counts. */
export function feeAtStart(
  service: Service,
  evaluation: Evaluation,
  day: PlainDate,
  calendar: WorkCalendar,
  paid: PaidBefore | null,
): { columns: FeeColumns; lines: readonly FeeLine[] } {
  const { fee } = service.definition
  const owed = paid ?? evaluation.fee
  if (!fee || owed === null) return { columns: NO_FEE, lines: [] }
  const columns = { ...NO_FEE, fee_amount: owed.amount, fee_currency: owed.currency, fee_due: dueOf(fee, paid) }
  if (owed.amount === 0n) return { columns, lines: [] }
  const recorded = { type: 'cases.fee.recorded', data: { ...said(owed), due: columns.fee_due } }
  if (paid) {
    const line = { type: 'cases.fee.paid', data: { ...said(paid), key: paid.key } }
    return { columns: { ...columns, fee_state: 'paid' }, lines: [recorded, line] }
  }
  if (fallsDueAt(fee, evaluation) !== 'submission') return { columns: { ...columns, fee_state: 'recorded' }, lines: [recorded] }
  const due = dueFrom(fee, day, calendar)
  return { columns: { ...columns, fee_state: 'due', fee_due_on: due }, lines: [recorded, dueLine(fee, owed, due)] }
}

/** A fee to be paid before that could not be: it is due with the application. */
function dueOf(fee: Fee, paid: PaidBefore | null): Fee['due'] {
  return fee.due === 'before_submission' && paid === null ? 'at_submission' : fee.due
}

/** When a fee falls due; that of a correction waits for the decision, which may change the earlier fee instead. */
function fallsDueAt(fee: Fee, evaluation: Evaluation): 'submission' | 'decision' {
  if (correctedReference(fee, evaluation) !== null || fee.due === 'at_decision') return 'decision'
  return fee.due === 'later' ? (fee.pay_within.from ?? 'decision') : 'submission'
}

/** The reference of the earlier case that this one corrects; null when it corrects none. */
export function correctedReference(fee: Fee, evaluation: Pick<Evaluation, 'answers'>): string | null {
  const given = fee.corrects ? evaluation.answers[fee.corrects.reference] : null
  return typeof given === 'string' && given !== '' ? given : null
}

/** The last day to pay a fee that falls due on a day. */
export function dueFrom(fee: Fee, day: PlainDate, calendar: WorkCalendar): PlainDate {
  return addWorkingDays(day, fee.pay_within.working_days, calendar)
}

/** What a decision makes of the case's own fee: due when it is granted and was not before; cancelled when nothing is owed any more. */
export function feeAtDecision(
  service: Service,
  current: Case,
  outcome: Outcome,
  day: PlainDate,
  calendar: WorkCalendar,
): { columns: Partial<FeeColumns>; line: FeeLine } | null {
  const { fee } = service.definition
  const owed = owedOf(current)
  if (!fee || owed === null || !isUnpaid(current)) return null
  if (outcome !== 'granted') return feeCancelled(owed, outcome)
  if (current.fee_state !== 'recorded' || current.fee_due === 'at_submission') return null
  const due = dueFrom(fee, day, calendar)
  return { columns: { fee_state: 'due', fee_due_on: due }, line: dueLine(fee, owed, due) }
}

/** A fee that is not owed any more. */
export function feeCancelled(owed: Money, why: string): { columns: Partial<FeeColumns>; line: FeeLine } {
  return { columns: { fee_state: 'cancelled' }, line: { type: 'cases.fee.cancelled', data: { ...said(owed), why } } }
}

/** The fee of a case as money; null when it has none, or nobody can tell yet. */
export function owedOf(current: Pick<Case, 'fee_amount' | 'fee_currency'>): Money | null {
  return current.fee_amount === null || current.fee_currency === null
    ? null
    : { amount: current.fee_amount, currency: current.fee_currency }
}

/**
 * What a correction makes of an earlier fee: null when it cannot be changed. More to pay than was paid makes it due
 * again; less than was paid is for the city to give back.
 */
export function feeChanged(
  fee: Fee,
  earlier: Case,
  to: bigint,
  day: PlainDate,
  calendar: WorkCalendar,
): { columns: Partial<FeeColumns>; data: Record<string, unknown> } | null {
  const { fee_amount: from, fee_currency: currency, fee_state: state } = earlier
  if (from === null || currency === null || state === null || state === 'cancelled' || state === 'refunded') return null
  const again = state === 'paid' && to > from ? dueFrom(fee, day, calendar) : null
  const columns = { fee_amount: to, ...(again ? { fee_state: 'due' as const, fee_due_on: again } : {}) }
  return { columns, data: { from: from.toString(), to: to.toString(), currency, ...(again ? { due_on: again } : {}) } }
}

function said(money: Money): { amount: string; currency: string } {
  return { amount: money.amount.toString(), currency: money.currency }
}

function dueLine(fee: Fee, owed: Money, due: PlainDate): FeeLine {
  return { type: 'cases.fee.due', data: { ...said(owed), due_on: due, revenue: fee.revenue } }
}
