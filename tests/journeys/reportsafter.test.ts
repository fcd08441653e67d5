import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { paceOf, pace } from '../../src/modules/reports/ask/pace.ts'
import { anonymous } from '../../src/modules/access/index.ts'
import { getReport, hideReport, joinReport, mergeReports } from '../../src/modules/reports/service/index.ts'
import { leadsTo, report, Resident, sendFields, tellOf } from '../support/reporting.ts'
import { photo, sessionOf } from '../support/world.ts'
import { type Reporting, startReporting, words } from './reportingstage.ts'

describe('a report after it was sent, without a script', () => {
  let city: Reporting
  before(async () => {
    city = await startReporting()
  })
  after(() => city.test.close())

  it('lets a network with very many reports wait, and nobody else', async () => {
    const ip = '203.0.113.7'
    const nobody = anonymous('web')
    const all = await Promise.all(Array.from({ length: 400 }, () => paceOf(city.test.app.platform, nobody, ip, randomUUID(), null)))
    assert.equal(all.filter((each) => each.go).length, pace.anHour)
    assert.deepEqual(await paceOf(city.test.app.platform, nobody, '203.0.113.8', randomUUID(), null), { go: true })
    const drafts = Array.from({ length: 300 }, () => randomUUID())
    const tickets = await Promise.all(drafts.map((id) => paceOf(city.test.app.platform, nobody, ip, id, null)))
    city.pass((pace.waitSeconds + 1) * 1000)
    const late = await Promise.all(
      tickets.map((each, i) => paceOf(city.test.app.platform, nobody, ip, drafts[i] ?? '', each.go ? null : each.ticket)),
    )
    assert.equal(late.filter((each) => each.go).length, pace.lateAMinute, 'so many in a minute, however many wait')
    const [mine, others] = tickets
    assert.ok(mine && !mine.go && others && !others.go)
    city.pass(61_000)
    assert.equal((await paceOf(city.test.app.platform, nobody, ip, drafts[1] ?? '', mine.ticket)).go, false, 'a ticket is for one draft')
    assert.equal(
      (await paceOf(city.test.app.platform, nobody, ip, drafts[0] ?? '', `1.${'A'.repeat(43)}`)).go,
      false,
      'and from this server',
    )
    // on the page: a wait, then the same form again; and whoever signs in goes at once
    const resident = new Resident(city.test.url, { 'x-forwarded-for': ip })
    await tellOf(resident, { category: 'pothole', at: city.house(), text: 'One more.' })
    const fields = { ...(await sendFields(resident)), email: 'patient@example.org' }
    const waits = await resident.post('/reports/new/send', fields)
    assert.equal(waits.status, 429)
    assert.ok(waits.body.includes('patient@example.org'), 'what was typed is there')
    const ticket = /name="ticket" value="([^"]*)"/.exec(waits.body)?.[1] ?? ''
    assert.equal((await resident.post('/reports/new/send', { ...fields, ticket })).status, 429, 'not before its time')
    city.pass((pace.waitSeconds + 1) * 1000)
    assert.equal(leadsTo(await resident.post('/reports/new/send', { ...fields, ticket })), '/reports/new/sent')
    const signedIn = new Resident(city.test.url, { 'x-forwarded-for': ip }).keep(await sessionOf(city.test, 'resident@harbourview.example'))
    assert.match(await report(signedIn, { category: 'pothole', at: city.house() }), /^RPT-/)
  })

  it('goes on after signing in, and lists the report in the account', async () => {
    const resident = city.somebody()
    await tellOf(resident, { category: 'pothole', at: city.house(), text: 'With my account.' })
    resident.keep(await sessionOf(city.test, 'resident@harbourview.example'))
    const page = await resident.get('/reports/new/send')
    assert.ok(page.body.includes('With my account') && page.body.includes('name="how"'))
    leadsTo(await resident.post('/reports/new/send', { ...(await sendFields(resident)), how: 'account' }))
    const reference = /RPT-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await resident.get('/reports/new/sent')).body)?.[0] ?? ''
    assert.ok((await resident.get('/my')).body.includes(`/reports/${reference}`))
    assert.match(words((await resident.get(`/reports/${reference}`)).body), /You reported this/)
    assert.equal(leadsTo(await city.somebody().post('/track', { reference: reference.toLowerCase(), code: '' })), `/reports/${reference}`)
  })

  it('asks whether it is really fixed, and believes the one who reported it', async () => {
    const resident = city.somebody()
    const reference = await report(resident, { category: 'pothole', at: city.house() }, { email: 'doubter@example.org' })
    const path = `/reports/${reference}`
    await city.test.settle()
    await city.fixed(reference)
    await city.test.settle()
    const mail = city.test.mails.findLast((each) => each.to === 'doubter@example.org')
    const link = /(\/reports\/\S+\?code=\S+)/.exec(mail?.text ?? '')?.[1] ?? ''
    const other = city.somebody()
    assert.doesNotMatch((await other.get(path)).body, /name="answer"/, 'strangers are not asked')
    const holder = city.somebody()
    assert.equal(leadsTo(await holder.get(link)), path, 'the code leaves the address at once')
    assert.match((await holder.get(path)).body, /name="answer"/)
    const wrong = await holder.upload(`${path}/answer`, { answer: 'broken', text: 'The hole is back' }, [
      { field: 'photo', name: 'a.jpg', bytes: Buffer.from('PK\u0003\u0004') },
    ])
    assert.equal(wrong.status, 422)
    assert.ok(wrong.body.includes('The hole is back'))
    const answer = await holder.upload(`${path}/answer`, { answer: 'broken', text: 'The hole is back' }, [
      { field: 'photo', name: 'a.jpg', bytes: await photo() },
    ])
    assert.equal(leadsTo(answer), `${path}?done=broken`)
    const open = await getReport(city.board, reference)
    assert.equal(open.reopened, 1)
    assert.ok(['assigned', 'received'].includes(open.state))
    await city.fixed(reference)
    assert.equal(leadsTo(await holder.post(`${path}/answer`, { answer: 'fixed' })), `${path}?done=fixed`)
    const closed = await getReport(city.board, reference)
    assert.deepEqual([closed.state, closed.confirmed_by], ['closed', 'reporter'])
    assert.match(words((await other.get(path)).body), /confirmed by whoever reported it/)
    // it may be said to be broken for as long as the mail said
    const after = (await holder.get(path)).body
    assert.match(after, /name="answer" value="broken"/)
    assert.doesNotMatch(after, /name="answer" value="fixed"|value="fixed"/)
    assert.equal(leadsTo(await holder.upload(`${path}/answer`, { answer: 'broken', text: 'Again' })), `${path}?done=broken`)
    assert.equal((await getReport(city.board, reference)).reopened, 2)
  })

  it('asks whoever reported a duplicate on the page of their own report', async () => {
    const [root, twin] = [
      await report(city.somebody(), { category: 'pothole', at: city.house() }),
      await report(city.somebody(), { category: 'pothole', at: city.house() }, { email: 'twin@example.org' }),
    ]
    await mergeReports(city.board, city.officer(), (await getReport(city.board, twin)).id, (await getReport(city.board, root)).id)
    await city.fixed(root)
    await city.test.settle()
    const mail = city.test.mails.findLast((each) => each.to === 'twin@example.org' && /Is it fixed/.test(each.subject))
    const link = /(\/reports\/\S+\?code=\S+)/.exec(mail?.text ?? '')?.[1] ?? ''
    const holder = city.somebody()
    assert.equal(leadsTo(await holder.get(link)), `/reports/${twin}`)
    assert.match((await holder.get(`/reports/${twin}`)).body, /value="fixed"/)
    assert.equal(leadsTo(await holder.upload(`/reports/${twin}/answer`, { answer: 'broken', text: 'No' })), `/reports/${twin}?done=broken`)
    assert.equal((await getReport(city.board, root)).reopened, 1)
  })

  it('keeps a report that others have joined when its first reporter takes it back', async () => {
    const resident = city.somebody()
    const reference = await report(resident, { category: 'pothole', at: city.house() }, { email: 'first@example.org' })
    const path = `/reports/${reference}`
    const { id } = await getReport(city.board, reference)
    assert.match((await resident.get(path)).body, /\/withdraw"/)
    await joinReport(city.board, anonymous('web'), id, { text: 'Me too.', language: 'en' })
    assert.doesNotMatch((await resident.get(path)).body, /\/withdraw"/)
    assert.equal(leadsTo(await resident.post(`${path}/withdraw`)), `${path}?done=joined`)
    assert.match(words((await resident.get(`${path}?done=joined`)).body), /so it stays open/)
    assert.equal((await getReport(city.board, reference)).outcome, null)
    assert.equal((await city.rows('select 1 from reports.follower where report_id = $1 and ended_at is null', [id])).length, 0)
  })

  it('lets others follow once their mailbox has said so', async () => {
    const reference = await report(city.somebody(), { category: 'pothole', at: city.house() })
    const path = `/reports/${reference}`
    const fan = city.somebody()
    assert.equal((await fan.post(`${path}/follow`, { email: 'no address' })).status, 422)
    assert.equal(leadsTo(await fan.post(`${path}/follow`, { email: 'fan@example.org' })), `${path}?done=asked`)
    await city.test.settle()
    const link = /(\/reports\/\S+\?c=\S+)/.exec(city.test.mails.findLast((each) => each.to === 'fan@example.org')?.text ?? '')?.[1] ?? ''
    const followers = async (): Promise<number> =>
      (await city.rows('select 1 from reports.follower f join reports.report r on r.id = f.report_id where r.reference = $1', [reference]))
        .length
    const before = await followers()
    assert.equal(leadsTo(await fan.get(link)), `${path}/follow`)
    assert.equal((await fan.get(`${path}/follow`)).status, 200)
    assert.equal(await followers(), before, 'opening a link changes nothing')
    assert.equal(leadsTo(await fan.post(`${path}/follow/confirm`)), `${path}?done=following`)
    assert.equal(await followers(), before + 1)
    assert.equal(leadsTo(await fan.post(`${path}/follow/confirm`)), `${path}?done=link`, 'a link is good once')
  })

  it('lets only its reporter take a report back, and see one that is hidden', async () => {
    const resident = city.somebody()
    const reference = await report(resident, { category: 'pothole', at: city.house() }, { email: 'owner@example.org' })
    const path = `/reports/${reference}`
    const other = city.somebody()
    assert.equal((await other.post(`${path}/withdraw`)).status, 404)
    assert.equal(leadsTo(await other.post(`${path}/concern`, { reason: 'person' })), `${path}?done=concern`)
    assert.equal((await other.post(`${path}/concern`, {})).status, 422)
    assert.equal((await city.rows('select 1 from reports.concern where settled_at is null')).length, 1)
    const { id } = await getReport(city.board, reference)
    await hideReport(city.board, city.officer(), id, true)
    assert.equal((await other.get(path)).status, 404)
    assert.equal((await other.get(`${path}/events`)).status, 404)
    assert.equal((await other.post(`${path}/follow`, { email: 'a@example.org' })).status, 404)
    assert.equal((await other.post('/track', { reference, code: '' })).status, 422)
    assert.equal((await resident.get(path)).status, 200)
    assert.equal(leadsTo(await resident.post(`${path}/withdraw`)), `${path}?done=withdrawn`)
    assert.equal((await getReport(city.board, reference)).outcome, 'withdrawn')
  })

  it('erases drafts after a day', async () => {
    const resident = city.somebody()
    await tellOf(resident, { category: 'pothole', at: city.house(), text: 'Never sent', files: [await city.jpeg()] })
    city.pass(25 * 3_600_000)
    const job = city.test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === 'reports:erase_drafts')
    assert.ok(job)
    await job.run(city.test.app.platform, {})
    assert.equal((await city.rows('select 1 from reports.draft')).length, 0)
    assert.equal(
      (await city.rows("select 1 from people.sealed s join people.record r on r.id = s.record_id where r.kind = 'report_draft'")).length,
      0,
    )
    assert.equal(leadsTo(await resident.get('/reports/new/describe')), '/reports/new')
  })
})
