import { type Content, dataTable, day, html, type View, words } from '../../ui/index.ts'
import type { Actor } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { draftsOf } from './service.ts'

/** The drafts of a person, for the page of its applications; nothing when there are none. */
export async function draftsPanel(house: House, actor: Actor, view: View): Promise<Content> {
  const drafts = await draftsOf(house.platform, actor)
  if (drafts.length === 0) return null
  const rows = await Promise.all(
    drafts.map(async (draft) => {
      const service = await house.catalogue.version(house.platform, draft.service_id, draft.version)
      return [html`<a class="ds-link" href="/apply/${draft.id}">${words(view, service.definition.title)}</a>`, day(view, draft.expires_on)]
    }),
  )
  // no landmark of its own: its table is one, and has the same name
  return html`<div class="st-flow">
    <h2>${view.t('journeys.drafts.title')}</h2>
    ${dataTable({ caption: view.t('journeys.drafts.title'), captionHidden: true, head: [view.t('journeys.drafts.service'), view.t('journeys.later.until')], rows, id: 'drafts-table' })}
  </div>`
}
