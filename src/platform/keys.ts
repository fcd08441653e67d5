import { execFile } from 'node:child_process'
import { createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { z } from 'zod'
import { type Keys, type KeySet, keysFrom } from './crypto.ts'

/** Where the deployment's keys come from: the environment, a command (the city's KMS or HSM), or a file. */
export type KeySource =
  | { readonly kind: 'environment'; readonly text: string }
  | { readonly kind: 'command'; readonly argv: readonly string[] }
  | { readonly kind: 'file'; readonly file: string }

const keyFile = z.strictObject({
  wrapping: z
    .array(
      z.strictObject({
        version: z.number().int().min(1),
        key: z.base64(),
        /** When this version began to wrap new keys. */
        since: z.iso.datetime().optional(),
      }),
    )
    .min(1),
  /** The version that wraps; when it is left out, the highest. */
  current: z.number().int().min(1).optional(),
  blind: z.base64(),
  token: z.base64(),
})

/** The deployment's keys as they are kept, in Base64. */
export type KeyFile = z.infer<typeof keyFile>

/** Keys that cannot be used, in words that never show them. */
export class KeyFault extends Error {}

const COMMAND_MS = 30_000

/** Opens the keys. A key file that is not there is made, readable only by its owner. Throws KeyFault when they cannot be used. */
export async function openKeys(source: KeySource): Promise<Keys> {
  if (source.kind === 'file') {
    if ((await readFile(source.file, 'utf8').catch(whenMissing)) === null) await makeKeyFile(source.file)
    return keysFrom(watched(source.file))
  }
  const set = keySetOf(await readKeys(source))
  return keysFrom(() => set)
}

/** What a source has, checked; throws KeyFault. */
export async function readKeys(source: KeySource): Promise<KeyFile> {
  if (source.kind === 'environment') return parseKeys(source.text, 'STOA_KEYS')
  if (source.kind === 'command') return parseKeys(await runKeyCommand(source.argv), 'What the command of STOA_KEY_COMMAND prints')
  const text = await readFile(source.file, 'utf8').catch(whenMissing)
  if (text === null) throw new KeyFault(`There is no key file ${source.file}.`)
  return parseKeys(text, `The key file ${source.file}`)
}

/** The version that wraps new keys. */
export function currentVersion(keys: KeyFile): number {
  return keys.current ?? Math.max(...keys.wrapping.map((each) => each.version))
}

/** A new wrapping version, made now; it wraps nothing yet. */
export function withNewVersion(keys: KeyFile): KeyFile {
  const version = Math.max(...keys.wrapping.map((each) => each.version)) + 1
  return { ...keys, current: currentVersion(keys), wrapping: [...keys.wrapping, { version, key: freshKey() }] }
}

/** The same keys with another version that wraps from now on. */
export function withCurrent(keys: KeyFile, version: number, now: Date): KeyFile {
  const wrapping = keys.wrapping.map((each) => (each.version === version ? { ...each, since: now.toISOString() } : each))
  return { ...keys, current: version, wrapping }
}

/** The same keys without some wrapping versions. */
export function withoutVersions(keys: KeyFile, versions: readonly number[]): KeyFile {
  return { ...keys, current: currentVersion(keys), wrapping: keys.wrapping.filter((each) => !versions.includes(each.version)) }
}

/** Reads and checks keys; the faults name places, never values. */
export function parseKeys(text: string, what: string): KeyFile {
  const faults: string[] = []
  try {
    const parsed = keyFile.safeParse(JSON.parse(text))
    if (parsed.success) faults.push(...weaknesses(parsed.data))
    else faults.push(...parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'} is not as it should be`))
    if (parsed.success && faults.length === 0) return parsed.data
  } catch {
    faults.push('it is no JSON') // the parser's own message would quote it
  }
  throw new KeyFault(`${what} cannot be used: ${faults.join('; ')}. See docs/operate/keys.md.`)
}

/** What makes keys too weak to use: a wrong length, bytes that nobody drew, one key in two places. Empty when nothing does. */
export function weaknesses(keys: KeyFile): string[] {
  const named = [...keys.wrapping.map((each) => [`wrapping key ${each.version}`, each.key] as const), ['blind', keys.blind] as const, ['token', keys.token] as const] // prettier-ignore
  const faults: string[] = []
  const seen = new Map<string, string>()
  for (const [name, text] of named) {
    const bytes = Buffer.from(text, 'base64')
    const before = seen.get(bytes.toString('base64'))
    seen.set(bytes.toString('base64'), name)
    if (bytes.length !== 32) faults.push(`${name} has ${bytes.length} bytes, not 32`)
    // 32 drawn bytes have 30 different ones; fewer than 16 does not happen to anybody
    else if (new Set(bytes).size < 16) faults.push(`${name} was not drawn at random`)
    if (before !== undefined) faults.push(`${name} is the same as ${before}`)
  }
  const versions = keys.wrapping.map((each) => each.version)
  if (new Set(versions).size < versions.length) faults.push('a version is there twice')
  if (!versions.includes(currentVersion(keys))) faults.push('the current version is not there')
  return faults
}

/** Splits a command into its program and arguments as a shell would split plain words and quotes; nothing is expanded. Null when a quote is left open. */
export function splitCommand(text: string): string[] | null {
  const parts = [...text.matchAll(/(?:[^\s"']|"[^"]*"|'[^']*')+|["']/g)].map((match) => match[0])
  if (parts.some((part) => part === '"' || part === "'")) return null
  return parts.map((part) => part.replaceAll(/"([^"]*)"|'([^']*)'/g, '$1$2'))
}

/** Runs the command once, without a shell. What it prints is never shown. */
function runKeyCommand([program = '', ...args]: readonly string[]): Promise<string> {
  return new Promise((done, fail) => {
    const options = { timeout: COMMAND_MS, maxBuffer: 64 * 1024, windowsHide: true }
    const child = execFile(program, args, options, (error, stdout) => {
      if (error === null) return done(stdout)
      const code = typeof error.code === 'number' ? `it ended with ${error.code}` : `it could not be run (${error.code ?? 'unknown'})`
      const why = error.killed === true ? `it took longer than ${COMMAND_MS / 1000} s or printed too much` : code
      fail(new KeyFault(`The command of STOA_KEY_COMMAND gave no keys: ${why}.`))
    })
    child.stdin?.end()
  })
}

async function makeKeyFile(file: string): Promise<void> {
  const wrapping = [{ version: 1, key: freshKey(), since: new Date().toISOString() }]
  const fresh: KeyFile = { wrapping, blind: freshKey(), token: freshKey() }
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, `${JSON.stringify(fresh, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
}

function freshKey(): string {
  return randomBytes(32).toString('base64')
}

/**
 * The set of a file, read again whenever the file has changed. A file that is gone, broken or has other keys under known
 * names is not taken: the program goes on with what it has.
 */
function watched(file: string): () => KeySet {
  const read = (): KeySet => keySetOf(parseKeys(readFileSync(file, 'utf8'), `The key file ${file}`))
  let stamp = stampOf(file)
  let set = read()
  return () => {
    const now = stampOf(file)
    if (now === stamp) return set
    stamp = now
    try {
      const next = read()
      if (continues(set, next)) set = next
    } catch {
      // kept as it was
    }
    return set
  }
}

function stampOf(file: string): string | null {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${found.ino} ${found.mtimeMs} ${found.size}` : null
}

function continues(before: KeySet, after: KeySet): boolean {
  const same = [...before.wrapping].every(([version, key]) => after.wrapping.get(version)?.equals(key) ?? true)
  return same && before.blind.equals(after.blind) && before.token.equals(after.token)
}

function keySetOf(keys: KeyFile): KeySet {
  const secret = (text: string): KeyObject => createSecretKey(Buffer.from(text, 'base64'))
  return {
    current: currentVersion(keys),
    wrapping: new Map(keys.wrapping.map(({ version, key }) => [version, secret(key)])),
    blind: secret(keys.blind),
    token: secret(keys.token),
  }
}

function whenMissing(error: NodeJS.ErrnoException): null {
  if (error.code === 'ENOENT') return null
  throw error
}
