import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseReference } from '../../../kernel/id.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { alert, type Content, errorSummary, html, type Pages } from '../../../ui/index.ts'
import { allow } from '../../access/index.ts'
import type { FormBody } from '../../fields/index.ts'
import type { PageParts } from '../page/come.ts'
import { type Board, factsOf, getReport } from '../service/index.ts'
import { actRoutes } from './actroutes.ts'
import { type BulkResult, doMany } from './bulk.ts'
import { desk, dropFilter, keepFilter } from './desk.ts'
import { idOf, officerOf, problemText, shownOnPage, staff } from './door.ts'
import { type Asked, deskHref, readAsked } from './filter.ts'
import { bulkSaid } from './views/bulk.ts'
import { deskView } from './views/desk.ts'

/** The pages on which officers sort reports: the desk, one report, and everything that may be done there. */
export function triageRoutes(board: Board, pages: Pages, live: PageParts['live']): RouteModule {
  const parts = { board, pages, live }
  return (app) => {
    deskRoutes(parts)(app)
    filterRoutes(parts)(app)
    actRoutes(parts)(app)
  }
}

type Shown = { readonly asked: Asked; readonly said: Content; readonly errors?: number; readonly typed?: FormBody }

async function show(parts: PageParts, request: FastifyRequest, reply: FastifyReply, shown: Shown): Promise<FastifyReply> {
  const { board, pages } = parts
  const view = pages.view(request)
  const page = await desk(board, officerOf(parts, request), shown.asked)
  if (page.kind === 'report') return seeOther(reply, `/officer/reports/${page.id}`)
  const title = view.t(shown.asked.search === '' ? `reports.triage.queue.${page.asked.queue}` : 'reports.triage.search')
  const main = deskView(view, board, page, shown.said, shown.typed)
  return pages.send(request, reply, { title, main, wide: true, errors: shown.errors ?? 0 }, shown.errors ? 422 : 200)
}

const DONE = new Set(['kept', 'dropped', 'away'])

function deskRoutes(parts: PageParts): RouteModule {
  const { board, pages } = parts
  return (app) => {
    app.get('/officer/reports', staff, (request, reply) => {
      const view = pages.view(request)
      const done = textOf(request.query, 'done') ?? ''
      const text = DONE.has(done) ? alert('success', null, html`<p role="status">${view.t(`reports.triage.done.${done}`)}</p>`) : null
      const bulk = bulkSaid(view, resultIn(request.query), (code) =>
        problemText(parts, view, { code, detail: view.t('reports.triage.bulk.other') }),
      )
      // only a reference may stand in an address: words are searched for by POST
      const search = parseReference(textOf(request.query, 'q') ?? '') ?? ''
      return show(parts, request, reply, { asked: readAsked(request.query, search), said: [text, bulk] })
    })
    // where a refused form was shown: to be come to again, as in another language
    app.get('/officer/reports/bulk', staff, async (_, reply) => seeOther(reply, '/officer/reports'))
    app.get('/officer/reports/filters', staff, async (_, reply) => seeOther(reply, '/officer/reports'))
    app.post('/officer/reports', staff, (request, reply) => {
      const form = formOf(request)
      return show(parts, request, reply, { asked: readAsked(form, (textOf(form, 'q') ?? '').trim().slice(0, 200)), said: null })
    })
    app.post('/officer/reports/bulk', staff, async (request, reply) => {
      const form = formOf(request)
      const asked = readAsked(form)
      try {
        return seeOther(reply, `${deskHref(asked)}&${resultQuery(await doMany(board, officerOf(parts, request), form))}`)
      } catch (error) {
        const view = pages.view(request)
        const text = problemText(parts, view, shownOnPage(error))
        return show(parts, request, reply, { asked, said: errorSummary(view, [{ href: '#bulk-title', text }]), errors: 1, typed: form })
      }
    })
  }
}

/** What became of an act on several reports, as it stands in an address: numbers, references and codes. */
function resultQuery({ done, failed }: BulkResult): string {
  const query = new URLSearchParams({ did: String(done) })
  for (const { reference, code } of failed) query.append('not', `${reference}~${code}`)
  return query.toString()
}

function resultIn(query: unknown): BulkResult {
  const all = typeof query === 'object' && query !== null && 'not' in query ? [query.not].flat() : []
  const failed = all.flatMap((each) => {
    const [reference = '', code = ''] = typeof each === 'string' ? each.split('~') : []
    return parseReference(reference) === reference && /^[a-z][a-z.-]{0,60}$/.test(code) ? [{ reference, code }] : []
  })
  return { done: Number(/^\d{1,3}$/.exec(textOf(query, 'did') ?? '')?.[0] ?? 0), failed: failed.slice(0, 100) }
}

function filterRoutes(parts: PageParts): RouteModule {
  const { board, pages } = parts
  return (app) => {
    app.post('/officer/reports/filters', staff, async (request, reply) => {
      const form = formOf(request)
      const asked = readAsked(form)
      try {
        await keepFilter(board, officerOf(parts, request), textOf(form, 'name') ?? '', asked)
      } catch (error) {
        const view = pages.view(request)
        const text = problemText(parts, view, shownOnPage(error))
        return show(parts, request, reply, { asked, said: errorSummary(view, [{ href: '#filter-name', text }]), errors: 1 })
      }
      return seeOther(reply, `${deskHref(asked)}&done=kept`)
    })
    app.post('/officer/reports/filters/drop', staff, async (request, reply) => {
      const form = formOf(request)
      await dropFilter(board, officerOf(parts, request), textOf(form, 'id') ?? '')
      return seeOther(reply, `${deskHref(readAsked(form))}&done=dropped`)
    })
    app.get<{ Params: { id: string } }>('/officer/reports/:id/events', staff, async (request, reply) => {
      const report = await getReport(board, idOf(request.params.id))
      allow(officerOf(parts, request), 'reports.triage', factsOf(report))
      return parts.live(reply, report.id)
    })
  }
}
