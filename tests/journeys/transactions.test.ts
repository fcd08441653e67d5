import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { isDatabaseAway, LONG_WRITING, type OpenDb, openDb, query, snapshot, transaction } from '../../src/platform/db.ts'
import { record } from '../../src/platform/journal/journal.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'

describe('a transaction', () => {
  let test: TestApp
  let own: OpenDb
  before(async () => {
    test = await startApp()
    own = openDb(test.databaseUrl, { max: 2, onError: () => undefined })
    await query(own.db, 'create table public.kept (n int primary key deferrable initially deferred, word text not null)')
  })
  after(async () => {
    await own.close()
    await test.close()
  })
  const kept = async (): Promise<number[]> => (await query<{ n: number }>(own.db, 'select n from public.kept order by n')).map(({ n }) => n)
  const put = (n: number, word: string | null = 'x') => ({ text: 'insert into public.kept values ($1, $2)', values: [n, word] })
  const code = (wanted: string) => (error: unknown) => error instanceof Error && 'code' in error && error.code === wanted

  it('keeps what it did and its last statement, or nothing of both', async () => {
    await transaction(
      own.db,
      (db) => query(db, put(1).text, put(1).values),
      () => put(2),
    )
    assert.deepEqual(await kept(), [1, 2])
    // the last statement fails, the work fails, the commit fails: each is told as what it is
    await assert.rejects(
      transaction(
        own.db,
        (db) => query(db, put(3).text, put(3).values),
        () => put(4, null),
      ),
      code('23502'),
    )
    await assert.rejects(
      transaction(
        own.db,
        (db) => query(db, put(5).text, put(5, null).values),
        () => put(6),
      ),
      code('23502'),
    )
    await assert.rejects(
      transaction(own.db, (db) => query(db, put(1).text, put(1).values)),
      code('23505'),
    )
    await assert.rejects(
      transaction(own.db, async (db) => {
        await query(db, put(7, null).text, put(7, null).values).catch(() => undefined) // an error that the work hides
      }),
      /rolled back/,
    )
    assert.deepEqual(await kept(), [1, 2])
  })

  it('takes statements in the order in which they are sent, also when none is waited for', async () => {
    await transaction(own.db, async (db) => {
      const all = Array.from({ length: 50 }, (_, n) => query(db, put(100 + n).text, put(100 + n).values))
      const seen = await query<{ n: bigint }>(db, 'select count(*) as n from public.kept where n >= 100')
      assert.equal(seen[0]?.n, 50n)
      await Promise.all(all)
      await query(db, 'delete from public.kept where n >= 100')
    })
    assert.deepEqual(await kept(), [1, 2])
  })

  it('takes nothing any more once it has ended, and is not begun inside another', async () => {
    const out = await transaction(own.db, async (db) => db)
    await assert.rejects(query(out, put(8).text, put(8).values), /has ended/)
    await assert.rejects(
      transaction(own.db, (db) => transaction(db, kept)),
      /inside another/,
    )
    assert.deepEqual(await kept(), [1, 2])
  })

  it('leaves no act without its line of the journal', async () => {
    const { platform } = test.app
    const author = { journalName: 'system:test', channel: 'job' }
    const begun = transact(platform, async (tx) => {
      await query(
        tx.db,
        "insert into catalogue.version (service_id, version, hash, source, first_seen_at) values ('a', '1', 'h', '', now())",
      )
      const id = await record(tx, author, { type: 'identity.session.ended', stream: 'a', data: { count: 1 } })
      const [line] = tx.lines
      if (line) tx.lines.push({ ...line, id }) // the same line twice cannot be written
    })
    await assert.rejects(begun, code('23505'))
    assert.deepEqual(await query(platform.db, "select 1 from catalogue.version where service_id = 'a'"), [])
  })

  it('says of a server that does not answer that it is away, and goes on when it does', async () => {
    const hasty = openDb(test.databaseUrl, { max: 1, patienceMs: 600, onError: () => undefined })
    await assert.rejects(query(hasty.db, 'select pg_sleep(2)'), isDatabaseAway)
    await assert.rejects(
      transaction(hasty.db, (db) => query(db, 'select pg_sleep(2)')),
      isDatabaseAway,
    )
    // long work and a long look are waited for, on the pool's next connection
    await transaction(hasty.db, (db) => query(db, 'select pg_sleep(1)'), undefined, LONG_WRITING)
    assert.equal((await snapshot(hasty.db, (db) => query(db, 'select 1 from pg_sleep(1)'))).length, 1)
    await hasty.close()
  })
})
