import { setTimeout as sleep } from 'node:timers/promises'
import { query } from '../db.ts'
import { type Platform, transactApart } from '../platform.ts'
import type { JournalEvent } from './event.ts'
import { eventsAfter } from './journal.ts'

/** One who reads the journal: at least once, in order, in batches; `handle` is idempotent. */
export type Subscriber = {
  readonly name: string
  /** The event types it takes in; others only move its position. */
  readonly types: readonly string[]
  /** Takes in a batch inside the transaction that moves the position. */
  handle(tx: Platform, events: readonly JournalEvent[]): Promise<void>
}

const BATCH = 500
/** So many lines are gone over at once: most are of types that a subscriber does not take in, and each step is a commit. */
const STRETCH = 5_000
const ONE = { most: 1, length: STRETCH }
/** After this many failures of one batch, the event that fails is set aside in `journal.stuck`. */
const PATIENCE = 5

/** Lets a subscriber take in its next batch; returns how many events it moved over. */
export async function advance(platform: Platform, subscriber: Subscriber): Promise<number> {
  await query(platform.pool, 'insert into journal.cursor (name, position) values ($1, 0) on conflict do nothing', [subscriber.name])
  try {
    return await takeBatch(platform, subscriber, { most: BATCH, length: STRETCH })
  } catch (error) {
    const failures = await countFailure(platform, subscriber, error)
    platform.log.error({ err: error, subscriber: subscriber.name, failures }, 'a subscriber failed on a batch')
    if (failures < PATIENCE) return 0
    return takeOne(platform, subscriber)
  }
}

async function takeBatch(platform: Platform, subscriber: Subscriber, size: { most: number; length: number }): Promise<number> {
  return transactApart(platform, async (tx) => {
    const cursor = await lockCursor(tx, subscriber)
    if (cursor === null) return 0
    const { events, last } = await eventsAfter(tx, cursor, subscriber.types, size)
    if (last === null) return 0
    if (events.length > 0) await subscriber.handle(tx, events)
    await query(tx.db, 'update journal.cursor set position = $2, updated_at = now(), failures = 0, last_error = null where name = $1', [
      subscriber.name,
      last,
    ])
    return Number(last - cursor)
  })
}

async function countFailure(platform: Platform, subscriber: Subscriber, error: unknown): Promise<number> {
  const text = error instanceof Error ? error.name : 'error'
  const [row] = await query<{ failures: number }>(
    platform.pool,
    'update journal.cursor set failures = failures + 1, last_error = $2 where name = $1 returning failures',
    [subscriber.name, text],
  )
  return row?.failures ?? 0
}

/** After patience is spent: one event that it takes in at a time; one that still fails is set aside, visibly, and the rest goes on. */
async function takeOne(platform: Platform, subscriber: Subscriber): Promise<number> {
  try {
    return await takeBatch(platform, subscriber, ONE)
  } catch (error) {
    return transactApart(platform, async (tx) => {
      const cursor = await lockCursor(tx, subscriber)
      const { events, last } = cursor === null ? { events: [], last: null } : await eventsAfter(tx, cursor, subscriber.types, ONE)
      if (cursor === null || last === null) return 0
      // the position of the next event that it takes in, which is the one that fails; others it only goes past
      await query(tx.db, 'update journal.cursor set position = $2, failures = $3 where name = $1', [subscriber.name, last, PATIENCE - 1])
      const name = error instanceof Error ? `${error.name}: ${'code' in error ? String(error.code) : ''}` : 'error'
      const stuck = 'insert into journal.stuck (subscriber, position, error) values ($1, $2, $3) on conflict do nothing'
      if (events.length > 0) await query(tx.db, stuck, [subscriber.name, last, name])
      return Number(last - cursor)
    })
  }
}

/** Where a subscriber stands, held until the transaction ends; null while another process has it. */
async function lockCursor(tx: Platform, { name }: Subscriber): Promise<bigint | null> {
  const [cursor] = await query<{ position: bigint }>(tx.db, 'select position from journal.cursor where name = $1 for update skip locked', [
    name,
  ])
  return cursor?.position ?? null
}

/** Runs subscribers until told to stop; each at its own pace. */
export function startSubscribers(platform: Platform, subscribers: readonly Subscriber[], idleMs = 300): { stop(): Promise<void> } {
  const stopping = new AbortController()
  const pause = (): Promise<void> => sleep(idleMs, undefined, { signal: stopping.signal }).catch(() => undefined)
  const loops = subscribers.map(async (subscriber) => {
    while (!stopping.signal.aborted) {
      const count = await advance(platform, subscriber).catch((error: unknown) => {
        platform.log.warn({ err: error, subscriber: subscriber.name }, 'a subscriber could not work; it tries again')
        return 0
      })
      if (count < BATCH) await pause()
    }
  })
  return {
    async stop() {
      stopping.abort()
      await Promise.all(loops)
    },
  }
}

/** How many events were set aside because a subscriber could not take them in; an operator looks at them. */
export async function stuckCount(platform: Platform): Promise<number> {
  const [row] = await query<{ count: bigint }>(platform.db, 'select count(*) as count from journal.stuck')
  return Number(row?.count ?? 0n)
}
