import pg from 'pg'
import type { Logger } from 'pino'

/** Tells listeners in this process that an aggregate moved. One LISTEN session, opened when the first listener comes. */
export type Hub = {
  /** Calls `onMove` when the stream has a new line; returns how to stop listening. */
  listen(stream: string, onMove: () => void): () => void
  close(): Promise<void>
}

/** Makes a hub on a database; after a lost connection it listens again. */
export function createHub(url: string, log: Logger): Hub {
  const listeners = new Map<string, Set<() => void>>()
  let client: pg.Client | null = null
  let closed = false
  let retry: NodeJS.Timeout | undefined

  const connect = async (): Promise<void> => {
    if (client || closed) return
    const fresh = new pg.Client({ connectionString: url, application_name: 'stoa listen' })
    client = fresh
    const lost = (): void => {
      if (client === fresh) client = null
      fresh.removeAllListeners('notification')
      if (!closed && listeners.size > 0) retry = setTimeout(() => void connect(), 1_000)
    }
    fresh.on('error', () => undefined)
    fresh.once('end', lost)
    fresh.on('notification', (message) => tell(message.payload ?? ''))
    try {
      await fresh.connect()
      await fresh.query('listen stoa_journal')
    } catch (error) {
      log.warn({ err: error instanceof Error ? error.name : 'error' }, 'live updates wait for the database')
      await fresh.end().catch(() => undefined)
      lost()
    }
  }

  const tell = (payload: string): void => {
    const parsed: unknown = JSON.parse(payload || '{}')
    const streams: unknown = typeof parsed === 'object' && parsed !== null && 'streams' in parsed ? parsed.streams : []
    for (const stream of Array.isArray(streams) ? streams : []) for (const onMove of listeners.get(String(stream)) ?? []) onMove()
  }

  return {
    listen(stream, onMove) {
      const set = listeners.get(stream) ?? new Set()
      set.add(onMove)
      listeners.set(stream, set)
      void connect()
      return () => {
        set.delete(onMove)
        if (set.size === 0) listeners.delete(stream)
      }
    },
    async close() {
      closed = true
      clearTimeout(retry)
      await client?.end().catch(() => undefined)
    },
  }
}
