import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import pg from 'pg'
import { addDays, type PlainDate } from '../../src/kernel/time.ts'
import { accountActor, type RoleBinding, systemActor } from '../../src/modules/access/index.ts'
import {
  type AccountKey,
  balanceOf,
  closeMonth,
  entriesAbout,
  journalOf,
  type NewPosting,
  post,
  postMany,
  setCheckpoints,
  statement,
  subjectBalance,
  trialBalance,
  verifyLedger,
} from '../../src/modules/ledger/index.ts'
import { APP_ROLE, query } from '../../src/platform/db.ts'
import { record } from '../../src/platform/journal/journal.ts'
import { type Platform, transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'

const day = (text: string): PlainDate => text as PlainDate
const account = (kind: AccountKey['kind'], agency = 'transport', currency = 'EUR', part?: string): AccountKey => ({
  agency,
  kind,
  currency,
  ...(part ? { part } : {}),
})
const receivable = account('receivable')
const fees = account('revenue', 'transport', 'EUR', 'fee')
const actor = systemActor('payments')

type Asked = Omit<NewPosting, 'cause'>

const issued = { source: 'test', agency: 'transport', revenue: 'fee', amount: '1', currency: 'EUR', due: '2026-01-01' }

/** Writes a line of the journal, for postings to name. */
function cause(tx: Platform): Promise<string> {
  return record(tx, actor, { type: 'payments.bill.issued', stream: tx.newId(), data: issued })
}

function book(platform: Platform, posting: Asked): Promise<boolean> {
  return transact(platform, async (tx) => post(tx, { ...posting, cause: await cause(tx) }))
}

/** Whether an error, or what caused it, has this SQLSTATE. */
function hasCode(code: string): (error: unknown) => boolean {
  return (error) => error instanceof Error && 'code' in error && error.code === code
}

async function sumsOf(db: Platform['db']): Promise<bigint[]> {
  const rows = await query<{ total: string }>(
    db,
    'select sum(e.amount)::text as total from ledger.entry e join ledger.account a on a.id = e.account_id group by a.currency',
  )
  return rows.map((row) => BigInt(row.total))
}

async function failures(platform: Platform): Promise<string[]> {
  return (await verifyLedger(platform)).filter(({ state }) => state !== 'ok').map(({ what, evidence }) => `${what}: ${evidence}`)
}

/** Runs statements as the program's own role, in one transaction. */
async function rawly(url: string, work: (client: pg.Client) => Promise<void>, role: string | null = APP_ROLE): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => undefined)
  await client.connect()
  try {
    if (role !== null) await client.query(`set role ${role}`)
    await client.query('begin')
    await work(client)
    await client.query('commit')
  } finally {
    await client.end()
  }
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
  const refusal = (code: string) => (error: unknown) => error instanceof Error && 'code' in error && error.code === code

  it('closes one month after another, when it is over and nothing is open', async () => {
    const { platform } = test.app
    for (const on of ['2026-03-04', '2026-03-31', '2026-04-01', '2026-05-20', '2026-06-02']) await sale(platform, on)
    await assert.rejects(closing('2026-03-31', {}, who('officer', 'revenue')), refusal('access.denied'))
    await assert.rejects(closing('2026-03-31', {}, who('supervisor', 'library')), refusal('access.denied'))
    await assert.rejects(closing('2026-04-30'), refusal('ledger.not-next-month'))
    await assert.rejects(closing('2026-06-30'), refusal('ledger.month-not-over'))
    await assert.rejects(closing('2026-03-31', { openItems: async () => 1 }), refusal('ledger.open-items'))
    await closing('2026-03-31')
    await assert.rejects(closing('2026-03-31'), refusal('ledger.not-next-month'))
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
