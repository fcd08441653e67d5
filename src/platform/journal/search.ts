import { query } from '../db.ts'
import type { Platform } from '../platform.ts'
import type { JournalEvent } from './event.ts'
import { COLUMNS, type EventRow, toEvent } from './journal.ts'

/** Which lines are looked for; what is null does not narrow them. */
export type JournalAsk = {
  readonly type: string | null
  /** Who did it, as the journal names them. */
  readonly actor: string | null
  readonly stream: string | null
  readonly from: Date | null
  /** Up to and not including this instant. */
  readonly to: Date | null
}

/** Some lines, newest first. `next` is where looking goes on, also when none was found yet; null at the beginning of the journal. */
export type JournalPage = { readonly events: readonly JournalEvent[]; readonly next: bigint | null }

/** A page looks at no more than so many lines, so that looking for what is rare ends in time. */
const WINDOW = 50_000n

/** The ordered lines before a position (from the newest one when null) that fit, newest first. */
export async function searchJournal(platform: Platform, ask: JournalAsk, before: bigint | null, limit: number): Promise<JournalPage> {
  const top = before ?? (await newest(platform)) + 1n
  const floor = top > WINDOW ? top - WINDOW : 1n
  const values: unknown[] = [floor.toString(), top.toString()]
  const where = ['o.position >= $1::bigint', 'o.position < $2::bigint']
  const add = (condition: string, value: unknown): void => {
    if (value === null) return
    values.push(value)
    where.push(condition.replace('?', `$${values.length}`))
  }
  add('e.type = ?', ask.type)
  add('e.actor = ?', ask.actor)
  add('e.stream = ?', ask.stream)
  add('e.occurred_at >= ?::timestamptz', ask.from)
  add('e.occurred_at < ?::timestamptz', ask.to)
  values.push(limit + 1)
  const rows = await query<EventRow>(
    platform.db,
    `select ${COLUMNS} from journal.ordered o join journal.event e on e.id = o.event_id
     where ${where.join(' and ')} order by o.position desc limit $${values.length}`,
    values,
  )
  const events = rows.slice(0, limit).map(toEvent)
  const last = events.at(-1)
  if (rows.length > limit && last) return { events, next: last.position }
  return { events, next: floor > 1n ? floor : null }
}

async function newest(platform: Platform): Promise<bigint> {
  const [row] = await query<{ position: bigint | null }>(platform.db, 'select max(position) as position from journal.ordered')
  return row?.position ?? 0n
}
