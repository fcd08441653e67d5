import { boundsOf, nearestOnWay, type Plane, planeOf, type Point, type Way } from './geometry.ts'
import type { Position } from './places.ts'

/** Something near a point: how far away it is in metres, and its point that is nearest. */
export type Near<T> = { readonly thing: T; readonly metres: number; readonly lat: number; readonly long: number }

/** Finds what is near a point, nearest first; each thing once. */
export type Nearby<T> = (at: Point, limits: { readonly metres: number; readonly most: number }) => Near<T>[]

/** The side of a cell in metres: about what one street takes from one corner to the next. */
const CELL = 200

type Part<T> = { readonly thing: T; readonly way: Way }

type Hit = { readonly square: number; readonly x: number; readonly y: number }

/**
 * An index of lines (a line of one position is a point) on a grid of cells. It looks at the cells around the point, ring
 * by ring, until no cell further out can hold anything nearer.
 */
export function nearbyIndex<T>(things: readonly T[], lineOf: (thing: T) => readonly Position[]): Nearby<T> {
  if (things.length === 0) return () => []
  const bounds = boundsOf(things.flatMap((thing) => [...lineOf(thing)]))
  const plane = planeOf(bounds)
  const [west, south, east, north] = [plane.x(bounds.west), plane.y(bounds.south), plane.x(bounds.east), plane.y(bounds.north)]
  const cells = new Map<string, Array<Part<T>>>()
  for (const thing of things) for (const way of waysOf(lineOf(thing), plane)) addPart(cells, { thing, way })
  return (at, limits) => {
    const [x, y] = [plane.x(at.long), plane.y(at.lat)]
    if (!Number.isFinite(x) || !Number.isFinite(y)) return []
    // what is asked from outside is looked for from the nearest point of the box
    const [boxX, boxY] = [within(x, west, east), within(y, south, north)]
    const away = (x - boxX) ** 2 + (y - boxY) ** 2
    const [column, row] = [cellOf(boxX), cellOf(boxY)]
    const last = Math.max(cellOf(east) - column, column - cellOf(west), cellOf(north) - row, row - cellOf(south))
    const found = new Map<T, Hit>()
    for (let ring = 0; ring <= last; ring += 1) {
      for (const key of ringOf(column, row, ring)) for (const part of cells.get(key) ?? []) take(found, part, x, y)
      // every cell further out is at least so far from the point, for the box is convex
      const seen = away + (ring * CELL) ** 2
      if (seen > limits.metres ** 2 || haveEnough(found, limits.most, seen)) break
    }
    const near = [...found].filter(([, hit]) => hit.square <= limits.metres ** 2).toSorted((a, b) => a[1].square - b[1].square)
    return near.slice(0, limits.most).map(([thing, hit]) => ({ thing, metres: Math.sqrt(hit.square), ...plane.point(hit.x, hit.y) }))
  }
}

/** A line as pieces no longer than a cell, so that a long one does not fill every cell of its box. */
function waysOf(line: readonly Position[], plane: Plane): Way[] {
  const points = line.map(([long, lat]): readonly [number, number] => [plane.x(long), plane.y(lat)])
  if (points.length === 1) return points.map(([x, y]) => [x, y, x, y])
  return points.slice(1).flatMap(([toX, toY], at) => {
    const [fromX, fromY] = points[at] ?? [toX, toY]
    const pieces = Math.max(1, Math.ceil(Math.hypot(toX - fromX, toY - fromY) / CELL))
    const along = (part: number): readonly [number, number] => [
      fromX + ((toX - fromX) * part) / pieces,
      fromY + ((toY - fromY) * part) / pieces,
    ]
    return Array.from({ length: pieces }, (_, piece): Way => [...along(piece), ...along(piece + 1)])
  })
}

function cellOf(metres: number): number {
  return Math.floor(metres / CELL)
}

function within(value: number, least: number, most: number): number {
  return Math.min(most, Math.max(least, value))
}

function addPart<T>(cells: Map<string, Array<Part<T>>>, part: Part<T>): void {
  const [ax, ay, bx, by] = part.way
  for (let column = cellOf(Math.min(ax, bx)); column <= cellOf(Math.max(ax, bx)); column += 1) {
    for (let row = cellOf(Math.min(ay, by)); row <= cellOf(Math.max(ay, by)); row += 1) {
      const key = `${column} ${row}`
      const there = cells.get(key)
      if (there) there.push(part)
      else cells.set(key, [part])
    }
  }
}

/** The cells at exactly so many steps from the middle. */
function ringOf(column: number, row: number, ring: number): string[] {
  if (ring === 0) return [`${column} ${row}`]
  const keys: string[] = []
  for (let step = -ring; step <= ring; step += 1) keys.push(`${column + step} ${row - ring}`, `${column + step} ${row + ring}`)
  for (let step = 1 - ring; step < ring; step += 1) keys.push(`${column - ring} ${row + step}`, `${column + ring} ${row + step}`)
  return keys
}

function take<T>(found: Map<T, Hit>, { thing, way }: Part<T>, x: number, y: number): void {
  const [nearX, nearY] = nearestOnWay(x, y, way)
  const square = (x - nearX) ** 2 + (y - nearY) ** 2
  const before = found.get(thing)
  if (before === undefined || square < before.square) found.set(thing, { square, x: nearX, y: nearY })
}

/** Whether enough was found that nothing unseen can be nearer. */
function haveEnough<T>(found: ReadonlyMap<T, Hit>, most: number, seen: number): boolean {
  if (found.size < most) return false
  let sure = 0
  for (const { square } of found.values()) if (square <= seen) sure += 1
  return sure >= most
}
