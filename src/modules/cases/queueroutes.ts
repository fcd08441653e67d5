import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid, parseReference } from '../../kernel/id.ts'
import { Problem } from '../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { type Pages, plainWords, type View } from '../../ui/index.ts'
import type { House } from './house.ts'
import { officerOf } from './officervisit.ts'
import { assignAll, type ChosenCase, queue } from './queue.ts'
import { problemText, shownOnForm } from './replies.ts'
import { type Queue, type QueueOrder, queueOrders, queues } from './queues/store.ts'
import { NOBODY } from './views/forms.ts'
import { doneAlert } from './views/officer.ts'
import { queueHref, queuePageView, type RefusedGiving } from './views/queue.ts'

const staff = { config: { access: 'staff' } } as const

function orderName(text: string | null, queue: Queue): QueueOrder {
  return queueOrders.find((each) => each === text) ?? (queue === 'closed' ? 'newest' : 'deadline')
}

function queueName(text: string | null): Queue {
  return queues.find((name) => name === text) ?? 'unassigned'
}

function serviceName(text: string | null): string | null {
  return text !== null && /^[a-z][a-z0-9_]{0,63}$/.test(text) ? text : null
}

/** The officers' queues: one as a page, a search, and giving cases to somebody. */
export function queueRoutes({ house, pages }: { readonly house: House; readonly pages: Pages }): RouteModule {
  const show = async (
    request: FastifyRequest,
    reply: FastifyReply,
    source: unknown,
    search: string,
    refused: RefusedGiving | null = null,
  ): Promise<FastifyReply> => {
    const view = pages.view(request)
    const name = queueName(textOf(source, 'queue'))
    const page = await queue(house, officerOf(house, request), {
      queue: name,
      order: orderName(textOf(source, 'sort'), name),
      service: serviceName(textOf(source, 'service')),
      search,
      after: textOf(source, 'after'),
    })
    if (page.kind === 'case') return seeOther(reply, `/officer/cases/${page.id}`)
    const services = house.catalogue.offers.map(({ definition }) => ({ id: definition.id, title: plainWords(view, definition.title) }))
    const said = givenText(view, textOf(source, 'given'), textOf(source, 'failed'))
    const title = view.t(search === '' ? `cases.queue.${name}` : 'cases.queue.search')
    const main = queuePageView(view, page, services, doneAlert(said), refused)
    return pages.send(request, reply, { title, main, errors: refused ? 1 : 0, wide: true }, refused ? 422 : 200)
  }
  return (app) => {
    // only a reference may stand in an address: the words of a name are searched for by POST
    app.get('/officer', staff, (request, reply) =>
      show(request, reply, request.query, parseReference(textOf(request.query, 'q') ?? '') ?? ''),
    )
    app.post('/officer', staff, (request, reply) => {
      const form = formOf(request)
      return show(request, reply, form, searchIn(form))
    })
    app.post('/officer/assign', staff, async (request, reply) => {
      const actor = officerOf(house, request)
      const form = formOf(request)
      const chosen = [form['case'] ?? []].flat()
      try {
        const { done, failed } = await assignAll(house, actor, chosen.flatMap(chosenCase), chosenOfficer(form))
        const back = queueHref(queueName(textOf(form, 'queue')), { service: serviceName(textOf(form, 'service')) })
        return await seeOther(reply, `${back}&given=${done}&failed=${failed}`)
      } catch (error) {
        const message = problemText(house, pages.view(request), shownOnForm(error))
        return show(request, reply, form, searchIn(form), { message, chosen: new Set(chosen) })
      }
    })
  }
}

type Form = ReturnType<typeof formOf>

const searchIn = (form: Form): string => (textOf(form, 'q') ?? '').trim().slice(0, 200)

/** A chosen row: the case with the revision that the row showed. */
function chosenCase(value: string): ChosenCase[] {
  const [, id = '', revision = ''] = /^([^~]*)~(\d{1,9})$/.exec(value) ?? []
  return isUuid(id) ? [{ id, revision: Number(revision) }] : []
}

/** The officer that a form gives cases to, or null for back to the queue. Throws 422 when neither was chosen. */
export function chosenOfficer(form: Form): string | null {
  const officer = textOf(form, 'officer')
  if (officer === NOBODY) return null
  if (officer === null || !isUuid(officer)) throw new Problem('cases.officer-needed', 422, 'Choose an officer.')
  return officer
}

/** What became of giving several cases; null when nothing was given. */
function givenText(view: View, given: string | null, failed: string | null): string | null {
  const [done, refused] = [given, failed].map((text) => Number(/^\d{1,4}$/.exec(text ?? '')?.[0] ?? '-1'))
  if (done === undefined || refused === undefined || done < 0) return null
  const said = done > 0 || refused <= 0 ? [view.t('cases.queue.given', { n: done })] : []
  return [...said, ...(refused > 0 ? [view.t('cases.queue.not_given', { n: refused })] : [])].join(' ')
}
