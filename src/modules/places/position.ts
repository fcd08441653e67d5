import type { Places } from './gazetteer.ts'
import type { Point } from './geometry.ts'
import type { District } from './places.ts'

/** What two texts say about a place. Only `inside` is one that the city can go to. */
export type PositionRead =
  | ({ readonly kind: 'inside'; readonly district: District } & Point)
  /** A place outside every district; `metres` to the nearest one. */
  | ({ readonly kind: 'outside'; readonly metres: number } & Point)
  /** Outside, but inside the city when the two are changed over: this point may be offered. */
  | ({ readonly kind: 'swapped'; readonly district: District } & Point)
  | { readonly kind: 'missing' }
  | { readonly kind: 'not-a-number'; readonly field: 'lat' | 'long' }
  | { readonly kind: 'out-of-range'; readonly field: 'lat' | 'long' }
  /** 0/0 is what a device says that does not know where it is. */
  | { readonly kind: 'zero' }

/** Longer than any number of degrees. */
const LONGEST = 40

/** Reads a latitude and a longitude in WGS 84 degrees as people and programs write them, and says what is wrong with them. */
export function parsePosition(places: Places, latText: string, longText: string): PositionRead {
  if (latText.trim() === '' && longText.trim() === '') return { kind: 'missing' }
  const [lat, long] = [degreesIn(latText, 'NS'), degreesIn(longText, 'EW')]
  if (lat === null) return { kind: 'not-a-number', field: 'lat' }
  if (long === null) return { kind: 'not-a-number', field: 'long' }
  if (lat === 0 && long === 0) return { kind: 'zero' }
  const fits = Math.abs(lat) <= 90 && Math.abs(long) <= 180
  const here = fits ? places.districtAt(lat, long) : null
  if (here !== null) return { kind: 'inside', lat, long, district: here }
  const there = Math.abs(long) <= 90 ? places.districtAt(long, lat) : null
  if (there !== null) return { kind: 'swapped', lat: long, long: lat, district: there }
  if (!fits) return { kind: 'out-of-range', field: Math.abs(lat) > 90 ? 'lat' : 'long' }
  return { kind: 'outside', lat, long, metres: places.metresOutside(lat, long) }
}

/** Degrees with a point or comma, in any script's digits, with ° or the letter of a hemisphere; null when it is no number. */
function degreesIn(text: string, hemispheres: string): number | null {
  if (text.length > LONGEST) return null
  const plain = text
    .trim()
    .replaceAll(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) & 15))
    .replaceAll(/[\u2212\u2013]/g, '-')
    .replaceAll(/[,\u066B]/g, '.')
    .replaceAll(/[\u200E\u200F\u061C]/g, '')
    .toUpperCase()
  const found = /^([+-]?)(\d{1,3}(?:\.\d*)?|\.\d+)\s*°?\s*([NSEW]?)$/.exec(plain)
  if (!found) return null
  const [, sign = '', number = '', letter = ''] = found
  if (letter !== '' && (!hemispheres.includes(letter) || sign !== '')) return null
  const degrees = Number(number) * (sign === '-' || letter === 'S' || letter === 'W' ? -1 : 1)
  return degrees === 0 ? 0 : degrees
}
