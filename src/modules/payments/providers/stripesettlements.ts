import { isUuid } from '../../../kernel/id.ts'
import { startOfDay, addDays, dayIn, parsePlainDate } from '../../../kernel/time.ts'
import { ProviderRefused, type Settlement, type SettlementLine } from './port.ts'
import { everyItem, type StripeSdk } from './stripeclient.ts'
import { type Movement, movementShape, payoutShape, sessionShape } from './stripeshapes.ts'

/** The provider's reporting categories that a city's account has. */
const kinds: Readonly<Record<string, SettlementLine['kind']>> = {
  charge: 'payment',
  charge_failure: 'payment',
  partial_capture_reversal: 'payment',
  refund: 'refund',
  refund_failure: 'refund',
  dispute: 'chargeback',
  dispute_reversal: 'chargeback',
  fee: 'fee',
  network_cost: 'fee',
  tax: 'fee',
}

/**
 * The payouts that arrived in a period, each with the movements it is made of. Movements of other kinds (a transfer, a reserve)
 * are left out, so that such a payout does not add up and a person looks at it.
 */
export async function stripeSettlements(sdk: StripeSdk, from: string, to: string): Promise<readonly Settlement[]> {
  const first = parsePlainDate(from)
  const last = parsePlainDate(to)
  if (first === null || last === null) throw new ProviderRefused('period')
  const arrival = { gte: startOfDay('UTC', first).getTime() / 1_000, lt: startOfDay('UTC', addDays(last, 1)).getTime() / 1_000 }
  const payouts = await everyItem(payoutShape, 20, (page) => sdk.payouts.list({ ...page, arrival_date: arrival, status: 'paid' }))
  const settlements: Settlement[] = []
  for (const payout of payouts) {
    const moved = await everyItem(movementShape, 500, (page) =>
      sdk.balanceTransactions.list({ ...page, payout: payout.id, expand: ['data.source'] }),
    )
    const lines: SettlementLine[] = []
    for (const movement of moved) {
      const kind = Object.hasOwn(kinds, movement.reporting_category) ? kinds[movement.reporting_category] : undefined
      if (kind) lines.push(await lineOf(sdk, kind, movement))
    }
    const trace = payout.trace_id?.status === 'supported' ? payout.trace_id.value : null
    settlements.push({
      id: payout.id,
      day: dayIn('UTC', new Date(payout.arrival_date * 1_000)),
      currency: payout.currency.toUpperCase(),
      net: payout.amount,
      reference: trace ?? payout.id,
      lines,
    })
  }
  return settlements.toSorted((a, b) => (a.day < b.day ? -1 : Number(a.day > b.day)))
}

async function lineOf(sdk: StripeSdk, kind: SettlementLine['kind'], movement: Movement): Promise<SettlementLine> {
  if (kind === 'fee') return { kind, payment: null, attempt: null, gross: 0n, fee: -movement.net, net: movement.net }
  const source = typeof movement.source === 'object' ? movement.source : null
  const said = source?.metadata?.['attempt'] ?? null
  // Charges and our refunds carry the attempt; a dispute names only the payment intent.
  const found = said === null && source?.payment_intent ? await sessionOf(sdk, source.payment_intent) : null
  const attempt = said ?? found?.attempt ?? null
  return {
    kind,
    payment: found?.payment ?? null,
    attempt: attempt !== null && isUuid(attempt) ? attempt : null,
    gross: movement.amount,
    fee: movement.fee,
    net: movement.net,
  }
}

/** The session that a payment intent belongs to; null when it is not one of ours. */
export async function sessionOf(sdk: StripeSdk, intent: string): Promise<{ payment: string; attempt: string | null } | null> {
  const [session] = await everyItem(sessionShape, 1, (page) => sdk.checkout.sessions.list({ ...page, payment_intent: intent }))
  return session ? { payment: session.id, attempt: session.client_reference_id } : null
}
