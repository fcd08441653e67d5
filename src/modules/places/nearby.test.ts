import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import { loadPlaces, type Places } from './gazetteer.ts'
import { fromPixels, metresBetween, nearestOnWay, planeOf, type Point, toPixels } from './geometry.ts'
import { nearbyIndex } from './nearby.ts'
import { parsePosition } from './position.ts'
import type { Position } from './places.ts'

const degree = (min: number, max: number) => fc.double({ min, max, noNaN: true })
/** Points in and around Harbourview. */
const around = fc.record({ lat: degree(38.9, 39.1), long: degree(-30.65, -30.35) })

/** The nearest of all lines, found by looking at each. */
function nearestOf(lines: ReadonlyArray<readonly Position[]>, at: Point): number {
  const plane = planeOf({ south: 38.97, west: -30.545, north: 39.03, east: -30.455 })
  const [x, y] = [plane.x(at.long), plane.y(at.lat)]
  const ways = lines.flatMap((line) => line.map(([long, lat], nth) => [line[Math.max(0, nth - 1)] ?? [long, lat], [long, lat]] as const))
  return Math.min(
    ...ways.map(([a, b]) => {
      const [nearX, nearY] = nearestOnWay(x, y, [plane.x(a[0]), plane.y(a[1]), plane.x(b[0]), plane.y(b[1])])
      return Math.hypot(nearX - x, nearY - y)
    }),
  )
}

const close = (a: number, b: number): boolean => Math.abs(a - b) <= 0.5 + Math.max(a, b) * 2e-3

describe('what is near', () => {
  let places: Places
  before(async () => {
    places = await loadPlaces(join(import.meta.dirname, '..', '..', '..', 'city'))
  })

  test('the index finds what looking at everything finds, from inside and from far outside', () => {
    const [streets, addresses] = [
      places.streets.map(({ line }) => line),
      places.addresses.map(({ lat, long }): Position[] => [[long, lat]]),
    ]
    fc.assert(
      fc.property(around, (at) => {
        const [street, address] = [places.nearestStreet(at.lat, at.long), places.nearestAddress(at.lat, at.long)]
        assert.ok(street && address)
        assert.ok(close(street.metres, nearestOf(streets, at)), `${street.thing.name} ${street.metres}`)
        assert.ok(close(address.metres, nearestOf(addresses, at)), `${address.thing.line1} ${address.metres}`)
        assert.ok(close(metresBetween(at, street), street.metres), 'its nearest point is so far away')
      }),
      { numRuns: 60 },
    )
  })

  test('streets near a point come nearest first, each once, none too far and none left out', () => {
    fc.assert(
      fc.property(around, fc.integer({ min: 1, max: 600 }), fc.integer({ min: 1, max: 12 }), (at, metres, most) => {
        const near = places.streetsNear(at.lat, at.long, { metres, most })
        const each = places.streets.map(({ line }) => nearestOf([line], at)).filter((away) => away <= metres).toSorted((a, b) => a - b) // prettier-ignore
        assert.equal(new Set(near.map(({ thing }) => thing.id)).size, near.length)
        assert.ok(Math.abs(near.length - Math.min(most, each.length)) <= each.filter((away) => close(away, metres)).length)
        for (const [nth, one] of near.entries()) assert.ok(one.metres <= metres && close(one.metres, each[nth] ?? metres))
      }),
      { numRuns: 60 },
    )
  })

  test('a point is as far outside as the nearest border, and 0 metres outside when inside', () => {
    const borders = places.districts.flatMap(({ rings }) => rings)
    fc.assert(
      fc.property(around, (at) => {
        const metres = places.metresOutside(at.lat, at.long)
        assert.equal(metres === 0, places.districtAt(at.lat, at.long) !== null)
        if (metres > 0) assert.ok(close(metres, nearestOf(borders, at)), `${metres}`)
      }),
      { numRuns: 60 },
    )
    assert.ok(places.metresOutside(48.2, 16.37) > 3_000_000)
    assert.ok(Number.isNaN(places.metresOutside(Number.NaN, 1)))
  })

  test('takes less than a millisecond', () => {
    const begun = performance.now()
    for (let nth = 0; nth < 1000; nth += 1) {
      const [lat, long] = [38.95 + (nth % 37) * 0.003, -30.6 + (nth % 101) * 0.002]
      places.nearestAddress(lat, long)
      places.nearestStreet(lat, long)
      places.metresOutside(lat, long)
    }
    assert.ok((performance.now() - begun) / 1000 < 1)
  })

  test('an index of nothing is empty, and nothing is near what is no point', () => {
    assert.deepEqual(nearbyIndex([], () => [])({ lat: 1, long: 1 }, { metres: 9, most: 9 }), [])
    assert.equal(places.nearestStreet(Number.NaN, 0), null)
  })

  test('streets, districts and parks are found by name in any language, with typing errors', () => {
    const first = (typed: string) => places.searchNames(typed)[0]?.id
    for (const { id, name } of places.streets) assert.equal(first(name), id)
    for (const { id, name } of places.districts) for (const text of Object.values(name)) assert.equal(first(text), id, text)
    assert.equal(first('botanik garden'), 'botanic_garden')
    assert.equal(first('jardin bot'), 'botanic_garden')
    for (const typed of ['', '  ', 'qqqq', '%', '\u0000']) assert.deepEqual(places.searchNames(typed), [])
    for (const found of places.searchNames('street')) assert.ok(places.metresOutside(found.lat, found.long) < 50)
  })

  test('the web map is square, and pixels lead back to their point', () => {
    assert.deepEqual(toPixels({ lat: 0, long: 0 }, 1), [256, 256])
    fc.assert(
      fc.property(degree(-85, 85), degree(-180, 180), fc.integer({ min: 0, max: 19 }), (lat, long, zoom) => {
        const back = fromPixels(...toPixels({ lat, long }, zoom), zoom)
        assert.ok(Math.abs(back.lat - lat) < 1e-9 && Math.abs(back.long - long) < 1e-9)
      }),
    )
  })

  describe('a position that was typed', () => {
    const kind = (lat: string, long: string) => parsePosition(places, lat, long)

    test('is read in every way of writing degrees', () => {
      for (const [lat, long] of [
        ['39.004', '-30.5'],
        [' 39,004 ', '\u221230,5'],
        ['٣٩٫٠٠٤', '-٣٠٫٥'],
        ['39.004°', '-30.5°'],
        ['39.004 N', '30.5 W'],
        ['39.004n', '30.5w'],
        ['+39.004', '-30.5'],
      ] as const) {
        // prettier-ignore
        const read = kind(lat, long)
        assert.ok(
          read.kind === 'inside' && read.lat === 39.004 && read.long === -30.5 && read.district.id === 'old_harbour',
          `${lat} ${long}`,
        )
      }
    })

    test('is refused when it is none, and says why', () => {
      assert.deepEqual(kind('', ' '), { kind: 'missing' })
      assert.deepEqual(kind('0', '0.000'), { kind: 'zero' })
      assert.deepEqual(kind('-0', '0'), { kind: 'zero' })
      assert.deepEqual(kind('91', '12'), { kind: 'out-of-range', field: 'lat' })
      assert.deepEqual(kind('45', '181'), { kind: 'out-of-range', field: 'long' })
      for (const text of [
        'NaN',
        'abc',
        '1e5',
        'Infinity',
        '0x10',
        '39.0.1',
        '--39',
        '39 0',
        '-39 N',
        '39 E',
        '9'.repeat(500),
        '39;drop',
        'null',
      ]) {
        assert.deepEqual(kind(text, '-30.5'), { kind: 'not-a-number', field: 'lat' }, text)
      }
      assert.deepEqual(kind('39', ''), { kind: 'not-a-number', field: 'long' })
    })

    test('is offered the right way round when it was changed over', () => {
      const read = kind('-30.5', '39.004')
      assert.ok(read.kind === 'swapped' && read.lat === 39.004 && read.long === -30.5)
    })

    test('outside the city comes with its distance', () => {
      const read = kind('39', '-29')
      assert.ok(read.kind === 'outside' && read.metres > 100_000 && read.metres < 140_000, JSON.stringify(read))
      const harbour = kind('38.991', '-30.5')
      assert.ok(harbour.kind === 'outside' && harbour.metres < 1_500)
    })

    test('never fails, whatever is typed, and what is inside is inside', () => {
      fc.assert(
        fc.property(
          fc.oneof(fc.string(), degree(-200, 200).map(String)),
          fc.oneof(fc.string(), degree(-200, 200).map(String)),
          (lat, long) => {
            const read = kind(lat, long)
            if (read.kind === 'inside' || read.kind === 'swapped')
              assert.equal(places.districtAt(read.lat, read.long)?.id, read.district.id)
            if (read.kind === 'outside') assert.ok(read.metres > 0)
          },
        ),
      )
    })
  })
})
