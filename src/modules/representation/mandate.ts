import { addYears, type PlainDate } from '../../kernel/time.ts'

/** For whom somebody asks to act. */
export const mandateKinds = ['child', 'parent', 'company', 'other'] as const
export type MandateKind = (typeof mandateKinds)[number]

/** Where a mandate is: asked for, granted, refused, or over. */
export type MandateStatus = 'asked' | 'granted' | 'refused' | 'ended'

/** What a helper may be asked to help with. */
export const purposes = ['application', 'case', 'documents', 'language', 'accessibility'] as const
export type Purpose = (typeof purposes)[number]

/** How long a helped session may be, in minutes. */
export const helpMinutes = [15, 30, 60] as const

/** How long codes are good, in minutes: shown to a helper; given to somebody who shall ask; printed in a letter. */
export const codeMinutes = { presence: 15, invitation: 7 * 24 * 60, letter: 30 * 24 * 60 } as const
export type CodePurpose = keyof typeof codeMinutes

/** A request that nobody has answered is over after so many days. */
export const ASKED_DAYS = 30
/** Both are reminded so many days before a mandate ends. */
export const REMINDER_DAYS = 7

/** The prefix of references of mandates. */
export const MANDATE_PREFIX = 'MND'

/** The last day that a mandate asked for today may have: at most one year on. */
export function lastDay(today: PlainDate): PlainDate {
  return addYears(today, 1)
}

/** Whether a mandate allows acting today for a service; with null, for any at all. */
export function isGood(
  mandate: { readonly status: MandateStatus; readonly ends_on: PlainDate; readonly services: readonly string[] | null },
  today: PlainDate,
  service: string | null = null,
): boolean {
  if (mandate.status !== 'granted' || mandate.ends_on < today) return false
  return service === null || mandate.services === null || mandate.services.includes(service)
}
