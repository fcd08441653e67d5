import type { RouteModule } from '../platform/http/routes.ts'
import type { Platform } from '../platform/platform.ts'
import { html, type Html, linkList, type Pages, type View } from '../ui/index.ts'
import { isStaff } from '../modules/access/index.ts'
import { visitOf } from '../modules/identity/index.ts'
import { workOf } from './navigation.ts'

const SIGN_IN = [
  ['/account/security', 'security'],
  ['/account/providers', 'providers'],
  ['/account/apps', 'apps'],
] as const

const DATA = [
  ['/my/data', 'data'],
  ['/my/access', 'access'],
  ['/my/consents', 'consents'],
  ['/my/privacy-choices', 'choices'],
] as const

const OTHERS = [
  ['/my/mandates', 'mandates'],
  ['/my/help', 'help'],
] as const

/** The one page from which people come to everything that belongs to their account. */
export function accountRoute(platform: Platform, pages: Pages): RouteModule {
  return (app) => {
    app.get('/account', { config: { access: 'signed-in' } }, (request, reply) => {
      const view = pages.view(request)
      const visit = visitOf(platform, request)
      const { t } = view
      // while acting for another, what belongs to a person is the other one's, and closed
      const own = visit.actor.acting === null
      const work = workOf(visit, t)
      const main = html`<h1>${t('ui.account')}</h1>
        ${isStaff(visit.actor) ? group('work', t('ui.account.work'), linkList(work.map(({ href, label }) => ({ href, title: label })))) : group('applications', t('ui.account.applications'), ways(view, [['/my', 'my']]))}
        ${group('sign-in', t('ui.account.sign_in'), ways(view, SIGN_IN))}
        ${own ? group('data', t('ui.account.your_data'), ways(view, DATA)) : null}
        ${own ? group('others', t('ui.account.others'), ways(view, OTHERS)) : null}`
      return pages.send(request, reply, { title: t('ui.account'), main })
    })
  }
}

function ways(view: View, places: ReadonlyArray<readonly [string, string]>): Html {
  return linkList(places.map(([href, key]) => ({ href, title: view.t(`ui.account.${key}`), text: view.t(`ui.account.${key}.text`) })))
}

function group(id: string, title: string, links: Html): Html {
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${links}
  </section>`
}
