import type pg from 'pg'

const SEQUENCER_LOCK = 7_480_002

/**
 * After a restore into another cluster (its `system_identifier` is not the one that is kept): gives the events that
 * were not ordered yet their places, in (tx, seq) order, before writers start, and lets the sequencer begin above
 * them. Returns whether that was needed.
 */
export async function orderAfterRestore(client: pg.Client): Promise<boolean> {
  const { rows } = await client.query<{ now: string; kept: string | null }>(
    'select system_identifier::text as now, (select system_identifier from journal.cluster) as kept from pg_control_system()',
  )
  const { now = '', kept = null } = rows[0] ?? {}
  if (kept === now) return false
  await client.query('begin')
  try {
    await client.query('select pg_advisory_xact_lock($1)', [SEQUENCER_LOCK])
    if (kept !== null) await orderRest(client)
    await client.query(
      'insert into journal.cluster (system_identifier) values ($1) on conflict (one) do update set system_identifier = excluded.system_identifier',
      [now],
    )
    await client.query('commit')
    return kept !== null
  } catch (error) {
    await client.query('rollback')
    throw error
  }
}

async function orderRest(client: pg.Client): Promise<void> {
  await client.query(`
    insert into journal.ordered (position, event_id)
    select (select coalesce(max(position), 0) from journal.ordered) + row_number() over (order by e.tx, e.seq), e.id
    from journal.event e left join journal.ordered o on o.event_id = e.id where o.event_id is null`)
  await client.query(`
    insert into journal.cursor (name, position, tx, seq, floor)
    values ('sequencer', (select coalesce(max(position), 0) from journal.ordered), '0', 0, (select coalesce(max(seq), 0) from journal.event))
    on conflict (name) do update set position = excluded.position, tx = excluded.tx, seq = excluded.seq, floor = excluded.floor`)
}
