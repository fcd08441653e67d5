import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, Page } from 'playwright-core'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { sessionLimits } from '../../src/modules/identity/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { faultsOnPages, focusOf } from '../support/looks.ts'
import { makeTemplates, type Templates } from '../support/templates.ts'
import { bankAway } from '../support/paypages.ts'
import { signIn } from '../support/walk.ts'

describe('every page', () => {
  let test: TestApp
  let browser: Browser
  let templates: Templates
  /** A clock that tests may put forward. */
  let ahead = 0
  before(async () => {
    test = await startApp({ listen: true, accounts: true, env: bankAway, overrides: { now: () => new Date(Date.now() + ahead) } })
    browser = await openBrowser()
    templates = await makeTemplates(test)
  })
  after(async () => {
    await browser.close()
    await test.close()
  })

  const newPage = async (width: number): Promise<Page> => {
    const context = await browser.newContext({ viewport: { width, height: 700 }, locale: 'en' })
    context.setDefaultTimeout(8_000)
    return context.newPage()
  }

  for (const sight of [
    { language: 'en', colorScheme: 'light', width: 320 },
    { language: 'ar', colorScheme: 'dark', width: 320 },
  ] as const) {
    it(`is accessible, narrow and easy to hit in ${sight.language}, ${sight.colorScheme}, at ${sight.width} px`, async () => {
      assert.deepEqual(await faultsOnPages(browser, test.url, templates, sight), [])
    })
  }

  /** Tab until the focused element fits; each stop must be seen to have the focus. */
  const tabTo = async (page: Page, selector: string): Promise<void> => {
    for (let stops = 0; stops < 60; stops += 1) {
      await page.keyboard.press('Tab')
      const state = await focusOf(page, selector)
      assert.ok(state.visible, `the focus is seen on ${state.what}`)
      if (state.there) return
    }
    assert.fail(`${selector} cannot be reached by Tab on ${page.url()}`)
  }

  it('can be walked by keyboard alone, from the home page into a form', async () => {
    const page = await newPage(800)
    await page.goto(`${test.url}/services/library_card`)
    await page.keyboard.press('Tab')
    assert.ok((await focusOf(page, '.ds-skip-link')).there, 'the first stop is the skip link')
    await page.keyboard.press('Enter')
    assert.ok((await focusOf(page, '#main')).there, 'it leads to the main part')
    await tabTo(page, '.st-start button')
    await page.keyboard.press('Enter')
    await page.waitForURL(/\/p\//)
    const first = page.url()
    // nothing filled in: the summary takes the focus and leads to the field
    await tabTo(page, 'form#question-form button[type=submit]:not([name])')
    await page.keyboard.press('Space')
    await page.waitForLoadState()
    await page.waitForFunction(`document.activeElement.hasAttribute('data-focus')`)
    assert.match(await page.title(), /error/i)
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    assert.ok((await focusOf(page, 'form input')).there, 'the link of the summary leads into the field')
    await page.keyboard.type('Robin Example')
    await page.keyboard.press('Enter')
    await page.waitForURL((url) => url.href !== first)
    await page.context().close()
  })

  it('asks before the session ends, and stays when asked to', async () => {
    const page = await newPage(360)
    await signIn(page, test.url, 'resident@harbourview.example', DEMO_PASSWORD)
    await page.clock.install()
    await page.goto(`${test.url}/my`)
    // nothing is done until a minute before the session ends, on both clocks
    ahead = sessionLimits.idleMs - 60_000
    await page.clock.fastForward(ahead)
    await page.locator('dialog#session[open]').waitFor()
    assert.ok((await focusOf(page, '#session *')).there, 'the focus is in the dialog')
    await page.keyboard.press('Enter')
    await page.locator('dialog#session[open]').waitFor({ state: 'hidden' })
    // longer than the session would have lasted, it is alive, and asks again before the next end
    ahead += 120_000
    await page.goto(`${test.url}/my`)
    assert.match(page.url(), /\/my$/)
    ahead = 0
    await page.context().close()
  })

  it('stops a form whose file is too large before it travels, with words at the field', async () => {
    const page = await newPage(360)
    await page.goto(`${test.url}/services/street_event_permit`)
    await page.locator('.st-start button').click()
    await page.waitForURL(/\/p\//)
    await page.goto(page.url().replace(/\/p\/.*/, '/p/site_plan_page'))
    const shown = page.url()
    await page.locator('#q-site_plan').setInputFiles({ name: 'plan.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(15_000_001) })
    const posts: string[] = []
    page.on('request', (request) => void (request.method() === 'POST' && posts.push(request.url())))
    await page.locator('form#question-form button[type=submit]:not([name])').click()
    assert.match(String(await page.evaluate(`document.querySelector('#q-site_plan').validationMessage`)), /^plan\.pdf: .*too large/)
    assert.deepEqual([posts, page.url()], [[], shown])
    await page.context().close()
  })
})
