import type { FastifyRequest } from 'fastify'
import { isUuid } from '../../kernel/id.ts'
import { formOf, type RouteModule, seeOther, textOf } from '../../platform/http/routes.ts'
import { liveStreams } from '../cases/index.ts'
import { visitOf } from '../identity/index.ts'
import { type AccessFilter, accessPage, askWhy, DATA_REQUEST, ownPerson, type Period, periods, SYSTEM, withAppNames } from './access.ts'
import { accessView } from './accessviews.ts'
import { openingText } from './accesswords.ts'
import type { PrivacyParts } from './parts.ts'

const signedIn = { config: { access: 'signed-in' } } as const

/** The page on which a person sees every opening of their data, and the question why. */
export function accessRoutes({ house, pages, listen, appName }: PrivacyParts): RouteModule {
  const { platform, catalogue } = house
  const live = liveStreams(listen, platform.publicOrigin.startsWith('https:'))
  return (app) => {
    app.get('/my/access', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const { actor } = visitOf(platform, request)
      const filter = filterOf(request, platform.city.agencies.map((agency) => agency.id)) // prettier-ignore
      const found = await accessPage(house, actor, filter)
      const page = { ...found, openings: await withAppNames(found.openings, appName) }
      const asks = catalogue.offers.some((offer) => offer.definition.id === DATA_REQUEST)
      return pages.send(request, reply, {
        title: view.t('privacy.access.title'),
        main: accessView(view, page, filter, asks),
        wide: true,
        // what is new comes first: further pages stay as they are
        live: filter.before === null ? '/my/access/events' : undefined,
        back: { href: '/my' },
      })
    })
    app.get('/my/access/events', signedIn, (request, reply) => live(reply, ownPerson(visitOf(platform, request).actor)))
    app.post('/my/access/ask', signedIn, async (request, reply) => {
      const view = pages.view(request)
      const { actor, language } = visitOf(platform, request)
      const line = textOf(formOf(request), 'line') ?? ''
      const journey = await askWhy(house, actor, line, language, async (opening) => {
        const [named = opening] = await withAppNames([opening], appName)
        return openingText(view, named)
      })
      return seeOther(reply, `/apply/${journey}`)
    })
  }
}

/** What the address asks for; anything that cannot be chosen on the page is left out. */
export function filterOf(request: FastifyRequest, agencies: readonly string[]): AccessFilter {
  const { query } = request
  const period = textOf(query, 'period') ?? 'all'
  const who = textOf(query, 'who') ?? ''
  const purpose = textOf(query, 'purpose') ?? ''
  const before = textOf(query, 'before') ?? ''
  return {
    period: isPeriod(period) ? period : 'all',
    who: who === SYSTEM || agencies.includes(who) ? who : null,
    purpose: /^[a-z][a-z0-9_.]{0,60}$/.test(purpose) ? purpose : null,
    own: textOf(query, 'own') === 'yes',
    before: isUuid(before) ? before : null,
  }
}

function isPeriod(text: string): text is Period {
  return Object.hasOwn(periods, text)
}
