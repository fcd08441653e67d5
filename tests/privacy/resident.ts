import assert from 'node:assert/strict'
import { systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress, addAccount, startSession } from '../../src/modules/identity/index.ts'
import { updateProfile } from '../../src/modules/people/index.ts'
import { transact } from '../../src/platform/platform.ts'
import type { TestApp } from '../support/app.ts'
import { type Answer, type Ask, formBody, send } from '../support/client.ts'

/** Somebody with an account who is signed in. */
export type Resident = { readonly accountId: string; readonly personId: string; readonly email: string; readonly cookie: string }

/** A session of an account as its cookie. */
export async function cookieFor(test: TestApp, accountId: string, level: 'low' | 'substantial' = 'substantial'): Promise<string> {
  const methods = level === 'low' ? (['password'] as const) : (['password', 'totp'] as const)
  return `stoa_session=${await startSession(test.app.platform, accountId, { level, methods: [...methods], device: 'Firefox · Linux' })}`
}

/** Makes a resident with a full profile. */
export async function makeResident(
  test: TestApp,
  own: { name: string; email: string; phone: string; line: string },
  level: 'low' | 'substantial' = 'substantial',
): Promise<Resident> {
  const { platform } = test.app
  const passwordHash = await test.app.hasher.hash('gloaming-lantern-2026')
  const account = await transact(platform, (tx) =>
    addAccount(tx, { name: own.name, email: own.email, passwordHash, language: 'en', status: 'active', staffName: null }),
  )
  const address = { line1: own.line, town: 'Harbourview', postcode: 'HV3 4PX' }
  await updateProfile(platform, systemActor('test'), account.person_id, { phone: own.phone, address }, 'case-of-a-test')
  return { accountId: account.id, personId: account.person_id, email: own.email, cookie: await cookieFor(test, account.id, level) }
}

/** The session of a member of the demo's staff. */
export async function staffCookie(test: TestApp, email: string): Promise<string> {
  const account = await accountByAddress(test.app.platform, email)
  assert.ok(account, `${email} is there`)
  return cookieFor(test, account.id)
}

/** Asks for a page as somebody. */
export function get(test: TestApp, cookie: string, path: string, language = 'en'): Promise<Answer> {
  return send(test.url, { path, headers: { cookie: [cookie, `stoa_lang=${language}`].join('; ') } })
}

/** Posts a form as somebody. */
export function post(test: TestApp, cookie: string, path: string, fields: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const ask: Ask = {
    method: 'POST',
    path,
    headers: { cookie, 'content-type': 'application/x-www-form-urlencoded' },
    body: formBody(fields),
  }
  return send(test.url, ask)
}

/** Answers the pages of a journey that are not done, as its form does; ends when nothing is missing, and sends it. Returns its case's reference. */
export async function fillAndSend(test: TestApp, cookie: string, path: string, own: Readonly<Record<string, string>>): Promise<string> {
  for (let pages = 0; pages < 30; pages += 1) {
    const begun = await get(test, cookie, path)
    const to = begun.status === 303 ? String(begun.headers.location) : path
    if (to.endsWith('/check')) break
    const page = await get(test, cookie, to)
    const shown = /name="_shown" value="([^"]*)"/.exec(page.body)?.[1] ?? ''
    assert.ok(shown !== '', `${to} asks something: ${page.status}`)
    const filled = shown.split(' ').map((id) => [id, own[id] ?? /name="[^"]*" type="[^"]*" value="([^"]*)"/.exec(page.body)?.[1] ?? ''])
    const next = await post(test, cookie, to, { _shown: shown, ...Object.fromEntries(filled) })
    assert.equal(
      next.status,
      303,
      `${to} took ${JSON.stringify(filled)}: ${/error-summary[^]{0,400}/.exec(next.body)?.[0] ?? next.body.slice(0, 300)}`,
    )
    if (String(next.headers.location).endsWith('/check')) break
    path = String(next.headers.location)
  }
  const journey = /\/apply\/[0-9a-f-]{36}/.exec(path)?.[0] ?? ''
  const sent = await post(test, cookie, `${journey}/submit`)
  assert.equal(sent.headers.location, `${journey}/done`, `${sent.status} ${sent.body.slice(0, 500)}`)
  return /Path=\/cases\/([^;]+)/.exec((sent.headers['set-cookie'] ?? []).join())?.[1] ?? ''
}
