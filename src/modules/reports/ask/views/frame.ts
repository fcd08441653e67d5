import { html, type Html, type View } from '../../../../ui/index.ts'

/** The id of the form on each page; the language buttons post it. */
export const FORM = 'report-form'

/** How many pages everybody comes by: where, what, describe, send. */
const STEPS = 4

/** Where the writer is among the pages. */
export function stepLine(view: View, n: number): Html {
  return html`<p class="st-caption">${view.t('reports.ask.step', { n, of: STEPS })}</p>`
}

/** A number for telephones, as a link that dials it. */
export function dial(number: string): Html {
  return html`<a class="ds-link" href="${`tel:${number.replaceAll(/[^+\d]/g, '')}`}"><bdi>${number}</bdi></a>`
}
