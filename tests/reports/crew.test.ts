import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import sharp from 'sharp'
import { systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { assignReport, endReport, getReport } from '../../src/modules/reports/service/index.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import { sessionFor, sessionOf } from '../support/world.ts'
import { giveReports, LIGHTING, LIGHTING_EMAIL, ROADS, ROADS_EMAIL } from './crewday.ts'

let app: TestApp
let roads = ''
let lighting = ''
let tag = ''

before(async () => {
  app = await startApp({ accounts: true, listen: true })
  roads = await sessionOf(app, ROADS_EMAIL)
  lighting = await sessionOf(app, LIGHTING_EMAIL)
})
after(() => app.close())

const get = (path: string, cookie: string, accept = 'text/html'): Promise<Answer> => send(app.url, { path, headers: { cookie, accept } })

type Fields = Readonly<Record<string, string>>
const seenOf = (report: Report): Fields => ({
  report: report.reference,
  seen_revision: String(report.revision),
  seen_state: report.state,
  seen_crew: report.crew ?? '',
  seen_reopened: String(report.reopened),
})

/** Sends an act as a device does, or with `page` as a form does. */
async function act(cookie: string, fields: Fields, options: { photo?: Buffer; field?: string; page?: boolean } = {}): Promise<Answer> {
  const form = new FormData()
  for (const [name, value] of Object.entries(fields)) form.set(name, value)
  if (options.photo) form.set(options.field ?? 'after', new File([new Uint8Array(options.photo)], 'photo.jpg', { type: 'image/jpeg' }))
  const packed = new Response(form)
  const headers = {
    cookie,
    'content-type': packed.headers.get('content-type') ?? '',
    accept: options.page ? 'text/html' : 'application/json',
  }
  return send(app.url, { method: 'POST', path: '/officer/crew/acts', headers, body: Buffer.from(await packed.arrayBuffer()) })
}

const jpeg = (): Promise<Buffer> =>
  sharp({ create: { width: 90, height: 60, channels: 3, background: '#484' } })
    .jpeg()
    .toBuffer()
const stateOf = async (report: Report): Promise<Report> => getReport(app.app.board, report.id)
const one = async (crew: string, text: string): Promise<Report> => (await giveReports(app, crew, [text]))[0] ?? assert.fail()

describe('who may see a crew and act for it', () => {
  test('a crew sees its own reports, as a short way, and not those of another', async () => {
    const own = await giveReports(app, ROADS, ['A hole at the bend', 'A hole by the quay', 'A hole at the school'])
    const other = await one(LIGHTING, 'A dark lamp')
    const list = await get('/officer/crew', roads)
    assert.equal(list.status, 200, list.body)
    for (const report of own) assert.ok(list.body.includes(report.reference))
    assert.ok(!list.body.includes(other.reference))
    const run = JSON.parse((await get('/officer/crew/run.json', roads, 'application/json')).body)
    tag = run.who
    assert.match(tag, /^[0-9a-f]{32}$/)
    assert.equal(run.stops.length, own.length)
    assert.deepEqual(
      run.stops.map((stop: { number: string }) => stop.number),
      own.map((_, at) => String(at + 1)),
    )
    assert.equal((await get(`/officer/crew/reports/${other.reference}`, roads)).status, 404)
    assert.equal((await get(`/officer/crew/reports/${other.reference}`, lighting)).status, 200)
  })

  test('no resident, no officer without a crew, nobody without a second step', async () => {
    const report = await one(ROADS, 'A loose kerb')
    const fields = { id: randomUUID(), act: 'started', ...seenOf(report) }
    const others: ReadonlyArray<[string, string, number[]]> = [
      ['nobody', '', [401]],
      ['resident', await sessionOf(app, 'resident@harbourview.example'), [403]],
      ['officer of another agency', await sessionOf(app, 'fire@harbourview.example'), [403, 404]],
      ['officer of the agency without a crew', await sessionOf(app, 'parking@harbourview.example'), [403, 404]],
      ['officer of another crew', lighting, [404]],
      ['by password only', await sessionFor(app.app, ROADS_EMAIL, 'low'), [403]],
    ]
    for (const [who, cookie, refused] of others) {
      const acted = await act(cookie, { ...fields, id: randomUUID() })
      assert.ok(refused.includes(acted.status), `${who} acts: ${acted.status} ${acted.body}`)
      const seen = await get(`/officer/crew/reports/${report.reference}`, cookie, 'application/json')
      assert.ok(refused.includes(seen.status), `${who} sees: ${seen.status}`)
      if (who === 'officer of another crew') continue
      const key = await send(app.url, { method: 'POST', path: '/officer/crew/key', headers: { cookie, accept: 'application/json', 'content-type': 'application/json' }, body: JSON.stringify({ device: randomUUID() }) }) // prettier-ignore
      assert.ok(refused.includes(key.status) || key.status === 403, `${who} gets no key: ${key.status} ${key.body}`)
    }
    assert.equal((await stateOf(report)).state, 'assigned')
  })

  test('a device has another key for each account, and the same one again', async () => {
    const device = randomUUID()
    const key = async (cookie: string, name: string): Promise<string> => {
      const headers = { cookie, accept: 'application/json', 'content-type': 'application/json' }
      const answer = await send(app.url, { method: 'POST', path: '/officer/crew/key', headers, body: JSON.stringify({ device: name }) })
      assert.equal(answer.status, 200, answer.body)
      const given = JSON.parse(answer.body)
      assert.equal(Buffer.from(given.key, 'base64url').length, 32)
      return given.key
    }
    assert.equal(await key(roads, device), await key(await sessionOf(app, ROADS_EMAIL), device))
    const headers = { cookie: `${roads}; stoa_kiosk=on`, accept: 'application/json', 'content-type': 'application/json' }
    const shared = await send(app.url, { method: 'POST', path: '/officer/crew/key', headers, body: JSON.stringify({ device }) })
    assert.equal(shared.status, 403, 'a shared device keeps nothing')
    assert.equal(new Set([await key(roads, device), await key(roads, randomUUID()), await key(lighting, device)]).size, 3)
  })

  test('an act kept for another account goes out in nobody else’s name', async () => {
    const report = await one(LIGHTING, 'A lamp that hums')
    const refused = await act(lighting, { id: randomUUID(), act: 'started', who: tag, ...seenOf(report) })
    assert.equal(JSON.parse(refused.body).code, 'reports.crew-account')
    assert.equal((await stateOf(report)).state, 'assigned')
  })
})

describe('what a crew says', () => {
  test('done with a photo asks the reporters; the same act again is answered the same and done once', async () => {
    const report = await one(ROADS, 'A hole by the church')
    const fields = { id: randomUUID(), act: 'done', text: 'Filled with cold asphalt.', ...seenOf(report) }
    const photo = await jpeg()
    const answers = await Promise.all([act(roads, fields, { photo }), act(roads, fields, { photo })])
    const again = await act(roads, fields, { photo })
    for (const answer of [...answers, again]) {
      assert.equal(answer.status, 200, answer.body)
      assert.deepEqual(JSON.parse(answer.body), { id: fields.id, reference: report.reference, act: 'done', state: 'checking' })
    }
    const now = await stateOf(report)
    assert.equal(now.closure?.outcome, 'fixed')
    const photos = await query<{ kind: string }>(app.app.database.db, 'select kind from reports.photo where report_id = $1', [report.id])
    assert.deepEqual(photos, [{ kind: 'after' }])
    const stranger = await act(lighting, fields, { photo })
    assert.ok([404, 409].includes(stranger.status), 'an id is its account’s')
  })

  test('done without evidence is refused, with what to do; a work order is enough', async () => {
    const report = await one(ROADS, 'A broken sign')
    const bare = await act(roads, { id: randomUUID(), act: 'done', ...seenOf(report) })
    assert.deepEqual([bare.status, JSON.parse(bare.body).key], [422, 'evidence_needed'])
    const page = await act(roads, { id: randomUUID(), act: 'done', text: 'Kept words', ...seenOf(report) }, { page: true })
    assert.equal(page.status, 422)
    assert.match(page.body, /Kept words/)
    assert.match(page.body, /href="#done-after"/)
    const broken = await act(roads, { id: randomUUID(), act: 'done', ...seenOf(report) }, { photo: Buffer.from('PK\u0003\u0004 a zip') })
    assert.equal(broken.status, 422)
    const [year = '', month = '', day = ''] = app.app.platform.city.dayOf(app.app.platform.now()).split('-')
    const order = { order: 'WO-17', 'on-day': day, 'on-month': month, 'on-year': year }
    const old = { ...order, 'on-year': '2019' }
    const early = await act(roads, { id: randomUUID(), act: 'done', ...old, ...seenOf(report) }, { page: true })
    assert.equal(early.status, 422)
    assert.match(early.body, /The work order is older than the report/)
    const done = await act(roads, { id: randomUUID(), act: 'done', ...order, ...seenOf(report) }, { page: true })
    assert.deepEqual([done.status, done.headers.location], [303, '/officer/crew?done=done'])
    assert.deepEqual((await stateOf(report)).closure, {
      outcome: 'fixed',
      evidence: { kind: 'work_order', order: 'WO-17', on: `${year}-${month}-${day}` },
    })
  })

  test('started, a line with a photo, cannot do, another crew', async () => {
    const [first, second, third] = await giveReports(app, ROADS, ['Paint is gone', 'A sunken drain', 'A rusty rail'])
    assert.ok(first && second && third)
    assert.equal(
      (await act(roads, { id: randomUUID(), act: 'started', ...seenOf(first) }, { photo: await jpeg(), field: 'before' })).status,
      200,
    )
    assert.equal((await stateOf(first)).state, 'in_progress')
    // seen before the crew began: still the same for the crew
    assert.equal((await act(roads, { id: randomUUID(), act: 'note', text: 'We come back on Monday.', ...seenOf(first) })).status, 200)
    const page = await get(`/officer/crew/reports/${first.reference}`, roads)
    assert.match(page.body, /We come back on Monday\./)
    const src = /src="(\/officer\/crew\/reports\/[^"]+\/photos\/[^"]+)"/.exec(page.body)?.[1] ?? assert.fail(page.body)
    const picture = await get(src, roads)
    assert.deepEqual([picture.status, picture.headers['content-type'], picture.headers['cache-control']], [200, 'image/jpeg', 'no-store'])
    assert.equal((await get(src, lighting)).status, 404)
    const cannot = await act(roads, { id: randomUUID(), act: 'cannot', why: 'private_land', ...seenOf(second) })
    assert.equal(cannot.status, 200, cannot.body)
    assert.deepEqual((await stateOf(second)).closure, { outcome: 'no_action', reason: 'private_land' })
    const given = await act(roads, { id: randomUUID(), act: 'other_crew', crew: LIGHTING, text: 'It is the lamp.', ...seenOf(third) })
    assert.equal(given.status, 200, given.body)
    assert.equal((await stateOf(third)).crew, LIGHTING)
    assert.equal((await get(`/officer/crew/reports/${third.reference}`, roads)).status, 404)
  })

  test('a duplicate needs a report that is there, and becomes one', async () => {
    const [report, earlier] = await giveReports(app, ROADS, ['The same hole', 'The first hole'])
    assert.ok(report && earlier)
    const unknown = await act(roads, { id: randomUUID(), act: 'cannot', why: 'duplicate', of: 'RPT-0000-0000', ...seenOf(report) })
    assert.deepEqual([unknown.status, JSON.parse(unknown.body).key], [422, 'of_needed'])
    const merged = await act(roads, { id: randomUUID(), act: 'cannot', why: 'duplicate', of: earlier.reference, ...seenOf(report) })
    assert.equal(merged.status, 200, merged.body)
    assert.equal((await stateOf(report)).merged_into, earlier.id)
  })

  test('what somebody else closed or took away meanwhile is a conflict with both versions, and nothing is done', async () => {
    const [closed, taken] = await giveReports(app, ROADS, ['Glass on the way', 'A cracked slab'])
    assert.ok(closed && taken)
    const desk = systemActor('timers')
    await endReport(app.app.board, desk, closed.id, { outcome: 'no_action', reason: 'already_fixed' })
    await assignReport(app.app.board, systemActor('seed'), taken.id, { crew: LIGHTING })
    const id = randomUUID()
    const conflict = await act(roads, { id, act: 'done', text: 'Swept.', ...seenOf(closed) }, { photo: await jpeg() })
    assert.equal(conflict.status, 409)
    const told = JSON.parse(conflict.body)
    assert.deepEqual([told.code, told.moved, told.choices], ['reports.crew-moved', 'ended', ['note', 'drop']])
    assert.equal(told.now, 'It was closed without work.')
    assert.equal((await stateOf(closed)).closure?.outcome, 'no_action')
    // the same act, now as words: its id is free, because nothing was done with it
    const note = await act(roads, { id, act: 'note', text: 'Swept.', ...seenOf(await stateOf(closed)) })
    assert.equal(note.status, 200, note.body)
    const moved = await act(roads, { id: randomUUID(), act: 'started', ...seenOf(taken) })
    assert.deepEqual([moved.status, JSON.parse(moved.body).moved], [409, 'other_crew'])
    const page = await act(
      roads,
      { id: randomUUID(), act: 'done', text: 'My own words', ...seenOf(closed) },
      { photo: await jpeg(), page: true },
    )
    assert.equal(page.status, 409)
    assert.match(page.body, /It was closed without work\./)
    assert.match(page.body, /My own words/)
  })

  test('bad messages are refused', async () => {
    const report = await one(ROADS, 'A puddle')
    const fine = { id: randomUUID(), act: 'started', ...seenOf(report) }
    for (const own of [{ id: 'no' }, { act: 'burn' }, { report: 'RPT-0000-0001' }, { seen_state: 'x' }] as Fields[])
      assert.equal((await act(roads, { ...fine, ...own })).status, 400, JSON.stringify(own))
    const form = { method: 'POST', path: '/officer/crew/acts', headers: { cookie: roads, 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' }, body: formBody(fine) } // prettier-ignore
    assert.equal((await send(app.url, form)).status, 415)
    const foreign = await send(app.url, { ...form, headers: { ...form.headers, 'sec-fetch-site': 'cross-site' } })
    assert.equal(foreign.status, 403)
  })
})

describe('what a device keeps', () => {
  test('the frame and the worker are nobody’s', async () => {
    const [mine, nobodys] = [await get('/officer/crew/frame', roads), await get('/officer/crew/frame', '')]
    assert.equal(mine.body, nobodys.body)
    assert.ok(!mine.body.includes('Ren Mockup'))
    const worker = await get('/officer/crew/worker.js', '')
    assert.equal(worker.headers['service-worker-allowed'], '/officer/crew')
    assert.match(String(worker.headers['cache-control']), /no-cache/)
    const files = JSON.parse(/"files":(\[[^\]]*\])/.exec(worker.body)?.[1] ?? '[]')
    assert.ok(files.length >= 7)
    for (const file of files) assert.equal((await get(file, '')).status, 200, file)
    for (const script of files.filter((file: string) => file.endsWith('.js')))
      assert.ok(!/from '(idb|\.\/)/.test((await get(script, '')).body), `${script} names its parts by address`)
  })

  test('only the crew’s pages may make a policy for trusted addresses', async () => {
    assert.match(String((await get('/officer/crew', roads)).headers['content-security-policy']), /; trusted-types stoa-worker$/)
    assert.match(String((await get('/officer/crew/frame', roads)).headers['content-security-policy']), /; trusted-types 'none'$/)
  })
})

describe('who goes out', () => {
  test('a supervisor adds and removes; an officer does not', async () => {
    const supervisor = await sessionOf(app, 'supervisor@harbourview.example')
    const parking = (await accountByAddress(app.app.platform, 'parking@harbourview.example'))?.id ?? ''
    const change = (path: string, cookie: string, account: string): Promise<Answer> =>
      send(app.url, { method: 'POST', path: `/officer/crew/members${path}`, headers: { cookie, 'content-type': 'application/x-www-form-urlencoded', accept: 'text/html' }, body: formBody({ crew: ROADS, account }) }) // prettier-ignore
    assert.equal((await get('/officer/crew/members', roads)).status, 403)
    assert.ok((await change('', roads, parking)).status >= 400)
    assert.equal((await get('/officer/crew/members', supervisor)).status, 200)
    assert.equal((await change('', supervisor, '')).status, 422)
    assert.equal((await change('', supervisor, parking)).headers.location, '/officer/crew/members?done=added')
    const cookie = await sessionOf(app, 'parking@harbourview.example')
    assert.match((await get('/officer/crew', cookie)).body, /Street repairs, north/)
    assert.equal((await change('/remove', supervisor, parking)).headers.location, '/officer/crew/members?done=removed')
    assert.match((await get('/officer/crew', cookie)).body, /You go out with no crew/)
    assert.equal((await get('/officer/crew/run.json', cookie, 'application/json')).status, 403)
    const lines = await query<{ type: string }>(app.app.database.db, "select type from journal.event where stream = $1 and type like 'reports.crew.%' order by type", [parking]) // prettier-ignore
    assert.deepEqual(
      lines.map((line) => line.type),
      ['reports.crew.joined', 'reports.crew.left'],
    )
  })
})
