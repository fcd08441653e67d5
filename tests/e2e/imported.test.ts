import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import type { Browser, Page } from 'playwright-core'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { today } from '../../src/platform/platform.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { sharedData } from '../support/shared.ts'
import { signIn, walkForm } from '../support/walk.ts'

const run = promisify(execFile)

/** One real form of each kind: as a file, and the answers that lead through its conditions. */
const forms = [
  { from: 'defra', path: 'forms/govuk-defra/test.json', own: { uk_passport: true, number_of_applicants: '2' } },
  { from: 'gc-forms', path: 'forms/gc-forms/testDataWithGroups.json', own: {} },
]

describe('a real government form, imported, walked from start page to decision', () => {
  let test: TestApp | null = null
  let browser: Browser
  let folder: string
  const ids: string[] = []
  const present = forms.every((form) => sharedData(form.path) !== null)
  const skip = present ? false : 'SKIPPED: the shared real forms are not here (set STOA_SHARED_DATA)'

  before(async () => {
    if (!present) return
    folder = await mkdtemp(join(tmpdir(), 'stoa-import-'))
    for (const form of forms) {
      const args = ['src/main.ts', 'import', 'form', sharedData(form.path) ?? '', '--from', form.from, '--out', folder]
      const { stdout } = await run(process.execPath, args, { cwd: root })
      ids.push(/([a-z0-9_]+)\/service\.yaml written/.exec(stdout)?.[1] ?? '')
    }
    const checked = await run(process.execPath, ['src/main.ts', 'check', folder], { cwd: root })
    assert.match(checked.stdout, /2 services can be offered, 0 errors/)
    test = await startApp({ listen: true, accounts: true, env: { SERVICES_DIR: folder } })
    browser = await openBrowser()
  })
  after(async () => {
    await browser?.close()
    await test?.close()
    if (folder) await rm(folder, { recursive: true, force: true })
  })

  for (const [index, form] of forms.entries()) {
    it(form.path, { skip }, async () => {
      assert.ok(test)
      const { app, url } = test
      const context = await browser.newContext({ javaScriptEnabled: false, viewport: { width: 360, height: 740 } })
      context.setDefaultTimeout(8_000)
      const page = await context.newPage()
      const { definition } = app.catalogue.offer(ids[index] ?? '')
      await page.goto(`${url}/services/${definition.id}`)
      await page.locator('.st-start button').click()
      await walkForm(page, definition, today(app.platform), form.own)
      await page.locator('main form button[type=submit]').click()
      await page.waitForLoadState()
      const [reference = '', code = ''] = (await page.locator('.st-reference').allTextContents()).map((text) => text.trim())
      await test.settle()
      await decide(await (await browser.newContext({ javaScriptEnabled: false })).newPage(), url, reference)
      await test.settle()
      await page.goto(`${url}/track`)
      await page.locator('[name=reference]').fill(reference)
      await page.locator('[name=code]').fill(code)
      await page.locator('main form button[type=submit]').click()
      await page.waitForLoadState()
      assert.match(await page.locator('main').innerText(), /Granted/i)
    })
  }
})

/** Grants a case of the standard workflow as an officer. */
async function decide(page: Page, url: string, reference: string): Promise<void> {
  page.context().setDefaultTimeout(8_000)
  await signIn(page, url, 'officer@harbourview.example', DEMO_PASSWORD)
  await page.goto(`${url}/officer?q=${reference}`)
  for (const transition of ['start_review', 'grant']) {
    await page.locator(`form:has(input[name=transition][value=${transition}]) button:not([formaction]):not([name])`).first().click()
    await page.waitForLoadState()
  }
}
