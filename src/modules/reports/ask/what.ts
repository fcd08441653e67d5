import type { FastifyReply, FastifyRequest } from 'fastify'
import { cleanText, foldText } from '../../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { visitOf } from '../../identity/index.ts'
import { suggestCategories } from '../text/suggest.ts'
import { type Draft, keepFacts } from './draft.ts'
import { categoryOf, nextStep, type Step, stepPath } from './steps.ts'
import { FORM } from './views/frame.ts'
import { dangerPage, type Suggested, whatPage } from './views/what.ts'
import { type AskParts, comesBefore, draftOf, goOn, switchLanguage } from './writer.ts'

const open = { config: { access: 'public' } } as const

/** What is wrong: the category, and for a danger the emergency number first. */
export function whatRoutes(parts: AskParts): RouteModule {
  const { board, pages } = parts
  return (app) => {
    app.get('/reports/new/what', open, (request, reply) =>
      at(parts, request, reply, 'what', (draft) => show(parts, request, reply, draft, null, false)),
    )
    app.post('/reports/new/what', open, async (request, reply) => {
      const body = formOf(request)
      const draft = await draftOf(parts, request)
      if (!draft) return seeOther(reply, '/reports/new')
      const switched = switchLanguage(parts, reply, body, '/reports/new/what')
      if (switched) return switched
      const typed = cleanText(textOf(body, 'typed') ?? '').slice(0, 100)
      const pressed = board.categories.byId(textOf(body, 'category') ?? '') ?? named(parts, request, typed)
      if (pressed?.active) return goOn(parts, reply, await keepFacts(board.platform, draft, { category: pressed.id }))
      if (typed === '') return show(parts, request, reply, draft, null, true)
      const { language } = visitOf(board.platform, request)
      const found = suggestCategories(board.categories.list, typed, language).flatMap((id) => board.categories.byId(id) ?? [])
      return show(parts, request, reply, draft, { typed, found }, false)
    })
    app.get('/reports/new/danger', open, (request, reply) =>
      at(parts, request, reply, 'danger', (draft) => {
        const category = categoryOf(board.categories, draft)
        if (!category?.urgent) return seeOther(reply, stepPath('describe'))
        const view = pages.view(request)
        const main = dangerPage(view, category, board.categories.emergencyNumber)
        return pages.send(request, reply, {
          title: view.t('reports.ask.danger.title'),
          main,
          back: { href: '/reports/new/what' },
          formId: FORM,
        })
      }),
    )
    app.post('/reports/new/danger', open, async (request, reply) => {
      const draft = await draftOf(parts, request)
      if (!draft) return seeOther(reply, '/reports/new')
      const switched = switchLanguage(parts, reply, formOf(request), '/reports/new/danger')
      return switched ?? goOn(parts, reply, await keepFacts(board.platform, draft, { warned: true }))
    })
  }
}

/** Shows a page of the draft, unless one before it is still to be done. */
export async function at(
  parts: AskParts,
  request: FastifyRequest,
  reply: FastifyReply,
  step: Step,
  shown: (draft: Draft) => FastifyReply | Promise<FastifyReply>,
): Promise<FastifyReply> {
  const draft = await draftOf(parts, request)
  const next = nextStep(parts.board.categories, draft, today(parts.board.platform))
  if (!draft || comesBefore(next, step)) return seeOther(reply, stepPath(draft ? next : 'where'))
  return shown(draft)
}

/** The category whose name was typed or taken from the browser's list. */
function named({ board }: AskParts, request: FastifyRequest, typed: string) {
  if (typed === '') return null
  const { language } = visitOf(board.platform, request)
  const wanted = foldText(typed)
  return board.categories.list.find((each) => each.active && foldText(each.name[language] ?? '') === wanted) ?? null
}

function show(
  { board, pages }: AskParts,
  request: FastifyRequest,
  reply: FastifyReply,
  draft: Draft,
  suggested: Suggested,
  missing: boolean,
): FastifyReply {
  const view = pages.view(request)
  const main = whatPage(view, board.categories, draft.category, suggested, missing)
  const errors = missing ? 1 : 0
  return pages.send(
    request,
    reply,
    { title: view.t('reports.ask.what.title'), main, back: { href: '/reports/new' }, formId: FORM, errors },
    missing ? 422 : 200,
  )
}
