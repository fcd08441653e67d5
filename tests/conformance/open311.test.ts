import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import test from 'node:test'
import fc from 'fast-check'
import { conformCommand } from '../../src/commands/conform.ts'
import {
  checkConformance,
  type Conformance,
  conformanceRules,
  type ConformOptions,
  conformanceText,
} from '../../src/modules/open311/index.ts'
import { type Deviation, type Reply, startReference } from './open311server.ts'

const means = { now: () => new Date(), wait: async () => undefined, pause: 0 } as const

async function check(deviation: Deviation, options: Partial<ConformOptions> = {}): Promise<Conformance> {
  const server = await startReference(deviation)
  try {
    return await checkConformance({ ...means, url: server.url, key: server.key, write: true, ...options })
  } finally {
    await server.close()
  }
}

const failed = ({ findings }: Conformance): string[] => [
  ...new Set(findings.filter(({ verdict, severity }) => verdict.kind === 'fail' && severity !== 'may').map(({ rule }) => rule)),
]
const skipped = ({ findings }: Conformance): string[] => findings.flatMap(({ rule, format, verdict }) => (verdict.kind === 'skipped' ? [`${rule} ${format}: ${verdict.why}`] : [])) // prettier-ignore

test('the rules have ids of their own, and there are at least sixty', () => {
  const ids = conformanceRules.map(({ id }) => id)
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(ids.length >= 60, `${ids.length} rules`)
  for (const { id, says } of conformanceRules) {
    assert.match(id, /^[a-z0-9]+\.[a-z0-9-]+$/)
    assert.match(says, /^\S.*\.$/)
  }
})

test('a server that keeps to the specification passes everything', async () => {
  const result = await check({})
  assert.deepEqual(failed(result), [], conformanceText(result))
  assert.ok(result.conforms)
  // what cannot be judged here: tokens, since ids come at once, and rules of the other format
  const left = skipped(result).filter((line) => !/: only for (xml|json)$/.test(line))
  assert.deepEqual(left, ['tokens.resolved xml: the server gave no token', 'tokens.resolved json: the server gave no token'])
})

test('a server that gives tokens, and one of several jurisdictions, pass too', async () => {
  const batch = await check({ services: (list) => list.map((service) => ({ ...service, type: 'batch' as const })) })
  assert.deepEqual(failed(batch), [], conformanceText(batch))
  const found = batch.findings.filter(({ rule }) => rule === 'tokens.resolved')
  assert.deepEqual(
    found.map(({ verdict }) => verdict.kind),
    ['pass', 'pass'],
  )
  const several: Deviation = {
    reply: ({ query, format, method, path }, reply) =>
      method === 'GET' && path !== 'discovery' && !query.get('jurisdiction_id') && reply.status === 200
        ? { status: 400, type: reply.type, body: format === 'xml' ? '<?xml version="1.0" encoding="utf-8"?><errors><error><code>400</code><description>Give a jurisdiction_id.</description></error></errors>' : '[{"code":400,"description":"Give a jurisdiction_id."}]' } // prettier-ignore
        : reply,
  }
  const named = await check(several, { jurisdiction: 'city.example' })
  // the formats that discovery lists are asked for with the jurisdiction too
  assert.deepEqual(failed(named), [], conformanceText(named))
})

test('nothing is made on a server without leave', async () => {
  let posts = 0
  const count: Deviation = {
    reply: ({ method }, reply) => {
      posts += method === 'POST' ? 1 : 0
      return reply
    },
  }
  assert.deepEqual(failed(await check(count, { write: false })), [])
  assert.equal(posts, 0)
})

test('a server that is asked too much is left alone as long as it wishes', async () => {
  const pauses: number[] = []
  let asked = 0
  const busy: Deviation = {
    reply: (_, reply) => {
      asked += 1
      return asked % 5 === 0 ? { status: 429, type: 'text/plain', body: 'Later' } : reply
    },
  }
  const result = await check(busy, { wait: async (milliseconds) => void pauses.push(milliseconds), most: 2_000 })
  assert.deepEqual(failed(result), [], conformanceText(result))
  assert.ok(pauses.filter((pause) => pause >= 1_000).length > 20)
})

test('the cap on requests holds, and the key is shown nowhere', async () => {
  let asked = 0
  const count: Deviation = {
    reply: (_, reply) => {
      asked += 1
      return reply
    },
  }
  const result = await check(count, { most: 10 })
  assert.equal(asked, 10)
  assert.equal(result.requests, 10)
  const keyed = await check({
    reply: ({ query, method }, reply) => (method === 'GET' && !query.get('api_key') ? { ...reply, status: 403 } : reply),
  })
  assert.ok(failed(keyed).includes('services.no-key'))
  assert.ok(keyed.findings.some(({ rule, verdict }) => rule === 'services.answers' && verdict.kind === 'pass'))
  assert.ok(!JSON.stringify(keyed).includes('fictional-key'))
})

const onBody = (path: RegExp, change: (body: string) => string, format?: 'xml' | 'json'): Deviation => ({
  reply: (question, reply) =>
    path.test(`${question.method} ${question.path}`) && reply.status === 200 && (format ?? question.format) === question.format
      ? { ...reply, body: change(reply.body) }
      : reply,
})
const onReply = (path: RegExp, change: (reply: Reply) => Reply): Deviation => ({
  reply: (question, reply) => (path.test(`${question.method} ${question.path}`) ? change(reply) : reply),
})
const jsonArray = (body: string): unknown[] => {
  const value: unknown = JSON.parse(body)
  assert.ok(Array.isArray(value))
  return value
}

/** What is wrong, the rule that finds it, and how the server is made wrong. */
const deviations: ReadonlyArray<readonly [what: string, rule: string, deviation: Deviation]> = [
  ['no discovery document', 'discovery.found', onReply(/^GET discovery/, (reply) => ({ ...reply, status: 404 }))],
  ['discovery without the specification', 'discovery.endpoint', onBody(/discovery/, (body) => body.replaceAll('GeoReport_v2', 'GeoReport_v1'))],
  ['discovery of another address', 'discovery.endpoint-here', onBody(/discovery/, (body) => body.replaceAll('/open311/v2', '/other'))],
  ['XML as application/xml', 'formats.content-type', onReply(/services$/, (reply) => ({ ...reply, type: reply.type.replace('text/xml', 'application/xml') }))],
  ['JSON as text/html', 'formats.content-type', onReply(/requests$/, (reply) => ({ ...reply, type: reply.type.replace('application/json', 'text/html') }))],
  ['no charset', 'encoding.charset', onReply(/^GET requests/, (reply) => ({ ...reply, type: reply.type.replace('; charset=utf-8', '') }))],
  ['no declaration', 'encoding.declaration', onBody(/^GET requests/, (body) => body.replace(/<\?xml.*?\?>\s*/, ''), 'xml')],
  ['an ampersand that is not escaped', 'formats.well-formed', onBody(/^GET services$/, (body) => body.replaceAll('&amp;', '&'), 'xml')],
  ['an entity of HTML', 'formats.well-formed', onBody(/^GET requests/, (body) => body.replaceAll('A report', 'A&nbsp;report'), 'xml')],
  ['numbers with leading zeros', 'formats.well-formed', onBody(/^GET services$/, (body) => body.replaceAll('"001"', '001'), 'json')],
  ['a namespace of its own', 'xml.namespace', onBody(/^GET services$/, (body) => body.replace('<services>', '<services xmlns="https://city.example/ns">'), 'xml')],
  ['a wrapped list', 'services.root', onBody(/^GET services$/, (body) => `{"services":${body}}`, 'json')],
  ['another root', 'requests.root', onBody(/^GET requests$/, (body) => body.replaceAll('service_requests>', 'requests>'), 'xml')],
  ['metadata as a text', 'json.booleans', onBody(/^GET services$/, (body) => body.replaceAll('"metadata":true', '"metadata":"true"'), 'json')],
  ['metadata as yes', 'services.metadata', onBody(/^GET services$/, (body) => body.replaceAll('<metadata>true', '<metadata>yes'), 'xml')],
  ['a type that is none', 'services.type', onBody(/^GET services$/, (body) => body.replaceAll('realtime', 'instant'))],
  ['a service twice', 'services.code-unique', { services: (list) => [...list, ...list.slice(0, 1)] }],
  ['keywords as a list', 'services.keywords', onBody(/^GET services$/, (body) => body.replaceAll('"road, hole"', '["road","hole"]'), 'json')],
  ['no group', 'services.fields', onBody(/^GET services$/, (body) => body.replaceAll(/<group>.*?<\/group>/g, ''), 'xml')],
  ['a key for the service list', 'services.no-key', onReply(/^GET services$/, (reply) => ({ ...reply, status: 403 }))],
  ['a definition in an array', 'definition.root', onBody(/^GET services\//, (body) => `[${body}]`, 'json')],
  ['a definition of another service', 'definition.code', { definition: (one) => ({ ...one, service_code: 'other' }) }],
  ['a datatype in capitals', 'definition.datatype', onBody(/^GET services\//, (body) => body.replaceAll('singlevaluelist', 'SingleValueList'))],
  ['an order twice', 'definition.order-unique', { definition: (one) => ({ ...one, attributes: one.attributes.map((each) => ({ ...each, order: 1 })) }) }],
  ['a list without values', 'definition.values', { definition: (one) => ({ ...one, attributes: one.attributes.map((each) => ({ ...each, values: [] })) }) }],
  ['an unknown definition as 500', 'definition.unknown', onReply(/services\/no-such/, (reply) => ({ ...reply, status: 500 }))],
  ['an error with 200', 'definition.unknown', onReply(/services\/no-such/, (reply) => ({ ...reply, status: 200 }))],
  ['an error as a page', 'errors.document', onReply(/services\/no-such/, (reply) => ({ ...reply, body: '<html><body>Not found</body></html>' }))],
  ['one error without its list', 'errors.document', onReply(/services\/no-such/, (reply) => ({ ...reply, body: '{"code":404,"description":"Not found"}' }))],
  ['an error that shows the program', 'errors.description', onReply(/services\/no-such/, (reply) => ({ ...reply, body: reply.body.replaceAll('There is', 'Exception at line.py:12 SQLSTATE there is') }))],
  ['times without a zone', 'requests.requested-datetime', onBody(/^GET requests/, (body) => body.replaceAll(/(T\d\d:\d\d:\d\d)Z/g, '$1'))],
  ['an updated_datetime with a space', 'requests.updated-datetime', { request: (one) => ({ ...one, updated_datetime: one.updated_datetime?.replace('T', ' ') ?? null }) }],
  ['status in capitals', 'requests.status', onBody(/^GET requests/, (body) => body.replaceAll('>open<', '>Open<').replaceAll('"open"', '"Open"'))],
  ['a third status', 'requests.status', onBody(/^GET requests$/, (body) => body.replaceAll('>closed<', '>fixed<').replaceAll('"closed"', '"fixed"'))],
  ['lat as a text', 'json.coordinates', onBody(/^GET requests/, (body) => body.replaceAll(/"lat":([\d.]+)/g, '"lat":"$1"'), 'json')],
  ['lat beyond the poles', 'requests.place', { request: (one) => ({ ...one, lat: 100, long: 10 }) }],
  ['0/0', 'requests.place-real', { request: (one) => ({ ...one, lat: 0, long: 0 }) }],
  ['HTML in words', 'requests.description-plain', { request: (one) => ({ ...one, description: 'Line<br/>line' }) }],
  ['an id twice', 'requests.id-unique', { request: (one) => ({ ...one, service_request_id: 'R-1' }) }],
  ['unknown services', 'requests.service-known', { request: (one) => ({ ...one, service_code: `${one.service_code}x` }) }],
  ['members of its own', 'requests.foreign', onBody(/^GET requests/, (body) => body.replaceAll('<request>', '<request><mood>bad</mood>'), 'xml')],
  ['empty texts for null', 'json.null', onBody(/^GET requests/, (body) => body.replaceAll('"zipcode":null', '"zipcode":""'), 'json')],
  ['no address member', 'requests.fields', onBody(/^GET requests/, (body) => body.replaceAll(/<address>.*?<\/address>/g, ''), 'xml')],
  ['status ignored', 'filter.status-open', { ignores: ['status'] }],
  ['service_code ignored', 'filter.service-code', { ignores: ['service_code'] }],
  ['comma lists not understood', 'filter.service-code-list', onReplyQuery('service_code', ',')],
  ['several ids not understood', 'filter.ids', onReplyQuery('service_request_id', ',')],
  ['ids ignored', 'filter.ids-override', { ignores: ['service_request_id'] }],
  ['start_date ignored', 'filter.start-date', { ignores: ['start_date'] }],
  ['end_date ignored', 'filter.end-date', { ignores: ['end_date'] }],
  ['zones ignored', 'filter.date-zone', { zoneless: true }],
  ['requests of all time', 'filter.default-90-days', { ignores: ['90 days'] }],
  ['more than 1,000 at once', 'filter.most-1000', { many: 1_100, limit: 5_000 }],
  ['bad dates taken', 'filter.date-bad', onReply(/^GET requests$/, (reply) => (reply.status === 400 ? { ...reply, status: 200, body: emptyOf(reply) } : reply))],
  ['nothing found as 404', 'filter.nothing', onReply(/^GET requests$/, (reply) => (isEmpty(reply) ? { ...reply, status: 404 } : reply))],
  ['pages that overlap', 'paging.pages', { reply: ({ query, path }, reply) => (path === 'requests' && query.get('page') === '2' ? { ...reply, body: firstOf(reply) } : reply) }],
  ['one request without its list', 'request.root', onBody(/^GET requests\//, (body) => JSON.stringify(jsonArray(body)[0]), 'json')],
  ['one request told otherwise', 'request.same', onBody(/^GET requests\//, (body) => body.replaceAll('Fictional Street', 'Other Street'))],
  ['an unknown request as an empty list', 'request.unknown', onReply(/requests\/no-such/, (reply) => ({ ...reply, status: 200, body: emptyOf(reply) }))],
  ['another list in JSON', 'formats.same-services', onBody(/^GET services$/, (body) => JSON.stringify(jsonArray(body).slice(1)), 'json')],
  ['other times in JSON', 'formats.same-requests', onBody(/^GET requests/, (body) => body.replaceAll(/("updated_datetime":"\d{4})-\d\d/g, '$1-12'), 'json')],
  ['an unknown jurisdiction with a page', 'jurisdiction.unknown', { reply: ({ query }, reply) => (query.get('jurisdiction_id') ? { ...reply, status: 404, body: 'Not found' } : reply) }],
  ['unknown methods with 200', 'errors.unknown-method', onReply(/no-such-method/, (reply) => ({ ...reply, status: 200 }))],
  ['tokens that lead nowhere', 'tokens.resolved', { services: (list) => list.map((one) => ({ ...one, type: 'batch' as const })), ...onBody(/^GET tokens/, (body) => body.replaceAll('T-', 'X-')) }],
  ['an unknown token with 200', 'tokens.unknown', onReply(/tokens\/no-such/, (reply) => ({ ...reply, status: 200 }))],
  ['requests taken without a key', 'post.no-key', { takes: ['no key'] }],
  ['a key refused with 401', 'post.bad-key', onReply(/^POST requests/, (reply) => (reply.status === 403 ? { ...reply, status: 401 } : reply))],
  ['requests taken without a place', 'post.no-place', { takes: ['no place'] }],
  ['requests taken without a required attribute', 'post.required-attribute', { takes: ['no attribute'] }],
  ['values taken that are not listed', 'post.unlisted-value', { takes: ['any value'] }],
  ['an unknown service with 400', 'post.unknown-service', onReply(/^POST requests/, (reply) => (reply.status === 404 ? { ...reply, status: 400 } : reply))],
  ['an id and a token', 'post.id-or-token', onBody(/^POST requests/, (body) => body.replace('<service_notice>', '<token>T-1</token><service_notice>').replace('"service_notice"', '"token":"T-1","service_notice"'))],
  ['a receipt without its list', 'post.root', onBody(/^POST requests/, (body) => JSON.stringify(jsonArray(body)[0]), 'json')],
  ['words escaped twice', 'post.words', onBody(/^GET requests\/N-/, (body) => body.replaceAll('&lt;', '&amp;lt;').replaceAll('<', '<').replaceAll('5 < 6', '5 &lt; 6'))],
  ['umlauts broken', 'post.words', onBody(/^GET requests\/N-/, (body) => body.replaceAll('Größe', 'GrÃ¶Ã\u009Fe'))],
  ['a new request closed', 'post.open', onBody(/^GET requests\/N-/, (body) => body.replaceAll('>open<', '>closed<').replaceAll('"open"', '"closed"'))],
  ['a place swapped', 'post.place', { request: (one) => ({ ...one, lat: one.long, long: one.lat }) }],
  ['updates without a zone', 'updates.fields', onBody(/updates$/, (body) => body.replaceAll(/(T\d\d:\d\d:\d\d)Z/g, '$1'))],
] // prettier-ignore

/** A server that takes the whole value of a parameter for one. */
function onReplyQuery(name: string, mark: string): Deviation {
  return {
    reply: ({ query, path, format }, reply) =>
      path === 'requests' && (query.get(name) ?? '').includes(mark) ? { ...reply, body: emptyIn(format) } : reply,
  }
}
const emptyIn = (format: 'xml' | 'json'): string =>
  format === 'json' ? '[]' : '<?xml version="1.0" encoding="utf-8"?>\n<service_requests></service_requests>'
const emptyOf = (reply: Reply): string => emptyIn(reply.type.includes('json') ? 'json' : 'xml')
const isEmpty = (reply: Reply): boolean =>
  reply.status === 200 && (reply.body === '[]' || /<service_requests>\s*<\/service_requests>/.test(reply.body))
const firstOf = (reply: Reply): string => reply.body.replaceAll(/R-\d+/g, 'R-1')

test(`${deviations.length} planted deviations are each found by their rule`, async (t) => {
  for (const [what, rule, deviation] of deviations) {
    await t.test(`${what}: ${rule}`, async () => {
      const result = await check(deviation)
      assert.ok(failed(result).includes(rule), `${rule} passed; failed were ${failed(result).join(', ') || 'none'}`)
    })
  }
})

test('whatever a server answers, the check ends with a report', async (t) => {
  const garbage: Readonly<Record<string, (response: ServerResponse, url: string) => void>> = {
    'a page': (response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<html><body><p>Hello<br></body></html>'),
    nothing: (response) => response.writeHead(200).end(),
    'a redirect to itself': (response, url) => response.writeHead(302, { location: url }).end(),
    'a redirect to a file': (response) => response.writeHead(302, { location: 'file:///etc/hostname' }).end(),
    'endless bytes': (response) => {
      response.writeHead(200, { 'content-type': 'application/json' })
      const timer = setInterval(() => response.write('['.repeat(65_536)), 1)
      response.on('close', () => clearInterval(timer))
    },
    'nothing, slowly': () => undefined,
    'half an answer': (response) => {
      response.writeHead(200, { 'content-length': '1000' })
      response.write('<services>')
      setTimeout(() => response.destroy(), 5)
    },
    'deep nesting': (response, url) => response.writeHead(200).end(url.includes('.xml') ? '<services>'.repeat(20_000) : `${'['.repeat(20_000)}${']'.repeat(20_000)}`),
    'an entity bomb': (response) => response.writeHead(200).end('<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><services>&c;</services>'),
    'odd types': (response, url) => response.writeHead(200).end(url.includes('.xml') ? '<services><service/></services>' : '[null, 1, [], {"service_code": {"a": 1}, "__proto__": 2}]'),
    'odd members': (response, url) => response.writeHead(200).end(url.includes('.xml') ? '<service_requests><request><lat>x</lat></request></service_requests>' : '[{"service_request_id": null, "lat": {}, "status": 7, "service_code": true, "metadata": "true", "attributes": [1, null]}]'),
    'a broken encoding': (response) => response.writeHead(200, { 'content-type': 'text/xml; charset=utf-8' }).end(Buffer.from([0x3c, 0xff, 0xfe, 0x00, 0x3e])),
    'a dropped connection': (response) => response.destroy(),
  } // prettier-ignore
  for (const [what, answer] of Object.entries(garbage)) {
    await t.test(what, async () => {
      const server = createServer((message, response) => answer(response, message.url ?? ''))
      await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
      const { port } = server.address() as AddressInfo
      const result = await checkConformance({
        ...means,
        url: `http://localhost:${port}/v2`,
        key: 'k',
        write: true,
        patience: 60,
        bytes: 2_000_000,
        most: 120,
      })
      server.closeAllConnections()
      server.close()
      assert.equal(result.conforms, false)
      assert.ok(!conformanceText(result).includes('could not be judged:'), conformanceText(result))
    })
  }
})

test('a server that is not there does not conform; an address that is none is refused', async () => {
  const result = await checkConformance({ ...means, url: 'http://localhost:9/v2', patience: 500 })
  assert.equal(result.conforms, false)
  await assert.rejects(checkConformance({ ...means, url: 'ftp://city.example/' }), /no http or https address/)
})

test('no answer of a server makes the check throw', async () => {
  const names = [
    'services',
    'service',
    'service_code',
    'metadata',
    'request',
    'service_requests',
    'lat',
    'status',
    'errors',
    'error',
    'attributes',
    'values',
  ]
  const value = fc.oneof(
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    fc.constant('true'),
    fc.constant('2026-01-01T00:00:00Z'),
  )
  const tree = fc.letrec((tie) => ({
    node: fc.oneof(
      { maxDepth: 4 },
      value,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom(...names), tie('node'), { maxKeys: 4 }),
    ),
  })).node
  const xml = fc.array(
    fc.oneof(
      fc.constantFrom(...names).map((name) => `<${name}>`),
      fc.constantFrom(...names).map((name) => `</${name}>`),
      fc.string(),
    ),
    { maxLength: 12 },
  )
  const body = fc.oneof(
    tree.map((each) => JSON.stringify(each)),
    xml.map((parts) => parts.join('')),
    fc.tuple(fc.constantFrom(...names), tree).map(([name, inner]) => `<${name}>${JSON.stringify(inner)}</${name}>`),
    fc.string({ unit: 'binary' }),
  )
  const answers = fc.array(
    fc.record({
      status: fc.constantFrom(200, 200, 200, 201, 204, 301, 400, 404, 500),
      type: fc.constantFrom('text/xml', 'application/json; charset=utf-8', 'text/html', ''),
      body,
    }),
    { minLength: 1, maxLength: 6 },
  )
  await fc.assert(
    fc.asyncProperty(answers, async (all) => {
      let asked = 0
      const deviation: Deviation = { reply: () => all[(asked += 1) % all.length] ?? { status: 200, type: '', body: '' } }
      const result = await check(deviation, { most: 150, patience: 2_000 })
      assert.ok(result.findings.length > 100)
      assert.ok(!conformanceText(result).includes('could not be judged:'), conformanceText(result))
      JSON.stringify(result)
    }),
    { numRuns: 40 },
  )
})

test('the verb ends with 0 for a server that conforms, with 1 for another, and with 2 when it was called wrongly', async () => {
  const call = (...args: string[]): Promise<number | null> => conformCommand({ args, env: {}, root: '' })
  const [good, bad] = [await startReference(), await startReference({ ignores: ['status'] })]
  try {
    assert.equal(await call('open311', good.url, '--key', good.key, '--write', '--pause', '0', '--format', 'json'), 0)
    assert.equal(await call('open311', bad.url, '--json', '--pause', '0'), 1)
    assert.equal(await call('open311'), 2)
    assert.equal(await call('open311', good.url, '--format', 'yaml'), 2)
    assert.equal(await call('open311', good.url, '--at', 'north,1'), 2)
    assert.equal(await call('other', good.url), 2)
  } finally {
    await good.close()
    await bad.close()
  }
})
