import { parseReference } from '../../../kernel/id.ts'
import { type Span, spansOf } from './span.ts'

/** E-mail addresses, also those written `name (at) example (dot) org`. */
export function findEmails(text: string): Span[] {
  return spansOf(
    text,
    /[\p{L}\p{N}._%+'-]{1,64}(?:@| ?[([] ?(?:at|@|arroba) ?[)\]] ?)[\p{L}\p{N}-]{1,63}(?:(?:\.| ?[([] ?(?:dot|punkt|punto|\.) ?[)\]] ?)[\p{L}\p{N}-]{1,63}){1,6}/giu,
  )
}

const CURRENCY = '(?:€|\\$|£|EUR|USD|GBP|SAR|AED|EGP|euros?|Euro|dollars?|dólares|يورو|دولار|ريال|جنيه)'

/**
 * Numbers that are known to be nothing personal: dates, times, coordinates, amounts of money, references of ours,
 * addresses of pages (but not those that dial).
 */
export function findNeutral(text: string): Span[] {
  const found = [
    ...spansOf(text, /\bhttps?:\/\/(?!wa\.me|api\.whatsapp)[^\s<>"]{1,2000}/giu),
    ...spansOf(text, /\b[A-Z]{3}-[0-9A-Z]{4}-[0-9A-Z]{4}\b/gi, (match) => parseReference(match[0]) !== null),
    ...spansOf(
      text,
      /(?<![\d.-])(?:19|20)\d\d[-./](?:0?[1-9]|1[0-2])[-./](?:0?[1-9]|[12]\d|3[01])(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?(?:Z|[+-]\d\d:?\d\d)?)?(?![\d])/g,
    ),
    ...spansOf(text, /(?<![\d./-])(?:0?[1-9]|[12]\d|3[01])([./-]) ?(?:0?[1-9]|1[0-2])\1 ?(?:(?:19|20)\d\d|\d\d)(?![./-]?\d)/g),
    ...spansOf(text, /(?<![\d./-])(?:0?[1-9]|1[0-2])([/-])(?:0?[1-9]|[12]\d|3[01])\1(?:(?:19|20)\d\d|\d\d)(?![./-]?\d)/g),
    ...spansOf(
      text,
      /(?<![\d:])\d{1,2}[:.]\d\d(?::\d\d)?(?: ?(?:[ap]\.?m\b|Uhr|h\b))?(?: ?[-–] ?\d{1,2}[:.]\d\d(?: ?(?:[ap]\.?m\b|Uhr|h\b))?)?(?![\d:.])/gi,
      (match) => /:|[ap]\.?m|uhr|h$/i.test(match[0]),
    ),
    ...spansOf(text, /(?<![\d.,])[-+]?(?:0|[1-9]\d{0,2})[.,]\d{4,15}(?!\d)/g),
    ...spansOf(text, new RegExp(`(?<![\\d.,])\\d{1,3}(?:[ .,']\\d{3}){0,5}(?:[.,]\\d{1,2})? ?${CURRENCY}(?!\\p{L})`, 'giu')),
    ...spansOf(text, new RegExp(`(?<!\\p{L})${CURRENCY} ?\\d{1,3}(?:[ .,']\\d{3}){0,5}(?:[.,]\\d{1,2})?(?![\\d])`, 'giu')),
    ...spansOf(text, new RegExp(`(?<![\\d.,])\\d{4,9}(?:[.,]\\d{1,2})? ?${CURRENCY}(?!\\p{L})`, 'giu')),
  ]
  return found.toSorted((a, b) => a.from - b.from || b.to - a.to)
}

/** What comes before a telephone number and makes any number behind it one. */
const CALL =
  /(?<!\p{L})(?:tel|tlf|tfno|fon|phone|telephone|mobile|cell|call(?: me| us| him| her)?(?: on| at)?|text me(?: on| at)?|ring(?: me)?(?: on| at)?|whats ?app|signal|handy|telefon|telefonnummer|handynummer|mobil|ruf(?:en sie)? (?:mich )?an|anrufen|rückruf|tel[eé]fono|m[oó]vil|celular|ll[aá]m(?:ame|adme|eme|enme|ar)(?: al)?|هاتف|الهاتف|هاتفي|جوال|جوالي|الجوال|موبايل|تلفون|واتساب|اتصل|اتصلوا|رقمي|للتواصل)[\s.:#=(–-]{0,4}(?:(?:number|no|nr|is|ist|es|unter|al|en|n[uú]mero|رقم|بي|بنا|على|الرقم|هو)[\s.:#=(–-]{1,4}){0,3}$/iu

/** What comes before a number that is no telephone's: the number of an order, a case, a pole, a meter. */
const NUMBERED =
  /(?:#|№|n[ro]?\.|nº|(?<!\p{L})(?:no|nr|number|num|ref|reference|ticket|case|order|request|sr|serial|pole|lamp|meter|asset|id|nummer|aktenzeichen|auftrag|laterne|mast|vorgang|expediente|pedido|farola|número|referencia|رقم|بلاغ|عمود|مرجع))[\s.:#-]{0,3}$/iu

const UNIT = /^\s?(?:m|km|cm|mm|m²|m2|m³|kg|t|l|kwh|kw|v|volt|hz|stk|%|°)(?!\p{L})/iu

/** Telephone numbers, international and local. Needs a text without dates, coordinates and the like. */
export function findPhones(text: string): Span[] {
  return spansOf(text, /(?<![\d\p{L}])(?:\+ ?|\()?\d(?:[ ()./\u2010-\u2015\u00A0-]{0,3}\d){5,17}(?!\d)/gu, (match) => {
    const before = text.slice(Math.max(0, match.index - 60), match.index)
    const after = text.slice(match.index + match[0].length, match.index + match[0].length + 8)
    return isPhone(match[0], before, after)
  })
}

function isPhone(written: string, before: string, after: string): boolean {
  const digits = written.replaceAll(/\D/g, '')
  if (written.startsWith('+') || written.startsWith('(+')) return digits.length >= 7 && digits.length <= 15
  if (CALL.test(before)) return digits.length >= 6 && digits.length <= 15
  if (NUMBERED.test(before) || UNIT.test(after) || /^\p{L}/u.test(after)) return false
  if (/^00[1-9]/.test(digits)) return digits.length >= 10 && digits.length <= 17
  const shape = written.replaceAll(/\d/g, '9').replaceAll(/[.\u2010-\u2015\u00A0 -]/g, '-')
  if (digits.startsWith('0')) return digits.length >= 8 && digits.length <= 13 && /^\(?\d{2,}/.test(written)
  return northAmerican(digits, shape, written) || southern(digits, shape)
}

/** (410) 555-0142, 410-555-0142, 1-410-555-0142, 4105550142, 555-0142; a range of house numbers is none. */
function northAmerican(digits: string, shape: string, written: string): boolean {
  if (shape === '999-9999' && written.includes('-')) {
    const [from = 0, to = 0] = written.split('-').map(Number)
    return from >= 200 && !(to > from && to - from <= 200)
  }
  const ten = digits.length === 11 && digits.startsWith('1') ? digits.slice(1) : digits
  if (!/^[2-9]\d\d[2-9]\d{6}$/.test(ten)) return false
  return /^(?:9-)?(?:\(999\)-?|999-|999)999-?9999$/.test(shape)
}

/** Nine digits from 6 to 9 as Spain groups them, ten as Arab countries dial them without the zero. */
function southern(digits: string, shape: string): boolean {
  if (!/^[6-9]\d{8}$/.test(digits)) return false
  return ['999999999', '999-999-999', '99-999-99-99', '999-99-99-99', '999-999999', '99-9999999'].includes(shape)
}
