import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import pg from 'pg'
import { pino } from 'pino'
import { type App, createApp } from '../../src/app.ts'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { addAccount, createHasher } from '../../src/modules/identity/index.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { createServer } from '../../src/platform/http/server.ts'
import { transact } from '../../src/platform/platform.ts'
import { memoryMailer, startApp, type TestApp } from '../support/app.ts'
import { type Answer, type Ask, cookiesOf, formBody, send } from '../support/client.ts'
import { actOnCase, type Applied, applyFor, sessionOf } from '../support/world.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const other = { name: 'Otis Otherwise', email: 'otis.otherwise@example.org', password: 'paper-lantern-2026' }
const secret = 'ZQX 7731'

/** Paths with names in them that show public things, whoever comes. */
const publicPaths = /^\/(services|life-events|agencies|assets|resume|api\/v1\/services)\//

async function addOther(test: TestApp): Promise<void> {
  const passwordHash = await test.app.hasher.hash(other.password)
  await transact(test.app.platform, (tx) => addAccount(tx, { ...other, passwordHash, language: 'en', status: 'active', staffName: null }))
}

describe('who may come to what', () => {
  let test: TestApp
  let applied: Applied
  let ids: Record<string, string>
  const sessions: Record<string, string> = {}

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    await addOther(test)
    for (const name of ['resident', 'officer', 'parking', 'fire', 'auditor'])
      sessions[name] = await sessionOf(test, `${name}@harbourview.example`)
    sessions['other'] = await sessionOf(test, other.email)
    const own = (question: { id: string }): unknown => (question.id === 'vehicle_registration' ? secret : undefined)
    applied = await applyFor(test, 'resident_parking_permit', { cookie: sessions['resident'], own })
    for (const transition of ['start_review', 'grant'])
      await actOnCase(test, sessions['officer'] ?? '', applied.caseId, 'step', { transition })
    await test.settle()
    const client = new pg.Client({ connectionString: test.databaseUrl })
    await client.connect()
    const document = await client.query<{ id: string }>('select id from people.document order by created_at limit 1')
    const letter = await client.query<{ id: string }>('select id from cases.letter limit 1')
    await client.end()
    const { definition } = test.app.catalogue.offer('resident_parking_permit')
    ids = {
      reference: applied.reference,
      letter: letter.rows[0]?.id ?? '',
      file: document.rows[0]?.id ?? '',
      template: 'decision',
      page: definition.form.pages[0]?.id ?? '',
      group: 'group',
      row: '0',
    }
  })
  after(() => test.close())

  const pathOf = (path: string): string =>
    path.replaceAll(/:([a-z]+)/g, (_, name: string) => ids[name] ?? (path.startsWith('/officer') ? applied.caseId : applied.journey))
  const get = (path: string, cookie = ''): Promise<Answer> => send(test.url, { path, headers: cookie ? { cookie } : {} })

  it('declares the access of every route, and does not start with one that has none', () => {
    assert.ok(test.app.routes.length > 60)
    for (const route of test.app.routes) assert.match(route.access, /^(public|signed-in|staff|token)$/, route.path)
    for (const route of test.app.routes.filter((each) => each.path.startsWith('/officer'))) assert.equal(route.access, 'staff', route.path)
    const { app } = createServer({
      log: pino({ level: 'silent' }),
      publicOrigin: 'http://localhost',
      originGiven: false,
      trustProxy: [],
      problemPage: async () => '',
      readyKey: () => null,
      onVisit: async () => undefined,
      now: () => test.app.platform.now(),
    })
    assert.throws(() => app.get('/undeclared', () => ''), /declares no access/)
  })

  it('shows the case to those whose it is', async () => {
    const own = [
      `/cases/${applied.reference}`,
      `/cases/${applied.reference}/letters/${ids['letter'] ?? ''}`,
      `/apply/${applied.journey}/done`,
    ]
    for (const path of own) assert.equal((await get(path, sessions['resident'])).status, 200, path)
    const held = await get(`/cases/${applied.reference}`, `stoa_case=${applied.code}`)
    assert.match(held.body, new RegExp(applied.reference))
    for (const path of [`/officer/cases/${applied.caseId}`, `/officer/cases/${applied.caseId}/letters/${ids['letter'] ?? ''}`]) {
      for (const name of ['officer', 'parking']) assert.equal((await get(path, sessions[name])).status, 200, `${name} ${path}`)
    }
    assert.match((await get(`/officer/cases/${applied.caseId}`, sessions['parking'])).body, new RegExp(secret))
  })

  it('shows nothing of it to anybody else, on any route', async () => {
    const seats: Array<{ name: string; headers: Record<string, string> }> = [
      { name: 'anonymous', headers: {} },
      { name: 'other resident', headers: { cookie: sessions['other'] ?? '' } },
      { name: 'other agency', headers: { cookie: sessions['fire'] ?? '' } },
      { name: 'auditor', headers: { cookie: sessions['auditor'] ?? '' } },
      { name: 'wrong tokens', headers: { cookie: 'stoa_case=AAAAAAAAAAAA; stoa_journey=AAAA', authorization: `Bearer ${'A'.repeat(43)}` } },
      {
        name: 'swapped tokens',
        headers: { cookie: `stoa_case=${applied.token}; stoa_journey=${applied.code}`, authorization: `Bearer ${applied.code}` },
      },
    ]
    const withIds = test.app.routes.filter((route) => route.path.includes(':') && !publicPaths.test(route.path))
    assert.ok(withIds.length > 20)
    for (const { name, headers } of seats) {
      for (const route of withIds) {
        // the tracking code is the right one for the case's own JSON
        if (name === 'swapped tokens' && route.path === '/api/v1/cases/:reference') continue
        const asked: Ask = {
          method: route.method,
          path: pathOf(route.path),
          headers: { ...headers, ...(route.method === 'POST' ? form : {}) },
        }
        const answer = await send(test.url, {
          ...asked,
          body: route.method === 'POST' ? 'text=x&transition=grant&answer=confirm' : undefined,
        })
        const told = `${name}: ${route.method} ${asked.path} -> ${answer.status} ${String(answer.headers.location)}`
        const away = answer.status === 303 && /^\/(sign-in|track)\b/.test(String(answer.headers.location))
        assert.ok(away || [401, 403, 404].includes(answer.status), told)
        for (const word of [secret, 'Robin Example']) assert.ok(!answer.body.includes(word), told)
      }
      for (const path of ['/my', '/officer?queue=closed', `/officer?q=${applied.reference}`, '/officer?q=robin', '/track', '/services'])
        assert.ok(!(await get(path, headers['cookie'])).body.includes(`/officer/cases/${applied.caseId}`), `${name} ${path}`)
    }
  })

  it('changes nothing when somebody else acts', async () => {
    const body = formBody({ case: applied.caseId })
    const answer = await send(test.url, {
      method: 'POST',
      path: '/officer/assign',
      headers: { ...form, cookie: sessions['fire'] ?? '' },
      body,
    })
    assert.match(String(answer.headers.location), /given=0&failed=1/)
    const denied = await send(test.url, {
      method: 'POST',
      path: '/officer/assign',
      headers: { ...form, cookie: sessions['other'] ?? '' },
      body,
    })
    assert.equal(denied.status, 403)
  })

  it('refuses what another site sends', async () => {
    const post = async (headers: Record<string, string>): Promise<number> =>
      (await send(test.url, { method: 'POST', path: '/track', headers: { ...form, ...headers }, body: 'reference=x' })).status
    const foreign: Array<Record<string, string>> = [
      { 'sec-fetch-site': 'cross-site' }, { 'sec-fetch-site': 'same-site' }, { origin: 'https://evil.example' }, { origin: 'null' },
      { origin: `${test.url}.evil.example` }, { origin: 'http://localhost:1' }, { 'sec-fetch-site': 'cross-site', origin: test.url },
    ] // prettier-ignore
    for (const headers of foreign) assert.equal(await post(headers), 403, JSON.stringify(headers))
    const own: Array<Record<string, string>> = [{ 'sec-fetch-site': 'same-origin' }, { 'sec-fetch-site': 'none' }, { origin: test.url }]
    for (const headers of own) assert.equal(await post(headers), 422, JSON.stringify(headers))
    for (const route of test.app.routes.filter((each) => each.method === 'POST' && !each.path.startsWith('/api/'))) {
      const headers = { ...form, origin: 'https://evil.example', cookie: sessions['resident'] ?? '' }
      assert.equal((await send(test.url, { method: 'POST', path: pathOf(route.path), headers, body: 'x=1' })).status, 403, route.path)
    }
  })

  it('sends its headers with every answer', async () => {
    for (const path of [
      '/',
      '/nowhere',
      '/%',
      '/my',
      `/cases/${applied.reference}`,
      '/api/v1/services',
      '/healthz',
      '/robots.txt',
      '/favicon.ico',
      '/cases/x/events',
    ]) {
      const { headers } = await get(path)
      assert.match(String(headers['content-security-policy']), /default-src 'none'.*frame-ancestors 'none'/, path)
      assert.equal(headers['x-content-type-options'], 'nosniff', path)
      assert.equal(headers['referrer-policy'], 'same-origin', path)
      assert.equal(headers['x-powered-by'], undefined)
    }
    const live = await send(test.url, {
      path: `/cases/${applied.reference}/events`,
      headers: { cookie: sessions['resident'] ?? '' },
      headOnly: true,
    })
    assert.match(String(live.headers['content-security-policy']), /default-src 'none'/)
    for (const path of ['/my', `/cases/${applied.reference}`])
      assert.equal((await get(path, sessions['resident'])).headers['cache-control'], 'no-store')
  })

  it('leads on to its own pages only', async () => {
    const evil = [
      '//evil.example', '/\\evil.example', 'https://evil.example', 'javascript:alert(1)', '/\t/evil.example', '/%09/evil.example', '\\\\evil.example',
      '/%5Cevil.example', '///evil.example', ' //evil.example', '/%2F/evil.example', `/x\r\nset-cookie: a=b`, '/.//evil.example', '@evil.example', '/%0d%0aa:b',
    ] // prettier-ignore
    for (const next of evil) {
      const body = formBody({ email: other.email, password: other.password, next })
      for (const path of ['/sign-in', '/session/extend']) {
        const { headers, status } = await send(test.url, { method: 'POST', path, headers: form, body })
        assert.ok([204, 303].includes(status), `${path} ${status}`)
        assert.equal(headers['a'], undefined)
        if (status === 303) assert.equal(new URL(String(headers.location), test.url).origin, new URL(test.url).origin, next)
      }
      const page = await get(`/sign-in?next=${encodeURIComponent(next)}`)
      const hidden = /name="next" value="([^"]*)"/.exec(page.body)?.[1]
      if (hidden !== undefined) assert.equal(new URL(hidden, test.url).origin, new URL(test.url).origin, next)
    }
  })

  it('says the same for an address that has an account and one that has none', async () => {
    const known = 'resident@harbourview.example'
    const unknown = 'nobody.at.all@harbourview.example'
    const ask = async (path: string, email: string): Promise<unknown> => {
      const body = formBody({ email, password: 'wrong-password-2026', name: 'Any Body' })
      const answer = await send(test.url, { method: 'POST', path, headers: form, body })
      return {
        status: answer.status,
        location: answer.headers.location,
        cookies: cookiesOf(answer),
        body: answer.body.replaceAll(email, 'EMAIL'),
      }
    }
    for (const path of ['/sign-in', '/reset', '/register']) assert.deepEqual(await ask(path, known), await ask(path, unknown), path)
  })
})

describe('sign-in over two processes, behind https', () => {
  let test: TestApp
  let second: App
  before(async () => {
    test = await startApp({ accounts: true, env: { PUBLIC_ORIGIN: 'https://city.example' } })
    const means = { mailer: memoryMailer(), hasher: createHasher(true), keys: keysFromPhrase('test') }
    second = await createApp(test.app.config, test.databaseUrl, means)
  })
  after(async () => {
    await second.close()
    await test.close()
  })

  const signIn = async (app: App, email: string, password: string): Promise<{ status: number; cookies: string[] }> => {
    const answer = await app.server.inject({ method: 'POST', url: '/sign-in', headers: form, payload: formBody({ email, password }) })
    return { status: answer.statusCode, cookies: [answer.headers['set-cookie'] ?? []].flat() }
  }

  it('sets cookies that only this host gets, over https, and no script sees', async () => {
    const step = await signIn(test.app, 'officer@harbourview.example', DEMO_PASSWORD)
    assert.match(step.cookies.join(), /^__Host-stoa_step=[^;,]+; Path=\/; HttpOnly; SameSite=Lax; Secure; Max-Age=600$/)
    const { status, cookies } = await signIn(test.app, 'resident@harbourview.example', DEMO_PASSWORD)
    assert.equal(status, 303)
    assert.match(cookies[0] ?? '', /^__Host-stoa_session=[^;]+; Path=\/; HttpOnly; SameSite=Lax; Secure/)
    assert.doesNotMatch([...step.cookies, ...cookies].join(), /domain=/i)
    const started = await second.server.inject({ method: 'POST', url: '/services/library_card/start?lang=es' })
    const set = [started.headers['set-cookie'] ?? []].flat()
    assert.ok(set.length >= 2)
    for (const line of set)
      assert.match(line, /^(__Host-\w+=[^;]*; Path=\/|__Secure-\w+=[^;]*; Path=\/[^;]+); HttpOnly; SameSite=Lax; Secure/)
    const draft = String(started.headers.location)
    const [cookie = ''] = (set.find((line) => line.startsWith('__Secure-stoa_journey=')) ?? '').split(';')
    const shown = async (sent: string): Promise<number> =>
      (await second.server.inject({ method: 'GET', url: draft, headers: { cookie: sent } })).statusCode
    assert.notEqual(cookie, '')
    assert.ok((await shown(cookie)) < 400, 'it is read under its prefix')
    assert.ok((await shown(cookie.replace('__Secure-', ''))) >= 400, 'and not without')
    assert.match(String(started.headers['strict-transport-security']), /max-age=\d{8}/)
    const plain = await second.server.inject({
      method: 'GET',
      url: '/my',
      headers: { cookie: (cookies[0] ?? '').replace('__Host-', '').split(';')[0] ?? '' },
    })
    assert.equal(plain.statusCode, 303, 'the name without its prefix is no session')
  })

  it('counts attempts together', async () => {
    const email = 'supervisor@harbourview.example'
    for (let i = 0; i < 5; i += 1) assert.equal((await signIn(i % 2 ? second : test.app, email, 'wrong')).status, 422)
    for (const app of [test.app, second]) assert.equal((await signIn(app, email, DEMO_PASSWORD)).status, 429)
  })

  it('lets no more through when they all come at once', async () => {
    const all = await Promise.all(
      Array.from({ length: 30 }, (_, i) => signIn(i % 2 ? second : test.app, 'parking@harbourview.example', 'wrong')),
    )
    assert.equal(all.filter((each) => each.status === 422).length, 5)
    assert.equal(all.filter((each) => each.status === 429).length, 25)
  })
})
