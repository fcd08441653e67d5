import { addDays } from '../../kernel/time.ts'
import type { Job } from '../../platform/jobs.ts'
import type { Module } from '../../platform/module.ts'
import { today } from '../../platform/platform.ts'
import { auditEvents } from './events.ts'
import { readingsSubscriber } from './readings.ts'
import { auditRoutes, type AuditParts } from './routes.ts'
import { forgetBefore } from './store.ts'

/** For so many days it is kept who opened whose data on which day; the journal keeps the lines themselves. */
const KEPT_DAYS = 400

const forget: Job = {
  name: 'audit:forget',
  cron: '40 2 * * *',
  run: (platform) => forgetBefore(platform.db, addDays(today(platform), -KEPT_DAYS)),
}

/** The auditor's room: journal, policies, grants, break-glass accesses and unusual reading; never what was read. */
export const audit = (parts: AuditParts): Module => ({
  name: 'audit',
  uses: ['access', 'identity', 'people', 'cases'],
  events: auditEvents,
  subscribers: [readingsSubscriber],
  jobs: [forget],
  routes: auditRoutes(parts),
  migrations: true,
  locales: true,
})
