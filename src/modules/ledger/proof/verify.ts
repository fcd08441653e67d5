import { type Finding, findingsOf } from '../../../platform/audit/finding.ts'
import { snapshot } from '../../../platform/db.ts'
import type { Platform } from '../../../platform/platform.ts'
import { countUncaused } from '../closing/index.ts'
import * as store from './store.ts'

/**
 * Adds up the whole books again: every posting is balanced and has its lines, every cause is in the journal, checkpoints
 * and closed months equal the full fold, no month was left out. It reads one snapshot and changes nothing.
 */
export async function verifyLedger(platform: Platform): Promise<Finding[]> {
  const found = findingsOf('Books')
  const { faults, uncaused } = await snapshot(platform.pool, async (db) => ({
    faults: await store.faults(db),
    uncaused: await countUncaused({ ...platform, db }),
  }))
  const restore = 'Find out who wrote to the database past Stoa, and compare with a backup.'
  found.must(
    faults.broken.length === 0,
    'every posting has its lines and is balanced',
    faults.broken.length === 0 ? `${faults.postings} postings, ${faults.entries} entries` : `not so: ${faults.broken.join(', ')}`,
    restore,
  )
  found.must(faults.strays === 0n, 'every entry belongs to a posting and an account', `${faults.strays} entries that do not`, restore)
  found.must(
    faults.uneven.length === 0,
    'debits equal credits',
    faults.uneven.length === 0 ? 'in every currency' : `not in ${faults.uneven.join(', ')}`,
    restore,
  )
  found.must(uncaused === 0, 'every posting names a line of the journal', `${uncaused} postings that do not`, restore)
  found.must(
    faults.wrongCheckpoints === 0n,
    'checkpoints equal what they add up',
    `${faults.wrongCheckpoints} of ${faults.checkpoints} do not`,
    restore,
  )
  found.must(
    faults.gaps === 0n && faults.wrongClosings === 0n,
    'closed months follow one another and equal what they add up',
    `${faults.months} closed; ${faults.gaps} left out, ${faults.wrongClosings} wrong balances`,
    restore,
  )
  return [...found.list]
}
