import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What happens to a journey. The stream is the journey's id. */
export const journeyEvents = [
  defineEvent('journeys.journey.started', { service: v.code(), version: v.id() }),
  defineEvent('journeys.journey.saved', { questions: v.codes() }),
  defineEvent('journeys.journey.adopted', {}),
  // a fee is to be paid before it is sent: the answers stand still, until it is sent or the payment is ended
  defineEvent('journeys.fee.asked', { amount: v.amount(), currency: v.id() }),
  defineEvent('journeys.fee.ended', {}),
  defineEvent('journeys.journey.submitted', { case: v.id() }),
  defineEvent('journeys.journey.erased', { reason: v.code() }),
]
