import { cardGrid, type Content, html, type Html, icon, linkButton, plainWords, searchBox, type View, words } from '../../../ui/index.ts'
import type { Offer } from '../catalogue.ts'

/** The city's front door: search, reporting a problem, life events, what people use most, what other modules add, how to follow a case. */
export function homePage(view: View, offers: readonly Offer[], more: readonly Content[]): Html {
  const { t, city } = view
  const events = city.lifeEvents.filter((event) => offers.some((offer) => offer.definition.life_events.includes(event.id)))
  return html` <div class="st-hero">
      <h1>${t('catalogue.home.title', { city: plainWords(view, city.name) })}</h1>
      <p class="st-lead">${words(view, city.tagline)}</p>
      ${searchBox(view, { action: '/services', name: 'q', value: '', label: t('catalogue.search.label') })}
    </div>
    <section class="st-flow st-callout" aria-labelledby="report">
      <h2 id="report">${icon('alert')} ${t('catalogue.home.report')}</h2>
      <p>${t('catalogue.home.report_text')}</p>
      <p>${linkButton('/reports/new', t('catalogue.home.report_link'))} ${linkButton('/reports', t('catalogue.home.report_list'), { kind: 'secondary' })}</p>
    </section>
    <section class="st-flow" aria-labelledby="events">
      <h2 id="events">${t('catalogue.home.events')}</h2>
      ${cardGrid(events.map((event) => ({ href: `/life-events/${event.id}`, title: words(view, event.title), text: words(view, event.summary), icon: event.icon ?? 'file' })))}
    </section>
    <section class="st-flow" aria-labelledby="all-services">
      <h2 id="all-services">${t('catalogue.home.services')}</h2>
      ${serviceList(view, offers)}
    </section>
    ${more}
    <section class="st-flow st-callout" aria-labelledby="follow">
      <h2 id="follow">${icon('clock')} ${t('catalogue.home.follow')}</h2>
      <p>${t('catalogue.home.follow_text')}</p>
      <p>${linkButton('/track', t('catalogue.home.follow_link'), { kind: 'secondary' })}</p>
    </section>`
}

/** Services as cards; `level` is that of their headings. */
export function serviceList(view: View, offers: readonly Offer[], level: 2 | 3 = 3): Html {
  return cardGrid(
    offers.map(({ definition: d }) => ({
      href: `/services/${d.id}`,
      title: words(view, d.title),
      text: words(view, d.summary),
      meta: d.status === 'draft' ? view.t('catalogue.draft') : null,
    })),
    level,
  )
}

/** All services, or those that fit a search. */
export function servicesPage(view: View, offers: readonly Offer[], search: string | null): Html {
  const { t } = view
  const found: Content =
    search === null
      ? null
      : html`<p role="status">
          ${offers.length === 0 ? t('catalogue.search.none', { text: search }) : t('catalogue.search.found', { n: offers.length, text: search })}
        </p>`
  return html` <h1>${t('catalogue.services.title')}</h1>
    ${searchBox(view, { action: '/services', name: 'q', value: search ?? '', label: t('catalogue.search.label') })} ${found}
    ${serviceList(view, offers, 2)}
    ${search !== null && offers.length === 0 ? html`<p><a class="ds-link" href="/services">${t('catalogue.search.all')}</a></p>` : null}
    ${search === null ? byAgency(view) : null}`
}

function byAgency(view: View): Html {
  return html`<section class="st-flow" aria-labelledby="agencies">
    <h2 id="agencies">${view.t('catalogue.agencies.title')}</h2>
    <ul class="st-columns">
      ${view.city.agencies.map((agency) => html`<li><a class="ds-link" href="/agencies/${agency.id}">${words(view, agency.name)}</a></li>`)}
    </ul>
  </section>`
}

/** The services of one life event. */
export function lifeEventPage(view: View, event: View['city']['lifeEvents'][number], offers: readonly Offer[]): Html {
  return html`<h1>${words(view, event.title)}</h1>
    <p class="st-lead">${words(view, event.summary)}</p>
    ${serviceList(view, offers, 2)}`
}

/** One agency: who they are, how to reach them, what they offer. */
export function agencyPage(view: View, agency: View['city']['agencies'][number], offers: readonly Offer[]): Html {
  const { t } = view
  return html`<h1>${words(view, agency.name)}</h1>
    <p class="st-lead">${words(view, agency.about)}</p>
    <section class="st-flow" aria-labelledby="contact">
      <h2 id="contact">${t('catalogue.agency.contact')}</h2>
      <p><a class="ds-link" href="${`mailto:${agency.email}`}">${agency.email}</a><br /><bdi>${agency.phone}</bdi></p>
      <p>${words(view, agency.address)}<br />${words(view, agency.hours)}</p>
    </section>
    ${
      offers.length === 0
        ? null
        : html`<section class="st-flow" aria-labelledby="offers">
            <h2 id="offers">${t('catalogue.agency.services')}</h2>
            ${serviceList(view, offers)}
          </section>`
    }`
}
