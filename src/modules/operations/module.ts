import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client'
import type pg from 'pg'
import { sequencerLag } from '../../platform/journal/sequencer.ts'
import { stuckCount } from '../../platform/journal/subscribers.ts'
import { type Migrations, pendingMigrations } from '../../platform/migrate.ts'
import type { Module } from '../../platform/module.ts'
import type { Platform } from '../../platform/platform.ts'
import { operationsEvents } from './events.ts'

/** A number that another module has for operators; `read` is called whenever they look. */
export type Figure = { readonly name: string; readonly help: string; read(): Promise<number> }

/** What operators look at: is it alive, is it ready, how is it doing. */
export function operations(
  platform: Platform,
  pool: pg.Pool,
  migrations: () => readonly Migrations[],
  figures: readonly Figure[] = [],
): Module {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const duration = new Histogram({
    name: 'stoa_http_request_seconds',
    help: 'How long requests took',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2],
    registers: [registry],
  })
  const lag = new Gauge({ name: 'stoa_journal_lag', help: 'Events that wait for the sequencer (counted to 10,000)', registers: [registry] })
  const stuck = new Gauge({ name: 'stoa_journal_stuck', help: 'Events that a subscriber could not take in', registers: [registry] })
  const gauges = figures.map((figure) => ({ figure, gauge: new Gauge({ name: figure.name, help: figure.help, registers: [registry] }) }))
  const open = { config: { access: 'public', api: true } } as const
  return {
    name: 'operations',
    uses: [],
    events: operationsEvents,
    routes: (app) => {
      app.addHook('onResponse', (request, reply, done) => {
        duration.observe(
          { route: request.routeOptions.url ?? 'none', method: request.method, status: reply.statusCode },
          reply.elapsedTime / 1000,
        )
        done()
      })
      app.readyPages.onAnswer((route, status, ms) => duration.observe({ route, method: 'GET', status }, ms / 1000))
      app.get('/healthz', open, async () => ({ status: 'alive' }))
      app.get('/readyz', open, async (_request, reply) => {
        const state = await readiness(platform, pool, migrations())
        return reply.code(state.ready ? 200 : 503).send(state)
      })
      app.get('/metrics', open, async (_request, reply) => {
        lag.set(await sequencerLag(platform).catch(() => -1))
        stuck.set(await stuckCount(platform).catch(() => -1))
        for (const { figure, gauge } of gauges) gauge.set(await figure.read().catch(() => -1))
        return reply.type(registry.contentType).send(await registry.metrics())
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
