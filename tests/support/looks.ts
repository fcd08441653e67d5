import { readFileSync } from 'node:fs'
import type { Page } from 'playwright-core'
import { root } from './app.ts'

const axe = readFileSync(`${root}/node_modules/axe-core/axe.min.js`, 'utf8')
const looks = readFileSync(`${root}/tests/support/looks.page.js`, 'utf8')

/** What is wrong with the page that a browser shows: WCAG violations, sideways scrolling, small targets. Empty when nothing is. */
export async function faultsOf(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  await page.evaluate(looks)
  return page.evaluate<string[]>('looks.faults()')
}

/** What has the focus: whether it fits the selector, and whether the focus can be seen on it. */
export async function focusOf(page: Page, selector: string): Promise<{ there: boolean; visible: boolean; what: string }> {
  await page.evaluate(looks)
  return page.evaluate(`looks.focus(${JSON.stringify(selector)})`)
}

/** Posts what the page's own form has, emptied, so that it comes back with what is wrong. */
export async function sendEmpty(page: Page): Promise<void> {
  await page.evaluate(looks)
  await Promise.all([page.waitForNavigation({ timeout: 3_000 }), page.evaluate('looks.sendEmpty()')])
}
