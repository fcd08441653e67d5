import type { FastifyReply, FastifyRequest } from 'fastify'
import { isUuid } from '../../../kernel/id.ts'
import { notFound } from '../../../kernel/problem.ts'
import { sameBytes } from '../../../platform/crypto.ts'
import { cookie, cookieOf, formActionTo } from '../../../platform/http/security.ts'
import { appendCookie } from '../../../platform/http/visit.ts'
import type { Platform } from '../../../platform/platform.ts'
import { type Actor, may } from '../../access/index.ts'
import { visitOf } from '../../identity/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import { billsById } from '../store.ts'
import type { Treasury } from '../treasury.ts'
import type { Attempt, AttemptBill } from './attempt.ts'
import * as store from './store.ts'

const COOKIE = 'stoa_attempt'
const HOUR = 3_600

type Signed = Pick<Attempt, 'id' | 'amount' | 'currency'>

/** Where the provider sends the payer back to: signed, with what is paid, so that nobody makes such an address. */
export function returnUrl(platform: Platform, attempt: Signed): string {
  return `${platform.publicOrigin}/pay/return/${attempt.id}?s=${signature(platform, 'return', attempt)}`
}

/** Whether a signature is that of an attempt's return address. */
export function fitsReturn(platform: Platform, attempt: Signed, shown: string | null): boolean {
  return fits(signature(platform, 'return', attempt), shown)
}

/** Lets this browser see for a day what becomes of an attempt: whoever paid by reference and code has no account. Who is signed in, until they sign out. */
export function giveAttempt(platform: Platform, request: FastifyRequest, reply: FastifyReply, attempt: Signed): void {
  const { accountId } = visitOf(platform, request).actor
  const https = platform.publicOrigin.startsWith('https:')
  appendCookie(
    reply,
    cookie(COOKIE, signature(platform, 'holder', attempt, accountId), { https, path: `/pay/attempts/${attempt.id}`, maxAge: 24 * HOUR }),
  )
}

/** An attempt that somebody may follow, with its bills. */
export type Followed = {
  readonly attempt: Attempt
  readonly shares: readonly AttemptBill[]
  readonly bills: readonly Bill[]
  readonly actor: Actor
}

/**
 * The attempt that a request names, for whoever began it signed in, came back from paying it in this browser, or may pay
 * all of its bills; throws 404 for anybody else, whether it is there or not.
 */
export async function followAttempt(treasury: Treasury, request: FastifyRequest, id: string): Promise<Followed> {
  const { platform } = treasury
  const { actor } = visitOf(platform, request)
  const attempt = isUuid(id) ? await store.attemptById(platform.db, id) : null
  if (attempt === null) throw notFound('payment')
  const shares = await store.billsOf(platform.db, id)
  const bills = await billsById(platform.db, shares.map((share) => share.bill_id)) // prettier-ignore
  const began = attempt.account_id !== null && attempt.account_id === actor.accountId && actor.acting === null
  const shown = cookieOf(request, COOKIE)
  const holds = [null, actor.accountId].some((account) => fits(signature(platform, 'holder', attempt, account), shown))
  if (!began && !holds && !bills.every((bill) => may(actor, 'money.pay', billFacts(bill, treasury.rules.treasury))))
    throw notFound('payment')
  return { attempt, shares, bills, actor }
}

/** The Content-Security-Policy of a page with the paying form, which may lead to the provider's pages. */
export function payPolicy(treasury: Treasury): string {
  return formActionTo(...(treasury.provider?.origins ?? []))
}

function signature(platform: Platform, use: 'return' | 'holder', { id, amount, currency }: Signed, account: string | null = null): string {
  return platform.keys.token(`pay-${use}:${id}:${amount}:${currency}${account === null ? '' : `:${account}`}`).toString('base64url')
}

function fits(right: string, shown: string | null): boolean {
  return shown !== null && sameBytes(Buffer.from(shown), Buffer.from(right))
}
