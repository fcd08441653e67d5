import { sql, type SqlBool } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import type { Visible } from '../../access/index.ts'
import { openStates, type Report, type ReportState } from '../report.ts'
import { filtered } from '../search/store.ts'
import type { Order, Queue } from './filter.ts'

/** What of the desk is asked for: the reader's filter, a queue, and everything that narrows it. */
export type DeskAsk = {
  /** `everything`: whatever the queue. */
  readonly queue: Queue | 'everything'
  readonly visible: Visible
  readonly accountId: string
  readonly today: PlainDate
  /** Until when something is due soon. */
  readonly soon: PlainDate
  readonly categories: readonly string[] | null
  readonly district: string | null
  readonly state: ReportState | null
  readonly crew: string | null
  /** A kind of source; those with a name of their own behind a colon too. */
  readonly source: string | null
  readonly openedFrom: Date | null
  /** Words that all stand in the public text, the place or the reference. */
  readonly words: readonly string[]
}

/** A filter that somebody keeps under a name. */
export type FilterRow = { id: string; account_id: string; name: string; query: string; created_at: Date }

type Tables = { 'reports.filter': FilterRow; 'reports.report': Report }

const tables = (db: Db) => tablesOf<Tables>(db)

function asked(db: Db, ask: DeskAsk) {
  const { categories, district, crew, openedFrom } = ask
  let q = filtered(db, {
    ...(categories === null ? {} : { categories }),
    ...(ask.state === null ? {} : { states: [ask.state] }),
    district,
    crew,
    openedFrom,
    visible: ask.visible,
    publicOnly: false,
  })
  if (ask.source !== null) q = q.where(sql<SqlBool>`(source = ${ask.source} or starts_with(source, ${`${ask.source}:`}))`)
  for (const word of ask.words) {
    const like = `%${word.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    q = q.where(sql<SqlBool>`(text ilike ${like} or address ilike ${like} or reference ilike ${like})`)
  }
  return queued(q, ask)
}

function queued(q: ReturnType<typeof filtered>, { queue, accountId, today, soon }: DeskAsk): ReturnType<typeof filtered> {
  const open = (): ReturnType<typeof filtered> => q.where('state', 'in', [...openStates])
  switch (queue) {
    case 'unassigned':
      return q.where('state', '=', 'received').where('officer', 'is', null)
    case 'mine':
      return open().where('officer', '=', accountId)
    case 'due_soon':
      return open().where('due_on', '>=', today).where('due_on', '<=', soon)
    case 'overdue':
      return open().where('due_on', '<', today)
    case 'escalated':
      return open().where('overdue_noted', '=', true)
    case 'checking':
      return q.where('state', '=', 'checking')
    case 'reopened':
      return open().where('reopened', '>', 0)
    case 'held':
      // two short lists of ids: a condition with `or` would look at every report there is
      return q.where(sql<SqlBool>`reports.report.id in (
        select h.id from reports.report h where h.hidden and h.state <> 'closed'
        union all select c.report_id from reports.concern c where c.settled_at is null)`)
    case 'closed':
      return q.where('state', '=', 'closed')
    case 'everything':
      return q
    default:
      return open()
  }
}

/** A page of the desk by keyset, in its order. */
export async function deskPage(
  db: Db,
  ask: DeskAsk,
  page: { order: Order; after: { key: string; id: string } | null; limit: number },
): Promise<Report[]> {
  let q = asked(db, ask).selectAll().limit(page.limit)
  const { after } = page
  if (page.order !== 'due') {
    const newest = page.order === 'newest'
    const edge = after && sql`(${after.key}::timestamptz, ${after.id}::uuid)`
    if (edge) q = q.where(newest ? sql<SqlBool>`(opened_at, id) < ${edge}` : sql<SqlBool>`(opened_at, id) > ${edge}`)
    return q
      .orderBy('opened_at', newest ? 'desc' : 'asc')
      .orderBy('id', newest ? 'desc' : 'asc')
      .execute()
  }
  if (after && after.key === '') q = q.where('due_on', 'is', null).where('id', '>', after.id)
  else if (after) q = q.where(sql<SqlBool>`((due_on, id) > (${after.key}::date, ${after.id}::uuid) or due_on is null)`)
  return q.orderBy('due_on').orderBy('id').execute()
}

/** How many each question finds, counted up to `most` + 1, in one statement. */
export async function deskCounts(db: Db, asks: readonly DeskAsk[], most: number): Promise<number[]> {
  const parts = asks.map((ask, i) => {
    const limited = asked(db, ask)
      .select(sql<number>`1`.as('one'))
      .limit(most + 1)
    return tables(db)
      .selectFrom(limited.as('some'))
      .select((e) => e.fn.countAll<bigint>().as('count'))
      .as(`queue_${i}`)
  })
  const row: Record<string, bigint | null> = (await tables(db).selectNoFrom(parts).executeTakeFirst()) ?? {}
  return asks.map((_, i) => Number(row[`queue_${i}`] ?? 0n))
}

export async function filtersOf(db: Db, accountId: string): Promise<FilterRow[]> {
  return tables(db).selectFrom('reports.filter').selectAll().where('account_id', '=', accountId).orderBy('name').execute()
}

/** Keeps a filter; one of the same name is replaced. */
export async function keepFilter(db: Db, row: FilterRow): Promise<void> {
  await tables(db)
    .insertInto('reports.filter')
    .values(row)
    .onConflict((c) => c.columns(['account_id', 'name']).doUpdateSet({ query: row.query }))
    .execute()
}

export async function deleteFilter(db: Db, accountId: string, id: string): Promise<void> {
  await tables(db).deleteFrom('reports.filter').where('account_id', '=', accountId).where('id', '=', id).execute()
}

/** Forgets everything that an account kept. */
export async function deleteFiltersOf(db: Db, accountId: string): Promise<void> {
  await tables(db).deleteFrom('reports.filter').where('account_id', '=', accountId).execute()
}
