import { newCode, normaliseCode } from '../../kernel/id.ts'
import { Problem } from '../../kernel/problem.ts'
import { type Author, record } from '../../platform/journal/journal.ts'
import { drawSymbol, type Platform, transact } from '../../platform/platform.ts'
import { isUniqueViolation } from '../../platform/db.ts'
import type { Translate } from '../../platform/i18n.ts'
import { type Actor, anonymous, type RoleBinding } from '../access/index.ts'
import { createPerson, open, profileOf, seal } from '../people/index.ts'
import { queueMessage } from '../messages/index.ts'
import { termOf } from './grants/grant.ts'
import { deleteOver } from './grants/store.ts'
import { delayAttempts } from './factors/attempts.ts'
import { tellOwner } from './factors/tell.ts'
import type { PasswordHasher } from './password.ts'
import { deleteSessionsOf } from './sessions/store.ts'
import * as store from './store.ts'

/** The keyed hash by which an e-mail address is found (RFC 5321 local parts are compared without case here). */
export function emailToken(platform: Platform, email: string): Buffer {
  return platform.keys.blind('account.email', email.normalize('NFKC').trim().toLowerCase())
}

/**
 * Registers an account that waits for its address to be verified. Never tells whether the address already has one:
 * then a letter that says so goes to the address instead of a code. `next` is where its owner was going.
 */
export async function register(
  platform: Platform,
  input: { name: string; email: string; passwordHash: string; language: string; next: string },
  t: Translate,
): Promise<void> {
  const token = emailToken(platform, input.email)
  const known = await store.accountByEmail(platform.db, token)
  if (known) {
    if (known.status === 'unverified') await sendVerification(platform, known, input, t)
    else await transact(platform, (tx) => tellAlreadyRegistered(tx, known, input, t))
    return
  }
  try {
    await transact(platform, async (tx) => {
      const account = await addAccount(tx, { ...input, status: 'unverified', staffName: null })
      await sendVerification(tx, account, input, t)
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error // two requests at once: the other one has sent the code
  }
}

/** A new account and its person, in the caller's transaction; `author` is who makes it, if not the person. */
export async function addAccount(
  tx: Platform,
  input: {
    name: string
    email: string | null
    passwordHash: string | null
    language: string
    status: 'unverified' | 'active'
    staffName: string | null
  },
  author: Author = anonymous('web'),
): Promise<store.AccountRow> {
  const personId = await createPerson(tx)
  await seal(tx, await profileOf(tx, personId), { full_name: input.name, ...(input.email ? { email: input.email.trim() } : {}) })
  const account: store.AccountRow = {
    id: tx.newId(),
    person_id: personId,
    email_token: input.email ? emailToken(tx, input.email) : null,
    password_hash: input.passwordHash,
    status: input.status,
    language: input.language,
    staff_name: input.staffName,
    proofed_at: null,
    number: null,
    created_at: tx.now(),
  }
  await store.insertAccount(tx.db, account)
  await store.insertRole(tx.db, account.id, { role: 'resident', agency: null }, { now: tx.now(), ends: null, by: null })
  await record(tx, author, { type: 'identity.account.registered', stream: account.id })
  return account
}

type Asked = { readonly email: string; readonly next: string }

async function sendVerification(platform: Platform, account: store.AccountRow, { email, next }: Asked, t: Translate): Promise<void> {
  await transact(platform, async (tx) => {
    const code = await issueCode(tx, 'verify', account.id, 60)
    await queueMessage(tx, {
      id: `verify:${tx.newId()}`,
      personId: account.person_id,
      to: email.trim(),
      language: account.language,
      template: 'verify',
      subject: t('identity.mail.verify.subject'),
      text: t('identity.mail.verify.text', { code, link: linkTo(tx, '/register/verify', next) }),
    })
  })
}

async function tellAlreadyRegistered(tx: Platform, account: store.AccountRow, { email, next }: Asked, t: Translate): Promise<void> {
  await queueMessage(tx, {
    id: `known:${tx.newId()}`,
    personId: account.person_id,
    to: email.trim(),
    language: account.language,
    template: 'already-registered',
    subject: t('identity.mail.known.subject'),
    text: t('identity.mail.known.text', { link: linkTo(tx, '/reset', next) }),
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

/** The account of an e-mail address and its password. The refusal is the same, and takes as long, whatever was wrong. */
export async function checkPassword(platform: Platform, hasher: PasswordHasher, email: string, password: string): Promise<string> {
  const account = await store.accountByEmail(platform.db, emailToken(platform, email))
  const fits = await hasher.verify(account?.password_hash ?? null, password)
  if (!account || !fits || account.status !== 'active') {
    throw new Problem('identity.sign-in-refused', 422, 'The e-mail address or the password is not right.')
  }
  return account.id
}

/** Checks the password of an account that is signed in. Throws 422 when it is not right, 429 while tries have to wait. */
export async function passwordFits(
  platform: Platform,
  hasher: PasswordHasher,
  accountId: string,
  ip: string,
  password: string,
): Promise<void> {
  const counted = await delayAttempts(platform, { account: `password-of:${accountId}`, ip })
  const account = await store.accountById(platform.db, accountId)
  if (!(await hasher.verify(account?.password_hash ?? null, password)))
    throw new Problem('identity.password-wrong', 422, 'The password is not right.')
  await counted.succeeded()
}

/** Sends a code for a new password to the address, if it has an account; says nothing either way. */
export async function requestReset(platform: Platform, { email, next }: Asked, t: (language: string) => Translate): Promise<void> {
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
      text: words('identity.mail.reset.text', { code, link: linkTo(tx, '/reset/code', next) }),
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
    await deleteSessionsOf(tx.db, taken.account_id)
    await record(tx, anonymous('web'), { type: 'identity.account.password_changed', stream: taken.account_id })
    await tellOwner(tx, taken.account_id, 'password_changed')
  })
}

/** An address of this city's pages for an e-mail, which goes on to where its reader was going. */
export function linkTo(platform: Platform, path: string, next: string): string {
  return `${platform.publicOrigin}${path}${next === '' ? '' : `?next=${encodeURIComponent(next)}`}`
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

/**
 * Gives an account a role, in the caller's transaction; nothing when it has it. A role of staff ends by itself, after a
 * year where no end is given. `combined` notes that it was given knowingly beside a role that it is usually kept apart from.
 */
export async function grantRole(
  tx: Platform,
  author: Author,
  accountId: string,
  binding: RoleBinding,
  ends: Date | null = null,
  combined = false,
): Promise<void> {
  const by = /^account:([0-9a-f-]{36})$/.exec(author.journalName)?.[1] ?? null
  const now = tx.now()
  const data = { role: binding.role, ...(binding.agency ? { agency: binding.agency } : {}) }
  if (await deleteOver(tx.db, accountId, binding, now))
    await record(tx, author, { type: 'identity.role.ended', stream: accountId, data: { ...data, by: 'time' } })
  const term = termOf(binding.role, now, ends)
  if (!(await store.insertRole(tx.db, accountId, binding, { now, by, ...term }))) return
  await record(tx, author, {
    type: 'identity.role.granted',
    stream: accountId,
    data: { ...data, ...(term.ends ? { ends: term.ends.toISOString() } : {}), ...(combined ? { combined } : {}) },
  })
}

/** Makes a one-time code of an account, kept only as a keyed hash, in the caller's transaction; a symbol has 5 bits. */
export async function issueCode(
  tx: Platform,
  purpose: store.CodePurpose,
  accountId: string | null,
  minutes: number,
  symbols = 12,
): Promise<string> {
  const code = newCode(symbols, drawSymbol(tx))
  const expires = new Date(tx.now().getTime() + minutes * 60_000)
  await store.insertCode(tx.db, { token: codeToken(tx, purpose, code), purpose, account_id: accountId, expires_at: expires })
  return code
}

/** Takes a one-time code, which is good no more; the account it was made for, or null. In the caller's transaction. */
export async function takeCode(tx: Platform, purpose: store.CodePurpose, typed: string): Promise<string | null> {
  return (await store.takeCode(tx.db, codeToken(tx, purpose, typed), purpose, tx.now()))?.account_id ?? null
}

/** Takes the code of an e-mail or a letter that signs in: its account. Throws 422 when it is not right, or the account is not open. */
export async function codeAccount(platform: Platform, purpose: 'link' | 'letter', typed: string): Promise<string> {
  return transact(platform, async (tx) => {
    const accountId = await takeCode(tx, purpose, typed)
    const account = accountId === null ? null : await store.accountById(tx.db, accountId)
    if (account?.status !== 'active')
      throw new Problem('identity.wrong-code', 422, 'That code is not right, or it is too old. Ask for a new one.')
    return account.id
  })
}

/** The account that a one-time code was made for, or null; the code stays good. */
export async function lookAtCode(platform: Platform, purpose: store.CodePurpose, typed: string): Promise<string | null> {
  return (await store.codeOf(platform.db, codeToken(platform, purpose, typed), purpose, platform.now()))?.account_id ?? null
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
  return (await store.staffOf(platform.db, agencies, platform.now())).map((row) => ({ id: row.id, name: row.staff_name }))
}

/** The accounts of the supervisors of an agency, those of every agency among them. */
export async function supervisorsOf(platform: Platform, agency: string): Promise<string[]> {
  return (await store.staffOf(platform.db, [agency], platform.now(), ['supervisor'])).map((row) => row.id)
}

/** The account with an e-mail address; null when there is none. */
export async function accountByAddress(platform: Platform, email: string): Promise<{ id: string; personId: string } | null> {
  const account = await store.accountByEmail(platform.db, emailToken(platform, email))
  return account ? { id: account.id, personId: account.person_id } : null
}

/** The account of a person; null when they have none or it is closed. */
export async function accountOfPerson(platform: Platform, personId: string): Promise<{ id: string; language: string } | null> {
  const account = await store.accountOfPerson(platform.db, personId)
  return account ? { id: account.id, language: account.language } : null
}

/** The roles of an account, and its person; null when there is none. */
export async function accountFacts(
  platform: Platform,
  id: string,
): Promise<{ personId: string; roles: RoleBinding[]; language: string; status: store.AccountRow['status'] } | null> {
  const account = await store.accountById(platform.db, id)
  if (!account) return null
  return {
    personId: account.person_id,
    roles: await store.rolesOf(platform.db, id, platform.now()),
    language: account.language,
    status: account.status,
  }
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
