import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { access, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { databaseUrl } from '../support/database.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { bankAway } from '../support/paypages.ts'

describe('the doctor', () => {
  let test: TestApp
  let dataDir: string
  before(async () => {
    test = await startApp({ accounts: true })
    dataDir = await mkdtemp(join(tmpdir(), 'stoa-doctor-'))
  })
  after(async () => {
    await test.close()
    await rm(dataDir, { recursive: true, force: true })
  })

  const visit = (on: string, more: Readonly<Record<string, string>> = {}, verb = 'doctor'): Promise<{ code: number; said: string }> =>
    new Promise((done) => {
      const env = { PATH: process.env['PATH'], DATABASE_URL: on, DATA_DIR: dataDir, LOG_LEVEL: 'silent', ...more }
      execFile(process.execPath, ['src/main.ts', verb], { cwd: root, env }, (error, stdout, stderr) =>
        done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
      )
    })
  const onServer = async (url: string, sql: string): Promise<void> => {
    const client = new pg.Client({ connectionString: url })
    await client.connect()
    await client.query(sql).finally(() => client.end())
  }

  it('says what to do about a database that is not migrated', async () => {
    const name = `${/t_[0-9a-f]+/.exec(test.databaseUrl)?.[0] ?? 't'}_empty`
    await onServer(test.databaseUrl, `create database ${name}`)
    try {
      const url = databaseUrl(name)
      const { code, said } = await visit(url)
      assert.equal(code, 1)
      assert.match(said, /MEND migrations: none was run yet\n +Run \.\/stoa migrate\./)
      assert.doesNotMatch(said, /at .*doctor\.ts/)
      await onServer(url, 'create schema platform; create table platform.migration (id text primary key, hash text not null)')
      assert.match((await visit(url)).said, /MEND migrations: \d+ to run/)
      for (const verb of ['serve', 'work'])
        assert.deepEqual(await visit(url, {}, verb), { code: 1, said: 'The database is not ready. Run ./stoa migrate first.\n' })
    } finally {
      await onServer(test.databaseUrl, `drop database ${name} with (force)`)
    }
  })

  it('says when the key file is missing while there are persons, and makes none', async () => {
    const { code, said } = await visit(test.databaseUrl)
    assert.equal(code, 1)
    assert.match(said, /MEND the key file .*keys\.json is missing, and the database has persons\n +Put the key file back/)
    assert.match(said, /ok +migrations: done/)
    await assert.rejects(access(join(dataDir, 'keys.json')))
    assert.match(said, /ok +no provider takes payments online/)
  })

  it('says when there is no database of our own, and makes none', async () => {
    const fresh = join(dataDir, 'fresh')
    const { code, said } = await visit('', { DATA_DIR: fresh })
    assert.equal(code, 1)
    assert.match(said, new RegExp(`MEND there is no database in ${fresh}\\n +Set DATABASE_URL`))
    await assert.rejects(readdir(fresh), /ENOENT/)
  })

  it('says which services that were sound before are not now', async () => {
    const services = join(dataDir, 'services')
    const text = (await readFile(join(root, 'services/library_card/service.yaml'), 'utf8'))
      .replace(/^version: \d+$/m, 'version: 902')
      .replace(/^( +)kind: text$/m, "$1kind: text\n$1pattern: '(a?){1000}(b?){1000}(c?){1000}'")
    await mkdir(join(services, 'library_card'), { recursive: true })
    await writeFile(join(services, 'library_card/service.yaml'), text)
    const said = async (): Promise<string> => (await visit(test.databaseUrl, { SERVICES_DIR: services })).said
    assert.match(await said(), /MEND 0 services on offer, 1 faults/)
    const hash = createHash('sha256').update(text).digest('hex')
    const kept = `'library_card', '902', '${hash}', '${text.replaceAll("'", "''")}', now()`
    await onServer(test.databaseUrl, `insert into catalogue.version values (${kept})`)
    const lapsed = await said()
    assert.match(lapsed, /ok +1 services on offer, 0 faults/)
    assert.match(lapsed, /MEND .*service\.yaml: Offered, but the pattern of "\w+" is not asked for any more/)
  })

  it('says that a sandbox moves no money', async () => {
    assert.match((await visit(test.databaseUrl, bankAway)).said, /MEND the sandbox bank takes payments: no money moves/)
  })
})
