/** What a program of an agency may do with its key. */
export const scopes = ['bills.write', 'bills.read', 'bills.change'] as const
/** One of them. */
export type Scope = (typeof scopes)[number]

/** What a program is told of its bills. */
export const hookEvents = [
  'bill.issued',
  'bill.paid',
  'bill.part_paid',
  'bill.reopened',
  'bill.changed',
  'bill.cancelled',
  'bill.written_off',
  'bill.refunded',
] as const
/** One of them. */
export type HookEvent = (typeof hookEvents)[number]

/** What was typed about where a program is told. */
export type TypedHook = { readonly url: string; readonly events: readonly string[] }
