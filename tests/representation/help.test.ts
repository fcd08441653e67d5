import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { expireJob } from '../../src/modules/representation/expire.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { send } from '../support/client.ts'
import { ask, makeAccount, type Seat, sit } from './seats.ts'

const SERVICE = 'library_card'
const A = { email: 'ana.zyx@example.org', name: 'Ana Zyxwell' }
const B = { email: 'bo.qvist@example.org', name: 'Bo Qvistram' }
/** What is typed for A and must be nowhere afterwards. */
const TYPED = 'Quillfeather'

const codeIn = (body: string): string => /st-reference"><bdi>([0-9A-Z]{4}-[0-9A-Z]{4})</.exec(body)?.[1] ?? ''

describe('helped sessions', () => {
  let test: TestApp
  let ahead = 0
  let a: Seat
  let b: Seat

  before(async () => {
    test = await startApp({ listen: true, overrides: { now: () => new Date(Date.now() + ahead) } })
    await makeAccount(test, A.email, A.name)
    await makeAccount(test, B.email, B.name)
    await makeAccount(test, 'uma@example.org', 'Uma Paragon', { role: 'helper', agency: 'neighbourhood_help' })
    await makeAccount(test, 'sol@example.org', 'Sol Stranger')
    a = await sit(test, A.email)
    b = await sit(test, B.email)
  })
  after(() => test.close())

  const presence = async (seat: Seat): Promise<string> => {
    assert.equal((await ask(test, seat, '/my/presence-code', {})).status, 303)
    const code = codeIn((await ask(test, seat, '/my/presence-code')).body)
    assert.ok(code)
    return code
  }
  const begin = async (helper: Seat, seat: Seat, minutes = '15'): Promise<void> => {
    const answer = await ask(test, helper, '/assist', { code: await presence(seat), purpose: 'application', minutes })
    assert.equal(answer.headers.location, '/services', answer.body)
  }
  const journeyOf = async (helper: Seat): Promise<string> =>
    /\/apply\/([0-9a-f-]{36})$/.exec(String((await ask(test, helper, `/services/${SERVICE}/start`, {})).headers.location))?.[1] ??
    assert.fail()

  it('begins with a code that works once, for a quarter of an hour, for those who may help', async () => {
    const stranger = await sit(test, 'sol@example.org')
    const code = await presence(a)
    const form = { code, purpose: 'application', minutes: '15' }
    assert.equal((await ask(test, stranger, '/assist', form)).status, 403, 'a resident is no helper')
    const weak = await sit(test, 'uma@example.org', 'low', ['password'])
    const step = await ask(test, weak, '/assist', form)
    assert.match(`${step.status} ${step.headers.location}`, /^403|level=substantial/, 'nor is a helper without a second step')
    const helper = await sit(test, 'uma@example.org')
    assert.equal((await ask(test, helper, '/assist', { ...form, code: 'AAAA-AAAA' })).status, 422)
    assert.equal((await ask(test, helper, '/assist', { ...form, purpose: '' })).status, 422)
    assert.equal(
      (await ask(test, helper, '/assist', { ...form, code: code.toLowerCase().replace('-', ' ') })).headers.location,
      '/services',
    )
    assert.equal((await ask(test, helper, '/assist', form)).status, 409, 'one at a time')
    await ask(test, helper, '/acting/end', {})
    assert.equal((await ask(test, helper, '/assist', form)).status, 422, 'a code works once')
    const old = await presence(a)
    ahead = 16 * 60_000
    assert.equal((await ask(test, helper, '/assist', { ...form, code: old })).status, 422, 'and not for long')
    ahead = 0
    const image = await ask(test, a, '/my/presence-code/qr.svg')
    assert.match(image.body, /^<svg/)
    assert.equal(image.headers['cache-control'], 'no-store')
  })

  it('tells the resident, lists every act, and ends when they say so', async () => {
    const helper = await sit(test, 'uma@example.org')
    await begin(helper, a)
    await test.settle()
    assert.match(test.mails.findLast((mail) => mail.to === A.email)?.text ?? '', /Uma Paragon began to help you/)
    const journey = await journeyOf(helper)
    const page = String((await ask(test, helper, `/apply/${journey}`)).headers.location)
    assert.equal((await ask(test, helper, page)).status, 200)
    const list = (await ask(test, a, '/my/help')).body
    assert.match(list, /Uma Paragon/)
    assert.match(list, /Harbourview Neighbourhood Help/)
    for (const said of ['Began to help', 'Opened data of yours', 'Started an application']) assert.match(list, new RegExp(said))
    assert.doesNotMatch((await ask(test, b, '/my/help')).body, /Uma Paragon/)
    const id = /\/my\/help\/([0-9a-f-]{36})\/end/.exec(list)?.[1] ?? ''
    assert.equal((await ask(test, b, `/my/help/${id}/end`, {})).status, 404)
    assert.equal((await ask(test, a, `/my/help/${id}/end`, {})).status, 303)
    assert.equal((await ask(test, helper, page)).status, 404, 'at once')
    const left = (await ask(test, helper, '/')).body
    assert.match(left, /This has ended/)
    assert.doesNotMatch(left, /Zyxwell/)
    assert.match((await ask(test, a, '/my')).body, new RegExp(journey), 'the draft is the resident’s')
  })

  it('ends by the clock', async () => {
    const helper = await sit(test, 'uma@example.org')
    await begin(helper, a)
    ahead = 16 * 60_000
    assert.equal((await ask(test, helper, `/services/${SERVICE}/start`, {})).status, 403)
    assert.match((await ask(test, helper, '/')).body, /The time is over/)
    await expireJob.run(test.app.platform, {})
    assert.doesNotMatch((await ask(test, a, '/my/help')).body, /\/my\/help\/[0-9a-f-]{36}\/end/)
    ahead = 0
  })

  it('keeps two helped persons apart: addresses, drafts, lists and tokens', async () => {
    const helper = await sit(test, 'uma@example.org')
    await begin(helper, a)
    const journey = await journeyOf(helper)
    assert.equal(helper.jar.has('stoa_journey'), false)
    const form = String((await ask(test, helper, `/apply/${journey}`)).headers.location)
    const kept = new Map(helper.jar)
    await ask(test, helper, '/acting/end', {})
    const paths = [`/apply/${journey}`, form, `/apply/${journey}/check`, `/apply/${journey}/later`, `/apply/${journey}/done`]
    for (const path of paths) assert.equal((await ask(test, helper, path)).status, 404, `${path} afterwards`)
    await begin(helper, b)
    for (const path of paths) assert.equal((await ask(test, helper, path)).status, 404, `${path} while helping another`)
    assert.doesNotMatch((await ask(test, helper, '/my')).body, new RegExp(journey))
    const own = await journeyOf(helper)
    assert.match((await ask(test, helper, '/my')).body, new RegExp(own))
    assert.equal((await ask(test, helper, form, { _shown: '' })).status, 404, 'nor by sending')
    const stale = await send(test.url, { path: '/my', headers: { cookie: `stoa_session=${kept.get('stoa_session') ?? ''}` } })
    assert.notEqual(stale.status, 200, 'the token of the first session is worth nothing')
    await ask(test, helper, '/acting/end', {})
    assert.doesNotMatch((await ask(test, helper, '/my')).body, new RegExp(`${own}|${journey}`))
  })

  it('does not count a token that lies in the browser while helping', async () => {
    const anonymous: Seat = { accountId: '', personId: '', jar: new Map() }
    const before = await journeyOf(anonymous)
    const helper = await sit(test, 'uma@example.org')
    await begin(helper, a)
    helper.jar.set('stoa_journey', anonymous.jar.get('stoa_journey') ?? '')
    assert.equal((await ask(test, helper, `/apply/${before}`)).status, 404)
    assert.equal((await ask(test, a, '/my')).body.includes(before), false, 'nor is it given to who is helped')
    await ask(test, helper, '/acting/end', {})
  })

  describe('in one browser, one after the other', () => {
    let browser: Browser
    let context: BrowserContext
    let page: Page

    before(async () => {
      browser = await openBrowser()
      context = await browser.newContext({ locale: 'en' })
      page = await context.newPage()
      const helper = await sit(test, 'uma@example.org')
      await context.addCookies([
        { name: 'stoa_session', value: helper.jar.get('stoa_session') ?? '', url: test.url, httpOnly: true, sameSite: 'Lax' },
      ])
    })
    after(() => browser.close())

    const helpIn = async (seat: Seat): Promise<void> => {
      await page.goto(`${test.url}/assist`)
      await page.locator('[name=code]').fill(await presence(seat))
      await page.locator('[name=purpose][value=application]').check()
      await page.locator('[name=minutes][value="15"]').check()
      await page.locator('main form button[type=submit]').click()
      await page.waitForURL('**/services')
    }
    const finish = async (): Promise<void> => {
      await page.locator('.st-acting button').click()
      await page.waitForURL('**/assist?done=ended')
    }
    /** What the page shows, once it has stopped going elsewhere. */
    const shown = async (): Promise<string> => {
      for (let tries = 0; ; tries += 1) {
        try {
          await page.waitForLoadState()
          return await page.content()
        } catch (error) {
          if (tries > 50) throw error
          await page.waitForTimeout(50)
        }
      }
    }
    const stored = async (): Promise<string> =>
      String(
        await page.evaluate(`(async () => JSON.stringify([
          { ...localStorage }, { ...sessionStorage }, await indexedDB.databases(), await caches.keys(), history.state,
        ]))()`),
      )
    const traces = new RegExp(`${TYPED}|Zyxwell|ana\\.zyx`, 'i')

    it('leaves nothing of the first with the second', async () => {
      await helpIn(a)
      assert.match(await page.locator('.st-acting').innerText(), /Ana Zyxwell/)
      await page.goto(`${test.url}/services/${SERVICE}`)
      await page.locator(`form[action="/services/${SERVICE}/start"] button`).first().click()
      await page.waitForURL('**/apply/**')
      const visited: string[] = []
      let filled = false
      for (let steps = 0; steps < 6 && !filled; steps += 1) {
        visited.push(page.url())
        const fields = page.locator('#question-form input[type=text]')
        const all = await page
          .locator('#question-form input:not([type=hidden]), #question-form textarea')
          .evaluateAll((inputs) => inputs.map((input) => input.getAttribute('autocomplete')))
        assert.ok(
          all.every((value) => value === 'off'),
          'the browser keeps nothing that is typed',
        )
        filled = (await fields.count()) > 0
        if (filled) await fields.first().fill(TYPED)
        await page.locator('form#question-form button[type=submit]:not([name])').last().click()
        await page.waitForLoadState()
      }
      assert.ok(filled, 'something was typed')
      visited.push(page.url())
      await finish()
      assert.doesNotMatch(await page.content(), traces)
      await helpIn(b)
      assert.match(await page.locator('.st-acting').innerText(), /Bo Qvistram/)

      const looked = [
        '/',
        '/my',
        '/services',
        `/services/${SERVICE}`,
        '/services?q=Quill',
        '/track',
        ...visited.map((url) => new URL(url).pathname),
      ]
      for (const path of looked) {
        await page.goto(`${test.url}${path}`)
        assert.doesNotMatch(await page.content(), traces, path)
      }
      await page.goto(`${test.url}/services/${SERVICE}`)
      await page.locator(`form[action="/services/${SERVICE}/start"] button`).first().click()
      await page.waitForURL('**/apply/**')
      const values = await page
        .locator('input, textarea')
        .evaluateAll((inputs) => inputs.map((input) => ('value' in input ? String(input.value) : '')))
      assert.doesNotMatch(values.join('\n'), traces)
      for (let back = 0; back < 25; back += 1) {
        await page.goBack().catch(() => null)
        assert.doesNotMatch(await shown(), traces, `after ${back + 1} steps back: ${page.url()}`)
      }
      await page.goto(`${test.url}/`)
      assert.doesNotMatch(await stored(), traces)
      const cookies = await context.cookies()
      assert.doesNotMatch(JSON.stringify(cookies), traces)
      assert.deepEqual(
        cookies.filter((cookie) => /journey|case/.test(cookie.name)),
        [],
      )
      await finish()
      assert.doesNotMatch(await page.content(), /Zyxwell|Qvistram/)
    })
  })
})
