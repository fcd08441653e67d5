import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { present } from '../../src/kernel/invariant.ts'
import { balanceOf } from '../../src/modules/ledger/index.ts'
import { settleAttempt, type Treasury } from '../../src/modules/payments/index.ts'
import { comeBack, type Paying, payHosted, startPaying } from '../support/bank.ts'
import { showBill } from '../../src/modules/payments/pay/read.ts'
import { makeBill } from '../support/bills.ts'
import { attemptStage } from './attemptstage.ts'

describe('paying at the provider, afterwards', () => {
  let paying: Paying
  let treasury: Treasury
  before(async () => {
    paying = await startPaying()
    treasury = paying.treasury
  })
  after(() => paying.close())
  const { items, now, owed, paymentsOf, rows, stateOf, until } = attemptStage(() => paying)

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
})
