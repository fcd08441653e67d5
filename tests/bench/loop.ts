import pg from 'pg'
import { type Load, trimmed } from './client.ts'

/** One statement of the bare loop: prepared under its name, with its values as text. */
type Statement = { readonly name: string; readonly text: string; readonly values: ReadonlyArray<string | null> }

/** Tables in the order in which their rows can be written; an `update` is of a row that was there before. */
const TABLES = [
  { table: 'people.record', change: 'insert' },
  { table: 'people.sealed', change: 'insert' },
  { table: 'people.blind', change: 'insert' },
  { table: 'cases.case', change: 'insert' },
  { table: 'cases.entry', change: 'insert' },
  { table: 'cases.consultation', change: 'insert' },
  { table: 'cases.letter', change: 'insert' },
  { table: 'cases.same', change: 'insert' },
  { table: 'journal.event', change: 'insert' },
  { table: 'graphile_worker._private_jobs', change: 'insert' },
  { table: 'journeys.journey', change: 'update' },
] as const

/**
 * Reads back what each submission wrote, by the id of the transaction that wrote it, as the statements of a bare
 * loop: each row once in its last form, and the two writes with which the vault counts the opening of the answers.
 */
export async function capture(url: string, journeys: readonly string[]): Promise<Statement[][]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const sent = await client.query<{ stream: string; tx: string }>(
      `select stream, tx::text as tx from journal.event where type = 'journeys.journey.submitted' and stream = any($1)`,
      [journeys],
    )
    const places = new Map(sent.rows.map(({ tx }, at) => [tx, at]))
    const written: Statement[][] = sent.rows.map(() => [])
    for (const { table, change } of TABLES) {
      const columns = await columnsOf(client, table)
      const list = columns.map((column) => `${client.escapeIdentifier(column)}::text`).join(', ')
      const rows = await client.query<Array<string | null>>({
        text: `select xmin::text, ${list} from ${table} where xmin::text = any($1)`,
        values: [[...places.keys()]],
        rowMode: 'array',
      })
      for (const [tx, ...values] of rows.rows) written[places.get(tx ?? '') ?? -1]?.push(statementOf(table, change, columns, values))
    }
    const openings = await openingsOf(
      client,
      sent.rows.map((row) => row.stream),
    )
    for (const [at, { stream }] of sent.rows.entries()) written[at]?.unshift(...(openings.get(stream) ?? []))
    return written
  } finally {
    await client.end()
  }
}

/** Tables of a report that was taken in, in the order in which their rows can be written. */
const REPORT_TABLES = [
  'people.record',
  'people.sealed',
  'people.blind',
  'reports.report',
  'reports.update',
  'reports.photo',
  'reports.follower',
  'journal.event',
] as const

/** Reads back what each report that came through Open311 wrote, by the id of its transaction, as the statements of a bare loop. */
export async function captureReports(url: string): Promise<Statement[][]> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const sent = await client.query<{ tx: string }>(
      `select tx::text as tx from journal.event where type = 'reports.report.opened' and data ->> 'source' = 'open311'`,
    )
    const places = new Map(sent.rows.map(({ tx }, at) => [tx, at]))
    const written: Statement[][] = sent.rows.map(() => [])
    for (const table of REPORT_TABLES) {
      const columns = await columnsOf(client, table)
      const list = columns.map((column) => `${client.escapeIdentifier(column)}::text`).join(', ')
      const rows = await client.query<Array<string | null>>({
        text: `select xmin::text, ${list} from ${table} where xmin::text = any($1)`,
        values: [[...places.keys()]],
        rowMode: 'array',
      })
      for (const [tx, ...values] of rows.rows) written[places.get(tx ?? '') ?? -1]?.push(statementOf(table, 'insert', columns, values))
    }
    return written
  } finally {
    await client.end()
  }
}

/** The columns of a table without those that it fills itself. */
async function columnsOf(client: pg.Client, table: string): Promise<string[]> {
  const found = await client.query<{ name: string }>(
    `select attname as name from pg_attribute a where attrelid = $1::regclass and attnum > 0 and not attisdropped
       and attidentity = '' and attgenerated = '' and atttypid <> 'xid8'::regtype order by attnum`,
    [table],
  )
  return found.rows.map((row) => row.name)
}

function statementOf(
  table: string,
  change: 'insert' | 'update',
  columns: readonly string[],
  values: ReadonlyArray<string | null>,
): Statement {
  const holes = columns.map((_, at) => `$${at + 1}`)
  const names = columns.map((column) => `"${column}"`).join(', ')
  const text =
    change === 'insert'
      ? `insert into ${table} (${names}) values (${holes.join(', ')})`
      : `update ${table} set (${names}) = (${holes.join(', ')}) where id = $1`
  return { name: `${change} ${table}`, text, values }
}

/** The opening of the answers at submission: the person's counter and the access line. */
async function openingsOf(client: pg.Client, journeys: readonly string[]): Promise<Map<string, Statement[]>> {
  const columns = await columnsOf(client, 'journal.event')
  const list = columns.map((column) => `e.${client.escapeIdentifier(column)}::text`).join(', ')
  const rows = await client.query<Array<string | null>>({
    text: `select distinct on (j.id) j.id::text, j.person_id::text, ${list} from journeys.journey j
      join journal.event e on e.stream = j.person_id::text and e.type = 'people.record.opened' where j.id::text = any($1)
      order by j.id, e.seq desc`,
    values: [journeys],
    rowMode: 'array',
  })
  return new Map(
    rows.rows.map(([journey, person, ...values]) => [
      journey ?? '',
      [
        { name: 'count opening', text: 'update people.person set opened = opened + 1 where id = $1', values: [person ?? null] },
        statementOf('journal.event', 'insert', columns, values),
      ],
    ]),
  )
}

/** Writes the same rows with as many clients, one transaction for each submission, one prepared statement for each row. */
export async function runLoop(url: string, clients: number, submissions: ReadonlyArray<readonly Statement[]>): Promise<Load> {
  const samples: Array<{ at: number; took: number }> = []
  const connections = await Promise.all(
    Array.from({ length: clients }, async () => {
      const client = new pg.Client({ connectionString: url })
      await client.connect()
      return client
    }),
  )
  const begun = performance.now()
  let next = 0
  await Promise.all(
    connections.map(async (client) => {
      for (let statements = submissions[next++]; statements; statements = submissions[next++]) {
        const from = performance.now()
        await client.query('begin')
        for (const { name, text, values } of statements) await client.query({ name, text, values: [...values] })
        await client.query('commit')
        const at = performance.now()
        samples.push({ at, took: at - from })
      }
      await client.end()
    }),
  )
  return trimmed(samples, begun)
}
