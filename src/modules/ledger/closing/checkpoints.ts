import { setTimeout as sleep } from 'node:timers/promises'
import { transactApart, type Platform } from '../../../platform/platform.ts'
import { LONG_WRITING } from '../../../platform/db.ts'
import type { Job } from '../../../platform/jobs.ts'
import * as store from './store.ts'

/** Fewer entries than this are added up as quickly as a checkpoint is found. */
const LEAST_ENTRIES = 1_000

/**
 * Writes checkpoints of accounts up to an entry below which none can appear any more: numbers are given before they are
 * committed, so it waits until every transaction that was open when the number was read has ended. Returns how many were
 * written; 0 also when one stays open for longer than `waitMs`, and the next turn tries again.
 */
export async function setCheckpoints(platform: Platform, options: { waitMs?: number; least?: number } = {}): Promise<number> {
  const until = await store.newestNumber(platform.pool)
  const newest = await store.newestTransaction(platform.pool)
  for (let waited = 0; ; waited += 50) {
    if ((await store.oldestOpen(platform.pool)) > newest) break
    if (waited >= (options.waitMs ?? 30_000)) return 0
    await sleep(50)
  }
  const least = options.least ?? LEAST_ENTRIES
  return transactApart(platform, (tx) => store.writeCheckpoints(tx.db, until, tx.now(), least), LONG_WRITING)
}

/** Keeps balances quick to read, once an hour. */
export const checkpointJob: Job = {
  name: 'ledger:checkpoints',
  cron: '17 * * * *',
  run: async (platform) => void (await setCheckpoints(platform)),
}
