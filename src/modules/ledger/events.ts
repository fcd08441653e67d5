import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What happens to the books as a whole; single postings are told of by what caused them. */
export const ledgerEvents = [
  /** A month was closed; `postings` were booked in it. The stream is `ledger`. */
  defineEvent('ledger.month.closed', { month: v.day(), postings: v.number() }),
]
