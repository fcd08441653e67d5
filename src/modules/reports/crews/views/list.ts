import { alert, button, type Content, element, hiddenInputs, html, type Html, linkButton, type View } from '../../../../ui/index.ts'
import { mapView, type Places } from '../../../places/index.ts'
import type { Run, RunOrder } from '../read.ts'
import { distanceText, type Stop } from '../stop.ts'
import { crewBox } from './outbox.ts'
import { slot, slotTag } from './slots.ts'

/** What a list is shown with. */
export type ListParts = {
  readonly order: RunOrder
  /** Whether it begins where the reader is. */
  readonly here: boolean
  readonly who: string
  readonly places: Places | null
  readonly staffs: boolean
  readonly done: Content
}

/** Today's list of somebody's crews. */
export function listPage(view: View, run: Run, parts: ListParts): Html {
  const { t } = view
  return html`<div class="st-flow" data-crew-page>
      ${parts.done}
      <h1>${t('reports.crew.title')}</h1>
      <p class="st-meta">${run.crews.map((crew, at) => [at > 0 && ' · ', crew.name])}</p>
      ${counts(view, run, parts.order)} ${crewBox(view, { who: parts.who })}
      ${run.stops.length === 0 ? html`<p>${t('reports.crew.empty')}</p>` : stopList(run.stops)}
      ${run.waiting > 0 ? html`<p>${t('reports.crew.waiting', { n: run.waiting })}</p>` : null}
      ${run.stops.length === 0 ? null : orders(view, parts)} ${map(view, run, parts.places)}
      ${parts.staffs ? html`<p><a class="ds-link" href="/officer/crew/members">${t('reports.crew.members')}</a></p>` : null}
    </div>
    <script type="module" src="${view.assets.crew}"></script>`
}

/** How many there are, first of all how many are overdue. */
function counts(view: View, run: Run, order: RunOrder): Content {
  const { t } = view
  if (run.stops.length === 0) return null
  const way = order === 'route' && run.metres >= 10 ? t('reports.crew.way', { distance: distanceText(view, run.metres) }) : null
  return html`<p class="st-lead">
    ${t('reports.crew.count', { n: run.stops.length })}
    ${run.overdue > 0 ? html` <strong class="st-overdue">${t('reports.crew.count_overdue', { n: run.overdue })}</strong>` : null} ${way}
  </p>`
}

/** The stops in their order. */
export function stopList(stops: readonly Stop[]): Html {
  return html`<ol class="st-run" id="run" data-list="stops">
    ${stops.map(stopItem)}
  </ol>`
}

function stopItem(stop: Stop): Html {
  const body = html`<span class="st-run-number" aria-hidden="true">${slot('number', stop.number)}</span>
    <div>
      ${element('a', { class: 'ds-link', href: stop.href, 'data-slot-href': 'href' }, slot('category', stop.category))}
      <p>${slot('address', stop.address, 'bdi')}</p>
      <p class="st-run-facts">
        ${slotTag('urgent', stop.urgent, 'danger')} ${slotTag('overdue', stop.overdue, 'danger')} ${slot('due', stop.due)}
        ${slotTag('begun', stop.begun, 'info')} ${slotTag('reopened', stop.reopened, 'warning')} ${slot('distance', stop.distance, 'span', { class: 'st-meta' })}
      </p>
    </div>`
  return element('li', { 'data-lat': stop.lat, 'data-long': stop.long, 'data-stop': stop.reference, 'data-slot-stop': 'reference' }, body)
}

/** Other orders: from where the reader is (a script asks the device), and by the day things are due. */
function orders(view: View, { order, here }: ListParts): Html {
  const { t } = view
  return html`<div class="st-buttons">
    <form method="post" action="/officer/crew" data-crew-here hidden>
      ${hiddenInputs({ lat: '', long: '' })} ${button(t(here ? 'reports.crew.from_here_again' : 'reports.crew.from_here'), { kind: 'secondary' })}
      <p class="st-error" role="status" data-text="${t('reports.crew.no_position')}"></p>
    </form>
    ${
      order === 'route'
        ? linkButton('/officer/crew?order=due', t('reports.crew.by_due'), { kind: 'secondary' })
        : linkButton('/officer/crew', t('reports.crew.by_route'), { kind: 'secondary' })
    }
  </div>`
}

function map(view: View, run: Run, places: Places | null): Content {
  if (places === null || run.stops.length === 0) return null
  const markers = run.stops.map((stop) => ({ lat: Number(stop.lat), long: Number(stop.long) }))
  return html`<h2>${view.t('reports.crew.on_map')}</h2>
    ${mapView(view, { places, label: view.t('reports.crew.on_map'), list: 'run', markers })}`
}

/** The page of somebody who goes out with no crew. */
export function noCrewPage(view: View, staffs: boolean): Html {
  const { t } = view
  return html`<h1>${t('reports.crew.title')}</h1>
    <p>${t('reports.crew.none')}</p>
    ${staffs ? html`<p><a class="ds-link" href="/officer/crew/members">${t('reports.crew.members')}</a></p>` : null}`
}

/** What was just done, said on the list. */
export function doneText(view: View, done: string | null): Content {
  const known = ['started', 'done', 'cannot', 'other_crew', 'note'].find((each) => each === done)
  return known === undefined ? null : alert('success', null, html`<p role="status">${view.t(`reports.crew.did.${known}`)}</p>`)
}
