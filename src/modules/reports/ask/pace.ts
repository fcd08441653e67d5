import { Problem } from '../../../kernel/problem.ts'
import { sameBytes } from '../../../platform/crypto.ts'
import type { Platform } from '../../../platform/platform.ts'
import type { Actor } from '../../access/index.ts'
import { limitAttempts, networkOf } from '../../identity/index.ts'

/**
 * How many reports come through at once: so many in an hour from one network, or from one account wherever it is. After
 * that each has to wait, and of those that waited so many in a minute come through. Nobody has to solve anything.
 */
export const pace = { anHour: 20, waitSeconds: 30, lateAMinute: 6, draftsAnHour: 300, photosAnHour: 600, mailsAnHour: 10 } as const

/** How long a waiting ticket is good for, in seconds. */
const TICKET_SECONDS = 3_600

/** Whether a report may go now; if not, the ticket to come back with and the seconds until then. */
export type Pace = { readonly go: true } | { readonly go: false; readonly ticket: string; readonly seconds: number }

/** Counts a report that is about to be sent. `ticket` is the one that came with the form. */
export async function paceOf(platform: Platform, actor: Actor, ip: string, draftId: string, ticket: string | null): Promise<Pace> {
  // an account is its own: whoever signs in does not wait for others on the same network
  const who = actor.accountId === null ? `network:${networkOf(ip)}` : `account:${actor.accountId}`
  if (await counts(platform, `reports:${who}`, pace.anHour, 60)) return { go: true }
  const now = Math.floor(platform.now().getTime() / 1000)
  const due = readTicket(platform, draftId, ticket)
  if (due === null || now > due + TICKET_SECONDS) return later(platform, draftId, now + pace.waitSeconds, now)
  if (now < due) return later(platform, draftId, due, now)
  if (await counts(platform, `reports-late:${who}`, pace.lateAMinute, 1)) return { go: true }
  return later(platform, draftId, now + pace.waitSeconds, now)
}

/** Counts a draft that is begun. Throws 429 when one network begins far more than people can write. */
export async function paceDrafts(platform: Platform, ip: string): Promise<void> {
  await limitAttempts(platform, `report-drafts:${networkOf(ip)}`, { max: pace.draftsAnHour, minutes: 60 })
}

/** Counts a photo that is about to be unpacked. Throws 429 when one network sends far more than people take. */
export async function pacePhoto(platform: Platform, ip: string): Promise<void> {
  await limitAttempts(platform, `report-photos:${networkOf(ip)}`, { max: pace.photosAnHour, minutes: 60 })
}

/** Counts a receipt to an address that anybody can type. Throws 429 when it is asked for too often. */
export async function paceReceipt(platform: Platform, email: string): Promise<void> {
  await limitAttempts(platform, `report-receipt:${email.toLowerCase()}`, { max: pace.mailsAnHour, minutes: 60 })
}

async function counts(platform: Platform, bucket: string, max: number, minutes: number): Promise<boolean> {
  try {
    await limitAttempts(platform, bucket, { max, minutes })
    return true
  } catch (error) {
    if (error instanceof Problem && error.status === 429) return false
    throw error
  }
}

function later(platform: Platform, draftId: string, due: number, now: number): Pace {
  return { go: false, ticket: `${due}.${mark(platform, draftId, due)}`, seconds: Math.max(1, due - now) }
}

/** When a ticket comes due, in seconds since 1970; null when this server did not sign it for this draft. */
function readTicket(platform: Platform, draftId: string, ticket: string | null): number | null {
  const [, typed = '', signed = ''] = /^(\d{1,12})\.([\w-]{43})$/.exec(ticket ?? '') ?? []
  const own = signed !== '' && sameBytes(Buffer.from(signed), Buffer.from(mark(platform, draftId, Number(typed))))
  return own ? Number(typed) : null
}

function mark(platform: Platform, draftId: string, due: number): string {
  return platform.keys.token(`report-wait:${draftId}:${due}`).toString('base64url')
}
