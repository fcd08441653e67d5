import { setTimeout as sleep } from 'node:timers/promises'
import { addDays, type PlainDate } from '../../kernel/time.ts'
import type { Module } from '../../platform/module.ts'
import { advance } from '../../platform/journal/subscribers.ts'
import { sequenceOnce, sequencerLag } from '../../platform/journal/sequencer.ts'
import { type Platform, today } from '../../platform/platform.ts'
import { accountActor, type Actor, agenciesWith, SEED_CHANNEL } from '../access/index.ts'
import type { Catalogue } from '../catalogue/index.ts'
import { factsFor, type House } from '../cases/index.ts'
import { accountByAddress, accountFacts, hasAccounts, type PasswordHasher, staffOfAgency } from '../identity/index.ts'
import { submitAtOnce } from '../journeys/index.ts'
import { type Address, loadPlaces } from '../places/index.ts'
import { type Evaluation, fillIn } from '../servicefile/index.ts'
import { demoAccounts } from './accounts.ts'
import { demand } from './demand.ts'
import { drawAnswers } from './draws.ts'
import { type Hours, hoursOf } from './hours.ts'
import { type Lane, openLane, pastPlatform } from './lane.ts'
import { type Fate, goOn, residentActor, type Staff } from './life.ts'
import { type Chance, chance } from './random.ts'
import type { Treasury } from '../payments/index.ts'
import type { Board } from '../reports/index.ts'
import { seedMoney } from './money.ts'
import { seedParcels } from './parcels.ts'
import { seedDemo } from './seed.ts'
import { seedReports } from './reports.ts'
import { knownAnswers, type Resident, settleAccount, settleResidents } from './residents.ts'
import { cityOf, keepCity, type SeededCity } from './store.ts'

/** How large a demo city is; the same numbers give the same city. */
export type CitySize = { readonly residents: number; readonly cases: number; readonly seed: number }

/** What a city is seeded through: the program, put together. */
export type SeedApp = {
  readonly platform: Platform
  readonly hasher: PasswordHasher
  readonly house: House
  readonly board: Board
  readonly treasury: Treasury | null
  readonly modules: readonly Module[]
}

/** People report more than they apply for. */
const REPORTS_PER_CASE = 5
/** Bills beside those of the services. */
const MOST_BILLS = 5_000
/** All of them are laid down in one transaction. */
const MOST_REPORTS = 10_000

type Say = (line: string) => void
type Offer = Catalogue['offers'][number]
/** A case that will be submitted. */
type Coming = {
  readonly offer: Offer
  readonly at: Date
  readonly resident: Resident
  readonly fate: Fate
  readonly scripted: boolean
  readonly channel: string
}
type World = {
  readonly house: House
  readonly hours: Hours
  readonly staff: Staff
  readonly homes: readonly Address[]
  readonly begin: Date
  readonly until: Date
}

/**
 * Makes the accounts of the demo where there are none, and gives its city residents and two years of cases up to now,
 * through the rules that hold for everybody. Once: a city that is there, whole or half, is left as it is, with a line that
 * says so. With `empty` no city is made where somebody has an account already. Throws when nobody works for the city, and
 * the reason of `stopped` when that comes first.
 */
export async function seedCity(
  app: SeedApp,
  size: CitySize,
  say: Say,
  { empty = false, stopped }: { empty?: boolean; stopped?: AbortSignal } = {},
): Promise<void> {
  const { db } = app.platform
  const known = await cityOf(db)
  const begin = known === null && !(empty && (await hasAccounts(app.platform)))
  // before the first account: from here on it is a city that is not whole
  if (begin) await keepCity(db, { ...size, made_at: null })
  await seedDemo(app, say)
  if (begin) await fill(app, size, say, stopped)
  else if (known && (!empty || known.made_at === null)) say(knownCity(known))
}

function knownCity({ residents, cases, seed, made_at: madeAt }: SeededCity): string {
  const there = `${residents} residents and ${cases} cases of seed ${seed}`
  if (madeAt) return `The city is there already: ${there}.`
  return `A city of ${there} was begun and not finished, and somebody has used it. To start over, stop Stoa and set DATA_DIR to a new folder.`
}

async function fill(app: SeedApp, size: CitySize, say: Say, stopped?: AbortSignal): Promise<void> {
  const { platform } = app.house
  const began = performance.now()
  const world = await worldOf(app.house)
  say(`Stoa: settling ${size.residents} residents ...`)
  const { residents, own } = await settle(world, size)
  const coming = plan(world, chance(size.seed, 'plan'), size, residents, own)
  say(`Stoa: living through two years and ${coming.length} cases ...`)
  await live(world, size.seed, coming, say, stopped)
  const { board } = app
  const reported = await seedReports(
    { board, hours: world.hours, residents, own, until: world.until },
    Math.min(MOST_REPORTS, size.cases * REPORTS_PER_CASE),
    size.seed,
  )
  stopped?.throwIfAborted()
  say(`Stoa: ${reported} reports of problems in the streets ...`)
  if (app.treasury) {
    const money = { treasury: app.treasury, hours: world.hours, residents, own, until: world.until }
    say(`Stoa: ${await seedMoney(money, Math.min(MOST_BILLS, size.cases), size.seed)} bills ...`)
  }
  say(`Stoa: ${await seedParcels(platform, world.homes, size.seed)} parcels in the property register ...`)
  stopped?.throwIfAborted()
  say('Stoa: bringing the journal into order ...')
  await order(app)
  await keepCity(platform.db, { ...size, made_at: platform.now() })
  say(`Stoa: the city is there after ${Math.round((performance.now() - began) / 1_000)} seconds.`)
}

async function worldOf(house: House): Promise<World> {
  const { platform } = house
  const { city } = platform
  const hours = hoursOf(city)
  const places = await loadPlaces(city.folder)
  const until = platform.now()
  return { house, hours, staff: await staffOf(house), homes: places.addresses, begin: hours.morning(addDays(today(platform), -731)), until }
}

/** Who works for which agency, as accounts that act in the past. */
async function staffOf({ platform }: House): Promise<Staff> {
  const agencies = new Map<string, readonly Actor[]>()
  for (const { id: agency } of platform.city.agencies) {
    const actors: Actor[] = []
    for (const { id } of await staffOfAgency(platform, agency)) {
      const facts = await accountFacts(platform, id)
      if (!facts) continue
      const actor = accountActor({
        accountId: id,
        personId: facts.personId,
        roles: facts.roles,
        channel: SEED_CHANNEL,
        level: 'substantial',
      })
      const works = agenciesWith(actor, ['officer'])
      if (works === 'all' || works.includes(agency)) actors.push(actor)
    }
    agencies.set(agency, actors)
  }
  if ([...agencies.values()].every((actors) => actors.length === 0))
    throw new Error('Nobody works for the city yet. Make accounts of officers first.')
  return (agency) => agencies.get(agency) ?? []
}

async function settle(world: World, size: CitySize): Promise<{ residents: Resident[]; own: Resident | null }> {
  const drawn = chance(size.seed, 'residents')
  const platform = pastPlatform(world.house.platform, drawn, () => world.begin)
  const day = today(world.house.platform)
  const residents = await settleResidents(platform, drawn, size.residents, world.homes, day)
  const shown = demoAccounts.find((account) => !account.staff)
  const account = shown ? await accountByAddress(platform, shown.email) : null
  const own = shown && account ? await settleAccount(platform, drawn, account, shown.name, shown.email, world.homes, day) : null
  return { residents, own }
}

/** The three cases of the resident who can sign in to the demo: service, fate and how many days ago. */
const shownCases: ReadonlyArray<readonly [service: string, fate: Fate, daysAgo: number]> = [
  ['change_of_address', 'granted', 36],
  ['energy_cost_benefit', 'waiting', 15],
  ['resident_parking_permit', 'in_review', 9],
]

function plan(world: World, drawn: Chance, size: CitySize, residents: readonly Resident[], own: Resident | null): Coming[] {
  const { house, hours, until } = world
  const offers = house.catalogue.offers.filter((offer) => offer.definition.status === 'published')
  const day = today(house.platform)
  const shown =
    own === null
      ? []
      : shownCases.slice(0, size.cases).flatMap(([service, fate, daysAgo]): Coming[] => {
          const offer = offers.find((each) => each.definition.id === service)
          return offer
            ? [{ offer, at: hours.anytime(drawn, addDays(day, -daysAgo)), resident: own, fate, scripted: true, channel: 'web' }]
            : []
        })
  if (residents.length === 0 || offers.length === 0) return shown
  const pick = residentPicker(drawn, residents)
  const asked = demand(
    drawn,
    offers.map((offer) => offer.definition.id),
    Math.max(0, size.cases - shown.length),
    day,
    house.platform.city.calendar,
  )
  const others = asked.flatMap(({ service, day: on }): Coming[] => {
    const offer = offers.find((each) => each.definition.id === service)
    return offer
      ? [{ offer, ...arrival(world, drawn, offer, on), resident: pick(service, on), fate: fateOf(drawn, on, day), scripted: false }]
      : []
  })
  return [...others, ...shown].map((each) =>
    each.at < until ? each : { ...each, at: new Date(until.getTime() - drawn.whole(5, 600) * 60_000) },
  )
}

/** Draws residents by how much they ask of the city; hardly anybody asks for the same thing twice within a year. */
function residentPicker(drawn: Chance, residents: readonly Resident[]): (service: string, day: PlainDate) => Resident {
  const urn = residents.flatMap((resident) => Array.from({ length: resident.activity }, () => resident))
  const asked = new Map<string, PlainDate>()
  return (service, day) => {
    const recent = (resident: Resident): boolean => (asked.get(`${service}/${resident.personId}`) ?? '') > addDays(day, -370)
    let resident = drawn.one(urn)
    for (let tries = 0; tries < 8 && recent(resident); tries += 1) resident = drawn.one(urn)
    asked.set(`${service}/${resident.personId}`, day)
    return resident
  }
}

/** How and when it comes: on the web at any time, elsewhere in office hours. */
function arrival({ hours }: World, drawn: Chance, offer: Offer, day: PlainDate): { at: Date; channel: string } {
  const { channels } = offer.definition
  const channel = drawn.weighted([['web', 78], ...channels.filter((each) => each !== 'web').map((each): [string, number] => [each, 7])])
  return { channel, at: channel === 'web' ? hours.anytime(drawn, day) : hours.office(drawn, hours.morning(day), 0) }
}

/** What stands still today: much of what came last month, a little of what came last summer. */
function fateOf(drawn: Chance, day: PlainDate, until: PlainDate): Fate {
  const often =
    (
      [
        [-10, 0.97],
        [-30, 0.95],
        [-60, 0.78],
        [-120, 0.24],
      ] as const
    ).find(([days]) => day >= addDays(until, days))?.[1] ?? 0.003
  if (!drawn.happens(often)) return 'ordinary'
  const fresh = day >= addDays(until, -20)
  return drawn.weighted<Fate>([
    ['unassigned', fresh ? 34 : 4],
    ['assigned', fresh ? 20 : 8],
    ['in_review', 26],
    ['waiting', 24],
    ['opinions', 10],
  ])
}

/** Lives through the past two months at a time; the services live side by side, so that each keeps its order. */
async function live(world: World, seed: number, coming: readonly Coming[], say: Say, stopped?: AbortSignal): Promise<void> {
  const lanes = new Map<string, Lane>()
  for (const one of coming) {
    const { id } = one.offer.definition
    const lane = lanes.get(id) ?? openLane(world.house, chance(seed, `lane/${id}`), world.begin)
    lanes.set(id, lane)
    lane.at(one.at, (inside) => {
      stopped?.throwIfAborted()
      return begin(world, inside, lane, one)
    })
  }
  for (let until = world.begin; until < world.until;) {
    until = new Date(Math.min(until.getTime() + 60 * 86_400_000, world.until.getTime()))
    await Promise.all([...lanes.values()].map((lane) => lane.runUntil(until)))
    say(`  up to ${world.hours.dayOf(until)}: ${coming.filter((one) => one.at <= until).length} cases`)
  }
}

async function begin(world: World, house: House, lane: Lane, one: Coming): Promise<void> {
  const { offer, resident } = one
  const evaluation = await evaluationOf(world, house, lane, one)
  if (!evaluation.complete) throw new Error(`The examples of ${offer.definition.id} do not make a complete application.`)
  const current = await submitAtOnce(house, residentActor(resident, null), {
    service: offer.service,
    version: offer.version,
    evaluation,
    personId: resident.personId,
    accountId: resident.accountId,
    language: resident.language,
    channel: one.channel,
  })
  // a short deadline makes officers quick
  const usual = Math.min(1.4, Math.max(0.5, (evaluation.deadlineDays ?? 10) / 12))
  const pace = one.scripted
    ? 0.5
    : usual *
      lane.chance.weighted([
        [1, 80],
        [2, 15],
        [4, 5],
      ])
  const opened = { current, service: offer.service, answers: evaluation.answers, evaluation }
  if (current.closed_at === null) {
    goOn(house, {
      lane,
      hours: world.hours,
      staff: world.staff,
      fate: one.fate,
      resident,
      pace,
      opened,
      officer: null,
      steps: 0,
      asked: 0,
      consulted: false,
      informed: false,
    })
  }
}

/** A complete application: with answers drawn for it, else with the examples of its service. */
async function evaluationOf(world: World, house: House, lane: Lane, { offer, resident, scripted }: Coming): Promise<Evaluation> {
  const { platform } = house
  const day = today(platform)
  const known = knownAnswers(offer.definition, resident)
  const fill = async (own: Record<string, unknown>): Promise<Evaluation> =>
    fillIn(offer.service, day, await factsFor(platform, offer.service, own, null), own)
  if (scripted) return fill(known)
  const drawn = await fill({ ...known, ...drawAnswers(offer.definition.id, { chance: lane.chance, resident, day, homes: world.homes }) })
  return drawn.complete ? drawn : fill(known)
}

/** Waits at most this often for a transaction of somebody else that holds the order back, this long each time. */
const [WAITS, WAIT_MS] = [1_200, 50]

/**
 * Gives every line its place and lets everyone who reads the journal read it, so that nothing is behind. Throws when
 * somebody else's transaction stays open for a minute.
 */
async function order({ house, modules }: SeedApp): Promise<void> {
  const { platform } = house
  for (let waits = 0; (await sequencerLag(platform)) > 0;) {
    if ((await sequenceOnce(platform)) > 0) continue
    waits += 1
    if (waits > WAITS) throw new Error('A transaction on this PostgreSQL stays open and holds the journal back. End it, then start again.')
    await sleep(WAIT_MS)
  }
  // side by side, as in a running city: each has its own place in the journal
  await Promise.all(
    modules
      .flatMap((module) => module.subscribers ?? [])
      .map(async (subscriber) => {
        for (let count = 1; count > 0;) count = await advance(platform, subscriber)
      }),
  )
}
