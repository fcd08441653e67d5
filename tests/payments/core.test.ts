import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addDays, addWorkingDays, type PlainDate } from '../../src/kernel/time.ts'
import { transact } from '../../src/platform/platform.ts'
import { today } from '../../src/platform/platform.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { balanceOf, subjectBalance } from '../../src/modules/ledger/index.ts'
import type { Bill } from '../../src/modules/payments/index.ts'
import { applyKept, correctBill, getBill, receive, relieveBill, takeBack, type Treasury, within } from '../../src/modules/payments/index.ts'
import { isOverdue, payableUntil } from '../../src/modules/payments/bill.ts'
import { instalmentsOf, replaceInstalments } from '../../src/modules/payments/store.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'

const program = systemActor('payments')

describe('bills and money', () => {
  let test: TestApp
  let treasury: Treasury
  before(async () => {
    test = await startApp()
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
  })
  after(() => test.close())

  const inside = <T>(work: (treasury: Treasury) => Promise<T>): Promise<T> =>
    transact(treasury.platform, (tx) => work(within(treasury, tx)))
  const pay = (bill: Bill, amount: bigint, key: string) =>
    inside((t) =>
      receive(t, program, {
        key,
        source: 'provider',
        heldBy: 'revenue',
        part: 'somebank',
        amount,
        currency: 'EUR',
        day: today(t.platform),
        shares: [{ bill: bill.id, amount }],
      }),
    )
  const owed = (bill: Bill): Promise<bigint> => subjectBalance(treasury.platform, 'receivable', bill.id)

  it('are issued once for what they are for', async () => {
    const [one, two] = [await makeBill(treasury, 5_000n, 'same'), await makeBill(treasury, 9_000n, 'same')]
    assert.equal(one.id, two.id)
    assert.equal(two.outstanding, 5_000n)
    assert.equal(await owed(one), 5_000n)
    assert.match(one.creditor_reference, /^RF\d\dBIL[0-9A-Z]{8}$/)
  })

  it('are paid in parts, and what is too much is kept and never lost', async () => {
    const bill = await makeBill(treasury, 10_000n)
    await pay(bill, 4_000n, `a:${bill.id}`)
    assert.equal((await getBill(treasury.platform, bill.id)).outstanding, 6_000n)
    const { payment } = await pay(bill, 8_000n, `b:${bill.id}`)
    const paid = await getBill(treasury.platform, bill.id)
    assert.deepEqual([paid.state, paid.outstanding, paid.paid], ['paid', 0n, 10_000n])
    assert.equal(payment.unapplied, 0n + 8_000n - 6_000n)
    assert.equal(await owed(bill), 0n)
    assert.equal(await subjectBalance(treasury.platform, 'unapplied', payment.id), -2_000n)
  })

  it('take the same money once', async () => {
    const bill = await makeBill(treasury, 3_000n)
    const before = await balanceOf(treasury.platform, { agency: 'revenue', kind: 'clearing', currency: 'EUR', part: 'somebank' })
    const done = await Promise.all(Array.from({ length: 6 }, () => pay(bill, 3_000n, `once:${bill.id}`)))
    assert.equal(done.filter((each) => each.added).length, 1)
    const after = await balanceOf(treasury.platform, { agency: 'revenue', kind: 'clearing', currency: 'EUR', part: 'somebank' })
    assert.equal(after - before, 3_000n)
  })

  it('are owed again when a bank takes the money back, once', async () => {
    const bill = await makeBill(treasury, 7_000n)
    const { payment } = await pay(bill, 7_000n, `cb:${bill.id}`)
    const back = { provider: 'somebank', id: `cb-${bill.id}`, amount: 7_000n, fee: 1_500n, day: today(treasury.platform) }
    assert.equal(await inside((t) => takeBack(t, program, payment.id, back)), true)
    assert.equal(await inside((t) => takeBack(t, program, payment.id, back)), false)
    const again = await getBill(treasury.platform, bill.id)
    assert.deepEqual([again.state, again.outstanding], ['open', 7_000n])
    assert.equal(await owed(bill), 7_000n)
  })

  const again = (): PlainDate => addWorkingDays(today(treasury.platform), treasury.rules.pay_within, treasury.platform.city.calendar)
  const past = (): { dueOn: PlainDate } => ({ dueOn: addDays(today(treasury.platform), -30) })

  it('leave their payer time when a bank takes the money back or they come to more after they were paid', async () => {
    const [back, more] = [await makeBill(treasury, 7_000n, undefined, past()), await makeBill(treasury, 7_000n, undefined, past())]
    const { payment } = await pay(back, 7_000n, `time:${back.id}`)
    await pay(more, 7_000n, `time:${more.id}`)
    const taken = { provider: 'somebank', id: `time-${back.id}`, amount: 7_000n, fee: 0n, day: today(treasury.platform) }
    await inside((t) => takeBack(t, program, payment.id, taken))
    const { bill } = await inside((t) =>
      correctBill(t, program, more.id, { key: `up:${more.id}`, to: 8_000n, why: 'decision', title: { en: 'More' } }),
    )
    for (const each of [await getBill(treasury.platform, back.id), bill]) {
      assert.ok(!isOverdue(each, today(treasury.platform)))
      assert.deepEqual([each.state, payableUntil(each), each.step_on], ['open', again(), again()])
    }
  })

  it('ask for no more in parts than in all when they are corrected', async () => {
    const bill = await makeBill(treasury, 10_000n)
    const correct = (to: bigint) =>
      inside((t) => correctBill(t, program, bill.id, { key: `to:${bill.id}:${to}`, to, why: 'decision', title: { en: 'Other' } }))
    const parts = async (): Promise<bigint[]> => (await instalmentsOf(treasury.platform.db, bill.id)).map((part) => part.amount)
    await inside((t) =>
      replaceInstalments(
        t.platform.db,
        bill.id,
        [1, 2, 3, 4].map((no) => ({ bill_id: bill.id, no, amount: 2_500n, due_on: bill.due_on })),
      ),
    )
    await correct(12_000n)
    await correct(10_000n)
    assert.deepEqual(await parts(), [2_500n, 2_500n, 2_500n, 2_500n], 'up and down again is no change')
    await correct(6_000n)
    assert.deepEqual(await parts(), [2_500n, 2_500n, 1_000n])
    await correct(0n)
    assert.deepEqual(await parts(), [])
  })

  it('are corrected down after payment, and the money can pay another', async () => {
    const [bill, other] = [await makeBill(treasury, 12_000n), await makeBill(treasury, 1_000n)]
    await pay(bill, 12_000n, `co:${bill.id}`)
    const { freed } = await inside((t) =>
      correctBill(t, program, bill.id, { key: `down:${bill.id}`, to: 9_500n, why: 'decision', title: { en: 'Less' } }),
    )
    assert.deepEqual(freed.map((each) => each.amount), [2_500n]) // prettier-ignore
    const payment = freed[0]?.payment.id ?? ''
    assert.equal(await inside((t) => applyKept(t, program, payment, other.id, 5_000n)), 1_000n)
    assert.equal((await getBill(treasury.platform, other.id)).state, 'paid')
    assert.equal(await subjectBalance(treasury.platform, 'unapplied', payment), -1_500n)
    assert.equal((await getBill(treasury.platform, bill.id)).total, 9_500n)
  })

  it('are waived in part and never below nothing', async () => {
    const bill = await makeBill(treasury, 2_000n)
    await inside((t) => relieveBill(t, program, bill.id, { key: `w:${bill.id}`, kind: 'waived', amount: 500n }))
    await assert.rejects(
      inside((t) => relieveBill(t, program, bill.id, { key: `x:${bill.id}`, kind: 'waived', amount: 1_501n })),
      /more than is still owed/,
    )
    assert.equal(await owed(bill), 1_500n)
  })
})
