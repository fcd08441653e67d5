import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PlainDate } from '../../src/kernel/time.ts'
import { accountActor } from '../../src/modules/access/index.ts'
import { accountByAddress, accountFacts } from '../../src/modules/identity/index.ts'
import { followersOf } from '../../src/modules/reports/followers/store.ts'
import { askFollower, confirmFollower } from '../../src/modules/reports/page/acts.ts'
import {
  answerFix,
  fixReport,
  followReport,
  getReport,
  joinReport,
  mergeReports,
  photosOf,
  sendReport,
  startReport,
  timelineOf,
  unfollow,
  writeUpdate,
} from '../../src/modules/reports/service/index.ts'
import { runClock } from '../../src/modules/reports/timers.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { photo } from '../support/world.ts'
import { type Core, nobody, refused, startCore, team } from './corestage.ts'

describe('a fix is confirmed', () => {
  let core: Core
  before(async () => {
    core = await startCore()
  })
  after(() => core.close())

  test('a fix needs evidence; the reporter’s yes ends it, and their no opens it again at the same crew', async () => {
    const { board, platform } = core
    const { report, code } = await core.withEmail('robin@mail.example', { category: 'litter' })
    await assert.rejects(fixReport(board, nobody, report.id, core.workOrder), refused('not-found', 404))
    await assert.rejects(
      fixReport(board, team, report.id, { evidence: { kind: 'photo', photo: 'x' } }),
      refused('reports.no-evidence', 422),
    )
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
    await fixReport(board, team, report.id, core.workOrder)
    await answerFix(board, { code }, 'broken')
    await assert.rejects(fixReport(board, team, report.id, core.workOrder), refused('reports.same-evidence', 422))
    await fixReport(board, team, report.id, { evidence: { ...core.workOrder.evidence, order: 'WO-18' } })
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
    const { board } = core
    const { report } = await core.withEmail('absent@mail.example', { category: 'litter' })
    await joinReport(board, nobody, report.id, { text: 'I see it too.', language: 'es' })
    await followReport(board, nobody, report.id, { contact: { email: 'one@mail.example' }, language: 'es' })
    await followReport(board, nobody, report.id, { contact: { email: 'two@mail.example' }, language: 'ar' })
    await followReport(board, nobody, report.id, { contact: { email: 'TWO@mail.example' }, language: 'ar' })
    assert.equal((await followersOf(board.platform.db, [report.id])).length, 3)
    await core.app.settle()
    const [one, two] = [core.codeIn('one@mail.example'), core.codeIn('two@mail.example')]
    await fixReport(board, team, report.id, core.workOrder)
    assert.equal((await answerFix(board, { code: one }, 'fixed')).state, 'checking')
    assert.equal((await answerFix(board, { code: one }, 'fixed')).state, 'checking')
    const done = await answerFix(board, { code: two }, 'fixed')
    assert.deepEqual([done.state, done.confirmed_by], ['closed', 'followers'])
    await core.app.settle()
    assert.match(core.app.mails.findLast((mail) => mail.to === 'one@mail.example')?.subject ?? '', /Arreglado y cerrado/)
    // the reporter may still say otherwise within the period
    const again = await answerFix(board, { code: core.codeIn('absent@mail.example') }, 'broken')
    assert.deepEqual([again.state, again.reopened, again.confirmed_by], ['assigned', 1, null])
  })

  test('after a yes it may still be said to be broken, in every round; the same answer twice at once is one', async () => {
    const { board } = core
    const { report, code } = await core.withEmail('rounds@mail.example', { category: 'litter' })
    const shown = (order: string) => ({ evidence: { ...core.workOrder.evidence, on: '2026-03-02' as PlainDate, order } })
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
    await core.app.settle()
    await fixReport(board, team, report.id, shown('WO-4'))
    const one = { code: core.codeIn('rounds-one@mail.example') }
    await Promise.all([answerFix(board, one, 'fixed'), answerFix(board, one, 'fixed')])
    assert.equal((await timelineOf(board, report)).filter((line) => line.kind === 'confirmed').length, 4)
  })

  test('two who follow are two addresses or accounts, and nobody of the agency itself', async () => {
    const { board } = core
    const [root, two, three] = [
      await core.withEmail('root@mail.example'),
      await core.withEmail('same@mail.example'),
      await core.withEmail('Same@mail.example'),
    ]
    await mergeReports(board, team, two.report.id, root.report.id)
    await mergeReports(board, team, three.report.id, root.report.id)
    const staff = await accountByAddress(board.platform, 'officer@harbourview.example')
    assert.ok(staff)
    const facts = await accountFacts(board.platform, staff.id)
    const ours = facts?.roles.some((each) => each.agency === null || each.agency === root.report.agency)
    const own = accountActor({ accountId: staff.id, personId: staff.personId, roles: [], channel: 'web', level: 'low' })
    await followReport(board, own, root.report.id, { accountPerson: staff.personId, language: 'en' })
    await fixReport(board, team, root.report.id, core.workOrder)
    await answerFix(board, { code: two.code }, 'fixed')
    assert.equal((await answerFix(board, { code: three.code }, 'fixed')).state, 'checking', 'one address is one')
    assert.equal(ours, true)
    assert.equal(
      (await answerFix(board, { actor: own, report: root.report.id }, 'fixed')).state,
      'checking',
      'the agency does not confirm itself',
    )
    const other = await core.withEmail('another@mail.example')
    await followReport(board, nobody, root.report.id, { contact: { email: 'another@mail.example' }, language: 'en' })
    assert.ok(other.code)
    await core.app.settle()
    const mail = core.app.mails.findLast(
      (each) => each.to === 'another@mail.example' && each.text.includes(`${root.report.reference}?code=`),
    )
    const code = /code=([0-9A-Z-]+)/.exec(mail?.text ?? '')?.[1] ?? ''
    assert.equal((await answerFix(board, { code }, 'fixed')).confirmed_by, 'followers')
  })

  test('silence confirms on the day after the period, and says so; the clock warns once and tells of what is late once', async () => {
    const { board, platform } = core
    const start = core.clock
    const { report, code } = await core.withEmail('silent@mail.example', { category: 'litter' })
    const late = await core.withEmail('late@mail.example', { category: 'litter' })
    await fixReport(board, team, report.id, core.workOrder)
    core.clock = new Date('2026-03-07T20:00:00Z')
    await runClock(board)
    assert.equal((await getReport(board, report.id)).state, 'checking')
    core.clock = new Date('2026-03-08T08:00:00Z')
    await assert.rejects(answerFix(board, { code }, 'broken'), refused('reports.check-over', 409))
    await Promise.all([runClock(board), runClock(board)])
    await runClock(board)
    const done = await getReport(board, report.id)
    assert.deepEqual([done.state, done.confirmed_by], ['closed', 'silence'])
    const types = (await eventsOf(platform, late.report.id)).map((event) => event.type)
    assert.deepEqual(types, ['reports.report.opened', 'reports.report.warned', 'reports.report.overdue'])
    await core.app.settle()
    assert.equal(core.app.mails.filter((mail) => mail.to === 'late@mail.example' && /We are late/.test(mail.subject)).length, 1)
    core.clock = start
  })

  test('an address that says yes twice at once follows once, and what was asked of it is gone with that', async () => {
    const { board, platform } = core
    const { report } = await sendReport(board, nobody, core.draft())
    await askFollower(board, report, 'asked@mail.example', 'en')
    const asked = await core.pool.query<{ person_id: string }>('select person_id from reports.asked where report_id = $1', [report.id])
    await core.app.settle()
    const code = /follow\?c=([\w-]+)/.exec(core.app.mails.findLast((each) => each.to === 'asked@mail.example')?.text ?? '')?.[1] ?? ''
    const said = await Promise.allSettled([confirmFollower(board, report, code), confirmFollower(board, report, code)])
    assert.ok(said.some((each) => each.status === 'fulfilled'))
    assert.equal((await followersOf(platform.db, [report.id])).length, 1)
    const events = await eventsOf(platform, asked.rows[0]?.person_id ?? '')
    assert.equal(events.filter((event) => event.type === 'people.person.erased').length, 1)
  })

  test('mails end when somebody wants none; the staff member who did it gets none', async () => {
    const { board } = core
    const { report, code } = await core.withEmail('quiet@mail.example')
    await unfollow(board, { code })
    await writeUpdate(board, team, report.id, 'We have looked at it. Ask Ana on 912 345 678.')
    await core.app.settle()
    assert.deepEqual(
      core.app.mails.filter((mail) => mail.to === 'quiet@mail.example').map((mail) => mail.subject),
      [],
    )
    assert.doesNotMatch((await timelineOf(board, report)).at(-1)?.text ?? '', /912/)
    await assert.rejects(writeUpdate(board, nobody, report.id, 'x'), refused('not-found', 404))
  })
})
