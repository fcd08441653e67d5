import { parse } from 'yaml'
import { z } from 'zod'
import { noActionReasons } from '../report.ts'
import { readsPattern } from './dates.ts'

/** The shape of a map: what the columns of another system's CSV say. Unknown keys are refused. */

const id = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be snake_case: a-z, 0-9 and _, beginning with a letter')
const column = z.string().min(1)
const words = z.record(z.string(), id).default({})

/** What a status word means here. `closed` says nothing that could be checked: the outcome is then `elsewhere`. */
const meaning = z.union([
  z.enum(['received', 'in_progress', 'closed', 'duplicate', 'withdrawn']),
  z.strictObject({ not_ours: id }),
  z.strictObject({ no_action: z.enum(noActionReasons) }),
])

const latitude = z.number().min(-90).max(90)
const longitude = z.number().min(-180).max(180)

const mapFile = z.strictObject({
  /** The reports are of source `import:NAME`. */
  name: z.string().regex(/^[a-z][a-z0-9_]{0,23}$/, 'must be snake_case of at most 24 letters'),
  /** The language that the texts are in. */
  language: z.string().min(2),
  time_zone: z.string().refine(isTimeZone, 'must be a time zone such as Europe/Lisbon'),
  delimiter: z.string().length(1).default(','),
  encoding: z.enum(['utf8', 'latin1']).default('utf8'),
  /** Tried in this order: a pattern of yyyy MM dd HH hh mm ss a, or `iso` (ISO 8601). */
  dates: z.array(z.string().refine((text) => readsPattern(text), 'must be iso, or a pattern of yyyy MM dd HH hh mm ss a')).min(1),
  id: column,
  opened: column,
  due: column.optional(),
  closed: column.optional(),
  /** When the status was last changed; stands in for a closing time that is missing. */
  updated: column.optional(),
  status: z.strictObject({ column, words: z.record(z.string(), meaning) }),
  /** The column with the id of the report that this one repeats. */
  duplicate_of: column.optional(),
  category: z.strictObject({
    column,
    /** Words that mean a category of the city; every other word becomes a category of its own. */
    words,
    /** The group of the categories that the import adds. */
    group: id,
  }),
  agency: z.strictObject({ column: column.optional(), words, otherwise: id }),
  /** Columns whose words are shown in public, after what looks personal is left out. */
  text: z.array(column).default([]),
  address: z.array(column).default([]),
  position: z.strictObject({
    lat: column.optional(),
    long: column.optional(),
    /** Columns such as `(39.30, -76.61)` or `POINT (-76.61 39.30)`, for rows without the two above. */
    combined: z.array(column).default([]),
    /** Look the address up in the city's register when no column has a position. */
    register: z.boolean().default(false),
    /** Fewer digits than this after both points are a rounded centre of somewhere, not a place. */
    least_digits: z.number().int().min(0).max(8).default(3),
    /** Points that stand for "unknown". */
    not_places: z.array(z.strictObject({ lat: latitude, long: longitude })).default([]),
    /** Where the reports can be. */
    within: z.strictObject({ south: latitude, west: longitude, north: latitude, east: longitude }).optional(),
  }),
})

/** What the columns of another system's CSV say. */
export type IntakeMap = z.infer<typeof mapFile>
/** What a status word means here. */
export type Meaning = z.infer<typeof meaning>

/** Reads a map; throws an Error that names every fault in words for whoever wrote it. */
export function readMap(text: string, file: string): IntakeMap {
  const parsed = mapFile.safeParse(parse(text))
  if (!parsed.success) throw new Error(`${file}:\n${z.prettifyError(parsed.error)}`)
  const { position } = parsed.data
  const both = position.lat !== undefined && position.long !== undefined
  if (!both && position.combined.length === 0 && !position.register)
    throw new Error(`${file}: position needs lat and long, or combined, or register: true.`)
  return parsed.data
}

/** The columns that a map speaks of. */
export function columnsOf(map: IntakeMap): string[] {
  const { position } = map
  const named = [
    map.id, map.opened, map.due, map.closed, map.updated, map.status.column, map.duplicate_of, map.category.column, map.agency.column,
    position.lat, position.long, ...position.combined, ...map.text, ...map.address,
  ] // prettier-ignore
  return [...new Set(named.filter((name) => name !== undefined))]
}

function isTimeZone(text: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
