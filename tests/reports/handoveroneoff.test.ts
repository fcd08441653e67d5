import assert from 'node:assert/strict'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { after, before, describe, test } from 'node:test'
import { handOver } from '../../src/modules/reports/peers/index.ts'
import { sendAgain } from '../../src/modules/reports/peers/handover.ts'
import { changeHandover, handoverOf, takeDue } from '../../src/modules/reports/peers/store.ts'
import { hideReport } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import { sessionFor } from '../support/world.ts'
import { DAY } from './peer.ts'
import { startTwoCities, team, type TwoCities } from './twocities.ts'

describe('handing over happens once, and never what is hidden', () => {
  let cities: TwoCities
  before(async () => {
    cities = await startTwoCities()
  })
  after(() => cities.close())

  const peerAt = async (answer: (message: IncomingMessage, response: ServerResponse, body: string) => void) => {
    const server = createServer((message, response) => {
      let body = ''
      message.on('data', (part) => (body += String(part)))
      message.on('end', () => answer(message, response, body))
    })
    await new Promise<void>((done) => server.listen(cities.port, '127.0.0.1', done))
    return async () => {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    }
  }

  test('a hidden report is sent to nobody', async () => {
    const report = await cities.make()
    await handOver(cities.ours.app.board, team, report.id, 'port_authority')
    await hideReport(cities.ours.app.board, team, report.id, true)
    let asked = 0
    const stop = await peerAt((_, response) => {
      asked += 1
      response.end('<service_requests><request><service_request_id>H-1</service_request_id></request></service_requests>')
    })
    await cities.ours.settle()
    assert.deepEqual(await cities.state(report), ['failed', 'hidden', 0])
    assert.equal(asked, 0)
    await assert.rejects(sendAgain(cities.ours.app.board, team, report.id), { code: 'reports.hidden-stays', status: 409 })
    const cookie = await sessionFor(cities.ours.app, 'officer@harbourview.example', 'substantial')
    const page = await cities.ours.app.server.inject({ method: 'GET', url: `/officer/reports/${report.id}`, headers: { cookie } })
    assert.match(page.body, /is hidden here/)
    assert.ok(!page.body.includes(`/officer/reports/${report.id}/hand-over`))
    assert.equal((await cities.ours.app.server.inject({ method: 'GET', url: `/reports/${report.reference}?code=x` })).statusCode, 404)
    await hideReport(cities.ours.app.board, team, report.id, false)
    assert.equal((await cities.ours.app.server.inject({ method: 'GET', url: `/reports/${report.reference}?code=x` })).statusCode, 303)
    await sendAgain(cities.ours.app.board, team, report.id)
    await cities.ours.settle()
    assert.equal((await cities.state(report))[0], 'sent')
    await stop()
  })

  test('what was taken there though the answer was lost is found, and not posted again', async () => {
    const report = await cities.make()
    const posted: string[] = []
    const asked: URL[] = []
    const stop = await peerAt((message, response, body) => {
      if (message.method === 'POST') {
        posted.push(new URLSearchParams(body).get('description') ?? '')
        response.writeHead(502).end('taken, but the gateway lost it')
        return
      }
      asked.push(new URL(message.url ?? '/', 'http://localhost'))
      const other = '<request><service_request_id>L-1</service_request_id><description>Another</description></request>'
      const ours_ = `<request><service_request_id>L-2</service_request_id><description>${posted[0] ?? ''}</description></request>`
      const page = asked.at(-1)?.searchParams.get('page')
      response.end(`<service_requests>${page === '2' ? ours_ : other}</service_requests>`)
    })
    await handOver(cities.ours.app.board, team, report.id, 'port_authority')
    await cities.ours.settle()
    assert.deepEqual(await cities.state(report), ['waiting', 'status_502', 1])
    assert.equal(asked.length, 0)
    cities.pass(61_000)
    await cities.run()
    assert.deepEqual(await cities.state(report), ['sent', null, 0])
    assert.equal((await handoverOf(cities.ours.app.platform.db, report.id))?.remote_id, 'L-2')
    assert.equal(posted.length, 1)
    const row = await handoverOf(cities.ours.app.platform.db, report.id)
    assert.ok(Date.parse(asked[0]?.searchParams.get('start_date') ?? '') <= (row?.started_at.getTime() ?? 0))
    assert.ok(asked[0]?.searchParams.has('end_date'))
    await stop()
  })

  test('while the other cannot say whether it has it, it is not posted again', async () => {
    const report = await cities.make()
    let posts = 0
    const stop = await peerAt((message, response) => {
      if (message.method === 'POST') posts += 1
      response.writeHead(503).end()
    })
    await handOver(cities.ours.app.board, team, report.id, 'port_authority')
    await cities.ours.settle()
    cities.pass(61_000)
    await cities.run()
    assert.deepEqual(await cities.state(report), ['waiting', 'status_503', 2])
    assert.equal(posts, 1)
    await stop()
  })

  test('one is taken at a time, and who comes back late changes nothing', async () => {
    const [one, two] = [await cities.make(), await cities.make()]
    const { db } = cities.ours.app.platform
    await query(db, 'update reports.handover set next_at = $1 where next_at is not null', [new Date(cities.now().getTime() + DAY)])
    for (const each of [one, two]) {
      await handOver(cities.ours.app.board, team, each.id, 'port_authority')
      await query(db, 'update reports.handover set next_at = $2 where report_id = $1', [each.id, new Date(cities.now().getTime() - DAY)])
    }
    const first = await takeDue(db, cities.now(), new Date(cities.now().getTime() + 120_000))
    const second = await takeDue(db, cities.now(), new Date(cities.now().getTime() + 120_000))
    assert.deepEqual(new Set([first?.report_id, second?.report_id]), new Set([one.id, two.id]))
    assert.equal(await takeDue(db, cities.now(), new Date(cities.now().getTime() + 120_000)), null)
    assert.ok(first)
    assert.equal(await changeHandover(db, { report_id: first.report_id, state: 'waiting' }, { state: 'sent', remote_id: 'Q-1' }), true)
    assert.equal(await changeHandover(db, first, { state: 'failed', next_at: null }), false)
    assert.equal((await handoverOf(db, first.report_id))?.state, 'sent')
    assert.ok(second)
    await query(db, 'update reports.handover set next_at = $2 where report_id = $1', [second.report_id, cities.now()])
    assert.equal(await changeHandover(db, second, { tries: 9 }), false, 'somebody else has taken it')
  })
})
