import { AsyncLocalStorage } from 'node:async_hooks'
import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { FastifyRequest } from 'fastify'
import type { KoaContextWithOIDC, Provider } from 'oidc-provider'
import { present } from '../../kernel/invariant.ts'
import { securityHeaders } from '../../platform/http/security.ts'
import type { Platform } from '../../platform/platform.ts'
import { goodSessions, visitOf } from '../identity/index.ts'
import { clientMetadata } from './apps.ts'
import { configurationOf } from './configuration.ts'
import { keySet } from './keys.ts'
import { afterLogout, drawingOf } from './logout.ts'
import type { OidcParts, Place, Providers, Running } from './parts.ts'
import type { Library } from './policy.ts'

/** How often a process looks whether another one has changed the keys, in milliseconds. */
const LOOK_MS = 5_000

/** What the library calls the refusals that whoever watches over the deployment should see (OWASP ASVS 5.0, 16.3.1). */
const REFUSALS = [
  'grant.error', 'userinfo.error', 'introspection.error', 'revocation.error', 'pushed_authorization_request.error', 'end_session.error',
] as const // prettier-ignore

/** Keeps one provider for a process. */
export function createProviders(parts: OidcParts): Providers {
  const { platform, pages } = parts
  const callers = new WeakMap<IncomingMessage, FastifyRequest>()
  const transactions = new AsyncLocalStorage<Platform>()
  const requestOf = (ctx: KoaContextWithOIDC): FastifyRequest => present(callers.get(ctx.req), 'the request of a provider context')
  let running: (Running & { version: string; lookedAt: number }) | null = null
  let coming: Promise<Running> | null = null

  const renew = async (): Promise<Running> => {
    const { keys, version } = await keySet(platform)
    const lookedAt = platform.now().getTime()
    if (running?.version === version) {
      running = { ...running, lookedAt }
      return running
    }
    const library: Library = await import('oidc-provider')
    const configuration = configurationOf({
      platform,
      library,
      keys,
      languages: platform.city.languages.map(({ tag }) => tag),
      visitOf: (ctx) => visitOf(platform, requestOf(ctx)),
      drawing: drawingOf({ platform, pages, requestOf }),
      adapter: {
        platform: () => transactions.getStore() ?? platform,
        holder: () => holderOf(library, callers),
        isGood: async (holder) => (await goodSessions(platform, [holder])).has(holder),
        client: (id) => clientMetadata(platform, id),
        used: (model) =>
          model === 'PushedAuthorizationRequest'
            ? new library.errors.InvalidRequestUri('request_uri was already used')
            : new library.errors.InvalidGrant(`${model} was already used`),
      },
    })
    const provider = new library.Provider(`${platform.publicOrigin}/oidc`, configuration)
    running = { provider, answer: answering(provider, { platform, pages, requestOf }), version, lookedAt }
    return running
  }
  return {
    async current() {
      if (running && platform.now().getTime() - running.lookedAt < LOOK_MS) return running
      coming ??= renew().finally(() => {
        coming = null
      })
      return coming
    },
    introduce: (request) => void callers.set(request.raw, request),
    within: (tx, work) => transactions.run(tx, work),
  }
}

/** The session of an account under which the library works just now. */
function holderOf({ Provider }: Library, callers: WeakMap<IncomingMessage, FastifyRequest>): string | null {
  const request = Provider.ctx ? callers.get(Provider.ctx.req) : undefined
  return request?.visit?.session?.id ?? null
}

/**
 * The library's own answer, with this house's headers, its log, and what follows a logout. Addresses are made from
 * what `settle` put into the request's headers, so the library trusts those.
 */
function answering(provider: Provider, place: Place): Running['answer'] {
  const { platform } = place
  const headers = securityHeaders(platform.publicOrigin.startsWith('https:'))
  provider.proxy = true
  provider.use(async (ctx, next) => {
    ctx.set(headers)
    await next()
    await afterLogout(ctx as KoaContextWithOIDC, place)
  })
  const told: EventEmitter = provider
  // without a listener faults of its server would be written to the console
  told.on('error', () => undefined)
  told.on('server_error', (_ctx: unknown, error: Error) => {
    const stack = error.stack?.split('\n').slice(1, 12).join('\n')
    platform.log.error({ part: 'oidc', err: { name: error.name, stack } }, 'the OpenID provider failed')
  })
  for (const what of REFUSALS) {
    told.on(what, (ctx: KoaContextWithOIDC, error: Error) => {
      const code = 'error' in error ? String(error.error) : error.name
      platform.log.warn({ part: 'oidc', what, code, client: ctx.oidc.client?.clientId }, 'refused')
    })
  }
  told.on('backchannel.error', (_ctx: unknown, _error: Error, client: { clientId: string }) => {
    platform.log.warn({ part: 'oidc', client: client.clientId }, 'an application did not take in a sign-out')
  })
  const callback = provider.callback()
  return async (req, res) => {
    await callback(req, res)
  }
}
