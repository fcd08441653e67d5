import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import { after, before, describe, it } from 'node:test'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { makeTemplates, type Templates } from '../support/templates.ts'

/** Tries every way of putting text in as script, in the page; gives those that were not refused. */
const sinks = `Object.entries({
  html: () => (document.body.innerHTML = '<b>x</b>'),
  beside: () => document.body.insertAdjacentHTML('beforeend', '<b>x</b>'),
  script: () => (document.createElement('script').text = 'globalThis.ran = 1'),
  address: () => (document.createElement('script').src = 'https://evil.example/x.js'),
  handler: () => document.createElement('img').setAttribute('onerror', 'globalThis.ran = 1'),
  frame: () => (document.createElement('iframe').srcdoc = '<script>top.ran = 1</script>'),
  write: () => document.write('<b>x</b>'),
  policy: () => globalThis.trustedTypes.createPolicy('mine', {}),
}).flatMap(([name, attempt]) => {
  try {
    attempt()
    return [name]
  } catch (error) {
    return error instanceof TypeError ? [] : [name + ': ' + error]
  }
})`

describe('what the browser is told to refuse', () => {
  let test: TestApp
  let browser: Browser
  let templates: Templates
  let stranger: Server
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    templates = await makeTemplates(test)
    browser = await openBrowser()
    stranger = createServer((_, reply) =>
      reply.setHeader('content-type', 'text/html').end(`<h1>Win a prize</h1><iframe src="${test.url}/sign-in"></iframe>`),
    )
    await new Promise<void>((done) => void stranger.listen(0, '127.0.0.1', done))
  })
  after(async () => {
    await browser.close()
    stranger.closeAllConnections()
    await new Promise((done) => void stranger.close(done))
    await test.close()
  })

  /** A page that tells of every violation of the policy and every fault of a script. */
  const watched = async (context: BrowserContext): Promise<{ page: Page; told: string[] }> => {
    const told: string[] = []
    const page = await context.newPage()
    await page.addInitScript(
      `addEventListener('securitypolicyviolation', (event) => console.error('violation ' + event.violatedDirective + ' ' + event.blockedURI + ' ' + event.sample))`,
    )
    page.on(
      'console',
      (message) =>
        void (/violation|content security policy|trusted ?type/i.test(message.text()) && told.push(`${page.url()} ${message.text()}`)),
    )
    page.on('pageerror', (error) => void told.push(`${page.url()} ${error.message}`))
    return { page, told }
  }

  it('is never what our own pages do', async () => {
    let seen = 0
    for (const seat of [null, 'resident', 'officer'] as const) {
      const context = await browser.newContext()
      if (seat) await templates.sit(context, seat)
      const { page, told } = await watched(context)
      for (const { name, path } of templates.pages.filter((template) => template.seat === seat)) {
        await page.goto(`${test.url}${path}`)
        assert.deepEqual(told, [], name)
        seen += 1
      }
      await context.close()
    }
    assert.ok(seen > 40)
  })

  it('is script that was put in as text, wherever it comes from', async () => {
    const context = await browser.newContext()
    const { page, told } = await watched(context)
    await page.goto(`${test.url}/sign-in`)
    assert.deepEqual(await page.evaluate<string[]>(sinks), [])
    await page.evaluate(`{
      const frame = document.createElement('iframe')
      frame.src = '/'
      document.body.append(frame)
    }`)
    await page.waitForTimeout(300)
    assert.equal(await page.evaluate('globalThis.ran'), undefined)
    assert.ok(
      told.some((line) => line.includes('frame-src')),
      told.join('\n'),
    )
    await context.close()
  })

  it('is our pages in the frame of another site', async () => {
    const address = stranger.address()
    const context = await browser.newContext()
    const { page, told } = await watched(context)
    await page.goto(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`)
    await page.waitForTimeout(300)
    const frame = page.frames().find((each) => each !== page.mainFrame())
    assert.ok(frame)
    assert.equal(await frame.locator('input[name=email]').count(), 0)
    assert.ok(
      told.some((line) => /frame-ancestors/.test(line)),
      told.join('\n'),
    )
    assert.equal(await page.locator('h1').textContent(), 'Win a prize')
    await context.close()
  })
})
