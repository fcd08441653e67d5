import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { layPast, type PastAct, type PastReport, rebuildDensity } from '../../src/modules/reports/index.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { smallCity } from './smallcity.ts'

type Row = Record<string, unknown>
type Feature = { geometry: { type: string; coordinates: number[] }; properties: Record<string, unknown> }

describe('what everybody can see of reports', () => {
  let test: TestApp
  let city: Awaited<ReturnType<typeof smallCity>>
  let clock = new Date('2026-06-15T08:00:00Z')
  const rows = (sql: string): Promise<Row[]> => query<Row>(test.app.platform.db, sql)
  const get = (path: string, headers: Record<string, string> = {}) => fetch(`${test.url}${path}`, { headers, redirect: 'manual' })
  const features = async (path: string): Promise<Feature[]> => {
    const answer = await get(path)
    assert.equal(answer.status, 200, path)
    const body = (await answer.json()) as { type: string; features: Feature[] }
    assert.equal(body.type, 'FeatureCollection')
    return body.features
  }
  const post = (path: string, form: Record<string, string>) =>
    fetch(`${test.url}${path}`, { method: 'POST', body: new URLSearchParams(form), redirect: 'manual' })

  before(async () => {
    city = await smallCity()
    test = await startApp({ listen: true, env: city.env, overrides: { now: () => clock } })
    const { board } = test.app
    const homes = board.places?.addresses ?? []
    const at = (day: number): Date => new Date(Date.UTC(2026, 2, 1 + day, 9))
    const ends: PastAct[][] = [
      [],
      [{ do: 'fix', at: at(3), order: 'WO-1', photo: null, text: '' }, { do: 'confirm', at: at(5), by: 'reporter' }],
      [{ do: 'fix', at: at(4), order: 'WO-2', photo: null, text: '' }, { do: 'confirm', at: at(20), by: 'silence' }],
      [
        { do: 'fix', at: at(2), order: 'WO-3', photo: null, text: '' },
        { do: 'broken', at: at(3), text: '' },
        { do: 'fix', at: at(6), order: 'WO-4', photo: null, text: '' },
        { do: 'confirm', at: at(7), by: 'followers' },
      ],
      [{ do: 'end', at: at(2), how: { outcome: 'no_action', reason: 'nothing_found' }, text: '' }],
      [{ do: 'hide', at: at(2) }],
    ] // prettier-ignore
    const pasts = Array.from({ length: 60 }, (_, n): PastReport => {
      const home = homes[(n * 97) % homes.length]
      assert.ok(home)
      return {
        category: n % 2 === 0 ? 'hole' : 'anything', lat: home.lat, long: home.long, address: home.line1, text: n === 0 ? 'A <deep> hole & "more"' : '',
        language: 'en', openedAt: at(0), source: 'web', before: null, followers: [], acts: ends[n % ends.length] ?? [],
      } // prettier-ignore
    })
    const past = { now: new Date(0) }
    const inPast = { ...board, platform: { ...board.platform, now: () => past.now } }
    assert.equal(await layPast(inPast, pasts, (when) => (past.now = when)), 60)
    await test.settle()
  })
  after(async () => {
    await test.close()
    await city.remove()
  })

  it('lays down a past that holds by the same rules, and tells nobody', async () => {
    assert.deepEqual(
      await rows(`select state, outcome, confirmed_by, count(*)::int as n from reports.report group by 1, 2, 3 order by 1, 2, 3`),
      [
        { state: 'closed', outcome: 'fixed', confirmed_by: 'followers', n: 10 },
        { state: 'closed', outcome: 'fixed', confirmed_by: 'reporter', n: 10 },
        { state: 'closed', outcome: 'fixed', confirmed_by: 'silence', n: 10 },
        { state: 'closed', outcome: 'no_action', confirmed_by: null, n: 10 },
        { state: 'received', outcome: null, confirmed_by: null, n: 20 },
      ],
    )
    assert.deepEqual(test.mails, [])
  })

  it('counts in hexagons what a search of the reports finds, whatever is asked for', async () => {
    const box = 'bbox=-31,38,-30,40'
    const sum = (all: Feature[]): number => all.reduce((total, each) => total + Number(each.properties['count'] ?? 1), 0)
    for (const [query_, expected] of [
      ['', 50],
      ['&category=hole', 30],
      ['&group=streets', 30],
      ['&state=open', 10],
      ['&state=closed', 40],
      ['&outcome=confirmed', 20],
      ['&outcome=silent', 10],
      ['&outcome=no_action', 10],
      ['&period=2026', 50],
      ['&period=2025', 0],
      ['&period=3m', 0],
      ['&period=12m', 50],
      ['&category=anything&outcome=silent', 0],
      ['&category=hole&outcome=silent', 10],
    ] as const) {
      for (const zoom of [8, 10, 12, 14, 15])
        assert.equal(sum(await features(`/reports/tiles.json?${box}&zoom=${zoom}${query_}`)), expected, `${zoom} ${query_}`)
      assert.equal((await features(`/reports/tiles.json?${box}&zoom=17${query_}`)).length, expected)
      assert.equal((await features(`/reports.geojson?${query_.slice(1)}`)).length, expected)
    }
    const inDistricts = await Promise.all(
      (test.app.board.places?.districts ?? []).map((each) => features(`/reports/tiles.json?${box}&zoom=12&district=${each.id}`)),
    )
    assert.equal(
      inDistricts.map(sum).reduce((a, b) => a + b),
      50,
    )
    const heat = await features(`/reports/tiles.json?${box}&zoom=13&show=heat`)
    assert.ok(
      heat.every(
        (each) => each.geometry.type === 'Polygon' && Number(each.properties['weight']) > 0 && Number(each.properties['weight']) <= 1,
      ),
    )
    for (const wrong of ['', 'bbox=1,2,3&zoom=3', 'bbox=NaN,1,2,3&zoom=3', 'bbox=1,1,0,0&zoom=3', box, `${box}&zoom=x`])
      assert.equal((await get(`/reports/tiles.json?${wrong}`)).status, 400, wrong)
  })

  it('keeps the counts when lines are read twice, reports change, and everything is counted anew', async () => {
    const { app } = test
    const counts = () =>
      rows('select resolution, grain, cell, category, standing, district, month, count from reports.density order by 1, 2, 3, 4, 5, 6, 7')
    const before = await counts()
    assert.ok(before.length > 0)
    await query(app.platform.db, `update journal.cursor set position = 0 where name = 'reports.density'`)
    await test.settle()
    assert.deepEqual(await counts(), before)
    await rebuildDensity(app.platform)
    assert.deepEqual(await counts(), before)
    const [open] = await rows(`select id from reports.report where state = 'received' and not hidden limit 1`)
    const { endReport } = await import('../../src/modules/reports/service/index.ts')
    await endReport(app.board, systemActor('timers'), String(open?.['id']), { outcome: 'no_action', reason: 'nothing_found' })
    await test.settle()
    const after_ = await counts()
    assert.notDeepEqual(after_, before)
    await rebuildDensity(app.platform)
    assert.deepEqual(await counts(), after_)
    assert.equal(
      (await features('/reports/tiles.json?bbox=-31,38,-30,40&zoom=10&state=open')).reduce(
        (n, each) => n + Number(each.properties['count']),
        0,
      ),
      9,
    )
  })

  it('has a list with the same filters, page by page, at an address that can be shared', async () => {
    const seen = new Set<string>()
    let path: string | undefined = '/reports?state=closed'
    for (let pages = 0; path !== undefined && pages < 10; pages += 1) {
      const answer = await get(path)
      assert.equal(answer.status, 200)
      const text: string = await answer.text()
      for (const [, reference = ''] of text.matchAll(/data-map-id="(RPT-[^"]+)"/g)) {
        assert.ok(!seen.has(reference), `nothing comes twice: ${path} ${seen.size}`)
        seen.add(reference)
      }
      assert.match(text, /<option value="closed" selected>/)
      path = /rel="next" href="([^"]+)"/.exec(text)?.[1]?.replaceAll('&#38;', '&')
    }
    assert.equal(seen.size, 41)
    const hidden = await rows('select reference from reports.report where hidden')
    for (const { reference } of hidden) assert.ok(!seen.has(String(reference)))
    const odd = await get('/reports?category=%3Cscript%3E&district=nowhere&period=99&after=x&outcome=fixed')
    assert.equal(odd.status, 200)
    assert.doesNotMatch(await odd.text(), /<script>/)
  })

  it('gives feeds that programs can read', async () => {
    const atom = await (await get('/reports.atom?category=hole')).text()
    assert.equal(XMLValidator.validate(atom), true)
    const parsed = new XMLParser({ ignoreAttributes: false }).parse(atom) as {
      feed: { entry: Array<Record<string, unknown>>; updated: string }
    }
    assert.equal(parsed.feed.entry.length, 30)
    assert.ok(parsed.feed.entry.every((each) => /^3\d\.\d+ -30\.\d+$/.test(String(each['georss:point']))))
    assert.ok(
      parsed.feed.entry.some(
        (each) => String(each['summary']).includes('A &lt;deep&gt; hole') || String(each['summary']).includes('A <deep> hole'),
      ),
    )
    const csv = await get('/reports.csv')
    assert.equal(csv.headers.get('content-type'), 'text/csv; charset=utf-8')
    assert.equal((await csv.text()).trim().split('\r\n').length, 51)
    assert.equal((await get('/reports.geojson')).headers.get('access-control-allow-origin'), '*')
  })

  it('can be shown in a frame of another site, where nothing acts', async () => {
    const frame = await get('/reports/widget?theme=dark&count=3&lang=ar')
    assert.equal(frame.headers.get('x-frame-options'), null)
    assert.match(frame.headers.get('content-security-policy') ?? '', /frame-ancestors \*/)
    assert.equal(frame.headers.get('set-cookie'), null)
    const text = await frame.text()
    assert.match(text, /<html lang="ar" dir="rtl" data-color-scheme="dark">/)
    assert.equal([...text.matchAll(/data-map-id/g)].length, 3)
    assert.doesNotMatch(text, /<form|<script/)
    const script = await get('/reports/widget.js')
    assert.equal(script.headers.get('cross-origin-resource-policy'), 'cross-origin')
    assert.match(await script.text(), /createElement\('iframe'\)/)
    for (const path of ['/reports', '/reports/figures', '/reports/alerts', '/reports/widget/make'])
      assert.equal((await get(path)).headers.get('x-frame-options'), 'DENY', path)
  })

  it('counts confirmed fixes, silent ones and returns apart, by district', async () => {
    const page = await (await get('/reports/figures')).text()
    assert.match(page, /<svg class="st-chart-bar"/)
    const totals = [...page.matchAll(/<th role="rowheader"[^>]*>/g)]
    assert.equal(totals.length, 16, 'eight districts in two tables')
    for (const lang of ['es', 'ar']) assert.equal((await get(`/reports/figures?lang=${lang}&period=2026`)).status, 200)
  })

  it('writes about a street or district once a day, after the link in the mail was pressed, until it is ended', async () => {
    const { board } = test.app
    const open = await rows(`select id, reference, district, lat, long from reports.report where not hidden and state = 'received' limit 1`)
    const district = String(open[0]?.['district'])
    assert.equal((await post('/reports/alerts', { email: 'no address', district })).status, 422)
    assert.equal((await post('/reports/alerts', { email: 'someone@example.org' })).status, 422)
    const unknown = await post('/reports/alerts', { email: 'someone@example.org', place: 'Harbor Parad' })
    assert.equal(unknown.status, 422)
    assert.match(await unknown.text(), /Harbour Parade/)
    assert.equal((await post('/reports/alerts', { email: 'someone@example.org', district })).status, 303)
    await test.settle()
    const code = /confirm\?code=(\S+)/.exec(test.mails.at(-1)?.text ?? '')?.[1] ?? ''
    assert.notEqual(code, '')
    const digest = test.app.modules.flatMap((module) => module.jobs ?? []).find((job) => job.name === 'reports:alerts')
    assert.ok(digest)
    const copy = async (): Promise<void> => {
      await query(test.app.platform.db, `update reports.report set opened_at = $1 where id = $2`, [
        new Date(clock.getTime() - 3_600_000),
        open[0]?.['id'],
      ])
      await digest.run(test.app.platform, {})
      await test.settle()
    }
    const sent = test.mails.length
    clock = new Date(clock.getTime() + 86_400_000)
    await copy()
    assert.equal(test.mails.length, sent, 'nothing before it is confirmed')
    const opened = await get(`/reports/alerts/confirm?code=${code}`)
    assert.equal(opened.headers.get('location'), '/reports/alerts/confirm', 'the code does not stay in the address')
    const cookie = `stoa_alert=${code}`
    assert.match(String(opened.headers.get('set-cookie')), new RegExp(`^${cookie}; Path=/reports/alerts/confirm; HttpOnly`))
    assert.equal((await get('/reports/alerts/confirm', { cookie })).status, 200)
    assert.deepEqual(
      await rows('select confirmed_at from reports.alert'),
      [{ confirmed_at: null }],
      'a link that is opened changes nothing',
    )
    assert.equal((await post('/reports/alerts/confirm', { code })).status, 303)
    clock = new Date(clock.getTime() + 86_400_000)
    await copy()
    await copy()
    assert.equal(test.mails.length, sent + 1)
    const mail = test.mails.at(-1)
    assert.equal(mail?.to, 'someone@example.org')
    assert.ok(mail?.text.includes(String(open[0]?.['reference'])))
    const end = /\/reports\/alerts\/end\?code=(\S+)/.exec(mail?.text ?? '')?.[1] ?? ''
    assert.equal(end, code)
    assert.equal((await post('/reports/alerts/end', { code: end })).status, 303)
    assert.deepEqual(await rows('select count(*)::int as n from reports.alert'), [{ n: 0 }])
    clock = new Date(clock.getTime() + 86_400_000)
    await copy()
    assert.equal(test.mails.length, sent + 1)
    assert.equal((await get('/reports/alerts/end', { cookie })).status, 404)
    assert.ok(board.places)
  })

  it('forgets an address that nobody confirmed', async () => {
    assert.equal((await post('/reports/alerts', { email: 'another@example.org', place: '1 Harbour Parade', group: 'streets' })).status, 303)
    const digest = test.app.modules.flatMap((module) => module.jobs ?? []).find((job) => job.name === 'reports:alerts')
    clock = new Date(clock.getTime() + 4 * 86_400_000)
    await digest?.run(test.app.platform, {})
    assert.deepEqual(await rows('select count(*)::int as n from reports.alert'), [{ n: 0 }])
  })
})
