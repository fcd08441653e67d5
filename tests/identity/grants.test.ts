import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { separationOf } from '../../src/modules/identity/grants/grant.ts'
import type { Role } from '../../src/modules/access/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { accountId, Clock, type Desk, deskOf, linesOf, rowsOf, runJob } from './staffdesk.ts'

type GrantRow = { id: string; role: string; agency: string | null; ends_at: Date; review_due_at: Date; reviewed_by: string | null }

describe('separation of duties', () => {
  it('keeps auditors apart from all work, and says so before somebody administers and works on cases', () => {
    const table: ReadonlyArray<readonly [held: Role[], wanted: Role, found: string]> = [
      [[], 'auditor', 'free'],
      [['resident'], 'auditor', 'free'],
      [['officer'], 'auditor', 'refused'],
      [['resident', 'administrator'], 'auditor', 'refused'],
      [['auditor'], 'helper', 'refused'],
      [['auditor'], 'supervisor', 'refused'],
      [['auditor'], 'auditor', 'free'],
      [['administrator'], 'officer', 'warned'],
      [['supervisor'], 'administrator', 'warned'],
      [['service_owner'], 'administrator', 'free'],
      [['officer'], 'supervisor', 'free'],
      [['officer', 'administrator'], 'service_owner', 'warned'],
      [['auditor'], 'resident', 'free'],
    ]
    for (const [held, wanted, found] of table) assert.equal(separationOf(held, wanted), found, `${held.join(' ')} + ${wanted}`)
  })
})

describe('grants end, are reviewed, and nobody gives them to themselves', () => {
  const clock = new Clock('2026-11-23T10:00:00Z')
  let test: TestApp
  let kit = ''
  let admin: Desk
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => clock.now } })
    kit = await accountId(test, 'parking')
    admin = await deskOf(test, 'admin')
  })
  after(() => test.close())

  const grantsOf = (account: string): Promise<GrantRow[]> =>
    rowsOf(test, "select * from identity.role_binding where account_id = $1 and role <> 'resident' order by granted_at, id", [account])
  const days = (row: GrantRow | undefined): number => Math.round(((row?.ends_at.getTime() ?? 0) - clock.now.getTime()) / 86_400_000)

  it('gives every role of staff an end, and shows it', async () => {
    const open = await rowsOf(
      test,
      "select 1 from identity.role_binding where role <> 'resident' and (ends_at is null or review_due_at is null)",
    )
    assert.equal(open.length, 0)
    const list = await admin.get('/admin/staff')
    assert.match(list.body, /Kit Pattern[^]*Transport[^]*Until[^]*23 November 2027/)
    const page = await admin.get(`/admin/staff/${kit}`)
    assert.equal(page.status, 200)
    assert.match(page.body, /By the system[^]*23 November 2027[^]*Not yet/)
  })

  it('gives a role for the days that were chosen, at most two years', async () => {
    const given = await admin.post(`/admin/staff/${kit}/role`, { role: 'supervisor', agency: 'transport', days: '30' })
    assert.equal(given.headers.location, `/admin/staff/${kit}?done=given`, given.body)
    const grant = (await grantsOf(kit)).find((each) => each.role === 'supervisor')
    assert.equal(days(grant), 30)
    for (const wrong of ['3650', '0', 'x']) {
      const refused = await admin.post(`/admin/staff/${kit}/role`, { role: 'service_owner', agency: '*', days: wrong })
      assert.equal(refused.status, 422)
      assert.match(refused.body, /Choose for how long/)
    }
    const [line] = (await linesOf(test, 'identity.role.granted')).filter(
      (each) => each.data['role'] === 'supervisor' && each.stream === kit,
    )
    assert.equal(line?.data['ends'], grant?.ends_at.toISOString())
  })

  it('renews and ends a role, each once, with a line in the journal', async () => {
    const grant = (await grantsOf(kit)).find((each) => each.role === 'supervisor')
    const at = `/admin/staff/${kit}/grants/${grant?.id}`
    assert.equal((await admin.post(`${at}/renew`, { days: '180' })).status, 303)
    const renewed = (await grantsOf(kit)).find((each) => each.role === 'supervisor')
    assert.equal(days(renewed), 180)
    assert.equal(renewed?.reviewed_by, await accountId(test, 'admin'))
    assert.equal((await linesOf(test, 'identity.role.renewed')).length, 1)
    const other = await accountId(test, 'fire')
    assert.equal((await admin.post(`/admin/staff/${other}/grants/${grant?.id}/end`)).status, 404, 'a grant of another account')
    assert.equal((await admin.post(`${at}/end`)).status, 303)
    assert.equal((await admin.post(`${at}/end`)).status, 404)
    assert.deepEqual(
      (await linesOf(test, 'identity.role.ended')).map((each) => each.data),
      [{ role: 'supervisor', agency: 'transport', by: 'person' }],
    )
  })

  it('refuses what is one’s own, and roles that do not go together', async () => {
    const own = await accountId(test, 'admin')
    const give = (account: string, fields: Record<string, string>): ReturnType<Desk['post']> =>
      admin.post(`/admin/staff/${account}/role`, { agency: '*', days: '365', ...fields })
    const self = await give(own, { role: 'officer', knowingly: 'yes' })
    assert.equal(self.status, 409)
    assert.match(self.body, /Nobody gives, renews or changes what is their own/)
    const byAddress = await admin.post('/admin/staff', {
      name: 'Alex',
      email: 'admin@harbourview.example',
      role: 'service_owner',
      agency: '*',
      days: '30',
    })
    assert.equal(byAddress.status, 409, 'nor by their own address')
    const [mine] = await grantsOf(own)
    assert.equal((await admin.post(`/admin/staff/${own}/grants/${mine?.id}/renew`, { days: '730' })).status, 409)
    assert.equal((await admin.post(`/admin/staff/${own}/close`)).status, 409)
    const auditor = await accountId(test, 'auditor')
    const apart = await give(auditor, { role: 'officer', knowingly: 'yes' })
    assert.equal(apart.status, 409)
    assert.match(apart.body, /An auditor holds no other role/)
    const warned = await give(kit, { role: 'administrator' })
    assert.equal(warned.status, 409)
    assert.match(warned.body, /name="knowingly"/)
    assert.equal((await give(kit, { role: 'administrator', knowingly: 'yes' })).status, 303)
    const line = (await linesOf(test, 'identity.role.granted')).findLast((each) => each.stream === kit)
    assert.equal(line?.data['combined'], true)
    assert.equal((await grantsOf(own)).length, 1)
  })

  it('closes an account, whose session ends, and opens it again', async () => {
    const parking = await deskOf(test, 'parking')
    assert.equal((await parking.get('/officer')).status, 200)
    assert.equal((await admin.post(`/admin/staff/${kit}/close`)).status, 303)
    assert.equal((await parking.get('/officer')).status, 303, 'signed out')
    assert.match((await admin.get('/admin/staff')).body, /Kit Pattern[^]*?Closed/)
    assert.equal((await admin.post(`/admin/staff/${kit}/reopen`)).status, 303)
    assert.equal((await (await deskOf(test, 'parking')).get('/officer')).status, 200)
    assert.equal((await linesOf(test, 'identity.account.closed')).length, 1)
    assert.equal((await linesOf(test, 'identity.account.reopened')).length, 1)
  })

  it('finds members of staff by official name', async () => {
    const found = await admin.post('/admin/staff/find', { q: 'patt' })
    assert.match(found.body, /Kit Pattern/)
    assert.ok(!found.body.includes('Noor Model'))
  })

  it('lets a role end by the clock, after it was shown as ending soon', async () => {
    const fire = await accountId(test, 'fire')
    const [grant] = await grantsOf(fire)
    await admin.post(`/admin/staff/${fire}/grants/${grant?.id}/renew`, { days: '30' })
    clock.pass(17)
    admin = await deskOf(test, 'admin')
    assert.match((await admin.get('/admin/reviews')).body, /Ending within 14 days[^]*Noor Model/)
    clock.pass(14)
    assert.equal((await (await deskOf(test, 'fire')).get('/officer')).status, 403, 'over, before any job has run')
    await runJob(test, 'identity:end_grants')
    assert.equal((await grantsOf(fire)).length, 0)
    const line = (await linesOf(test, 'identity.role.ended')).at(-1)
    assert.deepEqual(
      [line?.actor, line?.stream, line?.data],
      ['system:grants', fire, { role: 'officer', agency: 'fire_service', by: 'time' }],
    )
    admin = await deskOf(test, 'admin')
    assert.equal((await admin.post(`/admin/staff/${fire}/role`, { role: 'officer', agency: 'fire_service', days: '365' })).status, 303)
    assert.equal((await grantsOf(fire)).length, 1, 'it can be given anew')
  })

  it('gives a role anew that is over and was not taken away yet', async () => {
    const fire = await accountId(test, 'fire')
    const [grant] = await grantsOf(fire)
    await admin.post(`/admin/staff/${fire}/grants/${grant?.id}/renew`, { days: '30' })
    clock.pass(31)
    admin = await deskOf(test, 'admin')
    assert.equal((await admin.post(`/admin/staff/${fire}/role`, { role: 'officer', agency: 'fire_service', days: '365' })).status, 303)
    const [fresh, ...more] = await grantsOf(fire)
    assert.deepEqual([days(fresh), more.length], [365, 0])
    assert.equal((await linesOf(test, 'identity.role.ended')).at(-1)?.data['by'], 'time')
  })

  it('asks after 90 days whether a role is still needed; never those whose it is', async () => {
    clock.pass(40) // 102 days after the seed
    admin = await deskOf(test, 'admin')
    const queue = await admin.get('/admin/reviews')
    const own = (await grantsOf(await accountId(test, 'admin')))[0]?.id ?? ''
    const officer = (await grantsOf(await accountId(test, 'officer')))[0]?.id ?? ''
    const owner = (await grantsOf(await accountId(test, 'owner')))[0]?.id ?? ''
    assert.ok(queue.body.includes(`name="grant-${officer}"`) && queue.body.includes(`name="grant-${owner}"`))
    assert.ok(!queue.body.includes(`name="grant-${own}"`), 'their own is shown without a choice')
    const sent = await admin.post('/admin/reviews', { [`grant-${officer}`]: 'keep', [`grant-${owner}`]: 'end', [`grant-${own}`]: 'keep' })
    assert.equal(sent.headers.location, '/admin/reviews?kept=1&ended=1')
    const [kept] = await grantsOf(await accountId(test, 'officer'))
    assert.ok((kept?.review_due_at ?? clock.now) > clock.now)
    assert.equal((await grantsOf(await accountId(test, 'owner'))).length, 0)
    assert.ok(((await grantsOf(await accountId(test, 'admin')))[0]?.review_due_at ?? clock.now) <= clock.now)
    assert.equal((await linesOf(test, 'identity.role.reviewed')).length, 1)
    assert.equal((await linesOf(test, 'identity.role.ended')).at(-1)?.data['by'], 'review')
  })

  it('lets a supervisor answer for the officers of their agency and nobody else', async () => {
    const second = await accountId(test, 'second.officer')
    await admin.post(`/admin/staff/${kit}/role`, { role: 'supervisor', agency: 'fire_service', days: '365', knowingly: 'yes' })
    const boss = await deskOf(test, 'parking')
    const fire = (await grantsOf(await accountId(test, 'fire')))[0]?.id ?? ''
    const [everywhere] = await grantsOf(second)
    await rowsOf(test, 'update identity.role_binding set review_due_at = $1 where id = $2', [clock.now, fire])
    // an administrator too by the test above: taken away, so that only the supervisor is left
    const administers = (await grantsOf(kit)).find((each) => each.role === 'administrator')
    assert.equal((await admin.post(`/admin/staff/${kit}/grants/${administers?.id}/end`)).status, 303)
    const queue = await boss.get('/admin/reviews')
    assert.equal(queue.status, 200)
    assert.ok(queue.body.includes(`name="grant-${fire}"`))
    assert.ok(!queue.body.includes(`name="grant-${everywhere?.id}"`))
    const sent = await boss.post('/admin/reviews', { [`grant-${fire}`]: 'keep', [`grant-${everywhere?.id}`]: 'end' })
    assert.equal(sent.headers.location, '/admin/reviews?kept=1&ended=0')
    assert.equal((await grantsOf(second)).length, 1)
    assert.equal((await boss.get('/admin/staff')).status, 403)
    assert.equal((await (await deskOf(test, 'fire')).get('/admin/reviews')).status, 403, 'not for officers')
  })

  it('ends what nobody answered for within 30 days, but leaves the city one administrator', async () => {
    clock.pass(25) // 127 days after the seed
    await runJob(test, 'identity:end_grants')
    const left = await rowsOf<{ role: string; account_id: string }>(
      test,
      "select role, account_id from identity.role_binding where role <> 'resident' order by role",
    )
    assert.ok(!left.some((each) => each.role === 'auditor'), 'the auditor’s role was not answered for')
    const administrator = left.find((each) => each.role === 'administrator')
    assert.equal(administrator?.account_id, await accountId(test, 'admin'))
    const reasons = (await linesOf(test, 'identity.role.ended')).map((each) => each.data['by'])
    assert.ok(reasons.includes('no_review'))
    const kept = (await linesOf(test, 'identity.role.renewed')).findLast((each) => each.data['by'] === 'last_administrator')
    assert.equal(kept?.stream, administrator?.account_id)
    const again = await deskOf(test, 'admin')
    assert.equal((await again.get('/admin/staff')).status, 200)
    const [own] = await grantsOf(await accountId(test, 'admin'))
    assert.equal((await again.post(`/admin/staff/${administrator?.account_id}/grants/${own?.id}/end`)).status, 409, 'nor by hand')
  })

  it('takes a lost second factor away once who asks was checked, and tells the person', async () => {
    admin = await deskOf(test, 'admin')
    const officer = await accountId(test, 'officer')
    await rowsOf(
      test,
      `insert into identity.totp (account_id, secret, key_version, confirmed_at, last_step) values ($1, 'x', 1, $2, 0)
       on conflict (account_id) do nothing`,
      [officer, clock.now],
    )
    const refused = await admin.post(`/admin/staff/${officer}/factors`)
    assert.equal(refused.status, 422)
    assert.match(refused.body, /Check who is asking first/)
    const desk = await deskOf(test, 'officer')
    assert.equal((await admin.post(`/admin/staff/${officer}/factors`, { checked: 'yes' })).status, 303)
    assert.equal((await rowsOf(test, 'select 1 from identity.totp where account_id = $1', [officer])).length, 0)
    assert.equal((await desk.get('/officer')).status, 303, 'their sessions ended')
    await test.settle()
    assert.ok(test.mails.some((mail) => mail.to === 'officer@harbourview.example'))
    assert.equal((await admin.post(`/admin/staff/${await accountId(test, 'admin')}/factors`, { checked: 'yes' })).status, 409)
  })
})

describe('agencies', () => {
  let test: TestApp
  before(async () => {
    test = await startApp({ listen: true, accounts: true })
  })
  after(() => test.close())

  const words = {
    email: 'beach@harbourview.example',
    phone: '+351 000 000 199',
    'about-en': 'Keeps the beach.',
    'address-en': '1 Sand Lane',
  }

  it('are added, edited and closed by administrators, and everybody sees it', async () => {
    const admin = await deskOf(test, 'admin')
    const list = await admin.get('/admin/agencies')
    assert.match(list.body, /href="\/admin\/agencies\/transport"[^]*parking/i)
    const refused = await admin.post('/admin/agencies/new', { ...words, id: 'transport', 'name-en': 'Beach Office' })
    assert.equal(refused.status, 422)
    assert.match(refused.body, /There is an agency with this short name already/)
    const added = await admin.post('/admin/agencies/new', {
      ...words,
      id: 'beach_office',
      'name-en': 'Beach Office',
      'name-ar': 'مكتب الشاطئ',
    })
    assert.equal(added.headers.location, '/admin/agencies?done=added', added.body)
    const resident = await deskOf(test, 'resident')
    assert.match((await resident.get('/agencies/beach_office')).body, /Beach Office[^]*Keeps the beach/)
    const edited = await admin.post('/admin/agencies/transport', { 'name-en': 'Streets and Parking', email: 'streets@harbourview.example' })
    assert.equal(edited.status, 303)
    assert.match((await resident.get('/agencies/transport')).body, /Streets and Parking[^]*streets@harbourview\.example/)
    await admin.post('/admin/agencies/transport/close')
    assert.match((await resident.get('/services/resident_parking_permit')).body, /takes no new applications/)
    assert.equal((await resident.post('/services/resident_parking_permit/start')).status, 409)
    await admin.post('/admin/agencies/transport/open')
    assert.equal((await resident.post('/services/resident_parking_permit/start')).status, 303)
    const told = (await linesOf(test, 'identity.agency.changed')).map((each) => each.data['change'])
    assert.deepEqual(told, ['added', 'edited', 'closed', 'opened'])
    assert.equal((await resident.get('/admin/agencies')).status, 403)
    assert.equal((await (await deskOf(test, 'officer')).post('/admin/agencies/transport/close')).status, 403)
  })
})
