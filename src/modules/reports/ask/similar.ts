import type { FastifyReply, FastifyRequest } from 'fastify'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { type Draft, keepFacts } from './draft.ts'
import { neighbours } from './near.ts'
import { categoryOf, stepPath } from './steps.ts'
import { FORM } from './views/frame.ts'
import { type Neighbour, similarPage } from './views/similar.ts'
import { at } from './what.ts'
import { type AskParts, draftOf, goOn, switchLanguage } from './writer.ts'

const PATH = '/reports/new/similar'

/** "Is it one of these?": skipped when nothing of the kind is near. */
export function similarRoutes(parts: AskParts): RouteModule {
  const { board } = parts
  return (app) => {
    app.get(PATH, { config: { access: 'public' } }, (request, reply) =>
      at(parts, request, reply, 'similar', async (draft) => {
        const near = await neighbours(board, draft)
        // those that were near have ended meanwhile
        return near.length === 0 ? goOn(parts, reply, draft) : show(parts, request, reply, draft, near)
      }),
    )
    app.post(PATH, { config: { access: 'public' } }, async (request, reply) => {
      const draft = await draftOf(parts, request)
      if (!draft) return seeOther(reply, '/reports/new')
      const body = formOf(request)
      const switched = switchLanguage(parts, reply, body, PATH)
      if (switched) return switched
      const wanted = textOf(body, 'join')
      const near = await neighbours(board, draft)
      const joins = near.find((each) => each.report.id === wanted)?.report.id ?? null
      return goOn(parts, reply, await keepFacts(board.platform, draft, { compared: true, joins }))
    })
  }
}

async function show(
  { board, pages }: AskParts,
  request: FastifyRequest,
  reply: FastifyReply,
  draft: Draft,
  near: readonly Neighbour[],
): Promise<FastifyReply> {
  const category = categoryOf(board.categories, draft)
  if (!category) return seeOther(reply, stepPath('what'))
  const view = pages.view(request)
  const main = similarPage(view, category, near)
  return pages.send(request, reply, {
    title: view.t('reports.ask.similar.title'),
    main,
    back: { href: stepPath('describe') },
    formId: FORM,
  })
}
