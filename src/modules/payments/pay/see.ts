import type { FastifyRequest } from 'fastify'
import { parseReference } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { type Actor, may } from '../../access/index.ts'
import { visitOf } from '../../identity/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import * as bills from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { payActor } from './holder.ts'

/** Whoever comes for a bill and may see and pay it. */
export type Payer = { readonly bill: Bill; readonly actor: Actor }

/** The bill with a reference, for whoever may pay it: by their account, a mandate, or the holder cookie; null for anybody else. */
export async function payerOf(treasury: Treasury, request: FastifyRequest, reference: string): Promise<Payer | null> {
  const { platform } = treasury
  const known = parseReference(reference)
  const bill = known === null ? null : await bills.billByReference(platform.db, known)
  if (!bill) return null
  const actor = payActor(platform, request)
  return mayPay(treasury, actor, bill) ? { bill, actor } : null
}

/**
 * The same; throws 404 for anybody else. Whoever would act without being signed in may go on after showing the code or who
 * they are (401), whether there is such a bill or not.
 */
export async function neededPayer(treasury: Treasury, request: FastifyRequest, reference: string): Promise<Payer> {
  const payer = await payerOf(treasury, request, reference)
  if (payer) return payer
  if (request.method !== 'POST' || visitOf(treasury.platform, request).session !== null) throw notFound('bill')
  throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.', { opens: codePath(reference) })
}

/** Where the code of a bill is asked for. */
export function codePath(reference: string): string {
  const known = parseReference(reference)
  return known === null ? '/pay' : `/pay?reference=${known}`
}

/** Whether somebody may see and pay a bill. */
export function mayPay(treasury: Treasury, actor: Actor, bill: Bill): boolean {
  return may(actor, 'money.pay', billFacts(bill, treasury.rules.treasury))
}

/** Those of these bills that somebody may see, by their ids. */
export async function billsSeen(treasury: Treasury, actor: Actor, ids: readonly string[]): Promise<Bill[]> {
  const found = await bills.billsById(treasury.platform.db, [...new Set(ids)])
  return found.filter((bill) => mayPay(treasury, actor, bill))
}

/** The path of a bill's page. */
export function billPath(bill: Pick<Bill, 'reference'>): string {
  return `/pay/bills/${bill.reference}`
}
