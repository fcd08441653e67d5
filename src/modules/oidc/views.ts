import {
  alert, button, buttonRow, dataTable, day, hiddenInputs, html, type Html, linkButton, type PageParts, plainWords, type View, words,
} from '../../ui/index.ts' // prettier-ignore
import type { AppClient } from './client.ts'
import type { Waiting } from './consent.ts'
import type { GivenAccess } from './grants.ts'

/** The question before an application learns of somebody: who asks, what it would know, and that it can be ended. */
export function consentPage(view: View, { app, asked, uid }: Waiting): PageParts {
  const { t } = view
  const title = t('oidc.consent.title', { app: plainWords(view, app.names) })
  const learns = ['number', 'level', ...asked.filter((scope) => scope !== 'openid')]
  const main = html`<h1>${title}</h1>
    <p class="st-lead">${t('oidc.consent.lead', { app: plainWords(view, app.names), agency: agencyText(view, app.agency) })}</p>
    <h2>${t('oidc.consent.learns')}</h2>
    <ul>
      ${learns.map((what) => html`<li>${t(`oidc.consent.learns.${what}`)}</li>`)}
    </ul>
    <p>${t('oidc.consent.nothing_else')}</p>
    <p>${t('oidc.consent.end')}</p>
    <form method="post" action="${`/oidc-consent/${uid}`}">
      ${buttonRow(
        button(t('oidc.consent.allow'), { name: 'answer', value: 'allow' }),
        button(t('oidc.consent.refuse'), { kind: 'secondary', name: 'answer', value: 'refuse' }),
      )}
    </form>`
  return { title, main }
}

/** The page after signing in for an application that is allowed already: it goes on by itself, or by its link. */
export function onwardPage(view: View, app: AppClient, path: string): PageParts {
  const { t } = view
  const title = t('oidc.onward.title')
  return {
    title,
    head: html`<meta http-equiv="refresh" content="0; url=${path}" />`,
    main: html`<h1>${title}</h1>
      <p>${linkButton(path, t('oidc.onward.go', { app: plainWords(view, app.names) }))}</p>`,
  }
}

/** The page for an application that wants a sign-in of this moment. */
export function againPage(view: View, app: AppClient): PageParts {
  const { t } = view
  const title = t('oidc.again.title')
  return {
    title,
    main: html`<h1>${title}</h1>
      <p>${t('oidc.again.text', { app: plainWords(view, app.names) })}</p>
      <form method="post" action="${view.path}">
        ${buttonRow(
          button(t('oidc.again.submit'), { name: 'answer', value: 'again' }),
          button(t('oidc.consent.refuse'), { kind: 'secondary', name: 'answer', value: 'refuse' }),
        )}
      </form>`,
  }
}

/** The question before signing out; of one application only, or of the city too. */
export function logoutPage(view: View, o: { app: AppClient | null; secret: string; action: string }): PageParts {
  const { t } = view
  const name = o.app ? plainWords(view, o.app.names) : ''
  const title = o.app ? t('oidc.logout.title', { app: name }) : t('oidc.logout.title_all')
  return {
    title,
    main: html`<h1>${title}</h1>
      <p>${o.app ? t('oidc.logout.text', { app: name }) : t('oidc.logout.text_all')}</p>
      <form method="post" action="${o.action}">
        ${hiddenInputs({ xsrf: o.secret })}
        ${buttonRow(
          button(t('oidc.logout.all'), { name: 'logout', value: 'yes' }),
          o.app
            ? button(t('oidc.logout.app', { app: name }), { kind: 'secondary' })
            : linkButton('/', t('oidc.logout.stay'), { kind: 'secondary' }),
        )}
      </form>`,
  }
}

/** The page after signing out, when the application named no page of its own. */
export function loggedOutPage(view: View, app: AppClient | null): PageParts {
  const { t } = view
  const title = t('oidc.logged_out.title')
  const text = app ? t('oidc.logged_out.app', { app: plainWords(view, app.names) }) : t('oidc.logged_out.text')
  return {
    title,
    main: html`<h1>${title}</h1>
      <p>${text}</p>
      <p><a class="ds-link" href="/">${t('problem.home')}</a></p>`,
  }
}

const FAULTS: Readonly<Record<string, string>> = { server_error: 'ours', temporarily_unavailable: 'ours', invalid_request_uri: 'over' }

/** What went wrong with an application's request, for the person who came with it. */
export function errorPage(view: View, code: string): PageParts {
  const { t } = view
  const title = t('oidc.error.title')
  const known = code === 'invalid_request' ? 'over' : (FAULTS[code] ?? 'app')
  return {
    title,
    main: html`<h1>${title}</h1>
      ${alert(
        'warning',
        null,
        html`<p>${t(`oidc.error.${known}`)}</p>
          <p>${t('oidc.error.code')} <bdi dir="ltr">${code}</bdi></p>`,
      )}
      <p><a class="ds-link" href="/">${t('problem.home')}</a></p>`,
  }
}

/** The applications to which the reader has given access, each with the way to end it. */
export function accessPage(view: View, apps: readonly GivenAccess[], ended: boolean): PageParts {
  const { t } = view
  const title = t('oidc.access.title')
  const rows = apps.map((app) => [
    words(view, app.names),
    html`<bdi>${agencyText(view, app.agency)}</bdi>`,
    html`<ul class="st-plain">
      ${['number', 'level', ...app.scopes.filter((scope) => scope !== 'openid')].map((what) => html`<li>${t(`oidc.consent.learns.${what}`)}</li>`)}
    </ul>`,
    html`${day(view, view.city.dayOf(app.since))} – ${day(view, view.city.dayOf(app.until))}`,
    html`<form method="post" action="/account/apps/end">
      ${hiddenInputs({ app: app.clientId })}
      ${button(t('oidc.access.end'), { kind: 'secondary', about: words(view, app.names) })}
    </form>`,
  ])
  const head = ['app', 'agency', 'learns', 'time', 'act'].map((column) => t(`oidc.access.${column}`))
  const main = html`${ended ? alert('success', null, html`<p>${t('oidc.access.ended')}</p>`) : null}
    <h1>${title}</h1>
    <p class="st-lead">${t('oidc.access.lead')}</p>
    ${rows.length === 0 ? html`<p>${t('oidc.access.none')}</p>` : dataTable({ caption: title, captionHidden: true, head, rows })}`
  return { title, main, wide: true, back: { href: '/account', label: t('ui.account') } }
}

/** The name of an agency for this reader; its id when the city has none of that id. */
export function agencyText(view: View, id: string): string {
  const agency = view.city.agencies.find((each) => each.id === id)
  return agency ? plainWords(view, agency.name) : id
}

/** A part of a page in a section of its own. */
export function section(id: string, title: string, body: Html): Html {
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${body}
  </section>`
}
