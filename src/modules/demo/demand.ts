import { addDays, daysBetween, isWorkingDay, type PlainDate, weekday, type WorkCalendar } from '../../kernel/time.ts'
import { daysFrom } from './hours.ts'
import type { Chance } from './random.ts'

/** What is asked for on which day. */
export type Demand = { readonly service: string; readonly day: PlainDate }

/** How much a service is asked for, and in which months (January first) more or less. */
type Season = { readonly share: number; readonly months: readonly number[]; readonly earlyInMonth?: boolean }

const even = [1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]
const seasons: Readonly<Record<string, Season>> = {
  resident_parking_permit: { share: 25, months: [1.6, 1.1, 1, 1, 0.9, 0.9, 0.8, 0.7, 1.5, 1.2, 0.9, 0.7] },
  library_card: { share: 18, months: [1.3, 1, 0.9, 0.9, 0.8, 0.8, 0.9, 0.8, 1.7, 1.4, 1, 0.7] },
  change_of_address: { share: 18, months: [0.9, 0.8, 0.9, 1, 1, 1.1, 1.3, 1.4, 1.6, 1, 0.8, 0.6] },
  energy_cost_benefit: { share: 16, months: [1.8, 1.6, 1.2, 0.7, 0.4, 0.3, 0.3, 0.4, 0.8, 1.4, 1.8, 1.6] },
  visitor_tax_return: { share: 9, months: [1, 0.7, 0.7, 1.1, 0.8, 0.9, 1.3, 1.1, 1.1, 1.3, 0.9, 0.8], earlyInMonth: true },
  school_place: { share: 8, months: [1, 1.6, 2.6, 2.2, 1, 0.5, 0.3, 0.5, 0.9, 0.5, 0.5, 0.4] },
  street_event_permit: { share: 6, months: [0.6, 1, 1.6, 1.9, 1.6, 1.2, 0.8, 0.5, 0.7, 0.8, 0.7, 0.5] },
  food_business_licence_renewal: { share: 5, months: [1.2, 1, 1, 1, 1, 1, 0.8, 0.5, 1, 1.1, 1, 0.8] },
}
const other: Season = { share: 3, months: even }
const week = [1.35, 1.15, 1.1, 1.05, 0.95, 0.45, 0.4]

/** Spreads a number of cases over the two years up to a day: by service, season, weekday and a slow growth. Oldest first. */
export function demand(chance: Chance, services: readonly string[], count: number, until: PlainDate, calendar: WorkCalendar): Demand[] {
  const days = daysFrom(addDays(until, -730), until)
  const shares = services.map((service): [string, number] => [service, (seasons[service] ?? other).share])
  const weights = new Map(
    services.map((service) => [
      service,
      days.map((day): [PlainDate, number] => [day, weightOf(seasons[service] ?? other, day, daysBetween(days[0] ?? day, day), calendar)]),
    ]),
  )
  const drawn = Array.from({ length: count }, (): Demand => {
    const service = chance.weighted(shares)
    return { service, day: chance.weighted(weights.get(service) ?? []) }
  })
  return drawn.toSorted((a, b) => a.day.localeCompare(b.day))
}

function weightOf(season: Season, day: PlainDate, since: number, calendar: WorkCalendar): number {
  const month = season.months[Number(day.slice(5, 7)) - 1] ?? 1
  const holiday = isWorkingDay(day, calendar) || weekday(day) > 5 ? 1 : 0.35
  const early = season.earlyInMonth ? (Number(day.slice(8)) <= 20 ? 1.6 : 0.3) : 1
  return month * (week[weekday(day) - 1] ?? 1) * holiday * early * (1 + since / 1_800)
}
