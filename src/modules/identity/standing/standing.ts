import { type Finding, findingsOf } from '../../../platform/audit/finding.ts'
import { lastLines } from '../../../platform/audit/journal.ts'
import type { Platform } from '../../../platform/platform.ts'
import { standingRows } from './store.ts'

const UNUSED_MS = 90 * 86_400_000

/** Whether roles are still meant: reviewed in time, ended when over, with a second factor, and used. Accounts are named by their ids. */
export async function standingFindings(platform: Platform): Promise<Finding[]> {
  const found = findingsOf('Staff')
  const now = platform.now()
  const rows = await standingRows(platform.db, now)
  const seen = await lastLines(
    platform,
    'identity.account.signed_in',
    rows.map((row) => row.account_id),
  )
  const listed = (some: typeof rows): string =>
    `${some.length} of ${rows.length} accounts${
      some.length > 0
        ? `: ${some
            .slice(0, 20)
            .map((row) => row.account_id)
            .join(', ')}`
        : ''
    }`
  const check = (what: string, wrong: typeof rows, mend: string): void => found.should(wrong.length === 0, what, listed(wrong), mend)
  const due = rows.filter((row) => row.due > 0)
  const bare = rows.filter((row) => !row.second_factor)
  const unused = rows.filter((row) => now.getTime() - (seen.get(row.account_id) ?? row.created_at).getTime() > UNUSED_MS)
  check('no role waits longer than it should for "still needed?"', due, 'Look at the roles that are due on the page of the staff.')
  check(
    'no role is kept after its end',
    rows.filter((row) => row.over > 0),
    'Start ./stoa work: its jobs take them away.',
  )
  check(
    'every role ends by itself',
    rows.filter((row) => row.endless > 0),
    'Give these roles anew with an end.',
  )
  check('every member of staff has a second factor', bare, 'Without one they see no case. Ask them to set one up, or end their roles.')
  check('every account of staff was used within 90 days', unused, 'Ask whether they are still needed, and end their roles if not.')
  return [...found.list]
}
