import type { Words } from '../../../kernel/text.ts'
import { alert, button, type Content, day, direction, html, type Html, md, tag, type View, wordingOf, words } from '../../../ui/index.ts'
import { inLanguage } from '../../../kernel/text.ts'
import { parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { inForce, type Offer } from '../catalogue.ts'

/** A service in plain words, and the button that begins it. `panels` come from higher modules. */
export function servicePage(view: View, offer: Offer, today: PlainDate, panels: { howLong: Content; data: Content }): Html {
  const { t } = view
  const d = offer.definition
  const agency = view.city.agencies.find((each) => each.id === d.agency)
  return html` ${d.status === 'draft' ? alert('warning', t('catalogue.draft'), html`<p>${t('catalogue.draft_text')}</p>`) : null}
    <h1>${words(view, d.title)}</h1>
    <p class="st-lead">${words(view, d.summary)}</p>
    ${d.description ? prose(view, d.description) : null}
    ${begin(view, offer, today)}
    ${section(view, 'who', t('catalogue.service.who'), d.who_can_apply)} ${needs(view, d.what_you_need)}
    ${section(view, 'cost', t('catalogue.service.cost'), d.cost, d.fee ? null : t('catalogue.service.free'))}
    <section class="st-flow" aria-labelledby="how-long">
      <h2 id="how-long">${t('catalogue.service.how_long')}</h2>
      ${d.how_long ? prose(view, d.how_long) : null} ${panels.howLong}
    </section>
    ${section(view, 'data', t('catalogue.service.data'), d.how_data_is_used)} ${panels.data} ${law(view, offer)}
    ${section(view, 'other-ways', t('catalogue.service.other_ways'), d.other_ways)}
    ${agency ? html`<p>${t('catalogue.service.by')} <a class="ds-link" href="/agencies/${agency.id}">${words(view, agency.name)}</a></p>` : null}
    <p class="st-meta">
      ${t('catalogue.service.version', { version: offer.version })}
      ${tag(d.channels.map((channel) => t(`catalogue.channel.${channel}`)).join(' · '), 'neutral')}
    </p>`
}

/** The button; or, outside the days in force, when they are. */
function begin(view: View, { definition: d }: Offer, today: PlainDate): Html {
  const { t } = view
  if (view.city.agencies.find((each) => each.id === d.agency)?.closed)
    return alert('info', null, html`<p>${t('catalogue.service.closed')}</p>`)
  if (inForce(d, today))
    return html`<form method="post" action="/services/${d.id}/start" class="st-start">${button(t('catalogue.service.start'))}</form>`
  const early = d.effective !== undefined && today < d.effective.from
  const on = parsePlainDate((early ? d.effective?.from : d.effective?.until) ?? '')
  const text = t(early ? 'catalogue.not_yet' : 'catalogue.no_more')
  return alert('info', null, html`<p>${text} ${on ? day(view, on) : null}</p>`)
}

function section(view: View, id: string, title: string, text: Words | undefined, otherwise: string | null = null): Content {
  if (!text && otherwise === null) return null
  return html`<section class="st-flow" aria-labelledby="${id}">
    <h2 id="${id}">${title}</h2>
    ${text ? prose(view, text) : html`<p>${otherwise}</p>`}
  </section>`
}

function needs(view: View, lists: Readonly<Record<string, readonly string[]>> | undefined): Content {
  const lang = [wordingOf(view), 'en', ...Object.keys(lists ?? {})].find((each) => lists?.[each] !== undefined)
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
  const found = inLanguage(text, wordingOf(view))
  if (found.lang === view.locale) return md(found.text)
  return html`<div lang="${found.lang}" dir="${direction(found.lang)}">${md(found.text)}</div>`
}
