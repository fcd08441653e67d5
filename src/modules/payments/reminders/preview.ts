import { enqueue, type Job } from '../../../platform/jobs.ts'
import { today, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { type Treasury, within } from '../treasury.ts'
import type { Counted } from './reminder.ts'
import { previewReminders } from './run.ts'
import * as store from './store.ts'

/** The job that counts what a run would do today. */
export const PREVIEW = 'payments:reminder_preview'

/** Asks for today's preview to be counted anew: an officer of the treasury. */
export async function askPreview(treasury: Treasury, actor: Actor): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    allow(actor, 'money.work', { agency: treasury.rules.treasury, consulted: [treasury.rules.treasury] })
    await enqueue(tx, PREVIEW, {}, { key: PREVIEW })
  })
}

/** The preview of today as it was counted last; null when it was not yet. */
export function countedPreview({ platform }: Treasury): Promise<Counted | null> {
  return store.previewOn(platform.db, today(platform))
}

/** The job: counts and keeps it; it goes through every bill that is due, so no page does it. After each run it is asked for anew. */
export function previewJob(treasury: Treasury): Job {
  return {
    name: PREVIEW,
    async run(platform) {
      const counted = await previewReminders(within(treasury, platform), today(platform))
      await store.keepPreview(platform.db, counted, platform.now())
    },
  }
}
