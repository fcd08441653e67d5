import {
  alert, button, dataTable, day, errorSummary, html, type Html, linkButton, md, type PageParts, summaryList, tag, textArea, textField, type View,
} from '../../../ui/index.ts' // prettier-ignore
import type { Asker, ClientField, TypedClient } from './clients.ts'
import type { ClientRow, ClientState } from './store.ts'

/** The page where programs ask for a key: what the interface is, where it is, and the form. */
export function askPage(view: View, root: string, typed: TypedClient, wrong: readonly ClientField[], demoKey: string | null): PageParts {
  const { t } = view
  const title = t('open311.keys.title')
  const link = (path: string): Html =>
    html`<a class="ds-link" href="${`${root}${path}`}"><bdi dir="ltr">${`${view.publicOrigin}${root}${path}`}</bdi></a>`
  const main = html`${errorSummary(
    view,
    wrong.map((field) => ({ href: `#${field}`, text: t(`open311.keys.wrong.${field}`) })),
  )}
    <h1>${title}</h1>
    <p class="st-lead">${t('open311.keys.lead')}</p>
    ${summaryList([
      { key: t('open311.keys.discovery'), value: link('/discovery.xml') },
      { key: t('open311.keys.services'), value: link('/services.json') },
      { key: t('open311.keys.requests'), value: link('/requests.json') },
      { key: t('open311.keys.csv'), value: link('/requests.csv') },
      ...(demoKey === null ? [] : [{ key: t('open311.keys.demo'), value: html`<code><bdi dir="ltr">${demoKey}</bdi></code>` }]),
    ])}
    ${md(t('open311.keys.about'))}
    <h2>${t('open311.keys.ask')}</h2>
    ${askForm(view, typed, wrong)}`
  return { title, main, errors: wrong.length }
}

function askForm(view: View, typed: TypedClient, wrong: readonly ClientField[]): Html {
  const { t } = view
  const line = (name: ClientField, more: { type?: 'email'; autocomplete?: string; maxlength: number }): Html =>
    textField({
      id: name,
      name,
      label: t(`open311.keys.${name}`),
      error: errorOf(view, wrong, name),
      value: typed[name],
      ...(more.type === 'email' ? { dir: 'ltr', ...more } : more),
    })
  return html`<form method="post" novalidate class="st-form" action="/open311/keys">
    ${line('name', { maxlength: 80 })} ${line('organisation', { maxlength: 120, autocomplete: 'organization' })}
    ${line('contact', { maxlength: 120, autocomplete: 'name' })}
    ${line('email', { maxlength: 200, type: 'email', autocomplete: 'email' })}
    ${textArea({ id: 'purpose', name: 'purpose', label: t('open311.keys.purpose'), hint: t('open311.keys.purpose.hint'), error: errorOf(view, wrong, 'purpose'), value: typed.purpose, rows: 4 })}
    ${button(t('open311.keys.send'))}
  </form>`
}

function errorOf(view: View, wrong: readonly ClientField[], field: ClientField): string | undefined {
  return wrong.includes(field) ? view.t(`open311.keys.wrong.${field}`) : undefined
}

/** The page after asking. */
export function sentPage(view: View, days: number): PageParts {
  const title = view.t('open311.sent.title')
  return { title, main: html`<h1>${title}</h1><p class="st-lead">${view.t('open311.sent.text', { days })}</p>` }
}

/** The page that the link in the e-mail leads to. The key is made by its button only: programs that look at links press none. */
export function confirmPage(view: View, client: ClientRow, code: string): PageParts {
  const { t } = view
  const title = t('open311.confirm.title', { name: client.name })
  const main = html`<h1>${title}</h1>
    <p class="st-lead">${t('open311.confirm.lead')}</p>
    <form method="post" class="st-form" action="/open311/keys/confirm">
      <input type="hidden" name="code" value="${code}" />
      ${button(t('open311.confirm.send'))}
    </form>`
  return { title, main }
}

/** The page of a link that is not good any more. */
export function lostPage(view: View): PageParts {
  const { t } = view
  const title = t('open311.lost.title')
  const main = html`<h1>${title}</h1>
    <p class="st-lead">${t('open311.lost.text')}</p>
    <p>${linkButton('/open311/keys', t('open311.lost.again'), { kind: 'secondary' })}</p>`
  return { title, main }
}

/** The page that shows a new key, once. */
export function keyPage(view: View, client: ClientRow, key: string): PageParts {
  const { t } = view
  const title = t('open311.key.title')
  const main = html`<h1>${title}</h1>
    ${alert('warning', null, html`<p>${t('open311.key.once')}</p>`)}
    ${client.state === 'waiting' ? alert('info', null, html`<p>${t('open311.key.waiting')}</p>`) : null}
    ${summaryList([
      { key: t('open311.key.key'), value: html`<code><bdi dir="ltr">${key}</bdi></code>` },
      { key: t('open311.key.rate'), value: t('open311.key.per_minute', { count: client.per_minute }) },
    ])}`
  return { title, main }
}

const tones = { asked: 'neutral', waiting: 'warning', active: 'success', ended: 'neutral' } as const satisfies Record<ClientState, string>

/** The administrators' list of programs with a key. */
export function listPage(view: View, clients: readonly ClientRow[]): PageParts {
  const { t } = view
  const title = t('open311.admin.title')
  const head = ['program', 'organisation', 'state', 'rate', 'used'].map((column) => t(`open311.admin.${column}`))
  const rows = clients.map((client) => [
    html`<a class="ds-link" href="/admin/open311/${client.id}"><bdi>${client.name}</bdi></a>`,
    html`<bdi>${client.organisation}</bdi>`,
    stateTag(view, client),
    t('open311.key.per_minute', { count: client.per_minute }),
    client.used_on === null ? t('open311.admin.never') : day(view, client.used_on),
  ])
  const main = html`<h1>${title}</h1>
    <p class="st-lead">${t('open311.admin.lead')}</p>
    ${rows.length === 0 ? html`<p>${t('open311.admin.none')}</p>` : dataTable({ caption: title, captionHidden: true, head, rows })}`
  return { title, main, wide: true }
}

function stateTag(view: View, client: ClientRow): Html {
  return tag(view.t(`open311.state.${client.state}`), tones[client.state])
}

/** One program: who asked for its key and what for, and what an administrator can do about it. */
export function clientPage(view: View, { client, name, email, purpose }: Asker, said: string | null, wrongRate: string | null): PageParts {
  const { t } = view
  const path = `/admin/open311/${client.id}`
  const title = client.name
  const main = html`${errorSummary(view, wrongRate === null ? [] : [{ href: '#per_minute', text: t('open311.admin.wrong_rate') }])}
    ${said === null ? null : alert('success', null, html`<p>${said}</p>`)}
    <h1><bdi>${title}</bdi></h1>
    ${summaryList([
      { key: t('open311.admin.state'), value: stateTag(view, client) },
      { key: t('open311.admin.organisation'), value: html`<bdi>${client.organisation}</bdi>` },
      { key: t('open311.keys.contact'), value: html`<bdi>${name}</bdi>` },
      { key: t('open311.keys.email'), value: html`<bdi dir="ltr">${email}</bdi>` },
      { key: t('open311.keys.purpose'), value: html`<bdi>${purpose}</bdi>` },
      { key: t('open311.admin.asked'), value: day(view, view.city.dayOf(client.asked_at)) },
      { key: t('open311.admin.used'), value: client.used_on === null ? t('open311.admin.never') : day(view, client.used_on) },
    ])}
    ${client.state === 'waiting' ? html`<form method="post" class="st-form" action="${path}/approve">${button(t('open311.admin.approve'))}</form>` : null}
    ${client.state === 'ended' ? null : rateForm(view, path, wrongRate ?? String(client.per_minute), wrongRate !== null)}
    ${client.state === 'ended' ? null : html`<form method="post" class="st-form" action="${path}/end">${button(t('open311.admin.end'), { kind: 'danger' })}</form>`}
    <p><a class="ds-link" href="/admin/open311">${t('open311.admin.back')}</a></p>`
  return { title, main, errors: wrongRate === null ? 0 : 1 }
}

function rateForm(view: View, path: string, value: string, wrong: boolean): Html {
  const { t } = view
  return html`<form method="post" novalidate class="st-form" action="${path}/rate">
    ${textField({ id: 'per_minute', name: 'per_minute', label: t('open311.admin.new_rate'), error: wrong ? t('open311.admin.wrong_rate') : undefined, value, width: 's', inputmode: 'numeric', dir: 'ltr' })}
    ${button(t('open311.admin.set_rate'), { kind: 'secondary' })}
  </form>`
}
