import { readFileSync } from 'node:fs'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { root } from './app.ts'
import type { Template, Templates } from './templates.ts'

const axe = readFileSync(`${root}/node_modules/axe-core/axe.min.js`, 'utf8')
const looks = readFileSync(`${root}/tests/support/looks.page.js`, 'utf8')

/** Gives every page of a context what looks at it, which costs less than to give it to each page that was loaded. */
async function giveLooks(context: BrowserContext): Promise<void> {
  await context.addInitScript({ content: axe })
  await context.addInitScript({ content: looks })
}

/** What is wrong with the page that a browser shows: WCAG violations, sideways scrolling, small targets. */
export async function faultsOf(page: Page): Promise<string[]> {
  if (!(await page.evaluate('"axe" in globalThis && "looks" in globalThis'))) {
    await page.evaluate(axe)
    await page.evaluate(looks)
  }
  return page.evaluate<string[]>('looks.faults()')
}

/** What has the focus: whether it fits the selector, and whether the focus can be seen on it. */
export async function focusOf(page: Page, selector: string): Promise<{ there: boolean; visible: boolean; what: string }> {
  await page.evaluate(looks)
  return page.evaluate(`looks.focus(${JSON.stringify(selector)})`)
}

/** Posts what the page's own form has, emptied, so that it comes back with what is wrong. */
export function sendEmpty(page: Page): Promise<void> {
  return sendEmptyForm(page, 'main form[method=post]:not([data-passkey])')
}

/** The same with the form that a selector finds, where a page has several. */
export async function sendEmptyForm(page: Page, form: string): Promise<void> {
  await page.evaluate(looks)
  await Promise.all([page.waitForNavigation({ timeout: 8_000 }), page.evaluate(`looks.sendEmpty(${JSON.stringify(form)})`)])
}

/** How pages are looked at. */
export type Sight = { readonly language: string; readonly colorScheme: 'light' | 'dark'; readonly width: number }

/** What is wrong with all pages, each seen by the one it is for. */
export async function faultsOnPages(browser: Browser, url: string, templates: Templates, sight: Sight): Promise<string[]> {
  const faults: string[] = []
  for (const seat of new Set(templates.pages.map((template) => template.seat))) {
    const context = await browser.newContext({ viewport: { width: sight.width, height: 640 }, colorScheme: sight.colorScheme })
    context.setDefaultTimeout(8_000)
    await context.addCookies([{ name: 'stoa_lang', value: sight.language, url }])
    if (seat) await templates.sit(context, seat)
    await giveLooks(context)
    const page = await context.newPage()
    for (const template of templates.pages.filter((each) => each.seat === seat)) faults.push(...(await faultsOn(page, url, template)))
    await context.close()
  }
  return faults
}

async function faultsOn(page: Page, url: string, template: Template): Promise<string[]> {
  try {
    await page.goto(`${url}${template.path}`)
    await template.act?.(page)
    // another page in its place would be looked at without anybody noticing
    const { pathname } = new URL(page.url())
    if (template.at ? !template.at.test(pathname) : pathname !== new URL(template.path, url).pathname)
      return [`${template.name} (${template.path}) leads to ${page.url()}`]
    return (await faultsOf(page)).map((fault) => `${template.name} (${template.path}) ${fault}`)
  } catch (error) {
    return [`${template.name} (${template.path}) cannot be looked at: ${String(error).slice(0, 200)}`]
  }
}
