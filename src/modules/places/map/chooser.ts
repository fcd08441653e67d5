import { fromPixels, type Point, toPixels } from '../geometry.ts'
import type { Places } from '../gazetteer.ts'
import { degrees, readPoint, whole } from './address.ts'
import { pictureLimits, pointAt } from './picture.ts'

/** What part of the map is shown: its middle and how near. */
export type Look = Point & { readonly zoom: number }

/** What came back from a place chooser. */
export type Chosen = {
  /** The part of the map to show. */
  readonly look: Look
  /** The position that is chosen, to six decimals; null while none is. It may lie outside the city. */
  readonly point: Point | null
  /** Whether a press on the map sent the form: the page is shown again, nothing else is to be done with it. */
  readonly moved: boolean
}

/** The picture of a chooser, in pixels: the narrowest screen shows it unscaled, for a browser tells a tap in pixels of the screen. */
export const CHOOSER = { width: 280, height: 320 } as const

/** How a chooser begins: the whole city, or near around a point. */
export function lookAt(places: Places, point: Point | null): Look {
  if (point !== null) return { ...point, zoom: 17 }
  const { south, west, north, east } = places.bounds
  const middle = { lat: (south + north) / 2, long: (west + east) / 2 }
  for (let zoom: number = pictureLimits.zoom[1]; zoom > pictureLimits.zoom[0]; zoom -= 1) {
    const [left, top] = toPixels({ lat: north, long: west }, zoom)
    const [right, bottom] = toPixels({ lat: south, long: east }, zoom)
    if (right - left <= CHOOSER.width && bottom - top <= CHOOSER.height) return { ...middle, zoom }
  }
  return { ...middle, zoom: pictureLimits.zoom[0] }
}

/**
 * Reads a place chooser named `name` back from the form it stood in. A tap or press on the map counts before a street
 * that is marked, and that before the position from earlier. What cannot be read is as if it were not there.
 */
export function readChooser(places: Places, form: Readonly<Record<string, unknown>>, name: string): Chosen {
  const text = (part: string): string => {
    const value = form[`${name}-${part}`]
    return typeof value === 'string' ? value : ''
  }
  const before = readPoint(`${text('lat')},${text('long')}`)
  const [at = '', zoomText = ''] = text('look').split('@')
  const middle = readPoint(at)
  const zoom = whole(zoomText, pictureLimits.zoom)
  const look = middle !== null && zoom !== null ? { ...middle, zoom } : lookAt(places, before)
  const tap = tapped(look, text('tap.x'), text('tap.y'))
  if (tap !== null) return { look, point: sixth(tap), moved: true }
  const move = text('move')
  if (move === 'middle') return { look, point: sixth(look), moved: true }
  if (move !== '') return { look: movedLook(look, move), point: before, moved: true }
  const street = readPoint(text('street'))
  return { look, point: street ?? before, moved: false }
}

/** The point under a tap. A key press on the picture says 0/0: that is no tap. */
function tapped(look: Look, xText: string, yText: string): Point | null {
  const [x, y] = [whole(xText, [0, 9999]), whole(yText, [0, 9999])]
  if (x === null || y === null || (x === 0 && y === 0) || x > CHOOSER.width || y > CHOOSER.height) return null
  return pointAt({ ...look, ...CHOOSER }, x, y)
}

const STEPS: ReadonlyMap<string, readonly [east: number, south: number]> = new Map([
  ['north', [0, -0.4]],
  ['south', [0, 0.4]],
  ['west', [-0.4, 0]],
  ['east', [0.4, 0]],
])

function movedLook(look: Look, move: string): Look {
  const [least, most] = pictureLimits.zoom
  if (move === 'in') return { ...look, zoom: Math.min(most, look.zoom + 1) }
  if (move === 'out') return { ...look, zoom: Math.max(least, look.zoom - 1) }
  const step = STEPS.get(move)
  if (!step) return look
  const [x, y] = toPixels(look, look.zoom)
  return { ...look, ...sixth(fromPixels(x + step[0] * CHOOSER.width, y + step[1] * CHOOSER.height, look.zoom)) }
}

function sixth({ lat, long }: Point): Point {
  return { lat: Number(degrees(lat)), long: Number(degrees(long)) }
}
