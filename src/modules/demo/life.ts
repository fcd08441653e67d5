import { addDays } from '../../kernel/time.ts'
import { type Actor, anonymous, holding, SEED_CHANNEL, systemActor } from '../access/index.ts'
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
  asked: number
  informed: boolean
}

const timers = systemActor('timers', SEED_CHANNEL)
/** After so many steps a case is left to its officers. */
const MOST_STEPS = 14

/** Who asks for something: the resident's account, or somebody who holds the case's code. */
export function residentActor(resident: Resident, caseId: string): Actor {
  const somebody = anonymous(SEED_CHANNEL)
  const { accountId, personId } = resident
  if (accountId === null) return holding(somebody, caseId)
  return { ...somebody, kind: 'account', journalName: `account:${accountId}`, accountId, personId, roles: [{ role: 'resident', agency: null }] }
}

/** Lets a case that was just submitted go its way. */
export function goOn(life: Life): void {
  const { chance } = life.lane
  watchDeadline(life)
  if (life.fate === 'unassigned') return
  later(life, 0, 2, takeOver(life))
  if (life.fate !== 'ordinary') return
  if (chance.happens(0.035)) later(life, 1, 9, giveUp(life))
  if (chance.happens(0.06)) later(life, 2, 7, askHowLong(life))
}

/** Does something in office hours some working days later. */
function later(life: Life, least: number, most: number, act: Act): void {
  const { lane, hours } = life
  const days = Math.round(lane.chance.whole(least, most) * life.pace)
  lane.at(hours.office(lane.chance, life.opened.current.submitted_at > life.since ? life.opened.current.submitted_at : life.since, days), act)
}
