import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow, reaches } from '../../access/index.ts'
import { open, profileOf } from '../../people/index.ts'
import { hasSecondStep, levelOf, type Means, meansOf, removeFactor } from '../factors/factors.ts'
import { addPasskey, type ListedPasskey, listPasskeys, registrationOptions, renamePasskey } from '../factors/passkeys.ts'
import { makeRecoveryCodes } from '../factors/recovery.ts'
import * as factorStore from '../factors/store.ts'
import { tellOwner } from '../factors/tell.ts'
import { beginTotp, confirmTotp, pendingTotp, type Setup } from '../factors/totp.ts'
import type { PasswordHasher } from '../password.ts'
import { passwordFits } from '../service.ts'
import { deleteOtherSessions } from '../sessions/store.ts'
import { type ListedSession, type Method, raiseSession, type Session, sessionsOf } from '../sessions.ts'
import { inLanguage } from '../../../kernel/text.ts'
import * as store from '../store.ts'

/** Who changes how they sign in, and in which session. */
export type Owner = { readonly actor: Actor; readonly accountId: string; readonly session: Session; readonly token: string }

/** What the owner of an account sees of how it is signed in to. */
export type Security = { readonly means: Means; readonly passkeys: readonly ListedPasskey[]; readonly sessions: readonly ListedSession[] }

/** How an account is signed in to, for its owner. */
export async function securityOf(platform: Platform, owner: Owner): Promise<Security> {
  allow(owner.actor, 'account.secure', { accountId: owner.accountId })
  const [means, passkeys, sessions] = await Promise.all([
    meansOf(platform, owner.accountId),
    listPasskeys(platform, owner.accountId),
    sessionsOf(platform, owner.actor, owner.session.id),
  ])
  return { means, passkeys, sessions }
}

/**
 * Lets a change go on, or throws `access.step-up`: where there is a second step, whoever came in without it could
 * otherwise make themselves another one.
 */
async function allowChange(platform: Platform, { actor, accountId }: Owner): Promise<Means> {
  allow(actor, 'account.secure', { accountId })
  const means = await meansOf(platform, accountId)
  if (hasSecondStep(means) && !reaches(actor.level, 'substantial'))
    throw new Problem('access.step-up', 403, 'Sign in in a surer way to go on.', { needs: 'substantial' })
  return means
}

/** What the owner's browser needs to make a passkey. Opens the owner's name and address for it. */
export async function passkeyToMake(platform: Platform, owner: Owner): Promise<unknown> {
  await allowChange(platform, owner)
  return registrationOptions(platform, owner.accountId, await labelOf(platform, owner))
}

/** Adds a passkey to the owner's account; returns the token of the session, which is raised by it. */
export async function keepPasskey(platform: Platform, owner: Owner, answer: string, name: string): Promise<string> {
  const means = await allowChange(platform, owner)
  await addPasskey(platform, owner.accountId, answer, name)
  return raised(platform, owner, 'passkey', means.proofed)
}

/** Renames a passkey of the owner. Throws 404 for anybody else's. */
export async function callPasskey(platform: Platform, owner: Owner, id: string, name: string): Promise<void> {
  await allowChange(platform, owner)
  if (!(await renamePasskey(platform, owner.accountId, id, name))) throw notFound('passkey')
}

/** Removes a passkey of the owner. Throws 404 for anybody else's, 409 for the last second step of a member of staff. */
export async function dropPasskey(platform: Platform, owner: Owner, id: string): Promise<void> {
  await allowChange(platform, owner)
  await transact(platform, async (tx) => {
    const gone = await removeFactor(tx, owner.actor, owner.accountId, 'passkey', () =>
      factorStore.deletePasskey(tx.db, owner.accountId, id),
    )
    if (!gone) throw notFound('passkey')
    await tellOwner(tx, owner.accountId, 'passkey_removed')
  })
}

/** Begins to set up an authenticator app; an older one goes on until the new one's first code. */
export async function newApp(platform: Platform, owner: Owner): Promise<void> {
  await allowChange(platform, owner)
  await transact(platform, (tx) => beginTotp(tx, owner.accountId))
}

/** The secret of the app that waits for its first code; null when there is none. Opens the owner's address for its label. */
export async function appToSetUp(platform: Platform, owner: Owner): Promise<Setup | null> {
  await allowChange(platform, owner)
  const { email, name } = await labelOf(platform, owner)
  return pendingTotp(platform, owner.accountId, { issuer: inLanguage(platform.city.name, 'en').text, account: email || name })
}

/** Takes the first code of the new app; returns the token of the session, which is raised by it. Throws 422 when it does not fit. */
export async function keepApp(platform: Platform, owner: Owner, code: string): Promise<string> {
  const means = await allowChange(platform, owner)
  await transact(platform, async (tx) => {
    await confirmTotp(tx, owner.actor, owner.accountId, code.replaceAll(/\s/g, ''))
    await tellOwner(tx, owner.accountId, 'totp_added')
  })
  return raised(platform, owner, 'totp', means.proofed)
}

/** Removes the owner's app. Throws 409 when it is the last second step of a member of staff. */
export async function dropApp(platform: Platform, owner: Owner): Promise<void> {
  await allowChange(platform, owner)
  await transact(platform, async (tx) => {
    const gone = await removeFactor(tx, owner.actor, owner.accountId, 'totp', () => factorStore.deleteTotp(tx.db, owner.accountId))
    if (!gone) throw notFound('app')
    await tellOwner(tx, owner.accountId, 'totp_removed')
  })
}

/** Makes new recovery codes, which can be shown this once. Throws 409 without a second step, which they stand in for. */
export async function newRecoveryCodes(platform: Platform, owner: Owner): Promise<string[]> {
  const means = await allowChange(platform, owner)
  if (!hasSecondStep(means)) throw new Problem('identity.second-step-first', 409, 'Set up a passkey or an authenticator app first.')
  return transact(platform, async (tx) => {
    const codes = await makeRecoveryCodes(tx, owner.actor, owner.accountId)
    await tellOwner(tx, owner.accountId, 'recovery_made')
    return codes
  })
}

/** Sets a new password and ends the other sessions. Where there is an old one it is needed. Throws 422 when that is wrong. */
export async function changePassword(
  platform: Platform,
  hasher: PasswordHasher,
  owner: Owner,
  typed: { old: string; password: string; ip: string },
): Promise<void> {
  const means = await allowChange(platform, owner)
  if (means.password) await passwordFits(platform, hasher, owner.accountId, typed.ip, typed.old)
  const passwordHash = await hasher.hash(typed.password)
  await transact(platform, async (tx) => {
    await store.updateAccount(tx.db, owner.accountId, { password_hash: passwordHash })
    await deleteOtherSessions(tx.db, owner.accountId, owner.session.id)
    await record(tx, owner.actor, { type: 'identity.account.password_changed', stream: owner.accountId })
    await tellOwner(tx, owner.accountId, 'password_changed')
  })
}

async function raised(platform: Platform, owner: Owner, method: Method, proofed: boolean): Promise<string> {
  const level = levelOf([...owner.session.methods, method], proofed)
  return raiseSession(platform, owner.token, { level, method })
}

async function labelOf(platform: Platform, owner: Owner): Promise<{ email: string; name: string }> {
  const record = await transact(platform, (tx) => profileOf(tx, owner.session.ownPersonId))
  const profile = await open(platform, owner.actor, {
    record,
    fields: ['email', 'full_name'],
    purpose: 'account.secure',
    legalBasis: 'own',
  })
  const text = (value: unknown): string => (typeof value === 'string' ? value : '')
  return { email: text(profile['email']), name: text(profile['full_name']) }
}
