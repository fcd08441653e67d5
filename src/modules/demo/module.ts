import type { Module } from '../../platform/module.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Content, dataTable, html, instant, linkList, type Pages, type View, words } from '../../ui/index.ts'
import { agencyAppRoutes, APP_PATH } from './agencyapp.ts'
import { type DemoAccount, demoAccounts, DEMO_PASSWORD } from './accounts.ts'
import { nationalIdRoutes } from './nationalid.ts'
import { authenticatorPage } from './authenticator.ts'
import { newestMail } from './store.ts'

/** Helpers of the demo: its mailbox and its accounts. There only in the demo. */
export const demo = (platform: Platform, pages: Pages): Module => ({
  name: 'demo',
  uses: [
    'access',
    'identity',
    'federation',
    'oidc',
    'catalogue',
    'cases',
    'journeys',
    'servicefile',
    'people',
    'places',
    'reports',
    'payments',
  ],
  migrations: true,
  locales: true,
  routes: (app) => {
    nationalIdRoutes(platform, pages)(app)
    agencyAppRoutes(platform, pages)(app)
    app.get('/demo/mailbox', { config: { access: 'public' } }, async (request, reply) => {
      const view = pages.view(request)
      const mails = await newestMail(platform.db, 50)
      const main = html`<h1>${view.t('demo.mailbox.title')}</h1>
        <p class="st-lead">${view.t('demo.mailbox.lead')}</p>
        ${mails.length === 0 ? html`<p>${view.t('demo.mailbox.empty')}</p>` : null}
        ${mails.map(
          (mail) => html`<article class="st-mail st-flow">
            <h2><bdi>${mail.subject}</bdi></h2>
            <p class="st-meta"><bdi>${mail.recipient}</bdi> · ${instant(view, mail.caught_at)}</p>
            <div class="st-typed" dir="auto">${mail.body}</div>
          </article>`,
        )}`
      return pages.send(request, reply, { title: view.t('demo.mailbox.title'), main, back: { href: '/demo' } })
    })
    app.get('/demo/authenticator', { config: { access: 'public' } }, (request, reply) => authenticatorPage(platform, pages, request, reply))
    app.get('/demo', { config: { access: 'public' } }, (request, reply) => {
      const view = pages.view(request)
      const rows = demoAccounts.map((account) => [
        html`<bdi>${account.email}</bdi>`,
        html`<bdi>${account.name}</bdi>`,
        account.roles.length === 0 ? view.t('demo.resident') : account.roles.map((binding) => roleText(view, binding)),
      ])
      const main = html`<h1>${view.t('demo.title')}</h1>
        <p class="st-lead">${view.t('demo.password')} <strong><bdi>${DEMO_PASSWORD}</bdi></strong></p>
        ${dataTable({ caption: view.t('demo.accounts'), head: [view.t('demo.email'), view.t('demo.name'), view.t('demo.roles')], rows })}
        <h2>${view.t('demo.places')}</h2>
        ${linkList([
          { href: '/demo/authenticator', title: view.t('demo.authenticator.title'), text: view.t('demo.authenticator.lead') },
          { href: '/demo/mailbox', title: view.t('demo.mailbox.title'), text: view.t('demo.mailbox.lead') },
          { href: APP_PATH, title: view.t('demo.app.title'), text: view.t('demo.app.what') },
          { href: '/sign-in/with/national-id', title: view.t('demo.national_id.title'), text: view.t('demo.national_id.what') },
        ])}`
      return pages.send(request, reply, { title: view.t('demo.title'), main, wide: true })
    })
  },
})

function roleText(view: View, { role, agency }: DemoAccount['roles'][number]): Content {
  const place = [...view.city.agencies, ...view.city.organisations].find(({ id }) => id === agency)
  return html`${view.t(`identity.role.${role}`)}${place ? html` · ${words(view, place.name)}` : null}`
}
