import { addDays, type PlainDate } from '../../../kernel/time.ts'
import { record } from '../../../platform/journal/journal.ts'
import { transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { post } from '../../ledger/index.ts'
import { paidOut, payoutCleared } from '../books.ts'
import { ProviderAway, ProviderRefused, type Settlement } from '../providers/port.ts'
import type { Treasury } from '../treasury.ts'
import * as store from './store.ts'

/** Days before a period in which a settlement may lie that is paid out in it. */
const BEFORE = 10

/**
 * Asks the provider for the settlements of a period and keeps them as it tells them now. Returns what it told; null when there is no provider,
 * or it did not answer.
 */
export async function fetchSettlements(treasury: Treasury, from: PlainDate, to: PlainDate): Promise<readonly Settlement[] | null> {
  const { provider, platform } = treasury
  if (!provider) return null
  let told: readonly Settlement[]
  try {
    told = await provider.settlements(from, to)
  } catch (error) {
    if (!(error instanceof ProviderAway) && !(error instanceof ProviderRefused)) throw error
    platform.log.warn({ part: 'payments', provider: provider.name }, 'the provider told no settlements')
    return null
  }
  for (const settlement of told)
    await transact(platform, (tx) => store.putSettlement(tx.db, rowOf(provider.name, settlement, tx.now()), settlement.lines))
  return told
}

/** The same for a statement: what it shows may have been settled some days before. */
export function fetchForStatement(treasury: Treasury, from: PlainDate, to: PlainDate): Promise<readonly Settlement[] | null> {
  return fetchSettlements(treasury, addDays(from, -BEFORE), to)
}

/** Fees of chargebacks are booked with the chargeback; what the payout books is the others'. */
function rowOf(provider: string, settlement: Settlement, now: Date): store.SettlementRow {
  const fees = settlement.lines.reduce((sum, line) => sum + (line.kind === 'chargeback' ? 0n : line.fee), 0n)
  return {
    provider,
    id: settlement.id,
    day: settlement.day as PlainDate,
    currency: settlement.currency,
    net: settlement.net,
    reference: settlement.reference,
    gross: settlement.net + fees,
    fees,
    entry_id: null,
    booked_at: null,
    fetched_at: now,
  }
}

/**
 * Books that a payout is on the bank account, once, in the caller's transaction: by an entry of the statement, which lay there unclear or not.
 * Without an entry it is a settlement of nothing, whose fees are booked. False when it was booked before.
 */
export async function bookPayout(
  treasury: Treasury,
  actor: Actor,
  settlement: Pick<store.SettlementRow, 'provider' | 'id'>,
  entry: { readonly id: string; readonly day: PlainDate; readonly unclear: boolean } | null,
): Promise<boolean> {
  const tx = treasury.platform
  const agency = treasury.rules.treasury
  allow(actor, 'money.system', { agency })
  const row = await store.settlementById(tx.db, settlement.provider, settlement.id, true)
  if (!row || row.booked_at !== null) return false
  const { provider, currency, gross, fees, net } = row
  const cause = await record(tx, actor, {
    type: 'payments.payout.booked',
    stream: entry?.id ?? tx.newId(),
    data: { provider, net: net.toString(), fees: fees.toString() },
  })
  const lines =
    entry?.unclear === true
      ? payoutCleared(agency, provider, currency, gross, fees, entry.id)
      : paidOut(agency, provider, currency, gross, fees)
  if (lines.length > 0) await post(tx, { kind: 'payout', key: `payout:${provider}:${row.id}`, cause, day: entry?.day ?? row.day, lines })
  await store.noteBooked(tx.db, provider, row.id, entry?.id ?? null, tx.now())
  return true
}
