import type { FastifyReply, FastifyRequest } from 'fastify'
import { normaliseCode, parseReference } from '../../kernel/id.ts'
import { notFound, Problem } from '../../kernel/problem.ts'
import { cookie, cookieOf } from '../../platform/http/security.ts'
import { appendCookie } from '../../platform/http/visit.ts'
import { faultCode, readPartsKeeping } from '../../platform/http/parts.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { today } from '../../platform/platform.ts'
import { type Content, type Pages, plainWords, type View } from '../../ui/index.ts'
import { type Actor, allow, holding, may } from '../access/index.ts'
import { forgetAttempts, limitAttempts, visitOf } from '../identity/index.ts'
import type { Case } from './case.ts'
import type { CaseMoney } from './fee.ts'
import { fitsTrackingCode, followed, type House } from './house.ts'
import { type Listen, type LiveStream, liveStreams } from './live.ts'
import { officerRoutes } from './officerroutes.ts'
import { caseLetter, followCase, myCases } from './read.ts'
import { keyOf, problemText, sendFile, shownOnForm } from './replies.ts'
import { residentStep } from './residentstep.ts'
import { isAboutFiles, type RawFile } from './sentfiles.ts'
import * as store from './store.ts'
import { INFORMATION_FILES, type Refused } from './views/forms.ts'
import { doneAlert } from './views/officer.ts'
import { stepForm } from './views/officerforms.ts'
import { residentPage, withdrawPage } from './views/resident.ts'
import { myPage, trackPage } from './views/track.ts'
import { giveInformation, withdraw, write } from './work.ts'

/** What the pages of cases work with; `drafts` shows the actor's journeys that are not sent yet. */
export type CaseParts = {
  readonly house: House
  readonly pages: Pages
  readonly drafts: (actor: Actor, view: View) => Promise<Content>
  readonly listen: Listen
  /** Who acts or acted for the person of a case, for its page. */
  readonly standIns: (actor: Actor, view: View, current: Case) => Promise<Content>
  /** What those who work on a case must know of it, from higher modules. */
  readonly notices: (view: View, caseId: string) => Promise<Content>
  /** Where something else with this reference is to be seen, such as a report; null when there is none. */
  readonly elsewhere: (reply: FastifyReply, reference: string, code: string) => Promise<string | null>
  /** What is owed and paid, for the page of the resident; instead of the plain words about the fee. */
  readonly money?: CaseMoney
  /** The same for the officers' page of the case. */
  readonly officerMoney?: CaseMoney
}

/** The cookie that keeps a tracking code for one case. */
export const CASE_COOKIE = 'stoa_case'

const open = { config: { access: 'public' } } as const
const signedIn = { config: { access: 'signed-in' } } as const
/** Stands for a case that there is none of, so that an unknown reference takes the same steps as a known one. */
const NO_CASE = '00000000-0000-0000-0000-000000000000'
const DONE = new Set(['message', 'information', 'withdrawn', 'step'])

type ReferenceRoute = { Params: { reference: string } }

/** The pages of residents and officers about cases. */
export function caseRoutes(parts: CaseParts): RouteModule {
  const live = liveStreams(parts.listen, parts.house.platform.publicOrigin.startsWith('https:'))
  return (app) => {
    trackRoutes(parts)(app)
    residentRoutes(parts, live)(app)
    residentActs(parts)(app)
    officerRoutes(parts, live)(app)
  }
}

/** Coming to a case by reference and code, and a signed-in person's own list. */
function trackRoutes({ house, pages, drafts, elsewhere }: CaseParts): RouteModule {
  const { platform } = house
  const show = (
    request: FastifyRequest,
    reply: FastifyReply,
    typed: { reference: string; code: string },
    error: string | null,
  ): FastifyReply => {
    const view = pages.view(request)
    return pages.send(
      request,
      reply,
      { title: view.t('cases.track.title'), main: trackPage(view, typed, error), errors: error ? 1 : 0 },
      error ? 422 : 200,
    )
  }
  return (app) => {
    app.get('/track', open, (request, reply) =>
      show(request, reply, { reference: (textOf(request.query, 'reference') ?? '').slice(0, 40), code: '' }, null),
    )
    app.post('/track', open, async (request, reply) => {
      await limitAttempts(platform, `track:${request.ip}`, { max: 30, minutes: 15 })
      const form = formOf(request)
      const typed = { reference: (textOf(form, 'reference') ?? '').slice(0, 40), code: (textOf(form, 'code') ?? '').slice(0, 60) }
      const reference = parseReference(typed.reference)
      if (reference !== null) await limitAttempts(platform, `track:${reference}`, { max: 10, minutes: 15 })
      const found = reference === null ? null : await store.caseByReference(platform.db, reference)
      const other = found === null && reference !== null ? await elsewhere(reply, reference, typed.code) : null
      if (other !== null) return seeOther(reply, other)
      const fits = fitsTrackingCode(platform, found?.id ?? NO_CASE, typed.code)
      if (!found || !fits) return show(request, reply, typed, pages.view(request).t('cases.track.wrong'))
      await forgetAttempts(platform, `track:${found.reference}`)
      const https = platform.publicOrigin.startsWith('https:')
      appendCookie(reply, cookie(CASE_COOKIE, normaliseCode(typed.code), { https, path: `/cases/${found.reference}` }))
      return seeOther(reply, `/cases/${found.reference}`)
    })
    app.get('/my', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const { actor } = visitOf(platform, request)
      const [cases, waiting] = await Promise.all([myCases(house, actor), drafts(actor, view)])
      return pages.send(request, reply, { title: view.t('cases.my.title'), main: myPage(view, cases, waiting) })
    })
  }
}

/** The case that a request names, and who asks: with the code in the cookie they hold it. Null when it is not theirs. */
async function comeTo(house: House, request: FastifyRequest<ReferenceRoute>): Promise<{ current: Case; actor: Actor } | null> {
  const reference = parseReference(request.params.reference)
  const current = reference === null ? null : await store.caseByReference(house.platform.db, reference)
  if (!current) return null
  const visit = visitOf(house.platform, request)
  const code = cookieOf(request, CASE_COOKIE)
  const holds = code !== null && code.length <= 60 && fitsTrackingCode(house.platform, current.id, code)
  const actor = holds ? holding(visit.actor, current.id) : visit.actor
  return may(actor, 'cases.follow', followed(current)) ? { current, actor } : null
}

async function needed(house: House, request: FastifyRequest<ReferenceRoute>): Promise<{ current: Case; actor: Actor }> {
  const came = await comeTo(house, request)
  if (!came) throw notFound('case')
  return came
}

/** The same for an act: whoever is not signed in may go on after showing who they are or the code, known case or not. */
async function neededToAct(house: House, request: FastifyRequest<ReferenceRoute>): Promise<{ current: Case; actor: Actor }> {
  const came = await comeTo(house, request)
  if (came) return came
  if (visitOf(house.platform, request).session !== null) throw notFound('case')
  throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.', { opens: trackPath(request) })
}

/** Without the right to a case, known or not, the reader is asked for reference and code. */
function askForCode(request: FastifyRequest<ReferenceRoute>, reply: FastifyReply): FastifyReply {
  return seeOther(reply, trackPath(request))
}

function trackPath(request: FastifyRequest<ReferenceRoute>): string {
  const reference = parseReference(request.params.reference)
  return reference === null ? '/track' : `/track?reference=${reference}`
}

async function showCase(
  { house, pages, standIns, money }: CaseParts,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Actor,
  reference: string,
  refused: Refused | null,
  status = 200,
): Promise<FastifyReply> {
  const view = pages.view(request)
  const found = await followCase(house, actor, reference)
  const done = textOf(request.query, 'done') ?? ''
  const said = doneAlert(refused === null && DONE.has(done) ? view.t(`cases.done.${done}`) : null)
  const page = {
    title: plainWords(view, found.service.definition.title),
    main: residentPage(view, found, today(house.platform), refused, {
      done: said,
      standIns: await standIns(actor, view, found.current),
      money: (await money?.(actor, view, found.current)) ?? [],
      key: house.platform.newId(),
    }),
    errors: refused ? 1 : 0,
    live: `/cases/${reference}/events`,
    back: actor.accountId !== null && actor.personId === found.current.person_id ? { href: '/my' } : undefined,
  }
  return pages.send(request, reply, page, status)
}

function residentRoutes(parts: CaseParts, live: LiveStream): RouteModule {
  const { house, pages } = parts
  return (app) => {
    app.get<ReferenceRoute>('/cases/:reference', open, async (request, reply) => {
      const came = await comeTo(house, request)
      if (!came) return askForCode(request, reply)
      const { reference } = came.current
      // the cookie's path has the reference in its one spelling
      if (request.params.reference !== reference) return seeOther(reply, `/cases/${reference}`)
      return showCase(parts, request, reply, came.actor, reference, null)
    })
    app.get<ReferenceRoute>('/cases/:reference/withdraw', open, async (request, reply) => {
      const came = await comeTo(house, request)
      if (!came) return askForCode(request, reply)
      const { reference } = came.current
      if (came.current.closed_at !== null) return seeOther(reply, `/cases/${reference}`)
      const view = pages.view(request)
      const found = await followCase(house, came.actor, reference)
      return pages.send(request, reply, {
        title: view.t('cases.withdraw.title'),
        main: withdrawPage(view, found),
        back: { href: `/cases/${reference}` },
      })
    })
    app.get<{ Params: { reference: string; letter: string } }>('/cases/:reference/letters/:letter', open, async (request, reply) => {
      const { current, actor } = await needed(house, request)
      return sendFile(reply, await caseLetter(house, actor, current, request.params.letter))
    })
    app.get<ReferenceRoute>('/cases/:reference/events', open, async (request, reply) => {
      const { current, actor } = await needed(house, request)
      allow(actor, 'cases.follow', followed(current))
      return live(reply, current.id)
    })
  }
}

/** What comes with the words of a form: the key of its page, and files. */
type Came = { readonly key: string | null; readonly files: readonly RawFile[] }

/** A form as it came, with its files; what was too large to be read is a fault of the form, and its words are kept. */
async function readForm(request: FastifyRequest): Promise<{ fields: unknown; files: RawFile[]; fault: Problem | null }> {
  if (!request.isMultipart()) return { fields: formOf(request), files: [], fault: null }
  const { texts, files, fault } = await readPartsKeeping(request)
  // an empty file field of a form still comes, as no bytes without a name
  const sent = files.filter((file) => file.bytes.length > 0 || file.name !== '')
  const code = faultCode(fault, ['files'])
  return { fields: Object.fromEntries(texts), files: sent, fault: fault && code !== null ? new Problem(code, 422, fault.detail) : null }
}

/** What a resident does with a case. A refusal shows the page again with what was typed. */
function residentActs(parts: CaseParts): RouteModule {
  const { house, pages } = parts
  const act = async (
    request: FastifyRequest<ReferenceRoute>,
    reply: FastifyReply,
    form: string,
    work: (actor: Actor, id: string, text: string, came: Came) => Promise<unknown>,
    done: string,
  ): Promise<FastifyReply> => {
    const { current, actor } = await neededToAct(house, request)
    const { fields, files, fault } = await readForm(request)
    const text = textOf(fields, 'text') ?? ''
    try {
      if (fault) throw fault
      await work(actor, current.id, text, { key: keyOf(textOf(fields, 'key')), files })
    } catch (error) {
      const problem = shownOnForm(error)
      const field = isAboutFiles(problem) ? INFORMATION_FILES : undefined
      const refused = { form, text, message: problemText(house, pages.view(request), problem), field }
      return showCase(parts, request, reply, actor, current.reference, refused, problem.status)
    }
    return seeOther(reply, `/cases/${current.reference}?done=${done}`)
  }
  return (app) => {
    app.post<ReferenceRoute>('/cases/:reference/message', open, (request, reply) =>
      act(request, reply, 'message', (actor, id, text, { key }) => write(house, actor, id, 'from_resident', text, key), 'message'),
    )
    app.post<ReferenceRoute>('/cases/:reference/information', { config: { access: 'public', upload: true } }, (request, reply) =>
      act(request, reply, 'information', (actor, id, text, came) => giveInformation(house, actor, id, text, came), 'information'),
    )
    app.post<ReferenceRoute>('/cases/:reference/step', open, (request, reply) => {
      const transition = textOf(formOf(request), 'transition') ?? ''
      const work = (actor: Actor, id: string, text: string, { key }: Came) => residentStep(house, actor, id, { transition, text, key })
      return act(request, reply, stepForm(transition), work, 'step')
    })
    app.post<ReferenceRoute>('/cases/:reference/withdraw', open, (request, reply) =>
      act(request, reply, 'withdraw', (actor, id) => withdraw(house, actor, id), 'withdrawn'),
    )
  }
}
