import { addDays, type PlainDate } from '../../kernel/time.ts'
import { type Platform, transact } from '../../platform/platform.ts'
import { createPerson, createRecord, profileOf, seal } from '../people/index.ts'
import type { Address } from '../places/index.ts'
import type { Question, ServiceDefinition } from '../servicefile/index.ts'
import { type NameList, nameLists } from './names.ts'
import type { Chance } from './random.ts'

/** Somebody who lives in the demo city. */
export type Resident = {
  readonly personId: string
  readonly accountId: string | null
  readonly language: string
  readonly name: string
  readonly familyName: string
  readonly email: string
  readonly phone: string
  readonly born: PlainDate
  readonly home: Address
  /** How much they ask of the city, compared with others. */
  readonly activity: number
}

const BATCH = 250

/** Which districts ask more of the city than the number of their homes would say. */
const busy: Readonly<Record<string, number>> = {
  old_harbour: 1.5,
  eastfield: 1.25,
  millbrook: 1.1,
  lighthouse_hill: 0.7,
  garden_quarter: 0.6,
}

/** Invents residents and keeps each as a person with a sealed profile. */
export async function settleResidents(
  platform: Platform,
  chance: Chance,
  count: number,
  homes: readonly Address[],
  today: PlainDate,
): Promise<Resident[]> {
  const residents: Resident[] = []
  while (residents.length < count) {
    await transact(platform, async (tx) => {
      for (let left = Math.min(BATCH, count - residents.length); left > 0; left -= 1) {
        const resident = { ...invent(chance, residents.length + 1, homes, today), personId: await createPerson(tx) }
        await seal(tx, await createRecord(tx, resident.personId, 'profile'), profile(resident))
        residents.push(resident)
      }
    })
  }
  return residents
}

/** Gives somebody who has an account already a home and a life in the city. */
export async function settleAccount(
  platform: Platform,
  chance: Chance,
  account: { id: string; personId: string },
  name: string,
  email: string,
  homes: readonly Address[],
  today: PlainDate,
): Promise<Resident> {
  const invented = {
    ...invent(chance, 0, homes, today),
    language: 'en',
    name,
    familyName: name.split(' ').at(-1) ?? name,
    email,
    accountId: account.id,
    personId: account.personId,
  }
  const { full_name: _name, email: _email, ...more } = profile(invented)
  await transact(platform, async (tx) => seal(tx, await profileOf(tx, invented.personId), more))
  return invented
}

function invent(chance: Chance, number: number, homes: readonly Address[], today: PlainDate): Omit<Resident, 'personId'> {
  const list = chance.weighted(nameLists.map((each): [NameList, number] => [each, each.share]))
  const [given, family] = [chance.one(list.given), chance.one(list.family)]
  return {
    accountId: null,
    language: list.language,
    name: `${given[0]} ${family[0]}`,
    familyName: family[0],
    email: `${given[1]}.${family[1]}.${number}@harbourview.example`,
    // a block of numbers that is kept for stories
    phone: `+442079460${String(chance.whole(0, 999)).padStart(3, '0')}`,
    born: addDays(today, -chance.whole(21 * 365, 84 * 365)),
    home: homeOf(chance, homes),
    activity: chance.happens(0.2) ? 3 : 1,
  }
}

function homeOf(chance: Chance, homes: readonly Address[]): Address {
  for (;;) {
    const home = chance.one(homes)
    if (chance.happens((busy[home.district] ?? 1) / 1.5)) return home
  }
}

function profile(resident: Omit<Resident, 'personId'>): Record<string, unknown> {
  return {
    full_name: resident.name,
    email: resident.email,
    phone: resident.phone,
    date_of_birth: resident.born,
    address: addressAnswer(resident.home),
  }
}

/** An address of the register as it is answered. */
export function addressAnswer(home: Address): Record<string, string> {
  return { line1: home.line1, town: home.town, postcode: home.postcode, address_id: home.id }
}

/** What a resident answers to the questions that their profile knows. */
export function knownAnswers(definition: ServiceDefinition, resident: Resident): Record<string, unknown> {
  const known = profile(resident)
  const questions: Question[] = definition.form.pages.flatMap((page) => page.questions)
  return Object.fromEntries(
    questions.flatMap((question): Array<[string, unknown]> => {
      const value = question.source ? known[question.source.slice('person.'.length)] : undefined
      return value === undefined ? [] : [[question.id, value]]
    }),
  )
}
