import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What is told of acting for another; the subject is the person acted for, the stream the mandate or helped session. */
export const representationEvents = [
  defineEvent('representation.mandate.asked', { mandate: v.id(), kind: v.code(), services: v.codes().optional(), until: v.day() }),
  defineEvent('representation.mandate.granted', { mandate: v.id(), how: v.code() }),
  defineEvent('representation.mandate.refused', { mandate: v.id() }),
  defineEvent('representation.mandate.ended', { mandate: v.id(), by: v.code() }),
  defineEvent('representation.letter.printed', { mandate: v.id() }),
  defineEvent('representation.code.made', { purpose: v.code() }),
  defineEvent('representation.acting.began', { mandate: v.id() }),
  defineEvent('representation.acting.ended', { mandate: v.id() }),
  defineEvent('representation.assistance.began', { purpose: v.code(), minutes: v.number(), organisation: v.code().optional() }),
  defineEvent('representation.assistance.ended', { by: v.code() }),
]
