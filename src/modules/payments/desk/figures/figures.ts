import { parsePlainDate, type PlainDate } from '../../../../kernel/time.ts'
import { textIn } from '../../../../platform/journal/event.ts'
import type { Subscriber } from '../../../../platform/journal/subscribers.ts'
import { today } from '../../../../platform/platform.ts'
import type { Actor } from '../../../access/index.ts'
import { lastDayOf } from '../../../ledger/index.ts'
import { billsBetween } from '../../assessments/index.ts'
import type { Revenue } from '../../bill.ts'
import type { Treasury } from '../../treasury.ts'
import { agenciesAsked, agenciesSeen } from '../door.ts'
import * as store from './store.ts'

/** Keeps the figures: whatever happens to a bill, its share of them is what it is now. */
export const figureSubscriber: Subscriber = {
  name: 'payments.figures',
  types: [
    'payments.bill.issued',
    'payments.bill.paid_part',
    'payments.bill.paid',
    'payments.bill.reopened',
    'payments.bill.corrected',
    'payments.bill.charged',
    'payments.bill.relieved',
    'payments.bill.cancelled',
    'payments.bill.deferred',
    'payments.run.billed',
  ],
  async handle(tx, events) {
    const own = events.filter((event) => event.type !== 'payments.run.billed').map((event) => event.stream)
    await store.takeIn(tx.db, [...new Set(own)])
    // a run tells of a thousand bills in one line
    for (const { type, stream, data } of events)
      if (type === 'payments.run.billed')
        await store.takeIn(tx.db, await billsBetween(tx.db, stream, textIn(data, 'from'), textIn(data, 'to')))
  },
}

/** What a dashboard is asked for. */
export type DashboardAsk = { readonly agency: string | null; readonly revenue: Revenue | null; readonly year: number | null }

/** The figures of a year (the twelve months up to this one when none is named), and what is owed now. */
export type Dashboard = {
  readonly ask: DashboardAsk
  readonly from: PlainDate
  readonly to: PlainDate
  readonly rows: readonly store.FigureRow[]
  readonly now: ReadonlyArray<{
    readonly agency: string
    readonly currency: string
    readonly open: bigint
    readonly owed: bigint
    readonly overdue: bigint
  }>
  /** The agencies that the reader may choose among. */
  readonly agencies: readonly string[]
}

/** Reads the dashboard for whoever may see bills of any agency; throws 403 for others. */
export async function dashboard(treasury: Treasury, actor: Actor, ask: DashboardAsk): Promise<Dashboard> {
  const { platform } = treasury
  const mine = agenciesSeen(treasury, actor)
  const day = today(platform)
  const [from, to] = periodOf(ask.year, day)
  const chosen = ask.agency !== null && mine.includes(ask.agency) ? ask.agency : null
  const about = { agencies: chosen === null ? agenciesAsked(treasury, mine) : [chosen], revenue: ask.revenue, today: day }
  const [rows, now] = await Promise.all([store.figuresOf(platform.db, { ...about, from, to }), store.owedNow(platform.db, about)])
  return { ask: { ...ask, agency: chosen }, from, to, rows, now, agencies: mine }
}

/** A calendar year; else eleven months back, this one, and the two to come. */
function periodOf(year: number | null, day: PlainDate): [PlainDate, PlainDate] {
  const first = year === null ? monthAt(day, -11) : `${year}-01`
  const last = year === null ? monthAt(day, 2) : `${year}-12`
  return [parsePlainDate(`${first}-01`) ?? day, lastDayOf(last) ?? day]
}

function monthAt(day: PlainDate, months: number): string {
  const [year = 0, month = 1] = day.split('-').map(Number)
  const at = year * 12 + month - 1 + months
  return `${Math.floor(at / 12)}-${String((at % 12) + 1).padStart(2, '0')}`
}
