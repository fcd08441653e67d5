import { notFound } from '../../../kernel/problem.ts'
import { today } from '../../../platform/platform.ts'
import { plainWords, type View } from '../../../ui/index.ts'
import { type Actor, allow } from '../../access/index.ts'
import type { Point } from '../../places/index.ts'
import type { Crew } from '../categories/file.ts'
import { photoById, photosOfReports } from '../photos/store.ts'
import type { Report } from '../report.ts'
import { type Board, factsOf, getReport, type Picture, publicPhoto, staffPhoto } from '../service/index.ts'
import { type PhotoRow, updatesOf } from '../store.ts'
import { ownCrews } from './members.ts'
import { shortRun, stepsOf } from './run.ts'
import { type Stop, stopOf } from './stop.ts'
import { reportsOfCrews } from './store.ts'

/** The most stops of one run: more than a crew does in a day. What presses least waits for the next one. */
export const MOST_STOPS = 60

/** How a list is ordered: as a short way, or by the day things are due. */
export const runOrders = ['route', 'due'] as const
export type RunOrder = (typeof runOrders)[number]

/** Today's list of the actor's crews. */
export type Run = {
  readonly crews: ReadonlyArray<{ readonly id: string; readonly name: string }>
  readonly stops: readonly Stop[]
  readonly overdue: number
  /** How many wait behind those that are on the list. */
  readonly waiting: number
  /** The metres of the whole way. */
  readonly metres: number
}

/** Today's list of the actor's crews, as a short way from where they are, or from what presses most. Throws 403 for whoever goes out with none. */
export async function runOf(
  board: Board,
  actor: Actor,
  view: View,
  { order, from }: { order: RunOrder; from: Point | null },
): Promise<Run> {
  const crews = await crewsOrRefuse(board, actor)
  const { platform } = board
  const { reports, count } = await reportsOfCrews(
    platform.db,
    crews.map((crew) => crew.id),
    MOST_STOPS,
  )
  const way = order === 'route' ? shortRun(reports, from) : byDue(reports)
  const steps = stepsOf(reports, way, from)
  const stops = await stopsOf(
    board,
    view,
    way.flatMap((index) => reports[index] ?? []),
    steps,
  )
  return {
    crews: crews.map((crew) => ({ id: crew.id, name: plainWords(view, crew.name) })),
    stops,
    overdue: stops.filter((stop) => stop.overdue !== null).length,
    waiting: count - reports.length,
    metres: steps.reduce((sum, metres) => sum + metres, 0),
  }
}

function byDue(reports: readonly Report[]): number[] {
  const due = (index: number): string => reports[index]?.due_on ?? '9999-12-31'
  return [...reports.keys()].toSorted((a, b) => (due(a) < due(b) ? -1 : due(a) > due(b) ? 1 : a - b))
}

/** The actor's crews; throws 403 (or 401) when there is none. */
export async function crewsOrRefuse(board: Board, actor: Actor): Promise<Crew[]> {
  const crews = await ownCrews(board, actor)
  // nobody works for no agency: the refusal is the policy's own
  if (crews.length === 0) allow(actor, 'reports.work', { agency: '-' })
  return crews
}

/** A report on the list of one of the actor's crews. Throws 404 for any other, as if it were not there. */
export async function crewReport(board: Board, actor: Actor, reference: string, lock = false): Promise<Report> {
  const found = await getReport(board, reference, lock)
  const crews = await ownCrews(board, actor)
  if (found.crew === null || !crews.some((crew) => crew.id === found.crew)) throw notFound('report')
  allow(actor, 'reports.work', factsOf(found))
  return found
}

/** A report of one of the actor's crews, as its page shows it. */
export async function crewStop(board: Board, actor: Actor, view: View, reference: string): Promise<{ report: Report; stop: Stop }> {
  const report = await crewReport(board, actor, reference)
  const [stop] = await stopsOf(board, view, [report], [])
  if (!stop) throw notFound('report')
  return { report, stop: { ...stop, number: null } }
}

async function stopsOf(board: Board, view: View, reports: readonly Report[], steps: readonly number[]): Promise<Stop[]> {
  const { db } = board.platform
  const ids = reports.map((report) => report.id)
  const [photos, updates] = await Promise.all([photosOfReports(db, ids), updatesOf(db, ids)])
  return reports.map((report, at) =>
    stopOf(view, {
      report,
      categories: board.categories,
      today: today(board.platform),
      number: at + 1,
      metres: steps[at] ?? 0,
      photos: photos.filter((photo) => photo.report_id === report.id && isHere(photo)),
      updates: updates.filter((update) => update.report_id === report.id),
      map: board.places !== null,
    }),
  )
}

function isHere(photo: PhotoRow): boolean {
  return photo.state !== 'hidden' && (photo.file_key !== null || photo.document_id !== null)
}

/**
 * A picture of a report of the actor's crew: what the public sees, or else the original from the vault, whose opening is
 * written down. Throws 404.
 */
export async function crewPhoto(board: Board, actor: Actor, reference: string, photoId: string): Promise<Picture> {
  const report = await crewReport(board, actor, reference)
  const photo = await photoById(board.platform.db, photoId)
  if (photo?.report_id !== report.id || !isHere(photo)) throw notFound('photo')
  if (photo.state === 'public' && photo.file_key !== null && !report.hidden) return publicPhoto(board, photo.id)
  return staffPhoto(board, actor, photo.id)
}
