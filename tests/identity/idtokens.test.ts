import assert from 'node:assert/strict'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, it } from 'node:test'
import { type CryptoKey, exportJWK, generateKeyPair, SignJWT } from 'jose'
import { askAddress, configurationOf, takeAnswer, type Told } from '../../src/modules/federation/client.ts'
import type { Provider } from '../../src/modules/federation/provider.ts'

type Key = CryptoKey | Uint8Array
type Claims = Readonly<Record<string, string | number>>

let server: Server
let own: Awaited<ReturnType<typeof generateKeyPair>>
let provider: Provider
/** The ID token that the provider gives next. */
let token = ''

before(async () => {
  own = await generateKeyPair('RS256', { extractable: true })
  const key = { ...(await exportJWK(own.publicKey)), kid: 'own', alg: 'RS256', use: 'sig' }
  server = createServer((request, reply) => {
    const issuer = provider.issuer
    const answers: Record<string, unknown> = {
      '/.well-known/openid-configuration': {
        issuer,
        authorization_endpoint: `${issuer}/auth`,
        token_endpoint: `${issuer}/token`,
        jwks_uri: `${issuer}/jwks`,
        id_token_signing_alg_values_supported: ['RS256'],
      },
      '/jwks': { keys: [key] },
      '/token': { access_token: 'opaque', token_type: 'Bearer', id_token: token },
    }
    reply.setHeader('content-type', 'application/json')
    reply.end(JSON.stringify(answers[request.url ?? ''] ?? {}))
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  provider = {
    id: 'made-up',
    names: { en: 'Made up' },
    issuer: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    clientId: 'city-hall',
    secret: null,
    scopes: 'openid',
    claims: {},
    levels: {},
    defaultLevel: 'low',
    enabled: true,
  }
})
after(() => server.close())

/** Signs in with a token whose claims are right but for `change`, signed by `key`. */
async function come(change: Claims = {}, by: { key?: Key; alg?: string } = {}): Promise<Told> {
  const config = await configurationOf(provider, true)
  const redirectUri = 'https://city.example/sign-in/with/made-up/callback'
  const asked = await askAddress(config, provider, { redirectUri, language: 'en', level: null })
  const now = Math.floor(Date.now() / 1000)
  const right = { iss: provider.issuer, aud: 'city-hall', sub: 'somebody', iat: now, exp: now + 300, nonce: asked.nonce }
  token = await new SignJWT({ ...right, ...change })
    .setProtectedHeader({ alg: by.alg ?? 'RS256', kid: 'own' })
    .sign(by.key ?? own.privateKey)
  return takeAnswer(config, new URL(`${redirectUri}?code=x&state=${asked.state}`), asked)
}

const refused = { code: 'federation.refused', status: 422 }

it('an ID token that is as it should be is taken', async () => {
  assert.equal((await come()).subject, 'somebody')
})

it('one that is signed with another key, with a shared secret or not at all is refused', async () => {
  const other = await generateKeyPair('RS256')
  await assert.rejects(come({}, { key: other.privateKey }), refused)
  const published = Buffer.from(JSON.stringify(await exportJWK(own.publicKey)))
  await assert.rejects(come({}, { key: published, alg: 'HS256' }), refused)
  await assert.rejects(come({}, { key: (await generateKeyPair('ES256')).privateKey, alg: 'ES256' }), refused)
  const config = await configurationOf(provider, true)
  const asked = { state: 'a-state', nonce: 'a-nonce', verifier: 'v'.repeat(43) }
  const answer = new URL('https://city.example/sign-in/with/made-up/callback?code=x&state=a-state')
  await come()
  const [head = '', body = '', sign = ''] = token.split('.')
  const claims: Claims = JSON.parse(Buffer.from(body, 'base64url').toString())
  const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = { ...claims, nonce: 'a-nonce' }
  for (const forged of [
    `${encode({ alg: 'none' })}.${encode(signed)}.`,
    `${head}.${encode(signed)}.${sign}`,
    `${head}.${encode({ ...signed, sub: 'somebody-else' })}.${sign}`,
    `${head}.${encode(signed)}.`,
  ]) {
    token = forged
    await assert.rejects(takeAnswer(config, answer, asked), refused, forged.slice(0, 40))
  }
})

it('one for another application, from another issuer, of another sign-in or time is refused', async () => {
  const now = Math.floor(Date.now() / 1000)
  const wrong: readonly Claims[] = [
    { aud: 'another-application' },
    { iss: 'https://elsewhere.example' },
    { nonce: 'of-another-sign-in' },
    { exp: now - 600 },
    { iat: now - 900, exp: now - 300 },
    { nbf: now + 600 },
  ]
  for (const change of wrong) await assert.rejects(come(change), refused, JSON.stringify(change))
})

it('metadata that names another issuer is refused', async () => {
  const port = new URL(provider.issuer).port
  const lying = { ...provider, issuer: `http://localhost:${port}` }
  await assert.rejects(configurationOf(lying, true), { code: 'federation.provider-away', status: 502 })
})
