import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { sessionLimits } from '../../src/modules/identity/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { faultsOf, focusOf } from '../support/looks.ts'
import { makeTemplates, type Seat, signInPages, type Template, type Templates } from '../support/templates.ts'
import { signIn } from '../support/walk.ts'

describe('every page', () => {
  let test: TestApp
  let browser: Browser
  let templates: Templates
  /** A clock that tests may put forward. */
  let ahead = 0
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => new Date(Date.now() + ahead) } })
    browser = await openBrowser()
    templates = await makeTemplates(test)
  })
  after(async () => {
    await browser.close()
    await test.close()
  })

  const newPage = async (options: Parameters<Browser['newContext']>[0] & { language?: string; seat?: Seat }): Promise<Page> => {
    const { language = 'en', seat, ...rest } = options
    const context: BrowserContext = await browser.newContext({ viewport: { width: 320, height: 640 }, ...rest })
    context.setDefaultTimeout(8_000)
    await context.addCookies([{ name: 'stoa_lang', value: language, url: test.url }])
    if (seat) await templates.sit(context, seat)
    return context.newPage()
  }

  const look = async (page: Page, template: Omit<Template, 'seat'>): Promise<string[]> => {
    await page.goto(`${test.url}${template.path}`)
    try {
      await template.act?.(page)
    } catch (error) {
      return [`${template.name} (${template.path}) ${String(error).slice(0, 100)}`]
    }
    return (await faultsOf(page)).map((fault) => `${template.name} (${template.path}) ${fault}`)
  }

  for (const { language, scheme } of [
    { language: 'en', scheme: 'light' },
    { language: 'ar', scheme: 'dark' },
  ] as const) {
    it(`is accessible, narrow and easy to hit in ${language}, ${scheme}, at 320 px`, async () => {
      const faults: string[] = []
      for (const seat of [undefined, 'resident', 'officer', 'second'] as const) {
        const page = await newPage({ language, seat, colorScheme: scheme })
        const pages = seat === undefined ? signInPages : templates.pages.filter((each) => each.seat === seat)
        for (const template of pages) faults.push(...(await look(page, template)))
        await page.context().close()
      }
      assert.deepEqual(faults, [])
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
    const page = await newPage({ viewport: { width: 800, height: 700 } })
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
    const page = await newPage({})
    await signIn(page, test.url, 'resident@harbourview.example', DEMO_PASSWORD)
    // a little before the longest time a session lasts
    for (ahead = 0; ahead < sessionLimits.absoluteMs - 60_000; ahead += sessionLimits.idleMs - 60_000) await page.goto(`${test.url}/my`)
    ahead = sessionLimits.absoluteMs - 10_000
    await page.goto(`${test.url}/my`)
    await page.locator('dialog#session[open]').waitFor()
    assert.ok((await focusOf(page, '#session *')).there, 'the focus is in the dialog')
    await page.keyboard.press('Enter')
    await page.locator('dialog#session[open]').waitFor({ state: 'hidden' })
    assert.match(page.url(), /\/my$/)
    ahead = 0
    await page.context().close()
  })
})
