import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import type { TestApp } from './app.ts'
import { formBody, send } from './client.ts'
import { sendEmpty, sendEmptyForm } from './looks.ts'
import { report, Resident } from './reporting.ts'
import type { Template } from './templates.ts'

/** A place of the demo city. */
const AT = { lat: 38.99404, long: -30.51199 } as const

type Step = 'what' | 'danger' | 'describe' | 'similar' | 'send' | 'sent'

/** Presses a button and waits for the page that comes. */
async function press(page: Page, selector: string): Promise<void> {
  await page.locator(selector).first().click()
  await page.waitForLoadState()
}

/** Goes the pages of a new report up to a step, as somebody without a script could. */
export async function walkTo(page: Page, url: string, step: Step, at: { lat: number; long: number } = AT): Promise<void> {
  await page.goto(`${url}/reports/new?lat=${at.lat}&long=${at.long}`)
  await press(page, 'main form > button[type=submit]:not([name])')
  await page.goto(`${url}/reports/new/what`)
  if (step === 'what') return
  const category = step === 'danger' ? 'live_wire' : 'pothole'
  const choice = page.locator(`details:has(button[name=category][value=${category}])`)
  if ((await choice.getAttribute('open')) === null) await choice.locator('summary').click()
  await press(page, `details button[name=category][value=${category}]`)
  if (step === 'danger') return
  await page.goto(`${url}/reports/new/describe`)
  if (step === 'describe') return
  await page.fill('#text', 'A hole beside the kerb.')
  await page.locator('[name=where_in_road]').first().check()
  await press(page, 'main form > button[type=submit]:not([name])')
  if (step === 'similar') return
  if (page.url().endsWith('/similar')) await press(page, 'button[name=join][value=""]')
  if (step === 'send') return
  await press(page, 'main form > button[type=submit]')
}

/** The pages of reporting and of reports, each as somebody without an account sees it. */
export async function makeReportPages(test: TestApp): Promise<Template[]> {
  const reference = await report(new Resident(test.url), { category: 'pothole', at: AT, text: 'The hole of everybody.' })
  const seen = (name: string, path: string, act?: Template['act'], at?: RegExp): Template => ({ name, path, seat: null, act, at })
  const step = (name: Step): Template =>
    seen(`report, ${name}`, '/reports/new', (page) => walkTo(page, test.url, name), new RegExp(`/${name}$`))
  return [
    seen('report, where', '/reports/new'),
    seen('report, where, wrong', '/reports/new', sendEmpty),
    seen('report, outside', '/reports/new', async (page) => {
      await page.fill('#find', '48.2, 11.5')
      await press(page, 'button[name=_find]')
    }),
    step('what'),
    step('danger'),
    step('describe'),
    step('similar'),
    step('send'),
    step('sent'),
    seen('report, describe, wrong', '/reports/new', async (page) => {
      await walkTo(page, test.url, 'describe')
      await sendEmpty(page)
    }, /\/describe$/), // prettier-ignore
    seen('report', `/reports/${reference}`),
    seen('report, wrong', `/reports/${reference}`, (page) => press(page, 'form[action$="/follow"] button')  , /\/follow$/), // prettier-ignore
    ...(await publicPages(test)),
  ]
}

/** What everybody sees of all reports, and the pages that an alert leads through. */
async function publicPages(test: TestApp): Promise<Template[]> {
  const code = await askedAlert(test)
  const seen = (name: string, path: string, act?: Template['act']): Template => ({ name, path, seat: null, act })
  return [
    seen('reports', '/reports'),
    seen('reports, heat', '/reports?show=heat'),
    seen('reports, filtered', '/reports?state=open&group=streets'),
    seen('reports, none', '/reports?period=2001&outcome=withdrawn'),
    seen('reports, figures', '/reports/figures'),
    seen('alerts', '/reports/alerts'),
    seen('alerts, wrong', '/reports/alerts', (page) => sendEmptyForm(page, 'main form[action="/reports/alerts"]')),
    seen('alert, asked', '/reports/alerts/asked'),
    seen('alert, confirm', `/reports/alerts/confirm?code=${code}`),
    seen('alert, confirmed', '/reports/alerts/confirmed'),
    seen('alert, end', `/reports/alerts/end?code=${code}`),
    seen('alert, ended', '/reports/alerts/ended'),
    seen('alert, link lost', '/reports/alerts/confirm?code=none'),
    seen('widget', '/reports/widget'),
    seen('widget, dark', '/reports/widget?theme=dark&count=3'),
    seen('widget, make', '/reports/widget/make'),
  ]
}

/** Asks for an alert as anybody can; the code of the link in its mail. */
async function askedAlert(test: TestApp): Promise<string> {
  const district = test.app.board.places?.districts[0]?.id ?? ''
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const body = formBody({ district, email: 'harbour.watcher@example.org' })
  const asked = await send(test.url, { method: 'POST', path: '/reports/alerts', headers, body })
  assert.equal(asked.status, 303, asked.body)
  await test.settle()
  const mail = test.mails.findLast((each) => each.to === 'harbour.watcher@example.org')
  return /confirm\?code=(\S+)/.exec(mail?.text ?? '')?.[1] ?? assert.fail('no mail with a link came')
}
