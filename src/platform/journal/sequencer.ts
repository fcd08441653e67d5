import { setTimeout as sleep } from 'node:timers/promises'
import { query, transaction } from '../db.ts'
import type { Platform } from '../platform.ts'

const LOCK = 7_480_002
const BATCH = 1_000

type Ordered = { position: bigint; stream: string }

/**
 * Gives committed events their dense position, in (tx, seq) order, only below the oldest transaction still open, so
 * that none can appear behind one that was read. One process at a time (advisory lock); any may take over.
 * Returns how many were ordered; 0 also when another process is at it.
 */
export async function sequenceOnce(platform: Platform): Promise<number> {
  return transaction(platform.pool, async (db) => {
    const [lock] = await query<{ held: boolean }>(db, 'select pg_try_advisory_xact_lock($1) as held', [LOCK])
    if (!lock?.held) return 0
    await query(db, "insert into journal.cursor (name, position) values ('sequencer', 0) on conflict do nothing")
    const rows = await query<Ordered>(
      db,
      `with cursor as (select position, coalesce(tx, '0'::xid8) as tx, coalesce(seq, 0) as seq, floor
         from journal.cursor where name = 'sequencer'),
       next as (
         select e.id, e.tx, e.seq, e.stream from journal.event e, cursor c
         where (e.tx, e.seq) > (c.tx, c.seq) and e.seq > c.floor and e.tx < pg_snapshot_xmin(pg_current_snapshot())
         order by e.tx, e.seq limit ${BATCH}),
       placed as (
         select id, tx, seq, stream, (select position from cursor) + row_number() over (order by tx, seq) as position from next),
       written as (
         insert into journal.ordered (position, event_id) select position, id from placed returning position),
       moved as (
         update journal.cursor set (position, tx, seq) =
           (select position, tx, seq from placed order by position desc limit 1), updated_at = now()
         where name = 'sequencer' and exists (select 1 from placed) returning 1)
       select p.position, p.stream from placed p, (select count(*) from written) w, (select count(*) from moved) m
       order by p.position`,
    )
    if (rows.length > 0) await announce(db, rows)
    return rows.length
  })
}

/** Tells listeners which aggregates moved: ids only, in one payload of less than 8,000 bytes. */
async function announce(db: Platform['db'], rows: readonly Ordered[]): Promise<void> {
  const streams = [...new Set(rows.map((row) => row.stream))].slice(0, 100)
  await query(db, 'select pg_notify($1, $2)', ['stoa_journal', JSON.stringify({ streams })])
}

/** How many committed events wait for the sequencer, counted up to 10,000. */
export async function sequencerLag(platform: Platform): Promise<number> {
  const [row] = await query<{ lag: number }>(
    platform.db,
    `select count(*)::int as lag from (
       select 1 from journal.event e
       where (e.tx, e.seq) > (select coalesce(max(tx), '0'::xid8), coalesce(max(seq), 0) from journal.cursor where name = 'sequencer')
         and e.seq > (select coalesce(max(floor), 0) from journal.cursor where name = 'sequencer')
       limit 10000) waiting`,
  )
  return row?.lag ?? 0
}

/** Runs the sequencer until it is told to stop: at once after work, else every `idleMs`. */
export function startSequencer(platform: Platform, idleMs = 250): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const done = (async () => {
    while (!stopping.signal.aborted) {
      const count = await sequenceOnce(platform).catch((error: unknown) => {
        platform.log.warn({ err: error }, 'the sequencer could not work; it tries again')
        return 0
      })
      if (count < BATCH) await sleep(idleMs, undefined, { signal: stopping.signal }).catch(() => undefined)
    }
  })()
  return {
    async stop() {
      stopping.abort()
      await done
    },
  }
}
