import assert from 'node:assert/strict'
import { type Agent, STATUS_CODES } from 'node:http'
import { after, before, describe, it } from 'node:test'
import fc from 'fast-check'
import { decodeErrors } from '../../src/modules/open311/index.ts'
import { DEMO_KEY } from '../../src/modules/reports/open311/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, type Ask, keptConnections, send, sendRaw } from '../support/client.ts'
import { begin, fileBody, photo, sessionFor } from '../support/world.ts'
import { isLibrary, libraries, standsFor } from './addresses.ts'
import { type Belongings, makeBelongings } from './belongings.ts'

/** Fixed, so that a run says the same twice; FUZZ_SEED tries others. */
const seed = Number(process.env['FUZZ_SEED'] ?? 20261123)

type Seat = { readonly name: string; readonly headers: Readonly<Record<string, string>> }

describe('hostile requests', () => {
  let test: TestApp
  let agent: Agent
  let seats: readonly Seat[] = []
  let own: Belongings
  let open: { journey: string; token: string }
  const logged: string[] = []

  before(async () => {
    test = await startApp({
      listen: true,
      accounts: true,
      env: { LOG_LEVEL: 'error', TRUST_PROXY: '127.0.0.1' },
      overrides: { logTo: { write: (line) => void logged.push(line) } },
    })
    agent = keptConnections()
    own = await makeBelongings(test)
    open = await begin((ask) => send(test.url, ask), 'street_event_permit', own.cookie)
    const staff = async (name: string): Promise<Seat> => ({
      name,
      headers: { cookie: await sessionFor(test.app, `${name}@harbourview.example`, 'high') },
    })
    seats = [
      { name: 'anonymous', headers: {} },
      { name: 'resident', headers: { cookie: `${own.cookie}; stoa_journey=${open.token}; stoa_case=${own.applied.code}` } },
      await staff('officer'),
      { name: 'client', headers: { authorization: `Bearer ${open.token}`, accept: 'application/json' } },
      { name: 'tracking client', headers: { authorization: `Bearer ${own.applied.code}` } },
      await staff('admin'),
      await staff('auditor'),
      await staff('crew.roads'),
      { name: 'program', headers: { 'x-api-key': DEMO_KEY } },
    ]
    logged.length = 0
  })
  after(async () => {
    agent.destroy()
    await test.close()
  })

  const judge = (ask: Ask, answer: Answer): void => {
    const told = `${ask.method ?? 'GET'} ${JSON.stringify(ask.path.slice(0, 300))} -> ${answer.status} ${logged.at(-1) ?? ''}`
    assert.ok(answer.status < 500, told)
    assert.ok(answer.ms < 5_000, `${told} took ${answer.ms} ms`)
    if (answer.status >= 400 && ask.method !== 'HEAD') {
      const type = String(answer.headers['content-type'])
      if (type.startsWith('application/problem+json')) assert.equal(JSON.parse(answer.body).status, answer.status, told)
      // what a library answers has the shape of RFC 6749, 5.2; so has the answer to a back-channel logout (its 1.0, 2.8)
      else if ((isLibrary(ask.path) || ask.path.startsWith('/demo/agency-app/backchannel')) && type.startsWith('application/json'))
        assert.equal(typeof JSON.parse(answer.body).error, 'string', told)
      // Open311 tells of errors in its own documents (GeoReport v2, Errors): a list of codes and descriptions
      else if (ask.path.startsWith('/open311/v2/') && /^(text\/xml|application\/json); charset=utf-8$/.test(type)) {
        const lines = decodeErrors(answer.body)
        assert.ok(lines.length > 0, told)
        for (const line of lines) assert.ok(line.code === String(answer.status) && line.description !== '', `${told} ${answer.body}`)
      }
      // an address that is too long for a route of ours falls to the library that answers around it
      else if (libraries.some((begins) => ask.path.startsWith(begins)) && type.startsWith('text/plain'))
        assert.equal(answer.body, STATUS_CODES[answer.status], told)
      else assert.match(`${type} ${answer.body.slice(0, 400)}`, /^text\/html.*<!doctype html>/is, told)
    }
    if (answer.status < 300 || answer.status >= 400 || answer.headers.location === undefined) return
    // another house is named in full: the demo's own, which lies here too
    if (isLibrary(ask.path) || /^\/(sign-in\/with|demo\/agency-app)\//.test(ask.path))
      assert.equal(new URL(answer.headers.location, test.url).origin, new URL(test.url).origin, told)
    else assert.match(answer.headers.location, /^\/(?![/\\])/, told)
  }

  /** The same for every request: the server closes a connection on a body that is too large, maybe before it was read. */
  const ask = async (asked: Ask): Promise<Answer | null> => {
    try {
      const answer = await send(test.url, asked, agent)
      judge(asked, answer)
      return answer
    } catch (error) {
      const cut = error instanceof Error && 'code' in error && ['ECONNRESET', 'EPIPE', 'HPE_INVALID_CONSTANT'].includes(String(error.code))
      if (cut && Buffer.byteLength(asked.body ?? '') > 100_000) return null
      throw error
    }
  }

  it('answers anything on any route without a fault of its own', async () => {
    const street = test.app.catalogue.offer('street_event_permit').definition.form.pages
    // more than one thing of a kind, so that pages of several makes are met
    const known: Record<string, readonly string[]> = {
      id: [
        own.ids['report'] ?? '',
        own.ids['sent'] ?? '',
        'pothole',
        open.journey,
        own.applied.journey,
        own.applied.caseId,
        'street_event_permit',
        'moving_house',
        'transport',
      ],
      page: street.map((page) => page.id),
      reference: [own.ids['reportReference'] ?? '', own.ids['sent'] ?? ''],
      group: street.flatMap((page) => page.questions.filter((each) => each.kind === 'repeating_group').map((each) => each.id)),
      row: ['0', '1', '49'],
    }
    const fields = fieldNames(test)
    const request = fc.record({
      route: fc.constantFrom(...test.app.routes.filter((route) => !route.path.startsWith('/assets/'))),
      seat: fc.nat(8),
      params: fc.array(fc.tuple(fc.boolean(), fc.nat(50), pathJunk), { minLength: 4, maxLength: 4 }),
      query: fc.oneof({ weight: 3, arbitrary: fc.constant('') }, queryJunk),
      headers: headerJunk,
      body: bodyJunk(fields),
    })
    await fc.assert(
      fc.asyncProperty(request, async ({ route, seat, params, query, headers, body }) => {
        let at = 0
        const path = route.path
          .replaceAll(/:([a-z]+)/gi, (_, name: string) => {
            const [right, pick, junk] = params[at++ % params.length] ?? [true, 0, '']
            const values = [standsFor(route.path, name, own.ids), ...(known[name] ?? [])]
            return right ? (values[pick % (2 * values.length)] ?? values[0] ?? '') : junk
          })
          .replace('*', () => (params[0]?.[0] ? (doors[params[0][1] % doors.length] ?? '') : (params[0]?.[2] ?? '')))
        // signing out would empty the seat for those who come after
        const who = ['/sign-out', '/goodbye'].includes(route.path) ? seats[0] : seats[seat]
        const hasBody = !['GET', 'HEAD', 'OPTIONS'].includes(route.method)
        await ask({
          method: route.method,
          path: path + query,
          headers: { ...headers, ...(hasBody && body.type ? { 'content-type': body.type } : {}), ...who?.headers },
          body: hasBody ? body.bytes : undefined,
        })
      }),
      { numRuns: 2_500, seed, endOnFailure: true },
    )
    assert.deepEqual(logged, [], 'nothing was logged as a fault')
    const homes = { resident: '/my', officer: '/officer', admin: '/admin/staff', auditor: '/audit', 'crew.roads': '/officer/crew' }
    for (const [name, path] of Object.entries(homes)) {
      const headers = seats.find((each) => each.name === name)?.headers ?? {}
      assert.equal((await send(test.url, { path, headers })).status, 200, `${name} was there to the end`)
    }
  })

  it('answers strange targets over a raw connection', async () => {
    const targets = [
      '//', '//x', '///evil.example/%2e%2e', '/%', '/%00', '/%zz', '/..;/', '/../../etc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/\\evil.example',
      '/services/%C3%28', '/services/%ED%A0%80', '/services/..%2f..%2fx', `/${'a'.repeat(8_000)}`, `/services/${'%41'.repeat(2_000)}`,
      `/?${'a=b&'.repeat(1_500)}`, 'http://evil.example/', 'http://evil.example/services', 'https://user:pass@evil.example//x', '*', '/?lang=../../x',
      '/services?q=%00', '/services?q=%F0%28%8C%BC', '/services?__proto__[x]=1&constructor=2', '/track?reference=%00', '/officer?q=%00',
    ] // prettier-ignore
    for (const target of targets) {
      for (const method of ['GET', 'POST', 'HEAD']) {
        const answer = await sendRaw(test.url, `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`)
        assert.match(answer, /^HTTP\/1\.1 [234]\d\d /, `${method} ${target.slice(0, 60)}: ${answer.slice(0, 60)}`)
        assert.doesNotMatch(answer, /(href|action)="(\/\/|\/\\|https?:\/\/evil)/, `${target} is not linked to`)
        assert.doesNotMatch(answer, /^location: *(\/\/|https?:)/im)
        if (answer.includes('\r\n\r\n<')) assert.match(answer, /content-security-policy/i, `${target} has its headers`)
      }
    }
  })

  it('answers what is no HTTP, and goes on', async () => {
    const many = Array.from({ length: 100 }, (_, i) => `Cookie: stoa_session=${i}\r\nX-Forwarded-For: 1.2.3.${i}\r\n`).join('')
    const messages: Array<string | Buffer> = [
      'nonsense\r\n\r\n',
      'GET / HTTP/9.9\r\n\r\n',
      'GET /\r\n\r\n',
      'GET / HTTP/1.1\r\n\r\n',
      'GET /caf\u00e9\u0000 HTTP/1.1\r\nHost: a\r\n\r\n',
      Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc]),
      `GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${many}\r\n`,
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(40_000)}\r\n\r\n`,
      'POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      'POST /sign-in HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n',
      'POST /sign-in HTTP/1.1\r\nHost: a\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n',
      'FROB / HTTP/1.1\r\nHost: a\r\n\r\n',
      'TRACE / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
    ]
    for (const message of messages) {
      const answer = await sendRaw(test.url, message)
      assert.match(answer, /^HTTP\/1\.1 [2345]\d\d /, String(message).slice(0, 60))
      assert.doesNotMatch(answer, /^HTTP\/1\.1 500/, String(message).slice(0, 60))
    }
    assert.equal((await send(test.url, { path: '/healthz' })).status, 200)
  })

  it('refuses bodies that are too large, too deep or not what they say', async () => {
    const json = { authorization: `Bearer ${open.token}`, 'content-type': 'application/json' }
    const answers = `/api/v1/journeys/${open.journey}/answers`
    const put = async (body: string | Buffer): Promise<number> =>
      (await ask({ method: 'PUT', path: answers, headers: json, body }))?.status ?? 413
    assert.equal(await put(`{"answers":{"x":"${'x'.repeat(600_000)}"}}`), 413)
    assert.equal(await put(`{"answers":${'['.repeat(20_000)}${']'.repeat(20_000)}}`), 400)
    // a bad value is an issue, of which nothing is kept
    assert.equal(await put(`{"answers":{"event_name":${'['.repeat(100_000)}${']'.repeat(100_000)}}}`), 200)
    assert.equal(await put('{"answers":{"__proto__":{"x":1}}}'), 400)
    assert.equal(await put('{"answers":{"constructor":{"prototype":{"x":1}}}}'), 400)
    assert.equal(await put(Buffer.from([0x7b, 0xff, 0xfe, 0x7d])), 400)
    assert.equal(await put(''), 400)
    const form = await ask({
      method: 'POST',
      path: '/sign-in',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'a'.repeat(600_000),
    })
    assert.ok(form === null || form.status === 413)
    const wrong = await ask({ method: 'POST', path: '/sign-in', headers: { 'content-type': 'text/csv' }, body: 'a,b' })
    assert.equal(wrong?.status, 415)
  })

  it('takes broken multipart bodies as bad input', async () => {
    const page = test.app.catalogue
      .offer('street_event_permit')
      .definition.form.pages.find((each) => each.questions.some((question) => question.kind === 'file'))
    const question = page?.questions.find((each) => each.kind === 'file')?.id ?? 'x'
    const { type, body } = fileBody(question, 'photo.jpg', await photo())
    const paths = [`/apply/${open.journey}/p/${page?.id ?? ''}`, `/api/v1/journeys/${open.journey}/files`, '/sign-in', '/track']
    const bodies = [
      body.subarray(0, 60), body.subarray(0, body.length - 10), Buffer.alloc(0), Buffer.from('--stoa-test-boundary--\r\n'), Buffer.from('x'.repeat(2_000)),
      Buffer.from('--stoa-test-boundary\r\nnonsense\r\n\r\n\r\n--stoa-test-boundary--\r\n'),
      Buffer.from('--stoa-test-boundary\r\nContent-Disposition: form-data; name="__proto__"\r\n\r\n1\r\n--stoa-test-boundary--\r\n'),
      Buffer.from('--stoa-test-boundary\r\nContent-Disposition: form-data; name="a\u0000b"; filename="\u0000../../x"\r\n\r\n1\r\n--stoa-test-boundary--\r\n'),
      Buffer.from('--stoa-test-boundary\r\nContent-Disposition: form-data; name="_shown"\r\n\r\n\u0000\ud800\r\n'.repeat(300)),
    ] // prettier-ignore
    for (const path of paths) {
      for (const bytes of bodies) {
        for (const kind of [type, 'multipart/form-data', 'multipart/form-data; boundary=', 'multipart/mixed; boundary=a']) {
          const headers = { ...seats[path.startsWith('/api') ? 3 : 1]?.headers, 'content-type': kind }
          await ask({ method: 'POST', path, headers, body: bytes })
        }
      }
    }
    assert.deepEqual(logged, [])
  })
})

const nasty = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 60 }),
  fc.constantFrom(
    '', ' ', '\u0000', 'a\u0000b', '\ud800', '\udfff x', '\u202e', '-1', '1e400', 'NaN', '99999999999999999999', 'null', '[]', '{}', 'undefined',
    '__proto__', 'constructor', "' or 1=1 --", '<script>alert(1)</script>', '${7*7}', '{{7*7}}', '../../etc/passwd', '%00', '%E0%A4%A', 'x'.repeat(70_000),
    '2026-02-31', '0000-00-00', '1/0', '2026-11-23', 'yes', 'no', 'DE89', '\u0661\u0662', 'a@b.c', '0', '1',
  ), // prettier-ignore
)

const pathJunk = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }).map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom('%00', '%', '%zz', '%C3%28', '%ED%A0%80', '..', '..%2F..', '%2F', '%5C', 'a'.repeat(199), 'a'.repeat(4_000), '-1', '__proto__', 'constructor',
    '00000000-0000-7000-8000-000000000000', '-'.repeat(36), '0'.repeat(36), ';', "'", 'a%0D%0Ab'), // prettier-ignore
)

/** What lies below the addresses of the libraries. */
const doors = [
  'auth', 'token', 'me', 'jwks', 'request', 'session/end', 'session/end/confirm', 'token/introspection', 'token/revocation', 'device', 'auth/x',
  '.well-known/openid-configuration', '.well-known/none', '',
] // prettier-ignore

const queryNames = [
  'lang', 'q', 'from', 'queue', 'service', 'after', 'done', 'given', 'failed', 'next', 'reference', '__proto__', 'x', 'lat', 'long', 'zoom', 'bbox', 'show', 'w',
  'h', 'markers', 'alt', 'state', 'outcome', 'period', 'district', 'group', 'category', 'theme', 'count', 'code', 'c', 'page', 'page_size', 'start_date', 'end_date',
  'updated_after', 'service_request_id', 'service_code', 'status', 'radius', 'api_key', 'jurisdiction_id', 'extensions', 'locale', 'view', 'with', 'not', 'did', 'order',
] // prettier-ignore

const queryJunk = fc
  .array(
    fc.tuple(
      fc.constantFrom(...queryNames),
      fc.oneof(
        nasty.filter((text) => text.length < 5_000).map((text) => encodeURIComponent(text.toWellFormed())),
        fc.constantFrom(
          '%',
          '%zz',
          '%C3',
          '%FF%FE',
          '%00',
          '//evil.example',
          'https://evil.example',
          '~00000000-0000-7000-8000-000000000000',
        ),
      ),
    ),
    { maxLength: 5 },
  )
  .map((pairs) => `?${pairs.map(([name, value]) => `${name}=${value}`).join('&')}`)

const headerText = fc.string({ unit: fc.integer({ min: 0x20, max: 0xff }).map((code) => String.fromCharCode(code)).filter((c) => c !== '\x7f'), maxLength: 80 }) // prettier-ignore
const headerJunk: fc.Arbitrary<Record<string, string | string[]>> = fc
  .record(
    {
      accept: fc.oneof(headerText, fc.constantFrom('application/json', 'text/html', '*/*')),
      'accept-language': fc.oneof(
        headerText,
        fc.constantFrom('ar', 'x-klingon', '*;q=0', 'en;q=NaN', `${'a-'.repeat(100)}a`, 'zh-Hant-CN-x-a'),
      ),
      'accept-encoding': fc.oneof(headerText, fc.constantFrom('br', 'gzip', 'identity;q=0')),
      cookie: fc.oneof(headerText, fc.constantFrom('stoa_session=', 'stoa_session=%00; stoa_lang=zz', `stoa_session=${'x'.repeat(5_000)}`)),
      authorization: fc.oneof(headerText, fc.constantFrom('Bearer', 'Bearer x', 'Basic eDp5', `Bearer ${'y'.repeat(199)}`)),
      'if-none-match': headerText,
      'idempotency-key': fc.oneof(headerText, fc.array(fc.constantFrom('a', 'b'), { minLength: 2, maxLength: 4 })),
      'x-forwarded-for': fc.oneof(headerText, fc.ipV4(), fc.ipV6()),
      'x-forwarded-host': fc.constant('evil.example'),
      range: headerText,
      'x-http-method-override': fc.constant('DELETE'),
    },
    { requiredKeys: [] },
  )
  .map((headers) => ({ ...headers }))

/** Names of fields that forms have: those of the services, and the ones of the pages around them. */
function fieldNames(test: TestApp): string[] {
  const questions = test.app.catalogue.offers.flatMap((offer) =>
    offer.definition.form.pages.flatMap((page) => page.questions.map((each) => each.id)),
  )
  const around = [
    '_shown', '_from', '_lang', '_later', '_remove_file', '_add_row', '_change_row', '_remove_row', 'email', 'password', 'name', 'code', 'text', 'next', 'key',
    'place-lat', 'place-long', 'place-zoom', 'find', '_find', '_pick', '_use_photo', '_district', 'district', 'words', 'category', 'join', 'draft', 'ticket', 'how', 'phone',
    'reason', 'api_key', 'service_code', 'lat', 'long', 'address_string', 'description', 'media_url', 'attribute[x]', 'service_request_id', 'update_id', 'status',
    'updated_datetime', 'id', 'report', 'act', 'seen_state', 'seen_revision', 'seen_crew', 'seen_reopened', 'crew', 'account', 'device', 'who', 'other', 'per_minute', 'kind',
    'order', 'on-day', 'why', 'to', 'place', 'purpose', 'organisation', 'contact',
    'transition', 'revision', 'officer', 'answer', 'agency', 'opinion', 'case', 'queue', 'service', 'reference', '__proto__', 'constructor', 'toString',
  ] // prettier-ignore
  return [...questions, ...questions.flatMap((id) => [`${id}-day`, `${id}-lat`, `${id}-line1`]), ...around]
}

function bodyJunk(fields: readonly string[]): fc.Arbitrary<{ type: string; bytes: Buffer }> {
  const pairs = fc.array(fc.tuple(fc.oneof(fc.constantFrom(...fields), nasty), nasty), { maxLength: 8 })
  const shown = `_shown=${fields.slice(0, 40).join('+')}&`
  const form = pairs.map((all) => ({
    type: 'application/x-www-form-urlencoded',
    bytes: Buffer.from(
      shown +
        all.map(([name, value]) => `${encodeURIComponent(name.toWellFormed())}=${encodeURIComponent(value.toWellFormed())}`).join('&'),
    ),
  }))
  const answers = fc
    .dictionary(fc.constantFrom(...fields), fc.oneof(nasty, fc.jsonValue({ maxDepth: 4 }), fc.double(), fc.object({ maxDepth: 2 })), {
      maxKeys: 3,
    })
    .map((all) => ({ type: 'application/json', bytes: Buffer.from(JSON.stringify({ answers: all }) ?? '') }))
  const raw = fc.record({
    type: fc.constantFrom(
      'application/json',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'text/plain',
      'application/xml',
      'x',
      '',
    ),
    bytes: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  })
  const parts = pairs.map((all) => ({
    type: 'multipart/form-data; boundary=x',
    bytes: Buffer.from(
      `${all.map(([name, value]) => `--x\r\nContent-Disposition: form-data; name="${name.replaceAll(/["\r\n]/g, '')}"\r\n\r\n${value}\r\n`).join('')}--x--\r\n`,
    ),
  }))
  return fc.oneof({ weight: 3, arbitrary: form }, { weight: 2, arbitrary: answers }, raw, { weight: 2, arbitrary: parts })
}
