import { parseReference } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { isOverdue } from '../bill.ts'
import type { Bill, Words } from '../bill.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { systemActor } from '../../access/index.ts'
import { correctBill } from '../bills/change.ts'
import { issueBill } from '../bills/issue.ts'
import { allocationsOfBill, billById, linesOf, paymentsById } from '../store.ts'
import { billCode, type Treasury, within } from '../treasury.ts'
import { canonical, type SentBill, unfit } from './body.ts'
import * as store from './store.ts'
import type { Client } from './store.ts'

/** The program that acts when an agency's program asks. */
export const PROGRAM = systemActor('agencies', 'api')

/** A bill with the number that the client gave it. */
export type NumberedBill = Bill & { readonly number: string }

/** What stands for content without showing it. */
export function contentOf(platform: Platform, what: string, body: unknown): Buffer {
  return platform.keys.token(`money-api:${what}:${canonical(body)}`)
}

/** The key of a client's bill, once for its number. */
export function sourceKey(client: Pick<Client, 'code'>, number: string): string {
  return `agency:${client.code}/${number}`
}

/**
 * Issues a client's bill, once for its number: the same content again is the same bill (`fresh` is false), another content
 * is refused with 409. So is a key that came with something else. Throws 422 for a day that is past or too far.
 */
export async function sendBill(
  treasury: Treasury,
  client: Client,
  sent: SentBill,
  key: string,
): Promise<{ bill: NumberedBill; fresh: boolean }> {
  return once(treasury, client, key, { what: 'bill', body: sent, names: [`${client.id}/n/${sent.number}`] }, async (inside, content) => {
    const tx = inside.platform
    const known = await store.clientBill(tx.db, client.id, sent.number)
    if (known && !known.content.equals(content))
      throw new Problem('payments.number-used', 409, 'There is a bill with this number and another content.', {
        reference: (await billById(tx.db, known.bill_id))?.reference,
      })
    if (known) return { id: known.bill_id, fresh: false }
    const now = today(tx)
    if (sent.dueOn < now) throw unfit([{ pointer: '/dueOn', detail: 'is past' }])
    if (Number(sent.dueOn.slice(0, 4)) > Number(now.slice(0, 4)) + 10) throw unfit([{ pointer: '/dueOn', detail: 'is too far away' }])
    const bill = await issueBill(inside, PROGRAM, newBillOf(client, sent))
    await store.insertClientBills(tx.db, [{ client_id: client.id, number: sent.number, bill_id: bill.id, content }])
    return { id: bill.id, fresh: true }
  })
}

function newBillOf(client: Client, sent: SentBill): Parameters<typeof issueBill>[2] {
  const { payer, legalBasis, appeal } = sent
  return {
    key: sourceKey(client, sent.number),
    source: 'agency',
    sourceId: sent.number,
    agency: client.agency,
    revenue: sent.revenue,
    payer: payer && { kind: payer.kind, name: payer.name, ...(payer.email ? { email: payer.email } : {}), ...(payer.address ? { address: payer.address } : {}) },
    language: sent.language,
    currency: sent.currency,
    title: sent.title,
    ...(legalBasis ? { legalBasis } : {}),
    ...(appeal ? { appeal } : {}),
    dueOn: sent.dueOn,
    lines: sent.lines.map(({ title, amount, law }) => ({ title, amount, ...(law === undefined ? {} : { law }) })),
  } // prettier-ignore
}

/**
 * Corrects what a client's bill comes to, or cancels it (`to` is 0). What was paid too much then waits at its payment for
 * the treasury. Throws 404 for a bill that is not the client's, 409 when it has ended.
 */
export async function changeSent(
  treasury: Treasury,
  client: Client,
  reference: string,
  change: { readonly to: bigint; readonly title: Words },
  key: string,
): Promise<NumberedBill> {
  const { id } = await readSent(treasury.platform, client, reference)
  const body = { id, ...change }
  const done = await once(treasury, client, key, { what: 'change', body, names: [] }, async (inside, content) => {
    await correctBill(inside, PROGRAM, id, { key: `money-api:${content.toString('hex').slice(0, 32)}:${keyHash(inside.platform, key).toString('hex').slice(0, 16)}`, to: change.to, why: 'agency', title: change.title })
    return { id, fresh: true }
  }) // prettier-ignore
  return done.bill
}

function keyHash(platform: Platform, key: string): Buffer {
  return platform.keys.token(`money-api-key:${key}`)
}

/** Does something once for its Idempotency-Key: again with the same content gives the bill as it is now, with another 409. */
async function once(
  treasury: Treasury,
  client: Client,
  key: string,
  { what, body, names }: { what: string; body: unknown; names: readonly string[] },
  act: (inside: Treasury, content: Buffer) => Promise<{ id: string; fresh: boolean }>,
): Promise<{ bill: NumberedBill; fresh: boolean }> {
  return transact(treasury.platform, async (tx) => {
    await store.holdNames(tx.db, [`${client.id}/k/${key}`, ...names])
    const content = contentOf(tx, what, body)
    const hash = keyHash(tx, key)
    const asked = await store.askOf(tx.db, client.id, hash)
    if (asked && !asked.content.equals(content))
      throw new Problem('payments.key-reused', 409, 'This Idempotency-Key came with another content before. Use a new one.')
    const done = asked ? { id: asked.bill_id, fresh: false } : await act(within(treasury, tx), content)
    if (!asked) await store.insertAsk(tx.db, { client_id: client.id, key: hash, content, bill_id: done.id, asked_at: tx.now() })
    const bill = await billById(tx.db, done.id)
    const numbered = bill && (await store.billOfClient(tx.db, client.id, bill.reference))
    if (!numbered) throw notFound('bill')
    return { bill: numbered, fresh: done.fresh }
  })
}

/** A client's bill by its reference; throws 404 for anybody else's. */
export async function readSent(platform: Platform, client: Client, typed: string): Promise<NumberedBill> {
  const reference = parseReference(typed.slice(0, 40))
  const bill = reference === null ? null : await store.billOfClient(platform.db, client.id, reference)
  if (!bill) throw notFound('bill')
  return bill
}

/** A bill as programs are told of it in lists and messages; amounts are whole minor units. */
export function billJson(platform: Platform, bill: NumberedBill): Record<string, unknown> {
  return {
    reference: bill.reference,
    number: bill.number,
    state: bill.state,
    overdue: isOverdue(bill, today(platform)),
    currency: bill.currency,
    total: bill.total.toString(),
    waived: bill.waived.toString(),
    paid: bill.paid.toString(),
    outstanding: bill.outstanding.toString(),
    issuedOn: bill.issued_on,
    dueOn: bill.due_on,
    deferredUntil: bill.deferred_until,
    creditorReference: bill.creditor_reference,
  }
}

/** One bill with its lines, its payments, and the way to pay it: the address of the page, and what it asks for. */
export async function fullJson(platform: Platform, bill: NumberedBill): Promise<Record<string, unknown>> {
  const [lines, shares] = await Promise.all([linesOf(platform.db, bill.id), allocationsOfBill(platform.db, bill.id)])
  const payments = new Map(
    (await paymentsById(platform.db, [...new Set(shares.map((share) => share.payment_id))])).map((each) => [each.id, each]),
  )
  return {
    ...billJson(platform, bill),
    title: bill.title,
    lines: lines.map(({ kind, title, amount, law, added_on: addedOn }) => ({ kind, title, amount: amount.toString(), law, addedOn })),
    payments: shares.map((share) => ({
      payment: share.payment_id,
      kind: share.kind,
      amount: share.amount.toString(),
      way: payments.get(share.payment_id)?.source ?? null,
      receivedOn: payments.get(share.payment_id)?.received_on ?? null,
      at: share.made_at.toISOString(),
    })),
    pay: { url: `${platform.publicOrigin}/pay`, reference: bill.reference, code: billCode(platform, bill.id) },
  }
}
