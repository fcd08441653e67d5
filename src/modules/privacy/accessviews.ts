import {
  alert, button, checkboxes, type Content, dataTable, hiddenInputs, html, type Html, instant, pagination, plainWords, selectField, type View,
} from '../../ui/index.ts' // prettier-ignore
import { type AccessFilter, type AccessPage, type Opening, periods, SYSTEM } from './access.ts'
import { basisText, fieldTexts, purposes, purposeText, thingText, whoText } from './accesswords.ts'
import { yourDataNav } from './yourdata.ts'

/** How many fields are named before the rest is folded away. */
const SHOWN_FIELDS = 4

/** Every opening of a person's data as a table, with filters; `asks` offers the question why. */
export function accessView(view: View, page: AccessPage, filter: AccessFilter, asks: boolean): Html {
  const { t } = view
  return html`<h1>${t('privacy.access.title')}</h1>
    <p class="st-lead">${t('privacy.access.lead')}</p>
    ${yourDataNav(view)} ${complete(view, page)} ${filters(view, filter)}
    ${page.openings.length === 0 ? html`<p>${t('privacy.access.none')}</p>` : table(view, page, asks)}
    ${pagination(view, { next: page.next ? accessHref({ ...filter, before: page.next }) : null, previous: filter.before ? accessHref({ ...filter, before: null }) : null })}
    <p class="st-meta">${t('privacy.access.machine')} <code>/api/v1/me/data-usage/v3/findUsage</code></p>`
}

/** The address of a page of openings. */
export function accessHref(filter: AccessFilter): string {
  const query = new URLSearchParams()
  if (filter.period !== 'all') query.set('period', filter.period)
  if (filter.who) query.set('who', filter.who)
  if (filter.purpose) query.set('purpose', filter.purpose)
  if (filter.own) query.set('own', 'yes')
  if (filter.before) query.set('before', filter.before)
  const text = query.toString()
  return text === '' ? '/my/access' : `/my/access?${text}`
}

function complete(view: View, { counted, lines }: AccessPage): Content {
  const { t } = view
  if (counted === lines) return html`<p class="st-complete">${t('privacy.access.complete', { lines, counted })}</p>`
  return alert('warning', t('privacy.access.incomplete.title'), html`<p>${t('privacy.access.incomplete', { lines, counted })}</p>`)
}

function filters(view: View, filter: AccessFilter): Html {
  const { t } = view
  const agencies = view.city.agencies.map((agency) => ({ value: agency.id, label: plainWords(view, agency.name) }))
  return html`<form method="get" action="/my/access" class="st-flow">
    <div class="st-filters">
      ${selectField({
        id: 'period',
        name: 'period',
        label: t('privacy.access.period'),
        value: filter.period,
        options: Object.keys(periods).map((period) => ({ value: period, label: t(`privacy.period.${period}`) })),
      })}
      ${selectField({
        id: 'who',
        name: 'who',
        label: t('privacy.access.who'),
        value: filter.who ?? '',
        empty: t('privacy.access.everybody'),
        options: [{ value: SYSTEM, label: t('privacy.access.system') }, ...agencies],
      })}
      ${selectField({
        id: 'purpose',
        name: 'purpose',
        label: t('privacy.access.purpose'),
        value: filter.purpose ?? '',
        empty: t('privacy.access.all_purposes'),
        options: purposes.map((purpose) => ({ value: purpose, label: purposeText(view, purpose) })),
      })}
    </div>
    ${checkboxes({ id: 'own', name: 'own', label: t('privacy.access.own'), value: filter.own ? ['yes'] : [], options: [{ value: 'yes', label: t('privacy.access.own.show') }] })}
    ${button(t('privacy.access.show'), { kind: 'secondary' })}
  </form>`
}

function table(view: View, page: AccessPage, asks: boolean): Html {
  const { t } = view
  const head = [t('privacy.access.when'), t('privacy.access.who_opened'), t('privacy.access.what'), t('privacy.access.why')]
  return dataTable({
    caption: t('privacy.access.caption'),
    captionHidden: true,
    head: asks ? [...head, t('privacy.access.ask_head')] : head,
    rows: page.openings.map((opening) => row(view, opening, asks)),
  })
}

function row(view: View, opening: Opening, asks: boolean): Content[] {
  const cells = [
    instant(view, opening.line.occurredAt),
    html`<bdi>${whoText(view, opening)}</bdi>`,
    what(view, opening),
    html`${purposeText(view, opening.purpose)}<br /><span class="st-meta">${basisText(view, opening)}</span>`,
  ]
  return asks ? [...cells, opening.who.kind === 'own' ? null : ask(view, opening)] : cells
}

function what(view: View, opening: Opening): Content {
  const { behind } = opening
  const link = behind
    ? html`<br /><a class="ds-link" href="${`/cases/${behind.current.reference}`}"><bdi>${behind.current.reference}</bdi></a>`
    : null
  return html`${thingText(view, opening)}${link}${fields(view, fieldTexts(view, opening))}`
}

function fields(view: View, texts: readonly string[]): Content {
  if (texts.length === 0) return null
  if (texts.length <= SHOWN_FIELDS) return html`<br /><span class="st-meta">${texts.join(' · ')}</span>`
  return html`<details>
    <summary>${view.t('privacy.access.fields', { n: texts.length })}</summary>
    ${texts.join(' · ')}
  </details>`
}

function ask(view: View, opening: Opening): Content {
  return html`<form method="post" action="/my/access/ask">
    ${hiddenInputs({ line: opening.line.id })} ${button(view.t('privacy.access.ask'), { kind: 'tertiary' })}
  </form>`
}
