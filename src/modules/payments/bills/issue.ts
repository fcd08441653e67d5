import { newReference } from '../../../kernel/id.ts'
import { invariant } from '../../../kernel/invariant.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import { drawSymbol, type Platform, today } from '../../../platform/platform.ts'
import { type Actor, allow } from '../../access/index.ts'
import { createPerson, createRecord, index, seal } from '../../people/index.ts'
import { creditorReference } from '../../iso20022/index.ts'
import { post } from '../../ledger/index.ts'
import { type Bill, billFacts, type BillSource, type Revenue, type Words } from '../bill.ts'
import { billed } from '../books.ts'
import { nameKey, PAYER_NAME } from '../payername.ts'
import * as store from '../store.ts'
import { firstStep } from './again.ts'
import { getBill, tellBill, type Treasury } from '../treasury.ts'

/** Who has to pay, in the clear; it is sealed in the vault. Left out: only whoever has the reference and its code. */
export type Payer = {
  readonly kind: 'person' | 'company'
  /** Whose vault it is sealed in; a new one when left out. */
  readonly personId?: string
  readonly accountId?: string
  readonly name: string
  readonly email?: string
  /** Lines of the postal address. */
  readonly address?: readonly string[]
}

/** A bill to issue. `key` says what it is for: a second bill with the same key is never made. */
export type NewBill = {
  readonly key: string
  readonly source: BillSource
  readonly sourceId: string
  readonly agency: string
  readonly service?: string
  readonly revenue: Revenue
  readonly payer: Payer | null
  readonly language: string
  readonly currency: string
  readonly title: Words
  readonly legalBasis?: Words
  readonly appeal?: Words
  readonly dueOn: PlainDate
  /** What the service says of paying in parts. */
  readonly instalments?: { readonly most: number; readonly fromAmount: bigint } | null
  readonly lines: ReadonlyArray<{ readonly title: Words; readonly amount: bigint; readonly law?: string }>
  /** The journal event that led here. */
  readonly cause?: string
}

/**
 * Issues a bill once for its key, in the caller's transaction: bill, lines, payer in the vault, ledger, journal. Returns
 * the bill that there is then, the old one when there was one. Its lines come to more than nothing.
 */
export async function issueBill(treasury: Treasury, actor: Actor, wanted: NewBill): Promise<Bill> {
  const tx = treasury.platform
  const total = wanted.lines.reduce((sum, line) => sum + line.amount, 0n)
  invariant(tx.inTransaction && total > 0n, 'a bill of more than nothing is issued in a transaction')
  const known = await store.billBySource(tx.db, wanted.key)
  if (known) return known
  const id = tx.newId()
  const day = today(tx)
  const personId = wanted.payer === null ? null : (wanted.payer.personId ?? (await createPerson(tx)))
  allow(
    actor,
    'money.system',
    billFacts({ id, person_id: personId, service: wanted.service ?? null, agency: wanted.agency }, treasury.rules.treasury),
  )
  const reference = newReference('BIL', drawSymbol(tx))
  const added = await store.insertBill(tx.db, {
    id,
    reference,
    creditor_reference: creditorReference(reference.replaceAll('-', '')),
    source_key: wanted.key,
    source: wanted.source,
    source_id: wanted.sourceId,
    agency: wanted.agency,
    service: wanted.service ?? null,
    revenue: wanted.revenue,
    payer: wanted.payer?.kind ?? 'reference',
    person_id: personId,
    account_id: wanted.payer?.accountId ?? null,
    record_id: personId === null || wanted.payer === null ? null : await sealBillPayer(tx, personId, wanted.payer),
    language: wanted.language,
    currency: wanted.currency,
    title: wanted.title,
    legal_basis: wanted.legalBasis ?? null,
    appeal: wanted.appeal ?? null,
    total,
    state: 'open',
    issued_on: day,
    due_on: wanted.dueOn,
    deferred_until: null,
    step_on: firstStep(wanted, wanted.dueOn),
    interest_until: null,
    plan_most: wanted.instalments?.most ?? null,
    plan_from: wanted.instalments?.fromAmount ?? null,
    issued_at: tx.now(),
    closed_at: null,
  })
  // somebody else billed the same thing at this moment: the caller tries again and finds theirs
  invariant(added, 'nothing else is billed under this key at the same time')
  await addLines(tx, id, wanted, day)
  const bill = await getBill(tx, id)
  const cause = await tellBill(
    tx,
    actor,
    bill,
    'payments.bill.issued',
    {
      source: bill.source,
      agency: bill.agency,
      revenue: bill.revenue,
      amount: total.toString(),
      currency: bill.currency,
      due: bill.due_on,
      ...(bill.service ? { service: bill.service } : {}),
    },
    wanted.cause,
  )
  await post(tx, { kind: 'bill', key: `bill:${id}`, cause, day, lines: billed(bill, total) })
  return bill
}

async function addLines(tx: Platform, bill: string, { lines }: NewBill, day: PlainDate): Promise<void> {
  for (const { title, amount, law } of lines)
    await store.insertLine(tx.db, { id: tx.newId(), bill_id: bill, kind: 'principal', title, amount, law: law ?? null, added_on: day })
}

/** Seals who pays a bill as a record of theirs, found again by whole name; returns its id. */
export async function sealBillPayer(tx: Platform, personId: string, payer: Payer): Promise<string> {
  const record = await createRecord(tx, personId, 'bill')
  await seal(tx, record, {
    name: payer.name,
    ...(payer.email ? { email: payer.email } : {}),
    ...(payer.address && payer.address.length > 0 ? { address: payer.address.join('\n') } : {}),
  })
  await index(tx, record, personId, PAYER_NAME, [nameKey(payer.name)])
  return record
}
