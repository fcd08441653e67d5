import { notFound } from '../../../kernel/problem.ts'
import { addDays, type PlainDate } from '../../../kernel/time.ts'
import { type Actor, allow } from '../../access/index.ts'
import { open } from '../../people/index.ts'
import type { Report } from '../report.ts'
import { openAround } from '../search/store.ts'
import * as store from '../store.ts'
import { type Board, factsOf, getReport } from './board.ts'
import { boxAround } from './nearest.ts'

/** Fewer fixed reports than this say nothing about the next one. */
const ENOUGH = 5
/** How many of the newest are measured. */
const NEWEST = 200

/** A report as the public may see it, by id or typed reference. Throws 404 for one that is hidden. */
export async function publicReport(board: Board, id: string): Promise<Report> {
  const report = await getReport(board, id)
  if (report.hidden) throw notFound('report')
  return report
}

/** The public lines of a report, oldest first; with `all` also those that were taken from view. */
export async function timelineOf(
  board: Board,
  report: Pick<Report, 'id'>,
  options: { readonly all: boolean } = { all: false },
): Promise<store.UpdateRow[]> {
  const rows = await store.updatesOf(board.platform.db, [report.id])
  return options.all ? rows : rows.filter((row) => !row.hidden)
}

/** When reports like this one were fixed, measured: half and nine of ten of the newest, as calendar days and as days in the calendar. */
export type Expected = {
  readonly count: number
  readonly half: number
  readonly most: number
  readonly likelyOn: PlainDate
  readonly latestOn: PlainDate
}

/** What is to be expected of a report by the newest fixed ones of its category and district, else of its category; null when they are too few. */
export async function expectedFinish(board: Board, report: Pick<Report, 'category' | 'district' | 'opened_at'>): Promise<Expected | null> {
  const { db, city } = board.platform
  const near = await store.fixedDurations(db, report.category, report.district, NEWEST)
  const days = near.length >= ENOUGH || report.district === null ? near : await store.fixedDurations(db, report.category, null, NEWEST)
  if (days.length < ENOUGH) return null
  const sorted = days.toSorted((a, b) => a - b)
  const at = (share: number): number => Math.ceil(sorted[Math.ceil(sorted.length * share) - 1] ?? 0)
  const opened = city.dayOf(report.opened_at)
  const [half, most] = [at(0.5), at(0.9)]
  return { count: sorted.length, half, most, likelyOn: addDays(opened, half), latestOn: addDays(opened, most) }
}

/** A report nearby, and how far away in metres. */
export type Near = Report & { readonly metres: number }

/** The most reports of which it is asked "is it one of these?". */
const MOST_NEAR = 6

/** Open reports of the same category within its radius that the public may see, nearest first. */
export async function nearby(board: Board, category: string, lat: number, long: number): Promise<Near[]> {
  const radius = board.categories.byId(category)?.radius ?? 50
  const found = await openAround(board.platform.db, category, { lat, long, box: boxAround(lat, long, radius) }, MOST_NEAR)
  return found.filter((each) => each.metres <= radius)
}

/** What only staff may know of a report: what was typed, and how its reporter may be reached. */
export type Unmasked = {
  readonly text: string | null
  readonly name: string | null
  readonly email: string | null
  readonly phone: string | null
  /** Answers that may hold personal data, by question. */
  readonly answers: Readonly<Record<string, unknown>>
}

/** Opens what only staff may know, with a line in the journal; null when there is nothing. */
export async function openReport(board: Board, actor: Actor, report: Report, purpose: string): Promise<Unmasked | null> {
  allow(actor, 'reports.read', factsOf(report))
  if (report.record_id === null) return null
  const fields = await open(board.platform, actor, { record: report.record_id, purpose, legalBasis: 'gdpr.6.1.e' })
  const text = (name: string): string | null => {
    const value = fields[name]
    return typeof value === 'string' && value !== '' ? value : null
  }
  const answers = Object.entries(fields).filter(([name]) => name.startsWith('answer.'))
  return {
    text: text('text'),
    name: text('name'),
    email: text('email'),
    phone: text('phone'),
    answers: Object.fromEntries(answers.map(([name, value]) => [name.slice('answer.'.length), value])),
  }
}
