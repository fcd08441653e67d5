import type { IntakeMap } from './map.ts'

/** A place on the map, in degrees (WGS 84). */
export type Position = { readonly lat: number; readonly long: number }
/** Why a row has no place. */
export type NoPlace =
  | 'position_missing'
  | 'position_unreadable'
  | 'position_rounded'
  | 'position_zero'
  | 'position_swapped'
  | 'position_outside'

type Rules = IntakeMap['position']
/** Degrees as they were written: how many digits stand after the point says how exact they are. */
type Written = { readonly lat: string; readonly long: string }

/**
 * The place that cells name. A point in the middle of a degree square, 0/0 or one outside the area that the map names is no place,
 * and swapped degrees are not put right by guessing: each is a reason to reject the row.
 */
export function positionOf(rules: Rules, cell: (column: string) => string): Position | NoPlace {
  let reason: NoPlace = 'position_missing'
  for (const written of writtenIn(rules, cell)) {
    const found = judge(rules, written)
    if (typeof found !== 'string') return found
    reason = found
  }
  return reason
}

function* writtenIn(rules: Rules, cell: (column: string) => string): Generator<Written> {
  if (rules.lat !== undefined && rules.long !== undefined) {
    const pair = { lat: cell(rules.lat), long: cell(rules.long) }
    if (pair.lat !== '' || pair.long !== '') yield pair
  }
  for (const column of rules.combined) {
    const text = cell(column)
    if (text !== '') yield readCombined(text) ?? { lat: text, long: '' }
  }
}

/** Degrees in one text: `(39.30, -76.61)`, also after an address, or WKT's `POINT (-76.61 39.30)`; null when there are none. */
export function readCombined(text: string): Written | null {
  const wkt = /POINT\s*\(\s*(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)\s*\)/i.exec(text)
  if (wkt) return { lat: wkt[2] ?? '', long: wkt[1] ?? '' }
  const pair = /\(?\s*(-?\d+(?:\.\d+)?)\s*[,;]\s*(-?\d+(?:\.\d+)?)\s*\)?\s*$/.exec(text)
  return pair ? { lat: pair[1] ?? '', long: pair[2] ?? '' } : null
}

function judge(rules: Rules, written: Written): Position | NoPlace {
  const [lat, long] = [degrees(written.lat), degrees(written.long)]
  if (lat === null || long === null) return 'position_unreadable'
  const position = { lat, long }
  if (lat === 0 && long === 0) return 'position_zero'
  if (rules.not_places.some((point) => point.lat === lat && point.long === long)) return 'position_rounded'
  if (Math.max(digitsOf(written.lat), digitsOf(written.long)) < rules.least_digits) return 'position_rounded'
  if (isInside(rules, position)) return position
  return isInside(rules, { lat: long, long: lat }) ? 'position_swapped' : 'position_outside'
}

function isInside({ within }: Rules, { lat, long }: Position): boolean {
  if (Math.abs(lat) > 90 || Math.abs(long) > 180) return false
  return !within || (lat >= within.south && lat <= within.north && long >= within.west && long <= within.east)
}

function degrees(text: string): number | null {
  return /^[+-]?\d{1,3}(\.\d{1,20})?$/.test(text) ? Number(text) : null
}

/** Digits after the point that say something: 39.300 is as exact as 39.3. */
function digitsOf(text: string): number {
  return (text.split('.')[1] ?? '').replace(/0+$/, '').length
}
