import { foldText } from '../../kernel/text.ts'
import type { Address, House, Register } from './places.ts'

const MOST_FOUND = 10

/** Longer than any address: the rest of what was typed is not looked at. */
const LONGEST_TYPED = 120

/** Below this share of common trigrams a street is not a likely spelling of what was typed. */
const LEAST_LIKENESS = 0.3

/** A street this much less alike than the best one is noise beside it. */
const WORTH_SHOWING = 0.55

type Entry = { readonly house: House; readonly number: string; readonly order: number }

type StreetEntry = { readonly name: string; readonly weight: number; readonly entries: readonly Entry[] }

type Posting = { readonly weight: number; readonly streets: StreetEntry[] }

type Index = {
  readonly town: string
  readonly postings: ReadonlyMap<string, Posting>
  /** Folded postcode without spaces -> what is there, with its street. */
  readonly postcodes: ReadonlyMap<string, ReadonlyArray<{ entry: Entry; street: StreetEntry }>>
  /** The weight of a trigram that no street has. */
  readonly unknownWeight: number
}

type Asked = { readonly street: string; readonly number: string | null; readonly postcode: string | null }

type Found = { readonly entry: Entry; readonly street: StreetEntry; readonly score: number }

/** A search over the register's addresses: forgives typing errors, diacritics and word order, and returns the best 10. */
export function addressSearch(register: Register): (typed: string) => Address[] {
  const index = buildIndex(register)
  return (typed) => search(index, typed)
}

function search(index: Index, typed: string): Address[] {
  const asked = understand(index, typed)
  const streets = alikeStreets(index, asked.street)
  const found = asked.postcode === null ? onStreets(streets, asked.number) : atPostcode(index, asked, streets)
  const wanted = asked.number === null ? null : Number.parseInt(asked.number, 10)
  found.sort((a, b) => b.score - a.score || byName(a.street, b.street) || away(a, wanted) - away(b, wanted))
  const onlyStreet = asked.number === null && asked.postcode === null
  const each = onlyStreet ? Math.ceil(MOST_FOUND / Math.max(1, streets.size)) : MOST_FOUND
  return atMostEach(found, each)
    .slice(0, MOST_FOUND)
    .map(({ entry }) => entry.house.address)
}

/** By code units, so that the order is the same on every machine. */
function byName(a: StreetEntry, b: StreetEntry): number {
  return a.name < b.name ? -1 : Number(a.name > b.name)
}

/** How far along the street from the number asked for, or from its beginning. */
function away(found: Found, wanted: number | null): number {
  return wanted === null ? found.entry.order : Math.abs(found.entry.order - wanted)
}

function onStreets(streets: ReadonlyMap<StreetEntry, number>, number: string | null): Found[] {
  return [...streets].flatMap(([street, score]) =>
    street.entries.map((entry) => ({ entry, street, score: score + numberScore(entry, number) })),
  )
}

function atPostcode(index: Index, asked: Asked, streets: ReadonlyMap<StreetEntry, number>): Found[] {
  return (index.postcodes.get(asked.postcode ?? '') ?? []).map(({ entry, street }) => ({
    entry,
    street,
    score: (streets.get(street) ?? 0) + numberScore(entry, asked.number),
  }))
}

/** `12a` asked for: 12a first, then 12, then numbers that begin with 12, then the rest of the street. */
function numberScore(entry: Entry, number: string | null): number {
  if (number === null) return 0
  if (entry.number === number) return 0.3
  const digits = Number.parseInt(number, 10)
  if (entry.order === digits) return 0.2
  return entry.number.startsWith(String(digits)) ? 0.1 : 0
}

function atMostEach(found: readonly Found[], each: number): Found[] {
  const taken = new Map<StreetEntry, number>()
  return found.filter(({ street }) => {
    const before = taken.get(street) ?? 0
    taken.set(street, before + 1)
    return before < each
  })
}

/** Splits what was typed into street, house number and postcode; the town's own name says nothing. */
function understand(index: Index, typed: string): Asked {
  const folded = foldText(westernDigits(typed.slice(0, LONGEST_TYPED)))
  const said = ` ${folded} `.replace(` ${index.town} `, ' ')
  const words = said.split(' ').filter((word) => word !== '')
  const postcode = takePostcode(index, words)
  const number = takeNumber(words)
  return { street: words.join(' '), number, postcode }
}

/** Removes a postcode that exists, typed with or without its space, from the words. */
function takePostcode(index: Index, words: string[]): string | null {
  for (let at = 0; at < words.length; at++) {
    for (const length of [1, 2]) {
      const joined = words.slice(at, at + length).join('')
      if (!index.postcodes.has(joined)) continue
      words.splice(at, length)
      return joined
    }
  }
  return null
}

/** Removes the house number, with its letter even if that stands apart, from the words. */
function takeNumber(words: string[]): string | null {
  const at = words.findIndex((word) => /^\d{1,5}\p{L}?$/u.test(word))
  const number = words[at]
  if (number === undefined) return null
  const next = words[at + 1]
  const letterApart = next !== undefined && /^\d+$/.test(number) && /^\p{L}$/u.test(next)
  words.splice(at, letterApart ? 2 : 1)
  return letterApart ? number + next : number
}

function westernDigits(text: string): string {
  return text.replaceAll(/[\u0660-\u0669\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) & 15))
}

/** The streets that may be meant, scored: 1 to 2 for the beginning of the name, 0.9 for beginnings of its words, else likeness. */
function alikeStreets(index: Index, typed: string): Map<StreetEntry, number> {
  if (typed === '') return new Map()
  const words = typed.split(' ')
  const scored = [...likeness(index, typed)].map(([street, like]): [StreetEntry, number] => {
    if (street.name.startsWith(typed)) return [street, 1 + typed.length / street.name.length]
    const nameWords = street.name.split(' ')
    const begins = words.every((word) => nameWords.some((nameWord) => nameWord.startsWith(word)))
    return [street, begins ? Math.max(0.9, like) : like]
  })
  const best = Math.max(0, ...scored.map(([, score]) => score))
  const least = Math.max(LEAST_LIKENESS, best * WORTH_SHOWING)
  const likely = scored.filter(([, score]) => score >= least).toSorted((a, b) => b[1] - a[1])
  return new Map(likely.slice(0, MOST_FOUND))
}

/** Dice's coefficient over trigrams, where a trigram that many streets share ("street") counts for little. */
function likeness(index: Index, typed: string): Map<StreetEntry, number> {
  let typedWeight = 0
  const common = new Map<StreetEntry, number>()
  for (const trigram of trigramsOf(typed)) {
    const posting = index.postings.get(trigram)
    typedWeight += posting?.weight ?? index.unknownWeight
    if (posting === undefined) continue
    for (const street of posting.streets) common.set(street, (common.get(street) ?? 0) + posting.weight)
  }
  return new Map([...common].map(([street, weight]) => [street, (2 * weight) / (typedWeight + street.weight)]))
}

/** Every run of three letters of the words of a folded text, with the beginnings and ends of words. */
export function trigramsOf(text: string): Set<string> {
  const trigrams = new Set<string>()
  for (const word of text.split(' ')) {
    const padded = `  ${word} `
    for (let at = 0; at + 3 <= padded.length; at++) trigrams.add(padded.slice(at, at + 3))
  }
  return trigrams
}

function buildIndex(register: Register): Index {
  const housesOf = Map.groupBy(register.houses, (house) => house.street)
  const named = register.streets.map((street) => {
    const name = foldText(street.name)
    return { name, trigrams: trigramsOf(name), houses: housesOf.get(street.id) ?? [] }
  })
  const spread = new Map<string, number>()
  for (const { trigrams } of named) for (const trigram of trigrams) spread.set(trigram, (spread.get(trigram) ?? 0) + 1)
  const weightOf = (trigram: string): number => Math.log(1 + named.length / (spread.get(trigram) ?? 1))

  const postings = new Map<string, Posting>()
  const postcodes = new Map<string, Array<{ entry: Entry; street: StreetEntry }>>()
  for (const { name, trigrams, houses } of named) {
    const weight = [...trigrams].reduce((sum, trigram) => sum + weightOf(trigram), 0)
    const street = { name, weight, entries: houses.map(entryOf) }
    for (const trigram of trigrams) {
      const posting = postings.get(trigram) ?? { weight: weightOf(trigram), streets: [] }
      posting.streets.push(street)
      postings.set(trigram, posting)
    }
    for (const entry of street.entries) {
      const postcode = foldText(entry.house.address.postcode).replaceAll(' ', '')
      const there = postcodes.get(postcode) ?? []
      there.push({ entry, street })
      postcodes.set(postcode, there)
    }
  }
  return { town: foldText(register.town), postings, postcodes, unknownWeight: Math.log(1 + named.length) }
}

function entryOf(house: House): Entry {
  const number = foldText(house.number).replaceAll(' ', '')
  return { house, number, order: Number.parseInt(number, 10) || 0 }
}
