import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { visitOf } from '../../identity/index.ts'
import type { Pages } from '../../../ui/index.ts'
import type { Board } from '../service/index.ts'
import { approveClient, endClient, listClients, openClient, setRate } from './clients.ts'
import { clientPage, listPage } from './keyviews.ts'

const staff = { config: { access: 'staff' } } as const
const PATH = '/admin/open311'
const DONE = new Set(['approved', 'ended', 'rate'])

type OneRoute = { Params: { id: string } }

/** Where administrators see which programs send reports, agree to their keys, end them and set how much they may send. */
export function adminRoutes(board: Board, pages: Pages): RouteModule {
  const { platform } = board
  const show = async (request: FastifyRequest<OneRoute>, reply: FastifyReply, wrongRate: string | null): Promise<FastifyReply> => {
    const view = pages.view(request)
    const asker = await openClient(platform, visitOf(platform, request).actor, request.params.id)
    const done = textOf(request.query, 'done') ?? ''
    const said = DONE.has(done) ? view.t(`open311.admin.done.${done}`) : null
    return pages.send(request, reply, clientPage(view, asker, said, wrongRate), wrongRate === null ? 200 : 422)
  }
  return (app) => {
    app.get(PATH, staff, async (request, reply) => {
      const clients = await listClients(platform, visitOf(platform, request).actor)
      return pages.send(request, reply, listPage(pages.view(request), clients))
    })
    app.get<OneRoute>(`${PATH}/:id`, staff, (request, reply) => show(request, reply, null))
    app.post<OneRoute>(`${PATH}/:id/approve`, staff, async (request, reply) => {
      await approveClient(board, visitOf(platform, request).actor, request.params.id)
      return seeOther(reply, `${PATH}/${request.params.id}?done=approved`)
    })
    app.post<OneRoute>(`${PATH}/:id/end`, staff, async (request, reply) => {
      await endClient(board, visitOf(platform, request).actor, request.params.id)
      return seeOther(reply, `${PATH}/${request.params.id}?done=ended`)
    })
    app.post<OneRoute>(`${PATH}/:id/rate`, staff, async (request, reply) => {
      const typed = (textOf(formOf(request), 'per_minute') ?? '').trim().slice(0, 20)
      const rate = /^\d{1,7}$/.test(typed) ? Number(typed) : 0
      try {
        await setRate(board, visitOf(platform, request).actor, request.params.id, rate)
      } catch (error) {
        if (error instanceof Problem && error.status === 422) return show(request, reply, typed)
        throw error
      }
      return seeOther(reply, `${PATH}/${request.params.id}?done=rate`)
    })
  }
}
