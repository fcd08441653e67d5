import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as openid from 'openid-client'
import { accountByAddress, raiseSession, sessionCookie } from '../../src/modules/identity/index.ts'
import type { TestApp } from '../support/app.ts'
import { send } from '../support/client.ts'
import {
  addOtis,
  CALLBACK,
  discover,
  flowOf,
  OTIS,
  type Provider,
  redeem,
  signedIn,
  signIn,
  startProvider,
  Visitor,
} from './oidcvisitor.ts'

const RESIDENT = 'resident@harbourview.example'

describe('agencies sign residents in', () => {
  let provider: Provider
  let test: TestApp
  let app: openid.Configuration
  before(async () => {
    provider = await startProvider()
    ;({ test, app } = provider)
  })
  after(() => provider.close())

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
    const usage = await discover(test, 'usage', { scopes: ['openid', 'data_usage'] })
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
    const before = (await provider.eventsOf('people.record.opened')).length
    const told = await openid.fetchUserInfo(app, tokens.access_token, claims.sub)
    assert.deepEqual({ ...told, sub: '' }, { sub: '', name: 'Robin Example', email: RESIDENT, email_verified: true })
    const opened = (await provider.eventsOf('people.record.opened')).slice(before)
    assert.equal(opened.length, 1)
    assert.equal(opened[0]?.actor, 'app:parking')
    assert.deepEqual([opened[0]?.data['purpose'], opened[0]?.data['legal_basis']], ['oidc.claims', 'gdpr.6.1.a'])
    assert.deepEqual(new Set([opened[0]?.data['fields']].flat()), new Set(['email', 'full_name']))
    const given = (await provider.eventsOf('oidc.grant.given')).at(-1)
    assert.deepEqual(given?.data, { client: 'parking', agency: 'transport', scopes: ['openid', 'profile', 'email'] })
    assert.equal(given?.subject, opened[0]?.subject, 'it is in the person’s own list')
  })

  it('tells only what was asked for', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const small = await discover(test, 'small', { scopes: ['openid', 'email'] })
    const before = (await provider.eventsOf('people.record.opened')).length
    const tokens = await signIn(small, visitor, { scope: 'openid' })
    const told = await openid.fetchUserInfo(small, tokens.access_token, openid.skipSubjectCheck)
    assert.deepEqual(Object.keys(told), ['sub'])
    assert.equal((await provider.eventsOf('people.record.opened')).length, before, 'and opens nothing for it')
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
    assert.equal((await provider.eventsOf('oidc.grant.ended')).at(-1)?.data['client'], 'parking')
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
      subjects.push((await signIn(await discover(test, id, { agency }), visitor)).claims()?.sub ?? '')
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
    provider.moveBy(-5_000)
    const visitor = await signedIn(test, RESIDENT)
    provider.moveBy(5_000)
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
    const cautious = await discover(test, 'cautious')
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
    await addOtis(test)
    const second = await signedIn(test, OTIS.email)
    // the next person has the browser as it was left: every cookie of the provider, but a session of their own
    for (const each of robin.cookies.filter(({ name }) => name !== sessionCookie(test.app.platform))) second.cookies.push(each)
    const told = await openid.fetchUserInfo(app, (await signIn(app, second)).access_token, openid.skipSubjectCheck)
    assert.equal(told.name, OTIS.name)
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
})
