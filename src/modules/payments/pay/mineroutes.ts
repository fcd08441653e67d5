import type { FastifyRequest } from 'fastify'
import { formOf, type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { today } from '../../../platform/platform.ts'
import { visitOf } from '../../identity/index.ts'
import { payPolicy } from '../attempts/index.ts'
import { type Bill, payableUntil } from '../bill.ts'
import * as bills from '../store.ts'
import type { PayParts } from './parts.ts'
import { mayPay, payerOf } from './see.ts'
import { goPay } from './start.ts'
import { basketPage, minePage } from './views/mine.ts'

const open = { config: { access: 'public' } } as const
const signedIn = { config: { access: 'signed-in' } } as const
/** The most bills that are paid at once. */
const MOST = 50

/** What somebody signed in owes, their own or that of the person for whom they act; and several bills at once. */
export function mineRoutes({ treasury, pages }: PayParts): RouteModule {
  const { platform } = treasury
  const nothingChosen = (request: FastifyRequest): string =>
    visitOf(platform, request).actor.accountId === null ? '/pay' : '/pay/mine?none=1'
  return (app) => {
    app.get('/pay/mine', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const { actor } = visitOf(platform, request)
      const own = actor.personId === null ? [] : await bills.billsOfPerson(platform.db, actor.personId)
      const seen = own.filter((bill) => mayPay(treasury, actor, bill))
      const owed = seen.filter((bill) => bill.state === 'open').toSorted((a, b) => (payableUntil(a) < payableUntil(b) ? -1 : 1))
      const main = minePage(view, owed, seen.filter((bill) => bill.state !== 'open'), {
        today: today(platform),
        online: treasury.provider !== null,
        none: textOf(request.query, 'none') !== null,
      }) // prettier-ignore
      return pages.send(request, reply, { title: view.t('payments.pay.mine.title'), main })
    })
    app.get('/pay/basket', open, async (request, reply) => {
      const view = pages.view(request)
      const chosen = await chosenBills(treasury, request, request.query)
      if (chosen.length === 0) return seeOther(reply, nothingChosen(request))
      if (treasury.provider === null) return seeOther(reply, '/pay/mine')
      void reply.header('content-security-policy', payPolicy(treasury))
      return pages.send(request, reply, {
        title: view.t('payments.pay.basket.title'),
        main: basketPage(view, chosen),
        back: { href: '/pay/mine' },
      })
    })
    app.post('/pay/basket', open, async (request, reply) => {
      const chosen = await chosenBills(treasury, request, formOf(request))
      if (chosen.length === 0) return seeOther(reply, nothingChosen(request))
      const payer = await payerOf(treasury, request, chosen[0]?.reference ?? '')
      return payer ? goPay(treasury, request, reply, payer.actor, chosen) : seeOther(reply, '/pay/mine')
    })
  }
}

/** The open bills that a form names by their references, of those that whoever sends it may pay. */
async function chosenBills(treasury: PayParts['treasury'], request: FastifyRequest, source: unknown): Promise<Bill[]> {
  const value: unknown = typeof source === 'object' && source !== null && 'bill' in source ? source.bill : []
  const references = [value].flat().filter((each): each is string => typeof each === 'string')
  const found = new Map<string, Bill>()
  for (const reference of references.slice(0, MOST)) {
    const payer = await payerOf(treasury, request, reference)
    if (payer?.bill.state === 'open') found.set(payer.bill.id, payer.bill)
  }
  return [...found.values()]
}
