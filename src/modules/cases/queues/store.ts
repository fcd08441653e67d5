import { type Expression, type ExpressionBuilder, sql, type SqlBool } from 'kysely'
import { type Db, tablesOf } from '../../../platform/db.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import type { Condition, Visible } from '../../access/index.ts'
import type { RecordsWith } from '../../people/index.ts'
import type { Case } from '../case.ts'

/** The queues of an officer. Due soon is what its service was warned of, or what ends within the days that are asked for. */
export const queues = ['unassigned', 'mine', 'agency', 'due_soon', 'overdue', 'waiting', 'opinions', 'closed'] as const
export type Queue = (typeof queues)[number]

/** How a queue may be sorted: the nearest deadline first (none last), or by the day of submission. */
export const queueOrders = ['deadline', 'newest', 'oldest'] as const
export type QueueOrder = (typeof queueOrders)[number]

/** Which cases of a queue: the reader's filter, a service, a state, and where the page begins. */
export type QueueAsk = {
  /** A queue, or `every` case that is not erased, open or closed. */
  readonly queue: Queue | 'every'
  readonly order: QueueOrder
  readonly visible: Visible
  readonly accountId: string
  readonly today: PlainDate
  readonly soon: PlainDate
  readonly service: string | null
  readonly after: { readonly key: string; readonly id: string } | null
  /** Only cases whose answers are found by these words. */
  readonly words: RecordsWith | null
  readonly limit: number
}

type CaseTable = { 'cases.case': Case }

const tables = (db: Db) => tablesOf<CaseTable>(db)

/** The facts that a case keeps in a column; those that are not here, no case has. */
const columnOf: Partial<Record<Condition['fact'], 'id' | 'person_id' | 'agency' | 'service_id' | 'proposed_by'>> = {
  id: 'id',
  personId: 'person_id',
  agency: 'agency',
  service: 'service_id',
  proposedBy: 'proposed_by',
}

/** The policies' filter as SQL; the same facts that `may` looks at. `open` counts only opinions that are still to be given. */
function seen(e: ExpressionBuilder<CaseTable, 'cases.case'>, visible: Visible, open: boolean): Expression<SqlBool> {
  if (visible.everything) return e.val(true)
  return e.or(visible.ways.map((way) => e.and(way.map((condition) => has(e, condition, open)))))
}

function has(e: ExpressionBuilder<CaseTable, 'cases.case'>, { fact, among, not }: Condition, open: boolean): Expression<SqlBool> {
  const values = among.filter((value) => value !== null)
  if (fact === 'consulted') {
    const unanswered = open && !not ? sql`and c.answered_at is null` : sql``
    const asked = sql<SqlBool>`exists (select 1 from cases.consultation c
      where c.case_id = "case".id and c.agency = any(${values}::text[]) ${unanswered})`
    return not ? e.not(asked) : asked
  }
  const column = columnOf[fact]
  if (column === undefined) return e.val(among.includes(null) !== not)
  const listed = values.length > 0 ? [e(column, 'in', values)] : []
  const given = among.includes(null) ? [...listed, e(column, 'is', null)] : listed
  // what is compared with null is neither true nor false, so that its opposite would not hold either
  return not ? e.not(e.fn.coalesce(e.or(given), e.val(false))) : e.or(given)
}

function queueQuery(db: Db, ask: QueueAsk) {
  let q = tables(db)
    .selectFrom('cases.case')
    .where((e) => seen(e, ask.visible, ask.queue === 'opinions'))
  if (ask.queue === 'opinions') {
    q = q.where(sql<SqlBool>`exists (select 1 from cases.consultation c where c.case_id = "case".id and c.answered_at is null)`)
  }
  if (ask.queue === 'closed' || ask.queue === 'every') q = q.where('erased_at', 'is', null)
  if (ask.queue !== 'every') q = q.where('closed_at', ask.queue === 'closed' ? 'is not' : 'is', null)
  if (ask.queue === 'unassigned') q = q.where('officer', 'is', null)
  if (ask.queue === 'mine') q = q.where('officer', '=', ask.accountId)
  // nobody is late while the clock stands still
  if (ask.queue === 'due_soon' || ask.queue === 'overdue') q = q.where('paused_since', 'is', null)
  if (ask.queue === 'due_soon') {
    q = q.where('deadline', '>=', ask.today).where((e) => e.or([e('deadline', '<=', ask.soon), e('warned', '=', true)]))
  }
  if (ask.queue === 'overdue') q = q.where('deadline', '<', ask.today)
  if (ask.queue === 'waiting') q = q.where('waiting_for', '=', 'resident')
  if (ask.service !== null) q = q.where('service_id', '=', ask.service)
  if (ask.words !== null) q = q.where(ask.words('cases.case.record_id'))
  return q
}

/** A page of a queue by keyset, in its order. */
export async function queuePage(db: Db, ask: QueueAsk): Promise<Case[]> {
  let q = queueQuery(db, ask).selectAll().limit(ask.limit)
  const { after } = ask
  if (ask.order === 'newest') {
    if (after) q = q.where(sql<SqlBool>`(submitted_at, id) < (${after.key}::timestamptz, ${after.id}::uuid)`)
    return q.orderBy('submitted_at', 'desc').orderBy('id', 'desc').execute()
  }
  if (ask.order === 'oldest') {
    if (after) q = q.where(sql<SqlBool>`(submitted_at, id) > (${after.key}::timestamptz, ${after.id}::uuid)`)
    return q.orderBy('submitted_at').orderBy('id').execute()
  }
  if (after && after.key === '') q = q.where('deadline', 'is', null).where('id', '>', after.id)
  else if (after) q = q.where(sql<SqlBool>`((deadline, id) > (${after.key}::date, ${after.id}::uuid) or deadline is null)`)
  return q.orderBy('deadline').orderBy('id').execute()
}

/** How many are in each queue, counted up to `most` + 1, in one statement. */
export async function queueCounts(db: Db, asks: readonly QueueAsk[], most: number): Promise<number[]> {
  const parts = asks.map((ask, i) => {
    const limited = queueQuery(db, ask)
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
