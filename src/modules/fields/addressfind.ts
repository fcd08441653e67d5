import { button, element, hiddenInputs, html, type Html, radios, textField, type View, words } from '../../ui/index.ts'
import type { Question, RowQuestion } from '../servicefile/index.ts'

/** An address that can be offered. */
export type OfferedAddress = { readonly id: string; readonly line1: string; readonly town: string; readonly postcode: string }

/** The address search of a question: what was asked for and what was found; `typed` is null before the first search. */
export type AddressFind = {
  readonly typed: string | null
  readonly found: readonly OfferedAddress[]
  /** The reader asked to use an address without choosing one. */
  readonly unchosen: boolean
}

/** How much of a search is read. */
export const FIND_LENGTH = 200

/** The search above the fields of an address. It posts the page's form, so that it needs no script and nothing typed gets into an address bar. */
export function addressSearch(view: View, question: Question | RowQuestion, base: { id: string; name: string }, find: AddressFind): Html {
  const about = words(view, question.label)
  return html`<div class="st-find">
    ${textField({
      id: `${base.id}-find`,
      name: `${base.name}-find`,
      label: view.t('ui.field.find.label'),
      hint: view.t('ui.field.find.hint'),
      value: find.typed,
      maxlength: FIND_LENGTH,
      inputmode: 'search',
      spellcheck: false,
    })}
    ${button(view.t('ui.field.find.search'), { kind: 'secondary', name: '_find_address', value: question.id, novalidate: true, about })}
    ${find.typed === null ? null : results(view, question, base, find, find.typed)}
  </div>`
}

function results(view: View, question: Question | RowQuestion, base: { id: string; name: string }, find: AddressFind, typed: string): Html {
  const n = find.found.length
  const said = n > 0 ? view.t('ui.field.find.count', { n }) : typed === '' ? view.t('ui.field.find.empty') : view.t('ui.field.find.none')
  // the page is new, so a status alone may go unheard: the focus goes there too, unless something is wrong
  const status = element('p', { role: 'status', id: `${base.id}-found`, tabindex: -1, autofocus: !find.unchosen }, said)
  const asked = hiddenInputs({ [`${base.name}-found`]: typed })
  if (n === 0) return html`${status}${asked}`
  return html`${status}${asked}
  ${radios({
    id: `${base.id}-chosen`,
    name: `${base.name}-chosen`,
    label: view.t('ui.field.find.choose'),
    error: find.unchosen ? view.t('ui.field.find.unchosen') : undefined,
    options: find.found.map(({ id, line1, town, postcode }) => ({
      value: id,
      label: html`<bdi>${line1}, ${town}, ${postcode}</bdi>`,
    })),
  })}
  ${button(view.t('ui.field.find.use'), {
    kind: 'secondary',
    name: '_choose_address',
    value: question.id,
    novalidate: true,
    about: words(view, question.label),
  })}`
}
