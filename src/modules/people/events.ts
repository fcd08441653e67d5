import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What the vault tells: who opened what, why and under which law; never what was in it. */
export const peopleEvents = [
  defineEvent('people.record.opened', {
    record: v.id(),
    purpose: v.code(),
    legal_basis: v.code(),
    fields: v.codes(),
    /** The person's access counter after this opening: a missing number is a missing line. */
    count: v.number(),
  }),
  defineEvent('people.document.opened', { document: v.id(), purpose: v.code(), legal_basis: v.code(), count: v.number() }),
  defineEvent('people.person.updated', { fields: v.codes(), source: v.id() }),
  defineEvent('people.person.erased', { reason: v.code() }),
]
