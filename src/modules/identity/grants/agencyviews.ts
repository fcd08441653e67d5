import type { Agency } from '../../../platform/city.ts'
import type { Words } from '../../../kernel/text.ts'
import {
  alert, button, type Content, dataTable, errorSummary, fieldset, html, type Html, linkButton, tag, textArea, textField, type View, words,
} from '../../../ui/index.ts' // prettier-ignore
import type { AgencyText } from './agencies.ts'

/** An agency as it stands in the form. */
export type TypedAgency = { readonly id: string; readonly added: boolean; readonly closed: boolean; readonly text: AgencyText }

/** What is wrong, by field. */
export type AgencyErrors = Readonly<Record<string, string>>

/** Every agency with who works there, what it offers and how it is reached. */
export function agenciesPage(
  view: View,
  agencies: readonly Agency[],
  o: { counts: ReadonlyMap<string, number>; servicesOf: (agency: string) => readonly Words[]; said: string | null },
): Html {
  const { t } = view
  const rows = agencies.map((agency) => [
    html`<a class="ds-link" href="${`/admin/agencies/${agency.id}`}">${words(view, agency.name)}</a>
      ${agency.closed ? tag(t('identity.agencies.closed'), 'neutral') : null}`,
    services(view, o.servicesOf(agency.id)),
    t('ui.number', { n: o.counts.get(agency.id) ?? 0 }),
    html`<bdi>${agency.email}</bdi><br /><bdi>${agency.phone}</bdi>`,
  ])
  return html` ${o.said === null ? null : alert('success', null, html`<p>${o.said}</p>`)}
    <h1>${t('identity.agencies.title')}</h1>
    <p>${linkButton('/admin/agencies/new', t('identity.agencies.add'), { kind: 'secondary' })}</p>
    ${dataTable({
      caption: t('identity.agencies.title'),
      captionHidden: true,
      head: [t('identity.staff.agency'), t('identity.agencies.services'), t('identity.agencies.staff'), t('identity.agencies.contact')],
      rows,
      numeric: [2],
    })}`
}

function services(view: View, titles: readonly Words[]): Content {
  if (titles.length === 0) return html`<span class="st-meta">${view.t('identity.agencies.no_services')}</span>`
  return html`<ul class="st-plain">
    ${titles.map((title) => html`<li>${words(view, title)}</li>`)}
  </ul>`
}

/** The form of one agency, in each language of the city. */
export function agencyForm(view: View, typed: TypedAgency, errors: AgencyErrors): Html {
  const { t, city } = view
  const { text } = typed
  const address = typed.added ? '/admin/agencies/new' : `/admin/agencies/${typed.id}`
  return html` ${errorSummary(
    view,
    Object.entries(errors).map(([field, message]) => ({ href: `#${field}`, text: message })),
  )}
    <h1>${typed.added ? t('identity.agencies.add') : words(view, text.name)}</h1>
    <form method="post" novalidate class="st-form" action="${address}">
      ${
        typed.added
          ? textField({
              id: 'id',
              name: 'id',
              label: t('identity.agencies.id'),
              hint: t('identity.agencies.id.hint'),
              error: errors['id'],
              value: typed.id,
              dir: 'ltr',
              spellcheck: false,
              maxlength: 64,
            })
          : null
      }
      ${textField({ id: 'email', name: 'email', type: 'email', dir: 'ltr', label: t('identity.email'), error: errors['email'], value: text.email, spellcheck: false })}
      ${textField({ id: 'phone', name: 'phone', type: 'tel', dir: 'ltr', label: t('identity.agencies.phone'), value: text.phone })}
      ${city.languages.map(({ tag: language, name }) => inLanguage(view, text, language, name, errors))}
      ${button(t('identity.agencies.save'))}
    </form>
    ${typed.added ? null : closing(view, typed)}`
}

function inLanguage(view: View, text: AgencyText, language: string, name: string, errors: AgencyErrors): Html {
  const { t } = view
  const field = (part: 'name' | 'address' | 'hours'): Html =>
    textField({
      id: `${part}-${language}`,
      name: `${part}-${language}`,
      label: t(`identity.agencies.${part}`),
      error: errors[`${part}-${language}`],
      value: text[part][language] ?? '',
    })
  return fieldset({ id: `words-${language}`, legend: html`<span lang="${language}">${name}</span>` }, [
    field('name'),
    textArea({
      id: `about-${language}`,
      name: `about-${language}`,
      label: t('identity.agencies.about'),
      value: text.about[language] ?? '',
      rows: 3,
      maxlength: 1_000,
    }),
    field('address'),
    field('hours'),
  ])
}

function closing(view: View, { id, closed }: TypedAgency): Html {
  const { t } = view
  return html`<section class="st-flow" aria-labelledby="closing">
    <h2 id="closing">${t('identity.agencies.closing')}</h2>
    <form method="post" class="st-form" action="${`/admin/agencies/${id}/${closed ? 'open' : 'close'}`}">
      <p>${t(closed ? 'identity.agencies.open.text' : 'identity.agencies.close.text')}</p>
      ${button(t(closed ? 'identity.agencies.open' : 'identity.agencies.close'), { kind: closed ? 'secondary' : 'danger' })}
    </form>
  </section>`
}
