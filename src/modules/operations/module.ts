import type pg from 'pg'
import { sequencerLag } from '../../platform/journal/sequencer.ts'
import { stuckCount } from '../../platform/journal/subscribers.ts'
import { type Migrations, pendingMigrations } from '../../platform/migrate.ts'
import type { Module } from '../../platform/module.ts'
import type { Platform } from '../../platform/platform.ts'
import { operationsEvents } from './events.ts'
import { createMetrics, type Figure } from './metrics.ts'

/** What operators look at: is it alive, is it ready, how is it doing. */
export function operations(
  platform: Platform,
  pool: pg.Pool,
  migrations: () => readonly Migrations[],
  figures: readonly Figure[] = [],
): Module {
  const metrics = createMetrics([
    { name: 'stoa_journal_lag', help: 'Events that wait for the sequencer (counted to 10,000)', read: () => sequencerLag(platform) },
    { name: 'stoa_journal_stuck', help: 'Events that a subscriber could not take in', read: () => stuckCount(platform) },
    ...figures,
  ])
  const open = { config: { access: 'public', api: true } } as const
  return {
    name: 'operations',
    uses: [],
    events: operationsEvents,
    routes: (app) => {
      app.addHook('onResponse', (request, reply, done) => {
        const labels = { route: request.routeOptions.url ?? 'none', method: request.method, status: reply.statusCode }
        metrics.answered(labels, reply.elapsedTime / 1000)
        done()
      })
      app.readyPages.onAnswer((route, status, ms) => metrics.answered({ route, method: 'GET', status }, ms / 1000))
      app.get('/healthz', open, async () => ({ status: 'alive' }))
      app.get('/readyz', open, async (_request, reply) => {
        const state = await readiness(platform, pool, migrations())
        return reply.code(state.ready ? 200 : 503).send(state)
      })
      app.get('/metrics', open, async (_request, reply) => {
        const { type, text } = await metrics.told()
        return reply.type(type).send(text)
      })
    },
  }
}

/** Whether this process can serve: database there, migrations run, journal moving. */
export async function readiness(
  platform: Platform,
  pool: pg.Pool,
  migrations: readonly Migrations[],
): Promise<{ ready: boolean; database: string; migrations: string; journalLag: number | null }> {
  try {
    const pending = await pendingMigrations(pool, migrations)
    const lag = await sequencerLag(platform)
    return {
      ready: pending.length === 0,
      database: 'there',
      migrations: pending.length === 0 ? 'done' : `${pending.length} to run`,
      journalLag: lag,
    }
  } catch {
    return { ready: false, database: 'away', migrations: 'unknown', journalLag: null }
  }
}
