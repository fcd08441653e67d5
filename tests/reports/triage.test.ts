import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { anonymous } from '../../src/modules/access/index.ts'
import { getReport, type NewReport, sendReport } from '../../src/modules/reports/service/index.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { forgetFilters } from '../../src/modules/reports/triage/desk.ts'
import { query } from '../../src/platform/db.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { transact } from '../../src/platform/platform.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { photo, sessionFor, sessionOf } from '../support/world.ts'

type Fields = Readonly<Record<string, string | readonly string[] | undefined>>
type Who = 'officer' | 'second' | 'supervisor' | 'parking' | 'fire' | 'auditor' | 'resident' | 'low'

const mails: Readonly<Record<Exclude<Who, 'low'>, string>> = {
  officer: 'officer@harbourview.example',
  second: 'second.officer@harbourview.example',
  supervisor: 'supervisor@harbourview.example',
  parking: 'parking@harbourview.example',
  fire: 'fire@harbourview.example',
  auditor: 'auditor@harbourview.example',
  resident: 'resident@harbourview.example',
}

describe('the triage desk', () => {
  let test: TestApp
  const cookies = new Map<Who, string>()
  let number = 0

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    for (const [who, mail] of Object.entries(mails)) cookies.set(who as Who, await sessionOf(test, mail))
    cookies.set('low', await sessionFor(test.app, mails.parking, 'low'))
  })
  after(() => test.close())

  const get = (who: Who, path: string): Promise<Answer> => send(test.url, { path, headers: { cookie: cookies.get(who) ?? '' } })
  const post = (who: Who, path: string, fields: Fields = {}): Promise<Answer> => {
    const body = new URLSearchParams()
    for (const [name, value] of Object.entries(fields)) for (const each of [value ?? []].flat()) body.append(name, each)
    const headers = { cookie: cookies.get(who) ?? '', 'content-type': 'application/x-www-form-urlencoded' }
    return send(test.url, { method: 'POST', path, headers, body: body.toString() })
  }
  /** The values of a form of a page, as a browser would send them. */
  const hidden = (page: Answer, action: string): Record<string, string> => {
    const form = new RegExp(`<form[^>]*action="${action}"[^]*?</form>`).exec(page.body)?.[0] ?? assert.fail(`there is a form ${action}`)
    return Object.fromEntries(
      [...form.matchAll(/<input type="hidden" name="([^"]*)" value="([^"]*)"/g)].map(([, name = '', value = '']) => [name, value]),
    )
  }
  const made = async (own: Partial<NewReport> = {}): Promise<Report> => {
    number += 1
    const address = test.app.board.places?.addresses[number * 31]
    assert.ok(address)
    const draft = { source: 'web' as const, sourceId: `triage-${number}`, category: 'road_sign', lat: address.lat, long: address.long, text: 'A deep hole.', answers: {}, language: 'en', photos: [], ...own } // prettier-ignore
    return (await sendReport(test.app.board, anonymous('web'), draft)).report
  }
  const now = (report: Report): Promise<Report> => getReport(test.app.board, report.id)
  const page = (report: Report, part = ''): string => `/officer/reports/${report.id}${part}`
  const revision = async (report: Report): Promise<string> => String((await now(report)).revision)

  it('is for officers of the report’s agency only', async () => {
    const report = await made()
    assert.equal(report.agency, 'transport')
    const asks: ReadonlyArray<readonly [Who, number, number]> = [
      ['officer', 200, 200],
      ['parking', 200, 200],
      ['fire', 200, 404],
      ['auditor', 403, 404],
      ['resident', 403, 403],
      ['low', 303, 303],
    ]
    for (const [who, desk, one] of asks) {
      assert.equal((await get(who, '/officer/reports')).status, desk, `${who} at the desk`)
      const found = (await get(who, page(report))).status
      assert.ok(found === one || (one === 404 && found === 403), `${who} at the report: ${found}`)
      if (one === 200) continue
      for (const [part, fields] of [
        ['/assign', { to: 'crew:lighting' }],
        ['/end', { outcome: 'no_action', reason: 'abuse' }],
        ['/hide', { reason: 'person' }],
        ['/update', { text: 'Hello' }],
        ['/merge', { other: report.id, kept: report.id }],
        ['/place', { go: '1' }],
      ] as const) {
        const refused = await post(who, page(report, part), { ...fields, revision: '1' })
        assert.ok([303, 403, 404].includes(refused.status), `${who} ${part}: ${refused.status}`)
      }
    }
    assert.equal((await now(report)).revision, 1)
    assert.doesNotMatch((await get('fire', '/officer/reports?queue=open')).body, new RegExp(report.reference))
    assert.match((await get('parking', '/officer/reports?queue=open')).body, new RegExp(report.reference))
    assert.equal((await send(test.url, { path: '/officer/reports' })).status, 303, 'who has not signed in is led there')
  })

  it('finds by reference, words and street, and narrows by category, crew, district and time', async () => {
    const report = await made({ text: 'Zebrawood splinters near the fountain' })
    const found = await post('parking', '/officer/reports', { q: report.reference.toLowerCase().replaceAll('-', ' ') })
    assert.equal(found.headers.location, page(report))
    for (const q of ['zebrawood fountain', report.address ?? '']) {
      const answer = await post('parking', '/officer/reports', { q })
      assert.match(answer.body, new RegExp(report.reference), q)
    }
    assert.doesNotMatch((await post('parking', '/officer/reports', { q: 'zebrawood harbour%' })).body, new RegExp(report.reference))
    const link = (query: string): Promise<Answer> => get('parking', `/officer/reports?queue=open&${query}`)
    for (const query of [
      `category=road_sign`,
      `crew=${report.crew}`,
      `district=${report.district}`,
      'period=1',
      'source=web',
      'state=assigned',
      'sort=newest',
    ])
      assert.match((await link(query)).body, new RegExp(report.reference), query)
    for (const query of ['category=street_light', 'crew=lighting', 'source=pull', 'state=in_progress'])
      assert.doesNotMatch((await link(query)).body, new RegExp(report.reference), query)
    assert.match((await link('view=map')).body, /data-list="desk"/)
  })

  it('keeps filters for one account, and forgets them with it', async () => {
    const kept = await post('parking', '/officer/reports/filters', { name: 'Holes', queue: 'overdue', category: 'pothole' })
    assert.match(String(kept.headers.location), /done=kept/)
    assert.match((await get('parking', '/officer/reports')).body, /<bdi>Holes<\/bdi>/)
    assert.doesNotMatch((await get('fire', '/officer/reports')).body, /<bdi>Holes<\/bdi>/)
    const nameless = await post('parking', '/officer/reports/filters', { name: ' ', category: 'pothole' })
    assert.equal(nameless.status, 422)
    const { platform } = test.app
    const rows = await query<{ id: string; account_id: string }>(platform.db, 'select id, account_id from reports.filter')
    assert.equal(rows.length, 1)
    const id = rows[0]?.id ?? ''
    await post('fire', '/officer/reports/filters/drop', { id })
    assert.equal((await query(platform.db, 'select id from reports.filter')).length, 1, 'nobody drops the filter of another')
    await post('parking', '/officer/reports/filters/drop', { id })
    assert.equal((await query(platform.db, 'select id from reports.filter')).length, 0)
    await post('parking', '/officer/reports/filters', { name: 'Holes', queue: 'overdue', category: 'pothole' })
    await transact(platform, (tx) => forgetFilters(tx, rows[0]?.account_id ?? ''))
    assert.equal((await query(platform.db, 'select id from reports.filter')).length, 0)
  })

  it('pages through a queue without leaving out or repeating any', async () => {
    for (let i = 0; i < 55; i += 1) await made({ category: 'road_marking', text: `Signal ${i}` })
    const seen: string[] = []
    let path = '/officer/reports?queue=open&category=road_marking'
    for (let pages = 0; path !== '' && pages < 5; pages += 1) {
      const answer = await get('parking', path)
      seen.push(...[...answer.body.matchAll(/type="checkbox" name="report" value="([^"]*)"/g)].map(([, id = '']) => id))
      path = (/rel="next" href="([^"]*)"/.exec(answer.body)?.[1] ?? '').replaceAll('&#38;', '&')
    }
    assert.equal(seen.length, 55)
    assert.equal(new Set(seen).size, 55)
    assert.equal((await get('parking', '/officer/reports?queue=open&after=rubbish~~1')).status, 200)
  })

  it('refuses a page that is out of date and keeps every word that was typed', async () => {
    const report = await made()
    const stale = hidden(await get('parking', page(report)), page(report, '/end'))
    await post('officer', page(report, '/assign'), { to: 'crew:lighting', revision: stale['revision'] ?? '' })
    assert.equal((await now(report)).crew, 'lighting')
    const typed = {
      outcome: 'referred',
      programme: 'Roads 2031',
      'when-day': '1',
      'when-month': '2',
      'when-year': '2031',
      text: 'It is on the <list>.',
    }
    const refused = await post('parking', page(report, '/end'), { ...stale, ...typed })
    assert.equal(refused.status, 409)
    for (const kept of ['value="Roads 2031"', 'value="2031"', 'It is on the &#60;list&#62;.', 'value="referred" checked'])
      assert.ok(refused.body.includes(kept), `the page keeps ${kept}`)
    assert.equal((await now(report)).state, 'assigned')
    const again = hidden(refused, page(report, '/end'))
    assert.equal(
      (await post('parking', page(report, '/end'), { ...again, ...typed })).status,
      303,
      'the page that was shown again is up to date',
    )
    assert.deepEqual((await now(report)).closure, { outcome: 'referred', programme: 'Roads 2031', on: '2031-02-01' })
    const late = await post('parking', page(report, '/end'), { ...again, ...typed })
    assert.equal(late.status, 409)
    assert.match(late.body, /id="kept"/, 'words for a form that is not there any more can be copied')
  })

  it('calls nothing fixed without what shows it, and ends nothing without its fact', async () => {
    const report = await made()
    const at = async (part: string, fields: Fields): Promise<Answer> =>
      post('parking', page(report, part), { ...fields, revision: await revision(report) })
    for (const fields of [
      {},
      { order: 'WO-1' },
      { order: 'WO-1', 'on-day': '31', 'on-month': '2', 'on-year': '2026' },
      { order: '', 'on-day': '1', 'on-month': '2', 'on-year': '2026' },
      { order: 'WO-1', 'on-day': '1', 'on-month': '1', 'on-year': '2999' },
      { order: 'WO-1', 'on-day': '1', 'on-month': '1', 'on-year': '2019' },
    ])
      assert.equal((await at('/fix', fields)).status, 422, JSON.stringify(fields))
    for (const fields of [
      {},
      { outcome: 'no_action' },
      { outcome: 'not_ours' },
      { outcome: 'duplicate', of: 'RPT-0000-0000' },
      { outcome: 'referred', programme: 'Roads' },
      { outcome: 'referred', programme: 'Roads', 'when-day': '1', 'when-month': '1', 'when-year': '2019' },
      { outcome: 'fixed' },
      { outcome: 'elsewhere', status: 'Closed' },
    ])
      assert.equal((await at('/end', fields)).status, 422, JSON.stringify(fields))
    assert.ok(['assigned', 'received'].includes((await now(report)).state))
    // digits of any script
    const { city, now: clock } = test.app.platform
    const [year, month, day] = city
      .dayOf(clock())
      .split('-')
      .map((part) => part.replaceAll(/\d/g, (digit) => '٠١٢٣٤٥٦٧٨٩'.charAt(Number(digit))))
    const fixed = await at('/fix', {
      order: 'WO-1',
      'on-day': day ?? '',
      'on-month': month ?? '',
      'on-year': year ?? '',
      text: 'Done. Call Mr Smith.',
    })
    assert.equal(fixed.status, 303, fixed.body.slice(0, 500))
    const after = await now(report)
    assert.deepEqual([after.state, after.outcome], ['checking', 'fixed'])
    const shown = await get('parking', page(report))
    assert.match(shown.body, /Call Mr \[•••\]/, 'names in words for the public are left out')
  })

  it('takes a photo as evidence, and shows photos of residents only when an officer released them', async () => {
    const report = await made({ photos: [await cleanUpload('a.jpg', await photo(), ['image'])] })
    const before = await get('parking', page(report))
    const [, src = ''] = /<img src="(\/officer\/reports\/[^"]*\/photos\/[^"]*)"/.exec(before.body) ?? []
    const id = src.split('/').at(-1) ?? ''
    assert.equal((await get('parking', src)).headers['content-type'], 'image/jpeg')
    assert.ok([403, 404].includes((await get('fire', src)).status))
    assert.equal((await send(test.url, { path: `/reports/${report.reference}/photos/${id}` })).status, 404)
    assert.equal((await post('parking', page(report, '/photo'), { photo: id, state: 'public' })).status, 303)
    assert.equal((await send(test.url, { path: `/reports/${report.reference}/photos/${id}` })).status, 200)
    await post('parking', page(report, '/photo'), { photo: id, state: 'hidden' })
    assert.equal((await send(test.url, { path: `/reports/${report.reference}/photos/${id}` })).status, 404)
    const boundary = 'triage-boundary'
    const part = (name: string, more: string): Buffer =>
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`)
    const body = Buffer.concat([
      part('revision', ''), Buffer.from(`${await revision(report)}\r\n`), part('photo', '; filename="b.jpg"\r\nContent-Type: image/jpeg'), await photo(), Buffer.from(`\r\n--${boundary}--\r\n`),
    ]) // prettier-ignore
    const headers = { cookie: cookies.get('parking') ?? '', 'content-type': `multipart/form-data; boundary=${boundary}` }
    const fixed = await send(test.url, { method: 'POST', path: page(report, '/fix'), headers, body })
    assert.equal(fixed.status, 303, fixed.body.slice(0, 300))
    const { closure } = await now(report)
    assert.ok(closure?.outcome === 'fixed' && closure.evidence.kind === 'photo')
  })

  it('opens what is personal only when it is asked for, and writes that down', async () => {
    const text = 'Mr Marlow, tel. 0221 5550123, has the key.'
    const report = await made({ text, contact: { name: 'Wren Halyarde', email: 'wren@mail.example' } })
    const opened = async (): Promise<number> =>
      (await eventsOf(test.app.platform, report.person_id ?? '')).filter((event) => event.type === 'people.record.opened').length
    const plain = await get('parking', page(report))
    assert.doesNotMatch(plain.body, /Marlow|5550123|Halyarde|wren@/)
    assert.equal(await opened(), 0)
    const personal = await get('parking', page(report, '?personal=1'))
    for (const each of ['Marlow', '0221 5550123', 'Wren Halyarde', 'wren@mail.example']) assert.ok(personal.body.includes(each), each)
    assert.equal(await opened(), 1)
    assert.equal((await post('parking', page(report, '/restore'), { revision: await revision(report) })).status, 303)
    assert.equal((await now(report)).text, text)
    await post('parking', page(report, '/words'), { text: 'Somebody has the key.', revision: await revision(report) })
    assert.equal((await now(report)).text, 'Somebody has the key.')
    assert.equal((await post('parking', page(report, '/hide'), { revision: await revision(report) })).status, 422, 'a reason is needed')
    await post('parking', page(report, '/hide'), { reason: 'person', revision: await revision(report) })
    assert.equal((await send(test.url, { path: `/reports/${report.reference}` })).status, 404)
    assert.match((await get('parking', '/officer/reports?queue=held')).body, new RegExp(report.reference))
    const events = await eventsOf(test.app.platform, report.id)
    assert.deepEqual(events.find((event) => event.type === 'reports.report.hidden')?.data, { reason: 'person' })
  })

  it('lets two officers who merge in opposite directions end with one report, not none', async () => {
    const [one, other] = [await made(), await made()]
    const both = await get('officer', page(one, `/merge?with=${other.reference}`))
    assert.equal(both.status, 200)
    const form = hidden(both, page(one, '/merge'))
    const answers = await Promise.all([
      post('officer', page(one, '/merge'), { ...form, kept: one.id }),
      post('second', page(one, '/merge'), { ...form, kept: other.id }),
    ])
    assert.deepEqual(
      answers.map((each) => each.status).toSorted((a, b) => a - b),
      [303, 409],
    )
    const after = [await now(one), await now(other)]
    assert.equal(after.filter((each) => each.outcome === 'duplicate').length, 1)
    assert.equal(after.filter((each) => each.merged_into === null && each.state !== 'closed').length, 1)
    const gone = after.find((each) => each.outcome === 'duplicate')
    assert.ok(gone)
    assert.equal((await post('officer', page(gone, '/apart'), { revision: String(gone.revision) })).status, 303)
    assert.notEqual((await now(gone)).state, 'closed')
    const stale = await post('officer', page(one, '/merge'), { ...form, kept: one.id })
    assert.equal(stale.status, 409, 'both have to be as the officer saw them')
    assert.equal((await get('officer', page(one, '/merge?with=RPT-AAAA-AAAA'))).status, 422)
  })

  it('puts right category, place and what is two problems in one', async () => {
    const report = await made()
    await post('officer', page(report, '/category'), { category: 'bench', revision: await revision(report) })
    const moved = await now(report)
    assert.deepEqual([moved.category, moved.agency], ['bench', 'city_care'])
    assert.ok([403, 404].includes((await get('parking', page(report))).status), 'it is another agency’s now')
    const back = await post('officer', page(report, '/category'), { category: 'road_sign', revision: await revision(report) })
    assert.equal(back.headers.location, page(report, '?done=category'))
    const away = await post('parking', page(report, '/category'), { category: 'bench', revision: await revision(report) })
    assert.equal(away.headers.location, '/officer/reports?done=away')
    const split = await post('officer', page(report, '/split'), {
      category: 'street_light',
      text: 'The lamp there is dark.',
      revision: await revision(report),
    })
    const second = await getReport(test.app.board, /reports\/([0-9a-f-]{36})/.exec(String(split.headers.location))?.[1] ?? '')
    assert.deepEqual([second.category, second.lat, second.long], ['street_light', report.lat, report.long])
    const target = test.app.board.places?.addresses[4_000]
    assert.ok(target)
    const tap = await post('officer', page(report, '/place'), {
      'place-lat': String(target.lat),
      'place-long': String(target.long),
      'place-move': 'in',
      revision: '1',
    })
    assert.equal(tap.status, 200, 'a button of the map does nothing yet')
    const place = { 'place-lat': String(target.lat), 'place-long': String(target.long), go: '1', revision: await revision(report) }
    assert.equal((await post('officer', page(report, '/place'), place)).status, 303)
    assert.equal((await now(report)).address, target.line1)
    const nowhere = await post('officer', page(report, '/place'), { go: '1', revision: await revision(report) })
    assert.equal(nowhere.status, 422)
  })

  it('does one thing with several reports, each for itself, and says what was not done and why', async () => {
    const reports = [await made(), await made(), await made({ category: 'litter' })]
    const [first, second, foreign] = reports
    assert.ok(first && second && foreign)
    await post('parking', page(first, '/end'), { outcome: 'no_action', reason: 'nothing_found', revision: '1' })
    const ids = reports.map((each) => each.id)
    const done = await post('parking', '/officer/reports/bulk', {
      act: 'end',
      outcome: 'no_action',
      reason: 'private_land',
      report: ids,
      queue: 'open',
    })
    assert.equal(done.status, 303)
    const said = await get('parking', String(done.headers.location))
    assert.match(said.body, /1 report was changed\./)
    assert.match(said.body, /1 report could not be changed:/)
    assert.match(said.body, new RegExp(`not possible any more[^]*${first.reference}`))
    assert.equal((await now(second)).outcome, 'no_action')
    assert.equal((await now(foreign)).outcome, null, 'another agency’s report is left alone')
    assert.doesNotMatch(said.body, new RegExp(`<li>[^<]*<bdi>${foreign.reference}`))
    for (const fields of [
      { act: 'assign', report: ids },
      { act: 'category', report: ids },
      { act: 'end', report: ids, outcome: 'duplicate', of: 'x' },
      { act: 'assign', to: 'crew:lighting' },
      { report: ids },
    ]) {
      const refused = await post('parking', '/officer/reports/bulk', { ...fields, queue: 'open' })
      assert.equal(refused.status, 422, JSON.stringify(fields))
      assert.match(refused.body, /error-summary/)
    }
    const third = await made()
    const refused = await post('parking', '/officer/reports/bulk', { act: 'category', report: third.id, queue: 'open' })
    assert.match(refused.body, new RegExp(`value="${third.id}" checked`), 'what was chosen stays chosen')
    await post('parking', '/officer/reports/bulk', { act: 'assign', to: 'crew:lighting', report: third.id, queue: 'open' })
    assert.equal((await now(third)).crew, 'lighting')
    await post('parking', '/officer/reports/bulk', {
      act: 'category',
      'to-category': 'street_light',
      report: third.id,
      queue: 'open',
      category: 'pothole',
    })
    assert.equal((await now(third)).category, 'street_light')
  })

  it('gives a supervisor what went overdue, and only them', async () => {
    const report = await made()
    await query(test.app.platform.db, "update reports.report set overdue_noted = true, due_on = '2020-01-01' where id = $1", [report.id])
    assert.match((await get('supervisor', '/officer/reports?queue=escalated')).body, new RegExp(report.reference))
    const officer = await get('parking', '/officer/reports?queue=escalated')
    assert.doesNotMatch(officer.body, /For the supervisor/)
    assert.match((await get('parking', '/officer/reports?queue=overdue')).body, new RegExp(report.reference))
  })

  it('shows a report’s history with who did what', async () => {
    const report = await made()
    await post('parking', page(report, '/start'), { revision: '1' })
    await post('parking', page(report, '/update'), { text: 'We come on Monday.' })
    const shown = await get('second', page(report))
    assert.match(shown.body, /Work has begun[^]*Kit Pattern/)
    assert.match(shown.body, /We come on Monday\./)
    const line = /name="line" value="([^"]*)"/.exec(shown.body)?.[1] ?? ''
    await post('parking', page(report, '/line'), { line, state: 'hidden' })
    assert.doesNotMatch((await send(test.url, { path: `/reports/${report.reference}` })).body, /We come on Monday/)
    assert.equal(
      (await post('parking', page(await made(), '/line'), { line, state: 'public' })).status,
      404,
      'a line of another report is none of this one',
    )
  })
})
