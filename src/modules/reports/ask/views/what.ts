import {
  alert,
  button,
  element,
  errorSummary,
  html,
  type Html,
  linkButton,
  plainWords,
  textField,
  type View,
  words,
} from '../../../../ui/index.ts'
import type { Categories, Category } from '../../categories/categories.ts'
import { dial, FORM, stepLine } from './frame.ts'

/** What was typed to find a category, and what was found for it; null before. */
export type Suggested = { readonly typed: string; readonly found: readonly Category[] } | null

/** Choosing what is wrong: by typing, or from the list. One press chooses and goes on. */
export function whatPage(view: View, categories: Categories, chosen: string | null, suggested: Suggested, missing: boolean): Html {
  const { t } = view
  const active = categories.list.filter((each) => each.active)
  const wrong = missing ? t('reports.ask.what.missing') : undefined
  return html`${errorSummary(view, wrong ? [{ href: '#typed', text: wrong }] : [])} ${stepLine(view, 2)}
    <form method="post" id="${FORM}" novalidate class="st-form st-flow" action="/reports/new/what">
      <h1>${t('reports.ask.what.title')}</h1>
      ${textField({
        id: 'typed',
        name: 'typed',
        label: t('reports.ask.what.typed'),
        hint: t('reports.ask.what.typed_hint'),
        error: wrong,
        value: suggested?.typed ?? '',
        maxlength: 100,
        attributes: { list: 'categories' },
      })}
      <datalist id="categories">${active.map((each) => element('option', { value: plainWords(view, each.name) }))}</datalist>
      ${button(t('reports.ask.what.find'), { kind: 'secondary' })} ${suggested === null ? null : found(view, suggested)}
      <h2>${t('reports.ask.what.all')}</h2>
      ${categories.groups.map((group) => {
        const own = active.filter((each) => each.group === group.id)
        return own.length === 0
          ? null
          : html`<details class="st-group" ?open="${own.some((each) => each.id === chosen)}"><summary>${words(view, group.name)}</summary>${choices(view, own, chosen)}</details>`
      })}
    </form>`
}

function found(view: View, { typed, found: list }: NonNullable<Suggested>): Html {
  const { t } = view
  const said = list.length > 0 ? t('reports.ask.what.found', { n: list.length }) : t('reports.ask.what.none', { text: typed })
  // the page is new, so a status alone may go unheard
  return html`${element('p', { role: 'status', id: 'found', tabindex: -1, autofocus: true }, said)} ${list.length > 0 ? choices(view, list, null) : null}`
}

function choices(view: View, list: readonly Category[], chosen: string | null): Html {
  return html`<ul class="st-choices">
    ${list.map((each) => {
      const attributes = { type: 'submit', name: 'category', value: each.id, 'aria-current': each.id === chosen ? 'true' : null }
      const label = html`<strong>${words(view, each.name)}</strong> <span class="st-meta">${words(view, each.summary)}</span>`
      return html`<li>${element('button', attributes, label)}</li>`
    })}
  </ul>`
}

/** Danger: the emergency number before anything else. */
export function dangerPage(view: View, category: Category, number: string): Html {
  const { t } = view
  return html`<h1>${t('reports.ask.danger.title')}</h1>
    ${alert('danger', html`${t('reports.ask.danger.call')} ${dial(number)}`, html`<p>${t('reports.ask.danger.text')}</p>`)}
    <p>${t('reports.ask.danger.then', { category: plainWords(view, category.name) })}</p>
    <form method="post" id="${FORM}" action="/reports/new/danger" class="st-form">
      <div class="st-buttons">${button(t('reports.ask.danger.go_on'))} ${linkButton('/reports/new/what', t('reports.ask.danger.other'), { kind: 'tertiary' })}</div>
    </form>`
}
