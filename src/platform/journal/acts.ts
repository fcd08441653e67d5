import { type Db, query } from '../db.ts'
import type { Platform } from '../platform.ts'
import type { JournalEvent } from './event.ts'
import { COLUMNS, type EventRow, toEvent } from './journal.ts'

/** Which acts for a person: by which account, in which way, in which time (`to` is not in it). */
export type ActsAsk = {
  readonly account: string
  readonly channel: 'mandate' | 'assistance'
  readonly from: Date
  readonly to: Date
  readonly limit: number
}

/** Every line that somebody wrote for a person (blinded) while acting for them, oldest first. */
export async function actsFor(platform: Platform, subject: string, ask: ActsAsk): Promise<JournalEvent[]> {
  const rows = await query<EventRow>(
    platform.db,
    `select ${COLUMNS} from journal.event e left join journal.ordered o on o.event_id = e.id
     where e.subject = $1 and e.channel in ('mandate', 'assistance') and e.channel = $2 and e.actor = $3
       and e.occurred_at >= $4::timestamptz and e.occurred_at < $5::timestamptz
     order by e.occurred_at, e.seq limit $6`,
    [subject, ask.channel, `account:${ask.account}`, ask.from, ask.to, ask.limit],
  )
  return rows.map(toEvent)
}

/** Whether the journal has an act in another channel than these, leaving out acts of one type. */
export async function actedBeside(db: Db, channels: readonly string[], type: string): Promise<boolean> {
  const [row] = await query<{ acted: boolean }>(
    db,
    'select exists (select from journal.event where channel <> all ($1::text[]) and type <> $2) as acted',
    [channels, type],
  )
  return row?.acted ?? false
}
