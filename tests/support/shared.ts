import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { root } from './app.ts'

/** A file or folder of the shared real data (STOA_SHARED_DATA, else beside the project); null when it is not there. */
export function sharedData(path: string): string | null {
  const found = join(process.env['STOA_SHARED_DATA'] ?? resolve(root, '../shared/data'), path)
  return existsSync(found) ? found : null
}
