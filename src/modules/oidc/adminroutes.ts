import type { FastifyReply, FastifyRequest } from 'fastify'
import { cleanText } from '../../kernel/text.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { allow } from '../access/index.ts'
import { visitOf } from '../identity/index.ts'
import { adminPage, secretPage } from './adminviews.ts'
import { disableClient, findClient, listClients, registerClient, renewSecret } from './apps.ts'
import { type ClientField, isLoopback, readClient, type TypedClient } from './client.ts'
import { notFound } from '../../kernel/problem.ts'
import type { OidcParts } from './parts.ts'

const staff = { config: { access: 'staff' } } as const
const PATH = '/admin/apps'
const DONE = new Set(['registered', 'disabled'])

type AppRoute = { Params: { id: string } }

const NOTHING: TypedClient = {
  names: {},
  agency: '',
  redirectUris: '',
  postLogoutRedirectUris: '',
  backchannelLogoutUri: '',
  authMethod: 'client_secret_basic',
  jwks: '',
  scopes: [],
  parRequired: false,
}

/** Where administrators register the applications of agencies. */
export function appAdminRoutes(parts: OidcParts): RouteModule {
  const { platform } = parts
  return (app) => {
    app.get(PATH, staff, (request, reply) => show(parts, request, reply, NOTHING, []))
    app.post(PATH, staff, async (request, reply) => {
      const { actor } = visitOf(platform, request)
      allow(actor, 'oidc.administer')
      const typed = typedIn(parts, request)
      const read = readClient(typed, {
        agencies: platform.city.agencies.map(({ id }) => id),
        languages: platform.city.languages.map(({ tag }) => tag),
        loopback: isLoopback(platform.publicOrigin),
      })
      if ('wrong' in read) return show(parts, request, reply, typed, read.wrong)
      const { id, secret } = await registerClient(platform, actor, read.client)
      return secret === null ? seeOther(reply, `${PATH}?done=registered`) : tellSecret(parts, request, reply, id, secret)
    })
    app.post<AppRoute>(`${PATH}/:id/secret`, staff, async (request, reply) => {
      const secret = await renewSecret(platform, visitOf(platform, request).actor, request.params.id)
      return tellSecret(parts, request, reply, request.params.id, secret)
    })
    app.post<AppRoute>(`${PATH}/:id/disable`, staff, async (request, reply) => {
      await disableClient(platform, visitOf(platform, request).actor, request.params.id)
      return seeOther(reply, `${PATH}?done=disabled`)
    })
  }
}

/** Shows a secret as the answer itself, not after a 303: it is kept nowhere from which another page could show it. */
async function tellSecret(
  { platform, pages }: OidcParts,
  request: FastifyRequest,
  reply: FastifyReply,
  id: string,
  secret: string,
): Promise<FastifyReply> {
  const app = await findClient(platform, id)
  if (!app) throw notFound('application')
  return pages.send(request, reply, secretPage(pages.view(request), app, secret, PATH))
}

async function show(
  { platform, pages }: OidcParts,
  request: FastifyRequest,
  reply: FastifyReply,
  typed: TypedClient,
  wrong: readonly ClientField[],
): Promise<FastifyReply> {
  const apps = await listClients(platform, visitOf(platform, request).actor)
  const view = pages.view(request)
  const done = textOf(request.query, 'done') ?? ''
  const said = DONE.has(done) ? view.t(`oidc.admin.done.${done}`) : null
  return pages.send(request, reply, adminPage(view, apps, { path: PATH, typed, wrong, said }), wrong.length > 0 ? 422 : 200)
}

function typedIn({ platform }: OidcParts, request: FastifyRequest): TypedClient {
  const form = formOf(request)
  const text = (name: string): string => (textOf(form, name) ?? '').slice(0, 10_000).trim()
  return {
    names: Object.fromEntries(platform.city.languages.map(({ tag }) => [tag, cleanText(text(`name_${tag}`))])),
    agency: text('agency'),
    redirectUris: text('redirect_uris'),
    postLogoutRedirectUris: text('post_logout_redirect_uris'),
    backchannelLogoutUri: text('backchannel_logout_uri'),
    authMethod: text('auth_method'),
    jwks: text('jwks'),
    scopes: [form['scopes'] ?? []].flat(),
    parRequired: text('par') === 'yes',
  }
}
