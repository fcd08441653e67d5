import { html, type Content, type Html } from '../html.ts'
import { element } from './element.ts'

/** How much a button asks for attention; one primary on a page. */
export type ButtonKind = 'primary' | 'secondary' | 'tertiary' | 'danger'

/** What a button sends, and where. */
export type ButtonOptions = {
  kind?: ButtonKind
  name?: string
  value?: string
  form?: string
  formaction?: string
  novalidate?: boolean
  id?: string
  /** Said after the label by screen readers only, such as what is removed. */
  about?: Content
}

/** A submit button. */
export function button(label: Content, o: ButtonOptions = {}): Html {
  const attributes = {
    type: 'submit',
    class: 'ds-button',
    id: o.id,
    name: o.name,
    value: o.value,
    form: o.form,
    formaction: o.formaction,
    formnovalidate: o.novalidate === true,
    ...look(o.kind ?? 'primary'),
  }
  return element('button', attributes, [label, o.about !== undefined && html`<span class="ds-sr-only"> ${o.about}</span>`])
}

/** A link drawn as a button, for a step that changes nothing by itself. */
export function linkButton(href: string, label: Content, o: { kind?: ButtonKind } = {}): Html {
  return element('a', { class: 'ds-button', href, ...look(o.kind ?? 'primary') }, label)
}

/** Buttons and links side by side, wrapping on small screens. */
export function buttonRow(...items: readonly Content[]): Html {
  return html`<div class="st-buttons">${items}</div>`
}

function look(kind: ButtonKind): Record<string, string> {
  if (kind === 'danger') return { 'data-color': 'danger' }
  return kind === 'primary' ? {} : { 'data-variant': kind }
}
