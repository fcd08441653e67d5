import type { FastifyReply, FastifyRequest } from 'fastify'
import type { Configuration } from 'openid-client'
import { sha256 } from '../../platform/crypto.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Pages } from '../../ui/index.ts'
import { addClient, isLoopback } from '../oidc/index.ts'
import { forget, keep, kept, type Learned } from './agencyappcookies.ts'
import { appPage, failedPage } from './agencyappviews.ts'
import { endedSession, keepEndedSession } from './store.ts'

/** Where the application lies: on this machine, but with nothing of Stoa's except the doors that every application has. */
export const APP_PATH = '/demo/agency-app'
const SCOPES = ['openid', 'profile', 'email'] as const

/** Registers the application once for each address under which the demo is reached. */
export async function plantAgencyApp(platform: Platform): Promise<void> {
  const at = platform.publicOrigin + APP_PATH
  await addClient(
    platform,
    { journalName: 'system:seed', channel: 'job' },
    clientId(platform),
    {
      names: { en: 'Harbourview Reading Club', es: 'Club de lectura de Harbourview', ar: 'نادي القراءة في هاربرفيو' },
      agency: 'library',
      redirectUris: [`${at}/callback`],
      postLogoutRedirectUris: [at],
      backchannelLogoutUri: `${at}/backchannel`,
      authMethod: 'client_secret_basic',
      jwks: null,
      scopes: [...SCOPES],
      parRequired: true,
    },
    clientSecret(platform),
  )
}

/** The application of an invented agency, which signs residents in with Stoa: what a small relying party has to do, and no more. */
export function agencyAppRoutes(platform: Platform, pages: Pages): RouteModule {
  const open = { config: { access: 'public' } } as const
  const door = doorOf(platform)
  return (app) => {
    app.get(APP_PATH, open, async (request, reply) => {
      const learned = await current(platform, request)
      return pages.send(request, reply, appPage(pages.view(request), learned, APP_PATH))
    })
    app.get(`${APP_PATH}/sign-in`, open, async (_request, reply) => signIn(platform, reply, await door()))
    app.get(`${APP_PATH}/callback`, open, async (request, reply) => {
      const learned = await learn(platform, request, await door())
      forget(platform, reply, 'stoa_demo_flow', APP_PATH)
      if (learned === null) return pages.send(request, reply, failedPage(pages.view(request), APP_PATH), 400)
      keep(platform, reply, 'stoa_demo_app', learned, APP_PATH)
      return seeOther(reply, APP_PATH)
    })
    app.post(`${APP_PATH}/sign-out`, open, async (request, reply) => {
      const learned = await current(platform, request)
      forget(platform, reply, 'stoa_demo_app', APP_PATH)
      if (learned === null) return seeOther(reply, APP_PATH)
      const { buildEndSessionUrl } = await import('openid-client')
      const to = buildEndSessionUrl(await door(), {
        id_token_hint: learned.idToken,
        post_logout_redirect_uri: platform.publicOrigin + APP_PATH,
      })
      return reply.code(303).header('location', to.href).send()
    })
    // told by the provider's server: no browser comes here
    app.post(`${APP_PATH}/backchannel`, open, async (request, reply) => {
      const sid = await endedBy(platform, await door(), textOf(formOf(request), 'logout_token') ?? '')
      if (sid === null) return reply.code(400).header('cache-control', 'no-store').send({ error: 'invalid_request' })
      await keepEndedSession(platform.db, sid, platform.now())
      return reply.code(200).header('cache-control', 'no-store').send()
    })
  }
}

function clientId(platform: Platform): string {
  return `demo-reading-club-${sha256(platform.publicOrigin).slice(0, 8)}`
}

/** The same after every start, and of this deployment only. */
function clientSecret(platform: Platform): string {
  return platform.keys.token('demo:agency-app').toString('base64url')
}

/** The provider as the application finds it by its issuer; asked for again after a failure. */
function doorOf(platform: Platform): () => Promise<Configuration> {
  let known: Promise<Configuration> | null = null
  const find = async (): Promise<Configuration> => {
    const client = await import('openid-client')
    const options = isLoopback(platform.publicOrigin) ? { execute: [client.allowInsecureRequests] } : {}
    const secret = client.ClientSecretBasic(clientSecret(platform))
    return client.discovery(new URL(`${platform.publicOrigin}/oidc`), clientId(platform), undefined, secret, options)
  }
  return () => {
    known ??= find().catch((error: unknown) => {
      known = null
      throw error
    })
    return known
  }
}

/** Pushes the request ahead (RFC 9126), with PKCE, state and nonce, and sends the person to the provider. */
async function signIn(platform: Platform, reply: FastifyReply, door: Configuration): Promise<FastifyReply> {
  const client = await import('openid-client')
  const flow = { verifier: client.randomPKCECodeVerifier(), state: client.randomState(), nonce: client.randomNonce() }
  const to = await client.buildAuthorizationUrlWithPAR(door, {
    redirect_uri: `${platform.publicOrigin}${APP_PATH}/callback`,
    scope: SCOPES.join(' '),
    state: flow.state,
    nonce: flow.nonce,
    code_challenge: await client.calculatePKCECodeChallenge(flow.verifier),
    code_challenge_method: 'S256',
  })
  keep(platform, reply, 'stoa_demo_flow', flow, APP_PATH)
  return reply.code(303).header('location', to.href).send()
}

/** What the provider tells of the person who comes back; null when it tells nothing or this is not the browser that went there. */
async function learn(platform: Platform, request: FastifyRequest, door: Configuration): Promise<Learned | null> {
  const flow = kept(platform, request, 'stoa_demo_flow')
  if (flow === null) return null
  const client = await import('openid-client')
  try {
    const tokens = await client.authorizationCodeGrant(door, new URL(request.url, platform.publicOrigin), {
      pkceCodeVerifier: flow.verifier,
      expectedState: flow.state,
      expectedNonce: flow.nonce,
    })
    const claims = tokens.claims()
    if (!claims || !tokens.id_token) return null
    const told = await client.fetchUserInfo(door, tokens.access_token, claims.sub)
    return {
      sub: claims.sub,
      sid: typeof claims['sid'] === 'string' ? claims['sid'] : '',
      name: told.name ?? '',
      email: told.email ?? '',
      acr: typeof claims['acr'] === 'string' ? claims['acr'] : '',
      idToken: tokens.id_token,
    }
  } catch (error) {
    platform.log.info(
      { part: 'demo', err: { name: error instanceof Error ? error.name : 'unknown' } },
      'the demo application signed nobody in',
    )
    return null
  }
}

/** What the application knows of the person at this browser; null when nobody is signed in, or the provider has ended it since. */
async function current(platform: Platform, request: FastifyRequest): Promise<Learned | null> {
  const learned = kept(platform, request, 'stoa_demo_app')
  return learned !== null && !(await endedSession(platform.db, learned.sid)) ? learned : null
}

/** The session that a logout token ends (Back-Channel Logout 1.0, 2.6); null when the token is not the provider's, or not for this application. */
async function endedBy(platform: Platform, door: Configuration, token: string): Promise<string | null> {
  const { createRemoteJWKSet, jwtVerify } = await import('jose')
  const { issuer, jwks_uri: keys } = door.serverMetadata()
  if (keys === undefined) return null
  try {
    const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(keys)), {
      issuer,
      audience: clientId(platform),
      typ: 'logout+jwt',
      algorithms: ['ES256'],
    })
    const events = payload['events']
    const ends = typeof events === 'object' && events !== null && 'http://schemas.openid.net/event/backchannel-logout' in events
    return ends && payload['nonce'] === undefined && typeof payload['sid'] === 'string' ? payload['sid'] : null
  } catch {
    return null
  }
}
