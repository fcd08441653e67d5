import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { createHasher, type PasswordHasher } from '../../src/modules/identity/index.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { formBody } from '../support/client.ts'

const KNOWN = 'resident@harbourview.example'
const UNKNOWN = 'nobody.at.all@harbourview.example'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** What a request did: its answer, the texts of its statements, the passwords it hashed, and its milliseconds. */
type Done = { answer: string; statements: string[]; hashes: number; ms: number }

describe('whether an address has an account', () => {
  let test: TestApp
  let hashes = 0
  let statements: string[] | null = null
  let from = 0
  before(async () => {
    const light = createHasher(true)
    const hasher: PasswordHasher = {
      hash: (password) => {
        hashes += 1
        return light.hash(password)
      },
      verify: (hash, password) => {
        hashes += 1
        return light.verify(hash, password)
      },
    }
    test = await startApp({ accounts: true, overrides: { hasher } })
    listen(test.app.database.pool)
  })
  after(() => test.close())

  /** Notes the text of every statement, on every connection of the program's own pool. */
  function listen(pool: pg.Pool): void {
    const connect = pool.connect.bind(pool)
    const watched = new WeakSet<pg.PoolClient>()
    pool.connect = (async () => {
      const client = await connect()
      if (!watched.has(client)) {
        watched.add(client)
        const ask = client.query.bind(client)
        client.query = ((config: string | { text: string }, ...rest: never[]) => {
          statements?.push(typeof config === 'string' ? config : config.text)
          return ask(config as string, ...rest)
        }) as typeof client.query
      }
      return client
    }) as typeof pool.connect
  }

  /** Each request comes from a network of its own, so that none waits for another's failures. */
  const send = async (url: string, email: string): Promise<Done> => {
    from += 1
    statements = []
    hashes = 0
    const begun = performance.now()
    const answer = await test.app.server.inject({
      method: 'POST',
      url,
      headers: form,
      remoteAddress: `10.${from >> 16}.${(from >> 8) & 255}.${from & 255}`,
      payload: formBody({ email, password: 'wrong-lantern-2026', name: 'Any Body' }),
    })
    const ms = performance.now() - begun
    const { date: _, ...headers } = answer.headers
    const told = JSON.stringify([answer.statusCode, headers['location'], headers['set-cookie'], answer.body.replaceAll(email, 'EMAIL')])
    return { answer: told, statements, hashes, ms }
  }

  const paths = ['/sign-in', '/reset', '/register', '/sign-in/link'] as const

  for (const path of paths)
    it(`is not told by ${path}: the same answer, the same statements, as many hashes`, async () => {
      await send(path, KNOWN) // the first of all makes connections and caches
      const known = await send(path, KNOWN)
      const unknown = await send(path, UNKNOWN)
      assert.equal(known.answer, unknown.answer)
      assert.ok(known.statements.length > 2, `${known.statements.length} statements were seen`)
      assert.deepEqual(known.statements, unknown.statements)
      assert.equal(known.hashes, unknown.hashes)
      assert.equal(known.hashes, path === '/sign-in' || path === '/register' ? 1 : 0)
    })

  for (const path of paths)
    it(`is not told by the time that ${path} takes`, async () => {
      const times: Record<'known' | 'unknown', number[]> = { known: [], unknown: [] }
      for (let i = 0; i < 30; i += 1) {
        // five failures in a row would have to wait
        if (path === '/sign-in') await query(test.app.platform.db, 'delete from identity.delay')
        times.known.push((await send(path, KNOWN)).ms)
        times.unknown.push((await send(path, `nobody.${i}@harbourview.example`)).ms)
      }
      const median = (list: number[]): number => list.toSorted((a, b) => a - b)[15] ?? 0
      const ratio = median(times.known) / median(times.unknown)
      assert.ok(ratio > 0.6 && ratio < 1.67, `known ${median(times.known)} ms, unknown ${median(times.unknown)} ms`)
    })

  it('is not told by waiting either: both wait from the same try on', async () => {
    const statuses = async (email: string): Promise<string[]> => {
      const all: string[] = []
      for (let i = 0; i < 7; i += 1) all.push((await send('/sign-in', email)).answer.slice(0, 4))
      return all
    }
    await query(test.app.platform.db, 'delete from identity.delay')
    const known = await statuses(KNOWN)
    assert.deepEqual(known, ['[422', '[422', '[422', '[422', '[422', '[429', '[429'])
    assert.deepEqual(await statuses('nobody.either@harbourview.example'), known)
  })
})
