import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { addAccount } from '../../src/modules/identity/index.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { cookiesOf, formBody, send } from '../support/client.ts'
import { makeAccount, sit } from './seats.ts'

const SERVICE = 'library_card'

describe('a shared device', () => {
  let test: TestApp
  let browser: Browser
  let ahead = 0

  before(async () => {
    test = await startApp({ listen: true, overrides: { now: () => new Date(Date.now() + ahead) } })
    await makeAccount(test, 'olu@example.org', 'Olu Officer', { role: 'officer', agency: null })
    await makeAccount(test, 'rob@example.org', 'Rob Resident')
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await test.close()
  })

  const sessionCookie = async (
    email: string,
  ): Promise<{ name: string; value: string; url: string; httpOnly: boolean; sameSite: 'Lax' }> => {
    const seat = await sit(test, email)
    return { name: 'stoa_session', value: seat.jar.get('stoa_session') ?? '', url: test.url, httpOnly: true, sameSite: 'Lax' }
  }

  /** A browser that an officer has made a shared device. */
  async function sharedDevice(javaScriptEnabled: boolean): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({ locale: 'en', javaScriptEnabled })
    const page = await context.newPage()
    await context.addCookies([await sessionCookie('olu@example.org')])
    await page.goto(`${test.url}/counter-device`)
    await page.locator('button[name=shared][value=yes]').click()
    await page.waitForURL('**/counter-device')
    assert.match(await page.content(), /This is a shared device\./)
    await page.locator('.st-acting button').click()
    await page.waitForURL(`${test.url}/`)
    return { context, page }
  }

  const names = async (context: BrowserContext): Promise<string[]> => (await context.cookies()).map((cookie) => cookie.name).toSorted()

  it('is only for staff to make, and nothing happens elsewhere', async () => {
    const seat = await sit(test, 'rob@example.org')
    const cookie = `stoa_session=${seat.jar.get('stoa_session') ?? ''}`
    const answer = await send(test.url, {
      method: 'POST',
      path: '/counter-device',
      headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
      body: 'shared=yes',
    })
    assert.equal(answer.status, 403)
    const away = await send(test.url, { path: '/goodbye', headers: { cookie } })
    assert.equal(away.headers['set-cookie'], undefined)
    assert.equal((await send(test.url, { path: '/my', headers: { cookie } })).status, 200, 'the session goes on')
    const home = await send(test.url, { path: '/' })
    assert.doesNotMatch(home.body, /goodbye/)
  })

  it('forgets an anonymous application and a session, and keeps its own mark', async () => {
    const { context, page } = await sharedDevice(true)
    assert.deepEqual(await names(context), ['stoa_kiosk'])
    await page.goto(`${test.url}/services/${SERVICE}`)
    await page.locator(`form[action="/services/${SERVICE}/start"] button`).first().click()
    await page.waitForURL('**/apply/**')
    const form = page.url()
    const kept = await context.cookies(form)
    assert.ok(kept.some((cookie) => cookie.name === 'stoa_journey'))
    for (const cookie of kept.filter(({ name }) => name !== 'stoa_kiosk'))
      assert.equal(cookie.expires, -1, `${cookie.name} ends with the browser`)
    await page.locator('.st-acting button').click()
    await page.waitForURL(`${test.url}/`)
    assert.deepEqual(await names(context), ['stoa_kiosk'])
    await page.goto(form)
    assert.match(await page.content(), /We cannot find that/)
    assert.doesNotMatch(await page.content(), /question-form/)
    await context.close()
  })

  it('ends after three minutes of nothing, and not while somebody types', async () => {
    const { context, page } = await sharedDevice(true)
    await page.clock.install()
    await context.addCookies([await sessionCookie('rob@example.org')])
    await page.goto(`${test.url}/services/${SERVICE}`)
    await page.locator(`form[action="/services/${SERVICE}/start"] button`).first().click()
    await page.waitForURL('**/apply/**')
    await page.clock.fastForward(150_000)
    await page.keyboard.press('Tab')
    await page.clock.fastForward(150_000)
    assert.match(page.url(), /\/apply\//, 'somebody is there')
    await page.clock.fastForward(181_000)
    await page.waitForURL(`${test.url}/`)
    assert.deepEqual(await names(context), ['stoa_kiosk'])
    await page.goBack()
    assert.doesNotMatch(await page.content(), /question-form/)
    await context.close()
  })

  it('works without scripts', async () => {
    const { context, page } = await sharedDevice(false)
    await page.goto(`${test.url}/services`)
    assert.match(await page.content(), /<meta http-equiv="refresh" content="180; url=\/goodbye"/)
    await context.close()
  })

  it('begins sessions that last three minutes', async () => {
    const { platform, hasher } = test.app
    const [email, password] = ['kim@example.org', 'paper-lantern-2026']
    const passwordHash = await hasher.hash(password)
    await transact(platform, (tx) =>
      addAccount(tx, { name: 'Kim Kiosk', email, passwordHash, language: 'en', status: 'active', staffName: null }),
    )
    const answer = await send(test.url, {
      method: 'POST',
      path: '/sign-in',
      headers: { cookie: 'stoa_kiosk=on', 'content-type': 'application/x-www-form-urlencoded' },
      body: formBody({ email, password }),
    })
    assert.equal(answer.status, 303, answer.body)
    const lines = answer.headers['set-cookie'] ?? []
    assert.ok(
      lines.every((line) => !/Max-Age=[1-9]/.test(line)),
      'it ends with the browser',
    )
    const cookie = cookiesOf(answer).findLast((line) => line.startsWith('stoa_session=')) ?? ''
    assert.equal((await send(test.url, { path: '/my', headers: { cookie } })).status, 200)
    ahead = 181_000
    assert.notEqual((await send(test.url, { path: '/my', headers: { cookie, accept: 'text/html' } })).status, 200)
    ahead = 0
  })
})
