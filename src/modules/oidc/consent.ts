import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../kernel/problem.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import type { Level } from '../access/index.ts'
import { type Session, sessionsOf } from '../identity/index.ts'
import { blindedPerson } from '../people/index.ts'
import { findClient } from './apps.ts'
import { acrOf, amrOf, levelAsked, satisfies } from './claims.ts'
import { type AppClient, type Scope, scopes } from './client.ts'
import { grantOf, ownAccount } from './grants.ts'
import { FRESH_REASONS } from './policy.ts'
import type { Providers } from './parts.ts'

/** A request of an application that waits for a person. */
export type Waiting = {
  readonly uid: string
  readonly app: AppClient
  readonly asked: readonly Scope[]
  readonly redirectUri: string
  readonly prompt: 'login' | 'consent'
  /** The level that the application needs; null when any will do. */
  readonly level: Level | null
  /** Whether a sign-in from before does not count. */
  readonly fresh: boolean
  /** The account that was signed in at the provider when the request came; null when none was. */
  readonly accountId: string | null
  readonly since: Date
  readonly missing: readonly string[]
}

/** The request that this browser is asked about. Throws 404 when it is over or another browser's. */
export async function waitingOf(
  platform: Platform,
  providers: Providers,
  request: FastifyRequest,
  reply: FastifyReply,
  uid: string,
): Promise<Waiting> {
  const { provider } = await providers.current()
  const details = await provider.interactionDetails(request.raw, reply.raw).catch(() => null)
  const app = details ? await findClient(platform, String(details.params['client_id'])) : null
  if (details?.uid !== uid || !app || app.disabledAt !== null) throw gone()
  const { scope } = details.params
  const asked = typeof scope === 'string' ? scope.split(' ') : []
  const { missingOIDCScope: missing } = details.prompt.details
  return {
    uid,
    app,
    asked: scopes.filter((scope) => asked.includes(scope) && app.scopes.includes(scope)),
    redirectUri: String(details.params['redirect_uri']),
    prompt: details.prompt.name === 'login' ? 'login' : 'consent',
    level: levelAsked(details.params['acr_values']),
    fresh: details.prompt.reasons.some((reason) => FRESH_REASONS.includes(reason)),
    accountId: details.session?.accountId ?? null,
    since: new Date(details.iat * 1000),
    missing: Array.isArray(missing) ? missing.map(String) : [],
  }
}

/** What a person has to do before the application's request goes on. */
export type Step = 'sign_in' | 'sign_in_again' | 'start_again' | 'consent' | 'go_on'

/** What comes next for a request: pure. `began` is when the session began. */
export function nextStep(waiting: Waiting, session: Session | null, began: Date | null): Step {
  if (session === null || !satisfies(session.level, waiting.level)) return 'sign_in'
  // somebody else has signed in since: what the application asked for was meant for the first one
  if (waiting.accountId !== null && waiting.accountId !== session.actor.accountId) return 'start_again'
  if (waiting.prompt === 'consent') return 'consent'
  return waiting.fresh && (began === null || began < waiting.since) ? 'sign_in_again' : 'go_on'
}

/** When a session began; null without one. */
export async function beganAt(platform: Platform, session: Session | null): Promise<Date | null> {
  if (session === null) return null
  const all = await sessionsOf(platform, session.actor, session.id)
  return all.find((each) => each.current)?.began ?? null
}

/** Tells the library who is signed in; returns the path where the request goes on. */
export async function goOn(
  providers: Providers,
  request: FastifyRequest,
  reply: FastifyReply,
  session: Session,
  began: Date | null,
): Promise<string> {
  const accountId = ownAccount(session.actor)
  return finish(providers, request, reply, {
    login: {
      accountId,
      acr: acrOf(session.level),
      amr: amrOf(session.methods),
      remember: false,
      ...(began ? { ts: Math.floor(began.getTime() / 1000) } : {}),
    },
  })
}

/** The person allows what was asked; remembered until they end it. Returns the path where the request goes on. */
export async function consent(
  platform: Platform,
  providers: Providers,
  request: FastifyRequest,
  reply: FastifyReply,
  waiting: Waiting,
  session: Session,
): Promise<string> {
  const accountId = ownAccount(session.actor)
  const { provider } = await providers.current()
  const grantId = await transact(platform, (tx) =>
    providers.within(tx, async () => {
      const known = await grantOf(tx, accountId, waiting.app.id)
      const grant = (known ? await provider.Grant.find(known) : undefined) ?? new provider.Grant({ accountId, clientId: waiting.app.id })
      grant.addOIDCScope([...new Set([...waiting.asked, ...waiting.missing])].join(' '))
      const id = await grant.save()
      await record(tx, session.actor, {
        type: 'oidc.grant.given',
        stream: waiting.app.id,
        counted: false,
        subject: blindedPerson(tx, session.ownPersonId),
        data: { client: waiting.app.id, agency: waiting.app.agency, scopes: [...waiting.asked] },
      })
      return id
    }),
  )
  return finish(providers, request, reply, { consent: { grantId } })
}

/** The person does not allow it; the application hears so (RFC 6749, 4.1.2.1). Returns the path where the request goes on. */
export function refuse(providers: Providers, request: FastifyRequest, reply: FastifyReply): Promise<string> {
  return finish(providers, request, reply, { error: 'access_denied', error_description: 'the person did not allow it' })
}

/** Lets a request wait for whoever signs in next: the session in which it came is ended. */
export async function waitForNext(providers: Providers, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const { provider } = await providers.current()
  const details = await provider.interactionDetails(request.raw, reply.raw)
  details.session = undefined
  await details.persist()
}

type Result = Parameters<Awaited<ReturnType<Providers['current']>>['provider']['interactionResult']>[2]

async function finish(providers: Providers, request: FastifyRequest, reply: FastifyReply, result: Result): Promise<string> {
  const { provider } = await providers.current()
  const returnTo = await provider.interactionResult(request.raw, reply.raw, result).catch(() => {
    throw gone()
  })
  return new URL(returnTo).pathname
}

function gone(): Problem {
  return new Problem(
    'oidc.gone',
    404,
    'This sign-in took too long or was begun in another browser. Go back to the application and start again.',
  )
}
