import type { FastifyReply, FastifyRequest } from 'fastify'
import { cleanText } from '../../kernel/text.ts'
import { Problem } from '../../kernel/problem.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { allow, levels } from '../access/index.ts'
import { visitOf } from '../identity/index.ts'
import { configurationOf } from './client.ts'
import { asLines, eidasLevels, type Provider, providerRules, standardClaims } from './provider.ts'
import type { FederationParts } from './routes.ts'
import { addProvider, listedProviders, switchProvider } from './service.ts'
import { type ProviderErrors, providersPage, type TypedProvider } from './views.ts'

const staff = { config: { access: 'staff' } } as const
const PATH = '/admin/providers'
const DONE = new Set(['added', 'enabled', 'disabled'])

const NOTHING: TypedProvider = {
  id: '',
  names: {},
  issuer: '',
  client_id: '',
  secret: '',
  scopes: 'openid profile email',
  claims: asLines(Object.fromEntries(Object.entries(standardClaims))),
  levels: asLines(eidasLevels),
  default_level: 'low',
}

type ProviderRoute = { Params: { provider: string } }

/** Where administrators add outside identity providers and switch them on and off. */
export function providerAdminRoutes(parts: FederationParts): RouteModule {
  const { platform } = parts
  return (app) => {
    app.get(PATH, staff, (request, reply) => show(parts, request, reply, NOTHING, {}))
    app.post(PATH, staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      allow(actor, 'identity.administer')
      const typed = typedIn(parts, request)
      const checked = check(parts, request, typed)
      if (!checked.provider) return show(parts, request, reply, typed, checked.errors, 422)
      const view = parts.pages.view(request)
      try {
        // its metadata is read before it is offered to anybody
        await configurationOf(checked.provider, parts.insecure)
        await addProvider(platform, actor, checked.provider)
      } catch (error) {
        if (!(error instanceof Problem) || ![409, 502].includes(error.status)) throw error
        const field = error.status === 409 ? 'id' : 'issuer'
        return show(parts, request, reply, typed, { [field]: view.t(`problem.${error.code}`) }, 422)
      }
      return seeOther(reply, `${PATH}?done=added`)
    })
    app.post<ProviderRoute>(`${PATH}/:provider`, staff, async (request, reply) => {
      const enabled = textOf(formOf(request), 'enabled') === 'yes'
      await switchProvider(platform, visitOf(platform, request).actor, request.params.provider, enabled)
      return seeOther(reply, `${PATH}?done=${enabled ? 'enabled' : 'disabled'}`)
    })
  }
}

function typedIn({ platform }: FederationParts, request: FastifyRequest): TypedProvider {
  const form = formOf(request)
  const line = (name: string): string => cleanText(textOf(form, name) ?? '')
  return {
    id: line('id'),
    names: Object.fromEntries(platform.city.languages.map(({ tag }) => [tag, line(`name-${tag}`)])),
    issuer: line('issuer'),
    client_id: line('client_id'),
    secret: (textOf(form, 'secret') ?? '').trim(),
    scopes: line('scopes').replaceAll(/\s+/g, ' '),
    claims: line('claims'),
    levels: line('levels'),
    default_level: line('default_level'),
  }
}

function check(
  parts: FederationParts,
  request: FastifyRequest,
  typed: TypedProvider,
): { provider: Provider | null; errors: ProviderErrors } {
  const { t } = parts.pages.view(request)
  const rules = providerRules(parts.insecure)
  const id = rules.id.safeParse(typed.id)
  const issuer = rules.issuer.safeParse(typed.issuer)
  const clientId = rules.client_id.safeParse(typed.client_id)
  const secret = rules.secret.safeParse(typed.secret)
  const scopes = rules.scopes.safeParse(typed.scopes)
  const claims = rules.claims.safeParse(typed.claims)
  const mapped = rules.levels.safeParse(typed.levels)
  const defaultLevel = rules.default_level.safeParse(typed.default_level)
  const parsed = { id, issuer, client_id: clientId, secret, scopes, claims, levels: mapped, default_level: defaultLevel }
  const errors: Record<string, string> = {}
  for (const [field, result] of Object.entries(parsed)) if (!result.success) errors[field] = t(`federation.error.${field}`)
  for (const [tag, name] of Object.entries(typed.names)) {
    if (!rules.name.safeParse(name).success) errors[`name-${tag}`] = t('federation.error.name')
  }
  const whole = id.success && issuer.success && clientId.success && secret.success && scopes.success && claims.success && mapped.success
  if (!whole || !defaultLevel.success || Object.keys(errors).length > 0) return { provider: null, errors }
  const provider: Provider = {
    id: id.data,
    names: typed.names,
    issuer: issuer.data,
    clientId: clientId.data,
    secret: secret.data === '' ? null : secret.data,
    scopes: scopes.data,
    claims: claims.data,
    levels: mapped.data,
    defaultLevel: defaultLevel.data,
    enabled: true,
  }
  return { provider, errors }
}

async function show(
  parts: FederationParts,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedProvider,
  errors: ProviderErrors,
  status = 200,
): Promise<FastifyReply> {
  const { platform, pages } = parts
  const providers = await listedProviders(platform, visitOf(platform, request).actor)
  const view = pages.view(request)
  const done = textOf(request.query, 'done') ?? ''
  const said = status === 200 && DONE.has(done) ? view.t(`federation.admin.done.${done}`) : null
  const callback = `${platform.publicOrigin}/sign-in/with/…/callback`
  const main = providersPage(view, providers, { path: PATH, typed, errors, said, callback, levels })
  return pages.send(
    request,
    reply,
    { title: view.t('federation.admin.title'), main, errors: Object.keys(errors).length, wide: true },
    status,
  )
}
