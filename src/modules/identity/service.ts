import { newCode, normaliseCode } from '../../kernel/id.ts'
import { Problem } from '../../kernel/problem.ts'
import { type Author, record } from '../../platform/journal/journal.ts'
import { drawSymbol, type Platform, transact } from '../../platform/platform.ts'
import { isUniqueViolation } from '../../platform/db.ts'
import type { Translate } from '../../platform/i18n.ts'
import { type Actor, anonymous, type RoleBinding } from '../access/index.ts'
import { createPerson, open, profileOf, seal } from '../people/index.ts'
import { queueMessage } from '../messages/index.ts'
import type { PasswordHasher } from './password.ts'
import * as store from './store.ts'

/** How long a session lasts without activity, and at most. */
export const sessionLimits = { idleMs: 60 * 60_000, absoluteMs: 12 * 3_600_000 } as const

/** The keyed hash by which an e-mail address is found (RFC 5321 local parts are compared without case here). */
export function emailToken(platform: Platform, email: string): Buffer {
  return platform.keys.blind('account.email', email.normalize('NFKC').trim().toLowerCase())
}

/**
 * Registers an account that waits for its address to be verified. Never tells whether the address already has one:
 * then a letter that says so goes to the address instead of a code.
 */
export async function register(
  platform: Platform,
  hasher: PasswordHasher,
  input: { name: string; email: string; password: string; language: string },
  t: Translate,
): Promise<void> {
  const passwordHash = await hasher.hash(input.password)
  const token = emailToken(platform, input.email)
  const known = await store.accountByEmail(platform.db, token)
  if (known) {
    if (known.status === 'unverified') await sendVerification(platform, known, input.email, t)
    else await transact(platform, (tx) => tellAlreadyRegistered(tx, known, input.email, t))
    return
  }
  try {
    await transact(platform, async (tx) => {
      const account = await addAccount(tx, { ...input, passwordHash, status: 'unverified', staffName: null })
      await sendVerification(tx, account, input.email, t)
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error // two requests at once: the other one has sent the code
  }
}

/** A new account and its person, in the caller's transaction; `author` is who makes it, if not the person. */
export async function addAccount(
  tx: Platform,
  input: { name: string; email: string; passwordHash: string; language: string; status: 'unverified' | 'active'; staffName: string | null },
  author: Author = anonymous('web'),
): Promise<store.AccountRow> {
  const personId = await createPerson(tx)
  await seal(tx, await profileOf(tx, personId), { full_name: input.name, email: input.email.trim() })
  const account: store.AccountRow = {
    id: tx.newId(),
    person_id: personId,
    email_token: emailToken(tx, input.email),
    password_hash: input.passwordHash,
    status: input.status,
    language: input.language,
    staff_name: input.staffName,
    created_at: tx.now(),
  }
  await store.insertAccount(tx.db, account)
  await store.insertRole(tx.db, account.id, { role: 'resident', agency: null }, tx.now())
  await record(tx, author, { type: 'identity.account.registered', stream: account.id })
  return account
}

async function sendVerification(platform: Platform, account: store.AccountRow, email: string, t: Translate): Promise<void> {
  await transact(platform, async (tx) => {
    const code = await issueCode(tx, 'verify', account.id, 60)
    await queueMessage(tx, {
      id: `verify:${tx.newId()}`,
      personId: account.person_id,
      to: email.trim(),
      language: account.language,
      template: 'verify',
      subject: t('identity.mail.verify.subject'),
      text: t('identity.mail.verify.text', { code, link: `${tx.publicOrigin}/register/verify` }),
    })
  })
}

async function tellAlreadyRegistered(tx: Platform, account: store.AccountRow, email: string, t: Translate): Promise<void> {
  await queueMessage(tx, {
    id: `known:${tx.newId()}`,
    personId: account.person_id,
    to: email.trim(),
    language: account.language,
    template: 'already-registered',
    subject: t('identity.mail.known.subject'),
    text: t('identity.mail.known.text', { link: `${tx.publicOrigin}/reset` }),
  })
}

/** Takes a verification code; the account is active from then on. Throws 422 when the code does not fit. */
export async function verifyAddress(platform: Platform, typed: string): Promise<string> {
  return transact(platform, async (tx) => {
    const taken = await store.takeCode(tx.db, codeToken(tx, 'verify', typed), 'verify', tx.now())
    if (!taken?.account_id) throw new Problem('identity.wrong-code', 422, 'That code is not right, or it is too old. Ask for a new one.')
    await store.updateAccount(tx.db, taken.account_id, { status: 'active' })
    await record(tx, anonymous('web'), { type: 'identity.account.verified', stream: taken.account_id })
    return taken.account_id
  })
}

/** Signs in with e-mail and password; returns the session's token. The refusal is the same whatever was wrong. */
export async function signIn(platform: Platform, hasher: PasswordHasher, email: string, password: string): Promise<string> {
  const account = await store.accountByEmail(platform.db, emailToken(platform, email))
  const fits = await hasher.verify(account?.password_hash ?? null, password)
  if (!account || !fits || account.status !== 'active') {
    throw new Problem('identity.sign-in-refused', 422, 'The e-mail address or the password is not right.')
  }
  return startSession(platform, account.id)
}

/** Starts a session of an account; returns its token, which is stored only as a keyed hash. */
export async function startSession(platform: Platform, accountId: string): Promise<string> {
  const token = Buffer.from(platform.random(32)).toString('base64url')
  await transact(platform, async (tx) => {
    const now = tx.now()
    await store.insertSession(tx.db, {
      token: tx.keys.token(token),
      account_id: accountId,
      created_at: now,
      seen_at: now,
      ends_at: new Date(now.getTime() + sessionLimits.absoluteMs),
    })
    const author = { journalName: `account:${accountId}`, channel: 'web' }
    await record(tx, author, { type: 'identity.account.signed_in', stream: accountId })
  })
  return token
}

/** A session that is still good. */
export type Session = { readonly actor: Actor; readonly staffName: string | null; readonly language: string; readonly secondsLeft: number }

/** The session of a token, or null. Activity is noted at most once a minute. */
export async function sessionOf(platform: Platform, token: string): Promise<Session | null> {
  const hashed = platform.keys.token(token)
  const row = await store.sessionByToken(platform.db, hashed)
  const now = platform.now().getTime()
  if (!row) return null
  const idleEnd = row.seen_at.getTime() + sessionLimits.idleMs
  const ends = Math.min(idleEnd, row.ends_at.getTime())
  if (ends <= now) return null
  if (now - row.seen_at.getTime() > 60_000) await store.touchSession(platform.db, hashed, platform.now())
  return {
    actor: {
      kind: 'account',
      journalName: `account:${row.account_id}`,
      channel: 'web',
      accountId: row.account_id,
      personId: row.person_id,
      roles: row.roles,
      holds: new Set(),
    },
    staffName: row.staff_name,
    language: row.language,
    secondsLeft: Math.floor(Math.min(sessionLimits.idleMs, row.ends_at.getTime() - now) / 1000),
  }
}

/** Ends a session. */
export async function signOut(platform: Platform, token: string, actor: Actor): Promise<void> {
  await transact(platform, async (tx) => {
    await store.deleteSession(tx.db, tx.keys.token(token))
    if (actor.accountId) await record(tx, actor, { type: 'identity.account.signed_out', stream: actor.accountId })
  })
}

/** Sends a code for a new password to the address, if it has an account; says nothing either way. */
export async function requestReset(platform: Platform, email: string, t: (language: string) => Translate): Promise<void> {
  const account = await store.accountByEmail(platform.db, emailToken(platform, email))
  if (!account || account.status === 'closed') return
  await transact(platform, async (tx) => {
    await store.deleteCodesOf(tx.db, account.id, 'reset')
    const code = await issueCode(tx, 'reset', account.id, 30)
    const words = t(account.language)
    await queueMessage(tx, {
      id: `reset:${tx.newId()}`,
      personId: account.person_id,
      to: email.trim(),
      language: account.language,
      template: 'reset',
      subject: words('identity.mail.reset.subject'),
      text: words('identity.mail.reset.text', { code, link: `${tx.publicOrigin}/reset/code` }),
    })
  })
}

/** Sets a new password with a code, ends every session, and proves the address. Throws 422 for a wrong code. */
export async function resetPassword(platform: Platform, hasher: PasswordHasher, typed: string, password: string): Promise<void> {
  const passwordHash = await hasher.hash(password)
  await transact(platform, async (tx) => {
    const taken = await store.takeCode(tx.db, codeToken(tx, 'reset', typed), 'reset', tx.now())
    if (!taken?.account_id) throw new Problem('identity.wrong-code', 422, 'That code is not right, or it is too old. Ask for a new one.')
    await store.updateAccount(tx.db, taken.account_id, { password_hash: passwordHash, status: 'active' })
    await store.deleteSessionsOf(tx.db, taken.account_id)
    await record(tx, anonymous('web'), { type: 'identity.account.password_changed', stream: taken.account_id })
  })
}

/** Makes the one-time code by which an empty installation gets its first administrator; null when there are accounts. */
export async function setupCode(platform: Platform): Promise<string | null> {
  return transact(platform, async (tx) => {
    if (await store.anyAccount(tx.db)) return null
    return issueCode(tx, 'setup', null, 24 * 60)
  })
}

/** Makes the first administrator with the set-up code. Throws 422 for a wrong code, 409 when there is one already. */
export async function setUp(
  platform: Platform,
  hasher: PasswordHasher,
  code: string,
  input: { name: string; email: string; password: string; language: string },
): Promise<string> {
  const passwordHash = await hasher.hash(input.password)
  return transact(platform, async (tx) => {
    const taken = await store.takeCode(tx.db, codeToken(tx, 'setup', code), 'setup', tx.now())
    if (!taken) throw new Problem('identity.wrong-code', 422, 'That code is not right, or it is too old. Start Stoa again for a new one.')
    if (await store.anyAccount(tx.db)) throw new Problem('identity.set-up-done', 409, 'This Stoa already has accounts.')
    const account = await addAccount(tx, { ...input, passwordHash, status: 'active', staffName: input.name })
    await grantRole(tx, { journalName: 'system:setup', channel: 'web' }, account.id, { role: 'administrator', agency: null })
    return account.id
  })
}

/** Gives an account a role, in the caller's transaction; nothing when it has it. */
export async function grantRole(tx: Platform, author: Author, accountId: string, binding: RoleBinding): Promise<void> {
  if (!(await store.insertRole(tx.db, accountId, binding, tx.now()))) return
  await record(tx, author, {
    type: 'identity.role.granted',
    stream: accountId,
    data: { role: binding.role, ...(binding.agency ? { agency: binding.agency } : {}) },
  })
}

/** Makes a one-time code of an account, kept only as a keyed hash, in the caller's transaction. */
export async function issueCode(tx: Platform, purpose: store.CodePurpose, accountId: string | null, minutes: number): Promise<string> {
  const code = newCode(12, drawSymbol(tx))
  const expires = new Date(tx.now().getTime() + minutes * 60_000)
  await store.insertCode(tx.db, { token: codeToken(tx, purpose, code), purpose, account_id: accountId, expires_at: expires })
  return code
}

function codeToken(platform: Platform, purpose: store.CodePurpose, typed: string): Buffer {
  return platform.keys.token(`${purpose}:${normaliseCode(typed)}`)
}

/**
 * Counts an attempt and throws 429 when there were too many in the window; counted in the database, for all processes.
 * Attempts that come at once are counted one after another, so that none slips through between counting and noting.
 */
export async function limitAttempts(platform: Platform, bucket: string, options: { max: number; minutes: number }): Promise<void> {
  const token = platform.keys.token(`attempt:${bucket}`)
  await transact(platform, async (tx) => {
    await store.lockBucket(tx.db, token)
    const since = new Date(tx.now().getTime() - options.minutes * 60_000)
    if ((await store.countAttempts(tx.db, token, since)) >= options.max) {
      throw new Problem('too-many-attempts', 429, `Too many attempts. Wait ${options.minutes} minutes and try again.`, {
        retryAfter: options.minutes * 60,
      })
    }
    await store.insertAttempt(tx.db, token, tx.now())
  })
}

/** Forgets the attempts of a bucket, after one that succeeded. */
export async function forgetAttempts(platform: Platform, bucket: string): Promise<void> {
  await store.clearAttempts(platform.db, platform.keys.token(`attempt:${bucket}`))
}

/** The official names of staff accounts, by id. */
export async function staffNames(platform: Platform, ids: readonly string[]): Promise<Map<string, string>> {
  const rows = await store.accountsById(platform.db, ids)
  return new Map(rows.flatMap((row) => (row.staff_name ? [[row.id, row.staff_name] as const] : [])))
}

/** The officers and supervisors of an agency, by name. */
export async function staffOfAgency(platform: Platform, agency: string): Promise<Array<{ id: string; name: string }>> {
  return staffOfAgencies(platform, [agency])
}

/** The officers and supervisors of any of these agencies, each once, by name. */
export async function staffOfAgencies(platform: Platform, agencies: readonly string[]): Promise<Array<{ id: string; name: string }>> {
  return (await store.staffOf(platform.db, agencies)).map((row) => ({ id: row.id, name: row.staff_name }))
}

/** The account with an e-mail address; null when there is none. */
export async function accountByAddress(platform: Platform, email: string): Promise<{ id: string; personId: string } | null> {
  const account = await store.accountByEmail(platform.db, emailToken(platform, email))
  return account ? { id: account.id, personId: account.person_id } : null
}

/** The roles of an account, and its person; null when there is none. */
export async function accountFacts(
  platform: Platform,
  id: string,
): Promise<{ personId: string; roles: RoleBinding[]; language: string } | null> {
  const account = await store.accountById(platform.db, id)
  if (!account) return null
  return { personId: account.person_id, roles: await store.rolesOf(platform.db, id), language: account.language }
}

/** A person's own profile for prefilling, opened through the vault and recorded as their own reading. */
export async function ownProfile(platform: Platform, actor: Actor): Promise<Record<string, unknown>> {
  if (!actor.personId) return {}
  const recordId = await transact(platform, (tx) => profileOf(tx, actor.personId ?? ''))
  return open(platform, actor, { record: recordId, purpose: 'profile.prefill', legalBasis: 'own' })
}

/** Whether this installation has any account yet. */
export function hasAccounts(platform: Platform): Promise<boolean> {
  return store.anyAccount(platform.db)
}
