import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { readParts } from '../../../platform/http/parts.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { workerPolicy } from '../../../platform/http/security.ts'
import { wantsPage } from '../../../platform/http/visit.ts'
import { today } from '../../../platform/platform.ts'
import { cleanUpload } from '../../../platform/uploads.ts'
import { type Content, html, type Pages, plainWords, type View } from '../../../ui/index.ts'
import { type Actor, isStaff } from '../../access/index.ts'
import { isKiosk, visitOf } from '../../identity/index.ts'
import type { Point } from '../../places/index.ts'
import { isOpen, type Report } from '../report.ts'
import { type Board, getReport } from '../service/index.ts'
import { type Moved, readAct, type TypedAct } from './act.ts'
import { deviceKey, deviceTag, SHIFT_SECONDS } from './device.ts'
import { type ActPhotos, doAct } from './do.ts'
import { addCrewMember, couldGoOut, crewTeams, ownCrews, removeCrewMember, staffsCrews } from './members.ts'
import { crewPhoto, crewsOrRefuse, crewStop, runOf, runOrders } from './read.ts'
import { crewFrame } from './views/frame.ts'
import { doneText, listPage, noCrewPage } from './views/list.ts'
import { changedText, membersPage } from './views/members.ts'
import { type Meanwhile, type Refusal, stopPage } from './views/stop.ts'
import { workerScript } from './worker.ts'

const staff = { config: { access: 'staff' } } as const
const open = { config: { access: 'public' } } as const

/** The crews' pages: today's list, a report with what can be done about it, and what a device needs to go on without a connection. */
export function crewRoutes(board: Board, pages: Pages): RouteModule {
  return (app) => {
    listRoutes(board, pages)(app)
    stopRoutes(board, pages)(app)
    deviceRoutes(board, pages)(app)
    memberRoutes(board, pages)(app)
  }
}

function actorOf(board: Board, request: FastifyRequest): Actor {
  const { actor } = visitOf(board.platform, request)
  if (!isStaff(actor)) throw new Problem('access.denied', 403, 'Your account does not have the role for this.')
  return actor
}

/** Pages whose script starts the worker: it makes that one address a trusted one. */
function withWorker(reply: FastifyReply): FastifyReply {
  return reply.header('content-security-policy', workerPolicy())
}

function listRoutes(board: Board, pages: Pages): RouteModule {
  const show = async (request: FastifyRequest, reply: FastifyReply, from: Point | null): Promise<FastifyReply> => {
    const actor = actorOf(board, request)
    const view = pages.view(request)
    const staffs = staffsCrews(board, actor)
    if ((await ownCrews(board, actor)).length === 0 && couldGoOut(board, actor))
      return pages.send(request, reply, { title: view.t('reports.crew.title'), main: noCrewPage(view, staffs) })
    const order = runOrders.find((each) => each === textOf(request.query, 'order')) ?? 'route'
    const run = await runOf(board, actor, view, { order, from })
    const main = listPage(view, run, {
      order,
      here: from !== null,
      who: deviceTag(board.platform, actor),
      places: board.places,
      staffs,
      done: doneText(view, textOf(request.query, 'done')),
    })
    return pages.send(request, withWorker(reply), { title: view.t('reports.crew.title'), main })
  }
  return (app) => {
    app.get('/officer/crew', staff, (request, reply) => show(request, reply, null))
    // where somebody is stands in no address
    app.post('/officer/crew', staff, (request, reply) => show(request, reply, positionIn(request)))
    app.get('/officer/crew/run.json', staff, async (request) => {
      const actor = actorOf(board, request)
      const view = pages.view(request)
      const run = await runOf(board, actor, view, { order: 'route', from: null })
      return { ...run, who: deviceTag(board.platform, actor), kept: view.t('reports.crew.kept', { n: run.stops.length }) }
    })
  }
}

function positionIn(request: FastifyRequest): Point | null {
  const form = formOf(request)
  const [lat, long] = [Number(textOf(form, 'lat') || 'none'), Number(textOf(form, 'long') || 'none')]
  return Math.abs(lat) <= 90 && Math.abs(long) <= 180 ? { lat, long } : null
}

type Shown = { readonly refused: Refusal | null; readonly meanwhile: Meanwhile | null; readonly status: number }

function stopRoutes(board: Board, pages: Pages): RouteModule {
  const { platform } = board
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    reference: string,
    { refused, meanwhile, status }: Shown,
  ): Promise<FastifyReply> => {
    const actor = actorOf(board, request)
    const view = pages.view(request)
    const { report, stop } = await crewStop(board, actor, view, reference)
    const main = stopPage(view, stop, {
      categories: board.categories,
      today: today(platform),
      newId: platform.newId,
      who: deviceTag(platform, actor),
      open: isOpen(report),
      refused,
      meanwhile,
    })
    const page = {
      title: stop.category,
      main,
      back: { href: '/officer/crew', label: view.t('reports.crew.to_list') },
      errors: refused?.issue ? 1 : 0,
    }
    return pages.send(request, withWorker(reply), page, status)
  }
  return (app) => {
    app.get<{ Params: { reference: string } }>('/officer/crew/reports/:reference', staff, (request, reply) =>
      show(request, reply, request.params.reference, { refused: null, meanwhile: null, status: 200 }),
    )
    app.get<{ Params: { reference: string; photo: string } }>(
      '/officer/crew/reports/:reference/photos/:photo',
      staff,
      async (request, reply) => {
        const { reference, photo } = request.params
        const { mediaType, bytes } = await crewPhoto(board, actorOf(board, request), reference, photo)
        return reply.type(mediaType).send(Buffer.from(bytes))
      },
    )
    app.post('/officer/crew/acts', { config: { access: 'staff', upload: true } }, async (request, reply) => {
      const actor = actorOf(board, request)
      const sent = await readSent(board, request, actor)
      try {
        const receipt = await doAct(board, actor, sent.typed, await sent.photos())
        if (!wantsPage(request)) return await reply.send(receipt)
        return seeOther(reply, `/officer/crew?done=${receipt.act}`)
      } catch (error) {
        if (!(error instanceof Problem)) throw error
        const view = pages.view(request)
        const told = await meanwhileOf(board, view, sent.typed, error)
        if (!wantsPage(request))
          throw new Problem(error.code, error.status, error.detail, { ...error.extra, ...told, text: wordsOf(board, view, error) })
        const issue = issueOf(error)
        if (!told && !issue) throw error
        const refused = { typed: sent.typed, issue }
        const meanwhile = told ? { moved: told.moved, text: told.now } : null
        return show(request, reply, sent.typed.reference, { refused, meanwhile, status: error.status })
      }
    })
  }
}

/** What the reader of a device is told about a refusal. */
function wordsOf(board: Board, view: View, error: Problem): string {
  const key = `problem.${error.code}`
  return board.words.has(key) ? view.t(key) : error.detail
}

/** A form of our own pages, or a message of a device, with its pictures still to be looked at. */
async function readSent(
  board: Board,
  request: FastifyRequest,
  actor: Actor,
): Promise<{ typed: TypedAct; photos: () => Promise<ActPhotos> }> {
  if (!request.isMultipart()) throw new Problem('media-type', 415, 'What you sent is of a kind that is not accepted here.')
  const { texts, files } = await readParts(request)
  const form = Object.fromEntries(texts)
  // a device may still have the acts of somebody who worked on it before
  if (form['who'] !== undefined && form['who'] !== deviceTag(board.platform, actor))
    throw new Problem('reports.crew-account', 403, 'This was kept for another account.')
  const typed = readAct(form)
  if (!typed) throw new Problem('bad-request', 400, 'What you sent cannot be read. Check it and try again.')
  const clean = async (field: string) => {
    const file = files.find((each) => each.field === field && each.bytes.length > 0)
    return file ? cleanUpload(file.name, file.bytes, ['image']) : null
  }
  return { typed, photos: async () => ({ before: await clean('before'), after: await clean('after') }) }
}

function issueOf(error: Problem): Refusal['issue'] {
  const { field, key } = error.extra
  if (error.code === 'reports.crew-act' && typeof field === 'string' && typeof key === 'string') return { field, key }
  if (error.code === 'reports.no-evidence') return { field: 'on', key: 'day_too_early' }
  if (error.code === 'reports.same-evidence') return { field: 'order', key: 'same_evidence' }
  return error.code.startsWith('upload.') ? { field: 'after', key: 'photo_unreadable' } : null
}

/** What the reader is told when the report is not any more what they saw, and what they can do with their act. */
async function meanwhileOf(
  board: Board,
  view: View,
  typed: TypedAct,
  error: Problem,
): Promise<{ moved: Moved; now: string; choices: readonly string[] } | null> {
  if (error.code !== 'reports.crew-moved') return null
  const moved = error.extra['moved'] as Moved
  const report = await getReport(board, typed.reference)
  // what has ended, or is another crew's, takes no act of this crew any more: its words can still be added
  const again = moved === 'reopened'
  return {
    moved,
    now: movedText(board, view, moved, report),
    choices: [...(again ? ['again'] : []), ...(typed.text === '' ? [] : ['note']), 'drop'],
  }
}

function movedText(board: Board, view: View, moved: Moved, report: Report): string {
  const crew = report.crew === null ? null : board.categories.crew(report.crew)
  if (moved === 'ended') return view.t(`reports.crew.ended.${report.outcome ?? 'fixed'}`)
  if (moved === 'other_crew') return view.t('reports.crew.moved.other_crew', { crew: crew ? plainWords(view, crew.name) : '' })
  return view.t(`reports.crew.moved.${moved}`)
}

function deviceRoutes(board: Board, pages: Pages): RouteModule {
  return (app) => {
    app.post('/officer/crew/key', staff, async (request) => {
      const actor = actorOf(board, request)
      // a shared device keeps nothing of anybody
      if (isKiosk(request)) throw new Problem('access.denied', 403, 'A shared device keeps nothing.')
      await crewsOrRefuse(board, actor)
      const { platform } = board
      return {
        who: deviceTag(platform, actor),
        key: deviceKey(platform, actor, textOf(formOf(request), 'device') ?? ''),
        seconds: SHIFT_SECONDS,
      }
    })
    app.get('/officer/crew/frame', open, (request, reply) => {
      const frame = crewFrame(pages.view(request), { categories: board.categories, today: today(board.platform) })
      return reply.type('text/html; charset=utf-8').send(String(frame))
    })
    app.get('/officer/crew/worker.js', open, async (request, reply) =>
      reply
        .header('service-worker-allowed', '/officer/crew')
        .header('cache-control', 'no-cache')
        .type('text/javascript; charset=utf-8')
        .send(await workerScript(pages.view(request).assets)),
    )
  }
}

function memberRoutes(board: Board, pages: Pages): RouteModule {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    error: { crew: string; text: string } | null,
    status = 200,
  ): Promise<FastifyReply> => {
    const view = pages.view(request)
    const teams = await crewTeams(board, actorOf(board, request))
    const said: Content = changedText(view, textOf(request.query, 'done'))
    const page = {
      title: view.t('reports.crew.members'),
      main: html`${said}${membersPage(view, teams, error)}`,
      back: { href: '/officer/crew', label: view.t('reports.crew.to_list') },
      errors: error ? 1 : 0,
    }
    return pages.send(request, reply, page, status)
  }
  return (app) => {
    app.get('/officer/crew/members', staff, (request, reply) => show(request, reply, null))
    app.post('/officer/crew/members', staff, async (request, reply) => {
      const form = formOf(request)
      const crew = textOf(form, 'crew') ?? ''
      try {
        await addCrewMember(board, actorOf(board, request), crew, textOf(form, 'account') ?? '')
      } catch (error) {
        if (!(error instanceof Problem) || error.code !== 'reports.crew-member') throw error
        return show(request, reply, { crew, text: pages.view(request).t('problem.reports.crew-member') }, 422)
      }
      return seeOther(reply, '/officer/crew/members?done=added')
    })
    app.post('/officer/crew/members/remove', staff, async (request, reply) => {
      const form = formOf(request)
      await removeCrewMember(board, actorOf(board, request), textOf(form, 'crew') ?? '', textOf(form, 'account') ?? '')
      return seeOther(reply, '/officer/crew/members?done=removed')
    })
  }
}
