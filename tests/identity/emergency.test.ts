import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountFacts } from '../../src/modules/identity/index.ts'
import { blindedPerson } from '../../src/modules/people/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { applyFor, type Applied, sessionFor, sessionOf } from '../support/world.ts'
import { accountId, Clock, Desk, deskOf, linesOf, rowsOf } from './staffdesk.ts'

const WHY = 'A neighbour called: the resident may be hurt and we need the address.'

describe('break-glass access', () => {
  const clock = new Clock('2026-11-23T10:00:00Z')
  let test: TestApp
  let applied: Applied
  let fire: Desk
  let resident: Desk
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => clock.now } })
    applied = await applyFor(test, 'resident_parking_permit', { cookie: await sessionOf(test, 'resident@harbourview.example') })
    fire = await deskOf(test, 'fire')
    resident = await deskOf(test, 'resident')
    await test.settle()
  })
  after(() => test.close())

  const path = (): string => `/officer/cases/${applied.caseId}`
  const ask = (fields: Record<string, string>): Promise<Awaited<ReturnType<Desk['post']>>> =>
    fire.post('/officer/emergency', { reference: applied.reference, reason: 'danger_to_life', explanation: WHY, ...fields })

  it('begins at a case that is not theirs: 404, and a way for an emergency', async () => {
    assert.equal((await fire.get(path())).status, 404)
    const search = await fire.get(`/officer?q=${applied.reference}`)
    assert.match(search.body, new RegExp(`href="/officer/emergency\\?reference=${applied.reference}"`))
    const form = await fire.get(`/officer/emergency?reference=${applied.reference}`)
    assert.match(form.body, /The resident is told now/)
    assert.equal((await resident.get('/officer/emergency')).status, 403)
    assert.equal((await (await deskOf(test, 'auditor')).get('/officer/emergency')).status, 403)
  })

  it('needs a reason, an explanation, a case that exists and a second factor', async () => {
    for (const [fields, said] of [
      [{ reason: 'curious' }, /Choose a reason/],
      [{ explanation: 'because' }, /Say in a sentence or two/],
      [{ reference: 'RPP-0000-0000' }, /There is no case with this reference/],
    ] as const) {
      const refused = await ask(fields)
      assert.equal(refused.status, 422)
      assert.match(refused.body, said)
    }
    const weak = new Desk(test, await sessionFor(test.app, 'fire@harbourview.example', 'low'))
    const refused = await weak.post('/officer/emergency', { reference: applied.reference, reason: 'danger_to_life', explanation: WHY })
    assert.ok(refused.status === 403 || refused.status === 303, `${refused.status}`)
    assert.notEqual(refused.headers.location, path())
    assert.equal((await fire.get(path())).status, 404)
    assert.equal((await linesOf(test, 'identity.emergency.began')).length, 0)
  })

  it('opens the case for reading, under its own purpose', async () => {
    const opened = await ask({})
    assert.equal(opened.headers.location, path(), opened.body)
    const page = await fire.get(path())
    assert.equal(page.status, 200)
    assert.ok(!page.body.includes(`action="${path()}/step"`), 'nothing can be done there')
    const refused = await fire.post(`${path()}/note`, { text: 'x', revision: '1' })
    assert.equal(refused.status, 404)
    const reads = (await linesOf(test, 'people.record.opened')).filter((line) => line.data['purpose'] === 'case.emergency')
    assert.ok(reads.length > 0)
    assert.ok(reads.every((line) => line.actor.startsWith('account:')))
    assert.equal((await (await deskOf(test, 'fire')).get(path())).status, 200, 'in each session of the officer')
    const other = await applyFor(test, 'resident_parking_permit')
    assert.equal((await fire.get(`/officer/cases/${other.caseId}`)).status, 404, 'one case only')
  })

  it('tells the resident at once: by e-mail, as a line about them, and on the case page with the reason', async () => {
    await test.settle()
    const mail = test.mails.find((each) => each.to === 'resident@harbourview.example' && each.subject.includes('urgent reason'))
    assert.ok(mail, test.mails.map((each) => each.subject).join('; '))
    assert.ok(!mail.text.includes('hurt'), 'why is not in the mail')
    const account = await accountFacts(test.app.platform, await accountId(test, 'resident'))
    const [line] = await linesOf(test, 'identity.emergency.began')
    assert.equal(line?.subject, blindedPerson(test.app.platform, account?.personId ?? ''))
    assert.deepEqual([line?.data['case'], line?.data['reason']], [applied.caseId, 'danger_to_life'])
    const page = await resident.get(`/cases/${applied.reference}`)
    assert.match(page.body, /Emergency access[^]*life or health is in danger[^]*Noor Model[^]*may be hurt/)
    const rows = await rowsOf<{ text: string }>(test, "select data::text as text from journal.event where data::text like '%hurt%'")
    assert.equal(rows.length, 0)
  })

  it('is in the queue of the auditor and of supervisors at once, without the words, and reviewed by somebody else', async () => {
    const auditor = await deskOf(test, 'auditor')
    const queue = await auditor.get('/audit/emergencies')
    assert.match(queue.body, new RegExp(`${applied.reference}[^]*Noor Model[^]*Open now`))
    assert.ok(!queue.body.includes('hurt'))
    assert.equal((await auditor.get(path())).status, 404, 'the auditor opens no case')
    const supervisor = await deskOf(test, 'supervisor')
    assert.match((await supervisor.get('/audit/emergencies')).body, new RegExp(applied.reference))
    assert.equal((await fire.get('/audit/emergencies')).status, 403)
    const [row] = await rowsOf<{ id: string }>(test, 'select id from identity.emergency')
    const at = `/audit/emergencies/${row?.id}`
    assert.equal((await fire.post(at, { outcome: 'justified' })).status, 403)
    assert.equal((await auditor.post(at, { outcome: 'fine' })).status, 422)
    assert.equal((await supervisor.post(at, { outcome: 'justified' })).status, 303)
    assert.equal((await auditor.post(at, { outcome: 'follow_up' })).status, 303, 'a second review changes nothing')
    const [kept] = await rowsOf<{ outcome: string; reviewed_by: string }>(test, 'select outcome, reviewed_by from identity.emergency')
    assert.deepEqual([kept?.outcome, kept?.reviewed_by], ['justified', await accountId(test, 'supervisor')])
    assert.equal((await linesOf(test, 'identity.emergency.reviewed')).length, 1)
  })

  it('is never reviewed by whoever took it', async () => {
    const supervisor = await deskOf(test, 'supervisor')
    await rowsOf(test, 'update identity.emergency set reviewed_at = null, reviewed_by = null, outcome = null, account_id = $1', [
      await accountId(test, 'supervisor'),
    ])
    const [row] = await rowsOf<{ id: string }>(test, 'select id from identity.emergency')
    assert.equal((await supervisor.post(`/audit/emergencies/${row?.id}`, { outcome: 'justified' })).status, 409)
    assert.match((await supervisor.get('/audit/emergencies')).body, /Your own\. Somebody else has to review it/)
    await rowsOf(test, 'update identity.emergency set account_id = $1', [await accountId(test, 'fire')])
  })

  it('ends after an hour', async () => {
    clock.now = new Date(clock.now.getTime() + 59 * 60_000)
    assert.equal((await (await deskOf(test, 'fire')).get(path())).status, 200)
    clock.now = new Date(clock.now.getTime() + 2 * 60_000)
    assert.equal((await (await deskOf(test, 'fire')).get(path())).status, 404)
  })

  it('only leads to the case when it is theirs anyway', async () => {
    const parking = await deskOf(test, 'parking')
    const before = (await linesOf(test, 'identity.emergency.began')).length
    const found = await parking.post('/officer/emergency', { reference: applied.reference, reason: 'court_order', explanation: WHY })
    assert.equal(found.headers.location, path())
    assert.equal((await linesOf(test, 'identity.emergency.began')).length, before)
  })
})
