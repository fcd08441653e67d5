import {
  button,
  type ButtonKind,
  buttonRow,
  type Content,
  element,
  errorSummary,
  hiddenInputs,
  html,
  type Html,
  textArea,
  type View,
} from '../../../ui/index.ts'

/** A form that was refused: which one, what was typed in it, and why; shown again with all of it. */
export type Refused = {
  readonly form: string
  readonly text: string
  readonly message: string
  readonly choice?: string
  /** The id of the field that is to be mended, in a form without a text. */
  readonly field?: string
}

/** The id of the field for the files of a resident's answer. */
export const INFORMATION_FILES = 'information-files'

/** The value of an officer field that means: back to the queue, to nobody. */
export const NOBODY = 'nobody'

/** The id of a form's field for text. */
export function textId(form: string): string {
  return `${form}-text`
}

/** The error summary of a refused form. `shown` are the forms of the page: when it is not there any more, what was typed is kept below. */
export function refusedSummary(view: View, refused: Refused | null, shown: readonly string[]): Content {
  if (!refused) return null
  const here = shown.includes(refused.form)
  const elsewhere = refused.text === '' ? '#main' : '#kept'
  const href = here ? `#${refused.field ?? textId(refused.form)}` : elsewhere
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
  /** Fields below the text, such as one for files. */
  after?: Content
  /** Whether files come with it. */
  multipart?: boolean
  refused: Refused | null
}): Html {
  const mine = o.refused?.form === o.form ? o.refused : null
  const attributes = {
    method: 'post',
    novalidate: true,
    class: 'st-form',
    id: o.form,
    action: o.action,
    enctype: o.multipart ? 'multipart/form-data' : null,
  }
  const body = html`${hiddenInputs(o.hidden ?? {})} ${o.before}
    ${textArea({
      id: textId(o.form),
      name: 'text',
      label: o.label,
      hint: o.hint,
      error: mine?.field ? undefined : mine?.message,
      value: mine?.text ?? '',
      rows: o.rows ?? 4,
    })}
    ${o.after} ${buttonRow(button(o.submit, { kind: o.kind ?? 'secondary' }), o.more)}`
  return element('form', attributes, body)
}
