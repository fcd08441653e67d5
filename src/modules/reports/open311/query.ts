import { parseW3c } from '../../open311/index.ts'
import type { ReportState } from '../report.ts'
import type { Circle } from './store.ts'

/** The longest span of `start_date` to `end_date` (GET Service Requests). */
const SPAN_MS = 90 * 86_400_000
/** The most requests of one answer (Response Volume). */
export const MOST_REQUESTS = 1_000
const MOST_IDS = 1_000

/** States by status. A fix that is still being checked is open: `closed` never stands for what only somebody says. */
export const statesOf = { open: ['received', 'assigned', 'in_progress', 'checking'], closed: ['closed'] } as const satisfies Record<
  string,
  readonly ReportState[]
>

/** Which requests are asked for. Null: all. */
export type RequestQuery = {
  readonly ids: readonly string[] | null
  readonly codes: readonly string[] | null
  readonly states: readonly ReportState[] | null
  readonly from: Date | null
  readonly to: Date | null
  readonly updatedFrom: Date | null
  readonly updatedTo: Date | null
  readonly circle: Circle | null
  readonly page: number
  readonly size: number
  readonly extensions: boolean
}

/** A parameter that cannot be read: its name and the word of what is wrong with it (a key in the locales). */
export type Fault = {
  readonly name: string
  readonly wrong: 'date' | 'order' | 'span' | 'status' | 'page' | 'size' | 'place' | 'radius' | 'many'
}

/** One text value of a query; null when it is absent or empty, which is the same (Optional Arguments). */
export type Ask = (name: string) => string | null

/** Reads the parameters of GET Service Requests; every fault is found, not only the first. */
export function readQuery(
  ask: Ask,
  now: Date,
  options: { readonly anySpan: boolean } = { anySpan: false },
): RequestQuery | { readonly faults: Fault[] } {
  const faults: Fault[] = []
  const ids = listIn(ask('service_request_id'))
  const codes = listIn(ask('service_code'))
  for (const [name, list] of [['service_request_id', ids], ['service_code', codes]] as const) {
    if (list !== null && list.length > MOST_IDS) faults.push({ name, wrong: 'many' })
  } // prettier-ignore
  const page = wholeIn(ask('page'), 1, 100_000)
  const size = wholeIn(ask('page_size'), MOST_REQUESTS, Number.MAX_SAFE_INTEGER)
  if (page === null) faults.push({ name: 'page', wrong: 'page' })
  if (size === null) faults.push({ name: 'page_size', wrong: 'size' })
  const states = statesIn(ask('status'), faults)
  const circle = circleIn(ask, faults)
  const times = timesIn(ask, now, options.anySpan, faults)
  if (faults.length > 0) return { faults }
  const paging = {
    page: page ?? 1,
    size: Math.min(size ?? MOST_REQUESTS, MOST_REQUESTS),
    extensions: ask('extensions') === 'true' || ask('extensions') === 'v1',
  }
  // ids override all other arguments
  if (ids !== null) return { ...nothing, ...paging, ids }
  return { ...times, ...paging, ids: null, codes, states, circle }
}

const nothing = { codes: null, states: null, from: null, to: null, updatedFrom: null, updatedTo: null, circle: null }

/** Reads a list with commas; null when it is absent or names nothing. */
export function listIn(text: string | null): string[] | null {
  const list = (text ?? '').split(',').flatMap((each) => each.trim() || [])
  return list.length > 0 ? list : null
}

function statesIn(text: string | null, faults: Fault[]): ReportState[] | null {
  const list = listIn(text?.toLowerCase() ?? null)
  if (list === null) return null
  if (!list.every((each) => each === 'open' || each === 'closed')) faults.push({ name: 'status', wrong: 'status' })
  return [...new Set(list)].flatMap((each): readonly ReportState[] => (each === 'open' || each === 'closed' ? statesOf[each] : []))
}

function timesIn(ask: Ask, now: Date, anySpan: boolean, faults: Fault[]): Pick<RequestQuery, 'from' | 'to' | 'updatedFrom' | 'updatedTo'> {
  const [start, end, updatedFrom, updatedTo] = (['start_date', 'end_date', 'updated_after', 'updated_before'] as const).map((name) =>
    timeIn(ask, name, faults),
  )
  if (start && end) {
    if (start > end) faults.push({ name: 'start_date', wrong: 'order' })
    else if (!anySpan && end.getTime() - start.getTime() > SPAN_MS) faults.push({ name: 'end_date', wrong: 'span' })
  }
  if (updatedFrom && updatedTo && updatedFrom > updatedTo) faults.push({ name: 'updated_after', wrong: 'order' })
  const updated = { updatedFrom: updatedFrom ?? null, updatedTo: updatedTo ? after(updatedTo, 1) : null }
  const given = start || end
  // what changed lately may have been reported long ago
  if (!given && (updatedFrom || updatedTo)) return { from: null, to: null, ...updated }
  if (anySpan && given) return { from: start ?? null, to: end ? after(end, 1) : null, ...updated }
  const until = end ?? (start ? after(start, SPAN_MS) : null)
  return { from: start ?? after(end ?? now, -SPAN_MS), to: until && after(until, 1), ...updated }
}

const after = (time: Date, ms: number): Date => new Date(time.getTime() + ms)

function timeIn(ask: Ask, name: string, faults: Fault[]): Date | null {
  const text = ask(name)
  if (text === null) return null
  // a plus that was not encoded arrives as a space
  const time = parseW3c(text.trim().replace(/ (\d{2}:\d{2})$/, '+$1'))
  if (time === null) faults.push({ name, wrong: 'date' })
  return time
}

function circleIn(ask: Ask, faults: Fault[]): Circle | null {
  const [lat, long] = [ask('lat'), ask('long') ?? ask('lon') ?? ask('lng')]
  if (lat === null && long === null) return null
  const point = pointIn(lat, long)
  const radius = ask('radius')
  const metres = radius === null ? 500 : /^\d{1,5}(\.\d{1,9})?$/.test(radius) ? Number(radius) : Number.NaN
  if (point === null) faults.push({ name: 'lat', wrong: 'place' })
  if (!(metres > 0 && metres <= 50_000)) faults.push({ name: 'radius', wrong: 'radius' })
  return point && { ...point, metres }
}

/** A point in WGS 84 degrees; null when it is none. */
export function pointIn(lat: string | null, long: string | null): { readonly lat: number; readonly long: number } | null {
  const [y, x] = [lat, long].map((text) => (text !== null && /^\s*[+-]?\d{1,3}(\.\d{1,30})?\s*$/.test(text) ? Number(text) : Number.NaN))
  return y !== undefined && x !== undefined && Math.abs(y) <= 90 && Math.abs(x) <= 180 ? { lat: y, long: x } : null
}

function wholeIn(text: string | null, otherwise: number, most: number): number | null {
  if (text === null) return otherwise
  const value = /^\d{1,15}$/.test(text) ? Number(text) : 0
  return value >= 1 && value <= most ? value : null
}
