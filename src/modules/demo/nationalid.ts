import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { generateKeyPair } from 'node:crypto'
import { promisify } from 'node:util'
import type { default as Provider } from 'oidc-provider'
import { notFound } from '../../kernel/problem.ts'
import { securityHeaders } from '../../platform/http/security.ts'
import { formOf, type RouteModule, textOf } from '../../platform/http/routes.ts'
import type { Platform } from '../../platform/platform.ts'
import { button, html, type Pages, radios } from '../../ui/index.ts'
import { memoryStore } from './nationalidstore.ts'
import { eidasLevels, hasProvider, plantProvider } from '../federation/index.ts'

/** Where the invented national ID lies. */
const PATH = '/demo/national-id'
const CLIENT = 'harbourview-city-hall'

/** The people of the invented nation who have an ID; nobody of them exists. */
const citizens = [
  { sub: 'nid-000-0001', name: 'Jules Exemplar', birthdate: '1984-02-29', national_id: '000000-0001', email: 'jules@people.example' },
  { sub: 'nid-000-0002', name: 'Samira Placeholder', birthdate: '1999-12-31', national_id: '000000-0002', email: 'samira@people.example' },
  { sub: 'nid-000-0003', name: 'Nova Facsimile', birthdate: '1951-06-15', national_id: '000000-0003', email: null },
] as const

const acrs = Object.keys(eidasLevels)

/** Offers the invented national ID among the providers, once. */
export async function plantNationalId(platform: Platform): Promise<void> {
  if (await hasProvider(platform, 'national-id')) return
  await plantProvider(
    platform,
    { journalName: 'system:seed', channel: 'job' },
    {
      id: 'national-id',
      names: { en: 'the national ID (invented)', es: 'el documento nacional (inventado)', ar: 'الهوية الوطنية (مختلقة)' },
      issuer: platform.publicOrigin + PATH,
      clientId: CLIENT,
      secret: null,
      scopes: 'openid profile email',
      claims: { full_name: ['name'], email: ['email'], date_of_birth: ['birthdate'], national_id: ['national_id'] },
      levels: eidasLevels,
      defaultLevel: 'low',
      enabled: true,
    },
  )
}

/** A complete OpenID provider that stands for a national ID: whoever signs in chooses who to be, and how surely. Only in the demo. */
export function nationalIdRoutes(platform: Platform, pages: Pages): RouteModule {
  let made: Promise<Provider> | null = null
  const provider = (): Promise<Provider> => (made ??= makeProvider(platform))
  return (app) => {
    app.get<{ Params: { uid: string } }>(`${PATH}/choose/:uid`, { config: { access: 'public' } }, async (request, reply) => {
      await detailsOf(await provider(), request, reply)
      const view = pages.view(request)
      const main = html`<h1>${view.t('demo.national_id.title')}</h1>
        <p class="st-lead">${view.t('demo.national_id.lead')}</p>
        <form method="post" class="st-form" action="${`${PATH}/choose/${request.params.uid}`}">
          ${radios({
            id: 'sub',
            name: 'sub',
            label: view.t('demo.national_id.who'),
            value: citizens[0].sub,
            options: citizens.map((citizen) => ({ value: citizen.sub, label: html`<bdi>${citizen.name}</bdi>` })),
          })}
          ${radios({
            id: 'acr',
            name: 'acr',
            label: view.t('demo.national_id.how'),
            value: acrs[1] ?? '',
            options: acrs.map((acr) => ({ value: acr, label: view.t(`demo.national_id.${eidasLevels[acr] ?? 'low'}`) })),
          })}
          ${button(view.t('demo.national_id.submit'))}
        </form>`
      return pages.send(request, reply, { title: view.t('demo.national_id.title'), main })
    })
    app.post<{ Params: { uid: string } }>(`${PATH}/choose/:uid`, { config: { access: 'public' } }, async (request, reply) => {
      const oidc = await provider()
      const details = await detailsOf(oidc, request, reply)
      const citizen = citizens.find((each) => each.sub === textOf(formOf(request), 'sub')) ?? citizens[0]
      const acr = acrs.find((each) => each === textOf(formOf(request), 'acr')) ?? acrs[0]
      const grant = new oidc.Grant({ accountId: citizen.sub, clientId: String(details.params['client_id']) })
      grant.addOIDCScope('openid profile email')
      const result = { login: { accountId: citizen.sub, acr }, consent: { grantId: await grant.save() } }
      const to = await oidc.interactionResult(request.raw, reply.raw, result, { mergeWithLastSubmission: false })
      return reply.code(303).header('location', to).send()
    })
    mount(app, platform, provider)
  }
}

async function detailsOf(oidc: Provider, request: FastifyRequest, reply: FastifyReply) {
  try {
    return await oidc.interactionDetails(request.raw, reply.raw)
  } catch {
    throw notFound('sign-in')
  }
}

/** Hands every other request below the path to the library as it came; it reads bodies and answers by itself. */
function mount(app: FastifyInstance, platform: Platform, provider: () => Promise<Provider>): void {
  const headers = securityHeaders(platform.publicOrigin.startsWith('https:'))
  void app.register(async (inner) => {
    inner.removeAllContentTypeParsers()
    inner.addContentTypeParser('*', (_request, _payload, done) => done(null))
    inner.route({
      method: ['GET', 'POST', 'OPTIONS'],
      url: `${PATH}/*`,
      config: { access: 'public', api: true },
      handler: async (request, reply) => {
        const oidc = await provider()
        void reply.hijack()
        for (const [name, value] of Object.entries(headers)) reply.raw.setHeader(name, value)
        const raw = Object.assign(request.raw, { originalUrl: request.raw.url })
        raw.url = (request.raw.url ?? '').slice(PATH.length)
        // the library makes addresses from the host it is asked at: that is the public one, whatever a request names
        raw.headers.host = new URL(platform.publicOrigin).host
        await oidc.callback()(raw, reply.raw)
      },
    })
  })
}

async function makeProvider(platform: Platform): Promise<Provider> {
  const { default: OidcProvider } = await import('oidc-provider')
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
  const oidc = new OidcProvider(platform.publicOrigin + PATH, {
    adapter: memoryStore(),
    clients: [
      {
        client_id: CLIENT,
        token_endpoint_auth_method: 'none',
        redirect_uris: [`${platform.publicOrigin}/sign-in/with/national-id/callback`],
      },
    ],
    jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
    cookies: {
      keys: [Buffer.from(platform.random(32)).toString('base64url')],
      names: { session: 'nid', interaction: 'nid_step', resume: 'nid_back' },
    },
    acrValues: acrs,
    claims: { openid: ['sub'], profile: ['name', 'birthdate', 'national_id'], email: ['email', 'email_verified'] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_ctx, interaction) => `${PATH}/choose/${interaction.uid}` },
    ttl: { AccessToken: 300, AuthorizationCode: 60, IdToken: 300, Interaction: 1800, Session: 60, Grant: 600 },
    findAccount: (_ctx, sub) => {
      const citizen = citizens.find((each) => each.sub === sub)
      if (!citizen) return undefined
      const { email, ...rest } = citizen
      return { accountId: sub, claims: async () => ({ ...rest, ...(email ? { email, email_verified: true } : {}) }) }
    },
  })
  return oidc
}
