import type { FastifyReply, FastifyRequest } from 'fastify'
import { Problem } from '../../../kernel/problem.ts'
import { cookie, cookieOf } from '../../../platform/http/security.ts'
import { appendCookie } from '../../../platform/http/visit.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { delayAttempts } from '../factors/attempts.ts'
import { takeRecoveryCode } from '../factors/recovery.ts'
import { tellOwner } from '../factors/tell.ts'
import { takeTotp, wrongCode } from '../factors/totp.ts'
import { issueCode, lookAtCode, takeCode } from '../service.ts'
import type { Method } from '../sessions.ts'

/** How long the second step may take after a right password, in minutes. */
const MINUTES = 10

function cookieName(platform: Platform): string {
  return platform.publicOrigin.startsWith('https:') ? '__Host-stoa_step' : 'stoa_step'
}

function setCookie(platform: Platform, reply: FastifyReply, value: string, maxAge: number): void {
  appendCookie(reply, cookie(cookieName(platform), value, { https: platform.publicOrigin.startsWith('https:'), maxAge }))
}

/** Remembers in this browser, and in the database, that the password of an account was right and the second step is to come. */
export async function beginStep(platform: Platform, reply: FastifyReply, accountId: string): Promise<void> {
  const token = await transact(platform, (tx) => issueCode(tx, 'second_step', accountId, MINUTES, 32))
  setCookie(platform, reply, token, MINUTES * 60)
}

/** The account whose second step this browser is at; null when there is none, or it took too long. */
export async function stepAccount(platform: Platform, request: FastifyRequest): Promise<string | null> {
  const token = cookieOf(request, cookieName(platform))
  return token === null || token.length > 60 ? null : lookAtCode(platform, 'second_step', token)
}

/** Ends the second step of this browser; throws 422 when another request has ended it. */
export async function endStep(platform: Platform, request: FastifyRequest, reply: FastifyReply): Promise<void> {
  const token = cookieOf(request, cookieName(platform)) ?? ''
  setCookie(platform, reply, '', 0)
  if ((await transact(platform, (tx) => takeCode(tx, 'second_step', token))) === null) throw wrongCode()
}

/** Takes a code of the account's app, or one of its recovery codes, and says which it was. Throws 422 when it is neither, 429 while tries have to wait. */
export async function takeSecondCode(platform: Platform, accountId: string, ip: string, typed: string): Promise<Method> {
  const digits = typed.normalize('NFKC').replaceAll(/[\s-]/g, '')
  if (digits === '') throw new Problem('identity.code-missing', 422, 'Enter the code.')
  const counted = await delayAttempts(platform, { account: `second:${accountId}`, ip })
  const method = await transact(platform, async (tx): Promise<Method | null> => {
    if (/^\d{6}$/.test(digits)) return (await takeTotp(tx, accountId, digits)) ? 'totp' : null
    if (!(await takeRecoveryCode(tx, accountId, digits))) return null
    await tellOwner(tx, accountId, 'recovery_used')
    return 'recovery_code'
  })
  if (method === null) throw wrongCode()
  await counted.succeeded()
  return method
}
