import { invariant } from '../../kernel/invariant.ts'
import type { PlainDate } from '../../kernel/time.ts'

/** What accounts are for; the order in which lists show them. */
export const accountKinds = [
  'receivable',
  'bank',
  'clearing',
  'cash',
  'unapplied',
  'refund_payable',
  'suspense',
  'revenue',
  'interest_income',
  'reminder_income',
  'provider_fees',
  'waived',
  'written_off',
  'cash_difference',
] as const
export type AccountKind = (typeof accountKinds)[number]

/** An account: an agency's, of a kind, in one currency; `part` tells several of a kind apart (a provider, a till, a revenue head). */
export type AccountKey = { readonly agency: string; readonly kind: AccountKind; readonly currency: string; readonly part?: string }

/** A line to book, in minor units: a debit is above zero, a credit below, none is zero. `subject` is the bill or refund it is about. */
export type EntryLine = { readonly account: AccountKey; readonly amount: bigint; readonly subject?: string }

/** A posting to book once: `key` names it, `cause` is the line of the journal that the same transaction writes, `day` where it belongs. */
export type NewPosting = {
  readonly kind: string
  readonly key: string
  readonly cause: string
  readonly day: PlainDate
  readonly lines: readonly EntryLine[]
}

/** An entry as it is booked. `day` is where it stands in the books, `valueDay` where it belongs. */
export type LedgerEntry = {
  readonly seq: bigint
  readonly posting: string
  readonly kind: string
  readonly day: PlainDate
  readonly valueDay: PlainDate
  readonly account: AccountKey
  readonly amount: bigint
  readonly subject: string | null
  readonly cause: string
  readonly madeAt: Date
}

/** What an account is to the city: what it has, what it owes, what came in, what it lost. */
export type Nature = 'asset' | 'liability' | 'income' | 'expense'

const natures: Readonly<Record<AccountKind, Nature>> = {
  receivable: 'asset',
  bank: 'asset',
  clearing: 'asset',
  cash: 'asset',
  unapplied: 'liability',
  refund_payable: 'liability',
  suspense: 'liability',
  revenue: 'income',
  interest_income: 'income',
  reminder_income: 'income',
  provider_fees: 'expense',
  waived: 'expense',
  written_off: 'expense',
  cash_difference: 'expense',
}

/** The nature of a kind of account. */
export function natureOf(kind: AccountKind): Nature {
  return natures[kind]
}

/** Throws unless a posting has at least two lines, none of zero, and its debits equal its credits in every currency. */
export function mustBalance(posting: NewPosting): void {
  invariant(posting.lines.length >= 2, `posting ${posting.kind} has fewer than two lines`)
  const sums = new Map<string, bigint>()
  for (const { account, amount } of posting.lines) {
    invariant(amount !== 0n, `posting ${posting.kind} has a line of zero`)
    sums.set(account.currency, (sums.get(account.currency) ?? 0n) + amount)
  }
  for (const [currency, sum] of sums) invariant(sum === 0n, `posting ${posting.kind} is not balanced in ${currency}`)
}

/** The account's name in one text; equal accounts have equal texts. */
export function accountText(account: AccountKey): string {
  return `${account.agency}/${account.kind}/${account.currency}/${account.part ?? ''}`
}
