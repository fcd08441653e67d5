import type { JournalEvent } from '../../../platform/journal/event.ts'
import { textIn } from '../../../platform/journal/event.ts'
import { eventsOf } from '../../../platform/journal/journal.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import { staffNames, staffOfAgency } from '../../identity/index.ts'
import { type ConcernReason, approximateAmong, openConcerns } from '../page/store.ts'
import type { Report } from '../report.ts'
import {
  type Board, expectedFinish, type Expected, factsOf, getReport, nearby, type Near, openReport, photosOf, timelineOf, type Unmasked,
} from '../service/index.ts' // prettier-ignore
import { mergedInto, type PhotoRow, type UpdateRow } from '../store.ts'
import { daysLeft } from './desk.ts'

/** Everything that an officer sees of a report. */
export type SortedReport = {
  readonly report: Report
  readonly daysLeft: number | null
  readonly approximate: boolean
  readonly expected: Expected | null
  /** The report that this is a duplicate of, if the officer may see it. */
  readonly root: Report | null
  readonly duplicates: readonly Report[]
  /** Open ones of the same kind nearby that the officer may sort too. */
  readonly near: readonly Near[]
  readonly photos: readonly PhotoRow[]
  readonly updates: readonly UpdateRow[]
  readonly events: readonly JournalEvent[]
  readonly concerns: readonly ConcernReason[]
  /** The staff of the report's agency. */
  readonly staff: ReadonlyArray<{ id: string; name: string }>
  /** Names of the staff that the report and its history mention. */
  readonly names: ReadonlyMap<string, string>
  /** What only staff may know; null when it was not asked for, or there is none. */
  readonly unmasked: Unmasked | null
}

/** The account that a line of the journal names as its actor, if it does. */
export function accountIn(journalName: string): string | null {
  return /^account:([0-9a-f-]{36})$/.exec(journalName)?.[1] ?? null
}

/** A report for whoever may sort it; with `personal` what only staff may know is opened, and the journal says so. Throws 403 or 404 for others. */
export async function sortedReport(board: Board, actor: Actor, id: string, personal: boolean): Promise<SortedReport> {
  const { platform } = board
  const { db } = platform
  const report = await getReport(board, id)
  allow(actor, 'reports.triage', factsOf(report))
  const mine = (each: Report): boolean => each.id !== report.id && may(actor, 'reports.triage', factsOf(each))
  const [events, updates, photos, near, duplicates, concerns, approximate, staff, root, expected] = await Promise.all([
    eventsOf(platform, report.id),
    timelineOf(board, report, { all: true }),
    photosOf(board, report, { all: true }),
    report.state === 'closed' ? [] : nearby(board, report.category, report.lat, report.long),
    mergedInto(db, report.id),
    openConcerns(db, [report.id]),
    approximateAmong(db, [report.id]),
    staffOfAgency(platform, report.agency),
    report.merged_into === null ? null : getReport(board, report.merged_into),
    report.state === 'closed' ? null : expectedFinish(board, report),
  ])
  const mentioned = events.flatMap((event) => [accountIn(event.actor), accountIn(`account:${textIn(event.data, 'officer')}`)])
  const wanted = [...new Set([report.officer, ...mentioned].filter((each) => each !== null))]
  return {
    report,
    daysLeft: daysLeft(board, report),
    approximate: approximate.has(report.id),
    expected,
    root: root && mine(root) ? root : null,
    duplicates: duplicates.filter(mine),
    near: near.filter(mine),
    photos,
    updates,
    events,
    concerns: concerns.map((each) => each.reason),
    staff,
    names: wanted.length === 0 ? new Map() : await staffNames(platform, wanted),
    unmasked: personal ? await openReport(board, actor, report, 'report.triage') : null,
  }
}
