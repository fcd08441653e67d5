import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { accountActor, type RoleBinding } from '../../src/modules/access/index.ts'
import { balanceOf, closeMonth, post, statement, trialBalance } from '../../src/modules/ledger/index.ts'
import { query } from '../../src/platform/db.ts'
import { type Platform, transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { book, cause, day, failures, fees, hasCode, rawly, receivable } from './ledgerstage.ts'

describe('closing a month', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ overrides: { now: () => new Date('2026-06-15T10:00:00Z') } })
  })
  after(() => test.close())

  const who = (role: RoleBinding['role'], agency: string) =>
    accountActor({
      accountId: '01890000-0000-7000-8000-000000000001',
      personId: null,
      roles: [{ role, agency }],
      channel: 'web',
      level: 'substantial',
    })
  const chief = who('supervisor', 'revenue')
  const sale = (platform: Platform, on: string, amount = 100n): Promise<boolean> =>
    book(platform, {
      kind: 'sale',
      key: platform.newId(),
      day: day(on),
      lines: [
        { account: receivable, amount },
        { account: fees, amount: -amount },
      ],
    })
  const closing = (lastDay: string, books: { openItems?: () => Promise<number> } = {}, by = chief): Promise<void> =>
    closeMonth({ platform: test.app.platform, treasury: 'revenue', ...books }, by, day(lastDay))

  it('closes one month after another, when it is over and nothing is open', async () => {
    const { platform } = test.app
    for (const on of ['2026-03-04', '2026-03-31', '2026-04-01', '2026-05-20', '2026-06-02']) await sale(platform, on)
    await assert.rejects(closing('2026-03-31', {}, who('officer', 'revenue')), hasCode('access.denied'))
    await assert.rejects(closing('2026-03-31', {}, who('supervisor', 'library')), hasCode('access.denied'))
    await assert.rejects(closing('2026-04-30'), hasCode('ledger.not-next-month'))
    await assert.rejects(closing('2026-06-30'), hasCode('ledger.month-not-over'))
    await assert.rejects(closing('2026-03-31', { openItems: async () => 1 }), hasCode('ledger.open-items'))
    await closing('2026-03-31')
    await assert.rejects(closing('2026-03-31'), hasCode('ledger.not-next-month'))
    await closing('2026-04-30')
    const events = await query<{ data: unknown }>(
      platform.db,
      "select data from journal.event where type = 'ledger.month.closed' order by seq",
    )
    assert.deepEqual(
      events.map(({ data }) => data),
      [
        { month: '2026-03-31', postings: 2 },
        { month: '2026-04-30', postings: 1 },
      ],
    )
    assert.deepEqual(await failures(platform), [])
  })

  it('books what comes late on the first open day, and keeps where it belongs', async () => {
    const { platform } = test.app
    const before = await balanceOf(platform, receivable, day('2026-03-31'))
    await sale(platform, '2026-03-20', 7n)
    assert.equal(await balanceOf(platform, receivable, day('2026-03-31')), before)
    const [late] = await statement(platform, receivable, day('2026-05-01'), day('2026-05-01'))
    assert.deepEqual([late?.day, late?.valueDay, late?.amount], ['2026-05-01', '2026-03-20', 7n])
    // long ago is folded up from the closed months, to the same sums
    for (const until of ['2026-02-28', '2026-03-15', '2026-03-31', '2026-04-10', '2026-04-30']) {
      const [full] = await query<{ sum: string | null }>(
        platform.db,
        "select sum(e.amount)::text as sum from ledger.entry e join ledger.account a on a.id = e.account_id where a.kind = 'receivable' and e.day <= $1",
        [until],
      )
      assert.equal(await balanceOf(platform, receivable, day(until)), BigInt(full?.sum ?? 0), until)
      const [euros] = await trialBalance(platform, day(until))
      assert.equal(euros?.debit ?? 0n, BigInt(full?.sum ?? 0))
    }
  })

  it('is kept by the database', async () => {
    const { platform } = test.app
    const [old] = await query<{ cause: string }>(platform.db, 'select cause from ledger.posting limit 1')
    const insert = (isolation: string, on: string): Promise<void> =>
      rawly(test.databaseUrl, async (client) => {
        await client.query(`set transaction isolation level ${isolation}`)
        const id = platform.newId()
        await client.query(
          `insert into ledger.posting (id, key, kind, day, value_day, cause, lines, made_at) values ($1::uuid, $1::text, 'raw', $2, $2, $3, 2, now())`,
          [id, on, old?.cause],
        )
        await client.query(
          'insert into ledger.entry (posting_id, line, account_id, day, amount) values ($1, 1, 1, $2, 5), ($1, 2, 2, $2, -5)',
          [id, on],
        )
      })
    await assert.rejects(insert('read committed', '2026-03-10'), hasCode('LG003'))
    await assert.rejects(insert('read committed', '2026-04-30'), hasCode('LG003'))
    await assert.rejects(insert('repeatable read', '2026-06-10'), hasCode('LG004'), 'an old snapshot would not see that a month was closed')
    await insert('read committed', '2026-05-01')
    assert.deepEqual(await failures(platform), [])
  })

  it('waits for postings that are at their end, and refuses those that come to it later', async () => {
    const { platform } = test.app
    const free = Promise.withResolvers<void>()
    const inside = Promise.withResolvers<void>()
    const lines = [
      { account: receivable, amount: 3n },
      { account: fees, amount: -3n },
    ]
    const early = transact(platform, async (tx) => {
      await post(tx, { kind: 'sale', key: tx.newId(), day: day('2026-05-30'), lines, cause: old })
      await query(tx.db, 'set constraints all immediate') // as far as the commit would come
      inside.resolve()
      await free.promise
    })
    await inside.promise
    let closed = false
    const shut = closing('2026-05-31').then(() => {
      closed = true
    })
    await new Promise((done) => setTimeout(done, 200))
    assert.equal(closed, false)
    const tardy = Promise.withResolvers<void>()
    const begun = Promise.withResolvers<void>()
    const late = transact(platform, async (tx) => {
      await post(tx, { kind: 'sale', key: tx.newId(), day: day('2026-05-30'), lines, cause: old })
      begun.resolve()
      await tardy.promise
    })
    await begun.promise
    free.resolve()
    await early
    await shut
    tardy.resolve()
    await assert.rejects(late, hasCode('LG003'))
    assert.deepEqual(await failures(platform), [])
  })

  let old = ''
  before(async () => {
    await transact(test.app.platform, async (tx) => {
      old = await cause(tx)
    })
  })
})
