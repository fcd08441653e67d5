import { isUuid, parseReference } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { addWorkingDays, workingDaysBetween } from '../../../kernel/time.ts'
import { type Platform, today } from '../../../platform/platform.ts'
import { type Actor, agenciesWith, may, type Visible, visible } from '../../access/index.ts'
import { staffNames, staffOfAgencies } from '../../identity/index.ts'
import { openConcerns } from '../page/store.ts'
import { photosOfReports } from '../photos/store.ts'
import { isOpen, type Report } from '../report.ts'
import { type Board, factsOf } from '../service/index.ts'
import { reportByReference } from '../store.ts'
import { type Asked, categoriesOf, cursorOf, fieldsOf, type Queue, queues, readAsked } from './filter.ts'
import * as store from './store.ts'

/** How many reports a page of the desk has; as many pins as a map picture takes. */
export const PAGE = 50
/** Counts stop here and are shown as "1,000+". */
export const COUNT_LIMIT = 1_000
/** Working days before the due day from which a report is due soon. */
const SOON_DAYS = 2
/** How many filters one account keeps, and how long their names are. */
const FILTERS = { most: 30, name: 60 } as const

/** One line of the desk: what is public of a report, and what of it waits for an officer. */
export type DeskLine = {
  readonly report: Report
  readonly officerName: string | null
  /** Working days until it is due, negative when that has passed; null without a day or when nothing is to be done. */
  readonly daysLeft: number | null
  /** Photos that nobody has looked at. */
  readonly unchecked: number
  /** Somebody said that it shows what should not be public. */
  readonly questioned: boolean
}

/** A filter that the reader keeps. */
export type SavedFilter = { readonly id: string; readonly name: string; readonly asked: Asked }

/** A page of the desk, or the one report whose reference was typed. */
export type DeskPage =
  | { readonly kind: 'report'; readonly id: string }
  | {
      readonly kind: 'list'
      readonly asked: Asked
      readonly lines: readonly DeskLine[]
      readonly counts: ReadonlyMap<Queue, number>
      readonly next: string | null
      readonly filters: readonly SavedFilter[]
      /** The officers to whom reports may be given. */
      readonly staff: ReadonlyArray<{ id: string; name: string }>
    }

/** The reports that an actor may sort. Throws 403 for whoever may sort none at all. */
export function sorted(actor: Actor): Visible {
  const filter = visible(actor, 'reports.triage')
  if (filter.everything || filter.ways.length > 0) return filter
  throw new Problem('access.denied', 403, 'Your account does not have the role for this.')
}

/** The queues of an actor: only supervisors have that of what went overdue. */
export function queuesOf(actor: Actor): readonly Queue[] {
  const agencies = agenciesWith(actor, ['supervisor'])
  const supervises = agencies === 'all' || agencies.length > 0
  return queues.filter((name) => name !== 'escalated' || supervises)
}

/** A page of the desk. Words that were searched for are looked for in every report that they may sort, whatever the queue. */
export async function desk(board: Board, actor: Actor, wanted: Asked): Promise<DeskPage> {
  const { db } = board.platform
  const seen = sorted(actor)
  const found = await byReference(board, actor, wanted.search)
  if (found !== null) return { kind: 'report', id: found }
  const mine = queuesOf(actor)
  const asked: Asked = mine.includes(wanted.queue) ? wanted : { ...wanted, queue: 'unassigned' }
  const counted = mine.filter((name) => name !== 'closed')
  const plain = { ...readAsked({}), search: '' }
  const [rows, counts, filters, staff] = await Promise.all([
    store.deskPage(db, asksFor(board, actor, seen, asked), { order: asked.order, after: cursorOf(asked), limit: PAGE + 1 }),
    store.deskCounts(
      db,
      counted.map((queue) => asksFor(board, actor, seen, { ...plain, queue })),
      COUNT_LIMIT,
    ),
    filtersOf(board, actor),
    officersFor(board, actor),
  ])
  const shown = rows.slice(0, PAGE)
  const last = shown.at(-1)
  return {
    kind: 'list',
    asked,
    lines: await linesOf(board, shown),
    counts: new Map(counted.map((name, i) => [name, counts[i] ?? 0])),
    next: rows.length > PAGE && last ? `${keyOf(asked, last)}~${last.id}` : null,
    filters,
    staff,
  }
}

async function byReference(board: Board, actor: Actor, typed: string): Promise<string | null> {
  const reference = parseReference(typed)
  const report = reference === null ? null : await reportByReference(board.platform.db, reference)
  return report && may(actor, 'reports.triage', factsOf(report)) ? report.id : null
}

/** What the store is asked for. */
function asksFor(board: Board, actor: Actor, seen: Visible, asked: Asked): store.DeskAsk {
  const { city, now } = board.platform
  const day = today(board.platform)
  const words = asked.search.split(/\s+/).filter((word) => word !== '')
  return {
    queue: words.length > 0 ? 'everything' : asked.queue,
    visible: seen,
    accountId: actor.accountId ?? '00000000-0000-0000-0000-000000000000',
    today: day,
    soon: addWorkingDays(day, SOON_DAYS, city.calendar),
    categories: categoriesOf(board.categories, asked),
    district: asked.district,
    state: asked.state,
    crew: asked.crew,
    source: asked.source,
    openedFrom: asked.period === null ? null : new Date(now().getTime() - Number(asked.period) * 86_400_000),
    words: words.slice(0, 8),
  }
}

function keyOf({ order }: Asked, last: Report): string {
  return order === 'due' ? (last.due_on ?? '') : last.opened_at.toISOString()
}

/** Working days until a report is due, negative when that has passed; null without a day or when nothing is to be done. */
export function daysLeft(board: Board, report: Report): number | null {
  if (report.due_on === null || !isOpen(report)) return null
  return workingDaysBetween(today(board.platform), report.due_on, board.platform.city.calendar)
}

async function linesOf(board: Board, reports: readonly Report[]): Promise<DeskLine[]> {
  const { platform } = board
  const ids = reports.map((each) => each.id)
  const officers = [...new Set(reports.flatMap((each) => (each.officer === null ? [] : [each.officer])))]
  const [names, photos, concerns] = await Promise.all([
    officers.length === 0 ? new Map<string, string>() : staffNames(platform, officers),
    photosOfReports(platform.db, ids),
    openConcerns(platform.db, ids),
  ])
  const waiting = Map.groupBy(
    photos.filter((each) => each.state === 'unchecked'),
    (each) => each.report_id,
  )
  const questioned = new Set(concerns.map((each) => each.report_id))
  return reports.map((report) => ({
    report,
    officerName: report.officer === null ? null : (names.get(report.officer) ?? null),
    daysLeft: daysLeft(board, report),
    unchecked: waiting.get(report.id)?.length ?? 0,
    questioned: questioned.has(report.id),
  }))
}

async function officersFor(board: Board, actor: Actor): Promise<Array<{ id: string; name: string }>> {
  const mine = agenciesWith(actor, ['officer', 'supervisor'])
  return staffOfAgencies(board.platform, mine === 'all' ? board.platform.city.agencies.map((each) => each.id) : mine)
}

async function filtersOf(board: Board, actor: Actor): Promise<SavedFilter[]> {
  if (actor.accountId === null) return []
  const rows = await store.filtersOf(board.platform.db, actor.accountId)
  return rows.map(({ id, name, query }) => ({ id, name, asked: readAsked(Object.fromEntries(new URLSearchParams(query))) }))
}

/** Keeps what is asked for under a name of the reader's own; the same name again takes its place. Throws 422 without a name, or when there are too many. */
export async function keepFilter(board: Board, actor: Actor, typedName: string, asked: Asked): Promise<void> {
  sorted(actor)
  const { platform } = board
  const name = cleanText(typedName).replaceAll('\n', ' ').slice(0, FILTERS.name)
  if (name === '' || actor.accountId === null) throw new Problem('reports.filter-name', 422, 'Give the filter a name.')
  const known = await store.filtersOf(platform.db, actor.accountId)
  if (known.length >= FILTERS.most && !known.some((each) => each.name === name))
    throw new Problem('reports.filters-full', 422, 'You keep too many filters. Remove one first.')
  const query = new URLSearchParams(fieldsOf(asked)).toString()
  await store.keepFilter(platform.db, { id: platform.newId(), account_id: actor.accountId, name, query, created_at: platform.now() })
}

/** Forgets one of the reader's own filters; nothing when it is not there. */
export async function dropFilter(board: Board, actor: Actor, id: string): Promise<void> {
  sorted(actor)
  if (actor.accountId !== null && isUuid(id)) await store.deleteFilter(board.platform.db, actor.accountId, id)
}

/** Forgets every filter of an account that ends. */
export async function forgetFilters(tx: Platform, accountId: string): Promise<void> {
  await store.deleteFiltersOf(tx.db, accountId)
}
