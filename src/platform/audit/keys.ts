import { stat } from 'node:fs/promises'
import { currentVersion, type KeyFile, type KeySource } from '../keys.ts'
import type { Use } from '../keysrotate.ts'
import { type Finding, findingsOf } from './finding.ts'

const DAY_MS = 86_400_000
/** After this many days a wrapping key should be replaced. */
const OLD_DAYS = 366

/** Whether the deployment's keys are kept well: who can read them, how old they are, what still needs which. */
export async function keyFindings(
  source: KeySource,
  keys: KeyFile,
  uses: readonly Use[],
  unknown: readonly string[],
  now: Date,
): Promise<Finding[]> {
  const found = findingsOf('Keys')
  const places = { environment: 'the environment (STOA_KEYS)', command: 'the command of STOA_KEY_COMMAND', file: 'a file' } as const
  found.ok('the keys can be used', `from ${places[source.kind]}; ${keys.wrapping.length} versions, none weak`)
  if (source.kind === 'file') await fileFindings(source.file, found)
  const current = currentVersion(keys)
  const since = keys.wrapping.find((each) => each.version === current)?.since
  const days = since === undefined ? null : Math.floor((now.getTime() - Date.parse(since)) / DAY_MS)
  found.should(
    days !== null && days <= OLD_DAYS,
    'the wrapping key is not old',
    days === null ? `version ${current}, since when is not known` : `version ${current}, ${days} days`,
    'Run ./stoa keys rotate.',
  )
  const lost = uses.filter((use) => !keys.wrapping.some((each) => each.version === use.version))
  const list = (some: readonly Use[]): string => some.map((use) => `${use.rows} rows of ${use.table} by version ${use.version}`).join(', ')
  found.must(
    lost.length === 0,
    'every version that is needed is there',
    list(lost) || 'none is missing',
    'Put the key file with that version back from its backup.',
  )
  const old = uses.filter((use) => use.version !== current && !lost.includes(use))
  found.should(
    old.length === 0,
    'everything is wrapped by the current version',
    list(old) || `version ${current}`,
    'Run ./stoa keys rotate until it is done.',
  )
  const free = keys.wrapping
    .filter((each) => each.version < current && !uses.some((use) => use.version === each.version))
    .map((each) => each.version)
  found.should(
    free.length === 0,
    'no unused version is kept',
    free.length === 0 ? 'none' : `version ${free.join(', ')}`,
    'When no backup needs them any more: ./stoa keys prune.',
  )
  found.must(
    unknown.length === 0,
    'it is known what every version wraps',
    unknown.join(', ') || 'every table is known',
    'Do not prune. Report it as a fault of this version.',
  )
  return [...found.list]
}

async function fileFindings(file: string, found: ReturnType<typeof findingsOf>): Promise<void> {
  const { mode } = await stat(file)
  found.must((mode & 0o077) === 0, 'only its owner reads the key file', `mode ${(mode & 0o777).toString(8)}`, `chmod 600 ${file}`)
}
