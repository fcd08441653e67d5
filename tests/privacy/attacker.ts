import { createSecretKey } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { decrypt, type Keys } from '../../src/platform/crypto.ts'

/** A table with every row as text and, for each column of bytes, those bytes. */
export type Dumped = { readonly table: string; readonly row: string; readonly bytes: readonly Buffer[]; readonly ids: readonly string[] }

/** The whole database, as whoever gets hold of a dump has it: every schema, the queue of jobs and the journal too. */
export async function dumpAll(databaseUrl: string): Promise<Dumped[]> {
  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const tables = await client.query<{ name: string }>(
      `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname not in ('pg_catalog', 'information_schema') order by 1`,
    )
    const rows: Dumped[] = []
    for (const { name } of tables.rows) {
      const content = await client.query<Record<string, unknown>>(`select t.*, t::text as "row as text" from ${name} t`)
      for (const found of content.rows) {
        const values = Object.values(found)
        const bytes = values.flat().filter((value): value is Buffer => Buffer.isBuffer(value))
        const ids = values.filter((value): value is string => typeof value === 'string' && value.length < 200)
        rows.push({ table: name, row: String(found['row as text']), bytes, ids })
      }
    }
    return rows
  } finally {
    await client.end()
  }
}

/** What the context of bytes that the deployment's keys wrap may be: an id of the row, alone or after the name of what it is. */
function contextsOf(ids: readonly string[], bytes: readonly Buffer[]): string[] {
  const named = ['passkey', 'totp', 'federation', 'oidc.client', 'oidc.signing_key'].flatMap((prefix) => ids.map((id) => `${prefix}/${id}`))
  const items = ids.flatMap((id) => bytes.map((each) => `oidc.item/${id}/${each.toString('hex')}`))
  return [...ids, ...named, ...items]
}

/** Every file below a folder. */
export function filesBelow(folder: string): Array<{ name: string; bytes: Buffer }> {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => ({ name: entry.name, bytes: readFileSync(join(entry.parentPath, entry.name)) }))
}

/** What is looked for, as it is or as hexadecimal, Base64 or percent signs would hide it. */
export function finder(needles: readonly string[]): (text: string) => string | null {
  const spelled = needles.flatMap((needle) => {
    const buffer = Buffer.from(needle)
    // Base64 of a text within another begins at one of three places of it
    const inBase64 = [0, 1, 2].map((skip) => buffer.subarray(skip, skip + 3 * Math.floor((buffer.length - skip) / 3)).toString('base64'))
    return [
      needle.toLowerCase(),
      buffer.toString('hex'),
      encodeURIComponent(needle).toLowerCase(),
      ...inBase64.map((each) => `\u0000${each}`),
    ].map((each) => [needle, each] as const)
  })
  return (text) => {
    const lower = text.toLowerCase()
    const hit = spelled.find(([, each]) => (each.startsWith('\u0000') ? text.includes(each.slice(1)) : lower.includes(each)))
    return hit?.[0] ?? null
  }
}

/**
 * Everything that can be decrypted with all keys of the deployment and whatever else the dump holds: each wrapped key is
 * unwrapped, each sealed field, name and file is tried with each of them; and bytes that the deployment's keys wrap
 * themselves are tried with every id of their row as their context.
 */
export function decryptAll(keys: Keys, dump: readonly Dumped[], files: ReadonlyArray<{ name: string; bytes: Buffer }>): string[] {
  const plain: string[] = []
  const attempt = (work: () => Buffer): Buffer | null => {
    try {
      const bytes = work()
      plain.push(bytes.toString('utf8'), bytes.toString('latin1'))
      return bytes
    } catch {
      return null
    }
  }
  const personKeys: Buffer[] = []
  for (const { bytes, ids } of dump)
    for (const each of bytes)
      for (const context of contextsOf(ids, bytes))
        for (let version = 1; version <= keys.current; version += 1) {
          const got = attempt(() => keys.unwrap(version, each, context))
          if (got?.length === 32) personKeys.push(got)
        }
  for (const key of personKeys.map((each) => createSecretKey(each))) {
    for (const { table, bytes, ids } of dump) {
      if (table === 'people.sealed') for (const each of bytes) attempt(() => decrypt(key, each, `${ids[0]}/${ids[1]}`))
      if (table === 'people.document') for (const each of bytes) attempt(() => decrypt(key, each, `document-name/${ids[0]}`))
    }
    for (const { name, bytes } of files) attempt(() => decrypt(key, bytes, `document/${name}`))
  }
  return plain
}
