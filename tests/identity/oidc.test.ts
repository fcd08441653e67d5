import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import pg from 'pg'
import { createApp } from '../../src/app.ts'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { anonymous } from '../../src/modules/access/index.ts'
import { accountByAddress, addAccount, createHasher, raiseSession, sessionCookie, signOut } from '../../src/modules/identity/index.ts'
import { keysFromPhrase } from '../../src/platform/crypto.ts'
import { transact } from '../../src/platform/platform.ts'
import { memoryMailer, startApp, type TestApp } from '../support/app.ts'
import { openBrowser } from '../support/browser.ts'
import { send } from '../support/client.ts'
import { faultsOf } from '../support/looks.ts'
import { CALLBACK, register, signedIn, Visitor } from './oidcvisitor.ts'

const RESIDENT = 'resident@harbourview.example'
const SCOPE = 'openid profile email'

type Flow = { readonly to: URL; readonly verifier: string; readonly state: string; readonly nonce: string }

/** The request of an application, as a library makes it. */
async function flowOf(app: openid.Configuration, more: Readonly<Record<string, string>> = {}): Promise<Flow> {
  const verifier = openid.randomPKCECodeVerifier()
  const state = openid.randomState()
  const nonce = openid.randomNonce()
  const to = openid.buildAuthorizationUrl(app, {
    redirect_uri: CALLBACK,
    scope: SCOPE,
    state,
    nonce,
    code_challenge: await openid.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    ...more,
  })
  return { to, verifier, state, nonce }
}

function redeem(app: openid.Configuration, back: URL, flow: Flow): ReturnType<typeof openid.authorizationCodeGrant> {
  return openid.authorizationCodeGrant(app, back, { pkceCodeVerifier: flow.verifier, expectedState: flow.state, expectedNonce: flow.nonce })
}

/** Signs a visitor in to an application. */
async function signIn(app: openid.Configuration, visitor: Visitor, more: Readonly<Record<string, string>> = {}): ReturnType<typeof redeem> {
  const flow = await flowOf(app, more)
  return redeem(app, await visitor.allow(flow.to), flow)
}

describe('agencies sign residents in', () => {
  let test: TestApp
  let app: openid.Configuration
  // the provider's library reads the machine's clock: the tests' clock runs with it, ahead by what they say
  let ahead = 0
  const now = (): Date => new Date(Date.now() + ahead)
  const clock = { moveBy: (ms: number): void => void (ahead += ms) }
  let database: pg.Client

  /** An application that knows the provider only by its issuer. */
  const discover = async (id: string, own: Parameters<typeof register>[2] = {}): Promise<openid.Configuration> => {
    const secret = await register(test, id, own)
    return openid.discovery(new URL(`${test.url}/oidc`), id, undefined, openid.ClientSecretBasic(secret), {
      execute: [openid.allowInsecureRequests],
    })
  }
  const eventsOf = async (type: string): Promise<Array<{ actor: string; subject: string | null; data: Record<string, unknown> }>> =>
    (await database.query('select actor, subject, data from journal.event where type = $1 order by seq', [type])).rows
  const run = async (name: string): Promise<void> => {
    const job = test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === name)
    assert.ok(job)
    await job.run(test.app.platform, {})
  }

  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now } })
    database = new pg.Client({ connectionString: test.databaseUrl })
    await database.connect()
    app = await discover('parking')
  })
  after(async () => {
    await database.end()
    await test.close()
  })

  it('tells what it is from the public origin, whatever the request says', async () => {
    const answer = await send(test.url, {
      path: '/oidc/.well-known/openid-configuration',
      headers: { host: 'evil.example', 'x-forwarded-host': 'evil.example', 'x-forwarded-proto': 'https' },
    })
    const told = JSON.parse(answer.body)
    const origin = test.app.platform.publicOrigin
    assert.equal(told.issuer, `${origin}/oidc`)
    assert.ok(!answer.body.includes('evil') && !answer.body.includes('https:'))
    for (const name of [
      'authorization_endpoint',
      'token_endpoint',
      'jwks_uri',
      'end_session_endpoint',
      'pushed_authorization_request_endpoint',
    ])
      assert.ok(String(told[name]).startsWith(`${origin}/oidc/`), name)
    assert.deepEqual(told.code_challenge_methods_supported, ['S256'])
    assert.deepEqual(told.response_types_supported, ['code'])
    assert.deepEqual(told.subject_types_supported, ['pairwise'])
    assert.deepEqual(told.grant_types_supported.toSorted(), ['authorization_code', 'refresh_token'])
    assert.equal(told.backchannel_logout_supported, true)
    assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    const keys = await send(test.url, { path: '/oidc/jwks' })
    assert.ok(!('d' in JSON.parse(keys.body).keys[0]))
  })

  it('lets an application read who used the person’s data with a token for that, until the consent, the session or the application ends', async () => {
    const usage = await discover('usage', { scopes: ['openid', 'data_usage'] })
    const visitor = await signedIn(test, RESIDENT)
    const ask = async (token: string) =>
      send(test.url, { path: '/api/v1/me/data-usage', headers: { authorization: `Bearer ${token}`, accept: 'application/json' } })
    const plain = await signIn(usage, visitor, { scope: 'openid' })
    assert.equal((await ask(plain.access_token)).status, 401, 'a token for something else')
    const tokens = await signIn(usage, visitor, { scope: 'openid data_usage', prompt: 'consent' })
    const answer = await ask(tokens.access_token)
    assert.equal(answer.status, 200, answer.body)
    assert.ok(JSON.parse(answer.body).totalUsages >= 0)
    assert.equal((await ask(`${tokens.access_token}x`)).status, 401)
    await visitor.go('/account/apps/end', { app: 'usage' })
    assert.equal((await ask(tokens.access_token)).status, 401, 'the consent has ended')
  })

  it('asks in plain words, in the reader’s language, and tells what was allowed and nothing else', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const flow = await flowOf(app)
    const asked = await visitor.go(flow.to)
    assert.match(asked.path, /^\/oidc-consent\//)
    assert.match(asked.answer.body, /Let App parking know who you are/)
    assert.match(asked.answer.body, /Your e-mail address/)
    assert.match(String(asked.answer.headers['content-security-policy']), /form-action 'self' http:\/\/127\.0\.0\.1:9(;|$)/)
    assert.match((await visitor.ask(`${asked.path}?lang=es`)).body, /Aplicación parking/)
    assert.match((await visitor.ask(`${asked.path}?lang=ar`)).body, /dir="rtl"[^]*تطبيق parking/)
    await visitor.ask('/?lang=en')
    const { away } = await visitor.go(asked.path, { answer: 'allow' })
    assert.ok(away)
    const tokens = await redeem(app, away, flow)
    const claims = tokens.claims()
    assert.ok(claims)
    assert.equal(claims['acr'], 'urn:stoa:loa:substantial')
    assert.deepEqual(claims['amr'], ['pop', 'user', 'mfa'])
    assert.equal(claims['name'], undefined, 'an ID token carries no data')
    assert.equal(tokens.refresh_token, undefined)
    const before = (await eventsOf('people.record.opened')).length
    const told = await openid.fetchUserInfo(app, tokens.access_token, claims.sub)
    assert.deepEqual({ ...told, sub: '' }, { sub: '', name: 'Robin Example', email: RESIDENT, email_verified: true })
    const opened = (await eventsOf('people.record.opened')).slice(before)
    assert.equal(opened.length, 1)
    assert.equal(opened[0]?.actor, 'app:parking')
    assert.deepEqual([opened[0]?.data['purpose'], opened[0]?.data['legal_basis']], ['oidc.claims', 'gdpr.6.1.a'])
    assert.deepEqual(new Set([opened[0]?.data['fields']].flat()), new Set(['email', 'full_name']))
    const given = (await eventsOf('oidc.grant.given')).at(-1)
    assert.deepEqual(given?.data, { client: 'parking', agency: 'transport', scopes: ['openid', 'profile', 'email'] })
    assert.equal(given?.subject, opened[0]?.subject, 'it is in the person’s own list')
  })

  it('tells only what was asked for', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const small = await discover('small', { scopes: ['openid', 'email'] })
    const before = (await eventsOf('people.record.opened')).length
    const tokens = await signIn(small, visitor, { scope: 'openid' })
    const told = await openid.fetchUserInfo(small, tokens.access_token, openid.skipSubjectCheck)
    assert.deepEqual(Object.keys(told), ['sub'])
    assert.equal((await eventsOf('people.record.opened')).length, before, 'and opens nothing for it')
    const more = await visitor.go((await flowOf(small, { scope: 'openid profile' })).to)
    assert.equal(more.away?.searchParams.get('error'), 'invalid_scope')
  })

  it('remembers the answer, on every device, until the person ends it', async () => {
    const first = await signIn(app, await signedIn(test, RESIDENT))
    const visitor = await signedIn(test, RESIDENT)
    const again = await visitor.go((await flowOf(app)).to)
    assert.ok(again.away?.searchParams.get('code'), 'no question the second time')
    const mine = await visitor.ask('/account/apps')
    assert.match(mine.body, /App parking/)
    const ended = await visitor.go('/account/apps/end', { app: 'parking' })
    assert.match(ended.answer.body, /has no access any more/)
    assert.equal((await eventsOf('oidc.grant.ended')).at(-1)?.data['client'], 'parking')
    await assert.rejects(openid.fetchUserInfo(app, first.access_token, openid.skipSubjectCheck), /WWW-Authenticate/)
    assert.match((await visitor.go((await flowOf(app)).to)).path, /^\/oidc-consent\//, 'and is asked again')
    assert.equal((await visitor.ask('/account/apps/end', { app: 'parking' })).status, 404, 'once is enough')
    assert.equal((await new Visitor(test.url).ask('/account/apps')).status, 303)
  })

  it('knows a person by one number in an agency and by another in the next', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const subjects: string[] = []
    for (const [id, agency] of [
      ['streets', 'transport'],
      ['books', 'library'],
      ['taxes', 'revenue'],
    ] as const)
      subjects.push((await signIn(await discover(id, { agency }), visitor)).claims()?.sub ?? '')
    subjects.push((await signIn(app, visitor)).claims()?.sub ?? '')
    assert.equal(subjects[0], subjects[3], 'two apps of one agency')
    assert.equal(new Set(subjects).size, 3)
    const account = await accountByAddress(test.app.platform, RESIDENT)
    for (const subject of subjects) assert.ok(subject.length > 40 && subject !== account?.id && subject !== account?.personId)
  })

  it('sends whoever is not signed in to the sign-in, and goes on from there by a page', async () => {
    const visitor = new Visitor(test.url)
    const flow = await flowOf(app)
    const asked = await visitor.ask(flow.to.pathname + flow.to.search)
    const consent = String(asked.headers.location)
    assert.equal((await visitor.ask(consent)).headers.location, `/sign-in?next=${consent}?signed_in=1`)
    const other = await signedIn(test, RESIDENT)
    for (const { name, value } of other.cookies) visitor.put(name, value)
    const page = await visitor.ask(`${consent}?signed_in=1`)
    assert.equal(page.status, 200, 'not a redirect: the answer to a form may not lead to another origin')
    const onward = /http-equiv="refresh" content="0; url=(\/oidc\/auth\/[^"]+)"/.exec(page.body)?.[1]
    assert.ok(onward && page.body.includes(`href="${onward}"`))
    assert.ok((await redeem(app, await visitor.allow(onward), flow)).access_token)
  })

  it('asks for a surer sign-in when the application needs one', async () => {
    const visitor = await signedIn(test, RESIDENT, { level: 'low', methods: ['password'] })
    const flow = await flowOf(app, { acr_values: 'urn:stoa:loa:high urn:stoa:loa:substantial' })
    const asked = await visitor.ask(flow.to.pathname + flow.to.search)
    const consent = String(asked.headers.location)
    assert.equal((await visitor.ask(consent)).headers.location, `/sign-in?next=${consent}?signed_in=1&level=substantial`)
    const none = await visitor.go((await flowOf(app, { acr_values: 'urn:stoa:loa:substantial', prompt: 'none' })).to)
    assert.equal(none.away?.searchParams.get('error'), 'login_required')
    const name = sessionCookie(test.app.platform)
    const token = visitor.cookies.find((each) => each.name === name)?.value ?? ''
    visitor.put(name, await raiseSession(test.app.platform, token, { level: 'substantial', method: 'totp' }))
    const tokens = await redeem(app, await visitor.allow(consent), flow)
    assert.equal(tokens.claims()?.['acr'], 'urn:stoa:loa:substantial')
    assert.deepEqual(tokens.claims()?.['amr'], ['pwd', 'otp', 'mfa'])
    // the level is that of the session of the moment, never one from before
    const low = await signedIn(test, RESIDENT, { level: 'low', methods: ['password'] })
    for (const each of visitor.cookies.filter(({ name: other }) => other !== name)) low.cookies.push(each)
    assert.equal((await signIn(app, low)).claims()?.['acr'], 'urn:stoa:loa:low')
  })

  it('wants a sign-in of this moment when the application does', async () => {
    clock.moveBy(-5_000)
    const visitor = await signedIn(test, RESIDENT)
    clock.moveBy(5_000)
    await signIn(app, visitor)
    const flow = await flowOf(app, { prompt: 'login' })
    const asked = await visitor.go(flow.to)
    assert.match(asked.answer.body, /Sign in once more/)
    const away = await visitor.ask(asked.path, { answer: 'again' })
    assert.match(String(away.headers.location), /^\/sign-in\?next=/)
    assert.ok(!visitor.cookies.some(({ name }) => name === sessionCookie(test.app.platform)), 'signed out')
    const fresh = await signedIn(test, RESIDENT)
    visitor.put(sessionCookie(test.app.platform), fresh.cookies[0]?.value ?? '')
    assert.ok((await redeem(app, await visitor.allow(asked.path), flow)).access_token)
  })

  it('lets the person refuse', async () => {
    const cautious = await discover('cautious')
    const visitor = await signedIn(test, RESIDENT)
    const flow = await flowOf(cautious)
    const asked = await visitor.go(flow.to)
    const { away } = await visitor.go(asked.path, { answer: 'refuse' })
    assert.equal(away?.searchParams.get('error'), 'access_denied', JSON.stringify(away))
    await assert.rejects(
      redeem(cautious, away ?? new URL(CALLBACK), flow),
      /access_denied|authorization response from the server is an error/,
    )
  })

  it('does not mix people up at one device', async () => {
    const robin = await signedIn(test, RESIDENT)
    const first = await signIn(app, robin)
    const otis = { name: 'Otis Otherwise', email: 'otis.otherwise@example.org' }
    const passwordHash = await test.app.hasher.hash(DEMO_PASSWORD)
    await transact(test.app.platform, (tx) => addAccount(tx, { ...otis, passwordHash, language: 'en', status: 'active', staffName: null }))
    const second = await signedIn(test, otis.email)
    // the next person has the browser as it was left: every cookie of the provider, but a session of their own
    for (const each of robin.cookies.filter(({ name }) => name !== sessionCookie(test.app.platform))) second.cookies.push(each)
    const told = await openid.fetchUserInfo(app, (await signIn(app, second)).access_token, openid.skipSubjectCheck)
    assert.equal(told.name, otis.name)
    assert.notEqual(told.sub, first.claims()?.sub)
    // and somebody who is not signed in is nobody
    const nobody = new Visitor(test.url)
    for (const each of second.cookies.filter(({ name }) => name !== sessionCookie(test.app.platform))) nobody.cookies.push(each)
    assert.equal((await nobody.go((await flowOf(app, { prompt: 'none' })).to)).away?.searchParams.get('error'), 'login_required')
  })

  it('changes the refresh token with each use', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const tokens = await signIn(app, visitor, { scope: 'openid email offline_access', prompt: 'consent' })
    assert.ok(tokens.refresh_token)
    const next = await openid.refreshTokenGrant(app, tokens.refresh_token)
    assert.ok(next.refresh_token && next.refresh_token !== tokens.refresh_token)
    assert.equal((await openid.fetchUserInfo(app, next.access_token, openid.skipSubjectCheck)).email, RESIDENT)
    const seen = await openid.tokenIntrospection(app, next.access_token)
    assert.equal(seen.active, true)
    await openid.tokenRevocation(app, next.refresh_token)
    await assert.rejects(openid.refreshTokenGrant(app, next.refresh_token), openid.ResponseBodyError)
    assert.equal((await openid.tokenIntrospection(app, next.access_token)).active, false)
  })

  it('signs out of one application, or of everything', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const tokens = await signIn(app, visitor)
    const leave = openid.buildEndSessionUrl(app, {
      id_token_hint: tokens.id_token ?? '',
      post_logout_redirect_uri: 'http://127.0.0.1:9/bye',
      state: 'said',
    })
    const secretIn = (body: string): string => /name="xsrf" value="([^"]+)"/.exec(body)?.[1] ?? ''
    const page = await visitor.go(leave)
    assert.match(page.answer.body, /Sign out of App parking\?/)
    assert.match(String(page.answer.headers['content-security-policy']), /form-action 'self' http:\/\/127\.0\.0\.1:9(;|$)/)
    const one = await visitor.go('/oidc/session/end/confirm', { xsrf: secretIn(page.answer.body) })
    assert.equal(one.away?.href, 'http://127.0.0.1:9/bye?state=said')
    assert.equal((await visitor.ask('/account/apps')).status, 200, 'still signed in to the city')
    await assert.rejects(openid.fetchUserInfo(app, tokens.access_token, openid.skipSubjectCheck))
    await signIn(app, visitor)
    const all = await visitor.go(leave)
    const done = await visitor.go('/oidc/session/end/confirm', { xsrf: secretIn(all.answer.body), logout: 'yes' })
    assert.equal(done.away?.href, 'http://127.0.0.1:9/bye?state=said')
    assert.equal((await visitor.ask('/account/apps')).status, 303, 'signed out of the city')
    const nobody = await visitor.go(leave)
    assert.equal(nobody.away?.href, 'http://127.0.0.1:9/bye?state=said', 'nothing to ask whoever is not signed in')
    assert.match((await visitor.go('/oidc/session/end')).answer.body, /You are signed out/)
  })

  it('ends with the session of the city, and tells the application', async () => {
    const visitor = await signedIn(test, RESIDENT)
    await signedInAtDemoApp(visitor)
    const tokens = await signIn(app, visitor)
    const token = visitor.cookies.find(({ name }) => name === sessionCookie(test.app.platform))?.value ?? ''
    await signOut(test.app.platform, token, anonymous('web'))
    await assert.rejects(openid.fetchUserInfo(app, tokens.access_token, openid.skipSubjectCheck), /WWW-Authenticate/, 'at once')
    assert.match((await visitor.ask('/demo/agency-app')).body, /What the app learned/, 'the application does not know yet')
    await run('oidc:end_sessions')
    assert.doesNotMatch((await visitor.ask('/demo/agency-app')).body, /What the app learned/, 'now it does')
  })

  /** Signs in to the demo's application. */
  async function signedInAtDemoApp(visitor: Visitor): Promise<void> {
    const asked = await visitor.go('/demo/agency-app/sign-in')
    const page = asked.path.startsWith('/oidc-consent/') ? await visitor.go(asked.path, { answer: 'allow' }) : asked
    assert.equal(page.path, '/demo/agency-app', page.answer.body.slice(0, 2000))
    assert.match(page.answer.body, /Robin Example/)
  }

  it('has a demo application that signs in and out', async () => {
    const visitor = await signedIn(test, RESIDENT)
    assert.match((await visitor.ask('/demo/agency-app')).body, /Sign in with the city/)
    await signedInAtDemoApp(visitor)
    const leaving = await visitor.go('/demo/agency-app/sign-out', {})
    const xsrf = /name="xsrf" value="([^"]+)"/.exec(leaving.answer.body)?.[1] ?? ''
    const out = await visitor.go('/oidc/session/end/confirm', { xsrf, logout: 'yes' })
    assert.equal(out.path, '/demo/agency-app')
    assert.match(out.answer.body, /Sign in with the city/)
    const forged = await send(test.url, {
      method: 'POST',
      path: '/demo/agency-app/backchannel',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'logout_token=eyJhbGciOiJub25lIn0.eyJzaWQiOiJ4In0.',
    })
    assert.equal(forged.status, 400)
  })

  it('walks through the demo application in a browser without scripts', async () => {
    const browser = await openBrowser()
    try {
      const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en' })
      const [session] = (await signedIn(test, RESIDENT)).cookies
      await context.addCookies([{ name: session?.name ?? '', value: session?.value ?? '', url: test.url }])
      const page = await context.newPage()
      const demo = await database.query<{ id: string }>("select id from oidc.client where id like 'demo-%'")
      await (await signedIn(test, RESIDENT)).go('/account/apps/end', { app: demo.rows[0]?.id ?? '' })
      await page.goto(`${test.url}/demo/agency-app`)
      await page.getByRole('link', { name: 'Sign in with the city' }).click()
      await page.getByRole('button', { name: 'Allow', exact: true }).click()
      await page.waitForURL('**/demo/agency-app')
      assert.match(await page.locator('main').innerText(), /Robin Example/)
      await page.getByRole('main').getByRole('button', { name: 'Sign out' }).click()
      await page.getByRole('button', { name: 'Sign out of everything' }).click()
      await page.waitForURL('**/demo/agency-app')
      assert.match(await page.locator('main').innerText(), /Sign in with the city/)
    } finally {
      await browser.close()
    }
  })

  it('lets a browser leave for the application’s own origin after its forms, and for no other', async () => {
    const elsewhere = createServer((_request, reply) => reply.end('<h1>Elsewhere</h1>'))
    await new Promise<void>((ready) => elsewhere.listen(0, '127.0.0.1', ready))
    const address = elsewhere.address()
    const origin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
    const browser = await openBrowser()
    try {
      const own = { redirectUris: [`${origin}/back`], postLogoutRedirectUris: [`${origin}/bye`] }
      const distant = await discover('distant', own)
      const context = await browser.newContext({ javaScriptEnabled: false, locale: 'en' })
      const [session] = (await signedIn(test, RESIDENT)).cookies
      await context.addCookies([{ name: session?.name ?? '', value: session?.value ?? '', url: test.url }])
      const page = await context.newPage()
      const flow = await flowOf(distant, { redirect_uri: `${origin}/back` })
      await page.goto(flow.to.href)
      await page.getByRole('button', { name: 'Allow', exact: true }).click()
      await page.waitForURL(`${origin}/back?**`)
      const tokens = await redeem(distant, new URL(page.url()), flow)
      await page.goto(
        openid.buildEndSessionUrl(distant, { id_token_hint: tokens.id_token ?? '', post_logout_redirect_uri: `${origin}/bye` }).href,
      )
      await page.getByRole('button', { name: 'Sign out of App distant only' }).click()
      await page.waitForURL(`${origin}/bye`)
      // signing in on the way, the first time with the question and the second time without
      for (const question of [true, false]) {
        const stranger = await browser.newContext({ javaScriptEnabled: false, locale: 'en' })
        const tab = await stranger.newPage()
        await tab.goto((await flowOf(distant, { redirect_uri: `${origin}/back` })).to.href)
        await tab.locator('[name=email]').fill('otis.otherwise@example.org')
        await tab.locator('[name=password]').fill(DEMO_PASSWORD)
        await tab.locator('form[action="/sign-in"] button[type=submit]').click()
        if (question) await tab.getByRole('button', { name: 'Allow', exact: true }).click()
        await tab.waitForURL(`${origin}/back?code=**`)
        await stranger.close()
      }
      // the same pages do not send a form to anybody else
      await page.goto((await flowOf(distant, { redirect_uri: `${origin}/back`, prompt: 'consent' })).to.href)
      const policy = String((await page.reload())?.headers()['content-security-policy'])
      assert.match(policy, new RegExp(`form-action 'self' ${origin}(;|$)`))
    } finally {
      await browser.close()
      elsewhere.close()
    }
  })

  it('draws pages that everybody can use, in every language, light and dark, at 320 pixels', async () => {
    const browser = await openBrowser()
    try {
      await register(test, 'looked', { agency: 'library' })
      for (const [language, colorScheme] of [
        ['en', 'light'],
        ['es', 'light'],
        ['ar', 'dark'],
      ] as const) {
        const context = await browser.newContext({ viewport: { width: 320, height: 640 }, colorScheme })
        const sit = async (email: string): Promise<void> => {
          const [session] = (await signedIn(test, email)).cookies
          await context.addCookies([
            { name: session?.name ?? '', value: session?.value ?? '', url: test.url },
            { name: 'stoa_lang', value: language, url: test.url },
          ])
        }
        const page = await context.newPage()
        const look = async (path: string, at = path): Promise<void> => {
          await page.goto(new URL(path, test.url).href)
          assert.ok(new URL(page.url()).pathname.startsWith(at), `${path.slice(0, 60)} leads to ${page.url()}`)
          assert.deepEqual(await faultsOf(page), [], `${language} ${path.slice(0, 60)}`)
          assert.equal(await page.locator('html').getAttribute('lang'), language)
        }
        await sit(RESIDENT)
        const challenge = await openid.calculatePKCECodeChallenge(openid.randomPKCECodeVerifier())
        const ask = { client_id: 'looked', redirect_uri: CALLBACK, response_type: 'code', scope: 'openid profile email offline_access' }
        const query = new URLSearchParams({ ...ask, prompt: 'consent', code_challenge: challenge, code_challenge_method: 'S256' })
        await look(`/oidc/auth?${query.toString()}`, '/oidc-consent/')
        await look(`/oidc/auth?${query.toString().replace('127.0.0.1', 'evil.example')}`, '/oidc/auth')
        query.set('prompt', 'login')
        clock.moveBy(2_000)
        await look(`/oidc/auth?${query.toString()}`, '/oidc-consent/')
        for (const path of ['/account/apps', '/demo/agency-app', '/oidc/session/end/success']) await look(path)
        await page.goto(`${test.url}/demo/agency-app/sign-in`)
        if (page.url().includes('/oidc-consent/')) await page.locator('button[value=allow]').click()
        await look('/demo/agency-app')
        await look('/account/apps')
        await look('/oidc/session/end')
        await sit('admin@harbourview.example')
        await look('/admin/apps')
        const send = (form: string) =>
          Promise.all([page.waitForNavigation(), page.locator(`form[action$="${form}"] button[type=submit]`).click()])
        await send('/admin/apps')
        assert.deepEqual(await faultsOf(page), [], `${language} faults of a registration`)
        await send('/looked/secret')
        assert.deepEqual(await faultsOf(page), [], `${language} the secret`)
        await context.close()
      }
    } finally {
      await browser.close()
    }
  })

  it('is registered, renewed and disabled by administrators only', async () => {
    const admin = await signedIn(test, 'admin@harbourview.example')
    const form = {
      name_en: 'Pool <Pass>',
      name_es: 'Abono de piscina',
      name_ar: 'بطاقة المسبح',
      agency: 'library',
      redirect_uris: CALLBACK,
      post_logout_redirect_uris: '',
      backchannel_logout_uri: '',
      auth_method: 'client_secret_basic',
      scopes: 'profile',
      jwks: '',
    }
    for (const path of ['/admin/apps', '/admin/apps/parking/secret', '/admin/apps/parking/disable'])
      assert.equal((await (await signedIn(test, RESIDENT)).ask(path, form)).status, 403, path)
    assert.equal((await (await signedIn(test, 'officer@harbourview.example')).ask('/admin/apps', form)).status, 403)
    assert.equal((await admin.ask('/admin/apps')).status, 200)
    const wrong = await admin.ask('/admin/apps', { ...form, redirect_uris: 'http://pool.example/back', name_es: '' })
    assert.equal(wrong.status, 422)
    assert.ok(wrong.body.includes('Give one to ten return addresses') && !wrong.body.includes('<Pass>'))
    assert.match(wrong.body, /value="Pool (&lt;|&#60;)Pass/)
    const made = await admin.ask('/admin/apps', form)
    const codes = [...made.body.matchAll(/<code><bdi dir="ltr">([^<]+)/g)].map((match) => match[1] ?? '')
    const [id = '', secret = ''] = codes
    assert.match(id, /^pool-pass-[0-9a-f]{8}$/)
    assert.ok(secret.length > 40)
    assert.ok(!(await admin.ask('/admin/apps')).body.includes(secret), 'shown once')
    const dump = await database.query('select * from oidc.client where id = $1', [id])
    assert.ok(!JSON.stringify(dump.rows).includes(secret))
    const at = new URL(`${test.url}/oidc`)
    const pool = (own: string): Promise<openid.Configuration> =>
      openid.discovery(at, id, undefined, openid.ClientSecretBasic(own), { execute: [openid.allowInsecureRequests] })
    const visitor = await signedIn(test, RESIDENT)
    const tokens = await signIn(await pool(secret), visitor, { scope: 'openid profile' })
    const renewed = await admin.ask(`/admin/apps/${id}/secret`, {})
    const next = [...renewed.body.matchAll(/<code><bdi dir="ltr">([^<]+)/g)][1]?.[1] ?? ''
    assert.ok(next.length > 40 && next !== secret)
    await assert.rejects(signIn(await pool(secret), visitor, { scope: 'openid profile' }), /invalid_client|WWW-Authenticate/)
    assert.ok((await signIn(await pool(next), visitor, { scope: 'openid profile' })).access_token)
    assert.equal((await admin.go(`/admin/apps/${id}/disable`, {})).answer.status, 200)
    const refused = await visitor.go((await flowOf(await pool(next), { scope: 'openid profile' })).to)
    assert.equal(refused.away, null)
    assert.match(refused.answer.body, /invalid_client/)
    await assert.rejects(openid.fetchUserInfo(await pool(next), tokens.access_token, openid.skipSubjectCheck))
    assert.doesNotMatch((await visitor.ask('/account/apps')).body, /Pool/)
    const told = (await eventsOf('oidc.client.disabled')).at(-1)
    assert.equal(told?.data['agency'], 'library')
  })

  it('works in several processes on one database', async () => {
    const other = await createApp(test.app.config, test.databaseUrl, {
      mailer: memoryMailer(),
      hasher: createHasher(true),
      keys: keysFromPhrase('test'),
      now,
    })
    try {
      await other.server.listen({ host: '127.0.0.1', port: 0 })
      const address = other.server.server.address()
      const port = typeof address === 'object' && address ? address.port : 0
      const flow = await flowOf(app)
      const back = await (await signedIn(test, RESIDENT)).allow(flow.to)
      const answer = await send(`http://127.0.0.1:${port}`, {
        method: 'POST',
        path: '/oidc/token',
        headers: {
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from('parking:parking-secret-of-the-tests-0123456789').toString('base64')}`,
        },
        body: new URLSearchParams({
          grant_type: 'authorization_code',
          code: back.searchParams.get('code') ?? '',
          redirect_uri: CALLBACK,
          code_verifier: flow.verifier,
        }).toString(),
      })
      assert.equal(answer.status, 200, answer.body)
      const told = await openid.fetchUserInfo(app, JSON.parse(answer.body).access_token, openid.skipSubjectCheck)
      assert.equal(told.name, 'Robin Example')
    } finally {
      await other.close()
    }
  })

  it('keeps nothing of people, codes and tokens that a dump would show', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const flow = await flowOf(app, { login_hint: RESIDENT, scope: 'openid email offline_access', prompt: 'consent' })
    const back = await visitor.allow(flow.to)
    const tokens = await redeem(app, back, flow)
    const { rows } = await database.query<{ all: string }>(
      `select (select string_agg(i::text, ' ') from oidc.item i) || (select string_agg(c::text, ' ') from oidc.client c)
        || (select string_agg(e.data::text || e.actor, ' ') from journal.event e) as all`,
    )
    const dump = rows[0]?.all ?? ''
    assert.ok(dump.length > 10_000)
    const cookies = visitor.cookies.map(({ value }) => value)
    const secrets = [back.searchParams.get('code'), tokens.access_token, tokens.refresh_token, flow.nonce, ...cookies].map(String)
    for (const word of [RESIDENT, 'Robin', 'Otis', 'parking-secret', ...secrets]) {
      const hidden = [word, Buffer.from(word).toString('hex'), Buffer.from(word).toString('base64')]
      for (const form of hidden) assert.ok(!dump.includes(form), `${word} is in the dump`)
    }
  })

  it('forgets somebody who is erased', async () => {
    const account = await accountByAddress(test.app.platform, 'otis.otherwise@example.org')
    const module = test.app.modules.find((each) => each.name === 'oidc')
    assert.ok(account && module?.forgets)
    const count = async (): Promise<number> =>
      (await database.query('select 1 from oidc.item where account_id = $1', [account.id])).rowCount ?? 0
    assert.ok((await count()) > 0)
    const { forgets } = module
    await transact(test.app.platform, (tx) => forgets(tx, { personId: account.personId, accountId: account.id }))
    assert.equal(await count(), 0)
  })

  it('changes its signing key, and tokens from before stay good', async () => {
    const kidsNow = async (): Promise<string[]> =>
      JSON.parse((await send(test.url, { path: '/oidc/jwks' })).body).keys.map((key: { kid: string }) => key.kid)
    const kidOf = (token: string | undefined): string =>
      JSON.parse(Buffer.from((token ?? '').split('.')[0] ?? '', 'base64url').toString()).kid
    const visitor = (): Promise<Visitor> => signedIn(test, RESIDENT)
    const day = 86_400_000
    const old = await signIn(app, await visitor())
    const [first = ''] = await kidsNow()
    assert.equal(kidOf(old.id_token), first)
    await run('oidc:rotate_keys')
    assert.deepEqual(await kidsNow(), [first], 'not before its time')
    clock.moveBy(29 * day + 60_000)
    await run('oidc:rotate_keys')
    await run('oidc:rotate_keys')
    clock.moveBy(10_000)
    const published = await kidsNow()
    assert.equal(published.length, 2, 'published ahead, once')
    assert.equal(kidOf((await signIn(app, await visitor())).id_token), first, 'but it does not sign yet')
    clock.moveBy(day)
    assert.equal(kidOf((await signIn(app, await visitor())).id_token), published[1])
    assert.deepEqual((await kidsNow()).toSorted(), published.toSorted())
    // a token of the old key still says who signs out
    const leave = openid.buildEndSessionUrl(app, { id_token_hint: old.id_token ?? '', post_logout_redirect_uri: 'http://127.0.0.1:9/bye' })
    assert.ok((await new Visitor(test.url).go(leave)).away)
    clock.moveBy(3 * day)
    await run('oidc:rotate_keys')
    clock.moveBy(10_000)
    assert.deepEqual(await kidsNow(), [published[1]], 'gone when nothing of it is left')
    assert.ok((await eventsOf('oidc.key.rotated')).length === 2)
  })
})
