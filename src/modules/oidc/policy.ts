import type { interactionPolicy, KoaContextWithOIDC } from 'oidc-provider'
import type { Visit } from '../identity/index.ts'
import { acrOf, levelAsked, satisfies } from './claims.ts'

/** The library, which is loaded with the first request for it. */
export type Library = typeof import('oidc-provider')

/** The reason for a sign-in that must be made anew, whoever is signed in. */
export const FRESH_REASONS: readonly string[] = ['login_prompt', 'max_age']

/**
 * When somebody is asked before an application learns of them. What the library knows as signed in is never more than
 * Stoa's own session: without it, with another account or at another level there is a sign-in first.
 */
export function policyOf(
  { interactionPolicy: { base, Check } }: Library,
  visitOf: (ctx: KoaContextWithOIDC) => Visit,
): interactionPolicy.DefaultPolicy {
  const policy = base()
  const login = policy.get('login')
  login?.checks.add(
    new Check('session', 'the person is not signed in, or in another way than before', 'login_required', (ctx) => {
      const { session } = visitOf(ctx)
      const known = ctx.oidc.session
      if (!known?.accountId) return Check.NO_NEED_TO_PROMPT // another check asks for that
      const same = session !== null && session.actor.acting === null && session.actor.accountId === known.accountId
      return same && known.acr === acrOf(session.level) ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT
    }),
  )
  login?.checks.add(
    new Check(
      'acr_values',
      'the person must sign in more surely',
      'login_required',
      (ctx) => {
        const asked = levelAsked(ctx.oidc.params?.['acr_values'])
        const { session } = visitOf(ctx)
        return asked !== null && !(session && satisfies(session.level, asked)) ? Check.REQUEST_PROMPT : Check.NO_NEED_TO_PROMPT
      },
      (ctx) => ({ level: levelAsked(ctx.oidc.params?.['acr_values']) }),
    ),
  )
  return policy
}
