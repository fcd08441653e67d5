import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What the auditor's room tells: ids, kinds and counts. */
export const auditEvents = [
  defineEvent('audit.flag.raised', { kind: v.code(), account: v.id(), day: v.day(), count: v.number() }),
  defineEvent('audit.flag.closed', { answer: v.code() }),
  defineEvent('audit.watch.added', { case: v.id() }),
  defineEvent('audit.watch.removed', { case: v.id() }),
  defineEvent('audit.list.exported', { list: v.code(), lines: v.number() }),
]
