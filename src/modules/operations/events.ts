import { defineEvent, eventValue as v } from '../../platform/journal/event.ts'

/** What operators do to the deployment itself. */
export const operationsEvents = [
  /** The deployment's data keys were wrapped by a version; `rows` is how many were wrapped anew. */
  defineEvent('operations.keys.rotated', { version: v.number(), rows: v.number() }),
  /** Versions that wrapped nothing any more were destroyed. */
  defineEvent('operations.keys.pruned', { versions: v.codes() }),
]
