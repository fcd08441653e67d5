import { setTimeout as sleep } from 'node:timers/promises'
import { type Db, query } from './db.ts'
import { type Platform, transact } from './platform.ts'

/**
 * A table of a module with bytes that `keys.wrap` made. Such a table has a column `wrapped_...` or `key_version`: no version is
 * destroyed while there is one that no module tells of.
 */
export type Wrapped = {
  /** Its name with the schema. */
  readonly table: string
  /** The column of the wrapped bytes, and the one of the version that wrapped them. */
  readonly wrapped: string
  readonly version: string
  /**
   * Wraps rows that are not of the current version anew, in the caller's transaction, in the order of their ids after
   * `after`, at most `limit`; rows that somebody else works on are passed over. `last` is null when none was left.
   */
  rewrap(tx: Platform, limit: number, after: string | null): Promise<{ count: number; last: string | null }>
}

/** The names of a table and its columns; they come from the program, never from a request. */
export type WrappedColumns = {
  readonly table: string
  /** The primary key as an SQL expression of one value. */
  readonly id: string
  /** The column of the wrapped bytes; rows in which it is null are left alone. */
  readonly wrapped: string
  /** The column of the version; `key_version` when it is left out. */
  readonly version?: string
  /** The context that the bytes were wrapped with; the id as text when it is left out. */
  readonly context?: (id: string) => string
}

/** How a table with one wrapped column is wrapped anew; for `store.ts`. */
export function wrappedColumn({ table, id, wrapped, version = 'key_version', context }: WrappedColumns): Wrapped {
  const next = (more: string): string => `
    select (${id})::text as id, ${version} as version, ${wrapped} as bytes from ${table}
    where ${version} <> $1 and ${wrapped} is not null ${more} order by ${id} limit $2 for update skip locked`
  const put = `
    update ${table} set ${version} = n.new_version, ${wrapped} = n.new_bytes
    from unnest($1::text[], $2::int[], $3::bytea[]) as n(row_id, new_version, new_bytes)
    where (${id})::text = n.row_id and ${id} = any($4)`
  return {
    table,
    wrapped,
    version,
    async rewrap(tx, limit, after) {
      const asked = [tx.keys.current, limit, ...(after === null ? [] : [after])]
      const rows = await query<{ id: string; version: number; bytes: Buffer }>(tx.db, next(after === null ? '' : `and ${id} > $3`), asked)
      const anew = rows.map((row) => {
        const bound = context?.(row.id) ?? row.id
        return tx.keys.wrap(tx.keys.unwrap(row.version, row.bytes, bound), bound)
      })
      const ids = rows.map((row) => row.id)
      if (rows.length > 0) await query(tx.db, put, [ids, anew.map((each) => each.version), anew.map((each) => each.wrapped), ids])
      return { count: rows.length, last: ids.at(-1) ?? null }
    },
  }
}

/** How many rows one version wraps in one table. */
export type Use = { readonly table: string; readonly version: number; readonly rows: number }

/** What every version still wraps. */
export async function keyUses(db: Db, tables: readonly Wrapped[]): Promise<Use[]> {
  const uses: Use[] = []
  for (const { table, wrapped, version } of tables) {
    const rows = await query<{ version: number; rows: bigint }>(
      db,
      `select ${version} as version, count(*) as rows from ${table} where ${wrapped} is not null group by 1 order by 1`,
    )
    uses.push(...rows.map((row) => ({ table, version: row.version, rows: Number(row.rows) })))
  }
  return uses
}

/** Tables with a column of wrapped bytes or their version (`wrapped_...`, `key_version`) that no module tells of. */
export async function unknownWrapped(db: Db, tables: readonly Wrapped[]): Promise<string[]> {
  const rows = await query<{ name: string }>(
    db,
    `select distinct format('%I.%I', n.nspname, c.relname) as name
     from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
     where (a.attname like 'wrapped\\_%' and a.atttypid = 'bytea'::regtype or a.attname = 'key_version') and not a.attisdropped
       and c.relkind in ('r', 'p') and not c.relispartition
     order by 1`,
  )
  const known = new Set(tables.map((each) => each.table))
  return rows.map((row) => row.name).filter((name) => !known.has(name))
}

/** How wrapping anew goes: rows of one transaction, and where to say how far it is. */
export type RewrapOptions = {
  readonly batch?: number
  readonly passes?: number
  onBatch?(table: string, rows: number): void | Promise<void>
}

async function* batches(platform: Platform, table: Wrapped, size: number): AsyncGenerator<number> {
  let after: string | null = null
  do {
    const from: string | null = after
    const done: { count: number; last: string | null } = await transact(platform, (tx) => table.rewrap(tx, size, from))
    after = done.last
    if (done.count > 0) yield done.count
  } while (after !== null)
}

/**
 * Wraps everything anew that is not wrapped by the current version, while the program runs: a transaction for each batch.
 * Rows that were in use are tried again in further passes. Stopped halfway it is run again and goes on: every row knows
 * its version. Returns how many rows were wrapped anew.
 */
export async function rewrapAll(platform: Platform, tables: readonly Wrapped[], options: RewrapOptions = {}): Promise<number> {
  const { batch = 500, passes = 10 } = options
  let total = 0
  for (let pass = 0; pass < passes; pass += 1) {
    if (pass > 0) await sleep(200 * pass)
    for (const each of tables) {
      for await (const rows of batches(platform, each, batch)) {
        total += rows
        await options.onBatch?.(each.table, total)
      }
    }
    const current = platform.keys.current
    if ((await keyUses(platform.db, tables)).every((use) => use.version === current)) break
  }
  return total
}
