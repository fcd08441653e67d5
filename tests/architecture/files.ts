import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { scan, type Source } from './scan.ts'

/** The folder of the project. */
export const root = fileURLToPath(new URL('../..', import.meta.url))

/** The paths below src/ that end so, with forward slashes from the root. */
export function pathsBelowSrc(pattern: string): string[] {
  return globSync(`src/**/${pattern}`, { cwd: root })
    .map((path) => path.replaceAll(sep, '/'))
    .toSorted()
}

/** Every TypeScript file of src/, read. */
export function readSources(): Source[] {
  return pathsBelowSrc('*.ts').map((path) => scan(path, readFileSync(join(root, path), 'utf8')))
}
