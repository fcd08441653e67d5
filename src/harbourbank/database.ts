import { existsSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue, type SQLOutputValue, type StatementSync } from 'node:sqlite'
import { schema, upgrades } from './schema.ts'

/** A row as SQLite gives it; whole numbers are bigints. */
export type Row = Readonly<Record<string, SQLOutputValue>>

/** The bank's file is open in another process. */
export class BankTaken extends Error {}

/**
 * The bank's one SQLite file. What a transaction has committed is on disk (write-ahead log, synchronous FULL), so that a
 * killed process loses nothing it has acknowledged; no second process can open the file meanwhile.
 */
export class Database {
  readonly #db: DatabaseSync
  readonly #statements = new Map<string, StatementSync>()

  /** Opens `bank.sqlite` in a folder, making both when they are not there; throws BankTaken when another process has it. */
  constructor(dir: string) {
    if (!existsSync(dir)) mkdirSync(dir, { recursive: true, mode: 0o700 })
    this.#db = new DatabaseSync(join(dir, 'bank.sqlite'), { readBigInts: true, enableForeignKeyConstraints: true })
    try {
      this.#db.exec('pragma locking_mode = exclusive; pragma journal_mode = wal; pragma synchronous = full; pragma trusted_schema = off')
      this.#db.exec('begin exclusive')
      const version = Number(big(this.one('pragma user_version') ?? {}, 'user_version'))
      const steps = version === 0 ? [schema] : upgrades.slice(version - 1)
      this.#db.exec([...steps, `pragma user_version = ${upgrades.length + 1}`].join('; '))
      this.#db.exec('commit')
    } catch (error) {
      this.#db.close()
      if (error instanceof Error && /locked|busy/.test(error.message)) throw new BankTaken(`Another process has the bank in ${dir}.`)
      throw error
    }
  }

  /** The rows of a query. */
  all(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#prepared(sql).all(...values)
  }

  /** The first row of a query, or null. */
  one(sql: string, ...values: SQLInputValue[]): Row | null {
    return this.#prepared(sql).get(...values) ?? null
  }

  /** Runs a statement; gives how many rows it changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#prepared(sql).run(...values).changes)
  }

  /** Runs `work` as one transaction; inside another it joins that one. `work` is not asynchronous: nothing comes between. */
  transact<T>(work: () => T): T {
    if (this.#db.isTransaction) return work()
    this.#db.exec('begin immediate')
    try {
      const result = work()
      this.#db.exec('commit')
      return result
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('rollback')
      throw error
    }
  }

  /** Closes the file. */
  close(): void {
    this.#statements.clear()
    this.#db.close()
  }

  #prepared(sql: string): StatementSync {
    let statement = this.#statements.get(sql)
    if (!statement) {
      statement = this.#db.prepare(sql)
      this.#statements.set(sql, statement)
    }
    return statement
  }
}

/** A text of a row; throws when it is none. */
export function text(row: Row, name: string): string {
  const value = row[name]
  if (typeof value !== 'string') throw new TypeError(`${name} is no text`)
  return value
}

/** A text of a row, or null. */
export function textOrNull(row: Row, name: string): string | null {
  return row[name] === null ? null : text(row, name)
}

/** A whole number of a row. */
export function big(row: Row, name: string): bigint {
  const value = row[name]
  if (typeof value !== 'bigint') throw new TypeError(`${name} is no whole number`)
  return value
}

/** An instant of a row (milliseconds). */
export function instant(row: Row, name: string): Date {
  return new Date(Number(big(row, name)))
}
