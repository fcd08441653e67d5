import { setTimeout as sleep } from 'node:timers/promises'
import { present } from '../../../src/kernel/invariant.ts'
import { billCode } from '../../../src/modules/payments/index.ts'
import { makeBill } from '../../support/bills.ts'
import { openMailbox } from '../mailbox.ts'
import { seeded } from '../seeded.ts'
import { faultsOf, waitForCalm } from '../verify.ts'
import { toOffice } from './banking.ts'
import { closing } from './closing.ts'
import { type Owed, startPayers, type Street } from './payers.ts'
import { makeStage, type Role, roles, type Stage } from './stage.ts'
import { readActs } from './verify.ts'

/** What a drill of money found; `faults` is empty when the books are right to the cent. */
export type MoneyResult = {
  readonly faults: string[]
  /** Attempts that payers began, those that brought money, and acts of officers that were done. */
  readonly attempts: number
  readonly captured: number
  readonly acts: number
  readonly retries: number
  readonly seconds: number
}

type Options = {
  readonly rounds: number
  readonly seed: number
  readonly payers?: number
  /** Whether some cards are used whose outcome takes the bank half a minute and more. */
  readonly slow?: boolean
  readonly say: (line: string) => void
}

const victims = [...roles, 'database', 'postmaster'] as const
type Victim = (typeof victims)[number]
const webhooks = ['prompt', 'lost', 'duplicate', 'shuffled', 'late'] as const
const api = ['up', 'up', 'up', 'up', 'up', 'slow', 'cut', 'down'] as const
const BILLS_A_ROUND = 24

/**
 * Kills server, worker, bank, the officers' process and the database at moments that the seed decides, while payers pay at the hosted page and
 * officers give back, waive and import, and the bank's webhooks get lost, come twice or in another order; starts everything again each time. In
 * the end the day is closed, everything is compared three ways, and the books are checked against what the bank says.
 */
export async function moneyDrill(options: Options): Promise<MoneyResult> {
  const { say, rounds, seed } = options
  const begun = performance.now()
  const random = seeded(seed)
  const mailbox = await openMailbox()
  const stage = await makeStage(mailbox.url)
  try {
    const pile = await issue(stage, rounds * BILLS_A_ROUND, seed)
    await stage.raise(roles, seed)
    say(`${pile.length} bills and all processes after ${since(begun)} s`)
    const street: Street = { url: stage.url, bankUrl: stage.bankUrl, toldPaid: new Set(), toldFailed: new Set(), leftPaid: new Set(), wrong: [], retries: 0 } // prettier-ignore
    const payers = startPayers(street, pile, { count: options.payers ?? 5, seed, slow: options.slow ?? true })
    for (let round = 1; round <= rounds; round += 1) {
      const weather = { webhooks: one(random, webhooks), api: one(random, api) }
      await toOffice({ url: stage.bankUrl, key: '' }, 'weather', weather).catch(() => street.wrong.push('the weather could not be set'))
      await sleep(700 + random() * 2_500)
      const killed = await strike(stage, random)
      const struck = since(begun)
      await stage.raise(roles, seed + round)
      const seconds = since(begun)
      say(
        `round ${round}: killed ${killed.join(', ')}; ${weather.webhooks}/${weather.api}; ${payers.taken()} bills, ${street.toldPaid.size} told paid, ${street.retries} retries, ${struck} to ${seconds} s`,
      )
    }
    await toOffice({ url: stage.bankUrl, key: '' }, 'weather', { webhooks: 'prompt', api: 'up' })
    await sleep(500)
    await payers.stop()
    await stage.end('desk')
    const acts = readActs(stage.deskLines())
    say(`the day ends after ${since(begun)} s`)
    const { faults, attempts, captured } = await closing(stage, street, acts, pile, options.slow ?? true)
    say(`closed after ${since(begun)} s`)
    const calm = await rest(stage)
    const kept = await faultsOf(stage.databaseUrl, [], mailbox.ids)
    return {
      faults: [...street.wrong, ...acts.wrong, ...stage.fallen, ...faults, ...calm, ...kept],
      attempts,
      captured,
      acts: acts.done,
      retries: street.retries,
      seconds: since(begun),
    }
  } finally {
    await stage.remove()
    await mailbox.close()
  }
}

/** Issues the bills of the day. */
async function issue(stage: Stage, count: number, seed: number): Promise<Owed[]> {
  const city = await stage.open()
  try {
    const treasury = present(city.treasury, 'the city takes money')
    const random = seeded(seed + 1)
    const pile: Owed[] = []
    for (let index = 0; index < count; index += 1) {
      const amount = BigInt(300 + Math.floor(random() * 20_000))
      const bill = await makeBill(treasury, amount, `drill-${index}`, { agency: index % 3 === 0 ? 'revenue' : 'transport' })
      pile.push({ id: bill.id, reference: bill.reference, code: billCode(treasury.platform, bill.id), amount })
    }
    return pile
  } finally {
    await city.close()
  }
}

/** Lets a program that is alone do what is left, also what killed ones had taken; what is not done after a minute. */
async function rest(stage: Stage): Promise<string[]> {
  await stage.end('worker')
  const city = await stage.open()
  const work = await city.work({ alone: true })
  try {
    return await waitForCalm(stage.databaseUrl, 60)
  } finally {
    await work.stop()
    await city.close()
  }
}

/** One to three of them at once or shortly after one another; in some rounds one that is just starting again is killed once more. */
async function strike(stage: Stage, random: () => number): Promise<Victim[]> {
  const left = [...victims]
  const killed: Victim[] = []
  for (let count = 1 + Math.floor(random() * 3); count > 0; count -= 1) {
    const victim = left.splice(Math.floor(random() * left.length), 1)[0] ?? 'server'
    await stage.kill(victim)
    killed.push(victim)
    await sleep(random() * 800)
  }
  const role = killed.find((victim): victim is Role => victim !== 'database' && victim !== 'postmaster')
  if (role !== undefined && random() < 0.3) {
    const raised = stage.raise([role], 0).catch(() => undefined)
    await sleep(random() * 1_500)
    await stage.kill(role)
    await raised
  }
  return killed
}

function one<T>(random: () => number, all: readonly T[]): T {
  return all[Math.floor(random() * all.length)] as T
}

function since(begun: number): number {
  return Math.round((performance.now() - begun) / 100) / 10
}
