import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { attemptsOf, openAttemptOf, settleAttempt, type Treasury } from '../../src/modules/payments/index.ts'
import { cards, comeBack, type Paying, payHosted, startPaying } from '../support/bank.ts'
import { makeBill } from '../support/bills.ts'
import { send } from '../support/client.ts'
import { attemptStage } from './attemptstage.ts'

const MINUTE = 60_000

describe('paying at the provider, with webhooks and much at once', () => {
  let paying: Paying
  let treasury: Treasury
  before(async () => {
    paying = await startPaying()
    treasury = paying.treasury
  })
  after(() => paying.close())
  const { hook, items, now, paymentsOf, rows, stateOf, until } = attemptStage(() => paying)

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
