import type { Gauge } from 'prom-client'
import { once } from '../../kernel/once.ts'

/** A number that another module has for operators; `read` is called whenever they look. */
export type Figure = { readonly name: string; readonly help: string; read(): Promise<number> }

/** What is counted and measured in this process, for Prometheus. */
export type Metrics = {
  /** Notes that a request was answered. */
  answered(labels: { route: string; method: string; status: number }, seconds: number): void
  /** All figures as text, in the format that `type` names. */
  told(): Promise<{ type: string; text: string }>
}

/** Metrics with these figures; a figure that cannot be read is -1. */
export function createMetrics(figures: readonly Figure[]): Metrics {
  // loaded with the first answer, so that its time is not part of the start
  const opened = once(() => open(figures))
  return {
    answered: (labels, seconds) => void opened().then(({ duration }) => duration.observe(labels, seconds)),
    async told() {
      const { registry, gauges } = await opened()
      for (const { figure, gauge } of gauges) gauge.set(await figure.read().catch(() => -1))
      return { type: registry.contentType, text: await registry.metrics() }
    },
  }
}

async function open(figures: readonly Figure[]) {
  const library = await import('prom-client')
  const registry = new library.Registry()
  library.collectDefaultMetrics({ register: registry })
  const duration = new library.Histogram({
    name: 'stoa_http_request_seconds',
    help: 'How long requests took',
    labelNames: ['route', 'method', 'status'],
    buckets: [0.005, 0.02, 0.1, 0.5, 2],
    registers: [registry],
  })
  const gaugeOf = ({ name, help }: Figure): Gauge => new library.Gauge({ name, help, registers: [registry] })
  return { registry, duration, gauges: figures.map((figure) => ({ figure, gauge: gaugeOf(figure) })) }
}
