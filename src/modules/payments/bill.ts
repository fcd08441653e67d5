import type { PlainDate } from '../../kernel/time.ts'
import type { Resource } from '../access/index.ts'

/** Words in the city's languages, by tag. */
export type Words = Readonly<Record<string, string>>

/** What a bill is: a revenue of the city. */
export type Revenue = 'fee' | 'tax' | 'fine' | 'charge'

/** Where a bill comes from. */
export type BillSource = 'case' | 'journey' | 'assessment' | 'fine' | 'agency'

/** What somebody owes an agency. Amounts in minor units of `currency`; `outstanding` = total - waived - paid, never negative. */
export type Bill = {
  readonly id: string
  readonly reference: string
  /** ISO 11649. */
  readonly creditor_reference: string
  readonly source_key: string
  readonly source: BillSource
  readonly source_id: string
  readonly agency: string
  readonly service: string | null
  readonly revenue: Revenue
  readonly payer: 'person' | 'company' | 'reference'
  readonly person_id: string | null
  readonly account_id: string | null
  readonly record_id: string | null
  readonly language: string
  readonly currency: string
  readonly title: Words
  readonly legal_basis: Words | null
  readonly appeal: Words | null
  readonly total: bigint
  readonly waived: bigint
  readonly paid: bigint
  readonly outstanding: bigint
  readonly state: 'open' | 'paid' | 'cancelled' | 'written_off'
  readonly issued_on: PlainDate
  readonly due_on: PlainDate
  readonly deferred_until: PlainDate | null
  readonly step: number
  readonly step_on: PlainDate | null
  readonly interest_until: PlainDate | null
  /** In how many parts at most its service lets it be paid, from which amount left; null where the service says nothing of it. */
  readonly plan_most: number | null
  readonly plan_from: bigint | null
  readonly issued_at: Date
  readonly closed_at: Date | null
  readonly revision: number
}

/** One line of a bill; corrections may be negative. */
export type BillLine = {
  readonly id: string
  readonly bill_id: string
  readonly kind: 'principal' | 'interest' | 'reminder_fee' | 'correction'
  readonly title: Words
  readonly amount: bigint
  readonly law: string | null
  readonly added_on: PlainDate
}

/** A part of a bill with a day of its own. */
export type Instalment = { readonly bill_id: string; readonly no: number; readonly amount: bigint; readonly due_on: PlainDate }

/** The facts of a bill that policies look at; the treasury may look after everybody's. */
export function billFacts(bill: Pick<Bill, 'id' | 'person_id' | 'service' | 'agency'>, treasury: string): Resource {
  return { id: bill.id, personId: bill.person_id, service: bill.service, agency: bill.agency, consulted: [treasury] }
}

/** The day until which a bill can be paid without more: a deferral moves it. */
export function payableUntil(bill: Pick<Bill, 'due_on' | 'deferred_until'>): PlainDate {
  return bill.deferred_until !== null && bill.deferred_until > bill.due_on ? bill.deferred_until : bill.due_on
}

/** Whether a bill is open and its day has passed. */
export function isOverdue(bill: Pick<Bill, 'due_on' | 'deferred_until' | 'state'>, day: PlainDate): boolean {
  return bill.state === 'open' && payableUntil(bill) < day
}

/**
 * What is due of instalments by a day: payments fill the earliest first. Gives each with what is still owed of it.
 */
export function instalmentsLeft(parts: readonly Instalment[], paid: bigint): Array<Instalment & { readonly left: bigint }> {
  let rest = paid
  return parts
    .toSorted((a, b) => a.no - b.no)
    .map((part) => {
      const covered = rest < part.amount ? rest : part.amount
      rest -= covered
      return { ...part, left: part.amount - covered }
    })
}

/** The parts of a bill when `less` is not owed any more: the last go first. Parts that come to nothing are left out. */
export function shortened(parts: readonly Instalment[], less: bigint): Instalment[] {
  let rest = less
  const kept: Instalment[] = []
  for (const part of parts.toSorted((a, b) => b.no - a.no)) {
    const gone = rest < part.amount ? rest : part.amount
    rest -= gone
    if (part.amount > gone) kept.unshift({ ...part, amount: part.amount - gone })
  }
  return kept
}
