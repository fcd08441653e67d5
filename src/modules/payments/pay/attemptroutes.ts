import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { type RouteModule, seeOther, textOf } from '../../../platform/http/routes.ts'
import { limitAttempts } from '../../identity/index.ts'
import { attemptById, billsOfAttempt, followAttempt, hasEnded, openAttemptOf, payPolicy, settleAttempt } from '../attempts/index.ts'
import { atMost } from '../attempts/routes.ts'
import type { Bill } from '../bill.ts'
import * as bills from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { payActor } from './holder.ts'
import type { PayParts } from './parts.ts'
import { billsSeen } from './see.ts'
import { againForm, attemptPage, attemptTitle, goOnForm } from './views/attempt.ts'

/** The page looks again by itself every so many seconds, so often: for two minutes. */
const LOOKS = { seconds: 5, times: 24 } as const

/** What became of an attempt to pay. */
export function attemptRoutes(parts: PayParts): RouteModule {
  const { treasury, pages } = parts
  const { platform } = treasury
  return (app) => {
    app.get<{ Params: { id: string } }>('/pay/attempts/:id', { config: { access: 'public' } }, async (request, reply) => {
      const { id } = request.params
      const seen = await seenBills(treasury, request, id)
      await lookAgain(treasury, id)
      const attempt = await attemptById(platform, id)
      const now = await bills.billsById(platform.db, seen.map((bill) => bill.id)) // prettier-ignore
      const waits = attempt.return_path.startsWith('/apply/') && now.every((bill) => bill.state === 'paid')
      if (attempt.state === 'captured' && waits) return seeOther(reply, attempt.return_path)
      const looked = Number(/^\d{1,3}$/.exec(textOf(request.query, 'n') ?? '')?.[0] ?? 1)
      const refreshing = !hasEnded(attempt.state) && looked < LOOKS.times
      if (refreshing) refresh(reply, id, looked + 1)
      const left = now.filter((bill) => bill.state === 'open' && bill.outstanding > 0n)
      void reply.header('content-security-policy', payPolicy(treasury))
      const view = pages.view(request)
      const payment = await receiptOf(treasury, request, id)
      const held =
        attempt.state === 'expired' &&
        (await Promise.all(left.map((bill) => openAttemptOf(platform, bill.id)))).some((open) => open?.id === id)
      const goOn = left.length === (await billsOfAttempt(platform, id)).length ? goOnForm(view, left, attempt) : null
      const main = attemptPage(view, { attempt, bills: now, payment, refreshing, again: againForm(view, left), goOn, held })
      return pages.send(request, reply, { title: attemptTitle(view, attempt), main })
    })
  }
}

function refresh(reply: FastifyReply, id: string, n: number): void {
  void reply.header('refresh', `${LOOKS.seconds}; url=/pay/attempts/${id}?n=${n}`)
}

/** The bills of an attempt that the reader may see: their own, or all of them for who paid in this browser. Throws 404. */
async function seenBills(treasury: Treasury, request: FastifyRequest, id: string): Promise<readonly Bill[]> {
  const shares = isUuid(id) ? await billsOfAttempt(treasury.platform, id) : []
  const own = await billsSeen(treasury, payActor(treasury.platform, request), shares.map((share) => share.bill_id)) // prettier-ignore
  return own.length > 0 ? own : (await followAttempt(treasury, request, id)).bills
}

/** Asks the provider once more while the outcome is not known, but not for ever. */
async function lookAgain(treasury: Treasury, id: string): Promise<void> {
  const { platform } = treasury
  if (hasEnded((await attemptById(platform, id)).state)) return
  try {
    await limitAttempts(platform, `pay-look:${id}`, { max: 2 * LOOKS.times, minutes: 15 })
  } catch (error) {
    if (error instanceof Problem) return
    throw error
  }
  await atMost(platform, settleAttempt(treasury, id))
}

/** The payment of an attempt, when the reader may see one of its bills and so its receipt. */
async function receiptOf(treasury: Treasury, request: FastifyRequest, attemptId: string): Promise<string | null> {
  const payment = await bills.paymentByKey(treasury.platform.db, `attempt:${attemptId}`)
  if (!payment) return null
  const rows = await bills.allocationsOfPayment(treasury.platform.db, payment.id)
  const seen = await billsSeen(treasury, payActor(treasury.platform, request), rows.map((row) => row.bill_id)) // prettier-ignore
  return seen.length > 0 ? payment.id : null
}
