import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Problem } from '../../../kernel/problem.ts'
import { type Fault, MessageFault, openSchema, readCamt053, type StatementHead, type Summary } from '../../iso20022/index.ts'
import { keysOf, type Part, partsIn } from './part.ts'

/** A file of statements that can be read several times. */
export type Source = { chunks(): AsyncIterable<Uint8Array>; bytes(): Promise<Uint8Array> }

/** A statement of a file that was read to its end without a fault; `digest` is of its head and all its entries. */
export type Checked = { readonly head: StatementHead; readonly entries: number; readonly digest: Buffer }

/** Largest file, in bytes: about 250,000 entries. */
const LIMITS = { bytes: 256 * 1024 * 1024 } as const

const faulty = ({ code, line, column, path }: Fault): Problem =>
  new Problem('payments.statement-faulty', 422, 'This file is no statement that can be imported.', { fault: code, line, column, path })

const told = (_name: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value)

/**
 * Reads a file of statements to its end and checks all of it: against the official schema when its folder is given, and by our own strict
 * reader. Throws 422 with the place of the first fault; nothing of such a file may be booked.
 */
export async function checkFile(source: Source, schemas: string | undefined): Promise<Checked[]> {
  if (schemas !== undefined) await holdAgainst(schemas, await source.bytes())
  const hashes: Array<ReturnType<typeof createHash>> = []
  const summary = await orFaulty(
    readCamt053(source.chunks(), {
      limits: LIMITS,
      onStatement: ({ messageId: _message, createdAt: _created, ...head }) =>
        void hashes.push(createHash('sha256').update(JSON.stringify(head, told))),
      onEntry: (entry) => void hashes.at(-1)?.update(JSON.stringify(entry, told)),
    }),
  )
  return summary.statements.map(({ head, entries }, at) => ({ head, entries, digest: hashes[at]?.digest() ?? Buffer.alloc(0) }))
}

async function orFaulty(reading: Promise<Summary>): Promise<Summary> {
  try {
    return await reading
  } catch (error) {
    throw error instanceof MessageFault ? faulty(error.fault) : error
  }
}

async function holdAgainst(folder: string, bytes: Uint8Array): Promise<void> {
  const name = (await readdir(folder)).find((each) => /^camt\.053\.001\.08.*\.xsd$/.test(each))
  if (name === undefined) throw new Error(`${folder} has no camt.053.001.08.xsd.`)
  const schema = await openSchema(await readFile(join(folder, name)))
  try {
    const [fault] = await schema.validate(bytes)
    if (fault) throw faulty(fault)
  } finally {
    schema.dispose()
  }
}

/** A transaction with its key, in the order of the file. */
export type Keyed = { readonly part: Part; readonly key: Buffer }

/** What is done with the statements of a file while it is read again. */
export type Taker = {
  /** A statement begins; gives how many of its entries are booked already. */
  begin(head: StatementHead): Promise<number>
  /** So many transactions at most, all of whole entries; the entries up to `upTo` are then done. */
  take(parts: readonly Keyed[], upTo: number): Promise<void>
  end(): Promise<void>
}

/** Transactions that are booked together. */
const BATCH = 1_000

/** Reads a checked file again and hands its transactions on in batches; entries that are booked already are left out. */
export async function walkFile(source: Source, taker: Taker): Promise<void> {
  const walk = new Walk(taker)
  await readCamt053(source.chunks(), {
    limits: LIMITS,
    onStatement: (head) => walk.begin(head),
    onEntry: (entry, place) => walk.add(place.entry, (head) => partsIn(entry, place.entry, head)),
  })
  await walk.finish()
}

class Walk {
  readonly #taker: Taker
  #head: StatementHead | null = null
  #done = 0
  #at = 0
  #waiting: Keyed[] = []
  #booking: Promise<void> = Promise.resolve()
  #seen = new Map<string, number>()

  constructor(taker: Taker) {
    this.#taker = taker
  }

  async begin(head: StatementHead): Promise<void> {
    await this.finish()
    this.#head = head
    this.#seen = new Map()
    this.#at = 0
    this.#done = await this.#taker.begin(head)
  }

  async add(entry: number, parts: (head: StatementHead) => Part[]): Promise<void> {
    if (this.#head === null) return
    const { account, id } = this.#head
    const found = parts(this.#head)
    // counted from the statement's beginning, also for what is booked already: which of those alike it is stays the same
    const keys = keysOf(account.iban ?? account.number ?? '', id, found, this.#seen)
    this.#at = entry
    if (entry <= this.#done) return
    for (const [at, part] of found.entries()) this.#waiting.push({ part, key: keys[at] ?? Buffer.alloc(0) })
    if (this.#waiting.length >= BATCH) await this.#flush()
  }

  async #flush(): Promise<void> {
    const parts = this.#waiting
    this.#waiting = []
    // one batch is booked while the next one is read, never two at once
    await this.#booking
    if (this.#at > this.#done) {
      this.#booking = this.#taker.take(parts, this.#at)
      this.#booking.catch(() => undefined) // told where it is waited for
    }
    this.#done = Math.max(this.#done, this.#at)
  }

  async finish(): Promise<void> {
    if (this.#head === null) return
    await this.#flush()
    await this.#booking
    await this.#taker.end()
    this.#head = null
  }
}
