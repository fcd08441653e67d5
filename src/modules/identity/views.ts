import { button, errorSummary, hiddenInputs, html, type Html, textField, type View } from '../../ui/index.ts'

/** One field of a short form. */
export type Field = {
  readonly name: string
  readonly label: string
  readonly type: 'text' | 'email' | 'password'
  readonly autocomplete: string
  readonly value?: string
  readonly hint?: string
}

/** What is wrong, by field. */
export type FormErrors = Readonly<Record<string, string>>

/** A short form on a page of its own, posting to its own address. */
export function formPage(
  view: View,
  form: {
    title: string
    lead?: string
    fields: readonly Field[]
    submit: string
    links?: ReadonlyArray<{ href: string; text: string }>
    hidden?: Readonly<Record<string, string>>
  },
  errors: FormErrors,
): Html {
  return html` ${errorSummary(
    view,
    Object.entries(errors).map(([field, text]) => ({ href: `#${field}`, text })),
  )}
    <h1>${form.title}</h1>
    ${form.lead ? html`<p class="st-lead">${form.lead}</p>` : null}
    <form method="post" novalidate class="st-form" action="${view.path}">
      ${hiddenInputs(form.hidden ?? {})}
      ${form.fields.map((field) =>
        textField({
          id: field.name,
          name: field.name,
          label: field.label,
          hint: field.hint,
          error: errors[field.name],
          type: field.type,
          autocomplete: field.autocomplete,
          value: field.value ?? '',
          spellcheck: false,
        }),
      )}
      ${button(form.submit)}
    </form>
    ${
      form.links
        ? html`<ul class="st-links">
            ${form.links.map((link) => html`<li><a class="ds-link" href="${link.href}">${link.text}</a></li>`)}
          </ul>`
        : null
    }`
}
