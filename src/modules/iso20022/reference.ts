import { remainder97 } from './iban.ts'

const RF = /^RF\d{2}[0-9A-Z]{1,21}$/
/** What people and banks put between the symbols of a reference. */
const BETWEEN = /[\s\p{Pd}./,_]/u

function plain(text: string): string {
  return text.replaceAll(/[\s-]/g, '').toUpperCase()
}

/**
 * The creditor reference of ISO 11649 for an own reference of 1 to 21 letters and digits (spaces and hyphens are left
 * out): RF, two check digits (ISO 7064, MOD 97-10), the reference. Throws RangeError for anything else.
 */
export function creditorReference(text: string): string {
  const body = plain(text)
  if (!/^[0-9A-Z]{1,21}$/.test(body)) throw new RangeError('a creditor reference is made of 1 to 21 letters and digits')
  const check = 98 - remainder97(`${body}RF00`)
  return `RF${check.toString().padStart(2, '0')}${body}`
}

/** Whether a text is a creditor reference with right check digits (ISO 11649); spaces, hyphens and lower case are allowed. */
export function isCreditorReference(text: string): boolean {
  const reference = plain(text)
  return RF.test(reference) && remainder97(reference.slice(4) + reference.slice(0, 4)) === 1
}

/** A creditor reference as it is printed for people: groups of four (ISO 11649, 5). */
export function printedReference(reference: string): string {
  return plain(reference).replaceAll(/(.{4})(?=.)/g, '$1 ')
}

/**
 * Every creditor reference that can be read in a free text, in the electronic form, each once, in order: in any case, with
 * spaces, hyphens and the like between the symbols. A reference ends where a word ends; when the check digits fit at
 * several such ends, all are given, for who knows which ones were issued.
 */
export function findCreditorReferences(text: string): string[] {
  const found = new Set<string>()
  const symbols = [...text.normalize('NFKC').toUpperCase()]
  for (let at = 0; at < symbols.length; at += 1) {
    if (symbols[at] !== 'R' || isSymbol(symbols[at - 1])) continue
    for (const reference of readFrom(symbols, at)) found.add(reference)
  }
  return [...found]
}

function isSymbol(symbol: string | undefined): boolean {
  return symbol !== undefined && /^[0-9A-Z]$/.test(symbol)
}

/** Readings that begin at one place: at most 25 symbols, with at most three other characters between two of them. */
function readFrom(symbols: readonly string[], start: number): string[] {
  const readings: string[] = []
  let reference = ''
  let gap = 0
  for (let at = start; at < symbols.length && reference.length < 25 && gap <= 3; at += 1) {
    const symbol = symbols[at] ?? ''
    if (BETWEEN.test(symbol)) {
      gap += 1
      continue
    }
    if (!isSymbol(symbol)) break
    gap = 0
    reference += symbol
    if (reference.length === 2 && reference !== 'RF') break
    if (!isSymbol(symbols[at + 1]) && isCreditorReference(reference)) readings.push(reference)
  }
  return readings
}
