import { Problem } from '../../kernel/problem.ts'
import { inLanguage } from '../../kernel/text.ts'
import type { City } from '../../platform/city.ts'
import { isUniqueViolation } from '../../platform/db.ts'
import type { Translate } from '../../platform/i18n.ts'
import { record } from '../../platform/journal/journal.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type Actor, allow, type Role, type RoleBinding } from '../access/index.ts'
import { queueMessage } from '../messages/index.ts'
import type { PasswordHasher } from './password.ts'
import { addAccount, emailToken, grantRole, issueCode } from './service.ts'
import * as store from './store.ts'

/** The roles that an administrator gives and takes. */
export const staffRoles = ['officer', 'supervisor', 'service_owner', 'auditor', 'administrator'] as const satisfies readonly Role[]

/** What stands for every agency where one is chosen. */
export const ALL_AGENCIES = '*'

/** The roles that are held in one agency; the others reach through the whole city, whatever is chosen. */
const IN_AGENCY: ReadonlySet<Role> = new Set<Role>(['officer', 'supervisor'])

/** How long the code of an invitation is good, in minutes. */
const INVITATION = 24 * 60

/** A member of staff as administrators see them; nothing from the vault. */
export type StaffMember = {
  readonly id: string
  readonly name: string
  readonly status: store.AccountRow['status']
  readonly roles: readonly RoleBinding[]
}

/** A role and an agency as they were typed. */
export type RoleAsk = { readonly role: string; readonly agency: string }

/** Everybody who has or had a role of staff, by name. */
export async function staffMembers(platform: Platform, actor: Actor): Promise<StaffMember[]> {
  allow(actor, 'identity.administer')
  const rows = await store.staffAccounts(platform.db)
  return rows.map((row) => ({
    id: row.id,
    name: row.staff_name ?? '',
    status: row.status,
    roles: row.roles.filter((binding) => binding.role !== 'resident'),
  }))
}

/**
 * Makes an account for a member of staff and sends it a code to set a password with; the code is shown nowhere else.
 * An address that has an account already gets the role there. Throws 422 when role or agency are missing, 409 when the
 * account is closed.
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
      await grantRole(tx, actor, account.id, binding)
      if (account.status === 'unverified') await invite(tx, account, asked.email, t(account.language))
    })
  try {
    await add()
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    await add() // two requests at once: the other one has made the account
  }
}

/** Gives a member of staff a further role. Throws 404 for anybody else's account, 422 when role or agency are missing. */
export async function giveRole(platform: Platform, actor: Actor, accountId: string, asked: RoleAsk): Promise<void> {
  allow(actor, 'identity.administer')
  const binding = bindingFrom(platform.city, asked)
  await transact(platform, async (tx) => {
    await staffAccount(tx, accountId)
    await grantRole(tx, actor, accountId, binding)
  })
}

/** Takes a role away; nothing when it is not there any more. Throws 409 when no administrator would be left. */
export async function endRole(platform: Platform, actor: Actor, accountId: string, asked: RoleAsk): Promise<void> {
  allow(actor, 'identity.administer')
  const role = staffRoles.find((each) => each === asked.role)
  if (!role) throw roleNeeded()
  // not checked against the city: an agency that it has no more can still be taken away
  const binding: RoleBinding = { role, agency: asked.agency === ALL_AGENCIES ? null : asked.agency }
  await transact(platform, async (tx) => {
    await staffAccount(tx, accountId)
    if (role === 'administrator') await refuseLast(tx, accountId)
    if (!(await store.deleteRole(tx.db, accountId, binding))) return
    await record(tx, actor, {
      type: 'identity.role.ended',
      stream: accountId,
      data: { role, ...(binding.agency ? { agency: binding.agency } : {}) },
    })
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

async function staffAccount(tx: Platform, id: string): Promise<void> {
  const account = await store.accountById(tx.db, id)
  if (!account || account.staff_name === null) throw new Problem('not-found', 404, 'There is no such account.')
}

/** Nobody could give roles any more; a role given to somebody who has never signed in does not count. */
async function refuseLast(tx: Platform, accountId: string): Promise<void> {
  const left = (await store.lockAdministrators(tx.db)).filter((id) => id !== accountId)
  if (left.length === 0) throw new Problem('identity.last-administrator', 409, 'This is the last administrator. Add another one first.')
}

function bindingFrom(city: City, asked: RoleAsk): RoleBinding {
  const role = staffRoles.find((each) => each === asked.role)
  if (!role) throw roleNeeded()
  if (!IN_AGENCY.has(role) || asked.agency === ALL_AGENCIES) return { role, agency: null }
  if (!city.agencies.some((each) => each.id === asked.agency)) throw new Problem('identity.agency-needed', 422, 'Choose an agency.')
  return { role, agency: asked.agency }
}

function roleNeeded(): Problem {
  return new Problem('identity.role-needed', 422, 'Choose a role.')
}
