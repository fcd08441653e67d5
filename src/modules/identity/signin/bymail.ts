import type { Messages } from '../../../platform/i18n.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { queueMessage } from '../../messages/index.ts'
import { emailToken, issueCode, linkTo, register, requestReset } from '../service.ts'
import * as store from '../store.ts'

/** What an address is sent a code for, and where its reader was going. */
export type Ask =
  | { readonly kind: 'register'; readonly name: string; readonly email: string; readonly passwordHash: string; readonly language: string; readonly next: string }
  | { readonly kind: 'reset' | 'link'; readonly email: string; readonly next: string } // prettier-ignore

const ASK = 'identity:send_code'
const CONTEXT = 'identity/ask'

/** How long the code of a sign-in by e-mail is good, in minutes (OWASP ASVS 5.0, 6.5.5: at most ten). */
const LINK_MINUTES = 10

/**
 * Asks for a code by e-mail. What is done depends on whether the address has an account, so it is done by a job: the
 * request itself does the same, and takes as long, for every address. The queue holds what was typed only wrapped.
 */
export async function askByMail(platform: Platform, ask: Ask): Promise<void> {
  const { version, wrapped } = platform.keys.wrap(Buffer.from(JSON.stringify(ask)), CONTEXT)
  await enqueue(platform, ASK, { version, ask: wrapped.toString('base64') })
}

/** The job that does what was asked. */
export function askJob(messages: Messages): Job {
  const translate = (language: string) => messages.translator(language)
  return {
    name: ASK,
    async run(platform, payload) {
      const bytes = platform.keys.unwrap(Number(payload['version']), Buffer.from(String(payload['ask']), 'base64'), CONTEXT)
      const ask: Ask = JSON.parse(bytes.toString())
      if (ask.kind === 'register') await register(platform, ask, translate(ask.language))
      else if (ask.kind === 'reset') await requestReset(platform, ask, translate)
      else await sendLink(platform, ask, translate)
    },
  }
}

async function sendLink(
  platform: Platform,
  ask: { email: string; next: string },
  t: (language: string) => ReturnType<Messages['translator']>,
): Promise<void> {
  const account = await store.accountByEmail(platform.db, emailToken(platform, ask.email))
  if (account?.status !== 'active') return
  await transact(platform, async (tx) => {
    await store.deleteCodesOf(tx.db, account.id, 'link')
    const code = await issueCode(tx, 'link', account.id, LINK_MINUTES)
    const words = t(account.language)
    await queueMessage(tx, {
      id: `link:${tx.newId()}`,
      personId: account.person_id,
      to: ask.email.trim(),
      language: account.language,
      template: 'sign-in-code',
      subject: words('identity.mail.link.subject'),
      text: words('identity.mail.link.text', { code, link: linkTo(tx, '/sign-in/link/use', ask.next) }),
    })
  })
}
