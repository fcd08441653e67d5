import { html, type Content, type Html } from '../html.ts'
import { element } from './element.ts'
import { fieldset } from './field.ts'

/** A date typed as three numbers, each as the reader typed it. */
export type DateParts = { day: string; month: string; year: string }

/** A day in three inputs named `<name>-day`, `<name>-month`, `<name>-year`; the first has the field's id. */
export function dateField(o: {
  id: string
  name: string
  label: Content
  labels: { day: Content; month: Content; year: Content }
  value: DateParts
  hint?: Content
  error?: Content
  heading?: boolean
  /** `bday` for the reader's own date of birth. */
  autocomplete?: 'bday'
}): Html {
  const part = (name: keyof DateParts, id: string): Html => {
    const input = element('input', {
      class: `ds-input st-width-${name === 'year' ? 's' : 'xs'}`,
      type: 'text',
      id,
      name: `${o.name}-${name}`,
      value: o.value[name],
      inputmode: name === 'month' ? null : 'numeric',
      dir: 'auto',
      autocomplete: o.autocomplete ? `${o.autocomplete}-${name}` : 'off',
      'aria-invalid': o.error ? 'true' : null,
    })
    return html`<div class="ds-field"><label class="ds-label" for="${id}">${o.labels[name]}</label>${input}</div>`
  }
  const body = html`<div class="st-date">${part('day', o.id)}${part('month', `${o.id}-month`)}${part('year', `${o.id}-year`)}</div>`
  return fieldset({ id: o.id, legend: o.label, hint: o.hint, error: o.error, heading: o.heading, role: 'group' }, body)
}
