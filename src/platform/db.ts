import { CompiledQuery, Kysely, PostgresDialect, type PostgresPool, type PostgresPoolClient } from 'kysely'
import pg from 'pg'

/** A database of which nothing is known yet: a store narrows it to its module's own tables. */
export type Db = Kysely<NoTables>

type NoTables = { [table in never]: never }

/** The role that the program works as: it owns no table and cannot rewrite append-only ones. */
export const APP_ROLE = 'stoa_app'

pg.types.setTypeParser(pg.types.builtins.DATE, (text) => text)
pg.types.setTypeParser(pg.types.builtins.INT8, (text) => BigInt(text))

/** A pool, and the database on it. `close` waits until every connection is back. */
export type OpenDb = { readonly db: Db; readonly pool: pg.Pool; close(): Promise<void> }

/** Opens a pool on a URL. With `role` each connection works as that role. Faults of idle connections go to `onError`. */
export function openDb(url: string, options: { max: number; role?: string; onError: (error: Error) => void }): OpenDb {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 15_000,
    application_name: 'stoa',
    ...(options.role ? { options: `-c role=${options.role}` } : {}),
  })
  let closing = false
  const onError = (error: Error): void => {
    if (!closing) options.onError(error) // a server that stops after us may still say goodbye
  }
  pool.on('error', onError)
  pool.on('connect', (client) => client.on('error', onError)) // a checked-out connection that is lost must not end the process
  const db = new Kysely<NoTables>({ dialect: new PostgresDialect({ pool: preparing(pool) }) })
  const close = (): Promise<void> => {
    closing = true
    return db.destroy()
  }
  return { db, pool, close }
}

/** Most texts that are kept prepared; more come only from lists of many lengths, which are sent as they are. */
const MOST_PREPARED = 300

/** The pool as Kysely uses it: each text is parsed and planned once on a connection, and run by its name from then on. */
function preparing(pool: pg.Pool): PostgresPool {
  const names = new Map<string, string>()
  const nameOf = (text: string): string | undefined => {
    const known = names.get(text)
    if (known !== undefined || names.size >= MOST_PREPARED) return known
    const name = `stoa_${names.size}`
    names.set(text, name)
    return name
  }
  const clients = new WeakMap<pg.PoolClient, PostgresPoolClient>()
  const wrap = (client: pg.PoolClient): PostgresPoolClient => {
    const query = (text: string, values: readonly unknown[]): Promise<unknown> =>
      client.query({ text, values: [...values], name: values.length > 0 ? nameOf(text) : undefined })
    return { query: query as PostgresPoolClient['query'], release: (destroy) => client.release(destroy) }
  }
  return {
    async connect() {
      const client = await pool.connect()
      const known = clients.get(client) ?? wrap(client)
      clients.set(client, known)
      return known
    },
    end: () => pool.end(),
    options: pool.options,
  }
}

/** The same database, seen with a module's own tables; only for `store.ts`. */
export function tablesOf<Tables>(db: Db): Kysely<Tables> {
  return db as unknown as Kysely<Tables>
}

/** Runs work in one transaction of its own. */
export function transaction<T>(db: Db, work: (db: Db) => Promise<T>): Promise<T> {
  return db.transaction().execute(work)
}

/** Reads in one snapshot of the database, which nothing written meanwhile changes; for long looks, without the usual limit of time. */
export function snapshot<T>(db: Db, work: (db: Db) => Promise<T>): Promise<T> {
  return db
    .transaction()
    .setIsolationLevel('repeatable read')
    .setAccessMode('read only')
    .execute(async (tx) => {
      await query(tx, "set local statement_timeout = '10min'")
      return work(tx)
    })
}

/** Runs one SQL text with parameters; for the platform's own statements. */
export async function query<Row>(db: Db, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const result = await db.executeQuery<Row>(CompiledQuery.raw(text, [...values]))
  return result.rows
}

/** Whether an error says that the database is away, going down or coming up: try again later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  if (/^(08|57P0|53300)/.test(code)) return true
  if (['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'].includes(code)) return true
  return /Connection terminated|timeout exceeded when trying to connect|Client was closed|is not queryable/i.test(error.message)
}

/** Whether an error is a unique violation, of this constraint if one is named. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return false
  return constraint === undefined || ('constraint' in error && error.constraint === constraint)
}
