import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { before, describe, test, type TestContext } from 'node:test'
import fc from 'fast-check'
import { loadPlaces, type Places } from './gazetteer.ts'
import { contains, type Position } from './places.ts'

const harbourview = join(import.meta.dirname, '..', '..', '..', 'city')

type Row = [string, string, string, string, number, number, string]

const someRows: Row[] = [
  ['a1', 's1', '1', 'HV1 2AB', 0.5, 0.1, 'west'],
  ['a2', 's1', '2', 'HV1 2AB', 0.5, 0.2, 'west'],
  ['a3', 's1', '12', 'HV1 2AD', 0.5, 0.3, 'west'],
  ['a4', 's1', '12A', 'HV1 2AD', 0.5, 0.4, 'west'],
  ['a5', 's2', '1', 'HV2 1XY', 0.1, 1.1, 'east'],
  ['a6', 's2', '12', 'HV2 1XY', 0.1, 1.2, 'east'],
  ['a7', 's3', '3', 'HV2 1XZ', 0.9, 1.1, 'east'],
]

function square(west: number, south: number, size: number): Position[] {
  const [east, north] = [west + size, south + size]
  return [[west, south], [east, south], [east, north], [west, north], [west, south]] // prettier-ignore
}

/** A town of two square districts side by side; the eastern one has a hole in the middle. */
async function smallTown(t: TestContext, rows: Row[] = someRows): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'places-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  await mkdir(join(folder, 'geo'))
  const district = (id: string, coordinates: Position[][]): object => ({
    type: 'Feature',
    properties: { id, name: { en: id } },
    geometry: { type: 'Polygon', coordinates },
  })
  const street = (id: string, name: string): object => ({
    type: 'Feature',
    properties: { id, name, district: 'west' },
    geometry: { type: 'LineString', coordinates: [[0, 0], [1, 1]] }, // prettier-ignore
  })
  const type = 'FeatureCollection'
  const districts = [district('west', [square(0, 0, 1)]), district('east', [square(1, 0, 1), square(1.4, 0.4, 0.2)])]
  const streets = [street('s1', 'Gannet Rise'), street('s2', 'Kittiwake Hill'), street('s3', 'Peñasco Lane')]
  const write = (file: string, json: unknown) => writeFile(join(folder, 'geo', file), JSON.stringify(json))
  await write('districts.geojson', { type, town: 'Harbourview', features: districts })
  await write('streets.geojson', { type, features: streets })
  await write('addresses.json', rows)
  return folder
}

function lines(places: Places, typed: string): string[] {
  return places.searchAddresses(typed).map(({ line1 }) => line1)
}

describe('districts', () => {
  test('a point is in the district around it, and in none at sea or in a hole', async (t) => {
    const places = await loadPlaces(await smallTown(t))
    assert.equal(places.districtAt(0.5, 0.5)?.id, 'west')
    assert.equal(places.districtAt(0.1, 1.9)?.id, 'east')
    assert.equal(places.districtAt(0.5, 1.5), null)
    assert.equal(places.districtAt(0.5, 2.5), null)
    assert.equal(places.districtAt(Number.NaN, 0.5), null)
  })

  test('neighbours share a border without gap or overlap', () => {
    const part = (min: number, max: number) => fc.double({ min, max, noNaN: true })
    fc.assert(
      fc.property(fc.array(part(0.5, 1.5), { minLength: 3, maxLength: 3 }), part(0, 0.999), part(0, 1.999), (bends, lat, long) => {
        const border = bends.map((east, at): Position => [east, (at + 1) / 4])
        const west: Position[] = [[0, 0], [1, 0], ...border, [1, 1], [0, 1], [0, 0]] // prettier-ignore
        const east: Position[] = [[2, 0], [2, 1], [1, 1], ...border.toReversed(), [1, 0], [2, 0]] // prettier-ignore
        assert.notEqual(contains([west], lat, long), contains([east], lat, long))
      }),
    )
  })
})

describe('address search', () => {
  test('takes the house number before or after the street, and its letter apart', async (t) => {
    const places = await loadPlaces(await smallTown(t))
    assert.deepEqual(lines(places, '12 Gannet Rise').slice(0, 2), ['12 Gannet Rise', '12A Gannet Rise'])
    assert.equal(lines(places, 'gannet rise, 12')[0], '12 Gannet Rise')
    assert.deepEqual(lines(places, '12a gannet').slice(0, 2), ['12A Gannet Rise', '12 Gannet Rise'])
    assert.equal(lines(places, 'Gannet Rise 12 A')[0], '12A Gannet Rise')
    assert.equal(lines(places, '١٢ gannet')[0], '12 Gannet Rise')
  })

  test('forgives typing errors, diacritics, word order and unfinished words', async (t) => {
    const places = await loadPlaces(await smallTown(t))
    assert.equal(lines(places, '12 kitiwake hil')[0], '12 Kittiwake Hill')
    assert.equal(lines(places, 'hill kittiwake 12')[0], '12 Kittiwake Hill')
    assert.equal(lines(places, 'KITT')[0], '1 Kittiwake Hill')
    assert.deepEqual(lines(places, 'penasco'), ['3 Peñasco Lane'])
  })

  test('finds by postcode, with or without its space, and is not led astray by the town', async (t) => {
    const places = await loadPlaces(await smallTown(t))
    assert.deepEqual(lines(places, 'hv1 2ab').toSorted(), ['1 Gannet Rise', '2 Gannet Rise'])
    assert.equal(lines(places, '12 HV21XY')[0], '12 Kittiwake Hill')
    assert.equal(lines(places, '1 Kittiwake Hill, Harbourview HV2 1XY')[0], '1 Kittiwake Hill')
  })

  test('finds nothing for text that is like no street', async (t) => {
    const places = await loadPlaces(await smallTown(t))
    for (const typed of ['', '   ', '12', 'Harbourview', 'zzzz', '%', '\u0000']) assert.deepEqual(lines(places, typed), [], typed)
  })

  test('gives the address whole', async (t) => {
    const places = await loadPlaces(await smallTown(t))
    const expected = { id: 'a7', line1: '3 Peñasco Lane', town: 'Harbourview', postcode: 'HV2 1XZ', lat: 0.9, long: 1.1, district: 'east' }
    assert.deepEqual(places.searchAddresses('3 peñasco lane'), [expected])
    assert.deepEqual(places.addressById('a7'), expected)
    assert.equal(places.addressById('a8'), null)
  })
})

describe('faulty files', () => {
  test('are named with the fault', async (t) => {
    const lost = await smallTown(t, [['a1', 's9', '1', 'HV1 2AB', 0.5, 0.1, 'west']])
    await assert.rejects(loadPlaces(lost), /addresses\.json: a1 is on an unknown street, s9/)
    const nowhere = await smallTown(t, [['a1', 's1', '1', 'HV1 2AB', 0.5, 0.1, 'north']])
    await assert.rejects(loadPlaces(nowhere), /addresses\.json: a1 is in an unknown district, north/)
    const twice = await smallTown(t, [...someRows, ...someRows])
    await assert.rejects(loadPlaces(twice), /addresses\.json: a1 is there twice/)
    await writeFile(join(twice, 'geo', 'streets.geojson'), '{')
    await assert.rejects(loadPlaces(twice), /streets\.geojson is not JSON/)
  })
})

describe('Harbourview', () => {
  let places: Places
  before(async () => {
    places = await loadPlaces(harbourview)
  })

  test('has eight districts, named in each of its languages', () => {
    assert.equal(places.districts.length, 8)
    for (const { name } of places.districts) assert.deepEqual(Object.keys(name).toSorted(), ['ar', 'en', 'es'])
  })

  test('has each address in the district that it names', () => {
    for (let nth = 1; nth <= 5000; nth++) {
      const id = `ha-${String(nth).padStart(6, '0')}`
      const address = places.addressById(id)
      assert.ok(address, id)
      assert.equal(places.districtAt(address.lat, address.long)?.id, address.district, id)
    }
  })

  test('finds each street with one letter left out, ten addresses at most', () => {
    for (const { name } of places.streets) {
      for (const at of [1, 2, 3]) {
        const found = lines(places, `2 ${name.slice(0, at)}${name.slice(at + 1)}`)
        assert.ok(found.some((line1) => line1.endsWith(` ${name}`)), name) // prettier-ignore
        assert.ok(found.length <= 10)
      }
    }
  })

  test('answers a search in less than 5 ms', () => {
    const times = places.streets.map(({ name }) => {
      const started = performance.now()
      places.searchAddresses(`12 ${name}, Harbourview`)
      return performance.now() - started
    })
    const median = times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? Infinity
    assert.ok(median < 5, `${median} ms`)
  })
})
