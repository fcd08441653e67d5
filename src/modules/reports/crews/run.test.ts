import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { metresBetween, type Point } from '../../places/index.ts'
import { nearestRun, shortRun, stepsOf } from './run.ts'

const degrees = (most: number) => fc.double({ min: -most, max: most, noNaN: true })
const anywhere = fc.record({ lat: degrees(90), long: degrees(180) })
/** A town: some kilometres, with places that lie on one another. */
const inTown = fc
  .record({ lat: fc.integer({ min: 0, max: 60 }), long: fc.integer({ min: 0, max: 60 }) })
  .map(({ lat, long }): Point => ({ lat: 40 + lat / 1_000, long: -70 + long / 1_000 }))
const run = fc.record({ stops: fc.array(fc.oneof(inTown, anywhere), { maxLength: 40 }), from: fc.option(inTown) })
test('the steps of a run are its great-circle metres', () => {
  // Paris, London, and back to where the crew stands: as published, 343.5 km each way
  const [paris, london] = [
    { lat: 48.8566, long: 2.3522 },
    { lat: 51.5074, long: -0.1278 },
  ]
  const steps = stepsOf([london, paris], [0, 1], paris)
  for (const step of steps) assert.ok(Math.abs(step - 343_556) < 500, `${step} m`)
  assert.deepEqual(stepsOf([paris, paris], [1, 0]), [0, 0])
  assert.equal(stepsOf([london], [0], paris)[0], metresBetween(paris, london))
})

const length = (stops: readonly Point[], order: readonly number[], from: Point | null): number =>
  stepsOf(stops, order, from).reduce((sum, metres) => sum + metres, 0)

test('every stop is on the run once, and it is never longer than by nearest neighbour', () => {
  fc.assert(
    fc.property(run, ({ stops, from }) => {
      const order = shortRun(stops, from)
      assert.deepEqual(
        order.toSorted((a, b) => a - b),
        [...stops.keys()],
      )
      assert.ok(length(stops, order, from) <= length(stops, nearestRun(stops, from), from) + 1e-6)
      if (from === null && stops.length > 0) assert.equal(order[0], 0)
    }),
    { numRuns: 500 },
  )
})

test('no piece of the run could be turned round to make it shorter', () => {
  fc.assert(
    fc.property(fc.array(inTown, { minLength: 4, maxLength: 14 }), inTown, (stops, from) => {
      const order = shortRun(stops, from)
      const had = length(stops, order, from)
      for (let i = 0; i < order.length; i += 1)
        for (let j = i + 1; j < order.length; j += 1) {
          const turned = [...order.slice(0, i), ...order.slice(i, j + 1).toReversed(), ...order.slice(j + 1)]
          assert.ok(length(stops, turned, from) > had - 0.02)
        }
    }),
  )
})

test('2-opt mends what nearest neighbour gets wrong', () => {
  // a row of houses, begun in its middle: going to the nearest each time zigzags across the beginning
  const stops = [-1, 3, -8, 17, 0.9].map((step) => ({ lat: 40 + step / 1_000, long: -70 }))
  const from = { lat: 40, long: -70 }
  const [short, nearest] = [shortRun(stops, from), nearestRun(stops, from)].map((order) => length(stops, order, from))
  assert.ok((short ?? 0) < (nearest ?? 0) - 100, `${short} m instead of ${nearest} m`)
})

test('200 stops are ordered in less than 50 ms', () => {
  let seed = 7
  const draw = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
  const stops = Array.from({ length: 200 }, () => ({ lat: 40 + draw() / 10, long: -70 + draw() / 10 }))
  const times = Array.from({ length: 7 }, () => {
    const begun = performance.now()
    assert.equal(shortRun(stops, { lat: 40, long: -70 }).length, 200)
    return performance.now() - begun
  })
  const median = times.toSorted((a, b) => a - b)[3] ?? Infinity
  assert.ok(median < 50, `${median.toFixed(1)} ms`)
})
