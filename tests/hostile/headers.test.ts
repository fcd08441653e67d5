import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { formActionTo, securityHeaders, workerPolicy } from '../../src/platform/http/security.ts'
import { WIDGET_POLICY } from '../../src/modules/reports/public/widget.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, type Ask, cookiesOf, formBody, send, sendRaw } from '../support/client.ts'
import { actOnCase, type Applied, applyFor, begin, sessionOf } from '../support/world.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }

/** Ways to say another place that browsers or servers may take for a path of this one. */
const elsewhere = [
  '//evil.example', '///evil.example', '/\\evil.example', '\\\\evil.example', '/\\/evil.example', 'https:evil.example', 'https:/evil.example', 'https://evil.example',
  'http:\\\\evil.example', '/%2f%2fevil.example', '%2f%2fevil.example', '/%5cevil.example', '/\t/evil.example', '/\n/evil.example', '/\r/evil.example', '\t//evil.example',
  ' //evil.example', '/%09/evil.example', '/%0a/evil.example', '/%0d%0aset-cookie:a=b', '/x\r\nset-cookie: a=b', '/.//evil.example', '/..//evil.example', '/;//evil.example',
  '/\u2044evil.example', '\uff0f\uff0fevil.example', '\u3002\u3002//evil.example', '/\u00a0/evil.example', '/\u200b/evil.example', '@evil.example', '/@evil.example',
  'javascript:alert(1)', 'java\nscript:alert(1)', 'data:text/html,x', 'evil.example', '/https://evil.example', '?//evil.example', '#//evil.example', '/\ud800/evil.example',
] // prettier-ignore

/** What is made to be used by other sites, and which of the usual headers it goes without for that. */
const forOthers: ReadonlyArray<readonly [path: string, headers: Readonly<Record<string, string>>, why: string]> = [
  ...['/reports.geojson', '/reports.csv', '/reports.atom', '/reports/widget.js'].map(
    (path) => [path, { 'cross-origin-resource-policy': 'cross-origin' }, 'the same for everybody, and public'] as const,
  ),
  [
    '/reports/widget',
    { 'cross-origin-resource-policy': 'cross-origin', 'content-security-policy': WIDGET_POLICY, 'x-frame-options': 'undefined' },
    'stands in frames of other sites: nothing in it acts, and it knows nobody',
  ],
]

describe('headers, hosts and ways out', () => {
  let test: TestApp
  let applied: Applied
  let draft: { journey: string; token: string }
  const sessions: Record<string, string> = {}
  let ids: Record<string, string>

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    for (const name of ['resident', 'officer']) sessions[name] = await sessionOf(test, `${name}@harbourview.example`)
    applied = await applyFor(test, 'resident_parking_permit', { cookie: sessions['resident'] })
    draft = await begin((ask) => send(test.url, ask), 'street_event_permit', sessions['resident'])
    for (const transition of ['start_review', 'grant'])
      await actOnCase(test, sessions['officer'] ?? '', applied.caseId, 'step', { transition })
    await test.settle()
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    const document = await client.query<{ id: string }>('select id from people.document order by created_at limit 1')
    const letter = await client.query<{ id: string }>('select id from cases.letter limit 1')
    await client.end()
    const page = test.app.catalogue.offer('street_event_permit').definition.form.pages[0]?.id ?? ''
    ids = {
      reference: applied.reference,
      letter: letter.rows[0]?.id ?? '',
      file: document.rows[0]?.id ?? '',
      page,
      group: 'group',
      row: '0',
    }
  })
  after(() => test.close())

  const own = (): string => new URL(test.url).origin
  const pathOf = (path: string): string =>
    path.replaceAll(/:([a-z]+)/gi, (_, name: string) => {
      if (ids[name] !== undefined) return ids[name]
      if (path.startsWith('/officer')) return applied.caseId
      if (path.startsWith('/services') || path.startsWith('/api/v1/services')) return 'library_card'
      return path.startsWith('/life-events') ? 'moving_home' : path.startsWith('/agencies') ? 'transport' : draft.journey
    })
  const headersOf = (seat: string): Record<string, string> => ({
    cookie: `${sessions[seat] ?? ''}; stoa_journey=${draft.token}; stoa_case=${applied.code}`,
  })
  const seats = ['nobody', 'resident', 'officer']
  const ask = (seat: string, asked: Ask): Promise<Answer> =>
    send(test.url, { ...asked, headers: { ...(seat === 'nobody' ? {} : headersOf(seat)), ...asked.headers } })

  it('are with every answer of every route, and nobody can put a page into a frame', async () => {
    const gets = test.app.routes.filter((route) => route.method === 'GET')
    assert.ok(gets.length > 40)
    let pages = 0
    for (const seat of seats) {
      for (const route of [...gets.map((each) => each.path), '/nowhere', '/%', '/services/none', '/api/v1/none']) {
        const { headers, status } = await ask(seat, { path: pathOf(route), headOnly: true })
        const told = `${seat} ${route} ${status}`
        for (const [name, value] of Object.entries(securityHeaders(false))) {
          // the page of a form may name one more place where it ends
          const got = String(headers[name]).replace(/form-action 'self' [a-z][^; ]*/, "form-action 'self'")
          assert.equal(got, forOthers.find(([path]) => path === route)?.[1][name] ?? value, `${told} ${name}`)
        }
        const type = String(headers['content-type'])
        if (/^(text\/(?!event-stream)|image\/svg)/.test(type)) assert.match(type, /; charset=utf-8$/i, told)
        if (type.includes('html')) pages += 1
      }
    }
    assert.ok(pages > 60)
  })

  it('allow nothing inline, no other origin, and no text made into script', () => {
    const { 'content-security-policy': policy = '', ...others } = securityHeaders(true)
    assert.doesNotMatch(policy, /unsafe|\*|https?:|nonce|sha\d/)
    for (const part of [
      "default-src 'none'",
      "object-src 'none'",
      "frame-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "form-action 'self'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ])
      assert.ok(policy.split('; ').includes(part), part)
    assert.match(others['strict-transport-security'] ?? '', /max-age=31536000/)
    assert.equal(others['x-frame-options'], 'DENY')
    for (const name of ['get', 'create']) assert.ok(others['permissions-policy']?.includes(`publickey-credentials-${name}=(self)`))
  })

  it('let the one page that may stand in a frame do nothing there', async () => {
    for (const part of ["default-src 'none'", "form-action 'none'", "base-uri 'none'", "require-trusted-types-for 'script'"])
      assert.ok(WIDGET_POLICY.split('; ').includes(part), part)
    assert.doesNotMatch(WIDGET_POLICY, /script-src|connect-src|unsafe/)
    const mine = await ask('resident', { path: '/reports/widget' })
    const nobodys = await ask('nobody', { path: '/reports/widget' })
    assert.equal(mine.body, nobodys.body, 'it is the same for whoever is signed in')
    assert.doesNotMatch(mine.body, /<(form|button|input|script)\b/)
    assert.deepEqual(forOthers.filter(([path]) => !test.app.routes.some((route) => route.path === path)), []) // prettier-ignore
  })

  it('let caches keep nothing that is of one reader', async () => {
    const gets = test.app.routes.filter((route) => route.method === 'GET' && !route.path.includes('*'))
    let shared = 0
    for (const { path, access } of gets) {
      for (const seat of seats) {
        const answer = await ask(seat, { path: `${pathOf(path)}?lang=es&lat=38.99&long=-30.5&w=300&h=200`, headOnly: true })
        const kept = String(answer.headers['cache-control'])
        const told = `${seat} ${path} ${answer.status} ${kept}`
        if (access !== 'public' || /^\/(my|officer|admin|audit|account)\b/.test(path))
          assert.match(kept, path === '/officer/crew/worker.js' ? /^no-cache$/ : /no-store/, told)
        if (!/\bpublic\b/.test(kept)) continue
        shared += 1
        assert.deepEqual(cookiesOf(answer), [], told)
      }
    }
    assert.ok(shared > 20)
    for (const path of [
      '/reports.geojson',
      '/reports.csv',
      '/reports.atom',
      '/reports/widget',
      '/reports/tiles.json?bbox=-31,38,-30,39.5&zoom=12',
    ]) {
      const { headers } = await ask('nobody', { path, headers: { 'accept-encoding': 'gzip' } })
      assert.match(String(headers['cache-control']), /public/, path)
      for (const name of ['cookie', 'accept-language']) assert.ok(String(headers.vary).includes(name), `${path} ${String(headers.vary)}`)
    }
  })

  it('let a page that starts a worker make one policy for its address, and nothing else', () => {
    const usual = securityHeaders(true)['content-security-policy'] ?? ''
    assert.equal(workerPolicy().replace('trusted-types stoa-worker', "trusted-types 'none'"), usual)
    assert.notEqual(workerPolicy(), usual)
  })

  it('let one answer name one more place for its form, and no more than its origin', () => {
    assert.match(formActionTo('https://app.example/callback?x=1'), /; form-action 'self' https:\/\/app\.example;/)
    assert.match(formActionTo('com.example.app:/callback'), /; form-action 'self' com\.example\.app:;/)
    assert.equal(formActionTo('https://app.example/').replace(' https://app.example', ''), securityHeaders(true)['content-security-policy'])
    for (const wrong of [
      'javascript:alert(1)',
      'data:text/html,x',
      'file:///etc/passwd',
      'x; script-src *',
      '//evil.example',
      'blob:https://evil.example/1',
    ])
      assert.throws(() => formActionTo(wrong), wrong)
    for (const odd of ['https://a.example;script-src */', 'https://a.example/ *', "https://a.example/'unsafe-inline'"]) {
      let policy = ''
      try {
        policy = formActionTo(odd)
      } catch {
        continue
      }
      assert.doesNotMatch(policy, /\*|unsafe|script-src[^;]*script-src/, odd)
    }
  })

  it('believe no Host and no proxy that was not named: links, redirects and letters lead home', async () => {
    const lies: Array<Record<string, string>> = [
      { host: 'evil.example' }, { host: 'localhost@evil.example' }, { host: 'evil.example:80' }, { host: '"><script>evil.example' }, { 'x-forwarded-host': 'evil.example' },
      { 'x-forwarded-proto': 'https', 'x-forwarded-host': 'evil.example', 'x-forwarded-port': '1' }, { forwarded: 'for=1.2.3.4;host=evil.example;proto=https' },
      { 'x-original-url': '/officer?evil.example' }, { 'x-rewrite-url': '/evil.example' }, { 'x-host': 'evil.example' }, { 'x-http-host-override': 'evil.example' }, { 'x-forwarded-server': 'evil.example' },
    ] // prettier-ignore
    const paths = [
      '/',
      '/services/library_card',
      '/services/library_card.jsonld',
      '/sign-in',
      '/my',
      '/track',
      '/api/v1/services',
      '/api/openapi.json',
      '/nowhere',
      '/robots.txt',
      '/favicon.ico',
    ]
    for (const headers of lies) {
      for (const path of paths) {
        const answer = await send(test.url, { path, headers })
        assert.ok(answer.status < 500, path)
        for (const text of [answer.body, JSON.stringify(answer.headers)])
          assert.ok(!text.includes('evil.example'), `${path} ${JSON.stringify(headers)}`)
      }
      const begun = await send(test.url, { method: 'POST', path: '/services/library_card/start', headers })
      assert.match(String(begun.headers.location), /^\/apply\/[0-9a-f-]{36}$/)
    }
    const before = test.mails.length
    const email = 'hetty.hostly@example.org'
    const body = formBody({ name: 'Hetty Hostly', email, password: 'wander-lantern-2026' })
    await send(test.url, {
      method: 'POST',
      path: '/register',
      headers: { ...form, host: 'evil.example', 'x-forwarded-host': 'evil.example' },
      body,
    })
    await test.settle()
    const mail = test.mails.slice(before).find((each) => each.to === email)
    assert.ok(mail, 'the mail came')
    assert.ok(!JSON.stringify(mail).includes('evil.example') && mail.text.includes(own()))
  })

  it('take one Host only, and no way of saying a body twice', async () => {
    const absolute = await sendRaw(test.url, 'GET http://evil.example/my HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    assert.ok(!absolute.includes('evil.example'), absolute.slice(0, 200))
    const two = await sendRaw(test.url, 'GET /my HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n')
    assert.ok(!two.includes('evil.example'))
    const smuggled = 'GET /healthz HTTP/1.1\r\nHost: localhost\r\nX: '
    const heads = [
      'Content-Length: 4\r\nTransfer-Encoding: chunked', 'Transfer-Encoding: chunked\r\nContent-Length: 4', 'Content-Length: 4\r\nContent-Length: 40', 'Content-Length: 4, 40',
      'Content-Length: +4', 'Content-Length: 0x4', 'Content-Length: 4 4', 'Transfer-Encoding: xchunked', 'Transfer-Encoding: chunked, identity', 'Transfer-Encoding : chunked',
      'Transfer-Encoding:\u000bchunked', 'Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\nContent-Length: 4', 'X: y\r\n Transfer-Encoding: chunked', 'X\u0000: y', 'X: a\u0000b', 'X: a\nEvil: b',
    ] // prettier-ignore
    for (const head of heads) {
      const answer = await sendRaw(
        test.url,
        Buffer.from(`POST /track HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n0\r\n\r\n${smuggled}`, 'latin1'),
      )
      assert.match(answer, /^HTTP\/1\.1 400 /, JSON.stringify(head))
      assert.equal(answer.split('HTTP/1.1 ').length, 2, `one answer: ${JSON.stringify(head)}`)
      assert.ok(!answer.includes('alive'), JSON.stringify(head))
    }
    const huge = `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(60_000)}\r\n\r\n`
    assert.match(await sendRaw(test.url, huge), /^HTTP\/1\.1 431 /)
    assert.equal((await send(test.url, { path: '/healthz' })).status, 200)
  })

  it('give no other method than the one that was used', async () => {
    const more = { 'x-http-method-override': 'POST', 'x-http-method': 'POST', 'x-method-override': 'POST' }
    const started = await send(test.url, { path: '/services/library_card/start?_method=POST', headers: more })
    assert.equal(started.status, 404)
    assert.deepEqual(
      cookiesOf(started).filter((cookie) => cookie.includes('journey')),
      [],
    )
    const door = { path: `/api/v1/journeys/${draft.journey}/answers`, body: JSON.stringify({ answers: {} }) }
    const headers = { authorization: `Bearer ${draft.token}`, 'content-type': 'application/json', 'x-http-method-override': 'PUT' }
    assert.ok([404, 405].includes((await send(test.url, { ...door, method: 'POST', headers })).status))
    const signedOut = await ask('resident', { path: '/sign-out', headers: more })
    assert.equal(signedOut.status, 404)
    assert.equal((await ask('resident', { path: '/my' })).status, 200, 'the session is still there')
    assert.equal(await sendRaw(test.url, 'CONNECT evil.example:443 HTTP/1.1\r\nHost: localhost\r\n\r\n'), '', 'it is no way to elsewhere')
    for (const method of ['TRACE', 'TRACK', 'PROPFIND'])
      assert.match(
        await sendRaw(test.url, `${method} / HTTP/1.1\r\nHost: localhost\r\nCookie: secret=1\r\nConnection: close\r\n\r\n`),
        /^HTTP\/1\.1 4(?![^]*secret=1)/,
        method,
      )
  })

  it('lead nowhere else, whatever `next` says, on any route', async () => {
    const residents = formBody({ email: 'resident@harbourview.example', password: 'harbour-lantern-2026' })
    const judge = (answer: Answer, told: string): void => {
      assert.ok(answer.status < 500, told)
      assert.equal(answer.headers['set-cookie']?.some((line) => line.startsWith('a=')) ?? false, false, told)
      const places = [...answer.body.matchAll(/(?:href|action|formaction)="([^"]*)"|name="next"\s+value="([^"]*)"/g)].map(
        (match) => match[1] ?? match[2] ?? '',
      )
      const located = answer.headers.location === undefined ? [] : [answer.headers.location]
      for (const place of [...located, ...places.filter((each) => /evil|next=|script:|data:/.test(each))]) {
        const url = new URL(place.replaceAll('&amp;', '&'), `${test.url}/sign-in`)
        assert.equal(url.origin, own(), `${told} -> ${place}`)
        // an address that carries `next` on is judged again by the route that takes it
        const on = url.searchParams.get('next')
        if (on !== null) assert.equal(new URL(on, test.url).origin, own(), `${told} -> ${place}`)
      }
    }
    const gets = test.app.routes.filter(
      (route) => route.method === 'GET' && !route.path.includes('/events') && !/^\/(assets|api|metrics|readyz|healthz)/.test(route.path),
    )
    for (const next of elsewhere) {
      const query = `next=${encodeURIComponent(next.toWellFormed())}`
      for (const { path } of gets) {
        for (const seat of path.includes('sign-in') || path.includes('demo') ? ['nobody', 'resident'] : ['nobody'])
          judge(await ask(seat, { path: `${pathOf(path)}?${query}` }), `GET ${path} ${JSON.stringify(next)}`)
      }
      for (const path of ['/sign-in', '/register', '/reset', '/track', '/session/extend', '/sign-out'])
        judge(
          await send(test.url, { method: 'POST', path, headers: form, body: `${residents}&${query}` }),
          `POST ${path} ${JSON.stringify(next)}`,
        )
    }
  })

  it('take no line break from a value', async () => {
    const broken = ['%0d%0ax-evil:1', '%0ax-evil:1', '%0dx-evil:1', '%E5%98%8A%E5%98%8Dx-evil:1', 'x%00%0d%0ax-evil:1']
    for (const text of broken) {
      for (const path of [
        `/?lang=en${text}`,
        `/services?q=${text}`,
        `/services/${text}`,
        `/sign-in?next=/${text}`,
        `/apply/${text}`,
        `/officer?q=${text}`,
        `/reports/${text}`,
        `/reports/RPT-AAAA-AAAA${text}`,
        `/reports?district=${text}&after=${text}&period=${text}`,
        `/reports.csv?district=${text}&after=2026-01-01T00:00:00.000Z_${text}`,
        `/reports.geojson?group=${text}`,
        `/reports/new?category=${text}&lat=${text}`,
        `/open311/v2/requests.json?page=${text}&service_code=${text}`,
        `/open311/v2/requests/${text}`,
        `/open311/v2/tokens/${text}`,
        `/officer/reports?q=${text}&district=${text}`,
        `/officer/reports/${text}`,
        `/officer/crew/reports/${text}`,
        `/map/picture.svg?lat=38.99&long=-30.5&m=${text}&lang=${text}`,
      ]) {
        const answer = await ask('officer', { path })
        assert.ok(answer.status < 500, path)
        assert.equal(answer.headers['x-evil'], undefined, path)
      }
    }
  })

  it('send a file whole, to be saved and not shown', async () => {
    const filed = await applyFor(test, 'street_event_permit', { cookie: sessions['resident'] })
    const page = await ask('officer', { path: `/officer/cases/${filed.caseId}` })
    const path = /href="(\/officer\/cases\/[0-9a-f-]+\/files\/[0-9a-f-]+)"/.exec(page.body)?.[1] ?? ''
    for (const range of [undefined, 'bytes=0-1', 'bytes=5-', 'bytes=0-0,2-3', 'bytes=-1', `bytes=${'0-,'.repeat(1_000)}0-`]) {
      const answer = await ask('officer', { path, headers: range === undefined ? {} : { range } })
      assert.deepEqual([answer.status, answer.headers['content-range']], [200, undefined], String(range))
      assert.match(String(answer.headers['content-disposition']), /^attachment; /)
      assert.equal(answer.headers['content-type'], 'image/jpeg')
      assert.equal(answer.headers['cache-control'], 'no-store')
    }
  })
})
