import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import sharp from 'sharp'
import { getReport } from '../../src/modules/reports/service/index.ts'
import { leadsTo, placeFields, POTHOLE, report, type SentFile, sendFields, tellOf } from '../support/reporting.ts'
import { type Reporting, startReporting, words } from './reportingstage.ts'

describe('reporting a problem, without a script', () => {
  let city: Reporting
  before(async () => {
    city = await startReporting()
  })
  after(() => city.test.close())

  it('takes a report without a name, keeps nothing of the draft and gives the same report when it is sent again', async () => {
    const resident = city.somebody()
    assert.equal((await resident.get('/reports/new')).status, 200)
    assert.equal(resident.cookie('stoa_report_draft'), null, 'looking begins nothing')
    const next = await tellOf(resident, { category: 'pothole', at: city.house(), text: 'A hole at the kerb.' })
    assert.equal(next, '/reports/new/send', 'nothing near: nobody is asked')
    const fields = await sendFields(resident)
    const before = await city.rows('select id from reports.report')
    const sent = await Promise.all([1, 2, 3].map(() => resident.post('/reports/new/send', fields)))
    for (const answer of sent) assert.equal(leadsTo(answer), '/reports/new/sent')
    assert.equal(leadsTo(await resident.post('/reports/new/send', fields)), '/reports/new/sent')
    assert.equal((await city.rows('select id from reports.report')).length, before.length + 1)
    const [draft] = await city.rows<{ person_id: string | null }>('select person_id from reports.draft where id = $1', [fields['draft']])
    assert.equal(draft?.person_id, null)
    const left = await city.rows("select 1 from people.sealed s join people.record r on r.id = s.record_id where r.kind = 'report_draft'")
    assert.equal(left.length, 0)
    const page = await resident.get('/reports/new/sent')
    assert.match(page.body, /RPT-[0-9A-Z]{4}-[0-9A-Z]{4}/)
    assert.equal(leadsTo(await resident.get('/reports/new/describe')), '/reports/new', 'the next report is a new one')
  })

  it('answers each of many sendings of one draft alike, and makes one report', async () => {
    for (let round = 0; round < 6; round += 1) {
      const resident = city.somebody()
      await tellOf(resident, { category: 'pothole', at: city.house(), text: `A hole, number ${round}.`, files: [await city.jpeg()] })
      const fields = await sendFields(resident)
      const before = await city.rows('select id from reports.report')
      const sent = await Promise.all(Array.from({ length: 6 }, () => resident.post('/reports/new/send', fields)))
      assert.deepEqual(new Set(sent.map(leadsTo)), new Set(['/reports/new/sent']))
      assert.equal((await city.rows('select id from reports.report')).length, before.length + 1)
    }
  })

  it('says what is wrong with a place and takes none that is nowhere', async () => {
    const resident = city.somebody()
    const at = city.house()
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
    for (const authority of city.board.categories.authorities) assert.ok(outside.includes(authority.name['en'] ?? '?'), authority.id)
    const swapped = await resident.upload('/reports/new', { 'place-lat': String(at.long), 'place-long': String(at.lat) })
    assert.equal(swapped.status, 422)
    assert.match(words(swapped.body), /other way round/)
    const offered =
      /id="place-lat"[^>]*value="([^"]*)"/.exec(swapped.body)?.[1] ?? /name="place-lat" value="([^"]*)"/.exec(swapped.body)?.[1]
    assert.equal(Number(offered), Number(at.lat.toFixed(6)))
    assert.equal(leadsTo(await resident.upload('/reports/new', placeFields(at))), '/reports/new/what')
  })

  it('finds places by what is typed, and takes a tap on the picture', async () => {
    const resident = city.somebody()
    const address = city.board.places?.addresses[500]
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
    const resident = city.somebody()
    const at = city.house()
    const dms = (value: number): string => `${Math.floor(Math.abs(value))}/1 0/1 ${Math.round((Math.abs(value) % 1) * 3_600_000)}/1000`
    const exif = { IFD3: { GPSLatitudeRef: 'N', GPSLatitude: dms(at.lat), GPSLongitudeRef: 'W', GPSLongitude: dms(at.long) } }
    const bytes = await sharp({ create: { width: 60, height: 40, channels: 3, background: '#363' } })
      .withExif(exif)
      .jpeg()
      .toBuffer()
    const offered = await resident.upload('/reports/new', { _photo: '1' }, [{ field: 'photos', name: 'hole.jpg', bytes }])
    assert.match(words(offered.body), /taken where the problem is/)
    assert.equal(leadsTo(await resident.upload('/reports/new', { _use_photo: '1' })), '/reports/new/what')
    const [draft] = await city.rows<{ lat: number; long: number }>('select lat, long from reports.draft order by created_at desc limit 1')
    assert.ok(draft && Math.abs(draft.lat - at.lat) < 1e-4 && Math.abs(draft.long - at.long) < 1e-4)
    await resident.post('/reports/new/what', { category: 'pothole' })
    assert.ok((await resident.get('/reports/new/describe')).body.includes('hole.jpg'), 'the photo is kept')
  })

  it('knows a place by district and words, and says on the page that it is no point', async () => {
    const resident = city.somebody()
    const district = city.board.places?.districts[0]
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
    const resident = city.somebody()
    await resident.upload('/reports/new', placeFields(city.house()))
    const found = await resident.post('/reports/new/what', { typed: 'hole in the road' })
    assert.match(found.body, /id="found"[^>]*>[^<]*fit/)
    assert.ok(found.body.indexOf('value="pothole"') > 0)
    assert.match(words((await resident.post('/reports/new/what', { typed: 'qqqqzzz' })).body), /Nothing fits/)
    assert.equal((await resident.post('/reports/new/what', {})).status, 422)
    const danger = city.board.categories.list.find((each) => each.urgent)
    assert.ok(danger, 'the city knows a danger')
    assert.equal(leadsTo(await resident.post('/reports/new/what', { category: danger.id })), '/reports/new/danger')
    assert.ok((await resident.get('/reports/new/danger')).body.includes(`tel:${city.board.categories.emergencyNumber}`))
    assert.equal(leadsTo(await resident.get('/reports/new/describe')), '/reports/new/danger', 'nobody comes past it')
    assert.equal(leadsTo(await resident.post('/reports/new/danger')), '/reports/new/describe')
  })

  it('loses nothing with photos that cannot be taken', async () => {
    const resident = city.somebody()
    await resident.upload('/reports/new', placeFields(city.house()))
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
    const many = await Promise.all(Array.from({ length: 30 }, (_, i) => city.jpeg(`photo-${i}.jpg`)))
    const page = await told(many)
    assert.match(page, /No more files/)
    assert.ok(page.includes('photo-4.jpg') && !page.includes('photo-5.jpg'), 'five are kept')
  })

  it('shows words as words: a script in a description is text', async () => {
    const resident = city.somebody()
    const reference = await report(resident, { category: 'pothole', at: city.house(), text: '<script>alert(1)</script> & "quotes"' })
    const { body } = await resident.get(`/reports/${reference}`)
    assert.ok(!body.includes('<script>alert'))
    assert.ok(body.includes('&#60;script&#62;alert(1)'))
  })

  it('asks whether it is one of those close by, and adds to it instead of sending it twice', async () => {
    const at = city.house()
    const first = await report(city.somebody(), { category: 'pothole', at, text: 'The first hole.' })
    const second = city.somebody()
    assert.equal(
      await tellOf(second, { category: 'pothole', at, text: 'It has grown.', files: [await city.jpeg()] }),
      '/reports/new/similar',
    )
    const asked = await second.get('/reports/new/similar')
    assert.ok(asked.body.includes(first) && asked.body.includes('The first hole.'))
    const before = await city.rows('select id from reports.report')
    const { id } = await getReport(city.board, first)
    assert.equal(leadsTo(await second.post('/reports/new/similar', { join: id })), '/reports/new/send')
    const fields = { ...(await sendFields(second)), email: 'second@example.org' }
    for (let times = 0; times < 2; times += 1) assert.equal(leadsTo(await second.post('/reports/new/send', fields)), '/reports/new/sent')
    const sent = (await second.get('/reports/new/sent')).body
    assert.ok(sent.includes(first))
    assert.match(words(sent), /Open the link in it to follow/)
    const following = 'select 1 from reports.follower where report_id = $1'
    assert.equal((await city.rows(following, [id])).length, 0, 'a typed address is asked first')
    await city.test.settle()
    const link = /(\/reports\/\S+\?c=\S+)/.exec(city.test.mails.findLast((each) => each.to === 'second@example.org')?.text ?? '')?.[1] ?? ''
    await second.get(link)
    assert.equal(leadsTo(await second.post(`/reports/${first}/follow/confirm`)), `/reports/${first}?done=following`)
    assert.equal((await city.rows(following, [id])).length, 1)
    assert.equal((await city.rows('select id from reports.report')).length, before.length)
    const page = words((await second.get(`/reports/${first}`)).body)
    assert.equal(page.split('It has grown.').length, 2, 'once')
    const third = city.somebody()
    const other = await report(third, { category: 'pothole', at, text: 'Quite another hole.' })
    assert.notEqual(other, first)
  })
})
