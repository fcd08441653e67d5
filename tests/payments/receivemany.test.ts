import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { query } from '../../src/platform/db.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { entriesAbout } from '../../src/modules/ledger/index.ts'
import { getBill, type Incoming, receive, type Treasury, within } from '../../src/modules/payments/index.ts'
import { receiveMany } from '../../src/modules/payments/receivemany.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { makeBill } from '../support/bills.ts'

const program = systemActor('payments')

/** Money as a property makes it: for bills by their number, perhaps told twice. */
type Wish = {
  readonly amount: number
  readonly shares: ReadonlyArray<{ readonly bill: number; readonly amount: number }>
  readonly twice: boolean
}

const wish: fc.Arbitrary<Wish> = fc.record({
  amount: fc.integer({ min: 1, max: 900 }),
  shares: fc.array(fc.record({ bill: fc.nat(2), amount: fc.integer({ min: 1, max: 900 }) }), { maxLength: 4 }),
  twice: fc.boolean(),
})

/** One after the other: bills then have ids in their order. */
async function inOrder<T>(makers: ReadonlyArray<() => Promise<T>>): Promise<T[]> {
  const made: T[] = []
  for (const make of makers) made.push(await make())
  return made
}

describe('money that is booked all at once', () => {
  let test: TestApp
  let treasury: Treasury
  before(async () => {
    test = await startApp()
    assert.ok(test.app.treasury)
    treasury = test.app.treasury
  })
  after(() => test.close())

  /** What is left of a way of booking: everything but ids and instants. */
  const traces = async (bills: readonly string[]): Promise<unknown> => {
    const { platform } = treasury
    const number = (id: unknown): unknown => (bills.includes(String(id)) ? bills.indexOf(String(id)) : 'id')
    const plain = (data: object): unknown => Object.fromEntries(Object.entries(data).map(([name, value]) => [name, name === 'payment' || name === 'bill' ? number(value) : value])) // prettier-ignore
    return Promise.all(
      bills.map(async (id) => {
        const bill = await getBill(platform, id)
        const events = await eventsOf(platform, id)
        const entries = await entriesAbout(platform, id)
        const allocated = await query<{ amount: bigint; kind: string }>(
          platform.db,
          'select amount, kind from payments.allocation where bill_id = $1 order by amount, kind',
          [id],
        )
        return {
          bill: [bill.state, bill.paid, bill.outstanding, bill.revision, bill.step_on === null, bill.closed_at === null],
          events: events.map((event) => [event.type, event.version, plain(event.data)]),
          entries: entries.map((entry) => [entry.kind, entry.account.kind, entry.amount]),
          allocated,
        }
      }),
    )
  }

  const payments = (prefix: string): Promise<unknown[]> =>
    query(
      treasury.platform.db,
      `select replace(p.key, $1, '') as key, p.amount, p.unapplied, p.source, i.kind, i.amount as kept,
         (select sum(e.amount) from ledger.entry e join ledger.account a on a.id = e.account_id where e.subject = p.id and a.kind = 'unapplied') as booked
       from payments.payment p left join payments.item i on i.payment_id = p.id where p.key like $1 || '%' order by p.key`,
      [prefix],
    )

  it('leaves the same as booked one by one', async () => {
    let run = 0
    await fc.assert(
      fc.asyncProperty(fc.array(wish, { minLength: 1, maxLength: 8 }), async (wishes) => {
        run += 1
        const sides = await inOrder(
          (['one', 'many'] as const).map((side) => async () => {
            const bills = await inOrder([300n, 450n, 600n].map((amount) => () => makeBill(treasury, amount)))
            const ids = bills.map((bill) => bill.id)
            const prefix = `${side}${run}:`
            const list = wishes.flatMap(({ twice, ...each }, n): Incoming[] => {
              const incoming: Incoming = {
                key: `${prefix}${n}`,
                source: 'bank',
                heldBy: 'revenue',
                amount: BigInt(each.amount),
                currency: 'EUR',
                day: today(treasury.platform),
                shares: each.shares.map((share) => ({ bill: ids[share.bill] ?? '', amount: BigInt(share.amount) })),
              }
              return twice ? [incoming, incoming] : [incoming]
            })
            return { ids, prefix, list, side }
          }),
        )
        for (const { list, side } of sides)
          await transact(treasury.platform, async (tx) => {
            if (side === 'many') return void (await receiveMany(within(treasury, tx), program, list))
            for (const incoming of list) await receive(within(treasury, tx), program, incoming)
          })
        const [one, many] = sides
        assert.ok(one && many)
        assert.deepEqual(await traces(many.ids), await traces(one.ids))
        assert.deepEqual(await payments(many.prefix), await payments(one.prefix))
        // told again, nothing is booked
        await transact(treasury.platform, async (tx) => {
          assert.deepEqual(await receiveMany(within(treasury, tx), program, many.list), [])
        })
      }),
      { numRuns: 60 },
    )
  })
})
