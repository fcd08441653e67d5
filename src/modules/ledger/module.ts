import type { Module } from '../../platform/module.ts'
import { checkpointJob } from './closing/index.ts'
import { ledgerEvents } from './events.ts'
import { type LedgerParts, ledgerRoutes } from './routes.ts'

/** The city's books: double entry, never rewritten. */
export const ledger = (parts: LedgerParts): Module => ({
  name: 'ledger',
  uses: ['access', 'identity'],
  events: ledgerEvents,
  jobs: [checkpointJob],
  routes: ledgerRoutes(parts),
  migrations: true,
  locales: true,
})
