import { type Finding, findingsOf } from '../../platform/audit/finding.ts'
import { countedLines } from '../../platform/audit/journal.ts'
import { snapshot } from '../../platform/db.ts'
import type { Platform } from '../../platform/platform.ts'
import { openedCounts } from './store.ts'

const BATCH = 2_000
const OPENINGS = ['people.record.opened', 'people.document.opened']

/** Whether every opening of a person's data has its line: the counter of each person equals their lines. Persons are named by their ids. */
export async function continuityFindings(platform: Platform): Promise<Finding[]> {
  const found = findingsOf('Access to personal data')
  const wrong: string[] = []
  let checked = 0
  let openings = 0n
  for (let after = '00000000-0000-0000-0000-000000000000'; ;) {
    const from = after
    const rows = await snapshot(platform.pool, async (db) => {
      const persons = await openedCounts(db, from, BATCH)
      const ids = persons.map((person) => person.id)
      const lines = await countedLines({ ...platform, db }, OPENINGS, ids)
      return persons.map((person) => ({ ...person, lines: lines.get(person.id) ?? 0 }))
    })
    wrong.push(
      ...rows.filter((row) => BigInt(row.lines) !== row.opened).map((row) => `${row.id} (opened ${row.opened}, lines ${row.lines})`),
    )
    checked += rows.length
    openings += rows.reduce((sum, row) => sum + row.opened, 0n)
    const last = rows.at(-1)
    if (!last) break
    after = last.id
  }
  found.must(
    wrong.length === 0,
    'every opening has its line',
    wrong.length === 0
      ? `${openings} openings of ${checked} persons`
      : `${wrong.length} of ${checked} persons: ${wrong.slice(0, 20).join(', ')}`,
    'Somebody read or wrote past Stoa. Find out who had the password of the database, and tell the data protection officer.',
  )
  return [...found.list]
}
