import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { systemActor } from '../../src/modules/access/index.ts'
import { getCase } from '../../src/modules/cases/index.ts'
import { type Bill, correctBill, getBill, receive, within } from '../../src/modules/payments/index.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { type Paying, startPaying } from '../support/bank.ts'
import { send } from '../support/client.ts'
import { applyFor } from '../support/world.ts'

const own = ({ id }: { id: string }): unknown => (id === 'email' ? 'noa.placeholder@example.org' : undefined)

describe('a bill that is corrected, and its case', () => {
  let paying: Paying
  before(async () => void (paying = await startPaying({ accounts: true })))
  after(() => paying.close())

  const applied = async () => {
    const made = await applyFor(paying.test, 'resident_parking_permit', { own })
    await paying.test.settle()
    const [row] = await query<{ id: string }>(paying.treasury.platform.db, 'select id from payments.bill where source_id = $1', [made.caseId]) // prettier-ignore
    const bill = await getBill(paying.treasury.platform, row?.id ?? assert.fail('the fee has a bill'))
    const current = () => getCase(paying.treasury.platform, made.caseId)
    const page = async (): Promise<string> => {
      const headers = { accept: 'text/html', cookie: `stoa_case=${made.code}` }
      return (await send(paying.test.url, { path: `/cases/${made.reference}`, headers })).body
    }
    return { ...made, bill, current, page, waits: (await current()).state }
  }
  const correct = async ({ id }: Bill, to: bigint): Promise<Bill> => {
    const { bill } = await transact(paying.treasury.platform, (tx) =>
      correctBill(within(paying.treasury, tx), systemActor('payments'), id, {
        key: tx.newId(),
        to,
        why: 'proposal',
        title: { en: 'Less' },
      }),
    )
    await paying.test.settle()
    return bill
  }
  const pay = async ({ id }: Bill, amount: bigint): Promise<void> => {
    await transact(
      paying.treasury.platform,
      (tx) =>
      receive(within(paying.treasury, tx), systemActor('payments'), {
        key: `test:${tx.newId()}`, source: 'provider', heldBy: 'revenue', part: 'somebank', amount, currency: 'EUR', day: today(tx), shares: [{ bill: id, amount }],
      }), // prettier-ignore
    )
    await paying.test.settle()
  }

  it('goes on without a fee when the bill is cancelled, and says so', async () => {
    const { bill, current, page, waits, caseId } = await applied()
    assert.match(await page(), /\/pay"/)
    await correct(bill, 0n)
    const after = await current()
    assert.equal(after.fee_state, 'cancelled')
    assert.notEqual(after.state, waits, 'what waited for its fee has begun')
    const shown = await page()
    assert.match(shown, /not owed any more/)
    assert.doesNotMatch(shown, /This fee is due/)
    const items = await query(paying.treasury.platform.db, `select 1 from payments.item where bill_id = $1 and kind = 'fee_changed'`, [bill.id]) // prettier-ignore
    assert.deepEqual(items, [], 'nobody has to look at it')
    const told = await query(paying.treasury.platform.db, `select 1 from journal.event where stream = $1 and type = 'cases.fee.cancelled'`, [caseId]) // prettier-ignore
    assert.equal(told.length, 1)
  })

  it('goes on when the bill is corrected down to what was paid already', async () => {
    const { bill, current, waits } = await applied()
    await pay(bill, 300n)
    assert.deepEqual([(await current()).fee_state, (await current()).state], ['due', waits])
    const after = await correct(bill, 300n)
    assert.deepEqual([after.state, after.outstanding], ['paid', 0n])
    assert.equal((await current()).fee_state, 'paid')
    assert.notEqual((await current()).state, waits)
  })

  it('is owed again, and not as if a bank had taken the money back, when the bill is corrected up after it was paid', async () => {
    const { bill, current, page } = await applied()
    await pay(bill, bill.total)
    assert.equal((await current()).fee_state, 'paid')
    const up = await correct(bill, bill.total + 500n)
    assert.deepEqual([up.state, up.outstanding], ['open', 500n])
    const after = await current()
    assert.deepEqual([after.fee_state, after.fee_due_on], ['due', up.due_on])
    assert.match(await page(), /More is to be paid/)
    await pay(bill, 500n)
    assert.equal((await current()).fee_state, 'paid')
  })
})
