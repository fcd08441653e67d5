import type { Module } from '../../platform/module.ts'
import { representationEvents } from './events.ts'
import { erasedSubscriber, expireJob } from './expire.ts'
import { forgetPerson } from './forget.ts'
import { helpRoutes } from './helproutes.ts'
import { kioskRoutes } from './kiosk.ts'
import { mandateRoutes } from './mandateroutes.ts'
import { notifyJob } from './notices.ts'
import { officeRoutes } from './officeroutes.ts'
import type { RepresentationParts } from './parts.ts'

/** Acting for another: mandates, helped sessions, and devices at the counter that forget. */
export const representation = (parts: RepresentationParts): Module => ({
  name: 'representation',
  uses: ['access', 'people', 'identity', 'messages', 'catalogue', 'cases', 'journeys'],
  events: representationEvents,
  subscribers: [erasedSubscriber],
  jobs: [notifyJob(parts.house.messages), expireJob],
  routes: (app) => {
    kioskRoutes(parts)(app)
    mandateRoutes(parts)(app)
    helpRoutes(parts)(app)
    officeRoutes(parts)(app)
  },
  forgets: (tx, { personId }) => forgetPerson(tx, personId),
  migrations: true,
  locales: true,
})
