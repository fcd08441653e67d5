import type { Confirmation, ReportOutcome, ReportState } from '../report.ts'

/** As what the public figures count a report: a fix that somebody confirmed is told apart from one that nobody disputed. */
export const publicStandings = [
  'open', 'checking', 'confirmed', 'silent', 'not_ours', 'duplicate', 'no_action', 'referred', 'withdrawn', 'elsewhere',
] as const // prettier-ignore
export type PublicStanding = (typeof publicStandings)[number]

/** As what a report is counted. */
export function publicStanding(report: {
  readonly state: ReportState
  readonly outcome: ReportOutcome | null
  readonly confirmed_by: Confirmation | null
}): PublicStanding {
  if (report.state === 'checking') return 'checking'
  if (report.outcome === null) return 'open'
  if (report.outcome !== 'fixed') return report.outcome
  return report.confirmed_by === 'silence' ? 'silent' : 'confirmed'
}

/** The standings that a filter by state means. */
export const standingsOfState: Readonly<Record<'open' | 'checking' | 'closed', readonly PublicStanding[]>> = {
  open: ['open'],
  checking: ['checking'],
  closed: ['confirmed', 'silent', 'not_ours', 'duplicate', 'no_action', 'referred', 'withdrawn', 'elsewhere'],
}
