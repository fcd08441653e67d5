import {
  type CompiledQuery,
  CompiledQuery as Compiled,
  type DatabaseConnection,
  DummyDriver,
  Kysely,
  PostgresDialect,
  type PostgresPoolClient,
  type QueryResult,
} from 'kysely'
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

/** How a pool is opened. `patienceMs` is how long a statement is waited for before the server counts as away. */
export type OpenOptions = {
  readonly max: number
  readonly role?: string
  readonly patienceMs?: number
  readonly onError: (error: Error) => void
}

/** Opens a pool on a URL. With `role` each connection works as that role. Faults of idle connections go to `onError`. */
export function openDb(url: string, options: OpenOptions): OpenDb {
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 30_000,
    statement_timeout: 15_000,
    idle_in_transaction_session_timeout: 15_000,
    application_name: 'stoa',
    query_timeout: options.patienceMs ?? PATIENCE_MS,
    keepAlive: true,
    pipeline: true,
    ...(options.role ? { options: `-c role=${options.role}` } : {}),
  })
  let closing = false
  const onError = (error: Error): void => {
    if (!closing) options.onError(error) // a server that stops after us may still say goodbye
  }
  pool.on('error', onError)
  pool.on('connect', (client) => client.on('error', onError)) // a checked-out connection that is lost must not end the process
  const db = new PooledDb(new Clients(pool, options.patienceMs ?? PATIENCE_MS))
  const close = (): Promise<void> => {
    closing = true
    return db.destroy()
  }
  return { db, pool, close }
}

/** Most texts that are kept prepared; more come only from lists of many lengths, which are sent as they are. */
const MOST_PREPARED = 300

/** In milliseconds; the server ends its own statements before. */
const PATIENCE_MS = 20_000

/** A connection: each text is parsed and planned once on it, and run by its name from then on. */
class Client implements PostgresPoolClient {
  /** How long its statements are waited for. */
  patienceMs: number
  readonly #client: pg.PoolClient
  readonly #usualMs: number
  readonly #nameOf: (text: string) => string | undefined

  constructor(client: pg.PoolClient, usualMs: number, nameOf: (text: string) => string | undefined) {
    this.#client = client
    this.#nameOf = nameOf
    this.#usualMs = usualMs
    this.patienceMs = usualMs
  }

  /** As Kysely asks; it is given no cursors. */
  readonly query = ((text: string, values: readonly unknown[]) => this.send(text, values)) as unknown as PostgresPoolClient['query']

  /** Sends a statement at once, whatever was sent before and is not answered yet. */
  send(text: string, values: readonly unknown[] = []): Promise<pg.QueryResult> {
    const name = values.length > 0 ? this.#nameOf(text) : undefined
    const asked: pg.QueryConfig & { query_timeout: number } = { text, values: [...values], query_timeout: this.patienceMs }
    return this.#client.query(name === undefined ? asked : { ...asked, name })
  }

  /** Gives it back to the pool; with `broken` it is closed instead. */
  release(broken = false): void {
    this.patienceMs = this.#usualMs
    this.#client.release(broken)
  }
}

/** The pool as Kysely uses it. */
class Clients {
  readonly options: pg.Pool['options']
  readonly #pool: pg.Pool
  readonly #patienceMs: number
  readonly #names = new Map<string, string>()
  readonly #known = new WeakMap<pg.PoolClient, Client>()

  constructor(pool: pg.Pool, patienceMs: number) {
    this.#pool = pool
    this.#patienceMs = patienceMs
    this.options = pool.options
  }

  async connect(): Promise<Client> {
    const client = await this.#pool.connect()
    const known = this.#known.get(client) ?? new Client(client, this.#patienceMs, (text) => this.#nameOf(text))
    this.#known.set(client, known)
    return known
  }

  end(): Promise<void> {
    return this.#pool.end()
  }

  #nameOf(text: string): string | undefined {
    const known = this.#names.get(text)
    if (known !== undefined || this.#names.size >= MOST_PREPARED) return known
    const name = `stoa_${this.#names.size}`
    this.#names.set(text, name)
    return name
  }
}

/** The database on a pool, from which transactions are begun. */
class PooledDb extends Kysely<NoTables> {
  readonly #clients: Clients
  readonly #dialect: PostgresDialect

  constructor(clients: Clients) {
    const dialect = new PostgresDialect({ pool: clients })
    super({ dialect })
    this.#clients = clients
    this.#dialect = dialect
  }

  /** A connection for one transaction. */
  connect(): Promise<Client> {
    return this.#clients.connect()
  }

  /** The database as one connection sees it; statements go out in the order in which they are asked for, without waiting for each other. */
  on(connection: DatabaseConnection): Db {
    const executor = this.getExecutor().withConnectionProvider({ provideConnection: (consumer) => consumer(connection) })
    return new Kysely<NoTables>({
      config: { dialect: this.#dialect },
      dialect: this.#dialect,
      driver: new DummyDriver(),
      executor,
    })
  }
}

/** A connection in a transaction, which takes nothing any more once that has ended. */
class Within implements DatabaseConnection {
  readonly #client: Client
  #ended = false

  constructor(client: Client) {
    this.#client = client
  }

  end(): void {
    this.#ended = true
  }

  async executeQuery<Row>({ sql, parameters }: Pick<CompiledQuery, 'sql' | 'parameters'>): Promise<QueryResult<Row>> {
    if (this.#ended) throw new Error('the transaction has ended')
    const { command, rowCount, rows } = await this.#client.send(sql, parameters)
    const changed = ['INSERT', 'UPDATE', 'DELETE', 'MERGE'].includes(command)
    return { ...(changed ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}), rows: rows ?? [] }
  }

  streamQuery(): never {
    throw new Error('cursors are not used')
  }
}

/** The same database, seen with a module's own tables; only for `store.ts`. */
export function tablesOf<Tables>(db: Db): Kysely<Tables> {
  return db as unknown as Kysely<Tables>
}

/** An SQL text and its parameters. */
export type Statement = { readonly text: string; readonly values: readonly unknown[] }

/** How a transaction is run: how it begins, and whether its statements may take ten minutes instead of seconds. */
export type Way = { readonly begin: string; readonly long: boolean }

const WRITING: Way = { begin: 'begin', long: false }
const LOOKING: Way = { begin: 'begin isolation level repeatable read read only', long: true }
/** For work on all of a large table, such as the closing of a month. */
export const LONG_WRITING: Way = { begin: 'begin', long: true }

const LONG_MS = 600_000

/**
 * Runs work in one transaction of its own. `last` gives a statement that ends the work; it goes out together with the
 * commit, which is a rollback when that statement fails. Throws what failed; nothing of the work is kept then.
 */
export async function transaction<T>(
  db: Db,
  work: (db: Db) => Promise<T>,
  last: () => Statement | null = () => null,
  way: Way = WRITING,
): Promise<T> {
  if (!(db instanceof PooledDb)) throw new Error('a transaction is begun inside another')
  const client = await db.connect()
  const within = new Within(client)
  let broken = false
  try {
    const begun = client.send(way.begin)
    begun.catch(() => undefined) // whoever sends the first statement is told by it
    if (way.long) {
      client.patienceMs = LONG_MS + PATIENCE_MS
      client.send(`set local statement_timeout = ${LONG_MS}`).catch(() => undefined)
    }
    const result = await work(db.on(within))
    const statement = last()
    const sent = [begun, ...(statement ? [client.send(statement.text, statement.values)] : []), client.send('commit')]
    const answers = await Promise.allSettled(sent)
    for (const answer of answers) if (answer.status === 'rejected') throw answer.reason
    // PostgreSQL answers a commit so when an earlier error has ended the transaction
    if (answers.some((answer) => answer.status === 'fulfilled' && answer.value.command === 'ROLLBACK'))
      throw new Error('the transaction was rolled back')
    return result
  } catch (error) {
    within.end()
    await client.send('rollback').catch(() => (broken = true))
    throw error
  } finally {
    within.end()
    client.release(broken)
  }
}

/** Reads in one snapshot of the database, which nothing written meanwhile changes; for long looks, without the usual limit of time. */
export function snapshot<T>(db: Db, work: (db: Db) => Promise<T>): Promise<T> {
  return transaction(db, work, undefined, LOOKING)
}

/** Runs one SQL text with parameters; for the platform's own statements. */
export async function query<Row>(db: Db, text: string, values: readonly unknown[] = []): Promise<Row[]> {
  const result = await db.executeQuery<Row>(Compiled.raw(text, [...values]))
  return result.rows
}

/** Whether an error says that the database is away, going down or coming up: try again later. */
export function isDatabaseAway(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  if (/^(08|57P0|53300)/.test(code)) return true
  if (['ECONNREFUSED', 'ECONNRESET', 'ENOENT', 'EPIPE', 'ETIMEDOUT'].includes(code)) return true
  return /Connection terminated|Query read timeout|timeout exceeded when trying to connect|Client was closed|is not queryable/i.test(
    error.message,
  )
}

/** Whether an error is a unique violation, of this constraint if one is named. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  if (!(error instanceof Error) || !('code' in error) || error.code !== '23505') return false
  return constraint === undefined || ('constraint' in error && error.constraint === constraint)
}
