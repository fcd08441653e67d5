import type { Account } from 'oidc-provider'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, type Level, levels, reaches, systemActor } from '../access/index.ts'
import { accountFacts, type Method } from '../identity/index.ts'
import { open, profileOf } from '../people/index.ts'

/** The levels of assurance as an application names them (`acr`). */
export const acrValues: readonly string[] = levels.map(acrOf)

/** How a level of assurance is called in `acr`. */
export function acrOf(level: Level): string {
  return `urn:stoa:loa:${level}`
}

/** The lowest level that satisfies an `acr_values` parameter; null when it names none that is known here. */
export function levelAsked(acr: unknown): Level | null {
  const asked = typeof acr === 'string' ? acr.split(' ') : []
  return levels.find((level) => asked.includes(acrOf(level))) ?? null
}

/** Whether a session has the level that was asked for. */
export function satisfies(level: Level, asked: Level | null): boolean {
  return reaches(level, asked ?? 'none')
}

const REFERENCES: Readonly<Record<Method, readonly string[]>> = {
  password: ['pwd'],
  passkey: ['pop', 'user'],
  totp: ['otp'],
  recovery_code: ['otp'],
  email_link: ['otp'],
  letter: ['otp'],
  code: ['otp'],
  provider: ['fed'],
}

/** The means of a session as an application reads them (RFC 8176; `fed` for an outside provider). */
export function amrOf(methods: readonly Method[]): string[] {
  const all = [...new Set(methods.flatMap((method) => REFERENCES[method]))]
  return methods.length > 1 || methods.includes('passkey') ? [...all, 'mfa'] : all
}

/** The id by which an agency's applications know a person: the same in all of them, and of no use at any other agency (Core 1.0, 8.1). */
export async function subjectFor(platform: Platform, accountId: string, agency: string): Promise<string> {
  const facts = await accountFacts(platform, accountId)
  return platform.keys.blind(`oidc.sub/${agency}`, facts?.personId ?? accountId).toString('base64url')
}

/** Who opens a person's data for an application, as the journal and the person's own list name it. */
export function appActor(clientId: string): Actor {
  return { ...systemActor('oidc', 'oidc'), journalName: `app:${clientId}` }
}

/** An account as the library sees it. Its data is opened only when an application asks for it, and each time that is written down. */
export async function findAccount(platform: Platform, accountId: string, clientId: string | null): Promise<Account | undefined> {
  const facts = await accountFacts(platform, accountId)
  if (facts?.status !== 'active') return undefined
  return {
    accountId,
    async claims(use, scope) {
      const asked = scope.split(' ')
      const fields = [...(asked.includes('profile') ? ['full_name'] : []), ...(asked.includes('email') ? ['email'] : [])]
      // an ID token carries no data: it travels in addresses when somebody signs out
      if (use !== 'userinfo' || clientId === null || fields.length === 0) return { sub: accountId }
      const record = await transact(platform, (tx) => profileOf(tx, facts.personId))
      const opened = await open(platform, appActor(clientId), { record, fields, purpose: 'oidc.claims', legalBasis: 'gdpr.6.1.a' })
      return {
        sub: accountId,
        ...(typeof opened['full_name'] === 'string' ? { name: opened['full_name'] } : {}),
        ...(typeof opened['email'] === 'string' ? { email: opened['email'], email_verified: true } : {}),
      }
    },
  }
}
