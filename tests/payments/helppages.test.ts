import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addDays } from '../../src/kernel/time.ts'
import { type Bill, billCode, getBill, proposalsOf, remindersOf, runReminders, type Treasury } from '../../src/modules/payments/index.ts'
import { query } from '../../src/platform/db.ts'
import { today } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { type Answer, cookiesOf, formBody, send } from '../support/client.ts'
import { sessionOf } from '../support/world.ts'

const OFFICER = 'officer@harbourview.example'
const SECOND = 'second.officer@harbourview.example'

describe('the pages of help and reminders', () => {
  let test: TestApp
  let treasury: Treasury
  let now = new Date('2026-09-07T12:00:00Z')
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => now } })
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
  })
  after(() => test.close())

  const pass = (days: number): void => void (now = new Date(now.getTime() + days * 86_400_000))
  const get = (path: string, cookie = ''): Promise<Answer> =>
    send(test.url, { path, headers: { accept: 'text/html', ...(cookie ? { cookie } : {}) } })
  const post = (path: string, fields: Readonly<Record<string, string>> = {}, cookie = ''): Promise<Answer> => {
    const headers = { accept: 'text/html', 'content-type': 'application/x-www-form-urlencoded', ...(cookie ? { cookie } : {}) }
    return send(test.url, { method: 'POST', path, headers, body: formBody(fields) })
  }
  const hold = async (bill: Bill): Promise<string> =>
    cookiesOf(await post('/pay', { reference: bill.reference, code: billCode(treasury.platform, bill.id) })).join('; ')
  const revisionIn = (page: Answer): string => /name="revision" value="(\d+)"/.exec(page.body)?.[1] ?? ''

  it('lead from the bill to every way, without an account, and show the plan before it is chosen', async () => {
    const bill = await makeBill(treasury, 10_000n, undefined, { appeal: { en: 'Write to the *invented* board within a month.' } })
    const cookie = await hold(bill)
    const path = `/pay/bills/${bill.reference}`
    const page = await get(path, cookie)
    for (const way of ['parts', 'time', 'wrong', 'waiver']) {
      assert.ok(page.body.includes(`${path}/${way}"`), way)
      assert.equal((await get(`${path}/${way}`, cookie)).status, 200)
    }
    const parts = await get(`${path}/parts`, cookie)
    assert.match(parts.body, /€33\.34/)
    assert.deepEqual([...parts.body.matchAll(/name="choice" type="radio" value="(\w+)"|value="(\w+)"[^>]*name="choice"|type="radio"[^>]*value="(\w+)"/g)].length, 5) // prettier-ignore
    const done = await post(`${path}/parts`, { choice: '3', revision: revisionIn(parts) }, cookie)
    assert.equal(done.headers.location, `${path}/help?done=planned`)
    assert.match((await get(`${path}/help?done=planned`, cookie)).body, /Your plan is agreed/)
    assert.match((await get(path, cookie)).body, /You pay this bill in parts/)
  })

  it('refuse what is not offered or was typed wrongly, in words beside the field, and change nothing', async () => {
    const bill = await makeBill(treasury, 10_000n)
    const cookie = await hold(bill)
    const path = `/pay/bills/${bill.reference}`
    const revision = String(bill.revision)
    const bad: ReadonlyArray<readonly [string, Record<string, string>, number]> = [
      ['parts', {}, 422],
      ['parts', { choice: '99', revision }, 422],
      ['parts', { choice: '-1', revision }, 422],
      ['parts', { choice: '3', revision: '999' }, 409],
      ['parts', { choice: '3' }, 409],
      ['parts', { choice: 'more', more: '1' }, 422],
      ['parts', { choice: 'more', more: '1e9' }, 422],
      ['parts', { choice: 'more', more: '37' }, 422],
      ['time', {}, 422],
      ['time', { choice: 'more', words: 'later', 'until-day': '31', 'until-month': '2', 'until-year': '2027' }, 422],
      ['time', { choice: 'more', words: 'later', 'until-day': '1', 'until-month': '1', 'until-year': '2020' }, 422],
      ['time', { choice: 'more', words: 'later', 'until-day': '1', 'until-month': '1', 'until-year': '9999' }, 422],
      ['time', { choice: 'more', words: '', 'until-day': '1', 'until-month': '12', 'until-year': '2026' }, 422],
      ['wrong', { words: '   ' }, 422],
      ['wrong', { words: 'x'.repeat(3_000) }, 422],
      ['waiver', { words: '\u0000\u0007' }, 422],
    ]
    for (const [way, fields, status] of bad) {
      const answer = await post(`${path}/${way}`, fields, cookie)
      assert.equal(answer.status, status, `${way} ${JSON.stringify(fields).slice(0, 80)}`)
      assert.match(answer.body, /st-error-summary/)
    }
    assert.deepEqual(await proposalsOf(treasury.platform, bill.id), [])
    assert.equal((await getBill(treasury.platform, bill.id)).revision, bill.revision)
  })

  it('keep hostile words as words, sealed, and lead others away', async () => {
    const bill = await makeBill(treasury, 4_000n)
    const cookie = await hold(bill)
    const path = `/pay/bills/${bill.reference}`
    const words = `<script>alert(1)</script> {$name} ' or 1=1 -- \u202E`
    const shown = await post(`${path}/time`, { choice: 'more', words }, cookie)
    assert.ok(!shown.body.includes('<script>alert(1)'))
    assert.equal((await post(`${path}/wrong`, { words }, cookie)).status, 303)
    const again = await post(`${path}/wrong`, { words }, cookie)
    assert.equal(again.status, 409)
    assert.match(again.body, /This was asked for already/)
    await test.settle()
    assert.ok(test.mails.some((mail) => mail.subject.includes(bill.reference) && mail.subject.startsWith('We have your request')))
    for (const way of ['help', 'parts', 'time', 'wrong', 'waiver']) {
      const stranger = await get(`${path}/${way}`)
      assert.deepEqual([stranger.status, stranger.headers.location], [303, `/pay?reference=${bill.reference}`])
      if (way !== 'help') assert.equal((await post(`${path}/${way}`, { words: 'mine', choice: '3' })).status, 401)
    }
    assert.equal((await proposalsOf(treasury.platform, bill.id)).length, 1)
  })

  it('let an officer of the treasury see, start and hold the run, and print letters; nobody else', async () => {
    const bill = await makeBill(treasury, 6_000n, undefined, {
      dueOn: addDays(today(treasury.platform), 1),
      payer: { kind: 'person', name: 'Quince Nomail', address: ['Quay 1'] },
    })
    pass(7)
    const officer = await sessionOf(test, OFFICER)
    const page = await get('/officer/money/reminders', officer)
    assert.equal(page.status, 200)
    assert.ok(!page.body.includes(bill.reference), 'the page itself goes through no bills')
    assert.equal((await post('/officer/money/reminders/count', {}, officer)).status, 303)
    await test.settle()
    assert.ok((await get('/officer/money/reminders', officer)).body.includes(bill.reference))
    assert.equal((await post('/officer/money/reminders/hold', {}, officer)).status, 303)
    assert.equal((await runReminders(treasury)).run.state, 'held')
    assert.equal((await remindersOf(treasury.platform, bill.id)).length, 0)
    assert.equal((await post('/officer/money/reminders/start', {}, officer)).status, 303)
    await test.settle()
    assert.equal((await remindersOf(treasury.platform, bill.id)).length, 2)
    assert.ok(!(await get('/officer/money/reminders', officer)).body.includes(bill.reference), 'what is left is counted after the run')
    const late = await post('/officer/money/reminders/hold', {}, officer)
    assert.equal(late.status, 409)
    const letter = await send(test.url, { path: `/officer/money/reminders/letters/${bill.id}?step=1`, headers: { cookie: officer } })
    assert.deepEqual([letter.status, letter.headers['content-type']], [200, 'application/pdf'])
    for (const step of ['0', '9', 'x', '']) assert.equal((await get(`/officer/money/reminders/letters/${bill.id}?step=${step}`, officer)).status, 404) // prettier-ignore
    for (const email of ['resident@harbourview.example', 'parking@harbourview.example', 'auditor@harbourview.example']) {
      const other = await sessionOf(test, email)
      assert.ok([403, 404].includes((await get('/officer/money/reminders', other)).status), email)
      for (const act of ['start', 'count']) assert.equal((await post(`/officer/money/reminders/${act}`, {}, other)).status, 403)
    }
  })

  it('let two officers write old bills off together', async () => {
    const dueOn = addDays(today(treasury.platform), -3_000)
    await makeBill(treasury, 700n, undefined, { dueOn })
    const [officer, second] = [await sessionOf(test, OFFICER), await sessionOf(test, SECOND)]
    assert.equal((await post('/officer/money/reminders/old', { agency: "x' or 1=1", currency: 'EUR' }, officer)).status, 404)
    assert.equal((await post('/officer/money/reminders/old', { agency: 'transport', currency: 'EUR' }, officer)).status, 303)
    const [made] = await query<{ id: string }>(treasury.platform.db, 'select id from payments.write_off')
    const decision = { id: made?.id ?? '', decision: 'approve' }
    assert.equal((await post('/officer/money/reminders/old/decide', decision, officer)).status, 403)
    assert.match((await get('/officer/money/reminders', second)).body, /value="approve"/)
    assert.equal((await post('/officer/money/reminders/old/decide', decision, second)).status, 303)
    assert.equal((await post('/officer/money/reminders/old/decide', decision, second)).status, 409)
  })
})
