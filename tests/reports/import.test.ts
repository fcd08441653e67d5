import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { gzipSync } from 'node:zlib'
import { importReports } from '../../src/modules/reports/index.ts'
import { query } from '../../src/platform/db.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { sharedData } from '../support/shared.ts'
import { smallCity } from './smallcity.ts'

type Row = Record<string, unknown>
const head = 'SRRecordID,SRType,CreatedDate,SRStatus,StatusDate,DueDate,CloseDate,Agency,Address,Latitude,Longitude,GeoLocation,Original'

function csvRow(number: number, change: Record<string, string> = {}): string {
  const row: Record<string, string> = {
    SRRecordID: `18-${String(number).padStart(6, '0')}`, SRType: number % 2 === 0 ? 'SW-Dirty Alley' : 'TRM-Potholes', CreatedDate: '04/16/2018 05:30:13 AM',
    SRStatus: 'Closed', StatusDate: '04/20/2018 06:25:34 AM', DueDate: '04/23/2018 05:30:13 AM', CloseDate: '04/20/2018 06:25:33 AM',
    Agency: 'Solid Waste', Address: '1 INVENTED ST', Latitude: String(39.3 + number / 100_000 + 0.000_01), Longitude: '-76.61234', GeoLocation: '', Original: '', ...change,
  } // prettier-ignore
  return head.split(',').map((name) => row[name] ?? '').join(',') // prettier-ignore
}

describe('the import of another system', () => {
  let test: TestApp
  let folder: string
  let city: Awaited<ReturnType<typeof smallCity>>
  let map: { path: string; text: string }
  const rows = (sql: string, values: readonly unknown[] = []): Promise<Row[]> => query<Row>(test.app.platform.db, sql, values)
  before(async () => {
    city = await smallCity()
    folder = city.folder
    test = await startApp({ env: city.env })
    const path = join(root, 'docs/examples/maps/baltimore.yaml')
    map = { path, text: await readFile(path, 'utf8') }
  })
  after(async () => {
    await test.close()
    await city.remove()
  })

  it('goes on where it was stopped, and adds nothing twice', async () => {
    const file = join(folder, 'one.csv.gz')
    const rejects = join(folder, 'one.rejects.csv')
    const lines = Array.from({ length: 2_500 }, (_, at) => csvRow(at + 1, at % 100 === 7 ? { Latitude: '39', Longitude: '-77' } : {}))
    await writeFile(file, gzipSync([head, ...lines].join('\r\n')))
    const own = { ...map, text: map.text.replace('name: baltimore', 'name: stopped') }
    const stop = new Error('the power went')
    const broken = importReports(test.app.board, {
      file,
      map: own,
      rejects,
      onProgress: (done) => {
        if (done >= 2_000) throw stop
      },
    })
    await assert.rejects(broken, stop)
    // what was written to the rejects file and not committed is written again
    await writeFile(rejects, `${await readFile(rejects, 'utf8')}half a li`)
    const [half] = await rows(`select count(*)::int as count from reports.report where source = 'import:stopped'`)
    assert.equal(half?.['count'], 1_980)
    const done = await importReports(test.app.board, { file, map: own, rejects })
    assert.deepEqual(
      [done.again, done.rows, done.tally.added, done.tally.repeated, done.tally.rejected],
      [false, 2_500, 2_475, 0, { position_rounded: 25 }],
    )
    const [all] = await rows(
      `select count(*)::int as count, count(distinct source_id)::int as ids from reports.report where source = 'import:stopped'`,
    )
    assert.deepEqual([all?.['count'], all?.['ids']], [2_475, 2_475])
    const text = await readFile(rejects, 'utf8')
    assert.equal(text.trim().split('\r\n').length, 26, 'a head and each reject once')
    assert.match(text, /39,-77,,,8,position_rounded\r\n/)
    assert.doesNotMatch(text, /half a li/)
    assert.equal((await importReports(test.app.board, { file, map: own, rejects })).again, true)
    const opened = await rows(
      `select count(*)::int as count, count(distinct stream)::int as streams from journal.event e join reports.report r on r.id::text = e.stream
       where r.source = 'import:stopped' and e.type = 'reports.report.opened'`,
    )
    assert.deepEqual(opened, [{ count: 2_475, streams: 2_475 }])
  })

  it('adds from another file only what is new, with words and duplicates as they can be known', async () => {
    const file = join(folder, 'two.csv')
    const given = {
      ...map,
      text: map.text
        .replace('name: baltimore', 'name: more')
        .replace('address: [Address]', 'address: [Address]\ntext: [GeoLocation]\nduplicate_of: Original'),
    }
    const order = { file, map: given, rejects: join(folder, 'two.rejects.csv') }
    await writeFile(
      file,
      [head, csvRow(1), csvRow(2, { GeoLocation: 'Call me: 555-123-4567', Address: '1 INVENTED ST call 555-123-4567' })].join('\n'),
    )
    assert.equal((await importReports(test.app.board, order)).tally.added, 2)
    const more = [
      csvRow(1),
      csvRow(5, { SRStatus: 'Closed (Duplicate)', Original: '18-000004' }),
      csvRow(4, { SRStatus: 'Closed (Duplicate)', Original: '18-000001' }),
      csvRow(6, { SRStatus: 'Closed (Duplicate)' }),
      csvRow(7, { SRStatus: 'Closed (Duplicate)', Original: '18-000007' }),
      csvRow(8, { SRStatus: 'Open', CloseDate: '' }),
      `${csvRow(9)},one too many`,
    ]
    await writeFile(file, [head, ...more].join('\n'))
    assert.deepEqual(await rows(`select address from reports.report where source = 'import:more' and source_id = '18-000002'`), [
      { address: '1 INVENTED ST call [•••]' },
    ])
    const { tally } = await importReports(test.app.board, order)
    assert.deepEqual([tally.added, tally.repeated, tally.unlinked, tally.rejected], [5, 1, 2, { columns: 1 }])
    const found = await rows(
      `select r.source_id, r.state, r.outcome, r.text, r.masked, r.overdue_noted, o.source_id as of from reports.report r left join reports.report o on o.id = r.merged_into
       where r.source = 'import:more' order by r.source_id`,
    )
    const plain = { text: '', masked: false, overdue_noted: true }
    assert.deepEqual(found, [
      { source_id: '18-000001', state: 'closed', outcome: 'elsewhere', of: null, ...plain },
      { source_id: '18-000002', state: 'closed', outcome: 'elsewhere', of: null, ...plain, text: 'Call me: [•••]', masked: true },
      { source_id: '18-000004', state: 'closed', outcome: 'duplicate', of: '18-000001', ...plain },
      { source_id: '18-000005', state: 'closed', outcome: 'duplicate', of: '18-000001', ...plain },
      { source_id: '18-000006', state: 'closed', outcome: 'elsewhere', of: null, ...plain },
      { source_id: '18-000007', state: 'closed', outcome: 'elsewhere', of: null, ...plain },
      { source_id: '18-000008', state: 'received', outcome: null, of: null, ...plain },
    ])
  })

  it('says in words what does not fit', async () => {
    const file = join(folder, 'three.csv')
    await writeFile(file, 'a,b\n1,2\n')
    const order = { file, map, rejects: join(folder, 'three.rejects.csv') }
    await assert.rejects(importReports(test.app.board, order), /has no column SRRecordID/)
    const wrong = {
      ...map,
      text: map.text.replace('group: streets', 'group: nowhere').replace('otherwise: transport', 'otherwise: nobody'),
    }
    await assert.rejects(importReports(test.app.board, { ...order, map: wrong }), /no group nowhere, no agency nobody/)
    await assert.rejects(importReports(test.app.board, { ...order, file: join(folder, 'none.csv') }), /cannot be read/)
    await writeFile(file, '')
    await assert.rejects(importReports(test.app.board, order), /is empty/)
  })

  it("takes Baltimore's 10,000 real requests in within 15 seconds", async (t) => {
    const file = sharedData('311-baltimore-2014-2018-sample.csv.gz')
    if (file === null) {
      t.diagnostic('NOT TESTED: 311-baltimore-2014-2018-sample.csv.gz is not there. Set STOA_SHARED_DATA to the folder that has it.')
      t.skip('the sample of Baltimore is not there')
      return
    }
    const begun = performance.now()
    const done = await importReports(test.app.board, { file, map, rejects: join(folder, 'baltimore.rejects.csv') })
    const seconds = (performance.now() - begun) / 1000
    t.diagnostic(`${done.rows} rows in ${seconds.toFixed(2)} s`)
    assert.ok(seconds < 15)
    assert.deepEqual([done.rows, done.tally.added, done.tally.unlinked], [10_000, 8_518, 179])
    assert.deepEqual(done.tally.rejected, { position_missing: 590, position_rounded: 892 })
    assert.equal(
      done.tally.categories,
      new Set((await rows(`select category from reports.report where source = 'import:baltimore'`)).map((row) => row['category'])).size,
    )
    assert.deepEqual(
      await rows(
        `select count(*)::int as count from reports.report where source = 'import:baltimore' and (outcome = 'fixed' or district is not null)`,
      ),
      [{ count: 0 }],
    )
    const [one] = await rows(`select opened_at, due_on, ended_at, closure, agency from reports.report where source_id = '17-00489480'`)
    assert.deepEqual(one, {
      opened_at: new Date('2017-08-09T19:20:26Z'), due_on: '2017-08-10', ended_at: new Date('2017-08-18T00:00:00Z'),
      closure: { outcome: 'elsewhere', status: 'Closed' }, agency: 'city_care',
    }) // prettier-ignore
    const rejected = await readFile(join(folder, 'baltimore.rejects.csv'), 'utf8')
    assert.equal(rejected.trim().split('\r\n').length, 1 + 1_482)
  })
})
