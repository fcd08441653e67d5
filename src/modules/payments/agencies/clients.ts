import { isUuid } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { isUniqueViolation } from '../../../platform/db.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { type Scope, scopes } from './client.ts'
import * as store from './store.ts'
import type { Client } from './store.ts'

/** What an administrator types for a new program. */
export type TypedClient = {
  readonly code: string
  readonly name: string
  readonly agency: string
  readonly perMinute: string
  readonly scopes: readonly string[]
}
export type ClientField = keyof TypedClient

const KEY_BYTES = 24

/** A key as it is kept. */
export function keyHashOf(platform: Platform, key: string): Buffer {
  return platform.keys.token(`money-client:${key}`)
}

/** What is wrong with what was typed. */
export function faultsOf(platform: Platform, typed: TypedClient): ClientField[] {
  const name = cleanText(typed.name)
  return [
    ...(/^[a-z][a-z0-9_]{0,31}$/.test(typed.code) ? [] : (['code'] as const)),
    ...(name !== '' && name.length <= 80 ? [] : (['name'] as const)),
    ...(platform.city.agencies.some((agency) => agency.id === typed.agency) ? [] : (['agency'] as const)),
    ...(rateOf(typed.perMinute) === null ? (['perMinute'] as const) : []),
    ...(typed.scopes.every((scope) => scopes.some((known) => known === scope)) ? [] : (['scopes'] as const)),
  ]
}

function rateOf(typed: string): number | null {
  const rate = /^\d{1,6}$/.test(typed) ? Number(typed) : 0
  return rate >= 1 && rate <= 100_000 ? rate : null
}

/**
 * Makes a program with its key, which is given this once and kept as a keyed hash; without any scope it has none and sends
 * files only. Throws 409 when another one has the code.
 */
export async function makeClient(platform: Platform, actor: Actor, typed: TypedClient): Promise<{ id: string; key: string | null }> {
  allow(actor, 'money.clients')
  const chosen = scopes.filter((scope): scope is Scope => typed.scopes.includes(scope))
  const key = chosen.length === 0 ? null : newKey(platform)
  try {
    return await transact(platform, async (tx) => {
      const id = tx.newId()
      await store.insertClient(tx.db, {
        id,
        code: typed.code,
        name: cleanText(typed.name),
        agency: typed.agency,
        state: 'active',
        key: key === null ? null : keyHashOf(tx, key),
        scopes: chosen,
        per_minute: rateOf(typed.perMinute) ?? 60,
        made_by: actor.accountId ?? '',
        made_at: tx.now(),
        ended_at: null,
        used_on: null,
      })
      await record(tx, actor, { type: 'payments.client.made', stream: id, data: { agency: typed.agency, scopes: chosen } })
      return { id, key }
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new Problem('payments.client-there', 409, 'There is a program with this short name. Choose another.')
  }
}

function newKey(platform: Platform): string {
  return Buffer.from(platform.random(KEY_BYTES)).toString('base64url')
}

/** Every program, for administrators. */
export async function listClients(platform: Platform, actor: Actor): Promise<Client[]> {
  allow(actor, 'money.clients')
  return store.allClients(platform.db)
}

/** One program; throws 404. */
export async function readClient(platform: Platform, actor: Actor, id: string): Promise<Client> {
  allow(actor, 'money.clients')
  const client = isUuid(id) ? await store.clientById(platform.db, id) : null
  if (!client) throw notFound('program')
  return client
}

/** Changes a program that has not ended, in a transaction with its line in the journal; throws 404 and 409. */
export async function changing<T>(
  platform: Platform,
  actor: Actor,
  id: string,
  what: string,
  work: (tx: Platform, client: Client) => Promise<T>,
): Promise<T> {
  allow(actor, 'money.clients')
  return transact(platform, async (tx) => {
    const client = isUuid(id) ? await store.clientById(tx.db, id, true) : null
    if (!client) throw notFound('program')
    if (client.state === 'ended') throw new Problem('payments.client-ended', 409, 'This program has ended. Nothing can be changed.')
    const done = await work(tx, client)
    await record(tx, actor, what === 'ended' ? { type: 'payments.client.ended', stream: id } : { type: 'payments.client.changed', stream: id, data: { what } })
    return done
  }) // prettier-ignore
}

/** Gives a program another key, once; the one before is good for nothing from now on. */
export function renewKey(platform: Platform, actor: Actor, id: string): Promise<string> {
  return changing(platform, actor, id, 'key', async (tx, client) => {
    if (client.scopes.length === 0) throw new Problem('payments.client-no-key', 409, 'This program sends files only and has no key.')
    const key = newKey(tx)
    await store.changeClient(tx.db, id, { key: keyHashOf(tx, key) })
    return key
  })
}

/** Ends a program for good: its key, its files, its messages. Its bills stay. */
export function endClient(platform: Platform, actor: Actor, id: string): Promise<void> {
  return changing(platform, actor, id, 'ended', (tx) => store.changeClient(tx.db, id, { state: 'ended', ended_at: tx.now(), key: null }))
}

/** Sets how many requests a minute a key is good for; throws 422. */
export async function setRate(platform: Platform, actor: Actor, id: string, typed: string): Promise<void> {
  const rate = rateOf(typed)
  if (rate === null) throw new Problem('payments.client-rate', 422, 'Write a whole number from 1 to 100,000.')
  await changing(platform, actor, id, 'rate', (tx) => store.changeClient(tx.db, id, { per_minute: rate }))
}
