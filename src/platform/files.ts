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

/** Where a key lies below the folder or prefix of a store: the same in every store, so that moving files is copying them. */
export function pathOfKey(key: string): string {
  invariant(/^[0-9a-z-]{8,80}$/.test(key), 'a file key is an id')
  return `${key.slice(-2)}/${key}`
}

/** Files on a local disk, below one folder. */
export function localFiles(folder: string): FileStore {
  const pathOf = (key: string): string => join(folder, pathOfKey(key))
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
      await syncFolder(dirname(path))
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

/** A new name is durable only when its folder is; Windows has no such call. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}
