import { invariant, present } from '../../kernel/invariant.ts'
import type { PlainDate } from '../../kernel/time.ts'

/** Who must act now: the triage desk, a crew, a crew at work, those who reported it, nobody. */
export const reportStates = ['received', 'assigned', 'in_progress', 'checking', 'closed'] as const
export type ReportState = (typeof reportStates)[number]

/** The states in which the city has work to do. */
export const openStates = ['received', 'assigned', 'in_progress'] as const

/** What shows that it was fixed. */
export type Evidence =
  | { readonly kind: 'photo'; readonly photo: string }
  | { readonly kind: 'work_order'; readonly order: string; readonly on: PlainDate }

/** Why nothing is done. */
export const noActionReasons = ['nothing_found', 'already_fixed', 'private_land', 'within_tolerance', 'not_possible', 'abuse'] as const
export type NoActionReason = (typeof noActionReasons)[number]

/** A fix, and what shows it. */
export type Fix = { readonly outcome: 'fixed'; readonly evidence: Evidence }

/** How a report ends when it was not fixed; each with the fact without which nobody may say so. */
export type OtherEnd =
  | { readonly outcome: 'not_ours'; readonly authority: string }
  | { readonly outcome: 'duplicate'; readonly of: string }
  | { readonly outcome: 'no_action'; readonly reason: NoActionReason }
  | { readonly outcome: 'referred'; readonly programme: string; readonly on: PlainDate }
  | { readonly outcome: 'withdrawn' }
  /** Closed in the system that it was brought from, which said `status` and nothing that could be checked. */
  | { readonly outcome: 'elsewhere'; readonly status: string }

/** How a report ends. */
export type Closure = Fix | OtherEnd
export type ReportOutcome = Closure['outcome']

/** By whom a fix was confirmed: the one who reported it, two who follow it, or nobody within the category's period. */
export type Confirmation = 'reporter' | 'followers' | 'silence'

/** Where a report stands. A closed one without an outcome, and a fix without evidence, cannot be written down. */
export type Standing =
  | { readonly state: (typeof openStates)[number]; readonly closure: null; readonly confirmed: null }
  | { readonly state: 'checking'; readonly closure: Fix; readonly confirmed: null; readonly until: PlainDate }
  | { readonly state: 'closed'; readonly closure: Fix; readonly confirmed: Confirmation }
  | { readonly state: 'closed'; readonly closure: OtherEnd; readonly confirmed: null }

/** From where a report came. Imports and mirrors have a name of their own behind a colon: `import:baltimore`, `pull:cologne`. */
export type ReportSource = 'web' | 'open311' | 'crew' | 'officer' | `import:${string}` | `pull:${string}`

/** A report: what the public may know of it, and where in the vault the rest is. The row of `reports.report`. */
export type Report = {
  readonly id: string
  readonly reference: string
  readonly category: string
  readonly agency: string
  readonly crew: string | null
  readonly officer: string | null
  readonly district: string | null
  readonly lat: number
  readonly long: number
  readonly cell: string
  readonly address: string | null
  readonly text: string
  readonly masked: boolean
  /** Answers by question, of kinds that cannot hold personal data. */
  readonly answers: Readonly<Record<string, unknown>>
  readonly language: string
  readonly state: ReportState
  readonly outcome: ReportOutcome | null
  readonly closure: Closure | null
  /** What showed the last fix that was said to be none: it shows no other. */
  readonly contested: Evidence | null
  readonly confirmed_by: Confirmation | null
  readonly person_id: string | null
  readonly record_id: string | null
  readonly account_id: string | null
  readonly source: ReportSource
  readonly source_id: string | null
  readonly urgent: boolean
  readonly hidden: boolean
  readonly opened_at: Date
  readonly due_on: PlainDate | null
  readonly warn_on: PlainDate | null
  readonly warned: boolean
  readonly overdue_noted: boolean
  readonly assigned_at: Date | null
  readonly ended_at: Date | null
  /** The last day on which "still broken" reopens it by itself. */
  readonly checking_until: PlainDate | null
  readonly reopened: number
  readonly merged_into: string | null
  readonly updated_at: Date
  readonly revision: number
}

/** The columns that say where a report stands. */
type Stands = Pick<Report, 'state' | 'closure' | 'confirmed_by' | 'checking_until'>

/** Where a report stands, as one value in which nothing can be missing; throws when a row says what no act can make it say (a bug). */
export function standing({ state, closure, confirmed_by: confirmed, checking_until: until }: Stands): Standing {
  if (state !== 'checking' && state !== 'closed') {
    invariant(closure === null && confirmed === null, 'an open report has no outcome')
    return { state, closure, confirmed }
  }
  const ended = present(closure, 'a report that ended says how')
  if (ended.outcome !== 'fixed') {
    invariant(state === 'closed' && confirmed === null, 'only a fix is checked and confirmed')
    return { state, closure: ended, confirmed }
  }
  if (state === 'closed') return { state, closure: ended, confirmed: present(confirmed, 'a closed fix says by whom it was confirmed') }
  invariant(confirmed === null, 'what is being checked is not confirmed')
  return { state, closure: ended, confirmed, until: present(until, 'a fix is checked until a day') }
}

/** Whether the city has work to do on it. */
export function isOpen(report: Pick<Report, 'state'>): boolean {
  return openStates.some((state) => state === report.state)
}
