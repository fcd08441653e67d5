import type { Module } from '../../platform/module.ts'
import type { Subscriber } from '../../platform/journal/subscribers.ts'
import type { Platform } from '../../platform/platform.ts'
import { type Content, html, type View } from '../../ui/index.ts'
import { measured, putDurations } from './store.ts'

/** Fewer cases than this say nothing about the next one. */
const ENOUGH = 5

const durations: Subscriber = {
  name: 'performance.durations',
  types: ['cases.case.decided'],
  async handle(tx, events) {
    const counted = events.filter((event) => ['granted', 'refused'].includes(String(event.data['outcome'])))
    await putDurations(
      tx.db,
      counted.map((event) => ({
        case_id: event.stream,
        service_id: String(event.data['service']),
        days: Number(event.data['days']),
        decided_on: tx.city.dayOf(event.occurredAt),
      })),
    )
  },
}

/** How long a service took, measured; for the service page. Nothing until enough cases were decided. */
export async function durationPanel(platform: Platform, view: View, serviceId: string): Promise<Content> {
  const { count, p50, p90 } = await measured(platform.db, serviceId)
  if (count < ENOUGH) return null
  return html`<p class="st-measured">${view.t('performance.measured', { half: p50, most: p90, count })}</p>`
}

/** Measured durations; reads the journal, and nobody depends on it. */
export const performance: Module = { name: 'performance', uses: [], subscribers: [durations], migrations: true, locales: true }
