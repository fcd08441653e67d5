import { createHash } from 'node:crypto'
import { latLngToCell } from 'h3-js'
import { newReference } from '../../../kernel/id.ts'
import { cleanText } from '../../../kernel/text.ts'
import { daysBetween } from '../../../kernel/time.ts'
import { isUniqueViolation } from '../../../platform/db.ts'
import { record } from '../../../platform/journal/journal.ts'
import { drawSymbol, type Platform, today, transact } from '../../../platform/platform.ts'
import { systemActor } from '../../access/index.ts'
import type { Service, ServiceRequest } from '../../open311/index.ts'
import type { CategoryRow } from '../categories/store.ts'
import { addCategories, insertReports, insertUpdates } from '../intake/store.ts'
import { insertPhotos } from '../photos/store.ts'
import { isOpen, type OtherEnd, type Report } from '../report.ts'
import { change, writeLine } from '../service/act.ts'
import { type Board, refreshCategories, within } from '../service/board.ts'
import { LONGEST_TEXT, photoRow } from '../service/send.ts'
import { ended } from '../service/work.ts'
import type { ReportRow, UpdateRow } from '../store.ts'
import { maskPublic } from '../text/mask.ts'
import { holdSource, reportsFrom, type Tally } from './store.ts'

/** Whose requests are mirrored, and how they are kept here. */
export type MirrorOrder = {
  readonly source: `pull:${string}`
  /** The name of the mirror, which its categories begin with. */
  readonly name: string
  /** The language of that server's words. */
  readonly language: string
  /** The agency and the group of categories that mirrored reports belong to. */
  readonly agency: string
  readonly group: string
}

const NOTHING: Tally = { added: 0, changed: 0, same: 0, categories: 0, rejected: {} }
const peer = systemActor('pull')
const MOST_DRAWS = 8

/** Two tallies as one. */
export function together(a: Tally, b: Tally): Tally {
  const rejected = { ...a.rejected }
  for (const [reason, count] of Object.entries(b.rejected)) rejected[reason] = (rejected[reason] ?? 0) + count
  return {
    added: a.added + b.added,
    changed: a.changed + b.changed,
    same: a.same + b.same,
    categories: a.categories + b.categories,
    rejected,
  }
}

/**
 * Writes requests of another server down in one transaction: new ones as reports, known ones as they have changed. The same
 * requests again change nothing. `then` joins the transaction.
 */
export async function mirrorRequests(
  board: Board,
  order: MirrorOrder,
  requests: readonly ServiceRequest[],
  services: ReadonlyMap<string, Service>,
  then: (tx: Platform, tally: Tally) => Promise<void> = async () => undefined,
): Promise<Tally> {
  for (let draws = 1; ; draws += 1) {
    try {
      const tally = await transact(board.platform, async (tx) => {
        await holdSource(tx.db, order.source)
        const single = latest(requests)
        const written = await write(within(board, tx), order, single, services)
        const done = together(written, { ...NOTHING, same: requests.length - single.length })
        await then(tx, done)
        return done
      })
      if (tally.categories > 0) await refreshCategories(board)
      return tally
    } catch (error) {
      if (!isUniqueViolation(error, 'report_reference_key') || draws >= MOST_DRAWS) throw error
    }
  }
}

/** One of each id, as it was changed last: lists of living servers hold requests twice. */
function latest(requests: readonly ServiceRequest[]): readonly ServiceRequest[] {
  const byId = new Map<string, ServiceRequest>()
  for (const request of requests) {
    const other = byId.get(request.service_request_id)
    if (!other || (request.updated_datetime ?? '') >= (other.updated_datetime ?? '')) byId.set(request.service_request_id, request)
  }
  return [...byId.values()]
}

async function write(
  board: Board,
  order: MirrorOrder,
  requests: readonly ServiceRequest[],
  services: ReadonlyMap<string, Service>,
): Promise<Tally> {
  const tx = board.platform
  const known = await reportsFrom(tx.db, order.source, requests.map((request) => request.service_request_id)) // prettier-ignore
  let tally = NOTHING
  const fresh: Array<{ request: ServiceRequest; place: { lat: number; long: number }; openedAt: Date }> = []
  for (const request of requests) {
    const report = known.get(request.service_request_id)
    const judged = report ? null : judge(request)
    if (report)
      tally = together(tally, await takeOver(board, report, request) ? { ...NOTHING, changed: 1 } : { ...NOTHING, same: 1 }) // prettier-ignore
    else if (typeof judged === 'string') tally = together(tally, { ...NOTHING, rejected: { [judged]: 1 } })
    else if (judged !== null) fresh.push({ request, ...judged })
  }
  const added = await addCategories(tx.db, newCategories(board, order, fresh.map(({ request }) => request), services)) // prettier-ignore
  if (added.length > 0)
    await record(tx, peer, { type: 'reports.categories.added', stream: order.source, data: { categories: added, source: order.source } })
  const rows = fresh.map(({ request, place, openedAt }) => ({ request, row: reportOf(board, order, request, place, openedAt) }))
  const written = await insertReports(tx.db, rows.map(({ row }) => row)) // prettier-ignore
  await insertUpdates(tx.db, rows.flatMap(({ row, request }) => firstLines(tx, row, request))) // prettier-ignore
  await insertPhotos(tx.db, rows.flatMap(({ row, request }) => (request.media_url === null ? [] : [photoRow(board, row.id, { media_url: request.media_url })]))) // prettier-ignore
  for (const { row } of rows) await tellNew(tx, row)
  return together(tally, { ...NOTHING, added: written.size, categories: added.length })
}

type Rejection = 'no_place' | 'no_time'

function judge(request: ServiceRequest): Rejection | { place: { lat: number; long: number }; openedAt: Date } {
  const { lat, long, requested_datetime: made } = request
  if (lat === null || long === null || Math.abs(lat) > 90 || Math.abs(long) > 180 || (lat === 0 && long === 0)) return 'no_place'
  return made === null ? 'no_time' : { place: { lat, long }, openedAt: new Date(made) }
}

/** The category of a code: the city's own of that name, else one that is added for this server. */
export function categoryOf(board: Board, order: Pick<MirrorOrder, 'name'>, code: string | null): string {
  if (code !== null && board.categories.byId(code)?.source === null) return code
  const said = code ?? 'unknown'
  const plain = said
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .replace(/^_|_$/g, '')
    .slice(0, 40)
  // codes that differ in what an id cannot hold stay apart
  const apart = plain === said ? '' : `_${createHash('sha256').update(said).digest('hex').slice(0, 6)}`
  return `${order.name.replaceAll('-', '_')}_${plain}${apart}`
}

function newCategories(
  board: Board,
  order: MirrorOrder,
  requests: readonly ServiceRequest[],
  services: ReadonlyMap<string, Service>,
): CategoryRow[] {
  const named = new Map<string, CategoryRow>()
  for (const { service_code: code, service_name: name } of requests) {
    const id = categoryOf(board, order, code)
    if (named.has(id) || board.categories.byId(id)) continue
    const words = cleanText(services.get(code ?? '')?.service_name ?? name ?? code ?? order.name).slice(0, 200)
    named.set(id, {
      id,
      name: { [order.language]: words },
      category_group: order.group,
      agency: order.agency,
      due_days: null,
      source: order.source,
      // residents report by the city's own categories
      active: false,
      added_at: board.platform.now(),
    })
  }
  return [...named.values()]
}

function reportOf(
  board: Board,
  order: MirrorOrder,
  request: ServiceRequest,
  { lat, long }: { lat: number; long: number },
  openedAt: Date,
): ReportRow {
  const tx = board.platform
  const category = categoryOf(board, order, request.service_code)
  const said = maskPublic(cleanText(request.description ?? '').slice(0, LONGEST_TEXT))
  const closure = request.status === 'closed' ? endOf(request) : null
  const changedAt = request.updated_datetime === null ? openedAt : new Date(request.updated_datetime)
  const due = request.expected_datetime === null ? null : tx.city.dayOf(new Date(request.expected_datetime))
  // what was late before it came here is not news
  const late = due !== null && due < today(tx)
  return {
    id: tx.newId(),
    reference: newReference('RPT', drawSymbol(tx)),
    category,
    agency: board.categories.byId(category)?.agency ?? order.agency,
    crew: null,
    officer: null,
    district: board.places?.districtAt(lat, long)?.id ?? null,
    lat,
    long,
    cell: latLngToCell(lat, long, 10),
    address: request.address === null ? null : maskPublic(cleanText(request.address).slice(0, 300)).text,
    text: said.text,
    masked: said.masked,
    answers: {},
    language: order.language,
    state: closure === null ? 'received' : 'closed',
    outcome: closure?.outcome ?? null,
    closure,
    contested: null,
    confirmed_by: null,
    person_id: null,
    record_id: null,
    account_id: null,
    source: order.source,
    source_id: request.service_request_id,
    urgent: false,
    hidden: false,
    opened_at: openedAt,
    due_on: due,
    warn_on: null,
    warned: late,
    overdue_noted: late,
    assigned_at: null,
    ended_at: closure === null ? null : changedAt,
    checking_until: null,
    reopened: 0,
    merged_into: null,
    updated_at: changedAt,
    revision: 1,
  }
}

/** What another server closed: it says so, and nothing that could be checked. */
function endOf(request: ServiceRequest): OtherEnd {
  return { outcome: 'elsewhere', status: (notesOf(request) ?? request.status).slice(0, 200) }
}

/** What a server says of a status in words; numbers of its own files say nothing to anybody. */
export function notesOf({ status_notes: notes }: Pick<ServiceRequest, 'status_notes'>): string | null {
  const words = maskPublic(cleanText(notes ?? '').slice(0, LONGEST_TEXT)).text
  return /\p{L}{2,}/u.test(words) ? words : null
}

/** What tells one saying from another, so that each is written down once. */
export function sayingOf(notes: string): string {
  return `notes:${createHash('sha256').update(notes).digest('hex').slice(0, 24)}`
}

function firstLines(tx: Platform, report: ReportRow, request: ServiceRequest): UpdateRow[] {
  const line = (more: Pick<UpdateRow, 'kind' | 'text' | 'source_id' | 'created_at'>): UpdateRow => ({
    id: tx.newId(),
    report_id: report.id,
    record_id: null,
    state: report.state,
    outcome: report.outcome,
    by: 'peer',
    hidden: false,
    ...more,
  })
  const notes = notesOf(request)
  if (report.ended_at !== null) return [line({ kind: 'state', text: notes ?? '', source_id: null, created_at: report.ended_at })]
  return notes === null ? [] : [line({ kind: 'message', text: notes, source_id: sayingOf(notes), created_at: report.updated_at })]
}

/** The journal's lines are of now: they say when it was taken in, not when it happened. */
async function tellNew(tx: Platform, report: ReportRow): Promise<void> {
  const { category, agency, district, source, due_on: due, urgent, outcome, opened_at: openedAt, ended_at: endedAt } = report
  const opened = { category, agency, source, urgent, ...(district === null ? {} : { district }), ...(due === null ? {} : { due }) }
  await record(tx, peer, { type: 'reports.report.opened', stream: report.id, data: opened })
  if (outcome === null || endedAt === null) return
  const days = daysBetween(tx.city.dayOf(openedAt), tx.city.dayOf(endedAt))
  await record(tx, peer, { type: 'reports.report.ended', stream: report.id, data: { outcome, category, days } })
}

/** Takes over what has changed there: closed, open again, or said in other words. What staff here decided stays. */
async function takeOver(board: Board, report: Report, request: ServiceRequest): Promise<boolean> {
  const notes = notesOf(request)
  if (request.status === 'closed' && isOpen(report)) {
    const how = endOf(request)
    if (how.outcome !== 'elsewhere') return false
    await ended(board, peer, report, how, 'peer', notes ?? '')
    return true
  }
  if (request.status === 'open' && report.outcome === 'elsewhere') {
    const back = { state: 'received', outcome: null, closure: null, ended_at: null } as const
    await change(
      board,
      peer,
      report,
      back,
      { kind: 'state', by: 'peer', text: notes ?? '' },
      { type: 'reports.report.reopened', data: { source: report.source } },
    )
    return true
  }
  if (notes === null || request.status === 'closed') return false
  return (await writeLine(board, report, { kind: 'message', by: 'peer', text: notes, source_id: sayingOf(notes) })) !== null
}
