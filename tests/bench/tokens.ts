import { createHash, generateKeyPairSync, sign, verify } from 'node:crypto'
import { createApp } from '../../src/app.ts'
import { readConfig } from '../../src/config.ts'
import { addAccount, startSession } from '../../src/modules/identity/index.ts'
import { addClient } from '../../src/modules/oidc/index.ts'
import { transact } from '../../src/platform/platform.ts'
import { bytesOf, drive, trimmed } from './client.ts'
import { type Figure, rateFigure } from './figures.ts'
import { environmentOf, type Place, root, startProgram } from './program.ts'

const CLIENTS = 4
const APP = 'bench-app'
const SECRET = 'bench-app-secret-0123456789-0123456789'
const CALLBACK = 'http://127.0.0.1:9/callback'
const VERIFIER = 'bench-verifier-bench-verifier-bench-verifier-bench'

/**
 * Token requests of an agency's application: codes redeemed over HTTP, with the client's authentication, PKCE, and a
 * signed ID token, beside a bare loop that only signs and checks with Ed25519.
 */
export async function measureTokens(place: Place, count: number): Promise<Figure[]> {
  const config = readConfig(environmentOf(place, 0), root)
  const app = await createApp({ ...config, logLevel: 'silent' }, place.databaseUrl)
  let session = ''
  try {
    const account = await transact(app.platform, (tx) =>
      addAccount(tx, {
        name: 'Token Bearer',
        email: 'tokens@harbourview.example',
        passwordHash: null,
        language: 'en',
        status: 'active',
        staffName: null,
      }),
    )
    session = await startSession(app.platform, account.id, { level: 'substantial', methods: ['passkey'], device: 'bench' })
    const agency = app.platform.city.agencies[0]?.id ?? ''
    const names = Object.fromEntries(app.platform.city.languages.map(({ tag }) => [tag, 'Bench app']))
    const author = { journalName: 'system:bench', channel: 'bench' }
    const client = {
      names, agency, redirectUris: [CALLBACK], postLogoutRedirectUris: [], backchannelLogoutUri: null, jwks: null, scopes: ['openid'],
      authMethod: 'client_secret_basic', parRequired: false,
    } as const // prettier-ignore
    await addClient(app.platform, author, APP, client, SECRET)
  } finally {
    await app.close()
  }
  const program = await startProgram(place)
  try {
    const browser = new Browser(`http://localhost:${program.port}`, session)
    const codes: string[] = []
    for (let n = 0; n < count; n += 1) codes.push(await browser.code())
    const asks = codes.map((code) => redemption(code))
    const bare = signaturesPerSecond(1)
    const begun = performance.now()
    let turn = 0
    const samples = await drive(program.port, CLIENTS, 200, () => asks[turn++] ?? null)
    const again = signaturesPerSecond(1)
    const marks = { must: 0.005, aim: 0.02 }
    return [rateFigure('token requests beside bare Ed25519', '1/s', trimmed(samples, begun).perSecond, (bare + again) / 2, marks)]
  } finally {
    await program.stop()
  }
}

function redemption(code: string): string {
  return bytesOf({
    method: 'POST',
    path: '/oidc/token',
    headers: {
      'content-type': 'application/x-www-form-urlencoded',
      authorization: `Basic ${Buffer.from(`${APP}:${SECRET}`).toString('base64')}`,
    },
    body: new URLSearchParams({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK, code_verifier: VERIFIER }).toString(),
  })
}

/** Somebody who is signed in and lets the application know it, again and again. */
class Browser {
  readonly #origin: string
  readonly #cookies = new Map<string, string>()

  constructor(origin: string, session: string) {
    this.#origin = origin
    this.#cookies.set('stoa_session', session)
  }

  async code(): Promise<string> {
    const challenge = createHash('sha256').update(VERIFIER).digest('base64url')
    const query = {
      client_id: APP,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'openid',
      code_challenge: challenge,
      code_challenge_method: 'S256',
    }
    let next = new URL(`/oidc/auth?${new URLSearchParams(query).toString()}`, this.#origin)
    for (let hops = 0; hops < 12; hops += 1) {
      const shown = await this.#ask(next, null)
      const consent = shown.status === 200 && next.pathname.startsWith('/oidc-consent/')
      const answer = consent ? await this.#ask(next, 'answer=allow') : shown
      const to = answer.headers.get('location')
      if (to === null) throw new Error(`no code at ${next.pathname}: ${answer.status}`)
      next = new URL(to, next)
      const code = next.searchParams.get('code')
      if (next.href.startsWith(CALLBACK) && code !== null) return code
    }
    throw new Error('the redirects have no end')
  }

  async #ask(address: URL, form: string | null): Promise<Response> {
    const cookie = [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const answer = await fetch(address, {
      redirect: 'manual',
      headers: { cookie, accept: 'text/html', ...(form ? { 'content-type': 'application/x-www-form-urlencoded' } : {}) },
      ...(form ? { method: 'POST', body: form } : {}),
    })
    for (const line of answer.headers.getSetCookie()) {
      const [pair = ''] = line.split(';')
      const at = pair.indexOf('=')
      if (pair.slice(at + 1) === '') this.#cookies.delete(pair.slice(0, at))
      else this.#cookies.set(pair.slice(0, at), pair.slice(at + 1))
    }
    return answer
  }
}

function signaturesPerSecond(seconds: number): number {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const message = Buffer.alloc(600, 'a token of about this length ')
  const begun = performance.now()
  let done = 0
  for (; performance.now() - begun < seconds * 1000; done += 1)
    if (!verify(null, message, publicKey, sign(null, message, privateKey))) throw new Error('the signature does not fit')
  return (done * 1000) / (performance.now() - begun)
}
