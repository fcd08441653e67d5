import { html, type Content, type Html } from '../html.ts'
import type { View } from '../view.ts'
import { icon } from './icon.ts'
import { element, type Attributes } from './element.ts'

/** What every field has. */
export type FieldBase = {
  id: string
  name: string
  label: Content
  hint?: Content
  error?: Content
  /** The label is the page's only heading. */
  heading?: boolean
}

/** A line of text. */
export type TextFieldOptions = FieldBase & {
  value?: string | number | null
  type?: 'text' | 'email' | 'tel' | 'search' | 'password' | 'url'
  autocomplete?: string
  inputmode?: 'text' | 'numeric' | 'decimal' | 'tel' | 'email' | 'url' | 'search'
  maxlength?: number
  spellcheck?: boolean
  /** `auto` follows what is typed; `ltr` for numbers, e-mail and codes. */
  dir?: 'auto' | 'ltr'
  /** Drawn before or after the input, such as a currency; say it in the label or hint too. */
  prefix?: Content
  suffix?: Content
  width?: 'xs' | 's' | 'm' | 'full'
  required?: boolean
  attributes?: Attributes
}

/** A choice. */
export type Choice = { value: string; label: Content; hint?: Content; disabled?: boolean }

/** A one-line text field. */
export function textField(o: TextFieldOptions): Html {
  const input = element('input', {
    class: `ds-input st-width-${o.width ?? 'full'}`,
    id: o.id,
    name: o.name,
    type: o.type ?? 'text',
    value: o.value ?? '',
    dir: o.dir ?? 'auto',
    autocomplete: o.autocomplete ?? (o.type === 'password' ? null : 'off'),
    inputmode: o.inputmode,
    maxlength: o.maxlength,
    spellcheck: o.spellcheck === undefined ? null : String(o.spellcheck),
    'aria-required': o.required ? 'true' : null,
    ...described(o),
    ...o.attributes,
  })
  const affixed = o.prefix || o.suffix
  const affix = (text: Content): Content => (text ? html`<span class="st-affix" aria-hidden="true">${text}</span>` : null)
  return field(o, affixed ? html`<div class="st-affixed">${affix(o.prefix)}${input}${affix(o.suffix)}</div>` : input)
}

/** Several lines of text. */
export function textArea(
  o: FieldBase & { value?: string | null; rows?: number; maxlength?: number; required?: boolean; autocomplete?: string },
): Html {
  const attributes = {
    class: 'ds-input',
    id: o.id,
    name: o.name,
    rows: o.rows ?? 5,
    maxlength: o.maxlength,
    dir: 'auto',
    autocomplete: o.autocomplete,
    'aria-required': o.required ? 'true' : null,
    ...described(o),
  }
  // HTML drops one line break after the tag, so one is given to drop
  return field(o, element('textarea', attributes, `\n${o.value ?? ''}`))
}

/** A choice from a list; `empty` is the text of the choice that is none. */
export function selectField(
  o: FieldBase & { value?: string | null; options: readonly Choice[]; empty?: Content; required?: boolean; autocomplete?: string },
): Html {
  const options = o.options.map((choice) =>
    element('option', { value: choice.value, selected: choice.value === o.value, disabled: choice.disabled }, choice.label),
  )
  const none = o.empty === undefined ? null : element('option', { value: '' }, o.empty)
  const attributes = {
    class: 'ds-input',
    id: o.id,
    name: o.name,
    autocomplete: o.autocomplete,
    'aria-required': o.required ? 'true' : null,
    ...described(o),
  }
  return field(o, element('select', attributes, [none, options]))
}

/** One choice of a few; the first has the field's id, so that an error link reaches it. */
export function radios(o: FieldBase & { value?: string | null; options: readonly Choice[]; inline?: boolean }): Html {
  return group(o, 'radio', o.options, (choice) => choice.value === o.value, o.inline)
}

/** Any number of choices; the first has the field's id. */
export function checkboxes(o: FieldBase & { value?: readonly string[] | null; options: readonly Choice[] }): Html {
  return group(o, 'checkbox', o.options, (choice) => o.value?.includes(choice.value) ?? false, false)
}

/** What a field for photos asks for: a phone gives its own formats, such as HEIC, as one of these. */
export const PICTURES = 'image/jpeg,image/png,image/webp'

/** A file from the reader's device; `maxBytes` lets the script refuse before the upload. */
export function fileField(o: FieldBase & { accept?: string; multiple?: boolean; maxBytes?: number; tooLarge?: string }): Html {
  const attributes = {
    class: 'ds-input st-file',
    type: 'file',
    id: o.id,
    name: o.name,
    accept: o.accept,
    multiple: o.multiple,
    'data-max-bytes': o.maxBytes,
    'data-too-large': o.tooLarge,
    ...described(o),
  }
  return field(o, element('input', attributes))
}

/** Fields that belong together under one legend. */
export function fieldset(
  o: { id?: string; legend: Content; hint?: Content; error?: Content; heading?: boolean; role?: string },
  body: Content,
): Html {
  const id = o.id ?? 'group'
  const attributes = {
    class: `ds-fieldset st-field${o.error ? ' st-invalid' : ''}`,
    role: o.role,
    'aria-describedby': described({ id, ...o })['aria-describedby'],
  }
  return element('fieldset', attributes, [
    html`<legend class="ds-label">${o.heading ? html`<h1>${o.legend}</h1>` : o.legend}</legend>`,
    hintAndError({ id, ...o }),
    body,
  ])
}

/** Values that travel with the form unseen. */
export function hiddenInputs(record: Readonly<Record<string, string | number | null | undefined>>): Html {
  const shown = Object.entries(record).filter(([, value]) => value !== null && value !== undefined)
  return html`${shown.map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}" />`)}`
}

/** A search of one field, as a landmark. */
export function searchBox(
  view: View,
  o: {
    action: string
    name: string
    value: string
    label: Content
    id?: string
    hidden?: Readonly<Record<string, string>>
    /** `post` keeps what is searched for out of addresses and logs. */
    method?: 'get' | 'post'
  },
): Html {
  const id = o.id ?? 'search'
  return html`<search>
    <form class="st-search" action="${o.action}" method="${o.method ?? 'get'}">
      ${hiddenInputs(o.hidden ?? {})}
      <label class="ds-label" for="${id}">${o.label}</label>
      <div>
        <input class="ds-input" type="search" id="${id}" name="${o.name}" value="${o.value}" dir="auto" autocomplete="off" data-search />
        <button class="ds-button" type="submit">${icon('search')}${view.t('ui.search')}</button>
      </div>
    </form>
  </search>`
}

/** The attributes that tie a control to its hint and error. */
export function described(o: { id: string; hint?: Content; error?: Content }): Attributes {
  const ids = [o.hint ? `${o.id}-hint` : '', o.error ? `${o.id}-error` : ''].filter(Boolean).join(' ')
  return { 'aria-describedby': ids || null, 'aria-invalid': o.error ? 'true' : null }
}

function field(o: FieldBase, control: Content): Html {
  const label = html`<label class="ds-label" for="${o.id}">${o.label}</label>`
  return html`<div class="${o.error ? 'ds-field st-field st-invalid' : 'ds-field st-field'}">
    ${o.heading ? html`<h1 class="st-label-heading">${label}</h1>` : label} ${hintAndError(o)}${control}
  </div>`
}

function hintAndError(o: { id: string; hint?: Content; error?: Content }): Content {
  return [
    o.hint && html`<div class="st-hint" id="${o.id}-hint">${o.hint}</div>`,
    o.error && html`<p class="st-error" id="${o.id}-error">${icon('alert')}<span>${o.error}</span></p>`,
  ]
}

function group(
  o: FieldBase,
  type: 'radio' | 'checkbox',
  options: readonly Choice[],
  chosen: (choice: Choice) => boolean,
  inline?: boolean,
): Html {
  const rows = options.map((choice, i) => {
    const id = i === 0 ? o.id : `${o.id}-${i + 1}`
    const input = element('input', {
      class: 'ds-input',
      type,
      id,
      name: o.name,
      value: choice.value,
      checked: chosen(choice),
      disabled: choice.disabled,
      'aria-describedby': choice.hint ? `${id}-option` : null,
      'aria-invalid': o.error ? 'true' : null,
    })
    const hint = choice.hint ? html`<div class="st-hint" id="${id}-option">${choice.hint}</div>` : null
    return html`<div class="ds-field">${input}<label for="${id}">${choice.label}</label>${hint}</div>`
  })
  const body = html`<div class="${inline ? 'st-options st-inline' : 'st-options'}">${rows}</div>`
  return fieldset(
    { id: o.id, legend: o.label, hint: o.hint, error: o.error, heading: o.heading, role: type === 'radio' ? 'radiogroup' : undefined },
    body,
  )
}
