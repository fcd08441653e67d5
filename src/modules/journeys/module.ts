import type { Module } from '../../platform/module.ts'
import type { RouteModule } from '../../platform/http/routes.ts'
import { apiRoutes } from './api.ts'
import { journeyEvents } from './events.ts'
import { draftsJob } from './resume.ts'
import type { JourneyParts } from './visitor.ts'
import { journeyRoutes } from './routes.ts'

/** Filling in a service, on pages and through JSON. */
export const journeys = (parts: JourneyParts): Module => ({
  name: 'journeys',
  uses: ['access', 'people', 'identity', 'messages', 'servicefile', 'fields', 'places', 'catalogue', 'cases'],
  events: journeyEvents,
  jobs: [draftsJob()],
  routes: both(journeyRoutes(parts), apiRoutes(parts)),
  migrations: true,
  locales: true,
})

function both(...modules: readonly RouteModule[]): RouteModule {
  return (app) => {
    for (const add of modules) add(app)
  }
}
