import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import {
  decodeDefinition,
  decodeDiscovery,
  decodeErrors,
  decodeReceipt,
  decodeRequests,
  decodeServices,
  parseW3c,
  readXml,
} from '../../src/modules/open311/index.ts'
import { query } from '../../src/platform/db.ts'
import { photo } from '../support/world.ts'
import { formats, HERE, KEY, type Open311, startOpen311, types } from './open311stage.ts'

describe('GeoReport v2', () => {
  let open311: Open311
  before(async () => {
    open311 = await startOpen311()
  })
  after(() => open311.city.close())

  for (const format of formats) {
    test(`${format}: Service Discovery names this endpoint, its formats and how to get a key`, async () => {
      const answer = await open311.get(`discovery.${format}`)
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
      const answer = await open311.get(`services.${format}?jurisdiction_id=`)
      assert.equal(answer.headers['content-type'], types[format])
      assert.equal(answer.headers['access-control-allow-origin'], '*')
      const services = decodeServices(answer.body)
      assert.ok(services.length >= 15)
      assert.ok(services.every((each) => each.type === 'realtime' && each.group !== null && each.keywords !== null))
      const spanish = decodeServices((await open311.get(`services.${format}?locale=es`)).body)
      const accepted = decodeServices((await open311.get(`services.${format}`, { 'accept-language': 'es-MX,es;q=0.9' })).body)
      assert.deepEqual(spanish, accepted)
      assert.notEqual(spanish[0]?.service_name, services[0]?.service_name)
      assert.deepEqual(decodeServices((await open311.get(`services.${format}?lat=50&long=8`)).body), [])
      assert.equal(decodeServices((await open311.get(`services.${format}?lat=${HERE.lat}&long=${HERE.long}`)).body).length, services.length)
    })

    test(`${format}: GET Service Definition: the questions of a category, in order`, async () => {
      const services = decodeServices((await open311.get(`services.${format}`)).body)
      for (const service of services) {
        const answer = await open311.get(`services/${service.service_code}.${format}`)
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
        const [first] = decodeDefinition((await open311.get(`services/${each.service_code}.${format}`)).body)?.attributes ?? []
        assert.deepEqual([first?.variable, first?.code], [false, 'danger'])
        assert.match(first?.description ?? '', /112/)
      }
      const unknown = await open311.get(`services/nope.${format}`)
      assert.equal(unknown.statusCode, 404)
      assert.equal(decodeErrors(unknown.body)[0]?.code, '404')
    })

    test(`${format}: POST Service Request, then GET Service Request: what was sent is what is told`, async () => {
      const done = await open311.post(
        `requests.${format}`,
        open311.report({ device_id: format, description: 'Paint & <more> on "the" wall', address_string: 'Behind the old pump' }),
      )
      assert.equal(done.statusCode, 201, done.body)
      assert.equal(done.headers['content-type'], types[format])
      const receipt = decodeReceipt(done.body)
      const id = receipt?.service_request_id ?? ''
      assert.equal(receipt?.token, null)
      assert.match(receipt?.service_notice ?? '', /due by/)
      const answer = await open311.get(`requests/${id}.${format}`)
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
        [open311.post(`requests.${format}`, open311.report({ api_key: 'wrong-key-wrong' })), 403, /key/],
        [open311.post(`requests.${format}`, { ...open311.report(), api_key: '' }), 403, /api_key is missing/],
        [open311.post(`requests.${format}`, open311.report({ service_code: 'nope' })), 404, /service_code/],
        [open311.post(`requests.${format}`, open311.report({ service_code: '' })), 400, /service_code is missing/],
        [open311.post(`requests.${format}`, open311.report({ jurisdiction_id: 'elsewhere.example' })), 404, /jurisdiction/],
        [open311.get(`requests.${format}?jurisdiction_id=elsewhere.example`), 404, /jurisdiction/],
        [open311.get(`requests/RPT-0000-0000.${format}`), 404, /no such request/],
        [open311.get(`requests/%00%0A.${format}`), 404, /no such request/],
        [open311.get(`tokens/123.${format}`), 404, /no such token/],
        [open311.get(`nothing.${format}`), 404, /no such method/],
        [open311.post(`services.${format}`, {}), 405, /HTTP method/],
        [open311.get(`requests.${format}?start_date=yesterday`), 400, /start_date/],
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
    assert.equal((await open311.get('services')).headers['content-type'], types.xml)
    assert.equal((await open311.get('services', { accept: '*/*' })).headers['content-type'], types.xml)
    assert.equal((await open311.get('services', { accept: 'application/json' })).headers['content-type'], types.json)
    assert.equal((await open311.get('services', { accept: 'application/json;q=0.5, text/xml' })).headers['content-type'], types.xml)
    assert.equal((await open311.get('services.xml', { accept: 'application/json' })).headers['content-type'], types.xml)
    assert.equal((await open311.get('nope')).headers['content-type'], types.xml)
  })

  test('Errors: every fault of a form is told, not only the first, in the language that was asked for', async () => {
    const bad = open311.report({
      lat: '91',
      long: 'x',
      email: 'nobody',
      media_url: 'http://insecure.example/a.jpg',
      'attribute[never_asked]': '1',
      description: 'x'.repeat(4_001),
    })
    const errors = decodeErrors((await open311.post('requests.json?locale=es', bad)).body)
    assert.equal(errors.length, 5, JSON.stringify(errors))
    assert.ok(errors.some((each) => /grados/.test(each.description)))
    const many = await open311.get('requests.xml?status=maybe&start_date=x&page=0&radius=9&lat=1')
    assert.equal(decodeErrors(many.body).length, 4, many.body)
  })

  test('POST Service Request: places that are none, or elsewhere, are refused in words', async () => {
    for (const place of [{ lat: '0', long: '0' }, { lat: 'NaN', long: 'NaN' }, { lat: '39.005', long: '' }, { lat: '-30.502', long: '39.005' }, { lat: '1e1', long: '2' }, { lat: '', long: '' }] as const) {
      const answer = await open311.post('requests.json', open311.report(place))
      assert.equal(answer.statusCode, 400, JSON.stringify(place))
      assert.ok((decodeErrors(answer.body)[0]?.description.length ?? 0) > 10)
    } // prettier-ignore
    const { app } = open311.city
    const known = await open311.one(await open311.make())
    assert.ok(known?.address_id === null || known?.zipcode)
    const byWords = await open311.post('requests.json', { ...open311.report(), lat: '', long: '', address_string: '1 Harbour Parade' })
    assert.equal(byWords.statusCode, 201, byWords.body)
    const near = await open311.one(decodeReceipt(byWords.body)?.service_request_id ?? '')
    assert.ok(near?.address_id && near.zipcode && near.address)
    const byId = await open311.post('requests.json', { ...open311.report(), lat: '', long: '', address_id: near?.address_id ?? '' })
    assert.equal((await open311.one(decodeReceipt(byId.body)?.service_request_id ?? ''))?.address, near?.address)
    assert.equal((await open311.post('requests.json', { ...open311.report(), lat: '', long: '', address_id: 'nope' })).statusCode, 400)
    assert.ok(app)
  })

  test('attributes: lists, needed and wrong ones; what is personal stays out of what is told', async () => {
    const services = decodeServices((await open311.get('services.json')).body)
    for (const service of services.filter((each) => each.metadata)) {
      const definition = decodeDefinition((await open311.get(`services/${service.service_code}.json`)).body)
      const asked = (definition?.attributes ?? []).filter((each) => each.variable)
      const listed = asked.find((each) => each.datatype.endsWith('valuelist'))
      if (listed) {
        const wrong = await open311.post('requests.json', {
          ...open311.report(),
          service_code: service.service_code,
          [`attribute[${listed.code}]`]: 'no-such-option',
        })
        assert.equal(wrong.statusCode, 400, service.service_code)
        assert.ok(decodeErrors(wrong.body).some((each) => each.description.includes(`attribute[${listed.code}]`)))
      }
      const needed = asked.find((each) => each.required)
      if (needed) {
        const none = await open311.post('requests.json', { api_key: KEY, service_code: service.service_code, ...HERE })
        assert.ok(
          decodeErrors(none.body).some((each) => each.description.includes(`attribute[${needed.code}]`)),
          service.service_code,
        )
      }
      const value = (each: (typeof asked)[number]): string =>
        each.values[0]?.key ?? (each.datatype === 'number' ? '3' : each.datatype === 'datetime' ? '2026-01-31T10:00:00Z' : 'words')
      // what is not asked with these answers is left out
      const all = asked
      const done = await open311.post('requests.json', {
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
    const id = await open311.make({
      description: 'Call me on +351 912 345 678 or me@private.example',
      email: 'me@private.example',
      first_name: 'Ana',
      last_name: 'Prova',
      phone: '+351 912 345 678',
    })
    const told = JSON.stringify(await open311.one(id, '?extensions=true'))
    assert.doesNotMatch(told, /private\.example|912 345|Prova/)
    const rows = await query<{ text: string }>(
      open311.city.app.platform.db,
      'select r::text as text from reports.report r where reference = $1',
      [id],
    )
    assert.doesNotMatch(rows[0]?.text ?? '', /private\.example|Prova/)
  })

  test('the same once: by Idempotency-Key, and by the same words from the same device within minutes', async () => {
    const form = open311.report({ device_id: 'd1' })
    const first = decodeReceipt((await open311.post('requests.json', form)).body)
    const second = await open311.post('requests.json', form)
    assert.equal(second.statusCode, 200)
    assert.equal(decodeReceipt(second.body)?.service_request_id, first?.service_request_id)
    assert.notEqual(
      decodeReceipt((await open311.post('requests.json', { ...form, device_id: 'd2' })).body)?.service_request_id,
      first?.service_request_id,
    )
    open311.pass(9 * 60_000)
    assert.equal(decodeReceipt((await open311.post('requests.json', form)).body)?.service_request_id, first?.service_request_id)
    open311.pass(12 * 60_000)
    assert.notEqual(decodeReceipt((await open311.post('requests.json', form)).body)?.service_request_id, first?.service_request_id)
    const keyed = decodeReceipt((await open311.post('requests.xml', open311.report(), { 'idempotency-key': 'try-1' })).body)
    const again = decodeReceipt((await open311.post('requests.xml', open311.report(), { 'idempotency-key': 'try-1' })).body)
    assert.equal(again?.service_request_id, keyed?.service_request_id)
    const together = await Promise.all(Array.from({ length: 6 }, () => open311.post('requests.json', { ...form, device_id: 'race' })))
    assert.equal(new Set(together.map((each) => decodeReceipt(each.body)?.service_request_id)).size, 1)
    const token = await open311.get(`tokens/try-1.json?api_key=${KEY}`)
    assert.deepEqual(JSON.parse(token.body), [{ service_request_id: keyed?.service_request_id, token: 'try-1' }])
    assert.equal((await open311.get('tokens/try-1.json')).statusCode, 404)
  })

  test('media: pictures come with the form and are nobody’s to see before an officer looked; what is no picture is refused', async () => {
    const send = async (bytes: Buffer, count = 1) => {
      const boundary = 'xxBOUNDARYxx'
      const field = (name: string, value: string): Buffer => Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`)
      const file = Buffer.concat([Buffer.from(`--${boundary}\r\ncontent-disposition: form-data; name="media"; filename="a.jpg"\r\ncontent-type: image/jpeg\r\n\r\n`), bytes, Buffer.from('\r\n')])
      const fields = Object.entries(open311.report()).map(([name, value]) => field(name, String(value)))
      const payload = Buffer.concat([...fields, ...Array.from({ length: count }, () => file), Buffer.from(`--${boundary}--\r\n`)])
      return open311.city.app.server.inject({ method: 'POST', url: '/open311/v2/requests.json', headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, payload })
    } // prettier-ignore
    const done = await send(await photo())
    assert.equal(done.statusCode, 201, done.body)
    const id = decodeReceipt(done.body)?.service_request_id ?? ''
    assert.equal((await open311.one(id))?.media_url, null)
    await query(
      open311.city.app.platform.db,
      `update reports.photo set state = 'public', file_key = 'x' where report_id = (select id from reports.report where reference = $1)`,
      [id],
    )
    assert.match((await open311.one(id))?.media_url ?? '', new RegExp(`/reports/${id}/photos/`))
    assert.equal((await send(Buffer.from('PK\u0003\u0004 a zip'))).statusCode, 400)
    assert.equal((await send(await photo(), 6)).statusCode, 400)
    const linked = await open311.make({ media_url: 'https://pictures.example/1.jpg' })
    assert.equal((await open311.one(linked))?.media_url, null, 'nobody has looked at it')
  })
})
