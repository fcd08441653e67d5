import { metresBetween, type Point } from '../../places/index.ts'

/**
 * A short way through all stops: nearest neighbour, then 2-opt (crossing pieces of the way are turned round while that makes
 * it shorter). Gives each stop's index once. It begins at the stop nearest to `from`; without `from` at the first stop. It
 * ends at the last stop: nobody is led back.
 */
export function shortRun(stops: readonly Point[], from: Point | null = null): number[] {
  if (stops.length === 0) return []
  const way = wayOf(stops, from)
  untangle(way.order, way.between)
  return way.order.slice(way.skip).map((index) => index - way.skip)
}

/** The order by nearest neighbour alone: what `shortRun` begins with and never makes longer. */
export function nearestRun(stops: readonly Point[], from: Point | null = null): number[] {
  if (stops.length === 0) return []
  const way = wayOf(stops, from)
  return way.order.slice(way.skip).map((index) => index - way.skip)
}

/** The metres of each step of a run: to its first stop from `from` (0 without it), then from stop to stop. */
export function stepsOf(stops: readonly Point[], order: readonly number[], from: Point | null = null): number[] {
  let last = from
  return order.map((index) => {
    const stop = stops[index]
    if (stop === undefined) return 0
    const metres = last === null ? 0 : metresBetween(last, stop)
    last = stop
    return metres
  })
}

type Way = {
  readonly order: number[]
  readonly between: (a: number, b: number) => number
  /** How many places at the beginning are no stops. */
  readonly skip: 0 | 1
}

/** Nearest neighbour over the stops, with `from` as a first place that stays first. */
function wayOf(stops: readonly Point[], from: Point | null): Way {
  const places = from === null ? stops : [from, ...stops]
  const count = places.length
  const metres = new Float64Array(count * count)
  places.forEach((a, i) => {
    for (let j = i + 1; j < count; j += 1) {
      const b = places[j]
      metres[i * count + j] = metres[j * count + i] = b === undefined ? 0 : metresBetween(a, b)
    }
  })
  const between = (a: number, b: number): number => metres[a * count + b] ?? 0
  const left = new Set(places.keys())
  const order: number[] = []
  for (let at = 0; left.size > 0;) {
    left.delete(at)
    order.push(at)
    let best = -1
    for (const next of left) if (best < 0 || between(at, next) < between(at, best)) best = next
    at = best
  }
  return { order, between, skip: from === null ? 0 : 1 }
}

/** Rounds of 2-opt: each makes the way shorter, so it ends by itself; this many are enough for any day's list. */
const MOST_ROUNDS = 60
/** A shortening below a centimetre is rounding. */
const LEAST_METRES = 0.01

function untangle(order: number[], between: Way['between']): void {
  for (let round = 0, better = true; better && round < MOST_ROUNDS; round += 1) {
    better = false
    for (let i = 1; i < order.length - 1; i += 1)
      for (let j = i + 1; j < order.length; j += 1)
        if (saved(order, between, i, j) > LEAST_METRES) {
          turn(order, i, j)
          better = true
        }
  }
}

/** The metres that turning the piece from `i` to `j` round would save; the way is open at its end. */
function saved(order: readonly number[], between: Way['between'], i: number, j: number): number {
  const [before = 0, first = 0, last = 0, after] = [order[i - 1], order[i], order[j], order[j + 1]]
  const now = between(before, first) + (after === undefined ? 0 : between(last, after))
  return now - between(before, last) - (after === undefined ? 0 : between(first, after))
}

function turn(order: number[], from: number, to: number): void {
  for (let i = from, j = to; i < j; i += 1, j -= 1) {
    const [a = 0, b = 0] = [order[i], order[j]]
    order[i] = b
    order[j] = a
  }
}
