import assert from 'node:assert/strict'
import { type Actor, accountActor, type RoleBinding } from '../../src/modules/access/index.ts'
import { accountByAddress, accountFacts, addAccount, startSession } from '../../src/modules/identity/index.ts'
import { transact } from '../../src/platform/platform.ts'
import type { TestApp } from '../support/app.ts'
import { type Answer, formBody, send } from '../support/client.ts'
import type { Own } from '../support/world.ts'

let homes = 0

/** Somebody with an account who has signed in. */
export type Person = { readonly accountId: string; readonly personId: string; readonly cookie: string; readonly actor: Actor }

/** Signs in the account of an address, at level substantial. */
export async function signedIn(test: TestApp, email: string): Promise<Person> {
  const account = await accountByAddress(test.app.platform, email)
  assert.ok(account, `${email} has an account`)
  return session(test, account.id, account.personId)
}

/** Makes an account of a resident and signs it in. */
export async function newPerson(test: TestApp, name: string, email: string): Promise<Person> {
  const account = await transact(test.app.platform, (tx) =>
    addAccount(tx, { name, email, passwordHash: 'none', language: 'en', status: 'active', staffName: null }),
  )
  return session(test, account.id, account.person_id)
}

async function session(test: TestApp, accountId: string, personId: string): Promise<Person> {
  const { platform } = test.app
  const facts = await accountFacts(platform, accountId)
  const roles: readonly RoleBinding[] = facts?.roles ?? []
  const token = await startSession(platform, accountId, { level: 'substantial', methods: ['passkey'], device: 'test' })
  const actor = accountActor({ accountId, personId, roles, channel: 'web', level: 'substantial' })
  return { accountId, personId, cookie: `stoa_session=${token}`, actor }
}

/** Asks for a page or document. */
export function get(test: TestApp, path: string, person: Person | null, headers: Readonly<Record<string, string>> = {}): Promise<Answer> {
  return send(test.url, { path, headers: { ...(person ? { cookie: person.cookie } : {}), ...headers } })
}

/** Sends a form. */
export function post(
  test: TestApp,
  path: string,
  person: Person | null,
  fields: Readonly<Record<string, string>>,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const sent = { 'content-type': 'application/x-www-form-urlencoded', ...(person ? { cookie: person.cookie } : {}), ...headers }
  return send(test.url, { method: 'POST', path, headers: sent, body: formBody(fields) })
}

/** An answer for the home address that no application before had: there is one permit for each address. */
export function ownAddress(): Own {
  homes += 1
  const home = { line1: `${homes} Keeper Street`, line2: '', town: 'Harbourview', postcode: 'HV3 4PX' }
  return (question) => (question.id === 'home_address' ? home : undefined)
}
