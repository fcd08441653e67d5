import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { record } from '../../src/platform/journal/journal.ts'
import { orderAfterRestore } from '../../src/platform/journal/restore.ts'
import { sequencerLag } from '../../src/platform/journal/sequencer.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'

const author = { journalName: 'system:test', channel: 'job' }

describe('a journal that was restored into another cluster', () => {
  let test: TestApp
  let client: pg.Client
  before(async () => {
    test = await startApp()
    client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
  })
  after(async () => {
    await client.end()
    await test.close()
  })

  const write = async (stream: string): Promise<void> => {
    await transact(test.app.platform, (tx) => record(tx, author, { type: 'identity.account.verified', stream }))
  }

  it('orders what was left once, and goes on although transaction ids begin anew', async () => {
    for (const stream of ['a', 'b']) await write(stream)
    await test.settle()
    for (const stream of ['c', 'd']) await write(stream)
    // the old cluster was far ahead: its events carry transaction ids that this one will not reach
    await client.query('update journal.event set tx = (tx::text::bigint + 1000000)::text::xid8')
    await client.query("update journal.cursor set tx = (tx::text::bigint + 1000000)::text::xid8 where name = 'sequencer'")
    await client.query("update journal.cluster set system_identifier = 'another'")
    assert.equal(await orderAfterRestore(client), true)
    assert.equal(await orderAfterRestore(client), false)
    for (const stream of ['e', 'f']) await write(stream)
    await test.settle()
    assert.equal(await sequencerLag(test.app.platform), 0)
    const { rows } = await client.query<{ position: string; stream: string }>(
      "select o.position, e.stream from journal.ordered o join journal.event e on e.id = o.event_id where e.stream in ('a','b','c','d','e','f') order by o.position",
    )
    assert.deepEqual(
      rows.map((row) => row.stream),
      ['a', 'b', 'c', 'd', 'e', 'f'],
    )
    const dense = await client.query<{ ok: boolean }>(
      'select count(*) = max(position) and count(*) = (select count(*) from journal.event) as ok from journal.ordered',
    )
    assert.equal(dense.rows[0]?.ok, true)
  })
})
