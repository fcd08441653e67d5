import type { FastifyRequest } from 'fastify'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { type RouteModule, seeOther } from '../../../platform/http/routes.ts'
import { limitAttempts } from '../../identity/index.ts'
import { claimBill, claimOf } from './claim.ts'
import type { PayParts } from './parts.ts'
import { billPath, neededPayer, type Payer } from './see.ts'
import { claimPage } from './views/claim.ts'

const signedIn = { config: { access: 'signed-in' } } as const

type BillRoute = { Params: { reference: string } }

/** Keeping a bill with an account: what that means, and doing it. */
export function claimRoutes({ treasury, pages }: PayParts): RouteModule {
  const { platform } = treasury
  const holder = (request: FastifyRequest<BillRoute>): Promise<Payer> => neededPayer(treasury, request, request.params.reference)
  return (app) => {
    app.get<BillRoute>('/pay/bills/:reference/claim', signedIn, async (request, reply) => {
      const { bill, actor } = await holder(request)
      const claim = await claimOf(platform, actor, bill)
      if (claim === 'none') throw notFound('page')
      if (claim === 'kept') throw new Problem('payments.bill-kept', 409, 'This bill is kept with another account.')
      if (claim === 'own') return seeOther(reply, billPath(bill))
      const view = pages.view(request)
      return pages.send(request, reply, {
        title: view.t('payments.pay.claim'),
        main: claimPage(view, bill),
        back: { href: billPath(bill) },
      })
    })
    app.post<BillRoute>('/pay/bills/:reference/claim', signedIn, async (request, reply) => {
      const { bill, actor } = await holder(request)
      await limitAttempts(platform, `claim:${actor.accountId ?? ''}`, { max: 60, minutes: 15 })
      await claimBill(treasury, actor, bill)
      return seeOther(reply, `${billPath(bill)}?kept=1`)
    })
  }
}
