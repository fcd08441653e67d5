import { notFound } from '../../../kernel/problem.ts'
import { photosOfReports } from '../photos/store.ts'
import { isOpen, type Report } from '../report.ts'
import { type Board, type Expected, expectedFinish, getReport, photosOf, timelineOf } from '../service/index.ts'
import type { PhotoRow, UpdateRow } from '../store.ts'
import type { Holder } from './holder.ts'
import { approximateAmong } from './store.ts'

/** Everything that the page of a report shows. */
export type ShownReport = {
  readonly report: Report
  /** The place is known by district and words only. */
  readonly approximate: boolean
  /** The report that this is a duplicate of. */
  readonly root: Report | null
  readonly updates: readonly UpdateRow[]
  readonly photos: readonly PhotoRow[]
  readonly expected: Expected | null
}

/** The report that a reader may see: a hidden one only its reporter. Throws 404. */
export function seenBy(report: Report, holder: Pick<Holder, 'follower'>): Report {
  if (report.hidden && holder.follower?.kind !== 'reporter') throw notFound('report')
  return report
}

/** Reads what the page of a report shows. */
export async function showReport(board: Board, report: Report): Promise<ShownReport> {
  const [updates, photos, approximate, root, expected] = await Promise.all([
    timelineOf(board, report),
    photosOf(board, report),
    approximateAmong(board.platform.db, [report.id]),
    report.merged_into === null ? null : getReport(board, report.merged_into),
    isOpen(report) ? expectedFinish(board, report) : null,
  ])
  return { report, approximate: approximate.has(report.id), root: root?.hidden ? null : root, updates, photos, expected }
}

/** The first public photo of each of these reports. */
export async function firstPhotos(board: Board, ids: readonly string[]): Promise<Map<string, string>> {
  const all = await photosOfReports(board.platform.db, ids)
  const shown = all.filter((each) => each.state === 'public' && each.file_key !== null)
  return new Map(shown.toReversed().map((each) => [each.report_id, each.id]))
}
