import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import * as oauth from 'oauth4webapi'
import type { TestApp } from '../support/app.ts'
import { mainOf, register, signedIn } from './oidcvisitor.ts'
import { type App, type Attacked, errorOf, insecure, startAttacked } from './oidcattacker.ts'

const RESIDENT = 'resident@harbourview.example'

describe('those who attack codes, tokens and the applications that hold them', () => {
  let city: Attacked
  let test: TestApp
  let app: App
  let other: App
  before(async () => {
    city = await startAttacked()
    ;({ test, app, other } = city)
  })
  after(() => city.test.close())

  it('takes a code once, and ends everything of it at the second time', async () => {
    const flow = await city.flowOf(app, { scope: 'openid profile offline_access', prompt: 'consent' })
    const back = await (await signedIn(test, RESIDENT)).allow(flow.to)
    const tokens = await city.tokensOf(app, flow, await city.redeem(app, back, flow))
    assert.equal((await city.userInfo(tokens.access_token)).status, 200)
    assert.equal(await errorOf(await city.redeem(app, back, flow)), 'invalid_grant')
    assert.equal((await city.userInfo(tokens.access_token)).status, 401, 'its tokens are worth nothing now')
    assert.equal(await errorOf(await city.refresh(app, tokens.refresh_token ?? '')), 'invalid_grant')
  })

  it('takes a code once even when it comes ten times at once', async () => {
    const flow = await city.flowOf(app)
    const back = await (await signedIn(test, RESIDENT)).allow(flow.to)
    const answers = await Promise.all(Array.from({ length: 10 }, () => city.redeem(app, back, flow)))
    assert.equal(answers.filter((answer) => answer.status === 200).length, 1)
    for (const answer of answers.filter((each) => each.status !== 200)) assert.equal(await errorOf(answer), 'invalid_grant')
  })

  it('takes no code of another application, and none that is too old', async () => {
    const visitor = await signedIn(test, RESIDENT)
    const flow = await city.flowOf(app)
    const back = await visitor.allow(flow.to)
    assert.equal(await errorOf(await city.redeem(other, back, flow)), 'invalid_grant')
    const late = await city.flowOf(app)
    const stale = await visitor.allow(late.to)
    city.pass(61_000)
    assert.equal(await errorOf(await city.redeem(app, stale, late)), 'invalid_grant')
  })

  it('ends the whole family when a refresh token is used twice', async () => {
    const flow = await city.flowOf(app, { scope: 'openid profile offline_access', prompt: 'consent' })
    const visitor = await signedIn(test, RESIDENT)
    const tokens = await city.tokensOf(app, flow, await city.redeem(app, await visitor.allow(flow.to), flow))
    const first = tokens.refresh_token ?? ''
    const next = (await (await city.refresh(app, first)).json()) as { refresh_token: string; access_token: string }
    assert.equal(await errorOf(await city.refresh(other, next.refresh_token)), 'invalid_grant', 'another application cannot use it')
    assert.equal((await city.userInfo(next.access_token)).status, 200)
    assert.equal(await errorOf(await city.refresh(app, first)), 'invalid_grant')
    assert.equal(await errorOf(await city.refresh(app, next.refresh_token)), 'invalid_grant')
    assert.equal((await city.userInfo(next.access_token)).status, 401)
  })

  it('takes a pushed request once, from its application only', async () => {
    const strict = await city.appOf('strict', { parRequired: true })
    const visitor = await signedIn(test, RESIDENT)
    const direct = await visitor.go((await city.flowOf(strict)).to)
    assert.equal(direct.away?.searchParams.get('error'), 'invalid_request', 'one that must push may not ask directly')
    const flow = await city.flowOf(strict)
    const pushed = await oauth.pushedAuthorizationRequest(city.server, strict.client, strict.auth, flow.to.searchParams, insecure)
    const { request_uri: uri } = await oauth.processPushedAuthorizationResponse(city.server, strict.client, pushed)
    const at = (client: string): URL =>
      new URL(`${city.server.authorization_endpoint}?${new URLSearchParams({ client_id: client, request_uri: uri }).toString()}`)
    assert.equal((await visitor.go(at('other'))).away, null)
    const back = await visitor.allow(at('strict'))
    assert.ok((await city.tokensOf(strict, flow, await city.redeem(strict, back, flow))).id_token)
    const twice = await visitor.go(at('strict'))
    assert.equal(twice.away, null)
    assert.match(mainOf(twice.answer), /took too long, or was done already/)
    const bad = await oauth.pushedAuthorizationRequest(
      city.server,
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
    const flow = await city.flowOf(signer)
    assert.ok((await city.tokensOf(signer, flow, await city.redeem(signer, await visitor.allow(flow.to), flow))).access_token)
    const replay: oauth.ClientAuth = (_as, _client, body) => {
      for (const name of ['client_id', 'client_assertion', 'client_assertion_type']) body.set(name, kept[name] ?? '')
    }
    const next = await city.flowOf(signer)
    const back = await visitor.allow(next.to)
    assert.equal(await errorOf(await city.redeem({ ...signer, auth: replay }, back, next)), 'invalid_client')
    const stranger = await oauth.generateKeyPair('ES256')
    const forged = { ...signer, auth: oauth.PrivateKeyJwt({ key: stranger.privateKey, kid: 'one' }) }
    assert.equal(await errorOf(await city.redeem(forged, back, next)), 'invalid_client')
  })

  it('keeps one application from looking into the tokens of another', async () => {
    const flow = await city.flowOf(app)
    const tokens = await city.tokensOf(app, flow, await city.redeem(app, await (await signedIn(test, RESIDENT)).allow(flow.to), flow))
    const look = async (of: App): Promise<unknown> => {
      const response = await oauth.introspectionRequest(city.server, of.client, of.auth, tokens.access_token, insecure)
      return (await oauth.processIntrospectionResponse(city.server, of.client, response)).active
    }
    assert.equal(await look(other), false)
    assert.equal(await look(app), true)
    await oauth.revocationRequest(city.server, other.client, other.auth, tokens.access_token, insecure)
    assert.equal((await city.userInfo(tokens.access_token)).status, 200, 'nor end them')
  })
})
