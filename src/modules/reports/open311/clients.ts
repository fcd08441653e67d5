import { notFound, Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, anonymous, systemActor } from '../../access/index.ts'
import { queueMessage } from '../../messages/index.ts'
import { blindedPerson, createPerson, createRecord, destroyPerson, openMany, seal } from '../../people/index.ts'
import type { Board } from '../service/index.ts'
import * as store from './store.ts'
import type { ClientRow } from './store.ts'

/** What is asked of whoever wants a key. */
export type TypedClient = {
  readonly name: string
  readonly organisation: string
  readonly contact: string
  readonly email: string
  readonly purpose: string
}
export type ClientField = keyof TypedClient

/** The documented key of a demo city, whose reports are invented anyway. */
export const DEMO_KEY = 'harbourview-demo-key'
/** Days in which the address has to be confirmed. */
export const CONFIRM_DAYS = 3
/** Bytes of a key and of a code in an e-mail. */
const SECRET_BYTES = 24

const most: Readonly<Record<ClientField, number>> = { name: 80, organisation: 120, contact: 120, email: 200, purpose: 1_000 }

/** What is wrong with what was typed. */
export function faultsOf(typed: TypedClient): ClientField[] {
  const fields: readonly ClientField[] = ['name', 'organisation', 'contact', 'email', 'purpose']
  return fields.filter((field) => {
    const text = cleanText(typed[field])
    if (text === '' || text.length > most[field]) return true
    return field === 'email' && !/^[^\s@<>"]{1,64}@[^\s@<>"]{1,190}\.[^\s@<>"]{2,60}$/.test(text)
  })
}

const hashOf = (platform: Platform, kind: 'key' | 'code', secret: string): Buffer => platform.keys.token(`open311-${kind}:${secret}`)
const secretOf = (platform: Platform): string => Buffer.from(platform.random(SECRET_BYTES)).toString('base64url')

/** Asks for a key: an e-mail with a link goes to the address, and nothing is good before it is followed. */
export async function askForKey(board: Board, typed: TypedClient, language: string): Promise<void> {
  const t = board.words.translator(language)
  await transact(board.platform, async (tx) => {
    const code = secretOf(tx)
    const row = await newClient(tx, typed, { language, state: 'asked', perMinute: board.categories.programs.per_minute, code })
    await tell(tx, anonymous('web'), row, 'asked')
    await queueMessage(tx, {
      id: `open311-key:${row.id}`,
      personId: row.person_id,
      to: cleanText(typed.email),
      language,
      template: 'open311.key',
      subject: t('open311.mail.subject', { name: row.name }),
      text: t('open311.mail.text', { name: row.name, link: `${tx.publicOrigin}/open311/keys/confirm?code=${code}`, days: CONFIRM_DAYS }),
    })
  })
}

type Made = {
  readonly language: string
  readonly state: 'asked' | 'active'
  readonly perMinute: number
  readonly code?: string
  readonly key?: string
  readonly test?: boolean
}

async function newClient(tx: Platform, typed: TypedClient, made: Made): Promise<ClientRow> {
  const personId = await createPerson(tx)
  const recordId = await createRecord(tx, personId, 'open311_client')
  await seal(tx, recordId, { name: cleanText(typed.contact), email: cleanText(typed.email), purpose: cleanText(typed.purpose) })
  const row: ClientRow = {
    id: tx.newId(),
    name: cleanText(typed.name),
    organisation: cleanText(typed.organisation),
    person_id: personId,
    record_id: recordId,
    language: made.language,
    state: made.state,
    code: made.code === undefined ? null : hashOf(tx, 'code', made.code),
    key: made.key === undefined ? null : hashOf(tx, 'key', made.key),
    per_minute: made.perMinute,
    test: made.test ?? false,
    asked_at: tx.now(),
    confirmed_at: made.state === 'active' ? tx.now() : null,
    ended_at: null,
    used_on: null,
  }
  await store.insertClient(tx.db, row)
  return row
}

/** The client whose link this is, while it is good; null when it is not. */
export async function clientOfCode(platform: Platform, code: string): Promise<ClientRow | null> {
  const found = code === '' ? null : await store.clientByCode(platform.db, hashOf(platform, 'code', code))
  return found && isFresh(platform, found) ? found : null
}

function isFresh(platform: Platform, client: ClientRow): boolean {
  return client.state === 'asked' && platform.now().getTime() - client.asked_at.getTime() < CONFIRM_DAYS * 86_400_000
}

/** Confirms the address and gives the key: this once, for it is kept as a keyed hash only. Throws 404 for a link that is not good (any more). */
export async function confirmKey(board: Board, code: string): Promise<{ client: ClientRow; key: string }> {
  return transact(board.platform, async (tx) => {
    const found = code === '' ? null : await store.clientByCode(tx.db, hashOf(tx, 'code', code), true)
    if (!found || !isFresh(tx, found)) throw notFound('link')
    const key = secretOf(tx)
    const state = board.categories.programs.keys === 'approved' ? 'waiting' : 'active'
    const change = { state, code: null, key: hashOf(tx, 'key', key), confirmed_at: tx.now() } as const
    await store.changeClient(tx.db, found.id, change)
    const client = { ...found, ...change }
    await tell(tx, anonymous('web'), client, 'confirmed')
    return { client, key }
  })
}

/** The clients whose address is confirmed, for administrators. */
export async function listClients(platform: Platform, actor: Actor): Promise<ClientRow[]> {
  allow(actor, 'reports.clients')
  return store.confirmedClients(platform.db)
}

/** Who asked for a key and what for, opened through the vault with a line in the journal. */
export type Asker = { readonly client: ClientRow; readonly name: string; readonly email: string; readonly purpose: string }

/** Opens who stands behind a client. Throws 404. */
export async function openClient(platform: Platform, actor: Actor, id: string): Promise<Asker> {
  allow(actor, 'reports.clients')
  const client = await known(platform, id)
  const opened = await openMany(platform, actor, [{ record: client.record_id, purpose: 'open311.client', legalBasis: 'gdpr.6.1.e' }])
  const fields = opened.get(client.record_id) ?? {}
  const text = (name: string): string => (typeof fields[name] === 'string' ? fields[name] : '')
  return { client, name: text('name'), email: text('email'), purpose: text('purpose') }
}

async function known(platform: Platform, id: string, lock = false): Promise<ClientRow> {
  const found = /^[0-9a-f-]{36}$/.test(id) ? await store.clientById(platform.db, id, lock) : null
  if (!found || found.key === null) throw notFound('program')
  return found
}

/** Agrees to a key that waits, and tells its holder. */
export async function approveClient(board: Board, actor: Actor, id: string): Promise<void> {
  const { client, email } = await openClient(board.platform, actor, id)
  const t = board.words.translator(client.language)
  await transact(board.platform, async (tx) => {
    await change({ ...board, platform: tx }, actor, id, 'approved', (now) => (now.state === 'waiting' ? { state: 'active' } : null))
    await queueMessage(tx, {
      id: `open311-approved:${id}`,
      personId: client.person_id,
      to: email,
      language: client.language,
      template: 'open311.approved',
      subject: t('open311.mail.approved.subject', { name: client.name }),
      text: t('open311.mail.approved.text', { name: client.name, link: `${tx.publicOrigin}/open311/keys` }),
    })
  })
}

/** Ends a key for good. */
export function endClient(board: Board, actor: Actor, id: string): Promise<void> {
  return change(board, actor, id, 'ended', (client) =>
    client.state === 'ended' ? null : { state: 'ended', ended_at: board.platform.now() },
  )
}

/** Sets how many requests a minute a key is good for. Throws 422 when that is no whole number from 1 to 1,000,000. */
export function setRate(board: Board, actor: Actor, id: string, perMinute: number): Promise<void> {
  if (!Number.isSafeInteger(perMinute) || perMinute < 1 || perMinute > 1_000_000)
    throw new Problem('open311.rate', 422, 'Write a whole number from 1 to 1,000,000.')
  return change(board, actor, id, 'changed', (client) => (client.state === 'ended' ? null : { per_minute: perMinute }))
}

type Changed = Parameters<typeof store.changeClient>[2]

async function change(board: Board, actor: Actor, id: string, what: string, rule: (client: ClientRow) => Changed | null): Promise<void> {
  allow(actor, 'reports.clients')
  await transact(board.platform, async (tx) => {
    const client = await known(tx, id, true)
    const changed = rule(client)
    if (changed === null) throw new Problem('open311.client-moved-on', 409, 'Somebody else has done this already.')
    await store.changeClient(tx.db, id, changed)
    await tell(tx, actor, client, what)
  })
}

async function tell(tx: Platform, actor: Actor, client: ClientRow, what: string): Promise<void> {
  await record(tx, actor, { type: `reports.client.${what}`, stream: client.id, subject: blindedPerson(tx, client.person_id), data: {} })
}

/** Clients by their key, looked up at most every few seconds: an ended key is good that much longer. */
export type KeyRing = {
  /** The client whose key this is and who may send; null when there is none. */
  clientOf(key: string): Promise<ClientRow | null>
}

const REMEMBER_MS = 5_000
const MOST_REMEMBERED = 1_000

/** Makes the ring of this process. */
export function makeKeyRing(platform: Platform): KeyRing {
  const remembered = new Map<string, { readonly client: ClientRow; readonly until: number }>()
  return {
    async clientOf(key) {
      if (!/^[\x21-\x7E]{8,200}$/.test(key)) return null
      const hash = hashOf(platform, 'key', key)
      const name = hash.toString('base64')
      const now = platform.now().getTime()
      const had = remembered.get(name)
      if (had && had.until > now) return had.client
      remembered.delete(name)
      const client = await store.clientByKey(platform.db, hash)
      if (client?.state !== 'active') return null
      const day = today(platform)
      if (client.used_on !== day) await store.changeClient(platform.db, client.id, { used_on: day })
      if (remembered.size >= MOST_REMEMBERED) remembered.clear()
      remembered.set(name, { client, until: now + REMEMBER_MS })
      return client
    },
  }
}

/** Adds a client with a key that is known, for a demo city and for measuring; nothing when there is one already. */
export async function addKnownClient(platform: Platform, key: string, perMinute: number): Promise<void> {
  await transact(platform, async (tx) => {
    if (await store.clientByKey(tx.db, hashOf(tx, 'key', key))) return
    const typed = {
      name: 'Demo key',
      organisation: 'Harbourview',
      contact: 'Demo',
      email: 'demo@harbourview.example',
      purpose: 'Trying it out',
    }
    await newClient(tx, typed, { language: 'en', state: 'active', perMinute, key, test: true })
  })
}

/** Forgets those who never confirmed their address, with everything they typed. */
export async function forgetUnconfirmed(platform: Platform): Promise<void> {
  const before = new Date(platform.now().getTime() - CONFIRM_DAYS * 86_400_000)
  for (const client of await store.forgottenClients(platform.db, before, 500)) {
    await transact(platform, async (tx) => {
      const held = await store.clientById(tx.db, client.id, true)
      if (held?.state !== 'asked') return
      await store.deleteClient(tx.db, client.id)
      await destroyPerson(tx, systemActor('open311'), held.person_id, 'open311.unconfirmed')
    })
  }
}
