import { addDays, daysBetween, type PlainDate, weekday } from '../../kernel/time.ts'
import { today } from '../../platform/platform.ts'
import { type Board, layPast, type PastAct, type PastFollower, type PastReport, rebuildDensity } from '../reports/index.ts'
import type { Address } from '../places/index.ts'
import { daysFrom, type Hours } from './hours.ts'
import { pastPlatform } from './lane.ts'
import { type Chance, chance } from './random.ts'
import { drawStreets, type StreetPictures } from './reportpictures.ts'
import { reportText, reportWords } from './reporttexts.ts'
import type { Resident } from './residents.ts'

/** What invented reports are made of. */
export type ReportWorld = {
  readonly board: Board
  readonly hours: Hours
  readonly residents: readonly Resident[]
  /** The resident who can sign in to the demo. */
  readonly own: Resident | null
  readonly until: Date
}

/** How much a category is reported, and in which months (January first) more. */
const demand: Readonly<Record<string, readonly [share: number, months?: readonly number[]]>> = {
  pothole: [14, [1.6, 1.7, 1.5, 1.2, 0.9, 0.7, 0.6, 0.6, 0.8, 0.9, 1.1, 1.3]],
  overflowing_bin: [13, [0.6, 0.6, 0.8, 1, 1.3, 1.6, 1.8, 1.8, 1.2, 0.9, 0.7, 0.7]],
  street_light: [11, [1.5, 1.3, 1, 0.8, 0.6, 0.5, 0.5, 0.7, 1, 1.4, 1.7, 1.7]],
  illegal_dumping: [12],
  litter: [9],
  missed_collection: [7],
  graffiti: [6],
  broken_pavement: [6],
  damaged_tree: [4, [1.8, 1.5, 1.2, 0.8, 0.7, 0.7, 0.6, 0.7, 0.9, 1.3, 1.6, 1.7]],
  blocked_drain: [4, [1.7, 1.4, 1.2, 1, 0.7, 0.5, 0.4, 0.5, 0.9, 1.5, 1.8, 1.8]],
  blocked_pavement: [3],
  rats: [3],
  road_sign: [3],
  traffic_light: [2],
  abandoned_vehicle: [3],
  playground: [2],
  bench: [1],
  overgrown: [3, [0.3, 0.4, 0.8, 1.4, 1.9, 1.8, 1.5, 1.2, 0.9, 0.6, 0.3, 0.3]],
  noise: [2],
  water_leak: [2],
  road_marking: [1],
  dead_animal: [1],
  flooding: [1, [2, 1.6, 1, 0.8, 0.4, 0.2, 0.2, 0.3, 0.8, 1.6, 2, 2]],
}
const week = [1.3, 1.15, 1.1, 1.05, 1.05, 0.7, 0.6]

/** How a report goes, when there is time for it. */
type Fate =
  | 'reporter'
  | 'followers'
  | 'silence'
  | 'broken'
  | 'not_ours'
  | 'no_action'
  | 'referred'
  | 'withdrawn'
  | 'duplicate'
  | 'hidden'
  | 'stuck'

/** Gives the city two years of reports up to now, the same for the same seed. */
export async function seedReports(world: ReportWorld, count: number, seed: number): Promise<number> {
  const { board, until } = world
  const drawn = chance(seed, 'reports')
  const pictures = await drawStreets()
  const pasts = plan(world, drawn, count, pictures)
  const clock = { now: until }
  const platform = pastPlatform(board.platform, drawn, () => clock.now)
  const laid = await layPast({ ...board, platform }, pasts, (at) => (clock.now = at))
  await rebuildDensity(board.platform)
  return laid
}

function plan(world: ReportWorld, drawn: Chance, count: number, pictures: StreetPictures): PastReport[] {
  const { board, hours, until } = world
  const last = today(board.platform)
  const days = daysFrom(addDays(last, -730), last)
  const shares = board.categories.list.flatMap((each): Array<[string, number]> =>
    demand[each.id] ? [[each.id, demand[each.id]?.[0] ?? 0]] : [],
  )
  const weights = new Map(
    shares.map(([id]) => [id, days.map((day): [PlainDate, number] => [day, weightOf(id, day, daysBetween(days[0] ?? day, day))])]),
  )
  const opened = Array.from({ length: shares.length === 0 ? 0 : count }, () => {
    const category = drawn.weighted(shares)
    const at = hours.anytime(drawn, drawn.weighted(weights.get(category) ?? []))
    return { category, at: at < until ? at : new Date(until.getTime() - drawn.whole(5, 600) * 60_000) }
  }).toSorted((a, b) => a.at.getTime() - b.at.getTime())
  const pasts: PastReport[] = []
  const newest = new Map<string, number>()
  for (const [index, { category, at }] of opened.entries()) {
    const before = newest.get(category)
    const past = live(world, drawn, pictures, {
      category,
      at,
      original: before === undefined ? null : { index: before, past: pasts[before] },
      own: index % 130 === 129,
    })
    pasts.push(past)
    if (!past.acts.some((act) => act.do === 'merge')) newest.set(category, index)
  }
  return pasts
}

function weightOf(category: string, day: PlainDate, since: number): number {
  const months = demand[category]?.[1]
  return (months?.[Number(day.slice(5, 7)) - 1] ?? 1) * (week[weekday(day) - 1] ?? 1) * (1 + since / 1_500)
}

type Coming = {
  readonly category: string
  readonly at: Date
  /** The newest report of its kind, which it may repeat. */
  readonly original: { readonly index: number; readonly past: PastReport | undefined } | null
  readonly own: boolean
}

function live(world: ReportWorld, drawn: Chance, pictures: StreetPictures, coming: Coming): PastReport {
  const { residents, own, until } = world
  const { category, at } = coming
  const known = coming.own && own ? own : drawn.happens(0.45) && residents.length > 0 ? drawn.one(residents) : null
  const fate = fateOf(drawn, coming, known !== null)
  const original = fate === 'duplicate' ? coming.original : null
  const place = original?.past ?? spot(world, drawn)
  const language = known?.language ?? drawn.weighted([['en', 70], ['es', 20], ['ar', 10]]) // prettier-ignore
  const shown = drawn.happens(0.012)
  const acts = actsOf(world, drawn, coming, {
    fate,
    language,
    picture: shown ? drawn.one(pictures.after) : null,
    of: original?.index ?? null,
  })
  const happened = acts.filter((act) => act.at <= until)
  const answered = happened.findLast((act) => act.do === 'confirm')
  const followers = followersOf(world, drawn, at, known, fate === 'followers' ? 2 : drawn.weighted([[0, 70], [1, 20], [2, 10]]), answered ?? null) // prettier-ignore
  return {
    category,
    lat: place.lat,
    long: place.long,
    address: place.address,
    text: reportText(drawn, category, language),
    language,
    openedAt: at,
    source: drawn.weighted<PastReport['source']>([['web', 82], ['open311', 13], ['officer', 5]]), // prettier-ignore
    before: shown ? drawn.one(pictures.before) : null,
    followers,
    acts: happened,
  }
}

/** Some metres from a house, in the same district. */
function spot({ board }: ReportWorld, drawn: Chance): { lat: number; long: number; address: string } {
  const home: Address = drawn.one(board.places?.addresses ?? [])
  const [lat, long] = [home.lat + (drawn.next() - 0.5) / 5_000, home.long + (drawn.next() - 0.5) / 4_000]
  const same = board.places?.districtAt(lat, long)?.id === home.district
  return { lat: same ? round(lat) : home.lat, long: same ? round(long) : home.long, address: home.line1 }
}

function round(degrees: number): number {
  return Math.round(degrees * 1e6) / 1e6
}

function fateOf(drawn: Chance, { at, original, category }: Coming, known: boolean): Fate {
  const recent = original?.past !== undefined && at.getTime() - original.past.openedAt.getTime() < 2 * 86_400_000
  return drawn.weighted<Fate>([
    ['reporter', known ? 34 : 0],
    ['followers', 12],
    ['silence', known ? 20 : 46],
    ['broken', known ? 9 : 0],
    ['not_ours', category === 'water_leak' ? 60 : 4],
    ['no_action', 9],
    ['referred', category === 'road_marking' ? 40 : 3],
    ['withdrawn', known ? 2 : 0],
    ['duplicate', recent ? 22 : 0],
    ['hidden', 0.6],
    ['stuck', 3],
  ])
}

type Course = {
  readonly fate: Fate
  readonly language: string
  readonly picture: Extract<PastAct, { do: 'fix' }>['photo']
  readonly of: number | null
}

function actsOf(
  { board, hours }: ReportWorld,
  drawn: Chance,
  { category, at }: Coming,
  { fate, language, picture, of }: Course,
): PastAct[] {
  const found = board.categories.byId(category)
  const due = found?.due_days ?? 10
  const later = (after: Date, share: number): Date =>
    hours.office(drawn, after, Math.max(0, Math.round(due * share * (0.4 + drawn.next()))))
  const begun = later(at, 0.3)
  if (fate === 'duplicate' && of !== null) return [{ do: 'merge', at: hours.office(drawn, at, 0), of }]
  if (fate === 'hidden') return [{ do: 'hide', at: hours.office(drawn, at, 0) }]
  if (fate === 'withdrawn') return [{ do: 'end', at: begun, how: { outcome: 'withdrawn' }, text: '' }]
  if (fate === 'not_ours') {
    const authority = category === 'water_leak' ? 'harbour_water' : drawn.one(board.categories.authorities.map((each) => each.id))
    return [{ do: 'end', at: begun, how: { outcome: 'not_ours', authority }, text: reportWords(drawn, 'not_ours', language) }]
  }
  if (fate === 'no_action') {
    const reason = drawn.weighted([['nothing_found' as const, 45], ['already_fixed' as const, 20], ['private_land' as const, 20], ['within_tolerance' as const, 15]]) // prettier-ignore
    return [{ do: 'end', at: later(begun, 0.4), how: { outcome: 'no_action', reason }, text: reportWords(drawn, 'no_action', language) }]
  }
  if (fate === 'referred') {
    const how = { outcome: 'referred', programme: 'Street renewal', on: addDays(hours.dayOf(begun), 240) } as const
    return [{ do: 'end', at: begun, how, text: reportWords(drawn, 'referred', language) }]
  }
  const start: PastAct[] = [{ do: 'start', at: begun }]
  const waits = drawn.happens(0.15)
  if (waits || fate === 'stuck')
    start.push({ do: 'write', at: later(begun, 0.2), by: 'staff', text: reportWords(drawn, 'waiting', language) })
  if (fate === 'stuck') return start
  const last = start.at(-1)?.at ?? begun
  return [
    ...start,
    ...fixing(
      hours,
      drawn,
      { last: waits ? later(last, 0.6) : last, checkDays: found?.check_days ?? 14, later },
      { fate, language, picture, of: null },
    ),
  ]
}

type Work = { readonly last: Date; readonly checkDays: number; readonly later: (after: Date, share: number) => Date }

function fixing(hours: Hours, drawn: Chance, { last, checkDays, later }: Work, { fate, language, picture }: Course): PastAct[] {
  const fix = (at: Date): PastAct => ({
    do: 'fix',
    at,
    order: `WO-${String(drawn.whole(10_000, 99_999))}`,
    photo: picture,
    text: drawn.happens(0.4) ? reportWords(drawn, 'fixed', language) : '',
  })
  const soon = (after: Date): Date => hours.anytime(drawn, addDays(hours.dayOf(after), drawn.whole(1, Math.max(1, checkDays - 1))))
  const silent = (after: Date): Date => hours.morning(addDays(hours.dayOf(after), checkDays + 1))
  const first = later(last, 0.6)
  if (fate !== 'broken') {
    const by = fate === 'reporter' || fate === 'followers' ? fate : 'silence'
    return [fix(first), { do: 'confirm', at: by === 'silence' ? silent(first) : soon(first), by }]
  }
  const back = soon(first)
  const again = later(back, 0.5)
  return [
    fix(first),
    { do: 'broken', at: back, text: reportWords(drawn, 'broken', language) },
    fix(again),
    { do: 'confirm', at: soon(again), by: 'reporter' },
  ]
}

function followersOf(
  { residents, own, until }: ReportWorld,
  drawn: Chance,
  at: Date,
  reporter: Resident | null,
  others: number,
  confirmed: Extract<PastAct, { do: 'confirm' }> | null,
): PastFollower[] {
  const person = (resident: Resident, kind: PastFollower['kind'], since: Date, answers: boolean): PastFollower => ({
    personId: resident.personId,
    accountId: resident.accountId,
    language: resident.language,
    kind,
    at: since,
    ...(answers && confirmed ? { answer: { says: 'fixed', at: confirmed.at } } : {}),
  })
  const list = reporter ? [person(reporter, 'reporter', at, confirmed?.by === 'reporter')] : []
  const near = own && drawn.happens(0.004) ? [own] : []
  const more = residents.length === 0 ? [] : Array.from({ length: others }, () => drawn.one(residents))
  for (const resident of [...near, ...more]) {
    const since = new Date(at.getTime() + drawn.whole(1, 30) * 3_600_000)
    if (since < until && !list.some((each) => each.personId === resident.personId))
      list.push(person(resident, drawn.happens(0.5) ? 'joined' : 'follower', since, confirmed?.by === 'followers'))
  }
  return list
}
