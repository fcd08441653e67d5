import { setTimeout as sleep } from 'node:timers/promises'
import type { App } from '../../../src/app.ts'
import { present } from '../../../src/kernel/invariant.ts'
import { addDays } from '../../../src/kernel/time.ts'
import { Problem } from '../../../src/kernel/problem.ts'
import { accountActor, type Actor } from '../../../src/modules/access/index.ts'
import { verifyLedger } from '../../../src/modules/ledger/index.ts'
import { settleAttempt, settleRefund, type Treasury } from '../../../src/modules/payments/index.ts'
import { reconcile } from '../../../src/modules/payments/reconcile/index.ts'
import { makeFile } from '../../../src/modules/payments/transfers/index.ts'
import { query } from '../../../src/platform/db.ts'
import { today } from '../../../src/platform/platform.ts'
import { payerAt } from '../../support/payer.ts'
import { askBank, type BankDoor, importStatements, sendFiles, toOffice } from './banking.ts'
import type { Owed, Street } from './payers.ts'
import type { Stage } from './stage.ts'
import { type Acts, type BankPayment, booksFaults } from './verify.ts'

type Attempt = { id: string; state: string }

/** How long it may take until the bank has said the last word about everything. */
const PATIENCE = 150_000
const HOUR = 3_600_000

/** Ends the day: waits until nothing is under way, closes it at the bank, imports, compares three ways, and checks the books by hand. */
export async function closing(
  stage: Stage,
  street: Street,
  acts: Acts,
  pile: readonly Owed[],
  slow: boolean,
): Promise<{ faults: string[]; attempts: number; captured: number }> {
  const bank: BankDoor = { url: stage.bankUrl, key: stage.bankKey }
  const city = await stage.open()
  const later = await stage.open(2 * HOUR)
  try {
    const treasury = present(city.treasury, 'the city takes money')
    const ana = officerOf(treasury)
    const faults = await untilKnown({ city, later }, bank)
    await untilRefunded({ city, later }, bank, ana, slow ? 70_000 : 5_000)
    await toOffice(bank, 'close-day', {})
    const statements = await importStatements(treasury, ana, bank)
    faults.push(...(await compared(treasury)))
    for (const { state, what, evidence } of await verifyLedger(treasury.platform))
      if (state === 'fail') faults.push(`books: ${what}: ${evidence}`)
    const payments = await bankPayments(treasury, bank)
    faults.push(...(await booksFaults({ treasury, bank, street, acts, pile, payments, statements })))
    return { faults, attempts: payments.size, captured: [...payments.values()].flat().filter((each) => each.captured !== '0').length }
  } finally {
    await later.close()
    await city.close()
  }
}

function officerOf({ platform }: Treasury): Actor {
  return accountActor({ accountId: platform.newId(), personId: null, roles: [{ role: 'officer', agency: null }], channel: 'web', level: 'substantial' }) // prettier-ignore
}

/** Every payment that the bank has for an attempt of ours, by the attempt. */
async function bankPayments({ platform }: Treasury, bank: BankDoor): Promise<Map<string, BankPayment[]>> {
  const found = new Map<string, BankPayment[]>()
  for (const { id } of await query<{ id: string }>(platform.db, 'select id from payments.attempt order by id'))
    found.set(id, JSON.parse(await askBank(bank, `payments?reference=${id}`)).payments)
  return found
}

/** Payers who left close their page; then the bank is asked as the polling asks, until no outcome is open. */
async function untilKnown({ city, later }: { city: App; later: App }, bank: BankDoor): Promise<string[]> {
  const treasury = present(city.treasury, 'the city takes money')
  const begun = performance.now()
  for (;;) {
    const payments = await bankPayments(treasury, bank)
    const waiting = [...payments.values()].flat().filter((each) => !['captured', 'failed', 'cancelled'].includes(each.state))
    for (const each of waiting) if (each.state === 'created') await payerAt(each.pay_url).send('cancel')
    for (const { id } of await underWay(treasury)) await settleAttempt(treasury, id)
    const open = await underWay(treasury)
    const lost = open.filter(({ id }) => (payments.get(id) ?? []).length === 0)
    // what never reached the bank ends by itself after an hour
    if (performance.now() - begun > 1_000)
      for (const { id } of lost) await settleAttempt(present(later.treasury, 'the city takes money'), id)
    const left = (await underWay(treasury)).filter(({ id }) => (payments.get(id) ?? []).length > 0)
    if (waiting.length === 0 && left.length === 0) {
      const unended = (await underWay(treasury)).filter(({ state }) => state !== 'expired')
      return unended.map(({ id, state }) => `attempt ${id} is ${state} in the end`)
    }
    if (performance.now() - begun > PATIENCE)
      return [
        `after ${PATIENCE / 1000} s still under way: ${JSON.stringify({ bank: waiting.map(({ id, state }) => ({ id, state })), ours: left })}`,
      ]
    await sleep(500)
  }
}

function underWay({ platform }: Treasury): Promise<Attempt[]> {
  return query<Attempt>(
    platform.db,
    "select id, state from payments.attempt where state not in ('captured', 'failed', 'cancelled') order by id",
  )
}

/**
 * Sends what is approved, by the provider and by transfer, until all of it has an end or is on its way to the statement. A refund of money that a
 * bank has just taken back waits a minute on purpose; who has no time for it asks as after that minute.
 */
async function untilRefunded({ city, later }: { city: App; later: App }, bank: BankDoor, ana: Actor, patience: number): Promise<void> {
  const treasury = present(city.treasury, 'the city takes money')
  const begun = performance.now()
  for (let passed = 0; passed < patience + 10_000; passed = performance.now() - begun) {
    const open = await query<{ id: string }>(
      treasury.platform.db,
      "select id from payments.refund where way = 'provider' and state in ('approved', 'sent', 'unknown') order by decided_at, id",
    )
    if (open.length === 0) break
    const asking = passed > patience ? present(later.treasury, 'the city takes money') : treasury
    for (const { id } of open) await settleRefund(asking, id)
    await sleep(500)
  }
  await makeFile(treasury, ana).catch((error: unknown) => {
    if (!(error instanceof Problem)) throw error // none waits
  })
  await sendFiles(treasury, ana, bank)
}

/** The three-way comparison, as the daily run makes it; what it says that does not agree. */
async function compared(treasury: Treasury): Promise<string[]> {
  const day = today(treasury.platform)
  const faults: string[] = []
  const report = await reconcile(treasury, addDays(day, -2), addDays(day, 2))
  if (!report.answered) faults.push('the bank told no settlements')
  if (report.checked === 0) faults.push('nothing was compared')
  for (const { kind, key, amount, story } of report.differences) faults.push(`reconcile: ${kind} ${key} ${amount} ${JSON.stringify(story)}`)
  return faults
}
