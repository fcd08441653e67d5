import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { accountActor, type Actor } from '../../src/modules/access/index.ts'
import { createPerson } from '../../src/modules/people/index.ts'
import { eraseReportsOf, reportHoldings, runRetention } from '../../src/modules/reports/retention.ts'
import {
  answerFix,
  fixReport,
  followReport,
  getReport,
  photosOf,
  publicPhoto,
  recategorise,
  restoreText,
  sendReport,
  setPhotoState,
  writeUpdate,
} from '../../src/modules/reports/service/index.ts'
import { transact } from '../../src/platform/platform.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { photo } from '../support/world.ts'
import { type Core, nobody, refused, startCore, team } from './corestage.ts'

describe('what is personal in reports goes', () => {
  let core: Core
  before(async () => {
    core = await startCore()
  })
  after(() => core.close())

  test('what another system says twice is sealed once', async () => {
    const { board } = core
    const { report } = await sendReport(board, nobody, core.draft())
    const say = () => writeUpdate(board, nobody, report.id, 'Call 912 345 678', { as: 'public', sourceId: 'said-1' })
    const before = await core.count('people.record')
    assert.ok(await say())
    assert.equal(await say(), null)
    assert.deepEqual(await Promise.all([say(), say()]), [null, null])
    assert.equal(await core.count('people.record'), before + 1)
  })

  test('in a category whose pictures are for the crew only nothing stays public; the answers stay', async () => {
    const { board } = core
    const picture = await cleanUpload('a.jpg', await photo(), ['image'])
    const { report } = await core.withEmail('moved@mail.example', { category: 'graffiti', answers: { hateful: true }, photos: [picture] })
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

  test('when its time is over a report leads to nobody, and is still a report', async () => {
    const { board, platform } = core
    const start = core.clock
    const { report, code } = await core.withEmail('kept@mail.example', { text: 'Ring 912 345 678. The bench is broken.' })
    await fixReport(board, team, report.id, core.workOrder)
    await answerFix(board, { code }, 'fixed', 'Thanks, from 912 345 678')
    await core.app.settle()
    const persons = await core.count('people.person where wrapped_key is not null')
    core.clock = new Date('2028-03-01T10:00:00Z')
    await runRetention(board)
    assert.ok((await getReport(board, report.id)).person_id)
    core.clock = new Date('2028-03-04T10:00:00Z')
    await runRetention(board)
    const after = await getReport(board, report.id)
    assert.deepEqual([after.person_id, after.record_id, after.text, after.state], [null, null, report.text, 'closed'])
    assert.equal(await core.count('reports.follower where report_id = $1', [report.id]), 0)
    assert.equal(await core.count('reports.update where report_id = $1 and record_id is not null', [report.id]), 0)
    assert.ok((await core.count('people.person where wrapped_key is not null')) < persons)
    assert.equal((await eventsOf(platform, report.id)).at(-1)?.type, 'reports.report.erased')
    await assert.rejects(answerFix(board, { code }, 'broken'), refused('not-found', 404))
    core.clock = start
  })

  test('whoever asks sees what is kept of them in reports; whoever is erased leaves the public fact and nothing that leads to them', async () => {
    const { board, platform } = core
    const person = await transact(platform, (tx) => createPerson(tx))
    const own: Actor = accountActor({ accountId: platform.newId(), personId: person, roles: [], channel: 'web', level: 'low' })
    const text = 'My number is 912 345 678. The bench is broken.'
    const { report } = await sendReport(
      board,
      own,
      core.draft({ accountPerson: person, text, photos: [await cleanUpload('a.jpg', await photo(), ['image'])] }),
    )
    const { report: other } = await core.withEmail('other@mail.example')
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
    await fixReport(board, team, report.id, core.workOrder)
    await answerFix(board, { actor: own, report: report.id }, 'broken', 'Ring 912 345 678')
    const { records, files } = await transact(platform, (tx) => eraseReportsOf(tx, person))
    assert.deepEqual([records.length, files.length], [2, 1])
    assert.deepEqual(await reportHoldings(platform, person), [])
    const after = await getReport(board, report.id)
    assert.deepEqual([after.person_id, after.record_id, after.account_id, after.reopened], [null, null, null, 1])
    assert.doesNotMatch(after.text, /912/)
    assert.deepEqual(await photosOf(board, report, { all: true }), [])
    for (const table of ['reports.report', 'reports.update', 'reports.follower', 'reports.photo'])
      assert.equal(await core.count(`${table} x where x::text like '%' || $1 || '%'`, [person]), 0, table)
    assert.equal(await core.count(`people.sealed s join people.record r on r.id = s.record_id where r.person_id = $1`, [person]), 0)
  })
})
