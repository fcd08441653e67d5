import type { Platform } from '../../../platform/platform.ts'
import type { Arrangement } from './proposal.ts'
import type { Reminder } from './reminder.ts'
import * as store from './store.ts'

/** What was agreed about a bill, the oldest first. The caller has asked whether the reader may. */
export function arrangementsOf(platform: Platform, billId: string): Promise<Arrangement[]> {
  return store.arrangementsOf(platform.db, billId)
}

/** What was done about a bill that is not paid, step by step. The caller has asked whether the reader may. */
export function remindersOf(platform: Platform, billId: string): Promise<Reminder[]> {
  return store.remindersOf(platform.db, billId)
}
