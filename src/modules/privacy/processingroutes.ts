import type { RouteModule } from '../../platform/http/routes.ts'
import type { PrivacyParts } from './parts.ts'
import { processingRecord } from './processing.ts'
import { processingView, retentionView } from './processingviews.ts'
import { lastRun, runs, runTotals } from './store.ts'

const ready = { config: { access: 'public', ready: true } } as const
const open = { config: { access: 'public' } } as const

/** How many rows of the report are shown. */
const SHOWN = 100

/** The public pages: what the city does with data, and what was erased. */
export function processingRoutes({ house: { platform, catalogue }, pages }: PrivacyParts): RouteModule {
  const record = () => processingRecord(platform.city, catalogue.offers.map((offer) => offer.definition)) // prettier-ignore
  return (app) => {
    app.get('/privacy', ready, (request, reply) => {
      const view = pages.view(request)
      return pages.send(request, reply, { title: view.t('privacy.page.title'), main: processingView(view, record()) })
    })
    app.get('/privacy/processing.json', { config: { access: 'public', api: true } }, () => record())
    app.get('/privacy/retention', open, async (request, reply) => {
      const view = pages.view(request)
      const [last, totals, newest] = await Promise.all([lastRun(platform.db), runTotals(platform.db), runs(platform.db, SHOWN)])
      const titles = new Map(catalogue.offers.map((offer) => [offer.definition.id, offer.definition.title]))
      return pages.send(request, reply, {
        title: view.t('privacy.retention.title'),
        main: retentionView(view, { last, totals, runs: newest, titles }),
        back: { href: '/privacy' },
      })
    })
  }
}
