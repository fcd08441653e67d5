import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { chmod, cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { insideFindings, settingFindings } from '../../src/commands/audit.ts'
import { readConfig } from '../../src/config.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { createPerson, createRecord, open, seal } from '../../src/modules/people/index.ts'
import { markReviewed, policyFindings } from '../../src/platform/audit/policies.ts'
import { webFindings } from '../../src/platform/audit/web.ts'
import { openDb } from '../../src/platform/db.ts'
import { openKeys } from '../../src/platform/keys.ts'
import { record } from '../../src/platform/journal/journal.ts'
import { transact } from '../../src/platform/platform.ts'
import { freePort } from '../support/port.ts'
import { root, startApp, type TestApp } from '../support/app.ts'
import { makeCertificate } from '../support/certificate.ts'
import { bankAway } from '../support/paypages.ts'

type Report = {
  summary: Record<'ok' | 'warning' | 'fail', number>
  findings: Array<{ area: string; what: string; state: 'ok' | 'warning' | 'fail'; evidence: string; mend: string | null }>
}

describe('the audit of a deployment', () => {
  let test: TestApp
  let client: pg.Client
  let dir: string
  let person: string
  /** The server of the tests may work without fsync: a true fault, which every report here has. */
  let hasty: boolean
  const made = makeCertificate(new Date(Date.now() - 86_400_000), new Date(Date.now() + 300 * 86_400_000))
  const isFsync = (finding: Report['findings'][number]): boolean => finding.what === 'what is committed is on disk'
  const place = (name: string): string => join(dir, name)

  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'stoa-audit-'))
    await writeFile(place('cert.pem'), made.cert)
    await writeFile(place('key.pem'), made.key)
    const env = { TLS_CERT: place('cert.pem'), TLS_KEY: place('key.pem') }
    test = await startApp({
      listen: true,
      demo: false,
      env,
      overrides: { keys: await openKeys({ kind: 'file', file: place('keys.json') }) },
    })
    client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    hasty = (await client.query<{ fsync: string }>('show fsync')).rows[0]?.fsync === 'off'
    person = await transact(test.app.platform, async (tx) => {
      const id = await createPerson(tx)
      const sealed = await createRecord(tx, id, 'test')
      await seal(tx, sealed, { name: 'Ada Sample' })
      for (const stream of ['one', 'two'])
        for (let i = 0; i < 3; i += 1) await record(tx, systemActor('test'), { type: 'identity.account.verified', stream })
      return sealed
    })
    for (let i = 0; i < 3; i += 1)
      await open(test.app.platform, systemActor('test'), { purpose: 'case.decide', legalBasis: 'gdpr.6.1.e', record: person })
    await test.settle()
  })
  after(async () => {
    await client.end()
    await test.close()
    await rm(dir, { recursive: true })
  })

  const audit = (args: readonly string[], more: Record<string, string> = {}): Promise<{ code: number; said: string }> =>
    new Promise((done) => {
      const own = {
        DATABASE_URL: test.databaseUrl,
        DATA_DIR: dir,
        LOG_LEVEL: 'info',
        NODE_EXTRA_CA_CERTS: place('cert.pem'),
        PATH: process.env['PATH'],
      }
      const tls = { TLS_CERT: place('cert.pem'), TLS_KEY: place('key.pem'), PORT: new URL(test.url).port }
      execFile(
        process.execPath,
        ['src/main.ts', 'audit', ...args],
        { cwd: root, env: { ...own, ...tls, ...more } },
        (error, stdout, stderr) => done({ code: error === null ? 0 : Number(error.code), said: stdout + stderr }),
      )
    })
  /** What fails inside, found by this process, in a part of the time that a command of its own takes. */
  const inside = async (more: Record<string, string> = {}): Promise<Report['findings']> => {
    const config = readConfig({ DATABASE_URL: test.databaseUrl, DATA_DIR: dir, ...more }, root)
    const owner = openDb(test.databaseUrl, { max: 1, onError: () => undefined })
    try {
      return [...(await insideFindings(config, test.databaseUrl, owner, new Date()))]
    } finally {
      await owner.close()
    }
  }
  const failures = async (more: Record<string, string> = {}): Promise<string[]> => {
    const failed = (await inside(more)).filter((finding) => finding.state === 'fail')
    assert.equal(failed.some(isFsync), hasty, 'a hasty server is always found')
    for (const finding of failed) assert.ok(finding.mend, finding.what)
    return failed.filter((finding) => !isFsync(finding)).map((finding) => `${finding.what}: ${finding.evidence}`)
  }
  /** The same by the command, with what is seen from outside. */
  const failuresTold = async (more: Record<string, string> = {}): Promise<string[]> => {
    const { code, said } = await audit(['--json'], more)
    const report: Report = JSON.parse(said)
    const failed = report.findings.filter((finding) => finding.state === 'fail')
    assert.equal(failed.some(isFsync), hasty, 'a hasty server is always found')
    assert.equal(code, failed.length > 0 ? 1 : 0)
    assert.equal(report.summary.fail, failed.length)
    for (const finding of failed) assert.ok(finding.mend, finding.what)
    return failed.filter((finding) => !isFsync(finding)).map((finding) => `${finding.what}: ${finding.evidence}`)
  }
  /** Plants a fault, looks, and takes it away. */
  const planted = async (plant: string, undo: string): Promise<string[]> => {
    await client.query(plant)
    return failures().finally(() => client.query(undo))
  }

  it('finds nothing that fails in a clean one, and says what it looked at', async () => {
    const { code, said } = await audit([])
    assert.equal(code, hasty ? 1 : 0, said)
    for (const area of ['Web', 'Settings', 'Policies', 'Database', 'Keys', 'Journal', 'Access to personal data', 'Staff'])
      assert.match(said, new RegExp(`\n\n${area}\n`), said)
    assert.match(said, new RegExp(`Result {4}${hasty ? 'failed: 1' : 'passed: 0'} failures, \\d+ warnings, [2-9]\\d ok`))
    assert.match(said, /ok {6}TLS is new enough\n +TLSv1\.3/)
    assert.match(said, /ok {6}the certificate is valid for long enough\n +valid until .*, (299|300) days/)
    assert.match(said, /ok {6}every opening has its line\n +3 openings of 1 persons/)
    assert.match(said, /ok {6}cookies are for this host[^\n]*\n +__Host-stoa_lang=\.\.\.; [^\n]*Secure/)
    assert.match(said, /ok {6}positions are dense\n +9 lines at positions 1 to 9/)
  })

  it('finds a journal with a hole, in the order and in an aggregate', async () => {
    const hole = await planted(
      'update journal.ordered set position = 50 where position = 4',
      'update journal.ordered set position = 4 where position = 50',
    )
    assert.deepEqual(hole, ['positions are dense: 9 lines at positions 1 to 50'])
    const version = await planted(
      `update journal.event set version = 9 where stream = 'two' and version = 2`,
      `update journal.event set version = 2 where stream = 'two' and version = 9`,
    )
    assert.deepEqual(version, ['versions of each aggregate have no gap: gaps in two'])
    const unordered = await planted(
      'create table people.kept as select * from journal.ordered where position = 9; delete from journal.ordered where position = 9',
      'insert into journal.ordered select * from people.kept; drop table people.kept',
    )
    assert.deepEqual(unordered, ['no line was left out of the order: 1 lines behind the sequencer without a position'])
  })

  it('finds an opening without its line', async () => {
    const found = await planted('update people.person set opened = opened + 1', 'update people.person set opened = opened - 1')
    assert.match(found.join(), /^every opening has its line: 1 of 1 persons: [0-9a-f-]{36} \(opened 4, lines 3\)$/)
  })

  it('finds loosened rights in the database', async () => {
    const granted = await planted('grant update on journal.event to stoa_app', 'revoke update on journal.event from stoa_app')
    assert.deepEqual(granted, ['append-only tables can only be added to: journal.event: UPDATE'])
    const column = await planted('grant update (data) on journal.event to stoa_app', 'revoke update (data) on journal.event from stoa_app')
    assert.deepEqual(column, ['append-only tables can only be added to: journal.event: UPDATE'])
    const owned = await planted('alter table people.blind owner to stoa_app', 'alter table people.blind owner to current_user')
    assert.deepEqual(owned, ['the application owns no table: people.blind'])
  })

  it('finds keys that others can read, that are weak, and that are missing', async () => {
    await chmod(place('keys.json'), 0o640)
    assert.deepEqual(await failures(), ['only its owner reads the key file: mode 640'])
    await chmod(place('keys.json'), 0o600)
    const flat = Buffer.alloc(32, 7).toString('base64')
    const weak = JSON.stringify({ wrapping: [{ version: 1, key: flat }], blind: flat, token: flat })
    assert.match(
      (await failures({ STOA_KEYS: weak })).join(),
      /^the keys can be used: STOA_KEYS cannot be used: wrapping key 1 was not drawn at random/,
    )
    const missing = await planted('update people.person set key_version = 7', 'update people.person set key_version = 1')
    assert.deepEqual(missing, ['every version that is needed is there: 1 rows of people.person by version 7'])
  })

  it('finds roles that nobody looks after, and the password that everybody knows', async () => {
    const id = '01890000-0000-7000-8000-00000000000a'
    const stale = async (): Promise<string[]> => {
      return (await inside())
        .filter((each) => each.area === 'Staff' && each.state !== 'ok' && each.evidence.includes(id))
        .map((each) => each.what)
    }
    assert.deepEqual(await stale(), [])
    await client.query(
      `insert into identity.account (id, person_id, email_token, password_hash, status, language, staff_name, created_at)
       values ($1, $1, $2, 'none', 'active', 'en', 'Olu Stale', now() - interval '100 days')`,
      [id, test.app.platform.keys.blind('account.email', 'officer@harbourview.example')],
    )
    await client.query(
      `insert into identity.role_binding (account_id, role, granted_at, review_due_at, ends_at) values
       ($1, 'officer', now() - interval '100 days', now() - interval '1 day', null), ($1, 'auditor', now() - interval '100 days', null, now() - interval '1 day')`,
      [id],
    )
    assert.deepEqual(await stale(), [
      'no role waits longer than it should for "still needed?"',
      'no role is kept after its end',
      'every role ends by itself',
      'every member of staff has a second factor',
      'every account of staff was used within 90 days',
    ])
    assert.deepEqual(await failures(), ['no account of the demo is there: officer@harbourview.example'])
    await client.query('delete from identity.role_binding; delete from identity.account')
  })

  it('finds a sandbox that takes payments of a real city', () => {
    const states = [{}, bankAway].map(
      (env) =>
        settingFindings(readConfig({ DATABASE_URL: test.databaseUrl, ...env }, root)).find(({ what }) => what === 'payments move money')
          ?.state,
    )
    assert.deepEqual(states, ['ok', 'fail'])
  })

  it('finds ways to the database and the mail server that are open to others', () => {
    const open = (env: Record<string, string>): string[] =>
      settingFindings(readConfig(env, root)).flatMap(({ state, what, evidence }) =>
        state !== 'ok' && what.startsWith('the way') ? [evidence] : [],
      )
    const [database, mail] = ['postgres://stoa:secret@db.example/stoa', 'smtp://stoa:secret@mail.example:25']
    assert.deepEqual(open({ DATABASE_URL: database, SMTP_URL: mail }), [
      'postgres://db.example, not always encrypted',
      'smtp://mail.example:25, not always encrypted',
    ])
    assert.deepEqual(open({ DATABASE_URL: `${database}?sslmode=disable`, SMTP_URL: `${mail}?requireTLS=false` }).length, 2)
    assert.deepEqual(open({ DATABASE_URL: `${database}?sslmode=verify-full`, SMTP_URL: `${mail}?requireTLS=true` }), [])
    assert.deepEqual(open({ DATABASE_URL: 'postgres://stoa@localhost/stoa', SMTP_URL: 'smtps://mail.example' }), [])
    assert.deepEqual(open({ DATABASE_URL: 'postgres://stoa@%2Frun%2Fpostgresql/stoa' }), [])
  })

  it('finds migrations that were not run', async () => {
    const file = `'people/0001_vault.sql'`
    const found = await planted(
      `create table people.kept as select * from platform.migration where id = ${file}; delete from platform.migration where id = ${file}`,
      'insert into platform.migration select * from people.kept; drop table people.kept',
    )
    assert.deepEqual(found, ['all migrations are run: 1 to run'])
  })

  it('finds an origin that does not answer, and one that is not trusted', async () => {
    const closed = `https://localhost:${await freePort()}`
    assert.deepEqual(await failuresTold({ PUBLIC_ORIGIN: closed }), [`the origin answers: ${closed}: ECONNREFUSED`])
    assert.match((await failuresTold({ NODE_EXTRA_CA_CERTS: '' })).join(), /the origin answers: .*SELF_SIGNED_CERT/)
  })

  it('finds what a proxy took away, and addresses that should be in', async () => {
    const stripped = createServer((_, reply) => reply.setHeader('set-cookie', 'stoa_lang=en; Path=/; Domain=example.org').end('hello'))
    const found = await webFindings(await listening(stripped), new Date()).finally(() => stripped.close())
    const failed = found.filter((finding) => finding.state !== 'ok').map((finding) => finding.what)
    assert.deepEqual(failed, [
      'pages may load only what is their own, and nobody frames them',
      'no text becomes script',
      'the other headers of every page are there',
      'cookies are for this host, no script and no other site',
      'this is no demo',
      'the addresses for operators are not out',
    ])
  })

  it('finds policies that changed since they were reviewed', async () => {
    const folder = place('policies')
    await cp(`${root}/policies`, folder, { recursive: true })
    await rm(join(folder, 'REVIEWED'), { force: true })
    const state = async (): Promise<string> => (await policyFindings(folder))[0]?.state ?? ''
    assert.equal(await state(), 'warning')
    await markReviewed(folder, 'Office of the\n auditor', new Date('2026-11-23T10:00:00Z'))
    assert.match((await policyFindings(folder))[0]?.evidence ?? '', /by Office of the auditor on 2026-11-23$/)
    await writeFile(join(folder, 'more.cedar'), 'permit(principal, action, resource);')
    assert.equal(await state(), 'fail')
    await rm(join(folder, 'more.cedar'))
    assert.equal(await state(), 'ok')
  })
})

function listening(server: Server): Promise<string> {
  return new Promise((done) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      done(`http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`)
    })
  })
}
