import { z } from 'zod'
import { isUuid } from '../../../kernel/id.ts'
import { addDays, parsePlainDate } from '../../../kernel/time.ts'
import { ProviderAway, ProviderRefused, type Settlement, type SettlementLine } from './port.ts'
import type { JsonApi } from './wire.ts'

const PAGE = 500
const MOST_PAGES = 200

const pence = z
  .int()
  .min(0)
  .transform((value) => BigInt(value))
const settled = z.object({ settled_date: z.iso.date().nullish() }).nullish()

const paymentShape = z.object({
  payment_id: z.string(),
  reference: z.string(),
  amount: pence,
  total_amount: pence.nullish(),
  fee: pence.nullish(),
  state: z.object({ status: z.string() }),
  settlement_summary: settled,
})
const refundShape = z.object({ payment_id: z.string(), amount: pence, settlement_summary: settled })
const disputeShape = z.object({ payment_id: z.string(), amount: pence, fee: pence.nullish(), settlement_summary: settled })

type Dated = { readonly day: string; readonly line: SettlementLine }

/**
 * The settlements of a period, one for each day on which money was sent: payments, refunds and lost disputes by their settled
 * date. The provider tells it only where Stripe is behind it, and no reference of the payout; `reference` is the day.
 */
export async function govukSettlements(api: JsonApi, from: string, to: string): Promise<readonly Settlement[]> {
  const first = parsePlainDate(from)
  const last = parsePlainDate(to)
  if (first === null || last === null) throw new ProviderRefused('period')
  // The documents call the end of the period both included and not; a day more is asked for and left out here.
  const period = { from_settled_date: first, to_settled_date: addDays(last, 1) }
  const dated: Dated[] = []
  for (const payment of await everyPage(api, 'v1/payments', period, paymentShape)) {
    // A payment that failed may still cost its fee.
    const paid = payment.state.status === 'success'
    const gross = paid ? payment.amount : 0n
    // A surcharge for corporate cards comes with the payment and is owed on no bill: it lessens the fees, and may be more than they are.
    const surcharge = paid && payment.total_amount !== null && payment.total_amount !== undefined ? payment.total_amount - gross : 0n
    const attempt = isUuid(payment.reference) ? payment.reference : null
    const line = lineOf(paid ? 'payment' : 'fee', payment.payment_id, attempt, gross, (payment.fee ?? 0n) - surcharge)
    add(dated, payment.settlement_summary, line)
  }
  for (const refund of await everyPage(api, 'v1/refunds', period, refundShape)) {
    add(dated, refund.settlement_summary, lineOf('refund', refund.payment_id, null, -refund.amount, 0n))
  }
  for (const dispute of await everyPage(api, 'v1/disputes', period, disputeShape)) {
    add(dated, dispute.settlement_summary, lineOf('chargeback', dispute.payment_id, null, -dispute.amount, dispute.fee ?? 0n))
  }
  const days = Map.groupBy(
    dated.filter(({ day }) => day >= first && day <= last),
    ({ day }) => day,
  )
  return [...days]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, of]) => {
      const lines = of.map(({ line }) => line)
      return { id: day, day, currency: 'GBP', net: lines.reduce((sum, line) => sum + line.net, 0n), reference: day, lines }
    })
}

function lineOf(kind: SettlementLine['kind'], payment: string, attempt: string | null, gross: bigint, fee: bigint): SettlementLine {
  return { kind, payment, attempt, gross, fee, net: gross - fee }
}

function add(dated: Dated[], summary: z.infer<typeof settled>, line: SettlementLine): void {
  if (summary?.settled_date) dated.push({ day: summary.settled_date, line })
}

/** All results of a search; `ProviderAway` when they have no end, because a settlement with lines left out would be wrong. */
async function everyPage<T>(api: JsonApi, path: string, query: Readonly<Record<string, string>>, shape: z.ZodType<T>): Promise<T[]> {
  const schema = z.object({ total: z.int(), results: z.array(shape) })
  const all: T[] = []
  for (let page = 1; page <= MOST_PAGES; page += 1) {
    const found = await api.get(path, { ...query, page: String(page), display_size: String(PAGE) }, schema)
    all.push(...found.results)
    if (all.length >= found.total) return all
    if (found.results.length === 0) break
  }
  throw new ProviderAway('pages_without_end')
}
