import type { RouteModule } from '../platform/http/routes.ts'
import type { Platform } from '../platform/platform.ts'
import { html, type Html, linkList, type Pages, type View } from '../ui/index.ts'
import { isStaff } from '../modules/access/index.ts'
import { visitOf } from '../modules/identity/index.ts'
import { workOf } from './navigation.ts'

/** Each page with the key of its own title, and of the sentence on what is there. */
const PAGES = {
  sign_in: [
    ['/account/security', 'identity.security.title', 'ui.account.security'],
    ['/account/providers', 'federation.links.title', 'ui.account.providers'],
    ['/account/apps', 'oidc.access.title', 'ui.account.apps'],
  ],
  data: [
    ['/my/data', 'privacy.data.title', 'ui.account.data'],
    ['/my/access', 'privacy.access.title', 'ui.account.access'],
    ['/my/consents', 'privacy.consents.title', 'ui.account.consents'],
    ['/my/privacy-choices', 'privacy.choices.title', 'ui.account.choices'],
  ],
  others: [
    ['/my/mandates', 'representation.title', 'ui.account.mandates'],
    ['/my/help', 'representation.help.title', 'ui.account.help'],
  ],
} as const

/** The one page from which people come to everything that belongs to their account; `treasury` is the agency that keeps the books, if any. */
export function accountRoute(platform: Platform, pages: Pages, treasury: string | null): RouteModule {
  return (app) => {
    app.get('/account', { config: { access: 'signed-in' } }, (request, reply) => {
      const view = pages.view(request)
      const visit = visitOf(platform, request)
      const { t } = view
      // while acting for another, what belongs to a person is the other one's, and closed
      const own = visit.actor.acting === null
      const work = workOf(visit, t, treasury)
      const main = html`<h1>${t('ui.account')}</h1>
        ${isStaff(visit.actor) ? group(t('ui.account.work'), 'work', linkList(work.map(({ href, label }) => ({ href, title: label })))) : null}
        ${isStaff(visit.actor) ? null : ways(view, 'applications', [['/my', 'cases.my.title', 'ui.account.my']])}
        ${ways(view, 'sign_in', PAGES.sign_in)} ${own ? ways(view, 'data', PAGES.data) : null} ${own ? ways(view, 'others', PAGES.others) : null}`
      return pages.send(request, reply, { title: t('ui.account'), main })
    })
  }
}

type Group = 'applications' | keyof typeof PAGES

function ways({ t }: View, name: Group, places: ReadonlyArray<readonly [string, string, string]>): Html {
  return group(
    t(`ui.account.group.${name}`),
    name,
    linkList(places.map(([href, title, text]) => ({ href, title: t(title), text: t(text) }))),
  )
}

function group(title: string, id: string, links: Html): Html {
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${links}
  </section>`
}
