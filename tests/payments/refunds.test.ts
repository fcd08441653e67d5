import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { query } from '../../src/platform/db.ts'
import { transact } from '../../src/platform/platform.ts'
import { accountActor, type Actor, systemActor } from '../../src/modules/access/index.ts'
import { type AccountKey, balanceOf, subjectBalance } from '../../src/modules/ledger/index.ts'
import { type Bill, correctBill, decideRefund, getBill, proposeRefund, type Refund, refundsOf, settleAttempt, settleRefund, type Treasury, within } from '../../src/modules/payments/index.ts' // prettier-ignore
import { openRefund, refundable, refundLeft, refundOrdered, refundsToPayOut, refundsToTransfer, type RefundWish } from '../../src/modules/payments/refunds/index.ts' // prettier-ignore
import { paymentById, paymentByKey, type Payment } from '../../src/modules/payments/store.ts'
import { cards, type Paying, payHosted, startPaying } from '../support/bank.ts'
import { makeBill } from '../support/bills.ts'

const IBAN = 'PT50000201231234567890154'
const program = systemActor('payments')
const officer = (id: string, agency: string): Actor =>
  accountActor({ accountId: id, personId: null, roles: [{ role: 'officer', agency }], channel: 'web', level: 'substantial' })

describe('refunds', () => {
  let paying: Paying
  let treasury: Treasury
  let ana: Actor
  let ben: Actor
  before(async () => {
    paying = await startPaying()
    treasury = paying.treasury
    ana = officer(treasury.platform.newId(), 'revenue')
    ben = officer(treasury.platform.newId(), 'revenue')
  })
  after(() => paying.close())

  const inside = <T>(work: (treasury: Treasury) => Promise<T>): Promise<T> =>
    transact(treasury.platform, (tx) => work(within(treasury, tx)))
  const now = (bill: Bill): Promise<Bill> => getBill(treasury.platform, bill.id)
  const balance = (kind: 'unapplied' | 'refund_payable' | 'receivable' | 'suspense', subject: string): Promise<bigint> =>
    subjectBalance(treasury.platform, kind, subject)
  const clearing: AccountKey = { agency: 'revenue', kind: 'clearing', currency: 'EUR', part: 'harbourbank' }
  const kinds = async (payment: Payment): Promise<Record<string, boolean>> => {
    const rows = await query<{ kind: string; open: boolean }>(treasury.platform.db, 'select kind, closed_at is null as open from payments.item where payment_id = $1', [payment.id]) // prettier-ignore
    return Object.fromEntries(rows.map((row) => [row.kind, row.open]))
  }
  const fresh = async (payment: Payment): Promise<Payment> => (await paymentById(treasury.platform.db, payment.id)) ?? assert.fail()
  const state = async (refund: Refund): Promise<string | undefined> =>
    (await refundsOf(treasury.platform, { payment: refund.payment_id })).find((each) => each.id === refund.id)?.state

  /** A bill that was paid by card. */
  const paid = async (amount: bigint, card: string = cards.pays): Promise<{ bill: Bill; payment: Payment; provider: string }> => {
    const bill = await makeBill(treasury, amount)
    const { attempt, url } = await paying.page([bill.id])
    await payHosted(url, card)
    const { provider_payment } = await settleAttempt(treasury, attempt)
    const payment = await paymentByKey(treasury.platform.db, `attempt:${attempt}`)
    return { bill, payment: payment ?? assert.fail('no payment'), provider: provider_payment ?? '' }
  }
  const propose = (payment: Payment, amount: bigint, more: Partial<RefundWish> = {}, who = ana): Promise<Refund> =>
    proposeRefund(treasury, who, { payment: payment.id, amount, cause: 'decision', words: 'The decision was changed.', ...more })
  const approved = async (payment: Payment, amount: bigint, more: Partial<RefundWish> = {}): Promise<Refund> =>
    decideRefund(treasury, ben, (await propose(payment, amount, more)).id, true)

  it('go back the way the money came, and reduce the bill', async () => {
    const { bill, payment } = await paid(5_000n)
    const before = await balanceOf(treasury.platform, clearing)
    const refund = await approved(payment, 2_000n, { bill: bill.id })
    assert.deepEqual([refund.state, refund.way], ['approved', 'provider'])
    assert.deepEqual([(await now(bill)).total, (await now(bill)).paid, (await now(bill)).state], [3_000n, 3_000n, 'paid'])
    assert.equal(await balance('refund_payable', refund.id), -2_000n)
    await paying.test.settle()
    assert.equal(await state(refund), 'sent')
    await paying.pass(1_100)
    assert.equal((await settleRefund(treasury, refund.id)).refund.state, 'succeeded')
    assert.deepEqual([await balance('refund_payable', refund.id), await balance('unapplied', payment.id)], [0n, 0n])
    assert.equal((await balanceOf(treasury.platform, clearing)) - before, -2_000n)
    assert.deepEqual(await kinds(payment), {})
    const all = await approved(payment, 3_000n, { bill: bill.id })
    await paying.test.settle()
    await paying.pass(1_100)
    await paying.test.settle()
    assert.equal((await settleRefund(treasury, all.id)).refund.state, 'succeeded')
    assert.deepEqual([(await now(bill)).state, (await now(bill)).paid], ['cancelled', 0n])
    await assert.rejects(propose(payment, 1n, { bill: bill.id }), /more than the payment still holds/)
  })

  it('of what was paid too much close its work item', async () => {
    const { bill, payment } = await paid(4_000n)
    await inside((t) => correctBill(t, program, bill.id, { key: `less:${bill.id}`, to: 1_000n, why: 'decision', title: { en: 'Less' } }))
    assert.deepEqual(await kinds(payment), { overpaid: true })
    const part = await approved(payment, 1_000n, { cause: 'overpaid' })
    const rest = await approved(payment, 2_000n, { cause: 'overpaid' })
    await paying.job('payments:refunds')
    await paying.pass(1_100)
    await settleRefund(treasury, part.id)
    await paying.pass(3 * 60_000)
    await paying.job('payments:refunds')
    await paying.pass(1_100)
    assert.equal((await settleRefund(treasury, rest.id)).refund.state, 'succeeded')
    assert.deepEqual([await state(part), (await fresh(payment)).unapplied, await kinds(payment)], ['succeeded', 0n, { overpaid: false }])
  })

  it('free the money of their own payment, also where another paid the bill later', async () => {
    const bill = await makeBill(treasury, 3_000n)
    const parts: Payment[] = []
    for (const amount of [1_000n, 2_000n]) {
      const { attempt, url } = await paying.page([bill.id], amount)
      await payHosted(url)
      await settleAttempt(treasury, attempt)
      parts.push((await paymentByKey(treasury.platform.db, `attempt:${attempt}`)) ?? assert.fail())
    }
    const [first, second] = parts
    assert.ok(first && second)
    await approved(first, 700n, { bill: bill.id })
    assert.deepEqual([await balance('unapplied', first.id), await balance('unapplied', second.id)], [0n, 0n])
    assert.equal((await now(bill)).paid, 2_300n)
  })

  it('need two people and the right ones', async () => {
    const { bill, payment } = await paid(1_000n)
    const stranger = officer(treasury.platform.newId(), 'library')
    await assert.rejects(propose(payment, 100n, { bill: bill.id }, stranger), /no such|role/)
    const refund = await propose(payment, 100n, { bill: bill.id }, officer(treasury.platform.newId(), 'transport'))
    await assert.rejects(decideRefund(treasury, stranger, refund.id, true), /no such|role/)
    const own = await propose(payment, 100n, { bill: bill.id })
    await assert.rejects(decideRefund(treasury, ana, own.id, true), /payments.four-eyes/)
    await assert.rejects(
      query(treasury.platform.db, "update payments.refund set state = 'approved', decided_by = proposed_by where id = $1", [own.id]),
      /check constraint/,
    )
    assert.equal((await decideRefund(treasury, ben, own.id, false)).state, 'declined')
    await assert.rejects(decideRefund(treasury, ben, own.id, true), /decided already/)
    const opened = await openRefund(treasury, ben, refund)
    assert.deepEqual(opened, { words: 'The decision was changed.', account: null })
    const lines = await query<{ data: unknown }>(treasury.platform.db, 'select data from journal.event where stream = $1', [refund.id])
    assert.doesNotMatch(JSON.stringify(lines), /changed/)
  })

  it('are never more than was paid, with many officers at once', async () => {
    const { bill, payment } = await paid(1_000n)
    const wishes = await Promise.allSettled(Array.from({ length: 8 }, () => propose(payment, 400n, { bill: bill.id })))
    const made = wishes.flatMap((wish) => (wish.status === 'fulfilled' ? [wish.value] : []))
    assert.equal(made.length, 2)
    const [one] = made
    assert.ok(one)
    const decided = await Promise.allSettled([1, 2, 3, 4].map(() => decideRefund(treasury, ben, one.id, true)))
    assert.equal(decided.filter((each) => each.status === 'fulfilled').length, 1)
    assert.equal(await refundable(treasury.platform, await fresh(payment), bill.id), 200n)
  })

  it('that are not covered any more are refused, and of two the one that comes first holds', async () => {
    const { bill, payment, provider } = await paid(2_000n)
    const refund = await propose(payment, 1_500n, { bill: bill.id })
    await paying.office('chargebacks', { payment: provider, amount: '1000' })
    await settleAttempt(treasury, await attemptOf(payment))
    await assert.rejects(decideRefund(treasury, ben, refund.id, true), /does not hold this amount any more/)
    assert.equal(await state(refund), 'proposed')
    assert.equal((await now(bill)).outstanding, 1_000n)
    await assert.rejects(approved(payment, 1_000n, { bill: bill.id }), /more than the payment still holds|still owed/)
    await decideRefund(treasury, ben, refund.id, false)
    await assert.rejects(approved(payment, 1_000n, { bill: bill.id }), /still owed/)
  })

  const attemptOf = async (payment: Payment): Promise<string> => payment.key.replace('attempt:', '')

  it('are not sent when the payer’s bank gave the money back first', async () => {
    const { bill, payment, provider } = await paid(3_000n)
    const refund = await propose(payment, 3_000n, { bill: bill.id })
    await decideRefund(treasury, ben, refund.id, true)
    await paying.office('chargebacks', { payment: provider })
    await settleAttempt(treasury, await attemptOf(payment))
    assert.equal(await balance('suspense', payment.id), 3_000n)
    const sent = await settleRefund(treasury, refund.id)
    assert.equal(sent.refund.state, 'failed')
    assert.deepEqual((await paying.api(`refunds?reference=${refund.id}`))['refunds'], [])
    const after = await fresh(payment)
    assert.deepEqual([after.unapplied, after.taken_back], [0n, 3_000n], 'what was kept covers what was taken back')
    assert.deepEqual([await balance('suspense', payment.id), await balance('unapplied', payment.id), await balance('refund_payable', refund.id)], [0n, 0n, 0n]) // prettier-ignore
    await assert.rejects(propose(payment, 1n), /more than the payment still holds/)
  })

  it('whose answer is lost are asked for, and made once', async () => {
    for (const api of ['down', 'cut'] as const) {
      const { bill, payment } = await paid(900n)
      const refund = await approved(payment, 900n, { bill: bill.id })
      await paying.weather({ api })
      await paying.job('payments:refunds')
      assert.equal(await state(refund), 'unknown', api)
      await Promise.all([1, 2, 3].map(() => settleRefund(treasury, refund.id)))
      await paying.weather({ api: 'up' })
      await Promise.all([1, 2, 3].map(() => settleRefund(treasury, refund.id)))
      const { refunds } = await paying.api(`refunds?reference=${refund.id}`)
      assert.ok(Array.isArray(refunds))
      assert.equal(refunds.length, 1)
      await paying.pass(1_100)
      await Promise.all([1, 2, 3].map(() => settleRefund(treasury, refund.id)))
      assert.deepEqual([await state(refund), await balance('refund_payable', refund.id)], ['succeeded', 0n])
    }
  })

  it('that fail keep the money for the payer, for another way', async () => {
    const { bill, payment } = await paid(2_500n, cards.refundFails)
    const failed = await approved(payment, 2_500n, { bill: bill.id })
    await settleRefund(treasury, failed.id)
    await paying.pass(1_100)
    assert.equal((await settleRefund(treasury, failed.id)).refund.state, 'failed')
    assert.deepEqual([(await fresh(payment)).unapplied, await balance('unapplied', payment.id)], [2_500n, -2_500n])
    assert.equal((await kinds(payment))['refund_failed'], true)
    await assert.rejects(propose(payment, 500n, { way: 'bank' }), /name and the IBAN/)
    await assert.rejects(propose(payment, 500n, { way: 'bank', account: { name: 'Noa', iban: 'PT50000201231234567890155' } }), /IBAN/)
    const account = { name: 'Noa Placeholder', iban: IBAN }
    const [bank, cash] = [await approved(payment, 2_000n, { way: 'bank', account }), await approved(payment, 500n, { way: 'cash' })]
    await paying.job('payments:refunds')
    assert.deepEqual([await state(bank), await state(cash)], ['approved', 'approved'])
    assert.ok((await refundsToTransfer(treasury.platform)).some((each) => each.id === bank.id))
    assert.ok((await refundsToPayOut(treasury.platform)).some((each) => each.id === cash.id))
    assert.deepEqual((await openRefund(treasury, program, bank)).account, account)
    const orders = await Promise.all([1, 2].map(() => refundOrdered(treasury, program, bank.id)))
    assert.equal(orders.filter(Boolean).length, 1)
    assert.ok(!(await refundsToTransfer(treasury.platform)).some((each) => each.id === bank.id))
    const city: AccountKey = { agency: 'revenue', kind: 'bank', currency: 'EUR' }
    const before = await balanceOf(treasury.platform, city)
    await Promise.all([1, 2].map(() => refundLeft(treasury, program, bank.id, city, true)))
    assert.equal((await balanceOf(treasury.platform, city)) - before, -2_000n)
    await assert.rejects(refundLeft(treasury, program, bank.id, city, false), /does not wait/)
    const till: AccountKey = { agency: 'transport', kind: 'cash', currency: 'EUR', part: 'one' }
    await assert.rejects(refundLeft(treasury, officer(treasury.platform.newId(), 'library'), cash.id, till, true), /role|no such/)
    await refundLeft(treasury, officer(treasury.platform.newId(), 'transport'), cash.id, till, true)
    assert.equal(await balanceOf(treasury.platform, till), -500n)
    assert.deepEqual([(await fresh(payment)).unapplied, await balance('unapplied', payment.id)], [0n, 0n])
  })

  it('are somebody’s to look at when they cannot be sent, or went although they had failed', async () => {
    const { bill, payment } = await paid(1_000n, cards.refundFails)
    const refund = await approved(payment, 400n, { bill: bill.id })
    const { provider } = treasury
    assert.ok(provider)
    await paying.pass(8 * 24 * 3_600_000)
    const moved: Treasury = { ...treasury, provider: { ...provider, name: 'another' } }
    assert.equal((await settleRefund(moved, refund.id, true)).answered, false)
    assert.equal((await kinds(payment))['refund_unclear'], true)
    await settleRefund(treasury, refund.id)
    await paying.pass(1_100)
    assert.equal((await settleRefund(treasury, refund.id)).refund.state, 'failed')
    await settleRefund(treasury, refund.id)
    assert.equal((await kinds(payment))['refund_late'], undefined)
    const paidAfterAll = async () => ({ id: 'x', state: 'succeeded' }) as const
    await settleRefund({ ...treasury, provider: { ...provider, refundStatus: paidAfterAll } }, refund.id)
    assert.equal((await kinds(payment))['refund_late'], true)
  })

  it('go by transfer in euro only', async () => {
    const { payment } = await paid(1_000n)
    await query(treasury.platform.db, "update payments.payment set currency = 'USD' where id = $1", [payment.id])
    const wish = propose(payment, 100n, { way: 'bank', account: { name: 'Noa', iban: IBAN } })
    await assert.rejects(wish, { code: 'payments.refund-euro' })
  })

  it('of a bill of which something is still owed correct the bill instead', async () => {
    const bill = await makeBill(treasury, 2_000n)
    const { attempt, url } = await paying.page([bill.id], 500n)
    await payHosted(url)
    await settleAttempt(treasury, attempt)
    const payment = (await paymentByKey(treasury.platform.db, `attempt:${attempt}`)) ?? assert.fail()
    await assert.rejects(approved(payment, 500n, { bill: bill.id }), /still owed/)
  })
})
