import { inLanguage } from '../../../kernel/text.ts'
import type { Messages } from '../../../platform/i18n.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { systemActor } from '../../access/index.ts'
import { queueMessage } from '../../messages/index.ts'
import { open, profileOf } from '../../people/index.ts'
import * as store from '../store.ts'

/** What the owner of an account is told of by e-mail, because it may not have been them. */
export const told = [
  'passkey_added', 'passkey_removed', 'passkey_cloned', 'totp_added', 'totp_removed', 'recovery_made', 'recovery_used', 'password_changed',
  'letter_made', 'factors_dropped', 'locked',
] as const // prettier-ignore
export type Told = (typeof told)[number]

const TELL = 'identity:tell'

/** Tells the owner of an account by e-mail, in the caller's transaction; whoever has no address is not told. */
export async function tellOwner(tx: Platform, accountId: string, what: Told): Promise<void> {
  await enqueue(tx, TELL, { account: accountId, what, id: tx.newId() })
}

/**
 * Tells the owner of the account with this address, if there is one, that passwords have to wait. The request does the
 * same for an address that has none.
 */
export async function tellLocked(platform: Platform, emailToken: Buffer): Promise<void> {
  await enqueue(platform, TELL, { token: emailToken.toString('hex'), what: 'locked', id: platform.newId() })
}

/** The job that makes the e-mail; the address is opened in the vault. */
export function tellJob(messages: Messages): Job {
  return {
    name: TELL,
    async run(platform, payload) {
      const what = told.find((each) => each === payload['what'])
      const account =
        typeof payload['token'] === 'string'
          ? await store.accountByEmail(platform.db, Buffer.from(payload['token'], 'hex'))
          : await store.accountById(platform.db, String(payload['account']))
      if (!what || account?.status !== 'active') return
      const to = await addressOf(platform, account.person_id)
      if (to === null) return
      const t = messages.translator(account.language)
      await transact(platform, (tx) =>
        queueMessage(tx, {
          id: `told:${String(payload['id'])}`,
          personId: account.person_id,
          to,
          language: account.language,
          template: 'account-changed',
          subject: t('identity.mail.told.subject', { city: inLanguage(tx.city.name, account.language).text }),
          text: t('identity.mail.told.text', { what: t(`identity.told.${what}`), link: `${tx.publicOrigin}/account/security` }),
        }),
      )
    },
  }
}

/** The e-mail address of an account's owner, opened for writing to them; null when there is none. */
export async function addressOf(platform: Platform, personId: string): Promise<string | null> {
  const record = await transact(platform, (tx) => profileOf(tx, personId))
  const profile = await open(platform, systemActor('mail'), {
    record,
    fields: ['email'],
    purpose: 'account.notice',
    legalBasis: 'gdpr.6.1.e',
  })
  const email = profile['email']
  return typeof email === 'string' && email !== '' ? email : null
}
