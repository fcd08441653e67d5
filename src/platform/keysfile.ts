import { randomBytes } from 'node:crypto'
import { open, realpath, rename, rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { KeyFault, type KeyFile } from './keys.ts'

/**
 * Puts keys in the place of a key file: written beside it with the same owner and mode 600, on disk before it takes the
 * name, so that every reader sees the old file or the new one. Throws KeyFault, and leaves the old file, when that fails.
 */
export async function replaceKeyFile(file: string, keys: KeyFile): Promise<void> {
  const place = await realpath(file)
  const beside = `${place}.${randomBytes(6).toString('hex')}`
  try {
    const { uid, gid } = await stat(place)
    const handle = await open(beside, 'wx', 0o600)
    try {
      const own = await handle.stat()
      if (own.uid !== uid || own.gid !== gid) await handle.chown(uid, gid)
      await handle.writeFile(`${JSON.stringify(keys, null, 2)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(beside, place)
    await syncFolder(dirname(place))
  } catch (error) {
    await rm(beside, { force: true })
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
    throw new KeyFault(`The key file ${place} could not be replaced (${code}). It is as it was.`)
  }
}

/** The new name is on disk once its folder is; some systems let no folder be opened, and need not. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r').catch(() => null)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}
