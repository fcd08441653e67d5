import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { XMLValidator } from 'fast-xml-parser'
import {
  decodeDefinition, decodeDiscovery, decodeErrors, decodeReceipt, decodeRequests, decodeServices, decodeUpdateReceipt, decodeUpdates, encodeDefinition,
  encodeDiscovery, encodeErrors, encodeReceipt, encodeRequests, encodeServices, encodeTokenAnswer, encodeUpdateReceipt, encodeUpdates, type Format,
  parseLooseTime, parseW3c, readRequestForm, readXml, type Service, type ServiceRequest, Unreadable, w3cDateTime, writeRequestForm, xmlText,
} from '../../src/modules/open311/index.ts' // prettier-ignore
import { sharedData } from '../support/shared.ts'

const formats: readonly Format[] = ['xml', 'json']

/** Any text at all: halves of surrogate pairs, control characters, markup. */
const anything = fc.string({ unit: 'binary', maxLength: 60 })
/** Text that both formats can hold: what is written is what is read. */
const words = fc
  .string({ unit: 'grapheme', maxLength: 60 })
  .map((text) => text.replaceAll(/[\u0000-\u001F\u007F-\u009F\uFFFE\uFFFF]/g, ' ').trim())
  .filter((text) => text !== '' && text !== 'null' && text.isWellFormed())
const perhaps = fc.option(words)
const time = fc.date({ min: new Date('1990-01-01T00:00:00Z'), max: new Date('2090-01-01T00:00:00Z'), noInvalidDate: true }).map(w3cDateTime)
const degrees = (most: number) => fc.double({ min: -most, max: most, noNaN: true }).map((n) => Number(n.toFixed(7)) + 0)

const request: fc.Arbitrary<ServiceRequest> = fc.record({
  service_request_id: words,
  status: fc.constantFrom('open', 'closed'),
  status_notes: perhaps,
  service_name: perhaps,
  service_code: perhaps,
  description: perhaps,
  agency_responsible: perhaps,
  service_notice: perhaps,
  requested_datetime: fc.option(time),
  updated_datetime: fc.option(time),
  expected_datetime: fc.option(time),
  address: perhaps,
  address_id: perhaps,
  zipcode: perhaps,
  lat: fc.option(degrees(90)),
  long: fc.option(degrees(180)),
  media_url: fc.option(fc.webUrl()),
  extended_attributes: fc.dictionary(fc.stringMatching(/^x_[a-z_]{1,20}$/), perhaps, { minKeys: 1, noNullPrototype: true }),
})

const service: fc.Arbitrary<Service> = fc.record({
  service_code: words,
  service_name: words,
  description: perhaps,
  metadata: fc.boolean(),
  type: fc.constantFrom('realtime', 'batch', 'blackbox'),
  keywords: perhaps,
  group: perhaps,
})

/** `-0` and `0` are written the same. */
const same = (actual: unknown, expected: unknown): void =>
  assert.deepEqual(JSON.parse(JSON.stringify(actual)), JSON.parse(JSON.stringify(expected)))

for (const format of formats) {
  test(`${format}: what is encoded is decoded to the same`, () => {
    fc.assert(fc.property(fc.array(request, { maxLength: 5 }), (many) => same(decodeRequests(encodeRequests(many, format)), many)))
    fc.assert(fc.property(fc.array(service, { maxLength: 5 }), (many) => same(decodeServices(encodeServices(many, format)), many)))
    const attribute = fc.record({
      variable: fc.boolean(),
      code: words,
      datatype: fc.constantFrom('string', 'number', 'datetime', 'text', 'singlevaluelist', 'multivaluelist'),
      required: fc.boolean(),
      datatype_description: perhaps,
      order: fc.integer({ min: 1, max: 99 }),
      description: perhaps,
      values: fc.array(fc.record({ key: words, name: words }), { maxLength: 4 }),
    })
    const definition = fc.record({ service_code: words, attributes: fc.array(attribute, { maxLength: 4 }) })
    fc.assert(fc.property(definition, (one) => same(decodeDefinition(encodeDefinition(one as never, format)), one)))
    const update = fc.record({
      update_id: words,
      service_request_id: words,
      status: words,
      updated_datetime: fc.option(time),
      description: perhaps,
      media_url: fc.option(fc.webUrl()),
    })
    fc.assert(fc.property(fc.array(update, { maxLength: 4 }), (many) => same(decodeUpdates(encodeUpdates(many, format)), many)))
    fc.assert(
      fc.property(fc.array(fc.record({ code: fc.constantFrom('400', '404', 'a-b'), description: words }), { maxLength: 4 }), (many) =>
        same(decodeErrors(encodeErrors(many, format)), many),
      ),
    )
    const receipt = { service_request_id: 'A-1', service_notice: 'a & b', account_id: null }
    same(decodeReceipt(encodeReceipt(receipt, format)), { service_request_id: 'A-1', token: null, service_notice: 'a & b' })
    assert.equal(decodeReceipt(encodeTokenAnswer({ service_request_id: 'A-1', token: 't' }, format))?.token, 't')
    assert.equal(decodeUpdateReceipt(encodeUpdateReceipt('u1', format)), 'u1')
    const discovery = {
      changeset: '2026-01-01T00:00:00Z',
      contact: 'a <b> & c',
      key_service: 'https://city.example/keys',
      endpoints: [
        { specification: 's', url: 'https://city.example/v2', changeset: '2026-01-01T00:00:00Z', type: 'test', formats: ['text/xml'] },
        {
          specification: 's',
          url: 'https://city.example/v3',
          changeset: 'x',
          type: 'production',
          formats: ['text/xml', 'application/json'],
        },
      ],
    } as const
    same(decodeDiscovery(encodeDiscovery(discovery, format)), discovery)
  })
}

test('any text at all gives well-formed XML and JSON', () => {
  fc.assert(
    fc.property(anything, anything, (a, b) => {
      const hostile = {
        ...fc.sample(request, { seed: 1, numRuns: 1 })[0],
        description: a,
        status_notes: b,
        address: `${a}]]>${b}`,
        // our readers refuse names such as `prototype`
        extended_attributes: { words: a, [`x${b}`]: a },
      } as ServiceRequest
      const body = encodeRequests([hostile], 'xml')
      assert.equal(XMLValidator.validate(body), true)
      const [read] = decodeRequests(body)
      assert.equal(read?.description ?? '', legal(a))
      assert.ok(Array.isArray(JSON.parse(encodeRequests([hostile], 'json'))))
    }),
    { numRuns: 500 },
  )
  assert.equal(xmlText('a\u0000b\u000Bc\uD800d\uFFFEe\r\nf<g>&'), 'abcde\nf&lt;g&gt;&amp;')
})

function legal(text: string): string {
  const kept = [...text.replaceAll(/\r\n?/g, '\n')].filter((c) => {
    const point = c.codePointAt(0) ?? 0
    const control = point < 0x20 && c !== '\n' && c !== '\t'
    return !control && !(point >= 0xd800 && point <= 0xdfff) && point !== 0xfffe && point !== 0xffff
  })
  const plain = kept.join('').trim()
  return plain === 'null' ? '' : plain
}

test('the XML that a strict reader of another make sees is the same', (t) => {
  const body = encodeRequests(fc.sample(request, { seed: 7, numRuns: 200 }), 'xml')
  const lint = spawnSync(
    'python3',
    ['-c', 'import sys,xml.etree.ElementTree as e; print(len(e.fromstring(sys.stdin.buffer.read()).findall("request")))'],
    {
      input: body,
    },
  )
  if (lint.error) return t.skip('there is no other reader here')
  assert.equal(lint.stdout.toString().trim(), '200', lint.stderr.toString())
})

test('Date/time format: W3C date times with a zone, and nothing else', () => {
  assert.equal(parseW3c('1994-11-05T08:15:30-05:00')?.toISOString(), '1994-11-05T13:15:30.000Z')
  assert.equal(parseW3c('1994-11-05T13:15:30Z')?.toISOString(), '1994-11-05T13:15:30.000Z')
  assert.equal(parseW3c('1994-11-05T13:15:30.45+00:00')?.toISOString(), '1994-11-05T13:15:30.450Z')
  assert.equal(parseW3c('1994-11-05T13:15Z')?.toISOString(), '1994-11-05T13:15:00.000Z')
  for (const wrong of [
    '',
    '1994-11-05T13:15:30',
    '1994-02-30T00:00:00Z',
    '1994-13-01T00:00:00Z',
    '1994-11-05T24:15:00Z',
    '1994-11-05',
    '1994-11-05T13:15:30+25:00',
    'yesterday',
    '0000-01-01T00:00:00Z',
    '1994-11-05T13:15:30Z; drop',
  ]) {
    // prettier-ignore
    assert.equal(parseW3c(wrong), null, wrong)
  }
  assert.equal(w3cDateTime(new Date('2010-01-01T00:00:00.999Z')), '2010-01-01T00:00:00Z')
  assert.equal(parseLooseTime('2013-06-11 11:48:12', '+02:00')?.toISOString(), '2013-06-11T09:48:12.000Z')
  assert.equal(parseLooseTime('2013-06-11T11:48:12+0200')?.toISOString(), '2013-06-11T09:48:12.000Z')
  assert.equal(parseLooseTime('2013-06-11')?.toISOString(), '2013-06-11T00:00:00.000Z')
  assert.equal(parseLooseTime('11.06.2013'), null)
})

test('living servers: wrapped lists, numbers as texts, other names, statuses in their own words', () => {
  const one = '{"service_request_id":12,"status":"CLOSED","lat":"50,5","lng":"7.25","requested_datetime":"2013-06-11 11:48:12"}'
  for (const body of [
    one,
    `[${one}]`,
    `{"requests":[${one}]}`,
    `{"service_requests":[${one}]}`,
    `{"service_requests":{"request":[${one}]}}`,
    `[{"request":${one}}]`,
  ]) {
    const [read, ...rest] = decodeRequests(body, { assumeZone: '+02:00' })
    assert.equal(rest.length, 0, body)
    assert.deepEqual(
      [read?.service_request_id, read?.status, read?.lat, read?.long, read?.requested_datetime],
      ['12', 'closed', 50.5, 7.25, '2013-06-11T09:48:12Z'],
      body,
    )
  }
  const xml = `\uFEFF<?xml version="1.0"?><o:service_requests xmlns:o="http://wiki.open311.org/GeoReport_v2"><o:request nil="true"><o:service_request_id> 7 </o:service_request_id>
    <o:description><![CDATA[a <b> & c]]> &amp;lt; &#x41;&#0;</o:description><o:status>fixed - council</o:status></o:request></o:service_requests>`
  const [read] = decodeRequests(xml)
  assert.deepEqual([read?.service_request_id, read?.status, read?.description], ['7', 'closed', 'a <b> & c &lt; A'])
  assert.deepEqual(decodeRequests('<service_requests/>'), [])
  assert.deepEqual(decodeRequests('[]'), [])
  assert.equal(decodeServices('[{"service_code":001,"metadata":"true","service_name":"x"}]')[0]?.service_code, '001')
  assert.equal(decodeServices('[{"service_code":7,"metadata":"true"}]')[0]?.metadata, true)
})

test('hostile documents are refused, not followed', () => {
  const bombs = [
    '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><service_requests>&b;</service_requests>',
    '<!doctype x SYSTEM "file:///etc/passwd"><service_requests/>',
    `${'<a>'.repeat(500)}${'</a>'.repeat(500)}`,
    '<a><b></a>',
    '<a/><b/>',
    '<html>never closed',
    'not a document',
    '[{"service_code":',
    '['.repeat(200) + ']'.repeat(200),
  ]
  for (const body of bombs) assert.throws(() => decodeRequests(body), Unreadable, body.slice(0, 40))
  assert.equal(readXml('<a>&unknown;</a>').text, '&unknown;')
  assert.deepEqual(decodeErrors('<html><p>502</html>'), [])
  const [polluted] = decodeRequests(
    '[{"service_request_id":"1","__proto__":{"status":"closed"},"extended_attributes":{"__proto__":"x","constructor":"y"}}]',
  )
  assert.equal(polluted?.status, 'open')
})

test('POST Service Request: the form of the example is read, and what is written is read again', () => {
  const example =
    'api_key=xyz&jurisdiction_id=city.gov&service_code=001&lat=37.76524078&long=-122.4212043&address_string=1234+5th+street&email=smit333%40sfgov.edu&device_id=tt222111&account_id=123456&first_name=john&last_name=smith&phone=111111111&description=A+large+sinkhole+is+destroying+the+street&media_url=http%3A%2F%2Ffarm3.static.flickr.com%2F2002%2F2212426634_5ed477a060.jpg&attribute[WHISPAWN]=123456&attribute[WHISDORN]=COISL001&attribute[MANY][]=a&attribute[MANY][]=b&phone=222&email='
  const read = readRequestForm(new URLSearchParams(example))
  assert.deepEqual([read.service_code, read.lat, read.phone, read.first_name], ['001', '37.76524078', '111111111', 'john'])
  assert.deepEqual([...read.attributes], [['WHISPAWN', ['123456']], ['WHISDORN', ['COISL001']], ['MANY', ['a', 'b']]]) // prettier-ignore
  assert.deepEqual(readRequestForm(writeRequestForm(read, 'xyz')), read)
  const flood = readRequestForm(Array.from({ length: 10_000 }, (_, i) => [`attribute[a${i}]`, 'x'] as const))
  assert.equal(flood.attributes.size, 200)
})

test("the specification's own examples are read, and ours have their elements in their order", (t) => {
  const path = sharedData('open311/GeoReport_v2.md')
  if (path === null) return t.skip('the specification is not here')
  const spec = readFileSync(path, 'utf8')
  const examples = [...spec.matchAll(/~~~~\n([\s\S]*?)~~~~/g)].map(([, example]) => (example ?? '').replace(/^HTTP.*\n\n/, ''))
  const find = (start: RegExp): string => examples.find((example) => start.test(example)) ?? assert.fail(String(start))
  const lists = [find(/^<\?xml[\s\S]*<services>/), find(/^\[\s*{\s*"service_code"/)].map(decodeServices)
  same(lists[0], lists[1])
  assert.deepEqual(lists[0]?.map((each) => each.service_code), ['001', '002', '003']) // prettier-ignore
  const definitions = [find(/<service_definition>/), find(/"attributes"/)].map(decodeDefinition)
  same(definitions[0], definitions[1])
  const requests = [find(/<service_requests>[\s\S]*638349/), find(/^\[[\s\S]*638349/)].map((each) => decodeRequests(each))
  same(requests[0], requests[1])
  const ours = readXml(encodeRequests(requests[0] ?? [], 'xml'))
  const theirs = readXml(find(/<service_requests>[\s\S]*638349/))
  assert.deepEqual(ours, theirs.children.length > 0 ? { ...theirs, children: theirs.children.map(zoned) } : theirs)
})

/** Times are written in UTC by us and with their zone by the example. */
function zoned(element: ReturnType<typeof readXml>): ReturnType<typeof readXml> {
  const instant = element.name.endsWith('_datetime') ? parseW3c(element.text) : null
  return { ...element, children: element.children.map(zoned), text: instant ? w3cDateTime(instant) : element.text }
}

test('fifty requests of a living server (Cologne) are read whole', (t) => {
  const path = sharedData('open311/koeln-requests-real.json')
  if (path === null) return t.skip('the requests are not here')
  const read = decodeRequests(readFileSync(path, 'utf8'))
  assert.equal(read.length, 50)
  for (const each of read) {
    assert.ok(each.requested_datetime !== null && each.lat !== null && each.long !== null && each.service_code !== null)
  }
  for (const format of formats) same(decodeRequests(encodeRequests(read, format)).map((each) => each.service_request_id), read.map((each) => each.service_request_id)) // prettier-ignore
})
