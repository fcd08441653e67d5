import {
  alert, button, type Content, dataTable, element, hiddenInputs, html, type Html, instant, linkButton, pagination, plainWords, searchBox, selectField, tag,
  textField, type View,
} from '../../../../ui/index.ts' // prettier-ignore
import type { FormBody } from '../../../fields/index.ts'
import { type Look, mapView } from '../../../places/index.ts'
import { categoryWords, crewName, districtName, stateTone, stateWords } from '../../page/views/words.ts'
import { reportStates } from '../../report.ts'
import type { Board } from '../../service/index.ts'
import { COUNT_LIMIT, type DeskLine, type DeskPage } from '../desk.ts'
import { type Asked, deskHref, fieldsOf, narrows, orders, periods, type Queue, queues, sources } from '../filter.ts'
import { bulkForms } from './bulk.ts'
import { due, sortHref } from './choices.ts'

/** A desk page that is a list. */
export type ListPage = Extract<DeskPage, { kind: 'list' }>

/** The desk: its queues, a search, filters and those that are kept, the reports as a table (and on a map), and acts on several. `typed` is kept of a refused one. */
export function deskView(view: View, board: Board, page: ListPage, said: Content, typed: FormBody = {}): Html {
  const { t } = view
  const { asked } = page
  const searching = asked.search !== ''
  return html` ${said}
    <h1>${searching ? t('reports.triage.found', { text: asked.search }) : t(`reports.triage.queue.${asked.queue}`)}</h1>
    ${searchBox(view, {
      action: '/officer/reports',
      name: 'q',
      value: asked.search,
      label: t('reports.triage.search'),
      method: 'post',
      hidden: fieldsOf(asked),
    })}
    ${queueList(view, page, searching)} ${saved(view, page)} ${filters(view, board, asked)} ${ways(view, board, asked, searching)}
    ${page.lines.length === 0 ? html`<p>${t(searching ? 'reports.triage.nothing_found' : 'reports.triage.empty')}</p>` : found(view, board, page, typed)}
    ${searching && page.next ? alert('info', null, html`<p>${t('reports.triage.more_found')}</p>`) : null}
    ${searching ? null : pagination(view, { next: page.next ? deskHref(asked, { after: page.next }) : null })}`
}

/** A count as it is shown: exact up to 1,000, then "1,000+". */
export function countText(view: View, count: number): string {
  const shown = view.t('ui.number', { n: Math.min(count, COUNT_LIMIT) })
  return count > COUNT_LIMIT ? `${shown}+` : shown
}

function queueList(view: View, page: ListPage, searching: boolean): Html {
  const here = (name: Queue): boolean => !searching && name === page.asked.queue
  const items = queues.flatMap((name) => {
    const count = page.counts.get(name)
    if (count === undefined && name !== 'closed') return []
    const shown = count === undefined ? null : html` <span class="st-count">${countText(view, count)}</span>`
    const href = deskHref({ ...page.asked, queue: name, order: name === 'closed' ? 'newest' : 'due' })
    return [
      html`<li>
        ${element('a', { href, 'aria-current': here(name) ? 'page' : null }, [view.t(`reports.triage.queue.${name}`), shown])}
      </li>`,
    ]
  })
  return html`<nav class="st-nav st-queues" aria-label="${view.t('reports.triage.queues')}">
    <ul>
      ${items}
    </ul>
  </nav>`
}

function saved(view: View, page: ListPage): Content {
  const { t } = view
  const { asked } = page
  const items = page.filters.map(
    (filter) =>
      html`<li class="st-triage-saved">
        <a class="ds-link" href="${deskHref(filter.asked)}"><bdi>${filter.name}</bdi></a>
        <form method="post" action="/officer/reports/filters/drop">
          ${hiddenInputs({ id: filter.id, ...fieldsOf(asked) })} ${button(t('reports.triage.filter.drop'), { kind: 'tertiary', about: filter.name })}
        </form>
      </li>`,
  )
  const keep = narrows(asked)
    ? html`<form method="post" action="/officer/reports/filters" class="st-inline">
        ${hiddenInputs(fieldsOf(asked))}
        ${textField({ id: 'filter-name', name: 'name', label: t('reports.triage.filter.name'), maxlength: 60, width: 'm' })}
        ${button(t('reports.triage.filter.keep'), { kind: 'secondary' })}
      </form>`
    : null
  if (items.length === 0 && keep === null) return null
  return html`<section class="st-flow" aria-labelledby="saved">
    <h2 id="saved">${t('reports.triage.filter.title')}</h2>
    ${
      items.length > 0
        ? html`<ul class="st-plain">
            ${items}
          </ul>`
        : null
    }
    ${keep}
  </section>`
}

function filters(view: View, board: Board, asked: Asked): Html {
  const { t } = view
  const { categories } = board
  const choice = (
    name: 'group' | 'category' | 'district' | 'state' | 'crew' | 'period' | 'source',
    options: ReadonlyArray<{ value: string; label: string }>,
  ): Html =>
    selectField({
      id: name,
      name,
      label: t(`reports.triage.filter.${name}`),
      value: asked[name] ?? '',
      empty: t('reports.triage.filter.any'),
      options,
    })
  const named = (list: ReadonlyArray<{ id: string; name: Readonly<Record<string, string>> }>): Array<{ value: string; label: string }> =>
    list.map((each) => ({ value: each.id, label: plainWords(view, each.name) }))
  const ofGroup = asked.group === null ? categories.list : categories.list.filter((each) => each.group === asked.group)
  return html`<details class="st-triage-filters" ?open="${narrows(asked)}">
    <summary>${t('reports.triage.filter')}</summary>
    <form method="get" action="/officer/reports" class="st-filters">
      ${hiddenInputs({ queue: asked.queue, view: asked.view === 'map' ? 'map' : null })} ${choice('group', named(categories.groups))}
      ${choice('category', named(ofGroup))} ${choice('district', named(board.places?.districts ?? []))}
      ${choice(
        'state',
        reportStates.map((value) => ({ value, label: t(`reports.triage.state.${value}`) })),
      )}
      ${choice('crew', named(categories.crews))}
      ${choice(
        'period',
        periods.map((value) => ({ value, label: t('reports.triage.filter.days', { n: Number(value) }) })),
      )}
      ${choice(
        'source',
        sources.map((value) => ({ value, label: t(`reports.triage.source.${value}`) })),
      )}
      ${selectField({
        id: 'sort',
        name: 'sort',
        label: t('reports.triage.sort'),
        value: asked.order,
        options: orders.map((value) => ({ value, label: t(`reports.triage.sort.${value}`) })),
      })}
      <div class="st-buttons">
        ${button(t('reports.triage.filter.show'), { kind: 'secondary' })}
        ${narrows(asked) ? linkButton(deskHref({ ...asked, ...NOTHING }), t('reports.triage.filter.clear'), { kind: 'tertiary' }) : null}
      </div>
    </form>
  </details>`
}

const NOTHING = { group: null, category: null, district: null, state: null, crew: null, period: null, source: null } as const

function ways(view: View, board: Board, asked: Asked, searching: boolean): Content {
  if (board.places === null || searching) return null
  const other = asked.view === 'map' ? 'list' : 'map'
  return html`<p>
    <a class="ds-link" href="${deskHref({ ...asked, view: other }, { after: asked.after })}">${view.t(`reports.triage.view.${other}`)}</a>
  </p>`
}

function found(view: View, board: Board, page: ListPage, typed: FormBody): Html {
  const chosen = new Set([typed['report'] ?? []].flat())
  const { t } = view
  const { asked, lines } = page
  const map =
    asked.view === 'map' && board.places
      ? mapView(view, {
          places: board.places,
          label: t('reports.triage.map', { n: lines.length }),
          ...lookOn(lines),
          list: 'desk',
          markers: lines.map(({ report }) => ({ lat: report.lat, long: report.long })),
        })
      : null
  const table = dataTable({
    caption: t('reports.triage.caption'),
    captionHidden: true,
    queue: true,
    head: [
      t('reports.triage.col.reference'),
      t('reports.triage.col.what'),
      t('reports.triage.col.where'),
      t('reports.triage.col.state'),
      t('reports.triage.col.who'),
      t('reports.triage.col.due'),
      t('reports.triage.col.came'),
      t('reports.triage.col.choose'),
    ],
    rows: lines.map((line) => row(view, board, line, chosen.has(line.report.id))),
  })
  return html`${map}
    <form method="post" action="/officer/reports/bulk" id="bulk" novalidate>
      ${hiddenInputs(fieldsOf(asked))}
      <div id="desk">${table}</div>
      ${bulkForms(view, board, page.staff, typed)}
    </form>`
}

/** The part of the map that holds these reports: as near as all of them are in view. */
function lookOn(lines: readonly DeskLine[]): { look?: Look } {
  if (lines.length === 0) return {}
  const sides = (values: readonly number[]): [middle: number, width: number] => {
    const [least, most] = [Math.min(...values), Math.max(...values)]
    return [(least + most) / 2, Math.max(most - least, 0.0005)]
  }
  const [long, wide] = sides(lines.map(({ report }) => report.long))
  const [lat, high] = sides(lines.map(({ report }) => report.lat))
  // a picture of 640 by 400 pixels with a margin; the world is 256 pixels wide at zoom 0
  const fits = Math.min(560 / wide, (330 * Math.cos((lat * Math.PI) / 180)) / high)
  return { look: { lat, long, zoom: Math.min(17, Math.max(10, Math.floor(Math.log2((fits * 360) / 256)))) } }
}

function row(view: View, board: Board, line: DeskLine, chosen: boolean): Content[] {
  const { t } = view
  const { report } = line
  const label = t('reports.triage.choose_one', { reference: report.reference })
  const dot = { 'data-lat': report.lat, 'data-long': report.long, 'data-map-id': report.id, 'data-tone': toneOf(line) }
  return [
    element('a', { class: 'ds-link', href: sortHref(report.id), ...dot }, html`<bdi>${report.reference}</bdi>`),
    html`<strong>${categoryWords(view, board, report.category)}</strong>
      <div class="st-triage-words" dir="auto">${shortened(report.text)}</div>
      ${marks(view, line)}`,
    html`<bdi>${report.address ?? ''}</bdi>
      <div class="st-meta">${districtName(view, board, report.district)}</div>`,
    tag(stateWords(view, report), stateTone(report)),
    html`${report.crew === null ? html`<span class="st-meta">${t('reports.triage.no_crew')}</span>` : crewName(view, board, report.crew)}
    ${line.officerName === null ? null : html`<div class="st-meta"><bdi>${line.officerName}</bdi></div>`}`,
    due(view, line),
    instant(view, report.opened_at),
    element('input', { class: 'ds-input', type: 'checkbox', name: 'report', value: report.id, checked: chosen, 'aria-label': label }),
  ]
}

function toneOf({ report, daysLeft }: DeskLine): string {
  if (report.state === 'closed') return 'success'
  return daysLeft !== null && daysLeft < 0 ? 'danger' : report.state === 'checking' ? 'info' : 'warning'
}

/** What of a report waits for an officer, besides its state. */
function marks(view: View, { report, unchecked, questioned }: DeskLine): Content {
  const { t } = view
  const shown = [
    report.urgent && report.state !== 'closed' ? tag(t('reports.triage.mark.urgent'), 'danger') : null,
    report.hidden ? tag(t('reports.triage.mark.hidden'), 'warning') : null,
    questioned ? tag(t('reports.triage.mark.questioned'), 'warning') : null,
    report.masked ? tag(t('reports.triage.mark.masked'), 'neutral') : null,
    unchecked > 0 ? tag(t('reports.triage.mark.photos', { n: unchecked }), 'info') : null,
    report.reopened > 0 ? tag(t('reports.triage.mark.reopened', { n: report.reopened }), 'warning') : null,
  ].filter((each) => each !== null)
  return shown.length === 0 ? null : html`<div class="st-triage-marks">${shown}</div>`
}

const SHORT = 140

function shortened(text: string): string {
  const symbols = [...text]
  return symbols.length <= SHORT ? text : `${symbols.slice(0, SHORT).join('').trimEnd()}…`
}
