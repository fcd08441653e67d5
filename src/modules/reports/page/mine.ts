import { type Content, dataTable, html, instant, type View } from '../../../ui/index.ts'
import type { Actor } from '../../access/index.ts'
import { followedBy } from '../followers/store.ts'
import type { Board } from '../service/index.ts'
import { reportsById } from '../store.ts'
import { reportPath } from './paths.ts'
import { categoryWords, stateWords } from './views/words.ts'

/** The most reports that are listed, the newest. */
const MOST = 50

/** The reports that a person sent or joined, for the page of their applications; nothing when there are none. */
export async function reportsPanel(board: Board, actor: Actor, view: View): Promise<Content> {
  if (actor.personId === null || actor.acting !== null) return null
  const followed = (await followedBy(board.platform.db, actor.personId)).slice(0, MOST)
  const sent = new Set(followed.filter(({ kind }) => kind === 'reporter').map((each) => each.report_id))
  const all = await reportsById(
    board.platform.db,
    followed.map((each) => each.report_id),
  )
  // a hidden report is still its reporter's own, and nobody else's
  const found = all.filter((report) => !report.hidden || sent.has(report.id))
  if (found.length === 0) return null
  const { t } = view
  const rows = found
    .toSorted((a, b) => b.opened_at.getTime() - a.opened_at.getTime())
    .map((report) => [
      html`<a class="ds-link" href="${reportPath(report)}">${categoryWords(view, board, report.category)} <bdi>${report.reference}</bdi></a>`,
      stateWords(view, report),
      instant(view, report.opened_at),
    ])
  // no landmark of its own: its table is one, and has the same name
  return html`<div class="st-flow">
    <h2>${t('reports.my.title')}</h2>
    ${dataTable({ caption: t('reports.my.title'), captionHidden: true, head: [t('reports.my.report'), t('reports.my.state'), t('reports.my.sent')], rows, id: 'reports-table' })}
  </div>`
}
