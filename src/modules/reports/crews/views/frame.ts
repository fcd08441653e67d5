import { element, html, type Html, layout, type View } from '../../../../ui/index.ts'
import { blankStop } from './slots.ts'
import { stopList } from './list.ts'
import { crewBox } from './outbox.ts'
import { stopFacts } from './stop.ts'
import { actForms, type FormParts } from './forms.ts'

/**
 * The page that stands in for the crew's pages without a connection, drawn for nobody: the same markup as theirs in
 * templates, which the script fills from what the device keeps sealed. All of it may lie in a cache.
 */
export function crewFrame(view: View, parts: Omit<FormParts, 'refused' | 'newId'>): Html {
  const { t } = view
  const nobody: View = { ...view, viewer: null, nav: [], rooms: [], sessionSeconds: null, acting: null, path: '/officer/crew', query: '' }
  const forms = { ...parts, refused: null, newId: () => '' }
  const main = html`<div class="st-flow" data-crew-page data-crew-frame>
      <div class="st-flow" data-locked hidden>
        <h1>${t('reports.crew.locked')}</h1>
        <p>${t('reports.crew.locked.text')}</p>
      </div>
      <div class="st-flow" data-view></div>
      ${crewBox(view, { who: null })}
      <div class="st-buttons" data-ways hidden>
        <a class="ds-link" href="/officer/crew" data-to-list>${t('reports.crew.to_list')}</a>
        <form method="post" action="/sign-out"><button class="ds-button" data-variant="secondary" type="submit">${t('ui.sign_out')}</button></form>
      </div>
    </div>
    <template id="frame-list"
      ><h1>${t('reports.crew.title')}</h1>
      <p class="st-meta"><span data-slot="crews"></span></p>
      <p class="st-lead"><span data-slot="kept"></span></p>
      ${stopList([blankStop])}</template
    >
    <template id="frame-stop">${stopFacts(view, blankStop)}${actForms(view, blankStop, forms)}</template>
    <template id="frame-none"><h1>${t('reports.crew.not_kept')}</h1></template>
    ${element('script', { type: 'module', src: view.assets.crew })}`
  return layout(nobody, { title: t('reports.crew.title'), main })
}
