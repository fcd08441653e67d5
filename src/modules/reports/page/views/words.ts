import { type Content, html, plainWords, type Tone, type View, words } from '../../../../ui/index.ts'
import type { Board } from '../../service/index.ts'
import { type Report, standing } from '../../report.ts'

/** Where a report stands, in a few plain words: "Fixed, being checked", never just "closed". */
export function stateWords({ t }: View, report: Report): string {
  const now = standing(report)
  if (now.state === 'checking') return t('reports.page.state.checking')
  if (now.state !== 'closed') return t(`reports.page.state.${now.state}`)
  return now.confirmed === null ? t(`reports.page.outcome.${now.closure.outcome}`) : t(`reports.page.confirmed.${now.confirmed}`)
}

/** What that means and what comes next, in a sentence. */
export function stateMeaning({ t }: View, report: Report): string {
  const now = standing(report)
  if (now.state === 'checking') return t('reports.page.means.checking')
  if (now.state !== 'closed')
    return t(report.reopened > 0 && now.state === 'assigned' ? 'reports.page.means.reopened' : `reports.page.means.${now.state}`)
  return t(`reports.page.means.${now.closure.outcome}`)
}

/** The colour of a state; the words say it too. */
export function stateTone(report: Report): Tone {
  if (report.state === 'checking') return 'info'
  if (report.state !== 'closed') return report.state === 'received' ? 'neutral' : 'warning'
  return report.outcome === 'fixed' ? 'success' : 'neutral'
}

/** The name of an agency; its id when the city has it no more. */
export function agencyName(view: View, id: string): Content {
  const agency = view.city.agencies.find((each) => each.id === id)
  return agency ? words(view, agency.name) : html`<bdi>${id}</bdi>`
}

/** The name of a crew; its id when the city has it no more. */
export function crewName(view: View, board: Board, id: string): Content {
  const crew = board.categories.crew(id)
  return crew ? words(view, crew.name) : html`<bdi>${id}</bdi>`
}

/** The name of a category; its id when the city has it no more. */
export function categoryWords(view: View, board: Board, id: string): Content {
  const category = board.categories.byId(id)
  return category ? words(view, category.name) : html`<bdi>${id}</bdi>`
}

/** The name of a district; nothing when it is not known. */
export function districtName(view: View, board: Board, id: string | null): Content {
  const district = board.places?.districts.find((each) => each.id === id)
  return district ? words(view, district.name) : null
}

/** The name of a category as plain text, for titles. */
export function plainCategory(view: View, board: Board, id: string): string {
  const category = board.categories.byId(id)
  return category ? plainWords(view, category.name) : id
}
