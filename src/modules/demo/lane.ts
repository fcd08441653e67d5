import { uuidv7 } from '../../kernel/id.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { type House, within } from '../cases/index.ts'
import type { Chance } from './random.ts'

/** What happens at one instant, inside a transaction whose clock stands at it. */
export type Act = (house: House) => Promise<void>

/** A part of the city's past that happens in order, apart from other parts: the cases of one service. */
export type Lane = {
  readonly chance: Chance
  /** Lets something happen at an instant; what was put in first of the same instant happens first. */
  at(when: Date, act: Act): void
  /** Lets everything up to an instant happen, in one transaction. */
  runUntil(until: Date): Promise<void>
}

type Due = { readonly when: number; readonly order: number; readonly act: Act }

/** A platform that lives in the past: its clock is moved by hand, and its ids are the same for the same chance. */
export function pastPlatform(platform: Platform, chance: Chance, now: () => Date): Platform {
  return { ...platform, now, random: (count) => chance.bytes(count), newId: () => uuidv7(now(), chance.bytes(10)) }
}

/** An empty lane. */
export function openLane(house: House, chance: Chance, begin: Date): Lane {
  const clock = { now: begin }
  const platform = pastPlatform(house.platform, chance, () => clock.now)
  // the next is at the end
  const due: Due[] = []
  let order = 0
  return {
    chance,
    at(when, act) {
      const one: Due = { when: when.getTime(), order, act }
      order += 1
      due.splice(placeOf(due, one), 0, one)
    },
    runUntil: (until) =>
      transact(platform, async (tx) => {
        const inside = within(house, tx)
        for (let next = due.at(-1); next && next.when <= until.getTime(); next = due.at(-1)) {
          due.pop()
          clock.now = new Date(Math.max(next.when, clock.now.getTime()))
          await next.act(inside)
        }
      }),
  }
}

function placeOf(due: readonly Due[], one: Due): number {
  let [low, high] = [0, due.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const other = due[middle]
    if (other && (other.when > one.when || (other.when === one.when && other.order > one.order))) low = middle + 1
    else high = middle
  }
  return low
}
