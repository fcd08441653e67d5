import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import { addDays, type PlainDate } from '../../src/kernel/time.ts'
import {
  balanceOf,
  entriesAbout,
  journalOf,
  type NewPosting,
  post,
  postMany,
  setCheckpoints,
  statement,
  subjectBalance,
  trialBalance,
} from '../../src/modules/ledger/index.ts'
import { query } from '../../src/platform/db.ts'
import { type Platform, transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { account, type Asked, book, cause, day, failures, fees, hasCode, rawly, receivable } from './ledgerstage.ts'

async function sumsOf(db: Platform['db']): Promise<bigint[]> {
  const rows = await query<{ total: string }>(
    db,
    'select sum(e.amount)::text as total from ledger.entry e join ledger.account a on a.id = e.account_id group by a.currency',
  )
  return rows.map((row) => BigInt(row.total))
}

describe('the ledger', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ overrides: { now: () => new Date('2026-06-15T10:00:00Z') } })
  })
  after(() => test.close())

  it('books once, and tells of it by account, subject, day and posting', async () => {
    const { platform } = test.app
    const bill = platform.newId()
    const issue: Asked = {
      kind: 'bill.issued',
      key: `issue:${bill}`,
      day: day('2026-05-04'),
      lines: [
        { account: receivable, amount: 2_500n, subject: bill },
        { account: fees, amount: -2_500n },
      ],
    }
    assert.equal(await book(platform, issue), true)
    assert.equal(await book(platform, issue), false)
    assert.equal(await book(platform, { ...issue, key: `more:${bill}`, day: day('2026-05-06') }), true)
    assert.equal(await subjectBalance(platform, 'receivable', bill), 5_000n)
    assert.equal(await subjectBalance(platform, 'revenue', bill), 0n)
    assert.equal(await balanceOf(platform, receivable), 5_000n)
    assert.equal(await balanceOf(platform, fees, day('2026-05-04')), -2_500n)
    assert.equal(await balanceOf(platform, fees, day('2026-05-03')), 0n)
    assert.equal(await balanceOf(platform, account('bank', 'nowhere')), 0n)
    const about = await entriesAbout(platform, bill)
    assert.deepEqual(
      about.map(({ kind, amount, day: on, account: where }) => ({ kind, amount, on, where })),
      [
        { kind: 'bill.issued', amount: 2_500n, on: '2026-05-04', where: receivable },
        { kind: 'bill.issued', amount: 2_500n, on: '2026-05-06', where: receivable },
      ],
    )
    const [from, to] = [day('2026-05-01'), day('2026-05-31')]
    const [first] = await statement(platform, receivable, from, to, undefined, 1)
    assert.equal(first?.day, '2026-05-04')
    const rest = await statement(platform, receivable, from, to, first?.seq)
    assert.deepEqual(
      rest.map((entry) => entry.day),
      ['2026-05-06'],
    )
    const [posting, ...others] = await journalOf(platform, { from, to })
    assert.deepEqual([posting?.key, posting?.lines.length, others.length], [`issue:${bill}`, 2, 1])
    assert.deepEqual(await trialBalance(platform, day('2026-05-04')).then((all) => all.map(({ debit, credit }) => [debit, credit])), [
      [2_500n, 2_500n],
    ])
  })

  it('refuses what is not balanced before it asks the database', async () => {
    const { platform } = test.app
    const wrong: Array<NewPosting['lines']> = [
      [],
      [{ account: receivable, amount: 5n }],
      [
        { account: receivable, amount: 5n },
        { account: fees, amount: -4n },
      ],
      [
        { account: receivable, amount: 5n },
        { account: account('revenue', 'transport', 'USD'), amount: -5n },
      ],
      [
        { account: receivable, amount: 0n },
        { account: fees, amount: 0n },
      ],
    ]
    for (const lines of wrong)
      await assert.rejects(book(platform, { kind: 'wrong', key: platform.newId(), day: day('2026-05-04'), lines }), /invariant/)
  })

  it('forgets an account that was opened by a transaction that did not commit', async () => {
    const { platform } = test.app
    const lines = [
      { account: account('cash', 'library', 'EUR', 'till-9'), amount: 7n },
      { account: account('revenue', 'library'), amount: -7n },
    ]
    const lost = { kind: 'paid', key: platform.newId(), day: day('2026-05-04'), lines }
    await assert.rejects(
      transact(platform, async (tx) => {
        await post(tx, { ...lost, cause: await cause(tx) })
        await post(tx, { ...lost, key: tx.newId(), cause: await cause(tx) })
        throw new Error('lost')
      }),
      /lost/,
    )
    assert.equal(await book(platform, { ...lost, key: platform.newId() }), true)
    assert.equal(await balanceOf(platform, account('cash', 'library', 'EUR', 'till-9')), 7n)
  })

  it('refuses in the database itself what the program would never write', async () => {
    const { platform } = test.app
    await book(platform, {
      kind: 'whole',
      key: 'whole',
      day: day('2026-05-05'),
      lines: [
        { account: receivable, amount: 9n },
        { account: fees, amount: -9n },
      ],
    })
    const [old] = await query<{ id: string; cause: string }>(platform.db, "select id, cause from ledger.posting where key = 'whole'")
    assert.ok(old)
    const other = account('receivable', 'transport', 'USD')
    await book(platform, {
      kind: 'dollars',
      key: 'dollars',
      day: day('2026-05-05'),
      lines: [
        { account: other, amount: 9n },
        { account: account('revenue', 'transport', 'USD'), amount: -9n },
      ],
    })
    const numbers = await query<{ id: number; currency: string }>(
      platform.db,
      "select id, currency from ledger.account where agency = 'transport'",
    )
    const [euros = 0] = numbers.filter(({ currency }) => currency === 'EUR').map(({ id }) => id)
    const [dollars = 0] = numbers.filter(({ currency }) => currency === 'USD').map(({ id }) => id)
    type Line = readonly [line: number, account: number, amount: number, on?: string]
    const insert = async (
      client: pg.Client,
      lines: readonly Line[],
      options: { count?: number; cause?: string; posting?: string } = {},
    ) => {
      const id = options.posting ?? platform.newId()
      if (!options.posting)
        await client.query(
          `insert into ledger.posting (id, key, kind, day, value_day, cause, lines, made_at)
           values ($1::uuid, $1::text, 'raw', '2026-05-05', '2026-05-05', $2, $3, now())`,
          [id, options.cause ?? old.cause, options.count ?? lines.length],
        )
      for (const [line, on, amount, when = '2026-05-05'] of lines)
        await client.query('insert into ledger.entry (posting_id, line, account_id, day, amount) values ($1, $2, $3, $4, $5)', [
          id,
          line,
          on,
          when,
          amount,
        ])
      return id
    }
    const refused: ReadonlyArray<readonly [string, string, (client: pg.Client) => Promise<unknown>]> = [
      ['debits above credits', 'LG001', (client) => insert(client, [[1, euros, 5], [2, euros, -4]])],
      ['two currencies that only add up together', 'LG001', (client) => insert(client, [[1, euros, 5], [2, dollars, -5]])],
      ['a single line', 'LG002', (client) => insert(client, [[1, euros, 5]])],
      ['no line', 'LG002', (client) => insert(client, [], { count: 2 })],
      ['fewer lines than it says', 'LG002', (client) => insert(client, [[1, euros, 5], [2, euros, -5]], { count: 3 })],
      ['more lines than it says', 'LG002', (client) => insert(client, [[1, euros, 5], [2, euros, -5], [3, euros, 1]], { count: 2 })],
      ['a line on another day', 'LG002', (client) => insert(client, [[1, euros, 5], [2, euros, -5, '2026-05-06']])],
      ['an account that does not exist', 'LG002', (client) => insert(client, [[1, 999_999, 5], [2, 999_999, -5]])],
      ['a line of nothing', '23514', (client) => insert(client, [[1, euros, 0], [2, euros, 0]])],
      ['a cause that is in no journal', 'LG005', (client) => insert(client, [[1, euros, 5], [2, euros, -5]], { cause: platform.newId() })],
      ['a line more on an old posting', 'LG002', (client) => insert(client, [[3, euros, 5]], { posting: old.id })],
      ['another first line on an old posting', '23505', (client) => insert(client, [[1, euros, 5]], { posting: old.id })],
      ['a line of no posting', 'LG002', (client) => insert(client, [[1, euros, 5]], { posting: platform.newId() })],
      [
        'a line more once the check was called early',
        'LG002',
        async (client) => {
          const id = await insert(client, [[1, euros, 5], [2, euros, -5]])
          await client.query('set constraints all immediate')
          await insert(client, [[3, euros, 5]], { posting: id })
        },
      ],
    ] // prettier-ignore
    for (const [what, code, work] of refused)
      await assert.rejects(
        rawly(test.databaseUrl, async (client) => void (await work(client))),
        hasCode(code),
        what,
      )
    // and nothing else is wrong with such rows
    await rawly(test.databaseUrl, async (client) => void (await insert(client, [[1, euros, 5], [2, euros, -5]]))) // prettier-ignore
    assert.deepEqual(await failures(platform), [])
  })

  it('never lets a row be changed or taken away, by the program or by its owner', async () => {
    for (const table of ['posting', 'entry', 'account', 'month', 'checkpoint', 'closing'])
      for (const text of [`update ledger.${table} set ctid = ctid`, `delete from ledger.${table}`, `truncate ledger.${table}`]) {
        const harmless = text.replace('ctid = ctid', table === 'posting' || table === 'account' ? "kind = kind || 'x'" : table === 'month' ? 'closed_at = now()' : 'account_id = 1') // prettier-ignore
        await assert.rejects(
          rawly(test.databaseUrl, async (client) => void (await client.query(harmless))),
          hasCode('42501'),
          harmless,
        )
      }
    for (const text of ['update ledger.entry set amount = amount + 1', 'delete from ledger.posting', 'truncate ledger.entry'])
      await assert.rejects(
        rawly(test.databaseUrl, async (client) => void (await client.query(text)), null),
        hasCode('LG006'),
        text,
      )
  })

  it('folds to the same balances as a plain model, whatever is booked, replayed, lost and checkpointed', async () => {
    const { platform } = test.app
    const kinds = ['receivable', 'revenue', 'unapplied', 'clearing', 'bank'] as const
    const part = fc.record({
      kind: fc.constantFrom(...kinds),
      currency: fc.constantFrom('EUR', 'USD', 'JPY'),
      amount: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }).filter((amount) => amount !== 0n),
      subject: fc.option(fc.integer({ min: 0, max: 4 })),
    })
    const step = fc.record({
      parts: fc.array(part, { minLength: 1, maxLength: 5 }),
      offset: fc.integer({ min: 0, max: 40 }),
      way: fc.constantFrom('once', 'twice', 'lost', 'together', 'checkpoint'),
    })
    let turn = 0
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 12 }), async (steps) => {
        const agency = `model${(turn += 1)}`
        const subjects = Array.from({ length: 5 }, () => platform.newId())
        const booked: Array<{ on: PlainDate; lines: NewPosting['lines'] }> = []
        for (const { parts, offset, way } of steps) {
          if (way === 'checkpoint') await setCheckpoints(platform, { least: 1 })
          const sums = Map.groupBy(parts, ({ currency }) => currency)
          const lines = [...sums].flatMap(([currency, all]) => {
            const rest = -all.reduce((sum, { amount }) => sum + amount, 0n)
            const own = all.map(({ kind, amount, subject }) => ({
              account: account(kind, agency, currency),
              amount,
              ...(subject === null ? {} : { subject: subjects[subject] ?? '' }),
            }))
            return rest === 0n ? own : [...own, { account: account('suspense', agency, currency), amount: rest }]
          })
          if (lines.length < 2) continue
          const on = addDays(day('2026-05-01'), offset)
          const posting = { kind: 'model', key: platform.newId(), day: on, lines }
          if (way === 'lost') {
            const losing = transact(platform, async (tx) => {
              await post(tx, { ...posting, cause: await cause(tx) })
              throw new Error('lost')
            })
            await assert.rejects(losing, /lost/)
            continue
          }
          if (way === 'together') {
            const more = { ...posting, key: platform.newId() }
            const count = await transact(platform, async (tx) => {
              const why = await cause(tx)
              return postMany(
                tx,
                [posting, more, posting].map((each) => ({ ...each, cause: why })),
              )
            })
            assert.equal(count, 2, 'the third has the key of the first')
            booked.push({ on, lines })
          } else assert.equal(await book(platform, posting), true)
          if (way === 'twice') assert.equal(await book(platform, posting), false)
          booked.push({ on, lines })
        }
        const expected = (test: (line: NewPosting['lines'][number], on: PlainDate) => boolean): bigint =>
          booked.flatMap(({ on, lines }) => lines.filter((line) => test(line, on))).reduce((sum, { amount }) => sum + amount, 0n)
        for (const kind of [...kinds, 'suspense'] as const)
          for (const currency of ['EUR', 'USD', 'JPY']) {
            const own = (line: NewPosting['lines'][number]): boolean => line.account.kind === kind && line.account.currency === currency
            const key = account(kind, agency, currency)
            assert.equal(await balanceOf(platform, key), expected(own))
            for (const until of [day('2026-04-30'), day('2026-05-10'), day('2026-06-10')])
              assert.equal(
                await balanceOf(platform, key, until),
                expected((line, on) => own(line) && on <= until),
              )
          }
        for (const subject of subjects)
          assert.equal(
            await subjectBalance(platform, 'receivable', subject),
            expected((line) => line.subject === subject && line.account.kind === 'receivable'),
          )
      }),
      { numRuns: 12 },
    )
    assert.deepEqual([...new Set(await sumsOf(platform.db))], [0n])
    assert.deepEqual(await failures(platform), [])
  })

  it('finds what somebody changed past the program', async () => {
    const { platform } = test.app
    await setCheckpoints(platform, { least: 1 })
    assert.deepEqual(await failures(platform), [])
    const tamper = (text: string): Promise<void> =>
      rawly(
        test.databaseUrl,
        async (client) => {
          await client.query('set local session_replication_role = replica')
          await client.query(text)
        },
        null,
      )
    const [last] = await query<{ seq: bigint }>(platform.db, 'select max(seq) as seq from ledger.entry')
    const seq = last?.seq ?? 0n
    const harms: ReadonlyArray<readonly [harm: string, mend: string, says: RegExp]> = [
      [`update ledger.entry set amount = amount + 1 where seq = ${seq}`, `update ledger.entry set amount = amount - 1 where seq = ${seq}`, /balanced[^]*debits equal credits[^]*checkpoints/],
      [`update ledger.entry set day = day + 1 where seq = ${seq}`, `update ledger.entry set day = day - 1 where seq = ${seq}`, /belongs to a posting/],
      ['update ledger.checkpoint set balance = balance + 1', 'update ledger.checkpoint set balance = balance - 1', /^checkpoints/],
      ["update ledger.posting set cause = overlay(cause::text placing 'ffff' from 1)::uuid where key = 'whole'", "update ledger.posting p set cause = (select cause from ledger.posting where key = 'dollars') where key = 'whole'", /names a line/],
    ] // prettier-ignore
    for (const [harm, mend, says] of harms) {
      await tamper(harm)
      assert.match((await failures(platform)).join('\n'), says, harm)
      await tamper(mend)
      assert.deepEqual(await failures(platform), [])
    }
  })
})
