import { dataTable, html, type Html, md, type View, words } from '../../../ui/index.ts'
import type { Offer } from '../catalogue.ts'

/** The pages of the footer. */
export const infoPages = ['about', 'accessibility', 'contact'] as const

/** A page of plain words from the locales. */
export function infoPage(view: View, page: (typeof infoPages)[number]): Html {
  const { contact } = view.city
  return html`<h1>${view.t(`catalogue.info.${page}.title`)}</h1>
    ${md(view.t(`catalogue.info.${page}.text`))}
    ${
      page === 'contact'
        ? html`<p>
            <a class="ds-link" href="${`mailto:${contact.email}`}"><bdi>${contact.email}</bdi></a
            ><br /><bdi>${contact.phone}</bdi><br />${words(view, contact.address)}
          </p>`
        : null
    }`
}

/** What is done with personal data, service by service, from the service files themselves. */
export function privacyPage(view: View, offers: readonly Offer[]): Html {
  const { t } = view
  const rows = offers.map(({ definition: d }) => [
    html`<a class="ds-link" href="/services/${d.id}">${words(view, d.title)}</a>`,
    d.legal_basis ? html`${words(view, d.legal_basis.law)} (GDPR ${d.legal_basis.gdpr})` : '–',
    d.retention ? t('catalogue.privacy.kept', { days: d.retention.draft_days, years: d.retention.case_years }) : '–',
  ])
  return html`<h1>${t('catalogue.privacy.title')}</h1>
    ${md(t('catalogue.privacy.text'))}
    ${dataTable({ caption: t('catalogue.privacy.table'), head: [t('catalogue.privacy.service'), t('catalogue.service.law'), t('catalogue.privacy.retention')], rows })}`
}
