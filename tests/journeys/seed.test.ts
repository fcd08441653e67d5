import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { startApp, type TestApp } from '../support/app.ts'
import { decrypt } from '../../src/platform/crypto.ts'
import { query } from '../../src/platform/db.ts'
import { seedCity } from '../../src/modules/demo/seedcity.ts'

const size = { residents: 40, cases: 80, seed: 7 }
const now = new Date('2026-11-23T11:00:00Z')

type Row = Record<string, unknown>
type City = { readonly test: TestApp; readonly said: string[]; rows(sql: string): Promise<Row[]> }

async function makeCity(): Promise<City> {
  const test = await startApp({ accounts: true, overrides: { now: () => now } })
  const said: string[] = []
  // somebody else's transaction, still open when the journal is brought into order, holds it back for a while
  const other = new pg.Client({ connectionString: test.databaseUrl })
  other.on('error', () => undefined)
  await other.connect()
  await other.query('set idle_in_transaction_session_timeout = 0')
  await other.query('begin; select pg_current_xact_id()')
  await seedCity(test.app, size, (line) => {
    said.push(line)
    if (line.includes('into order')) setTimeout(() => void other.end(), 300)
  })
  return { test, said, rows: (sql) => query<Row>(test.app.platform.db, sql) }
}

describe('the demo city', () => {
  let [one, two]: City[] = []
  const first = (): City => {
    assert.ok(one)
    return one
  }
  before(async () => {
    ;[one, two] = [await makeCity(), await makeCity()]
  })
  after(async () => {
    await one?.test.close()
    await two?.test.close()
  })

  it('is the same for the same numbers', async () => {
    const cases =
      'select reference, service_id, state, outcome, eligible, fee_amount::text, deadline, submitted_at, closed_at, waiting_for, language from cases.case order by reference'
    const rows = await first().rows(cases)
    assert.equal(rows.length, size.cases)
    assert.deepEqual(await two?.rows(cases), rows)
    const bills = 'select reference, agency, total::text, paid::text, state, issued_on, due_on from payments.bill order by reference'
    const owed = await first().rows(bills)
    assert.ok(owed.length >= size.cases)
    assert.deepEqual(await two?.rows(bills), owed)
  })

  it('has bills that are paid, open and overdue, and books that agree', async () => {
    const { rows } = first()
    const states = await rows(`select distinct state from payments.bill order by state`)
    assert.deepEqual(states, [{ state: 'open' }, { state: 'paid' }])
    assert.deepEqual(await rows('select sum(amount)::text as sum from ledger.entry'), [{ sum: '0' }])
    const kept = `select coalesce(sum(outstanding), 0)::text as sum from payments.bill`
    const booked = `select sum(e.amount)::text as sum from ledger.entry e join ledger.account a on a.id = e.account_id where a.kind = 'receivable'`
    assert.deepEqual(await rows(booked), await rows(kept))
  })

  it('has cases that are open, granted and refused, and each began with its submission', async () => {
    const { rows } = first()
    assert.deepEqual(
      await rows(
        `select id from cases.case c where not exists (select 1 from journal.event e where e.stream = c.id::text and e.type = 'cases.case.submitted')`,
      ),
      [],
    )
    assert.deepEqual(await rows(`select id from cases.case where (closed_at is null) <> (outcome is null)`), [])
    assert.deepEqual(
      await rows(
        `select id from cases.case c where closed_at is not null and not exists (select 1 from journal.event e where e.stream = c.id::text and e.type = 'cases.case.decided')`,
      ),
      [],
    )
    const kinds = (await rows(`select distinct coalesce(outcome, 'open') as kind from cases.case`)).map((row) => row['kind'])
    for (const kind of ['open', 'granted', 'refused']) assert.ok(kinds.includes(kind), String(kind))
    assert.deepEqual(
      await rows(
        `select id from cases.case c where not exists (select 1 from journeys.journey j where j.id = c.journey_id and j.case_id = c.id and j.state = 'submitted')`,
      ),
      [],
    )
    assert.deepEqual(await rows(`select id from cases.case where submitted_at > '${now.toISOString()}' or closed_at < submitted_at`), [])
  })

  it('keeps no personal data in the journal', async () => {
    const { rows, test } = first()
    const lines = (await rows('select e::text as line from journal.event e')).map((row) => String(row['line'])).join('\n')
    assert.ok(!lines.includes('@'), 'an e-mail address')
    const { personal } = await profiles(test)
    assert.ok(personal.length >= size.residents * 3)
    for (const value of personal) assert.ok(!lines.includes(value), value)
  })

  it('tells nobody, prints nothing, and leaves the journal in order', async () => {
    const { rows, test } = first()
    assert.deepEqual(await rows('select (select count(*) from journal.event) - (select count(*) from journal.ordered) as gap'), [
      { gap: 0n },
    ])
    assert.deepEqual(await rows('select max(position) - count(*) as gap from journal.ordered'), [{ gap: 0n }])
    assert.deepEqual(await rows(`select name from journal.cursor where position < (select max(position) from journal.ordered)`), [])
    await test.settle()
    assert.deepEqual(test.mails, [])
    assert.deepEqual(await jobsIn(test), [])
    assert.deepEqual(await rows('select id from cases.letter where document_id is not null'), [])
  })

  it('gives the resident of the demo three cases', async () => {
    const { rows } = first()
    const own = await rows('select state, outcome, waiting_for from cases.case where account_id is not null order by service_id')
    assert.deepEqual(own, [
      { state: 'granted', outcome: 'granted', waiting_for: 'nobody' },
      { state: 'in_review', outcome: null, waiting_for: 'resident' },
      { state: 'in_review', outcome: null, waiting_for: 'agency' },
    ])
  })

  it('is made once', async () => {
    const { test, rows } = first()
    const said: string[] = []
    await seedCity(test.app, size, (line) => said.push(line))
    assert.deepEqual(said, ['The city is there already: 40 residents and 80 cases of seed 7.'])
    assert.deepEqual(await rows('select count(*) as count from cases.case'), [{ count: 80n }])
  })
})

/** Names, addresses and telephone numbers of everybody, opened through the keys without a line in the journal. */
async function profiles(test: TestApp): Promise<{ personal: string[] }> {
  const { platform } = test.app
  const rows = await query<{ id: string; person: string; field: string; ciphertext: Buffer; version: number; key: Buffer }>(
    platform.db,
    `select r.id, p.id as person, s.field, s.ciphertext, p.key_version as version, p.wrapped_key as key
     from people.sealed s join people.record r on r.id = s.record_id join people.person p on p.id = r.person_id
     where r.kind = 'profile' and s.field in ('full_name', 'email', 'phone')`,
  )
  return {
    personal: rows.map((row) =>
      String(
        JSON.parse(decrypt(platform.keys.unwrap(row.version, row.key, row.person), row.ciphertext, `${row.id}/${row.field}`).toString()),
      ),
    ),
  }
}

async function jobsIn(test: TestApp): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: test.databaseUrl })
  await client.connect()
  try {
    return (await client.query('select task_identifier from graphile_worker.jobs')).rows
  } finally {
    await client.end()
  }
}
