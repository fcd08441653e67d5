import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { eraseRecord, holdingsOf, notEmpty } from '../../src/modules/people/index.ts'
import { eraseReportsOf } from '../../src/modules/reports/index.ts'
import { query } from '../../src/platform/db.ts'
import { transact } from '../../src/platform/platform.ts'
import { cookieFor, get, makeResident, post, type Resident } from '../privacy/resident.ts'
import { startApp, type TestApp } from '../support/app.ts'
import type { Answer } from '../support/client.ts'

const HOUR = 3_600_000
const mine = { name: 'Quillon Vantongeren', email: 'quillon@example.org', phone: '+442079460987', line: '11 Keeper Street' }
const theirs = { name: 'Somebody Else', email: 'else@example.org', phone: '+442079460988', line: '12 Keeper Street' }

describe('alerts about new reports', () => {
  let test: TestApp
  let me: Resident
  let other: Resident
  let district = { id: '', name: '' }
  let clock = new Date('2026-06-15T08:00:00Z')
  const ask = (email: string, cookie = ''): Promise<Answer> => post(test, cookie, '/reports/alerts', { email, district: district.id })
  const count = async (table: string, where = 'true'): Promise<number> =>
    (await query<{ n: number }>(test.app.platform.db, `select count(*)::int as n from ${table} where ${where}`))[0]?.n ?? 0
  const codeIn = (to: string): string =>
    /confirm\?code=(\S+)/.exec(test.mails.findLast((each) => each.to === to)?.text ?? '')?.[1] ?? assert.fail('no link came')
  /** The kinds of those of a person's records in which anything is. */
  const records = async (person: string): Promise<string[]> => {
    const { platform } = test.app
    const all = (await holdingsOf(platform, person)).records
    const full = new Set(
      await notEmpty(
        platform,
        all.map((each) => each.id),
      ),
    )
    return all.filter((each) => full.has(each.id)).map((each) => each.kind)
  }

  before(async () => {
    test = await startApp({ listen: true, overrides: { now: () => clock } })
    const first = test.app.board.places?.districts[0] ?? assert.fail()
    district = { id: first.id, name: first.name['en'] ?? '' }
    me = await makeResident(test, mine)
    other = await makeResident(test, theirs)
  })
  after(() => test.close())

  it('are asked for so often for one address and from one network, and no more for an hour', async () => {
    for (let n = 0; n < 5; n += 1) assert.equal((await ask('Watcher@example.org')).status, 303)
    const again = await ask('watcher@example.org')
    assert.equal(again.status, 429, 'the same address in other letters')
    assert.equal((await ask('another@example.org')).status, 303, 'another address may')
    for (let n = 0; n < 13; n += 1) assert.equal((await ask(`watcher${n}@example.org`)).status, 303)
    assert.equal((await ask('one.too.many@example.org')).status, 429, 'the network has asked twenty times')
    await test.settle()
    assert.equal(test.mails.length, 19, 'nothing went to whoever was refused')
    assert.equal(await count('reports.alert'), 19)
    clock = new Date(clock.getTime() + HOUR + 1_000)
    assert.equal((await ask('one.too.many@example.org')).status, 303)
    assert.equal((await post(test, '', '/reports/alerts', { email: 'wrong', district: district.id })).status, 422)
    clock = new Date(clock.getTime() + HOUR + 1_000)
  })

  it('are among what the city holds about whoever asked for their own address, and nobody else’s', async () => {
    // their sessions ended while the hours passed
    me = { ...me, cookie: await cookieFor(test, me.accountId) }
    other = { ...other, cookie: await cookieFor(test, other.accountId) }
    const none = await get(test, me.cookie, '/my/data')
    assert.equal(none.status, 200)
    assert.doesNotMatch(none.body, /data-alerts-table/)
    assert.equal((await ask(me.email.toUpperCase(), me.cookie)).status, 303)
    assert.equal((await ask('a.neighbour@example.org', me.cookie)).status, 303)
    await test.settle()
    const said = { en: 'Not confirmed yet', es: 'Sin confirmar todavía', ar: 'لم يُؤكَّد بعد' }
    for (const [language, words] of Object.entries(said)) {
      const page = await get(test, me.cookie, '/my/data', language)
      for (const word of [words, district.name, me.email.toUpperCase()]) assert.ok(page.body.includes(word), `${language}: ${word}`)
      // whose address it is has not been shown: the link that confirms it is only in that mail
      for (const word of ['a.neighbour@example.org', codeIn('a.neighbour@example.org')]) assert.ok(!page.body.includes(word), word)
    }
    const messages = await get(test, me.cookie, '/my/data/messages')
    assert.ok(!messages.body.includes(codeIn('a.neighbour@example.org')))
    const nobodys = await get(test, other.cookie, '/my/data')
    assert.equal(nobodys.status, 200)
    assert.doesNotMatch(nobodys.body, /data-alerts-table/)
    await post(test, '', '/reports/alerts/confirm', { code: codeIn(me.email.toUpperCase()) })
    assert.doesNotMatch((await get(test, me.cookie, '/my/data')).body, /Not confirmed yet/)
    assert.match((await get(test, me.cookie, '/my/data/erase')).body, /One alert about new reports/)
  })

  it('are in the copy of everything', async () => {
    await post(test, me.cookie, '/my/data/export')
    await test.settle()
    const page = await get(test, me.cookie, '/my/data/export')
    const href = /href="([^"]+\/json)"/.exec(page.body)?.[1] ?? assert.fail(page.body)
    const copy = JSON.parse((await get(test, me.cookie, href)).body)
    const [alert, second] = copy.alerts
    assert.deepEqual([alert.place, alert.email, alert.group, second], [district.name, me.email.toUpperCase(), null, undefined])
    assert.ok(alert.confirmed_at !== null)
    assert.ok(!JSON.stringify(copy.other_records).includes('report_alert'), 'it is told once')
  })

  it('are ended from there: address and mails go, the person stays', async () => {
    const code = /name="code" value="([^"]+)"/.exec((await get(test, me.cookie, '/my/data')).body)?.[1] ?? assert.fail()
    assert.equal((await post(test, me.cookie, '/reports/alerts/end', { code })).headers.location, '/reports/alerts/ended')
    const page = await get(test, me.cookie, '/my/data')
    assert.doesNotMatch(page.body, /data-alerts-table/)
    assert.ok(page.body.includes(mine.phone))
    assert.ok(!(await records(me.personId)).includes('report_alert'))
    assert.equal(await count('messages.message', `id like 'report-alert:%' and person_id = '${me.personId}'`), 0)
  })

  it('go when somebody has erased what no law keeps', async () => {
    assert.equal((await ask(me.email, me.cookie)).status, 303)
    assert.ok((await records(me.personId)).includes('report_alert'))
    await transact(test.app.platform, (tx) => eraseReportsOf(tx, me.personId))
    assert.equal(await count('reports.alert', `person_id = '${me.personId}'`), 0)
    assert.ok(!(await records(me.personId)).includes('report_alert'))
  })

  it('go too when a restore brought one back whose address is erased', async () => {
    const { platform } = test.app
    assert.equal((await ask(me.email, me.cookie)).status, 303)
    await query(platform.db, `update reports.alert set confirmed_at = created_at where person_id = '${me.personId}'`)
    const row = (
      await query<{ record_id: string }>(platform.db, `select record_id from reports.alert where person_id = '${me.personId}'`)
    )[0]
    await transact(platform, (tx) => eraseRecord(tx, row?.record_id ?? ''))
    clock = new Date(clock.getTime() + 24 * HOUR)
    const digest = test.app.modules.flatMap((module) => module.jobs ?? []).find((job) => job.name === 'reports:alerts')
    await digest?.run(platform, {})
    assert.equal(await count('reports.alert', `person_id = '${me.personId}'`), 0)
  })
})
