import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { Problem } from '../../src/kernel/problem.ts'
import { query, snapshot } from '../../src/platform/db.ts'
import { type Platform, today, transact } from '../../src/platform/platform.ts'
import { accountActor, type Actor, systemActor } from '../../src/modules/access/index.ts'
import { verifyLedger } from '../../src/modules/ledger/index.ts'
import { applyKept, correctBill, decideRefund, proposeRefund, receive, relieveBill, settleAttempt, settleRefund, startAttempt, type Treasury, within } from '../../src/modules/payments/index.ts' // prettier-ignore
import { refundable } from '../../src/modules/payments/refunds/index.ts'
import { paymentById } from '../../src/modules/payments/store.ts'
import { cards, holderOf, type Paying, payHosted, startPaying } from '../support/bank.ts'
import { makeBill } from '../support/bills.ts'

const program = systemActor('payments')
const kinds = [
  'bill', 'bill', 'bill', 'pay', 'pay', 'pay', 'part', 'basket', 'transfer', 'refund', 'refund', 'refund', 'chargeback', 'won', 'won', 'waive', 'correct',
  'set_off', 'redeliver', 'jobs',
] as const // prettier-ignore
const card = fc.constantFrom(
  cards.pays,
  cards.pays,
  cards.pays,
  cards.declined,
  cards.late,
  cards.shuffled,
  cards.refundFails,
  cards.chargedBack,
)
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom(...kinds),
    at: fc.nat(1_000_000),
    other: fc.nat(1_000_000),
    amount: fc.integer({ min: 1, max: 6_000 }).map(BigInt),
    card,
    back: fc.boolean(),
    /** After how many ids of its own a step breaks off; most do not. */
    crash: fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 9 }) }),
  }),
  { minLength: 160, maxLength: 160 },
)
type Step = typeof steps extends fc.Arbitrary<Array<infer One>> ? One : never

/** The power goes in the middle of a transaction. */
class Crash extends Error {}

/** The same treasury, whose process dies when it makes its next id but `after`. */
function dyingAfter(treasury: Treasury, after: number | null): Treasury {
  if (after === null) return treasury
  let left = after
  const newId = (): string => {
    left -= 1
    if (left < 0) throw new Crash('the process died')
    return treasury.platform.newId()
  }
  const platform: Platform = { ...treasury.platform, newId }
  return { ...treasury, platform, house: { ...treasury.house, platform } }
}

describe('money', () => {
  let paying: Paying
  let treasury: Treasury
  let ana: Actor
  let ben: Actor
  before(async () => {
    paying = await startPaying()
    treasury = paying.treasury
    const officer = (): Actor => accountActor({ accountId: treasury.platform.newId(), personId: null, roles: [{ role: 'supervisor', agency: 'revenue' }], channel: 'web', level: 'substantial' }) // prettier-ignore
    ana = officer()
    ben = officer()
  })
  after(() => paying.close())

  const rows = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => query<Row>(treasury.platform.db, text, values)
  const pick = async (text: string, at: number): Promise<string | null> => {
    const ids = await rows<{ id: string }>(text)
    return ids[at % Math.max(1, ids.length)]?.id ?? null
  }
  const someBill = (at: number) => pick('select id from payments.bill order by id', at)
  const somePayment = (at: number) => pick('select id from payments.payment order by id', at)

  /** One thing that somebody does; what is refused is refused. */
  async function act(step: Step): Promise<void> {
    const t = dyingAfter(treasury, step.crash)
    const inside = <T>(work: (treasury: Treasury) => Promise<T>): Promise<T> => transact(t.platform, (tx) => work(within(t, tx)))
    const bill = await someBill(step.at)
    const payment = await somePayment(step.at)
    if (step.kind === 'bill' || bill === null) return void (await makeBill(t, step.amount))
    if (step.kind === 'pay') return pay(t, [bill], step)
    if (step.kind === 'part') return pay(t, [bill], step, step.amount)
    if (step.kind === 'basket') return pay(t, [...new Set([bill, (await someBill(step.other)) ?? bill])], step)
    if (step.kind === 'jobs') return jobs(step.back)
    if (step.kind === 'redeliver') return redeliver(t, step.at)
    if (step.kind === 'waive') return void (await inside((u) => relieveBill(u, program, bill, { key: `waive:${step.at}:${step.other}`, kind: 'waived', amount: step.amount }))) // prettier-ignore
    if (step.kind === 'correct') {
      const change = { key: `correct:${step.at}:${step.other}`, to: step.amount, why: 'decision', title: { en: 'Other' } }
      return void (await inside((u) => correctBill(u, program, bill, change)))
    }
    if (step.kind === 'transfer') {
      const money = { key: `entry:${step.at % 12}`, source: 'bank', heldBy: 'revenue', amount: step.amount, currency: 'EUR' } as const
      return void (await inside((u) => receive(u, program, { ...money, day: today(u.platform), shares: [{ bill, amount: step.amount }] })))
    }
    if (payment === null) return
    if (step.kind === 'won') return win(t, step.at)
    if (step.kind === 'set_off') return void (await inside((u) => applyKept(u, program, payment, bill, step.amount)))
    if (step.kind === 'chargeback') return chargeBack(t, payment, step.amount)
    return giveBack(t, payment, step)
  }

  async function pay(t: Treasury, bills: readonly string[], step: Step, amount?: bigint): Promise<void> {
    const part = amount === undefined ? {} : { amount }
    const started = await startAttempt(t, holderOf(bills), { bills, ...part, language: 'en', returnPath: '/pay' })
    if (started.kind !== 'go') return
    await payHosted(started.url, step.card).catch(() => undefined) // somebody else has paid on this page already
    if (step.back) await settleAttempt(t, started.attempt)
  }

  async function chargeBack(t: Treasury, payment: string, amount: bigint): Promise<void> {
    const [row] = await rows<{ id: string; provider_payment: string }>("select a.id, a.provider_payment from payments.attempt a join payments.payment p on p.key = 'attempt:' || a.id where p.id = $1", [payment]) // prettier-ignore
    if (!row) return
    // the bank says no when there is not as much left
    await paying.office('chargebacks', { payment: row.provider_payment, amount: amount.toString() }).catch(() => undefined)
    await settleAttempt(t, row.id)
  }

  async function win(t: Treasury, at: number): Promise<void> {
    const chargeback = await pick('select id from payments.chargeback order by id', at)
    const [row] = await rows<{ provider_id: string; attempt: string }>("select c.provider_id, split_part(p.key, ':', 2) as attempt from payments.chargeback c join payments.payment p on p.id = c.payment_id where c.id = $1", [chargeback]) // prettier-ignore
    if (!row) return
    // the bank says no when it has decided already
    await paying.office('chargebacks/won', { chargeback: row.provider_id }).catch(() => undefined)
    await settleAttempt(t, row.attempt)
  }

  async function giveBack(t: Treasury, payment: string, step: Step): Promise<void> {
    const [share] = await rows<{ bill_id: string }>('select bill_id from payments.allocation where payment_id = $1 limit 1', [payment])
    const bill = step.back && share ? share.bill_id : null
    const held = await paymentById(treasury.platform.db, payment)
    const most = held === null ? 0n : await refundable(treasury.platform, held, bill)
    // now and then more than there is
    const amount = most > 0n && step.other % 7 !== 0 ? 1n + (step.amount % most) : step.amount
    const wish = { payment, amount, cause: 'decision', words: 'Invented.' } as const
    const [row] = await rows<{ source: string }>('select source from payments.payment where id = $1', [payment])
    const way = row?.source === 'bank' ? ({ way: 'cash' } as const) : {}
    const refund = await proposeRefund(t, ana, { ...wish, ...way, ...(bill === null ? {} : { bill }) })
    await decideRefund(t, ben, refund.id, step.other % 5 !== 0)
    if (step.other % 2 === 0) await settleRefund(t, refund.id)
  }

  async function redeliver(t: Treasury, at: number): Promise<void> {
    const attempt = await pick('select id from payments.attempt order by id', at)
    if (attempt !== null) await settleAttempt(t, attempt)
    const refund = await pick('select id from payments.refund order by id', at)
    if (refund !== null) await settleRefund(t, refund)
  }

  async function jobs(closing: boolean): Promise<void> {
    if (closing) await paying.office('close-day')
    await paying.pass(20_000)
    for (const name of ['payments:ask', 'payments:notices', 'payments:refunds']) await paying.job(name)
  }

  /** What must hold of the books and of what we know of bills and payments, at every instant; gives what does not. */
  function faults(): Promise<string[]> {
    return snapshot(treasury.platform.db, async (db) => {
      const found: string[] = []
      for (const [what, text] of Object.entries(laws)) {
        const wrong = await query<{ id: string }>(db, text)
        found.push(...wrong.map((row) => `${what}: ${row.id}`))
      }
      return found
    })
  }

  /** Everything that money is kept in, as one text. */
  async function digest(): Promise<string> {
    const parts = await Promise.all(
      ['bill', 'payment', 'allocation', 'chargeback', 'chargeback_end', 'item', 'attempt_bill'].map((table) => rows<{ all: string }>(`select md5(string_agg(t::text, '|' order by t::text)) as all from payments.${table} t`)), // prettier-ignore
    )
    const [entries] = await rows<{ n: bigint; last: bigint }>('select count(*) as n, max(seq) as last from ledger.entry')
    const [moves] = await rows<{ n: bigint }>("select count(*) as n from journal.event where type like 'payments.%'")
    return [...parts.map(([row]) => row?.all), entries?.n, entries?.last, moves?.n].join(' ')
  }

  it('is there once, whatever happens at the same time', async () => {
    const live = (numRuns: number) => fc.assert(fc.asyncProperty(fc.noBias(steps), runAll), { numRuns, endOnFailure: true })
    await live(3)
    // a test in which nothing happens would find nothing: what chance left out is given more turns, a few
    for (let more = 0; more < 6 && (await idle()).length > 0; more += 1) await live(1)
    assert.deepEqual(await idle(), [])
  })
  let crashes = 0

  async function idle(): Promise<string[]> {
    const [did] = await rows<Record<string, bigint>>(happened)
    return Object.entries({ ...did, crashes: BigInt(crashes) }).flatMap(([what, count]) => (count < 2n ? [what] : []))
  }

  async function runAll(some: readonly Step[]): Promise<void> {
    const still = { going: true }
    const seen: string[] = []
    const reader = (async () => {
      while (still.going) seen.push(...(await faults()))
    })()
    const queue = some.values()
    const broken: unknown[] = []
    const lane = async (): Promise<void> => {
      for (const step of queue)
        await act(step).catch((error: unknown) => {
          if (error instanceof Crash) crashes += 1
          const refused = error instanceof Crash || (error instanceof Problem && error.status < 500)
          if (!refused) broken.push(error)
        })
    }
    await Promise.all([lane(), lane(), lane(), lane(), lane()])
    await comeToRest()
    still.going = false
    await reader
    assert.deepEqual([broken.map(String), [...new Set(seen)], await faults()], [[], [], []])
    assert.deepEqual(
      (await verifyLedger(treasury.platform)).filter(({ state }) => state !== 'ok'),
      [],
    )
    await agreeWithBank()
    const before = await digest()
    await replay()
    assert.equal(await digest(), before, 'the same callbacks again change nothing')
  }

  /** Lets everything that is under way end: late payments, refunds, webhooks, what a crash left. */
  async function comeToRest(): Promise<void> {
    await paying.pass(20_000)
    await paying.pass(20_000)
    await paying.pass(35 * 60_000)
    for (let turn = 0; turn < 3; turn += 1) {
      for (const { id } of await rows<{ id: string }>('select id from payments.attempt order by id')) await settleAttempt(treasury, id)
      for (const { id } of await rows<{ id: string }>('select id from payments.refund order by decided_at, id'))
        await settleRefund(treasury, id)
      await paying.pass(5_000)
    }
  }

  async function replay(): Promise<void> {
    await transact(treasury.platform, (tx) => query(tx.db, 'update payments.notice set handled_at = null'))
    await paying.job('payments:notices')
    const all = async (table: string, again: (id: string) => Promise<unknown>): Promise<void> => {
      const ids = await rows<{ id: string }>(`select id from payments.${table} order by id`)
      await Promise.all(ids.flatMap(({ id }) => [again(id), again(id)]))
    }
    await all('attempt', (id) => settleAttempt(treasury, id))
    await all('refund', (id) => settleRefund(treasury, id))
    const [bill] = await rows<{ id: string }>('select id from payments.bill limit 1')
    for (const { key } of await rows<{ key: string }>('select key from payments.payment'))
      await transact(treasury.platform, (tx) =>
        receive(within(treasury, tx), program, { key, source: 'bank', heldBy: 'revenue', amount: 1n, currency: 'EUR', day: today(tx), shares: [{ bill: bill?.id ?? '', amount: 1n }] }),
      ) // prettier-ignore
  }

  /** What the books say lies with the bank is what the bank says it holds for us. */
  async function agreeWithBank(): Promise<void> {
    let held = 0n
    for (const { provider_payment } of await rows<{ provider_payment: string }>('select provider_payment from payments.attempt where provider_payment is not null')) {
      const { captured, refunded, charged_back } = await paying.api(`payments/${provider_payment}`)
      held += BigInt(String(captured)) - BigInt(String(refunded)) - BigInt(String(charged_back))
    } // prettier-ignore
    const [books] = await rows<{ held: string }>(`select coalesce(sum(e.amount), 0)::text as held from ledger.entry e join ledger.account a on a.id = e.account_id
      where a.kind = 'clearing' or (a.kind = 'provider_fees')`) // prettier-ignore
    assert.equal(BigInt(books?.held ?? '0'), held)
  }
})

const balance = (kind: string, subject: string): string =>
  `coalesce((select sum(e.amount) from ledger.entry e join ledger.account a on a.id = e.account_id where a.kind = '${kind}' and e.subject = ${subject}), 0)`

const happened = `select (select count(*) from payments.payment) as payments,
  (select count(*) from payments.allocation where kind = 'set_off') as set_offs,
  (select count(*) from payments.allocation where kind = 'released') as releases,
  (select count(*) from payments.allocation where kind = 'chargeback') as taken,
  (select count(*) from payments.refund where state = 'succeeded') as refunds,
  (select count(*) from payments.chargeback) as chargebacks,
  (select count(*) from payments.chargeback_end) as won,
  (select count(*) from payments.bill where waived > 0) as waivers,
  (select count(*) from payments.notice) as notices,
  (select count(*) from payments.item where kind = 'overpaid') as overpaid`

/** Each text finds what breaks a law. */
const laws: Readonly<Record<string, string>> = {
  'debits equal credits': `select a.currency as id from ledger.entry e join ledger.account a on a.id = e.account_id group by a.currency having sum(e.amount) <> 0`,
  'every posting is balanced': `select posting_id as id from ledger.entry group by posting_id having sum(amount) <> 0`,
  'what is owed is what the books say': `select id from payments.bill b where outstanding <> ${balance('receivable', 'b.id')}`,
  'what is kept is what the books say': `select id from payments.payment p where unapplied <> -(${balance('unapplied', 'p.id')})`,
  'what is promised is what the books say': `select id from payments.refund r where -(${balance('refund_payable', 'r.id')}) <>
    case when state in ('approved', 'sent', 'unknown') then amount else 0 end`,
  'what nobody covers is what the books say': `select p.id from payments.payment p where ${balance('suspense', 'p.id')} <>
    coalesce((select sum(amount) from payments.chargeback c where c.payment_id = p.id
      and not exists (select 1 from payments.chargeback_end e where e.chargeback_id = c.id)), 0) - p.taken_back`,
  'a bill is paid by its payments': `select id from payments.bill b where paid <> coalesce((select sum(amount) from payments.allocation where bill_id = b.id), 0)`,
  'a payment is somewhere once': `select id from payments.payment p where amount <> unapplied + taken_back
    + coalesce((select sum(amount) from payments.allocation where payment_id = p.id), 0)
    + coalesce((select sum(amount) from payments.refund where payment_id = p.id and state in ('approved', 'sent', 'unknown', 'succeeded')), 0)`,
  'no payment pays a bill negatively': `select payment_id as id from payments.allocation group by payment_id, bill_id having sum(amount) < 0`,
  'one attempt is open': `select bill_id as id from payments.attempt_bill where open group by bill_id having count(*) > 1`,
  // one that expired may hold its bills for a while: it can still be paid late
  'an attempt that has ended holds nothing up': `select a.id from payments.attempt a join payments.attempt_bill b on b.attempt_id = a.id
    where a.state <> 'expired' and b.open = (a.state in ('captured', 'failed', 'cancelled'))`,
  'captured money is booked once': `select a.id from payments.attempt a where a.captured <> coalesce((select sum(amount) from payments.payment where key = 'attempt:' || a.id), 0)`,
  'never more goes back than came': `select p.id from payments.payment p where amount <
    coalesce((select sum(amount) from payments.refund where payment_id = p.id and state = 'succeeded'), 0)`,
}
