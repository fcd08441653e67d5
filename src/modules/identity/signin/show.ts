import type { FastifyReply, FastifyRequest } from 'fastify'
import { seeOther } from '../../../platform/http/routes.ts'
import { html, type Html, linkButton, type View } from '../../../ui/index.ts'
import type { Level } from '../../access/index.ts'
import { hasSecondStep, type Means, meansOf } from '../factors/factors.ts'
import { passkeysPossible } from '../factors/passkeys.ts'
import type { Session } from '../sessions.ts'
import type { FormErrors } from '../views.ts'
import { visitOf } from '../visit.ts'
import type { IdentityParts } from './forms.ts'
import { withNext } from './next.ts'
import { demoHint, passkeyScript, signInPage, stepPage } from './views.ts'

/** Shows the sign-in page. */
export async function showSignIn(
  { platform, pages, providers }: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  o: { typed: string; next: string; errors: FormErrors },
  status = 200,
): Promise<FastifyReply> {
  const view = pages.view(request)
  const passkeys = passkeysPossible(platform)
  const main = signInPage(view, { ...o, passkeys, providers: (await providers?.(view, o.next, null)) ?? null })
  const head = passkeys ? passkeyScript(view) : undefined
  return pages.send(request, reply, { title: view.t('identity.sign_in.title'), main, head, errors: Object.keys(o.errors).length }, status)
}

/** Shows the second step after a right password. */
export async function showStep(
  { platform, pages }: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  o: { accountId: string; next: string; errors: FormErrors },
  status = 200,
): Promise<FastifyReply> {
  const view = pages.view(request)
  const passkeys = passkeysPossible(platform)
  const title = view.t('identity.step.title')
  const main = stepPage(view, {
    title,
    lead: view.t('identity.step.lead'),
    means: await meansOf(platform, o.accountId),
    errors: o.errors,
    next: o.next,
    level: null,
    passkeys,
    codeAction: '/sign-in/second-step',
    passkeyAction: '/sign-in/passkey',
    passkeyOptions: '/sign-in/passkey/options',
    withPassword: false,
    more: demoHint(view),
  })
  return pages.send(request, reply, { title, main, head: passkeyScript(view), errors: Object.keys(o.errors).length }, status)
}

/** Shows what brings this session to a level, or how to get it. */
export async function showStepUp(
  { platform, pages, providers }: IdentityParts,
  request: FastifyRequest,
  reply: FastifyReply,
  o: { next: string; level: Level; errors: FormErrors },
  status = 200,
): Promise<FastifyReply> {
  const visit = visitOf(platform, request)
  const view = pages.view(request)
  const means = await meansOf(platform, visit.actor.accountId ?? '')
  const here = withNext('/sign-in', o.next, o.level)
  if (o.level !== 'high' && !hasSecondStep(means)) return seeOther(reply, withNext('/account/security', o.next))
  const title = view.t('identity.step_up.title')
  const passkeysReach = o.level !== 'high' || means.proofed
  const main = stepPage(view, {
    title,
    lead: view.t(`identity.step_up.lead.${o.level === 'high' ? 'high' : 'substantial'}`),
    means: passkeysReach ? means : { ...means, passkeys: 0 },
    errors: o.errors,
    next: o.next,
    level: o.level,
    passkeys: passkeysPossible(platform),
    codeAction: o.level === 'high' || !codesReach(visit.session, means) ? null : '/sign-in/step-up',
    passkeyAction: '/sign-in/step-up/passkey',
    passkeyOptions: '/sign-in/step-up/options',
    withPassword: visit.session?.methods.includes('password') === false,
    more: html`${demoHint(view)} ${o.level === 'high' ? howToReachHigh(view, means, here) : null} ${(await providers?.(view, o.next, o.level)) ?? null}`,
  })
  return pages.send(request, reply, { title, main, head: passkeyScript(view), errors: Object.keys(o.errors).length }, status)
}

/** A code is the second of two things: the password has to be the first. */
function codesReach(session: Session | null, means: Means): boolean {
  return means.password || session?.methods.includes('password') === true
}

function howToReachHigh(view: View, means: Means, here: string): Html {
  const { t } = view
  return html`<h2>${t('identity.high.title')}</h2>
    <ol>
      <li>${t(means.proofed ? 'identity.high.proofed' : 'identity.high.counter')}</li>
      <li>${t(means.passkeys > 0 ? 'identity.high.has_passkey' : 'identity.high.passkey')}</li>
    </ol>
    ${means.passkeys > 0 ? null : html`<p>${linkButton(withNext('/account/security', here), t('identity.high.add'), { kind: 'secondary' })}</p>`}`
}
