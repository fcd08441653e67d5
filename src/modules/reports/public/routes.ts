import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { type RouteModule, textOf } from '../../../platform/http/routes.ts'
import type { Pages, View } from '../../../ui/index.ts'
import { button, html, selectField } from '../../../ui/index.ts'
import type { Board } from '../service/board.ts'
import { alertRoutes } from './alerts/routes.ts'
import { afterText, atom, csvFeed, geoJson, MOST_IN_FEED, newest, readAfter } from './feeds.ts'
import { figuresOf } from './figures/figures.ts'
import { figuresPage } from './figures/views.ts'
import { periodsOf, queryOf, readFilter } from './filter.ts'
import { readTile, tile } from './tiles.ts'
import { listPage } from './views.ts'
import { readLook, WIDGET_POLICY, widgetCode, widgetMakePage, widgetPage, widgetScript } from './widget.ts'

const PAGE = 20
const open = { config: { access: 'public' } } as const
/** Data that everybody may read from any site; without cookies it is the same for all. */
const shared = { 'access-control-allow-origin': '*', 'cross-origin-resource-policy': 'cross-origin', 'cache-control': 'public, max-age=60' }

/** What everybody can see of all reports: the list with its map, feeds, figures, alerts and the widget for other sites. */
export function publicRoutes(board: Board, pages: Pages): RouteModule {
  return (app) => {
    app.get('/reports', open, (request, reply) => showList(board, pages, request, reply))
    app.get('/reports/tiles.json', open, async (request, reply) => {
      const ask = readTile(request.query)
      if (!ask) throw new Problem('reports.no-tile', 400, 'Give bbox as west,south,east,north and a zoom.')
      const features = await tile(board, pages.view(request), readFilter(board, request.query), ask)
      return reply
        .type('application/geo+json')
        .header('cache-control', 'public, max-age=30')
        .header('vary', 'cookie, accept-language')
        .send(JSON.stringify(features))
    })
    app.get('/reports/figures', open, async (request, reply) => {
      const view = pages.view(request)
      const asked = textOf(request.query, 'period')
      const period = asked !== null && periodsOf(board.platform).includes(asked) ? asked : null
      const main = figuresPage(view, board, await figuresOf(board, period), period)
      return pages.send(request, reply, { title: view.t('reports.public.figures.title'), main, wide: true, back: { href: '/reports' } })
    })
    feeds(board, pages)(app)
    widget(board, pages)(app)
    alertRoutes(board, pages)(app)
  }
}

async function showList(board: Board, pages: Pages, request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const view = pages.view(request)
  const filter = readFilter(board, request.query)
  const heat = textOf(request.query, 'show') === 'heat'
  const found = await newest(board, filter, PAGE + 1, readAfter(textOf(request.query, 'after')))
  const reports = found.slice(0, PAGE)
  const last = reports.at(-1)
  const next = found.length > PAGE && last ? `/reports${queryOf(filter, { show: heat ? 'heat' : null, after: afterText(last) })}` : null
  const main = listPage(view, { board, filter, reports, next, heat })
  const head = html`<link rel="alternate" type="application/atom+xml" title="${view.t('reports.public.feed.atom')}" href="/reports.atom${queryOf(filter)}" />`
  return pages.send(request, reply, { title: view.t('reports.public.title'), main, head, wide: true })
}

function feeds(board: Board, pages: Pages): RouteModule {
  const feed = async (request: FastifyRequest, reply: FastifyReply, path: string) => {
    const filter = readFilter(board, request.query)
    const reports = await newest(board, filter, MOST_IN_FEED, readAfter(textOf(request.query, 'after')))
    const last = reports.at(-1)
    if (reports.length === MOST_IN_FEED && last)
      void reply.header('link', `<${board.platform.publicOrigin}${path}${queryOf(filter, { after: afterText(last) })}>; rel="next"`)
    return { view: pages.view(request), filter, reports, reply: reply.headers(shared).header('vary', 'cookie, accept-language') }
  }
  return (app) => {
    app.get('/reports.geojson', open, async (request, answer) => {
      const { view, reports, reply } = await feed(request, answer, '/reports.geojson')
      return reply.type('application/geo+json').send(geoJson(board, view, reports))
    })
    app.get('/reports.csv', open, async (request, answer) => {
      const { view, reports, reply } = await feed(request, answer, '/reports.csv')
      return reply.type('text/csv; charset=utf-8').send(csvFeed(board, view, reports))
    })
    app.get('/reports.atom', open, async (request, answer) => {
      const { view, filter, reports, reply } = await feed(request, answer, '/reports.atom')
      return reply.type('application/atom+xml; charset=utf-8').send(atom(board, view, filter, reports.slice(0, 100)))
    })
  }
}

function widget(board: Board, pages: Pages): RouteModule {
  return (app) => {
    app.get('/reports/widget', open, async (request, reply) => {
      const view = pages.view(request)
      const filter = readFilter(board, request.query)
      const look = readLook(textOf(request.query, 'theme'), textOf(request.query, 'count'))
      const page = widgetPage(view, board, filter, look, await newest(board, filter, look.count))
      // a frame of another site: nothing in it acts, so nothing can be clicked by trickery
      return reply
        .headers({
          'content-security-policy': WIDGET_POLICY,
          'cross-origin-resource-policy': 'cross-origin',
          'cache-control': 'public, max-age=60',
          vary: 'cookie, accept-language',
        })
        .removeHeader('x-frame-options')
        .type('text/html; charset=utf-8')
        .send(String(page))
    })
    app.get('/reports/widget.js', open, async (_, reply) =>
      reply
        .headers({ 'cross-origin-resource-policy': 'cross-origin', 'cache-control': 'public, max-age=3600' })
        .type('text/javascript; charset=utf-8')
        .send(widgetScript(board.platform.publicOrigin)),
    )
    app.get('/reports/widget/make', open, async (request, reply) => {
      const view = pages.view(request)
      const filter = readFilter(board, request.query)
      const look = readLook(textOf(request.query, 'theme'), textOf(request.query, 'count'))
      const code = widgetCode(board.platform.publicOrigin, filter, look, view.locale)
      const main = widgetMakePage(view, board, code, widgetForm(view, board, filter, look.theme))
      return pages.send(request, reply, { title: view.t('reports.public.widget.title'), main, back: { href: '/reports' } })
    })
  }
}

function widgetForm(view: View, board: Board, filter: ReturnType<typeof readFilter>, theme: string) {
  const { t } = view
  const named = (list: ReadonlyArray<{ id: string; name: Readonly<Record<string, string>> }>) =>
    list.map((each) => ({ value: each.id, label: each.name[view.locale] ?? each.name['en'] ?? each.id }))
  return html`<form method="get" action="/reports/widget/make" class="st-flow">
    <div class="st-filters">
      ${selectField({ id: 'district', name: 'district', label: t('reports.public.district'), value: filter.district, empty: t('reports.public.all'), options: named(board.places?.districts ?? []) })}
      ${selectField({ id: 'group', name: 'group', label: t('reports.public.group'), value: filter.group, empty: t('reports.public.all'), options: named(board.categories.groups) })}
      ${selectField({ id: 'theme', name: 'theme', label: t('reports.public.widget.theme'), value: theme, options: ['auto', 'light', 'dark'].map((value) => ({ value, label: t(`reports.public.widget.theme.${value}`) })) })}
    </div>
    ${button(t('reports.public.show'), { kind: 'secondary' })}
  </form>`
}
