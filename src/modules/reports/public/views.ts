import {
  button, type Content, day, html, type Html, linkList, pagination, plainWords, selectField, tag, type Tone, type View, words,
} from '../../../ui/index.ts' // prettier-ignore
import { mapView } from '../../places/index.ts'
import type { Report } from '../report.ts'
import type { Board } from '../service/board.ts'
import { isOpenFilter, type PublicFilter, queryOf, periodsOf } from './filter.ts'
import { type PublicStanding, publicStanding, publicStandings } from './standing.ts'

/** What the page of all reports shows. */
export type ListPage = {
  readonly board: Board
  readonly filter: PublicFilter
  readonly reports: readonly Report[]
  /** The address of the page after this one. */
  readonly next: string | null
  readonly heat: boolean
}

const TONES: Readonly<Record<PublicStanding, Tone>> = {
  open: 'warning', checking: 'info', confirmed: 'success', silent: 'success', not_ours: 'neutral', duplicate: 'neutral', no_action: 'neutral',
  referred: 'neutral', withdrawn: 'neutral', elsewhere: 'neutral',
} // prettier-ignore

/** The page of all reports: filters, a map, and the same as a list. */
export function listPage(view: View, page: ListPage): Html {
  const { t } = view
  const { board, filter, reports, next, heat } = page
  return html`<h1>${t('reports.public.title')}</h1>
    <p class="st-lead">${t('reports.public.lead')}</p>
    <p><a class="ds-button" href="/reports/new">${t('reports.public.new')}</a></p>
    ${filters(view, board, filter, heat)} ${map(view, page)}
    <section class="st-flow" aria-labelledby="list">
      <h2 id="list">${t('reports.public.list')}</h2>
      ${
        reports.length === 0
          ? html`<p>${t('reports.public.none')}</p>`
          : html`<ul class="st-reports" id="reports">
              ${reports.map((report) => item(view, board, report))}
            </ul>`
      }
      ${pagination(view, { next })}
    </section>
    <section class="st-flow" aria-labelledby="more">
      <h2 id="more">${t('reports.public.more')}</h2>
      ${linkList([
        { href: '/reports/figures', title: t('reports.public.figures.title'), text: t('reports.public.figures.what') },
        { href: '/reports/alerts', title: t('reports.public.alerts.title'), text: t('reports.public.alerts.what') },
        { href: `/reports.atom${queryOf(filter)}`, title: t('reports.public.feed.atom'), text: t('reports.public.feed.atom.what') },
        {
          href: `/reports.geojson${queryOf(filter)}`,
          title: t('reports.public.feed.geojson'),
          text: t('reports.public.feed.geojson.what'),
        },
        { href: `/reports.csv${queryOf(filter)}`, title: t('reports.public.feed.csv'), text: t('reports.public.feed.csv.what') },
        { href: '/open311/keys', title: t('open311.keys.title'), text: t('open311.keys.what') },
        { href: '/reports/widget/make', title: t('reports.public.widget.title'), text: t('reports.public.widget.what') },
      ])}
    </section>`
}

function map(view: View, { board, filter, reports, heat }: ListPage): Content {
  if (!board.places) return null
  const { t } = view
  const more = { show: heat ? 'heat' : null, lang: view.locale }
  const query = queryOf(filter, more)
  return html`<section class="st-flow" aria-labelledby="map">
    <h2 id="map">${t('reports.public.map')}</h2>
    <p>
      <a class="ds-link" href="/reports${queryOf(filter, { show: heat ? null : 'heat' })}">${t(heat ? 'reports.public.clusters' : 'reports.public.heat')}</a>
    </p>
    ${mapView(view, {
      places: board.places,
      label: t('reports.public.map.label'),
      source: `/reports/tiles.json${query}&bbox={bbox}&zoom={zoom}`,
      markers: reports,
    })}
  </section>`
}

function filters(view: View, board: Board, filter: PublicFilter, heat: boolean): Html {
  const { t } = view
  const all = t('reports.public.all')
  const { categories, places } = board
  const shown = categories.list.filter((each) => each.active || each.id === filter.category)
  return html`<search>
    <details class="st-group" ?open="${!isOpenFilter(filter)}">
    <summary>${t('reports.public.filter')}</summary>
    <form method="get" action="/reports" class="st-flow" aria-label="${t('reports.public.filter')}">
      ${heat ? html`<input type="hidden" name="show" value="heat" />` : null}
      <div class="st-filters">
        ${selectField({ id: 'group', name: 'group', label: t('reports.public.group'), value: filter.group, empty: all, options: categories.groups.map((each) => ({ value: each.id, label: plainWords(view, each.name) })) })}
        ${selectField({ id: 'category', name: 'category', label: t('reports.public.category'), value: filter.category, empty: all, options: shown.map((each) => ({ value: each.id, label: plainWords(view, each.name) })) })}
        ${selectField({ id: 'state', name: 'state', label: t('reports.public.state'), value: filter.state, empty: all, options: ['open', 'checking', 'closed'].map((value) => ({ value, label: t(`reports.public.state.${value}`) })) })}
        ${selectField({ id: 'outcome', name: 'outcome', label: t('reports.public.outcome'), value: filter.outcome, empty: all, options: publicStandings.slice(2).map((value) => ({ value, label: t(`reports.public.standing.${value}`) })) })}
        ${selectField({ id: 'district', name: 'district', label: t('reports.public.district'), value: filter.district, empty: all, options: (places?.districts ?? []).map((each) => ({ value: each.id, label: plainWords(view, each.name) })) })}
        ${selectField({ id: 'period', name: 'period', label: t('reports.public.period'), value: filter.period, empty: all, options: periodsOf(board.platform).map((value) => ({ value, label: periodText(view, value) })) })}
      </div>
      ${button(t('reports.public.show'), { kind: 'secondary' })}
    </form>
    </details>
  </search>`
}

/** A period in words. */
export function periodText(view: View, period: string): string {
  return /^\d{4}$/.test(period) ? period : view.t(`reports.public.period.${period === '3m' ? 'three' : 'twelve'}`)
}

/** A report in a list; its heading is one below that of the list: of the third level, unless the list has none of its own. */
export function item(view: View, board: Board, report: Report, level: 2 | 3 = 3): Html {
  const { t } = view
  const standing = publicStanding(report)
  const category = board.categories.byId(report.category)
  const link = html`<a class="ds-link" href="/reports/${report.reference}">${category ? words(view, category.name) : report.category}</a>`
  return html`<li id="${report.reference}" data-map-id="${report.reference}">
    ${level === 2 ? html`<h2>${link}</h2>` : html`<h3>${link}</h3>`}
    <p>${tag(t(`reports.public.standing.${standing}`), TONES[standing])}</p>
    ${report.address === null ? null : html`<p><bdi>${report.address}</bdi></p>`}
    <p class="st-meta">${t('reports.public.opened')} ${day(view, view.city.dayOf(report.opened_at))} · <bdi>${report.reference}</bdi></p>
  </li>`
}
