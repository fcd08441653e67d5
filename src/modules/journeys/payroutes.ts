import type { FastifyReply } from 'fastify'
import { cookie } from '../../platform/http/security.ts'
import { appendCookie } from '../../platform/http/visit.ts'
import { type RouteModule, seeOther } from '../../platform/http/routes.ts'
import { CASE_COOKIE } from '../cases/index.ts'
import { isPaying } from './fee.ts'
import { endFee, sendJourney } from './payfirst.ts'
import { getJourney, type Receipt } from './service.ts'
import { isOwnerAway } from './tokens.ts'
import { checkingPage } from './views/check.ts'
import { type JourneyParams, type JourneyParts, journeyActor } from './visitor.ts'

/** Keeps the code of a case in a cookie of the case's own path. */
export function keepCase({ house }: Pick<JourneyParts, 'house'>, reply: FastifyReply, receipt: Receipt): void {
  const https = house.platform.publicOrigin.startsWith('https:')
  appendCookie(reply, cookie(CASE_COOKIE, receipt.trackingToken, { https, path: `/cases/${receipt.reference}`, maxAge: 60 * 86_400 }))
}

/** Coming back from paying a fee before sending, and ending such a payment. */
export function payRoutes(parts: JourneyParts): RouteModule {
  const { house, pages, fee } = parts
  const { platform } = house
  const open = { config: { access: 'public' } } as const
  return (app) => {
    // a provider leads back by GET: what is paid is sent then, once, as the person asked when they went to pay
    app.get<JourneyParams>('/apply/:id/paid', open, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      const { id } = request.params
      const journey = await getJourney(platform, actor, id)
      if (journey.state === 'submitted') return seeOther(reply, `/apply/${id}/done`)
      if (!fee || !isPaying(journey)) return seeOther(reply, `/apply/${id}/check`)
      const sent = await sendJourney(house, fee, actor, id, journey.submission_key)
      if ('receipt' in sent) {
        if (!isOwnerAway(actor, journey)) keepCase(parts, reply, sent.receipt)
        return seeOther(reply, `/apply/${id}/done`)
      }
      if (sent.standing.state === 'unpaid') return seeOther(reply, `/apply/${id}/check`)
      const view = pages.view(request)
      return pages.send(request, reply, { title: view.t('journeys.pay.checking'), main: checkingPage(view, id, sent.standing.path) })
    })
    app.post<JourneyParams>('/apply/:id/payment/end', open, async (request, reply) => {
      const actor = await journeyActor(parts, request)
      const { id } = request.params
      await getJourney(platform, actor, id)
      const ended = fee ? await endFee(house, actor, fee, id) : true
      return seeOther(reply, ended ? `/apply/${id}/check` : `/apply/${id}/check?ended=no`)
    })
  }
}
