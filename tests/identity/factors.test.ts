import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { delayAttempts } from '../../src/modules/identity/index.ts'
import { networkOf } from '../../src/modules/identity/factors/attempts.ts'
import { Problem } from '../../src/kernel/problem.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { sessionFor } from '../support/world.ts'
import { Visitor } from '../journeys/visitor.ts'

const RESIDENT = 'resident@harbourview.example'
const OFFICER = 'officer@harbourview.example'
const MINUTE = 60_000

describe('second steps', () => {
  let test: TestApp
  let later = 0
  const now = (): Date => new Date(Date.now() + later)
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now } })
  })
  after(() => test.close())

  const rows = <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => query<Row>(test.app.platform.db, text, values)
  const owner = async (email: string, level: 'low' | 'substantial'): Promise<Visitor> => {
    const visitor = new Visitor(test.url)
    visitor.remember(await sessionFor(test.app, email, level))
    return visitor
  }
  const told = async (): Promise<string> => {
    await test.settle()
    return test.mails.at(-1)?.text ?? ''
  }

  it('sets up an app with a code of the app, raises the session under a new token, and tells the owner', async () => {
    const visitor = await owner(RESIDENT, 'low')
    const before = visitor.cookie('stoa_session')
    await visitor.post('/account/security/app', {})
    assert.equal((await visitor.post('/account/security/app/confirm', { code: '000000' })).status, 422)
    const picture = await visitor.get('/account/security/app/qr.svg')
    assert.match(picture.headers.get('content-type') ?? '', /^image\/svg\+xml/)
    const { secret } = await visitor.setUpApp()
    const after = visitor.cookie('stoa_session')
    assert.notEqual(after, before)
    const old = new Visitor(test.url)
    old.remember(`stoa_session=${before ?? ''}`)
    assert.match((await old.get('/my')).path, /^\/sign-in/)
    assert.match(await told(), /authenticator app was set up/)
    const stored = await rows<{ secret: Buffer }>('select secret from identity.totp')
    for (const row of stored) assert.ok(!row.secret.includes(Buffer.from(Secret.fromBase32(secret).bytes)), 'only wrapped')
    const signed = await new Visitor(test.url).post('/sign-in', { email: RESIDENT, password: DEMO_PASSWORD })
    assert.equal(signed.path, '/sign-in/second-step')
  })

  it('makes ten recovery codes that are good once each, and only the newest', async () => {
    const visitor = await owner(RESIDENT, 'substantial')
    const codesOf = async (): Promise<string[]> =>
      [...(await visitor.post('/account/security/recovery', {})).text.matchAll(/<li><bdi>([0-9A-Z-]{14})</g)].map((match) => match[1] ?? '')
    const older = await codesOf()
    const codes = await codesOf()
    assert.equal(codes.length, 10)
    assert.equal(new Set([...older, ...codes]).size, 20)
    const signIn = async (code: string): Promise<{ status: number; path: string }> => {
      const other = new Visitor(test.url)
      await other.post('/sign-in', { email: RESIDENT, password: DEMO_PASSWORD })
      return other.post('/sign-in/second-step', { code })
    }
    assert.equal((await signIn(older[0] ?? '')).status, 422)
    assert.equal((await signIn((codes[0] ?? '').toLowerCase())).path, '/my')
    assert.equal((await signIn(codes[0] ?? '')).status, 422)
    assert.match(await told(), /with a recovery code/)
    const lines = await rows<{ data: { left: number } }>(`select data from journal.event where type = 'identity.recovery.used'`)
    assert.deepEqual(
      lines.map((line) => line.data.left),
      [9],
    )
  })

  it('takes one code once when it is sent by two processes at once', async () => {
    const visitor = await owner('owner@harbourview.example', 'substantial')
    const { secret } = await visitor.setUpApp()
    const code = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: now().getTime() + 30_000 })
    const others = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const other = new Visitor(test.url)
        await other.post('/sign-in', { email: 'owner@harbourview.example', password: DEMO_PASSWORD })
        return other
      }),
    )
    const answers = await Promise.all(others.map((other) => other.post('/sign-in/second-step', { code })))
    assert.deepEqual(
      answers.map((answer) => answer.status).toSorted((a, b) => a - b),
      [200, 422, 422, 422],
    )
  })

  it('leaves members of staff their last second step', async () => {
    const officer = await owner(OFFICER, 'substantial')
    const refused = await officer.post('/account/security/app/remove', {})
    assert.equal(refused.status, 409)
    assert.match(refused.text, /need a second step/)
    const resident = await owner(RESIDENT, 'substantial')
    assert.equal((await resident.post('/account/security/app/remove', {})).path, '/account/security?done=app_removed')
    const left = await rows(
      `select 1 from identity.recovery_code r join identity.account a on a.id = r.account_id where a.staff_name is null`,
    )
    assert.equal(left.length, 0, 'recovery codes without a step that they stand in for')
  })

  it('changes the password with the old one, and signs the other devices out', async () => {
    const visitor = await owner(RESIDENT, 'low')
    const elsewhere = await owner(RESIDENT, 'low')
    const password = 'quite-another-lantern'
    assert.equal((await visitor.post('/account/security/password', { old: 'wrong-lantern-2026', password })).status, 422)
    assert.equal(
      (await visitor.post('/account/security/password', { old: DEMO_PASSWORD, password })).path,
      '/account/security?done=password',
    )
    assert.match((await elsewhere.get('/my')).path, /^\/sign-in/)
    assert.equal((await visitor.get('/my')).status, 200)
    assert.match(await told(), /password of your account was changed/)
    assert.equal((await new Visitor(test.url).signIn(RESIDENT, password)).path, '/my')
    const surer = await owner(RESIDENT, 'substantial')
    assert.notEqual((await surer.get('/account/security/password')).field('old'), null)
    const without = await surer.post('/account/security/password', { password: 'a-third-lantern-here' })
    assert.equal(without.status, 422, 'the old one is needed at every level')
  })

  it('takes a lost second step away at the counter, and says so to its owner and in the journal', async () => {
    const resident = await owner(RESIDENT, 'low')
    await resident.setUpApp()
    const officer = await owner(OFFICER, 'substantial')
    const found = await officer.post('/officer/counter', { who: RESIDENT })
    const path = found.path
    assert.match(found.text, /Robin Example[^]*Remove the lost second step/)
    assert.equal((await officer.post(`${path}/drop`, {})).path, `${path}?done=dropped`)
    assert.match(await told(), /At our counter/)
    const lines = await rows<{ data: { kind: string }; actor: string }>(
      `select actor, data from journal.event where type = 'identity.factor.removed' order by id`,
    )
    assert.equal(lines.at(-1)?.data.kind, 'all')
    assert.match((await officer.post(`${path}/proof`, {})).text, /papers/)
    const proofed = await rows(`select 1 from journal.event where type = 'identity.account.proofed'`)
    assert.equal(proofed.length, 1)
  })

  it('lets failures wait longer and longer, and no other account or network with them', async () => {
    const { platform } = test.app
    const attempt = (account: string, ip = '192.0.2.1'): Promise<number | null> =>
      delayAttempts(platform, { account, ip }).then(
        () => null,
        (error: unknown) => (error instanceof Problem ? Number(error.extra['retryAfter']) : assert.fail(String(error))),
      )
    for (let i = 0; i < 5; i += 1) assert.equal(await attempt('a'), null)
    const waits: number[] = []
    for (let i = 0; i < 9; i += 1) {
      const wait = await attempt('a')
      waits.push(Math.round((wait ?? 0) / 60))
      later += (wait ?? 0) * 1000 + 1000
      assert.equal(await attempt('a'), null, 'after the wait one more is checked')
    }
    assert.deepEqual(waits, [1, 2, 4, 8, 16, 32, 60, 60, 60])
    assert.equal(await attempt('b'), null)
    later += 25 * 60 * MINUTE
    for (let i = 0; i < 5; i += 1) assert.equal(await attempt('a'), null, 'after a day it begins anew')
    for (let i = 0; i < 50; i += 1) assert.equal(await attempt(`many-${i}`, '198.51.100.7'), null)
    assert.notEqual(await attempt('one-more', '198.51.100.7'), null)
    assert.equal(await attempt('one-more', '198.51.100.8'), null)
    const counted = await delayAttempts(platform, { account: 'c', ip: '203.0.113.1' })
    await counted.succeeded()
    const left = await rows<{ failures: number }>('select failures from identity.delay where bucket = $1', [platform.keys.token('delay:c')])
    assert.deepEqual(left, [])
  })

  it('does not take a clock that is a little behind for a wait', async () => {
    const { platform } = test.app
    const behind = { ...platform, now: () => new Date(platform.now().getTime() - 2_000) }
    for (let i = 0; i < 2; i += 1) {
      await delayAttempts(platform, { account: 'clocks', ip: '203.0.113.2' })
      await (await delayAttempts(behind, { account: 'clocks', ip: '203.0.113.2' })).succeeded()
    }
  })

  it('knows networks', () => {
    assert.equal(networkOf('192.0.2.9'), '192.0.2.9')
    assert.equal(networkOf('::ffff:192.0.2.9'), '192.0.2.9')
    assert.equal(networkOf('2001:db8:1:2:3:4:5:6'), '2001:db8:1:2::/64')
    assert.equal(networkOf('2001:db8:1:2::9'), '2001:db8:1:2::/64')
    assert.equal(networkOf('2001:db8::9'), '2001:db8:0:0::/64')
    assert.equal(networkOf('::1'), '0:0:0:0::/64')
    assert.equal(networkOf('fe80::1%eth0'), 'fe80:0:0:0::/64')
  })

  it('says how long to wait, tells the owner once, and keeps the other ways open', async () => {
    const email = 'supervisor@harbourview.example'
    test.mails.length = 0
    for (let i = 0; i < 5; i += 1) assert.equal((await new Visitor(test.url).post('/sign-in', { email, password: 'wrong' })).status, 422)
    const waiting = await new Visitor(test.url).post('/sign-in', { email, password: DEMO_PASSWORD })
    assert.equal(waiting.status, 429)
    assert.equal(waiting.headers.get('retry-after'), '60')
    assert.match(waiting.text, /in 1 minute\.[^]*\/sign-in\/link[^]*\/reset[^]*\/sign-in\/letter[^]*counter/)
    await test.settle()
    assert.deepEqual(
      test.mails.map((mail) => mail.to),
      [email],
    )
    assert.match(test.mails[0]?.text ?? '', /several wrong passwords/)
    const back = new Visitor(test.url)
    await back.post('/sign-in/link', { email })
    await test.settle()
    const code = /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(test.mails.at(-1)?.text ?? '')?.[0] ?? ''
    assert.match((await back.post('/sign-in/link/use', { code })).path, /^\/account\/security/)
    later += 2 * MINUTE
    const signed = await new Visitor(test.url).post('/sign-in', { email, password: DEMO_PASSWORD })
    assert.equal(signed.path, '/sign-in/second-step', 'after the wait the right password is taken')
  })
})
