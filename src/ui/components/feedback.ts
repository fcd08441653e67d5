import { html, type Content, type Html } from '../html.ts'
import type { View } from '../view.ts'
import { icon } from './icon.ts'

/** What a coloured thing says besides its words. */
export type Tone = 'neutral' | 'info' | 'success' | 'warning' | 'danger'

/** The list of what is wrong, first in `main`; it takes the focus and each line leads to its field. Nothing without errors. */
export function errorSummary(view: View, errors: ReadonlyArray<{ href: string; text: Content }>): Content {
  if (errors.length === 0) return null
  return html`<div class="ds-error-summary st-error-summary" role="alert" tabindex="-1" data-focus aria-labelledby="error-summary-title">
    <h2 id="error-summary-title">${view.t('ui.error_summary')}</h2>
    <ul>
      ${errors.map((error) => html`<li><a href="${error.href}">${error.text}</a></li>`)}
    </ul>
  </div>`
}

/** A message in the page; its tone is also its icon, so colour is never alone. */
export function alert(tone: 'info' | 'success' | 'warning' | 'danger', title: Content | null, body: Content): Html {
  return html`<div class="ds-alert" data-color="${tone}">
    ${title ? html`<h2 class="st-alert-title">${title}</h2>` : null}
    <div class="st-flow">${body}</div>
  </div>`
}

/** A short state in words, such as "Paid". */
export function tag(text: Content, tone: Tone): Html {
  return html`<span class="ds-tag" data-color="${tone}" data-variant="outline">${text}</span>`
}

/** The confirmation after something was sent, with its reference large and selectable. */
export function panel(o: { title: Content; reference?: Content; body: Content }): Html {
  return html`<section class="st-panel" data-color="success" aria-labelledby="panel-title">
    <span class="st-panel-icon">${icon('check')}</span>
    <h1 id="panel-title">${o.title}</h1>
    ${o.reference ? html`<p class="st-reference"><bdi>${o.reference}</bdi></p>` : null}
    <div class="st-flow">${o.body}</div>
  </section>`
}
