import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { csv } from '../../src/platform/csv.ts'
import { accountActor, type Actor } from '../../src/modules/access/index.ts'
import { hoursOfCity, isManyForAgency, isManyForOneself, isWork, percentile } from '../../src/modules/audit/flags.ts'
import { accountFacts } from '../../src/modules/identity/index.ts'
import { createPerson, createRecord, index, open, profileOf, seal } from '../../src/modules/people/index.ts'
import { advance } from '../../src/platform/journal/subscribers.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { applyFor, type Applied, sessionOf } from '../support/world.ts'
import { accountId, Clock, type Desk, deskOf, linesOf, rowsOf } from '../identity/staffdesk.ts'

type Flag = { id: string; kind: string; account_id: string; day: string; subject: string; count: number; answer: string | null }

describe('what is unusual', () => {
  it('is many persons only when it is far more than usual', () => {
    assert.equal(isManyForOneself(19, []), false)
    assert.equal(isManyForOneself(20, []), true)
    assert.equal(isManyForOneself(30, [10, 10, 10]), false)
    assert.equal(isManyForOneself(31, [10, 10, 10, 1, 100]), true)
    assert.equal(
      isManyForAgency(
        500,
        Array.from({ length: 49 }, () => 1),
      ),
      false,
      'too few days',
    )
    assert.equal(
      isManyForAgency(
        30,
        Array.from({ length: 100 }, (_, i) => (i === 99 ? 40 : 25)),
      ),
      true,
    )
    assert.equal(
      isManyForAgency(
        25,
        Array.from({ length: 100 }, () => 25),
      ),
      false,
    )
    assert.deepEqual([percentile([], 0.5), percentile([3, 1, 2], 0.5), percentile([1, 2, 3, 4], 0.5)], [0, 2, 2])
  })

  it('is out of hours by the working days of the city and its zone', () => {
    const city = {
      timeZone: 'Europe/Lisbon',
      calendar: { weekend: [6, 7], holidays: new Set(['2026-12-25']) },
      dayOf: (at: Date) => at.toISOString().slice(0, 10) as never,
    }
    const late = hoursOfCity(city)
    for (const [at, expected] of [
      ['2026-11-23T07:00:00Z', false],
      ['2026-11-23T06:59:00Z', true],
      ['2026-11-23T18:59:00Z', false],
      ['2026-11-23T19:00:00Z', true],
      ['2026-11-22T10:00:00Z', true],
      ['2026-12-25T10:00:00Z', true],
    ] as const)
      assert.equal(late(new Date(at)), expected, at)
    assert.equal(hoursOfCity({ ...city, officeHours: { opens: 480, closes: 1_200 } })(new Date('2026-11-23T19:30:00Z')), false)
  })

  it('is about work, not about one’s own affairs', () => {
    assert.equal(isWork('own', 'case.follow'), false)
    assert.equal(isWork('own', 'profile.prefill'), false)
    assert.equal(isWork('own', 'case.read'), true, 'one’s own case from the officer’s side')
    assert.equal(isWork('gdpr.6.1.e', 'message.compose'), true)
  })

  it('never becomes a formula in a table', () => {
    const text = csv(
      ['a', 'b'],
      [
        ['=1+1', 'x,"y"'],
        ['@cmd', null],
        ['-5', -5],
        ['\tx', 'plain'],
      ],
    )
    assert.equal(text, '\uFEFFa,b\r\n\'=1+1,"x,""y"""\r\n\'@cmd,\r\n\'-5,-5\r\n\'\tx,plain\r\n')
  })
})

describe('the auditor’s room', () => {
  const clock = new Clock('2026-11-23T10:00:00Z')
  let test: TestApp
  let auditor: Desk
  let applied: Applied
  let kit: Actor
  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now: () => clock.now } })
    applied = await applyFor(test, 'resident_parking_permit', { cookie: await sessionOf(test, 'resident@harbourview.example') })
    kit = await actorOf('parking')
    auditor = await deskOf(test, 'auditor')
  })
  after(() => test.close())

  const actorOf = async (name: string): Promise<Actor> => {
    const id = await accountId(test, name)
    const facts = await accountFacts(test.app.platform, id)
    return accountActor({
      accountId: id,
      personId: facts?.personId ?? null,
      roles: facts?.roles ?? [],
      channel: 'web',
      level: 'substantial',
    })
  }
  const flags = async (kind?: string): Promise<Flag[]> => {
    await test.settle()
    const all = await rowsOf<Flag>(test, 'select * from audit.flag order by raised_at, id')
    return kind === undefined ? all : all.filter((flag) => flag.kind === kind)
  }
  /** Somebody with a sealed application: a name that can be found, and a home. */
  const somebody = (name: string, street: string): Promise<string> =>
    transact(test.app.platform, async (tx) => {
      const person = await createPerson(tx)
      const address = { line1: `${street} 7`, town: 'Harbourview', postcode: '1000' }
      await seal(tx, await profileOf(tx, person), { full_name: name, address })
      const record = await createRecord(tx, person, 'journey')
      await seal(tx, record, { name })
      await index(tx, record, person, 'case.name', name.split(' '))
      return record
    })
  const read = async (actor: Actor, records: readonly string[]): Promise<void> => {
    for (const record of records) await open(test.app.platform, actor, { record, purpose: 'case.read', legalBasis: 'gdpr.6.1.e' })
  }

  it('raises nothing for ordinary work', async () => {
    await deskOf(test, 'parking').then((desk) => desk.get(`/officer/cases/${applied.caseId}`))
    const strangers = await Promise.all([1, 2, 3, 4, 5].map((n) => somebody(`Stranger Number${n}`, `Quiet Lane${'abcde'[n - 1]}`)))
    await read(kit, strangers)
    const resident = await deskOf(test, 'resident')
    await resident.get(`/cases/${applied.reference}`)
    assert.deepEqual(await flags(), [])
    const [seen] = await rowsOf<{ count: number }>(test, 'select count(*)::int as count from audit.seen')
    assert.equal(seen?.count, 6, 'the case and five strangers; residents and jobs are not counted')
    const page = await auditor.get('/audit/access')
    assert.match(page.body, /There is nothing here[^]*Kit Pattern/)
  })

  it('counts each opening once, also when the journal is read again', async () => {
    const before = await rowsOf(test, 'select account_id, subject, opened, out_of_hours from audit.seen order by 1, 2')
    await rowsOf(test, "update journal.cursor set position = 0 where name = 'audit.readings'")
    const subscriber = test.app.modules.flatMap((module) => module.subscribers ?? []).find((each) => each.name === 'audit.readings')
    assert.ok(subscriber)
    for (let count = 1; count > 0;) count = await advance(test.app.platform, subscriber)
    assert.deepEqual(await rowsOf(test, 'select account_id, subject, opened, out_of_hours from audit.seen order by 1, 2'), before)
  })

  it('flags one’s own name and one’s own data', async () => {
    await read(kit, [await somebody('Ana Pattern', 'Far Street')])
    assert.equal((await flags('own_name')).length, 1)
    const own = await transact(test.app.platform, (tx) => profileOf(tx, kit.personId ?? ''))
    await read(kit, [own])
    assert.equal((await flags('own_name')).length, 2)
    assert.equal((await flags()).length, 2, 'and nothing else')
    const told = await linesOf(test, 'audit.flag.raised')
    assert.deepEqual(
      told.map((line) => [line.actor, line.data['kind'], line.data['count']]),
      [
        ['system:audit', 'own_name', 1],
        ['system:audit', 'own_name', 1],
      ],
    )
  })

  it('flags neighbours, by their street alone', async () => {
    const { platform } = test.app
    await transact(platform, async (tx) =>
      seal(tx, await profileOf(tx, kit.personId ?? ''), { address: { line1: '12 Lantern Street', town: 'Harbourview', postcode: '1001' } }),
    )
    await read(kit, [await somebody('Ines Unrelated', 'Lantern Street')])
    assert.equal((await flags('neighbour')).length, 1)
    await read(kit, [await somebody('Ivo Unrelated', 'Lantern Avenue')])
    assert.equal((await flags('neighbour')).length, 1)
    await transact(platform, async (tx) => seal(tx, await profileOf(tx, kit.personId ?? ''), { address: null }))
    await read(kit, [await somebody('Eva Unrelated', 'Lantern Street')])
    assert.equal((await flags('neighbour')).length, 1, 'no home, no neighbours')
  })

  it('flags who is on the watch list', async () => {
    assert.match((await auditor.post('/audit/watch', { reference: 'RPP-0000-0000' })).body, /There is no case with this reference/)
    assert.equal((await auditor.post('/audit/watch', { reference: applied.reference.toLowerCase() })).status, 303)
    const list = await auditor.get('/audit/watch')
    assert.match(list.body, new RegExp(applied.reference))
    assert.equal((await (await deskOf(test, 'admin')).get('/audit/watch')).status, 200)
    assert.equal((await (await deskOf(test, 'parking')).get('/audit/watch')).status, 403)
    const second = await deskOf(test, 'second.officer')
    await second.get(`/officer/cases/${applied.caseId}`)
    assert.deepEqual(
      (await flags('watched')).map((flag) => flag.account_id),
      [await accountId(test, 'second.officer')],
    )
    assert.equal((await auditor.post(`/audit/watch/${applied.caseId}/remove`)).status, 303)
    assert.equal((await linesOf(test, 'audit.watch.removed')).length, 1)
    await (await deskOf(test, 'officer')).get(`/officer/cases/${applied.caseId}`)
    assert.equal((await flags('watched')).length, 1)
  })

  it('flags many persons in a day, once, with the growing count', async () => {
    const second = await actorOf('second.officer')
    const crowd: string[] = []
    for (let n = 0; n < 25; n += 1) crowd.push(await somebody(`Crowd Member${n}`, `Street ${'x'.repeat(n + 1)}`))
    await read(second, crowd.slice(0, 18)) // with the case of the watch list: 19
    assert.deepEqual(await flags('many_persons'), [])
    await read(second, crowd.slice(0, 18))
    assert.deepEqual(await flags('many_persons'), [], 'the same persons again are no more persons')
    await read(second, crowd.slice(18))
    const [flag, ...more] = await flags('many_persons')
    assert.deepEqual([flag?.account_id, flag?.count, more.length], [second.accountId, 26, 0])
  })

  it('flags reading out of hours', async () => {
    assert.deepEqual(await flags('out_of_hours'), [])
    clock.now = new Date('2026-11-23T23:30:00Z')
    await read(await actorOf('officer'), [await somebody('Nightly Reader', 'Moon Street')])
    const [flag] = await flags('out_of_hours')
    assert.deepEqual([flag?.account_id, flag?.count], [await accountId(test, 'officer'), 1])
  })

  it('lets the auditor answer a flag; it opens again when it doubles', async () => {
    auditor = await deskOf(test, 'auditor')
    const [flag] = await flags('out_of_hours')
    const page = await auditor.get('/audit/access')
    assert.ok(page.body.includes(`action="/audit/access/${flag?.id}"`))
    assert.equal((await auditor.post(`/audit/access/${flag?.id}`, { answer: 'whatever' })).status, 422)
    assert.equal((await auditor.post(`/audit/access/${flag?.id}`, { answer: 'follow_up' })).status, 303)
    assert.match((await auditor.get('/audit/access?show=answered')).body, /Needs follow-up[^]*Tal Exhibit/)
    assert.deepEqual(
      (await linesOf(test, 'audit.flag.closed')).map((line) => line.data),
      [{ answer: 'follow_up' }],
    )
    await read(await actorOf('officer'), [await somebody('Second Nightly', 'Sun Street')])
    const [again] = await flags('out_of_hours')
    assert.deepEqual([again?.count, again?.answer], [2, null])
    assert.equal((await (await deskOf(test, 'officer')).post(`/audit/access/${flag?.id}`, { answer: 'work' })).status, 403)
  })

  it('shows the journal by act, author and day, and its file', async () => {
    const found = await auditor.get(`/audit/journal?type=people.record.opened&actor=${kit.accountId}&from=2026-11-23&to=2026-11-23`)
    assert.match(found.body, /Kit Pattern/)
    assert.ok(!/<code>cases\.case/.test(found.body))
    const none = await auditor.get(`/audit/journal?actor=${kit.accountId}&from=2026-11-24`)
    assert.match(none.body, /No line fits/)
    const stream = await auditor.get(`/audit/journal?stream=${applied.caseId}`)
    assert.match(stream.body, /<code>cases\.case\.submitted<\/code>/)
    const first = await auditor.get('/audit/journal')
    const next = /rel="next" href="([^"]+)"/.exec(first.body)?.[1] ?? ''
    assert.match(next, /before=\d+/)
    const second = await auditor.get(next.replaceAll('&#38;', '&'))
    assert.equal(second.status, 200)
    const file = await auditor.get('/audit/journal.csv?type=cases.case.submitted')
    assert.match(String(file.headers['content-type']), /text\/csv/)
    assert.match(file.body, /^\uFEFFposition,occurred_at,type[^]*cases\.case\.submitted,/)
    assert.equal((await linesOf(test, 'audit.list.exported')).at(-1)?.data['lines'], 1)
  })

  it('shows grants as they stand and as they ended, and the policies in force', async () => {
    const admin = await deskOf(test, 'admin')
    const owner = await accountId(test, 'owner')
    const [grant] = await rowsOf<{ id: string }>(
      test,
      "select id from identity.role_binding where account_id = $1 and role = 'service_owner'",
      [owner],
    )
    await admin.post(`/admin/staff/${owner}/grants/${grant?.id}/end`)
    await test.settle()
    const page = await auditor.get('/audit/grants')
    assert.match(page.body, /Kit Pattern[^]*Ended lately[^]*Ines Template[^]*Taken away/)
    assert.match((await auditor.get('/audit/grants.csv')).body, /Kit Pattern,officer,transport,/)
    const policies = await auditor.get('/audit/policies')
    assert.match(policies.body, /staff\.cedar[^]*auditors-read-the-journal/)
    assert.equal((await auditor.get('/audit')).status, 200)
  })

  it('opens to auditors only, who open no case', async () => {
    for (const name of ['resident', 'officer', 'admin', 'owner']) {
      const desk = await deskOf(test, name)
      for (const path of [
        '/audit',
        '/audit/journal',
        '/audit/journal.csv',
        '/audit/grants',
        '/audit/grants.csv',
        '/audit/policies',
        '/audit/access',
      ])
        assert.equal((await desk.get(path)).status, 403, `${name} ${path}`)
    }
    for (const path of [`/officer/cases/${applied.caseId}`, `/cases/${applied.reference}/letters/x`])
      assert.equal((await auditor.get(path)).status, 404, path)
    assert.equal((await auditor.get('/admin/staff')).status, 403)
    assert.equal((await auditor.get('/admin/reviews')).status, 403)
  })

  it('never shows what anybody wrote', async () => {
    const secrets = ['Robin', 'resident@harbourview', 'Crowd', 'Stranger', 'Nightly', 'Unrelated', 'Lantern', 'Moon Street', 'Quiet Lane']
    const pages = [
      '/audit', '/audit/access', '/audit/access?show=answered', '/audit/emergencies', '/audit/journal', `/audit/journal?stream=${applied.caseId}`,
      '/audit/journal?type=people.record.opened', '/audit/journal.csv', '/audit/grants', '/audit/grants.csv', '/audit/watch',
    ] // prettier-ignore
    for (const path of pages) {
      const { status, body } = await auditor.get(path)
      assert.equal(status, 200, path)
      for (const secret of secrets) assert.ok(!body.includes(secret), `${path} shows ${secret}`)
    }
  })
})
