import { type Content, day, html, plainWords, tag, type View, words } from '../../../../ui/index.ts'
import type { Board } from '../../service/index.ts'
import type { DeskLine } from '../desk.ts'

/** The address of a report on the officers' side. */
export function sortHref(id: string, part = ''): string {
  return `/officer/reports/${id}${part}`
}

/** The name of a group, for the choice of a category. */
export function groupedCategories(view: View, board: Board): Array<{ value: string; label: string }> {
  const groups = new Map(board.categories.groups.map((group) => [group.id, plainWords(view, group.name)]))
  return board.categories.list
    .filter((each) => each.active)
    .map((each) => ({
      value: each.id,
      label: [groups.get(each.group), plainWords(view, each.name)].filter((part) => part !== undefined).join(': '),
    }))
}

/** The crews and desks to which a report can be given. */
export function targets(view: View, board: Board): Array<{ value: string; label: string }> {
  const { agencies } = view.city
  const name = (id: string): string => {
    const agency = agencies.find((each) => each.id === id)
    return agency ? plainWords(view, agency.name) : id
  }
  return [
    ...board.categories.crews.map((crew) => ({ value: `crew:${crew.id}`, label: `${plainWords(view, crew.name)} (${name(crew.agency)})` })),
    ...agencies.map((agency) => ({ value: `desk:${agency.id}`, label: view.t('reports.triage.desk_of', { agency: name(agency.id) }) })),
  ]
}

/** The name of an authority in a choice. */
export function authorityName(view: View, board: Board, id: string): Content {
  const authority = board.categories.authority(id)
  return authority ? words(view, authority.name) : html`<bdi>${id}</bdi>`
}

/** The due day of a report and how near it is. */
export function due(view: View, { report, daysLeft }: Pick<DeskLine, 'report' | 'daysLeft'>): Content {
  const { t } = view
  if (report.due_on === null) return html`<span class="st-meta">${t('reports.triage.due.none')}</span>`
  if (daysLeft === null) return day(view, report.due_on)
  if (daysLeft < 0) return html`${day(view, report.due_on)} ${tag(t('reports.triage.due.late', { n: -daysLeft }), 'danger')}`
  return html`${day(view, report.due_on)} ${daysLeft <= 2 ? tag(t('reports.triage.due.left', { n: daysLeft }), 'warning') : null}`
}
