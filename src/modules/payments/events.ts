import { defineEvent, eventValue, type EventType } from '../../platform/journal/event.ts'

const { id, code, codes, number, day, amount } = eventValue

/** What happens to bills and money, as the journal knows it. Nothing that anybody wrote, and nobody's name. */
export const paymentEvents: readonly EventType[] = [
  // the stream is the bill
  defineEvent('payments.bill.issued', {
    source: code(),
    agency: code(),
    revenue: code(),
    amount: amount(),
    currency: id(),
    due: day(),
    service: code().optional(),
  }),
  defineEvent('payments.bill.paid_part', { payment: id(), amount: amount(), outstanding: amount(), source: code() }),
  // without a payment when it was corrected to what was paid already, or the rest of it waived: the source says so
  defineEvent('payments.bill.paid', { payment: id().optional(), amount: amount().optional(), source: code(), service: code().optional() }),
  defineEvent('payments.bill.reopened', { payment: id().optional(), amount: amount(), why: code() }),
  defineEvent('payments.bill.corrected', { from: amount(), to: amount(), why: code() }),
  defineEvent('payments.bill.charged', { kind: code(), amount: amount() }),
  // proposal, write_off: what an officer approved, about this bill or about many
  defineEvent('payments.bill.relieved', { kind: code(), amount: amount(), proposal: id().optional(), write_off: id().optional() }),
  defineEvent('payments.bill.cancelled', { why: code() }),
  // paid before its application was sent, and of this case from now on
  defineEvent('payments.bill.adopted', { case: id() }),
  // kept with the account of whoever holds its code
  defineEvent('payments.bill.claimed', {}),
  // what officers do by hand: make it, write to one another about it, send its code once more
  defineEvent('payments.bill.made', {}),
  defineEvent('payments.bill.noted', { note: id() }),
  defineEvent('payments.bill.code_sent', {}),
  defineEvent('payments.bill.deferred', { until: day(), proposal: id().optional() }),
  defineEvent('payments.bill.planned', { parts: number(), until: day() }),
  defineEvent('payments.bill.plan_ended', { why: code() }),
  // when its day has passed without payment; again when it was to be paid until a later day since
  defineEvent('payments.bill.overdue', { due: day(), amount: amount() }),
  defineEvent('payments.bill.reminded', { step: number(), kind: code() }),
  defineEvent('payments.proposal.made', { proposal: id(), kind: code(), amount: amount().optional(), until: day().optional() }),
  // an officer took up what somebody without an account asks for: another decides
  defineEvent('payments.proposal.backed', { proposal: id(), kind: code() }),
  defineEvent('payments.proposal.approved', { proposal: id(), kind: code() }),
  defineEvent('payments.proposal.declined', { proposal: id(), kind: code() }),
  // the stream is the attempt
  defineEvent('payments.attempt.made', { provider: code(), amount: amount(), currency: id(), bills: number() }),
  defineEvent('payments.attempt.moved', { from: code(), to: code(), reason: code().optional() }),
  // the stream is the payment
  defineEvent('payments.payment.received', {
    source: code(),
    amount: amount(),
    currency: id(),
    unapplied: amount(),
    bills: number(),
    attempt: id().optional(),
  }),
  defineEvent('payments.payment.taken_back', { chargeback: id(), amount: amount(), fee: amount() }),
  defineEvent('payments.payment.given_back', { chargeback: id(), amount: amount(), fee: amount() }),
  defineEvent('payments.payment.set_off', { bill: id(), amount: amount() }),
  // the stream is the refund
  defineEvent('payments.refund.proposed', {
    payment: id(),
    bill: id().optional(),
    amount: amount(),
    currency: id(),
    cause: code(),
    way: code(),
  }),
  defineEvent('payments.refund.approved', { amount: amount() }),
  defineEvent('payments.refund.declined', {}),
  defineEvent('payments.refund.moved', { from: code(), to: code() }),
  // the stream is the bank statement
  defineEvent('payments.statement.imported', { currency: id(), entries: number() }),
  defineEvent('payments.statement.booked', {
    from: number(),
    to: number(),
    matched: number(),
    suggested: number(),
    unmatched: number(),
    repeated: number(),
    other: number(),
  }),
  defineEvent('payments.statement.finished', { entries: number() }),
  defineEvent('payments.statement.erased', {}),
  // the stream is the statement entry
  defineEvent('payments.entry.assigned', { bills: number(), amount: amount() }),
  defineEvent('payments.entry.sent_back', { amount: amount() }),
  defineEvent('payments.entry.counted', { amount: amount() }),
  defineEvent('payments.entry.debit_said', { as: code(), amount: amount(), refunds: number() }),
  defineEvent('payments.entry.debit_decided', { as: code(), outcome: code() }),
  // the stream is the file of transfers
  defineEvent('payments.transfers.made', { refunds: number(), total: amount(), currency: id() }),
  defineEvent('payments.transfers.fetched', { refunds: number() }),
  // the stream is the session of a till
  defineEvent('payments.till.opened', { till: code(), agency: code(), counted: amount(), difference: amount() }),
  defineEvent('payments.till.took', { act: id(), kind: code(), amount: amount(), bill: id() }),
  defineEvent('payments.till.refunded', { act: id(), refund: id(), amount: amount() }),
  defineEvent('payments.till.carried', { act: id(), kind: code(), amount: amount() }),
  defineEvent('payments.till.taken_over', { act: id(), why: code() }),
  defineEvent('payments.till.closed', { counted: amount(), difference: amount() }),
  // the stream is the run of the comparison
  defineEvent('payments.reconciliation.ran', { from: day(), to: day(), checked: number(), differences: number() }),
  defineEvent('payments.payout.booked', { provider: code(), net: amount(), fees: amount() }),
  // the stream is the run of reminders
  defineEvent('payments.reminders.made', { day: day() }),
  defineEvent('payments.reminders.started', { day: day() }),
  defineEvent('payments.reminders.held', { day: day() }),
  defineEvent('payments.reminders.ended', { day: day(), steps: number() }),
  // the stream is the proposal to write old bills off together
  defineEvent('payments.write_off.proposed', { agency: code(), before: day(), bills: number(), amount: amount() }),
  defineEvent('payments.write_off.approved', { bills: number() }),
  defineEvent('payments.write_off.declined', {}),
  defineEvent('payments.write_off.done', { bills: number(), amount: amount() }),
  // the stream is the run of property tax
  defineEvent('payments.run.started', { kind: code(), year: number() }),
  defineEvent('payments.run.checked', { parcels: number(), bills: number(), amount: amount() }),
  defineEvent('payments.run.confirmed', {}),
  defineEvent('payments.run.stopped', {}),
  // one line for a thousand bills: what caused them in the books
  defineEvent('payments.run.billed', {
    bills: number(),
    amount: amount(),
    currency: id(),
    agency: code(),
    revenue: code(),
    // the first and the last parcel of them
    from: id(),
    to: id(),
  }),
  defineEvent('payments.run.finished', { bills: number(), amount: amount() }),
  // a file of letters to print was fetched: which, and how many letters it has
  defineEvent('payments.run.letters', { no: number(), letters: number() }),
  // the stream is the file of the register of parcels
  defineEvent('payments.parcel.taken', { added: number(), changed: number(), owners: number() }),
  defineEvent('payments.parcel.imported', { rows: number(), added: number(), changed: number(), owners: number() }),
  // the stream is the program of an agency
  defineEvent('payments.client.made', { agency: code(), scopes: codes() }),
  defineEvent('payments.client.changed', { what: code() }),
  defineEvent('payments.client.ended', {}),
  defineEvent('payments.client.imported', { rows: number(), added: number() }),
  // the stream is the work item
  defineEvent('payments.item.opened', { kind: code(), agency: code() }),
  defineEvent('payments.item.taken', { from: code() }),
  defineEvent('payments.item.let_go', {}),
  defineEvent('payments.item.closed', { kind: code(), outcome: code() }),
]
