import { type Span, spansOf } from './span.ts'

/** Letters that stand before or between numbers in addresses, roads, times and measures, and never make a plate. */
const NOT_LETTERS = new Set(
  'AM AND APT AVE AVD AV BHF BL BLD BLK BLV BLVD BMW BUS CET CM CO COM CT CTR DB DIN DN DPT DR DVD EN EST ET EUR EX FL FT GMC GPS GTI HBF HR HWY HW IM IN ISO KFZ KG KM KMH KV KW KWH LED LKW LN LT LTD MD MHZ MIN ML MM MPH MTB MTR MUC NE NO NR NW NYC OF ON OR PKW PL PLZ PM PVC PLN RD RM RPM RT SE SEK SQF SQM SR ST STR SW TCP TH THE TO TRD TV UHR UND UNIT UP US USB USD UTC VIA VW WC WWW'.split(
    ' ',
  ),
)

const own = (match: RegExpExecArray): boolean => {
  const letters = match[0].toUpperCase().match(/[A-ZÄÖÜ]+/g) ?? []
  return letters.every((group) => !NOT_LETTERS.has(group))
}

const E = '(?<![\\p{L}\\p{N}-])'
const F = '(?![\\p{L}\\p{N}]|-[\\p{L}\\p{N}])'

/** The shapes of plates that are told from road numbers, addresses and models without a word before them. */
const shapes: readonly RegExp[] = [
  // Germany: K-AB 1234, HH-A 12, MYK-X 9E; with a space only two letters and three or four digits
  new RegExp(`${E}[A-ZÄÖÜ]{1,3}-[A-Z]{1,2}[ -]?[1-9]\\d{0,3} ?[EH]?${F}`, 'gu'),
  new RegExp(`${E}[A-ZÄÖÜ]{1,3} [A-Z]{2} ?[1-9]\\d{2,3}[EH]?${F}`, 'gu'),
  // Spain: 1234 BCD (no vowels), M-1234-AB
  new RegExp(`${E}\\d{4}[ -]?[BCDFGHJKLMNPRSTVWXYZ]{3}${F}`, 'gu'),
  new RegExp(`${E}[A-Z]{1,2}-\\d{4}-[A-Z]{1,2}${F}`, 'gu'),
  // France, Italy, the Netherlands, Portugal, Ireland: groups of letters and digits
  new RegExp(`${E}[A-Z]{2}-\\d{3}-[A-Z]{2}${F}`, 'gu'),
  new RegExp(`${E}[A-HJ-NPR-TV-Z]{2} ?\\d{3} ?[A-HJ-NPR-TV-Z]{2}${F}`, 'gu'),
  new RegExp(
    `${E}(?:[A-Z]{2}-\\d\\d-[A-Z]{2}|\\d\\d-[A-Z]{2}-\\d\\d|\\d\\d-[A-Z]{2}-[A-Z]{2}|[A-Z]{2}-\\d\\d-\\d\\d|[A-Z]{2}-[A-Z]{2}-\\d\\d|\\d\\d-\\d\\d-[A-Z]{2})${F}`,
    'gu',
  ),
  new RegExp(
    `${E}(?:\\d\\d-[A-Z]{3}-\\d|\\d-[A-Z]{3}-\\d\\d|[A-Z]{2}-\\d{3}-[A-Z]|[A-Z]-\\d{3}-[A-Z]{2}|\\d{2,3}-[A-Z]{1,2}-\\d{3,6})${F}`,
    'gu',
  ),
  // Great Britain: AB12 CDE, A123 BCD
  new RegExp(`${E}[A-Z]{2}\\d\\d ?[A-Z]{3}${F}`, 'gu'),
  new RegExp(`${E}[A-Z]\\d{1,3} [A-Z]{3}${F}`, 'gu'),
  // United States and Canada: ABC-1234, 7ABC123, 1AB2345
  new RegExp(`${E}[A-Z]{3}-\\d{3,4}${F}`, 'gu'),
  new RegExp(`${E}\\d[A-Z]{3}\\d{3}${F}`, 'gu'),
  new RegExp(`${E}\\d[A-Z]{2}\\d{4}${F}`, 'gu'),
  // Turkey: 34 ABC 123
  new RegExp(`${E}(?:0[1-9]|[1-7]\\d|8[01]) [A-Z]{2,3} \\d{2,4}${F}`, 'gu'),
]

/** Saudi Arabia, Egypt: two or three single Arabic letters and up to four digits, either first. */
const ARABIC =
  /(?<![\p{L}\p{N}])(?:[\u0621-\u064A][ -]?(?<=[ -])(?:[\u0621-\u064A][ -]){1,2}\d{1,4}|\d{1,4}(?:[ -][\u0621-\u064A]){2,3})(?![\p{L}\p{N}])/gu

const CUE =
  '(?:(?:licen[cs]e|number|registration|vehicle|car|reg(?:istration)?\\.?) plates?|plates?|licen[cs]e(?: number)?|registration(?: number)?|reg|tags?|kennzeichen|kfz-kennzeichen|nummernschild(?:er)?|autonummer|matr[ií]culas?|placas?|patente|targa|immatriculation|plaque|رقم (?:اللوحة|السيارة)|اللوحة|لوحة(?: السيارة)?|لوحته|لوحتها)'
const LINK =
  '[\\s.:#=("„“\'–-]{1,4}(?:(?:is|are|was|nr|no|number|num|ist|war|lautet|es|era|con|n[uú]mero|رقم|رقمها|هي|هو)[\\s.:#=("„“\'-]{1,4}){0,2}'
const afterCue = new RegExp(
  `(?<!\\p{L})${CUE}${LINK}((?=[\\p{L}\\p{N} -]{0,8}\\d)[\\p{L}\\p{N}]{1,7}(?:[ -][\\p{L}\\p{N}]{1,4}){0,3})(?![\\p{L}\\p{N}])`,
  'giud',
)

/** Number plates of vehicles: by shapes that are nothing else, and any short group with a digit behind a word such as `plate`. */
export function findPlates(text: string): Span[] {
  const found = shapes.flatMap((shape) => spansOf(text, shape, own))
  return [...found, ...spansOf(text, ARABIC), ...named(text)].toSorted((a, b) => a.from - b.from || b.to - a.to)
}

function named(text: string): Span[] {
  const spans: Span[] = []
  for (const match of text.matchAll(afterCue)) {
    const [from, to] = match.indices?.[1] ?? [0, 0]
    const kept = plateWithin(text.slice(from, to))
    if (kept > 0) spans.push({ from, to: from + kept })
  }
  return spans
}

/** How much of the groups behind the word is the plate: up to the last group with a digit or without lower case. */
function plateWithin(groups: string): number {
  let end = 0
  let symbols = 0
  for (const match of groups.matchAll(/[ -]?[\p{L}\p{N}]{1,7}/gu)) {
    const group = match[0].replace(/^[ -]/, '')
    const fits = /\d/.test(group) || /^\p{Lu}{1,3}$/u.test(group) || /^[a-zäöü\u0621-\u064A]{1,3}$/u.test(group)
    if (!fits || symbols + group.length > 9) break
    symbols += group.length
    if (/\d/.test(group) || /^\p{Lu}/u.test(group) || /^[\u0621-\u064A]$/u.test(group)) end = match.index + match[0].length
  }
  const plate = groups.slice(0, end)
  const year = /^(?:19|20)\d\d$/.test(plate)
  return /\d/.test(plate) && !year && plate.replaceAll(/[ -]/g, '').length >= 4 ? end : 0
}
