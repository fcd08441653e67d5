import type { KoaContextWithOIDC } from 'oidc-provider'
import { cookie, formActionTo } from '../../platform/http/security.ts'
import { layout, type PageParts, type View } from '../../ui/index.ts'
import { sessionCookie, signOut, visitOf } from '../identity/index.ts'
import { findClient } from './apps.ts'
import type { Drawing } from './configuration.ts'
import type { Place } from './parts.ts'
import { errorPage, loggedOutPage, logoutPage } from './views.ts'

/** The provider's pages: faults, signing out and having signed out. */
export function drawingOf(place: Place): Drawing {
  const draw = (ctx: KoaContextWithOIDC, page: (view: View) => PageParts, repeated = true): void => {
    const request = place.requestOf(ctx)
    const asked = place.pages.view(request)
    // what was refused is not repeated, not even in the links to other languages
    const own = { path: `/oidc${ctx.path}`, query: repeated ? asked.query : '' }
    const view: View = { ...asked, ...own, page: own }
    ctx.type = 'html'
    ctx.body = String(layout(view, page(view)))
  }
  return {
    async error(ctx, out) {
      draw(ctx, (view) => errorPage(view, out.error), false)
    },
    async logout(ctx, form) {
      const secret = /name="xsrf" value="([^"]+)"/.exec(form)?.[1] ?? ''
      const { client, params } = ctx.oidc
      const app = client ? await findClient(place.platform, client.clientId) : null
      const back = params?.['post_logout_redirect_uri']
      // the library has looked it up among the application's own
      if (typeof back === 'string') ctx.set('content-security-policy', formActionTo(back))
      draw(ctx, (view) => logoutPage(view, { app, secret, action: '/oidc/session/end/confirm' }))
    },
    async loggedOut(ctx) {
      const app = ctx.oidc.client ? await findClient(place.platform, ctx.oidc.client.clientId) : null
      draw(ctx, (view) => loggedOutPage(view, app))
    },
  }
}

/**
 * What follows the library's answer. Somebody who is not signed in here has nothing to confirm and goes straight back
 * to the registered address; somebody who signs out everywhere is signed out of Stoa too.
 */
export async function afterLogout(ctx: KoaContextWithOIDC, place: Place): Promise<void> {
  const { platform } = place
  const { oidc } = ctx as { oidc?: KoaContextWithOIDC['oidc'] } // unknown paths have none
  if (oidc?.route === 'end_session' && ctx.status === 200 && oidc.session && !oidc.session.accountId) {
    const back = oidc.params?.['post_logout_redirect_uri']
    const state = oidc.params?.['state']
    const to = new URL(typeof back === 'string' ? back : `${platform.publicOrigin}/oidc/session/end/success`)
    if (typeof back === 'string' && typeof state === 'string') to.searchParams.set('state', state)
    ctx.status = 303
    ctx.redirect(to.href)
    ctx.body = ''
  }
  if (oidc?.route === 'end_session_confirm' && ctx.status === 303 && oidc.params?.['logout']) {
    const { token, actor } = visitOf(platform, place.requestOf(ctx))
    if (token) await signOut(platform, token, actor)
    const https = platform.publicOrigin.startsWith('https:')
    ctx.append('set-cookie', cookie(sessionCookie(platform), '', { https, maxAge: 0 }))
  }
  if (oidc === undefined && ctx.status === 404) {
    ctx.status = 404
    ctx.body = { error: 'not_found', error_description: 'there is no such endpoint' }
  }
}
