import assert from 'node:assert/strict'
import * as oauth from 'oauth4webapi'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, send } from '../support/client.ts'
import { CALLBACK, register } from './oidcvisitor.ts'

/** An application as its own library knows it. */
export type App = { readonly client: oauth.Client; readonly auth: oauth.ClientAuth; readonly secret: string }
type Flow = { readonly to: URL; readonly verifier: string; readonly state: string; readonly nonce: string }
/** Parameters of a request that are others than they should be; null leaves one out. */
export type Changes = Readonly<Record<string, string | null | undefined>>

/** Lets the library of an application ask without TLS. */
export const insecure = { [oauth.allowInsecureRequests]: true }

/** The error that an endpoint answers with. */
export async function errorOf(response: Response): Promise<string> {
  assert.ok(response.status >= 400, `it was refused: ${response.status}`)
  const told = (await response.json()) as { error?: unknown }
  return String(told.error)
}

/** A city that is attacked, and two applications of two agencies: `startAttacked` opens it. */
export type Attacked = Awaited<ReturnType<typeof startAttacked>>

/** Starts a city with its accounts; its clock is the machine's, which the provider's library reads, ahead by what `pass` says in milliseconds. */
export async function startAttacked() {
  let ahead = 0
  const now = (): Date => new Date(Date.now() + ahead)
  const test = await startApp({ listen: true, accounts: true, overrides: { now } })
  const issuer = new URL(`${test.url}/oidc`)
  const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure))
  const appOf = async (id: string, own: Parameters<typeof register>[2] = {}): Promise<App> => {
    const secret = await register(test, id, own)
    return { client: { client_id: id }, auth: oauth.ClientSecretBasic(secret), secret }
  }
  return {
    test,
    server,
    appOf,
    app: await appOf('app'),
    other: await appOf('other', { agency: 'library' }),
    pass(milliseconds: number): void {
      ahead += milliseconds
    },
    ...meansOf(test, server),
  }
}

/** What an application, or somebody in its name, does. */
function meansOf(test: TestApp, server: oauth.AuthorizationServer) {
  return {
    /** A request with some of its parameters changed, or left out with null. */
    async flowOf(of: App, changes: Changes = {}): Promise<Flow> {
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
    },
    async redeem(of: App, back: URL, flow: Flow, own: { verifier?: string; redirect?: string } = {}): Promise<Response> {
      const parameters = oauth.validateAuthResponse(server, of.client, back, flow.state)
      const redirect = own.redirect ?? CALLBACK
      return oauth.authorizationCodeGrantRequest(server, of.client, of.auth, parameters, redirect, own.verifier ?? flow.verifier, insecure)
    },
    tokensOf: async (of: App, flow: Flow, response: Response): Promise<oauth.TokenEndpointResponse> =>
      oauth.processAuthorizationCodeResponse(server, of.client, response, { expectedNonce: flow.nonce, requireIdToken: true }),
    userInfo: (token: string): Promise<Answer> =>
      send(test.url, { path: '/oidc/me', headers: { authorization: `Bearer ${token}`, accept: 'application/json' } }),
    refresh: (of: App, token: string): Promise<Response> => oauth.refreshTokenGrantRequest(server, of.client, of.auth, token, insecure),
  }
}
