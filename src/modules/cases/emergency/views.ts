import {
  alert,
  button,
  type Content,
  errorSummary,
  html,
  type Html,
  instant,
  radios,
  textArea,
  textField,
  type View,
} from '../../../ui/index.ts'
import { EMERGENCY_MINUTES, emergencyReasons, EXPLANATION } from '../../identity/index.ts'
import { typedText } from '../views/words.ts'
import type { ToldEmergency, TypedEmergency } from './emergency.ts'

/** The way from a search that found nothing of one's own to an emergency access. */
export function emergencyLink(view: View, reference: string): Html {
  return html`<p>${view.t('cases.emergency.not_yours')}</p>
    <p><a class="ds-link" href="${`/officer/emergency?reference=${encodeURIComponent(reference)}`}">${view.t('cases.emergency.link')}</a></p>`
}

/** The form that opens somebody else's case: says first who will know. */
export function emergencyPage(view: View, typed: TypedEmergency, errors: Readonly<Record<string, string>>): Html {
  const { t } = view
  return html` ${errorSummary(
    view,
    Object.entries(errors).map(([field, text]) => ({ href: `#${field}`, text })),
  )}
    <h1>${t('cases.emergency.title')}</h1>
    ${alert('warning', t('cases.emergency.told.title'), html`<p>${t('cases.emergency.told', { n: EMERGENCY_MINUTES })}</p>`)}
    <form method="post" novalidate class="st-form" action="/officer/emergency">
      ${textField({
        id: 'reference',
        name: 'reference',
        label: t('cases.reference'),
        error: errors['reference'],
        value: typed.reference,
        dir: 'ltr',
        spellcheck: false,
        width: 'm',
      })}
      ${radios({
        id: 'reason',
        name: 'reason',
        label: t('cases.emergency.reason'),
        error: errors['reason'],
        value: typed.reason,
        options: emergencyReasons.map((reason) => ({ value: reason, label: t(`cases.emergency.reason.${reason}`) })),
      })}
      ${textArea({
        id: 'explanation',
        name: 'explanation',
        label: t('cases.emergency.explanation'),
        hint: t('cases.emergency.explanation.hint'),
        error: errors['explanation'],
        value: typed.explanation,
        maxlength: EXPLANATION.most,
      })}
      ${button(t('cases.emergency.submit'), { kind: 'danger' })}
    </form>`
}

/** What the resident reads about break-glass accesses to their case; nothing without any. */
export function emergenciesTold(view: View, told: readonly ToldEmergency[]): Content {
  if (told.length === 0) return null
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="emergencies">
    <h2 id="emergencies">${t('cases.emergency.resident.title')}</h2>
    <p>${t('cases.emergency.resident.text')}</p>
    <ul class="st-plain st-flow">
      ${told.map(
        ({ emergency, name, explanation }) =>
          html`<li class="st-flow">
            <p>
              <strong>${t(`cases.emergency.reason.${emergency.reason}`)}</strong>
              <span class="st-meta">${instant(view, emergency.began)}${name === null ? null : html` · <bdi>${name}</bdi>`}</span>
            </p>
            ${typedText(explanation)}
          </li>`,
      )}
    </ul>
  </section>`
}
