import { html, type Html, linkButton, plainWords, type View } from '../../../ui/index.ts'
import type { Report } from '../report.ts'
import type { Board } from '../service/board.ts'
import { filterNames, type PublicFilter, queryOf } from './filter.ts'
import { item } from './views.ts'

/** How a widget looks on another site. */
export type WidgetLook = { readonly theme: 'auto' | 'light' | 'dark'; readonly count: number }

/** The policy of the widget's page: it may stand in a frame of any site, and does nothing but link. */
export const WIDGET_POLICY =
  "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors *; require-trusted-types-for 'script'; trusted-types 'none'"

/** Reads how the widget should look; anything else is the usual look. */
export function readLook(theme: string | null, count: string | null): WidgetLook {
  const wanted = Number(count ?? '5')
  return {
    theme: theme === 'light' || theme === 'dark' ? theme : 'auto',
    count: Number.isInteger(wanted) && wanted >= 1 && wanted <= 20 ? wanted : 5,
  }
}

/** The page in the frame: the newest reports of a filter, without script; its links open outside the frame. */
export function widgetPage(view: View, board: Board, filter: PublicFilter, look: WidgetLook, reports: readonly Report[]): Html {
  const { t } = view
  return html`<!doctype html>
    <html lang="${view.locale}" dir="${view.dir}" data-color-scheme="${look.theme}">
      <head>
        <meta charset="utf-8" />
        <title>${t('reports.public.title')}</title>
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <base target="_top" />
        <link rel="stylesheet" href="${view.assets.css}" />
        <link rel="stylesheet" href="${view.assets.theme}" />
      </head>
      <body class="st-widget">
        <main class="st-flow">
          <h1>${t('reports.public.widget.heading', { city: plainWords(view, view.city.name) })}</h1>
          ${
            reports.length === 0
              ? html`<p>${t('reports.public.none')}</p>`
              : html`<ul class="st-reports">
                  ${reports.map((report) => item(view, board, report, 2))}
                </ul>`
          }
          <p>${linkButton('/reports/new', t('reports.public.new'))} ${linkButton(`/reports${queryOf(filter)}`, t('reports.public.widget.all'), { kind: 'secondary' })}</p>
        </main>
      </body>
    </html>`
}

/** What another site puts into its page: a script tag, or the frame itself. */
export function widgetCode(
  origin: string,
  filter: PublicFilter,
  look: WidgetLook,
  locale: string,
): { readonly script: string; readonly frame: string } {
  const given = Object.entries({
    ...filter,
    lang: locale,
    theme: look.theme === 'auto' ? null : look.theme,
    count: look.count === 5 ? null : String(look.count),
  })
  const attributes = given.flatMap(([name, value]) => (value === null ? [] : [` data-${name}="${value}"`])).join('')
  const query = queryOf(filter, {
    lang: locale,
    theme: look.theme === 'auto' ? null : look.theme,
    count: look.count === 5 ? null : String(look.count),
  })
  return {
    script: `<script src="${origin}/reports/widget.js" async${attributes}></script>`,
    frame: `<iframe src="${origin}/reports/widget${query.replaceAll('&', '&amp;')}" title="Reports" width="100%" height="640" loading="lazy"></iframe>`,
  }
}

/** The script of the widget: it puts the frame where its tag stands, with what the tag's data-attributes say. */
export function widgetScript(origin: string): string {
  const names = JSON.stringify([...filterNames, 'lang', 'theme', 'count'])
  return `(() => {
  const tag = document.currentScript
  if (!tag) return
  const address = new URL('/reports/widget', ${JSON.stringify(origin)})
  for (const name of ${names}) {
    const value = tag.dataset[name]
    if (value) address.searchParams.set(name, value)
  }
  const frame = document.createElement('iframe')
  frame.src = address.href
  frame.title = tag.dataset.title || 'Reports'
  frame.loading = 'lazy'
  frame.width = tag.dataset.width || '100%'
  frame.height = tag.dataset.height || '640'
  tag.after(frame)
})()
`
}

/** The page that makes the code. */
export function widgetMakePage(view: View, board: Board, code: { readonly script: string; readonly frame: string }, form: Html): Html {
  const { t } = view
  return html`<h1>${t('reports.public.widget.title')}</h1>
    <p class="st-lead">${t('reports.public.widget.lead', { city: plainWords(view, board.platform.city.name) })}</p>
    ${form}
    <h2>${t('reports.public.widget.script')}</h2>
    <pre class="st-source" dir="ltr" tabindex="0"><code>${code.script}</code></pre>
    <h2>${t('reports.public.widget.frame')}</h2>
    <pre class="st-source" dir="ltr" tabindex="0"><code>${code.frame}</code></pre>`
}
