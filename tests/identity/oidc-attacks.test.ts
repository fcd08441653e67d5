import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as oauth from 'oauth4webapi'
import { disableClient, readClient, type TypedClient } from '../../src/modules/oidc/index.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import type { TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { CALLBACK, mainOf, signedIn, Visitor } from './oidcvisitor.ts'
import { type App, type Attacked, errorOf, startAttacked } from './oidcattacker.ts'

const RESIDENT = 'resident@harbourview.example'

describe('those who attack a sign-in', () => {
  let city: Attacked
  let test: TestApp
  let app: App
  before(async () => {
    city = await startAttacked()
    ;({ test, app } = city)
  })
  after(() => city.test.close())

  it('does not take an answer with another state or nonce', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const flow = await city.flowOf(app)
    const back = await visitor.allow(flow.to)
    assert.throws(() => oauth.validateAuthResponse(city.server, app.client, back, oauth.generateRandomState()), /state/)
    const elsewhere = new URL(back)
    elsewhere.searchParams.set('iss', 'https://evil.example')
    assert.throws(
      () => oauth.validateAuthResponse(city.server, app.client, elsewhere, flow.state),
      /iss/,
      'nor of another issuer (RFC 9207)',
    )
    const response = await city.redeem(app, back, flow)
    await assert.rejects(
      oauth.processAuthorizationCodeResponse(city.server, app.client, response, {
        expectedNonce: oauth.generateRandomNonce(),
        requireIdToken: true,
      }),
      /nonce/,
    )
  })

  it('sends nobody to an address that is not registered', async () => {
    const visitor = await signedIn(test, RESIDENT)
    for (const redirect of [
      'https://evil.example/',
      `${CALLBACK}/more`,
      `${CALLBACK}?x=1`,
      'http://127.0.0.1:10/callback',
      'javascript:alert(1)',
      null,
    ]) {
      const { away, answer } = await visitor.go((await city.flowOf(app, { redirect_uri: redirect })).to)
      assert.equal(away, null, String(redirect))
      assert.equal(answer.status, 400)
      assert.match(mainOf(answer), /The sign-in did not work/)
      assert.ok(!answer.body.includes('evil.example') && !answer.body.includes('javascript:'))
    }
    const flow = await city.flowOf(app)
    const back = await visitor.allow(flow.to)
    assert.equal(
      await errorOf(await city.redeem(app, back, flow, { redirect: `${CALLBACK}/more` })),
      'invalid_grant',
      'nor at the token endpoint',
    )
    const foreign = await visitor.go('/oidc/session/end?client_id=app&post_logout_redirect_uri=https://evil.example/')
    assert.equal(foreign.away, null)
  })

  it('wants PKCE with S256, and the verifier that belongs to it', async () => {
    const visitor = await signedIn(test, RESIDENT)
    for (const changes of [
      { code_challenge: null, code_challenge_method: null },
      { code_challenge_method: 'plain' },
      { code_challenge_method: null },
      { code_challenge: 'short' },
    ]) {
      const { away } = await visitor.go((await city.flowOf(app, changes)).to)
      assert.equal(away?.searchParams.get('error'), 'invalid_request', JSON.stringify(changes))
      assert.equal(away?.searchParams.get('code'), null)
    }
    const flow = await city.flowOf(app)
    const back = await visitor.allow(flow.to)
    assert.equal(await errorOf(await city.redeem(app, back, flow, { verifier: oauth.generateRandomCodeVerifier() })), 'invalid_grant')
    const plain = await city.flowOf(app)
    const again = await visitor.allow(plain.to)
    const challenge = plain.to.searchParams.get('code_challenge') ?? ''
    assert.equal(
      await errorOf(await city.redeem(app, again, plain, { verifier: challenge })),
      'invalid_grant',
      'the challenge is no verifier',
    )
  })

  it('gives no code to other ways of asking', async () => {
    const visitor = await signedIn(test, RESIDENT)
    for (const changes of [
      { response_type: 'token' },
      { response_type: 'id_token' },
      { response_type: 'code id_token' },
      { response_type: 'none' },
      { response_mode: 'form_post' },
      { response_mode: 'fragment' },
      { request: 'eyJhbGciOiJub25lIn0.e30.' },
      { request_uri: 'https://evil.example/request' },
      { prompt: 'none login' },
    ]) {
      const { away, answer } = await visitor.go((await city.flowOf(app, changes)).to)
      const told = new URLSearchParams(away ? away.search || away.hash.slice(1) : '')
      assert.ok(told.get('error') || answer.status === 400, `${JSON.stringify(changes)}: ${answer.status} ${away?.href}`)
      for (const name of ['code', 'access_token', 'id_token']) assert.equal(told.get(name), null, JSON.stringify(changes))
    }
    for (const scope of ['openid admin', 'openid phone address']) {
      const flow = await city.flowOf(app, { scope })
      const tokens = await city.tokensOf(app, flow, await city.redeem(app, await visitor.allow(flow.to), flow))
      assert.equal(tokens.scope, 'openid', 'a scope that is not there is not given')
    }
  })

  it('asks only in the browser in which it was begun, and only from its own page', async () => {
    const attacker = await signedIn(test, RESIDENT)
    const fresh = await city.appOf('fresh')
    const begun = await attacker.go((await city.flowOf(fresh)).to)
    const victim = await signedIn(test, 'second.officer@harbourview.example')
    for (const answer of [await victim.ask(begun.path), await victim.ask(begun.path, { answer: 'allow' })]) {
      assert.equal(answer.status, 404, 'a link to somebody else’s question is worth nothing')
      assert.match(mainOf(answer), /in another browser/)
    }
    const uid = begun.path.split('/').at(-1) ?? ''
    assert.equal((await victim.ask(`/oidc/auth/${uid}`)).status, 400)
    const cookie = attacker.cookies.map(({ name, value }) => `${name}=${value}`).join('; ')
    const body = 'answer=allow'
    const headers = { cookie, 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'cross-site' }
    assert.equal((await send(test.url, { method: 'POST', path: begun.path, headers, body })).status, 403)
    const logout = { method: 'POST', path: '/oidc/session/end/confirm', body: 'logout=yes' }
    const foreign: Array<Record<string, string>> = [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]
    for (const from of foreign)
      assert.equal((await send(test.url, { ...logout, headers: { 'content-type': headers['content-type'], cookie, ...from } })).status, 403)
    const framed = await attacker.ask(begun.path)
    assert.match(String(framed.headers['content-security-policy']), /frame-ancestors 'none'/)
    assert.equal((await attacker.ask('/oidc/session/end/confirm', { logout: 'yes', xsrf: 'guessed' })).status, 400)
    assert.equal((await attacker.ask('/account/apps')).status, 200, 'still signed in')
  })

  it('draws its faults as pages that repeat nothing they were given', async () => {
    const evil = '<script>alert(1)</script>'
    for (const path of [
      `/oidc/auth?client_id=${encodeURIComponent(evil)}`,
      `/oidc/auth?client_id=app&redirect_uri=${encodeURIComponent(evil)}`,
      '/oidc/auth/none',
      '/oidc/session/end?id_token_hint=x',
    ]) {
      const answer = await new Visitor(test.url).ask(path)
      assert.equal(answer.status, 400, path)
      assert.match(mainOf(answer), /The sign-in did not work/)
      assert.ok(!answer.body.includes('alert(1)'))
      assert.match(String(answer.headers['content-security-policy']), /script-src 'self';/)
      assert.equal(answer.headers['x-content-type-options'], 'nosniff')
    }
    assert.equal((await send(test.url, { path: '/oidc/nothing' })).status, 404)
    assert.equal((await send(test.url, { path: '/oidc//evil.example/', headers: { host: 'evil.example' } })).status, 404)
    const large = await send(test.url, {
      method: 'POST',
      path: '/oidc/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: `grant_type=${'a'.repeat(70_000)}`,
    })
    assert.ok(large.status >= 400 && large.status < 500, String(large.status))
  })

  it('refuses an application that was disabled, at once and everywhere', async () => {
    const gone = await city.appOf('gone')
    const visitor = await signedIn(test, RESIDENT)
    const flow = await city.flowOf(gone, { scope: 'openid offline_access', prompt: 'consent' })
    const tokens = await city.tokensOf(gone, flow, await city.redeem(gone, await visitor.allow(flow.to), flow))
    const waiting = await visitor.go((await city.flowOf(gone, { prompt: 'consent' })).to)
    const admin = {
      ...systemActor('test'),
      kind: 'account',
      level: 'substantial',
      accountId: 'a',
      roles: [{ role: 'administrator', agency: null }],
    } as const
    await assert.rejects(disableClient(test.app.platform, systemActor('drafts'), 'gone'), {
      code: 'not-found',
      cause: { policy: 'default-deny' },
    })
    await disableClient(test.app.platform, admin, 'gone')
    assert.equal((await city.userInfo(tokens.access_token)).status, 401)
    assert.equal(await errorOf(await city.refresh(gone, tokens.refresh_token ?? '')), 'invalid_client')
    assert.equal((await visitor.go(waiting.path, { answer: 'allow' })).answer.status, 404)
    assert.match(mainOf((await visitor.go((await city.flowOf(gone)).to)).answer), /invalid_client/)
  })

  it('limits wrong secrets by application and network', async () => {
    const tried = await city.appOf('tried')
    const attempt = (secret: string): Promise<Answer> =>
      send(test.url, {
        method: 'POST',
        path: '/oidc/token',
        headers: {
          accept: 'application/json',
          'content-type': 'application/x-www-form-urlencoded',
          authorization: `Basic ${Buffer.from(`tried:${secret}`).toString('base64')}`,
        },
        body: 'grant_type=refresh_token&refresh_token=none',
      })
    const seen = new Map<number, number>()
    for (let i = 0; i < 70; i += 1) {
      const { status } = await attempt(`guess-${i}`)
      seen.set(status, (seen.get(status) ?? 0) + 1)
    }
    assert.deepEqual(
      [...seen],
      [
        [401, 60],
        [429, 10],
      ],
    )
    assert.equal((await attempt(tried.secret)).status, 429, 'the right one has to wait too')
    const flow = await city.flowOf(app)
    const back = await (await signedIn(test, RESIDENT)).allow(flow.to)
    assert.equal((await city.redeem(app, back, flow)).status, 200, 'the others do not')
  })

  it('registers only addresses that are safe', () => {
    const typed: TypedClient = {
      names: { en: 'A' },
      agency: 'library',
      redirectUris: 'https://app.example/back',
      postLogoutRedirectUris: '',
      backchannelLogoutUri: '',
      authMethod: 'none',
      jwks: '',
      scopes: ['email', 'admin'],
      parRequired: false,
    }
    const o = { agencies: ['library'], languages: ['en'], loopback: false }
    const good = readClient(typed, o)
    assert.ok('client' in good)
    assert.deepEqual(good.client.scopes, ['openid', 'email'])
    const wrong = (change: Partial<TypedClient>, loopback = false): readonly string[] => {
      const read = readClient({ ...typed, ...change }, { ...o, loopback })
      return 'wrong' in read ? read.wrong : []
    }
    const unsafe = [
      'http://app.example/',
      'https://app.example/#x',
      'https://u:p@app.example/',
      'javascript:alert(1)',
      'app',
      'https://app.example/ü',
      '*',
    ]
    for (const uri of unsafe) {
      assert.deepEqual(wrong({ redirectUris: uri }), ['redirect_uris'], uri)
      assert.deepEqual(wrong({ postLogoutRedirectUris: uri }), ['post_logout_redirect_uris'], uri)
      assert.deepEqual(wrong({ backchannelLogoutUri: uri }), ['backchannel_logout_uri'], uri)
    }
    assert.deepEqual(wrong({ redirectUris: 'http://localhost:3000/back' }), ['redirect_uris'])
    assert.deepEqual(wrong({ redirectUris: 'http://localhost:3000/back' }, true), [])
    assert.deepEqual(wrong({ redirectUris: '', agency: 'none', authMethod: 'client_secret_post', names: {} }), [
      'name',
      'agency',
      'redirect_uris',
      'auth_method',
    ])
    assert.deepEqual(wrong({ authMethod: 'private_key_jwt', jwks: 'nothing' }), ['jwks'])
    assert.deepEqual(wrong({ authMethod: 'private_key_jwt', jwks: '{"keys":[{"kty":"EC","crv":"P-256","x":"a","y":"b","d":"secret"}]}' }), [
      'jwks',
    ])
    assert.deepEqual(wrong({ authMethod: 'private_key_jwt', jwks: '{"keys":[{"kty":"oct","k":"secret"}]}' }), ['jwks'])
  })
})
