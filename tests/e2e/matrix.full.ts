import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { faultsOnPages } from '../support/looks.ts'
import { bankAway } from '../support/paypages.ts'
import { makeTemplates, type Templates } from '../support/templates.ts'

describe('every page in every language, colour and width', () => {
  let test: TestApp
  let browser: Browser
  let templates: Templates
  before(async () => {
    test = await startApp({ listen: true, accounts: true, env: bankAway })
    browser = await openBrowser()
    templates = await makeTemplates(test)
  })
  after(async () => {
    await browser.close()
    await test.close()
  })

  for (const language of ['en', 'es', 'ar']) {
    for (const colorScheme of ['light', 'dark'] as const) {
      for (const width of [320, 1280]) {
        it(`has no faults in ${language}, ${colorScheme}, at ${width} px`, async () => {
          assert.deepEqual(await faultsOnPages(browser, test.url, templates, { language, colorScheme, width }), [])
        })
      }
    }
  }
})
