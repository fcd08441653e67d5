import { gzipSync } from 'node:zlib'
import type { Platform } from '../../../platform/platform.ts'
import { newestChange } from './store.ts'

/** A document as it is sent. */
export type ReadyDocument = { readonly body: Buffer; gzip(): Buffer }

/** Documents that many ask for, kept as bytes while no report changes, and never longer than a few seconds. */
export type Documents = {
  /** The document of this name; made by `make` when it is not there, or something changed since. */
  get(name: string, make: () => Promise<string>): Promise<ReadyDocument>
}

type Kept = { readonly document: ReadyDocument; readonly mark: string; readonly until: number }

/** What a photo's release changes is seen after this time at the latest. */
const KEEP_MS = 5_000
/** The most bytes kept; one page of 1,000 requests is about half a megabyte. */
const MOST_BYTES = 48 * 1024 * 1024

/** Makes the store of this process. Whoever asks after a change was written is never given the document from before it. */
export function makeDocuments(platform: Platform): Documents {
  const kept = new Map<string, Kept>()
  let bytes = 0
  const newest = shared(() => newestChange(platform.db))
  const forget = (name: string): void => {
    bytes -= kept.get(name)?.document.body.length ?? 0
    kept.delete(name)
  }
  return {
    async get(name, make) {
      const now = platform.now().getTime()
      const mark = await newest()
      const had = kept.get(name)
      if (had && had.mark === mark && had.until > now) return had.document
      const document = ready(await make())
      forget(name)
      for (const oldest of kept.keys()) {
        if (bytes + document.body.length <= MOST_BYTES) break
        forget(oldest)
      }
      if (document.body.length <= MOST_BYTES) {
        kept.set(name, { document, mark, until: now + KEEP_MS })
        bytes += document.body.length
      }
      return document
    },
  }
}

function ready(text: string): ReadyDocument {
  const body = Buffer.from(text)
  let packed: Buffer | null = null
  return { body, gzip: () => (packed ??= gzipSync(body, { level: 4 })) }
}

/** One look for all who ask meanwhile; never one that began before they asked, which might not know what they do. */
function shared<T>(look: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | null = null
  let next: Promise<T> | null = null
  const begin = (): Promise<T> => {
    const mine = look().finally(() => {
      if (running === mine) running = null
    })
    running = mine
    return mine
  }
  return () => {
    if (running === null) return begin()
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = null
        return begin()
      })
    return next
  }
}
