import type { Module } from '../../platform/module.ts'
import { accessRoutes } from './accessroutes.ts'
import { consentRoutes } from './consentroutes.ts'
import { privacyEvents } from './events.ts'
import type { PrivacyParts } from './parts.ts'
import { portalRoutes } from './portalroutes.ts'
import { processingRoutes } from './processingroutes.ts'
import { retentionJob } from './retention.ts'
import {
  applyJob,
  copyJob,
  eraseGranted,
  erasureList,
  expireCopiesJob,
  removeFilesJob,
  requestFollower,
  rightsRoutes,
} from './rights/index.ts'
import { usageRoutes } from './usageapi.ts'

/** Who looked at a person's data, what they consented to, how long records are kept, and what the city does with data. */
export const privacy = (parts: PrivacyParts): Module => ({
  name: 'privacy',
  uses: ['access', 'identity', 'people', 'catalogue', 'cases', 'journeys', 'servicefile', 'fields', 'messages', 'reports', 'payments'],
  events: privacyEvents,
  subscribers: [erasureList, requestFollower],
  jobs: [retentionJob(parts.house), copyJob(parts.house), expireCopiesJob, removeFilesJob, applyJob(eraseGranted)],
  routes: (app) => {
    accessRoutes(parts)(app)
    usageRoutes(parts)(app)
    consentRoutes(parts)(app)
    processingRoutes(parts)(app)
    portalRoutes(parts)(app)
    rightsRoutes(parts)(app)
  },
  migrations: true,
  locales: true,
})
