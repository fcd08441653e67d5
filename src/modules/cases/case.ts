import { Problem } from '../../kernel/problem.ts'
import { addWorkingDays, type PlainDate, workingDaysBetween, type WorkCalendar } from '../../kernel/time.ts'
import type { Outcome, ServiceDefinition, State, Transition, Workflow } from '../servicefile/index.ts'

/** When a fee falls due, as the service file says. */
export type FeeDue = NonNullable<ServiceDefinition['fee']>['due']

/** Where a fee stands: `recorded` is known and not due yet; `reversed` was paid and taken back. */
export const feeStates = ['recorded', 'due', 'paid', 'overdue', 'reversed', 'refunded', 'cancelled'] as const
export type FeeState = (typeof feeStates)[number]

/** Working days before the deadline from which every case is due soon; its service may warn before. */
export const SOON_DAYS = 5

/** A case: who has it, in which state, and until when. What was answered is in the vault. */
export type Case = {
  readonly id: string
  readonly reference: string
  readonly journey_id: string
  readonly service_id: string
  readonly version: string
  readonly agency: string
  readonly officer: string | null
  readonly person_id: string
  readonly account_id: string | null
  /** By which mandate or helped session somebody else sent it. */
  readonly acting_id: string | null
  readonly record_id: string
  readonly state: string
  readonly state_since: Date
  readonly waiting_for: State['with']
  readonly information_since: PlainDate | null
  /** Since when the legal clock stands still; null while it runs. */
  readonly paused_since: PlainDate | null
  readonly outcome: Outcome | null
  readonly submitted_at: Date
  readonly closed_at: Date | null
  /** The last day on which a closed case is kept. */
  readonly kept_until: PlainDate | null
  /** When what was said in it was erased. */
  readonly erased_at: Date | null
  readonly deadline: PlainDate | null
  readonly warn_on: PlainDate | null
  readonly expected_on: PlainDate | null
  readonly warned: boolean
  readonly overdue_noted: boolean
  readonly timer_on: PlainDate | null
  readonly fee_amount: bigint | null
  readonly fee_currency: string | null
  readonly fee_due: FeeDue | null
  /** Where the fee stands; null when nothing is to be paid. */
  readonly fee_state: FeeState | null
  /** The last day to pay; null until the fee falls due. */
  readonly fee_due_on: PlainDate | null
  readonly eligible: boolean | null
  readonly proposed_transition: string | null
  readonly proposed_by: string | null
  readonly proposed_reason: string | null
  readonly language: string
  readonly channel: string
  readonly revision: number
}

/** What a guard may read as `case`. */
export type CaseContext = {
  readonly open_consultations: number
  readonly eligible: boolean | null
  /** Whether the fee is paid, or nothing is to be paid. */
  readonly fee_paid: boolean
}

/** The state of a workflow by id; throws when the case is in a state its version does not know (a bug). */
export function stateOf(workflow: Workflow, id: string): State {
  const state = workflow.states.find((each) => each.id === id)
  if (!state) throw new Error(`invariant broken: state ${id} is in the workflow`)
  return state
}

/** The transitions that this kind of actor may take from a state, whatever their guards say. */
export function transitionsFrom(workflow: Workflow, state: string, by: Transition['by'][number]): Transition[] {
  return workflow.transitions.filter((each) => each.from.includes(state) && each.by.includes(by))
}

/** Finds a transition that may be taken from the case's state; throws 409 when the case has moved on. */
export function transitionFor(workflow: Workflow, current: Case, id: string, by: Transition['by'][number]): Transition {
  const transition = transitionsFrom(workflow, current.state, by).find((each) => each.id === id)
  if (!transition || current.closed_at !== null) {
    throw new Problem(
      'cases.transition-not-allowed',
      409,
      'The case has moved on, and this step is not possible any more. Look at it again.',
    )
  }
  return transition
}

/** Refuses when somebody else changed the case since the page was drawn. */
export function refuseStale(current: Case, revision: number): void {
  if (current.revision !== revision) {
    throw new Problem('cases.changed', 409, 'Somebody else changed this case while you had it open.', { revision: current.revision })
  }
}

/** What entering a state changes; its clock is set by `setClock`. */
export function enter(
  workflow: Workflow,
  state: State,
  day: PlainDate,
  calendar: WorkCalendar,
): Pick<Case, 'state' | 'waiting_for' | 'timer_on'> {
  const timers = transitionsFrom(workflow, state.id, 'system').flatMap((each) => (each.after ? [each.after.working_days] : []))
  const soonest = timers.length > 0 ? Math.min(...timers) : null
  return {
    state: state.id,
    waiting_for: state.final ? 'nobody' : state.with,
    timer_on: soonest === null || state.final ? null : addWorkingDays(day, soonest, calendar),
  }
}

/** Stops the legal clock, or lets it run again with its deadline moved by the working days it stood still. */
export function setClock(
  current: Pick<Case, 'paused_since' | 'deadline'>,
  paused: boolean,
  day: PlainDate,
  calendar: WorkCalendar,
): Partial<Pick<Case, 'paused_since' | 'deadline' | 'warned'>> {
  if (paused) return { paused_since: current.paused_since ?? day }
  if (current.paused_since === null) return {}
  const moved = current.deadline ? resumeClock(current.deadline, current.paused_since, day, calendar) : null
  return { paused_since: null, deadline: moved, ...(moved === current.deadline ? {} : { warned: false }) }
}

/** A deadline that stood still from `since` until `day`: moved by the working days in between. */
export function resumeClock(deadline: PlainDate, since: PlainDate, day: PlainDate, calendar: WorkCalendar): PlainDate {
  return addWorkingDays(deadline, Math.max(0, workingDaysBetween(since, day, calendar)), calendar)
}

/** The day to warn on: `days` working days before the deadline, never before `from`. */
export function warningDay(deadline: PlainDate, days: number, from: PlainDate, calendar: WorkCalendar): PlainDate {
  const total = workingDaysBetween(from, deadline, calendar)
  return addWorkingDays(from, Math.max(0, total - days), calendar)
}
