import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { today } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { signIn, walkForm } from '../support/walk.ts'

describe('from start page to decision, without JavaScript', () => {
  let test: TestApp
  let browser: Browser
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await test.close()
  })

  const newContext = async (): Promise<BrowserContext> => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 }, locale: 'en' })
    context.setDefaultTimeout(8_000)
    return context
  }

  /** Applies as somebody without an account; returns the reference and the code. */
  const apply = async (page: Page, service: string): Promise<{ reference: string; code: string | null; decided: boolean }> => {
    const { definition } = test.app.catalogue.offer(service)
    await page.goto(`${test.url}/services/${service}`)
    await page.locator('.st-start button').click()
    await walkForm(page, definition, today(test.app.platform))
    await page.locator('main form button[type=submit]').click()
    await page.waitForLoadState()
    assert.match(page.url(), /\/done$/)
    const shown = await page.locator('.st-reference').allTextContents()
    return {
      reference: shown[0]?.trim() ?? '',
      code: shown[1]?.trim() ?? null,
      decided: (await page.locator('h1').textContent())?.includes('decided') ?? false,
    }
  }

  it('a resident applies, an officer decides, the resident sees it and opens the permit', async () => {
    const resident = await (await newContext()).newPage()
    const { reference, code } = await apply(resident, 'resident_parking_permit')
    assert.match(reference, /^PKP-[0-9A-Z]{4}-[0-9A-Z]{4}$/)
    await test.settle()

    const officer = await (await newContext()).newPage()
    await signIn(officer, test.url, 'officer@harbourview.example', DEMO_PASSWORD)
    await officer.goto(`${test.url}/officer?q=${reference}`)
    await officer.waitForLoadState()
    assert.match(await officer.locator('main').innerText(), new RegExp(reference))
    await officer.locator('form:has(input[name=transition][value=start_review]) button:not([formaction]):not([name])').first().click()
    await officer.locator('form:has(input[name=transition][value=grant]) button:not([formaction]):not([name])').first().click()
    await officer.waitForLoadState()
    await test.settle()

    await resident.goto(`${test.url}/track`)
    await resident.locator('[name=reference]').fill(reference.toLowerCase().replaceAll('-', ' '))
    await resident.locator('[name=code]').fill((code ?? '').toLowerCase())
    await resident.locator('main form button[type=submit]').click()
    await resident.waitForLoadState()
    assert.match(resident.url(), new RegExp(`/cases/${reference}$`))
    assert.match(await resident.locator('main').innerText(), /Granted/i)
    const letter = await resident.locator('a[href*="/letters/"]').first().getAttribute('href')
    const pdf = await resident.context().request.get(`${test.url}${letter ?? ''}`)
    assert.equal(pdf.status(), 200)
    assert.equal(pdf.headers()['content-type'], 'application/pdf')
    assert.ok(
      test.mails.some((mail) => mail.text.includes(reference)),
      'the resident was told',
    )
  })

  for (const service of [
    'food_business_licence_renewal',
    'street_event_permit',
    'visitor_tax_return',
    'school_place',
    'energy_cost_benefit',
    'change_of_address',
    'library_card',
  ]) {
    it(`${service} can be filled in and sent on a phone`, async () => {
      const page = await (await newContext()).newPage()
      const { reference } = await apply(page, service)
      assert.match(reference, /^[A-Z]{3}-/)
      await page.locator('main a.ds-button').click()
      assert.match(page.url(), new RegExp(reference))
      assert.match(await page.locator('main').innerText(), new RegExp(reference))
      await page.context().close()
    })
  }
})
