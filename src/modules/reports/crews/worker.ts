import { readFile } from 'node:fs/promises'
import { sha256 } from '../../../platform/crypto.ts'
import type { View } from '../../../ui/index.ts'

/**
 * The script of the worker that answers without a connection: it begins with the addresses of what it keeps, so that it is
 * another script, which browsers then take in, whenever one of them has changed.
 */
export async function workerScript(assets: View['assets']): Promise<string> {
  const text = await readFile(new URL('../../../ui/browser/crewworker.js', import.meta.url), 'utf8')
  const files = [
    assets.css,
    assets.theme,
    assets.script,
    assets.crew,
    ...assets.crewParts,
    assets.icon,
    ...(assets.logo === null ? [] : [assets.logo]),
  ]
  const version = sha256(`${text} ${files.join(' ')}`).slice(0, 16)
  return `self.crewShell = ${JSON.stringify({ version, files })}\n${text}`
}
