import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { type FeeDoor, type FeeStanding, type JourneyFee, submitPaid } from '../../src/modules/journeys/index.ts'
import { feeOf, getCase } from '../../src/modules/cases/index.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { send } from '../support/client.ts'
import { faultsOf } from '../support/looks.ts'
import { answerAll, begin } from '../support/world.ts'
import { ask, completeJourney, submit } from './door.ts'
import { Visitor } from './visitor.ts'

const SERVICE = 'street_event_permit'

/** A way to pay that stands as a test says. */
class Desk implements FeeDoor {
  standing: FeeStanding = { state: 'unpaid', path: '/' }
  ends = true
  readonly asked: JourneyFee[] = []

  async pay(_: unknown, fee: JourneyFee): Promise<FeeStanding> {
    this.asked.push(fee)
    return this.standing
  }

  async cancel(): Promise<boolean> {
    return this.ends
  }
}

describe('a fee that is paid before an application is sent', () => {
  let test: TestApp
  const desk = new Desk()
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { feeDoor: desk } })
  })
  after(() => test.close())
  beforeEach(() => {
    desk.standing = { state: 'unpaid', path: '/services?pay' }
    desk.ends = true
    desk.asked.length = 0
  })

  type Row = { state: string; case_id: string | null; fee_since: Date | null; fee_amount: bigint | null; expires_on: string }
  const row = async (id: string): Promise<Row> => {
    const [found] = await query<Row>(test.app.platform.db, 'select * from journeys.journey where id = $1', [id])
    assert.ok(found)
    return found
  }
  const cases = async (id: string): Promise<number> => {
    const sql = 'select count(*)::int as n from cases.case where journey_id = $1'
    return (await query<{ n: number }>(test.app.platform.db, sql, [id]))[0]?.n ?? 0
  }
  const events = async (id: string): Promise<string[]> => {
    const sql = "select type from journal.event where stream = $1 and type not like 'journeys.journey.saved' order by seq"
    return (await query<{ type: string }>(test.app.platform.db, sql, [id])).map(({ type }) => type)
  }
  /** Fills the form in with its examples, up to the check page. */
  const fill = async (): Promise<{ visitor: Visitor; id: string; token: string }> => {
    const visitor = new Visitor(test.url)
    const { journey, token } = await begin((asked) => send(test.url, asked), SERVICE)
    await answerAll(
      (asked) => send(test.url, asked),
      journey,
      token,
      ({ id }) => (id === 'organiser_kind' ? 'business' : undefined),
    )
    visitor.remember(`stoa_journey=${token}`)
    return { visitor, id: journey, token }
  }

  it('says so on the check page, leads to the payment, and keeps the answers as they are', async () => {
    const { visitor, id } = await fill()
    const check = await visitor.get(`/apply/${id}/check`)
    assert.match(check.text, /Pay €[\d,.]+ and send/)
    assert.match(check.text, /You pay the fee now, before you send this/)
    const key = check.field('key') ?? ''
    assert.equal((await visitor.post(`/apply/${id}/submit`, { key })).path, '/services?pay')
    const [fee] = desk.asked
    assert.ok(fee && fee.amount > 0n)
    assert.deepEqual(
      [fee.journeyId, fee.currency, fee.words['en'], fee.returnPath],
      [id, 'EUR', 'Street event permit', `/apply/${id}/paid`],
    )
    assert.deepEqual([await cases(id), (await row(id)).fee_amount?.toString()], [0, fee.amount.toString()])
    const now = await visitor.get(`/apply/${id}/check`)
    assert.match(now.text, /Your payment is under way[^]*Stop the payment[^]*Go on to the payment of €/)
    assert.doesNotMatch(now.text, /from=check/, 'nothing can be changed')
    assert.equal((await visitor.get(`/apply/${id}/p/your_name`)).path, `/apply/${id}/check`)
    const change = await visitor.post(`/apply/${id}/p/your_name`, { full_name: 'Somebody Else', _shown: 'full_name' })
    assert.equal(change.status, 409)
    assert.match(change.text, /Stop the payment first/)
    assert.equal((await visitor.get(`/apply/${id}/paid`)).path, `/apply/${id}/check`, 'not paid yet')
    desk.standing = { state: 'checking', path: '/services?bill' }
    assert.match((await visitor.get(`/apply/${id}/paid`)).text, /You will not be charged twice/)
    assert.equal(await cases(id), 0)
  })

  it('is sent exactly once when the payer comes back, whoever else sends it at the same time', async () => {
    const { visitor, id } = await fill()
    const key = (await visitor.get(`/apply/${id}/check`)).field('key') ?? ''
    await visitor.post(`/apply/${id}/submit`, { key })
    desk.standing = { state: 'paid', key: 'payment-7' }
    const [back, again, receipt] = await Promise.all([
      visitor.get(`/apply/${id}/paid`),
      visitor.post(`/apply/${id}/submit`, { key }),
      submitPaid(test.app.house, id, 'payment-7'),
    ])
    assert.deepEqual([back.path, again.path], [`/apply/${id}/done`, `/apply/${id}/done`])
    assert.equal(await cases(id), 1)
    assert.deepEqual(await submitPaid(test.app.house, id, 'payment-7'), receipt, 'the same answer again')
    const current = await getCase(test.app.platform, receipt?.caseId ?? '')
    assert.deepEqual([current.fee_due, current.fee_state, current.fee_amount], ['before_submission', 'paid', desk.asked[0]?.amount])
    assert.equal((await feeOf(test.app.house, current.id))?.journeyId, id)
    assert.deepEqual((await events(current.id)).slice(0, 3), ['cases.case.submitted', 'cases.fee.recorded', 'cases.fee.paid'])
    assert.deepEqual(await events(id), ['journeys.journey.started', 'journeys.fee.asked', 'journeys.journey.submitted'])
  })

  it('is sent without its person when the page was closed', async () => {
    const { visitor, id } = await fill()
    assert.equal(await submitPaid(test.app.house, id, 'p'), null, 'nobody asked for it')
    await visitor.post(`/apply/${id}/submit`, { key: (await visitor.get(`/apply/${id}/check`)).field('key') ?? '' })
    const receipt = await submitPaid(test.app.house, id, 'p')
    assert.match(receipt?.reference ?? '', /^SEP-/)
    assert.equal((await visitor.get(`/apply/${id}/paid`)).path, `/apply/${id}/done`)
    const [line] = await query<{ actor: string }>(
      test.app.platform.db,
      "select actor from journal.event where type = 'cases.case.submitted' and stream = $1",
      [receipt?.caseId],
    )
    assert.equal(line?.actor, 'system:payments')
    assert.equal(await submitPaid(test.app.house, test.app.platform.newId(), 'p'), null)
  })

  it('can be stopped while nobody has paid; then answers change again, and money that comes after is sent back', async () => {
    const { visitor, id } = await fill()
    await visitor.post(`/apply/${id}/submit`, { key: (await visitor.get(`/apply/${id}/check`)).field('key') ?? '' })
    desk.ends = false
    const kept = await visitor.post(`/apply/${id}/payment/end`, {})
    assert.match(kept.text, /We cannot stop this payment/)
    assert.ok((await row(id)).fee_since)
    desk.ends = true
    const ended = await visitor.post(`/apply/${id}/payment/end`, {})
    assert.match(ended.text, /Pay €[\d,.]+ and send/)
    assert.equal((await row(id)).fee_since, null)
    assert.equal((await visitor.get(`/apply/${id}/p/your_name`)).status, 200)
    assert.equal(await submitPaid(test.app.house, id, 'late'), null)
    assert.equal(await cases(id), 0)
    const stranger = new Visitor(test.url)
    assert.equal((await stranger.post(`/apply/${id}/payment/end`, {})).status, 404)
    assert.equal((await stranger.get(`/apply/${id}/paid`)).status, 404)
  })

  it('is answered with 402 at the JSON door, and goes through with the same key once it is paid', async () => {
    const journey = await completeJourney(test.url, SERVICE, { organiser_kind: 'business' })
    desk.standing = { state: 'unpaid', path: '/pay/abc' }
    const due = await ask<{ code: string; pay: string; payment: string }>(test.url, 'POST', `/api/v1/journeys/${journey.id}/submission`, {
      token: journey.token,
      key: 'mine',
    })
    assert.deepEqual(
      [due.status, due.body.code, due.body.pay, due.body.payment],
      [402, 'journeys.fee-due', `${test.url}/pay/abc`, 'unpaid'],
    )
    const change = await ask<{ code: string }>(test.url, 'PUT', `/api/v1/journeys/${journey.id}/answers`, {
      token: journey.token,
      body: { answers: { event_name: 'Another' } },
    })
    assert.deepEqual([change.status, change.body.code], [409, 'journeys.fee-under-way'])
    const sent = await submitPaid(test.app.house, journey.id, 'p')
    const receipt = await submit(test.url, journey, 'mine')
    assert.deepEqual([receipt.status, receipt.body.reference], [201, sent?.reference])
    const shown = await ask<{ fee: { state: string; due: string } }>(test.url, 'GET', `/api/v1/cases/${sent?.reference ?? ''}`, {
      token: sent?.trackingToken ?? '',
    })
    assert.deepEqual([shown.body.fee.state, shown.body.fee.due], ['paid', 'before_submission'])
  })

  it('is shown on pages that everybody can use, on a phone and in every language', async () => {
    const browser = await openBrowser()
    try {
      for (const language of ['en', 'es', 'ar']) {
        const { id, token } = await fill()
        const context = await browser.newContext({ viewport: { width: 320, height: 640 } })
        context.setDefaultTimeout(8_000)
        await context.addCookies([
          { name: 'stoa_lang', value: language, url: test.url },
          { name: 'stoa_journey', value: token, domain: 'localhost', path: `/apply/${id}` },
        ])
        const page = await context.newPage()
        const faults = async (path: string): Promise<string[]> => {
          await page.goto(`${test.url}${path}`)
          assert.equal(new URL(page.url()).pathname, path.split('?')[0])
          return (await faultsOf(page)).map((fault) => `${language} ${path} ${fault}`)
        }
        assert.deepEqual(await faults(`/apply/${id}/check`), [])
        await page.locator('main form button[type=submit]').last().click()
        await page.waitForURL('**/services?pay')
        assert.deepEqual(await faults(`/apply/${id}/check`), [])
        assert.deepEqual(await faults(`/apply/${id}/check?ended=no`), [])
        desk.standing = { state: 'checking', path: '/services?bill' }
        assert.deepEqual(await faults(`/apply/${id}/paid`), [])
        desk.standing = { state: 'unpaid', path: '/services?pay' }
        await context.close()
      }
    } finally {
      await browser.close()
    }
  })

  it('is not asked for where nothing is to be paid', async () => {
    const journey = await completeJourney(test.url, SERVICE, { organiser_kind: 'neighbours', expected_people: 80 })
    assert.equal((await submit(test.url, journey, 'free')).status, 201)
    const parking = await completeJourney(test.url, 'resident_parking_permit')
    assert.equal((await submit(test.url, parking, 'parking')).status, 201, 'due with the application, not before')
    assert.equal(desk.asked.length, 0)
  })
})

describe('without a way to pay', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ listen: true })
  })
  after(() => test.close())

  it('a fee to be paid before is due with the application', async () => {
    const journey = await completeJourney(test.url, SERVICE, { organiser_kind: 'business' })
    const sent = await submit(test.url, journey, 'key')
    assert.equal(sent.status, 201)
    const found = await query<{ fee_due: string; fee_state: string; state: string }>(
      test.app.platform.db,
      'select fee_due, fee_state, state from cases.case where reference = $1',
      [sent.body.reference],
    )
    assert.deepEqual(found, [{ fee_due: 'at_submission', fee_state: 'due', state: 'submitted' }])
  })
})
