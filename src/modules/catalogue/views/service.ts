import type { Words } from '../../../kernel/text.ts'
import { alert, button, type Content, direction, html, type Html, md, tag, type View, words } from '../../../ui/index.ts'
import { inLanguage } from '../../../kernel/text.ts'
import type { Offer } from '../catalogue.ts'

/** A service in plain words, and the button that begins it. `panels` come from higher modules. */
export function servicePage(view: View, offer: Offer, panels: readonly Content[]): Html {
  const { t } = view
  const d = offer.definition
  const agency = view.city.agencies.find((each) => each.id === d.agency)
  return html` ${d.status === 'draft' ? alert('warning', t('catalogue.draft'), html`<p>${t('catalogue.draft_text')}</p>`) : null}
    <h1>${words(view, d.title)}</h1>
    <p class="st-lead">${words(view, d.summary)}</p>
    ${d.description ? prose(view, d.description) : null}
    <form method="post" action="/services/${d.id}/start" class="st-start">${button(t('catalogue.service.start'))}</form>
    ${section(view, 'who', t('catalogue.service.who'), d.who_can_apply)} ${needs(view, d.what_you_need)}
    ${section(view, 'cost', t('catalogue.service.cost'), d.cost, d.fee ? null : t('catalogue.service.free'))}
    <section class="st-flow" aria-labelledby="how-long">
      <h2 id="how-long">${t('catalogue.service.how_long')}</h2>
      ${d.how_long ? prose(view, d.how_long) : null} ${panels}
    </section>
    ${section(view, 'data', t('catalogue.service.data'), d.how_data_is_used)} ${law(view, offer)}
    ${section(view, 'other-ways', t('catalogue.service.other_ways'), d.other_ways)}
    ${agency ? html`<p>${t('catalogue.service.by')} <a class="ds-link" href="/agencies/${agency.id}">${words(view, agency.name)}</a></p>` : null}
    <p class="st-meta">
      ${t('catalogue.service.version', { version: offer.version })}
      ${tag(d.channels.map((channel) => t(`catalogue.channel.${channel}`)).join(' · '), 'neutral')}
    </p>`
}

function section(view: View, id: string, title: string, text: Words | undefined, otherwise: string | null = null): Content {
  if (!text && otherwise === null) return null
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${text ? prose(view, text) : html`<p>${otherwise}</p>`}
  </section>`
}

function needs(view: View, lists: Readonly<Record<string, readonly string[]>> | undefined): Content {
  const lang = [view.locale, 'en', ...Object.keys(lists ?? {})].find((each) => lists?.[each] !== undefined)
  const list = lang === undefined ? [] : (lists?.[lang] ?? [])
  if (lang === undefined || list.length === 0) return null
  return html`<section class="st-flow" aria-labelledby="needs">
    <h2 id="needs">${view.t('catalogue.service.needs')}</h2>
    <ul lang="${lang}" dir="${direction(lang)}">
      ${list.map((item) => html`<li>${item}</li>`)}
    </ul>
  </section>`
}

function law(view: View, offer: Offer): Content {
  const basis = offer.definition.legal_basis
  if (!basis) return null
  return html`<section class="st-flow" aria-labelledby="law">
    <h2 id="law">${view.t('catalogue.service.law')}</h2>
    <p>${basis.url ? html`<a class="ds-link" href="${basis.url}">${words(view, basis.law)}</a>` : words(view, basis.law)}</p>
    <p>${view.t('catalogue.service.gdpr', { article: basis.gdpr })}</p>
  </section>`
}

/** Markdown words in the reader's language, marked when they are in another. */
export function prose(view: View, text: Words): Html {
  const found = inLanguage(text, view.locale)
  if (found.lang === view.locale) return md(found.text)
  return html`<div lang="${found.lang}" dir="${direction(found.lang)}">${md(found.text)}</div>`
}
