import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { present } from '../../src/kernel/invariant.ts'
import { addDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { type Actor, systemActor } from '../../src/modules/access/index.ts'
import { readPain001 } from '../../src/modules/iso20022/index.ts'
import { balanceOf, subjectBalance } from '../../src/modules/ledger/index.ts'
import { reconcile, type Treasury, within } from '../../src/modules/payments/index.ts'
import { receive } from '../../src/modules/payments/receive.ts'
import { decideRefund, refundById } from '../../src/modules/payments/refunds/index.ts'
import { assignEntry, sendBack, terminalPaidOut } from '../../src/modules/payments/transfers/entries.ts'
import { agreeDebit, debitStory, sayDebit } from '../../src/modules/payments/transfers/debits.ts'
import { fetchFile, makeFile, transferRefused } from '../../src/modules/payments/transfers/orders.ts'
import type { TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'
import { startTransfers, transferStage } from './transferstage.ts'

describe('money that leaves by the bank', () => {
  let test: TestApp
  let treasury: Treasury
  let officer: Actor
  let second: Actor
  before(async () => {
    ;({ test, treasury, officer, second } = await startTransfers())
  })
  after(() => test.close())
  const { bring, entry, erase, item, one, ready, stateOf, suspense, takeBack } = transferStage(() => ({
    test,
    treasury,
    officer,
    second,
  }))

  it('sends back what nobody knows, by two officers and a file that has each refund once; what comes back is kept again', async () => {
    const found = await one(890n, { name: 'Bo Back', iban: 'FR1420041010050500013M02606' })
    const refund = await sendBack(treasury, officer, found.id, 'Nobody knows it.')
    await assert.rejects(decideRefund(treasury, officer, refund.id, true), { code: 'payments.four-eyes' })
    await decideRefund(treasury, second, refund.id, true)
    const made = await Promise.allSettled([officer, second].map((who) => makeFile(treasury, who)))
    const [file, ...others] = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    assert.ok(file && others.length === 0)
    const { xml } = await fetchFile(treasury, officer, file.id)
    assert.equal((await fetchFile(treasury, second, file.id)).xml, xml)
    const { order, faults } = readPain001(xml)
    assert.deepEqual(faults, [])
    assert.deepEqual(order?.payments.map(({ amount, creditor }) => [amount, creditor.name, creditor.iban]), [[890n, 'Bo Back', 'FR1420041010050500013M02606']]) // prettier-ignore
    await assert.rejects(makeFile(treasury, officer), { code: 'payments.no-refunds' })
    const endToEnd = order?.payments[0]?.endToEnd ?? ''
    const [out, back] = await bring([entry(-890n, { e2e: endToEnd }), entry(890n, { e2e: endToEnd, returned: true })])
    assert.deepEqual([out?.kind, out?.state, back?.kind, back?.state], ['refund', 'done', 'refund_return', 'done'])
    assert.equal((await refundById(treasury.platform, refund.id)).state, 'failed')
    const payment = await query<{ unapplied: bigint }>(treasury.platform.db, 'select unapplied from payments.payment where id = $1', [
      refund.payment_id,
    ])
    assert.deepEqual(payment, [{ unapplied: 890n }])
    assert.equal(await subjectBalance(treasury.platform, 'refund_payable', refund.id), 0n)
    assert.equal(await subjectBalance(treasury.platform, 'unapplied', refund.payment_id), -890n)
  })

  it('books a refund that the bank refused as kept again, and a whole file that left as one entry', async () => {
    const send = async (amount: bigint): Promise<string> => {
      const refund = await sendBack(treasury, officer, (await one(amount, { name: 'Cy Many' })).id, 'x')
      await decideRefund(treasury, second, refund.id, true)
      return refund.id
    }
    const [a, b, c] = [await send(100n), await send(200n), await send(300n)]
    const made = await makeFile(treasury, officer)
    await assert.rejects(transferRefused(treasury, officer, made.id, c), { code: 'payments.file-unfetched' })
    assert.equal((await refundById(treasury.platform, c)).state, 'sent')
    await fetchFile(treasury, officer, made.id)
    await transferRefused(treasury, officer, made.id, c)
    await assert.rejects(fetchFile(treasury, officer, made.id), { code: 'payments.file-changed' })
    await assert.rejects(transferRefused(treasury, officer, made.id, 'nothing'), { code: 'not-found' })
    assert.equal((await refundById(treasury.platform, c)).state, 'failed')
    const later = await Promise.all([send(50n), send(60n)])
    const second_ = await makeFile(treasury, officer)
    const found = await bring([
      entry(-100n, { e2e: a.replaceAll('-', '') }),
      entry(-200n, { e2e: b.replaceAll('-', '') }),
      entry(-300n, { e2e: c.replaceAll('-', '') }),
      { ...entry(-110n), batch: { orderId: second_.message_id, count: 2 }, details: [] },
    ])
    assert.deepEqual(found.map(({ kind, state }) => `${kind} ${state}`), ['refund done', 'refund done', 'other unmatched', 'refund done']) // prettier-ignore
    for (const id of [a, b, ...later]) assert.equal((await refundById(treasury.platform, id)).state, 'succeeded')
  })

  it('leaves out of a file what cannot go any more, when it is made and when it is first fetched', async () => {
    const [goes, back, erased, later] = [await ready(1_001n, 'Di Goes'), await ready(1_002n, 'Ed Back'), await ready(1_003n, 'Fi Erased'), await ready(1_004n, 'Gus Later')] // prettier-ignore
    await takeBack(back.refund)
    await erase(erased.refund)
    const made = await makeFile(treasury, officer)
    assert.deepEqual([made.count, made.total], [2, 2_005n])
    assert.deepEqual(await Promise.all([goes, back, erased, later].map(({ refund }) => stateOf(refund))), [
      'sent',
      'failed',
      'failed',
      'sent',
    ])
    assert.equal(await subjectBalance(treasury.platform, 'refund_payable', erased.refund), 0n)
    await takeBack(later.refund)
    for (const who of [officer, second]) {
      const { order } = readPain001((await fetchFile(treasury, who, made.id)).xml)
      assert.deepEqual(order?.payments.map(({ amount }) => amount), [1_001n]) // prettier-ignore
    }
    assert.equal(await stateOf(later.refund), 'failed')
    const items = await query<{ kind: string }>(treasury.platform.db, `select kind from payments.item where refund_id = any($1)`, [[back, erased, later].map(({ refund }) => refund)]) // prettier-ignore
    assert.deepEqual(items.map(({ kind }) => kind), Array(3).fill('refund_failed')) // prettier-ignore
    await assert.rejects(makeFile(treasury, officer), { code: 'payments.no-refunds' })
    await bring([entry(-1_001n, { e2e: goes.refund.replaceAll('-', '') })])
    assert.equal(await stateOf(goes.refund), 'succeeded')
  })

  it('knows a batch less what the bank refused of it, and lets two officers say what another debit was', async () => {
    const [one_, two, three, four] = [await ready(2_001n, 'Ha One'), await ready(2_002n, 'Ib Two'), await ready(2_003n, 'Jo Three'), await ready(2_004n, 'Ka Four')] // prettier-ignore
    const made = await makeFile(treasury, officer)
    await fetchFile(treasury, officer, made.id)
    await transferRefused(treasury, officer, made.id, four.refund)
    const before = await suspense()
    // the bank names no file
    const [debit, fee] = await bring([entry(-6_006n), entry(-777n)])
    assert.deepEqual([debit?.state, fee?.state], ['unmatched', 'unmatched'])
    const [id, other] = [debit?.id ?? '', fee?.id ?? '']
    const story = await debitStory(treasury, officer, present(debit, 'the debit'))
    assert.deepEqual([story?.files.map((each) => each.id), story?.refunds], [[made.id], []])
    await assert.rejects(sayDebit(treasury, officer, other, { kind: 'file', about: made.id }), { code: 'payments.debit-refunds' })
    await assert.rejects(agreeDebit(treasury, second, id, true), { code: 'payments.entry-done' })
    await sayDebit(treasury, officer, id, { kind: 'file', about: made.id })
    await sayDebit(treasury, officer, other, { kind: 'refund', about: one_.refund }).then(() => assert.fail('not that much'), () => undefined) // prettier-ignore
    await sayDebit(treasury, officer, other, { kind: 'fee' })
    await assert.rejects(agreeDebit(treasury, officer, id, true), { code: 'payments.four-eyes' })
    const both = await Promise.allSettled([1, 2].map(() => agreeDebit(treasury, second, id, true)))
    assert.deepEqual(both.map((each) => each.status).toSorted(), ['fulfilled', 'rejected'])
    await agreeDebit(treasury, second, other, false)
    await sayDebit(treasury, second, other, { kind: 'fee' })
    await agreeDebit(treasury, officer, other, true)
    assert.deepEqual(await Promise.all([one_, two, three].map(({ refund }) => stateOf(refund))), Array(3).fill('succeeded'))
    assert.deepEqual([await suspense(), await item(id), await item(other)], [before, { kind: 'entry_debit', outcome: 'refund' }, { kind: 'entry_debit', outcome: 'settled' }]) // prettier-ignore
    // a whole file as one debit that names it, less what was refused
    const [five, six] = [await ready(3_001n, 'La Five'), await ready(3_002n, 'Mo Six')]
    const next = await makeFile(treasury, officer)
    await fetchFile(treasury, officer, next.id)
    await transferRefused(treasury, officer, next.id, six.refund)
    const [whole] = await bring([{ ...entry(-3_001n), batch: { orderId: next.message_id, count: 1 }, details: [] }])
    assert.deepEqual([whole?.kind, whole?.state, await stateOf(five.refund)], ['refund', 'done', 'succeeded'])
  })

  it('books no more as paid out by the card terminals’ bank than was taken there', async () => {
    const found = await one(4_321n)
    await assert.rejects(terminalPaidOut(treasury, officer, found.id, 0n), { code: 'payments.terminal-more' })
    const bill = await makeBill(treasury, 4_400n)
    await transact(treasury.platform, (tx) =>
      receive(within(treasury, tx), systemActor('payments'), {
        key: `till:${bill.id}`,
        source: 'terminal',
        heldBy: 'revenue',
        part: 'transport_1',
        amount: 4_400n,
        currency: 'EUR',
        day: today(tx),
        shares: [{ bill: bill.id, amount: 4_400n }],
        cause: tx.newId(),
      }),
    )
    await assert.rejects(terminalPaidOut(treasury, officer, found.id, 80n), { code: 'payments.terminal-more' })
    await terminalPaidOut(treasury, officer, found.id, 79n)
    const day = today(test.app.platform)
    const { differences } = await reconcile(treasury, addDays(day, -5), day)
    assert.ok(!differences.some(({ key }) => key.startsWith('clearing:terminal')), 'terminals agree')
  })

  it('books bank fees, and lets other money that left wait', async () => {
    const fees = (): Promise<bigint> =>
      balanceOf(treasury.platform, { agency: 'revenue', kind: 'provider_fees', currency: 'EUR', part: 'bank' })
    const [before, unclear] = [await fees(), await suspense()]
    const found = await bring([entry(-250n, { fee: true }), entry(-999n, { name: 'Somebody Else' }), entry(5_000n, { returned: true })])
    assert.deepEqual(found.map(({ kind, state }) => `${kind} ${state}`), ['fee done', 'other unmatched', 'transfer unmatched']) // prettier-ignore
    assert.equal((await fees()) - before, 250n)
    assert.equal((await suspense()) - unclear, 999n - 5_000n)
    assert.deepEqual(await item(found[1]?.id ?? ''), { kind: 'entry_debit', outcome: null })
    await assert.rejects(assignEntry(treasury, officer, found[1]?.id ?? '', [(await makeBill(treasury, 5n)).id]), {
      code: 'payments.entry-out',
    })
  })
})
