import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { seedCity } from '../../src/modules/demo/seedcity.ts'
import { query } from '../../src/platform/db.ts'
import { today } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { everybody, leakIn, watch, type Watched } from '../support/leaks.ts'
import { signIn, walkForm } from '../support/walk.ts'

describe('from start page to decision, without JavaScript', () => {
  let test: TestApp
  let browser: Browser
  const logged: string[] = []
  const refusals: string[] = []
  const watched: Watched = { addresses: [], typed: new Set() }
  before(async () => {
    const logTo = { write: (line: string) => void logged.push(line) }
    test = await startApp({ listen: true, accounts: true, env: { LOG_LEVEL: 'debug' }, overrides: { logTo } })
    await seedCity(test.app, { residents: 20, cases: 20, seed: 7 }, () => undefined)
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await test.close()
  })

  const newContext = async (): Promise<BrowserContext> => {
    const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 }, locale: 'en' })
    context.setDefaultTimeout(8_000)
    watch(context, watched)
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

  /** Goes where nobody may go, and keeps the page without its header, which says to its own reader who is signed in. */
  const refusedAt = async (page: Page, path: string): Promise<void> => {
    const answer = await page.goto(test.url + path)
    assert.ok(answer && answer.status() >= 400, path)
    refusals.push((await answer.text()).replace(/<header[^]*<\/header>/, ''))
  }

  it('a resident reads what is kept of them, an officer looks somebody up, and neither comes to what is not theirs', async () => {
    const names = await query<{ id: string }>(test.app.platform.db, 'select id from cases.case order by submitted_at limit 1')
    const path = `/officer/cases/${names[0]?.id}`
    const resident = await (await newContext()).newPage()
    await signIn(resident, test.url, 'resident@harbourview.example', DEMO_PASSWORD)
    for (const page of ['/my', '/my/data', '/my/access', '/account'])
      assert.equal((await resident.goto(test.url + page))?.status(), 200, page)
    for (const page of [path, '/officer', '/my/nowhere', '/services?q=caf%E9', '/cases/PKP-0000-0000/letters/none'])
      await refusedAt(resident, page)

    const officer = await (await newContext()).newPage()
    await signIn(officer, test.url, 'officer@harbourview.example', DEMO_PASSWORD)
    await officer.goto(`${test.url}/officer?queue=agency`)
    await officer.locator('input[type=search]').fill('Robin Example')
    await Promise.all([officer.waitForNavigation(), officer.keyboard.press('Enter')])
    assert.match(await officer.locator('main').innerText(), /[A-Z]{3}-\w{4}-\w{4}/, 'found by name')
    assert.equal((await officer.goto(test.url + path))?.status(), 200)
    await refusedAt(officer, `${path}/letters/none`)
  })

  it('leaves nothing of anybody in addresses, in the log, in the journal or on the page of a refusal', async () => {
    const people = await everybody(test)
    assert.ok(people.length > 100 && people.includes('Robin Example') && watched.typed.size > 40)
    const needles = [...people, ...watched.typed, DEMO_PASSWORD]
    const lines = await query<{ line: string }>(test.app.platform.db, 'select e::text as line from journal.event e')
    const places = { addresses: watched.addresses, refusals, logged, journal: lines.map(({ line }) => line) }
    for (const [place, least] of [
      ['addresses', 400],
      ['refusals', 6],
      ['logged', 3],
      ['journal', 100],
    ] as const) {
      // prettier-ignore
      const texts = places[place]
      assert.ok(texts.length >= least, `${place}: ${texts.length}`)
      const told = texts.find((text) => leakIn(text, needles) !== null)
      assert.equal(told, undefined, `${place} tells ${leakIn(told ?? '', needles)}`)
    }
  })

  it('and would find it there', () => {
    const needles = ['Robin Example', 'rua.costa.12@harbourview.example', '+442079460123']
    for (const needle of needles) {
      const bytes = Buffer.from(needle)
      const planted = [
        `/officer?q=${encodeURIComponent(needle)}`,
        `/officer?${new URLSearchParams({ q: needle }).toString()}&x=%`,
        `{"text":"so ${needle.toUpperCase()} said"}`,
        `<p>${needle}</p>`,
        `x${bytes.toString('base64')}`,
        bytes.toString('hex').toUpperCase(),
      ]
      for (const text of planted) assert.equal(leakIn(text, needles), needle, text)
    }
  })
})
