import {
  alert, button, buttonRow, checkboxes, dataTable, day, errorSummary, html, type Html, linkButton, type PageParts, plainWords, radios, selectField,
  summaryList, tag, textArea, textField, type View, words,
} from '../../ui/index.ts' // prettier-ignore
import { type AppClient, authMethods, chosenScopes, type ClientField, type TypedClient } from './client.ts'
import { agencyText, section } from './views.ts'

type Form = { readonly path: string; readonly typed: TypedClient; readonly wrong: readonly ClientField[]; readonly said: string | null }

/** The page of administrators: which applications there are, and a form for another one. */
export function adminPage(view: View, apps: readonly AppClient[], form: Form): PageParts {
  const { t } = view
  const title = t('oidc.admin.title')
  const rows = apps.map((app) => [
    html`${words(view, app.names)}<br /><code class="st-meta"><bdi dir="ltr">${app.id}</bdi></code>`,
    html`<bdi>${agencyText(view, app.agency)}</bdi>`,
    html`<ul class="st-plain">
      ${app.redirectUris.map((uri) => html`<li><bdi dir="ltr">${uri}</bdi></li>`)}
    </ul>`,
    html`${stateOf(view, app)}<br />${day(view, view.city.dayOf(app.disabledAt ?? app.createdAt))}`,
    acts(view, app, form.path),
  ])
  const head = ['app', 'agency', 'addresses', 'state', 'acts'].map((column) => t(`oidc.admin.${column}`))
  const main = html`${errorSummary(
    view,
    form.wrong.map((field) => ({ href: `#${field}`, text: t(`oidc.admin.wrong.${field}`) })),
  )}
    ${form.said === null ? null : alert('success', null, html`<p>${form.said}</p>`)}
    <h1>${title}</h1>
    <p class="st-lead">${t('oidc.admin.lead')}</p>
    ${summaryList([{ key: t('oidc.admin.issuer'), value: html`<bdi dir="ltr">${view.publicOrigin}/oidc</bdi>` }])}
    ${rows.length === 0 ? html`<p>${t('oidc.admin.none')}</p>` : dataTable({ caption: title, captionHidden: true, head, rows })}
    ${section('add', t('oidc.admin.add'), addForm(view, form))}`
  return { title, main, wide: true, errors: form.wrong.length }
}

/** The page that shows a new secret, once. */
export function secretPage(view: View, app: AppClient, secret: string, path: string): PageParts {
  const { t } = view
  const title = t('oidc.admin.secret.title', { app: plainWords(view, app.names) })
  const main = html`<h1>${title}</h1>
    ${alert('warning', null, html`<p>${t('oidc.admin.secret.once')}</p>`)}
    ${summaryList([
      { key: t('oidc.admin.secret.id'), value: html`<code><bdi dir="ltr">${app.id}</bdi></code>` },
      { key: t('oidc.admin.secret.secret'), value: html`<code><bdi dir="ltr">${secret}</bdi></code>` },
      { key: t('oidc.admin.issuer'), value: html`<bdi dir="ltr">${view.publicOrigin}/oidc</bdi>` },
    ])}
    <p>${linkButton(path, t('oidc.admin.secret.back'), { kind: 'secondary' })}</p>`
  return { title, main }
}

function stateOf(view: View, app: AppClient): Html {
  return app.disabledAt ? tag(view.t('oidc.admin.state.disabled'), 'neutral') : tag(view.t('oidc.admin.state.active'), 'success')
}

function acts(view: View, app: AppClient, path: string): Html {
  const { t } = view
  if (app.disabledAt) return html`–`
  const about = words(view, app.names)
  const secret =
    app.authMethod === 'client_secret_basic'
      ? html`<form method="post" action="${`${path}/${app.id}/secret`}">${button(t('oidc.admin.renew'), { kind: 'tertiary', about })}</form>`
      : null
  return buttonRow(
    secret,
    html`<form method="post" action="${`${path}/${app.id}/disable`}">${button(t('oidc.admin.disable'), { kind: 'tertiary', about })}</form>`,
  )
}

function addForm(view: View, form: Form): Html {
  return html`<form method="post" novalidate class="st-form" action="${form.path}">
    ${whoseFields(view, form)} ${mayFields(view, form)} ${button(view.t('oidc.admin.submit'))}
  </form>`
}

/** Which application it is, and its addresses. */
function whoseFields(view: View, { typed, wrong }: Form): Html {
  const { t } = view
  return html`${view.city.languages.map((language, i) =>
    textField({
      id: i === 0 ? 'name' : `name_${language.tag}`,
      name: `name_${language.tag}`,
      label: t('oidc.admin.name', { language: language.name }),
      error: errorOf(view, wrong, 'name'),
      value: typed.names[language.tag] ?? '',
      maxlength: 80,
    }),
  )}
    ${selectField({
      id: 'agency',
      name: 'agency',
      label: t('oidc.admin.agency'),
      hint: t('oidc.admin.agency.hint'),
      error: errorOf(view, wrong, 'agency'),
      value: typed.agency,
      empty: t('oidc.admin.choose'),
      options: view.city.agencies.map((each) => ({ value: each.id, label: plainWords(view, each.name) })),
    })}
    ${linesField(view, wrong, 'redirect_uris', typed.redirectUris)}
    ${linesField(view, wrong, 'post_logout_redirect_uris', typed.postLogoutRedirectUris)}
    ${textField({
      id: 'backchannel_logout_uri',
      name: 'backchannel_logout_uri',
      label: t('oidc.admin.backchannel_logout_uri'),
      hint: t('oidc.admin.backchannel_logout_uri.hint'),
      error: errorOf(view, wrong, 'backchannel_logout_uri'),
      type: 'url',
      dir: 'ltr',
      value: typed.backchannelLogoutUri,
    })}`
}

/** What it may ask for, and how it shows that it is itself. */
function mayFields(view: View, { typed, wrong }: Form): Html {
  const { t } = view
  return html`
    ${checkboxes({
      id: 'scopes',
      name: 'scopes',
      label: t('oidc.admin.scopes'),
      value: typed.scopes,
      options: chosenScopes.map((scope) => ({ value: scope, label: t(`oidc.admin.scope.${scope}`) })),
    })}
    ${radios({
      id: 'auth_method',
      name: 'auth_method',
      label: t('oidc.admin.auth_method'),
      error: errorOf(view, wrong, 'auth_method'),
      value: typed.authMethod,
      options: authMethods.map((method) => ({ value: method, label: t(`oidc.admin.auth.${method}`) })),
    })}
    ${linesField(view, wrong, 'jwks', typed.jwks)}
    ${checkboxes({
      id: 'par',
      name: 'par',
      label: t('oidc.admin.par'),
      value: typed.parRequired ? ['yes'] : [],
      options: [{ value: 'yes', label: t('oidc.admin.par.yes') }],
    })}
`
}

function linesField(view: View, wrong: readonly ClientField[], name: ClientField, value: string): Html {
  return textArea({
    id: name,
    name,
    label: view.t(`oidc.admin.${name}`),
    hint: view.t(`oidc.admin.${name}.hint`),
    error: errorOf(view, wrong, name),
    value,
    rows: name === 'jwks' ? 6 : 3,
    autocomplete: 'off',
  })
}

function errorOf(view: View, wrong: readonly ClientField[], field: ClientField): string | undefined {
  return wrong.includes(field) ? view.t(`oidc.admin.wrong.${field}`) : undefined
}
