// The officers' side of the drill, a process of its own that is killed like the others: node desk.ts SEED. Each act that is done is a line.
import { setTimeout as sleep } from 'node:timers/promises'
import { type App, createApp } from '../../../src/app.ts'
import { readConfig } from '../../../src/config.ts'
import { present } from '../../../src/kernel/invariant.ts'
import { Problem } from '../../../src/kernel/problem.ts'
import { accountActor, type Actor } from '../../../src/modules/access/index.ts'
import { type Bill, decide, decideRefund, propose, proposeRefund, type Treasury } from '../../../src/modules/payments/index.ts'
import { makeFile } from '../../../src/modules/payments/transfers/index.ts'
import { isDatabaseAway, query } from '../../../src/platform/db.ts'
import { root } from '../../support/app.ts'
import { seeded } from '../seeded.ts'
import { askBank, BankAway, importStatements, sendFiles, toOffice } from './banking.ts'

type Desk = {
  readonly app: App
  readonly treasury: Treasury
  readonly bank: { readonly url: string; readonly key: string }
  readonly random: () => number
  readonly ana: Actor
  readonly ben: Actor
}
type PaidRow = { payment: string; provider: string; bill: string; amount: bigint; unapplied: bigint }

const say = (line: Readonly<Record<string, unknown>>): void => console.log(JSON.stringify(line))
const officer = (id: string): Actor =>
  accountActor({ accountId: id, personId: null, roles: [{ role: 'officer', agency: null }], channel: 'web', level: 'substantial' })

const PAID = `
  select p.id as payment, p.provider_payment as provider, a.bill_id as bill, sum(a.amount)::bigint as amount, p.unapplied
  from payments.payment p join payments.allocation a on a.payment_id = p.id
  where p.source = 'provider' group by p.id, a.bill_id having sum(a.amount) > 0 order by p.received_at, p.id, a.bill_id`
const OPEN = `select * from payments.bill where state = 'open' and outstanding > 0 order by id`

const acts: ReadonlyArray<(desk: Desk) => Promise<void>> = [
  refund, refund, refund, refundByBank, overpaid, waive, waive, transfer, transfer, transfer, chargeBack, chargeBack, orders, closeDay,
] // prettier-ignore

async function run(): Promise<void> {
  const app = await createApp(readConfig({ ...process.env, LOG_LEVEL: 'silent' }, root), process.env['DATABASE_URL'] ?? '')
  const { platform } = app
  const desk: Desk = {
    app,
    treasury: present(app.treasury, 'the city takes money'),
    bank: { url: process.env['PAY_URL'] ?? '', key: process.env['PAY_KEY'] ?? '' },
    random: seeded(Number(process.argv[2])),
    ana: officer(platform.newId()),
    ben: officer(platform.newId()),
  }
  const stopping = new AbortController()
  process.once('SIGTERM', () => stopping.abort())
  say({ did: 'open' })
  while (!stopping.signal.aborted) {
    try {
      await one(desk.random, acts)?.(desk)
    } catch (error) {
      if (!isExpected(error)) say({ wrong: error instanceof Error ? (error.stack ?? error.message).slice(0, 600) : 'unknown' })
    }
    await sleep(desk.random() * 400)
  }
  await app.close()
}

function one<T>(random: () => number, all: readonly T[]): T | undefined {
  return all[Math.floor(random() * all.length)]
}

/** Refusals are rules at work, and whoever was killed is away. */
function isExpected(error: unknown): boolean {
  return error instanceof BankAway || isDatabaseAway(error) || (error instanceof Problem && error.status < 500)
}

async function paidOne({ treasury, random }: Desk, sql = PAID): Promise<PaidRow | undefined> {
  return one(random, await query<PaidRow>(treasury.platform.db, sql))
}

function share(random: () => number, amount: bigint): bigint {
  return random() < 0.3 ? amount : (amount * BigInt(1 + Math.floor(random() * 9))) / 10n + 1n
}

async function refund(desk: Desk): Promise<void> {
  const paid = await paidOne(desk)
  if (paid) await giveBack(desk, { payment: paid.payment, bill: paid.bill, amount: share(desk.random, paid.amount), cause: 'decision' })
}

async function refundByBank(desk: Desk): Promise<void> {
  const paid = await paidOne(desk)
  if (!paid) return
  const account = { name: 'Noa Placeholder', iban: 'PT50000201231234567890154' }
  await giveBack(desk, {
    payment: paid.payment,
    bill: paid.bill,
    amount: share(desk.random, paid.amount),
    cause: 'mistake',
    way: 'bank',
    account,
  })
}

async function overpaid(desk: Desk): Promise<void> {
  const paid = await paidOne(
    desk,
    `select id as payment, provider_payment as provider, '' as bill, amount, unapplied
    from payments.payment where unapplied > 0 and source = 'provider' order by received_at, id`,
  )
  if (paid) await giveBack(desk, { payment: paid.payment, amount: paid.unapplied, cause: 'overpaid' })
}

async function giveBack({ treasury, ana, ben, random }: Desk, wish: Omit<Parameters<typeof proposeRefund>[2], 'words'>): Promise<void> {
  const { id } = await proposeRefund(treasury, ana, { ...wish, words: 'The decision was changed.' })
  say({ did: 'proposed', refund: id })
  const approve = random() < 0.85
  await decideRefund(treasury, ben, id, approve)
  say({ did: approve ? 'approved' : 'declined', refund: id })
}

async function waive({ treasury, random, ana, ben }: Desk): Promise<void> {
  const bill = one(random, await query<Bill>(treasury.platform.db, OPEN))
  if (!bill) return
  const { id } = await propose(treasury, ana, bill.id, { kind: 'waive', amount: share(random, bill.outstanding), words: 'A hard year.' })
  await decide(treasury, ben, id, true)
  say({ did: 'waived', proposal: id })
}

async function transfer({ treasury, random, bank }: Desk): Promise<void> {
  const bill = one(random, await query<Bill>(treasury.platform.db, OPEN))
  if (!bill) return
  const amount = random() < 0.15 ? bill.outstanding + 500n : share(random, bill.outstanding)
  const reference = random() < 0.9 ? { reference: bill.creditor_reference } : { text: 'for my permit' }
  const done = await toOffice(bank, 'transfers', { amount: String(amount), currency: 'EUR', name: 'Noa Placeholder', ...reference })
  say({ did: 'transferred', entry: done['id'], bill: bill.id })
}

async function chargeBack(desk: Desk): Promise<void> {
  const paid = await paidOne(desk)
  if (!paid) return
  const done = await toOffice(desk.bank, 'chargebacks', { payment: paid.provider })
  say({ did: 'charged_back', chargeback: done['id'] })
}

async function orders({ treasury, ana, bank }: Desk): Promise<void> {
  const { id } = await makeFile(treasury, ana)
  say({ did: 'filed', file: id })
  await sendFiles(treasury, ana, bank)
}

async function closeDay({ treasury, ana, bank }: Desk): Promise<void> {
  await askBank(bank, 'statements?from=2000-01-01&to=2000-01-02')
  await toOffice(bank, 'close-day', {})
  await importStatements(treasury, ana, bank)
  say({ did: 'imported' })
}

await run()
