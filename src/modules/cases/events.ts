import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What happens to a case. The stream is the case's id; words are entries in the vault, named by id. */
export const caseEvents = [
  defineEvent('cases.case.submitted', {
    service: v.code(),
    version: v.id(),
    agency: v.code(),
    deadline: v.day().optional(),
    eligible: v.flag().optional(),
  }),
  // due: before_submission (paid already), at_submission, at_decision, later
  defineEvent('cases.fee.recorded', { amount: v.amount(), currency: v.id(), due: v.code() }),
  // told once for a case; revenue: fee, tax, charge
  defineEvent('cases.fee.due', { amount: v.amount(), currency: v.id(), due_on: v.day(), revenue: v.code() }),
  // what is owed now in all, in place of what was; by: the case that corrected it; due_on: when there is more to pay
  defineEvent('cases.fee.changed', { from: v.amount(), to: v.amount(), currency: v.id(), by: v.id(), due_on: v.day().optional() }),
  // why: the outcome of the case, "corrected" when an earlier case's fee was changed instead, or "bill" when its bill was cancelled
  defineEvent('cases.fee.cancelled', { amount: v.amount(), currency: v.id(), why: v.code() }),
  // what a module above told of the money; key: its name for that
  defineEvent('cases.fee.paid', { amount: v.amount(), currency: v.id(), key: v.id() }),
  defineEvent('cases.fee.reversed', { amount: v.amount(), currency: v.id(), key: v.id() }),
  defineEvent('cases.fee.overdue', { amount: v.amount(), currency: v.id(), key: v.id() }),
  defineEvent('cases.fee.refunded', { amount: v.amount(), currency: v.id(), key: v.id() }),
  // more was asked for than had been paid
  defineEvent('cases.fee.owed_again', { amount: v.amount(), currency: v.id(), key: v.id(), due_on: v.day().optional() }),
  defineEvent('cases.case.assigned', { officer: v.id().optional() }),
  defineEvent('cases.case.moved', { transition: v.code(), from: v.code(), to: v.code() }),
  defineEvent('cases.case.proposed', { transition: v.code(), reason: v.id().optional() }),
  defineEvent('cases.case.proposal_declined', { transition: v.code() }),
  defineEvent('cases.case.decided', {
    service: v.code(),
    outcome: v.code(),
    transition: v.code(),
    reason: v.id().optional(),
    days: v.number(),
    // the criteria that a refused application did not meet on that day
    not_met: v.codes().optional(),
  }),
  defineEvent('cases.information.requested', { entry: v.id() }),
  defineEvent('cases.information.given', { entry: v.id() }),
  defineEvent('cases.message.written', { entry: v.id(), to: v.code() }),
  defineEvent('cases.message.due', { template: v.code() }),
  defineEvent('cases.note.added', { entry: v.id() }),
  defineEvent('cases.consultation.asked', { agency: v.code() }),
  defineEvent('cases.consultation.answered', { agency: v.code(), opinion: v.code() }),
  defineEvent('cases.letter.issued', { letter: v.id(), template: v.code() }),
  defineEvent('cases.letter.suspended', { letter: v.id(), template: v.code() }),
  defineEvent('cases.letter.reinstated', { letter: v.id(), template: v.code() }),
  defineEvent('cases.letter.revoked', { letter: v.id(), template: v.code(), reason: v.id() }),
  defineEvent('cases.case.erased', { service: v.code() }),
  defineEvent('cases.case.warned', { deadline: v.day() }),
  defineEvent('cases.case.overdue', { deadline: v.day(), silence: v.code() }),
]
