import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import type { Acknowledged } from './clients.ts'

type Count = { count: number; names?: string | null }

const ORDER = `
  select count(*)::int as count from (
    select e.tx, e.seq, lag(e.tx) over w as before_tx, lag(e.seq) over w as before_seq
    from journal.ordered o join journal.event e on e.id = o.event_id window w as (order by o.position)) line
  where (tx, seq) <= (before_tx, before_seq)`

/** Waits until the journal is in order, every subscriber has read it and no job is left; returns what is not so after `seconds`. */
export async function waitForCalm(url: string, seconds: number): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  const until = performance.now() + seconds * 1000
  try {
    for (;;) {
      const left = await unrest(client)
      if (left.length === 0 || performance.now() > until) return left
      await sleep(250)
    }
  } finally {
    await client.end()
  }
}

async function unrest(client: pg.Client): Promise<string[]> {
  const count = async (what: string, sql: string): Promise<string[]> => {
    const { rows } = await client.query<Count>(sql)
    return (rows[0]?.count ?? 0) === 0 ? [] : [`${rows[0]?.count} ${what}${rows[0]?.names ? ` (${rows[0].names})` : ''}`]
  }
  return [
    ...(await count(
      'events without a position',
      'select count(*)::int as count from journal.event e where not exists (select 1 from journal.ordered o where o.event_id = e.id)',
    )),
    ...(await count(
      'subscribers behind',
      `select count(*)::int as count, string_agg(name || ' at ' || position || ' of ' || last || ' after ' || failures || ' failures ' || coalesce(last_error, ''), ', ') as names
       from journal.cursor, (select coalesce(max(position), 0) as last from journal.ordered) o where position < last`,
    )),
    ...(await count('events set aside', 'select count(*)::int as count from journal.stuck')),
    ...(await count('jobs not done', 'select count(*)::int as count from graphile_worker.jobs')),
  ]
}

/** Everything that is wrong with the database after the last round; empty when nothing was lost or doubled. */
export async function faultsOf(url: string, acknowledged: readonly Acknowledged[], mailed: ReadonlySet<string>): Promise<string[]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    return [...(await caseFaults(client, acknowledged)), ...(await journalFaults(client)), ...(await mailFaults(client, mailed))]
  } finally {
    await client.end()
  }
}

async function caseFaults(client: pg.Client, acknowledged: readonly Acknowledged[]): Promise<string[]> {
  const { rows } = await client.query<{ journey: string; reference: string; cases: number; lines: number; sent: number }>(
    `select c.journey_id as journey, min(c.reference) as reference, count(*)::int as cases,
       (select count(*)::int from journal.event e where e.type = 'cases.case.submitted' and e.stream = min(c.id::text)) as lines,
       (select count(*)::int from journal.event e where e.type = 'journeys.journey.submitted' and e.stream = c.journey_id::text) as sent
     from cases.case c where c.channel = 'api' group by c.journey_id`,
  )
  const found = new Map(rows.map((row) => [row.journey, row]))
  const faults: string[] = []
  for (const { journey, reference } of acknowledged) {
    const row = found.get(journey)
    if (!row) faults.push(`${reference} was acknowledged and is not there`)
    else if (row.reference !== reference) faults.push(`${reference} was acknowledged and ${row.reference} is there`)
    else if (row.cases !== 1) faults.push(`${reference} is there ${row.cases} times`)
    else if (row.lines !== 1 || row.sent !== 1) faults.push(`${reference} has ${row.lines} and ${row.sent} lines of its submission`)
  }
  const known = new Set(acknowledged.map((each) => each.journey))
  const strays = rows.filter((row) => !known.has(row.journey))
  if (strays.length > 0) faults.push(`${strays.length} cases were never acknowledged, though every client asked until it had an answer`)
  if (new Set(acknowledged.map((each) => each.reference)).size !== acknowledged.length) faults.push('two journeys have one reference')
  return faults
}

async function journalFaults(client: pg.Client): Promise<string[]> {
  const { rows } = await client.query<{ lines: number; ordered: number; first: number | null; last: number | null }>(
    `select (select count(*)::int from journal.event) as lines, count(*)::int as ordered,
       min(position)::int as first, max(position)::int as last from journal.ordered`,
  )
  const [state] = rows
  const faults: string[] = []
  if (!state || state.lines !== state.ordered) faults.push(`${state?.lines} lines, ${state?.ordered} in order`)
  if (state && (state.first !== 1 || state.last !== state.ordered)) faults.push(`positions ${state.first} to ${state.last} are not dense`)
  const order = await client.query<Count>(ORDER)
  if ((order.rows[0]?.count ?? 0) > 0) faults.push(`${order.rows[0]?.count} lines are out of order`)
  const gaps = await client.query<Count>(
    `select count(*)::int as count from (select stream from journal.event where version is not null
       group by stream having max(version) <> count(*)) gap`,
  )
  if ((gaps.rows[0]?.count ?? 0) > 0) faults.push(`${gaps.rows[0]?.count} streams have a gap in their versions`)
  return faults
}

async function mailFaults(client: pg.Client, mailed: ReadonlySet<string>): Promise<string[]> {
  const messages = await client.query<{ id: string; state: string; record_id: string }>('select id, state, record_id from messages.message')
  const faults = messages.rows.filter((row) => row.state !== 'sent').map((row) => `message ${row.id} is ${row.state}`)
  const lost = messages.rows.filter((row) => row.state === 'sent' && !mailed.has(row.record_id))
  if (lost.length > 0) faults.push(`${lost.length} messages are marked sent and never came`)
  const silent = await client.query<Count>(
    `select count(*)::int as count from cases.case c
     where not exists (select 1 from messages.message m where m.about = c.id::text)`,
  )
  if ((silent.rows[0]?.count ?? 0) > 0) faults.push(`${silent.rows[0]?.count} cases of which nobody was told`)
  return faults
}
