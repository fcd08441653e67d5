import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import type { PoolClient } from 'pg'
import { addDays, addWorkingDays, type PlainDate } from '../../src/kernel/time.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import {
  answerFix,
  assignReport,
  expectedFinish,
  fixReport,
  getReport,
  maskText,
  nearby,
  once,
  openReport,
  photosOf,
  publicPhoto,
  publicReport,
  recategorise,
  restoreText,
  sendReport,
  setPhotoState,
  splitReport,
  startReport,
  writeUpdate,
  hideReport,
  moveReport,
} from '../../src/modules/reports/service/index.ts'
import { cleanUpload } from '../../src/platform/uploads.ts'
import { eventsOf } from '../../src/platform/journal/journal.ts'
import { photo } from '../support/world.ts'
import { type Core, nobody, officer, refused, startCore, team } from './corestage.ts'

describe('the service of reports', () => {
  let core: Core
  before(async () => {
    core = await startCore()
  })
  after(() => core.close())

  test('a report without anything personal makes nobody, has a place and a clock, and is one however often it comes', async () => {
    const { board, platform } = core
    const before = [await core.count('people.person'), await core.count('people.record')]
    const given = core.draft()
    const [one, other, third] = await Promise.all([1, 2, 3].map(() => sendReport(board, nobody, given)))
    assert.ok(one && other && third)
    assert.equal(new Set([one, other, third].map((each) => each.report.reference)).size, 1)
    assert.equal([one, other, third].filter((each) => each.repeated).length, 2)
    assert.equal(one.code, null)
    assert.deepEqual([await core.count('people.person'), await core.count('people.record')], before)
    assert.equal(await core.count('reports.update where report_id = $1', [one.report.id]), 1)
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
    const { board, platform } = core
    const text = 'Call me on +351 912 345 678, or write to ana.perez@mail.example. The car is in front of my door.'
    const { report, code } = await sendReport(
      board,
      nobody,
      core.draft({
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
      assert.equal(await core.count(`${table} x where x::text ~* '912.?345|ana\\.perez|Pérez|44-QW-19'`), 0, table)
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
    const { board } = core
    const { report } = await core.withEmail('photo@mail.example', { photos: [await cleanUpload('a.jpg', await photo(), ['image'])] })
    const [picture] = await photosOf(board, report, { all: true })
    assert.ok(picture)
    assert.deepEqual(await photosOf(board, report), [])
    await assert.rejects(publicPhoto(board, picture.id), refused('not-found', 404))
    await setPhotoState(board, team, picture.id, 'public')
    assert.equal((await publicPhoto(board, picture.id)).mediaType, 'image/jpeg')
    const key = (await photosOf(board, report))[0]?.file_key ?? ''
    await setPhotoState(board, team, picture.id, 'hidden')
    await assert.rejects(publicPhoto(board, picture.id), refused('not-found', 404))
    assert.equal(await core.platform.files.get(key), null)
  })

  test('what cannot be a report is refused with what to do', async () => {
    const { board } = core
    await assert.rejects(sendReport(board, nobody, core.draft({ category: 'unicorns' })), refused('not-found', 404))
    await assert.rejects(sendReport(board, nobody, core.draft({ lat: 0, long: 0 })), refused('reports.outside', 422))
    await assert.rejects(sendReport(board, nobody, core.draft({ lat: Number.NaN })), refused('reports.no-place', 422))
    await assert.rejects(sendReport(board, nobody, core.draft({ text: 'a'.repeat(5_001) })), refused('reports.text-too-long', 422))
    await assert.rejects(sendReport(board, nobody, core.draft({ category: 'pothole', answers: {} })), refused('reports.answers', 422))
  })

  test('a report goes to the crew of its kind, place and hour; giving it to another keeps its day', async () => {
    const { board } = core
    const day = core.clock
    const light = await sendReport(board, nobody, core.draft({ category: 'street_light', answers: { fault: 'flickers' } }))
    assert.deepEqual([light.report.agency, light.report.crew, light.report.state], ['transport', 'lighting', 'assigned'])
    const tree = { category: 'damaged_tree', answers: { tree_state: 'leans' } }
    const byDay = await sendReport(board, nobody, core.draft(tree))
    core.clock = new Date('2026-03-02T22:00:00Z')
    const byNight = await sendReport(board, nobody, core.draft(tree))
    assert.deepEqual([byDay.report.crew, byNight.report.crew], ['trees', 'standby'])
    core.clock = new Date('2026-03-04T10:00:00Z')
    const moved = await assignReport(board, team, light.report.id, { crew: 'signals' }, 1)
    assert.deepEqual([moved.crew, moved.due_on, moved.warn_on, moved.revision], ['signals', light.report.due_on, light.report.warn_on, 2])
    await assert.rejects(assignReport(board, team, light.report.id, { crew: 'lighting' }, 1), refused('reports.changed', 409))
    await assert.rejects(assignReport(board, team, light.report.id, { crew: 'unicorns' }), refused('reports.no-such-crew', 404))
    await assert.rejects(assignReport(board, officer('library'), light.report.id, { crew: 'lighting' }), refused('not-found', 404))
    // another kind is due as that kind says, from the day it came
    const other = await recategorise(board, team, light.report.id, 'traffic_light')
    assert.equal(other.due_on, addWorkingDays('2026-03-02' as PlainDate, 1, board.platform.city.calendar))
    core.clock = day
  })

  test('words that came masked from elsewhere can be shortened and shown again, and never become nothing', async () => {
    const { board } = core
    const { report } = await sendReport(board, nobody, core.draft())
    await core.pool.query("update reports.report set masked = true, text = 'Call [•••]: the bench is gone.' where id = $1", [report.id])
    await assert.rejects(restoreText(board, team, report.id), refused('reports.not-masked', 409))
    assert.equal((await maskText(board, team, report.id, 'The bench is gone.')).text, 'The bench is gone.')
    assert.equal((await restoreText(board, team, report.id)).text, 'Call [•••]: the bench is gone.')
    // a record with a name and no words
    const named = (await sendReport(board, nobody, core.draft({ contact: { name: 'Ana Pérez' } }))).report
    await core.pool.query('update reports.report set masked = true where id = $1', [named.id])
    await assert.rejects(restoreText(board, team, named.id), refused('reports.not-masked', 409))
    assert.equal((await getReport(board, named.id)).text, 'The bench has lost two boards.')
  })

  test('a report that tells of two things becomes two, with the same people', async () => {
    const { board } = core
    const { report } = await core.withEmail('two-things@mail.example')
    const second = await splitReport(board, team, report.id, { category: 'overflowing_bin', text: 'The bin beside it is full.' })
    assert.deepEqual([second.lat, second.long, second.crew], [report.lat, report.long, 'cleaning'])
    assert.equal((await getReport(board, second.reference)).category, 'overflowing_bin')
    await writeUpdate(board, team, second.id, 'We come tomorrow.')
    await core.app.settle()
    assert.equal(core.app.mails.filter((mail) => mail.to === 'two-things@mail.example' && /We come tomorrow/.test(mail.text)).length, 1)
  })

  test('what is near and open is found, nearest first, and only of the same kind', async () => {
    const { board } = core
    const here = { lat: 39.0052, long: -30.4958, category: 'overgrown' }
    assert.ok(board.places?.districtAt(here.lat, here.long))
    const sent = [0, 20, 45, 60].map((metres) => sendReport(board, nobody, core.draft({ ...here, lat: here.lat + metres / 111_195 })))
    const [first, second, third] = (await Promise.all(sent)).map((each) => each.report.id)
    await sendReport(board, nobody, core.draft({ ...here, category: 'bench' }))
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
    const { board } = core
    const start = core.clock
    const at = { category: 'graffiti', answers: { hateful: false } }
    const contact = { email: 'measured@mail.example' }
    const opened = await sendReport(board, nobody, core.draft({ ...at, contact }))
    const first = opened.report
    const sent = [
      opened,
      ...(await Promise.all(
        Array.from({ length: 5 }, () => sendReport(board, nobody, core.draft({ ...at, contact, lat: first.lat, long: first.long }))),
      )),
    ]
    const done = async ({ report, code }: (typeof sent)[number]): Promise<void> => {
      await fixReport(board, team, report.id, core.workOrder)
      // what is still being asked about is not counted
      await answerFix(board, { code: code ?? '' }, 'fixed')
    }
    for (const [days, each] of sent.slice(0, 4).entries()) {
      core.clock = new Date(start.getTime() + (days + 1) * 86_400_000 - 3_600_000)
      await done(each)
    }
    assert.equal(await expectedFinish(board, first), null)
    core.clock = new Date(start.getTime() + 10 * 86_400_000 - 3_600_000)
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
    core.clock = start
  })

  test('an act that comes twice is done once, also at the same moment', async () => {
    const { board, platform } = core
    const { report } = await sendReport(board, nobody, core.draft())
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

  test('the system may do what its policy says and nothing else', async () => {
    const { board } = core
    const { report } = await sendReport(board, nobody, core.draft())
    await assert.rejects(assignReport(board, systemActor('timers'), report.id, { crew: 'cleaning' }), refused('not-found', 404))
    await assert.rejects(startReport(board, systemActor('mail'), report.id), refused('not-found', 404))
  })

  test('sending takes few statements: without anything personal one for the report and one for the journal', async () => {
    const { board } = core
    const warm = core.draft()
    await sendReport(board, nobody, warm)
    const sent: string[] = []
    const watch = (client: PoolClient): void => {
      const { query } = client
      client.query = ((asked: { text: string }) => {
        sent.push(asked.text)
        return Reflect.apply(query, client, [asked])
      }) as PoolClient['query']
      core.app.app.database.pool.once('release', () => (client.query = query))
    }
    core.app.app.database.pool.once('acquire', watch)
    await sendReport(board, nobody, core.draft())
    assert.deepEqual(sent.map((text) => text.trim().split(/[\s(]+/).slice(0, 3).join(' ')), ['begin', 'with r as', 'insert into journal.event', 'commit']) // prettier-ignore
  })
})
