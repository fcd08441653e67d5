import { type RouteModule, seeOther } from '../../../platform/http/routes.ts'
import { visitOf } from '../../identity/index.ts'
import type { Board } from '../service/index.ts'
import { sendAgain } from './handover.ts'

/** What officers do about a hand-over: send again what was given up. */
export function peerRoutes(board: Board): RouteModule {
  return (app) => {
    app.post<{ Params: { id: string } }>('/officer/reports/:id/hand-over', { config: { access: 'staff' } }, async (request, reply) => {
      await sendAgain(board, visitOf(board.platform, request).actor, request.params.id)
      return seeOther(reply, `/officer/reports/${encodeURIComponent(request.params.id)}`)
    })
  }
}
