import type { Position } from './places.ts'

/** A point in WGS 84 degrees, as people say it. */
export type Point = { readonly lat: number; readonly long: number }

/** The box around something, in WGS 84 degrees. */
export type Bounds = { readonly south: number; readonly west: number; readonly north: number; readonly east: number }

/** Metres of one degree of a great circle, on a sphere of the Earth's mean radius (6,371,008.8 m). */
export const METRES_PER_DEGREE = 111_195.08

/** The side of one map tile in pixels: the world is so wide at zoom 0. */
const TILE = 256

/** The latitude at which the square web map ends, north and south. */
export const LAST_LATITUDE = 85.051_128

const radians = (degrees: number): number => (degrees * Math.PI) / 180

/** The great-circle distance in metres (haversine); right to 0.5 % anywhere. */
export function metresBetween(a: Point, b: Point): number {
  const [north, east] = [radians(b.lat - a.lat) / 2, radians(b.long - a.long) / 2]
  const square = Math.sin(north) ** 2 + Math.cos(radians(a.lat)) * Math.cos(radians(b.lat)) * Math.sin(east) ** 2
  return (METRES_PER_DEGREE * 360 * Math.asin(Math.min(1, Math.sqrt(square)))) / Math.PI
}

/** The box around all of these positions; throws without any. */
export function boundsOf(positions: readonly Position[]): Bounds {
  if (positions.length === 0) throw new RangeError('there is no box around nothing')
  let [south, west, north, east] = [Infinity, Infinity, -Infinity, -Infinity]
  for (const [long, lat] of positions) {
    south = Math.min(south, lat)
    north = Math.max(north, lat)
    west = Math.min(west, long)
    east = Math.max(east, long)
  }
  return { south, west, north, east }
}

/** A flat drawing of the city in metres; true to about a millimetre in a metre within 30 km of its middle. */
export type Plane = {
  readonly x: (long: number) => number
  readonly y: (lat: number) => number
  readonly point: (x: number, y: number) => Point
}

/** The flat drawing around the middle of a box. */
export function planeOf({ south, west, north, east }: Bounds): Plane {
  const [lat, long] = [(south + north) / 2, (west + east) / 2]
  const wide = METRES_PER_DEGREE * Math.cos(radians(lat))
  return {
    x: (at) => (at - long) * wide,
    y: (at) => (at - lat) * METRES_PER_DEGREE,
    point: (x, y) => ({ lat: lat + y / METRES_PER_DEGREE, long: long + x / wide }),
  }
}

/** A straight way from a to b on a plane. */
export type Way = readonly [ax: number, ay: number, bx: number, by: number]

/** The point of the way from a to b that is nearest to (x, y). */
export function nearestOnWay(x: number, y: number, way: Way): [number, number] {
  const [ax, ay, bx, by] = way
  const [east, north] = [bx - ax, by - ay]
  const square = east * east + north * north
  const part = square === 0 ? 0 : Math.min(1, Math.max(0, ((x - ax) * east + (y - ay) * north) / square))
  return [ax + east * part, ay + north * part]
}

/** Pixels east and south of the north-western corner of the square web map (EPSG:3857) at a zoom. */
export function toPixels({ lat, long }: Point, zoom: number): [x: number, y: number] {
  const size = TILE * 2 ** zoom
  const sine = Math.sin(radians(Math.max(-LAST_LATITUDE, Math.min(LAST_LATITUDE, lat))))
  return [((long + 180) / 360) * size, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * size]
}

/** The point at such pixels: the reverse of `toPixels`. */
export function fromPixels(x: number, y: number, zoom: number): Point {
  const size = TILE * 2 ** zoom
  const lat = (Math.atan(Math.sinh(Math.PI * (1 - (2 * y) / size))) * 180) / Math.PI
  return { lat, long: (x / size) * 360 - 180 }
}
