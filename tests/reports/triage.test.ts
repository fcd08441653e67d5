import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { forgetFilters } from '../../src/modules/reports/triage/desk.ts'
import { query } from '../../src/platform/db.ts'
import { transact } from '../../src/platform/platform.ts'
import { type Answer, send } from '../support/client.ts'
import { page, startTriage, type Triage, type Who } from './triagestage.ts'

describe('the triage desk', () => {
  let triage: Triage
  before(async () => {
    triage = await startTriage()
  })
  after(() => triage.test.close())

  it('is for officers of the report’s agency only', async () => {
    const report = await triage.made()
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
      assert.equal((await triage.get(who, '/officer/reports')).status, desk, `${who} at the desk`)
      const found = (await triage.get(who, page(report))).status
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
        const refused = await triage.post(who, page(report, part), { ...fields, revision: '1' })
        assert.ok([303, 403, 404].includes(refused.status), `${who} ${part}: ${refused.status}`)
      }
    }
    assert.equal((await triage.now(report)).revision, 1)
    assert.doesNotMatch((await triage.get('fire', '/officer/reports?queue=open')).body, new RegExp(report.reference))
    assert.match((await triage.get('parking', '/officer/reports?queue=open')).body, new RegExp(report.reference))
    assert.equal((await send(triage.test.url, { path: '/officer/reports' })).status, 303, 'who has not signed in is led there')
  })

  it('finds by reference, words and street, and narrows by category, crew, district and time', async () => {
    const report = await triage.made({ text: 'Zebrawood splinters near the fountain' })
    const found = await triage.post('parking', '/officer/reports', { q: report.reference.toLowerCase().replaceAll('-', ' ') })
    assert.equal(found.headers.location, page(report))
    for (const q of ['zebrawood fountain', report.address ?? '']) {
      const answer = await triage.post('parking', '/officer/reports', { q })
      assert.match(answer.body, new RegExp(report.reference), q)
    }
    assert.doesNotMatch((await triage.post('parking', '/officer/reports', { q: 'zebrawood harbour%' })).body, new RegExp(report.reference))
    const link = (query: string): Promise<Answer> => triage.get('parking', `/officer/reports?queue=open&${query}`)
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
    const kept = await triage.post('parking', '/officer/reports/filters', { name: 'Holes', queue: 'overdue', category: 'pothole' })
    assert.match(String(kept.headers.location), /done=kept/)
    assert.match((await triage.get('parking', '/officer/reports')).body, /<bdi>Holes<\/bdi>/)
    assert.doesNotMatch((await triage.get('fire', '/officer/reports')).body, /<bdi>Holes<\/bdi>/)
    const nameless = await triage.post('parking', '/officer/reports/filters', { name: ' ', category: 'pothole' })
    assert.equal(nameless.status, 422)
    const { platform } = triage.test.app
    const rows = await query<{ id: string; account_id: string }>(platform.db, 'select id, account_id from reports.filter')
    assert.equal(rows.length, 1)
    const id = rows[0]?.id ?? ''
    await triage.post('fire', '/officer/reports/filters/drop', { id })
    assert.equal((await query(platform.db, 'select id from reports.filter')).length, 1, 'nobody drops the filter of another')
    await triage.post('parking', '/officer/reports/filters/drop', { id })
    assert.equal((await query(platform.db, 'select id from reports.filter')).length, 0)
    await triage.post('parking', '/officer/reports/filters', { name: 'Holes', queue: 'overdue', category: 'pothole' })
    await transact(platform, (tx) => forgetFilters(tx, rows[0]?.account_id ?? ''))
    assert.equal((await query(platform.db, 'select id from reports.filter')).length, 0)
  })

  it('pages through a queue without leaving out or repeating any', async () => {
    for (let i = 0; i < 55; i += 1) await triage.made({ category: 'road_marking', text: `Signal ${i}` })
    const seen: string[] = []
    let path = '/officer/reports?queue=open&category=road_marking'
    for (let pages = 0; path !== '' && pages < 5; pages += 1) {
      const answer = await triage.get('parking', path)
      seen.push(...[...answer.body.matchAll(/type="checkbox" name="report" value="([^"]*)"/g)].map(([, id = '']) => id))
      path = (/rel="next" href="([^"]*)"/.exec(answer.body)?.[1] ?? '').replaceAll('&#38;', '&')
    }
    assert.equal(seen.length, 55)
    assert.equal(new Set(seen).size, 55)
    assert.equal((await triage.get('parking', '/officer/reports?queue=open&after=rubbish~~1')).status, 200)
  })

  it('does one thing with several reports, each for itself, and says what was not done and why', async () => {
    const reports = [await triage.made(), await triage.made(), await triage.made({ category: 'litter' })]
    const [first, second, foreign] = reports
    assert.ok(first && second && foreign)
    await triage.post('parking', page(first, '/end'), { outcome: 'no_action', reason: 'nothing_found', revision: '1' })
    const ids = reports.map((each) => each.id)
    const done = await triage.post('parking', '/officer/reports/bulk', {
      act: 'end',
      outcome: 'no_action',
      reason: 'private_land',
      report: ids,
      queue: 'open',
    })
    assert.equal(done.status, 303)
    const said = await triage.get('parking', String(done.headers.location))
    assert.match(said.body, /1 report was changed\./)
    assert.match(said.body, /1 report could not be changed:/)
    assert.match(said.body, new RegExp(`not possible any more[^]*${first.reference}`))
    assert.equal((await triage.now(second)).outcome, 'no_action')
    assert.equal((await triage.now(foreign)).outcome, null, 'another agency’s report is left alone')
    assert.doesNotMatch(said.body, new RegExp(`<li>[^<]*<bdi>${foreign.reference}`))
    for (const fields of [
      { act: 'assign', report: ids },
      { act: 'category', report: ids },
      { act: 'end', report: ids, outcome: 'duplicate', of: 'x' },
      { act: 'assign', to: 'crew:lighting' },
      { report: ids },
    ]) {
      const refused = await triage.post('parking', '/officer/reports/bulk', { ...fields, queue: 'open' })
      assert.equal(refused.status, 422, JSON.stringify(fields))
      assert.match(refused.body, /error-summary/)
    }
    const third = await triage.made()
    const refused = await triage.post('parking', '/officer/reports/bulk', { act: 'category', report: third.id, queue: 'open' })
    assert.match(refused.body, new RegExp(`value="${third.id}" checked`), 'what was chosen stays chosen')
    await triage.post('parking', '/officer/reports/bulk', { act: 'assign', to: 'crew:lighting', report: third.id, queue: 'open' })
    assert.equal((await triage.now(third)).crew, 'lighting')
    await triage.post('parking', '/officer/reports/bulk', {
      act: 'category',
      'to-category': 'street_light',
      report: third.id,
      queue: 'open',
      category: 'pothole',
    })
    assert.equal((await triage.now(third)).category, 'street_light')
  })

  it('gives a supervisor what went overdue, and only them', async () => {
    const report = await triage.made()
    await query(triage.test.app.platform.db, "update reports.report set overdue_noted = true, due_on = '2020-01-01' where id = $1", [
      report.id,
    ])
    const supervisor = await triage.get('supervisor', '/officer/reports?queue=escalated')
    assert.match(supervisor.body, new RegExp(report.reference))
    assert.match(supervisor.body, /For the supervisor/)
    const officer = await triage.get('parking', '/officer/reports?queue=escalated')
    assert.doesNotMatch(officer.body, /For the supervisor/)
    assert.match((await triage.get('parking', '/officer/reports?queue=overdue')).body, new RegExp(report.reference))
  })

  it('shows a report’s history with who did what', async () => {
    const report = await triage.made()
    await triage.post('parking', page(report, '/start'), { revision: '1' })
    await triage.post('parking', page(report, '/update'), { text: 'We come on Monday.' })
    const shown = await triage.get('second', page(report))
    assert.match(shown.body, /Work has begun[^]*Kit Pattern/)
    assert.match(shown.body, /We come on Monday\./)
    const line = /name="line" value="([^"]*)"/.exec(shown.body)?.[1] ?? ''
    assert.notEqual(line, '')
    const inPublic = () => send(triage.test.url, { path: `/reports/${report.reference}` })
    assert.match((await inPublic()).body, /We come on Monday/)
    assert.equal((await triage.post('parking', page(report, '/line'), { line, state: 'hidden' })).status, 303)
    const hidden = await inPublic()
    assert.equal(hidden.status, 200)
    assert.doesNotMatch(hidden.body, /We come on Monday/)
    assert.equal(
      (await triage.post('parking', page(await triage.made(), '/line'), { line, state: 'public' })).status,
      404,
      'a line of another report is none of this one',
    )
  })
})
