import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, holding, systemActor } from '../../src/modules/access/index.ts'
import {
  attemptsOf,
  correctBill,
  openAttemptOf,
  receive,
  settleAttempt,
  startAttempt,
  type Treasury,
  within,
} from '../../src/modules/payments/index.ts'
import { giveUpAttempt } from '../../src/modules/payments/attempts/index.ts'
import { cards, comeBack, holderOf, type Paying, payHosted, startPaying } from '../support/bank.ts'
import { makeBill } from '../support/bills.ts'
import { payerAt } from '../support/payer.ts'
import { attemptStage } from './attemptstage.ts'

const program = systemActor('payments')
const MINUTE = 60_000

describe('paying at the provider', () => {
  let paying: Paying
  let treasury: Treasury
  before(async () => {
    paying = await startPaying()
    treasury = paying.treasury
  })
  after(() => paying.close())
  const { items, now, owed, paymentsOf, rows, stateOf, until } = attemptStage(() => paying)

  it('pays a bill once, told by the way back and by a webhook', async () => {
    const bill = await makeBill(treasury, 4_200n)
    const { attempt, url } = await paying.page([bill.id])
    const back = await payHosted(url)
    const { answer, cookie } = await comeBack(paying, back)
    assert.deepEqual([answer.status, answer.headers.location], [303, `/pay/attempts/${attempt}`])
    assert.match(cookie, /^stoa_attempt=/)
    assert.deepEqual([(await now(bill)).state, await owed(bill)], ['paid', 0n])
    await until(async () => (await rows('select 1 from payments.notice where attempt = $1 and handled_at is not null', [attempt])).length > 0, 'a webhook') // prettier-ignore
    const [payment, ...more] = await paymentsOf(attempt)
    assert.deepEqual([payment?.amount, more.length], [4_200n, 0])
    assert.equal(await openAttemptOf(treasury.platform, bill.id), null)
    assert.deepEqual(await paying.start([bill.id]), { kind: 'paid' })
  })

  const ends = [
    ['declined', cards.declined, 'failed', 'declined'],
    ['without enough on the account', cards.insufficient, 'failed', 'insufficient_funds'],
    ['without proof of who pays', cards.unproven, 'failed', 'authentication'],
  ] as const
  for (const [what, card, state, reason] of ends)
    it(`${what}, the bill is free for another attempt`, async () => {
      const bill = await makeBill(treasury, 1_000n)
      const first = await paying.page([bill.id])
      await payHosted(first.url, card)
      const after = await settleAttempt(treasury, first.attempt)
      assert.deepEqual([after.state, after.reason, after.next_ask_at], [state, reason, null])
      assert.deepEqual([(await now(bill)).outstanding, await paymentsOf(first.attempt)], [1_000n, []])
      const second = await paying.page([bill.id])
      assert.notEqual(second.attempt, first.attempt)
      await payHosted(second.url)
      assert.equal((await settleAttempt(treasury, second.attempt)).state, 'captured')
      assert.equal((await attemptsOf(treasury.platform, bill.id)).length, 2)
    })

  it('given up on the page, ends at once', async () => {
    const bill = await makeBill(treasury, 1_000n)
    const { attempt, url } = await paying.page([bill.id])
    await payerAt(url).send('cancel')
    assert.deepEqual(await settleAttempt(treasury, attempt).then((each) => [each.state, each.reason]), ['cancelled', 'closed'])
  })

  it('with a tab that was closed, goes on at the same page until it expires', async () => {
    const bill = await makeBill(treasury, 1_500n)
    const { attempt, url } = await paying.page([bill.id])
    assert.deepEqual(await paying.start([bill.id]), { kind: 'go', attempt, url })
    await paying.pass(31 * MINUTE)
    const again = await paying.page([bill.id])
    assert.notEqual(again.attempt, attempt)
    assert.equal(await stateOf(attempt), 'expired')
    await payHosted(again.url)
    assert.equal((await settleAttempt(treasury, again.attempt)).state, 'captured')
  })

  it('that hangs is checked, never begun twice, and ends when the bank says so', async () => {
    const bill = await makeBill(treasury, 1_700n)
    const { attempt, url } = await paying.page([bill.id])
    await payHosted(url, cards.timeout)
    assert.deepEqual(await paying.start([bill.id]), { kind: 'checking', attempt })
    assert.equal(await stateOf(attempt), 'pending')
    await paying.pass(MINUTE + 1_000)
    const ended = await settleAttempt(treasury, attempt)
    assert.deepEqual([ended.state, ended.reason], ['failed', 'timeout'])
    assert.equal((await paying.start([bill.id])).kind, 'go')
  })

  it('that succeeds after it expired is found without a webhook, and kept as too much when the bill was paid again', async () => {
    await paying.weather({ webhooks: 'lost' })
    const [bill, other] = [await makeBill(treasury, 2_000n), await makeBill(treasury, 2_100n)]
    const [late, alone] = [await paying.page([bill.id]), await paying.page([other.id])]
    await payHosted(late.url, cards.late)
    await payHosted(alone.url, cards.late)
    await paying.pass(16_000)
    assert.equal((await settleAttempt(treasury, late.attempt)).state, 'expired')
    assert.equal((await settleAttempt(treasury, alone.attempt)).state, 'expired')
    const second = await paying.page([bill.id])
    await payHosted(second.url)
    assert.equal((await settleAttempt(treasury, second.attempt)).state, 'captured')
    await paying.pass(16_000)
    await paying.pass(2 * MINUTE)
    await paying.job('payments:ask')
    assert.deepEqual([await stateOf(late.attempt), await stateOf(alone.attempt)], ['captured', 'captured'])
    const [kept] = await paymentsOf(late.attempt)
    assert.deepEqual([kept?.amount, kept?.unapplied], [2_000n, 2_000n])
    assert.deepEqual(await items(late.attempt), ['overpaid'])
    assert.deepEqual([(await now(bill)).paid, (await now(other)).state, await owed(bill), await owed(other)], [2_000n, 'paid', 0n, 0n])
    await paying.weather({ webhooks: 'prompt' })
  })

  it('that expired after its payer had paid holds the bill for three days, and then lets it go', async () => {
    await paying.weather({ webhooks: 'lost' })
    const [bill, other] = [await makeBill(treasury, 2_200n), await makeBill(treasury, 2_300n)]
    const [late, never] = [await paying.page([bill.id]), await paying.page([other.id])]
    await payHosted(late.url, cards.late)
    assert.equal((await settleAttempt(treasury, late.attempt)).state, 'pending')
    await paying.pass(16_000)
    assert.equal((await settleAttempt(treasury, late.attempt)).state, 'expired')
    assert.deepEqual(await paying.start([bill.id]), { kind: 'checking', attempt: late.attempt }, 'nobody pays it twice')
    await paying.pass(31 * MINUTE)
    assert.equal((await paying.page([other.id])).attempt === never.attempt, false, 'whoever paid nothing tries again at once')
    const silent: Treasury = { ...treasury, provider: null }
    await settleAttempt(silent, late.attempt)
    assert.equal((await openAttemptOf(treasury.platform, bill.id))?.id, late.attempt)
    await paying.pass(3 * 24 * 60 * MINUTE)
    await settleAttempt(silent, late.attempt)
    assert.equal(await openAttemptOf(treasury.platform, bill.id), null)
    assert.equal((await settleAttempt(treasury, late.attempt)).state, 'captured')
    assert.equal((await now(bill)).state, 'paid')
    await paying.weather({ webhooks: 'prompt' })
  })

  it('that nobody can clear is given up by an officer after three days, and money that comes after all is booked', async () => {
    const bill = await makeBill(treasury, 880n)
    const { attempt, url } = await paying.page([bill.id])
    await paying.weather({ webhooks: 'lost', api: 'down' })
    const role = (name: 'officer', agency: string) =>
      accountActor({
        accountId: treasury.platform.newId(),
        personId: null,
        roles: [{ role: name, agency }],
        channel: 'web',
        level: 'substantial',
      })
    const officer = role('officer', treasury.rules.treasury)
    await assert.rejects(giveUpAttempt(treasury, officer, attempt), { code: 'payments.attempt-not-over' })
    await payHosted(url)
    await paying.pass(3 * 24 * 60 * MINUTE)
    await assert.rejects(giveUpAttempt(treasury, role('officer', 'library'), attempt), /role|no such/)
    assert.equal((await giveUpAttempt(treasury, officer, attempt)).state, 'expired')
    assert.equal(await openAttemptOf(treasury.platform, bill.id), null)
    await assert.rejects(giveUpAttempt(treasury, officer, attempt), { code: 'payments.attempt-not-over' })
    await paying.weather({ webhooks: 'prompt', api: 'up' })
    assert.equal((await settleAttempt(treasury, attempt)).state, 'captured')
    assert.equal((await now(bill)).state, 'paid')
  })

  it('of another amount than is wished leads nobody on', async () => {
    const bill = await makeBill(treasury, 60_000n)
    const { attempt, url } = await paying.page([bill.id])
    assert.deepEqual(await paying.start([bill.id], 5_000n), { kind: 'checking', attempt })
    assert.deepEqual(await paying.start([bill.id], 60_000n), { kind: 'go', attempt, url })
    const other = await makeBill(treasury, 100n)
    assert.deepEqual(await paying.start([bill.id, other.id]), { kind: 'checking', attempt })
  })

  it('is not its beginner’s when they acted for another', async () => {
    const bill = await makeBill(treasury, 100n)
    const ids = { accountId: treasury.platform.newId(), personId: treasury.platform.newId() }
    const acting = { id: treasury.platform.newId(), kind: 'mandate', services: null } as const
    const actor = holding(accountActor({ ...ids, roles: [], channel: 'web', level: 'substantial' }), bill.id)
    const started = await startAttempt(treasury, { ...actor, acting }, { bills: [bill.id], language: 'en', returnPath: '/pay' })
    assert.ok('attempt' in started)
    assert.deepEqual(await rows('select account_id from payments.attempt where id = $1', [started.attempt]), [{ account_id: null }])
  })

  it('late, after the bill was paid by transfer, keeps the money for its payer', async () => {
    const bill = await makeBill(treasury, 900n)
    const { attempt, url } = await paying.page([bill.id])
    await transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), program, {
        key: `entry:${bill.id}`, source: 'bank', heldBy: 'revenue', amount: 900n, currency: 'EUR', day: today(tx), shares: [{ bill: bill.id, amount: 900n }],
      }),
    ) // prettier-ignore
    assert.deepEqual(await paying.start([bill.id]), { kind: 'checking', attempt }, 'nobody is sent to pay what is paid')
    await payHosted(url)
    await settleAttempt(treasury, attempt)
    const [payment] = await paymentsOf(attempt)
    assert.equal(payment?.unapplied, 900n)
    assert.equal(await owed(bill), 0n)
    assert.deepEqual(await paying.start([bill.id]), { kind: 'paid' })
  })

  it('pays a part, and never more than is owed', async () => {
    const bill = await makeBill(treasury, 8_000n)
    await assert.rejects(paying.start([bill.id], 8_001n), /more than is still owed/)
    await assert.rejects(paying.start([bill.id], 0n), /more than is still owed/)
    const part = await paying.page([bill.id], 3_000n)
    await payHosted(part.url)
    await settleAttempt(treasury, part.attempt)
    assert.deepEqual([(await now(bill)).outstanding, (await now(bill)).state, await owed(bill)], [5_000n, 'open', 5_000n])
    const rest = await paying.page([bill.id])
    await payHosted(rest.url)
    assert.equal((await settleAttempt(treasury, rest.attempt)).amount, 5_000n)
    assert.equal((await now(bill)).state, 'paid')
  })

  it('pays bills of two agencies at once, each agency its own', async () => {
    const [one, two] = [
      await makeBill(treasury, 1_100n),
      await makeBill(treasury, 2_200n, undefined, { agency: 'library', revenue: 'fine' }),
    ]
    const { attempt, url } = await paying.page([one.id, two.id])
    await payHosted(url)
    const after = await settleAttempt(treasury, attempt)
    assert.deepEqual([after.amount, after.captured], [3_300n, 3_300n])
    assert.deepEqual([(await now(one)).state, (await now(two)).state], ['paid', 'paid'])
    assert.deepEqual([await owed(one), await owed(two)], [0n, 0n])
  })

  it('leads nobody to a basket with bills of others', async () => {
    const [own, other] = [await makeBill(treasury, 100n), await makeBill(treasury, 200n)]
    const { attempt } = await paying.page([own.id, other.id])
    assert.deepEqual(await paying.start([own.id]), { kind: 'checking', attempt })
    await assert.rejects(
      startAttempt(treasury, holderOf([own.id]), { bills: [own.id, other.id], language: 'en', returnPath: '/pay' }),
      /no such/,
    )
  })

  it('sends nobody to pay what was corrected meanwhile', async () => {
    const bill = await makeBill(treasury, 4_000n)
    const { attempt } = await paying.page([bill.id])
    const to = { key: `less:${bill.id}`, to: 2_500n, why: 'decision', title: { en: 'Less' } }
    await transact(treasury.platform, (tx) => correctBill(within(treasury, tx), program, bill.id, to))
    assert.deepEqual(await paying.start([bill.id]), { kind: 'checking', attempt })
    await paying.pass(31 * MINUTE)
    const next = await paying.page([bill.id])
    assert.equal((await attemptsOf(treasury.platform, bill.id))[0]?.amount, 2_500n)
    assert.notEqual(next.attempt, attempt)
  })
})
