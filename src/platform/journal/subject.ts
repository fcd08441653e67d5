import { query } from '../db.ts'
import type { Platform } from '../platform.ts'
import type { JournalEvent } from './event.ts'
import { COLUMNS, type EventRow, toEvent } from './journal.ts'

/** Which of the lines about a person that count no version; what is left out does not narrow them. */
export type SubjectAsk = {
  readonly types: readonly string[]
  readonly from?: Date | null
  /** Up to and not including this instant. */
  readonly to?: Date | null
  /** Only what one of these did; a name that ends in `*` stands for all that begin so. */
  readonly actors?: readonly string[] | null
  /** Not what this one did. */
  readonly except?: string | null
  /** Only lines whose data has this text under this name. */
  readonly having?: { readonly name: string; readonly value: string } | null
}

/** A page of such lines: after the line with the id `before`, or after `skip` lines. */
export type SubjectPage = SubjectAsk & { readonly limit: number; readonly before?: string | null; readonly skip?: number }

/**
 * The lines about a person (blinded) that count no version, which are the readings of their data, newest first; lines of the same instant by id, so that pages neither repeat nor
 * leave one out. A `before` that is no line of this person gives nothing.
 */
export async function eventsOfSubject(platform: Platform, subject: string, ask: SubjectPage): Promise<JournalEvent[]> {
  const { where, values } = conditions(subject, ask)
  if (ask.before) {
    values.push(ask.before)
    where.push(
      `(e.occurred_at, e.id) < (select b.occurred_at, b.id from journal.event b where b.id = $${values.length}::uuid and b.subject = $1)`,
    )
  }
  values.push(ask.limit, ask.skip ?? 0)
  // the ids come from the index alone; only the page's own lines are read
  const rows = await query<EventRow>(
    platform.db,
    `select ${COLUMNS} from (
       select e.id from journal.event e where ${where.join(' and ')}
       order by e.occurred_at desc, e.id desc limit $${values.length - 1} offset $${values.length}) page
     join journal.event e on e.id = page.id left join journal.ordered o on o.event_id = e.id
     order by e.occurred_at desc, e.id desc`,
    values,
  )
  return rows.map(toEvent)
}

/** How many such lines there are. */
export async function countOfSubject(platform: Platform, subject: string, ask: SubjectAsk): Promise<number> {
  const { where, values } = conditions(subject, ask)
  const [row] = await query<{ count: number }>(
    platform.db,
    `select count(*)::int as count from journal.event e where ${where.join(' and ')}`,
    values,
  )
  return row?.count ?? 0
}

/** One line, if it is about this person and of one of these types. */
export async function eventOfSubject(
  platform: Platform,
  subject: string,
  id: string,
  types: readonly string[],
): Promise<JournalEvent | null> {
  const rows = await query<EventRow>(
    platform.db,
    `select ${COLUMNS} from journal.event e left join journal.ordered o on o.event_id = e.id
     where e.id = $1::uuid and e.subject = $2 and e.version is null and e.type = any($3)`,
    [id, subject, [...types]],
  )
  return rows[0] ? toEvent(rows[0]) : null
}

/** When the oldest such line was written; null without any. */
export async function firstOfSubject(platform: Platform, subject: string, types: readonly string[]): Promise<Date | null> {
  const [row] = await query<{ first: Date | null }>(
    platform.db,
    'select min(occurred_at) as first from journal.event where subject = $1 and version is null and type = any($2)',
    [subject, [...types]],
  )
  return row?.first ?? null
}

function conditions(subject: string, ask: SubjectAsk): { where: string[]; values: unknown[] } {
  const values: unknown[] = [subject, [...ask.types]]
  const where = ['e.subject = $1', 'e.version is null', 'e.type = any($2)']
  const add = (condition: (hole: string) => string, value: unknown): void => {
    values.push(value)
    where.push(condition(`$${values.length}`))
  }
  if (ask.from) add((hole) => `e.occurred_at >= ${hole}::timestamptz`, ask.from)
  if (ask.to) add((hole) => `e.occurred_at < ${hole}::timestamptz`, ask.to)
  if (ask.actors) {
    const patterns = ask.actors.map((actor) => actor.replaceAll(/[\\%_]/g, '\\$&').replace(/\*$/, '%'))
    add((hole) => `e.actor like any(${hole}::text[])`, patterns)
  }
  if (ask.except) add((hole) => `e.actor <> ${hole}`, ask.except)
  if (ask.having) {
    values.push(ask.having.name)
    add((hole) => `e.data->>($${values.length - 1}::text) = ${hole}`, ask.having.value)
  }
  return { where, values }
}
