import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { readConfig } from '../../src/config.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { createPerson, createRecord, open, seal } from '../../src/modules/people/index.ts'
import { query } from '../../src/platform/db.ts'
import { type KeyFile, openKeys, readKeys, splitCommand, withCurrent, withNewVersion } from '../../src/platform/keys.ts'
import { replaceKeyFile } from '../../src/platform/keysfile.ts'
import { keyUses, rewrapAll, unknownWrapped } from '../../src/platform/keysrotate.ts'
import { transact } from '../../src/platform/platform.ts'
import { root, startApp, type TestApp } from '../support/app.ts'

const actor = systemActor('test')
const reason = { purpose: 'case.decide', legalBasis: 'gdpr.6.1.e' }
/** Modules that wrap nothing but cookies, which end long before a version is destroyed. */
const cookiesOnly = ['representation', 'demo']
const drawn = (): string => randomBytes(32).toString('base64')
const someKeys = (): KeyFile => ({ wrapping: [{ version: 1, key: drawn() }], blind: drawn(), token: drawn() })
const folder = (): Promise<string> => mkdtemp(join(tmpdir(), 'stoa-keys-'))

describe('where the keys come from', () => {
  const faultOf = async (text: string): Promise<string> => {
    try {
      await openKeys({ kind: 'environment', text })
      return ''
    } catch (error) {
      return String(error)
    }
  }

  it('is the environment, else a command, else the file; never two of them', () => {
    const source = (env: Record<string, string>): unknown => readConfig({ DATA_DIR: '/nowhere', ...env }, root).keySource
    assert.deepEqual(source({}), { kind: 'file', file: '/nowhere/keys.json' })
    assert.deepEqual(source({ STOA_KEY_FILE: '/k.json' }), { kind: 'file', file: '/k.json' })
    assert.deepEqual(source({ STOA_KEY_FILE: '/k.json', STOA_KEYS: '{}' }), { kind: 'environment', text: '{}' })
    assert.deepEqual(source({ STOA_KEY_FILE: '/k.json', STOA_KEY_COMMAND: 'kms "a b"' }), { kind: 'command', argv: ['kms', 'a b'] })
    assert.throws(() => source({ STOA_KEYS: '{}', STOA_KEY_COMMAND: 'kms' }), /STOA_KEYS: must not be set together/)
    assert.throws(() => source({ STOA_KEY_COMMAND: 'kms "a' }), /STOA_KEY_COMMAND: has a quote that is left open/)
    assert.throws(() => source({ TLS_CERT: 'a.pem' }), /TLS_KEY: must be set when TLS_CERT is/)
  })

  it('splits a command without asking a shell', () => {
    assert.deepEqual(splitCommand(`kms decrypt --key='a b' "c;d" $HOME|x ""`), ['kms', 'decrypt', '--key=a b', 'c;d', '$HOME|x', ''])
    assert.equal(splitCommand(`kms 'open`), null)
  })

  it('refuses weak and broken keys without showing them', async () => {
    const good = someKeys()
    assert.equal(await faultOf(JSON.stringify(good)), '')
    const short = randomBytes(16).toString('base64')
    const flat = Buffer.alloc(32, 7).toString('base64')
    const cases: Array<[unknown, RegExp]> = [
      [{ ...good, blind: short }, /blind has 16 bytes, not 32/],
      [{ ...good, token: flat }, /token was not drawn at random/],
      [{ ...good, blind: good.token }, /token is the same as blind/],
      [
        { ...good, wrapping: [...good.wrapping, { version: 2, key: good.wrapping[0]?.key }] },
        /wrapping key 2 is the same as wrapping key 1/,
      ],
      [{ ...good, wrapping: [...good.wrapping, { version: 1, key: drawn() }] }, /a version is there twice/],
      [{ ...good, current: 4 }, /the current version is not there/],
      [{ ...good, wrapping: [] }, /wrapping is not as it should be/],
      [`${JSON.stringify(good)}x`, /it is no JSON/],
    ]
    for (const [keys, pattern] of cases) {
      const fault = await faultOf(typeof keys === 'string' ? keys : JSON.stringify(keys))
      assert.match(fault, pattern)
      for (const secret of [good.blind, good.token, short, flat]) assert.ok(!fault.includes(secret.slice(0, 8)), fault)
    }
  })

  it('runs a command once and tells of its failures, not of what it printed', async () => {
    const keys = someKeys()
    const dir = await folder()
    const script = async (text: string): Promise<readonly string[]> => {
      await writeFile(join(dir, 'kms.cjs'), text)
      return [process.execPath, join(dir, 'kms.cjs'), '--out', join(dir, 'runs')]
    }
    const printing = `require('fs').appendFileSync(process.argv[3], 'x'); process.stdout.write(${JSON.stringify(JSON.stringify(keys))})`
    const opened = await openKeys({ kind: 'command', argv: await script(printing) })
    for (let i = 0; i < 3; i += 1) assert.equal(opened.unwrap(1, opened.wrap(Buffer.from('x'), 'c').wrapped, 'c').toString(), 'x')
    assert.equal(await readFile(join(dir, 'runs'), 'utf8'), 'x')
    const bad: Array<[readonly string[], RegExp]> = [
      [await script(`console.log('kms-secret'); console.error('kms-secret'); process.exitCode = 3`), /it ended with 3/],
      [[join(dir, 'not-there')], /it could not be run \(ENOENT\)/],
    ]
    for (const [argv, pattern] of bad) await assert.rejects(openKeys({ kind: 'command', argv }), pattern)
    const nonsense = openKeys({ kind: 'command', argv: await script(`console.log('kms-secret')`) })
    await assert.rejects(nonsense, (error: Error) => /it is no JSON/.test(error.message) && !error.message.includes('kms-secret'))
    await rm(dir, { recursive: true })
  })

  it('reads a file again when it has changed, and takes no other keys under known names', async () => {
    const dir = await folder()
    const file = join(dir, 'keys.json')
    const keys = await openKeys({ kind: 'file', file })
    const first = keys.wrap(Buffer.from('before'), 'c')
    const token = keys.token('t')
    const made = await readKeys({ kind: 'file', file })
    await replaceKeyFile(file, { ...someKeys(), current: 1 })
    assert.equal(keys.unwrap(1, keys.wrap(Buffer.from('x'), 'c').wrapped, 'c').toString(), 'x')
    assert.deepEqual([keys.current, keys.token('t'), keys.unwrap(1, first.wrapped, 'c').toString()], [1, token, 'before'])
    await writeFile(file, '{')
    assert.equal(keys.current, 1)
    const added = withNewVersion(made)
    await replaceKeyFile(file, added)
    assert.deepEqual([keys.current, keys.versions], [1, [1, 2]])
    await replaceKeyFile(file, withCurrent(added, 2, new Date()))
    const second = keys.wrap(Buffer.from('after'), 'c')
    assert.equal(second.version, 2)
    await rm(file)
    assert.deepEqual([keys.unwrap(1, first.wrapped, 'c'), keys.unwrap(2, second.wrapped, 'c')].map(String), ['before', 'after'])
    await rm(dir, { recursive: true })
  })

  it('is replaced in one step, for its owner alone, also behind a link', async () => {
    const dir = await folder()
    const [file, link] = [join(dir, 'real.json'), join(dir, 'keys.json')]
    await writeFile(file, JSON.stringify(someKeys()), { mode: 0o644 })
    await symlink(file, link)
    const next = someKeys()
    await replaceKeyFile(link, next)
    assert.deepEqual(JSON.parse(await readFile(file, 'utf8')), next)
    assert.equal((await stat(file)).mode & 0o777, 0o600)
    await replaceKeyFile(join(dir, 'none.json'), next).then(
      () => assert.fail('made a file'),
      () => undefined,
    )
    assert.deepEqual((await readdir(dir)).toSorted(), ['keys.json', 'real.json'])
    await rm(dir, { recursive: true })
  })
})

describe('the wrapping key is rotated', () => {
  let test: TestApp
  let dir: string
  let file: string
  const people = new Map<string, string>()
  /** Persons of the demo accounts, beside those. */
  let others = 0
  const persons = (): number => people.size + others

  before(async () => {
    dir = await folder()
    file = join(dir, 'keys.json')
    test = await startApp({ accounts: true, overrides: { keys: await openKeys({ kind: 'file', file }) } })
    const [row] = await query<{ count: number }>(test.app.platform.db, 'select count(*)::int as count from people.person')
    others = row?.count ?? 0
    await more(1_150)
    const { version, wrapped } = test.app.platform.keys.wrap(Buffer.from('{"kind":"Session"}'), 'oidc.item/Session/0a0b')
    await query(
      test.app.platform.db,
      `insert into oidc.item (model, id, wrapped_payload, key_version, expires_at) values ('Session', '\\x0a0b', $1, $2, now() + interval '1 day')`,
      [wrapped, version],
    )
  })
  after(async () => {
    await test.close()
    await rm(dir, { recursive: true })
  })

  const more = async (count: number): Promise<void> => {
    await transact(test.app.platform, async (tx) => {
      for (let i = 0; i < count; i += 1) {
        const id = await createRecord(tx, await createPerson(tx), 'test')
        await seal(tx, id, { name: `Person ${people.size}` })
        people.set(id, `Person ${people.size}`)
      }
    })
  }
  const opens = async (ids: Iterable<string>): Promise<void> => {
    for (const id of ids) assert.deepEqual(await open(test.app.platform, actor, { ...reason, record: id }), { name: people.get(id) })
  }
  const uses = (): ReturnType<typeof keyUses> => keyUses(test.app.platform.db, tables())
  const versions = async (): Promise<Record<string, number>> =>
    Object.fromEntries(
      (await uses()).filter((use) => use.table === 'people.person').map((use) => [`${use.table} ${use.version}`, use.rows]),
    )
  const stoa = (...args: readonly string[]): Promise<{ code: number; said: string }> => stoaWith({}, ...args)
  const stoaWith = (more: Record<string, string>, ...args: readonly string[]): Promise<{ code: number; said: string }> =>
    new Promise((done) => {
      const own = { DATABASE_URL: test.databaseUrl, DATA_DIR: dir, LOG_LEVEL: 'silent', STOA_KEY_FILE: file }
      const env = { PATH: process.env['PATH'], ...own, ...more }
      execFile(process.execPath, ['src/main.ts', 'keys', ...args], { cwd: root, env }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
      )
    })
  const tables = (): ReturnType<typeof contributed> => contributed(test)

  it('while people write and read, and everything opens afterwards', async () => {
    const rotating = new AbortController()
    let written = 0
    const writer = (async () => {
      while (!rotating.signal.aborted) {
        await more(2)
        written += 2
        await opens([...people.keys()].filter((_, at) => at % 97 === written % 97))
      }
    })()
    const rotated = await stoa('rotate')
    rotating.abort()
    await writer
    assert.equal(rotated.code, 0, rotated.said)
    assert.match(rotated.said, /Version 2 wraps from now on\.[^]*people\.person: 500 rows[^]*Not used any more: version 1\./)
    assert.ok(written > 10)
    assert.deepEqual(await versions(), { 'people.person 2': persons() })
    await opens(people.keys())
    const [line] = await query<{ data: { version: number; rows: number } }>(
      test.app.platform.db,
      `select data from journal.event where type = 'operations.keys.rotated'`,
    )
    assert.equal(line?.data.version, 2)
    assert.ok((line?.data.rows ?? 0) >= 1_150)
  })

  it('and goes on after it was stopped in the middle', async () => {
    const keys = await readKeys({ kind: 'file', file })
    await replaceKeyFile(file, withCurrent(withNewVersion(keys), 3, test.app.platform.now()))
    const stopped = rewrapAll(test.app.platform, tables(), {
      batch: 100,
      onBatch: () => {
        throw new Error('stopped')
      },
    })
    await assert.rejects(stopped, /stopped/)
    assert.deepEqual(await versions(), { 'people.person 2': persons() - 100, 'people.person 3': 100 })
    await opens([...people.keys()].slice(80, 120))
    const again = await stoa('rotate')
    assert.match(again.said, new RegExp(`Going on with version 3\\.[^]*people\\.person: ${persons() - 100} rows so far`))
    assert.deepEqual(await versions(), { 'people.person 3': persons() })
    // wrapped anew a second time: what was bound wrongly the first time could not be opened
    const kinds = await uses()
    assert.ok(kinds.some((use) => use.table === 'identity.totp') && kinds.some((use) => use.table === 'oidc.item'))
    assert.deepEqual([...new Set(kinds.map((use) => use.version))], [3])
    await opens([...people.keys()].slice(80, 120))
  })

  it('passes over a row that is in use, and takes it the next time', async () => {
    const keys = await readKeys({ kind: 'file', file })
    await replaceKeyFile(file, withCurrent(withNewVersion(keys), 4, test.app.platform.now()))
    await transact(test.app.platform, async (tx) => {
      await query(tx.db, 'select 1 from people.person where id = (select id from people.person order by id offset 7 limit 1) for update')
      await rewrapAll(test.app.platform, tables(), { passes: 1 })
    })
    assert.equal((await versions())['people.person 3'], 1)
    assert.equal(await rewrapAll(test.app.platform, tables()), 1)
  })

  it('shows versions and rows, never a key', async () => {
    const { code, said } = await stoa('show')
    assert.equal(code, 0, said)
    assert.match(said, new RegExp(`version 4 +wraps +\\d+ rows +since \\d{4}-`))
    assert.match(said, /version 1 +reads only +0 rows/)
    for (const each of (await readKeys({ kind: 'file', file })).wrapping) assert.ok(!said.includes(each.key.slice(0, 10)))
  })

  it('destroys old versions only after three days, and only unused ones; what they wrapped stays shut', async () => {
    const [first = ''] = [...people.keys()]
    const [kept] = await query<{ id: string }>(test.app.platform.db, 'select person_id as id from people.record where id = $1', [first])
    const early = await stoa('prune')
    assert.equal(early.code, 1)
    assert.match(early.said, /less than three days/)
    const keys = await readKeys({ kind: 'file', file })
    const wrapping = keys.wrapping.map((each) => ({ ...each, since: new Date(Date.now() - 4 * 86_400_000).toISOString() }))
    await replaceKeyFile(file, { ...keys, wrapping })
    // somebody's key comes back from a backup: it is the only one that version 3 still wraps
    const three = await openKeys({ kind: 'environment', text: JSON.stringify({ ...keys, current: 3 }) })
    const { wrapped } = three.wrap(randomBytes(32), kept?.id ?? '')
    await query(test.app.platform.db, 'update people.person set key_version = 3, wrapped_key = $2 where id = $1', [kept?.id, wrapped])
    assert.match((await stoa('prune')).said, /Version 3 still wraps 1 rows of people\.person\.\nTaken out of .*: version 1, 2\./)
    assert.deepEqual(test.app.platform.keys.versions, [3, 4])
    await query(test.app.platform.db, 'update people.person set key_version = 2 where id = $1', [kept?.id])
    await assert.rejects(open(test.app.platform, actor, { ...reason, record: first }), /Wrapping key 2 is not among/)
    const shown = await stoa('show')
    assert.deepEqual([shown.code, /version 2 +MISSING +1 rows of people\.person/.test(shown.said)], [1, true], shown.said)
    assert.match((await stoa('rotate')).said, /Wrapping key 2 is not among the deployment's keys/)
  })

  it('destroys nothing while there is a table that nobody tells of', async () => {
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    await client.query('create table people.stray (wrapped_thing bytea, key_version int)')
    const { code, said } = await stoa('prune')
    await client.query('drop table people.stray').finally(() => client.end())
    assert.deepEqual([code, /Nobody knows which versions these need: people\.stray\. /.test(said)], [1, true], said)
  })

  it('covers every table and every module that wraps something', async () => {
    assert.deepEqual(await unknownWrapped(test.app.platform.db, tables()), [])
    const known = tables().map((each) => each.table)
    for (const module of await readdir(`${root}/src/modules`)) {
      const paths = (await readdir(`${root}/src/modules/${module}`, { recursive: true })).filter((path) => /(?<!\.test)\.ts$/.test(path))
      const sources = await Promise.all(paths.map((path) => readFile(`${root}/src/modules/${module}/${path}`, 'utf8')))
      if (!cookiesOnly.includes(module) && sources.some((source) => /\bkeys\s*\.wrap\(/.test(source)))
        assert.ok(
          known.some((table) => table.startsWith(`${module}.`)),
          `${module} wraps, and does not say what`,
        )
    }
  })

  it('says so when the keys are not its own to change, and when the file cannot be used', async () => {
    const environment = { STOA_KEYS: JSON.stringify(someKeys()) }
    for (const what of ['add', 'prune'])
      assert.match((await stoaWith(environment, what)).said, /The keys come from STOA_KEYS, which Stoa cannot write/)
    await writeFile(file, '{')
    const { code, said } = await stoa('rotate')
    assert.deepEqual([code, /it is no JSON/.test(said)], [1, true], said)
    await rm(file)
    assert.match((await stoa('show')).said, /There is no key file/)
    assert.ok(!(await readdir(dir)).includes('keys.json'), 'none was made')
  })
})

function contributed(test: TestApp) {
  return test.app.modules.flatMap((module) => module.wrapped ?? [])
}
