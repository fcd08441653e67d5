import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { addDays } from '../../src/kernel/time.ts'
import { balanceOf, post, setCheckpoints, trialBalance } from '../../src/modules/ledger/index.ts'
import { query } from '../../src/platform/db.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { account, type Asked, book, cause, day, failures, rawly } from './ledgerstage.ts'

describe('the ledger with many at once', () => {
  let test: TestApp
  before(async () => {
    test = await startApp()
  })
  after(() => test.close())

  it('has debits equal credits at every instant, with sixteen writers whose connections are cut', async () => {
    const { platform } = test.app
    const url = test.databaseUrl
    const told = new Set<string>()
    const asked = new Set<string>()
    const written = new AbortController()
    const writer = async (n: number): Promise<void> => {
      for (let at = 0; at < 40; at += 1) {
        const key = `w${n}-${at}`
        asked.add(key)
        const amount = BigInt(n * 100 + at + 1)
        const from = account('receivable', at % 2 === 0 ? 'transport' : 'library', at % 3 === 0 ? 'USD' : 'EUR')
        const lines = [
          { account: from, amount },
          { account: { ...from, kind: 'revenue' as const, part: 'fee' }, amount: -amount + 1n },
          { account: { ...from, kind: 'interest_income' as const }, amount: -1n },
        ].filter((line) => line.amount !== 0n)
        await book(platform, { kind: 'storm', key, day: addDays(day('2026-05-01'), at), lines }).then(
          () => told.add(key),
          () => undefined,
        )
      }
    }
    const reader = async (): Promise<number> => {
      let looks = 0
      for (; !written.signal.aborted; looks += 1)
        await rawly(url, async (client) => {
          await client.query('set transaction isolation level repeatable read')
          const { rows } = await client.query<{ total: string }>(
            'select sum(e.amount)::text as total from ledger.entry e join ledger.account a on a.id = e.account_id group by a.currency having sum(e.amount) <> 0',
          )
          assert.deepEqual(rows, [])
          const broken = await client.query(
            'select posting_id from ledger.entry group by posting_id having sum(amount) <> 0 or count(*) < 2',
          )
          assert.deepEqual(broken.rows, [])
        })
      return looks
    }
    const killer = async (): Promise<number> => {
      let cut = 0
      while (!written.signal.aborted) {
        await new Promise((done) => setTimeout(done, 40))
        await rawly(
          url,
          async (client) => {
            const { rowCount } = await client.query(
              `select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and application_name = 'stoa'
                 and state like '%transaction%' order by random() limit 1`,
            )
            cut += rowCount ?? 0
          },
          null,
        )
      }
      return cut
    }
    const writers = Promise.all(Array.from({ length: 16 }, (_, n) => writer(n))).finally(() => {
      written.abort()
    })
    const checkpoints = async (): Promise<void> => {
      while (!written.signal.aborted) await setCheckpoints(platform, { least: 1, waitMs: 500 }).catch(() => 0)
    }
    const [, looks, cut] = await Promise.all([writers, reader(), killer(), checkpoints()])
    assert.ok(looks > 3, `${looks} looks while they wrote`)
    assert.ok(cut > 0, 'some connections were cut')
    const rows = await query<{ key: string }>(platform.db, 'select key from ledger.posting')
    const there = new Set(rows.map(({ key }) => key))
    assert.deepEqual([...told].filter((key) => !there.has(key)), [], 'what was acknowledged is there') // prettier-ignore
    assert.deepEqual([...there].filter((key) => !asked.has(key)), []) // prettier-ignore
    const again = [...asked].filter((key) => !there.has(key))
    assert.deepEqual(await failures(platform), [])
    // those that were lost can be booked again, those that were not are refused as they are
    for (const [n] of Array.from({ length: 16 }).entries()) await writer(n)
    const after = await query<{ count: number }>(platform.db, 'select count(*)::int as count from ledger.posting')
    assert.equal(after[0]?.count, asked.size, `${again.length} were booked at the second try`)
    for (const { currency, accounts } of await trialBalance(platform, day('2026-12-31')))
      for (const each of accounts) {
        const [full] = await query<{ sum: string }>(
          platform.db,
          'select sum(amount)::text as sum from ledger.entry where account_id = $1',
          [each.id],
        )
        assert.equal(each.balance, BigInt(full?.sum ?? 0), `${currency} ${each.kind}`)
        assert.equal(await balanceOf(platform, each), each.balance)
      }
    assert.deepEqual(await failures(platform), [])
  })

  it('writes no checkpoint over a transaction that is still open', async () => {
    const { platform } = test.app
    const held = account('clearing', 'parks', 'EUR', 'held')
    const posting = (amount: bigint): Asked => ({
      kind: 'held',
      key: platform.newId(),
      day: day('2026-05-09'),
      lines: [
        { account: held, amount },
        { account: account('revenue', 'parks'), amount: -amount },
      ],
    })
    await book(platform, posting(1n))
    const free = Promise.withResolvers<void>()
    const inside = Promise.withResolvers<void>()
    const slow = transact(platform, async (tx) => {
      await post(tx, { ...posting(10n), cause: await cause(tx) })
      inside.resolve()
      await free.promise
    })
    await inside.promise
    await book(platform, posting(100n)) // has a higher number and is there first
    assert.equal(await setCheckpoints(platform, { least: 1, waitMs: 300 }), 0)
    assert.equal(await balanceOf(platform, held), 101n)
    const waiting = setCheckpoints(platform, { least: 1, waitMs: 10_000 })
    setTimeout(() => free.resolve(), 200)
    assert.ok((await waiting) >= 2)
    await slow
    assert.equal(await balanceOf(platform, held), 111n)
    const [row] = await query<{ balance: bigint }>(
      platform.db,
      "select balance from ledger.checkpoint c join ledger.account a on a.id = c.account_id where a.part = 'held'",
    )
    assert.equal(row?.balance, 111n)
    assert.deepEqual(await failures(platform), [])
  })
})
