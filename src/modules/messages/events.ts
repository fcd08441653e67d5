import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What messages tell. */
export const messageEvents = [
  defineEvent('messages.message.sent', { message: v.id(), template: v.code() }),
  defineEvent('messages.message.undeliverable', { message: v.id(), template: v.code() }),
]
