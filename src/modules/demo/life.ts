import { addDays } from '../../kernel/time.ts'
import { accountActor, type Actor, anonymous, holding, SEED_CHANNEL, systemActor } from '../access/index.ts'
import {
  answerOpened, assign, type Case, getCase, giveInformation, type House, noteOverdueOpened, type OpenedCase, type Opinion, opineOpened,
  requestInformation, stepOpened, transitionsFrom, warn, withdraw, write,
} from '../cases/index.ts' // prettier-ignore
import { evaluateGuard, type Transition } from '../servicefile/index.ts'
import type { Hours } from './hours.ts'
import type { Act, Lane } from './lane.ts'
import type { Resident } from './residents.ts'
import { saying } from './texts.ts'

/** How far a case comes: all the way, to a granted end, or only to where it waits until today. */
export type Fate = 'ordinary' | 'granted' | 'unassigned' | 'assigned' | 'in_review' | 'waiting' | 'opinions'

/** The officers of an agency. */
export type Staff = (agency: string) => readonly Actor[]

/** A case as it is lived through: what is known of it, and who works on it. */
export type Life = {
  readonly lane: Lane
  readonly hours: Hours
  readonly staff: Staff
  readonly fate: Fate
  readonly resident: Resident
  /** How many working days each turn takes, compared with the usual. */
  readonly pace: number
  opened: OpenedCase
  officer: Actor | null
  steps: number
  /** Opinions of other agencies that are open. */
  asked: number
  consulted: boolean
  informed: boolean
}

const timers = systemActor('timers', SEED_CHANNEL)
/** After so many steps a case is left to its officers. */
const MOST_STEPS = 14

/** Who asks for something: the resident's account, or somebody who holds the case's code. */
export function residentActor(resident: Resident, caseId: string | null): Actor {
  const somebody = anonymous(SEED_CHANNEL)
  const { accountId, personId } = resident
  if (accountId === null) return caseId === null ? somebody : holding(somebody, caseId)
  return accountActor({ accountId, personId, roles: [{ role: 'resident', agency: null }], channel: SEED_CHANNEL, level: 'substantial' })
}

/** Lets a case that was just submitted go its way. */
export function goOn(house: House, life: Life): void {
  const { chance } = life.lane
  watchDeadline(life)
  if (life.fate === 'unassigned') return
  later(house, life, 0, 2, (inside) => takeOver(inside, life))
  if (life.fate !== 'ordinary') return
  if (chance.happens(0.035)) later(house, life, 1, 9, (inside) => giveUp(inside, life))
  if (chance.happens(0.06)) later(house, life, 2, 7, (inside) => askHowLong(inside, life))
}

/** Does something in office hours some working days later. */
function later(house: House, life: Life, least: number, most: number, act: Act): void {
  const { lane, hours } = life
  lane.at(hours.office(lane.chance, house.platform.now(), Math.round(lane.chance.whole(least, most) * life.pace)), act)
}

function moveTo(life: Life, current: Case): void {
  life.opened = { ...life.opened, current }
}

/** The timers of a case, on the days they are due; a deadline that is moved is watched again. */
function watchDeadline(life: Life): void {
  const { current, service } = life.opened
  if (current.closed_at !== null || current.deadline === null) return
  const { id } = current
  const look =
    (work: (house: House) => Promise<void>) =>
    async (house: House): Promise<void> => {
      const { closed_at: closed, information_since: waiting } = life.opened.current
      if (closed !== null || waiting !== null) return
      await work(house)
      moveTo(life, await getCase(house.platform, id))
    }
  if (current.warn_on !== null && !current.warned)
    life.lane.at(
      life.hours.morning(current.warn_on),
      look((house) => warn(house, timers, id)),
    )
  life.lane.at(
    life.hours.morning(addDays(current.deadline, 1)),
    look((house) => noteOverdueOpened(house, timers, id, service, life.opened)),
  )
}

async function takeOver(house: House, life: Life): Promise<void> {
  const { current } = life.opened
  const officers = life.staff(current.agency)
  if (current.closed_at !== null || officers.length === 0) return
  const officer = life.lane.chance.one(officers)
  life.officer = officer
  moveTo(life, await assign(house, officer, current.id, officer.accountId, null))
  if (life.lane.chance.happens(0.1)) await write(house, officer, current.id, 'note', saying(life.lane.chance, 'note', 'en'))
  if (life.fate !== 'assigned') later(house, life, 0, 2, (inside) => workOn(inside, life))
}

/** One turn of the officer who has the case: a question, or the next step. */
async function workOn(house: House, life: Life): Promise<void> {
  const { chance } = life.lane
  const { officer } = life
  const { current } = life.opened
  if (!officer || current.closed_at !== null || current.information_since !== null || life.steps >= MOST_STEPS) return
  if (current.waiting_for === 'other_agency') return
  const begun = life.steps > 0
  if (begun && !life.informed && (life.fate === 'waiting' || (life.fate === 'ordinary' && chance.happens(0.13))))
    return askResident(house, life, officer)
  if (begun && life.fate === 'in_review') return
  const transition = nextStep(life)
  if (!transition) return
  life.steps += 1
  const text = transition.reason === 'none' ? '' : saying(chance, reasonKind(transition), current.language)
  moveTo(life, await stepOpened(house, officer, life.opened, { transition: transition.id, reason: text, revision: current.revision }))
  const consulted = transition.effects.flatMap((effect) => ('consult' in effect ? [effect.consult] : []))
  for (const agency of consulted) askOther(house, life, agency)
  if (life.opened.current.proposed_transition !== null) later(house, life, 0, 2, (inside) => confirm(inside, life))
  else if (life.opened.current.waiting_for === 'resident') later(house, life, 4, 12, (inside) => workOn(inside, life))
  else if (life.opened.current.closed_at === null) later(house, life, 1, 4, (inside) => workOn(inside, life))
}

function reasonKind(transition: Transition): 'granted' | 'refused' | 'step' {
  return transition.outcome === 'granted' || transition.outcome === 'refused' ? transition.outcome : 'step'
}

/** What an officer would do next, among the steps that the rules allow now. */
function nextStep(life: Life): Transition | null {
  const { chance } = life.lane
  const { current, service, evaluation } = life.opened
  const context = { open_consultations: life.asked, eligible: current.eligible }
  const possible = transitionsFrom(service.workflow, current.state, 'officer').filter(
    (each) => evaluateGuard(service, each.id, evaluation, context) === true,
  )
  const asks = (each: Transition): boolean => each.effects.some((effect) => 'consult' in effect)
  // the same question is put to another agency once
  const onward = possible.filter((each) => each.outcome === undefined && !(life.consulted && asks(each)))
  const granting = possible.filter((each) => each.outcome === 'granted')
  const refusing = possible.filter((each) => each.outcome === 'refused')
  const choose = (steps: readonly Transition[]): Transition | null => (steps.length > 0 ? chance.one(steps) : null)
  if (current.state === service.workflow.initial && onward.length > 0) return choose(onward)
  if (life.fate === 'granted' && granting.length > 0) return choose(granting)
  if (current.eligible === false && refusing.length > 0 && chance.happens(0.97)) return choose(refusing)
  const asksOthers = onward.find(asks)
  if (asksOthers) return asksOthers
  if (onward.length > 0 && life.steps < 6 && chance.happens(granting.length > 0 ? 0.15 : 0.9)) return choose(onward)
  return choose(chance.happens(0.95) && granting.length > 0 ? granting : refusing.length > 0 ? refusing : granting)
}

async function confirm(house: House, life: Life): Promise<void> {
  const { chance } = life.lane
  const { current } = life.opened
  const others = life.staff(current.agency).filter((each) => each.accountId !== current.proposed_by)
  if (current.proposed_transition === null || current.closed_at !== null || others.length === 0) return
  moveTo(life, await answerOpened(house, chance.one(others), life.opened, chance.happens(0.95), current.revision))
  if (life.opened.current.closed_at === null) later(house, life, 1, 3, (inside) => workOn(inside, life))
}

function askOther(house: House, life: Life, agency: string): void {
  life.consulted = true
  life.asked += 1
  if (life.fate === 'opinions') return
  later(house, life, 1, 7, async (inside) => {
    const { chance } = life.lane
    const { current } = life.opened
    const officers = life.staff(agency)
    if (current.closed_at !== null || officers.length === 0) return
    const opinion = chance.weighted<Opinion>([
      ['no_objection', 70],
      ['conditions', 25],
      ['objection', 5],
    ])
    life.asked -= 1
    await opineOpened(inside, chance.one(officers), life.opened, { agency, opinion, text: saying(chance, opinion, 'en') })
    moveTo(life, await getCase(inside.platform, current.id))
    if (life.asked === 0) later(inside, life, 1, 3, (again) => workOn(again, life))
  })
}

async function askResident(house: House, life: Life, officer: Actor): Promise<void> {
  const { chance } = life.lane
  const { current } = life.opened
  life.informed = true
  moveTo(life, await requestInformation(house, officer, current.id, saying(chance, 'request', current.language), current.revision))
  if (life.fate === 'waiting') return
  if (chance.happens(0.06)) return later(house, life, 15, 30, (inside) => giveUp(inside, life))
  later(house, life, 1, 9, async (inside) => {
    if (life.opened.current.closed_at !== null) return
    const { id, language } = life.opened.current
    moveTo(life, await giveInformation(inside, residentActor(life.resident, id), id, saying(chance, 'answer', language)))
    watchDeadline(life)
    later(inside, life, 0, 3, (again) => workOn(again, life))
  })
}

async function giveUp(house: House, life: Life): Promise<void> {
  const { current } = life.opened
  if (current.closed_at !== null) return
  await withdraw(house, residentActor(life.resident, current.id), current.id)
  moveTo(life, await getCase(house.platform, current.id))
}

async function askHowLong(house: House, life: Life): Promise<void> {
  const { chance } = life.lane
  const { id, closed_at: closed, language } = life.opened.current
  if (closed !== null) return
  await write(house, residentActor(life.resident, id), id, 'from_resident', saying(chance, 'question', language))
  later(house, life, 0, 1, async (inside) => {
    const { officer } = life
    if (officer && life.opened.current.closed_at === null)
      await write(inside, officer, id, 'to_resident', saying(chance, 'reply', language))
  })
}
