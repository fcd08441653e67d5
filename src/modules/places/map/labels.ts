import { type Point, fromPixels, toPixels } from '../geometry.ts'
import type { Places } from '../gazetteer.ts'
import { middleOfRing } from '../names.ts'
import type { Street } from '../places.ts'

/** A street's name at a place beside or on it: the angle in degrees clockwise, and the zoom from which there is room for it. */
export type StreetLabel = Point & { readonly text: string; readonly angle: number; readonly zoom: number }

/** The zooms at which names are looked for room for, from afar to near. */
const ZOOMS = [13, 14, 15, 16, 17] as const
/** How wide a letter and how high a line is taken to be, in pixels. */
const LETTER = 6.6
const LINE = 16
/** The least way between two names of one street, in pixels. */
const APART = 420

/**
 * Where the names of streets stand. A name that has room at one zoom has more at the next, so it keeps its place while
 * the reader zooms in, and neighbouring pictures agree about it.
 */
export function streetLabels(places: Places): readonly StreetLabel[] {
  const labels: StreetLabel[] = []
  for (const zoom of ZOOMS) placeAt(places, zoom, labels)
  return labels
}

type Spot = { readonly x: number; readonly y: number; readonly angle: number; readonly half: number }

function placeAt(places: Places, zoom: number, labels: StreetLabel[]): void {
  const taken = new Grid()
  for (const spot of areaSpots(places, zoom)) taken.add(spot)
  const own = new Map<string, Spot[]>()
  for (const label of labels) {
    const [x, y] = toPixels(label, zoom)
    const spot = { x, y, angle: label.angle, half: (label.text.length * LETTER) / 2 }
    taken.add(spot)
    own.set(label.text, [...(own.get(label.text) ?? []), spot])
  }
  for (const street of places.streets) {
    const mine = own.get(street.name) ?? []
    for (const spot of spotsOn(street, zoom)) {
      if (mine.some((other) => Math.hypot(other.x - spot.x, other.y - spot.y) < APART) || taken.meets(spot)) continue
      taken.add(spot)
      mine.push(spot)
      const { lat, long } = fromPixels(spot.x, spot.y, zoom)
      labels.push({ text: street.name, lat: fifth(lat), long: fifth(long), angle: spot.angle, zoom })
    }
  }
}

/** Where the names of areas stand, in the longest of their languages: no street's name comes there. */
function areaSpots({ districts, nature }: Places, zoom: number): Spot[] {
  return [...(zoom <= 14 ? districts : []), ...nature].flatMap(({ name, rings }) => {
    if (name === null) return []
    const [x, y] = toPixels(middleOfRing(rings[0] ?? []), zoom)
    const letters = Math.max(...Object.values(name).map((text) => text.length))
    return [{ x, y, angle: 0, half: (letters * LETTER * 1.15) / 2 }]
  })
}

/** Places along a street that are straight enough for its name: the middle first, then away from it to both sides. */
function spotsOn(street: Street, zoom: number): Spot[] {
  const points = street.line.map(([long, lat]) => toPixels({ lat, long }, zoom))
  const ends = points.slice(1).reduce<number[]>((sums, [x, y], at) => {
    const [fromX, fromY] = points[at] ?? [x, y]
    return [...sums, (sums.at(-1) ?? 0) + Math.hypot(x - fromX, y - fromY)]
  }, [])
  const length = ends.at(-1) ?? 0
  const half = (street.name.length * LETTER) / 2
  const alongAt = (distance: number): [number, number] => {
    const at = Math.max(
      0,
      ends.findIndex((end) => end >= distance),
    )
    const [fromX, fromY] = points[at] ?? [0, 0]
    const [toX, toY] = points[at + 1] ?? [0, 0]
    const before = at === 0 ? 0 : (ends[at - 1] ?? 0)
    const part = (distance - before) / ((ends[at] ?? 0) - before || 1)
    return [fromX + (toX - fromX) * part, fromY + (toY - fromY) * part]
  }
  const spots: Spot[] = []
  for (let away = 0; away <= length / 2 - half - 4; away += 40) {
    for (const middle of away === 0 ? [length / 2] : [length / 2 - away, length / 2 + away]) {
      const [[ax, ay], [x, y], [bx, by]] = [alongAt(middle - half), alongAt(middle), alongAt(middle + half)] as const
      const bend = Math.hypot((ax + bx) / 2 - x, (ay + by) / 2 - y)
      if (bend > 4) continue
      const turn = Math.round((Math.atan2(by - ay, bx - ax) * 180) / Math.PI)
      spots.push({ x, y, angle: turn > 90 ? turn - 180 : turn < -90 ? turn + 180 : turn, half })
    }
  }
  return spots
}

/** What is taken, by cells of pixels; a name is a row of circles. */
class Grid {
  readonly #cells = new Map<string, Array<readonly [number, number]>>()

  add(spot: Spot): void {
    for (const [x, y] of circlesOf(spot)) {
      const key = `${Math.floor(x / LINE)} ${Math.floor(y / LINE)}`
      const there = this.#cells.get(key)
      if (there) there.push([x, y])
      else this.#cells.set(key, [[x, y]])
    }
  }

  meets(spot: Spot): boolean {
    return circlesOf(spot).some(([x, y]) => {
      const [column, row] = [Math.floor(x / LINE), Math.floor(y / LINE)]
      for (let right = -1; right <= 1; right += 1) {
        for (let down = -1; down <= 1; down += 1) {
          const there = this.#cells.get(`${column + right} ${row + down}`) ?? []
          if (there.some(([otherX, otherY]) => Math.hypot(otherX - x, otherY - y) < LINE)) return true
        }
      }
      return false
    })
  }
}

function circlesOf({ x, y, angle, half }: Spot): Array<readonly [number, number]> {
  const [east, south] = [Math.cos((angle * Math.PI) / 180), Math.sin((angle * Math.PI) / 180)]
  const count = Math.ceil(half / (LINE / 2))
  return Array.from({ length: 2 * count + 1 }, (_, at) => {
    const along = ((at - count) / count) * half
    return [x + east * along, y + south * along] as const
  })
}

function fifth(degrees: number): number {
  return Math.round(degrees * 1e5) / 1e5
}
