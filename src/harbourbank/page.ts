import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import type { FastifyInstance } from 'fastify'
import { direction } from '../kernel/text.ts'
import type { Translate } from '../platform/i18n.ts'
import { html, type Content } from '../ui/html.ts'

const css = readFileSync(fileURLToPath(new URL('bank.css', import.meta.url)), 'utf8')
const version = createHash('sha256').update(css).digest('hex').slice(0, 12)

/** Who reads a page: their language and its words. */
export type Reader = { readonly language: string; readonly t: Translate }

/** A page of the bank as its text. `here` is its own address, for the links to the other languages. */
export function page(reader: Reader, parts: { title: string; here: string; main: Content; wide?: boolean; banner?: string }): string {
  const { language, t } = reader
  const others = [
    ['en', 'English'],
    ['es', 'Español'],
    ['ar', 'العربية'],
  ] as const
  return html`<!doctype html>
    <html lang="${language}" dir="${direction(language)}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${parts.title} – ${t('harbourbank.name')}</title>
        <link rel="stylesheet" href="/assets/bank-${version}.css" />
        <link rel="icon" href="/assets/bank.svg" type="image/svg+xml" />
      </head>
      <body class="${parts.wide ? 'wide' : 'narrow'}">
        <a class="skip" href="#main">${t('harbourbank.skip')}</a>
        <header>
          <p class="brand"><img src="/assets/bank.svg" alt="" width="36" height="36" /> <span>${t('harbourbank.name')}</span></p>
          <p class="banner">${parts.banner ?? t('harbourbank.sandbox')}</p>
        </header>
        <main id="main" tabindex="-1">${parts.main}</main>
        <footer>
          <nav aria-label="${t('harbourbank.languages')}">
            <ul>
              ${others.map(
                ([tag, name]) =>
                  html`<li>
                    ${
                      tag === language
                        ? html`<span lang="${tag}" aria-current="true">${name}</span>`
                        : html`<a href="${parts.here}?lang=${tag}" hreflang="${tag}" lang="${tag}">${name}</a>`
                    }
                  </li>`,
              )}
            </ul>
          </nav>
          <p>${t('harbourbank.about')}</p>
        </footer>
      </body>
    </html>`.toString()
}

const svg =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 36 36"><circle cx="18" cy="18" r="18" fill="#f2c14e"/><path d="M18 6v21M11 12h14M8 21c1 5 5 8 10 8s9-3 10-8" fill="none" stroke="#14342b" stroke-width="3" stroke-linecap="round"/></svg>'

/** What pages load: their one style sheet and the bank's sign. */
export async function assetRoutes(app: FastifyInstance): Promise<void> {
  const forever = 'public, max-age=31536000, immutable'
  app.get(`/assets/bank-${version}.css`, async (_request, reply) =>
    reply.type('text/css; charset=utf-8').header('cache-control', forever).send(css),
  )
  app.get('/assets/bank.svg', async (_request, reply) =>
    reply.type('image/svg+xml').header('cache-control', 'public, max-age=86400').send(svg),
  )
}

/** A link that looks like a button, a form with one button, and what is left to say in a box. */
export const pieces = {
  alert: (title: string, text: Content): Content =>
    html`<div class="alert" role="alert" tabindex="-1" id="fault"><h2>${title}</h2><p>${text}</p></div>`,
  facts: (rows: ReadonlyArray<readonly [string, Content]>): Content =>
    html`<dl>
      ${rows.map(([name, value]) => html`<div><dt>${name}</dt><dd>${value}</dd></div>`)}
    </dl>`,
} as const
