import assert from 'node:assert/strict'
import type { Browser, Page } from 'playwright-core'
import { after, before, describe, test } from 'node:test'
import { openBrowser } from '../support/browser.ts'
import { faultsOf } from '../support/looks.ts'
import { payByCard, payByWallet, payerAt } from '../support/payer.ts'
import { makeStage, type Stage } from './stage.ts'

const card = { expiry: '09/99', security: '123' }
const long = 'Renewal of the parking permit of a household in the old town, second instalment of the year 2026 with all that belongs to it'

describe('the pages of the bank', () => {
  let stage: Stage
  let browser: Browser
  before(async () => {
    stage = await makeStage()
    browser = await openBrowser()
  })
  after(async () => {
    await browser.close()
    await stage.close()
  })

  /** An address for each page there is, and what to do there first. */
  async function pages(): Promise<Array<{ name: string; url: string; act?: (page: Page) => Promise<unknown> }>> {
    const fresh = async (): Promise<string> => (await stage.pay({ description: long })).pay_url
    const at = async (work: (payUrl: string) => Promise<unknown>): Promise<string> => {
      const payUrl = await fresh()
      await work(payUrl)
      return payUrl
    }
    const code = await at((url) => payerAt(url).send('card', { number: '4111111111111111', ...card }))
    const submit = (page: Page, selector: string) => Promise.all([page.waitForNavigation(), page.click(selector)])
    const chosen = await fresh()
    const office = `${stage.bank.url}/office`
    return [
      { name: 'choose', url: chosen },
      { name: 'test cards', url: chosen, act: (page) => page.click('summary') },
      { name: 'card with faults', url: chosen, act: (page) => submit(page, 'form[action*="/card"] button') },
      { name: 'code', url: code },
      { name: 'code with a fault', url: code, act: (page) => submit(page, 'form[action*="/code"] button') },
      { name: 'wallet', url: await at((url) => payerAt(url).send('wallet')) },
      { name: 'paid', url: await at((url) => payByWallet(url)) },
      { name: 'declined', url: await at((url) => payByCard(url, '4000000000000002')) },
      { name: 'waiting', url: await at((url) => payByCard(url, '4000000000000119')) },
      { name: 'cancelled', url: await at((url) => payerAt(url).send('cancel')) },
      { name: 'no such payment', url: `${stage.bank.url}/pay/none` },
      { name: 'office', url: office },
      { name: 'office after a close', url: office, act: (page) => submit(page, 'form[action*="close-day"] button') },
      { name: 'office with a fault', url: office, act: (page) => submit(page, 'form[action*="transfers"] button') },
    ]
  }

  for (const { language, colorScheme } of [
    { language: 'en', colorScheme: 'light' },
    { language: 'ar', colorScheme: 'dark' },
  ] as const)
    test(`are accessible in ${language}, ${colorScheme}, at 320 px`, async () => {
      const context = await browser.newContext({ viewport: { width: 320, height: 640 }, colorScheme })
      const page = await context.newPage()
      const refused: string[] = []
      page.on('console', (message) => {
        if (/Content Security Policy/i.test(message.text())) refused.push(message.text())
      })
      const faults: string[] = []
      const titles = new Set<string>()
      for (const { name, url, act } of await pages()) {
        await page.goto(`${url}?lang=${language}`)
        await act?.(page)
        assert.equal(await page.getAttribute('html', 'lang'), language, name)
        assert.equal(await page.getAttribute('html', 'dir'), language === 'ar' ? 'rtl' : 'ltr', name)
        titles.add(await page.title())
        faults.push(...(await faultsOf(page)).map((fault) => `${name}: ${fault}`))
      }
      assert.deepEqual(faults, [])
      assert.deepEqual(refused, [])
      assert.ok(titles.size >= 7, [...titles].join(', '))
      await context.close()
    })

  test('pay without JavaScript, and lead back to the merchant', async () => {
    for (const language of ['en', 'es', 'ar']) {
      const { id, pay_url: payUrl } = await stage.pay({ language, return_url: `${stage.bank.url}/healthz?back` })
      const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 320, height: 640 } })
      const page = await context.newPage()
      await page.goto(payUrl)
      assert.equal(await page.getAttribute('html', 'lang'), language)
      await page.fill('#number', '4111 1111 1111 1111')
      await page.fill('#expiry', '09/99')
      await page.fill('#security', '123')
      await page.click('form[action*="/card"] button')
      const sent = (await page.textContent('#sent-code')) ?? ''
      await page.fill('#code', sent)
      await page.click('form[action*="/code"] button')
      assert.equal(page.url(), `${stage.bank.url}/healthz?back`)
      assert.equal((await stage.now(id)).state, 'captured')
      await context.close()
    }
  })

  test('lead to a merchant at another origin in spite of their policy', async () => {
    const { pay_url: payUrl } = await stage.pay({ return_url: `http://localhost:${new URL(stage.bank.url).port}/healthz?elsewhere` })
    const context = await browser.newContext()
    const page = await context.newPage()
    await page.goto(payUrl)
    await page.click('form[action*="/wallet"] button')
    await page.click('form[action*="/confirm"] button')
    assert.match(page.url(), /^http:\/\/localhost:\d+\/healthz\?elsewhere$/)
    await context.close()
  })

  test('of the office act', async () => {
    const payment = await stage.pay()
    await payByWallet(payment.pay_url)
    const context = await browser.newContext({ javaScriptEnabled: false })
    const page = await context.newPage()
    await page.goto(`${stage.bank.url}/office`)
    await page.click(`form:has(input[value="${payment.id}"]) button`)
    assert.match((await page.textContent('.notice')) ?? '', /charged back/)
    assert.equal((await stage.now(payment.id)).charged_back, '2500')
    await page.click(`form[action*="chargebacks/won"]:has(input[value="${(await stage.now(payment.id)).chargebacks[0]?.id}"]) button`)
    assert.match((await page.textContent('.notice')) ?? '', /decided for the merchant/)
    assert.equal((await stage.now(payment.id)).charged_back, '0')
    await page.fill('#t-amount', '700')
    await page.fill('#t-name', 'Ann Example')
    await page.click('form[action*="transfers"] button')
    assert.match((await page.textContent('.notice')) ?? '', /booked at the close of day/)
    await page.selectOption('#webhooks', 'held')
    await page.click('form[action*="weather"] button')
    assert.equal(await page.inputValue('#webhooks'), 'held')
    await context.close()
  })
})
