import { type Db, query } from '../db.ts'
import type { Platform } from '../platform.ts'
import { invariant, present } from '../../kernel/invariant.ts'
import type { JournalEvent } from './event.ts'

/** Who did it, as the journal names them: an account, a person's own journey, or a part of the system. */
export type Author = {
  readonly journalName: string
  readonly channel: string
  /** For whom they act (blinded), if not for themselves: the subject of every line that names no other. */
  readonly subject?: string | null
}

/** A new line. `stream` is the aggregate's id; `counted: false` is for lines without a version (accesses). */
export type NewEvent = {
  readonly type: string
  readonly stream: string
  readonly data?: Readonly<Record<string, unknown>>
  readonly subject?: string
  readonly cause?: string
  readonly counted?: boolean
}

/** A line as the database gives it. */
export type EventRow = {
  id: string
  position: bigint | null
  stream: string
  version: number | null
  type: string
  actor: string
  channel: string
  subject: string | null
  cause: string | null
  data: Record<string, unknown>
  occurred_at: Date
}

/**
 * Adds one line to the journal in the caller's transaction, and returns its id; the transaction's lines are written
 * together before it commits, so that it does not wait for each. The caller holds the aggregate's row
 * lock, so `version` counts without gaps. Throws when the data has anything that its type does not declare: the
 * journal never holds personal data.
 */
export async function record(tx: Platform, author: Author, event: NewEvent): Promise<string> {
  invariant(tx.inTransaction, `${event.type} recorded outside a transaction`)
  const type = present(tx.events.get(event.type), `event type ${event.type} is declared`)
  const data = type.data.parse(event.data ?? {})
  const id = tx.newId()
  tx.lines.push({
    id,
    stream: event.stream,
    counted: event.counted ?? true,
    type: event.type,
    actor: author.journalName,
    channel: author.channel,
    subject: event.subject ?? author.subject ?? null,
    cause: event.cause ?? null,
    data: JSON.stringify(data),
    occurredAt: tx.now(),
  })
  return id
}

/** The columns of a line: of `journal.event e` and `journal.ordered o`. */
export const COLUMNS = 'e.id, o.position, e.stream, e.version, e.type, e.actor, e.channel, e.subject, e.cause, e.data, e.occurred_at'

/** The lines of one aggregate, oldest first, whether the sequencer has come to them or not. */
export async function eventsOf(platform: Platform, stream: string, limit = 500): Promise<JournalEvent[]> {
  const rows = await query<EventRow>(
    platform.db,
    `select ${COLUMNS} from journal.event e left join journal.ordered o on o.event_id = e.id
     where e.stream = $1 order by e.seq limit $2`,
    [stream, limit],
  )
  return rows.map(toEvent)
}

/** One line by its id, whether the sequencer has come to it or not; null when there is none. */
export async function eventById(platform: Platform, id: string): Promise<JournalEvent | null> {
  const [row] = await query<EventRow>(
    platform.db,
    `select ${COLUMNS} from journal.event e left join journal.ordered o on o.event_id = e.id where e.id = $1`,
    [id],
  )
  return row ? toEvent(row) : null
}

/** Those of some ids that no line of the journal has. */
export async function unknownEvents(db: Db, ids: readonly string[]): Promise<string[]> {
  const rows = await query<{ id: string }>(
    db,
    'select id from unnest($1::uuid[]) as asked (id) where not exists (select 1 from journal.event e where e.id = asked.id)',
    [ids],
  )
  return rows.map((row) => row.id)
}

/** What comes after a position: lines of some types, and the position up to which none is left out; null when nothing comes. */
export type Stretch = { readonly events: readonly JournalEvent[]; readonly last: bigint | null }

/** The lines of these types after a position, in order: at most `most`, of a stretch of at most `length` lines of all types. */
export async function eventsAfter(
  platform: Platform,
  position: bigint,
  types: readonly string[],
  { most, length }: { most: number; length: number },
): Promise<Stretch> {
  const rows = await query<EventRow & { last: bigint | null; id: string | null }>(
    platform.db,
    `with stretch as materialized (
       select position, event_id from journal.ordered where position > $1 order by position limit $4),
     wanted as materialized (
       select ${COLUMNS} from stretch o join journal.event e on e.id = o.event_id where e.type = any($2) order by o.position limit $3),
     reach as (
       select case when (select count(*) from wanted) = $3 then (select max(position) from wanted)
         else (select max(position) from stretch) end as last)
     select reach.last, wanted.* from reach left join wanted on true order by wanted.position`,
    [position, types, most, length],
  )
  return { events: rows.filter((row) => row.id !== null).map(toEvent), last: rows[0]?.last ?? null }
}

/** A line as the program reads it. */
export function toEvent(row: EventRow): JournalEvent {
  return {
    id: row.id,
    position: row.position ?? 0n,
    stream: row.stream,
    version: row.version,
    type: row.type,
    actor: row.actor,
    channel: row.channel,
    subject: row.subject,
    cause: row.cause,
    data: row.data,
    occurredAt: row.occurred_at,
  }
}
