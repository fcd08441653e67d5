import { notFound, Problem } from '../../kernel/problem.ts'
import { inLanguage } from '../../kernel/text.ts'
import type { City } from '../../platform/city.ts'
import { isUniqueViolation } from '../../platform/db.ts'
import type { Translate } from '../../platform/i18n.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, allow, type Role, type RoleBinding } from '../access/index.ts'
import { queueMessage } from '../messages/index.ts'
import { dropFactors, meansOf } from './factors/factors.ts'
import { tellOwner } from './factors/tell.ts'
import { daysAfter, type Grant, refuseDuties } from './grants/grant.ts'
import { refuseLast, refuseOwn } from './grants/service.ts'
import * as grants from './grants/store.ts'
import type { PasswordHasher } from './password.ts'
import { addAccount, emailToken, grantRole, issueCode } from './service.ts'
import { deleteSessionsOf } from './sessions/store.ts'
import * as store from './store.ts'

/** The roles that an administrator gives and takes. */
export const staffRoles = [
  'officer',
  'supervisor',
  'service_owner',
  'auditor',
  'administrator',
  'helper',
] as const satisfies readonly Role[]

/** What stands for every agency where one is chosen. */
export const ALL_AGENCIES = '*'

/** The roles that are held in one agency; the others reach through the whole city, whatever is chosen. */
const IN_AGENCY: ReadonlySet<Role> = new Set<Role>(['officer', 'supervisor', 'helper'])

/** How long the code of an invitation is good, in minutes. */
const INVITATION = 24 * 60

/** How many members of staff a page shows. */
const PAGE = 100

/** A member of staff as administrators see them; nothing from the vault. */
export type StaffMember = {
  readonly id: string
  readonly name: string
  readonly status: store.AccountRow['status']
  readonly grants: readonly Grant[]
}

/** A role and an agency as they were typed, for how many days, and whether it is meant beside a role that it is usually kept apart from. */
export type RoleAsk = { readonly role: string; readonly agency: string; readonly days: number; readonly knowingly: boolean }

/** Members of staff by official name, those whose name has these letters in it; `next` is where the next page begins. */
export async function staffMembers(
  platform: Platform,
  actor: Actor,
  ask: { named: string; after: string | null },
): Promise<{ members: StaffMember[]; next: string | null }> {
  allow(actor, 'identity.administer')
  const rows = await grants.staffPage(platform.db, { ...ask, limit: PAGE + 1 })
  const members = await withGrants(platform, rows.slice(0, PAGE))
  return { members, next: rows.length > PAGE ? (members.at(-1)?.id ?? null) : null }
}

/** One member of staff. Throws 404 for anybody else's account. */
export async function staffMember(platform: Platform, actor: Actor, id: string): Promise<StaffMember> {
  allow(actor, 'identity.administer')
  const [member] = await withGrants(platform, [await staffAccount(platform, id)])
  if (!member) throw notFound('account')
  return member
}

async function withGrants(platform: Platform, rows: readonly grants.StaffRow[]): Promise<StaffMember[]> {
  const all = await grants.grantsOf(
    platform.db,
    rows.map((row) => row.id),
  )
  const byAccount = Map.groupBy(all, (grant) => grant.accountId)
  return rows.map(({ id, name, status }) => ({ id, name, status, grants: byAccount.get(id) ?? [] }))
}

/**
 * Makes an account for a member of staff and sends it a code to set a password with; the code is shown nowhere else.
 * An address that has an account already gets the role there. Throws 422 when role or agency are missing, 409 when the
 * account is closed or one's own, or when the role does not go together with another.
 */
export async function addStaff(
  platform: Platform,
  hasher: PasswordHasher,
  actor: Actor,
  asked: RoleAsk & { name: string; email: string; language: string },
  t: (language: string) => Translate,
): Promise<void> {
  allow(actor, 'identity.administer')
  const binding = bindingFrom(platform.city, asked)
  const passwordHash = await hasher.hash(Buffer.from(platform.random(32)).toString('base64url'))
  const add = (): Promise<void> =>
    transact(platform, async (tx) => {
      const account = await accountFor(tx, actor, { ...asked, passwordHash })
      await grantApart(tx, actor, account.id, binding, asked)
      if (account.status === 'unverified') await invite(tx, account, asked.email, t(account.language))
    })
  try {
    await add()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    await add() // two requests at once: the other one has made the account
  }
}

/**
 * Gives a member of staff a further role. Throws 404 for anybody else's account, 422 when role or agency are missing, 409
 * for one's own account or a role that does not go together with another.
 */
export async function giveRole(platform: Platform, actor: Actor, accountId: string, asked: RoleAsk): Promise<void> {
  allow(actor, 'identity.administer')
  const binding = bindingFrom(platform.city, asked)
  await transact(platform, async (tx) => {
    await staffAccount(tx, accountId)
    await grantApart(tx, actor, accountId, binding, asked)
  })
}

/** Gives a role with its end, apart from what it must be kept apart from. */
async function grantApart(tx: Platform, actor: Actor, accountId: string, binding: RoleBinding, asked: RoleAsk): Promise<void> {
  refuseOwn(actor, accountId)
  const combined = refuseDuties(await store.rolesOf(tx.db, accountId, tx.now()), binding.role, asked.knowingly)
  await grantRole(tx, actor, accountId, binding, daysAfter(tx.now(), asked.days), combined)
}

/** Closes an account and ends its sessions; its roles stay and count for nothing. Throws 409 for one's own and the last administrator's. */
export async function closeAccount(platform: Platform, actor: Actor, id: string): Promise<void> {
  allow(actor, 'identity.administer')
  refuseOwn(actor, id)
  await transact(platform, async (tx) => {
    const account = await staffAccount(tx, id)
    if (account.status !== 'active') return
    const held = await store.rolesOf(tx.db, id, tx.now())
    if (held.some(({ role }) => role === 'administrator')) await refuseLast(tx, id)
    await store.updateAccount(tx.db, id, { status: 'closed' })
    await deleteSessionsOf(tx.db, id)
    await record(tx, actor, { type: 'identity.account.closed', stream: id })
  })
}

/** Opens a closed account again, with the means of signing in that it had. Throws 409 for one's own. */
export async function reopenAccount(platform: Platform, actor: Actor, id: string): Promise<void> {
  allow(actor, 'identity.administer')
  refuseOwn(actor, id)
  await transact(platform, async (tx) => {
    if ((await staffAccount(tx, id)).status !== 'closed') return
    await store.updateAccount(tx.db, id, { status: 'active' })
    await record(tx, actor, { type: 'identity.account.reopened', stream: id })
  })
}

/** How many ways beside a password a member of staff has to show who they are. */
export async function factorsOf(platform: Platform, actor: Actor, id: string): Promise<number> {
  allow(actor, 'identity.administer')
  const means = await meansOf(platform, id)
  return means.passkeys + (means.totp ? 1 : 0)
}

/**
 * Takes every passkey and app away from a member of staff who has lost them, ends their sessions and tells them by e-mail.
 * Throws 422 unless the administrator says that they checked who asks, 409 for one's own account.
 */
export async function removeFactors(platform: Platform, actor: Actor, id: string, identityChecked: boolean): Promise<void> {
  allow(actor, 'identity.administer')
  refuseOwn(actor, id)
  if (!identityChecked) throw new Problem('identity.check-first', 422, 'Check who is asking first, then confirm it here.')
  await transact(platform, async (tx) => {
    await staffAccount(tx, id)
    if (!(await dropFactors(tx, actor, id))) return
    await deleteSessionsOf(tx.db, id)
    await tellOwner(tx, id, 'factors_dropped')
  })
}

async function accountFor(
  tx: Platform,
  actor: Actor,
  asked: { name: string; email: string; language: string; passwordHash: string },
): Promise<store.AccountRow> {
  const known = await store.accountByEmail(tx.db, emailToken(tx, asked.email))
  if (!known) return addAccount(tx, { ...asked, status: 'unverified', staffName: asked.name }, actor)
  if (known.status === 'closed') throw new Problem('identity.account-closed', 409, 'The account of this address is closed.')
  await store.updateAccount(tx.db, known.id, {
    staff_name: known.staff_name ?? asked.name,
    // whoever registered an address that is not proven may not be its owner: their password must not open a staff account
    ...(known.status === 'unverified' ? { password_hash: asked.passwordHash } : {}),
  })
  return known
}

async function invite(tx: Platform, account: store.AccountRow, email: string, t: Translate): Promise<void> {
  await store.deleteCodesOf(tx.db, account.id, 'reset')
  const values = {
    city: inLanguage(tx.city.name, account.language).text,
    code: await issueCode(tx, 'reset', account.id, INVITATION),
    link: `${tx.publicOrigin}/reset/code`,
    again: `${tx.publicOrigin}/reset`,
  }
  await queueMessage(tx, {
    id: `invite:${tx.newId()}`,
    personId: account.person_id,
    to: email.trim(),
    language: account.language,
    template: 'invite',
    subject: t('identity.mail.invite.subject', values),
    text: t('identity.mail.invite.text', values),
  })
}

async function staffAccount(platform: Platform, id: string): Promise<grants.StaffRow> {
  const account = await grants.staffById(platform.db, id)
  if (!account) throw notFound('account')
  return account
}

function bindingFrom(city: City, asked: Pick<RoleAsk, 'role' | 'agency'>): RoleBinding {
  const role = staffRoles.find((each) => each === asked.role)
  if (!role) throw roleNeeded()
  if (!IN_AGENCY.has(role) || (asked.agency === ALL_AGENCIES && role !== 'helper')) return { role, agency: null }
  // helpers come from trusted organisations, or from an agency; residents are told from which
  const places = role === 'helper' ? [...city.organisations, ...city.agencies] : city.agencies
  if (!places.some((each) => each.id === asked.agency)) throw new Problem('identity.agency-needed', 422, 'Choose an agency.')
  return { role, agency: asked.agency }
}

function roleNeeded(): Problem {
  return new Problem('identity.role-needed', 422, 'Choose a role.')
}
