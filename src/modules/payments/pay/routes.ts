import type { FastifyReply, FastifyRequest } from 'fastify'
import { parseReference } from '../../../kernel/id.ts'
import { type RouteModule, formOf, seeOther, textOf } from '../../../platform/http/routes.ts'
import { plainWords } from '../../../ui/index.ts'
import { forgetAttempts, limitAttempts, networkOf } from '../../identity/index.ts'
import { payPolicy } from '../attempts/index.ts'
import { transferCode } from '../documents/invoice.ts'
import * as bills from '../store.ts'
import { fitsBillCode } from '../treasury.ts'
import { attemptRoutes } from './attemptroutes.ts'
import { claimOf } from './claim.ts'
import { claimRoutes } from './claimroutes.ts'
import { holdBills } from './holder.ts'
import { mineRoutes } from './mineroutes.ts'
import { readAmount } from './amount.ts'
import type { PayParts } from './parts.ts'
import { showBill } from './read.ts'
import { billPath, codePath, neededPayer, type Payer, payerOf } from './see.ts'
import { goPay } from './start.ts'
import { askPage } from './views/ask.ts'
import { billPage, type BillPageParts } from './views/bill.ts'
import { claimedAlert, claimOffer } from './views/claim.ts'

const open = { config: { access: 'public' } } as const
/** Stands for a bill that there is none of, so that an unknown reference takes the same steps as a known one. */
const NO_BILL = '00000000-0000-0000-0000-000000000000'

type BillRoute = { Params: { reference: string } }

/** The pages on which residents see and pay what they owe. */
export function payRoutes(parts: PayParts): RouteModule {
  return (app) => {
    askRoutes(parts)(app)
    billRoutes(parts)(app)
    claimRoutes(parts)(app)
    mineRoutes(parts)(app)
    attemptRoutes(parts)(app)
  }
}

/** Coming to a bill by reference and code; what does not fit is never told apart. */
function askRoutes({ treasury, pages }: PayParts): RouteModule {
  const { platform } = treasury
  const show = (request: FastifyRequest, reply: FastifyReply, reference: string, error: string | null): FastifyReply => {
    const view = pages.view(request)
    const main = askPage(view, { reference }, error)
    return pages.send(request, reply, { title: view.t('payments.pay.title'), main, errors: error ? 1 : 0 }, error ? 422 : 200)
  }
  return (app) => {
    app.get('/pay', open, (request, reply) => show(request, reply, (textOf(request.query, 'reference') ?? '').slice(0, 40), null))
    app.post('/pay', open, async (request, reply) => {
      await limitAttempts(platform, `pay:${networkOf(request.ip)}`, { max: 30, minutes: 15 })
      const form = formOf(request)
      const typed = (textOf(form, 'reference') ?? '').slice(0, 40)
      const reference = parseReference(typed)
      if (reference !== null) await limitAttempts(platform, `pay:${reference}`, { max: 10, minutes: 15 })
      const bill = reference === null ? null : await bills.billByReference(platform.db, reference)
      const fits = fitsBillCode(platform, bill?.id ?? NO_BILL, (textOf(form, 'code') ?? '').slice(0, 60))
      if (!bill || !fits) return show(request, reply, typed, pages.view(request).t('payments.pay.ask.wrong'))
      await forgetAttempts(platform, `pay:${bill.reference}`)
      holdBills(platform, request, reply, [bill.id])
      return seeOther(reply, billPath(bill))
    })
  }
}

function billRoutes(parts: PayParts): RouteModule {
  const { treasury } = parts
  return (app) => {
    app.get<BillRoute>('/pay/bills/:reference', open, async (request, reply) => {
      const payer = await payerOf(treasury, request, request.params.reference)
      // known or not: whoever has no right to it is asked for reference and code
      if (!payer) return seeOther(reply, codePath(request.params.reference))
      if (request.params.reference !== payer.bill.reference) return seeOther(reply, billPath(payer.bill))
      return showPage(parts, request, reply, payer, null)
    })
    app.post<BillRoute>('/pay/bills/:reference/pay', open, async (request, reply) => {
      const payer = await neededPayer(treasury, request, request.params.reference)
      const form = formOf(request)
      const typed = (textOf(form, 'amount') ?? '').trim().slice(0, 20)
      const part = /^\d{1,18}$/.exec(textOf(form, 'part') ?? '')?.[0]
      const amount = part === undefined ? readAmount(typed, payer.bill.currency) : BigInt(part)
      const asked = textOf(form, 'amount') !== null || part !== undefined
      if (asked && (amount === null || amount <= 0n || amount > payer.bill.outstanding))
        return showPage(parts, request, reply, payer, { typed, text: parts.pages.view(request).t('payments.pay.amount_wrong') })
      return goPay(treasury, request, reply, payer.actor, [payer.bill], asked && amount !== null ? amount : undefined)
    })
  }
}

async function showPage(
  { treasury, pages, hardship }: PayParts,
  request: FastifyRequest,
  reply: FastifyReply,
  { bill, actor }: Payer,
  refused: BillPageParts['refused'],
): Promise<FastifyReply> {
  const view = pages.view(request)
  const shown = await showBill(treasury, bill)
  const claim = await claimOf(treasury.platform, actor, bill)
  void reply.header('content-security-policy', payPolicy(treasury))
  const main = billPage(view, shown, {
    rules: treasury.rules,
    online: treasury.provider !== null,
    code: transferCode(treasury, bill) !== null,
    hardship: (await hardship?.(view, bill)) ?? null,
    claim: claim === 'free' ? claimOffer(view, bill) : null,
    claimed: claim === 'own' && textOf(request.query, 'kept') === '1' ? claimedAlert(view) : null,
    refused,
  })
  const title = `${plainWords(view, bill.title)} · ${bill.reference}`
  const back = view.viewer && !view.viewer.officer ? { href: '/pay/mine' } : undefined
  return pages.send(request, reply, { title, main, ...(back ? { back } : {}), errors: refused ? 1 : 0 }, refused ? 422 : 200)
}
