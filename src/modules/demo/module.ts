import type { Module } from '../../platform/module.ts'
import type { Platform } from '../../platform/platform.ts'
import { dataTable, html, instant, type Pages } from '../../ui/index.ts'
import { demoAccounts, DEMO_PASSWORD } from './accounts.ts'
import { newestMail } from './store.ts'

/** Helpers of the demo: its mailbox and its accounts. There only in the demo. */
export const demo = (platform: Platform, pages: Pages): Module => ({
  name: 'demo',
  uses: ['access', 'identity', 'catalogue', 'cases', 'journeys', 'servicefile', 'people', 'places'],
  migrations: true,
  locales: true,
  routes: (app) => {
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
      return pages.send(request, reply, { title: view.t('demo.mailbox.title'), main })
    })
    app.get('/demo', { config: { access: 'public' } }, (request, reply) => {
      const view = pages.view(request)
      const rows = demoAccounts.map((account) => [
        html`<bdi>${account.email}</bdi>`,
        html`<bdi>${account.name}</bdi>`,
        account.roles.map((binding) => binding.role + (binding.agency ? ` (${binding.agency})` : '')).join(', ') || 'resident',
      ])
      const main = html`<h1>${view.t('demo.title')}</h1>
        <p class="st-lead">${view.t('demo.password')} <strong><bdi>${DEMO_PASSWORD}</bdi></strong></p>
        ${dataTable({ caption: view.t('demo.accounts'), head: [view.t('demo.email'), view.t('demo.name'), view.t('demo.roles')], rows })}
        <p><a class="ds-link" href="/demo/mailbox">${view.t('demo.mailbox.title')}</a></p>`
      return pages.send(request, reply, { title: view.t('demo.title'), main })
    })
  },
})
