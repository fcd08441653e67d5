import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser } from 'playwright-core'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { faultsOnPages } from '../support/looks.ts'
import { makeReportPages, walkTo } from '../support/reportpages.ts'

describe('reporting a problem in a browser', () => {
  let test: TestApp
  let browser: Browser
  before(async () => {
    test = await startApp({ listen: true })
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await test.close()
  })

  for (const javaScriptEnabled of [true, false]) {
    it(`goes from the home page to a reference, ${javaScriptEnabled ? 'with' : 'without'} scripts`, async () => {
      const context = await browser.newContext({ viewport: { width: 390, height: 800 }, locale: 'en', javaScriptEnabled })
      context.setDefaultTimeout(8_000)
      const page = await context.newPage()
      await page.goto(test.url)
      await page.locator('main a[href="/reports/new"]').click()
      await page.waitForURL(/\/reports\/new$/)
      // a tap on the map, drawn by the script or by the server, chooses a place
      await page.fill('#find', 'Saltgate Road')
      await page.locator('button[name=_find]').click()
      await page.locator('button[name=_pick]').first().click()
      await page.waitForLoadState()
      const before = await page.locator('[name=place-lat]').inputValue()
      if (javaScriptEnabled) await page.locator('.leaflet-container').click({ position: { x: 120, y: 120 } })
      else await page.locator('input[type=image]').click({ position: { x: 120, y: 120 } })
      await page.waitForLoadState()
      const after_ = await page.locator('[name=place-lat]').inputValue()
      assert.notEqual(after_, before, 'the tap moved the place')
      await page.locator('main form > button[type=submit]:not([name])').click()
      await page.waitForURL(/\/what$/)
      await page.fill('#typed', 'hole')
      await page.keyboard.press('Enter')
      await page.locator('.st-choices button[value=pothole]').first().click()
      await page.waitForURL(/\/describe$/)
      await page.fill('#text', `Without a name, ${javaScriptEnabled ? 'scripts' : 'none'}.`)
      await page.locator('[name=where_in_road]').first().check()
      await page.locator('main form > button[type=submit]:not([name])').click()
      await page.waitForURL(/\/(similar|send)$/)
      if (page.url().endsWith('/similar')) await page.locator('button[name=join][value=""]').click()
      await page.waitForURL(/\/send$/)
      await page.locator('main form > button[type=submit]').click()
      await page.waitForURL(/\/sent$/)
      assert.match((await page.locator('.st-reference').textContent()) ?? '', /^RPT-/)
      await page.locator('main a.ds-button').click()
      await page.waitForURL(/\/reports\/RPT-/)
      assert.match((await page.locator('main').textContent()) ?? '', /Without a name/)
      await context.close()
    })
  }

  it('keeps what was typed when the language is changed', async () => {
    const context = await browser.newContext({ viewport: { width: 390, height: 800 }, locale: 'en' })
    const page = await context.newPage()
    await walkTo(page, test.url, 'describe', { lat: 39.004, long: -30.5 })
    await page.fill('#text', 'Half a sentence')
    await page.locator('button[name=_lang][value=es]').click()
    await page.waitForLoadState()
    assert.equal(await page.locator('html').getAttribute('lang'), 'es')
    assert.equal(await page.locator('#text').inputValue(), 'Half a sentence')
    await context.close()
  })

  for (const sight of [
    { language: 'en', colorScheme: 'light', width: 320 },
    { language: 'ar', colorScheme: 'dark', width: 320 },
  ] as const) {
    it(`is accessible and narrow in ${sight.language}, ${sight.colorScheme}, at ${sight.width} px`, async () => {
      const pages = await makeReportPages(test)
      assert.deepEqual(await faultsOnPages(browser, test.url, { pages, sit: async () => undefined }, sight), [])
    })
  }
})
