import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { pino } from 'pino'
import { type App, createApp } from '../../src/app.ts'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { addAccount, createHasher } from '../../src/modules/identity/index.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { query } from '../../src/platform/db.ts'
import { createServer } from '../../src/platform/http/server.ts'
import { transact } from '../../src/platform/platform.ts'
import { memoryMailer, startApp, type TestApp } from '../support/app.ts'
import { type Answer, cookiesOf, formBody, send } from '../support/client.ts'
import { actOnCase, type Applied, applyFor, sessionOf } from '../support/world.ts'

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const other = { name: 'Otis Otherwise', email: 'otis.otherwise@example.org', password: 'paper-lantern-2026' }
const secret = 'ZQX 7731'

async function addOther(test: TestApp): Promise<void> {
  const passwordHash = await test.app.hasher.hash(other.password)
  await transact(test.app.platform, (tx) => addAccount(tx, { ...other, passwordHash, language: 'en', status: 'active', staffName: null }))
}

describe('who may come to what', () => {
  let test: TestApp
  let applied: Applied
  let letter = ''
  const sessions: Record<string, string> = {}

  before(async () => {
    test = await startApp({ listen: true, accounts: true })
    await addOther(test)
    for (const name of ['resident', 'officer', 'parking', 'fire']) sessions[name] = await sessionOf(test, `${name}@harbourview.example`)
    sessions['other'] = await sessionOf(test, other.email)
    const own = (question: { id: string }): unknown => (question.id === 'vehicle_registration' ? secret : undefined)
    applied = await applyFor(test, 'resident_parking_permit', { cookie: sessions['resident'], own })
    for (const transition of ['start_review', 'grant'])
      await actOnCase(test, sessions['officer'] ?? '', applied.caseId, 'step', { transition })
    await test.settle()
    const [row] = await query<{ id: string }>(test.app.platform.db, 'select id from cases.letter limit 1')
    letter = row?.id ?? ''
  })
  after(() => test.close())

  const pathOf = (path: string): string =>
    path
      .replace('/services/:id', '/services/library_card')
      .replaceAll(/:[a-z]+/g, applied.journey)
      .replace('*', 'session/end')
  const get = (path: string, cookie = ''): Promise<Answer> => send(test.url, { path, headers: cookie ? { cookie } : {} })

  it('declares the access of every route, and does not start with one that has none', () => {
    assert.ok(test.app.routes.length > 60)
    for (const route of test.app.routes) assert.match(route.access, /^(public|signed-in|staff|token)$/, route.path)
    for (const { path, access } of test.app.routes.filter((each) => /^\/(officer|admin|audit|counter-device)\b/.test(each.path)))
      // what a device keeps to go on without a connection: nobody's, and fetched without a session
      assert.equal(access, /^\/officer\/crew\/(frame|worker\.js)$/.test(path) ? 'public' : 'staff', path)
    // what one says about oneself before there is an account, and after there is none
    const open = ['/my/privacy-choices', '/my/data/erased']
    for (const { path, access } of test.app.routes.filter((each) => /^\/(my|account)\b/.test(each.path)))
      assert.equal(access, open.includes(path) ? 'public' : 'signed-in', path)
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
    const own = [`/cases/${applied.reference}`, `/cases/${applied.reference}/letters/${letter}`, `/apply/${applied.journey}/done`]
    for (const path of own) assert.equal((await get(path, sessions['resident'])).status, 200, path)
    const held = await get(`/cases/${applied.reference}`, `stoa_case=${applied.code}`)
    assert.match(held.body, new RegExp(applied.reference))
    for (const path of [`/officer/cases/${applied.caseId}`, `/officer/cases/${applied.caseId}/letters/${letter}`]) {
      for (const name of ['officer', 'parking']) assert.equal((await get(path, sessions[name])).status, 200, `${name} ${path}`)
    }
    assert.match((await get(`/officer/cases/${applied.caseId}`, sessions['parking'])).body, new RegExp(secret))
  })

  it('changes nothing when somebody else acts', async () => {
    const stands = async () =>
      query<{ officer: string | null; revision: number }>(test.app.platform.db, 'select officer, revision from cases.case where id = $1', [
        applied.caseId,
      ])
    const before = await stands()
    assert.equal(before.length, 1)
    const body = formBody({ case: `${applied.caseId}~${before[0]?.revision}`, officer: 'nobody' })
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
    assert.deepEqual(await stands(), before)
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
    const acts = test.app.routes.filter(({ method }) => !['GET', 'HEAD', 'OPTIONS', 'TRACE'].includes(method))
    assert.ok(acts.length > 90)
    for (const { method, path } of acts) {
      const headers = { ...form, origin: 'https://evil.example' }
      const cookie = sessions['resident'] ?? ''
      const withSession = await send(test.url, { method, path: pathOf(path), headers: { ...headers, cookie }, body: 'x=1' })
      assert.deepEqual([withSession.status, cookiesOf(withSession)], [403, []], `${method} ${path} -> ${withSession.status}`)
      // without a session the doors for programs answer; all others refuse again
      const answer = await send(test.url, { method, path: pathOf(path), headers, body: 'x=1' })
      const told = `${method} ${path} -> ${answer.status}`
      assert.deepEqual(cookiesOf(answer), [], told)
      // who shows no token is nobody at the JSON door, and nobody may begin an application
      if (path.startsWith('/api/')) assert.ok(/\/services\/.*\/journeys$/.test(path) ? answer.status === 201 : answer.status === 401, told)
      // the door of Open311 wants the key of a program; what it does not have it has for nobody
      else if (path.startsWith('/open311/v2/')) assert.equal(answer.status, path.endsWith('/*') ? 404 : 403, told)
      // the invented national ID is another house, called from elsewhere, and so is the city's own by applications
      else if (path === '/demo/national-id/*' || path === '/oidc/*') assert.equal(answer.status, 404, told)
      // a provider calls from elsewhere with its signature; there is none of this name
      else if (path === '/pay/webhooks/:provider') assert.equal(answer.status, 404, told)
      else assert.equal(answer.status, 403, told)
    }
    const journeys = 'select count(*)::int as count from journeys.journey where person_id is not null'
    assert.deepEqual(await query(test.app.platform.db, journeys), [{ count: 1 }], 'what nobody began belongs to nobody')
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
        assert.ok((path === '/sign-in' ? [303] : [303, 401]).includes(status), `${path} ${status}`)
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
