import {
  button,
  type ButtonKind,
  buttonRow,
  type Content,
  errorSummary,
  hiddenInputs,
  html,
  type Html,
  textArea,
  type View,
} from '../../../ui/index.ts'

/** A form that was refused: which one, what was typed in it, and why; shown again with all of it. */
export type Refused = { readonly form: string; readonly text: string; readonly message: string; readonly choice?: string }

/** The id of a form's field for text. */
export function textId(form: string): string {
  return `${form}-text`
}

/** The error summary of a refused form. `shown` are the forms of the page: when it is not there any more, what was typed is kept below. */
export function refusedSummary(view: View, refused: Refused | null, shown: readonly string[]): Content {
  if (!refused) return null
  const here = shown.includes(refused.form)
  const href = here ? `#${textId(refused.form)}` : refused.text === '' ? '#main' : '#kept'
  const summary = errorSummary(view, [{ href, text: refused.message }])
  if (here || refused.text === '') return summary
  return [
    summary,
    textArea({ id: 'kept', name: 'kept', label: view.t('cases.kept'), hint: view.t('cases.kept_hint'), value: refused.text }),
  ]
}

/** A form of one text, posting to its own address; keeps what was typed when it is refused. */
export function writeForm(o: {
  form: string
  action: string
  label: Content
  hint?: Content
  submit: Content
  kind?: ButtonKind
  hidden?: Readonly<Record<string, string | number>>
  before?: Content
  /** More buttons, beside the form's own. */
  more?: Content
  rows?: number
  refused: Refused | null
}): Html {
  const mine = o.refused?.form === o.form ? o.refused : null
  return html`<form method="post" novalidate class="st-form" id="${o.form}" action="${o.action}">
    ${hiddenInputs(o.hidden ?? {})} ${o.before}
    ${textArea({
      id: textId(o.form),
      name: 'text',
      label: o.label,
      hint: o.hint,
      error: mine?.message,
      value: mine?.text ?? '',
      rows: o.rows ?? 4,
    })}
    ${buttonRow(button(o.submit, { kind: o.kind ?? 'secondary' }), o.more)}
  </form>`
}
