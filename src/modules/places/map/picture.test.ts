import assert from 'node:assert/strict'
import { join } from 'node:path'
import { before, describe, test } from 'node:test'
import fc from 'fast-check'
import { loadPlaces, type Places } from '../gazetteer.ts'
import { metresBetween } from '../geometry.ts'
import { pictureAddress, readPicture } from './address.ts'
import { CHOOSER, lookAt, readChooser } from './chooser.ts'
import { streetLabels, type StreetLabel } from './labels.ts'
import { drawPicture, type Picture, pictureLimits } from './picture.ts'

const degree = (min: number, max: number) => fc.double({ min, max, noNaN: true })
const point = fc.record({ lat: degree(38.97, 39.03), long: degree(-30.55, -30.45) })
const side = fc.integer({ min: pictureLimits.side[0], max: pictureLimits.side[1] })
const picture = fc.record({
  lat: degree(38.9, 39.1), long: degree(-30.7, -30.3), zoom: fc.integer({ min: 10, max: 19 }), width: side, height: side,
  markers: fc.array(point, { maxLength: 5 }), cross: fc.boolean(), lang: fc.constantFrom('en', 'es', 'ar'),
}) // prettier-ignore

const asked = (address: string) => {
  const query = new URL(address, 'http://localhost').searchParams
  return readPicture((name) => query.get(name))
}

describe('map pictures', () => {
  let places: Places
  let labels: readonly StreetLabel[]
  before(async () => {
    places = await loadPlaces(join(import.meta.dirname, '..', '..', '..', '..', 'city'))
    labels = streetLabels(places)
  })

  const draw = (one: Picture) => drawPicture(places, labels, one)

  test('are the same for the same address, small, and hold nothing that runs or leads away', () => {
    fc.assert(
      fc.property(picture, (one) => {
        const address = pictureAddress(one)
        const read = asked(address)
        assert.ok(!('fault' in read), address)
        assert.equal(pictureAddress(read), address)
        const svg = draw(read)
        assert.equal(svg, draw(read))
        assert.ok(svg.length < 150_000, String(svg.length))
        assert.doesNotMatch(
          svg.replace('http://www.w3.org/2000/svg', ''),
          /<script|<a |<image|<use|href|NaN|Infinity|undefined|\son\w+=|https?:/,
        )
      }),
      { numRuns: 60 },
    )
  })

  test('show what is there: streets with their names, the pin, names in the language asked for', () => {
    const svg = draw({ lat: 39.004, long: -30.5, zoom: 16, width: 640, height: 360, markers: [{ lat: 39.004, long: -30.5 }], lang: 'es' })
    assert.match(svg, />Capstan Street</)
    assert.match(svg, />Plaza de la Aduana</)
    assert.match(svg, /translate\(320 180\)"><path class="m"/)
    assert.match(svg, /prefers-color-scheme:dark/)
    assert.match(
      draw({ lat: 39.004, long: -30.5, zoom: 13, width: 640, height: 360, markers: [], lang: 'ar' }),
      /direction="rtl">الميناء القديم</,
    )
  })

  test('that make no sense are refused', () => {
    for (const query of [
      '', 'lat=39', 'lat=NaN&long=1', 'lat=91&long=1', 'lat=39&long=-190', 'lat=1e1&long=1', 'lat=39&long=-30&zoom=9', 'lat=39&long=-30&zoom=20', 'lat=39&long=-30&zoom=16.5',
      'lat=39&long=-30&w=63', 'lat=39&long=-30&h=99999', 'lat=39&long=-30&w=-640', 'lat=39&long=-30&m=1', 'lat=39&long=-30&m=1,2;x', 'lat=39&long=-30&lang=%3Cb%3E',
      `lat=39&long=-30&m=${Array.from({ length: 61 }, () => '39,-30').join(';')}`,
    ]) assert.ok('fault' in asked(`/map/picture.svg?${query}`), query) // prettier-ignore
  })

  test('have no name of a street over another, at any zoom', () => {
    for (const label of labels) assert.ok(Math.abs(label.angle) <= 90 && label.zoom >= 13 && label.zoom <= 17)
    assert.ok(new Set(labels.map(({ text }) => text)).size > places.streets.length * 0.95, 'nearly every street has its name somewhere')
    for (const zoom of [13, 15, 17]) {
      const shown = labels.filter((label) => label.zoom <= zoom)
      const pixel = (156_543 * Math.cos((39 * Math.PI) / 180)) / 2 ** zoom
      for (const [nth, a] of shown.entries())
        for (const b of shown.slice(nth + 1)) assert.ok(metresBetween(a, b) > 10 * pixel, `${a.text} and ${b.text} at ${zoom}`)
    }
  })
})

describe('a place chooser', () => {
  let places: Places
  before(async () => {
    places = await loadPlaces(join(import.meta.dirname, '..', '..', '..', '..', 'city'))
  })

  const lookText = ({ lat, long, zoom }: { lat: number; long: number; zoom: number }): string =>
    `${lat.toFixed(6)},${long.toFixed(6)}@${zoom}`

  test('shows the whole city at first, and near around a position', () => {
    const whole = lookAt(places, null)
    assert.ok(whole.zoom >= 11 && whole.zoom <= 13)
    assert.equal(lookAt(places, { lat: 39, long: -30.5 }).zoom, 17)
  })

  test('takes a tap for the point under it', () => {
    fc.assert(
      fc.property(
        point,
        fc.integer({ min: 12, max: 19 }),
        fc.integer({ min: 1, max: CHOOSER.width }),
        fc.integer({ min: 1, max: CHOOSER.height }),
        (at, zoom, x, y) => {
          const form = {
            'p-look': lookText({ ...at, zoom }),
            'p-tap.x': String(x),
            'p-tap.y': String(y),
            'p-lat': '1',
            'p-long': '1',
            'p-street': '2,2',
          }
          const { point: chosen, moved, look } = readChooser(places, form, 'p')
          assert.ok(chosen && moved)
          assert.equal(look.zoom, zoom)
          const pixel = (156_543.034 * Math.cos((at.lat * Math.PI) / 180)) / 2 ** zoom
          const away = Math.hypot(x - CHOOSER.width / 2, y - CHOOSER.height / 2) * pixel
          assert.ok(Math.abs(metresBetween(at, chosen) - away) < 1 + away * 0.01)
        },
      ),
    )
  })

  test('keeps the position while the map moves, and takes a street or the middle when asked', () => {
    const form = { 'p-look': '39.004,-30.5@15', 'p-lat': '39.001', 'p-long': '-30.501' }
    const before = { lat: 39.001, long: -30.501 }
    assert.deepEqual(readChooser(places, form, 'p'), { look: { lat: 39.004, long: -30.5, zoom: 15 }, point: before, moved: false })
    const moves = { in: [0, 0, 1], out: [0, 0, -1], north: [1, 0, 0], south: [-1, 0, 0], east: [0, 1, 0], west: [0, -1, 0] }
    for (const [move, [lat = 0, long = 0, zoom = 0]] of Object.entries(moves)) {
      const read = readChooser(places, { ...form, 'p-move': move }, 'p')
      assert.ok(read.moved, move)
      assert.deepEqual(read.point, before)
      assert.deepEqual([Math.sign(read.look.lat - 39.004), Math.sign(read.look.long + 30.5), read.look.zoom - 15], [lat, long, zoom], move)
    }
    assert.deepEqual(readChooser(places, { ...form, 'p-move': 'middle' }, 'p').point, { lat: 39.004, long: -30.5 })
    assert.deepEqual(readChooser(places, { ...form, 'p-street': '39.002,-30.502' }, 'p').point, { lat: 39.002, long: -30.502 })
  })

  test('is never broken by what was sent', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.constantFrom('0', '-1', '39,-30.5@99', '39,-30.5@16', 'in', 'NaN', '99999'),
      fc.array(fc.string()),
    )
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('p-look', 'p-tap.x', 'p-tap.y', 'p-lat', 'p-long', 'p-move', 'p-street'), anything),
        (form) => {
          const { look, point: chosen } = readChooser(places, form, 'p')
          assert.ok(look.zoom >= 10 && look.zoom <= 19 && Math.abs(look.lat) <= 85.1)
          if (chosen) assert.ok(Number.isFinite(chosen.lat) && Number.isFinite(chosen.long))
        },
      ),
    )
    assert.equal(readChooser(places, { 'p-tap.x': '0', 'p-tap.y': '0' }, 'p').moved, false, 'a key press on the picture is no tap')
  })
})
