import { Problem } from '../../kernel/problem.ts'
import type { PlainDate } from '../../kernel/time.ts'
import type { Category } from './categories/categories.ts'
import { checkedUntil, silentOver } from './clock.ts'
import { type Confirmation, type Evidence, isOpen, type OtherEnd, type Report } from './report.ts'
import type { Desk } from './routing.ts'

/** What an act changes of a report; who holds its row writes it down. */
export type Change = Partial<
  Pick<
    Report,
    | 'agency'
    | 'crew'
    | 'officer'
    | 'state'
    | 'outcome'
    | 'closure'
    | 'contested'
    | 'confirmed_by'
    | 'assigned_at'
    | 'ended_at'
    | 'checking_until'
    | 'reopened'
    | 'merged_into'
  >
>

/** What a rule reads of a report. */
export type Ruled = Pick<
  Report,
  | 'id'
  | 'state'
  | 'outcome'
  | 'closure'
  | 'contested'
  | 'confirmed_by'
  | 'agency'
  | 'crew'
  | 'checking_until'
  | 'reopened'
  | 'merged_into'
  | 'source'
>

function refuse(): never {
  throw new Problem(
    'reports.transition-not-allowed',
    409,
    'The report has moved on, and this step is not possible any more. Look at it again.',
  )
}

/** Refuses when somebody else changed the report since the page was drawn. */
export function refuseStale(report: Pick<Report, 'revision'>, revision: number | undefined): void {
  if (revision !== undefined && report.revision !== revision)
    throw new Problem('reports.changed', 409, 'Somebody else changed this report while you had it open.', { revision: report.revision })
}

/** Gives an open report to a crew, or back to an agency's desk; its clock runs on as it was. */
export function assignTo(report: Ruled, desk: Desk, officer: string | null, at: Date): Change {
  if (!isOpen(report)) refuse()
  return { agency: desk.agency, crew: desk.crew, officer, ...(desk.crew === null ? atDesk() : withCrew(at)) }
}

function atDesk(): Change {
  return { state: 'received', assigned_at: null }
}

function withCrew(at: Date): Change {
  return { state: 'assigned', assigned_at: at }
}

/** A crew, or an officer of the desk, has begun. */
export function startWork(report: Ruled): Change {
  if (report.state !== 'received' && report.state !== 'assigned') refuse()
  return { state: 'in_progress' }
}

/** The days that a fix lies between: that on which the report came, and today. */
export type FixDays = { readonly opened: PlainDate; readonly today: PlainDate }

/**
 * It is said to be fixed, with what shows it. From now on those who reported it are asked; a fix without evidence, with a
 * work order of a day before the report or to come, or with what was said to be still broken, is refused with 422.
 */
export function fix(
  report: Ruled,
  evidence: Evidence,
  at: Date,
  { opened, today }: FixDays,
  category: Pick<Category, 'check_days'>,
): Change {
  if (!isOpen(report)) refuse()
  const shown =
    evidence.kind === 'photo' ? evidence.photo !== '' : evidence.order.trim() !== '' && opened <= evidence.on && evidence.on <= today
  if (report.contested !== null && sameEvidence(evidence, report.contested))
    throw new Problem('reports.same-evidence', 422, 'This was shown before, and it was still broken. Show what was done since.')
  if (!shown) throw new Problem('reports.no-evidence', 422, 'A fix needs a photo, or the number of a work order and its day.')
  return {
    state: 'checking',
    outcome: 'fixed',
    closure: { outcome: 'fixed', evidence },
    ended_at: at,
    checking_until: checkedUntil(today, category),
  }
}

function sameEvidence(one: Evidence, other: Evidence): boolean {
  if (one.kind === 'photo') return other.kind === 'photo' && one.photo === other.photo
  return other.kind === 'work_order' && one.order.trim() === other.order.trim() && one.on === other.on
}

/**
 * It ends otherwise. A fact that is missing, or a programme of a day that has passed, is refused with 422; only what another
 * system closed ends `elsewhere`.
 */
export function end(report: Ruled, how: OtherEnd, at: Date, today: PlainDate): Change {
  if (how.outcome === 'referred' && how.on < today) refuseFact()
  return endAs(report, how, at)
}

function refuseFact(): never {
  throw new Problem('reports.no-fact', 422, 'Say what this ending needs: to whom, of which, why, or when.')
}

function endAs(report: Ruled, how: OtherEnd, at: Date): Change {
  if (!isOpen(report)) refuse()
  if (how.outcome === 'elsewhere' && !/^(import|pull):/.test(report.source)) refuse()
  if (factOf(how) === '') refuseFact()
  if (how.outcome === 'duplicate' && how.of === report.id) refuse()
  return {
    state: 'closed',
    outcome: how.outcome,
    closure: how,
    ended_at: at,
    checking_until: null,
    merged_into: how.outcome === 'duplicate' ? how.of : null,
  }
}

function factOf(how: OtherEnd): string {
  switch (how.outcome) {
    case 'not_ours':
      return how.authority
    case 'duplicate':
      return how.of
    case 'no_action':
      return how.reason
    case 'referred':
      return how.on === '' ? '' : how.programme.trim()
    case 'elsewhere':
      return how.status
    default:
      return how.outcome
  }
}

/** The fix is confirmed, and the report ends. */
export function confirm(report: Ruled, by: Confirmation): Change {
  if (report.state !== 'checking') refuse()
  return { state: 'closed', confirmed_by: by }
}

/** The period after a fix has passed without a word. */
export function confirmSilently(report: Ruled, today: PlainDate): Change {
  if (!silentOver(report, today)) refuse()
  return confirm(report, 'silence')
}

/**
 * It is still broken: open again, at the crew that said otherwise, due when it was due. Also after it was confirmed, within
 * the same period.
 */
export function stillBroken(report: Ruled, at: Date, today: PlainDate): Change {
  if (report.closure?.outcome !== 'fixed') refuse()
  if (report.checking_until === null || report.checking_until < today)
    throw new Problem('reports.check-over', 409, 'The time for saying so has passed. Report it again.')
  return {
    ...(report.crew === null ? atDesk() : withCrew(at)),
    outcome: null,
    closure: null,
    contested: report.closure.evidence,
    confirmed_by: null,
    ended_at: null,
    checking_until: null,
    reopened: report.reopened + 1,
  }
}

/** A report that tells of the same thing as another, which stays; neither may have ended, and nothing is a duplicate of itself. */
export function merge(report: Ruled, into: Ruled, at: Date): Change {
  if (into.id === report.id || into.merged_into !== null || into.state === 'closed') refuse()
  return endAs(report, { outcome: 'duplicate', of: into.id }, at)
}

/** A duplicate that is none: open again, where it was. */
export function unmerge(report: Ruled, at: Date): Change {
  if (report.outcome !== 'duplicate') refuse()
  const back = report.crew === null ? atDesk() : withCrew(at)
  return { ...back, outcome: null, closure: null, ended_at: null, merged_into: null }
}
