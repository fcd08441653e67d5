import { Problem } from '../../kernel/problem.ts'
import type { PlainDate } from '../../kernel/time.ts'
import type { Actor } from '../access/index.ts'
import type { ServiceDefinition } from '../servicefile/index.ts'
import type { FeeDue, FeeState } from './case.ts'
import { addressOf, nameIn } from './contact.ts'
import { getCase, type House, openCaseAnswers, serviceOf } from './house.ts'
import * as store from './store.ts'

type Fee = NonNullable<ServiceDefinition['fee']>

/** Who is to pay, as they named themselves; null where they did not, or were erased. */
export type Contact = { readonly name: string | null; readonly email: string | null }

/** What a bill for a case's fee needs to know. Amounts are minor units of `currency`. */
export type FeeFacts = {
  readonly caseId: string
  readonly journeyId: string
  readonly reference: string
  readonly serviceId: string
  readonly version: string
  readonly agency: string
  readonly personId: string
  readonly accountId: string | null
  /** By which mandate or helped session somebody else sent it. */
  readonly actingId: string | null
  /** The answers' record in the vault. */
  readonly recordId: string
  readonly language: string
  /** What it is for, by language. */
  readonly title: Readonly<Record<string, string>>
  readonly law: string | null
  readonly amount: bigint
  readonly currency: string
  readonly due: FeeDue
  readonly state: FeeState
  /** The last day to pay; null until it falls due. */
  readonly dueOn: PlainDate | null
  readonly revenue: Fee['revenue']
  /** What happens when it is not paid, by language. */
  readonly unpaid: Readonly<Record<string, string>> | null
  readonly instalments: { readonly most: number; readonly fromAmount: bigint } | null
  readonly onReversal: Fee['on_reversal']
  /** Opens who is to pay through the vault, with a line in the journal; outside of any transaction. */
  contactOf(actor: Actor, purpose: string): Promise<Contact>
}

/** The fee of a case; null when there is no such case or nothing is to be paid for it. The caller decides who may know. */
export async function feeOf(house: House, caseId: string): Promise<FeeFacts | null> {
  const current = await store.caseById(house.platform.db, caseId)
  if (!current || current.fee_amount === null || current.fee_currency === null || current.fee_due === null) return null
  const { fee } = (await serviceOf(house, current)).definition
  if (!fee || current.fee_state === null) return null
  return {
    caseId: current.id,
    journeyId: current.journey_id,
    reference: current.reference,
    serviceId: current.service_id,
    version: current.version,
    agency: current.agency,
    personId: current.person_id,
    accountId: current.account_id,
    actingId: current.acting_id,
    recordId: current.record_id,
    language: current.language,
    title: fee.title,
    law: fee.law ?? null,
    amount: current.fee_amount,
    currency: current.fee_currency,
    due: current.fee_due,
    state: current.fee_state,
    dueOn: current.fee_due_on,
    revenue: fee.revenue,
    unpaid: fee.unpaid ?? null,
    instalments: fee.instalments ? { most: fee.instalments.most, fromAmount: BigInt(fee.instalments.from_amount) } : null,
    onReversal: fee.on_reversal,
    contactOf: (actor, purpose) => contactOf(house, actor, current.id, purpose),
  }
}

async function contactOf(house: House, actor: Actor, caseId: string, purpose: string): Promise<Contact> {
  try {
    // as it is now: an erased case belongs to nobody any more
    const current = await getCase(house.platform, caseId)
    const opened = await openCaseAnswers(house, actor, current, purpose)
    return { name: nameIn(opened), email: await addressOf(house.platform, actor, opened, purpose) }
  } catch (error) {
    // erased in the meantime: there is nobody to name
    if (error instanceof Problem && error.status === 404) return { name: null, email: null }
    throw error
  }
}
