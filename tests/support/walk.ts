import assert from 'node:assert/strict'
import type { Page } from 'playwright-core'
import sharp from 'sharp'
import { answerKind } from '../../src/modules/fields/index.ts'
import { withDemoCode } from './authenticator.ts'
import { exampleFor, type Question, type RowQuestion, type ServiceDefinition } from '../../src/modules/servicefile/index.ts'

/** Fills in a service in the browser, page by page, with its examples; ends on the check page. Returns the pages seen. */
export async function walkForm(
  page: Page,
  definition: ServiceDefinition,
  today: string,
  own: Readonly<Record<string, unknown>> = {},
): Promise<string[]> {
  const seen: string[] = []
  for (let steps = 0; steps < 120; steps += 1) {
    const path = new URL(page.url()).pathname
    if (path.endsWith('/check')) return seen
    const match = /\/p\/([a-z0-9_]+)$/.exec(path)
    if (!match) {
      // a task list: the first part that is to be done
      await page
        .locator('.st-tasks a')
        .filter({ has: page.locator('xpath=ancestor::li[not(.//*[@data-color="success"])]') })
        .first()
        .click()
      continue
    }
    const id = match[1] ?? ''
    seen.push(id)
    assert.ok(seen.filter((each) => each === id).length < 4, `the form goes on from ${id}`)
    await fillPage(page, definition, id, today, own)
    await page.locator('form#question-form button[type=submit]:not([name])').last().click()
    await page.waitForLoadState()
  }
  throw new Error('the form has no end')
}

async function fillPage(
  page: Page,
  definition: ServiceDefinition,
  id: string,
  today: string,
  own: Readonly<Record<string, unknown>>,
): Promise<void> {
  const shown = (await page.locator('input[name=_shown]').getAttribute('value')) ?? ''
  const questions = definition.form.pages.find((each) => each.id === id)?.questions ?? []
  for (const question of questions.filter((each) => shown.split(' ').includes(each.id))) {
    const value = own[question.id] ?? exampleFor(question, today)
    if (question.kind === 'repeating_group') await fillRows(page, question, Array.isArray(value) ? value : [], today)
    else if (question.kind === 'file') {
      if ((await page.locator(`button[name=_remove_file]`).count()) === 0) {
        const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#484' } })
          .jpeg()
          .toBuffer()
        await page.locator(`[name="${question.id}"]`).setInputFiles([{ name: 'photo.jpg', mimeType: 'image/jpeg', buffer: bytes }])
      }
    } else await fillField(page, question, value)
  }
}

async function fillRows(page: Page, question: Question, rows: readonly unknown[], today: string): Promise<void> {
  const had = await page.locator('button[name=_change_row]').count()
  for (const row of rows.slice(had)) {
    await page.locator(`button[name=_add_row][value="${question.id}"]`).click()
    await page.waitForLoadState()
    for (const column of question.questions ?? []) {
      const value =
        typeof row === 'object' && row !== null ? Object.entries(row).find(([key]) => key === column.id)?.[1] : exampleFor(column, today)
      if (value !== undefined && value !== null)
        await fillField(
          page,
          column,
          typeof value === 'string' && column.kind === 'date' ? exampleFor({ ...column, example: value }, today) : value,
        )
    }
    await page.locator('form#question-form button[type=submit]:not([name])').last().click()
    await page.waitForLoadState()
  }
}

async function fillField(page: Page, question: Question | RowQuestion, value: unknown): Promise<void> {
  const field = (suffix = '') => page.locator(`[name="${question.id}${suffix}"]`)
  const part = (name: string): string =>
    typeof value === 'object' && value !== null ? String(Object.entries(value).find(([key]) => key === name)?.[1] ?? '') : ''
  switch (answerKind(question)) {
    case 'date': {
      const [year = '', month = '', day = ''] = String(value).split('-')
      await field('-day').fill(String(Number(day)))
      await field('-month').fill(String(Number(month)))
      await field('-year').fill(year)
      return
    }
    case 'yes_no':
      await page.locator(`[name="${question.id}"][value="${value === true ? 'yes' : 'no'}"]`).check()
      return
    case 'one_of':
      if ((await page.locator(`select[name="${question.id}"]`).count()) > 0) await field().selectOption(String(value))
      else await page.locator(`[name="${question.id}"][value="${String(value)}"]`).check()
      return
    case 'many_of':
      for (const each of Array.isArray(value) ? value : []) await page.locator(`[name="${question.id}"][value="${String(each)}"]`).check()
      return
    case 'address':
      for (const name of ['line1', 'line2', 'town', 'postcode'])
        if (part(name) !== '' && (await field(`-${name}`).count()) > 0) await field(`-${name}`).fill(part(name))
      return
    case 'place':
      await field('-lat').fill(part('lat'))
      await field('-long').fill(part('long'))
      return
    case 'money':
      await field().fill((Number(part('amount')) / 100).toFixed(2))
      return
    default:
      await field().fill(typeof value === 'string' || typeof value === 'number' ? String(value) : '')
  }
}

/** Signs in on the page, with the second step where the account has one. */
export async function signIn(page: Page, url: string, email: string, password: string): Promise<void> {
  await page.goto(`${url}/sign-in`)
  await page.locator('[name=email]').fill(email)
  await page.locator('[name=password]').fill(password)
  // without waiting for the answer itself, a slow one would cut off the page that is asked for next
  await Promise.all([page.waitForNavigation(), page.locator('form[action="/sign-in"] button[type=submit]').click()])
  if (!page.url().includes('/sign-in/second-step')) return
  await withDemoCode(url, email, async (code) => {
    await page.locator('[name=code]').fill(code)
    await Promise.all([page.waitForNavigation(), page.locator('form[action="/sign-in/second-step"] button[type=submit]').click()])
    return !page.url().includes('/sign-in/second-step')
  })
}
