import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { after, before, describe, test } from 'node:test'
import { pullCommand } from '../../src/commands/pull.ts'
import { encodeRequests, w3cDateTime } from '../../src/modules/open311/index.ts'
import { pullFile, type PullOrder, pullRequests, serverAddress } from '../../src/modules/reports/peers/index.ts'
import { mannersOf } from '../../src/modules/reports/peers/servers.ts'
import { mirrorOf } from '../../src/modules/reports/peers/store.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { timelineOf } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { sharedData } from '../support/shared.ts'
import { DAY, Peer } from './peer.ts'

describe('pulling from another server', () => {
  let app: TestApp
  const running: Peer[] = []
  /** Another city's server that stops at the end, however its test ends. */
  const newPeer = (): Peer => {
    const peer = new Peer()
    running.push(peer)
    return peer
  }
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
    const peer = newPeer()
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
    const peer = newPeer()
    const url = await peer.start()
    peer.pages = false
    peer.limit = 20
    for (let index = 0; index < 75; index += 1) peer.add(`C-${index}`, 10 + index * 0.03)
    const { tally } = await pullRequests(app.app.board, order('unpaged', url, { since: new Date(Date.now() - 20 * DAY) }))
    assert.equal(tally.added, 75)
    await peer.stop()
  })

  test('a run that is stopped goes on where it was, and a busy server is left alone', async () => {
    const peer = newPeer()
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
    const peer = newPeer()
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
    const peer = newPeer()
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
