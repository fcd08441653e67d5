import type { Module } from '../../platform/module.ts'
import { emergencyRoutes } from './emergency/routes.ts'
import { caseEvents } from './events.ts'
import { letterJob, letterRoutes } from './letters/index.ts'
import { notifyJob, notifySubscriber } from './notify.ts'
import { caseRoutes, type CaseParts } from './routes.ts'
import { staffNoticeJob } from './staffnotice.ts'
import { timersJob } from './timers.ts'

/** Cases: who has them, until when, and what residents and officers do with them. */
export const cases = (parts: CaseParts): Module => ({
  name: 'cases',
  uses: ['access', 'people', 'identity', 'messages', 'catalogue', 'servicefile', 'fields'],
  events: caseEvents,
  subscribers: [notifySubscriber],
  jobs: [timersJob(parts.house), notifyJob(parts.house), staffNoticeJob(parts.house), letterJob(parts.house)],
  routes: (app) => {
    caseRoutes(parts)(app)
    letterRoutes(parts.house, parts.pages)(app)
    emergencyRoutes(parts.house, parts.pages)(app)
  },
  migrations: true,
  locales: true,
})
