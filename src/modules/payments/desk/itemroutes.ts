import type { FastifyReply, FastifyRequest } from 'fastify'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { alert, html } from '../../../ui/index.ts'
import { settleAttempt } from '../attempts/index.ts'
import { problemText, shownOnPage } from './door.ts'
import { type OfficeParts, idOf, officerOf, staff } from '../office.ts'
import { endItem, giveBack, giveUp, itemsFor, itemStory, letGoItem, readItemsAsk, setOffItem, takeItem } from './items.ts'
import type { Refused } from './views/forms.ts'
import { itemsView, itemView } from './views/items.ts'

type Route = { Params: { id: string } }

const acts = { take: takeItem, let_go: letGoItem, close: endItem, refund: giveBack, set_off: setOffItem, give_up: giveUp } as const
const names = ['take', 'let_go', 'close', 'refund', 'set_off', 'give_up'] as const

/** What somebody has to look at: the queue, one of it with its story, and what may be done about it. */
export function itemRoutes(parts: OfficeParts): RouteModule {
  const { treasury, pages } = parts
  return (app) => {
    app.get('/officer/money/items', staff, async (request, reply) => {
      const view = pages.view(request)
      const page = await itemsFor(treasury, officerOf(parts, request), readItemsAsk(request.query))
      const main = itemsView(view, treasury.words, page, treasury.platform.now())
      return pages.send(request, reply, { title: view.t('payments.desk.items'), main, wide: true })
    })
    app.get<Route>('/officer/money/items/:id', staff, (request, reply) => show(parts, request, reply, null))
    for (const name of names) {
      app.post<Route>(`/officer/money/items/:id/${name}`, staff, async (request, reply) => {
        const form = formOf(request)
        const id = idOf(request.params.id, 'item')
        try {
          await acts[name](treasury, officerOf(parts, request), id, form)
        } catch (error) {
          const problem = shownOnPage(error)
          const message = problemText(parts, pages.view(request), problem)
          return show(parts, request, reply, { form: name, values: form, message }, problem.status)
        }
        return seeOther(reply, `/officer/money/items/${id}?done=${name}`)
      })
    }
    app.post<Route>('/officer/money/items/:id/ask', staff, async (request, reply) => {
      const { item } = await itemStory(treasury, officerOf(parts, request), idOf(request.params.id, 'item'))
      if (item.attempt_id !== null) await settleAttempt(treasury, item.attempt_id)
      return seeOther(reply, `/officer/money/items/${item.id}?done=ask`)
    })
    // where a refused form was shown: to be come to again, as in another language
    for (const name of [...names, 'ask'])
      app.get<Route>(`/officer/money/items/:id/${name}`, staff, async (request, reply) => {
        const { item } = await itemStory(treasury, officerOf(parts, request), idOf(request.params.id, 'item'))
        return seeOther(reply, `/officer/money/items/${item.id}`)
      })
  }
}

async function show(
  parts: OfficeParts,
  request: FastifyRequest<Route>,
  reply: FastifyReply,
  refused: Refused | null,
  status = 200,
): Promise<FastifyReply> {
  const { treasury, pages } = parts
  const view = pages.view(request)
  const story = await itemStory(treasury, officerOf(parts, request), idOf(request.params.id, 'item'))
  const done = [...names, 'ask'].find((each) => each === textOf(request.query, 'done'))
  const said = refused === null && done ? alert('success', null, html`<p role="status">${view.t(`payments.desk.done.${done}`)}</p>`) : null
  const page = {
    title: view.t('payments.desk.items'),
    main: itemView({ view, refused }, treasury.words, story, said),
    errors: refused ? 1 : 0,
    back: { href: '/officer/money/items', label: view.t('payments.desk.items') },
    wide: true,
  }
  return pages.send(request, reply, page, status)
}
