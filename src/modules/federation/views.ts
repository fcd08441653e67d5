import {
  alert, button, type Content, dataTable, errorSummary, hiddenInputs, html, type Html, plainWords, selectField, tag, textArea, textField, type View,
} from '../../ui/index.ts' // prettier-ignore
import type { Level } from '../access/index.ts'
import type { Provider } from './provider.ts'

/** What was typed to add a provider. */
export type TypedProvider = {
  readonly id: string
  readonly names: Readonly<Record<string, string>>
  readonly issuer: string
  readonly client_id: string
  readonly secret: string
  readonly scopes: string
  readonly claims: string
  readonly levels: string
  readonly default_level: string
}

/** What is wrong, by field. */
export type ProviderErrors = Readonly<Record<string, string>>

/** The page of administrators: the outside providers, and a form for a new one. */
export function providersPage(
  view: View,
  providers: readonly Provider[],
  o: { path: string; typed: TypedProvider; errors: ProviderErrors; said: string | null; callback: string; levels: readonly Level[] },
): Html {
  const { t } = view
  const rows = providers.map((provider) => [
    plainWords(view, provider.names),
    html`<bdi>${provider.issuer}</bdi>`,
    tag(t(provider.enabled ? 'federation.admin.on' : 'federation.admin.off'), provider.enabled ? 'success' : 'neutral'),
    html`<form method="post" action="${`${o.path}/${provider.id}`}">
      ${hiddenInputs({ enabled: provider.enabled ? 'no' : 'yes' })}
      ${button(t(provider.enabled ? 'federation.admin.switch_off' : 'federation.admin.switch_on'), {
        kind: 'tertiary',
        about: plainWords(view, provider.names),
      })}
    </form>`,
  ])
  return html` ${errorSummary(
    view,
    Object.entries(o.errors).map(([field, text]) => ({ href: `#${field}`, text })),
  )}
    ${o.said === null ? null : alert('success', null, html`<p>${o.said}</p>`)}
    <h1>${t('federation.admin.title')}</h1>
    <p class="st-lead">${t('federation.admin.lead')}</p>
    ${
      rows.length === 0
        ? html`<p>${t('federation.admin.none')}</p>`
        : dataTable({
            caption: t('federation.admin.list'),
            captionHidden: true,
            head: [t('federation.admin.name'), t('federation.admin.issuer'), t('federation.admin.state'), t('federation.admin.change')],
            rows,
          })
    }
    <section class="st-flow" aria-labelledby="add">
      <h2 id="add">${t('federation.admin.add')}</h2>
      <p>${t('federation.admin.callback')} <bdi>${o.callback}</bdi></p>
      <form method="post" novalidate class="st-form" action="${o.path}">
        ${fields(view, o.typed, o.errors)}
        ${selectField({
          id: 'default_level',
          name: 'default_level',
          label: t('federation.admin.default_level'),
          hint: t('federation.admin.default_level.hint'),
          error: o.errors['default_level'],
          value: o.typed.default_level,
          options: o.levels.map((level) => ({ value: level, label: t(`federation.level.${level}`) })),
        })}
        ${button(t('federation.admin.add.submit'))}
      </form>
    </section>`
}

function fields(view: View, typed: TypedProvider, errors: ProviderErrors): Content {
  const { t } = view
  const line = (name: 'id' | 'issuer' | 'client_id' | 'scopes', more: { hint?: string; type?: 'url' } = {}): Html =>
    textField({
      id: name,
      name,
      label: t(`federation.admin.${name}`),
      ...(more.hint ? { hint: more.hint } : {}),
      error: errors[name],
      value: typed[name],
      dir: 'ltr',
      spellcheck: false,
      ...(more.type ? { type: more.type } : {}),
    })
  const lines = (name: 'claims' | 'levels'): Html =>
    textArea({
      id: name,
      name,
      label: t(`federation.admin.${name}`),
      hint: t(`federation.admin.${name}.hint`),
      error: errors[name],
      value: typed[name],
      rows: 4,
    })
  return [
    line('id', { hint: t('federation.admin.id.hint') }),
    view.city.languages.map((language) =>
      textField({
        id: `name-${language.tag}`,
        name: `name-${language.tag}`,
        label: t('federation.admin.name_in', { language: language.name }),
        error: errors[`name-${language.tag}`],
        value: typed.names[language.tag] ?? '',
      }),
    ),
    line('issuer', { hint: t('federation.admin.issuer.hint'), type: 'url' }),
    line('client_id'),
    textField({
      id: 'secret',
      name: 'secret',
      label: t('federation.admin.secret'),
      hint: t('federation.admin.secret.hint'),
      error: errors['secret'],
      type: 'password',
      autocomplete: 'off',
      dir: 'ltr',
    }),
    line('scopes'),
    lines('claims'),
    lines('levels'),
  ]
}

/** The ways of signing in that outside providers offer; nothing when there are none. */
export function providerLinks(view: View, providers: readonly Provider[], next: string, level: string | null): Html | null {
  if (providers.length === 0) return null
  const query = new URLSearchParams({ ...(next ? { next } : {}), ...(level ? { level } : {}) }).toString()
  return html`<section class="st-flow" aria-labelledby="with">
    <h2 id="with">${view.t('federation.with')}</h2>
    <ul class="st-links">
      ${providers.map((provider) => {
        const href = `/sign-in/with/${provider.id}${query ? `?${query}` : ''}`
        return html`<li>
          <a class="ds-link" href="${href}">${view.t('federation.with.provider', { provider: plainWords(view, provider.names) })}</a>
        </li>`
      })}
    </ul>
  </section>`
}
