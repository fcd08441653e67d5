import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { getReport } from '../../src/modules/reports/service/index.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import { type Answer, send } from '../support/client.ts'
import { photo } from '../support/world.ts'
import { type Fields, hidden, page, startTriage, type Triage } from './triagestage.ts'

describe('the page of a report at the triage desk', () => {
  let triage: Triage
  before(async () => {
    triage = await startTriage()
  })
  after(() => triage.test.close())

  it('refuses a page that is out of date and keeps every word that was typed', async () => {
    const report = await triage.made()
    const stale = hidden(await triage.get('parking', page(report)), page(report, '/end'))
    await triage.post('officer', page(report, '/assign'), { to: 'crew:lighting', revision: stale['revision'] ?? '' })
    assert.equal((await triage.now(report)).crew, 'lighting')
    const typed = {
      outcome: 'referred',
      programme: 'Roads 2031',
      'when-day': '1',
      'when-month': '2',
      'when-year': '2031',
      text: 'It is on the <list>.',
    }
    const refused = await triage.post('parking', page(report, '/end'), { ...stale, ...typed })
    assert.equal(refused.status, 409)
    for (const kept of ['value="Roads 2031"', 'value="2031"', 'It is on the &#60;list&#62;.', 'value="referred" checked'])
      assert.ok(refused.body.includes(kept), `the page keeps ${kept}`)
    assert.equal((await triage.now(report)).state, 'assigned')
    const again = hidden(refused, page(report, '/end'))
    assert.equal(
      (await triage.post('parking', page(report, '/end'), { ...again, ...typed })).status,
      303,
      'the page that was shown again is up to date',
    )
    assert.deepEqual((await triage.now(report)).closure, { outcome: 'referred', programme: 'Roads 2031', on: '2031-02-01' })
    const late = await triage.post('parking', page(report, '/end'), { ...again, ...typed })
    assert.equal(late.status, 409)
    assert.match(late.body, /id="kept"/, 'words for a form that is not there any more can be copied')
  })

  it('calls nothing fixed without what shows it, and ends nothing without its fact', async () => {
    const report = await triage.made()
    const at = async (part: string, fields: Fields): Promise<Answer> =>
      triage.post('parking', page(report, part), { ...fields, revision: await triage.revision(report) })
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
    assert.ok(['assigned', 'received'].includes((await triage.now(report)).state))
    // digits of any script
    const { city, now: clock } = triage.test.app.platform
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
    const after = await triage.now(report)
    assert.deepEqual([after.state, after.outcome], ['checking', 'fixed'])
    const shown = await triage.get('parking', page(report))
    assert.match(shown.body, /Call Mr \[•••\]/, 'names in words for the public are left out')
  })

  it('takes a photo as evidence, and shows photos of residents only when an officer released them', async () => {
    const report = await triage.made({ photos: [await cleanUpload('a.jpg', await photo(), ['image'])] })
    const before = await triage.get('parking', page(report))
    const [, src = ''] = /<img src="(\/officer\/reports\/[^"]*\/photos\/[^"]*)"/.exec(before.body) ?? []
    const id = src.split('/').at(-1) ?? ''
    assert.equal((await triage.get('parking', src)).headers['content-type'], 'image/jpeg')
    assert.ok([403, 404].includes((await triage.get('fire', src)).status))
    assert.equal((await send(triage.test.url, { path: `/reports/${report.reference}/photos/${id}` })).status, 404)
    assert.equal((await triage.post('parking', page(report, '/photo'), { photo: id, state: 'public' })).status, 303)
    assert.equal((await send(triage.test.url, { path: `/reports/${report.reference}/photos/${id}` })).status, 200)
    await triage.post('parking', page(report, '/photo'), { photo: id, state: 'hidden' })
    assert.equal((await send(triage.test.url, { path: `/reports/${report.reference}/photos/${id}` })).status, 404)
    const boundary = 'triage-boundary'
    const part = (name: string, more: string): Buffer =>
      Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"${more}\r\n\r\n`)
    const body = Buffer.concat([
      part('revision', ''), Buffer.from(`${await triage.revision(report)}\r\n`), part('photo', '; filename="b.jpg"\r\nContent-Type: image/jpeg'), await photo(), Buffer.from(`\r\n--${boundary}--\r\n`),
    ]) // prettier-ignore
    const headers = { cookie: triage.cookies.get('parking') ?? '', 'content-type': `multipart/form-data; boundary=${boundary}` }
    const fixed = await send(triage.test.url, { method: 'POST', path: page(report, '/fix'), headers, body })
    assert.equal(fixed.status, 303, fixed.body.slice(0, 300))
    const { closure } = await triage.now(report)
    assert.ok(closure?.outcome === 'fixed' && closure.evidence.kind === 'photo')
  })

  it('opens what is personal only when it is asked for, and writes that down', async () => {
    const text = 'Mr Marlow, tel. 0221 5550123, has the key.'
    const report = await triage.made({ text, contact: { name: 'Wren Halyarde', email: 'wren@mail.example' } })
    const opened = async (): Promise<number> =>
      (await eventsOf(triage.test.app.platform, report.person_id ?? '')).filter((event) => event.type === 'people.record.opened').length
    const plain = await triage.get('parking', page(report))
    assert.doesNotMatch(plain.body, /Marlow|5550123|Halyarde|wren@/)
    assert.equal(await opened(), 0)
    const personal = await triage.get('parking', page(report, '?personal=1'))
    for (const each of ['Marlow', '0221 5550123', 'Wren Halyarde', 'wren@mail.example']) assert.ok(personal.body.includes(each), each)
    assert.equal(await opened(), 1)
    assert.equal((await triage.post('parking', page(report, '/restore'), { revision: await triage.revision(report) })).status, 303)
    assert.equal((await triage.now(report)).text, text)
    await triage.post('parking', page(report, '/words'), { text: 'Somebody has the key.', revision: await triage.revision(report) })
    assert.equal((await triage.now(report)).text, 'Somebody has the key.')
    assert.equal(
      (await triage.post('parking', page(report, '/hide'), { revision: await triage.revision(report) })).status,
      422,
      'a reason is needed',
    )
    await triage.post('parking', page(report, '/hide'), { reason: 'person', revision: await triage.revision(report) })
    assert.equal((await send(triage.test.url, { path: `/reports/${report.reference}` })).status, 404)
    assert.match((await triage.get('parking', '/officer/reports?queue=held')).body, new RegExp(report.reference))
    const events = await eventsOf(triage.test.app.platform, report.id)
    assert.deepEqual(events.find((event) => event.type === 'reports.report.hidden')?.data, { reason: 'person' })
  })

  it('lets two officers who merge in opposite directions end with one report, not none', async () => {
    const [one, other] = [await triage.made(), await triage.made()]
    const both = await triage.get('officer', page(one, `/merge?with=${other.reference}`))
    assert.equal(both.status, 200)
    const form = hidden(both, page(one, '/merge'))
    const answers = await Promise.all([
      triage.post('officer', page(one, '/merge'), { ...form, kept: one.id }),
      triage.post('second', page(one, '/merge'), { ...form, kept: other.id }),
    ])
    assert.deepEqual(
      answers.map((each) => each.status).toSorted((a, b) => a - b),
      [303, 409],
    )
    const after = [await triage.now(one), await triage.now(other)]
    assert.equal(after.filter((each) => each.outcome === 'duplicate').length, 1)
    assert.equal(after.filter((each) => each.merged_into === null && each.state !== 'closed').length, 1)
    const gone = after.find((each) => each.outcome === 'duplicate')
    assert.ok(gone)
    assert.equal((await triage.post('officer', page(gone, '/apart'), { revision: String(gone.revision) })).status, 303)
    assert.notEqual((await triage.now(gone)).state, 'closed')
    const stale = await triage.post('officer', page(one, '/merge'), { ...form, kept: one.id })
    assert.equal(stale.status, 409, 'both have to be as the officer saw them')
    assert.equal((await triage.get('officer', page(one, '/merge?with=RPT-AAAA-AAAA'))).status, 422)
  })

  it('puts right category, place and what is two problems in one', async () => {
    const report = await triage.made()
    await triage.post('officer', page(report, '/category'), { category: 'bench', revision: await triage.revision(report) })
    const moved = await triage.now(report)
    assert.deepEqual([moved.category, moved.agency], ['bench', 'city_care'])
    assert.ok([403, 404].includes((await triage.get('parking', page(report))).status), 'it is another agency’s now')
    const back = await triage.post('officer', page(report, '/category'), { category: 'road_sign', revision: await triage.revision(report) })
    assert.equal(back.headers.location, page(report, '?done=category'))
    const away = await triage.post('parking', page(report, '/category'), { category: 'bench', revision: await triage.revision(report) })
    assert.equal(away.headers.location, '/officer/reports?done=away')
    const split = await triage.post('officer', page(report, '/split'), {
      category: 'street_light',
      text: 'The lamp there is dark.',
      revision: await triage.revision(report),
    })
    const second = await getReport(triage.test.app.board, /reports\/([0-9a-f-]{36})/.exec(String(split.headers.location))?.[1] ?? '')
    assert.deepEqual([second.category, second.lat, second.long], ['street_light', report.lat, report.long])
    const target = triage.test.app.board.places?.addresses[4_000]
    assert.ok(target)
    const tap = await triage.post('officer', page(report, '/place'), {
      'place-lat': String(target.lat),
      'place-long': String(target.long),
      'place-move': 'in',
      revision: '1',
    })
    assert.equal(tap.status, 200, 'a button of the map does nothing yet')
    const place = { 'place-lat': String(target.lat), 'place-long': String(target.long), go: '1', revision: await triage.revision(report) }
    assert.equal((await triage.post('officer', page(report, '/place'), place)).status, 303)
    assert.equal((await triage.now(report)).address, target.line1)
    const nowhere = await triage.post('officer', page(report, '/place'), { go: '1', revision: await triage.revision(report) })
    assert.equal(nowhere.status, 422)
  })
})
