import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import type { IdentityParts } from '../signin/forms.ts'
import type { FormErrors } from '../views.ts'
import { visitOf } from '../visit.ts'
import * as service from './service.ts'
import { counterPage, letterPage } from './views.ts'

const staff = { config: { access: 'staff' } } as const
const PATH = '/officer/counter'
const DONE = new Set(['added', 'proofed', 'dropped'])

type AccountRoute = { Params: { id: string } }
type Shown = { account: string | null; typed: string; errors: FormErrors }

/** Where officers serve people who come without e-mail or smartphone. */
export function counterRoutes(parts: IdentityParts): RouteModule {
  const { platform, pages, messages } = parts
  const actorOf = (request: FastifyRequest) => visitOf(platform, request).actor
  return (app) => {
    app.get(PATH, staff, (request, reply) => show(parts, request, reply, { account: null, typed: '', errors: {} }))
    app.post(PATH, staff, async (request, reply) => {
      const typed = (textOf(formOf(request), 'who') ?? '').trim().slice(0, 254)
      const found = typed === '' ? null : await service.findAccount(platform, actorOf(request), typed)
      if (found) return seeOther(reply, `${PATH}/accounts/${found.id}`)
      return show(parts, request, reply, { account: null, typed, errors: { who: pages.view(request).t('identity.counter.nobody') } }, 422)
    })
    app.post(`${PATH}/accounts`, staff, async (request, reply) => {
      const form = formOf(request)
      try {
        const asked = { name: textOf(form, 'name') ?? '', language: textOf(form, 'language') ?? '' }
        return seeOther(reply, `${PATH}/accounts/${await service.addPaperAccount(platform, actorOf(request), asked)}?done=added`)
      } catch (error) {
        if (!(error instanceof Problem) || error.status !== 422) throw error
        return show(
          parts,
          request,
          reply,
          { account: null, typed: '', errors: { name: pages.view(request).t('identity.error.name') } },
          422,
        )
      }
    })
    app.get<AccountRoute>(`${PATH}/accounts/:id`, staff, (request, reply) =>
      show(parts, request, reply, { account: idOf(request.params.id), typed: '', errors: {} }),
    )
    app.post<AccountRoute>(`${PATH}/accounts/:id/letter`, staff, async (request, reply) => {
      const letter = await service.makeLetter(platform, actorOf(request), idOf(request.params.id))
      const view = pages.view(request)
      // answered at once and not after a 303: the code is kept nowhere from which a next page could take it
      const main = letterPage(view, letter, messages.translator(letter.language))
      return pages.send(request, reply, { title: view.t('identity.letter.made'), main, back: { href: PATH } })
    })
    app.post<AccountRoute>(`${PATH}/accounts/:id/proof`, staff, async (request, reply) => {
      await service.proofAccount(platform, actorOf(request), idOf(request.params.id))
      return seeOther(reply, `${PATH}/accounts/${request.params.id}?done=proofed`)
    })
    app.post<AccountRoute>(`${PATH}/accounts/:id/drop`, staff, async (request, reply) => {
      await service.dropLost(platform, actorOf(request), idOf(request.params.id))
      return seeOther(reply, `${PATH}/accounts/${request.params.id}?done=dropped`)
    })
  }
}

async function show(
  { platform, pages }: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  o: Shown,
  status = 200,
): Promise<FastifyReply> {
  const { actor } = visitOf(platform, request)
  const view = pages.view(request)
  const done = textOf(request.query, 'done') ?? ''
  const main = counterPage(view, {
    account: o.account === null ? null : await service.counterAccount(platform, actor, o.account),
    waiting: await service.waitingLetters(platform, actor),
    typed: o.typed,
    errors: o.errors,
    said: status === 200 && DONE.has(done) ? view.t(`identity.counter.done.${done}`) : null,
  })
  return pages.send(request, reply, { title: view.t('identity.counter.title'), main, errors: Object.keys(o.errors).length }, status)
}

function idOf(text: string): string {
  if (!isUuid(text)) throw notFound('account')
  return text
}
