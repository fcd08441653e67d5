import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { present } from '../../src/kernel/invariant.ts'
import { Webhook } from 'standardwebhooks'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, holding, systemActor } from '../../src/modules/access/index.ts'
import { balanceOf, subjectBalance } from '../../src/modules/ledger/index.ts'
import {
  attemptsOf,
  type Bill,
  correctBill,
  getBill,
  openAttemptOf,
  receive,
  settleAttempt,
  startAttempt,
  type Treasury,
  within,
} from '../../src/modules/payments/index.ts'
import { giveUpAttempt } from '../../src/modules/payments/attempts/index.ts'
import { cards, comeBack, holderOf, type Paying, payHosted, startPaying } from '../support/bank.ts'
import { showBill } from '../../src/modules/payments/pay/read.ts'
import { makeBill } from '../support/bills.ts'
import { send } from '../support/client.ts'
import { payerAt } from '../support/payer.ts'

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

  const now = (bill: Bill): Promise<Bill> => getBill(treasury.platform, bill.id)
  const owed = (bill: Bill): Promise<bigint> => subjectBalance(treasury.platform, 'receivable', bill.id)
  const rows = <Row>(text: string, values: unknown[] = []): Promise<Row[]> => query<Row>(treasury.platform.db, text, values)
  const paymentsOf = (attempt: string) =>
    rows<{ amount: bigint; unapplied: bigint; taken_back: bigint }>('select * from payments.payment where key = $1', [`attempt:${attempt}`])
  const items = async (attempt: string): Promise<string[]> =>
    (await rows<{ kind: string }>('select kind from payments.item where attempt_id = $1 order by kind', [attempt])).map((row) => row.kind)
  const stateOf = async (attempt: string): Promise<string> =>
    (await rows<{ state: string }>('select state from payments.attempt where id = $1', [attempt]))[0]?.state ?? 'none'

  /** Waits until webhooks have done their work. */
  const until = async (fits: () => Promise<boolean>, what: string): Promise<void> => {
    for (let turn = 0; turn < 100; turn += 1) {
      if (await fits()) return
      await new Promise((done) => setTimeout(done, 50))
    }
    assert.fail(what)
  }

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

  it('is booked once when 25 ways back and 25 webhooks race', async () => {
    const bill = await makeBill(treasury, 3_300n)
    await paying.weather({ webhooks: 'lost' })
    const { attempt, url } = await paying.page([bill.id])
    const back = await payHosted(url)
    const payment = await rows<{ provider_payment: string }>('select provider_payment from payments.attempt where id = $1', [attempt])
    const racing = Array.from(
      { length: 50 },
      (_, at) =>
      at % 2 === 0 ? comeBack(paying, back).then(({ answer }) => answer.status) : hook({ id: payment[0]?.provider_payment, reference: attempt }, `race-${at}`), // prettier-ignore
    )
    const statuses = await Promise.all(racing)
    assert.deepEqual(new Set(statuses), new Set([204, 303]))
    const [only, ...more] = await paymentsOf(attempt)
    assert.deepEqual([only?.amount, only?.unapplied, more.length], [3_300n, 0n, 0])
    assert.equal((await rows('select 1 from payments.allocation where bill_id = $1', [bill.id])).length, 1)
    const moved = await rows<{ to: string }>("select data->>'to' as to from journal.event where stream = $1 and type = 'payments.attempt.moved'", [attempt]) // prettier-ignore
    assert.equal(moved.filter((each) => each.to === 'captured').length, 1)
    await paying.weather({ webhooks: 'prompt' })
  })

  /** Sends a webhook with the bank's signature. */
  const hook = async (data: unknown, id: string, over: { secret?: string; at?: Date; type?: string } = {}): Promise<number> => {
    const at = over.at ?? treasury.platform.now()
    const body = JSON.stringify({ type: over.type ?? 'payment.captured', timestamp: at.toISOString(), data })
    const signature = new Webhook(over.secret ?? paying.bank.webhookSecret).sign(id, at, body)
    const headers = { 'content-type': 'application/json', 'webhook-id': id, 'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)), 'webhook-signature': signature } // prettier-ignore
    return (await send(paying.test.url, { method: 'POST', path: '/pay/webhooks/harbourbank', headers, body })).status
  }

  it('takes webhooks in any order and number, and remembers each event once', async () => {
    const bill = await makeBill(treasury, 2_800n)
    const { attempt, url } = await paying.page([bill.id])
    await payHosted(url, cards.shuffled)
    await paying.pass(4_000)
    await until(async () => (await now(bill)).state === 'paid', 'shuffled webhooks')
    await until(async () => (await rows('select 1 from payments.notice where attempt = $1', [attempt])).length === 3, 'three events')
    const before = await rows('select event, handled_at from payments.notice where attempt = $1 order by event', [attempt])
    const [seen] = await rows<{ event: string }>('select event from payments.notice where attempt = $1', [attempt])
    assert.equal(await hook({ id: 'x', reference: attempt }, seen?.event ?? ''), 204)
    assert.deepEqual(await rows('select event, handled_at from payments.notice where attempt = $1 order by event', [attempt]), before)
    assert.equal((await paymentsOf(attempt)).length, 1)
  })

  it('refuses webhooks that are forged, old, too large or for another provider, and keeps nothing of them', async () => {
    const count = async () => (await rows<{ n: bigint }>('select count(*) as n from payments.notice'))[0]?.n
    const before = await count()
    const secret = `whsec_${Buffer.from('x'.repeat(32)).toString('base64')}`
    assert.equal(await hook({ id: 'a', reference: 'b' }, 'forged', { secret }), 401)
    assert.equal(await hook({ id: 'a', reference: 'b' }, 'old', { at: new Date(treasury.platform.now().getTime() - 6 * MINUTE) }), 401)
    assert.equal(await hook({ id: 'a', reference: 'x'.repeat(70_000) }, 'large'), 413)
    const headers = { 'content-type': 'text/plain' }
    const bare = await send(paying.test.url, { method: 'POST', path: '/pay/webhooks/harbourbank', headers, body: '{}' })
    assert.equal(bare.status, 401)
    assert.match(String(bare.headers['content-type']), /^application\/problem\+json/)
    assert.equal((await send(paying.test.url, { method: 'POST', path: '/pay/webhooks/other', headers, body: '{}' })).status, 404)
    assert.equal(await count(), before)
    assert.equal(await hook({ id: 'pay_unknown', reference: 'not-ours' }, 'unknown-1'), 204, 'what is not ours is noted and taken')
    assert.equal(await hook({ id: 'pay_unknown', reference: treasury.platform.newId() }, 'unknown-2'), 204)
  })

  it('keeps a webhook that came while the bank did not answer, and handles it later', async () => {
    const bill = await makeBill(treasury, 640n)
    await paying.weather({ webhooks: 'lost' })
    const { attempt, url } = await paying.page([bill.id])
    await payHosted(url)
    await paying.weather({ api: 'down' })
    assert.equal(await hook({ id: 'x', reference: attempt }, `later-${attempt}`), 204)
    assert.equal(await stateOf(attempt), 'unknown')
    assert.deepEqual(await paying.start([bill.id]), { kind: 'checking', attempt })
    await paying.weather({ api: 'up', webhooks: 'prompt' })
    await paying.job('payments:notices')
    assert.equal((await now(bill)).state, 'paid')
    assert.equal((await rows('select 1 from payments.notice where event = $1 and handled_at is not null', [`later-${attempt}`])).length, 1)
  })

  it('that could not be begun is begun later with the same id, once', async () => {
    for (const api of ['down', 'cut'] as const) {
      const bill = await makeBill(treasury, 750n)
      await paying.weather({ api })
      const first = await paying.start([bill.id])
      assert.equal(first.kind, 'checking', api)
      assert.ok('attempt' in first)
      assert.equal(await stateOf(first.attempt), 'unknown')
      assert.deepEqual(await paying.start([bill.id]), first)
      await paying.weather({ api: 'up' })
      const { attempt, url } = await paying.page([bill.id])
      assert.equal(attempt, first.attempt)
      const { payments } = await paying.api(`payments?reference=${attempt}`)
      assert.ok(Array.isArray(payments))
      assert.equal(payments.length, 1)
      await payHosted(url)
      assert.equal((await settleAttempt(treasury, attempt)).state, 'captured')
    }
  })

  it('that never came to the bank ends after a while', async () => {
    const bill = await makeBill(treasury, 760n)
    await paying.weather({ api: 'down' })
    const first = await paying.start([bill.id])
    assert.ok('attempt' in first)
    await paying.weather({ api: 'up' })
    assert.equal((await settleAttempt(treasury, first.attempt)).state, 'unknown')
    await paying.pass(61 * MINUTE)
    await paying.job('payments:ask')
    assert.equal(await stateOf(first.attempt), 'expired')
    assert.equal(await openAttemptOf(treasury.platform, bill.id), null)
  })

  it('is asked about with growing pauses while nobody answers, and somebody has to look after three days', async () => {
    const bill = await makeBill(treasury, 770n)
    const { attempt } = await paying.page([bill.id])
    await paying.weather({ api: 'down' })
    const pauses: number[] = []
    for (let turn = 0; turn < 9; turn += 1) {
      const [row] = await rows<{ next_ask_at: Date }>('select next_ask_at from payments.attempt where id = $1', [attempt])
      await paying.pass((row?.next_ask_at.getTime() ?? 0) - treasury.platform.now().getTime() + 1)
      await paying.job('payments:ask')
      const [after] = await rows<{ next_ask_at: Date }>('select next_ask_at from payments.attempt where id = $1', [attempt])
      pauses.push(Math.round(((after?.next_ask_at.getTime() ?? 0) - treasury.platform.now().getTime()) / MINUTE))
    }
    assert.deepEqual(pauses, [1, 2, 4, 8, 16, 32, 60, 60, 60])
    assert.equal(await stateOf(attempt), 'unknown')
    const metrics = (await send(paying.test.url, { path: '/metrics' })).body
    assert.ok(Number(/^stoa_payment_attempts_unknown (\d+)/m.exec(metrics)?.[1]) >= 1)
    assert.ok(Number(/^stoa_payment_attempts_oldest_seconds ([\d.e+]+)/m.exec(metrics)?.[1]) > 60)
    await paying.pass(3 * 24 * 60 * MINUTE)
    await paying.job('payments:ask')
    assert.deepEqual(await items(attempt), ['attempt_unclear'])
    await paying.weather({ api: 'up' })
    assert.equal((await settleAttempt(treasury, attempt)).state, 'expired')
    const [item] = await rows<{ outcome: string }>('select outcome from payments.item where attempt_id = $1', [attempt])
    assert.equal(item?.outcome, 'expired')
  })

  it('from two tabs at once is one attempt, and pays once', async () => {
    const bill = await makeBill(treasury, 5_100n)
    const tabs = await Promise.all([1, 2, 3, 4].map(() => paying.start([bill.id])))
    const urls = new Set(tabs.map((tab) => (tab.kind === 'go' ? tab.url : tab.kind)))
    assert.equal(urls.size, 1)
    const [url = ''] = urls
    const [one, two] = await Promise.all([payHosted(url), payHosted(url)])
    assert.equal(one, two)
    assert.equal((await attemptsOf(treasury.platform, bill.id)).length, 1)
    await comeBack(paying, one)
    assert.deepEqual([(await now(bill)).paid, (await now(bill)).state], [5_100n, 'paid'])
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

  it('charged back, is owed again, once however often it is told', async () => {
    const bill = await makeBill(treasury, 6_000n)
    const { attempt, url } = await paying.page([bill.id])
    await payHosted(url)
    const { provider_payment } = await settleAttempt(treasury, attempt)
    const clearing = { agency: 'revenue', kind: 'clearing', currency: 'EUR', part: 'harbourbank' } as const
    const before = await balanceOf(treasury.platform, clearing)
    await paying.office('chargebacks', { payment: provider_payment, amount: '2000' })
    await until(async () => (await now(bill)).state === 'open', 'the first chargeback')
    await paying.office('chargebacks', { payment: provider_payment })
    await until(async () => (await now(bill)).outstanding === 6_000n, 'the second chargeback')
    await Promise.all(Array.from({ length: 5 }, () => settleAttempt(treasury, attempt)))
    assert.equal(await owed(bill), 6_000n)
    assert.equal((await rows('select 1 from payments.chargeback c join payments.payment p on p.id = c.payment_id where p.key = $1', [`attempt:${attempt}`])).length, 2) // prettier-ignore
    assert.equal((await balanceOf(treasury.platform, clearing)) - before, -6_000n - 3_000n)
    assert.equal((await paying.start([bill.id])).kind, 'go')
  })

  it('charged back and won, is paid again, once however often it is told; what nobody owes any more is kept', async () => {
    const clearing = { agency: 'revenue', kind: 'clearing', currency: 'EUR', part: 'harbourbank' } as const
    const paid = async (amount: bigint) => {
      const bill = await makeBill(treasury, amount)
      const { attempt, url } = await paying.page([bill.id])
      await payHosted(url)
      const { provider_payment } = await settleAttempt(treasury, attempt)
      const before = await balanceOf(treasury.platform, clearing)
      const { id } = await paying.office('chargebacks', { payment: provider_payment })
      await until(async () => (await now(bill)).state === 'open', 'the chargeback')
      return { bill, attempt, before, win: () => paying.office('chargebacks/won', { chargeback: id }) }
    }
    const itemsOf = (attempt: string) =>
      rows<{ kind: string; outcome: string | null }>(
        'select i.kind, i.outcome from payments.item i join payments.payment p on p.id = i.payment_id where p.key = $1 order by i.kind',
        [`attempt:${attempt}`],
      )
    const first = await paid(6_000n)
    const { provider } = treasury
    assert.ok(provider)
    const status = async (ask: Parameters<typeof provider.status>[0]) => ({ ...(await provider.status(ask)), chargebacks: [] })
    await settleAttempt({ ...treasury, provider: { ...provider, status } }, first.attempt)
    assert.equal((await now(first.bill)).state, 'open', 'an answer from before the chargeback does not end it')
    await first.win()
    await until(async () => (await now(first.bill)).state === 'paid', 'the chargeback is won')
    await Promise.all(Array.from({ length: 5 }, () => settleAttempt(treasury, first.attempt)))
    assert.equal(await owed(first.bill), 0n)
    assert.equal((await balanceOf(treasury.platform, clearing)) - first.before, -1_500n, 'the fee stays')
    assert.deepEqual(await itemsOf(first.attempt), [{ kind: 'chargeback', outcome: 'given_back' }])
    assert.deepEqual(
      (await paymentsOf(first.attempt)).map((row) => [row.unapplied, row.taken_back]),
      [[0n, 0n]],
    )
    const shown = await showBill(treasury, await now(first.bill))
    assert.deepEqual(
      shown.paid.map(({ amount, back }) => [amount, back]),
      [[6_000n, 0n]],
    )

    const second = await paid(3_000n)
    const again = await paying.page([second.bill.id], 1_000n)
    await payHosted(again.url)
    await settleAttempt(treasury, again.attempt)
    await second.win()
    await until(async () => (await now(second.bill)).state === 'paid', 'the second is won')
    assert.deepEqual(
      (await paymentsOf(second.attempt)).map((row) => [row.unapplied, row.taken_back]),
      [[1_000n, 0n]],
    )
    assert.deepEqual(await itemsOf(second.attempt), [
      { kind: 'chargeback', outcome: 'given_back' },
      { kind: 'overpaid', outcome: null },
    ])
  })

  it('books what was captured, and nothing that does not fit', async () => {
    const { provider } = treasury
    assert.ok(provider)
    type Said = Awaited<ReturnType<typeof provider.status>>
    const saying = (change: (said: Said) => Partial<Said>): Treasury => ({
      ...treasury,
      provider: { ...provider, status: async (ask) => provider.status(ask).then((said) => ({ ...said, ...change(said) })) },
    })
    await paying.weather({ webhooks: 'lost' })
    const paid = async (amount: bigint) => {
      const bill = await makeBill(treasury, amount)
      const { attempt, url } = await paying.page([bill.id])
      await payHosted(url)
      return { bill, attempt }
    }
    const part = await paid(1_000n)
    assert.equal(
      (
        await settleAttempt(
          saying(() => ({ captured: 400n })),
          part.attempt,
        )
      ).captured,
      400n,
    )
    assert.deepEqual([(await now(part.bill)).outstanding, await owed(part.bill)], [600n, 600n])
    await settleAttempt(treasury, part.attempt)
    assert.deepEqual([await items(part.attempt), await owed(part.bill)], [['provider_mismatch'], 600n], 'more than was captured first')
    const wrong: ReadonlyArray<(said: Said) => Partial<Said>> = [
      () => ({ amount: 1n }),
      () => ({ currency: 'USD' }),
      () => ({ captured: 9_999n }),
      () => ({ captured: 0n }),
      () => ({ id: 'another' }),
    ]
    for (const change of wrong) {
      const { bill, attempt } = await paid(1_000n)
      assert.equal((await settleAttempt(saying(change), attempt)).state, 'unknown')
      assert.deepEqual([await items(attempt), await paymentsOf(attempt), await owed(bill)], [['provider_mismatch'], [], 1_000n])
      await settleAttempt(treasury, attempt)
      assert.equal((await now(bill)).state, 'paid', 'what fits later is booked')
    }
    await paying.weather({ webhooks: 'prompt' })
  })

  it('captures what the provider holds for us', async () => {
    const { provider } = treasury
    assert.ok(provider)
    const bill = await makeBill(treasury, 1_230n)
    await paying.weather({ webhooks: 'lost' })
    const { attempt, url } = await paying.page([bill.id])
    await payHosted(url)
    let captures = 0
    const holds: Treasury = {
      ...treasury,
      provider: {
        ...provider,
        status: async (ask) => ({ ...(await provider.status(ask)), state: captures === 0 ? 'authorised' : 'captured', captured: captures === 0 ? 0n : 1_230n }),
        capture: async (ask) => {
          captures += 1
          assert.equal(ask.amount, 1_230n)
          return provider.status({ attempt: ask.attempt, payment: ask.payment })
        },
      },
    } // prettier-ignore
    assert.equal((await settleAttempt(holds, attempt)).state, 'captured')
    assert.equal(captures, 1)
    await paying.weather({ webhooks: 'prompt' })
  })

  it('shows nothing to whoever only knows the id of an attempt', async () => {
    const bill = await makeBill(treasury, 1_000n)
    const { attempt, url } = await paying.page([bill.id])
    const back = await payHosted(url)
    for (const address of [
      back.replace(/s=.*/, ''),
      back.replace(/.$/, (last) => (last === 'A' ? 'B' : 'A')),
      back.replace(attempt, treasury.platform.newId()),
      back.replace(attempt, 'x'),
    ]) {
      const { answer, cookie } = await comeBack(paying, address)
      assert.deepEqual([answer.status, cookie.includes('stoa_attempt')], [404, false], address)
    }
    // a day after the end the address, which lies in histories and logs, lets nobody in
    assert.ok((await comeBack(paying, back)).cookie.includes('stoa_attempt'))
    await until(async () => (await stateOf(attempt)) === 'captured', 'captured')
    await paying.pass(25 * 3_600_000)
    const late = await comeBack(paying, back)
    assert.deepEqual([late.answer.status, late.cookie.includes('stoa_attempt')], [303, false])
  })

  it('forgets webhooks that were handled long ago, and no others', async () => {
    const kept = () => rows('select 1 from payments.notice where handled_at is not null')
    assert.ok((await kept()).length > 0)
    const job = present(paying.test.app.modules.flatMap((module) => module.jobs ?? []).find(({ name }) => name === 'payments:forget-notices'), 'the job') // prettier-ignore
    await job.run(paying.test.app.platform, {})
    assert.ok((await kept()).length > 0, 'not yet')
    await rows("insert into payments.notice (provider, event, received_at) values ('harbourbank', 'waiting', now() - interval '200 days')")
    await paying.pass(91 * 24 * 3_600_000)
    await job.run(paying.test.app.platform, {})
    assert.equal((await kept()).length, 0)
    assert.equal((await rows("select 1 from payments.notice where event = 'waiting'")).length, 1, 'what waits is kept')
  })

  it('limits webhooks of one network', async () => {
    const statuses = new Set<number>()
    for (let turn = 0; turn < 65 && !statuses.has(429); turn += 1) {
      const some = await Promise.all(
        Array.from({ length: 20 }, () => send(paying.test.url, { method: 'POST', path: '/pay/webhooks/harbourbank', body: '{}' })),
      )
      for (const { status } of some) statuses.add(status)
    }
    assert.deepEqual(statuses, new Set([401, 429]))
  })
})
