import { newCode, normaliseCode, parseReference, isUuid } from '../../../kernel/id.ts'
import { notFound } from '../../../kernel/problem.ts'
import type { Messages } from '../../../platform/i18n.ts'
import { record } from '../../../platform/journal/journal.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { Actor, Resource } from '../../access/index.ts'
import { blindedPerson } from '../../people/index.ts'
import type { Places } from '../../places/index.ts'
import type { Categories, Category } from '../categories/categories.ts'
import { addedCategories } from '../categories/store.ts'
import type { Report } from '../report.ts'
import { type CityTime, cityTimes } from '../routing.ts'
import * as store from '../store.ts'
import { nearestAddresses } from './nearest.ts'

/** What the use cases of this module work with. */
export type Board = {
  readonly platform: Platform
  readonly categories: Categories
  /** Null for a city without `geo/`: reports then have no district. */
  readonly places: Places | null
  /** The words of every language. */
  readonly words: Messages
  /** Weekday and minute of an instant in the city. */
  readonly cityTime: (instant: Date) => CityTime
  /** The address nearest to a point, as a line; null when none is near. */
  readonly nearest: (lat: number, long: number) => string | null
}

/** Puts a board together. */
export function makeBoard(parts: Omit<Board, 'cityTime' | 'nearest'>): Board {
  return { ...parts, cityTime: cityTimes(parts.platform.city.timeZone), nearest: nearestAddresses(parts.places) }
}

/** The same board inside a transaction. */
export function within(board: Board, tx: Platform): Board {
  return { ...board, platform: tx }
}

/** Takes the categories that imports and other servers added; after adding one, and now and then for those of other processes. */
export async function refreshCategories(board: Board): Promise<void> {
  board.categories.put(await addedCategories(board.platform.db))
}

/** A report by its id or its reference as somebody typed it; throws 404. With `lock` (ids only) its row is held until the transaction ends. */
export async function getReport(board: Board, id: string, lock = false): Promise<Report> {
  const { db } = board.platform
  const reference = isUuid(id) ? null : parseReference(id)
  const found = reference !== null ? await store.reportByReference(db, reference) : isUuid(id) ? await store.reportById(db, id, lock) : null
  if (!found) throw notFound('report')
  return found
}

/** The facts of a report that policies look at: staff by agency and district, its reporter by person. */
export function factsOf(report: Pick<Report, 'id' | 'agency' | 'district' | 'person_id'>): Resource {
  return { id: report.id, agency: report.agency, district: report.district, personId: report.person_id }
}

/** The category of a report; throws 404 for one that is not there, or not to be reported (any more). */
export function categoryFor(board: Board, id: string): Category {
  const found = board.categories.byId(id)
  if (!found || !found.active) throw notFound('category')
  return found
}

/** The code with which a follower comes back: 12 symbols made from the follower by a key, so that it is kept nowhere. */
export function followerCode(platform: Platform, followerId: string): string {
  const bytes = platform.keys.token(`report-follower:${followerId}`)
  let at = 0
  return newCode(12, () => bytes[at++] ?? 0)
}

/** The keyed hash under which a typed code is kept. */
export function codeHash(platform: Platform, typed: string): Buffer {
  return Buffer.from(platform.keys.token(`report-code:${normaliseCode(typed)}`))
}

/** The address of a report's page; with a code, of the page as that follower sees it. */
export function pageOf(platform: Platform, report: Pick<Report, 'reference'>, code: string | null = null): string {
  const page = `${platform.publicOrigin}/reports/${report.reference}`
  return code === null ? page : `${page}?code=${code}`
}

/** Writes a line about a report; its reporter, when known, is the blinded subject. */
export async function tell(
  tx: Platform,
  actor: Actor,
  report: Pick<Report, 'id' | 'person_id'>,
  type: string,
  data: Record<string, unknown> = {},
): Promise<void> {
  const subject = report.person_id === null ? {} : { subject: blindedPerson(tx, report.person_id) }
  await record(tx, actor, { type, stream: report.id, ...subject, data })
}
