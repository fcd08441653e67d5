import type { Categories, Category } from './categories/categories.ts'
import type { Route } from './categories/file.ts'

/** Who gets a report: an agency, and its crew unless the agency's desk looks at it first. */
export type Desk = { readonly agency: string; readonly crew: string | null }

/** When something came, as the city's clock says: ISO weekday and minutes of the day. */
export type CityTime = { readonly weekday: number; readonly minutes: number }

/** What a route may look at. */
export type Occasion = {
  readonly category: Pick<Category, 'id' | 'group' | 'agency'>
  readonly district: string | null
  readonly at: CityTime
}

/** The desk of the first route that fits; the category's own agency when none does. */
export function routeTo(routes: Categories['routes'], occasion: Occasion): Desk {
  const found = routes.find((route) => fits(route, occasion))
  return found ? { agency: found.agency, crew: found.crew ?? null } : { agency: occasion.category.agency, crew: null }
}

function fits(route: Route, { category, district, at }: Occasion): boolean {
  if (route.categories && !route.categories.includes(category.id)) return false
  if (route.groups && !route.groups.includes(category.group)) return false
  if (route.districts && (district === null || !route.districts.includes(district))) return false
  return inHours(route, at)
}

/** Hours that end before they begin go over midnight; the day is then the one on which they began. */
function inHours({ days, from, to }: Route, { weekday, minutes }: CityTime): boolean {
  const [begin, end] = [from === undefined ? 0 : minutesOf(from), to === undefined ? 24 * 60 : minutesOf(to)]
  const onDay = (day: number): boolean => !days || days.includes(day)
  if (begin <= end) return onDay(weekday) && minutes >= begin && minutes < end
  const before = weekday === 1 ? 7 : weekday - 1
  return (minutes >= begin && onDay(weekday)) || (minutes < end && onDay(before))
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
}

/** Weekday and minute of instants in a time zone; what knows the zone is made once. */
export function cityTimes(zone: string): (instant: Date) => CityTime {
  const format = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hourCycle: 'h23',
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
  })
  return (instant) => {
    const parts = new Map(format.formatToParts(instant).map((part) => [part.type, part.value]))
    const weekday = WEEKDAYS.indexOf(parts.get('weekday') ?? '') + 1
    return { weekday, minutes: Number(parts.get('hour')) * 60 + Number(parts.get('minute')) }
  }
}

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
