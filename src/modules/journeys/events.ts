import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What happens to a journey. The stream is the journey's id. */
export const journeyEvents = [
  defineEvent('journeys.journey.started', { service: v.code(), version: v.id() }),
  defineEvent('journeys.journey.saved', { questions: v.codes() }),
  defineEvent('journeys.journey.adopted', {}),
  defineEvent('journeys.journey.submitted', { case: v.id() }),
  defineEvent('journeys.journey.erased', { reason: v.code() }),
]
