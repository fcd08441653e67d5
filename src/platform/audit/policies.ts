import { createHash } from 'node:crypto'
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Finding, findingsOf } from './finding.ts'

const FILE = 'REVIEWED'
const MEND = 'Have the policies read by who answers for them, then run ./stoa audit --reviewed-policies "name or office".'

/** One hash over the names and contents of all policy files. */
export async function hashOfPolicies(folder: string): Promise<string> {
  const names = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name !== FILE)
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted()
  const hash = createHash('sha256')
  for (const name of names) {
    const bytes = await readFile(name)
    hash.update(`${name.slice(folder.length).replaceAll('\\', '/')}\n${bytes.length}\n`).update(bytes)
  }
  return hash.digest('hex')
}

/** Writes down that the policies as they are now were reviewed, by whom and when. */
export async function markReviewed(folder: string, by: string, now: Date): Promise<void> {
  const name = by.replaceAll(/\s+/g, ' ').trim()
  await writeFile(
    join(folder, FILE),
    `sha256: ${await hashOfPolicies(folder)}\nreviewed-by: ${name}\ndate: ${now.toISOString().slice(0, 10)}\n`,
  )
}

/** Whether the policies in force are the reviewed ones. */
export async function policyFindings(folder: string): Promise<Finding[]> {
  const found = findingsOf('Policies')
  const what = 'the policies in force were reviewed'
  const text = await readFile(join(folder, FILE), 'utf8').catch(() => null)
  const hash = await hashOfPolicies(folder).catch(() => null)
  const value = (name: string): string => new RegExp(`^${name}: *(.+)$`, 'm').exec(text ?? '')?.[1] ?? ''
  if (hash === null) found.fail(what, `there are no policies in ${folder}`, 'Put the folder back as it was delivered.')
  else if (text === null) found.warn(what, `sha256 ${hash}; no review is written down`, MEND)
  else if (value('sha256') !== hash)
    found.fail(what, `sha256 ${hash}, not the one reviewed by ${value('reviewed-by')} on ${value('date')}`, MEND)
  else found.ok(what, `sha256 ${hash}, by ${value('reviewed-by')} on ${value('date')}`)
  return [...found.list]
}
