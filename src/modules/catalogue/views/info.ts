import { html, type Html, md, type View, words } from '../../../ui/index.ts'

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
