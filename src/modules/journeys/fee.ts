import { present } from '../../kernel/invariant.ts'
import type { Money } from '../../kernel/money.ts'
import { Problem } from '../../kernel/problem.ts'
import { type Platform, today } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import type { PaidBefore } from '../cases/index.ts'
import type { Evaluation, Service } from '../servicefile/index.ts'
import type { Journey } from './store.ts'

/** A fee that is to be paid before an application is sent. Minor units of `currency`. */
export type JourneyFee = {
  readonly journeyId: string
  readonly service: Service
  readonly version: string
  readonly amount: bigint
  readonly currency: string
  readonly language: string
  /** Whose application it is; made when it was first saved. */
  readonly personId: string
  readonly accountId: string | null
  readonly actingId: string | null
  /** What it is for, by language: the title of the fee. */
  readonly words: Readonly<Record<string, string>>
  /** Where the payer comes back to when it is settled, or not; it carries no secret and sends what is paid. */
  readonly returnPath: string
}

/** How it stands: paid; to be paid at an address of ours; or not known yet, with an address that says so. */
export type FeeStanding =
  | { readonly state: 'paid'; readonly key: string }
  | { readonly state: 'unpaid'; readonly path: string }
  | { readonly state: 'checking'; readonly path: string }

/** Paying before sending, by a module above. Both may be called again and again; neither takes money by itself. */
export type FeeDoor = {
  /** Makes sure that the fee can be paid and says how it stands; `key` is the payment's name for the case's fee. */
  pay(actor: Actor, fee: JourneyFee): Promise<FeeStanding>
  /** Ends an unpaid payment; false when it is paid or nobody knows yet, so that the answers stay as they are. */
  cancel(actor: Actor, journeyId: string): Promise<boolean>
}

/** What was paid before, as the case keeps it. */
export function paidBefore(journey: Journey, key: string): PaidBefore {
  return {
    amount: present(journey.fee_amount, 'the fee that was asked for'),
    currency: present(journey.fee_currency, 'the currency of the fee'),
    key,
  }
}

/**
 * The fee that has to be paid before a journey can be sent: the one that was asked for, else by its answers. Null when
 * there is none; one that nobody can tell yet is recorded with the case.
 */
export function feeBefore({ journey, service, evaluation }: { journey: Journey; service: Service; evaluation: Evaluation }): Money | null {
  if (service.definition.fee?.due !== 'before_submission') return null
  if (journey.fee_amount !== null && journey.fee_currency !== null) return { amount: journey.fee_amount, currency: journey.fee_currency }
  return evaluation.fee !== null && evaluation.fee.amount > 0n ? evaluation.fee : null
}

/** Refuses to change what is being paid for. */
export function refusePaying(journey: Journey): void {
  if (journey.fee_since !== null)
    throw new Problem('journeys.fee-under-way', 409, 'The fee is being paid. End the payment first, then change your answers.')
}

/** Whether a payment is under way for a journey that is not sent yet. */
export function isPaying(journey: Pick<Journey, 'state' | 'fee_since'>): boolean {
  return journey.state === 'open' && journey.fee_since !== null
}

/** The day for which the rules of a journey are evaluated: that of its payment once that has begun. */
export function dayOf(platform: Platform, journey: Pick<Journey, 'fee_since'>): string {
  return journey.fee_since === null ? today(platform) : platform.city.dayOf(journey.fee_since)
}
