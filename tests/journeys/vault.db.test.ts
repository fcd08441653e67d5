import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { systemActor } from '../../src/modules/access/index.ts'
import { createPerson, createRecord, erasePerson, open, seal } from '../../src/modules/people/index.ts'
import { isDatabaseAway, query } from '../../src/platform/db.ts'
import { record } from '../../src/platform/journal/journal.ts'
import { sequenceOnce, sequencerLag } from '../../src/platform/journal/sequencer.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'

const actor = systemActor('test')
const reason = { purpose: 'case.decide', legalBasis: 'gdpr.6.1.e' }

describe('the vault and the journal', () => {
  let test: TestApp
  before(async () => {
    test = await startApp()
  })
  after(() => test.close())

  const personWith = async (fields: Record<string, unknown>): Promise<{ person: string; record: string }> =>
    transact(test.app.platform, async (tx) => {
      const person = await createPerson(tx)
      const id = await createRecord(tx, person, 'test')
      await seal(tx, id, fields)
      return { person, record: id }
    })
  const openings = (person: string): Promise<Array<{ count: number }>> =>
    query(
      test.app.platform.db,
      `select (data->>'count')::int as count from journal.event where stream = $1 and type = 'people.record.opened' order by seq`,
      [person],
    )
  const counter = async (person: string): Promise<number> => {
    const [row] = await query<{ opened: bigint }>(test.app.platform.db, 'select opened from people.person where id = $1', [person])
    return Number(row?.opened)
  }

  it('commits the access line of a reading whose transaction is rolled back', async () => {
    const { person, record: id } = await personWith({ name: 'Ada Sample' })
    const rolledBack = transact(test.app.platform, async (tx) => {
      assert.deepEqual(await open(tx, actor, { ...reason, record: id }), { name: 'Ada Sample' })
      throw new Error('rolled back')
    })
    await assert.rejects(rolledBack, /rolled back/)
    assert.deepEqual(await openings(person), [{ count: 1 }])
    assert.equal(await counter(person), 1)
  })

  it('counts each opening once, also when many come at the same time', async () => {
    const { person, record: id } = await personWith({ name: 'Bo Sample', email: 'bo@example.org' })
    await Promise.all(Array.from({ length: 10 }, () => open(test.app.platform, actor, { ...reason, record: id, fields: ['name'] })))
    assert.equal(await counter(person), 10)
    assert.deepEqual(
      (await openings(person)).map((line) => line.count).toSorted((a, b) => a - b),
      Array.from({ length: 10 }, (_, index) => index + 1),
    )
  })

  it('keeps nothing readable of a person who was erased', async () => {
    const { person, record: id } = await personWith({ name: 'Cy Sample' })
    await erasePerson(test.app.platform, actor, person, 'asked')
    await assert.rejects(open(test.app.platform, actor, { ...reason, record: id }), { status: 404 })
    await assert.rejects(
      transact(test.app.platform, (tx) => seal(tx, id, { name: 'again' })),
      { status: 404 },
    )
    const sealed = await query(test.app.platform.db, 'select field from people.sealed where record_id = $1', [id])
    assert.deepEqual(sealed, [])
    const [row] = await query<{ wrapped_key: unknown }>(test.app.platform.db, 'select wrapped_key from people.person where id = $1', [
      person,
    ])
    assert.equal(row?.wrapped_key, null)
  })

  it('lets the application add to the journal and never change it', async () => {
    const tables = ['journal.event', 'journal.ordered']
    for (const table of tables) {
      for (const sql of [
        `update ${table} set ${table.endsWith('event') ? 'type' : 'event_id'} = null`,
        `delete from ${table}`,
        `truncate ${table}`,
      ])
        await assert.rejects(query(test.app.platform.db, sql), /permission denied/, sql)
    }
  })

  it('refuses lines whose data has unknown names, missing ones or anything a person wrote', async () => {
    const bad: Array<Record<string, unknown>> = [
      { service: 'library_card', version: '1', name: 'Ada Sample' },
      { service: 'library_card' },
      { service: 'Ada Sample, 14 Assembly Avenue', version: '1' },
      { service: 'ada@example.org', version: '1' },
      { service: 'library_card', version: { name: 'Ada' } },
    ]
    for (const data of bad) {
      const told = transact(test.app.platform, (tx) => record(tx, actor, { type: 'journeys.journey.started', stream: tx.newId(), data }))
      await assert.rejects(told, { name: 'ZodError' }, JSON.stringify(data))
    }
    await assert.rejects(
      transact(test.app.platform, (tx) => record(tx, actor, { type: 'journeys.journey.invented', stream: 'x' })),
      /is declared/,
    )
    await assert.rejects(record(test.app.platform, actor, { type: 'journeys.journey.adopted', stream: 'x' }), /outside a transaction/)
  })

  it('takes a lost connection for what it is, however it is told', () => {
    for (const message of ['Client has encountered a connection error and is not queryable', 'Connection terminated unexpectedly'])
      assert.equal(isDatabaseAway(new Error(message)), true, message)
    assert.equal(isDatabaseAway(new Error('relation "x" does not exist')), false)
  })

  it('loses no line of eight writers that hold their transactions open', async () => {
    const { platform } = test.app
    await test.settle()
    const seen: string[] = []
    let position = await lastPosition()
    const written = new AbortController()
    const reader = (async () => {
      // a transaction that is open in another test's database holds the order back for a moment
      while (!written.signal.aborted || (await sequencerLag(platform)) > 0) {
        await sequenceOnce(platform)
        const rows = await query<{ position: bigint; event_id: string }>(
          platform.db,
          'select position, event_id from journal.ordered where position > $1 order by position',
          [position],
        )
        for (const row of rows) {
          assert.equal(row.position, position + 1n, 'positions are dense')
          position = row.position
          seen.push(row.event_id)
        }
      }
    })()
    const lines = (await Promise.all(Array.from({ length: 8 }, (_, writer) => writeSlowly(writer)))).flat()
    written.abort()
    await reader
    await settleReader()
    assert.equal(lines.length, 8 * 15)
    assert.deepEqual(new Set(seen), new Set(lines))
    assert.equal(seen.length, lines.length, 'no line twice')

    async function settleReader(): Promise<void> {
      const rows = await query<{ event_id: string }>(
        platform.db,
        'select event_id from journal.ordered where position > $1 order by position',
        [position],
      )
      seen.push(...rows.map((row) => row.event_id))
    }
    async function lastPosition(): Promise<bigint> {
      const [row] = await query<{ last: bigint }>(platform.db, 'select coalesce(max(position), 0)::bigint as last from journal.ordered')
      return row?.last ?? 0n
    }
  })

  /** Fifteen transactions: each writes early, waits, and commits, so that later numbers are committed before earlier ones. */
  async function writeSlowly(writer: number): Promise<string[]> {
    const ids: string[] = []
    for (let turn = 0; turn < 15; turn += 1) {
      await transact(test.app.platform, async (tx) => {
        ids.push(await record(tx, actor, { type: 'journeys.journey.adopted', stream: tx.newId() }))
        await query(tx.db, 'select pg_sleep($1)', [((writer * 7 + turn * 3) % 10) / 200])
      })
    }
    return ids
  }

  it('works as a role that owns nothing', async () => {
    const client = new pg.Client({ connectionString: test.databaseUrl, options: '-c role=stoa_app' })
    await client.connect()
    try {
      const { rows } = await client.query("select count(*)::int as count from pg_tables where tableowner = 'stoa_app'")
      assert.deepEqual(rows, [{ count: 0 }])
    } finally {
      await client.end()
    }
  })
})
