import { latLngToCell } from 'h3-js'
import { drawSymbol, type Platform, today, transact } from '../../../platform/platform.ts'
import { isUniqueViolation } from '../../../platform/db.ts'
import { newReference } from '../../../kernel/id.ts'
import { cleanText, foldText } from '../../../kernel/text.ts'
import { daysBetween, daysIn } from '../../../kernel/time.ts'
import { record } from '../../../platform/journal/journal.ts'
import { systemActor } from '../../access/index.ts'
import type { Places } from '../../places/index.ts'
import type { CategoryRow } from '../categories/store.ts'
import { type Board, refreshCategories } from '../service/board.ts'
import { maskPublic } from '../text/mask.ts'
import type { Closure } from '../report.ts'
import type { ReportRow, UpdateRow } from '../store.ts'
import { columnsOf, type IntakeMap, readMap } from './map.ts'
import type { Position } from './position.ts'
import { openRejects, type RejectsFile } from '../../../platform/csvrejects.ts'
import { type Reject, type Row, rowReader } from './row.ts'
import { type CsvFile, hashOf, openCsv } from '../../../platform/csvrows.ts'
import { addCategories, type Intake, insertReports, insertUpdates, intakeOf, keepIntake, reportsOfSource, type Tally } from './store.ts'

/** What to import: the paths of the file, of the text of its map, and of the file for rows that are not taken in. */
export type ImportOrder = {
  readonly file: string
  readonly map: { readonly path: string; readonly text: string }
  readonly rejects: string
  /** Called after each commit with the rows that are done and the share of the file that was read, 0 to 1. */
  readonly onProgress?: (rows: number, share: number) => void
}

/** What an import did; `again` when there was nothing left to do. */
export type Imported = { readonly again: boolean; readonly rows: number; readonly tally: Tally }

/** Rows that are read, judged and committed together. */
const BATCH = 1_000
/** Draws of references for one batch before it is a bug that they are taken. */
const MOST_DRAWS = 8
const NOTHING: Tally = { added: 0, repeated: 0, categories: 0, unlinked: 0, rejected: {} }
const importer = systemActor('import')

/** A row that is not taken in, with its number among the data rows. */
type Rejected = { readonly row: number; readonly reason: Reject; readonly cells: readonly string[] }
/** What all batches of an import share. */
type Run = {
  readonly board: Board
  readonly map: IntakeMap
  readonly source: `import:${string}`
  readonly hash: string
  readonly rejects: RejectsFile
  readonly dayOf: (instant: Date) => ReturnType<Platform['city']['dayOf']>
}

/**
 * Brings the rows of a CSV file in as reports of source `import:NAME`, a thousand a transaction, from where it stopped the last
 * time. A row whose id is there already adds nothing. What ended elsewhere is never called fixed: its status is all that is known.
 * Throws an Error in words for the operator when map and file do not fit, or when another import of this name is at work.
 */
export async function importReports(board: Board, order: ImportOrder): Promise<Imported> {
  const map = readMap(order.map.text, order.map.path)
  checkAgainst(board, map, order.map.path)
  const source = `import:${map.name}` as const
  const hash = await hashOf(order.file, order.map.text)
  const known = await intakeOf(board.platform.db, source)
  const before = known !== null && known.file_hash === hash ? known : null
  if (before?.finished_at) return { again: true, rows: before.rows, tally: before.tally }
  const file = await openCsv(order.file, map)
  try {
    const missing = columnsOf(map).filter((name) => !file.head.includes(name))
    if (missing.length > 0) throw new Error(`${order.file} has no column ${missing.join(', ')}.`)
    const rejects = await openRejects(order.rejects, file.head, before?.rejects_bytes ?? 0, map.delimiter)
    try {
      const run: Run = { board, map, source, hash, rejects, dayOf: daysIn(map.time_zone) }
      const done = await takeIn(run, file, before, order.onProgress ?? (() => undefined))
      return { again: false, rows: done.rows, tally: done.tally }
    } finally {
      await rejects.close()
    }
  } finally {
    file.close()
  }
}

/** Refuses a map that speaks of what the city does not have. */
function checkAgainst({ platform, categories }: Board, map: IntakeMap, path: string): void {
  const agencies = new Set(platform.city.agencies.map((each) => each.id))
  const faults = [
    ...(categories.groups.some((group) => group.id === map.category.group) ? [] : [`no group ${map.category.group}`]),
    ...Object.values(map.category.words).filter((id) => !categories.byId(id)).map((id) => `no category ${id}`),
    ...[...Object.values(map.agency.words), map.agency.otherwise].filter((id) => !agencies.has(id)).map((id) => `no agency ${id}`),
    ...Object.values(map.status.words).flatMap((meaning) =>
      typeof meaning === 'object' && 'not_ours' in meaning && !categories.authority(meaning.not_ours) ? [`no authority ${meaning.not_ours}`] : [],
    ),
  ] // prettier-ignore
  if (faults.length > 0) throw new Error(`${path}: the city has ${[...new Set(faults)].join(', ')}.`)
}

async function takeIn(run: Run, file: CsvFile, before: Intake | null, onProgress: (rows: number, share: number) => void): Promise<Intake> {
  const { platform } = run.board
  const at = platform.now()
  const read = rowReader(run.map, file.head, { now: at, findAddress: addressFinder(run.board.places) })
  let intake: Intake = before ?? {
    source: run.source, file_hash: run.hash, rows: 0, tally: NOTHING, rejects_bytes: 0, started_at: at, updated_at: at, finished_at: null,
  } // prettier-ignore
  let [number, good, bad]: [number, Row[], Rejected[]] = [0, [], []]
  const commit = async (finished: boolean): Promise<void> => {
    intake = await commitBatch(run, intake, number, good, bad, finished)
    good = []
    bad = []
    onProgress(number, finished ? 1 : file.share())
  }
  for await (const cells of file.rows) {
    number += 1
    if (number <= intake.rows) continue
    const row = read(cells)
    if (typeof row === 'string') bad.push({ row: number, reason: row, cells })
    else good.push(row)
    if (good.length + bad.length >= BATCH) await commit(false)
  }
  await commit(true)
  await refreshCategories(run.board)
  return intake
}

/** An address of the register that a text begins with. */
function addressFinder(places: Places | null): (text: string) => Position | null {
  return (text) => {
    const found = text === '' ? undefined : places?.searchAddresses(text)[0]
    return found && foldText(text).startsWith(foldText(found.line1)) ? { lat: found.lat, long: found.long } : null
  }
}

async function commitBatch(
  run: Run,
  before: Intake,
  rows: number,
  good: readonly Row[],
  bad: readonly Rejected[],
  finished: boolean,
): Promise<Intake> {
  const { platform } = run.board
  const length = await run.rejects.add(bad)
  for (let draws = 1; ; draws += 1) {
    try {
      return await transact(platform, async (tx) => {
        const held = await intakeOf(tx.db, run.source, true)
        if (held !== null && held.file_hash === run.hash && held.rows !== before.rows)
          throw new Error(`Another import of ${run.source} is at work. Wait until it has ended.`)
        const done = await writeRows(run, tx, good)
        const intake: Intake = {
          ...before,
          rows,
          tally: together(before.tally, done, bad),
          rejects_bytes: length,
          updated_at: tx.now(),
          finished_at: finished ? tx.now() : null,
        }
        await keepIntake(tx.db, intake)
        return intake
      })
    } catch (error) {
      if (!isUniqueViolation(error, 'report_reference_key') || draws >= MOST_DRAWS) throw error
    }
  }
}

type Done = Omit<Tally, 'rejected'>

function together(before: Tally, done: Done, bad: readonly Rejected[]): Tally {
  const rejected: Record<string, number> = { ...before.rejected }
  for (const { reason } of bad) rejected[reason] = (rejected[reason] ?? 0) + 1
  return {
    added: before.added + done.added,
    repeated: before.repeated + done.repeated,
    categories: before.categories + done.categories,
    unlinked: before.unlinked + done.unlinked,
    rejected,
  }
}

async function writeRows(run: Run, tx: Platform, rows: readonly Row[]): Promise<Done> {
  const categories = await addCategories(tx.db, newCategories(run, tx, rows))
  if (categories.length > 0)
    await record(tx, importer, { type: 'reports.categories.added', stream: run.source, data: { categories, source: run.source } })
  const known = await reportsOfSource(tx.db, run.source, [
    ...new Set(rows.flatMap((row) => (row.duplicateOf ? [row.sourceId, row.duplicateOf] : [row.sourceId]))),
  ])
  const fresh = new Map<string, { row: Row; id: string }>()
  for (const row of rows) if (!known.has(row.sourceId) && !fresh.has(row.sourceId)) fresh.set(row.sourceId, { row, id: tx.newId() })
  const rootOf = rootFinder(fresh, known)
  const reports = [...fresh.values()].map(({ row, id }) => reportOf(run, tx, row, id, rootOf(row)))
  const added = await insertReports(tx.db, reports)
  const there = reports.filter((report) => added.has(report.id))
  await insertUpdates(tx.db, there.flatMap((report) => (report.state === 'closed' ? [endLine(tx, report)] : []))) // prettier-ignore
  for (const report of there) await tell(tx, report)
  const unlinked = [...fresh.values()].filter(({ row, id }) => added.has(id) && row.duplicateOf !== null && rootOf(row) === null).length
  return { added: added.size, repeated: rows.length - added.size, categories: categories.length, unlinked }
}

function newCategories({ map, source }: Run, tx: Platform, rows: readonly Row[]): CategoryRow[] {
  const named = new Map<string, CategoryRow>()
  for (const { category, agency } of rows) {
    if (category.added === null || named.has(category.id)) continue
    named.set(category.id, {
      id: category.id,
      name: { [map.language]: category.added },
      category_group: map.category.group,
      agency,
      due_days: null,
      source,
      // residents report by the city's own categories
      active: false,
      added_at: tx.now(),
    })
  }
  return [...named.values()]
}

type Fresh = ReadonlyMap<string, { readonly row: Row; readonly id: string }>

/** The report that stays when a row repeats another one, which may itself repeat one; null when it cannot be found. */
function rootFinder(fresh: Fresh, known: ReadonlyMap<string, { root: string }>): (row: Row) => string | null {
  return (row) => {
    const seen = new Set([row.sourceId])
    let next = row.duplicateOf
    while (next !== null && next !== '' && !seen.has(next)) {
      seen.add(next)
      const there = known.get(next)
      if (there) return there.root
      const found = fresh.get(next)
      if (!found) return null
      if (found.row.duplicateOf === null || found.row.duplicateOf === '') return found.id
      next = found.row.duplicateOf
    }
    return null
  }
}

function reportOf({ board, map, source, dayOf }: Run, tx: Platform, row: Row, id: string, root: string | null): ReportRow {
  const { lat, long } = row.position
  const closure: Closure | null = root === null ? row.end : { outcome: 'duplicate', of: root }
  const { text, masked } = maskPublic(cleanText(row.text))
  const due = row.dueAt === null ? null : dayOf(row.dueAt)
  // what was late before it came here is not news
  const late = due !== null && due < today(tx)
  return {
    id,
    reference: newReference('RPT', drawSymbol(tx)),
    category: row.category.id,
    agency: row.agency,
    crew: null,
    officer: null,
    district: board.places?.districtAt(lat, long)?.id ?? null,
    lat,
    long,
    cell: latLngToCell(lat, long, 10),
    // words for the place are as public as the others
    address: row.address === null ? null : maskPublic(cleanText(row.address)).text,
    text,
    masked,
    answers: {},
    language: map.language,
    state: row.state,
    outcome: closure?.outcome ?? null,
    closure,
    contested: null,
    confirmed_by: null,
    person_id: null,
    record_id: null,
    account_id: null,
    source,
    source_id: row.sourceId,
    urgent: false,
    hidden: false,
    opened_at: row.openedAt,
    due_on: due,
    warn_on: null,
    warned: late,
    overdue_noted: late,
    assigned_at: null,
    ended_at: row.endedAt,
    checking_until: null,
    reopened: 0,
    merged_into: root,
    updated_at: row.updatedAt,
    revision: 1,
  }
}

function endLine(tx: Platform, report: ReportRow): UpdateRow {
  return {
    id: tx.newId(),
    report_id: report.id,
    kind: 'state',
    text: '',
    record_id: null,
    state: report.state,
    outcome: report.outcome,
    by: 'peer',
    source_id: null,
    hidden: false,
    created_at: report.ended_at ?? report.updated_at,
  }
}

/** The journal's lines are of now: they say when the city took the report in, not when it happened. */
async function tell(tx: Platform, report: ReportRow): Promise<void> {
  const { category, agency, district, source, due_on: due, urgent, outcome, opened_at: openedAt, ended_at: endedAt } = report
  const opened = { category, agency, source, urgent, ...(district === null ? {} : { district }), ...(due === null ? {} : { due }) }
  await record(tx, importer, { type: 'reports.report.opened', stream: report.id, data: opened })
  if (outcome === null || endedAt === null) return
  const days = daysBetween(tx.city.dayOf(openedAt), tx.city.dayOf(endedAt))
  await record(tx, importer, { type: 'reports.report.ended', stream: report.id, data: { outcome, category, days } })
}
