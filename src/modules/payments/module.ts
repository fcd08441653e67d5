import type { Job } from '../../platform/jobs.ts'
import type { RouteModule } from '../../platform/http/routes.ts'
import type { Module } from '../../platform/module.ts'
import type { Pages } from '../../ui/index.ts'
import { adminRoutes, apiRoutes, hookJobs, hookSubscriber, importRoutes, wrappedSecrets } from './agencies/index.ts'
import { disownParcels, runJobs, runRoutes } from './assessments/index.ts'
import { attemptJobs, attemptRoutes } from './attempts/index.ts'
import { deskRoutes, figureSubscriber } from './desk/index.ts'
import { documentRoutes } from './documents/index.ts'
import { paymentEvents } from './events.ts'
import { feeJobs, feeRoutes, feeSubscriber, newsSubscriber } from './fees/index.ts'
import { forgetPayer, keepJob } from './keep/keep.ts'
import { mailJob, mailSubscriber } from './mail/mail.ts'
import { payRoutes } from './pay/index.ts'
import { reconcileJob, reconcileRoutes } from './reconcile/index.ts'
import { refundJobs } from './refunds/index.ts'
import { hardship, helpRoutes, officerReminderRoutes, reminderJobs } from './reminders/index.ts'
import { tillRoutes } from './till/index.ts'
import { transferJobs, transferRoutes } from './transfers/index.ts'
import type { Treasury } from './treasury.ts'

/** What this module is put together from; `treasury` is null in a city without `money.yaml`, which takes no money. */
export type PaymentParts = {
  readonly treasury: Treasury | null
  readonly pages: Pages
  /** Lets messages to programs go to this machine. */
  readonly demo?: boolean
}

/** Money: what is owed, paid, given back and booked. */
export const payments = ({ treasury, pages, demo = false }: PaymentParts): Module => ({
  name: 'payments',
  uses: ['access', 'people', 'identity', 'messages', 'servicefile', 'catalogue', 'cases', 'journeys', 'places', 'ledger', 'iso20022'],
  events: paymentEvents,
  routes: (app) => {
    for (const add of treasury ? routesOf(treasury, pages, demo) : []) add(app)
  },
  subscribers: treasury ? [feeSubscriber, newsSubscriber, mailSubscriber, figureSubscriber, hookSubscriber] : [],
  jobs: treasury ? [...jobsOf(treasury), ...hookJobs(demo)] : [],
  wrapped: [wrappedSecrets],
  forgets: async (tx, who) => {
    await forgetPayer(tx, who)
    await disownParcels(tx.db, who.personId)
  },
  migrations: true,
})

function routesOf(treasury: Treasury, pages: Pages, demo: boolean): RouteModule[] {
  return [
    attemptRoutes(treasury),
    payRoutes({ treasury, pages, hardship: hardship(treasury) }),
    helpRoutes({ treasury, pages }),
    documentRoutes(treasury),
    feeRoutes(treasury),
    apiRoutes(treasury),
    adminRoutes({ treasury, pages }, demo),
    ...officeRoutes(treasury, pages),
  ]
}

function jobsOf(treasury: Treasury): Job[] {
  return [
    ...attemptJobs(treasury),
    ...refundJobs(treasury),
    ...transferJobs(treasury),
    reconcileJob(treasury),
    ...feeJobs(treasury),
    mailJob(treasury),
    keepJob(treasury),
    ...runJobs(treasury),
    ...reminderJobs(treasury),
  ]
}

/** The pages of the treasury and the counter. */
function officeRoutes(treasury: Treasury, pages: Pages): RouteModule[] {
  const parts = { treasury, pages }
  return [
    transferRoutes(parts),
    tillRoutes(parts),
    reconcileRoutes(parts),
    runRoutes(parts),
    importRoutes(parts),
    officerReminderRoutes(parts),
    deskRoutes(treasury, pages),
  ]
}
