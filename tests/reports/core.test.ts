import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import pg from 'pg'
import { Problem } from '../../src/kernel/problem.ts'
import { addDays, addWorkingDays, type PlainDate } from '../../src/kernel/time.ts'
import { accountActor, type Actor, anonymous, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress, accountFacts } from '../../src/modules/identity/index.ts'
import { createPerson } from '../../src/modules/people/index.ts'
import { followersOf } from '../../src/modules/reports/followers/store.ts'
import { askFollower, confirmFollower } from '../../src/modules/reports/page/acts.ts'
import type { Report } from '../../src/modules/reports/report.ts'
import { eraseReportsOf, reportHoldings, runRetention } from '../../src/modules/reports/retention.ts'
import {
  answerFix, assignReport, endReport, expectedFinish, fixReport, followReport, getReport, joinReport, maskText, mergeReports, nearby, type NewReport,
  once, openReport, photosOf, publicPhoto, publicReport, recategorise, restoreText, sendReport, setPhotoState, splitReport, startReport, timelineOf,
  unfollow, unmergeReport, writeUpdate, hideReport, moveReport,
} from '../../src/modules/reports/service/index.ts' // prettier-ignore
import { runClock } from '../../src/modules/reports/timers.ts'
import { transact } from '../../src/platform/platform.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { photo } from '../support/world.ts'

let app: TestApp
let pool: pg.Pool
let clock = new Date('2026-03-02T10:00:00Z')
/** A clock that goes on, so that what comes later is later. */
function tick(): Date {
  clock = new Date(clock.getTime() + 1)
  return clock
}

before(async () => {
  app = await startApp({ accounts: true, overrides: { now: tick } })
  pool = new pg.Pool({ connectionString: app.databaseUrl, max: 4 })
  pool.on('error', () => undefined)
  pool.on('connect', (client) => client.on('error', () => undefined))
})
after(async () => {
  await pool.end()
  await app.close()
})

const officer = (agency: string | null, accountId = '00000000-0000-7000-8000-00000000000a'): Actor =>
  accountActor({ accountId, personId: null, roles: [{ role: 'officer', agency }], channel: 'web', level: 'substantial' })
const team = officer(null)
const nobody = anonymous('web')
/** A work order of the day that the clock says. */
const workOrder = {
  get evidence() {
    return { kind: 'work_order', order: 'WO-17', on: clock.toISOString().slice(0, 10) as PlainDate } as const
  },
}

let number = 0
function draft(own: Partial<NewReport> = {}): NewReport {
  number += 1
  const address = app.app.board.places?.addresses[number * 7]
  assert.ok(address)
  return {
    source: 'web',
    sourceId: `test-${number}`,
    category: 'bench',
    lat: address.lat,
    long: address.long,
    text: 'The bench has lost two boards.',
    answers: {},
    language: 'en',
    photos: [],
    ...own,
  }
}

async function count(sql: string, values: unknown[] = []): Promise<number> {
  return Number((await pool.query<{ count: string }>(`select count(*) as count from ${sql}`, values)).rows[0]?.count)
}

const refused = (code: string, status: number) => (error: unknown) => {
  assert.ok(error instanceof Problem, String(error))
  assert.deepEqual([error.code, error.status], [code, status])
  return true
}

async function withEmail(email: string, own: Partial<NewReport> = {}): Promise<{ report: Report; code: string }> {
  const { report, code } = await sendReport(app.app.board, nobody, draft({ contact: { email }, ...own }))
  assert.ok(code)
  return { report, code }
}

/** The code that was mailed to somebody, as they would open it. */
function codeIn(to: string): string {
  const mail = app.mails.findLast((each) => each.to === to && /code=/.test(each.text))
  return /code=([0-9A-Z-]+)/.exec(mail?.text ?? '')?.[1] ?? assert.fail(`${to} has a mail with a code`)
}

test('a report without anything personal makes nobody, has a place and a clock, and is one however often it comes', async () => {
  const { board, platform } = app.app
  const before = [await count('people.person'), await count('people.record')]
  const given = draft()
  const [one, other, third] = await Promise.all([1, 2, 3].map(() => sendReport(board, nobody, given)))
  assert.ok(one && other && third)
  assert.equal(new Set([one, other, third].map((each) => each.report.reference)).size, 1)
  assert.equal([one, other, third].filter((each) => each.repeated).length, 2)
  assert.equal(one.code, null)
  assert.deepEqual([await count('people.person'), await count('people.record')], before)
  assert.equal(await count('reports.update where report_id = $1', [one.report.id]), 1)
  const report = await getReport(board, one.report.reference.toLowerCase().replaceAll('-', ' '))
  assert.equal(report.agency, 'city_care')
  assert.equal(report.district, board.places?.districtAt(given.lat, given.long)?.id)
  assert.ok(report.address)
  assert.equal(report.due_on, addWorkingDays('2026-03-02' as PlainDate, 20, platform.city.calendar))
  assert.deepEqual(
    (await eventsOf(platform, report.id)).map((event) => event.type),
    ['reports.report.opened'],
  )
})

test('what is personal is in the vault only; the public text, the journal and every column are without it', async () => {
  const { board, platform } = app.app
  const text = 'Call me on +351 912 345 678, or write to ana.perez@mail.example. The car is in front of my door.'
  const { report, code } = await sendReport(
    board,
    nobody,
    draft({
      category: 'abandoned_vehicle',
      text,
      contact: { name: 'Ana Pérez', email: 'ana.perez@mail.example', phone: '+351912345678' },
      answers: { vehicle: 'car', plate: '44-QW-19' },
      photos: [await cleanUpload('a.jpg', await photo(), ['image'])],
    }),
  )
  assert.ok(code && report.masked && report.person_id && report.record_id)
  assert.deepEqual(report.answers, { vehicle: 'car' })
  assert.doesNotMatch(report.text, /912|ana\.perez/)
  assert.match(report.text, /The car is in front of my door/)
  for (const table of ['reports.report', 'reports.update', 'reports.follower', 'reports.photo', 'journal.event', 'people.record'])
    assert.equal(await count(`${table} x where x::text ~* '912.?345|ana\\.perez|Pérez|44-QW-19'`), 0, table)
  await assert.rejects(openReport(board, nobody, report, 'test'), refused('not-found', 404))
  const opened = await openReport(board, team, report, 'report.read')
  assert.deepEqual(opened, {
    text,
    name: 'Ana Pérez',
    email: 'ana.perez@mail.example',
    phone: '+351912345678',
    answers: { plate: '44-QW-19' },
  })
  assert.equal((await eventsOf(platform, report.person_id)).filter((event) => event.type === 'people.record.opened').length, 1)
  // an officer may show the words again, and mask them by hand
  const restored = await restoreText(board, team, report.id)
  assert.equal(restored.text, text)
  const masked = await maskText(board, team, report.id, 'The car is in front of my door.')
  assert.equal(masked.masked, true)
  await assert.rejects(restoreText(board, officer('library'), report.id), refused('not-found', 404))
  // pictures of vehicles are for the crew only
  const [picture] = await photosOf(board, report, { all: true })
  assert.ok(picture && picture.state === 'unchecked' && picture.file_key === null)
  await assert.rejects(setPhotoState(board, team, picture.id, 'public'), refused('reports.photo-not-public', 409))
})

test('a resident’s picture is shown when an officer has looked at it, and its copy goes when it is hidden', async () => {
  const { board } = app.app
  const { report } = await withEmail('photo@mail.example', { photos: [await cleanUpload('a.jpg', await photo(), ['image'])] })
  const [picture] = await photosOf(board, report, { all: true })
  assert.ok(picture)
  assert.deepEqual(await photosOf(board, report), [])
  await assert.rejects(publicPhoto(board, picture.id), refused('not-found', 404))
  await setPhotoState(board, team, picture.id, 'public')
  assert.equal((await publicPhoto(board, picture.id)).mediaType, 'image/jpeg')
  const key = (await photosOf(board, report))[0]?.file_key ?? ''
  await setPhotoState(board, team, picture.id, 'hidden')
  await assert.rejects(publicPhoto(board, picture.id), refused('not-found', 404))
  assert.equal(await app.app.platform.files.get(key), null)
})

test('what cannot be a report is refused with what to do', async () => {
  const { board } = app.app
  await assert.rejects(sendReport(board, nobody, draft({ category: 'unicorns' })), refused('not-found', 404))
  await assert.rejects(sendReport(board, nobody, draft({ lat: 0, long: 0 })), refused('reports.outside', 422))
  await assert.rejects(sendReport(board, nobody, draft({ lat: Number.NaN })), refused('reports.no-place', 422))
  await assert.rejects(sendReport(board, nobody, draft({ text: 'a'.repeat(5_001) })), refused('reports.text-too-long', 422))
  await assert.rejects(sendReport(board, nobody, draft({ category: 'pothole', answers: {} })), refused('reports.answers', 422))
})

test('a report goes to the crew of its kind, place and hour; giving it to another keeps its day', async () => {
  const { board } = app.app
  const day = clock
  const light = await sendReport(board, nobody, draft({ category: 'street_light', answers: { fault: 'flickers' } }))
  assert.deepEqual([light.report.agency, light.report.crew, light.report.state], ['transport', 'lighting', 'assigned'])
  const tree = { category: 'damaged_tree', answers: { tree_state: 'leans' } }
  const byDay = await sendReport(board, nobody, draft(tree))
  clock = new Date('2026-03-02T22:00:00Z')
  const byNight = await sendReport(board, nobody, draft(tree))
  assert.deepEqual([byDay.report.crew, byNight.report.crew], ['trees', 'standby'])
  clock = new Date('2026-03-04T10:00:00Z')
  const moved = await assignReport(board, team, light.report.id, { crew: 'signals' }, 1)
  assert.deepEqual([moved.crew, moved.due_on, moved.warn_on, moved.revision], ['signals', light.report.due_on, light.report.warn_on, 2])
  await assert.rejects(assignReport(board, team, light.report.id, { crew: 'lighting' }, 1), refused('reports.changed', 409))
  await assert.rejects(assignReport(board, team, light.report.id, { crew: 'unicorns' }), refused('reports.no-such-crew', 404))
  await assert.rejects(assignReport(board, officer('library'), light.report.id, { crew: 'lighting' }), refused('not-found', 404))
  // another kind is due as that kind says, from the day it came
  const other = await recategorise(board, team, light.report.id, 'traffic_light')
  assert.equal(other.due_on, addWorkingDays('2026-03-02' as PlainDate, 1, board.platform.city.calendar))
  clock = day
})

test('a fix needs evidence; the reporter’s yes ends it, and their no opens it again at the same crew', async () => {
  const { board, platform } = app.app
  const { report, code } = await withEmail('robin@mail.example', { category: 'litter' })
  await assert.rejects(fixReport(board, nobody, report.id, workOrder), refused('not-found', 404))
  await assert.rejects(fixReport(board, team, report.id, { evidence: { kind: 'photo', photo: 'x' } }), refused('reports.no-evidence', 422))
  await assert.rejects(answerFix(board, { code }, 'fixed'), refused('reports.transition-not-allowed', 409))
  await startReport(board, team, report.id)
  const fixed = await fixReport(board, team, report.id, {
    afterPhoto: await cleanUpload('b.jpg', await photo(), ['image']),
    text: 'Swept.',
  })
  assert.deepEqual([fixed.state, fixed.outcome, fixed.checking_until], ['checking', 'fixed', '2026-03-07'])
  assert.equal((await photosOf(board, report)).length, 1)
  const broken = await answerFix(board, { code }, 'broken', 'Still there, call 912 345 678')
  assert.deepEqual(
    [broken.state, broken.crew, broken.reopened, broken.outcome, broken.due_on],
    ['assigned', report.crew, 1, null, report.due_on],
  )
  // the same answer again, as a page that is sent twice, changes nothing
  assert.equal((await answerFix(board, { code }, 'broken')).reopened, 1)
  await fixReport(board, team, report.id, workOrder)
  await answerFix(board, { code }, 'broken')
  await assert.rejects(fixReport(board, team, report.id, workOrder), refused('reports.same-evidence', 422))
  await fixReport(board, team, report.id, { evidence: { ...workOrder.evidence, order: 'WO-18' } })
  const done = await answerFix(board, { code: code.toLowerCase() }, 'fixed')
  assert.deepEqual([done.state, done.confirmed_by], ['closed', 'reporter'])
  assert.equal((await answerFix(board, { code }, 'fixed')).revision, done.revision)
  const lines = await timelineOf(board, report)
  assert.deepEqual(
    lines.map((line) => [line.kind, line.by]),
    [
      ['state', 'reporter'],
      ['state', 'staff'],
      ['state', 'staff'],
      ['broken', 'reporter'],
      ['state', 'staff'],
      ['broken', 'reporter'],
      ['state', 'staff'],
      ['confirmed', 'reporter'],
    ],
  )
  assert.doesNotMatch(lines[3]?.text ?? '', /912/)
  assert.equal((await eventsOf(platform, report.id)).filter((event) => event.type === 'reports.report.broken').length, 2)
  await assert.rejects(answerFix(board, { code: 'AAAA-BBBB-CCCC' }, 'fixed'), refused('not-found', 404))
})

test('two who follow it confirm it in the reporter’s place; one alone does not', async () => {
  const { board } = app.app
  const { report } = await withEmail('absent@mail.example', { category: 'litter' })
  await joinReport(board, nobody, report.id, { text: 'I see it too.', language: 'es' })
  await followReport(board, nobody, report.id, { contact: { email: 'one@mail.example' }, language: 'es' })
  await followReport(board, nobody, report.id, { contact: { email: 'two@mail.example' }, language: 'ar' })
  await followReport(board, nobody, report.id, { contact: { email: 'TWO@mail.example' }, language: 'ar' })
  assert.equal((await followersOf(board.platform.db, [report.id])).length, 3)
  await app.settle()
  const [one, two] = [codeIn('one@mail.example'), codeIn('two@mail.example')]
  await fixReport(board, team, report.id, workOrder)
  assert.equal((await answerFix(board, { code: one }, 'fixed')).state, 'checking')
  assert.equal((await answerFix(board, { code: one }, 'fixed')).state, 'checking')
  const done = await answerFix(board, { code: two }, 'fixed')
  assert.deepEqual([done.state, done.confirmed_by], ['closed', 'followers'])
  await app.settle()
  assert.match(app.mails.findLast((mail) => mail.to === 'one@mail.example')?.subject ?? '', /Arreglado y cerrado/)
  // the reporter may still say otherwise within the period
  const again = await answerFix(board, { code: codeIn('absent@mail.example') }, 'broken')
  assert.deepEqual([again.state, again.reopened, again.confirmed_by], ['assigned', 1, null])
})

test('after a yes it may still be said to be broken, in every round; the same answer twice at once is one', async () => {
  const { board } = app.app
  const { report, code } = await withEmail('rounds@mail.example', { category: 'litter' })
  const shown = (order: string) => ({ evidence: { ...workOrder.evidence, on: '2026-03-02' as PlainDate, order } })
  for (const round of [1, 2, 3]) {
    await fixReport(board, team, report.id, shown(`WO-${round}`))
    const both = await Promise.all([answerFix(board, { code }, 'fixed'), answerFix(board, { code }, 'fixed')])
    assert.deepEqual(
      both.map((each) => each.confirmed_by),
      ['reporter', 'reporter'],
    )
    const again = await answerFix(board, { code }, 'broken', `Round ${round}`)
    assert.deepEqual([again.state, again.reopened], ['assigned', round])
  }
  const lines = await timelineOf(board, report)
  assert.deepEqual(
    [lines.filter((line) => line.kind === 'confirmed').length, lines.filter((line) => line.kind === 'broken').length],
    [3, 3],
  )
  await followReport(board, nobody, report.id, { contact: { email: 'rounds-one@mail.example' }, language: 'en' })
  await app.settle()
  await fixReport(board, team, report.id, shown('WO-4'))
  const one = { code: codeIn('rounds-one@mail.example') }
  await Promise.all([answerFix(board, one, 'fixed'), answerFix(board, one, 'fixed')])
  assert.equal((await timelineOf(board, report)).filter((line) => line.kind === 'confirmed').length, 4)
})

test('two who follow are two addresses or accounts, and nobody of the agency itself', async () => {
  const { board } = app.app
  const [root, two, three] = [
    await withEmail('root@mail.example'),
    await withEmail('same@mail.example'),
    await withEmail('Same@mail.example'),
  ]
  await mergeReports(board, team, two.report.id, root.report.id)
  await mergeReports(board, team, three.report.id, root.report.id)
  const staff = await accountByAddress(board.platform, 'officer@harbourview.example')
  assert.ok(staff)
  const facts = await accountFacts(board.platform, staff.id)
  const ours = facts?.roles.some((each) => each.agency === null || each.agency === root.report.agency)
  const own = accountActor({ accountId: staff.id, personId: staff.personId, roles: [], channel: 'web', level: 'low' })
  await followReport(board, own, root.report.id, { accountPerson: staff.personId, language: 'en' })
  await fixReport(board, team, root.report.id, workOrder)
  await answerFix(board, { code: two.code }, 'fixed')
  assert.equal((await answerFix(board, { code: three.code }, 'fixed')).state, 'checking', 'one address is one')
  assert.equal(ours, true)
  assert.equal(
    (await answerFix(board, { actor: own, report: root.report.id }, 'fixed')).state,
    'checking',
    'the agency does not confirm itself',
  )
  const other = await withEmail('another@mail.example')
  await followReport(board, nobody, root.report.id, { contact: { email: 'another@mail.example' }, language: 'en' })
  assert.ok(other.code)
  await app.settle()
  const mail = app.mails.findLast((each) => each.to === 'another@mail.example' && each.text.includes(`${root.report.reference}?code=`))
  const code = /code=([0-9A-Z-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
  assert.equal((await answerFix(board, { code }, 'fixed')).confirmed_by, 'followers')
})

test('silence confirms on the day after the period, and says so; the clock warns once and tells of what is late once', async () => {
  const { board, platform } = app.app
  const start = clock
  const { report, code } = await withEmail('silent@mail.example', { category: 'litter' })
  const late = await withEmail('late@mail.example', { category: 'litter' })
  await fixReport(board, team, report.id, workOrder)
  clock = new Date('2026-03-07T20:00:00Z')
  await runClock(board)
  assert.equal((await getReport(board, report.id)).state, 'checking')
  clock = new Date('2026-03-08T08:00:00Z')
  await assert.rejects(answerFix(board, { code }, 'broken'), refused('reports.check-over', 409))
  await Promise.all([runClock(board), runClock(board)])
  await runClock(board)
  const done = await getReport(board, report.id)
  assert.deepEqual([done.state, done.confirmed_by], ['closed', 'silence'])
  const types = (await eventsOf(platform, late.report.id)).map((event) => event.type)
  assert.deepEqual(types, ['reports.report.opened', 'reports.report.warned', 'reports.report.overdue'])
  await app.settle()
  assert.equal(app.mails.filter((mail) => mail.to === 'late@mail.example' && /We are late/.test(mail.subject)).length, 1)
  clock = start
})

test('what was not fixed says why, and never that it was', async () => {
  const { board } = app.app
  const { report } = await withEmail('ended@mail.example')
  const own = officer('city_care')
  await assert.rejects(
    endReport(board, own, report.id, { outcome: 'not_ours', authority: 'unicorns' }),
    refused('reports.no-such-authority', 404),
  )
  await assert.rejects(
    endReport(board, own, report.id, { outcome: 'referred', programme: ' ', on: '2027-01-01' as PlainDate }),
    refused('reports.no-fact', 422),
  )
  await assert.rejects(
    endReport(board, own, report.id, { outcome: 'elsewhere', status: 'Closed' }),
    refused('reports.transition-not-allowed', 409),
  )
  const done = await endReport(board, own, report.id, { outcome: 'not_ours', authority: 'port_authority' }, 'On the quay.')
  assert.deepEqual([done.state, done.closure], ['closed', { outcome: 'not_ours', authority: 'port_authority' }])
  await app.settle()
  const mail = app.mails.findLast((each) => each.to === 'ended@mail.example')
  assert.match(mail?.text ?? '', /it was not fixed by us[^]*Port Authority/)
  assert.equal(await count(`reports.report where state = 'closed' and (outcome is null or closure is null)`), 0)
})

test('a row that ends without its fact, or with the fact of another ending, is refused by the table', async () => {
  const { report } = await sendReport(app.app.board, nobody, draft())
  const order = { kind: 'work_order', order: 'WO-1', on: '2026-03-02' }
  const as = (outcome: string, fact: object, said = outcome): [string, object] => [outcome, { outcome: said, ...fact }]
  const wrong = [
    as('no_action', { reason: 'nothing_found' }, 'withdrawn'),
    ['withdrawn', {}],
    ...[
      {},
      { evidence: {} },
      { evidence: { kind: 'photo', photo: '' } },
      { evidence: { ...order, order: ' ' } },
      { evidence: { ...order, on: null } },
    ].map((fact) => as('fixed', fact)),
    ...[{}, { authority: '' }].map((fact) => as('not_ours', fact)),
    ...[{}, { reason: '' }].map((fact) => as('no_action', fact)),
    ...[{}, { programme: 'Roads' }, { on: '2027-01-01' }, { programme: ' ', on: '2027-01-01' }].map((fact) => as('referred', fact)),
    ...[{}, { status: '' }].map((fact) => as('elsewhere', fact)),
    ...[{}, { of: null }, { of: '00000000-0000-7000-8000-000000000001' }].map((fact) => as('duplicate', fact)),
  ] as Array<[string, object]>
  const right = [
    as('withdrawn', {}),
    as('fixed', { evidence: { kind: 'photo', photo: 'p' } }),
    as('fixed', { evidence: order }),
    as('not_ours', { authority: 'port_authority' }),
    as('no_action', { reason: 'abuse' }),
    as('referred', { programme: 'Roads', on: '2027-01-01' }),
    as('elsewhere', { status: 'Closed' }),
    as('duplicate', { of: report.id }),
  ]
  const write = async ([outcome, closure]: [string, object]): Promise<void> => {
    const client = await pool.connect()
    try {
      await client.query('begin')
      await client.query(
        `update reports.report set state = 'closed', outcome = $2, closure = $3, ended_at = now(), confirmed_by = $4, merged_into = $5 where id = $1`,
        [report.id, outcome, closure, outcome === 'fixed' ? 'silence' : null, outcome === 'duplicate' ? report.id : null],
      )
    } finally {
      await client.query('rollback')
      client.release()
    }
  }
  for (const row of right) await write(row)
  for (const row of wrong) await assert.rejects(write(row), /violates check constraint/, JSON.stringify(row))
})

test('words that came masked from elsewhere can be shortened and shown again, and never become nothing', async () => {
  const { board } = app.app
  const { report } = await sendReport(board, nobody, draft())
  await pool.query("update reports.report set masked = true, text = 'Call [•••]: the bench is gone.' where id = $1", [report.id])
  await assert.rejects(restoreText(board, team, report.id), refused('reports.not-masked', 409))
  assert.equal((await maskText(board, team, report.id, 'The bench is gone.')).text, 'The bench is gone.')
  assert.equal((await restoreText(board, team, report.id)).text, 'Call [•••]: the bench is gone.')
  // a record with a name and no words
  const named = (await sendReport(board, nobody, draft({ contact: { name: 'Ana Pérez' } }))).report
  await pool.query('update reports.report set masked = true where id = $1', [named.id])
  await assert.rejects(restoreText(board, team, named.id), refused('reports.not-masked', 409))
  assert.equal((await getReport(board, named.id)).text, 'The bench has lost two boards.')
})

test('what another system says twice is sealed once', async () => {
  const { board } = app.app
  const { report } = await sendReport(board, nobody, draft())
  const say = () => writeUpdate(board, nobody, report.id, 'Call 912 345 678', { as: 'public', sourceId: 'said-1' })
  const before = await count('people.record')
  assert.ok(await say())
  assert.equal(await say(), null)
  assert.deepEqual(await Promise.all([say(), say()]), [null, null])
  assert.equal(await count('people.record'), before + 1)
})

test('an address that says yes twice at once follows once, and what was asked of it is gone with that', async () => {
  const { board, platform } = app.app
  const { report } = await sendReport(board, nobody, draft())
  await askFollower(board, report, 'asked@mail.example', 'en')
  const asked = await pool.query<{ person_id: string }>('select person_id from reports.asked where report_id = $1', [report.id])
  await app.settle()
  const code = /follow\?c=([\w-]+)/.exec(app.mails.findLast((each) => each.to === 'asked@mail.example')?.text ?? '')?.[1] ?? ''
  const said = await Promise.allSettled([confirmFollower(board, report, code), confirmFollower(board, report, code)])
  assert.ok(said.some((each) => each.status === 'fulfilled'))
  assert.equal((await followersOf(platform.db, [report.id])).length, 1)
  const events = await eventsOf(platform, asked.rows[0]?.person_id ?? '')
  assert.equal(events.filter((event) => event.type === 'people.person.erased').length, 1)
})

test('in a category whose pictures are for the crew only nothing stays public; the answers stay', async () => {
  const { board } = app.app
  const picture = await cleanUpload('a.jpg', await photo(), ['image'])
  const { report } = await withEmail('moved@mail.example', { category: 'graffiti', answers: { hateful: true }, photos: [picture] })
  const [own] = await photosOf(board, report, { all: true })
  assert.ok(own)
  await setPhotoState(board, team, own.id, 'public')
  const copy = (await photosOf(board, report))[0]?.file_key ?? ''
  assert.ok(await board.platform.files.get(copy))
  const moved = await recategorise(board, team, report.id, 'abandoned_vehicle')
  assert.deepEqual(moved.answers, { hateful: true })
  assert.deepEqual(await photosOf(board, report), [])
  assert.equal(await board.platform.files.get(copy), null)
  await assert.rejects(publicPhoto(board, own.id), refused('not-found', 404))
  const [now] = await photosOf(board, report, { all: true })
  assert.deepEqual([now?.state, now?.file_key, now?.document_id], ['hidden', null, own.document_id])
})

test('of two who merge in opposite directions at once, one does and the other is refused', async () => {
  const { board } = app.app
  for (let round = 0; round < 8; round += 1) {
    const one = await withEmail(`merge-${round}-a@mail.example`)
    const two = await withEmail(`merge-${round}-b@mail.example`)
    const tried = await Promise.allSettled([
      mergeReports(board, team, one.report.id, two.report.id),
      mergeReports(board, officer(null, '00000000-0000-7000-8000-00000000000b'), two.report.id, one.report.id),
    ])
    assert.deepEqual(tried.map((each) => each.status).toSorted(), ['fulfilled', 'rejected'])
    const failed = tried.find((each) => each.status === 'rejected')
    assert.equal(failed?.reason instanceof Problem && failed.reason.status, 409)
    const rows = [await getReport(board, one.report.id), await getReport(board, two.report.id)]
    assert.equal(rows.filter((row) => row.merged_into !== null).length, 1)
  }
})

test('a duplicate of a duplicate is one of the first; whoever reported it hears of that one', async () => {
  const { board } = app.app
  const [a, b, c] = [await withEmail('a@mail.example'), await withEmail('b@mail.example'), await withEmail('c@mail.example')]
  await mergeReports(board, team, c.report.id, b.report.id)
  await mergeReports(board, team, b.report.id, a.report.id)
  const third = await getReport(board, c.report.id)
  assert.deepEqual([third.merged_into, third.closure], [a.report.id, { outcome: 'duplicate', of: a.report.id }])
  const fourth = await withEmail('d@mail.example')
  assert.equal((await mergeReports(board, team, fourth.report.id, c.report.id)).merged_into, a.report.id)
  await assert.rejects(mergeReports(board, team, a.report.id, c.report.id), refused('reports.merged-meanwhile', 409))
  await fixReport(board, team, a.report.id, workOrder)
  await app.settle()
  for (const who of ['a', 'b', 'c', 'd'])
    assert.equal(app.mails.filter((mail) => mail.to === `${who}@mail.example` && /Is it fixed/.test(mail.subject)).length, 1, who)
  // with a link to their own report, where they can answer
  for (const each of [b, c]) {
    const mail = app.mails.find(({ text, subject }) => /Is it fixed/.test(subject) && text.includes(each.code))
    assert.ok(mail?.text.includes(`/reports/${each.report.reference}?code=${each.code}`))
  }
  // two reporters of duplicates are two who follow
  await answerFix(board, { code: b.code }, 'fixed')
  assert.equal((await answerFix(board, { code: c.code }, 'fixed')).confirmed_by, 'followers')
  const back = await unmergeReport(board, team, fourth.report.id)
  assert.deepEqual([back.state, back.outcome, back.merged_into, back.due_on], ['received', null, null, fourth.report.due_on])
})

test('a report that tells of two things becomes two, with the same people', async () => {
  const { board } = app.app
  const { report } = await withEmail('two-things@mail.example')
  const second = await splitReport(board, team, report.id, { category: 'overflowing_bin', text: 'The bin beside it is full.' })
  assert.deepEqual([second.lat, second.long, second.crew], [report.lat, report.long, 'cleaning'])
  assert.equal((await getReport(board, second.reference)).category, 'overflowing_bin')
  await writeUpdate(board, team, second.id, 'We come tomorrow.')
  await app.settle()
  assert.equal(app.mails.filter((mail) => mail.to === 'two-things@mail.example' && /We come tomorrow/.test(mail.text)).length, 1)
})

test('what is near and open is found, nearest first, and only of the same kind', async () => {
  const { board } = app.app
  const here = { lat: 39.0052, long: -30.4958, category: 'overgrown' }
  assert.ok(board.places?.districtAt(here.lat, here.long))
  const sent = [0, 20, 45, 60].map((metres) => sendReport(board, nobody, draft({ ...here, lat: here.lat + metres / 111_195 })))
  const [first, second, third] = (await Promise.all(sent)).map((each) => each.report.id)
  await sendReport(board, nobody, draft({ ...here, category: 'bench' }))
  const found = await nearby(board, 'overgrown', here.lat, here.long)
  assert.deepEqual(
    found.map((each) => each.id),
    [first, second, third],
  )
  assert.deepEqual(
    found.map((each) => Math.round(each.metres)),
    [0, 20, 45],
  )
  await hideReport(board, team, first ?? '', true)
  await assert.rejects(publicReport(board, first ?? ''), refused('not-found', 404))
  assert.equal((await nearby(board, 'overgrown', here.lat, here.long)).length, 2)
  await moveReport(board, team, second ?? '', { lat: here.lat, long: here.long })
  assert.equal(Math.round((await nearby(board, 'overgrown', here.lat, here.long))[0]?.metres ?? -1), 0)
})

test('what is expected is measured, and nothing is said from too little', async () => {
  const { board } = app.app
  const start = clock
  const at = { category: 'graffiti', answers: { hateful: false } }
  const contact = { email: 'measured@mail.example' }
  const opened = await sendReport(board, nobody, draft({ ...at, contact }))
  const first = opened.report
  const sent = [
    opened,
    ...(await Promise.all(
      Array.from({ length: 5 }, () => sendReport(board, nobody, draft({ ...at, contact, lat: first.lat, long: first.long }))),
    )),
  ]
  const done = async ({ report, code }: (typeof sent)[number]): Promise<void> => {
    await fixReport(board, team, report.id, workOrder)
    // what is still being asked about is not counted
    await answerFix(board, { code: code ?? '' }, 'fixed')
  }
  for (const [days, each] of sent.slice(0, 4).entries()) {
    clock = new Date(start.getTime() + (days + 1) * 86_400_000 - 3_600_000)
    await done(each)
  }
  assert.equal(await expectedFinish(board, first), null)
  clock = new Date(start.getTime() + 10 * 86_400_000 - 3_600_000)
  const fifth = sent[4]
  assert.ok(fifth)
  await done(fifth)
  const day = board.platform.city.dayOf(start)
  assert.deepEqual(await expectedFinish(board, first), {
    count: 5,
    half: 3,
    most: 10,
    likelyOn: addDays(day, 3),
    latestOn: addDays(day, 10),
  })
  clock = start
})

test('an act that comes twice is done once, also at the same moment', async () => {
  const { board, platform } = app.app
  const { report } = await sendReport(board, nobody, draft())
  const id = platform.newId()
  let done = 0
  const act = () =>
    once(board, id, 'a0000000-0000-7000-8000-000000000001', async (inside) => {
      done += 1
      const started = await startReport(inside, team, report.id)
      return { report: report.id, act: 'start', answer: { revision: started.revision } }
    })
  const answers = await Promise.all([act(), act(), act()])
  assert.equal(done, 1)
  assert.deepEqual(
    answers.map((each) => each.answer.revision),
    [2, 2, 2],
  )
  await assert.rejects(
    once(board, id, null, () => assert.fail('not done again')),
    refused('reports.act-taken', 409),
  )
})

test('mails end when somebody wants none; the staff member who did it gets none', async () => {
  const { board } = app.app
  const { report, code } = await withEmail('quiet@mail.example')
  await unfollow(board, { code })
  await writeUpdate(board, team, report.id, 'We have looked at it. Ask Ana on 912 345 678.')
  await app.settle()
  assert.deepEqual(
    app.mails.filter((mail) => mail.to === 'quiet@mail.example').map((mail) => mail.subject),
    [],
  )
  assert.doesNotMatch((await timelineOf(board, report)).at(-1)?.text ?? '', /912/)
  await assert.rejects(writeUpdate(board, nobody, report.id, 'x'), refused('not-found', 404))
})

test('when its time is over a report leads to nobody, and is still a report', async () => {
  const { board, platform } = app.app
  const start = clock
  const { report, code } = await withEmail('kept@mail.example', { text: 'Ring 912 345 678. The bench is broken.' })
  await fixReport(board, team, report.id, workOrder)
  await answerFix(board, { code }, 'fixed', 'Thanks, from 912 345 678')
  await app.settle()
  const persons = await count('people.person where wrapped_key is not null')
  clock = new Date('2028-03-01T10:00:00Z')
  await runRetention(board)
  assert.ok((await getReport(board, report.id)).person_id)
  clock = new Date('2028-03-04T10:00:00Z')
  await runRetention(board)
  const after = await getReport(board, report.id)
  assert.deepEqual([after.person_id, after.record_id, after.text, after.state], [null, null, report.text, 'closed'])
  assert.equal(await count('reports.follower where report_id = $1', [report.id]), 0)
  assert.equal(await count('reports.update where report_id = $1 and record_id is not null', [report.id]), 0)
  assert.ok((await count('people.person where wrapped_key is not null')) < persons)
  assert.equal((await eventsOf(platform, report.id)).at(-1)?.type, 'reports.report.erased')
  await assert.rejects(answerFix(board, { code }, 'broken'), refused('not-found', 404))
  clock = start
})

test('the system may do what its policy says and nothing else', async () => {
  const { board } = app.app
  const { report } = await sendReport(board, nobody, draft())
  await assert.rejects(assignReport(board, systemActor('timers'), report.id, { crew: 'cleaning' }), refused('not-found', 404))
  await assert.rejects(startReport(board, systemActor('mail'), report.id), refused('not-found', 404))
})

test('whoever asks sees what is kept of them in reports; whoever is erased leaves the public fact and nothing that leads to them', async () => {
  const { board, platform } = app.app
  const person = await transact(platform, (tx) => createPerson(tx))
  const own: Actor = accountActor({ accountId: platform.newId(), personId: person, roles: [], channel: 'web', level: 'low' })
  const text = 'My number is 912 345 678. The bench is broken.'
  const { report } = await sendReport(
    board,
    own,
    draft({ accountPerson: person, text, photos: [await cleanUpload('a.jpg', await photo(), ['image'])] }),
  )
  const { report: other } = await withEmail('other@mail.example')
  await followReport(board, own, other.id, { accountPerson: person, language: 'en' })
  const kept = await reportHoldings(platform, person)
  assert.deepEqual(
    kept.map((each) => [each.reference, each.kind, each.records.length]),
    [
      [other.reference, 'follower', 0],
      [report.reference, 'reporter', 1],
    ],
  )
  // shown as typed by an officer, it is masked again when its writer is erased
  await restoreText(board, team, report.id)
  await fixReport(board, team, report.id, workOrder)
  await answerFix(board, { actor: own, report: report.id }, 'broken', 'Ring 912 345 678')
  const { records, files } = await transact(platform, (tx) => eraseReportsOf(tx, person))
  assert.deepEqual([records.length, files.length], [2, 1])
  assert.deepEqual(await reportHoldings(platform, person), [])
  const after = await getReport(board, report.id)
  assert.deepEqual([after.person_id, after.record_id, after.account_id, after.reopened], [null, null, null, 1])
  assert.doesNotMatch(after.text, /912/)
  assert.deepEqual(await photosOf(board, report, { all: true }), [])
  for (const table of ['reports.report', 'reports.update', 'reports.follower', 'reports.photo'])
    assert.equal(await count(`${table} x where x::text like '%' || $1 || '%'`, [person]), 0, table)
  assert.equal(await count(`people.sealed s join people.record r on r.id = s.record_id where r.person_id = $1`, [person]), 0)
})

test('sending takes few statements: without anything personal one for the report and one for the journal', async () => {
  const { board } = app.app
  const warm = draft()
  await sendReport(board, nobody, warm)
  const watched: string[] = []
  const platform = {
    ...board.platform,
    db: board.platform.db.withPlugin({
      transformQuery: ({ node }) => node,
      transformResult: async ({ result, queryId }) => {
        watched.push(queryId.queryId)
        return result
      },
    }),
  }
  await sendReport({ ...board, platform }, nobody, draft())
  assert.ok(watched.length > 0 && new Set(watched).size <= 2, `${new Set(watched).size} statements`)
})
