import { Problem } from '../../../kernel/problem.ts'
import type { Role, RoleBinding } from '../../access/index.ts'

/** For how many days a role can be given; none is given for longer. */
export const GRANT_DAYS = [30, 90, 180, 365, 730] as const
/** For how long a role is given where nobody says otherwise, in days. */
export const USUAL_DAYS = 365
/** After so many days somebody is asked whether a grant is still needed. */
export const REVIEW_DAYS = 90
/** So many days after the question a grant ends when nobody has answered. */
export const ANSWER_DAYS = 30
/** So many days before its end a grant is shown to administrators. */
export const SOON_DAYS = 14

const DAY = 86_400_000

/** A role that an account holds: until when, from whom, and when somebody last said that it is needed. */
export type Grant = {
  readonly id: string
  readonly accountId: string
  readonly role: Role
  readonly agency: string | null
  readonly grantedAt: Date
  /** The account that gave it; null when the system did. */
  readonly grantedBy: string | null
  readonly endsAt: Date | null
  readonly reviewedAt: Date | null
  readonly reviewedBy: string | null
  readonly reviewDueAt: Date | null
}

/** An instant so many days later. */
export function daysAfter(at: Date, days: number): Date {
  return new Date(at.getTime() + days * DAY)
}

/** When a role given now ends and is to be reviewed; residents stay residents. */
export function termOf(role: Role, now: Date, ends: Date | null): { ends: Date | null; reviewDue: Date | null } {
  if (role === 'resident') return { ends, reviewDue: null }
  return { ends: ends ?? daysAfter(now, USUAL_DAYS), reviewDue: daysAfter(now, REVIEW_DAYS) }
}

/** The number of days that was chosen; the usual term when a form says none. Throws 422 for any other. */
export function chosenDays(text: string | null): number {
  if (text === null) return USUAL_DAYS
  const days = GRANT_DAYS.find((each) => String(each) === text)
  if (days === undefined) throw new Problem('identity.term-needed', 422, 'Choose for how long the role is given.')
  return days
}

/** Whether the question "still needed?" stands open for a grant. */
export function isDue(grant: Pick<Grant, 'reviewDueAt'>, now: Date): boolean {
  return grant.reviewDueAt !== null && grant.reviewDueAt <= now
}

/** Whether a grant ends within the days in which administrators are shown it. */
export function endsSoon(grant: Pick<Grant, 'endsAt'>, now: Date): boolean {
  return grant.endsAt !== null && grant.endsAt <= daysAfter(now, SOON_DAYS)
}

/** What becomes of a further role beside those that somebody holds. */
export type Separation = 'free' | 'warned' | 'refused'

const WORKS_ON_CASES: ReadonlySet<Role> = new Set<Role>(['officer', 'supervisor'])

/**
 * Separation of duties: an auditor holds no other role of staff, since nobody audits their own work; an administrator who
 * works on cases could give themselves any case, so the two come together only when somebody else says so knowingly.
 */
export function separationOf(held: readonly Role[], wanted: Role): Separation {
  const others = held.filter((role) => role !== 'resident' && role !== wanted)
  if (others.length === 0 || wanted === 'resident') return 'free'
  if (wanted === 'auditor' || others.includes('auditor')) return 'refused'
  const administers = wanted === 'administrator' || others.includes('administrator')
  const works = WORKS_ON_CASES.has(wanted) || others.some((role) => WORKS_ON_CASES.has(role))
  return administers && works ? 'warned' : 'free'
}

/** Throws 409 when a role may not come to those that somebody holds, or only with `knowingly`. Tells whether it is such a pair. */
export function refuseDuties(held: readonly RoleBinding[], wanted: Role, knowingly: boolean): boolean {
  const found = separationOf(
    held.map((each) => each.role),
    wanted,
  )
  if (found === 'refused') throw new Problem('identity.duties-apart', 409, 'An auditor holds no other role of staff.')
  if (found === 'warned' && !knowingly)
    throw new Problem('identity.duties-warned', 409, 'This person would administer and work on cases. Confirm that this is meant.')
  return found === 'warned'
}
