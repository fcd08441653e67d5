import { query, snapshot } from '../db.ts'
import { sequencerLag } from '../journal/sequencer.ts'
import { stuckCount } from '../journal/subscribers.ts'
import type { Platform } from '../platform.ts'
import { type Finding, findingsOf } from './finding.ts'

type Order = { count: bigint; first: bigint | null; last: bigint | null; strangers: bigint; left: bigint }

/** Whether the journal is whole: positions 1 to n, every line in the order, versions of each aggregate without a gap, nothing set aside. */
export async function journalFindings(platform: Platform): Promise<Finding[]> {
  const found = findingsOf('Journal')
  const lag = await sequencerLag(platform)
  const { order, gaps } = await snapshot(platform.pool, async (db) => ({
    order: await query<Order>(
      db,
      `select count(*) as count, min(o.position) as first, max(o.position) as last,
         count(*) filter (where e.id is null) as strangers,
         (select count(*) from journal.event x where not exists (select 1 from journal.ordered y where y.event_id = x.id)
           and (x.tx, x.seq) <= (select coalesce(max(tx), '0'::xid8), coalesce(max(seq), 0) from journal.cursor where name = 'sequencer')) as left
       from journal.ordered o left join journal.event e on e.id = o.event_id`,
    ),
    gaps: await query<{ stream: string }>(
      db,
      `select stream from journal.event where version is not null group by stream
       having min(version) <> 1 or max(version) <> count(*) order by 1 limit 20`,
    ),
  }))
  const { count = 0n, first = null, last = null, strangers = 0n, left = 0n } = order[0] ?? {}
  const restore = 'Find out who wrote to the database past Stoa, and compare with a backup and the published proofs.'
  found.must(
    count === 0n || (first === 1n && last === count),
    'positions are dense',
    count === 0n ? 'the journal is empty' : `${count} lines at positions ${first} to ${last}`,
    restore,
  )
  found.must(strangers === 0n, 'every position has its line', `${strangers} positions without a line`, restore)
  found.must(left === 0n, 'no line was left out of the order', `${left} lines behind the sequencer without a position`, restore)
  found.must(
    gaps.length === 0,
    'versions of each aggregate have no gap',
    gaps.length === 0 ? 'no aggregate with a gap' : `gaps in ${gaps.map((gap) => gap.stream).join(', ')}`,
    restore,
  )
  found.should(lag < 1_000, 'the sequencer keeps up', `${lag} lines wait`, 'Start ./stoa work, and look for transactions that stay open.')
  const stuck = await stuckCount(platform)
  found.must(
    stuck === 0,
    'no line was set aside',
    `${stuck} lines in journal.stuck`,
    'Look at journal.stuck: a subscriber could not take them in.',
  )
  return [...found.list]
}

/** How many different numbers the lines of these types have in `data.count`, by aggregate. */
export async function countedLines(platform: Platform, types: readonly string[], streams: readonly string[]): Promise<Map<string, number>> {
  const rows = await query<{ stream: string; lines: number }>(
    platform.db,
    `select stream, count(distinct data->>'count')::int as lines from journal.event
     where stream = any($1::text[]) and type = any($2::text[]) group by stream`,
    [streams, types],
  )
  return new Map(rows.map((row) => [row.stream, row.lines]))
}

/** When these aggregates last had a line of a type. */
export async function lastLines(platform: Platform, type: string, streams: readonly string[]): Promise<Map<string, Date>> {
  const rows = await query<{ stream: string; at: Date }>(
    platform.db,
    'select stream, max(occurred_at) as at from journal.event where stream = any($1::text[]) and type = $2 group by stream',
    [streams, type],
  )
  return new Map(rows.map((row) => [row.stream, row.at]))
}
