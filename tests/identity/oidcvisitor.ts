import assert from 'node:assert/strict'
import * as openid from 'openid-client'
import pg from 'pg'
import { DEMO_PASSWORD } from '../../src/modules/demo/accounts.ts'
import { addClient, type NewClient } from '../../src/modules/oidc/index.ts'
import { accountByAddress, addAccount, sessionCookie, type SignIn, startSession } from '../../src/modules/identity/index.ts'
import { transact } from '../../src/platform/platform.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { type Answer, formBody, send } from '../support/client.ts'

/** Where the applications of the tests are called back; nothing listens there, the browser below stops at it. */
export const CALLBACK = 'http://127.0.0.1:9/callback'

/** Registers an application of an agency with a secret that is derived from its id. */
export async function register(test: TestApp, id: string, own: Partial<NewClient> = {}): Promise<string> {
  const secret = `${id}-secret-of-the-tests-0123456789`
  const added = await addClient(
    test.app.platform,
    { journalName: 'system:test', channel: 'test' },
    id,
    {
      names: { en: `App ${id}`, es: `Aplicación ${id}`, ar: `تطبيق ${id}` },
      agency: 'transport',
      redirectUris: [CALLBACK],
      postLogoutRedirectUris: ['http://127.0.0.1:9/bye'],
      backchannelLogoutUri: null,
      authMethod: 'client_secret_basic',
      jwks: null,
      scopes: ['openid', 'profile', 'email', 'offline_access'],
      parRequired: false,
      ...own,
    },
    own.authMethod === undefined || own.authMethod === 'client_secret_basic' ? secret : null,
  )
  assert.ok(added)
  return secret
}

/** Where a registered application sends a person to be signed in, with PKCE. */
export function oidcAddress(id: string): string {
  const asks = { client_id: id, response_type: 'code', scope: 'openid profile email', redirect_uri: CALLBACK, state: 's', nonce: 'n' }
  const proof = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }
  return `/oidc/auth?${new URLSearchParams({ ...asks, ...proof }).toString()}`
}

/** What a page says, without what stands around it. */
export function mainOf({ body }: Answer): string {
  return (/<main[^]*<\/main>/.exec(body)?.[0] ?? body)
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .slice(0, 400)
}

type Cookie = { readonly name: string; readonly value: string; readonly path: string }

/** A browser without scripts that keeps cookies by their path and stops where an address leaves the program. */
export class Visitor {
  readonly url: string
  cookies: Cookie[] = []

  constructor(url: string) {
    this.url = url
  }

  /** Puts a cookie for every path. */
  put(name: string, value: string): void {
    this.cookies = [...this.cookies.filter((each) => each.name !== name), { name, value, path: '/' }]
  }

  /** Asks for one path; follows nothing. */
  async ask(path: string, form?: Readonly<Record<string, string>>): Promise<Answer> {
    const asked = path.split('?', 1)[0] ?? ''
    const fits = this.cookies.filter(
      (each) => asked === each.path || asked.startsWith(each.path.endsWith('/') ? each.path : `${each.path}/`),
    )
    const answer = await send(this.url, {
      method: form ? 'POST' : 'GET',
      path,
      headers: {
        accept: 'text/html',
        cookie: fits.map((each) => `${each.name}=${each.value}`).join('; '),
        ...(form ? { 'content-type': 'application/x-www-form-urlencoded', 'sec-fetch-site': 'same-origin' } : {}),
      },
      ...(form ? { body: formBody(form) } : {}),
    })
    for (const line of answer.headers['set-cookie'] ?? []) this.#keep(line)
    return answer
  }

  #keep(line: string): void {
    const [pair = '', ...attributes] = line.split(';').map((part) => part.trim())
    const name = pair.slice(0, pair.indexOf('='))
    const value = pair.slice(pair.indexOf('=') + 1)
    const of = (wanted: string): string | undefined => attributes.find((each) => each.toLowerCase().startsWith(`${wanted}=`))?.split('=')[1]
    const path = of('path') ?? '/'
    const gone = value === '' || of('max-age') === '0' || (of('expires') ?? '').includes('1970')
    this.cookies = this.cookies.filter((each) => each.name !== name || each.path !== path)
    if (!gone) this.cookies.push({ name, value, path })
  }

  /** Asks and follows until there is a page, or an address of somewhere else. */
  async go(to: string | URL, form?: Readonly<Record<string, string>>): Promise<{ away: URL | null; path: string; answer: Answer }> {
    let next = new URL(to, this.url)
    let sent = form
    for (let steps = 0; steps < 15; steps += 1) {
      const path = next.pathname + next.search
      const answer = await this.ask(path, sent)
      sent = undefined
      const location = answer.headers.location
      if (answer.status < 300 || answer.status >= 400 || location === undefined) return { away: null, path, answer }
      next = new URL(location, next)
      if (next.origin !== new URL(this.url).origin) return { away: next, path, answer }
    }
    throw new Error('the redirects have no end')
  }

  /** Goes to an application's request and allows it where that is asked; gives the address that leads back to the application. */
  async allow(to: string | URL): Promise<URL> {
    const first = await this.go(to)
    if (first.away) return first.away
    assert.match(first.path, /^\/oidc-consent\//, `${first.path} ${first.answer.status} ${mainOf(first.answer)}`)
    const second = await this.go(first.path, { answer: 'allow' })
    assert.ok(second.away, `${second.path} ${second.answer.status} ${mainOf(second.answer)}`)
    return second.away
  }
}

/** A visitor who is signed in. */
export async function signedIn(test: TestApp, email: string, how: Partial<SignIn> = {}): Promise<Visitor> {
  const account = await accountByAddress(test.app.platform, email)
  assert.ok(account)
  const visitor = new Visitor(test.url)
  const token = await startSession(test.app.platform, account.id, { level: 'substantial', methods: ['passkey'], device: 'test', ...how })
  visitor.put(sessionCookie(test.app.platform), token)
  return visitor
}

const SCOPE = 'openid profile email'

type Flow = { readonly to: URL; readonly verifier: string; readonly state: string; readonly nonce: string }

/** The request of an application, as a library makes it. */
export async function flowOf(app: openid.Configuration, more: Readonly<Record<string, string>> = {}): Promise<Flow> {
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

/** Changes what came back to an application for its tokens. */
export function redeem(app: openid.Configuration, back: URL, flow: Flow): ReturnType<typeof openid.authorizationCodeGrant> {
  return openid.authorizationCodeGrant(app, back, { pkceCodeVerifier: flow.verifier, expectedState: flow.state, expectedNonce: flow.nonce })
}

/** Signs a visitor in to an application. */
export async function signIn(
  app: openid.Configuration,
  visitor: Visitor,
  more: Readonly<Record<string, string>> = {},
): ReturnType<typeof redeem> {
  const flow = await flowOf(app, more)
  return redeem(app, await visitor.allow(flow.to), flow)
}

/** Registers an application that knows the provider only by its issuer. */
export async function discover(test: TestApp, id: string, own: Partial<NewClient> = {}): Promise<openid.Configuration> {
  const secret = await register(test, id, own)
  return openid.discovery(new URL(`${test.url}/oidc`), id, undefined, openid.ClientSecretBasic(secret), {
    execute: [openid.allowInsecureRequests],
  })
}

/** A second resident, whom the demo accounts do not hold; the password is that of the demo. */
export const OTIS = { name: 'Otis Otherwise', email: 'otis.otherwise@example.org' }

/** Adds the account of the second resident. */
export async function addOtis(test: TestApp): Promise<void> {
  const passwordHash = await test.app.hasher.hash(DEMO_PASSWORD)
  await transact(test.app.platform, (tx) => addAccount(tx, { ...OTIS, passwordHash, language: 'en', status: 'active', staffName: null }))
}

/** A city that signs people in, with the application `parking` of an agency: `startProvider` opens it. */
export type Provider = Awaited<ReturnType<typeof startProvider>>

/** Starts a city with its accounts; its clock is the machine's, which the provider's library reads, ahead by what `moveBy` says in milliseconds. */
export async function startProvider() {
  let ahead = 0
  const now = (): Date => new Date(Date.now() + ahead)
  const test = await startApp({ listen: true, accounts: true, overrides: { now } })
  const database = new pg.Client({ connectionString: test.databaseUrl })
  await database.connect()
  return {
    test,
    app: await discover(test, 'parking'),
    database,
    now,
    moveBy(ms: number): void {
      ahead += ms
    },
    /** What the journal holds of one type, oldest first. */
    async eventsOf(type: string): Promise<Array<{ actor: string; subject: string | null; data: Record<string, unknown> }>> {
      return (await database.query('select actor, subject, data from journal.event where type = $1 order by seq', [type])).rows
    },
    /** Does a job of the program now. */
    async run(name: string): Promise<void> {
      const job = test.app.modules.flatMap((module) => module.jobs ?? []).find((each) => each.name === name)
      assert.ok(job)
      await job.run(test.app.platform, {})
    },
    async close(): Promise<void> {
      await database.end()
      await test.close()
    },
  }
}
