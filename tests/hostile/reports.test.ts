import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { accountActor, type Actor, anonymous, systemActor } from '../../src/modules/access/index.ts'
import { decodeErrors, decodeReceipt } from '../../src/modules/open311/index.ts'
import { DEMO_KEY } from '../../src/modules/reports/open311/index.ts'
import {
  assignReport, fixReport, followReport, getReport, joinReport, type NewReport, photosOf, sendReport, setPhotoState, writeUpdate,
} from '../../src/modules/reports/service/index.ts' // prettier-ignore
import type { Report } from '../../src/modules/reports/report.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, type Ask, cookiesOf, formBody, keptConnections, send } from '../support/client.ts'
import { leadsTo, multipart, placeFields, POTHOLE, report as tell, Resident } from '../support/reporting.ts'
import { photo, sessionOf } from '../support/world.ts'
import { ask, makeAccount, type Seat, sit } from '../representation/seats.ts'
import { ROADS, ROADS_EMAIL } from '../reports/crewday.ts'
import { harmless } from './harmless.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const nobody = anonymous('web')
const seed = systemActor('seed')

describe('reports, and those who mean harm', () => {
  let test: TestApp
  const logged: string[] = []
  let nth = 0

  before(async () => {
    test = await startApp({
      listen: true,
      accounts: true,
      env: { LOG_LEVEL: 'debug', TRUST_PROXY: '127.0.0.1' },
      overrides: { logTo: { write: (line) => void logged.push(line) } },
    })
  })
  after(() => test.close())

  const house = (): { lat: number; long: number } => {
    const { lat, long } = test.app.board.places?.addresses[(nth += 1) * 41] ?? assert.fail('there are addresses')
    return { lat, long }
  }
  const somebody = (): Resident => new Resident(test.url, { 'x-forwarded-for': `198.51.100.${(nth += 1) % 250}` })
  const count = async (what: string): Promise<number> =>
    (await query<{ n: number }>(test.app.platform.db, `select count(*)::int as n from ${what}`))[0]?.n ?? 0
  const made = async (own: Partial<NewReport>): Promise<{ report: Report; code: string | null }> =>
    sendReport(test.app.board, nobody, {
      source: 'web',
      sourceId: null,
      category: 'pothole',
      ...house(),
      text: '',
      answers: POTHOLE,
      language: 'en',
      photos: [],
      ...own,
    })
  const door = (fields: Record<string, string>, headers: Record<string, string> = {}): Promise<Answer> => {
    const { lat, long } = house()
    const all = {
      api_key: DEMO_KEY,
      service_code: 'pothole',
      lat: String(lat),
      long: String(long),
      'attribute[where_in_road]': 'carriageway',
      ...fields,
    }
    return send(test.url, { method: 'POST', path: '/open311/v2/requests.json', headers: { ...form, ...headers }, body: formBody(all) })
  }
  const idOf = (answer: Answer): string => decodeReceipt(answer.body)?.service_request_id ?? assert.fail(answer.body)
  const photoAt = async (): Promise<Buffer> =>
    sharp({ create: { width: 60, height: 40, channels: 3, background: '#363' } })
      .withExif({
        IFD0: { Make: 'Zibblecam' },
        IFD3: { GPSLatitudeRef: 'N', GPSLatitude: '38/1 59/1 0/1', GPSLongitudeRef: 'W', GPSLongitude: '30/1 30/1 0/1' },
      }) // prettier-ignore
      .jpeg()
      .toBuffer()

  it('what is typed is words wherever it comes: pages, feeds, widget, documents, tables, maps and mails', async () => {
    const evil = `=cmd|' /C calc'!A0 "><script>alert(1)</script><img src=x onerror=alert(2)><svg onload=alert(3)> ]]> &xxe; \u202e {{7*7}} \${7*7}`
    const { report } = await made({ text: evil, address: evil.slice(0, 280), contact: { email: 'words@example.org', name: '<b>Wilma' } })
    const { board } = test.app
    await joinReport(board, nobody, report.id, { text: evil, language: 'en' })
    await followReport(board, nobody, report.id, { language: 'en', contact: { email: 'joins@example.org' } })
    await writeUpdate(board, anonymous('open311'), report.id, evil, { as: 'public', sourceId: 'evil' })
    await assignReport(board, seed, report.id, { crew: ROADS })
    await test.settle()
    const officer = await sessionOf(test, 'officer@harbourview.example')
    const crew = await sessionOf(test, ROADS_EMAIL)
    const { reference, id, lat, long } = report
    const places: ReadonlyArray<readonly [path: string, cookie?: string]> = [
      ['/reports'], [`/reports/${reference}`], ['/reports.atom'], ['/reports.geojson'], ['/reports.csv'], ['/reports/widget'], ['/open311/v2/requests.csv'],
      [`/reports/tiles.json?bbox=${long - 0.001},${lat - 0.001},${long + 0.001},${lat + 0.001}&zoom=18`],
      ...['json', 'xml'].flatMap((ending) => [
        [`/open311/v2/requests.${ending}`] as const, [`/open311/v2/requests/${reference}.${ending}?extensions=true`] as const,
        [`/open311/v2/servicerequestupdates.${ending}`] as const,
      ]),
      ['/officer/reports?queue=open', officer], [`/officer/reports/${id}?personal=1`, officer], [`/officer/reports/${id}/merge?with=${encodeURIComponent(evil)}`, officer],
      ['/officer/crew', crew], ['/officer/crew/run.json', crew], [`/officer/crew/reports/${reference}`, crew],
      [`/reports/new?category=${encodeURIComponent(evil)}`], [`/open311/v2/services/${encodeURIComponent('<script>alert(1)')}.xml`],
      [`/map/picture.svg?lat=${lat}&long=${long}&m=${lat},${long}`],
    ] // prettier-ignore
    let shown = 0
    for (const [path, cookie] of places) {
      const answer = await send(test.url, { path, headers: { accept: 'text/html', ...(cookie ? { cookie } : {}) } })
      assert.ok(answer.status < 500, `${path} ${answer.status}`)
      assert.equal(answer.headers['x-content-type-options'], 'nosniff', path)
      if (answer.body.includes('alert(1)')) shown += 1
      harmless(String(answer.headers['content-type']), answer.body, path)
    }
    assert.ok(shown >= 12, `it was in ${shown} answers`)
    const mails = test.mails.filter((each) => /^(words|joins)@/.test(each.to))
    assert.ok(mails.length >= 3 && mails.some((each) => each.text.includes('alert(1)')))
    for (const mail of mails) {
      assert.deepEqual(Object.keys(mail).filter((name) => name === 'html'), [], 'mails are text') // prettier-ignore
      assert.doesNotMatch(`${mail.subject}${mail.to}`, /[\r\n<>]/)
    }
  })

  it('the code of a mail is in a cookie of its own page as soon as it was followed, and in no address or line of the log', async () => {
    const email = 'codes@example.org'
    const { report } = await made({ contact: { email } })
    await test.settle()
    const link = /\/reports\/\S+\?code=([0-9A-Z-]+)/.exec(test.mails.findLast((each) => each.to === email)?.text ?? '')
    const code = link?.[1] ?? assert.fail('the receipt has a link')
    const resident = somebody()
    const path = `/reports/${report.reference}`
    const opened = await resident.get(`${path}?code=${code}`)
    assert.equal(leadsTo(opened), path)
    assert.match(String(opened.headers['set-cookie']), new RegExp(`^stoa_report=[^;]+; Path=${path}; HttpOnly; SameSite=Lax`))
    assert.match(String(opened.headers['cache-control']), /no-store/)
    assert.equal(opened.headers['referrer-policy'], 'same-origin')
    const page = await resident.get(path)
    assert.match(page.body, /\/withdraw/, 'the reporter is known')
    assert.match(String(page.headers['cache-control']), /no-store/)
    const plain = code.replaceAll('-', '')
    const away: Answer[] = [opened, page, await resident.get(`${path}/withdraw`), await resident.post(`${path}/unfollow`)]
    const wrong = await somebody().get(`${path}?code=AAAA-BBBB-CCCC`)
    assert.equal(leadsTo(wrong), `${path}?done=link`)
    assert.deepEqual(cookiesOf(wrong), [])
    away.push(wrong, await somebody().get(`/reports/${(await made({})).report.reference}?code=${code}`))
    for (const answer of away) {
      const told = `${answer.body} ${String(answer.headers.location)}`
      assert.ok(!told.includes(code) && !told.includes(plain))
    }
    const follows = 'follows@example.org'
    assert.match(leadsTo(await somebody().post(`${path}/follow`, { email: follows })), /done=asked/)
    await test.settle()
    const asked = /\/follow\?c=([\w-]+)/.exec(test.mails.findLast((each) => each.to === follows)?.text ?? '')?.[1] ?? assert.fail()
    assert.equal(leadsTo(await somebody().get(`${path}/follow?c=${asked}`)), `${path}/follow`)
    for (const page of ['/reports/alerts/confirm', '/reports/alerts/end', '/open311/keys/confirm'])
      assert.equal(leadsTo(await somebody().get(`${page}?code=QQQQ-ALRT-CODE`)), page)
    await send(test.url, { path: `/open311/v2/requests.json?api_key=${DEMO_KEY}` })
    const lines = logged.join('')
    assert.ok(logged.length > 0)
    for (const secret of [code, plain, asked, 'QQQQ-ALRT', DEMO_KEY, email, follows]) assert.ok(!lines.includes(secret), secret)
  })

  it('a photo that came through any door is without its place and its camera, in every copy', async () => {
    const { board } = test.app
    const { lat, long } = house()
    const fields = {
      api_key: DEMO_KEY,
      service_code: 'pothole',
      lat: String(lat),
      long: String(long),
      'attribute[where_in_road]': 'carriageway',
    }
    const { type, body } = multipart(fields, [{ field: 'media', name: 'hole.jpg', bytes: await photoAt() }])
    const sent = await send(test.url, { method: 'POST', path: '/open311/v2/requests.json', headers: { 'content-type': type }, body })
    const report = await assignReport(board, seed, (await getReport(board, idOf(sent))).id, { crew: ROADS })
    const [own] = await photosOf(board, report, { all: true })
    assert.ok(own)
    const officer = await sessionOf(test, 'officer@harbourview.example')
    const crew = await sessionOf(test, ROADS_EMAIL)
    await setPhotoState(board, await desk(test), own.id, 'public')
    await fixReport(board, seed, report.id, { afterPhoto: await cleanUpload('after.jpg', await photoAt(), ['image']) })
    const all = await photosOf(board, report, { all: true })
    assert.equal(all.length, 2)
    for (const { id } of all) {
      const copies: Array<readonly [path: string, cookie: string]> = [
        [`/reports/${report.reference}/photos/${id}`, ''],
        [`/officer/reports/${report.id}/photos/${id}`, officer],
        [`/officer/crew/reports/${report.reference}/photos/${id}`, crew],
      ]
      for (const [path, cookie] of copies) {
        const response = await fetch(`${test.url}${path}`, { headers: cookie ? { cookie } : {} })
        assert.equal(response.status, 200, path)
        const bytes = Buffer.from(await response.arrayBuffer())
        const { exif, xmp, iptc } = await sharp(bytes).metadata()
        assert.deepEqual([exif, xmp, iptc], [undefined, undefined, undefined], path)
        assert.ok(!bytes.includes('Zibblecam') && !bytes.includes('GPS'), path)
        assert.match(String(response.headers.get('cache-control')), cookie ? /no-store/ : /public/, path)
      }
    }
  })

  it('no address that somebody names is asked: neither to see whether it is there, nor later', async () => {
    let asked = 0
    const spy = createServer((_, response) => {
      asked += 1
      response.end()
    })
    spy.on('connection', () => (asked += 1))
    await new Promise<void>((done) => void spy.listen(0, '127.0.0.1', done))
    const { port } = spy.address() as AddressInfo
    try {
      for (const url of [`http://127.0.0.1:${port}/a.jpg`, 'file:///etc/passwd', 'javascript:alert(1)', `https://user:pass@127.0.0.1:${port}/`, 'gopher://127.0.0.1/', '//127.0.0.1/', 'https://']) {
        const answer = await door({ media_url: url })
        assert.equal(answer.status, 400, url)
        assert.equal(decodeErrors(answer.body)[0]?.code, '400')
      } // prettier-ignore
      const taken = `https://127.0.0.1:${port}/"><script>alert(1)</script>.jpg`
      const reference = idOf(await door({ media_url: taken, description: `See http://127.0.0.1:${port}/words` }))
      await test.settle()
      const { id } = await getReport(test.app.board, reference)
      const page = await send(test.url, {
        path: `/officer/reports/${id}`,
        headers: { cookie: await sessionOf(test, 'officer@harbourview.example') },
      })
      assert.match(page.body, new RegExp(`href="https://127\\.0\\.0\\.1:${port}/[^"<>]*" rel="noreferrer"`), 'an officer may go and see')
      assert.doesNotMatch(page.body, /<img[^>]+127\.0\.0\.1/)
      for (const ending of ['json', 'xml']) {
        const told = await send(test.url, { path: `/open311/v2/requests/${reference}.${ending}` })
        assert.ok(!told.body.includes('.jpg'), 'nobody else is told of it before an officer looked')
      }
      assert.equal(asked, 0)
    } finally {
      spy.close()
    }
  })

  it('ten thousand in a minute from one network are told to wait, cheaply, and everybody else is served', async () => {
    const agent = keptConnections()
    const before = { reports: await count('reports.report'), drafts: await count('reports.draft') }
    const flood = { 'x-forwarded-for': '203.0.113.77' }
    const statuses = new Map<string, number>()
    const note = (what: string, { status }: Answer): void =>
      void statuses.set(`${what} ${status}`, (statuses.get(`${what} ${status}`) ?? 0) + 1)
    const at = placeFields(house())
    const asks: ReadonlyArray<readonly [what: string, asked: Ask]> = [
      ['wrong key', { method: 'POST', path: '/open311/v2/requests.json', headers: { ...form, ...flood }, body: 'api_key=guess&service_code=pothole' }],
      ['read', { path: '/open311/v2/requests.json', headers: flood }],
      ['alert', { method: 'POST', path: '/reports/alerts', headers: { ...form, ...flood }, body: formBody({ email: 'flood@example.org', district: 'northgate' }) }],
      ['page', { method: 'POST', path: '/reports/new', headers: { ...form, ...flood }, body: formBody(at) }],
    ] // prettier-ignore
    const shares: Readonly<Record<string, number>> = { 'wrong key': 6_000, read: 2_000, alert: 500, page: 1_500 }
    const begun = performance.now()
    try {
      for (const [what, asked] of asks) {
        const times = shares[what] ?? 0
        for (let done = 0; done < times; done += 100)
          await Promise.all(Array.from({ length: 100 }, async () => note(what, await send(test.url, asked, agent))))
      }
    } finally {
      agent.destroy()
    }
    const told = JSON.stringify([...statuses])
    assert.ok(performance.now() - begun < 60_000, `${Math.round(performance.now() - begun)} ms ${told}`)
    const of = (what: string): number => statuses.get(what) ?? 0
    // a minute may turn while it goes on
    assert.ok(of('wrong key 403') <= 60 && of('wrong key 403') + of('wrong key 429') === 6_000, told)
    assert.ok(of('read 429') > 500, told)
    assert.ok(of('alert 303') <= 5 && of('alert 429') >= 495, told)
    assert.ok(of('page 303') <= 300 && of('page 429') >= 1_200, told)
    assert.equal(await count('reports.report'), before.reports)
    assert.ok((await count('reports.draft')) <= before.drafts + 300)
    await test.settle()
    assert.ok(test.mails.filter((each) => each.to === 'flood@example.org').length <= 5)
    assert.match(await tell(somebody(), { category: 'pothole', at: house() }), /^RPT-/)
    assert.equal((await send(test.url, { path: '/open311/v2/services.json', headers: { 'x-forwarded-for': '203.0.113.78' } })).status, 200)
  })

  it('words for the place are masked like all others, whoever sends them', async () => {
    const person = {
      first_name: 'Wilhelmina',
      last_name: 'Zephyrine',
      address_string: 'At Wilhelmina Zephyrine, tel. 0221 5550177, wilma@example.org',
    }
    const reference = idOf(await door(person))
    const told = (await send(test.url, { path: `/open311/v2/requests/${reference}.json` })).body
    assert.match(told, /"address":"At /)
    for (const word of ['5550177', 'wilma@', 'Zephyrine']) assert.ok(!told.includes(word), told)
  })

  it('nobody is sent mail after mail by somebody who types their address', async () => {
    const email = 'victim@example.org'
    const { reference } = (await made({})).report
    for (let times = 0; times < 8; times += 1) {
      await somebody().post(`/reports/${reference}/follow`, { email: times % 2 ? email : email.toUpperCase() })
      await somebody().post('/reports/alerts', { email: times % 2 ? email : email.toUpperCase(), district: 'northgate' })
    }
    const statuses = []
    for (let times = 0; times < 12; times += 1) {
      const resident = somebody()
      await resident.upload('/reports/new', placeFields(house()))
      await resident.post('/reports/new/what', { category: 'bench' })
      await resident.upload('/reports/new/describe', { _shown: '', text: `Broken, number ${times}.` })
      const page = await resident.get('/reports/new/send')
      const draft = /name="draft" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
      statuses.push((await resident.post('/reports/new/send', { draft, email })).status)
    }
    assert.deepEqual([...new Set(statuses)], [303, 429])
    await test.settle()
    const mails = test.mails.filter((each) => each.to.toLowerCase() === email)
    assert.ok(mails.length >= 5 && mails.length <= 3 + 5 + 10, `${mails.length} mails`)
  })

  it('whoever has a whole network of addresses is one network all the same', async () => {
    const statuses = []
    for (let at = 0; at < 8; at += 1) {
      const asked = { name: 'x', organisation: 'x', contact: 'x', email: `key-${at}@example.org`, purpose: 'x' }
      const headers = { ...form, 'x-forwarded-for': `2001:db8:77:1:${at}::${at}` }
      statuses.push((await send(test.url, { method: 'POST', path: '/open311/keys', headers, body: formBody(asked) })).status)
    }
    assert.deepEqual(statuses, [303, 303, 303, 303, 303, 429, 429, 429])
  })

  it('what is written for one person is not there when the same helper acts for the next one', async () => {
    const residents = [
      ['ana.zyx@example.org', 'Ana Zyxwell'],
      ['bo.qvist@example.org', 'Bo Qvistram'],
    ] as const
    for (const [email, name] of residents) await makeAccount(test, email, name)
    await makeAccount(test, 'uma@example.org', 'Uma Paragon', { role: 'helper', agency: 'neighbourhood_help' })
    const helper = await sit(test, 'uma@example.org')
    const [ana, bo] = await Promise.all(residents.map(([email]) => sit(test, email)))
    assert.ok(ana && bo)
    const actFor = async (seat: Seat): Promise<void> => {
      await ask(test, seat, '/my/presence-code', {})
      const code = /st-reference"><bdi>([0-9A-Z-]{9})</.exec((await ask(test, seat, '/my/presence-code')).body)?.[1] ?? ''
      assert.equal((await ask(test, helper, '/assist', { code, purpose: 'application', minutes: '15' })).status, 303)
    }
    const path = async (): Promise<string> => String((await ask(test, helper, '/reports/new/describe')).headers.location ?? 'shown')
    await actFor(ana)
    assert.match(leadsTo(await ask(test, helper, '/reports/new', placeFields(house()))), /\/what$/)
    await ask(test, helper, '/reports/new/what', { category: 'pothole' })
    await ask(test, helper, '/reports/new/describe', { _shown: 'where_in_road', text: 'Quillfeather, says Ana.', ...POTHOLE })
    assert.equal(await path(), 'shown', 'it is there while acting for the same')
    await ask(test, helper, '/acting/end', {})
    assert.equal(await path(), '/reports/new', 'nor is it the helper’s own')
    await actFor(bo)
    for (const page of ['/reports/new', '/reports/new/describe', '/reports/new/send', '/reports/new/sent'])
      assert.ok(!(await ask(test, helper, page)).body.includes('Quillfeather'), page)
    assert.equal(await path(), '/reports/new')
    // nor is whoever acts for another the reporter whose link was opened in this browser before
    const email = 'earlier@example.org'
    const { report, code } = await made({ contact: { email } })
    helper.jar.set('stoa_report', code ?? '')
    assert.doesNotMatch((await ask(test, helper, `/reports/${report.reference}`)).body, /\/withdraw/)
    assert.equal((await ask(test, helper, `/reports/${report.reference}/withdraw`, {})).status, 404)
    await ask(test, helper, '/acting/end', {})
    assert.match((await ask(test, helper, `/reports/${report.reference}`)).body, /\/withdraw/)
  })

  it('pictures of whoever does not follow a report are not even read', async () => {
    const { report } = await made({})
    const { type, body } = multipart({ answer: 'broken', text: 'x' }, [{ field: 'photo', name: 'a.jpg', bytes: await photo() }])
    const answer = await somebody().ask('POST', `/reports/${report.reference}/answer`, { type, body })
    assert.equal(answer.status, 404)
    // what is no form at all is refused for who sends it, before it is looked at
    const broken = await somebody().ask('POST', `/reports/${report.reference}/answer`, { type, body: body.subarray(0, 40) })
    assert.equal(broken.status, 404)
    const early = { ...form, 'content-type': type, 'x-api-key': 'no-key-at-all' }
    for (const path of ['/open311/v2/requests.json', '/open311/v2/servicerequestupdates.json'])
      assert.equal((await send(test.url, { method: 'POST', path, headers: early, body: body.subarray(0, 40) })).status, 403, path)
  })
})

/** An officer of every agency. */
async function desk({ app }: TestApp): Promise<Actor> {
  const [row] = await query<{ id: string }>(app.platform.db, "select id from identity.account where staff_name = 'Olu Sample'")
  return accountActor({
    accountId: row?.id ?? '',
    personId: null,
    roles: [{ role: 'officer', agency: null }],
    channel: 'web',
    level: 'substantial',
  })
}
