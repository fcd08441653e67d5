import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { addDays, dayIn, parsePlainDate, startOfDay } from '../../../kernel/time.ts'
import { dateReader, readsPattern } from './dates.ts'
import { columnsOf, type IntakeMap, readMap } from './map.ts'
import { positionOf, readCombined } from './position.ts'
import { categoryId, rowReader } from './row.ts'

const newYork = 'America/New_York'
const us = 'MM/dd/yyyy hh:mm:ss a'
const written = new Intl.DateTimeFormat('en-US', {
  timeZone: newYork, year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: true,
}) // prettier-ignore

describe('dates of another system', () => {
  const read = dateReader([us, 'iso'], newYork)

  it('reads back every instant that the zone writes, but for the hour that comes twice', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1990, 0, 1) / 1000, max: Date.UTC(2037, 0, 1) / 1000 }), (seconds) => {
        const instant = new Date(seconds * 1000)
        const back = read(written.format(instant).replace(',', ''))
        assert.ok(back)
        const earlier = back.getTime() === instant.getTime() - 3_600_000 && written.format(back) === written.format(instant)
        assert.ok(back.getTime() === instant.getTime() || earlier, `${instant.toISOString()} became ${back.toISOString()}`)
      }),
      { numRuns: 2_000 },
    )
  })

  it('follows the change of the clock in both directions', () => {
    assert.equal(read('03/11/2018 01:59:59 AM')?.toISOString(), '2018-03-11T06:59:59.000Z')
    assert.equal(read('03/11/2018 02:30:00 AM')?.toISOString(), '2018-03-11T07:30:00.000Z', 'a time that was left out')
    assert.equal(read('03/11/2018 03:00:00 AM')?.toISOString(), '2018-03-11T07:00:00.000Z')
    assert.equal(read('11/04/2018 01:30:00 AM')?.toISOString(), '2018-11-04T05:30:00.000Z', 'the first of two')
    assert.equal(read('11/04/2018 12:00:00 AM')?.toISOString(), '2018-11-04T04:00:00.000Z', 'midnight is 12 AM')
    assert.equal(read('11/04/2018 12:00:00 PM')?.toISOString(), '2018-11-04T17:00:00.000Z', 'noon is 12 PM')
  })

  it('reads ISO 8601 with and without an offset', () => {
    assert.equal(read('2018-07-01T12:00:00Z')?.toISOString(), '2018-07-01T12:00:00.000Z')
    assert.equal(read('2018-07-01T12:00:00+02:00')?.toISOString(), '2018-07-01T10:00:00.000Z')
    assert.equal(read('2018-07-01 12:00')?.toISOString(), '2018-07-01T16:00:00.000Z')
    assert.equal(read('2018-07-01')?.toISOString(), '2018-07-01T04:00:00.000Z')
  })

  it('takes nothing else for a date', () => {
    for (const text of [
      '',
      '02/30/2018 01:00:00 AM',
      '13/01/2018 01:00:00 AM',
      '01/01/2018 00:00:00 AM',
      '01/01/2018 13:00:00 PM',
      '2018-02-29',
      '2018-01-01T24:00:00',
      '2018-01-01T10:60',
      'yesterday',
      '1/1/18 1:00:00 AM',
      '0000-01-01',
    ])
      // prettier-ignore
      assert.equal(read(text), null, text)
    fc.assert(fc.property(fc.string(), (text) => /\d/.test(text) || read(text) === null))
  })

  it('finds the first instant of every day, in zones that change at midnight too', () => {
    for (const zone of ['America/New_York', 'Europe/Lisbon', 'America/Santiago', 'Asia/Kathmandu', 'Africa/Cairo']) {
      const reader = dateReader(['yyyy-MM-dd'], zone)
      const first = parsePlainDate('2023-01-01')
      assert.ok(first)
      for (let n = 0; n < 730; n += 1) {
        const day = addDays(first, n)
        const instant = reader(day)
        assert.ok(instant)
        assert.equal(dayIn(zone, instant), day)
        if (!['America/Santiago', 'Africa/Cairo'].includes(zone)) assert.equal(instant.getTime(), startOfDay(zone, day).getTime())
      }
    }
  })

  it('refuses patterns that it cannot read', () => {
    for (const pattern of ['iso', us, 'dd.MM.yyyy HH:mm', 'yyyy-MM-dd']) assert.ok(readsPattern(pattern), pattern)
    for (const pattern of ['', 'dd.MM', 'yyyy-MM-dd EEE', 'hh:mm dd/MM/yyyy', 'MM/MM/yyyy dd']) assert.ok(!readsPattern(pattern), pattern)
  })
})

const rules: IntakeMap['position'] = {
  lat: 'lat',
  long: 'long',
  combined: ['both'],
  register: false,
  least_digits: 3,
  not_places: [{ lat: 39.5, long: -76.5001 }],
  within: { south: 39, west: -77, north: 39.8, east: -76.2 },
}
const place = (cells: Record<string, string>) => positionOf(rules, (column) => cells[column] ?? '')

describe('positions of another system', () => {
  it('takes every exact point inside, written in any of the ways, as it is', () => {
    const degree = (min: number, max: number) => fc.integer({ min: Math.ceil(min * 1e5) + 1, max: Math.floor(max * 1e5) - 1 }).filter((n) => n % 1000 !== 0).map((n) => n / 1e5) // prettier-ignore
    fc.assert(
      fc.property(degree(39, 39.8), degree(-77, -76.2), (lat, long) => {
        const ways: Array<Record<string, string>> = [
          { lat: String(lat), long: String(long) },
          { both: `(${lat}, ${long})` },
          { both: `12 Somewhere Street\nBaltimore\n(${lat}, ${long})` },
          { both: `POINT (${long} ${lat})` },
        ]
        for (const cells of ways) assert.deepEqual(place(cells), { lat, long })
      }),
    )
  })

  it('says what is wrong with every other', () => {
    assert.equal(place({}), 'position_missing')
    assert.equal(place({ lat: '39', long: '-77' }), 'position_rounded')
    assert.equal(place({ lat: '39.00', long: '-77.000000' }), 'position_rounded', 'zeros say nothing')
    assert.equal(place({ lat: '39.5', long: '-76.5001' }), 'position_rounded', 'named as no place')
    assert.equal(place({ lat: '0', long: '0.0' }), 'position_zero')
    assert.equal(place({ lat: '-76.61234', long: '39.31234' }), 'position_swapped')
    assert.equal(place({ lat: '-76.61234', long: '239.31234' }), 'position_outside')
    assert.equal(place({ lat: '41.31234', long: '-76.61234' }), 'position_outside')
    for (const lat of ['NaN', '1e1', '39,31', 'north', '٣٩']) assert.equal(place({ lat, long: '-76.61234' }), 'position_unreadable', lat)
    assert.equal(place({ lat: '39.31234' }), 'position_unreadable')
    assert.equal(place({ both: 'somewhere' }), 'position_unreadable')
  })

  it('falls back to the next column, and keeps the last reason', () => {
    assert.deepEqual(place({ lat: '39', long: '-77', both: '(39.3123, -76.6123)' }), { lat: 39.3123, long: -76.6123 })
    assert.equal(place({ lat: '39', long: '-77', both: '(0.0, 0.0)' }), 'position_zero')
    assert.equal(place({ lat: '39.3', long: '-76.612345' }) === 'position_rounded', false, 'one exact degree is enough: a zero was cut off')
    assert.equal(readCombined('39.3'), null)
  })
})

const map = readMap(readFileSync(new URL('../../../../docs/examples/maps/baltimore.yaml', import.meta.url), 'utf8'), 'baltimore.yaml')
const head = ['SRRecordID', 'SRType', 'CreatedDate', 'SRStatus', 'StatusDate', 'DueDate', 'CloseDate', 'Agency', 'Address', 'Latitude', 'Longitude', 'GeoLocation'] // prettier-ignore
const sample: Record<string, string> = {
  SRRecordID: '17-00489480',
  SRType: 'FOR-Fallen Limb',
  CreatedDate: '08/09/2017 03:20:26 PM',
  SRStatus: 'Closed',
  StatusDate: '08/18/2017 07:01:15 AM',
  DueDate: '08/10/2017 03:20:26 PM',
  CloseDate: '08/17/2017 08:00:00 PM',
  Agency: 'Health',
  Address: '1 INVENTED PL',
  Latitude: '39.333506',
  Longitude: '-76.569999',
  GeoLocation: '',
}
const now = new Date('2026-01-01T00:00:00Z')

function rowOf(change: Record<string, string>) {
  const read = rowReader(map, head, { now, findAddress: () => null })
  return read(head.map((name) => ({ ...sample, ...change })[name] ?? ''))
}

describe('rows of another system', () => {
  it('reads a closed one as closed elsewhere, never as fixed', () => {
    assert.deepEqual(rowOf({}), {
      sourceId: '17-00489480',
      category: { id: categoryId('baltimore', 'FOR-Fallen Limb'), added: 'FOR-Fallen Limb' },
      agency: 'environmental_health',
      position: { lat: 39.333506, long: -76.569999 },
      address: '1 INVENTED PL',
      text: '',
      openedAt: new Date('2017-08-09T19:20:26Z'),
      dueAt: new Date('2017-08-10T19:20:26Z'),
      state: 'closed',
      end: { outcome: 'elsewhere', status: 'Closed' },
      endedAt: new Date('2017-08-18T00:00:00Z'),
      updatedAt: new Date('2017-08-18T00:00:00Z'),
      duplicateOf: null,
    })
  })

  it('has a reason for each row that it does not take', () => {
    const reasons: Array<[Record<string, string>, string]> = [
      [{ SRRecordID: ' ' }, 'id_missing'],
      [{ SRType: '' }, 'category_missing'],
      [{ CreatedDate: '31/31/2017' }, 'opened_unreadable'],
      [{ CreatedDate: '08/09/2037 03:20:26 PM' }, 'opened_in_future'],
      [{ DueDate: 'soon' }, 'due_unreadable'],
      [{ CloseDate: 'yes' }, 'closed_unreadable'],
      [{ CloseDate: '', StatusDate: '' }, 'closed_missing'],
      [{ CloseDate: '08/08/2017 03:20:26 PM' }, 'closed_before_opened'],
      [{ SRStatus: 'Done' }, 'status_unknown'],
      [{ Latitude: '39', Longitude: '-77' }, 'position_rounded'],
    ]
    for (const [change, reason] of reasons) assert.equal(rowOf(change), reason)
    assert.equal(rowReader(map, head, { now, findAddress: () => null })(['one']), 'columns')
  })

  it('takes the time of the last change where a closing time is missing, and none for an open one', () => {
    const closed = rowOf({ CloseDate: '' })
    assert.ok(typeof closed !== 'string')
    assert.equal(closed.endedAt?.toISOString(), '2017-08-18T11:01:15.000Z')
    const open = rowOf({ SRStatus: 'Open', CloseDate: '' })
    assert.ok(typeof open !== 'string')
    assert.deepEqual([open.state, open.end, open.endedAt], ['received', null, null])
  })

  it('gives every type an id of its own that never changes', () => {
    assert.equal(categoryId('baltimore', 'SW-Rat Rubout Proactive'), categoryId('baltimore', 'SW-Rat Rubout Proactive'))
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.string({ minLength: 1 }), (a, b) => {
        assert.match(categoryId('baltimore', a), /^[a-z][a-z0-9_]{0,63}$/)
        assert.ok(a === b || categoryId('baltimore', a) !== categoryId('baltimore', b))
      }),
    )
  })
})

describe('maps', () => {
  it('names every column it needs and every fault it has', () => {
    assert.ok(columnsOf(map).includes('GeoLocation'))
    assert.throws(() => readMap('name: Baltimore City', 'm.yaml'), /m\.yaml:[\s\S]*name[\s\S]*time_zone/)
    const text = readFileSync(new URL('../../../../docs/examples/maps/baltimore.yaml', import.meta.url), 'utf8')
    assert.throws(() => readMap(text.replace('America/New_York', 'America/Baltimore'), 'm.yaml'), /time_zone/)
    assert.throws(() => readMap(text.replace("'MM/dd/yyyy hh:mm:ss a'", 'QQ'), 'm.yaml'), /dates/)
    assert.throws(() => readMap(`${text}\ncolour: blue\n`, 'm.yaml'), /colour/)
  })
})
