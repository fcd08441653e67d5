import {
  button, type Content, dataTable, day, element, errorSummary, hiddenInputs, html, type Html, pagination, plainWords, searchBox, selectField, tag, type View, words,
} from '../../../ui/index.ts' // prettier-ignore
import { emergencyLink } from '../emergency/views.ts'
import { COUNT_LIMIT, type QueueLine, type QueuePage } from '../queue.ts'
import { type Queue, queueOrders, queues } from '../queues/store.ts'
import { NOBODY } from './forms.ts'
import { outcomeTag, stateText, urgencyTag, waitingText } from './words.ts'

type ListPage = Extract<QueuePage, { kind: 'list' }>

/** The address of a queue. */
export function queueHref(name: Queue, more: { service?: string | null; after?: string | null; sort?: string | null } = {}): string {
  const query = new URLSearchParams({ queue: name })
  if (more.service) query.set('service', more.service)
  if (more.sort) query.set('sort', more.sort)
  if (more.after) query.set('after', more.after)
  return `/officer?${query.toString()}`
}

/** Cases that were to be given and were not: why, and which rows were ticked. */
export type RefusedGiving = { readonly message: string; readonly chosen: ReadonlySet<string> }

/** An officer's queues: which there are, with how many cases; one of them as a table; giving cases to somebody. */
export function queuePageView(
  view: View,
  page: ListPage,
  services: ReadonlyArray<{ id: string; title: string }>,
  done: Content,
  refused: RefusedGiving | null,
): Html {
  const { t } = view
  const { request } = page
  const searching = request.search !== ''
  return html` ${refused ? errorSummary(view, [{ href: page.lines.length > 0 && mayGive(page) ? '#officer' : '#main', text: refused.message }]) : done}
    <h1>${searching ? t('cases.queue.found', { text: request.search }) : t(`cases.queue.${request.queue}`)}</h1>
    ${searchBox(view, { action: '/officer', name: 'q', value: request.search, label: t('cases.queue.search'), method: 'post', hidden: { queue: request.queue } })}
    ${queueList(view, page, searching)} ${searching ? null : filter(view, page, services)}
    ${page.lines.length === 0 ? html`<p>${t(searching ? 'cases.queue.nothing_found' : 'cases.queue.empty')}</p>` : lines(view, page, refused)}
    ${page.more ? html`<p class="st-meta">${t('cases.queue.more')}</p>` : null}
    ${page.emergency === null ? null : emergencyLink(view, page.emergency)}
    ${pagination(view, { next: page.next ? queueHref(request.queue, { service: request.service, sort: request.order, after: page.next }) : null })}
    <p class="st-meta">${t('cases.queue.keys')}</p>`
}

/** A count as it is shown: exact up to 1,000, then "1,000+". */
export function countText(view: View, count: number): string {
  const shown = view.t('ui.number', { n: Math.min(count, COUNT_LIMIT) })
  return count > COUNT_LIMIT ? `${shown}+` : shown
}

function queueList(view: View, page: ListPage, searching: boolean): Html {
  const items = queues.map((name) => {
    const count = page.counts.get(name)
    const shown = count === undefined ? null : html` <span class="st-count">${countText(view, count)}</span>`
    const current = !searching && name === page.request.queue
    return html`<li>
      ${element('a', { href: queueHref(name), 'aria-current': current ? 'page' : null }, [view.t(`cases.queue.${name}`), shown])}
    </li>`
  })
  return html`<nav class="st-nav st-queues" aria-label="${view.t('cases.queues')}">
    <ul>
      ${items}
    </ul>
  </nav>`
}

function filter(view: View, page: ListPage, services: ReadonlyArray<{ id: string; title: string }>): Content {
  const { t } = view
  return html`<form method="get" action="/officer" class="st-inline">
    ${hiddenInputs({ queue: page.request.queue })}
    ${selectField({
      id: 'service',
      name: 'service',
      label: t('cases.queue.service'),
      value: page.request.service ?? '',
      empty: t('cases.queue.all_services'),
      options: services.map((each) => ({ value: each.id, label: each.title })),
    })}
    ${selectField({
      id: 'sort',
      name: 'sort',
      label: t('cases.queue.sort'),
      value: page.request.order,
      options: queueOrders.map((each) => ({ value: each, label: t(`cases.queue.sort.${each}`) })),
    })}
    ${button(t('cases.queue.show'), { kind: 'secondary' })}
  </form>`
}

/** Whether the cases of a page may be given to somebody. */
function mayGive({ staff, request }: ListPage): boolean {
  return staff.length > 0 && request.queue !== 'closed'
}

function lines(view: View, page: ListPage, refused: RefusedGiving | null): Html {
  const { t } = view
  const { request } = page
  const assigns = mayGive(page)
  const head = [
    t('cases.reference'),
    t('cases.service'),
    t('cases.state'),
    t('cases.officer'),
    t('cases.deadline'),
    t('cases.days_left'),
    t('cases.waiting_for'),
  ]
  const table = dataTable({
    caption: t('cases.queue.caption'),
    captionHidden: true,
    queue: true,
    head: assigns ? [...head, t('cases.queue.choose')] : head,
    rows: page.lines.map((line) => (assigns ? [...row(view, line), choice(view, line, refused)] : row(view, line))),
    numeric: [5],
  })
  if (!assigns) return table
  return html`<form method="post" action="/officer/assign" id="assign-many">
    ${hiddenInputs({ queue: request.queue, service: request.service, sort: request.order, after: request.after, q: request.search })} ${table}
    ${selectField({
      id: 'officer',
      name: 'officer',
      label: t('cases.queue.give_to'),
      empty: t('cases.assign.choose'),
      error: refused?.message,
      options: [...page.staff.map((each) => ({ value: each.id, label: each.name })), { value: NOBODY, label: t('cases.assign.nobody') }],
    })}
    ${button(t('cases.queue.give'), { kind: 'secondary' })}
  </form>`
}

function row(view: View, line: QueueLine): Content[] {
  const { current, service } = line
  const { title } = service.definition
  return [
    html`<a class="ds-link" href="${`/officer/cases/${current.id}`}" title="${plainWords(view, title)}"
      ><bdi>${current.reference}</bdi></a
    >`,
    words(view, title),
    current.outcome ? outcomeTag(view, current.outcome) : stateText(view, service, current),
    line.officerName ? html`<bdi>${line.officerName}</bdi>` : html`<span class="st-meta">${view.t('cases.unassigned')}</span>`,
    current.deadline ? day(view, current.deadline) : html`<span class="st-meta">${view.t('cases.deadline.none')}</span>`,
    daysLeft(view, line),
    waitingText(view, service, current),
  ]
}

function daysLeft(view: View, line: QueueLine): Content {
  if (line.daysLeft === null) return null
  const mark = urgencyTag(view, line.service, line.current, line.daysLeft)
  if (line.daysLeft < 0) return html`${tag(view.t('cases.deadline.late', { n: -line.daysLeft }), 'danger')} ${mark}`
  const shown = view.t('ui.number', { n: line.daysLeft })
  return mark ? html`${shown} ${mark}` : shown
}

function choice(view: View, { current }: QueueLine, refused: RefusedGiving | null): Content {
  if (current.closed_at !== null) return null
  // with the revision of the row: what somebody else changed since is not overridden
  const value = `${current.id}~${current.revision}`
  const attributes = { class: 'ds-input', type: 'checkbox', name: 'case', value, checked: refused?.chosen.has(value) ?? false }
  return element('input', { ...attributes, 'aria-label': view.t('cases.queue.choose_one', { reference: current.reference }) })
}
