import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { decodeRequests, decodeUpdateReceipt, decodeUpdates, readXml } from '../../src/modules/open311/index.ts'
import { query } from '../../src/platform/db.ts'
import { formats, KEY, type Open311, startOpen311 } from './open311stage.ts'

describe('GeoReport v2: what is read', () => {
  let open311: Open311
  before(async () => {
    open311 = await startOpen311()
  })
  after(() => open311.city.close())

  test('GET Service Requests: ids override all else; codes, status, dates and what changed', async () => {
    const ids = await Promise.all([open311.make(), open311.make(), open311.make()])
    const litter = await open311.make({}, 'litter')
    const list = async (search: string) => decodeRequests((await open311.get(`requests.json?${search}`)).body)
    assert.deepEqual(
      (await list(`service_request_id=${ids[0]},%20${ids[1]},RPT-XXXX-XXXX&status=closed&start_date=1999-01-01T00:00:00Z`)).map((each) => each.service_request_id).toSorted(),
      [ids[0], ids[1]].toSorted(),
    ) // prettier-ignore
    const graffiti = (await list('service_code=graffiti')).map((each) => each.service_request_id)
    assert.deepEqual([ids.every((id) => graffiti.includes(id)), graffiti.includes(litter)], [true, false])
    assert.ok((await list('')).some((each) => each.service_request_id === litter))
    assert.deepEqual(await list('service_code=never'), [])
    assert.deepEqual(await list('status=closed'), [])
    assert.equal((await list('status=open,closed')).length, (await list('')).length)
    assert.equal((await list('status=&service_code=&start_date=')).length, (await list('')).length)
    const now = open311.now()
    const iso = (ms: number): string => new Date(ms).toISOString()
    assert.deepEqual(await list(`start_date=${iso(now - 9e9)}&end_date=${iso(now - 8e9)}`), [])
    assert.ok((await list(`start_date=${iso(now - 86_400_000)}`)).length >= 3)
    // a plus sign that was not encoded
    assert.ok((await list(`start_date=${iso(now - 86_400_000).slice(0, 19)}+00:00`)).length >= 3)
    assert.equal((await open311.get(`requests.json?start_date=${iso(now - 91 * 86_400_000)}&end_date=${iso(now)}`)).statusCode, 400)
    assert.equal((await open311.get(`requests.json?start_date=${iso(now)}&end_date=${iso(now - 1)}`)).statusCode, 400)
    assert.deepEqual(await list(`updated_after=${iso(now + 86_400_000)}`), [])
    assert.ok((await list(`updated_after=${iso(now - 86_400_000)}&updated_before=${iso(now + 60_000)}`)).length >= 3)
    const near = await open311.make({ lat: '39.0061', long: '-30.502' })
    assert.ok((await list('lat=39.006&long=-30.502&radius=30')).some((each) => each.service_request_id === near))
    assert.ok((await list('lat=39.006&long=-30.502&radius=30')).every((each) => (each.lat ?? 0) > 39.0055))
    const [first] = await list('page_size=1')
    const [second] = await list('page_size=1&page=2')
    assert.deepEqual([first, second].map((each) => each?.service_request_id), (await list('page_size=2')).map((each) => each.service_request_id)) // prettier-ignore
  })

  test('order and freshness: the newest first, a new one at once though lists are kept ready, a hidden one never', async () => {
    const before_ = decodeRequests((await open311.get('requests.json')).body)
    assert.equal((await open311.get('requests.json', { 'accept-encoding': 'gzip' })).headers['content-encoding'], 'gzip')
    const id = await open311.make()
    const after_ = decodeRequests((await open311.get('requests.json')).body)
    assert.equal(after_[0]?.service_request_id, id)
    assert.equal(after_.length, before_.length + 1)
    await query(open311.city.app.platform.db, 'update reports.report set hidden = true, updated_at = now() where reference = $1', [id])
    assert.ok(!decodeRequests((await open311.get('requests.json')).body).some((each) => each.service_request_id === id))
    assert.equal((await open311.get(`requests/${id}.xml`)).statusCode, 404)
    assert.deepEqual(decodeRequests((await open311.get(`requests.xml?service_request_id=${id}`)).body), [])
  })

  test('closed never stands for fixed: every state and ending in status, words and extended attributes', async () => {
    const set = async (sql: string): Promise<string> => {
      const id = await open311.make()
      await query(open311.city.app.platform.db, `update reports.report set ${sql}, updated_at = now() where reference = $1`, [id])
      return id
    }
    const fixed = `outcome = 'fixed', ended_at = now(), closure = '{"outcome":"fixed","evidence":{"kind":"work_order","order":"W 1","on":"2026-01-02"}}'`
    const ended = (outcome: string, more = ''): string =>
      `state = 'closed', outcome = '${outcome}', ended_at = now(), closure = '{"outcome":"${outcome}"${more}}'`
    const cases: Array<[string, string, RegExp, Record<string, unknown>]> = [
      [`state = 'in_progress'`, 'open', /working on it/, { state: 'in_progress', outcome: null }],
      [`state = 'assigned', reopened = 1`, 'open', /was not/, { reopened: 1 }],
      [`state = 'checking', checking_until = '2026-12-24', ${fixed}`, 'open', /says it is fixed. Until 24 December 2026/, { evidence: 'work_order', evidence_on: '2026-01-02', checking_until: '2026-12-24', confirmed_by: null }],
      [`state = 'closed', confirmed_by = 'reporter', ${fixed}`, 'closed', /confirmed it/, { outcome: 'fixed', confirmed_by: 'reporter' }],
      [`state = 'closed', confirmed_by = 'silence', ${fixed}`, 'closed', /nobody said otherwise/, { confirmed_by: 'silence' }],
      [ended('no_action', ',"reason":"private_land"'), 'closed', /Not fixed: it is on private land/, { outcome: 'no_action', reason: 'private_land' }],
      [ended('not_ours', ',"authority":"harbour_water"'), 'closed', /Harbour Water Company/, { handed_to: 'harbour_water' }],
      [ended('referred', ',"programme":"Roads 2027","on":"2027-05-01"'), 'closed', /Roads 2027/, { referred_to: 'Roads 2027', referred_on: '2027-05-01' }],
      [ended('withdrawn'), 'closed', /Taken back/, { outcome: 'withdrawn' }],
    ] // prettier-ignore
    for (const [sql, status, notes, extended] of cases) {
      const id = await set(sql)
      const told = await open311.one(id, '?extensions=true')
      assert.equal(told?.status, status, sql)
      assert.match(told?.status_notes ?? '', notes)
      for (const [name, value] of Object.entries(extended)) assert.equal(told?.extended_attributes?.[name], value, `${sql}: ${name}`)
      const [xml] = decodeRequests((await open311.get(`requests/${id}.xml?extensions=true`)).body)
      assert.equal(xml?.extended_attributes?.['state'], told?.extended_attributes?.['state'])
    }
    const root = await open311.make()
    const twin =
      await set(`state = 'closed', outcome = 'duplicate', ended_at = now(), merged_into = (select id from reports.report where reference = '${root}'),
      closure = jsonb_build_object('outcome', 'duplicate', 'of', (select id from reports.report where reference = '${root}'))`)
    assert.match((await open311.one(twin))?.status_notes ?? '', new RegExp(root))
    assert.equal((await open311.one(twin, '?extensions=true'))?.extended_attributes?.['duplicate_of'], root)
    const closed = decodeRequests((await open311.get('requests.json?status=closed')).body)
    assert.ok(closed.length >= 7 && closed.every((each) => each.status === 'closed'))
  })

  test('service request updates: told, written once, masked; a status does not close anything', async () => {
    const id = await open311.make()
    const form = {
      api_key: KEY,
      service_request_id: id,
      update_id: 'u-1',
      status: 'CLOSED',
      description: 'It is bigger now, call 912 345 678',
      updated_datetime: '2026-01-01T00:00:00Z',
    }
    const first = await open311.post('servicerequestupdates.xml', form)
    assert.equal(first.statusCode, 201, first.body)
    assert.equal(readXml(first.body).name, 'service_request_updates')
    const again = await open311.post('servicerequestupdates.json', form)
    assert.equal(again.statusCode, 200)
    assert.equal(decodeUpdateReceipt(again.body), decodeUpdateReceipt(first.body))
    assert.equal((await open311.one(id))?.status, 'open')
    for (const format of formats) {
      const updates = decodeUpdates((await open311.get(`servicerequestupdates.${format}?service_request_id=${id}`)).body)
      assert.equal(updates.length, 2)
      assert.equal(updates[0]?.update_id, decodeUpdateReceipt(first.body))
      assert.match(updates[0]?.description ?? '', /bigger now/)
      assert.doesNotMatch(updates[0]?.description ?? '', /912/)
      assert.deepEqual(updates.map((each) => each.status), ['open', 'open']) // prettier-ignore
      assert.match(decodeUpdates((await open311.get(`servicerequestupdates.${format}?service_request_id=${id}&extensions=true`)).body)[0]?.status ?? '', /^(open|action_scheduled)$/)
    } // prettier-ignore
    assert.equal((await open311.post('servicerequestupdates.json', { ...form, api_key: '' })).statusCode, 403)
    assert.equal((await open311.post('servicerequestupdates.json', { ...form, description: '' })).statusCode, 400)
    assert.equal((await open311.post('servicerequestupdates.json', { ...form, service_request_id: 'RPT-0000-0000' })).statusCode, 404)
  })

  test('bulk CSV: streamed, every row, and no cell that an office program would run', async () => {
    await open311.make({ description: '=HYPERLINK("https://evil.example","x")\n+1' })
    const answer = await open311.get('requests.csv')
    assert.match(String(answer.headers['content-type']), /^text\/csv; charset=utf-8/)
    const lines = answer.body.split('\r\n')
    assert.match(lines[0] ?? '', /^\uFEFFservice_request_id,status,status_notes/)
    assert.match(answer.body, /"'=HYPERLINK/)
    assert.doesNotMatch(answer.body, /,"?=HYPERLINK/)
    const all = decodeRequests((await open311.get('requests.json')).body)
    assert.equal(lines.filter((line) => line.startsWith('RPT-')).length, all.length)
    assert.equal((await open311.get('requests.csv?start_date=x')).statusCode, 400)
  })
})
