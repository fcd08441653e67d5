import type { PlainDate } from '../../../kernel/time.ts'
import { startOfDay } from '../../../kernel/time.ts'
import type { Platform } from '../../../platform/platform.ts'
import { today } from '../../../platform/platform.ts'
import { textOf } from '../../../platform/http/routes.ts'
import type { ReportOutcome, ReportState } from '../report.ts'
import type { Bbox, ReportFilter } from '../search/store.ts'
import type { Board } from '../service/board.ts'
import { type PublicStanding, publicStandings, standingsOfState } from './standing.ts'

/** What the public looks for; everything in it stands in the address of the page, so that it can be shared. */
export type PublicFilter = {
  readonly category: string | null
  readonly group: string | null
  readonly state: keyof typeof standingsOfState | null
  readonly outcome: PublicStanding | null
  readonly district: string | null
  /** `3m` or `12m` (this month and those before), or a year. */
  readonly period: string | null
}

/** The names of the filter in an address, in their order. */
export const filterNames = ['group', 'category', 'state', 'outcome', 'district', 'period'] as const satisfies ReadonlyArray<
  keyof PublicFilter
>

/** Reads the filter of an address; what is unknown there is as if it were not there. */
export function readFilter({ categories, places, platform }: Board, query: unknown): PublicFilter {
  const text = (name: string): string | null => textOf(query, name) || null
  const group = text('group')
  const category = text('category')
  const state = text('state')
  const outcome = publicStandings.find((each) => each === text('outcome')) ?? null
  const district = text('district')
  const period = text('period')
  return {
    group: categories.groups.some((each) => each.id === group) ? group : null,
    category: category !== null && categories.byId(category) ? category : null,
    state: state === 'open' || state === 'checking' || state === 'closed' ? state : null,
    outcome,
    district: places?.districts.some((each) => each.id === district) ? district : null,
    period: period !== null && periodsOf(platform).includes(period) ? period : null,
  }
}

/** The filter as the query of an address: empty, or beginning with `?`. More names can be given, such as a page. */
export function queryOf(filter: PublicFilter, more: Readonly<Record<string, string | null>> = {}): string {
  const query = new URLSearchParams()
  for (const name of filterNames) {
    const value = filter[name]
    if (value !== null) query.set(name, value)
  }
  for (const [name, value] of Object.entries(more)) if (value !== null) query.set(name, value)
  return query.size === 0 ? '' : `?${query.toString()}`
}

/** Whether it asks for nothing. */
export function isOpenFilter(filter: PublicFilter): boolean {
  return filterNames.every((name) => filter[name] === null)
}

/** The periods that can be asked for: the newest months, this year and the five before. */
export function periodsOf(platform: Platform): string[] {
  const year = Number(today(platform).slice(0, 4))
  return ['3m', '12m', ...Array.from({ length: 6 }, (_, back) => String(year - back))]
}

/** Months of a period: the first days of its first month and of the month after its last. */
export type Months = { readonly from: PlainDate; readonly to: PlainDate }

/** The months of a period, in the city's calendar; null for all of time. */
export function monthsOf(period: string | null, day: PlainDate): Months | null {
  if (period === null) return null
  if (/^\d{4}$/.test(period)) return { from: monthAt(Number(period) * 12), to: monthAt(Number(period) * 12 + 12) }
  const now = Number(day.slice(0, 4)) * 12 + Number(day.slice(5, 7)) - 1
  return { from: monthAt(now + 1 - Number.parseInt(period, 10)), to: monthAt(now + 1) }
}

function monthAt(months: number): PlainDate {
  return `${String(Math.floor(months / 12)).padStart(4, '0')}-${String((months % 12) + 1).padStart(2, '0')}-01` as PlainDate
}

/** The categories that a filter means; null: all of them. */
export function categoriesOf({ categories }: Pick<Board, 'categories'>, { category, group }: PublicFilter): string[] | null {
  if (category === null && group === null) return null
  return categories.list
    .filter((each) => (category === null || each.id === category) && (group === null || each.group === group))
    .map((each) => each.id)
}

/** The standings that a filter means; null: all of them. */
export function standingsOf({ state, outcome }: PublicFilter): PublicStanding[] | null {
  if (state === null && outcome === null) return null
  const ofState: readonly PublicStanding[] = state === null ? publicStandings : standingsOfState[state]
  return ofState.filter((each) => outcome === null || each === outcome)
}

/** The filter as the search for reports reads it. */
export function searchOf(board: Board, filter: PublicFilter, bbox: Bbox | null): ReportFilter {
  const { platform } = board
  const categories = categoriesOf(board, filter)
  const months = monthsOf(filter.period, today(platform))
  const zone = platform.city.timeZone
  return {
    publicOnly: true,
    district: filter.district,
    bbox,
    ...(categories === null ? {} : { categories }),
    ...statesOf(standingsOf(filter)),
    openedFrom: months && startOfDay(zone, months.from),
    openedTo: months && startOfDay(zone, months.to),
  }
}

function statesOf(standings: readonly PublicStanding[] | null): Pick<ReportFilter, 'states' | 'outcomes' | 'confirmedBy'> {
  if (standings === null) return {}
  const [only] = standings
  if (standings.length !== 1 || only === undefined) {
    const states = new Set(
      standings.flatMap((each): ReportState[] =>
        each === 'open' ? ['received', 'assigned', 'in_progress'] : [each === 'checking' ? 'checking' : 'closed'],
      ),
    )
    return { states: [...states] }
  }
  if (only === 'open') return { states: ['received', 'assigned', 'in_progress'] }
  if (only === 'checking') return { states: ['checking'] }
  if (only === 'confirmed') return { states: ['closed'], outcomes: ['fixed'], confirmedBy: ['reporter', 'followers'] }
  if (only === 'silent') return { states: ['closed'], outcomes: ['fixed'], confirmedBy: ['silence'] }
  return { outcomes: [only satisfies ReportOutcome] }
}
