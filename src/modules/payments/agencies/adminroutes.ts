import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../../kernel/id.ts'
import { notFound } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import type { Actor } from '../../access/index.ts'
import { officerOf, type OfficeParts, refusedBy, type Refused, sendPage, staff } from '../office.ts'
import {
  type ClientField,
  endClient,
  faultsOf,
  listClients,
  makeClient,
  readClient,
  renewKey,
  setRate,
  type TypedClient,
} from './clients.ts'
import type { TypedHook } from './client.ts'
import { clientPage, listPage, secretPage } from './views/clients.ts'
import { readHook, removeHook, renewSecret, resumeHook, retry, setHook } from './webhooks/hooks.ts'

const PATH = '/admin/money-clients'
const DONE = ['ended', 'rate', 'hook', 'removed', 'resumed', 'retried'] as const
const NOTHING: TypedClient = { code: '', name: '', agency: '', perMinute: '60', scopes: ['bills.write', 'bills.read', 'bills.change'] }

type OneRoute = { Params: { id: string } }
type DeliveryRoute = { Params: { id: string; delivery: string } }
/** Where administrators make keys for agencies' programs, end them, and see what the programs were told. */
export function adminRoutes(parts: OfficeParts, demo: boolean): RouteModule {
  const desk = deskOf(parts)
  return (app) => {
    for (const add of [programRoutes(parts, desk), keyRoutes(parts, desk), hookRoutes(parts, desk, demo)]) add(app)
  }
}

type One = FastifyRequest<OneRoute>
type Wrong = { readonly fields: readonly ClientField[]; readonly refused: Refused | null }
type Act = (actor: Actor, id: string, request: FastifyRequest) => Promise<unknown>
type Desk = ReturnType<typeof deskOf>

/** The pages, and how an act leads back to them. */
function deskOf(parts: OfficeParts) {
  const { treasury, pages } = parts
  const { platform } = treasury
  const one = async (request: One, reply: FastifyReply, refused: Refused | null, typed: TypedHook | null = null): Promise<FastifyReply> => {
    const view = pages.view(request)
    const actor = officerOf(parts, request)
    const client = await readClient(platform, actor, request.params.id)
    const told = await readHook(platform, actor, client.id)
    const done = DONE.find((each) => each === textOf(request.query, 'done'))
    const main = clientPage(view, client, told, { done: done ?? null, refused, typed })
    return sendPage(parts, request, reply, { title: client.name, main, back: { href: PATH }, refused })
  }
  return {
    one,
    async list(request: FastifyRequest, reply: FastifyReply, typed: TypedClient, { fields, refused }: Wrong): Promise<FastifyReply> {
      const view = pages.view(request)
      const main = listPage(view, await listClients(platform, officerOf(parts, request)), typed, fields, refused)
      const shown = fields.length > 0 ? { text: '', field: 'code', status: 422 } : refused
      return sendPage(parts, request, reply, { title: view.t('payments.clients.title'), main, refused: shown })
    },
    // shown as the answer itself, not after a 303: it is kept nowhere from which another page could show it
    secret(request: FastifyRequest, reply: FastifyReply, what: 'key' | 'secret', text: string, id: string): FastifyReply {
      const view = pages.view(request)
      const main = secretPage(view, what, text, `${PATH}/${id}`)
      return pages.send(request, reply, { title: view.t(`payments.clients.${what}.title`), main })
    },
    /** An act on one program, which then shows its page again. */
    act(name: string, done: (typeof DONE)[number], field: string, work: Act): RouteModule {
      return (app) => {
        app.post<OneRoute>(`${PATH}/:id/${name}`, staff, async (request, reply) => {
          try {
            await work(officerOf(parts, request), request.params.id, request)
          } catch (error) {
            return one(request, reply, refusedBy(parts, pages.view(request), error, field))
          }
          return seeOther(reply, `${PATH}/${request.params.id}?done=${done}`)
        })
      }
    },
  }
}

function programRoutes(parts: OfficeParts, desk: Desk): RouteModule {
  const { platform } = parts.treasury
  return (app) => {
    app.get(PATH, staff, (request, reply) => desk.list(request, reply, NOTHING, { fields: [], refused: null }))
    app.post(PATH, staff, async (request, reply) => {
      const typed = typedIn(request)
      const actor = officerOf(parts, request)
      const fields = faultsOf(platform, typed)
      if (fields.length > 0) return desk.list(request, reply, typed, { fields, refused: null })
      try {
        const { id, key } = await makeClient(platform, actor, typed)
        return key === null ? seeOther(reply, `${PATH}/${id}`) : desk.secret(request, reply, 'key', key, id)
      } catch (error) {
        return desk.list(request, reply, typed, { fields: [], refused: refusedBy(parts, parts.pages.view(request), error, 'code') })
      }
    })
    app.get<OneRoute>(`${PATH}/:id`, staff, (request, reply) => desk.one(request, reply, null))
  }
}

function keyRoutes(parts: OfficeParts, desk: Desk): RouteModule {
  const { platform } = parts.treasury
  return (app) => {
    app.post<OneRoute>(`${PATH}/:id/key`, staff, async (request, reply) => {
      const { id } = request.params
      try {
        return desk.secret(request, reply, 'key', await renewKey(platform, officerOf(parts, request), id), id)
      } catch (error) {
        return desk.one(request, reply, refusedBy(parts, parts.pages.view(request), error, 'key'))
      }
    })
    desk.act('end', 'ended', 'end', (actor, id) => endClient(platform, actor, id))(app)
    const typed = (request: FastifyRequest): string => (textOf(formOf(request), 'per_minute') ?? '').trim()
    desk.act('rate', 'rate', 'per_minute', (actor, id, request) => setRate(platform, actor, id, typed(request)))(app)
  }
}

function hookRoutes(parts: OfficeParts, desk: Desk, demo: boolean): RouteModule {
  const { platform } = parts.treasury
  return (app) => {
    app.post<OneRoute>(`${PATH}/:id/hook`, staff, async (request, reply) => {
      const { id } = request.params
      const form = formOf(request)
      const typed = { url: (textOf(form, 'url') ?? '').slice(0, 1_000), events: listIn(form['events']) }
      try {
        const made = await setHook(platform, officerOf(parts, request), id, typed, demo)
        return made === null ? seeOther(reply, `${PATH}/${id}?done=hook`) : desk.secret(request, reply, 'secret', made, id)
      } catch (error) {
        return desk.one(request, reply, refusedBy(parts, parts.pages.view(request), error, 'url'), typed)
      }
    })
    app.post<OneRoute>(`${PATH}/:id/secret`, staff, async (request, reply) => {
      const { id } = request.params
      return desk.secret(request, reply, 'secret', await renewSecret(platform, officerOf(parts, request), id), id)
    })
    desk.act('hook/end', 'removed', 'url', (actor, id) => removeHook(platform, actor, id))(app)
    desk.act('hook/resume', 'resumed', 'url', (actor, id) => resumeHook(platform, actor, id))(app)
    app.post<DeliveryRoute>(`${PATH}/:id/deliveries/:delivery/retry`, staff, async (request, reply) => {
      const { id, delivery } = request.params
      if (!isUuid(delivery)) throw notFound('message')
      await retry(platform, officerOf(parts, request), id, delivery)
      return seeOther(reply, `${PATH}/${id}?done=retried`)
    })
  }
}

function listIn(value: string | string[] | undefined): string[] {
  return (value === undefined ? [] : [value].flat()).slice(0, 20)
}

function typedIn(request: FastifyRequest): TypedClient {
  const form = formOf(request)
  const text = (name: string): string => (textOf(form, name) ?? '').trim().slice(0, 200)
  return { code: text('code'), name: text('name'), agency: text('agency'), perMinute: text('perMinute'), scopes: listIn(form['scopes']) }
}
