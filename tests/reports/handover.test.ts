import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test } from 'node:test'
import { systemActor } from '../../src/modules/access/index.ts'
import { handOver } from '../../src/modules/reports/peers/index.ts'
import { sendAgain } from '../../src/modules/reports/peers/handover.ts'
import { handoverOf } from '../../src/modules/reports/peers/store.ts'
import { endReport, timelineOf, writeUpdate } from '../../src/modules/reports/service/index.ts'
import { fixReport, startReport } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import { sessionFor } from '../support/world.ts'
import { DAY } from './peer.ts'
import { startTwoCities, team, type TwoCities } from './twocities.ts'

describe('handing over to another body', () => {
  let cities: TwoCities
  before(async () => {
    cities = await startTwoCities()
  })
  after(() => cities.close())

  test('it is sent by a job, without who reported it, and what they say of it comes back', async () => {
    const report = await cities.make()
    const ended = await handOver(cities.ours.app.board, team, report.id, 'regional_roads', 'Theirs.')
    assert.deepEqual(ended.closure, { outcome: 'not_ours', authority: 'regional_roads' })
    assert.deepEqual(await cities.state(report), ['waiting', null, 0])
    await cities.ours.settle()
    assert.deepEqual(await cities.state(report), ['sent', null, 0])
    const copy = await cities.there(report)
    assert.deepEqual([copy.category, copy.source, copy.lat, copy.person_id], ['bench', 'open311', report.lat, null])
    assert.ok(copy.text.startsWith(report.text) && copy.text.includes(report.reference) && !copy.text.includes('Ana'))

    const heard = async (): Promise<string[]> =>
      (await timelineOf(cities.ours.app.board, report)).filter(({ by }) => by === 'peer').map(({ text }) => text)
    cities.pass(2 * 3_600_000)
    await cities.run()
    assert.deepEqual(await cities.state(report), ['sent', null, 0])
    const before_ = await heard()
    await endReport(cities.theirs.app.board, team, copy.id, { outcome: 'no_action', reason: 'nothing_found' }, 'Nothing was found there.')
    cities.pass(2 * 3_600_000)
    await cities.run()
    const after_ = await heard()
    assert.equal(after_.length, before_.length + 1, after_.join(' | '))
    assert.match(after_.at(-1) ?? '', /\p{L}{4,}/u)
    cities.pass(2 * DAY)
    await cities.run()
    assert.deepEqual(await heard(), after_)
    const page = await cities.ours.app.server.inject({ method: 'GET', url: `/reports/${report.reference}` })
    assert.ok(page.body.includes(after_.at(-1)?.slice(0, 20) ?? '-'), 'the public page shows it')
    assert.match(page.body, /Regional Roads says/)
  })

  test('however staff end it, it is handed over; a body without an endpoint gets nothing', async () => {
    const report = await cities.make()
    await endReport(cities.ours.app.board, team, report.id, { outcome: 'not_ours', authority: 'regional_roads' })
    await cities.ours.settle()
    assert.equal((await cities.state(report))[0], 'sent')
    const other = await cities.make()
    await handOver(cities.ours.app.board, team, other.id, 'harbour_water')
    await cities.ours.settle()
    assert.equal(await handoverOf(cities.ours.app.platform.db, other.id), null)
    await assert.rejects(handOver(cities.ours.app.board, team, (await cities.make()).id, 'nobody'), { code: 'reports.no-such-authority' })
  })

  test('the other being away for a while delays it, and it is taken once', async () => {
    const report = await cities.make()
    await handOver(cities.ours.app.board, team, report.id, 'port_authority')
    await cities.ours.settle()
    assert.deepEqual(await cities.state(report), ['waiting', 'away', 1])
    await cities.run()
    assert.deepEqual(await cities.state(report), ['waiting', 'away', 1], 'not before its pause is over')
    cities.pass(61_000)
    await cities.run()
    assert.deepEqual(await cities.state(report), ['waiting', 'away', 2])
    const sentKeys: unknown[] = []
    let broken = true
    const server = createServer((message, response) => {
      if (message.method === 'GET')
        return response.end(
          message.url?.includes('/tokens/')
            ? '<service_requests><request><service_request_id>P-1</service_request_id><token>T-1</token></request></service_requests>'
            : '<service_requests><request><service_request_id>P-1</service_request_id><status>closed</status></request></service_requests>',
        )
      sentKeys.push(message.headers['idempotency-key'])
      // taken, and the answer lost
      if (broken) return response.destroy()
      response.end('<service_requests><request><token>T-1</token></request></service_requests>')
    })
    await new Promise<void>((done) => server.listen(cities.port, '127.0.0.1', done))
    cities.pass(121_000)
    await cities.run()
    assert.deepEqual(await cities.state(report), ['waiting', 'away', 3])
    broken = false
    cities.pass(241_000)
    await cities.run()
    assert.deepEqual(await cities.state(report), ['sent', null, 0])
    assert.equal(sentKeys.length, 2)
    assert.equal(new Set(sentKeys).size, 1)
    cities.pass(61_000)
    await cities.run() // the token leads to an id
    await cities.run() // and the id to a status
    const row = await handoverOf(cities.ours.app.platform.db, report.id)
    assert.deepEqual([row?.remote_id, row?.remote_status], ['P-1', 'closed'])
    const said = (await timelineOf(cities.ours.app.board, report)).filter(({ by }) => by === 'peer')
    assert.deepEqual(said.map(({ text }) => text), ['Allí está cerrado.']) // prettier-ignore
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
  })

  test('it is given up at last or when refused, officers see why, and send it again', async () => {
    const refused = await cities.make('litter')
    await handOver(cities.ours.app.board, team, refused.id, 'regional_roads')
    await cities.ours.settle()
    assert.deepEqual((await cities.state(refused)).slice(0, 2), ['failed', 'status_404'])
    const unnamed = await cities.make('road_sign')
    await handOver(cities.ours.app.board, team, unnamed.id, 'regional_roads')
    await cities.ours.settle()
    assert.deepEqual((await cities.state(unnamed)).slice(0, 2), ['failed', 'no_service'])
    const away = await cities.make()
    await handOver(cities.ours.app.board, team, away.id, 'port_authority')
    for (let turn = 0; turn < 20; turn += 1) {
      cities.pass(7 * 3_600_000)
      await cities.run()
    }
    assert.deepEqual((await cities.state(away)).slice(0, 2), ['failed', 'away'])
    const cookie = await sessionFor(cities.ours.app, 'officer@harbourview.example', 'substantial')
    const page = await cities.ours.app.server.inject({ method: 'GET', url: `/officer/reports/${away.id}`, headers: { cookie } })
    assert.equal(page.statusCode, 200)
    assert.match(page.body, /Their system does not answer/)
    await assert.rejects(sendAgain(cities.ours.app.board, systemActor('timers'), away.id), { status: 404 })
    const again = await cities.ours.app.server.inject({
      method: 'POST', url: `/officer/reports/${away.id}/hand-over`, headers: { cookie, origin: cities.ours.app.platform.publicOrigin, 'content-type': 'application/x-www-form-urlencoded' }, payload: '',
    }) // prettier-ignore
    assert.equal(again.statusCode, 303)
    assert.deepEqual((await cities.state(away)).slice(0, 2), ['waiting', null])
    await assert.rejects(sendAgain(cities.ours.app.board, team, away.id), { status: 409 })
  })

  test('what they say is theirs only while the file names them, and a redirect leads nowhere', async () => {
    const report = await cities.make()
    await handOver(cities.ours.app.board, team, report.id, 'port_authority')
    let elsewhere = 0
    const other = createServer((_, response) => {
      elsewhere += 1
      response.end('<service_requests><request><service_request_id>Z-1</service_request_id></request></service_requests>')
    })
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const to = `http://localhost:${(other.address() as AddressInfo).port}/v2/requests.xml`
    const server = createServer((_, response) => response.writeHead(307, { location: to }).end())
    await new Promise<void>((done) => server.listen(cities.port, '127.0.0.1', done))
    await cities.run()
    assert.deepEqual(await cities.state(report), ['waiting', 'status_307', 1])
    assert.equal(elsewhere, 0)
    await query(cities.ours.app.platform.db, "update reports.handover set authority = 'nobody', next_at = $2 where report_id = $1", [
      report.id,
      cities.now(),
    ])
    await cities.run()
    assert.deepEqual((await cities.state(report)).slice(0, 2), ['failed', 'no_endpoint'])
    for (const each of [server, other]) {
      each.closeAllConnections()
      await new Promise<void>((done) => each.close(() => done()))
    }
  })

  test('a crew of the other body at work is told too', async () => {
    const report = await cities.make()
    await handOver(cities.ours.app.board, team, report.id, 'regional_roads')
    await cities.ours.settle()
    const copy = await cities.there(report)
    await startReport(cities.theirs.app.board, team, copy.id)
    await writeUpdate(cities.theirs.app.board, team, copy.id, 'We come on Monday.')
    await fixReport(cities.theirs.app.board, team, copy.id, {
      evidence: { kind: 'work_order', order: 'WO-1', on: cities.theirs.app.platform.city.dayOf(cities.now()) },
    })
    cities.pass(2 * 3_600_000)
    await cities.run()
    const row = await handoverOf(cities.ours.app.platform.db, report.id)
    assert.ok(row?.remote_status)
  })
})
