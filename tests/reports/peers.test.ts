import assert from 'node:assert/strict'
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { pullCommand } from '../../src/commands/pull.ts'
import { accountActor, anonymous, systemActor } from '../../src/modules/access/index.ts'
import { encodeRequests, encodeServices, type ServiceRequest, w3cDateTime } from '../../src/modules/open311/index.ts'
import { runHandovers } from '../../src/modules/reports/index.ts'
import { handOver, pullFile, type PullOrder, pullRequests, serverAddress } from '../../src/modules/reports/peers/index.ts'
import { sendAgain } from '../../src/modules/reports/peers/handover.ts'
import { mannersOf } from '../../src/modules/reports/peers/servers.ts'
import { changeHandover, handoverOf, mirrorOf, takeDue } from '../../src/modules/reports/peers/store.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { endReport, getReport, hideReport, sendReport, timelineOf, writeUpdate } from '../../src/modules/reports/service/index.ts'
import { fixReport, startReport } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { freePort } from '../support/port.ts'
import { sharedData } from '../support/shared.ts'
import { sessionFor } from '../support/world.ts'

const DAY = 86_400_000

const running: Peer[] = []

/** Another city's server: with pages of `limit`, or without pages. */
class Peer {
  readonly requests = new Map<string, ServiceRequest>()
  readonly asked: URL[] = []
  readonly headers: Array<Record<string, unknown>> = []
  limit = 50
  pages = true
  busy = 0
  json = true
  #server: Server | null = null

  async start(): Promise<URL> {
    this.#server = createServer((message, response) => {
      const url = new URL(message.url ?? '/', 'http://localhost')
      this.asked.push(url)
      this.headers.push({ ...message.headers })
      const format = url.pathname.endsWith('.json') ? 'json' : 'xml'
      if (this.busy > 0) {
        this.busy -= 1
        response.writeHead(429, { 'retry-after': '7' }).end()
      } else if (format === 'json' && !this.json) response.writeHead(404).end('<html>no</html>')
      else if (url.pathname.includes('/services.')) this.#services(format, message.headers['if-none-match'] === '"v1"', response)
      else response.writeHead(200).end(encodeRequests(this.#list(url.searchParams), format))
    })
    await new Promise<void>((done) => this.#server?.listen(0, '127.0.0.1', done))
    running.push(this)
    return serverAddress(`http://localhost:${(this.#server.address() as AddressInfo).port}/v2`)
  }

  #services(
    format: 'xml' | 'json',
    same: boolean,
    response: { writeHead(status: number, headers?: Record<string, string>): { end(body?: string): void } },
  ): void {
    const names = new Map([...this.requests.values()].map((each) => [each.service_code ?? '', each.service_name ?? '']))
    const list = [...names].map(([service_code, service_name]) => ({ service_code, service_name, description: null, metadata: false, type: 'realtime' as const, keywords: null, group: null })) // prettier-ignore
    if (same) response.writeHead(304).end()
    else response.writeHead(200, { etag: '"v1"' }).end(encodeServices(list, format))
  }

  #list(query_: URLSearchParams): ServiceRequest[] {
    const ids = query_.get('service_request_id')?.split(',')
    const [start, end] = [query_.get('start_date'), query_.get('end_date')].map((each) => (each === null ? null : Date.parse(each)))
    const found = [...this.requests.values()]
      .filter((each) =>
        ids ? ids.includes(each.service_request_id) : at(each) >= (start ?? 0) && at(each) <= (end ?? Number.POSITIVE_INFINITY),
      )
      .toSorted((a, b) => at(b) - at(a))
    const page = this.pages ? Number(query_.get('page') ?? '1') : 1
    return found.slice((page - 1) * this.limit, page * this.limit)
  }

  add(id: string, daysAgo: number, more: Partial<ServiceRequest> = {}): void {
    const time = w3cDateTime(new Date(Date.now() - daysAgo * DAY))
    this.requests.set(id, {
      service_request_id: id, status: 'open', status_notes: null, service_name: 'Pozo en la calle', service_code: 'X 1', description: 'A hole & more', agency_responsible: null,
      service_notice: null, requested_datetime: time, updated_datetime: time, expected_datetime: null, address: '1 Fictional Street', address_id: null, zipcode: null,
      lat: 10.5, long: -20.25, media_url: null, ...more,
    }) // prettier-ignore
  }

  change(id: string, more: Partial<ServiceRequest>): void {
    const known = this.requests.get(id)
    assert.ok(known)
    this.requests.set(id, { ...known, updated_datetime: w3cDateTime(new Date()), ...more })
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections()
    await new Promise<void>((done) => (this.#server ? this.#server.close(() => done()) : done()))
  }
}
const at = (request: ServiceRequest): number => Date.parse(request.requested_datetime ?? '')

describe('pulling from another server', () => {
  let app: TestApp
  const pauses: number[] = []
  before(async () => {
    app = await startApp()
  })
  after(async () => {
    await Promise.all(running.map((peer) => peer.stop()))
    await app.close()
  })
  const order = (name: string, url: URL, more: Partial<PullOrder> = {}): PullOrder => ({
    source: `pull:${name}`, name, language: 'es', agency: 'transport', group: 'streets', url, jurisdiction: null, key: null, since: null, zone: 'Z', pause: 5, most: 500,
    wait: async (milliseconds) => void pauses.push(milliseconds), ...more,
  }) // prettier-ignore
  const mirrored = async (name: string) =>
    new Map(
      (await query<Report>(app.app.platform.db, 'select * from reports.report where source = $1', [`pull:${name}`])).map((each) => [
        each.source_id ?? '',
        each,
      ]),
    )

  test('new ones come by windows and pages, changes by ids, and twice is once', async () => {
    const peer = new Peer()
    const url = await peer.start()
    peer.limit = 20
    for (let index = 0; index < 90; index += 1) peer.add(`A-${index}`, 1 + index * 0.9)
    for (let index = 0; index < 30; index += 1) peer.add(`B-${index}`, 3) // more than a page in one window
    peer.add('closed', 5, { status: 'closed', status_notes: 'Se ha reparado el pozo' })
    peer.add('nowhere', 5, { lat: null, long: null })
    peer.add('zero', 5, { lat: 0, long: 0 })
    peer.add('phone', 5, { description: 'Call me: +34 600 123 456' })
    const first = await pullRequests(app.app.board, order('city', url))
    assert.deepEqual([first.complete, first.tally.added, first.tally.rejected, first.tally.categories], [true, 122, { no_place: 2 }, 1])
    const all = await mirrored('city')
    assert.equal(all.size, 122)
    const closed = all.get('closed')
    assert.deepEqual(
      [closed?.state, closed?.outcome, closed?.closure],
      ['closed', 'elsewhere', { outcome: 'elsewhere', status: 'Se ha reparado el pozo' }],
    )
    assert.ok(!all.get('phone')?.text.includes('600'))
    assert.equal(w3cDateTime(all.get('A-7')?.opened_at ?? new Date(0)), peer.requests.get('A-7')?.requested_datetime)
    assert.equal(app.app.board.categories.byId(all.get('A-7')?.category ?? '')?.name['es'], 'Pozo en la calle')
    assert.equal(app.app.board.categories.byId(all.get('A-7')?.category ?? '')?.active, false)
    assert.ok(pauses.length >= first.requests - 1)
    assert.ok(
      peer.asked.every(
        (each) =>
          !each.searchParams.has('start_date') ||
          Date.parse(each.searchParams.get('end_date') ?? '') - Date.parse(each.searchParams.get('start_date') ?? '') <= 90 * DAY,
      ),
    )

    peer.asked.length = 0
    peer.change('A-3', { status: 'closed' })
    peer.change('A-60', { status: 'closed', status_notes: 'Hecho' })
    peer.change('A-5', { status_notes: 'Vamos el lunes' })
    peer.change('closed', { status: 'open', status_notes: null })
    peer.add('new', 0)
    const second = await pullRequests(app.app.board, order('city', url))
    assert.deepEqual([second.tally.added, second.tally.changed], [1, 4])
    const then = await mirrored('city')
    assert.deepEqual(
      [then.get('A-3')?.closure, then.get('A-60')?.closure],
      [
        { outcome: 'elsewhere', status: 'closed' },
        { outcome: 'elsewhere', status: 'Hecho' },
      ],
    )
    assert.deepEqual([then.get('closed')?.state, then.get('closed')?.closure], ['received', null])
    const lines = await timelineOf(app.app.board, { id: then.get('A-5')?.id ?? '' })
    assert.deepEqual(lines.map((line) => [line.by, line.text]), [['peer', 'Vamos el lunes']]) // prettier-ignore
    assert.equal(peer.headers.at(-peer.asked.length)?.['if-none-match'], '"v1"')
    assert.ok(peer.asked.length < 12, `${peer.asked.length} requests`)

    const third = await pullRequests(app.app.board, order('city', url))
    assert.deepEqual([third.tally.added, third.tally.changed], [0, 0])
    assert.equal((await mirrored('city')).size, 123)
    await assert.rejects(pullRequests(app.app.board, order('city', new URL('http://localhost:9/v2'))), /mirrors http/)
    await app.settle()
    await peer.stop()
  })

  test('a server without pages is asked for shorter windows', async () => {
    const peer = new Peer()
    const url = await peer.start()
    peer.pages = false
    peer.limit = 20
    for (let index = 0; index < 75; index += 1) peer.add(`C-${index}`, 10 + index * 0.03)
    const { tally } = await pullRequests(app.app.board, order('unpaged', url, { since: new Date(Date.now() - 20 * DAY) }))
    assert.equal(tally.added, 75)
    await peer.stop()
  })

  test('a run that is stopped goes on where it was, and a busy server is left alone', async () => {
    const peer = new Peer()
    const url = await peer.start()
    for (let index = 0; index < 40; index += 1) peer.add(`D-${index}`, 1 + index * 2)
    const few = await pullRequests(app.app.board, order('stopped', url, { most: 6 }))
    assert.equal(few.complete, false)
    const until = (await mirrorOf(app.app.platform.db, 'pull:stopped'))?.asked_until
    assert.ok(until && few.tally.added > 0 && few.tally.added < 40)
    peer.asked.length = 0
    peer.busy = 2
    pauses.length = 0
    const rest = await pullRequests(app.app.board, order('stopped', url))
    assert.equal(few.tally.added + rest.tally.added, 40)
    assert.deepEqual(pauses.filter((pause) => pause === 7_000).length, 2)
    const starts = peer.asked.flatMap((each) => each.searchParams.get('start_date') ?? [])
    assert.ok(starts.every((start) => Date.parse(start) >= until.getTime() - DAY - 1_000))
    await peer.stop()
  })

  test('XML is read where JSON is not offered; a category of the city keeps its name; a server that is away is said to be', async () => {
    const peer = new Peer()
    const url = await peer.start()
    peer.json = false
    peer.add('E-1', 2, { service_code: 'bench', service_name: 'Bench' })
    peer.add('E-2', 2, { service_code: 'x-1' })
    peer.add('E-3', 2, { service_code: 'X 1' })
    const { tally } = await pullRequests(app.app.board, order('xml', url))
    assert.equal(tally.added, 3)
    const all = await mirrored('xml')
    assert.equal(all.get('E-1')?.category, 'bench')
    assert.notEqual(all.get('E-2')?.category, all.get('E-3')?.category)
    await peer.stop()
    await assert.rejects(pullRequests(app.app.board, order('xml', url)), /did not answer/)
  })

  test('servers of the register are known by their address', () => {
    assert.deepEqual(mannersOf(serverAddress('311api.cityofchicago.org/open311/v2/')).jurisdiction, 'cityofchicago.org')
    assert.deepEqual(mannersOf(serverAddress('https://seeclickfix.com/open311/v2/246/')).limit, 20)
    assert.equal(mannersOf(serverAddress('https://www.klarschiff-hgw.de/citysdk/')).pages, false)
    assert.match(mannersOf(serverAddress('https://anliegen.siegburg.de/georeport/v2/')).gone ?? '', /moved/)
    assert.throws(() => serverAddress('mailto:nobody@city.example'), /no address/)
  })

  test(
    'the register of servers and the manners agree',
    { skip: sharedData('open311/endpoints.json') === null && 'the register is not there: set STOA_SHARED_DATA' },
    async () => {
      const register: Array<{
        root: string
        limit?: number
        pagination: boolean
        jurisdiction?: string
        key: boolean
        deprecated?: boolean
      }> = JSON.parse(await readFile(sharedData('open311/endpoints.json') ?? '', 'utf8'))
      for (const each of register) {
        const manners = mannersOf(serverAddress(each.root))
        assert.deepEqual(
          [manners.limit, manners.pages, manners.jurisdiction, manners.key, manners.gone !== null],
          [each.pagination ? each.limit : null, each.pagination, each.jurisdiction ?? null, each.key, each.deprecated ?? false],
          each.root,
        )
      }
    },
  )

  test(
    'the fifty real requests of Cologne',
    { skip: sharedData('open311/koeln-requests-real.json') === null && 'the requests of Cologne are not there: set STOA_SHARED_DATA' },
    async () => {
      const file = pathToFileURL(sharedData('open311/koeln-requests-real.json') ?? '')
      const body = await readFile(file, 'utf8')
      const cologne = { source: 'pull:cologne', name: 'cologne', language: 'de', agency: 'transport', group: 'streets' } as const
      const done = await pullFile(app.app.board, cologne, body, 'Z')
      // one of the fifty is there twice
      assert.deepEqual([done.added, done.same, done.rejected], [49, 1, {}])
      assert.deepEqual([(await pullFile(app.app.board, cologne, body, 'Z')).added, (await mirrored('cologne')).size], [0, 49])
      const one = (await mirrored('cologne')).get('A-173480')
      assert.equal(one?.opened_at.toISOString(), '2023-12-11T08:01:37.000Z')
      assert.equal(app.app.board.categories.byId(one?.category ?? '')?.name['de'], 'Schrottfahrzeuge/-fahrräder')
      assert.equal(one?.district, null)
      // a number of their own files is nothing to tell
      assert.deepEqual(await timelineOf(app.app.board, { id: (await mirrored('cologne')).get('A-173476')?.id ?? '' }), [])
      await app.settle()
    },
  )

  test('the verb reads a file, says what it did, and is refused what the city does not have', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'stoa-pull-'))
    t.after(() => rm(folder, { recursive: true, force: true }))
    const peer = new Peer()
    const url = await peer.start()
    for (let index = 0; index < 5; index += 1) peer.add(`F-${index}`, 1)
    await writeFile(join(folder, 'requests.xml'), encodeRequests([...peer.requests.values()], 'xml'))
    const env = { DATABASE_URL: app.databaseUrl, DATA_DIR: folder, LOG_LEVEL: 'silent', PUBLIC_ORIGIN: 'https://city.example' }
    const pull = (...args: string[]) => pullCommand({ args: ['open311', ...args], env, root })
    assert.equal(await pull(pathToFileURL(join(folder, 'requests.xml')).href, '--name', 'file', '--group', 'streets'), 0)
    assert.equal((await mirrored('file')).size, 5)
    assert.equal(await pull(url.href, '--name', 'verb', '--pause', '0'), 0)
    assert.equal((await mirrored('verb')).size, 5)
    assert.equal(await pull(url.href, '--name', 'verb', '--pause', '0', '--most', '1'), 1)
    assert.equal(await pull(url.href), 2)
    assert.equal(await pull(url.href, '--name', 'verb', '--since', 'soon'), 2)
    await assert.rejects(pull(url.href, '--name', 'other', '--group', 'nothing'), /no group nothing/)
  })
})

describe('handing over to another body', () => {
  let [folder, port, shift] = ['', 0, 0]
  let [ours, theirs]: [TestApp | null, TestApp | null] = [null, null]
  const now = (): Date => new Date(Date.now() + shift)
  const team = accountActor({ accountId: '00000000-0000-7000-8000-00000000000a', personId: null, roles: [{ role: 'officer', agency: null }], channel: 'web', level: 'substantial' }) // prettier-ignore
  const us = () => ours ?? assert.fail('not started')
  const them = () => theirs ?? assert.fail('not started')
  const keys = new Map([['regional_roads', 'harbourview-demo-key']])
  const run = () => runHandovers(us().app.board, keys)

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'stoa-city-'))
    port = await freePort()
    theirs = await startApp({ listen: true, accounts: true, overrides: { now } })
    await cp(join(root, 'city'), folder, { recursive: true })
    const file = join(folder, 'reports.yaml')
    const text = await readFile(file, 'utf8')
    const endpoint = (url: string, more: string): string => `    open311: { url: '${url}', services: { ${more} } }\n`
    await writeFile(
      file,
      text
        .replace(/(- id: regional_roads\n)/, `$1${endpoint(`${them().url}/open311/v2`, 'bench: bench, litter: no_such_service')}`)
        .replace(/(- id: port_authority\n)/, `$1${endpoint(`http://localhost:${port}/v2`, 'bench: BENCH')}`),
    )
    ours = await startApp({
      accounts: true,
      env: { CITY_DIR: folder, OPEN311_KEYS: 'regional_roads=harbourview-demo-key' },
      overrides: { now },
    })
  })
  after(async () => {
    await ours?.close()
    await theirs?.close()
    await rm(folder, { recursive: true, force: true })
  })

  let count = 0
  const make = async (category = 'bench'): Promise<Report> => {
    count += 1
    const address = us().app.board.places?.addresses[count * 41]
    assert.ok(address)
    const { report } = await sendReport(us().app.board, anonymous('web'), {
      source: 'web', sourceId: `hand-${count}`, category, lat: address.lat, long: address.long, text: `Broken ${count}`, answers: {}, language: 'es', photos: [],
      contact: { name: 'Ana Fictional', email: 'ana@resident.example' },
    }) // prettier-ignore
    return report
  }
  const there = async (report: Report): Promise<Report> => {
    const remote = (await handoverOf(us().app.platform.db, report.id))?.remote_id
    assert.ok(remote, 'it is there')
    return getReport(them().app.board, remote)
  }
  const state = async (report: Report) => {
    const row = await handoverOf(us().app.platform.db, report.id)
    return [row?.state, row?.fault, row?.tries]
  }

  test('it is sent by a job, without who reported it, and what they say of it comes back', async () => {
    const report = await make()
    const ended = await handOver(us().app.board, team, report.id, 'regional_roads', 'Theirs.')
    assert.deepEqual(ended.closure, { outcome: 'not_ours', authority: 'regional_roads' })
    assert.deepEqual(await state(report), ['waiting', null, 0])
    await us().settle()
    assert.deepEqual(await state(report), ['sent', null, 0])
    const copy = await there(report)
    assert.deepEqual([copy.category, copy.source, copy.lat, copy.person_id], ['bench', 'open311', report.lat, null])
    assert.ok(copy.text.startsWith(report.text) && copy.text.includes(report.reference) && !copy.text.includes('Ana'))

    const heard = async (): Promise<string[]> =>
      (await timelineOf(us().app.board, report)).filter(({ by }) => by === 'peer').map(({ text }) => text)
    shift += 2 * 3_600_000
    await run()
    assert.deepEqual(await state(report), ['sent', null, 0])
    const before_ = await heard()
    await endReport(them().app.board, team, copy.id, { outcome: 'no_action', reason: 'nothing_found' }, 'Nothing was found there.')
    shift += 2 * 3_600_000
    await run()
    const after_ = await heard()
    assert.equal(after_.length, before_.length + 1, after_.join(' | '))
    assert.match(after_.at(-1) ?? '', /\p{L}{4,}/u)
    shift += 2 * DAY
    await run()
    assert.deepEqual(await heard(), after_)
    const page = await us().app.server.inject({ method: 'GET', url: `/reports/${report.reference}` })
    assert.ok(page.body.includes(after_.at(-1)?.slice(0, 20) ?? '-'), 'the public page shows it')
    assert.match(page.body, /Regional Roads says/)
  })

  test('however staff end it, it is handed over; a body without an endpoint gets nothing', async () => {
    const report = await make()
    await endReport(us().app.board, team, report.id, { outcome: 'not_ours', authority: 'regional_roads' })
    await us().settle()
    assert.equal((await state(report))[0], 'sent')
    const other = await make()
    await handOver(us().app.board, team, other.id, 'harbour_water')
    await us().settle()
    assert.equal(await handoverOf(us().app.platform.db, other.id), null)
    await assert.rejects(handOver(us().app.board, team, (await make()).id, 'nobody'), { code: 'reports.no-such-authority' })
  })

  test('the other being away for a while delays it, and it is taken once', async () => {
    const report = await make()
    await handOver(us().app.board, team, report.id, 'port_authority')
    await us().settle()
    assert.deepEqual(await state(report), ['waiting', 'away', 1])
    await run()
    assert.deepEqual(await state(report), ['waiting', 'away', 1], 'not before its pause is over')
    shift += 61_000
    await run()
    assert.deepEqual(await state(report), ['waiting', 'away', 2])
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
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    shift += 121_000
    await run()
    assert.deepEqual(await state(report), ['waiting', 'away', 3])
    broken = false
    shift += 241_000
    await run()
    assert.deepEqual(await state(report), ['sent', null, 0])
    assert.equal(sentKeys.length, 2)
    assert.equal(new Set(sentKeys).size, 1)
    shift += 61_000
    await run() // the token leads to an id
    await run() // and the id to a status
    const row = await handoverOf(us().app.platform.db, report.id)
    assert.deepEqual([row?.remote_id, row?.remote_status], ['P-1', 'closed'])
    const said = (await timelineOf(us().app.board, report)).filter(({ by }) => by === 'peer')
    assert.deepEqual(said.map(({ text }) => text), ['Allí está cerrado.']) // prettier-ignore
    server.closeAllConnections()
    await new Promise<void>((done) => server.close(() => done()))
  })

  test('it is given up at last or when refused, officers see why, and send it again', async () => {
    const refused = await make('litter')
    await handOver(us().app.board, team, refused.id, 'regional_roads')
    await us().settle()
    assert.deepEqual((await state(refused)).slice(0, 2), ['failed', 'status_404'])
    const unnamed = await make('road_sign')
    await handOver(us().app.board, team, unnamed.id, 'regional_roads')
    await us().settle()
    assert.deepEqual((await state(unnamed)).slice(0, 2), ['failed', 'no_service'])
    const away = await make()
    await handOver(us().app.board, team, away.id, 'port_authority')
    for (let turn = 0; turn < 20; turn += 1) {
      shift += 7 * 3_600_000
      await run()
    }
    assert.deepEqual((await state(away)).slice(0, 2), ['failed', 'away'])
    const cookie = await sessionFor(us().app, 'officer@harbourview.example', 'substantial')
    const page = await us().app.server.inject({ method: 'GET', url: `/officer/reports/${away.id}`, headers: { cookie } })
    assert.equal(page.statusCode, 200)
    assert.match(page.body, /Their system does not answer/)
    await assert.rejects(sendAgain(us().app.board, systemActor('timers'), away.id), { status: 404 })
    const again = await us().app.server.inject({
      method: 'POST', url: `/officer/reports/${away.id}/hand-over`, headers: { cookie, origin: us().app.platform.publicOrigin, 'content-type': 'application/x-www-form-urlencoded' }, payload: '',
    }) // prettier-ignore
    assert.equal(again.statusCode, 303)
    assert.deepEqual((await state(away)).slice(0, 2), ['waiting', null])
    await assert.rejects(sendAgain(us().app.board, team, away.id), { status: 409 })
  })

  test('what they say is theirs only while the file names them, and a redirect leads nowhere', async () => {
    const report = await make()
    await handOver(us().app.board, team, report.id, 'port_authority')
    let elsewhere = 0
    const other = createServer((_, response) => {
      elsewhere += 1
      response.end('<service_requests><request><service_request_id>Z-1</service_request_id></request></service_requests>')
    })
    await new Promise<void>((done) => other.listen(0, '127.0.0.1', done))
    const to = `http://localhost:${(other.address() as AddressInfo).port}/v2/requests.xml`
    const server = createServer((_, response) => response.writeHead(307, { location: to }).end())
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    await run()
    assert.deepEqual(await state(report), ['waiting', 'status_307', 1])
    assert.equal(elsewhere, 0)
    await query(us().app.platform.db, "update reports.handover set authority = 'nobody', next_at = $2 where report_id = $1", [
      report.id,
      now(),
    ])
    await run()
    assert.deepEqual((await state(report)).slice(0, 2), ['failed', 'no_endpoint'])
    for (const each of [server, other]) {
      each.closeAllConnections()
      await new Promise<void>((done) => each.close(() => done()))
    }
  })

  test('a crew of the other body at work is told too', async () => {
    const report = await make()
    await handOver(us().app.board, team, report.id, 'regional_roads')
    await us().settle()
    const copy = await there(report)
    await startReport(them().app.board, team, copy.id)
    await writeUpdate(them().app.board, team, copy.id, 'We come on Monday.')
    await fixReport(them().app.board, team, copy.id, {
      evidence: { kind: 'work_order', order: 'WO-1', on: them().app.platform.city.dayOf(now()) },
    })
    shift += 2 * 3_600_000
    await run()
    const row = await handoverOf(us().app.platform.db, report.id)
    assert.ok(row?.remote_status)
  })

  const peerAt = async (answer: (message: IncomingMessage, response: ServerResponse, body: string) => void) => {
    const server = createServer((message, response) => {
      let body = ''
      message.on('data', (part) => (body += String(part)))
      message.on('end', () => answer(message, response, body))
    })
    await new Promise<void>((done) => server.listen(port, '127.0.0.1', done))
    return async () => {
      server.closeAllConnections()
      await new Promise<void>((done) => server.close(() => done()))
    }
  }

  test('a hidden report is sent to nobody', async () => {
    const report = await make()
    await handOver(us().app.board, team, report.id, 'port_authority')
    await hideReport(us().app.board, team, report.id, true)
    let asked = 0
    const stop = await peerAt((_, response) => {
      asked += 1
      response.end('<service_requests><request><service_request_id>H-1</service_request_id></request></service_requests>')
    })
    await us().settle()
    assert.deepEqual(await state(report), ['failed', 'hidden', 0])
    assert.equal(asked, 0)
    await assert.rejects(sendAgain(us().app.board, team, report.id), { code: 'reports.hidden-stays', status: 409 })
    const cookie = await sessionFor(us().app, 'officer@harbourview.example', 'substantial')
    const page = await us().app.server.inject({ method: 'GET', url: `/officer/reports/${report.id}`, headers: { cookie } })
    assert.match(page.body, /is hidden here/)
    assert.ok(!page.body.includes(`/officer/reports/${report.id}/hand-over`))
    assert.equal((await us().app.server.inject({ method: 'GET', url: `/reports/${report.reference}?code=x` })).statusCode, 404)
    await hideReport(us().app.board, team, report.id, false)
    assert.equal((await us().app.server.inject({ method: 'GET', url: `/reports/${report.reference}?code=x` })).statusCode, 303)
    await sendAgain(us().app.board, team, report.id)
    await us().settle()
    assert.equal((await state(report))[0], 'sent')
    await stop()
  })

  test('what was taken there though the answer was lost is found, and not posted again', async () => {
    const report = await make()
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
    await handOver(us().app.board, team, report.id, 'port_authority')
    await us().settle()
    assert.deepEqual(await state(report), ['waiting', 'status_502', 1])
    assert.equal(asked.length, 0)
    shift += 61_000
    await run()
    assert.deepEqual(await state(report), ['sent', null, 0])
    assert.equal((await handoverOf(us().app.platform.db, report.id))?.remote_id, 'L-2')
    assert.equal(posted.length, 1)
    const row = await handoverOf(us().app.platform.db, report.id)
    assert.ok(Date.parse(asked[0]?.searchParams.get('start_date') ?? '') <= (row?.started_at.getTime() ?? 0))
    assert.ok(asked[0]?.searchParams.has('end_date'))
    await stop()
  })

  test('while the other cannot say whether it has it, it is not posted again', async () => {
    const report = await make()
    let posts = 0
    const stop = await peerAt((message, response) => {
      if (message.method === 'POST') posts += 1
      response.writeHead(503).end()
    })
    await handOver(us().app.board, team, report.id, 'port_authority')
    await us().settle()
    shift += 61_000
    await run()
    assert.deepEqual(await state(report), ['waiting', 'status_503', 2])
    assert.equal(posts, 1)
    await stop()
  })

  test('one is taken at a time, and who comes back late changes nothing', async () => {
    const [one, two] = [await make(), await make()]
    const { db } = us().app.platform
    await query(db, 'update reports.handover set next_at = $1 where next_at is not null', [new Date(now().getTime() + DAY)])
    for (const each of [one, two]) {
      await handOver(us().app.board, team, each.id, 'port_authority')
      await query(db, 'update reports.handover set next_at = $2 where report_id = $1', [each.id, new Date(now().getTime() - DAY)])
    }
    const first = await takeDue(db, now(), new Date(now().getTime() + 120_000))
    const second = await takeDue(db, now(), new Date(now().getTime() + 120_000))
    assert.deepEqual(new Set([first?.report_id, second?.report_id]), new Set([one.id, two.id]))
    assert.equal(await takeDue(db, now(), new Date(now().getTime() + 120_000)), null)
    assert.ok(first)
    assert.equal(await changeHandover(db, { report_id: first.report_id, state: 'waiting' }, { state: 'sent', remote_id: 'Q-1' }), true)
    assert.equal(await changeHandover(db, first, { state: 'failed', next_at: null }), false)
    assert.equal((await handoverOf(db, first.report_id))?.state, 'sent')
    assert.ok(second)
    await query(db, 'update reports.handover set next_at = $2 where report_id = $1', [second.report_id, now()])
    assert.equal(await changeHandover(db, second, { tries: 9 }), false, 'somebody else has taken it')
  })
})
