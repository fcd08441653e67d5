import assert from 'node:assert/strict'
import { startSession, type Method } from '../../src/modules/identity/index.ts'
import { accountByAddress, addAccount, grantRole } from '../../src/modules/identity/index.ts'
import type { Level, RoleBinding } from '../../src/modules/access/index.ts'
import { transact } from '../../src/platform/platform.ts'
import type { TestApp } from '../support/app.ts'
import { type Answer, cookiesOf, formBody, send } from '../support/client.ts'

/** An account with the cookies of its browser. */
export type Seat = {
  readonly accountId: string
  readonly personId: string
  /** The cookies as a browser would send them, without regard to paths; `keep` takes what an answer sets. */
  readonly jar: Map<string, string>
}

/** Makes a resident, or a member of staff with a role. */
export async function makeAccount(test: TestApp, email: string, name: string, role: RoleBinding | null = null): Promise<string> {
  return transact(test.app.platform, async (tx) => {
    const account = await addAccount(tx, {
      name,
      email,
      passwordHash: null,
      language: 'en',
      status: 'active',
      staffName: role === null ? null : name,
    })
    if (role !== null) await grantRole(tx, { journalName: 'system:setup', channel: 'job' }, account.id, role)
    return account.id
  })
}

/** Sits down as an account, signed in at a level. */
export async function sit(test: TestApp, email: string, level: Level = 'substantial', methods: Method[] = ['passkey']): Promise<Seat> {
  const account = await accountByAddress(test.app.platform, email)
  assert.ok(account, email)
  const token = await startSession(test.app.platform, account.id, { level, methods, device: 'test' })
  return { accountId: account.id, personId: account.personId, jar: new Map([['stoa_session', token]]) }
}

/** Asks for a page as somebody, and keeps the cookies that it sets. */
export async function ask(test: TestApp, seat: Seat, path: string, form: Record<string, string | string[]> | null = null): Promise<Answer> {
  const body = form === null ? undefined : bodyOf(form)
  const headers = {
    cookie: [...seat.jar].map(([name, value]) => `${name}=${value}`).join('; '),
    accept: 'text/html',
    ...(form === null ? {} : { 'content-type': 'application/x-www-form-urlencoded' }),
  }
  const answer = await send(test.url, { method: form === null ? 'GET' : 'POST', path, headers, body })
  for (const line of cookiesOf(answer)) {
    const name = line.slice(0, line.indexOf('='))
    const value = line.slice(name.length + 1)
    if (value === '') seat.jar.delete(name)
    else seat.jar.set(name, value)
  }
  return answer
}

function bodyOf(form: Record<string, string | string[]>): string {
  const pairs = Object.entries(form).flatMap(([name, value]) => [value].flat().map((each): [string, string] => [name, each]))
  return pairs.length === 0 ? formBody({}) : new URLSearchParams(pairs).toString()
}

/** The day so many days from the city's today, as the parts that forms ask for. */
export function untilParts(day: string): Record<string, string> {
  const [year = '', month = '', date = ''] = day.split('-')
  return { 'until-day': date, 'until-month': month, 'until-year': year }
}
