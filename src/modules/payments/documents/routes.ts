import type { FastifyReply } from 'fastify'
import { notFound } from '../../../kernel/problem.ts'
import type { RouteModule } from '../../../platform/http/routes.ts'
import { limitAttempts } from '../../identity/index.ts'
import { payActor } from '../pay/holder.ts'
import { neededPayer } from '../pay/see.ts'
import type { Treasury } from '../treasury.ts'
import { composeInvoice, invoiceParts, transferCode } from './invoice.ts'
import { composeReceipt, receiptAsJson, receiptFor } from './receipt.ts'
import { createSheetRenderer, epcSquare, type SheetRenderer } from './sheet.ts'
import { receiptKeys } from './sign.ts'

const open = { config: { access: 'public' } } as const
/** Setting a sheet takes a moment of the processor: so often in a quarter of an hour for one bill or payment. */
const SHEETS = { max: 40, minutes: 15 } as const

type BillRoute = { Params: { reference: string } }
type PaymentRoute = { Params: { payment: string } }

/** Invoices, the code for bank apps, receipts: for whoever may see the bill. */
export function documentRoutes(treasury: Treasury, renderer: SheetRenderer = createSheetRenderer()): RouteModule {
  const { platform } = treasury
  return (app) => {
    app.get<BillRoute>('/pay/bills/:reference/invoice.pdf', open, async (request, reply) => {
      const { bill, actor } = await neededPayer(treasury, request, request.params.reference)
      await limitAttempts(platform, `sheet:${bill.id}`, SHEETS)
      const bytes = renderer.render(composeInvoice(treasury, await invoiceParts(treasury, actor, bill)))
      return sendPdf(reply, `${bill.reference}.pdf`, bytes)
    })
    app.get<BillRoute>('/pay/bills/:reference/code.svg', open, async (request, reply) => {
      const { bill } = await neededPayer(treasury, request, request.params.reference)
      const text = bill.state === 'open' ? transferCode(treasury, bill) : null
      if (text === null) throw notFound('code')
      return reply.type('image/svg+xml; charset=utf-8').header('cache-control', 'no-store').send(epcSquare(text))
    })
    app.get('/pay/receipts/keys.json', open, async (_request, reply) =>
      reply
        .type('application/jwk-set+json')
        .header('cache-control', 'public, max-age=3600')
        .send(JSON.stringify(await receiptKeys(platform))),
    )
    app.get<PaymentRoute>('/pay/receipts/:payment.pdf', open, async (request, reply) => {
      const actor = payActor(platform, request)
      const receipt = await receiptFor(treasury, actor, request.params.payment)
      await limitAttempts(platform, `sheet:${receipt.payment.id}`, SHEETS)
      const bytes = renderer.render(await composeReceipt(treasury, actor, receipt))
      return sendPdf(reply, `receipt-${receipt.shares[0]?.bill.reference ?? ''}.pdf`, bytes)
    })
    app.get<PaymentRoute>('/pay/receipts/:payment.json', open, async (request, reply) => {
      const receipt = await receiptFor(treasury, payActor(platform, request), request.params.payment)
      return reply
        .type('application/json; charset=utf-8')
        .header('cache-control', 'no-store')
        .header('content-disposition', `attachment; filename="receipt-${receipt.shares[0]?.bill.reference ?? ''}.json"`)
        .send(await receiptAsJson(treasury, receipt))
    })
  }
}

/** Sends a document to be read in the browser, and kept by no cache. */
export function sendPdf(reply: FastifyReply, name: string, bytes: Uint8Array): FastifyReply {
  return reply
    .type('application/pdf')
    .header('cache-control', 'no-store')
    .header('content-disposition', `inline; filename="${name}"`)
    .send(Buffer.from(bytes))
}
