import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { Secret, TOTP } from 'otpauth'
import { setupCode } from '../../src/modules/identity/index.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Shown, Visitor } from './visitor.ts'

const first = { name: 'Ada Firsthand', email: 'ada.firsthand@example.org', password: 'first-lantern-2026' }
const officer = { name: 'Omar Newcomer', email: 'omar.newcomer@example.org', password: 'second-lantern-2026' }
const resident = { name: 'Rita Resident', email: 'rita.resident@example.org', password: 'third-lantern-2026' }

describe('the first administrator makes officers', () => {
  let test: TestApp
  let admin: Visitor
  before(async () => {
    test = await startApp({ listen: true })
    admin = new Visitor(test.url)
  })
  after(() => test.close())

  const rows = <Row>(text: string, values: readonly unknown[] = []): Promise<Row[]> => query<Row>(test.app.platform.db, text, values)
  const codeFor = async (email: string): Promise<string> => {
    await test.settle()
    const mail = test.mails.findLast((each) => each.to === email)
    return /[0-9A-Z]{4}-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec(mail?.text ?? '')?.[0] ?? ''
  }
  const add = (who: { name: string; email: string }, role: string, agency: string): Promise<Shown> =>
    admin.post('/admin/staff', { name: who.name, email: who.email, role, agency })
  const roleLines = (type: string): Promise<Array<{ actor: string; stream: string; data: Record<string, unknown> }>> =>
    rows('select actor, stream, data from journal.event where type = $1 order by id', [type])
  const accountOf = async (name: string): Promise<string> =>
    (await rows<{ id: string }>('select id from identity.account where staff_name = $1', [name]))[0]?.id ?? ''

  it('lands on the staff after the set-up and after signing in', async () => {
    const code = (await setupCode(test.app.platform)) ?? ''
    const low = await admin.post('/setup', { ...first, code })
    assert.deepEqual([low.status, low.path], [200, '/account/security?next=%2Fadmin%2Fstaff'])
    assert.match(low.text, /Set up a second step first/)
    assert.match((await admin.get('/admin/staff')).path, /^\/account\/security/, 'nothing before the second step')
    const { page, secret } = await admin.setUpApp('/admin/staff')
    assert.equal(page.path, '/account/security?done=app_added&next=%2Fadmin%2Fstaff')
    const begun = await admin.get('/admin/staff')
    assert.equal(begun.status, 200)
    assert.match(begun.text, /Ada Firsthand[^]*Administrator[^]*All agencies/)
    assert.match(begun.text, /<a href="\/admin\/staff" aria-current="page">Staff/)
    const elsewhere = new Visitor(test.url)
    const step = await elsewhere.post('/sign-in', { email: first.email, password: first.password })
    assert.equal(step.path, '/sign-in/second-step')
    const next = new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + 30_000 })
    assert.equal((await elsewhere.post('/sign-in/second-step', { code: next })).path, '/admin/staff')
    assert.equal((await admin.get('/officer')).status, 200, 'the empty queue is no fault')
  })

  it('adds an officer, who sets a password by the code of the e-mail and sees the queue', async () => {
    const page = await add(officer, 'officer', 'transport')
    assert.deepEqual([page.status, page.path], [200, '/admin/staff?done=added'])
    assert.match(page.text, /Omar Newcomer[^]*Officer[^]*Has not signed in yet/)
    const code = await codeFor(officer.email)
    assert.notEqual(code, '')
    assert.ok(!page.text.includes(code), 'the code is in the e-mail only')
    const newcomer = new Visitor(test.url)
    const before = await newcomer.post('/sign-in', { email: officer.email, password: officer.password })
    assert.equal(before.status, 422)
    assert.equal((await newcomer.post('/reset/code', { code, password: officer.password })).path, '/sign-in')
    const low = await newcomer.post('/sign-in', { email: officer.email, password: officer.password })
    assert.equal(low.path, '/account/security')
    assert.match((await newcomer.get('/officer')).path, /^\/account\/security/, 'no queue before the second step')
    await newcomer.setUpApp()
    const queue = await newcomer.get('/officer')
    assert.deepEqual([queue.status, queue.path], [200, '/officer'])
    assert.ok(!queue.text.includes('/admin/staff'))
    assert.equal((await newcomer.get('/admin/staff')).status, 403)
    const actors = (await roleLines('identity.role.granted')).map(({ actor, data: { ends: _ends, ...data } }) => [actor, data])
    const ada = `account:${await accountOf(first.name)}`
    assert.deepEqual(actors, [
      ['system:setup', { role: 'administrator' }],
      [ada, { role: 'officer', agency: 'transport' }],
    ])
  })

  it('gives a further role and takes it away, once each', async () => {
    const path = `/admin/staff/${await accountOf(officer.name)}/role`
    for (let times = 0; times < 2; times += 1) await admin.post(path, { role: 'supervisor', agency: '*' })
    assert.match((await admin.get('/admin/staff')).text, /Omar Newcomer[^]*Supervisor · All agencies/)
    assert.equal((await roleLines('identity.role.granted')).length, 3)
    const member = await admin.get(path.replace(/\/role$/, ''))
    const end = /action="([^"]+\/end)"[^]*?Supervisor/.exec(member.text.slice(member.text.lastIndexOf('<tr')))?.[1] ?? ''
    assert.equal((await admin.post(end, {})).path, `${path.replace(/\/role$/, '')}?done=ended`)
    assert.equal((await admin.post(end, {})).status, 404, 'it is gone')
    const ended = await roleLines('identity.role.ended')
    assert.deepEqual(
      ended.map(({ actor, data }) => [actor, data]),
      [[`account:${await accountOf(first.name)}`, { role: 'supervisor', by: 'person' }]],
    )
  })

  it('gives the role to an account that is there, and does not leave a stranger its password', async () => {
    const stranger = new Visitor(test.url)
    await stranger.post('/register', resident)
    const verify = await codeFor(resident.email)
    await add(resident, 'auditor', '')
    const [account] = await rows<{ count: number }>('select count(*)::int as count from identity.account')
    assert.equal(account?.count, 3)
    await stranger.post('/register/verify', { code: verify })
    const tried = await new Visitor(test.url).post('/sign-in', { email: resident.email, password: resident.password })
    assert.equal(tried.status, 422, 'the password from before the address was proven is no good')
    const known = await add(officer, 'service_owner', 'transport')
    assert.match(known.text, /Omar Newcomer[^]*Service owner · All agencies/)
    const invitations = test.mails.filter((mail) => mail.to === officer.email && mail.subject.startsWith('Your staff account'))
    assert.equal(invitations.length, 1, 'no second invitation to an active account')
  })

  it('keeps what was typed when something is missing', async () => {
    for (const [role, agency, said] of [
      ['', '', /Choose a role/],
      ['officer', '', /Choose an agency/],
      ['officer', 'nowhere', /Choose an agency/],
      ['resident', '*', /Choose a role/],
    ] as const) {
      const page = await add({ name: 'Nora Nobody', email: 'nora.nobody@example.org' }, role, agency)
      assert.equal(page.status, 422)
      assert.match(page.text, said)
      assert.equal(page.field('name'), 'Nora Nobody')
    }
    const page = await add({ name: '', email: 'nora' }, 'officer', '*')
    assert.match(page.text, /Enter your name[^]*Enter an e-mail address/)
  })

  it('does not take the last administrator away', async () => {
    const member = await admin.get(`/admin/staff/${await accountOf(first.name)}`)
    const page = await admin.post(/action="([^"]+\/end)"/.exec(member.text)?.[1] ?? '', {})
    assert.equal(page.status, 409)
    assert.match(page.text, /last administrator/)
    assert.equal((await admin.get('/admin/staff')).status, 200)
  })

  it('is for administrators only', async () => {
    const visitor = new Visitor(test.url)
    const other = { name: 'Otto Other', email: 'otto.other@example.org', password: 'fourth-lantern-2026' }
    await visitor.post('/register', other)
    await visitor.post('/register/verify', { code: await codeFor(other.email) })
    assert.equal((await visitor.get('/admin/staff')).status, 403)
    const ada = await accountOf(first.name)
    assert.equal((await visitor.post('/admin/staff', { name: 'X', email: 'x@example.org', role: 'officer', agency: '*' })).status, 403)
    assert.equal((await visitor.post(`/admin/staff/${ada}/close`, {})).status, 403)
    assert.equal((await new Visitor(test.url).get('/admin/staff')).path.startsWith('/sign-in'), true)
    assert.equal((await admin.post('/admin/staff/00000000-0000-7000-8000-000000000000/role', { role: 'officer', agency: '*' })).status, 404)
  })
})
