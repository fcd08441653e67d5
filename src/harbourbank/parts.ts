import type { Words } from '../kernel/text.ts'
import type { Messages } from '../platform/i18n.ts'
import type { Database } from './database.ts'
import type { Keys } from './keys.ts'

/** Whom the bank takes payments for, and their account with it. */
export type Merchant = {
  readonly name: Words
  readonly iban: string
  /** The bank's own code (ISO 9362) as the merchant writes it. */
  readonly bic?: string
  readonly currency: string
  /** The time zone of business days. */
  readonly zone: string
}

/** How long the bank takes for what takes time, in milliseconds. */
export type Delays = {
  /** Until a payment that nobody answers for fails. */
  readonly timeout: number
  /** Until a payment that comes late counts as expired, and again until it is paid. */
  readonly late: number
  /** Until a refund is sent. */
  readonly refund: number
  /** By how much webhooks are late when they are. */
  readonly lateWebhook: number
  /** The wait after the first webhook that failed; it grows with each. */
  readonly retry: number
}

/** What everything in the bank works with. */
export type Parts = {
  readonly db: Database
  readonly keys: Keys
  readonly merchant: Merchant
  readonly delays: Delays
  readonly messages: Messages
  /** Where payers find the bank. */
  readonly publicUrl: () => string
  /** Where webhooks go; null while nobody wants them. */
  readonly webhookUrl: () => string | null
  readonly now: () => Date
  /** Says that there is something to deliver. */
  readonly nudge: () => void
  /** A line of the log: what happened, with ids and numbers only. */
  readonly log: (what: string, facts: Readonly<Record<string, string | number>>) => void
}
