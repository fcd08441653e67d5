import type { Statement } from '../db.ts'

/** A line that waits for its transaction to end. */
export type JournalLine = {
  readonly id: string
  readonly stream: string
  /** Whether it counts as a version of its aggregate. */
  readonly counted: boolean
  readonly type: string
  readonly actor: string
  readonly channel: string
  readonly subject: string | null
  readonly cause: string | null
  readonly data: string
  readonly occurredAt: Date
}

const INSERT = `
  insert into journal.event (id, stream, version, type, actor, channel, subject, cause, data, occurred_at)
  select id, stream, case when counted then
      coalesce((select max(e.version) from journal.event e where e.stream = l.stream), 0)
      + sum(counted::int) over (partition by stream order by at) end,
    type, actor, channel, subject, cause, data::jsonb, occurred_at
  from unnest($1::uuid[], $2::text[], $3::boolean[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
    $10::timestamptz[]) with ordinality as l (id, stream, counted, type, actor, channel, subject, cause, data, occurred_at, at)
  order by at`

/** The same for one line, which most transactions write: a plan for single values is kept, one for lists is made anew each time. */
const INSERT_ONE = `
  insert into journal.event (id, stream, version, type, actor, channel, subject, cause, data, occurred_at)
  values ($1, $2::text, case when $3::boolean then coalesce((select max(e.version) from journal.event e where e.stream = $2::text), 0) + 1 end,
    $4, $5, $6, $7, $8, $9, $10)`

/** The one statement that writes lines in their order, null without any; `version` counts on from what each aggregate has. */
export function linesStatement(lines: readonly JournalLine[]): Statement | null {
  const [only] = lines
  if (!only) return null
  if (lines.length === 1) {
    const values = [
      only.id, only.stream, only.counted, only.type, only.actor, only.channel, only.subject, only.cause, only.data, only.occurredAt,
    ] // prettier-ignore
    return { text: INSERT_ONE, values }
  }
  const column = <K extends keyof JournalLine>(name: K): Array<JournalLine[K]> => lines.map((line) => line[name])
  const values = [
    column('id'), column('stream'), column('counted'), column('type'), column('actor'), column('channel'), column('subject'),
    column('cause'), column('data'), column('occurredAt'),
  ] // prettier-ignore
  return { text: INSERT, values }
}
