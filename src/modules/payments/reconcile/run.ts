import { addDays, daysBetween, type PlainDate, startOfDay } from '../../../kernel/time.ts'
import { record } from '../../../platform/journal/journal.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, systemActor } from '../../access/index.ts'
import { balanceOf } from '../../ledger/index.ts'
import { settleAttempt } from '../attempts/index.ts'
import { bankAccount, clearingAccount, feesAccount, TERMINAL } from '../books.ts'
import { closeItem, openItem } from '../items.ts'
import type { Settlement, SettlementLine } from '../providers/port.ts'
import { takeBack } from '../receive.ts'
import { settleRefund } from '../refunds/index.ts'
import { onTheWay } from '../till/store.ts'
import { unclearPayout } from '../transfers/payouts.ts'
import { firstOpening } from '../transfers/store.ts'
import { type Treasury, within } from '../treasury.ts'
import { compare, type Difference, type Sides } from './compare.ts'
import { bookPayout, fetchSettlements } from './settlements.ts'
import * as store from './store.ts'

const program = systemActor('payments')

/** What a comparison found; `answered` is false when there is a provider and it did not tell its settlements. */
export type Report = {
  readonly id: string
  readonly from: PlainDate
  readonly to: PlainDate
  readonly answered: boolean
  readonly checked: number
  readonly differences: readonly Difference[]
  /** Nothing differs and everybody answered. */
  readonly clean: boolean
}

/** The outcome of an item whose difference is not there any more. */
const AGREED = 'agreed'

/** The key of the work item about a difference. */
const itemKey = (difference: Pick<Difference, 'key'>): string => `reconcile:${difference.key}`

/**
 * Compares settlements, statement and books over a period and keeps one work item for each difference: opened once, closed by itself when it
 * agrees later. Attempts that are settled and that we are not sure of are asked for first; chargebacks that only settlements tell, and payouts that
 * lay unclear on the account, are booked.
 * Never inside a transaction.
 */
export async function reconcile(treasury: Treasury, from: PlainDate, to: PlainDate, actor: Actor = program): Promise<Report> {
  allow(actor, actor.kind === 'system' ? 'money.system' : 'money.work', { agency: treasury.rules.treasury })
  const told = await fetchSettlements(treasury, from, to)
  const answered = told !== null || treasury.provider === null
  if (told !== null) await askUnsure(treasury, told.flatMap((settlement) => settlement.lines)) // prettier-ignore
  if (told !== null && treasury.provider?.tellsChargebacks === 'settlement') await bookChargebacks(treasury, treasury.provider.name, told)
  await bookPayouts(treasury)
  return transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const sides = await sidesOf(inside, from, to)
    const { checked, differences } = compare(sides)
    await keepItems(inside, { from, to, answered }, differences)
    const id = tx.newId()
    const run = { id, from_day: from, to_day: to, checked, differences: differences.length, ran_at: tx.now(), ran_by: actor.accountId }
    await store.insertRun(tx.db, run)
    const data = { from, to, checked, differences: differences.length }
    await record(tx, actor, { type: 'payments.reconciliation.ran', stream: id, data })
    return { id, from, to, answered, checked, differences, clean: answered && differences.length === 0 }
  })
}

/** Asks about attempts and refunds of which the provider says that it has settled them, and we do not know: their webhooks may be lost. */
async function askUnsure(treasury: Treasury, lines: readonly SettlementLine[]): Promise<void> {
  const { db } = treasury.platform
  const ids = lines.flatMap((line) => line.attempt ?? [])
  const payments = lines.flatMap((line) => line.payment ?? [])
  for (const id of await store.unsureAttempts(db, ids, payments)) await settleAttempt(treasury, id)
  const refunded = lines.flatMap((line) => (line.kind === 'refund' ? (line.payment ?? []) : []))
  for (const id of await store.unsureRefunds(db, refunded)) await settleRefund(treasury, id)
}

/** Books chargebacks of payments of ours that a provider tells as lines of its settlements alone, each once. */
async function bookChargebacks(treasury: Treasury, provider: string, told: readonly Settlement[]): Promise<void> {
  for (const { id, lines } of told) {
    const taken = lines.filter((line) => line.kind === 'chargeback' && line.gross < 0n && line.fee >= 0n)
    for (const [payment, own] of Map.groupBy(taken, (line) => line.payment ?? ''))
      for (const [at, { gross, fee }] of own.entries())
        await transact(treasury.platform, async (tx) => {
          const booked = await store.paymentOf(tx.db, provider, payment)
          // by the payment, because a settlement that is told again may have more lines
          const chargeback = { provider, id: `settlement:${id}/${payment}/${at + 1}`, amount: -gross, fee, day: today(tx) }
          if (booked !== null) await takeBack(within(treasury, tx), program, booked, chargeback)
        })
  }
}

/** Books settlements of nothing, and those whose payout came before we knew of them. */
async function bookPayouts(treasury: Treasury): Promise<void> {
  for (const settlement of await store.unbooked(treasury.platform.db))
    await transact(treasury.platform, async (tx) => {
      const inside = within(treasury, tx)
      if (settlement.net === 0n) return void (await bookPayout(inside, program, settlement, null))
      const entry = await unclearPayout(inside, settlement)
      if (entry && (await bookPayout(inside, program, settlement, { id: entry.id, day: entry.booked_on, unclear: true })))
        await entry.done()
    })
}

async function sidesOf(treasury: Treasury, from: PlainDate, to: PlainDate): Promise<Sides> {
  const { platform, rules, provider } = treasury
  const { settled_within, paid_out_within } = rules.reconcile
  const common = { day: today(platform), settledWithin: settled_within, paidOutWithin: paid_out_within }
  const deposits = (await onTheWay(platform.db)).map((each) => ({ ...each, day: each.carried_on }))
  const bank = await bankSide(treasury, deposits)
  const none = { settlements: [], payments: [], returns: [], settledElsewhere: [], clearing: [] }
  const told = provider ? await providerSide(treasury, provider.name, from, to) : none
  return { ...common, ...told, clearing: [...told.clearing, await terminalOf(treasury)], bank, deposits }
}

async function providerSide(
  treasury: Treasury,
  provider: string,
  from: PlainDate,
  to: PlainDate,
): Promise<Pick<Sides, 'settlements' | 'payments' | 'returns' | 'settledElsewhere' | 'clearing'>> {
  const { db, city } = treasury.platform
  const rows = await store.settlementsOf(db, provider, from, to)
  const lines = await store.linesOf(db, provider, rows.map((row) => row.id)) // prettier-ignore
  const named = [...new Set(lines.flatMap((line) => line.payment ?? []))]
  const zone = city.timeZone
  const payments = (await store.bookedPayments(db, provider, { from, to }, named)).map((each) => ({ ...each, payment: each.provider_payment, day: each.received_on })) // prettier-ignore
  const period = { from: startOfDay(zone, from), to: startOfDay(zone, addDays(to, 1)), zone }
  const returns = (await store.bookedReturns(db, provider, period, named)).map((each) => ({ ...each, payment: each.provider_payment }))
  const about = [...new Set([...payments, ...returns].flatMap((each) => each.payment ?? []))]
  const here = new Set(rows.map((row) => row.id))
  const currencies = [...new Set([city.currency, ...rows.map((row) => row.currency), ...payments.map((each) => each.currency)])]
  return {
    settlements: rows.map((row) => ({
      ...row,
      onStatement: row.booked_at === null ? null : row.net,
      lines: lines.filter((line) => line.settlement === row.id),
    })),
    payments,
    returns,
    settledElsewhere: (await store.settledOf(db, provider, about)).filter((each) => !here.has(each.settlement)),
    clearing: await Promise.all(currencies.map((currency) => clearingOf(treasury, provider, currency))),
  }
}

async function clearingOf({ platform, rules }: Treasury, provider: string, currency: string): Promise<Sides['clearing'][number]> {
  const ledger = await balanceOf(platform, clearingAccount(rules.treasury, provider, currency))
  return { currency, ledger, held: await store.heldByProvider(platform.db, provider, currency) }
}

/** The card terminals: what was taken there, less what their bank paid out with its fees. */
async function terminalOf({ platform, rules }: Treasury): Promise<Sides['clearing'][number]> {
  const { currency } = platform.city
  const ledger = await balanceOf(platform, clearingAccount(rules.treasury, TERMINAL, currency))
  const fees = await balanceOf(platform, feesAccount(rules.treasury, TERMINAL, currency))
  return { part: TERMINAL, currency, ledger, held: (await store.takenAtTerminals(platform.db, currency)) - fees }
}

/** The bank account against the statements, once there are some: cash on its way is in the books before it is on a statement. */
async function bankSide(
  { platform, rules }: Treasury,
  deposits: ReadonlyArray<{ readonly amount: bigint; readonly currency: string }>,
): Promise<Sides['bank']> {
  const { currency } = platform.city
  if ((await firstOpening(platform.db, rules.creditor.iban, currency)) === null) return []
  const ledger = await balanceOf(platform, bankAccount(rules.treasury, currency))
  const way = deposits.filter((each) => each.currency === currency).reduce((sum, each) => sum + each.amount, 0n)
  return [{ currency, ledger, told: (await store.entriesTotal(platform.db, currency)) + way }]
}

/** Opens what is new, closes what agrees now. A difference that came back after it had gone has an item of its own. */
async function keepItems(
  treasury: Treasury,
  run: { readonly from: PlainDate; readonly to: PlainDate; readonly answered: boolean },
  differences: readonly Difference[],
): Promise<void> {
  const tx = treasury.platform
  const before = Map.groupBy(await store.itemsAbout(tx.db, differences.map(itemKey)), (item) => item.key.replace(/#\d+$/, '')) // prettier-ignore
  for (const difference of differences) {
    const own = before.get(itemKey(difference)) ?? []
    const last = own.at(-1)
    // what an officer has closed stays closed: they know
    if (last && (last.closed_at === null || last.outcome !== AGREED)) continue
    const key = own.length === 0 ? itemKey(difference) : `${itemKey(difference)}#${own.length + 1}`
    const { kind, payment, amount, currency, story } = difference
    await openItem(tx, program, {
      key,
      kind: `reconcile_${kind}`,
      agency: treasury.rules.treasury,
      ...(payment ? { payment } : {}),
      amount,
      currency,
      story,
    })
  }
  if (!run.answered) return
  const open = new Set(differences.map(itemKey))
  for (const item of await store.openDifferences(tx.db))
    if (!open.has(item.key.replace(/#\d+$/, '')) && lookedAt(item.story, run)) await closeItem(tx, program, item.key, AGREED)
}

/** Whether a run has looked at what an item is about: the day of its story is in the period, or it is about no day. */
function lookedAt(story: Readonly<Record<string, unknown>>, { from, to }: { readonly from: PlainDate; readonly to: PlainDate }): boolean {
  const { day } = story
  return typeof day !== 'string' || (day >= from && day <= to)
}

/** Days that the daily run looks back over, beyond which it goes only for what is still open. */
const USUAL = 45
const MOST = 400

/** The daily run: the usual period, or from the oldest difference that is open. */
export async function reconcileDaily(treasury: Treasury): Promise<Report> {
  const to = today(treasury.platform)
  const days = (await store.openDifferences(treasury.platform.db)).flatMap(({ story: { day } }) =>
    typeof day === 'string' ? [day as PlainDate] : [],
  )
  const [oldest] = days.toSorted()
  const usual = addDays(to, -USUAL)
  const from = oldest !== undefined && oldest < usual && daysBetween(oldest, to) <= MOST ? oldest : usual
  return reconcile(treasury, from, to)
}
