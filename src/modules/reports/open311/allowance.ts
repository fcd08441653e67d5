import { Problem } from '../../../kernel/problem.ts'
import type { Platform } from '../../../platform/platform.ts'
import { deleteAllowances, takeAllowance } from './store.ts'

/** Counts requests by minute for all processes together. */
export type Allowance = {
  /** Takes `cost` (1) of a bucket's `perMinute`; throws 429 when nothing is left of this minute. */
  take(bucket: string, perMinute: number, cost?: number): Promise<void>
}

/** What this process holds of a bucket's minute. */
type Share = { readonly minute: number; left: number; empty: boolean }

/** So many parts of a minute's allowance are handed out: fewer look-ups, and processes that share it fairly well. */
const PARTS = 20
/** More buckets than this are forgotten; what a process held of them is lost until the next minute. */
const MOST_BUCKETS = 20_000

/** Hands out allowances from the database, a part at a time, so that most requests ask nothing of it. */
export function makeAllowance(platform: Platform): Allowance {
  const shares = new Map<string, Share>()
  return {
    async take(bucket, perMinute, cost = 1) {
      const minute = Math.floor(platform.now().getTime() / 60_000)
      const share = shareOf(shares, bucket, minute)
      if (share.left < cost && !share.empty) {
        const part = Math.min(perMinute, Math.max(cost, Math.floor(perMinute / PARTS)))
        const token = platform.keys.token(`allowance:${bucket}`)
        if (await takeAllowance(platform.db, token, minute, part, perMinute)) share.left += part
        else if (part > 1 && (await takeAllowance(platform.db, token, minute, cost, perMinute))) share.left += cost
        else share.empty = true
      }
      if (share.left < cost) {
        const wait = 60 - Math.floor((platform.now().getTime() / 1000) % 60)
        throw new Problem('open311.too-many', 429, 'Too many requests in this minute. Wait for the next one.', { retryAfter: wait })
      }
      share.left -= cost
    },
  }
}

function shareOf(shares: Map<string, Share>, bucket: string, minute: number): Share {
  const known = shares.get(bucket)
  if (known?.minute === minute) return known
  if (shares.size >= MOST_BUCKETS) shares.clear()
  const fresh = { minute, left: 0, empty: false }
  shares.set(bucket, fresh)
  return fresh
}

/** Deletes the counts of minutes long past. */
export async function forgetAllowances(platform: Platform): Promise<void> {
  await deleteAllowances(platform.db, Math.floor(platform.now().getTime() / 60_000) - 60)
}
