import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { demoAccounts, DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { letterCode } from '../../src/modules/cases/house.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { actOnCase, type Applied, applyFor, sessionOf } from '../support/world.ts'
import { Visitor } from './visitor.ts'

const why = 'The vehicle was sold & the permit with it.'

describe('a letter is revoked', () => {
  let test: TestApp
  let applied: Applied
  let letter: string
  const visitors = new Map<string, Visitor>()

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    const resident = await sessionOf(test, 'resident@harbourview.example')
    const officer = await sessionOf(test, 'officer@harbourview.example')
    applied = await applyFor(test, 'resident_parking_permit', { cookie: resident })
    for (const transition of ['start_review', 'grant']) await actOnCase(test, officer, applied.caseId, 'step', { transition })
    await test.settle()
    letter = (await rows<{ id: string }>('select id from cases.letter where case_id = $1', [applied.caseId]))[0]?.id ?? ''
    for (const { email } of demoAccounts) {
      const visitor = new Visitor(test.url)
      await visitor.signIn(email, DEMO_PASSWORD)
      visitors.set(email.split('@')[0] ?? '', visitor)
    }
  })
  after(() => test.close())

  const rows = <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => query<Row>(test.app.platform.db, text, values)
  const as = (name: string): Visitor => visitors.get(name) ?? new Visitor(test.url)
  const check = async (): Promise<string> => (await as('nobody').post('/check', { code: letterCode(test.app.platform, letter) })).text
  const page = (): string => `/officer/cases/${applied.caseId}`
  const path = (): string => `${page()}/letters/${letter}/revoke`
  const lines = (): Promise<Array<{ actor: string; data: Record<string, unknown> }>> =>
    rows("select actor, data from journal.event where type = 'cases.letter.revoked'")

  it('by nobody else, and not without a reason', async () => {
    assert.match(await check(), /data-color="success"/)
    for (const name of ['resident', 'auditor', 'fire', 'admin'])
      assert.ok([403, 404].includes((await as(name).post(path(), { text: why })).status), name)
    assert.equal((await as('nobody').post(path(), { text: why })).status, 401)
    assert.match((await as('officer').get(page())).text, new RegExp(`action="${path()}"`))
    const empty = await as('officer').post(path(), { text: ' ' })
    assert.equal(empty.status, 422)
    assert.match(empty.text, /<details open>[^]*Give the reason why the letter is revoked/)
    const elsewhere = await as('officer').post(`/officer/cases/${letter}/letters/${letter}/revoke`, { text: why })
    assert.equal(elsewhere.status, 404)
    assert.deepEqual(await lines(), [])
  })

  it('once, and everybody who looks is told', async () => {
    const done = await as('officer').post(path(), { text: why })
    assert.deepEqual([done.status, done.path], [200, `${page()}?done=revoke`])
    assert.ok(!done.text.includes(path()), 'the form is gone')
    assert.match(done.text, /The vehicle was sold &#38; the permit/)
    await as('second.officer').post(path(), { text: 'Again.' })
    const told = await lines()
    assert.equal(told.length, 1)
    assert.equal(told[0]?.data['letter'], letter)
    assert.match(await check(), /Genuine, but revoked/)
    const seen = await as('resident').get(`/cases/${applied.reference}`)
    assert.match(seen.text, /This document was revoked and is not valid any more/)
    assert.match(seen.text, /Letter revoked:[^]*The vehicle was sold &#38; the permit/)
    assert.doesNotMatch(seen.text, /Again\./)
  })

  it('and the resident gets one message with the reason', async () => {
    await test.settle()
    const mails = test.mails.filter((mail) => /not valid any more/.test(mail.subject))
    assert.equal(mails.length, 1)
    assert.match(mails[0]?.text ?? '', /We have revoked “[^”–]+”[^]*The vehicle was sold/)
    assert.doesNotMatch(JSON.stringify(await rows('select data from journal.event')), /vehicle was sold/)
  })
})
