import { type Span, spansOf } from './span.ts'

/** How long an IBAN is, by country (the registry of ISO 13616). */
const ibanLengths: Readonly<Record<string, number>> = {
  AD: 24, AE: 23, AL: 28, AT: 20, BA: 20, BE: 16, BG: 22, BH: 22, BR: 29, CH: 21, CY: 28, CZ: 24, DE: 22, DK: 18, DO: 28, EE: 20, EG: 29,
  ES: 24, FI: 18, FR: 27, GB: 22, GE: 22, GR: 27, HR: 21, HU: 28, IE: 22, IL: 23, IQ: 23, IS: 26, IT: 27, JO: 30, KW: 30, LB: 28, LI: 21,
  LT: 20, LU: 20, LV: 21, LY: 25, MA: 28, MC: 27, MD: 24, ME: 22, MK: 19, MT: 31, NL: 18, NO: 15, PL: 28, PS: 29, PT: 25, QA: 29, RO: 24,
  RS: 22, SA: 24, SE: 24, SI: 19, SK: 24, SM: 27, TN: 24, TR: 26, UA: 29, VA: 22, XK: 20,
} // prettier-ignore

/** IBANs (ISO 13616), in groups or not, and numbers of payment cards (ISO/IEC 7812). */
export function findAccounts(text: string): Span[] {
  const ibans: Span[] = []
  const pattern = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?:[ -]?[A-Z0-9]){11,30}/giu
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const length = ibanLengths[match[0].slice(0, 2).toUpperCase()]
    const to = length === undefined ? null : lengthOf(match[0], length)
    // one that is mistyped is as personal as one that is right
    const fits = length !== undefined && to !== null && digitsIn(match[0].slice(0, to)) * 2 >= length
    if (fits) ibans.push({ from: match.index, to: match.index + to })
    pattern.lastIndex = match.index + (fits ? to : 4)
  }
  const cards = spansOf(text, /(?<![\d.,-])[3-6]\d{3}(?:[ -]?\d){9,15}(?![\d])/g, (match) => luhn(match[0].replaceAll(/\D/g, '')))
  return [...ibans, ...cards].toSorted((a, b) => a.from - b.from)
}

/** How many characters hold so many letters and digits; null when there are fewer. */
function lengthOf(text: string, symbols: number): number | null {
  let count = 0
  for (let i = 0; i < text.length; i += 1) {
    if (text[i] !== ' ' && text[i] !== '-') count += 1
    if (count === symbols) return i + 1
  }
  return null
}

function digitsIn(text: string): number {
  return text.replaceAll(/\D/g, '').length
}

function luhn(digits: string): boolean {
  let sum = 0
  for (let i = 0; i < digits.length; i += 1) {
    const digit = Number(digits[digits.length - 1 - i])
    const doubled = i % 2 === 1 ? digit * 2 : digit
    sum += doubled > 9 ? doubled - 9 : doubled
  }
  return sum % 10 === 0
}

const DNI = 'TRWAGMYFPDXBNJZSQVHLCKE'

function dni(written: string): boolean {
  const plain = written.toUpperCase().replaceAll(/[ -]/g, '')
  const digits = plain.slice(0, -1).replace(/^[XYZ]/, (letter) => String('XYZ'.indexOf(letter)))
  return DNI[Number(digits) % 23] === plain.at(-1)
}

/** Check digit of ISO 7064 MOD 11,10: the German tax number. */
function mod1110(digits: string): boolean {
  let product = 10
  for (const digit of digits.slice(0, 10)) {
    const sum = (Number(digit) + product) % 10 || 10
    product = (sum * 2) % 11
  }
  return (11 - product) % 10 === Number(digits[10])
}

function pesel(digits: string): boolean {
  const weights = [1, 3, 7, 9, 1, 3, 7, 9, 1, 3]
  const sum = weights.reduce((total, weight, i) => total + weight * Number(digits[i]), 0)
  return (10 - (sum % 10)) % 10 === Number(digits[10])
}

function elevenDigits({ 0: digits }: RegExpExecArray): boolean {
  return mod1110(digits) || (/^\d\d(?:[02468][1-9]|[13579][0-2])(?:0[1-9]|[12]\d|3[01])/.test(digits) && pesel(digits))
}

const CARD =
  "(?:dni|nie|nif|c[eé]dula|pasaporte|passport|passport (?:no|number)|passnummer|reisepass|ausweis|ausweisnummer|personalausweis|id card|id(?: card)? number|identity (?:card|number)|national id|social security(?: number)?|ssn|national insurance(?: number)?|steuer-?id|steuernummer|sozialversicherungsnummer|driving licen[cs]e|driver'?s license|führerschein|رقم الهوية|الهوية الوطنية|الهوية|رقم الجواز|جواز السفر|الرقم القومي|الرقم الوطني|رقم الإقامة|الإقامة)"

/** Numbers by which states know people: by their shape and check digit, or by the word before them. */
export function findIds(text: string): Span[] {
  const found = [
    ...spansOf(text, /(?<![\p{L}\p{N}])(?:\d{8}|[XYZ][ -]?\d{7})[ -]?[A-Z](?![\p{L}\p{N}])/giu, (match) => dni(match[0])),
    ...spansOf(text, /(?<![\d-])(?!000|666|9)\d{3}-(?!00)\d\d-(?!0000)\d{4}(?![\d-])/g),
    ...spansOf(text, /(?<![\p{L}\p{N}])[A-CEGHJ-PR-TW-Z]{2} ?\d\d ?\d\d ?\d\d ?[A-D](?![\p{L}\p{N}])/gu),
    ...spansOf(text, /(?<![\p{L}\p{N}])[A-Z]{6}\d\d[A-EHLMPRST]\d\d[A-Z]\d{3}[A-Z](?![\p{L}\p{N}])/giu),
    ...spansOf(text, /(?<!\d)[12] ?\d\d ?(?:0[1-9]|1[0-2]) ?\d[\dAB] ?\d{3} ?\d{3} ?\d\d(?!\d)/gi),
    ...spansOf(text, /(?<!\d)784-?(?:19|20)\d\d-?\d{7}-?\d(?!\d)/g),
    ...spansOf(text, /(?<!\d)[23]\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{7}(?!\d)/g),
    ...spansOf(text, /(?<![\d.,+-])[12]\d{9}(?![\d])/g, (match) => luhn(match[0])),
    ...spansOf(text, /(?<![\d.,+-])\d{11}(?![\d])/g, elevenDigits),
    ...afterCue(text),
  ]
  return found.toSorted((a, b) => a.from - b.from || b.to - a.to)
}

function afterCue(text: string): Span[] {
  const pattern = new RegExp(
    `(?<!\\p{L})${CARD}[\\s.:#=-]{0,4}(?:(?:is|ist|es|no|nr|n[uú]mero|number|رقم|هو)[\\s.:#=-]{1,4}){0,2}((?=[A-Z0-9 .-]{0,6}\\d)[A-Z0-9](?:[ .-]?[A-Z0-9]){4,19})(?![\\p{L}\\p{N}])`,
    'giud',
  )
  const spans: Span[] = []
  for (const match of text.matchAll(pattern)) {
    const [from, to] = match.indices?.[1] ?? [0, 0]
    const words = text.slice(from, to).search(/ [a-z]{2}/)
    if (digitsIn(text.slice(from, to)) >= 5) spans.push({ from, to: words > 0 ? from + words : to })
  }
  return spans
}
