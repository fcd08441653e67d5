import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountActor, anonymous } from '../../src/modules/access/index.ts'
import { fixReport, hideReport, type NewReport, sendReport, setPhotoState } from '../../src/modules/reports/service/index.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { fixedDurations } from '../../src/modules/reports/store.ts'
import { query } from '../../src/platform/db.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { photo, sessionOf } from '../support/world.ts'

const team = accountActor({ accountId: '00000000-0000-7000-8000-00000000000a', personId: null, roles: [{ role: 'officer', agency: null }], channel: 'web', level: 'substantial' }) // prettier-ignore

describe('what is hidden', () => {
  let test: TestApp
  let number = 0
  before(async () => {
    test = await startApp({ accounts: true })
  })
  after(() => test.close())

  const made = async (own: Partial<NewReport> = {}): Promise<Report> => {
    number += 1
    const address = test.app.board.places?.addresses[number * 37]
    assert.ok(address)
    const draft = { source: 'web' as const, sourceId: `hidden-${number}`, category: 'road_sign', lat: address.lat, long: address.long, text: 'A deep hole.', answers: {}, language: 'en', photos: [], ...own } // prettier-ignore
    return (await sendReport(test.app.board, anonymous('web'), draft)).report
  }
  const get = (url: string, headers: Record<string, string> = {}) => test.app.server.inject({ method: 'GET', url, headers })

  it('a public photo is kept by nobody without asking again', async () => {
    const report = await made({ photos: [await cleanUpload('a.jpg', await photo(), ['image'])] })
    const id =
      (await query<{ id: string }>(test.app.platform.db, 'select id from reports.photo where report_id = $1', [report.id]))[0]?.id ??
      assert.fail('it has a photo')
    await setPhotoState(test.app.board, team, id, 'public')
    const path = `/reports/${report.reference}/photos/${id}`
    const first = await get(path)
    const { etag, 'cache-control': kept, 'cross-origin-resource-policy': shared } = first.headers
    assert.deepEqual([first.statusCode, etag, kept, shared], [200, `"${id}"`, 'public, no-cache', 'cross-origin'])
    const again = await get(path, { 'if-none-match': `W/"other", "${id}"` })
    assert.deepEqual([again.statusCode, again.body, again.headers['cross-origin-resource-policy']], [304, '', 'cross-origin'])
    await hideReport(test.app.board, team, report.id, true)
    assert.equal((await get(path, { 'if-none-match': `"${id}"` })).statusCode, 404)
  })

  it('is not in the list of who only follows it', async () => {
    const report = await made()
    const cookie = await sessionOf(test, 'resident@harbourview.example')
    const followed = await test.app.server.inject({
      method: 'POST', url: `/reports/${report.reference}/follow`, payload: '',
      headers: { cookie, origin: test.app.platform.publicOrigin, 'content-type': 'application/x-www-form-urlencoded' },
    }) // prettier-ignore
    assert.equal(followed.statusCode, 303)
    const mine = async (): Promise<boolean> => (await get('/my', { cookie })).body.includes(report.reference)
    assert.equal(await mine(), true)
    await hideReport(test.app.board, team, report.id, true)
    assert.equal(await mine(), false)
    await query(test.app.platform.db, "update reports.follower set kind = 'reporter' where report_id = $1", [report.id])
    assert.equal(await mine(), true, 'its reporter still sees it')
  })

  it('counts for no forecast, and neither does what may not be fixed yet', async () => {
    const report = await made({ category: 'bench' })
    const { db, city } = test.app.platform
    const counted = async (): Promise<number> => (await fixedDurations(db, 'bench', null, 10)).length
    await fixReport(test.app.board, team, report.id, {
      evidence: { kind: 'work_order', order: 'WO-1', on: city.dayOf(test.app.platform.now()) },
    })
    assert.equal(await counted(), 0)
    await query(db, "update reports.report set state = 'closed', confirmed_by = 'silence' where id = $1", [report.id])
    assert.equal(await counted(), 1)
    await hideReport(test.app.board, team, report.id, true)
    assert.equal(await counted(), 0)
  })
})
