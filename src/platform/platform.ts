import { randomBytes } from 'node:crypto'
import type { Logger } from 'pino'
import { type Db, transaction, type Way } from './db.ts'
import type { FileStore } from './files.ts'
import type { Keys } from './crypto.ts'
import type { City } from './city.ts'
import { uuidv7 } from '../kernel/id.ts'
import type { PlainDate } from '../kernel/time.ts'
import type { EventTypes } from './journal/event.ts'
import { type JournalLine, linesStatement } from './journal/lines.ts'

/** The technical means that use cases work with; never a module's service. */
export type Platform = {
  /** The pool, or the transaction that the caller is in. */
  readonly db: Db
  /** Always the pool: for what must commit whatever becomes of the caller (the vault's access lines). */
  readonly pool: Db
  readonly inTransaction: boolean
  /** The journal lines of this transaction; they are written together, last before it commits. */
  readonly lines: JournalLine[]
  readonly now: () => Date
  readonly newId: () => string
  /** Random bytes from the operating system. */
  readonly random: (bytes: number) => Uint8Array
  readonly files: FileStore
  readonly keys: Keys
  readonly city: City
  readonly events: EventTypes
  readonly log: Logger
  readonly publicOrigin: string
}

/** What the platform is made of; the rest follows. */
export type PlatformParts = Omit<Platform, 'pool' | 'inTransaction' | 'lines' | 'newId' | 'random'>

/** Bytes at random in an id (RFC 9562, 5.7). */
const ID_BITS = 10

/** Puts a platform together. */
export function createPlatform(parts: PlatformParts): Platform {
  const random = (bytes: number): Uint8Array => randomBytes(bytes)
  // ids are made by the thousand: their bits are drawn many at a time
  let drawn = randomBytes(0)
  let at = 0
  const idBits = (): Uint8Array => {
    if (at >= drawn.length) [drawn, at] = [randomBytes(ID_BITS * 500), 0]
    at += ID_BITS
    return drawn.subarray(at - ID_BITS, at)
  }
  return {
    ...parts,
    pool: parts.db,
    inTransaction: false,
    lines: [],
    random,
    newId: () => uuidv7(parts.now(), idBits()),
  }
}

/** Runs work in one transaction: the caller's if it is in one, else its own (in this way), committed when the work returns. */
export async function transact<T>(platform: Platform, work: (tx: Platform) => Promise<T>, way?: Way): Promise<T> {
  if (platform.inTransaction) return work(platform)
  return begin(platform, platform.db, work, way)
}

/** Runs work outside the caller's transaction, on the pool, in a transaction of its own. */
export async function transactApart<T>(platform: Platform, work: (tx: Platform) => Promise<T>, way?: Way): Promise<T> {
  return begin(platform, platform.pool, work, way)
}

function begin<T>(platform: Platform, on: Db, work: (tx: Platform) => Promise<T>, way?: Way): Promise<T> {
  const lines: JournalLine[] = []
  return transaction(
    on,
    (db) => work({ ...platform, db, inTransaction: true, lines }),
    () => linesStatement(lines),
    way,
  )
}

/** The city's calendar day now. */
export function today(platform: Platform): PlainDate {
  return platform.city.dayOf(platform.now())
}

/** A number from 0 to 31 for references and codes, from the operating system. */
export function drawSymbol(platform: Platform): () => number {
  // some at a time: each asking costs far more than a byte
  let drawn = platform.random(12)
  let at = 0
  return () => {
    if (at === drawn.length) {
      drawn = platform.random(12)
      at = 0
    }
    return (drawn[at++] ?? 0) & 31
  }
}

/** The clock of the machine. */
export function systemClock(): Date {
  return new Date()
}
