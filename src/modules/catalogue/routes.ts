import type { FastifyRequest } from 'fastify'
import { notFound } from '../../kernel/problem.ts'
import { textOf, type RouteModule } from '../../platform/http/routes.ts'
import { type Platform, today } from '../../platform/platform.ts'
import { type Content, type Pages, plainWords, type View } from '../../ui/index.ts'
import type { Catalogue } from './catalogue.ts'
import { cpsvAp } from './jsonld.ts'
import { agencyPage, homePage, lifeEventPage, servicesPage } from './views/home.ts'
import { infoPage, infoPages } from './views/info.ts'
import { servicePage } from './views/service.ts'

/** What a higher module shows on the service page. */
export type ServicePanel = (platform: Platform, view: View, serviceId: string) => Promise<Content>

/** Where on the service page: below how long it takes, and below how data is used; and what stands on the front page. */
export type ServicePanels = {
  readonly howLong: readonly ServicePanel[]
  readonly data: readonly ServicePanel[]
  readonly front?: ReadonlyArray<(view: View) => Content>
}

/** The languages of the service whose page is asked for, or which is begun there; none for any other address. */
export function spokenIn(catalogue: Catalogue): (request: Pick<FastifyRequest, 'url'>) => readonly string[] {
  return (request) => {
    const id = /^\/services\/([a-z0-9_]+)(?=[/?]|$)/.exec(request.url)?.[1]
    return id === undefined ? [] : (catalogue.offers.find((offer) => offer.definition.id === id)?.definition.languages ?? [])
  }
}

const publicly = { access: 'public', ready: true } as const

/** The public pages of the catalogue. */
export function catalogueRoutes(platform: Platform, catalogue: Catalogue, pages: Pages, panels: ServicePanels): RouteModule {
  return (app) => {
    app.get('/', { config: publicly }, async (request, reply) => {
      const view = pages.view(request)
      return pages.send(request, reply, {
        title: plainWords(view, view.city.name),
        main: homePage(view, catalogue.offers, panels.front?.map((panel) => panel(view)) ?? []),
        wide: true,
      })
    })
    app.get('/services', { config: publicly }, async (request, reply) => {
      const view = pages.view(request)
      const text = textOf(request.query, 'q')?.trim().slice(0, 200) ?? ''
      const offers = text === '' ? catalogue.offers : catalogue.search(text, view.locale)
      return pages.send(request, reply, {
        title: view.t('catalogue.services.title'),
        main: servicesPage(view, offers, text === '' ? null : text),
        wide: true,
      })
    })
    app.get<{ Params: { id: string } }>('/services/:id', { config: publicly }, async (request, reply) => {
      const view = pages.view(request)
      const offer = catalogue.offer(request.params.id)
      const drawn = (some: readonly ServicePanel[]): Promise<Content[]> =>
        Promise.all(some.map((panel) => panel(platform, view, offer.definition.id)))
      const [howLong, data] = await Promise.all([drawn(panels.howLong), drawn(panels.data)])
      return pages.send(request, reply, {
        title: plainWords(view, offer.definition.title),
        description: plainWords(view, offer.definition.summary),
        main: servicePage(view, offer, today(platform), { howLong, data }),
        back: { href: '/services' },
      })
    })
    app.get<{ Params: { id: string } }>('/services/:id.jsonld', { config: { access: 'public' } }, async (request, reply) => {
      const { definition } = catalogue.offer(request.params.id)
      return reply.type('application/ld+json').send(JSON.stringify(cpsvAp(definition, platform.city, platform.publicOrigin)))
    })
    app.get<{ Params: { id: string } }>('/life-events/:id', { config: publicly }, async (request, reply) => {
      const view = pages.view(request)
      const event = platform.city.lifeEvents.find((each) => each.id === request.params.id)
      if (!event) throw notFound('life event')
      const offers = catalogue.offers.filter((offer) => offer.definition.life_events.includes(event.id))
      return pages.send(request, reply, {
        title: plainWords(view, event.title),
        main: lifeEventPage(view, event, offers),
        back: { href: '/' },
        wide: true,
      })
    })
    app.get<{ Params: { id: string } }>('/agencies/:id', { config: publicly }, async (request, reply) => {
      const view = pages.view(request)
      const agency = platform.city.agencies.find((each) => each.id === request.params.id)
      if (!agency) throw notFound('agency')
      const offers = catalogue.offers.filter((offer) => offer.definition.agency === agency.id)
      return pages.send(request, reply, {
        title: plainWords(view, agency.name),
        main: agencyPage(view, agency, offers),
        back: { href: '/services' },
      })
    })
    infoRoutes(pages)(app)
  }
}

function infoRoutes(pages: Pages): RouteModule {
  return (app) => {
    for (const page of infoPages) {
      app.get(`/${page}`, { config: publicly }, (request, reply) => {
        const view = pages.view(request)
        return pages.send(request, reply, { title: view.t(`catalogue.info.${page}.title`), main: infoPage(view, page) })
      })
    }
  }
}
