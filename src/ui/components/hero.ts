import { html, type Content, type Html } from '../html.ts'

/** The opening of a front page: the heading, a sentence and what to do first. */
export function hero(o: { title: Content; text: Content; body?: Content }): Html {
  return html`<div class="st-hero">
    <h1>${o.title}</h1>
    <p class="st-lead">${o.text}</p>
    ${o.body}
  </div>`
}
