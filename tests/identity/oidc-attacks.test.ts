import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as oauth from 'oauth4webapi'
import { disableClient, readClient, type TypedClient } from '../../src/modules/oidc/index.ts'
import { systemActor } from '../../src/modules/access/index.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { CALLBACK, mainOf, register, signedIn, Visitor } from './oidcvisitor.ts'

const RESIDENT = 'resident@harbourview.example'
const insecure = { [oauth.allowInsecureRequests]: true }

type App = { readonly client: oauth.Client; readonly auth: oauth.ClientAuth; readonly secret: string }
type Flow = { readonly to: URL; readonly verifier: string; readonly state: string; readonly nonce: string }
type Changes = Readonly<Record<string, string | null | undefined>>

describe('those who attack a sign-in', () => {
  let test: TestApp
  let server: oauth.AuthorizationServer
  let app: App
  let other: App
  // the provider's library reads the machine's clock: the tests' clock runs with it, ahead by what they say
  let ahead = 0
  const now = (): Date => new Date(Date.now() + ahead)

  const appOf = async (id: string, own: Parameters<typeof register>[2] = {}): Promise<App> => {
    const secret = await register(test, id, own)
    return { client: { client_id: id }, auth: oauth.ClientSecretBasic(secret), secret }
  }
  /** A request with some of its parameters changed, or left out with null. */
  const flowOf = async (of: App, changes: Changes = {}): Promise<Flow> => {
    const flow = { verifier: oauth.generateRandomCodeVerifier(), state: oauth.generateRandomState(), nonce: oauth.generateRandomNonce() }
    const to = new URL(server.authorization_endpoint ?? '')
    const asked: Changes = {
      client_id: of.client.client_id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid profile',
      state: flow.state,
      nonce: flow.nonce,
      code_challenge: await oauth.calculatePKCECodeChallenge(flow.verifier),
      code_challenge_method: 'S256',
      ...changes,
    }
    for (const [name, value] of Object.entries(asked)) if (typeof value === 'string') to.searchParams.set(name, value)
    return { to, ...flow }
  }
  const redeem = async (of: App, back: URL, flow: Flow, own: { verifier?: string; redirect?: string } = {}): Promise<Response> => {
    const parameters = oauth.validateAuthResponse(server, of.client, back, flow.state)
    const redirect = own.redirect ?? CALLBACK
    return oauth.authorizationCodeGrantRequest(server, of.client, of.auth, parameters, redirect, own.verifier ?? flow.verifier, insecure)
  }
  const tokensOf = async (of: App, flow: Flow, response: Response): Promise<oauth.TokenEndpointResponse> =>
    oauth.processAuthorizationCodeResponse(server, of.client, response, { expectedNonce: flow.nonce, requireIdToken: true })
  /** The error that an endpoint answers with. */
  const errorOf = async (response: Response): Promise<string> => {
    assert.ok(response.status >= 400, `it was refused: ${response.status}`)
    const told = (await response.json()) as { error?: unknown }
    return String(told.error)
  }
  const userInfo = (token: string): Promise<Answer> =>
    send(test.url, { path: '/oidc/me', headers: { authorization: `Bearer ${token}`, accept: 'application/json' } })
  const refresh = (of: App, token: string): Promise<Response> => oauth.refreshTokenGrantRequest(server, of.client, of.auth, token, insecure)

  before(async () => {
    test = await startApp({ listen: true, accounts: true, overrides: { now } })
    const issuer = new URL(`${test.url}/oidc`)
    server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
    app = await appOf('app')
    other = await appOf('other', { agency: 'library' })
  })
  after(() => test.close())

  it('does not take an answer with another state or nonce', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const flow = await flowOf(app)
    const back = await visitor.allow(flow.to)
    assert.throws(() => oauth.validateAuthResponse(server, app.client, back, oauth.generateRandomState()), /state/)
    const elsewhere = new URL(back)
    elsewhere.searchParams.set('iss', 'https://evil.example')
    assert.throws(() => oauth.validateAuthResponse(server, app.client, elsewhere, flow.state), /iss/, 'nor of another issuer (RFC 9207)')
    const response = await redeem(app, back, flow)
    await assert.rejects(
      oauth.processAuthorizationCodeResponse(server, app.client, response, {
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
      const { away, answer } = await visitor.go((await flowOf(app, { redirect_uri: redirect })).to)
      assert.equal(away, null, String(redirect))
      assert.equal(answer.status, 400)
      assert.match(mainOf(answer), /The sign-in did not work/)
      assert.ok(!answer.body.includes('evil.example') && !answer.body.includes('javascript:'))
    }
    const flow = await flowOf(app)
    const back = await visitor.allow(flow.to)
    assert.equal(
      await errorOf(await redeem(app, back, flow, { redirect: `${CALLBACK}/more` })),
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
      const { away } = await visitor.go((await flowOf(app, changes)).to)
      assert.equal(away?.searchParams.get('error'), 'invalid_request', JSON.stringify(changes))
      assert.equal(away?.searchParams.get('code'), null)
    }
    const flow = await flowOf(app)
    const back = await visitor.allow(flow.to)
    assert.equal(await errorOf(await redeem(app, back, flow, { verifier: oauth.generateRandomCodeVerifier() })), 'invalid_grant')
    const plain = await flowOf(app)
    const again = await visitor.allow(plain.to)
    const challenge = plain.to.searchParams.get('code_challenge') ?? ''
    assert.equal(await errorOf(await redeem(app, again, plain, { verifier: challenge })), 'invalid_grant', 'the challenge is no verifier')
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
      const { away, answer } = await visitor.go((await flowOf(app, changes)).to)
      const told = new URLSearchParams(away ? away.search || away.hash.slice(1) : '')
      assert.ok(told.get('error') || answer.status === 400, `${JSON.stringify(changes)}: ${answer.status} ${away?.href}`)
      for (const name of ['code', 'access_token', 'id_token']) assert.equal(told.get(name), null, JSON.stringify(changes))
    }
    for (const scope of ['openid admin', 'openid phone address']) {
      const flow = await flowOf(app, { scope })
      const tokens = await tokensOf(app, flow, await redeem(app, await visitor.allow(flow.to), flow))
      assert.equal(tokens.scope, 'openid', 'a scope that is not there is not given')
    }
  })

  it('takes a code once, and ends everything of it at the second time', async () => {
    const flow = await flowOf(app, { scope: 'openid profile offline_access', prompt: 'consent' })
    const back = await (await signedIn(test, RESIDENT)).allow(flow.to)
    const tokens = await tokensOf(app, flow, await redeem(app, back, flow))
    assert.equal((await userInfo(tokens.access_token)).status, 200)
    assert.equal(await errorOf(await redeem(app, back, flow)), 'invalid_grant')
    assert.equal((await userInfo(tokens.access_token)).status, 401, 'its tokens are worth nothing now')
    assert.equal(await errorOf(await refresh(app, tokens.refresh_token ?? '')), 'invalid_grant')
  })

  it('takes a code once even when it comes ten times at once', async () => {
    const flow = await flowOf(app)
    const back = await (await signedIn(test, RESIDENT)).allow(flow.to)
    const answers = await Promise.all(Array.from({ length: 10 }, () => redeem(app, back, flow)))
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1)
    for (const answer of answers.filter((each) => each.status !== 200)) assert.equal(await errorOf(answer), 'invalid_grant')
  })

  it('takes no code of another application, and none that is too old', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const flow = await flowOf(app)
    const back = await visitor.allow(flow.to)
    assert.equal(await errorOf(await redeem(other, back, flow)), 'invalid_grant')
    const late = await flowOf(app)
    const stale = await visitor.allow(late.to)
    ahead += 61_000
    assert.equal(await errorOf(await redeem(app, stale, late)), 'invalid_grant')
  })

  it('ends the whole family when a refresh token is used twice', async () => {
    const flow = await flowOf(app, { scope: 'openid profile offline_access', prompt: 'consent' })
    const visitor = await signedIn(test, RESIDENT)
    const tokens = await tokensOf(app, flow, await redeem(app, await visitor.allow(flow.to), flow))
    const first = tokens.refresh_token ?? ''
    const next = (await (await refresh(app, first)).json()) as { refresh_token: string; access_token: string }
    assert.equal(await errorOf(await refresh(other, next.refresh_token)), 'invalid_grant', 'another application cannot use it')
    assert.equal((await userInfo(next.access_token)).status, 200)
    assert.equal(await errorOf(await refresh(app, first)), 'invalid_grant')
    assert.equal(await errorOf(await refresh(app, next.refresh_token)), 'invalid_grant')
    assert.equal((await userInfo(next.access_token)).status, 401)
  })

  it('takes a pushed request once, from its application only', async () => {
    const strict = await appOf('strict', { parRequired: true })
    const visitor = await signedIn(test, RESIDENT)
    const direct = await visitor.go((await flowOf(strict)).to)
    assert.equal(direct.away?.searchParams.get('error'), 'invalid_request', 'one that must push may not ask directly')
    const flow = await flowOf(strict)
    const pushed = await oauth.pushedAuthorizationRequest(server, strict.client, strict.auth, flow.to.searchParams, insecure)
    const { request_uri: uri } = await oauth.processPushedAuthorizationResponse(server, strict.client, pushed)
    const at = (client: string): URL =>
      new URL(`${server.authorization_endpoint}?${new URLSearchParams({ client_id: client, request_uri: uri }).toString()}`)
    assert.equal((await visitor.go(at('other'))).away, null)
    const back = await visitor.allow(at('strict'))
    assert.ok((await tokensOf(strict, flow, await redeem(strict, back, flow))).id_token)
    const twice = await visitor.go(at('strict'))
    assert.equal(twice.away, null)
    assert.match(mainOf(twice.answer), /took too long, or was done already/)
    const bad = await oauth.pushedAuthorizationRequest(
      server,
      strict.client,
      oauth.ClientSecretBasic('wrong'),
      flow.to.searchParams,
      insecure,
    )
    assert.equal(bad.status, 401)
  })

  it('takes assertions that the application’s own key signed, and each of them once', async () => {
    const pair = await oauth.generateKeyPair('ES256', { extractable: true })
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
    const jwks = { keys: [{ kty, crv, x, y, kid: 'one', use: 'sig', alg: 'ES256' }] }
    await register(test, 'signer', { authMethod: 'private_key_jwt', jwks })
    let kept: Record<string, string> = {}
    const sign = oauth.PrivateKeyJwt({ key: pair.privateKey, kid: 'one' })
    const auth: oauth.ClientAuth = async (as, client, body, headers) => {
      await sign(as, client, body, headers)
      kept = Object.fromEntries(body)
    }
    const signer: App = { client: { client_id: 'signer' }, auth, secret: '' }
    const visitor = await signedIn(test, RESIDENT)
    const flow = await flowOf(signer)
    assert.ok((await tokensOf(signer, flow, await redeem(signer, await visitor.allow(flow.to), flow))).access_token)
    const replay: oauth.ClientAuth = (_as, _client, body) => {
      for (const name of ['client_id', 'client_assertion', 'client_assertion_type']) body.set(name, kept[name] ?? '')
    }
    const next = await flowOf(signer)
    const back = await visitor.allow(next.to)
    assert.equal(await errorOf(await redeem({ ...signer, auth: replay }, back, next)), 'invalid_client')
    const stranger = await oauth.generateKeyPair('ES256')
    const forged = { ...signer, auth: oauth.PrivateKeyJwt({ key: stranger.privateKey, kid: 'one' }) }
    assert.equal(await errorOf(await redeem(forged, back, next)), 'invalid_client')
  })

  it('keeps one application from looking into the tokens of another', async () => {
    const flow = await flowOf(app)
    const tokens = await tokensOf(app, flow, await redeem(app, await (await signedIn(test, RESIDENT)).allow(flow.to), flow))
    const look = async (of: App): Promise<unknown> => {
      const response = await oauth.introspectionRequest(server, of.client, of.auth, tokens.access_token, insecure)
      return (await oauth.processIntrospectionResponse(server, of.client, response)).active
    }
    assert.equal(await look(other), false)
    assert.equal(await look(app), true)
    await oauth.revocationRequest(server, other.client, other.auth, tokens.access_token, insecure)
    assert.equal((await userInfo(tokens.access_token)).status, 200, 'nor end them')
  })

  it('asks only in the browser in which it was begun, and only from its own page', async () => {
    const attacker = await signedIn(test, RESIDENT)
    const fresh = await appOf('fresh')
    const begun = await attacker.go((await flowOf(fresh)).to)
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
    const gone = await appOf('gone')
    const visitor = await signedIn(test, RESIDENT)
    const flow = await flowOf(gone, { scope: 'openid offline_access', prompt: 'consent' })
    const tokens = await tokensOf(gone, flow, await redeem(gone, await visitor.allow(flow.to), flow))
    const waiting = await visitor.go((await flowOf(gone, { prompt: 'consent' })).to)
    const admin = {
      ...systemActor('test'),
      kind: 'account',
      level: 'substantial',
      accountId: 'a',
      roles: [{ role: 'administrator', agency: null }],
    } as const
    await assert.rejects(disableClient(test.app.platform, systemActor('drafts'), 'gone'))
    await disableClient(test.app.platform, admin, 'gone')
    assert.equal((await userInfo(tokens.access_token)).status, 401)
    assert.equal(await errorOf(await refresh(gone, tokens.refresh_token ?? '')), 'invalid_client')
    assert.equal((await visitor.go(waiting.path, { answer: 'allow' })).answer.status, 404)
    assert.match(mainOf((await visitor.go((await flowOf(gone)).to)).answer), /invalid_client/)
  })

  it('limits wrong secrets by application and network', async () => {
    const tried = await appOf('tried')
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
    const flow = await flowOf(app)
    const back = await (await signedIn(test, RESIDENT)).allow(flow.to)
    assert.equal((await redeem(app, back, flow)).status, 200, 'the others do not')
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
