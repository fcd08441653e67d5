import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseReference } from '../../../kernel/id.ts'
import { notFound } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { alert, html } from '../../../ui/index.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import type { FormBody } from '../../fields/index.ts'
import { readChooser } from '../../places/index.ts'
import { type Posted, readPost } from '../ask/writer.ts'
import type { PageParts } from '../page/come.ts'
import { handOverPanel } from '../peers/index.ts'
import { photoById } from '../photos/store.ts'
import { isOpen, type Report } from '../report.ts'
import { factsOf, getReport, staffPhoto } from '../service/index.ts'
import { reportByReference } from '../store.ts'
import { acts, mergePair } from './acts.ts'
import { sortedReport } from './read.ts'
import { idOf, officerOf, onward, problemText, shownOnPage, staff } from './door.ts'
import type { Refused } from './views/forms.ts'
import { askOther, mergeView, type PlaceShown, placeView } from './views/places.ts'
import { sortedView } from './views/report.ts'

type IdRoute = { Params: { id: string } }

const upload = { config: { access: 'staff', upload: true } } as const

/** What the page says after an act, by the word in its address. */
const DONE = new Set([...Object.keys(acts), 'merge'])
/** Acts with a page of their own, or whose form comes with files. */
const APART = new Set(['place', 'fix'])

/** The page of one report and everything that may be done there. */
export function actRoutes(parts: PageParts): RouteModule {
  return (app) => {
    readingRoutes(parts)(app)
    placeRoutes(parts)(app)
    mergeRoutes(parts)(app)
    for (const name of Object.keys(acts).filter((each) => !APART.has(each)))
      app.post<IdRoute>(`/officer/reports/:id/${name}`, staff, (request, reply) => act(parts, request, reply, name))
    app.post<IdRoute>('/officer/reports/:id/fix', upload, async (request, reply) =>
      act(parts, request, reply, 'fix', await readPost(request)),
    )
  }
}

type Found = { readonly actor: Actor; readonly report: Report }

/** The report of a path, for an officer who may sort it. */
async function reportOf(parts: PageParts, request: FastifyRequest<IdRoute>): Promise<Found> {
  const actor = officerOf(parts, request)
  const report = await getReport(parts.board, idOf(request.params.id))
  allow(actor, 'reports.triage', factsOf(report))
  return { actor, report }
}

async function show(
  parts: PageParts,
  request: FastifyRequest<IdRoute>,
  reply: FastifyReply,
  refused: Refused | null,
  status = 200,
): Promise<FastifyReply> {
  const { board, pages } = parts
  const view = pages.view(request)
  const personal = textOf(request.query, 'personal') === '1'
  const found = await sortedReport(board, officerOf(parts, request), idOf(request.params.id), personal)
  const done = textOf(request.query, 'done') ?? ''
  const said =
    refused === null && DONE.has(done) ? alert('success', null, html`<p role="status">${view.t(`reports.triage.done.${done}`)}</p>`) : null
  const page = {
    title: found.report.reference,
    main: sortedView(view, board, found, refused, said, await handOverPanel(board, view, found.report)),
    errors: refused ? 1 : 0,
    live: `/officer/reports/${found.report.id}/events`,
    back: { href: '/officer/reports', label: view.t('reports.triage.queues') },
    wide: true,
  }
  return pages.send(request, reply, page, status)
}

function readingRoutes(parts: PageParts): RouteModule {
  const { board } = parts
  return (app) => {
    app.get<IdRoute>('/officer/reports/:id', staff, async (request, reply) => {
      // a reference that somebody typed or was told leads there too
      const reference = parseReference(request.params.id)
      const named = reference === null ? null : await reportByReference(board.platform.db, reference)
      if (named && may(officerOf(parts, request), 'reports.triage', factsOf(named))) return seeOther(reply, `/officer/reports/${named.id}`)
      return show(parts, request, reply, null)
    })
    // where a refused form was shown: to be come to again, as in another language
    for (const name of Object.keys(acts).filter((each) => each !== 'place'))
      app.get<IdRoute>(`/officer/reports/:id/${name}`, staff, async (request, reply) =>
        seeOther(reply, `/officer/reports/${(await reportOf(parts, request)).report.id}`),
      )
    app.get<{ Params: { id: string; photo: string } }>('/officer/reports/:id/photos/:photo', staff, async (request, reply) => {
      const { actor, report } = await reportOf(parts, request)
      const id = idOf(request.params.photo)
      if ((await photoById(board.platform.db, id))?.report_id !== report.id) throw notFound('photo')
      const { mediaType, bytes } = await staffPhoto(board, actor, id)
      return reply.type(mediaType).header('cache-control', 'no-store').send(Buffer.from(bytes))
    })
  }
}

/** Does what a form asks, then shows the report again; a refusal keeps everything that was typed. */
async function act(
  parts: PageParts,
  request: FastifyRequest<IdRoute>,
  reply: FastifyReply,
  name: string,
  posted?: Posted,
): Promise<FastifyReply> {
  const actor = officerOf(parts, request)
  const id = idOf(request.params.id)
  const form: FormBody = posted?.body ?? formOf(request)
  try {
    if (posted?.fault) throw posted.fault
    const result = await acts[name]?.({ board: parts.board, actor, id, form, files: posted?.files ?? [] })
    const next = result ?? (await getReport(parts.board, id))
    return seeOther(reply, onward(actor, next, name))
  } catch (error) {
    const problem = shownOnPage(error)
    const message = problemText(parts, parts.pages.view(request), problem)
    return show(parts, request, reply, { form: name, values: form, message }, problem.status)
  }
}

function placeRoutes(parts: PageParts): RouteModule {
  const { board, pages } = parts
  const page = async (request: FastifyRequest<IdRoute>, reply: FastifyReply, shown: PlaceShown, status: number): Promise<FastifyReply> => {
    const { report } = await reportOf(parts, request)
    if (board.places === null || !isOpen(report)) return seeOther(reply, `/officer/reports/${report.id}`)
    const view = pages.view(request)
    const main = placeView(view, board.places, report, shown)
    const back = { href: `/officer/reports/${report.id}`, label: report.reference }
    return pages.send(request, reply, { title: view.t('reports.triage.place'), main, back, errors: shown.message === null ? 0 : 1 }, status)
  }
  return (app) => {
    app.get<IdRoute>('/officer/reports/:id/place', staff, async (request, reply) => {
      const { report } = await reportOf(parts, request)
      return page(request, reply, { point: { lat: report.lat, long: report.long }, address: '', message: null }, 200)
    })
    app.post<IdRoute>('/officer/reports/:id/place', staff, async (request, reply) => {
      const { actor, report } = await reportOf(parts, request)
      const form = formOf(request)
      const address = textOf(form, 'address') ?? ''
      const chosen = board.places === null ? null : readChooser(board.places, form, 'place')
      // a tap on the picture or one of its buttons: the map is drawn again, nothing is done yet
      if (chosen !== null && (chosen.moved || textOf(form, 'go') === null))
        return page(request, reply, { ...chosen, address, message: null }, 200)
      try {
        const result = await acts['place']?.({ board, actor, id: report.id, form, files: [] })
        return seeOther(reply, onward(actor, result ?? report, 'place'))
      } catch (error) {
        const problem = shownOnPage(error)
        const message = problemText(parts, pages.view(request), problem)
        return page(request, reply, { point: chosen?.point ?? null, address, message }, problem.status)
      }
    })
  }
}

function mergeRoutes(parts: PageParts): RouteModule {
  const { board, pages } = parts
  const back = (report: Report): { href: string; label: string } => ({ href: `/officer/reports/${report.id}`, label: report.reference })
  const other = async (actor: Actor, typed: string): Promise<Report | null> => {
    const reference = parseReference(typed)
    const found = reference === null ? null : await reportByReference(board.platform.db, reference)
    return found && may(actor, 'reports.triage', factsOf(found)) ? found : null
  }
  return (app) => {
    app.get<IdRoute>('/officer/reports/:id/merge', staff, async (request, reply) => {
      const { actor, report } = await reportOf(parts, request)
      const typed = (textOf(request.query, 'with') ?? '').slice(0, 40)
      const found = await other(actor, typed)
      const view = pages.view(request)
      const title = view.t('reports.triage.merge')
      if (found && found.id !== report.id)
        return pages.send(request, reply, { title, main: mergeView(view, board, [report, found], null), back: back(report), wide: true })
      const message = typed === '' ? null : view.t('problem.reports.no-such-reference')
      const main = askOther(view, report, typed, message)
      return pages.send(request, reply, { title, main, back: back(report), errors: message ? 1 : 0 }, message ? 422 : 200)
    })
    app.post<IdRoute>('/officer/reports/:id/merge', staff, async (request, reply) => {
      const { actor, report } = await reportOf(parts, request)
      const form = formOf(request)
      const second = await getReport(board, idOf(textOf(form, 'other') ?? ''))
      allow(actor, 'reports.triage', factsOf(second))
      try {
        const kept = await mergePair(board, actor, [report.id, second.id], form)
        return seeOther(reply, onward(actor, kept, 'merge'))
      } catch (error) {
        const problem = shownOnPage(error)
        const view = pages.view(request)
        const now: readonly [Report, Report] = [await getReport(board, report.id), await getReport(board, second.id)]
        const main = mergeView(view, board, now, problemText(parts, view, problem))
        return pages.send(
          request,
          reply,
          { title: view.t('reports.triage.merge'), main, back: back(report), errors: 1, wide: true },
          problem.status,
        )
      }
    })
  }
}
