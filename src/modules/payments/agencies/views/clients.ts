import {
  alert, button, checkboxes, type Content, dataTable, day, errorSummary, html, type Html, instant, selectField, summaryList, tag, textField, type View, words,
} from '../../../../ui/index.ts' // prettier-ignore
import { doneAlert, refusedSummary, type Refused } from '../../office.ts'
import { hookEvents, scopes, type TypedHook } from '../client.ts'
import type { ClientField, TypedClient } from '../clients.ts'
import type { Client } from '../store.ts'
import type { Delivery, Hook } from '../webhooks/store.ts'

const PATH = '/admin/money-clients'

/** The programs of agencies that send bills, and the form for another one. */
export function listPage(
  view: View,
  clients: readonly Client[],
  typed: TypedClient,
  wrong: readonly ClientField[],
  refused: Refused | null,
): Html {
  const { t } = view
  const error = (field: ClientField): string | undefined =>
    wrong.includes(field) ? t(`payments.clients.wrong.${field}`) : refused?.field === field ? refused.text : undefined
  const rows = clients.map((client) => [
    html`<a class="ds-link" href="${PATH}/${client.id}"><bdi>${client.name}</bdi></a>`,
    html`<code><bdi dir="ltr">${client.code}</bdi></code>`,
    agencyText(view, client.agency),
    stateTag(view, client),
    client.used_on === null ? t('payments.clients.never') : day(view, client.used_on),
  ])
  const head = ['name', 'code', 'agency', 'state', 'used'].map((name) => t(`payments.clients.${name}`))
  const agencies = view.city.agencies.map((agency) => ({ value: agency.id, label: words(view, agency.name) }))
  return html`${errorSummary(view, wrong.map((field) => ({ href: `#${field}`, text: t(`payments.clients.wrong.${field}`) })))}
    ${refusedSummary(view, refused)}
    <h1>${t('payments.clients.title')}</h1>
    <p class="st-lead">${t('payments.clients.lead')}</p>
    ${rows.length === 0 ? html`<p>${t('payments.clients.none')}</p>` : dataTable({ caption: t('payments.clients.list'), head, rows })}
    <h2>${t('payments.clients.new')}</h2>
    <form method="post" novalidate class="st-form" action="${PATH}">
      ${textField({ id: 'code', name: 'code', label: t('payments.clients.code'), hint: t('payments.clients.code.hint'), error: error('code'), value: typed.code, dir: 'ltr', width: 's', maxlength: 32 })}
      ${textField({ id: 'name', name: 'name', label: t('payments.clients.name'), error: error('name'), value: typed.name, maxlength: 80 })}
      ${selectField({ id: 'agency', name: 'agency', label: t('payments.clients.agency'), error: error('agency'), value: typed.agency, options: agencies, empty: t('payments.clients.choose') })}
      ${checkboxes({ id: 'scopes', name: 'scopes', label: t('payments.clients.scopes'), hint: t('payments.clients.scopes.hint'), error: error('scopes'), value: typed.scopes, options: scopes.map((scope) => ({ value: scope, label: t(`payments.clients.scope.${scope}`) })) })}
      ${textField({ id: 'perMinute', name: 'perMinute', label: t('payments.clients.rate'), error: error('perMinute'), value: typed.perMinute, dir: 'ltr', width: 'xs', inputmode: 'numeric' })}
      ${button(t('payments.clients.make'))}
    </form>` // prettier-ignore
}

function agencyText(view: View, id: string): Content {
  const agency = view.city.agencies.find((each) => each.id === id)
  return agency ? words(view, agency.name) : html`<bdi>${id}</bdi>`
}

function stateTag(view: View, client: Client): Html {
  return tag(view.t(`payments.clients.state.${client.state}`), client.state === 'active' ? 'success' : 'neutral')
}

/** The page that shows a key or a secret, once. */
export function secretPage(view: View, what: 'key' | 'secret', text: string, back: string): Html {
  const { t } = view
  return html`<h1>${t(`payments.clients.${what}.title`)}</h1>
    ${alert('warning', null, html`<p>${t('payments.clients.once')}</p>`)}
    ${summaryList([{ key: t(`payments.clients.${what}`), value: html`<code><bdi dir="ltr">${text}</bdi></code>` }])}
    <p><a class="ds-link" href="${back}">${t('payments.clients.back')}</a></p>`
}

type Shown = { readonly done: string | null; readonly refused: Refused | null; readonly typed: TypedHook | null }

/** One program: its key, where it is told what happens to its bills, and how that went. */
export function clientPage(
  view: View,
  client: Client,
  told: { readonly hook: Hook; readonly deliveries: readonly Delivery[] } | null,
  { done, refused, typed }: Shown,
): Html {
  const { t } = view
  const path = `${PATH}/${client.id}`
  const active = client.state === 'active'
  const allowed = client.scopes.map((scope) => t(`payments.clients.scope.${scope}`)).join(' · ')
  return html`${refusedSummary(view, refused)} ${doneAlert(done === null ? null : t(`payments.clients.done.${done}`))}
    <h1><bdi>${client.name}</bdi></h1>
    ${summaryList([
      { key: t('payments.clients.state'), value: stateTag(view, client) },
      { key: t('payments.clients.code'), value: html`<code><bdi dir="ltr">${client.code}</bdi></code>` },
      { key: t('payments.clients.agency'), value: agencyText(view, client.agency) },
      { key: t('payments.clients.scopes'), value: allowed === '' ? t('payments.clients.files_only') : allowed },
      { key: t('payments.clients.made'), value: instant(view, client.made_at) },
      { key: t('payments.clients.used'), value: client.used_on === null ? t('payments.clients.never') : day(view, client.used_on) },
    ])}
    ${active ? rateForm(view, path, client, refused) : null}
    ${active && client.scopes.length > 0 ? html`<form method="post" class="st-form" action="${path}/key" id="key"><p>${t('payments.clients.renew.text')}</p>${button(t('payments.clients.renew'), { kind: 'secondary' })}</form>` : null}
    <h2>${t('payments.hook.title')}</h2>
    <p>${t('payments.hook.lead')}</p>
    ${told === null ? null : hookState(view, path, told.hook, active)} ${active ? hookForm(view, path, told?.hook ?? null, typed, refused) : null}
    ${told === null ? null : deliveries(view, path, told.deliveries, active)}
    ${active ? html`<h2>${t('payments.clients.end')}</h2><form method="post" class="st-form" action="${path}/end" id="end"><p>${t('payments.clients.end.text')}</p>${button(t('payments.clients.end'), { kind: 'danger' })}</form>` : null}`
}

function rateForm(view: View, path: string, client: Client, refused: Refused | null): Html {
  const { t } = view
  const error = refused?.field === 'per_minute' ? refused.text : undefined
  return html`<form method="post" novalidate class="st-form" action="${path}/rate">
    ${textField({ id: 'per_minute', name: 'per_minute', label: t('payments.clients.rate'), error, value: String(client.per_minute), width: 'xs', inputmode: 'numeric', dir: 'ltr' })}
    ${button(t('payments.clients.set_rate'), { kind: 'secondary' })}
  </form>`
}

function hookState(view: View, path: string, hook: Hook, active: boolean): Html {
  const { t } = view
  const form = (name: string): Html => html`<form method="post" class="st-form" action="${path}/${name}">${button(t(`payments.hook.act.${name.replace('/', '_')}`), { kind: 'secondary' })}</form>`
  return html`${summaryList([
      { key: t('payments.hook.url'), value: html`<bdi dir="ltr">${hook.url}</bdi>` },
      { key: t('payments.clients.state'), value: tag(t(`payments.hook.state.${hook.state}`), hook.state === 'active' ? 'success' : 'danger') },
      ...(hook.failing_since ? [{ key: t('payments.hook.failing'), value: instant(view, hook.failing_since) }] : []),
    ])}
    ${hook.state === 'paused' ? alert('warning', null, html`<p>${t('payments.hook.paused')}</p>`) : null}
    ${active ? html`${hook.state === 'paused' ? form('hook/resume') : null} ${form('secret')} ${form('hook/end')}` : null}`
} // prettier-ignore

function hookForm(view: View, path: string, hook: Hook | null, typed: TypedHook | null, refused: Refused | null): Html {
  const { t } = view
  const error = refused?.field === 'url' ? refused.text : undefined
  const options = hookEvents.map((event) => ({ value: event, label: t(`payments.hook.event.${event}`) }))
  return html`<form method="post" novalidate class="st-form" action="${path}/hook">
    ${textField({ id: 'url', name: 'url', label: t('payments.hook.new'), hint: t('payments.hook.new.hint'), error, value: typed?.url ?? hook?.url ?? '', type: 'url', dir: 'ltr', maxlength: 500 })}
    ${checkboxes({ id: 'events', name: 'events', label: t('payments.hook.events'), value: typed?.events ?? hook?.events ?? [...hookEvents], options })}
    ${button(t('payments.hook.save'))}
  </form>`
}

const tones = { waiting: 'info', delivered: 'success', failed: 'danger' } as const

function deliveries(view: View, path: string, list: readonly Delivery[], active: boolean): Html {
  const { t } = view
  const rows = list.map((each) => [
    instant(view, each.made_at),
    t(`payments.hook.event.${each.type}`),
    tag(t(`payments.hook.delivery.${each.state}`), tones[each.state]),
    html`${t('ui.number', { n: each.tries })}${each.last_status === null ? null : html` · ${String(each.last_status)}`}${each.last_fault === null ? null : html` · ${t(`payments.hook.fault.${each.last_fault}`)}`}`,
    html`<code><bdi dir="ltr">${each.id}</bdi></code>${active && each.state !== 'delivered' ? html`<form method="post" action="${path}/deliveries/${each.id}/retry">${button(t('payments.hook.retry'), { kind: 'tertiary', about: each.id })}</form>` : null}`,
  ])
  const head = ['at', 'what', 'state', 'tries', 'id'].map((name) => t(`payments.hook.head.${name}`))
  return html`<h3>${t('payments.hook.deliveries')}</h3>
    ${rows.length === 0 ? html`<p>${t('payments.hook.no_deliveries')}</p>` : dataTable({ caption: t('payments.hook.deliveries'), captionHidden: true, head, rows })}`
}
