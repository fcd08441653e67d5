import { readFile } from 'node:fs/promises'
import type { AddAsset } from './mapassets.ts'

const SCRIPT = 'text/javascript; charset=utf-8'

/** Adds the scripts of the crews' pages: the address of the one that a page names, and those that it loads by itself. */
export async function addCrewAssets(
  add: AddAsset,
  browser: (name: string) => Promise<string>,
): Promise<{ readonly crew: string; readonly crewParts: readonly string[] }> {
  const crewParts: string[] = []
  const part = (name: string, text: string): string => {
    const address = add(name, 'js', SCRIPT, text)
    crewParts.push(address)
    return address
  }
  const idb = part('idb', await readFile(new URL(import.meta.resolve('idb')), 'utf8'))
  const outbox = part('outbox', (await browser('outbox')).replace(`from 'idb'`, `from '${idb}'`))
  const frame = part('crewframe', await browser('crewframe'))
  const forms = part('crewforms', await browser('crewforms'))
  const parts = { outbox, crewframe: frame, crewforms: forms }
  const crew = (await browser('crew')).replaceAll(
    /from '\.\/(outbox|crewframe|crewforms)\.js'/g,
    (_, name: keyof typeof parts) => `from '${parts[name]}'`,
  )
  return { crew: add('crew', 'js', SCRIPT, crew), crewParts }
}
