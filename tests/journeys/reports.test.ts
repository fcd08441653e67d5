import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { paceOf, pace } from '../../src/modules/reports/ask/pace.ts'
import { accountActor, anonymous } from '../../src/modules/access/index.ts'
import { loadPlaces } from '../../src/modules/places/index.ts'
import { type Board, openBoard } from '../../src/modules/reports/index.ts'
import { fixReport, getReport, hideReport, joinReport, mergeReports } from '../../src/modules/reports/service/index.ts'
import { allMessages } from '../../src/declared.ts'
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { leadsTo, placeFields, POTHOLE, report, Resident, type SentFile, sendFields, tellOf } from '../support/reporting.ts'
import { photo, sessionOf } from '../support/world.ts'

const words = (html: string): string => html.replaceAll(/<[^>]*>/g, ' ').replaceAll(/\s+/g, ' ')

describe('reporting a problem, without a script', () => {
  let test: TestApp
  let board: Board
  /** A clock that tests may put forward. */
  let ahead = 0
  let nth = 0
  before(async () => {
    test = await startApp({
      listen: true,
      accounts: true,
      env: { TRUST_PROXY: '127.0.0.1' },
      overrides: { now: () => new Date(Date.now() + ahead) },
    })
    const { platform } = test.app
    board = await openBoard({ platform, places: await loadPlaces(platform.city.folder), words: await allMessages() })
  })
  after(() => test.close())

  /** Somebody on a network of their own. */
  const somebody = (): Resident => new Resident(test.url, { 'x-forwarded-for': `198.51.100.${(nth += 1)}` })
  /** A house of the city that no other test of this file reports from. */
  const house = (): { lat: number; long: number } => {
    const { lat, long } = board.places?.addresses[(nth += 1) * 37] ?? { lat: 0, long: 0 }
    return { lat, long }
  }
  const rows = async <T>(text: string, values: unknown[] = []): Promise<T[]> =>
    query<T & Record<string, unknown>>(test.app.platform.db, text, values)
  const jpeg = async (name = 'photo.jpg'): Promise<SentFile> => ({ field: 'photos', name, bytes: await photo() })
  const officer = () =>
    accountActor({
      accountId: randomUUID(),
      personId: null,
      roles: [{ role: 'supervisor', agency: null }],
      channel: 'web',
      level: 'substantial',
    })
  const fixed = async (reference: string): Promise<void> => {
    const { id } = await getReport(board, reference)
    await fixReport(board, officer(), id, {
      evidence: { kind: 'work_order', order: `WO-${(nth += 1)}`, on: board.platform.city.dayOf(board.platform.now()) },
    })
  }

  it('takes a report without a name, keeps nothing of the draft and gives the same report when it is sent again', async () => {
    const resident = somebody()
    assert.equal((await resident.get('/reports/new')).status, 200)
    assert.equal(resident.cookie('stoa_report_draft'), null, 'looking begins nothing')
    const next = await tellOf(resident, { category: 'pothole', at: house(), text: 'A hole at the kerb.' })
    assert.equal(next, '/reports/new/send', 'nothing near: nobody is asked')
    const fields = await sendFields(resident)
    const before = await rows('select id from reports.report')
    const sent = await Promise.all([1, 2, 3].map(() => resident.post('/reports/new/send', fields)))
    for (const answer of sent) assert.equal(leadsTo(answer), '/reports/new/sent')
    assert.equal(leadsTo(await resident.post('/reports/new/send', fields)), '/reports/new/sent')
    assert.equal((await rows('select id from reports.report')).length, before.length + 1)
    const [draft] = await rows<{ person_id: string | null }>('select person_id from reports.draft where id = $1', [fields['draft']])
    assert.equal(draft?.person_id, null)
    const left = await rows("select 1 from people.sealed s join people.record r on r.id = s.record_id where r.kind = 'report_draft'")
    assert.equal(left.length, 0)
    const page = await resident.get('/reports/new/sent')
    assert.match(page.body, /RPT-[0-9A-Z]{4}-[0-9A-Z]{4}/)
    assert.equal(leadsTo(await resident.get('/reports/new/describe')), '/reports/new', 'the next report is a new one')
  })

  it('says what is wrong with a place and takes none that is nowhere', async () => {
    const resident = somebody()
    const at = house()
    const tried = async (lat: string, long: string): Promise<string> => {
      const answer = await resident.upload('/reports/new', { 'place-lat': lat, 'place-long': long })
      assert.equal(answer.status, 422, `${lat}, ${long}`)
      return words(answer.body)
    }
    assert.match(await tried('0', '0'), /did not say where it is/)
    assert.match(await tried('NaN', 'NaN'), /cannot be read/)
    assert.match(await tried('95', '400'), /cannot be read/)
    assert.match(await tried('', ''), /Choose a place/)
    const outside = await tried('48.2', '11.5')
    assert.match(outside, /outside the city/)
    for (const authority of board.categories.authorities) assert.ok(outside.includes(authority.name['en'] ?? '?'), authority.id)
    const swapped = await resident.upload('/reports/new', { 'place-lat': String(at.long), 'place-long': String(at.lat) })
    assert.equal(swapped.status, 422)
    assert.match(words(swapped.body), /other way round/)
    const offered =
      /id="place-lat"[^>]*value="([^"]*)"/.exec(swapped.body)?.[1] ?? /name="place-lat" value="([^"]*)"/.exec(swapped.body)?.[1]
    assert.equal(Number(offered), Number(at.lat.toFixed(6)))
    assert.equal(leadsTo(await resident.upload('/reports/new', placeFields(at))), '/reports/new/what')
  })

  it('finds places by what is typed, and takes a tap on the picture', async () => {
    const resident = somebody()
    const address = board.places?.addresses[500]
    assert.ok(address)
    const found = await resident.upload('/reports/new', { find: address.line1 })
    assert.equal(found.status, 200)
    assert.ok(found.body.includes(`value="address:${address.id}"`))
    const picked = await resident.upload('/reports/new', { _pick: `address:${address.id}` })
    assert.ok(picked.body.includes(`value="${address.lat}"`), 'the map stands there')
    const [, width = '', height = ''] = /type="image"[^>]*width="(\d+)"[^>]*height="(\d+)"/.exec(picked.body) ?? []
    const tapped = await resident.upload('/reports/new', {
      'place-look': `${address.lat},${address.long}@17`,
      'place-tap.x': String(Number(width) / 2),
      'place-tap.y': String(Number(height) / 2),
    })
    assert.equal(tapped.status, 200, words(tapped.body).slice(0, 900))
    assert.match(tapped.body, new RegExp(`name="place-lat" value="${address.lat.toFixed(4)}`))
    const typed = await resident.upload('/reports/new', { find: `${address.lat}, ${address.long}` })
    assert.match(typed.body, new RegExp(`name="place-lat" value="${address.lat}`))
  })

  it('offers where a photo was taken, and removes it from the photo', async () => {
    const resident = somebody()
    const at = house()
    const dms = (value: number): string => `${Math.floor(Math.abs(value))}/1 0/1 ${Math.round((Math.abs(value) % 1) * 3_600_000)}/1000`
    const exif = { IFD3: { GPSLatitudeRef: 'N', GPSLatitude: dms(at.lat), GPSLongitudeRef: 'W', GPSLongitude: dms(at.long) } }
    const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#363' } })
      .withExif(exif)
      .jpeg()
      .toBuffer()
    const offered = await resident.upload('/reports/new', { _photo: '1' }, [{ field: 'photos', name: 'hole.jpg', bytes }])
    assert.match(words(offered.body), /taken where the problem is/)
    assert.equal(leadsTo(await resident.upload('/reports/new', { _use_photo: '1' })), '/reports/new/what')
    const [draft] = await rows<{ lat: number; long: number }>('select lat, long from reports.draft order by created_at desc limit 1')
    assert.ok(draft && Math.abs(draft.lat - at.lat) < 1e-4 && Math.abs(draft.long - at.long) < 1e-4)
    await resident.post('/reports/new/what', { category: 'pothole' })
    assert.ok((await resident.get('/reports/new/describe')).body.includes('hole.jpg'), 'the photo is kept')
  })

  it('knows a place by district and words, and says on the page that it is no point', async () => {
    const resident = somebody()
    const district = board.places?.districts[0]
    assert.ok(district)
    const refused = await resident.upload('/reports/new', { district: district.id, words: '', _district: '1' })
    assert.equal(refused.status, 422)
    assert.equal(
      leadsTo(await resident.upload('/reports/new', { district: district.id, words: 'Behind the library', _district: '1' })),
      '/reports/new/what',
    )
    let next = leadsTo(await resident.post('/reports/new/what', { category: 'pothole' }))
    for (let tries = 0; tries < 3 && next === '/reports/new/describe'; tries += 1) {
      const shown = /name="_shown" value="([^"]*)"/.exec((await resident.get(next)).body)?.[1] ?? ''
      next = leadsTo(await resident.upload(next, { _shown: shown, text: 'A hole.', ...POTHOLE }))
    }
    assert.equal(next, '/reports/new/send')
    await resident.post('/reports/new/send', await sendFields(resident))
    const reference = /RPT-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await resident.get('/reports/new/sent')).body)?.[0] ?? ''
    const page = words((await resident.get(`/reports/${reference}`)).body)
    assert.match(page, /Behind the library/)
    assert.match(page, /exact place is not known/)
  })

  it('suggests by what is typed and shows the emergency number before a danger', async () => {
    const resident = somebody()
    await resident.upload('/reports/new', placeFields(house()))
    const found = await resident.post('/reports/new/what', { typed: 'hole in the road' })
    assert.match(found.body, /id="found"[^>]*>[^<]*fit/)
    assert.ok(found.body.indexOf('value="pothole"') > 0)
    assert.match(words((await resident.post('/reports/new/what', { typed: 'qqqqzzz' })).body), /Nothing fits/)
    assert.equal((await resident.post('/reports/new/what', {})).status, 422)
    const danger = board.categories.list.find((each) => each.urgent)
    assert.ok(danger, 'the city knows a danger')
    assert.equal(leadsTo(await resident.post('/reports/new/what', { category: danger.id })), '/reports/new/danger')
    assert.ok((await resident.get('/reports/new/danger')).body.includes(`tel:${board.categories.emergencyNumber}`))
    assert.equal(leadsTo(await resident.get('/reports/new/describe')), '/reports/new/danger', 'nobody comes past it')
    assert.equal(leadsTo(await resident.post('/reports/new/danger')), '/reports/new/describe')
  })

  it('loses nothing with photos that cannot be taken', async () => {
    const resident = somebody()
    await resident.upload('/reports/new', placeFields(house()))
    await resident.post('/reports/new/what', { category: 'pothole' })
    const told = async (files: readonly SentFile[]): Promise<string> => {
      const answer = await resident.upload(
        '/reports/new/describe',
        { _shown: 'where_in_road deep', text: 'All my words', ...POTHOLE },
        files,
      )
      assert.equal(answer.status, 422, words(answer.body).slice(0, 500))
      assert.ok(answer.body.includes('All my words'), 'the words are there')
      return words(answer.body)
    }
    const zip = Buffer.concat([Buffer.from('PK\u0003\u0004'), Buffer.alloc(400)])
    assert.match(await told([{ field: 'photos', name: 'holiday.jpg', bytes: zip }]), /Send a photo/)
    assert.match(await told([{ field: 'photos', name: 'large.jpg', bytes: Buffer.alloc(25_000_000, 1) }]), /too large/)
    assert.match(await told([{ field: 'photos', name: 'larger.jpg', bytes: Buffer.alloc(27_000_000, 1) }]), /too large/)
    const many = await Promise.all(Array.from({ length: 30 }, (_, i) => jpeg(`photo-${i}.jpg`)))
    const page = await told(many)
    assert.match(page, /No more files/)
    assert.ok(page.includes('photo-4.jpg') && !page.includes('photo-5.jpg'), 'five are kept')
  })

  it('shows words as words: a script in a description is text', async () => {
    const resident = somebody()
    const reference = await report(resident, { category: 'pothole', at: house(), text: '<script>alert(1)</script> & "quotes"' })
    const { body } = await resident.get(`/reports/${reference}`)
    assert.ok(!body.includes('<script>alert'))
    assert.ok(body.includes('&#60;script&#62;alert(1)'))
  })

  it('asks whether it is one of those close by, and adds to it instead of sending it twice', async () => {
    const at = house()
    const first = await report(somebody(), { category: 'pothole', at, text: 'The first hole.' })
    const second = somebody()
    assert.equal(await tellOf(second, { category: 'pothole', at, text: 'It has grown.', files: [await jpeg()] }), '/reports/new/similar')
    const asked = await second.get('/reports/new/similar')
    assert.ok(asked.body.includes(first) && asked.body.includes('The first hole.'))
    const before = await rows('select id from reports.report')
    const { id } = await getReport(board, first)
    assert.equal(leadsTo(await second.post('/reports/new/similar', { join: id })), '/reports/new/send')
    const fields = { ...(await sendFields(second)), email: 'second@example.org' }
    for (let times = 0; times < 2; times += 1) assert.equal(leadsTo(await second.post('/reports/new/send', fields)), '/reports/new/sent')
    const sent = (await second.get('/reports/new/sent')).body
    assert.ok(sent.includes(first))
    assert.match(words(sent), /Open the link in it to follow/)
    const following = 'select 1 from reports.follower where report_id = $1'
    assert.equal((await rows(following, [id])).length, 0, 'a typed address is asked first')
    await test.settle()
    const link = /(\/reports\/\S+\?c=\S+)/.exec(test.mails.findLast((each) => each.to === 'second@example.org')?.text ?? '')?.[1] ?? ''
    await second.get(link)
    assert.equal(leadsTo(await second.post(`/reports/${first}/follow/confirm`)), `/reports/${first}?done=following`)
    assert.equal((await rows(following, [id])).length, 1)
    assert.equal((await rows('select id from reports.report')).length, before.length)
    const page = words((await second.get(`/reports/${first}`)).body)
    assert.equal(page.split('It has grown.').length, 2, 'once')
    const third = somebody()
    const other = await report(third, { category: 'pothole', at, text: 'Quite another hole.' })
    assert.notEqual(other, first)
  })

  it('lets a network with very many reports wait, and nobody else', async () => {
    const ip = '203.0.113.7'
    const nobody = anonymous('web')
    const all = await Promise.all(Array.from({ length: 400 }, () => paceOf(test.app.platform, nobody, ip, randomUUID(), null)))
    assert.equal(all.filter((each) => each.go).length, pace.anHour)
    assert.deepEqual(await paceOf(test.app.platform, nobody, '203.0.113.8', randomUUID(), null), { go: true })
    const drafts = Array.from({ length: 300 }, () => randomUUID())
    const tickets = await Promise.all(drafts.map((id) => paceOf(test.app.platform, nobody, ip, id, null)))
    ahead += (pace.waitSeconds + 1) * 1000
    const late = await Promise.all(
      tickets.map((each, i) => paceOf(test.app.platform, nobody, ip, drafts[i] ?? '', each.go ? null : each.ticket)),
    )
    assert.equal(late.filter((each) => each.go).length, pace.lateAMinute, 'so many in a minute, however many wait')
    const [mine, others] = tickets
    assert.ok(mine && !mine.go && others && !others.go)
    ahead += 61_000
    assert.equal((await paceOf(test.app.platform, nobody, ip, drafts[1] ?? '', mine.ticket)).go, false, 'a ticket is for one draft')
    assert.equal((await paceOf(test.app.platform, nobody, ip, drafts[0] ?? '', `1.${'A'.repeat(43)}`)).go, false, 'and from this server')
    // on the page: a wait, then the same form again; and whoever signs in goes at once
    const resident = new Resident(test.url, { 'x-forwarded-for': ip })
    await tellOf(resident, { category: 'pothole', at: house(), text: 'One more.' })
    const fields = { ...(await sendFields(resident)), email: 'patient@example.org' }
    const waits = await resident.post('/reports/new/send', fields)
    assert.equal(waits.status, 429)
    assert.ok(waits.body.includes('patient@example.org'), 'what was typed is there')
    const ticket = /name="ticket" value="([^"]*)"/.exec(waits.body)?.[1] ?? ''
    assert.equal((await resident.post('/reports/new/send', { ...fields, ticket })).status, 429, 'not before its time')
    ahead += (pace.waitSeconds + 1) * 1000
    assert.equal(leadsTo(await resident.post('/reports/new/send', { ...fields, ticket })), '/reports/new/sent')
    const signedIn = new Resident(test.url, { 'x-forwarded-for': ip }).keep(await sessionOf(test, 'resident@harbourview.example'))
    assert.match(await report(signedIn, { category: 'pothole', at: house() }), /^RPT-/)
  })

  it('goes on after signing in, and lists the report in the account', async () => {
    const resident = somebody()
    await tellOf(resident, { category: 'pothole', at: house(), text: 'With my account.' })
    resident.keep(await sessionOf(test, 'resident@harbourview.example'))
    const page = await resident.get('/reports/new/send')
    assert.ok(page.body.includes('With my account') && page.body.includes('name="how"'))
    leadsTo(await resident.post('/reports/new/send', { ...(await sendFields(resident)), how: 'account' }))
    const reference = /RPT-[0-9A-Z]{4}-[0-9A-Z]{4}/.exec((await resident.get('/reports/new/sent')).body)?.[0] ?? ''
    assert.ok((await resident.get('/my')).body.includes(`/reports/${reference}`))
    assert.match(words((await resident.get(`/reports/${reference}`)).body), /You reported this/)
    assert.equal(leadsTo(await somebody().post('/track', { reference: reference.toLowerCase(), code: '' })), `/reports/${reference}`)
  })

  it('asks whether it is really fixed, and believes the one who reported it', async () => {
    const resident = somebody()
    const reference = await report(resident, { category: 'pothole', at: house() }, { email: 'doubter@example.org' })
    const path = `/reports/${reference}`
    await test.settle()
    await fixed(reference)
    await test.settle()
    const mail = test.mails.findLast((each) => each.to === 'doubter@example.org')
    const link = /(\/reports\/\S+\?code=\S+)/.exec(mail?.text ?? '')?.[1] ?? ''
    const other = somebody()
    assert.doesNotMatch((await other.get(path)).body, /name="answer"/, 'strangers are not asked')
    const holder = somebody()
    assert.equal(leadsTo(await holder.get(link)), path, 'the code leaves the address at once')
    assert.match((await holder.get(path)).body, /name="answer"/)
    const wrong = await holder.upload(`${path}/answer`, { answer: 'broken', text: 'The hole is back' }, [
      { field: 'photo', name: 'a.jpg', bytes: Buffer.from('PK\u0003\u0004') },
    ])
    assert.equal(wrong.status, 422)
    assert.ok(wrong.body.includes('The hole is back'))
    const answer = await holder.upload(`${path}/answer`, { answer: 'broken', text: 'The hole is back' }, [
      { field: 'photo', name: 'a.jpg', bytes: await photo() },
    ])
    assert.equal(leadsTo(answer), `${path}?done=broken`)
    const open = await getReport(board, reference)
    assert.equal(open.reopened, 1)
    assert.ok(['assigned', 'received'].includes(open.state))
    await fixed(reference)
    assert.equal(leadsTo(await holder.post(`${path}/answer`, { answer: 'fixed' })), `${path}?done=fixed`)
    const closed = await getReport(board, reference)
    assert.deepEqual([closed.state, closed.confirmed_by], ['closed', 'reporter'])
    assert.match(words((await other.get(path)).body), /confirmed by whoever reported it/)
    // it may be said to be broken for as long as the mail said
    const after = (await holder.get(path)).body
    assert.match(after, /name="answer" value="broken"/)
    assert.doesNotMatch(after, /name="answer" value="fixed"|value="fixed"/)
    assert.equal(leadsTo(await holder.upload(`${path}/answer`, { answer: 'broken', text: 'Again' })), `${path}?done=broken`)
    assert.equal((await getReport(board, reference)).reopened, 2)
  })

  it('asks whoever reported a duplicate on the page of their own report', async () => {
    const [root, twin] = [
      await report(somebody(), { category: 'pothole', at: house() }),
      await report(somebody(), { category: 'pothole', at: house() }, { email: 'twin@example.org' }),
    ]
    await mergeReports(board, officer(), (await getReport(board, twin)).id, (await getReport(board, root)).id)
    await fixed(root)
    await test.settle()
    const mail = test.mails.findLast((each) => each.to === 'twin@example.org' && /Is it fixed/.test(each.subject))
    const link = /(\/reports\/\S+\?code=\S+)/.exec(mail?.text ?? '')?.[1] ?? ''
    const holder = somebody()
    assert.equal(leadsTo(await holder.get(link)), `/reports/${twin}`)
    assert.match((await holder.get(`/reports/${twin}`)).body, /value="fixed"/)
    assert.equal(leadsTo(await holder.upload(`/reports/${twin}/answer`, { answer: 'broken', text: 'No' })), `/reports/${twin}?done=broken`)
    assert.equal((await getReport(board, root)).reopened, 1)
  })

  it('keeps a report that others have joined when its first reporter takes it back', async () => {
    const resident = somebody()
    const reference = await report(resident, { category: 'pothole', at: house() }, { email: 'first@example.org' })
    const path = `/reports/${reference}`
    const { id } = await getReport(board, reference)
    assert.match((await resident.get(path)).body, /\/withdraw"/)
    await joinReport(board, anonymous('web'), id, { text: 'Me too.', language: 'en' })
    assert.doesNotMatch((await resident.get(path)).body, /\/withdraw"/)
    assert.equal(leadsTo(await resident.post(`${path}/withdraw`)), `${path}?done=joined`)
    assert.match(words((await resident.get(`${path}?done=joined`)).body), /so it stays open/)
    assert.equal((await getReport(board, reference)).outcome, null)
    assert.equal((await rows('select 1 from reports.follower where report_id = $1 and ended_at is null', [id])).length, 0)
  })

  it('lets others follow once their mailbox has said so', async () => {
    const reference = await report(somebody(), { category: 'pothole', at: house() })
    const path = `/reports/${reference}`
    const fan = somebody()
    assert.equal((await fan.post(`${path}/follow`, { email: 'no address' })).status, 422)
    assert.equal(leadsTo(await fan.post(`${path}/follow`, { email: 'fan@example.org' })), `${path}?done=asked`)
    await test.settle()
    const link = /(\/reports\/\S+\?c=\S+)/.exec(test.mails.findLast((each) => each.to === 'fan@example.org')?.text ?? '')?.[1] ?? ''
    const followers = async (): Promise<number> =>
      (await rows('select 1 from reports.follower f join reports.report r on r.id = f.report_id where r.reference = $1', [reference]))
        .length
    const before = await followers()
    assert.equal(leadsTo(await fan.get(link)), `${path}/follow`)
    assert.equal((await fan.get(`${path}/follow`)).status, 200)
    assert.equal(await followers(), before, 'opening a link changes nothing')
    assert.equal(leadsTo(await fan.post(`${path}/follow/confirm`)), `${path}?done=following`)
    assert.equal(await followers(), before + 1)
    assert.equal(leadsTo(await fan.post(`${path}/follow/confirm`)), `${path}?done=link`, 'a link is good once')
  })

  it('lets only its reporter take a report back, and see one that is hidden', async () => {
    const resident = somebody()
    const reference = await report(resident, { category: 'pothole', at: house() }, { email: 'owner@example.org' })
    const path = `/reports/${reference}`
    const other = somebody()
    assert.equal((await other.post(`${path}/withdraw`)).status, 404)
    assert.equal(leadsTo(await other.post(`${path}/concern`, { reason: 'person' })), `${path}?done=concern`)
    assert.equal((await other.post(`${path}/concern`, {})).status, 422)
    assert.equal((await rows('select 1 from reports.concern where settled_at is null')).length, 1)
    const { id } = await getReport(board, reference)
    await hideReport(board, officer(), id, true)
    assert.equal((await other.get(path)).status, 404)
    assert.equal((await other.get(`${path}/events`)).status, 404)
    assert.equal((await other.post(`${path}/follow`, { email: 'a@example.org' })).status, 404)
    assert.equal((await other.post('/track', { reference, code: '' })).status, 422)
    assert.equal((await resident.get(path)).status, 200)
    assert.equal(leadsTo(await resident.post(`${path}/withdraw`)), `${path}?done=withdrawn`)
    assert.equal((await getReport(board, reference)).outcome, 'withdrawn')
  })

  it('erases drafts after a day', async () => {
    const resident = somebody()
    await tellOf(resident, { category: 'pothole', at: house(), text: 'Never sent', files: [await jpeg()] })
    ahead += 25 * 3_600_000
    const job = test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === 'reports:erase_drafts')
    assert.ok(job)
    await job.run(test.app.platform, {})
    assert.equal((await rows('select 1 from reports.draft')).length, 0)
    assert.equal(
      (await rows("select 1 from people.sealed s join people.record r on r.id = s.record_id where r.kind = 'report_draft'")).length,
      0,
    )
    assert.equal(leadsTo(await resident.get('/reports/new/describe')), '/reports/new')
  })
})
