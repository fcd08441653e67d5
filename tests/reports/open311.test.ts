import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  decodeDefinition, decodeDiscovery, decodeErrors, decodeReceipt, decodeRequests, decodeServices, decodeUpdateReceipt, decodeUpdates, type Format, parseW3c,
  readXml,
} from '../../src/modules/open311/index.ts' // prettier-ignore
import { query } from '../../src/platform/db.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { photo, sessionOf } from '../support/world.ts'

const formats: readonly Format[] = ['xml', 'json']
const KEY = 'harbourview-demo-key'
const HERE = { lat: '39.005', long: '-30.502' }
const types = { xml: 'text/xml; charset=utf-8', json: 'application/json; charset=utf-8' } as const

describe('GeoReport v2', () => {
  let test_: TestApp
  let clock = 0
  before(async () => {
    test_ = await startApp({ accounts: true, overrides: { now: () => new Date(Date.now() + clock) } })
  })
  after(() => test_.close())

  const get = (path: string, headers: Record<string, string> = {}) =>
    test_.app.server.inject({ method: 'GET', url: `/open311/v2/${path}`, headers })
  const post = (path: string, form: Record<string, string | string[]>, headers: Record<string, string> = {}) => {
    const body = new URLSearchParams(
      Object.entries(form).flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each])),
    )
    return test_.app.server.inject({
      method: 'POST',
      url: `/open311/v2/${path}`,
      headers: { 'content-type': 'application/x-www-form-urlencoded', ...headers },
      payload: body.toString(),
    })
  }
  const report = (more: Record<string, string | string[]> = {}) => ({
    api_key: KEY,
    service_code: 'graffiti',
    ...HERE,
    description: `A wall of words ${Math.random()}`,
    ...answers,
    ...more,
  })
  let answers: Record<string, string> = {}
  const make = async (more: Record<string, string | string[]> = {}): Promise<string> => {
    const done = await post('requests.json', report(more))
    assert.equal(done.statusCode, 201, done.body)
    return decodeReceipt(done.body)?.service_request_id ?? ''
  }
  const one = async (id: string, more = '') => decodeRequests((await get(`requests/${id}.json${more}`)).body)[0]

  before(async () => {
    const definition = decodeDefinition((await get('services/graffiti.json')).body)
    answers = Object.fromEntries(
      (definition?.attributes ?? []).filter((each) => each.required).map((each) => [`attribute[${each.code}]`, each.values[0]?.key ?? '1']),
    )
  })

  for (const format of formats) {
    test(`${format}: Service Discovery names this endpoint, its formats and how to get a key`, async () => {
      const answer = await get(`discovery.${format}`)
      assert.equal(answer.statusCode, 200)
      assert.equal(answer.headers['content-type'], types[format])
      const discovery = decodeDiscovery(answer.body)
      assert.equal(discovery?.endpoints[0]?.specification, 'http://wiki.open311.org/GeoReport_v2')
      assert.match(discovery?.endpoints[0]?.url ?? '', /\/open311\/v2$/)
      assert.deepEqual(discovery?.endpoints[0]?.formats, ['text/xml', 'application/json'])
      assert.ok(parseW3c(discovery?.changeset ?? ''))
      assert.match(discovery?.key_service ?? '', /\/open311\/keys/)
    })

    test(`${format}: GET Service List: every category of the city, in the language that was asked for`, async () => {
      const answer = await get(`services.${format}?jurisdiction_id=`)
      assert.equal(answer.headers['content-type'], types[format])
      assert.equal(answer.headers['access-control-allow-origin'], '*')
      const services = decodeServices(answer.body)
      assert.ok(services.length >= 15)
      assert.ok(services.every((each) => each.type === 'realtime' && each.group !== null && each.keywords !== null))
      const spanish = decodeServices((await get(`services.${format}?locale=es`)).body)
      const accepted = decodeServices((await get(`services.${format}`, { 'accept-language': 'es-MX,es;q=0.9' })).body)
      assert.deepEqual(spanish, accepted)
      assert.notEqual(spanish[0]?.service_name, services[0]?.service_name)
      assert.deepEqual(decodeServices((await get(`services.${format}?lat=50&long=8`)).body), [])
      assert.equal(decodeServices((await get(`services.${format}?lat=${HERE.lat}&long=${HERE.long}`)).body).length, services.length)
    })

    test(`${format}: GET Service Definition: the questions of a category, in order`, async () => {
      const services = decodeServices((await get(`services.${format}`)).body)
      for (const service of services) {
        const answer = await get(`services/${service.service_code}.${format}`)
        const definition = decodeDefinition(answer.body)
        assert.equal(definition?.service_code, service.service_code)
        assert.equal((definition?.attributes.length ?? 0) > 0, service.metadata, service.service_code)
        assert.deepEqual(
          definition?.attributes.map((each) => each.order),
          definition?.attributes.map((_, at) => at + 1),
        )
        for (const each of definition?.attributes ?? []) {
          assert.equal(each.values.length > 0, each.datatype === 'singlevaluelist' || each.datatype === 'multivaluelist', each.code)
          assert.ok(each.description)
        }
      }
      const danger = services.filter((each) => each.group?.startsWith('Danger'))
      assert.ok(danger.length > 0)
      for (const each of danger) {
        const [first] = decodeDefinition((await get(`services/${each.service_code}.${format}`)).body)?.attributes ?? []
        assert.deepEqual([first?.variable, first?.code], [false, 'danger'])
        assert.match(first?.description ?? '', /112/)
      }
      const unknown = await get(`services/nope.${format}`)
      assert.equal(unknown.statusCode, 404)
      assert.equal(decodeErrors(unknown.body)[0]?.code, '404')
    })

    test(`${format}: POST Service Request, then GET Service Request: what was sent is what is told`, async () => {
      const done = await post(
        `requests.${format}`,
        report({ device_id: format, description: 'Paint & <more> on "the" wall', address_string: 'Behind the old pump' }),
      )
      assert.equal(done.statusCode, 201, done.body)
      assert.equal(done.headers['content-type'], types[format])
      const receipt = decodeReceipt(done.body)
      const id = receipt?.service_request_id ?? ''
      assert.equal(receipt?.token, null)
      assert.match(receipt?.service_notice ?? '', /due by/)
      const answer = await get(`requests/${id}.${format}`)
      const [told, ...others] = decodeRequests(answer.body)
      assert.equal(others.length, 0)
      assert.deepEqual(
        [told?.service_request_id, told?.status, told?.service_code, told?.description, told?.lat, told?.long, told?.address],
        [id, 'open', 'graffiti', 'Paint & <more> on "the" wall', 39.005, -30.502, 'Behind the old pump'],
      )
      assert.ok(told?.requested_datetime && told.updated_datetime && told.expected_datetime && told.agency_responsible && told.status_notes)
      assert.equal(told?.extended_attributes, undefined)
    })

    test(`${format}: Errors: a list with code and description, in the status that fits`, async () => {
      const cases: Array<[Promise<{ statusCode: number; body: string }>, number, RegExp]> = [
        [post(`requests.${format}`, report({ api_key: 'wrong-key-wrong' })), 403, /key/],
        [post(`requests.${format}`, { ...report(), api_key: '' }), 403, /api_key is missing/],
        [post(`requests.${format}`, report({ service_code: 'nope' })), 404, /service_code/],
        [post(`requests.${format}`, report({ service_code: '' })), 400, /service_code is missing/],
        [post(`requests.${format}`, report({ jurisdiction_id: 'elsewhere.example' })), 404, /jurisdiction/],
        [get(`requests.${format}?jurisdiction_id=elsewhere.example`), 404, /jurisdiction/],
        [get(`requests/RPT-0000-0000.${format}`), 404, /no such request/],
        [get(`requests/%00%0A.${format}`), 404, /no such request/],
        [get(`tokens/123.${format}`), 404, /no such token/],
        [get(`nothing.${format}`), 404, /no such method/],
        [post(`services.${format}`, {}), 405, /HTTP method/],
        [get(`requests.${format}?start_date=yesterday`), 400, /start_date/],
      ]
      for (const [asked, status, words] of cases) {
        const answer = await asked
        const errors = decodeErrors(answer.body)
        assert.equal(answer.statusCode, status, answer.body)
        assert.equal(errors[0]?.code, String(status))
        assert.match(errors[0]?.description ?? '', words)
        if (format === 'json') assert.ok(Array.isArray(JSON.parse(answer.body)))
        else assert.equal(readXml(answer.body).name, 'errors')
      }
    })
  }

  test('Format Support: without an ending, XML unless JSON is preferred', async () => {
    assert.equal((await get('services')).headers['content-type'], types.xml)
    assert.equal((await get('services', { accept: '*/*' })).headers['content-type'], types.xml)
    assert.equal((await get('services', { accept: 'application/json' })).headers['content-type'], types.json)
    assert.equal((await get('services', { accept: 'application/json;q=0.5, text/xml' })).headers['content-type'], types.xml)
    assert.equal((await get('services.xml', { accept: 'application/json' })).headers['content-type'], types.xml)
    assert.equal((await get('nope')).headers['content-type'], types.xml)
  })

  test('Errors: every fault of a form is told, not only the first, in the language that was asked for', async () => {
    const bad = report({
      lat: '91',
      long: 'x',
      email: 'nobody',
      media_url: 'http://insecure.example/a.jpg',
      'attribute[never_asked]': '1',
      description: 'x'.repeat(4_001),
    })
    const errors = decodeErrors((await post('requests.json?locale=es', bad)).body)
    assert.equal(errors.length, 5, JSON.stringify(errors))
    assert.ok(errors.some((each) => /grados/.test(each.description)))
    const many = await get('requests.xml?status=maybe&start_date=x&page=0&radius=9&lat=1')
    assert.equal(decodeErrors(many.body).length, 4, many.body)
  })

  test('POST Service Request: places that are none, or elsewhere, are refused in words', async () => {
    for (const place of [{ lat: '0', long: '0' }, { lat: 'NaN', long: 'NaN' }, { lat: '39.005', long: '' }, { lat: '-30.502', long: '39.005' }, { lat: '1e1', long: '2' }, { lat: '', long: '' }] as const) {
      const answer = await post('requests.json', report(place))
      assert.equal(answer.statusCode, 400, JSON.stringify(place))
      assert.ok((decodeErrors(answer.body)[0]?.description.length ?? 0) > 10)
    } // prettier-ignore
    const { app } = test_
    const known = await one(await make())
    assert.ok(known?.address_id === null || known?.zipcode)
    const byWords = await post('requests.json', { ...report(), lat: '', long: '', address_string: '1 Harbour Parade' })
    assert.equal(byWords.statusCode, 201, byWords.body)
    const near = await one(decodeReceipt(byWords.body)?.service_request_id ?? '')
    assert.ok(near?.address_id && near.zipcode && near.address)
    const byId = await post('requests.json', { ...report(), lat: '', long: '', address_id: near?.address_id ?? '' })
    assert.equal((await one(decodeReceipt(byId.body)?.service_request_id ?? ''))?.address, near?.address)
    assert.equal((await post('requests.json', { ...report(), lat: '', long: '', address_id: 'nope' })).statusCode, 400)
    assert.ok(app)
  })

  test('attributes: lists, needed and wrong ones; what is personal stays out of what is told', async () => {
    const services = decodeServices((await get('services.json')).body)
    for (const service of services.filter((each) => each.metadata)) {
      const definition = decodeDefinition((await get(`services/${service.service_code}.json`)).body)
      const asked = (definition?.attributes ?? []).filter((each) => each.variable)
      const listed = asked.find((each) => each.datatype.endsWith('valuelist'))
      if (listed) {
        const wrong = await post('requests.json', {
          ...report(),
          service_code: service.service_code,
          [`attribute[${listed.code}]`]: 'no-such-option',
        })
        assert.equal(wrong.statusCode, 400, service.service_code)
        assert.ok(decodeErrors(wrong.body).some((each) => each.description.includes(`attribute[${listed.code}]`)))
      }
      const needed = asked.find((each) => each.required)
      if (needed) {
        const none = await post('requests.json', { api_key: KEY, service_code: service.service_code, ...HERE })
        assert.ok(
          decodeErrors(none.body).some((each) => each.description.includes(`attribute[${needed.code}]`)),
          service.service_code,
        )
      }
      const value = (each: (typeof asked)[number]): string =>
        each.values[0]?.key ?? (each.datatype === 'number' ? '3' : each.datatype === 'datetime' ? '2026-01-31T10:00:00Z' : 'words')
      // what is not asked with these answers is left out
      const all = asked
      const done = await post('requests.json', {
        api_key: KEY,
        service_code: service.service_code,
        ...HERE,
        description: `whole ${service.service_code}`,
        ...Object.fromEntries(
          all.map((each) => [each.datatype === 'multivaluelist' ? `attribute[${each.code}][]` : `attribute[${each.code}]`, value(each)]),
        ),
      })
      assert.equal(done.statusCode, 201, `${service.service_code}: ${done.body}`)
    }
    const id = await make({
      description: 'Call me on +351 912 345 678 or me@private.example',
      email: 'me@private.example',
      first_name: 'Ana',
      last_name: 'Prova',
      phone: '+351 912 345 678',
    })
    const told = JSON.stringify(await one(id, '?extensions=true'))
    assert.doesNotMatch(told, /private\.example|912 345|Prova/)
    const rows = await query<{ text: string }>(test_.app.platform.db, 'select r::text as text from reports.report r where reference = $1', [
      id,
    ])
    assert.doesNotMatch(rows[0]?.text ?? '', /private\.example|Prova/)
  })

  test('the same once: by Idempotency-Key, and by the same words from the same device within minutes', async () => {
    const form = report({ device_id: 'd1' })
    const first = decodeReceipt((await post('requests.json', form)).body)
    const second = await post('requests.json', form)
    assert.equal(second.statusCode, 200)
    assert.equal(decodeReceipt(second.body)?.service_request_id, first?.service_request_id)
    assert.notEqual(
      decodeReceipt((await post('requests.json', { ...form, device_id: 'd2' })).body)?.service_request_id,
      first?.service_request_id,
    )
    clock += 9 * 60_000
    assert.equal(decodeReceipt((await post('requests.json', form)).body)?.service_request_id, first?.service_request_id)
    clock += 12 * 60_000
    assert.notEqual(decodeReceipt((await post('requests.json', form)).body)?.service_request_id, first?.service_request_id)
    const keyed = decodeReceipt((await post('requests.xml', report(), { 'idempotency-key': 'try-1' })).body)
    const again = decodeReceipt((await post('requests.xml', report(), { 'idempotency-key': 'try-1' })).body)
    assert.equal(again?.service_request_id, keyed?.service_request_id)
    const together = await Promise.all(Array.from({ length: 6 }, () => post('requests.json', { ...form, device_id: 'race' })))
    assert.equal(new Set(together.map((each) => decodeReceipt(each.body)?.service_request_id)).size, 1)
    const token = await get(`tokens/try-1.json?api_key=${KEY}`)
    assert.deepEqual(JSON.parse(token.body), [{ service_request_id: keyed?.service_request_id, token: 'try-1' }])
    assert.equal((await get('tokens/try-1.json')).statusCode, 404)
  })

  test('media: pictures come with the form and are nobody’s to see before an officer looked; what is no picture is refused', async () => {
    const send = async (bytes: Buffer, count = 1) => {
      const boundary = 'xxBOUNDARYxx'
      const field = (name: string, value: string): Buffer => Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      const file = Buffer.concat([Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="media"; filename="a.jpg"\r\ncontent-type: image/jpeg\r\n\r\n`), bytes, Buffer.from('\r\n')])
      const fields = Object.entries(report()).map(([name, value]) => field(name, String(value)))
      const payload = Buffer.concat([...fields, ...Array.from({ length: count }, () => file), Buffer.from(`--${boundary}--\r\n`)])
      return test_.app.server.inject({ method: 'POST', url: '/open311/v2/requests.json', headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, payload })
    } // prettier-ignore
    const done = await send(await photo())
    assert.equal(done.statusCode, 201, done.body)
    const id = decodeReceipt(done.body)?.service_request_id ?? ''
    assert.equal((await one(id))?.media_url, null)
    await query(
      test_.app.platform.db,
      `update reports.photo set state = 'public', file_key = 'x' where report_id = (select id from reports.report where reference = $1)`,
      [id],
    )
    assert.match((await one(id))?.media_url ?? '', new RegExp(`/reports/${id}/photos/`))
    assert.equal((await send(Buffer.from('PK\u0003\u0004 a zip'))).statusCode, 400)
    assert.equal((await send(await photo(), 6)).statusCode, 400)
    const linked = await make({ media_url: 'https://pictures.example/1.jpg' })
    assert.equal((await one(linked))?.media_url, null, 'nobody has looked at it')
  })

  test('GET Service Requests: ids override all else; codes, status, dates and what changed', async () => {
    const ids = await Promise.all([make(), make(), make({ service_code: 'litter' }).catch(() => make())])
    const list = async (search: string) => decodeRequests((await get(`requests.json?${search}`)).body)
    assert.deepEqual(
      (await list(`service_request_id=${ids[0]},%20${ids[1]},RPT-XXXX-XXXX&status=closed&start_date=1999-01-01T00:00:00Z`)).map((each) => each.service_request_id).toSorted(),
      [ids[0], ids[1]].toSorted(),
    ) // prettier-ignore
    assert.ok((await list('service_code=graffiti')).every((each) => each.service_code === 'graffiti'))
    assert.deepEqual(await list('service_code=never'), [])
    assert.deepEqual(await list('status=closed'), [])
    assert.equal((await list('status=open,closed')).length, (await list('')).length)
    assert.equal((await list('status=&service_code=&start_date=')).length, (await list('')).length)
    const now = Date.now() + clock
    const iso = (ms: number): string => new Date(ms).toISOString()
    assert.deepEqual(await list(`start_date=${iso(now - 9e9)}&end_date=${iso(now - 8e9)}`), [])
    assert.ok((await list(`start_date=${iso(now - 86_400_000)}`)).length >= 3)
    // a plus sign that was not encoded
    assert.ok((await list(`start_date=${iso(now - 86_400_000).slice(0, 19)}+00:00`)).length >= 3)
    assert.equal((await get(`requests.json?start_date=${iso(now - 91 * 86_400_000)}&end_date=${iso(now)}`)).statusCode, 400)
    assert.equal((await get(`requests.json?start_date=${iso(now)}&end_date=${iso(now - 1)}`)).statusCode, 400)
    assert.deepEqual(await list(`updated_after=${iso(now + 86_400_000)}`), [])
    assert.ok((await list(`updated_after=${iso(now - 86_400_000)}&updated_before=${iso(now + 60_000)}`)).length >= 3)
    const near = await make({ lat: '39.0061', long: '-30.502' })
    assert.ok((await list('lat=39.006&long=-30.502&radius=30')).some((each) => each.service_request_id === near))
    assert.ok((await list('lat=39.006&long=-30.502&radius=30')).every((each) => (each.lat ?? 0) > 39.0055))
    const [first] = await list('page_size=1')
    const [second] = await list('page_size=1&page=2')
    assert.deepEqual([first, second].map((each) => each?.service_request_id), (await list('page_size=2')).map((each) => each.service_request_id)) // prettier-ignore
  })

  test('order and freshness: the newest first, a new one at once though lists are kept ready, a hidden one never', async () => {
    const before_ = decodeRequests((await get('requests.json')).body)
    assert.equal((await get('requests.json', { 'accept-encoding': 'gzip' })).headers['content-encoding'], 'gzip')
    const id = await make()
    const after_ = decodeRequests((await get('requests.json')).body)
    assert.equal(after_[0]?.service_request_id, id)
    assert.equal(after_.length, before_.length + 1)
    await query(test_.app.platform.db, 'update reports.report set hidden = true, updated_at = now() where reference = $1', [id])
    assert.ok(!decodeRequests((await get('requests.json')).body).some((each) => each.service_request_id === id))
    assert.equal((await get(`requests/${id}.xml`)).statusCode, 404)
    assert.deepEqual(decodeRequests((await get(`requests.xml?service_request_id=${id}`)).body), [])
  })

  test('closed never stands for fixed: every state and ending in status, words and extended attributes', async () => {
    const set = async (sql: string): Promise<string> => {
      const id = await make()
      await query(test_.app.platform.db, `update reports.report set ${sql}, updated_at = now() where reference = $1`, [id])
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
      const told = await one(id, '?extensions=true')
      assert.equal(told?.status, status, sql)
      assert.match(told?.status_notes ?? '', notes)
      for (const [name, value] of Object.entries(extended)) assert.equal(told?.extended_attributes?.[name], value, `${sql}: ${name}`)
      const [xml] = decodeRequests((await get(`requests/${id}.xml?extensions=true`)).body)
      assert.equal(xml?.extended_attributes?.['state'], told?.extended_attributes?.['state'])
    }
    const root = await make()
    const twin =
      await set(`state = 'closed', outcome = 'duplicate', ended_at = now(), merged_into = (select id from reports.report where reference = '${root}'),
      closure = jsonb_build_object('outcome', 'duplicate', 'of', (select id from reports.report where reference = '${root}'))`)
    assert.match((await one(twin))?.status_notes ?? '', new RegExp(root))
    assert.equal((await one(twin, '?extensions=true'))?.extended_attributes?.['duplicate_of'], root)
    const closed = decodeRequests((await get('requests.json?status=closed')).body)
    assert.ok(closed.length >= 7 && closed.every((each) => each.status === 'closed'))
  })

  test('service request updates: told, written once, masked; a status does not close anything', async () => {
    const id = await make()
    const form = {
      api_key: KEY,
      service_request_id: id,
      update_id: 'u-1',
      status: 'CLOSED',
      description: 'It is bigger now, call 912 345 678',
      updated_datetime: '2026-01-01T00:00:00Z',
    }
    const first = await post('servicerequestupdates.xml', form)
    assert.equal(first.statusCode, 201, first.body)
    assert.equal(readXml(first.body).name, 'service_request_updates')
    const again = await post('servicerequestupdates.json', form)
    assert.equal(again.statusCode, 200)
    assert.equal(decodeUpdateReceipt(again.body), decodeUpdateReceipt(first.body))
    assert.equal((await one(id))?.status, 'open')
    for (const format of formats) {
      const updates = decodeUpdates((await get(`servicerequestupdates.${format}?service_request_id=${id}`)).body)
      assert.equal(updates.length, 2)
      assert.equal(updates[0]?.update_id, decodeUpdateReceipt(first.body))
      assert.match(updates[0]?.description ?? '', /bigger now/)
      assert.doesNotMatch(updates[0]?.description ?? '', /912/)
      assert.deepEqual(updates.map((each) => each.status), ['open', 'open']) // prettier-ignore
      assert.match(decodeUpdates((await get(`servicerequestupdates.${format}?service_request_id=${id}&extensions=true`)).body)[0]?.status ?? '', /^(open|action_scheduled)$/)
    } // prettier-ignore
    assert.equal((await post('servicerequestupdates.json', { ...form, api_key: '' })).statusCode, 403)
    assert.equal((await post('servicerequestupdates.json', { ...form, description: '' })).statusCode, 400)
    assert.equal((await post('servicerequestupdates.json', { ...form, service_request_id: 'RPT-0000-0000' })).statusCode, 404)
  })

  test('bulk CSV: streamed, every row, and no cell that an office program would run', async () => {
    await make({ description: '=HYPERLINK("https://evil.example","x")\n+1' })
    const answer = await get('requests.csv')
    assert.match(String(answer.headers['content-type']), /^text\/csv; charset=utf-8/)
    const lines = answer.body.split('\r\n')
    assert.match(lines[0] ?? '', /^\uFEFFservice_request_id,status,status_notes/)
    assert.match(answer.body, /"'=HYPERLINK/)
    assert.doesNotMatch(answer.body, /,"?=HYPERLINK/)
    const all = decodeRequests((await get('requests.json')).body)
    assert.equal(lines.filter((line) => line.startsWith('RPT-')).length, all.length)
    assert.equal((await get('requests.csv?start_date=x')).statusCode, 400)
  })

  test('hostile bodies: XML and JSON are refused unread, huge forms end, names are only names', async () => {
    const xml = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><r>&a;</r>'
    for (const type of ['text/xml', 'application/xml', 'application/json', 'text/plain']) {
      const answer = await test_.app.server.inject({ method: 'POST', url: '/open311/v2/requests.xml', headers: { 'content-type': type }, payload: type === 'application/json' ? '{}' : xml })
      assert.equal(answer.statusCode, 415, type)
      assert.equal(readXml(answer.body).name, 'errors')
    } // prettier-ignore
    const flood = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`attribute[x${at}]`, '1']))
    const begun = performance.now()
    const flooded = await post('requests.json', { ...report(), ...flood })
    assert.equal(flooded.statusCode, 400)
    assert.ok(decodeErrors(flooded.body).length <= 201 && performance.now() - begun < 3_000)
    const huge = await post('requests.json', report({ description: 'x'.repeat(600_000) }))
    assert.equal(huge.statusCode, 413)
    assert.equal(decodeErrors(huge.body)[0]?.code, '413')
    const odd = await post(
      'requests.json',
      report({ __proto__: 'x', 'attribute[__proto__]': 'y', 'attribute[constructor]': 'z', 'attribute[]': 'w' }),
    )
    assert.ok(odd.statusCode === 400 && decodeErrors(odd.body).length >= 1)
    const script = await one(await make({ description: '<script>alert(1)</script>\u0000\u202Ehidden' }))
    assert.match(script?.description ?? '', /<script>/)
    assert.equal(readXml((await get(`requests/${script?.service_request_id}.xml`)).body).name, 'service_requests')
  })

  test('keys by themselves: asked for, confirmed by e-mail, shown once, limited, ended', async () => {
    const ask = (form: Record<string, string>) =>
      test_.app.server.inject({
        method: 'POST',
        url: '/open311/keys',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: new URLSearchParams(form).toString(),
      })
    const form = {
      name: 'Potholes of Harbourview',
      organisation: 'Civic <Tech>',
      contact: 'Rui Prova',
      email: 'rui@tech.example',
      purpose: 'An app for cyclists',
    }
    const wrong = await ask({ ...form, email: 'nope', purpose: '' })
    assert.equal(wrong.statusCode, 422)
    assert.match(wrong.body, /href="#email"[\s\S]*href="#purpose"/)
    assert.equal((await ask(form)).statusCode, 303)
    await test_.settle()
    const mail = test_.mails.findLast((each) => each.to === 'rui@tech.example')
    const link = /\/open311\/keys\/confirm\?code=([\w-]+)/.exec(mail?.text ?? '')
    assert.ok(link)
    const opened = await test_.app.server.inject({ method: 'GET', url: link[0] })
    assert.equal(opened.headers.location, '/open311/keys/confirm', 'the code does not stay in the address')
    const cookie = String(opened.headers['set-cookie']).split(';')[0] ?? ''
    const looked = await test_.app.server.inject({ method: 'GET', url: '/open311/keys/confirm', headers: { cookie } })
    assert.match(looked.body, /Show the key/)
    const confirm = () =>
      test_.app.server.inject({
        method: 'POST',
        url: '/open311/keys/confirm',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        payload: `code=${link[1]}`,
      })
    const shown = await confirm()
    const key = /<code><bdi dir="ltr">([\w-]{32})<\/bdi>/.exec(shown.body)?.[1] ?? ''
    assert.ok(key, shown.body)
    assert.equal((await confirm()).statusCode, 404)
    const rows = await query<{ text: string }>(
      test_.app.platform.db,
      `select c::text as text from reports.client c where organisation like 'Civic%'`,
    )
    assert.doesNotMatch(rows[0]?.text ?? '', /rui@|Rui Prova|cyclists/)
    assert.ok(!rows[0]?.text.includes(key))
    await query(test_.app.platform.db, `update reports.client set per_minute = 3 where organisation like 'Civic%'`)
    clock += 60_000
    for (let at = 0; at < 3; at += 1) assert.equal((await post('requests.json', report({ api_key: key }))).statusCode, 201)
    const over = await post('requests.xml', report({ api_key: key }))
    assert.equal(over.statusCode, 429)
    assert.ok(Number(over.headers['retry-after']) >= 1 && Number(over.headers['retry-after']) <= 60)
    assert.equal(decodeErrors(over.body)[0]?.code, '429')
    clock += 60_000
    assert.equal((await post('requests.json', report({ api_key: key }))).statusCode, 201)
    await query(test_.app.platform.db, `update reports.client set state = 'ended', ended_at = now() where organisation like 'Civic%'`)
    clock += 60_000
    assert.equal((await post('requests.json', report({ api_key: key }))).statusCode, 403)
  })

  test('administrators agree to keys, set how much they may send, and end them; nobody else may look', async () => {
    const { db } = test_.app.platform
    const cookie = await sessionOf(test_, 'admin@harbourview.example')
    const ask = (url: string, form?: Record<string, string>, as = cookie) =>
      test_.app.server.inject({
        method: form ? 'POST' : 'GET',
        url: `/admin/open311${url}`,
        headers: { cookie: as, ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
        ...(form ? { payload: new URLSearchParams(form).toString() } : {}),
      })
    const [row] = await query<{ id: string }>(
      db,
      `update reports.client set state = 'waiting', ended_at = null where organisation like 'Civic%' returning id::text as id`,
    )
    const path = `/${row?.id ?? ''}`
    const list = await ask('')
    assert.equal(list.statusCode, 200)
    assert.match(list.body, /Civic &#60;Tech&#62;/)
    assert.match(list.body, /Waits for you/)
    const page = await ask(path)
    assert.match(page.body, /Rui Prova/)
    assert.match(page.body, /An app for cyclists/)
    assert.equal((await ask(`${path}/approve`, {})).statusCode, 303)
    assert.equal((await ask(`${path}/approve`, {})).statusCode, 409)
    await test_.settle()
    assert.match(test_.mails.findLast((each) => each.to === 'rui@tech.example')?.subject ?? '', /is good now/)
    assert.equal((await ask(`${path}/rate`, { per_minute: '0' })).statusCode, 422)
    assert.equal((await ask(`${path}/rate`, { per_minute: '42' })).statusCode, 303)
    assert.match((await ask(path)).body, /42/)
    assert.equal((await ask(`${path}/end`, {})).statusCode, 303)
    assert.equal((await ask(`${path}/end`, {})).statusCode, 409)
    const states = await query<{ state: string; per_minute: number }>(
      db,
      `select state, per_minute from reports.client where organisation like 'Civic%'`,
    )
    assert.deepEqual(states, [{ state: 'ended', per_minute: 42 }])
    const officer = await sessionOf(test_, 'officer@harbourview.example')
    for (const other of ['', path]) assert.equal((await ask(other, undefined, officer)).statusCode, 403)
    assert.equal((await ask(`${path}/rate`, { per_minute: '1' }, officer)).statusCode, 403)
    assert.equal((await ask('', undefined, '')).statusCode, 303)
    const lines = await query<{ type: string }>(db, `select type from journal.event where type like 'reports.client.%' order by seq`)
    for (const type of ['asked', 'confirmed', 'approved', 'changed', 'ended'])
      assert.ok(
        lines.some((each) => each.type === `reports.client.${type}`),
        type,
      )
  })

  test('a network that guesses keys, or reads without end, is told to wait', async () => {
    // early in a minute: the allowance is of that minute
    const early = (): void => void (clock += 61_000 - ((Date.now() + clock) % 60_000))
    early()
    const guesses = []
    for (let at = 0; at < 32; at += 1)
      guesses.push(
        (await post('requests.json', report({ api_key: `guess-number-${at}` }), { 'x-forwarded-for': '203.0.113.9' })).statusCode,
      )
    assert.deepEqual([...new Set(guesses)], [403, 429])
    early()
    const reads = []
    for (let at = 0; at < 310; at += 1) reads.push((await get('services.json')).statusCode)
    assert.deepEqual([reads[0], reads.at(-1)], [200, 429])
    assert.equal((await get(`services.json?api_key=${KEY}`)).statusCode, 200, 'with a key, the key’s own limit holds')
    clock += 60_000
    assert.equal((await get('services.json')).statusCode, 200)
  })
})
