import type { FastifyRequest } from 'fastify'
import { parseReference } from '../../../kernel/id.ts'
import { notFound } from '../../../kernel/problem.ts'
import { type RouteModule, seeOther } from '../../../platform/http/routes.ts'
import { cookieOf } from '../../../platform/http/security.ts'
import { type Actor, holding, may } from '../../access/index.ts'
import { CASE_COOKIE, fitsTrackingCode, followed, getCaseByReference } from '../../cases/index.ts'
import { visitOf } from '../../identity/index.ts'
import { getJourney, holderOf, JOURNEY_COOKIE } from '../../journeys/index.ts'
import { holdBills } from '../pay/holder.ts'
import { billPath } from '../pay/see.ts'
import type { Treasury } from '../treasury.ts'
import { feeBill } from './bill.ts'
import { billOfJourney } from './journey.ts'

const open = { config: { access: 'public' } } as const

type ReferenceRoute = { Params: { reference: string } }
type JourneyRoute = { Params: { id: string } }

/** From a case, or an application that is not sent yet, to its bill: whoever may see the one may see and pay the other. */
export function feeRoutes(treasury: Treasury): RouteModule {
  const { platform } = treasury
  return (app) => {
    app.post<ReferenceRoute>('/cases/:reference/pay', open, async (request, reply) => {
      const reference = parseReference(request.params.reference)
      if (reference === null) throw notFound('case')
      const current = await getCaseByReference(platform, reference)
      const { actor } = visitOf(platform, request)
      const code = cookieOf(request, CASE_COOKIE)
      const holds = code !== null && code.length <= 60 && fitsTrackingCode(platform, current.id, code)
      if (!may(holds ? holding(actor, current.id) : actor, 'cases.follow', followed(current))) throw notFound('case')
      // the job that issues it may not have come to it yet; it is the same bill then
      const bill = await feeBill(treasury, current.id)
      if (!bill) return seeOther(reply, `/cases/${current.reference}`)
      holdBills(platform, request, reply, [bill.id])
      return seeOther(reply, billPath(bill))
    })
    app.get<JourneyRoute>('/apply/:id/bill', open, async (request, reply) => {
      const { id } = request.params
      await getJourney(platform, await journeyHolder(treasury, request, id), id)
      const bill = await billOfJourney(treasury, id)
      if (!bill) return seeOther(reply, `/apply/${id}`)
      if (bill.state === 'paid') return seeOther(reply, `/apply/${id}/paid`)
      holdBills(platform, request, reply, [bill.id])
      return seeOther(reply, billPath(bill))
    })
  }
}

async function journeyHolder({ platform }: Treasury, request: FastifyRequest, id: string): Promise<Actor> {
  const { actor } = visitOf(platform, request)
  if (!/^[0-9a-f-]{36}$/.test(id)) throw notFound('application')
  return holderOf(platform, actor, id, cookieOf(request, JOURNEY_COOKIE))
}
