import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { invariant } from '../kernel/invariant.ts'

/** A place for bytes by key. What is put is durable when the call returns. */
export type FileStore = {
  put(key: string, bytes: Uint8Array): Promise<void>
  /** The bytes, or null when there are none. */
  get(key: string): Promise<Uint8Array | null>
  remove(key: string): Promise<void>
}

/** Files on a local disk, below one folder. */
export function localFiles(folder: string): FileStore {
  const pathOf = (key: string): string => {
    invariant(/^[0-9a-z-]{8,80}$/.test(key), 'a file key is an id')
    return join(folder, key.slice(-2), key)
  }
  return {
    async put(key, bytes) {
      const path = pathOf(key)
      await mkdir(dirname(path), { recursive: true })
      const part = `${path}.${randomBytes(4).toString('hex')}.part`
      const handle = await open(part, 'wx', 0o600)
      try {
        await handle.writeFile(bytes)
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(part, path)
    },
    async get(key) {
      return readFile(pathOf(key)).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return null
        throw error
      })
    },
    async remove(key) {
      await rm(pathOf(key), { force: true })
    },
  }
}
