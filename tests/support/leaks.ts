import type { BrowserContext } from 'playwright-core'
import { demoAccounts } from '../../src/modules/demo/accounts.ts'
import { decrypt } from '../../src/platform/crypto.ts'
import { query } from '../../src/platform/db.ts'
import type { TestApp } from './app.ts'

/** The first of these words in a text, as it is or as hexadecimal, Base64 or percent signs would hide it; null when none is there. */
export function leakIn(text: string, needles: readonly string[]): string | null {
  const lower = text.toLowerCase()
  const plain = unescaped(text).toLowerCase()
  const there = (needle: string): boolean => {
    const small = needle.toLowerCase()
    if (lower.includes(small) || plain.includes(small)) return true
    const spelled = [needle, small, small.charAt(0).toUpperCase() + small.slice(1)]
    return spelled.some((each) => lower.includes(Buffer.from(each).toString('hex')) || text.includes(inBase64(each)))
  }
  return needles.find(there) ?? null
}

/** Every escape that is whole is read, whatever stands around it. */
function unescaped(text: string): string {
  return text
    .replaceAll('+', ' ')
    .replaceAll(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString())
}

/** Without its end, which depends on what comes after. */
function inBase64(text: string): string {
  return Buffer.from(text)
    .toString('base64')
    .replace(/.{1,3}$/, '')
}

/** What browsers asked for and where they were led, with their referers, and the words that were typed. */
export type Watched = { readonly addresses: string[]; readonly typed: Set<string> }

/** Writes down what a browser does from here on. */
export function watch(context: BrowserContext, watched: Watched): void {
  context.on('request', (request) => {
    watched.addresses.push(request.url(), request.headers()['referer'] ?? '')
    for (const word of typedIn(request.postData() ?? '')) watched.typed.add(word)
  })
  context.on('response', (response) => watched.addresses.push(response.headers()['location'] ?? ''))
}

/** What a form holds that says something of a person: words, numbers and addresses, not choices, keys and references. */
function typedIn(body: string): string[] {
  if (body.startsWith('--')) return [...body.matchAll(/\r\n\r\n([^\r]{6,200})\r\n/g)].map(([, text = '']) => text).filter(tells)
  return [...new URLSearchParams(body).values()].filter(tells)
}

function tells(text: string): boolean {
  return text.length >= 6 && /[\s@]|\d{6}/.test(text) && !/^[0-9a-f-]{36}$|^\w{3}[ -]\w{4}[ -]\w{4}$/i.test(text)
}

/** What is known of everybody in the city: the accounts of the demo, and each profile, opened without a line in the journal. */
export async function everybody(test: TestApp): Promise<string[]> {
  const { platform } = test.app
  const rows = await query<{ id: string; person: string; field: string; ciphertext: Buffer; version: number; key: Buffer }>(
    platform.db,
    `select r.id, p.id as person, s.field, s.ciphertext, p.key_version as version, p.wrapped_key as key
     from people.sealed s join people.record r on r.id = s.record_id join people.person p on p.id = r.person_id where r.kind = 'profile'`,
  )
  const known = rows.flatMap((row) => {
    const key = platform.keys.unwrap(row.version, row.key, row.person)
    return textsIn(JSON.parse(decrypt(key, row.ciphertext, `${row.id}/${row.field}`).toString()))
  })
  return [...new Set([...known, ...demoAccounts.flatMap(({ name, email }) => [name, email])])].filter((text) => isPrivate(test, text))
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsIn) : []
}

/** The town and the address of the city hall are everybody's; ids of the address register say nothing by themselves. */
function isPrivate({ app }: TestApp, text: string): boolean {
  return (tells(text) || /^\d{4}-\d\d-\d\d$/.test(text)) && !JSON.stringify(app.platform.city.contact).includes(text)
}
