import type { FastifyReply, FastifyRequest } from 'fastify'
import { notFound, type Problem } from '../../kernel/problem.ts'
import { appendCookie, LANGUAGE_COOKIE } from '../../platform/http/visit.ts'
import { cookie, cookieOf } from '../../platform/http/security.ts'
import { type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import type { Pages } from '../../ui/index.ts'
import { plainWords } from '../../ui/index.ts'
import { type Actor, holding } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { visitOf } from '../identity/index.ts'
import type { Page, Question } from '../servicefile/index.ts'
import { filesOf } from './files.ts'
import { endRoutes } from './endroutes.ts'
import { pagePost, readPagePost } from './pagepost.ts'
import { rowRoutes } from './rowroutes.ts'
import { adoptJourney, fitsJourneyToken, type OpenJourney, openJourney, setLanguage, startJourney } from './service.ts'
import { tasksPage } from './views/check.ts'
import { FORM, notNowPage, questionPage } from './views/question.ts'

/** What the pages of journeys work with. */
export type JourneyParts = { readonly house: House; readonly pages: Pages }

/** The cookie that holds a journey's token, on that journey's own path. */
export const JOURNEY_COOKIE = 'stoa_journey'

export type JourneyParams = { Params: { id: string } }
export type PageParams = { Params: { id: string; page: string } }

/** Starting, answering, checking and sending, without JavaScript. */
export function journeyRoutes(parts: JourneyParts): RouteModule {
  const { house, pages } = parts
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.post<JourneyParams>('/services/:id/start', open, async (request, reply) => {
      const visit = visitOf(house.platform, request)
      const { id, token } = await startJourney(house, visit.actor, request.params.id, visit.language)
      keepToken(parts, reply, id, token)
      return seeOther(reply, `/apply/${id}`)
    })
    app.get<JourneyParams>('/apply/:id', open, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      await adoptJourney(house.platform, actor, request.params.id)
      const opened = await openJourney(house, actor, request.params.id)
      if (opened.journey.state === 'submitted') return seeOther(reply, `/apply/${opened.journey.id}/done`)
      const { definition } = opened.service
      if (!definition.form.sections) return seeOther(reply, firstPath(opened))
      const view = pages.view(request)
      return pages.send(request, reply, {
        title: plainWords(view, definition.title),
        main: tasksPage(view, opened),
        back: { href: `/services/${definition.id}` },
      })
    })
    app.get<PageParams>('/apply/:id/p/:page', open, async (request, reply) => {
      const opened = await openFor(parts, request)
      if (opened.journey.state === 'submitted') return seeOther(reply, `/apply/${opened.journey.id}/done`)
      return showPage(parts, request, reply, opened, { issues: [], fault: null, status: 200, from: textOf(request.query, 'from') })
    })
    app.post<PageParams>('/apply/:id/p/:page', { ...open, config: { access: 'public', upload: true } }, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      const post = await readPagePost(request)
      const result = await pagePost(house, actor, request.params.id, request.params.page, post)
      if (post.language !== null)
        return switchLanguage(parts, request, reply, actor, post.language, `/apply/${request.params.id}/p/${request.params.page}`)
      if (result.kind === 'shown')
        return showPage(parts, request, reply, result.opened, { issues: result.issues, fault: result.fault, status: 422, from: post.from })
      return seeOther(reply, result.path)
    })
    rowRoutes(parts)(app)
    endRoutes(parts)(app)
  }
}

/** Keeps a journey's token in a cookie of the journey's own path. */
export function keepToken({ house }: JourneyParts, reply: FastifyReply, id: string, token: string): void {
  const https = house.platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(JOURNEY_COOKIE, token, { https, path: `/apply/${id}`, maxAge: 60 * 86_400 }))
}

/** The visitor, who holds the journey when the cookie has its token. */
export async function journeyActor({ house }: JourneyParts, request: FastifyRequest): Promise<Actor> {
  const { actor } = visitOf(house.platform, request)
  const id = (request.params as { id: string }).id
  if (!/^[0-9a-f-]{36}$/.test(id)) throw notFound('application')
  const token = cookieOf(request, JOURNEY_COOKIE)
  return token !== null && token.length < 100 && fitsJourneyToken(house.platform, id, token) ? holding(actor, id) : actor
}

/** Opens the journey of a request for its visitor. */
export async function openFor(parts: JourneyParts, request: FastifyRequest): Promise<OpenJourney> {
  return openJourney(parts.house, await journeyActor(parts, request), (request.params as { id: string }).id)
}

/** The page of a request, if the answers so far lead to it. */
export function pageOf(opened: OpenJourney, id: string): Page {
  const page = opened.service.definition.form.pages.find((each) => each.id === id)
  if (!page) throw notFound('page')
  return page
}

/** A repeating group of a page. */
export function groupOf(page: Page, id: string): Question {
  const group = page.questions.find((each) => each.id === id && each.kind === 'repeating_group')
  if (!group) throw notFound('page')
  return group
}

/** Changes the language of the journey and the reader, and shows the page again: what was typed is kept. */
export async function switchLanguage(
  parts: JourneyParts,
  request: FastifyRequest,
  reply: FastifyReply,
  actor: Actor,
  language: string,
  path: string,
): Promise<FastifyReply> {
  const known = parts.house.platform.city.languages.some((each) => each.tag === language)
  if (known) {
    await setLanguage(parts.house.platform, actor, (request.params as { id: string }).id, language)
    const https = parts.house.platform.publicOrigin.startsWith('https:')
    appendCookie(reply, cookie(LANGUAGE_COOKIE, language, { https, maxAge: 365 * 86_400 }))
  }
  return seeOther(reply, path)
}

/** Where the form goes on: the first page that is not done, else the check page. */
export function firstPath(opened: OpenJourney): string {
  const first = opened.evaluation.page
  return first === null ? `/apply/${opened.journey.id}/check` : `/apply/${opened.journey.id}/p/${first}`
}

type Shown = { issues: Parameters<typeof questionPage>[3]['issues']; fault: Problem | null; status: number; from: string | null }

async function showPage(
  { house, pages }: JourneyParts,
  request: FastifyRequest,
  reply: FastifyReply,
  opened: OpenJourney,
  shown: Shown,
): Promise<FastifyReply> {
  const view = pages.view(request)
  const id = (request.params as { page: string }).page
  const page = pageOf(opened, id)
  const at = opened.evaluation.pages.findIndex((each) => each.id === id)
  if (at < 0) return pages.send(request, reply, { title: view.t('journeys.not_now'), main: notNowPage(view, opened.journey.id) })
  const before = opened.evaluation.pages[at - 1]
  const start = opened.service.definition.form.sections ? `/apply/${opened.journey.id}` : `/services/${opened.service.definition.id}`
  const back = shown.from === 'check' ? `/apply/${opened.journey.id}/check` : before ? `/apply/${opened.journey.id}/p/${before.id}` : start
  const main = questionPage(view, opened, page, {
    typed: opened.answers,
    issues: shown.issues,
    files: await filesOf(house, opened),
    fault: shown.fault ? view.t(`problem.${shown.fault.code}`) : null,
    from: shown.from === 'check' ? 'check' : null,
  })
  const errors = shown.issues.length + (shown.fault ? 1 : 0)
  return pages.send(request, reply, { title: plainWords(view, page.title), main, back: { href: back }, formId: FORM, errors }, shown.status)
}
