import { mkdir, readdir, readFile, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Problem } from '../../../kernel/problem.ts'
import type { Job } from '../../../platform/jobs.ts'
import { textIn } from '../../../platform/journal/event.ts'
import { transact } from '../../../platform/platform.ts'
import { openItem } from '../items.ts'
import type { Treasury } from '../treasury.ts'
import { importer } from './book.ts'
import { bookWaiting, fingerprint, forgetOldStatements, IMPORT_JOB, importFile, sourceOf } from './import.ts'

/** The work on bank statements: files that were sent to the page, files in the city's folder, and forgetting the old ones. */
export function transferJobs(treasury: Treasury): Job[] {
  return [
    { name: IMPORT_JOB, run: (platform, payload) => bookWaiting({ ...treasury, platform }, textIn(payload, 'statement')) },
    { name: 'payments:statements', cron: '20 * * * *', run: (platform) => importFolder({ ...treasury, platform }) },
    { name: 'payments:forget-statements', cron: '50 2 * * *', run: (platform) => forgetOldStatements({ ...treasury, platform }) },
  ]
}

/**
 * Imports every file of the statements' folder, in the order of their names. A file is then moved to `done` beside it; one that was refused to
 * `refused`, and a work item says so.
 */
export async function importFolder(treasury: Treasury): Promise<void> {
  const { rules, platform } = treasury
  if (rules.statements.folder === undefined) return
  const folder = resolve(platform.city.folder, rules.statements.folder)
  const files = (await readdir(folder).catch(() => [])).filter((name) => /\.xml$/i.test(name)).toSorted()
  for (const name of files) {
    const bytes = await readFile(join(folder, name))
    const fault = await importFile(treasury, importer, sourceOf(bytes)).then(() => null, refusal)
    if (fault !== null) await noteRefused(treasury, bytes, fault)
    const to = join(folder, fault === null ? 'done' : 'refused')
    await mkdir(to, { recursive: true })
    await rename(join(folder, name), join(to, name))
  }
}

/** The code of a refusal of the file; anything else is thrown on, and tried again. */
function refusal(error: unknown): string {
  if (error instanceof Problem && error.status === 422) return error.code
  throw error
}

async function noteRefused(treasury: Treasury, bytes: Uint8Array, fault: string): Promise<void> {
  const key = `statement_refused:${fingerprint(bytes)}`
  const item = { key, kind: 'statement_refused', agency: treasury.rules.treasury, story: { fault } }
  await transact(treasury.platform, (tx) => openItem(tx, importer, item))
}
