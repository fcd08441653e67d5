import { foldText, type Words } from '../../kernel/text.ts'
import { metresBetween, type Point } from './geometry.ts'
import type { District, Nature, Position, Street } from './places.ts'
import { trigramsOf } from './search.ts'

/** Something with a name, and the point to show when it is chosen. A street has one name, the others one per language. */
export type NamedPlace = Point &
  (
    | { readonly kind: 'street'; readonly id: string; readonly name: string; readonly district: string }
    | { readonly kind: 'district' | 'park' | 'water'; readonly id: string; readonly name: Words }
  )

const MOST_FOUND = 10
const LONGEST_TYPED = 120
/** Below this share of common trigrams a name is not a likely spelling of what was typed. */
const LEAST_LIKENESS = 0.35

type Entry = {
  readonly place: NamedPlace
  readonly names: ReadonlyArray<{ readonly text: string; readonly trigrams: ReadonlySet<string> }>
}

/** A search over streets, districts, parks and waters by name in any language: the best 10, best first. */
export function nameSearch(
  streets: readonly Street[],
  districts: readonly District[],
  nature: readonly Nature[],
): (typed: string) => NamedPlace[] {
  const entries: Entry[] = [
    ...districts.map(({ id, name, rings }) =>
      entryOf({ kind: 'district', id, name, ...middleOfRing(rings[0] ?? []) }, Object.values(name)),
    ),
    ...streets.map(({ id, name, district, line }) => entryOf({ kind: 'street', id, name, district, ...middleOfLine(line) }, [name])),
    ...nature.flatMap(({ id, kind, name, rings }) =>
      kind === 'sea' || name === null ? [] : [entryOf({ kind, id, name, ...middleOfRing(rings[0] ?? []) }, Object.values(name))],
    ),
  ]
  return (typed) => {
    const asked = foldText(typed.slice(0, LONGEST_TYPED))
    if (asked === '') return []
    const trigrams = trigramsOf(asked)
    const scored = entries.map((entry) => ({ entry, score: Math.max(...entry.names.map((name) => likeness(asked, trigrams, name))) }))
    return scored
      .filter(({ score }) => score >= LEAST_LIKENESS)
      .toSorted((a, b) => b.score - a.score)
      .slice(0, MOST_FOUND)
      .map(({ entry }) => entry.place)
  }
}

function entryOf(place: NamedPlace, names: readonly string[]): Entry {
  const folded = [...new Set(names.map((name) => foldText(name)))]
  return { place, names: folded.map((text) => ({ text, trigrams: trigramsOf(text) })) }
}

/** 3 for the very name, more than 1 for its beginning, about 1 for beginnings of its words, else the share of common trigrams. */
function likeness(asked: string, trigrams: ReadonlySet<string>, name: Entry['names'][number]): number {
  if (name.text === asked) return 3
  if (name.text.startsWith(asked)) return 1 + asked.length / name.text.length
  const words = name.text.split(' ')
  let common = 0
  for (const trigram of trigrams) if (name.trigrams.has(trigram)) common += 1
  const share = (2 * common) / (trigrams.size + name.trigrams.size)
  return asked.split(' ').every((word) => words.some((own) => own.startsWith(word))) ? Math.max(0.9, share) : share
}

/** The point half-way along a line. */
export function middleOfLine(line: readonly Position[]): Point {
  const points = line.map(([long, lat]): Point => ({ lat, long }))
  const steps = points.slice(1).map((to, at) => metresBetween(points[at] ?? to, to))
  let left = steps.reduce((sum, step) => sum + step, 0) / 2
  for (const [at, step] of steps.entries()) {
    const [from, to] = [points[at], points[at + 1]]
    if (from === undefined || to === undefined) break
    if (left <= step && step > 0) {
      const part = left / step
      return { lat: from.lat + (to.lat - from.lat) * part, long: from.long + (to.long - from.long) * part }
    }
    left -= step
  }
  return points[0] ?? { lat: 0, long: 0 }
}

/** The centre of gravity of a ring's area; of its corners when it has none. */
export function middleOfRing(ring: readonly Position[]): Point {
  const [firstLong, firstLat] = ring[0] ?? [0, 0]
  let [area, east, north] = [0, 0, 0]
  for (const [at, [long, lat]] of ring.entries()) {
    const [nextLong, nextLat] = ring[(at + 1) % ring.length] ?? [long, lat]
    // measured from the first corner, so that small areas far from 0/0 keep their digits
    const [x1, y1, x2, y2] = [long - firstLong, lat - firstLat, nextLong - firstLong, nextLat - firstLat]
    const cross = x1 * y2 - x2 * y1
    area += cross / 2
    east += ((x1 + x2) * cross) / 6
    north += ((y1 + y2) * cross) / 6
  }
  if (Math.abs(area) < 1e-14) return { lat: firstLat, long: firstLong }
  return { lat: firstLat + north / area, long: firstLong + east / area }
}
