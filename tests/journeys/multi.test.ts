import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, chown, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { type App, createApp } from '../../src/app.ts'
import { allMigrations } from '../../src/declared.ts'
import { readConfig } from '../../src/config.ts'
import { createHasher } from '../../src/modules/identity/index.ts'
import { demoAccounts, DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { query, transaction } from '../../src/platform/db.ts'
import { sequenceOnce } from '../../src/platform/journal/sequencer.ts'
import type { Mail, Mailer } from '../../src/platform/mail.ts'
import { migrate } from '../../src/platform/migrate.ts'
import { memoryMailer, root, startApp, type TestApp } from '../support/app.ts'
import { freePort } from '../support/port.ts'
import { completeJourney, submit } from './door.ts'
import { Visitor } from './visitor.ts'

/** Another process of the same deployment, on a port of its own. */
async function sibling(databaseUrl: string, origin: string, mailer: Mailer = memoryMailer()): Promise<{ app: App; url: string }> {
  const port = await freePort()
  const env = { PORT: String(port), PUBLIC_ORIGIN: origin, DATA_DIR: await mkdtemp(join(tmpdir(), 'stoa-multi-')), LOG_LEVEL: 'silent' }
  const config = { ...readConfig(env, root), demo: false }
  const app = await createApp(config, databaseUrl, { mailer, hasher: createHasher(true), keys: keysFromPhrase('test') })
  await app.server.listen({ host: '127.0.0.1', port })
  return { app, url: `http://localhost:${port}` }
}

describe('two processes on one database', () => {
  let test: TestApp
  let other: App
  let otherUrl: string
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    const together = { send: async (mail: Mail) => void test.mails.push(mail), close: () => undefined }
    const made = await sibling(test.databaseUrl, test.url, together)
    other = made.app
    otherUrl = made.url
  })
  after(async () => {
    await other.close()
    await rm(other.config.dataDir, { recursive: true, force: true })
    await test.close()
  })

  it('share sessions and drafts', async () => {
    const here = new Visitor(test.url)
    await here.signIn(demoAccounts[0]?.email ?? '', DEMO_PASSWORD)
    const begun = await here.post('/services/library_card/start', {})
    const there = here.at(otherUrl)
    assert.equal((await there.get('/my')).status, 200)
    assert.equal((await there.get(begun.path)).status, 200)
    await there.post('/sign-out', {})
    assert.equal((await here.get('/my')).path.startsWith('/sign-in'), true, 'signed out there is signed out here')
  })

  it('are ready, and work side by side without doing anything twice', async () => {
    for (const url of [test.url, otherUrl]) assert.equal((await fetch(`${url}/readyz`)).status, 200)
    const working = [await test.app.work(), await other.work()]
    const email = 'both@example.org'
    const journeys = await Promise.all(
      [test.url, otherUrl, test.url, otherUrl].map(async (url) => ({
        url,
        journey: await completeJourney(url, 'library_card', { email }),
      })),
    )
    const sent = await Promise.all(journeys.map(({ journey }, index) => submit(index % 2 ? test.url : otherUrl, journey, `k${index}`)))
    for (const each of sent) assert.equal(each.status, 201)
    for (let tries = 0; ; tries += 1) {
      const [row] = await query<{ left: number }>(
        test.app.platform.db,
        `select (select count(*)::int from cases.case c where (select count(*) from messages.message m
           where m.about = c.id::text and m.state = 'sent') < 2) as left`,
      )
      if (row?.left === 0) break
      assert.ok(tries < 150, 'everybody is told in half a minute')
      await new Promise((done) => setTimeout(done, 200))
    }
    await Promise.all(working.map((each) => each.stop()))
    await test.settle() // what was written while the workers stopped
    assert.equal(test.mails.filter((mail) => mail.to === email).length, 8, 'two letters for each of four cases')
    const [order] = await query<{ dense: boolean }>(
      test.app.platform.db,
      `select count(*) = max(position) and count(*) = (select count(*) from journal.event) as dense from journal.ordered`,
    )
    assert.equal(order?.dense, true)
  })

  it('have one sequencer at a time', async () => {
    await submit(test.url, await completeJourney(test.url, 'library_card'), 'one')
    await transaction(other.platform.db, async (db) => {
      // the other process is in the middle of its turn
      await query(db, 'select pg_advisory_xact_lock(7480002)')
      assert.equal(await sequenceOnce(test.app.platform), 0)
    })
    // a transaction that is open anywhere in the cluster holds the order back for a moment
    let ordered = 0
    for (let tries = 0; ordered === 0 && tries < 200; tries += 1) {
      ordered = await sequenceOnce(test.app.platform)
      if (ordered === 0) await new Promise((done) => setTimeout(done, 25))
    }
    assert.ok(ordered > 0, 'and either takes over')
  })
})

describe('an installed PostgreSQL 15', () => {
  it('is migrated and completes a service', async (t) => {
    const bin = await installed(15)
    if (bin === null) {
      t.skip('NO POSTGRESQL 15 IS INSTALLED HERE: the oldest version that is promised was not tried')
      return
    }
    const server = await startInstalled(bin)
    try {
      assert.ok((await migrate(server.url, allMigrations())) > 0)
      assert.equal(await migrate(server.url, allMigrations()), 0, 'a second run has nothing to do')
      const { app, url } = await sibling(server.url, 'http://localhost:8080')
      const [version] = await query<{ number: number }>(app.platform.db, "select current_setting('server_version_num')::int as number")
      assert.equal(Math.floor((version?.number ?? 0) / 10_000), 15)
      const work = await app.work()
      const sent = await submit(url, await completeJourney(url, 'library_card'), 'fifteen')
      assert.equal(sent.status, 201)
      await work.stop()
      await app.close()
      await rm(app.config.dataDir, { recursive: true, force: true })
    } finally {
      await server.stop()
    }
  })
})

/** The folder of the binaries of a major version: on PATH, or where Debian keeps them. */
async function installed(major: number): Promise<string | null> {
  const versions = (await readdir('/usr/lib/postgresql').catch(() => [])).map((name) => `/usr/lib/postgresql/${name}/bin`)
  for (const folder of [...versions, ...(process.env['PATH'] ?? '').split(delimiter)]) {
    if (!(await stat(join(folder, 'initdb')).catch(() => null))) continue
    const said = await promisify(execFile)(join(folder, 'postgres'), ['--version']).catch(() => ({ stdout: '' }))
    if (said.stdout.includes(` ${major}.`)) return folder
  }
  return null
}

/** A server of its own in a temporary folder; as root it runs as the user `postgres`. */
async function startInstalled(bin: string): Promise<{ url: string; stop(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'stoa-pg-'))
  await chmod(folder, 0o755)
  const data = join(folder, 'data')
  const line = (await readFile('/etc/passwd', 'utf8')).split('\n').find((entry) => entry.startsWith('postgres:'))
  const [, , uid = '0', gid = '0'] = line?.split(':') ?? []
  const runner = process.getuid?.() === 0 ? { uid: Number(uid), gid: Number(gid) } : {}
  if (runner.uid !== undefined) await chown(folder, runner.uid, Number(gid))
  const run = (command: string, args: string[]) => promisify(execFile)(join(bin, command), args, { ...runner, cwd: '/' })
  await run('initdb', ['-D', data, '-U', 'stoa', '--auth=trust', '--encoding=UTF8', '--locale=C'])
  const port = await freePort()
  const options = `-c listen_addresses=127.0.0.1 -c unix_socket_directories= -c fsync=off -p ${port}`
  await run('pg_ctl', ['start', '-w', '-s', '-D', data, '-l', join(folder, 'log'), '-o', options])
  return {
    url: `postgres://stoa@127.0.0.1:${port}/postgres`,
    async stop() {
      await run('pg_ctl', ['stop', '-m', 'fast', '-w', '-s', '-D', data])
      await rm(folder, { recursive: true, force: true })
    },
  }
}
