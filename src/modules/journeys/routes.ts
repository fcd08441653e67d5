import type { FastifyReply, FastifyRequest } from 'fastify'
import { type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { pathOf } from '../../platform/http/visit.ts'
import { plainWords } from '../../ui/index.ts'
import { speakAlso, visitOf } from '../identity/index.ts'
import type { AddressSearch } from './addresses.ts'
import { endRoutes } from './endroutes.ts'
import { filesOf } from './files.ts'
import { isPaying } from './fee.ts'
import { type FileFault, keepUnseen, pagePost, readPagePost } from './pagepost.ts'
import { rowRoutes } from './rowroutes.ts'
import { type OpenJourney, startJourney } from './service.ts'
import { isOwnerAway } from './tokens.ts'
import { tasksPage } from './views/check.ts'
import { FORM, notNowPage, questionPage } from './views/question.ts'
import {
  firstPath,
  journeyActor,
  type JourneyParams,
  type JourneyParts,
  keepOwn,
  keepToken,
  openFor,
  pageOf,
  type PageParams,
  switchLanguage,
} from './visitor.ts'

/** Starting, answering, checking and sending, without JavaScript. */
export function journeyRoutes(parts: JourneyParts): RouteModule {
  const { house, pages } = parts
  const open = { config: { access: 'public' } } as const
  return (app) => {
    app.post<JourneyParams>('/services/:id/start', open, async (request, reply) => {
      const visit = visitOf(house.platform, request)
      const { id, token } = await startJourney(house, visit.actor, request.params.id, visit.wording ?? visit.language, true)
      keepToken(parts, reply, id, token, visit.actor.accountId !== null)
      return seeOther(reply, `/apply/${id}`)
    })
    app.get<JourneyParams>('/apply/:id', open, async (request, reply) => {
      const opened = await openFor(parts, request)
      if (opened.journey.state === 'submitted') return seeOther(reply, `/apply/${opened.journey.id}/done`)
      if (isPaying(opened.journey)) return seeOther(reply, `/apply/${opened.journey.id}/check`)
      keepOwn(parts, request, reply, opened)
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
      if (isPaying(opened.journey)) return seeOther(reply, `/apply/${opened.journey.id}/check`)
      keepOwn(parts, request, reply, opened)
      return showPage(parts, request, reply, opened, { issues: [], fault: null, status: 200, from: textOf(request.query, 'from') })
    })
    app.post<PageParams>('/apply/:id/p/:page', { ...open, config: { access: 'public', upload: true } }, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      const post = await readPagePost(house.platform, request)
      const result = await pagePost(parts, actor, request.params.id, request.params.page, post)
      if (result.kind !== 'go' && isOwnerAway(actor, result.opened.journey))
        return seeOther(reply, await keepUnseen(house, actor, result, pathOf(request)))
      if (post.language !== null && result.kind === 'go')
        return switchLanguage(parts, request, reply, actor, post.language, `/apply/${request.params.id}/p/${request.params.page}`)
      if (result.kind === 'shown')
        return showPage(parts, request, reply, result.opened, { issues: result.issues, fault: result.fault, status: 422, from: post.from })
      if (result.kind === 'searched') {
        const status = result.search.unchosen ? 422 : 200
        return showPage(parts, request, reply, result.opened, { issues: [], fault: null, status, from: post.from, search: result.search })
      }
      return seeOther(reply, result.path)
    })
    rowRoutes(parts)(app)
    endRoutes(parts)(app)
  }
}

type Shown = {
  issues: Parameters<typeof questionPage>[3]['issues']
  fault: FileFault | null
  status: number
  from: string | null
  search?: AddressSearch
}

async function showPage(
  { house, pages, places, notice }: JourneyParts,
  request: FastifyRequest,
  reply: FastifyReply,
  opened: OpenJourney,
  shown: Shown,
): Promise<FastifyReply> {
  speakAlso(house.platform, request, opened.service.definition.languages)
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
    fault: shown.fault ? { question: shown.fault.question, text: view.t(`problem.${shown.fault.code}`) } : null,
    from: shown.from === 'check' ? 'check' : null,
    searches: places !== null,
    search: shown.search ?? null,
    notice: notice && (at === 0 || opened.journey.seen.length === 0) ? notice(view, opened.service.definition) : null,
  })
  const errors = shown.issues.length + (shown.fault ? 1 : 0) + (shown.search?.unchosen ? 1 : 0)
  return pages.send(request, reply, { title: plainWords(view, page.title), main, back: { href: back }, formId: FORM, errors }, shown.status)
}
