import type { Mailer } from '../../platform/mail.ts'
import type { Module } from '../../platform/module.ts'
import { messageEvents } from './events.ts'
import { sendJob } from './service.ts'

/** Messages to people: queued with the fact they tell of, sent once. */
export const messages = (mailer: Mailer): Module => ({
  name: 'messages',
  uses: ['access', 'people'],
  events: messageEvents,
  jobs: [sendJob(mailer)],
  migrations: true,
})
