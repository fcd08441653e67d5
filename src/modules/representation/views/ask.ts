import type { PlainDate } from '../../../kernel/time.ts'
import {
  button, checkboxes, dateField, type DateParts, day, errorSummary, html, type Html, plainWords, radios, textArea, textField, type View,
} from '../../../ui/index.ts' // prettier-ignore
import type { Catalogue } from '../../catalogue/index.ts'
import { mandateKinds } from '../mandate.ts'

/** What was typed to ask for a mandate. */
export type TypedAsk = {
  readonly kind: string
  readonly name: string
  readonly reach: string
  readonly email: string
  readonly code: string
  readonly scope: string
  readonly services: readonly string[]
  readonly until: DateParts
  readonly reason: string
}

/** What is wrong, by field. */
export type AskErrors = Readonly<Record<string, string>>

/** The page on which somebody asks to act for another. */
export function askPage(view: View, catalogue: Catalogue, typed: TypedAsk, errors: AskErrors, last: PlainDate): Html {
  const { t } = view
  const services = catalogue.offers.map(({ definition }) => ({ value: definition.id, label: plainWords(view, definition.title) }))
  const summary = Object.entries(errors).map(([field, text]) => ({ href: `#${field}`, text }))
  return html` ${errorSummary(view, summary)}
    <h1>${t('representation.ask')}</h1>
    <p class="st-lead">${t('representation.ask.lead')}</p>
    <form method="post" action="/my/mandates/ask" novalidate class="st-form">
      ${radios({
        id: 'kind',
        name: 'kind',
        label: t('representation.ask.kind'),
        error: errors['kind'],
        value: typed.kind,
        options: mandateKinds.map((value) => ({ value, label: t(`representation.kind.${value}`) })),
      })}
      ${textField({ id: 'name', name: 'name', label: t('representation.ask.name'), hint: t('representation.ask.name.hint'), error: errors['name'], value: typed.name })}
      ${reach(view, typed, errors)}
      ${radios({
        id: 'scope',
        name: 'scope',
        label: t('representation.ask.scope'),
        error: errors['scope'],
        value: typed.scope,
        options: [
          { value: 'some', label: t('representation.ask.scope.some') },
          { value: 'all', label: t('representation.services.all') },
        ],
      })}
      ${checkboxes({ id: 'services', name: 'services', label: t('representation.ask.services'), error: errors['services'], value: typed.services, options: services })}
      ${dateField({
        id: 'until',
        name: 'until',
        label: t('representation.ask.until'),
        labels: { day: t('ui.field.day'), month: t('ui.field.month'), year: t('ui.field.year') },
        hint: html`${t('representation.ask.until.hint')} ${day(view, last)}`,
        error: errors['until'],
        value: typed.until,
      })}
      ${textArea({ id: 'reason', name: 'reason', label: t('representation.ask.reason'), hint: t('representation.ask.reason.hint'), error: errors['reason'], value: typed.reason, rows: 3, maxlength: 500 })}
      ${button(t('representation.ask.submit'))}
    </form>`
}

function reach(view: View, typed: TypedAsk, errors: AskErrors): Html {
  const { t } = view
  const choices = ['email', 'code', 'counter'] as const
  return html`${radios({
    id: 'reach',
    name: 'reach',
    label: t('representation.ask.reach'),
    hint: t('representation.ask.reach.hint'),
    error: errors['reach'],
    value: typed.reach,
    options: choices.map((value) => ({ value, label: t(`representation.ask.reach.${value}`) })),
  })}
  ${textField({ id: 'email', name: 'email', label: t('representation.ask.email'), error: errors['email'], value: typed.email, type: 'email', dir: 'ltr', spellcheck: false })}
  ${textField({ id: 'code', name: 'code', label: t('representation.ask.code'), error: errors['code'], value: typed.code, width: 'm', dir: 'ltr', spellcheck: false })}`
}
