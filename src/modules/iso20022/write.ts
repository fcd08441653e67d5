import { minorDigits } from '../../kernel/money.ts'
import { lengthOf } from './lexical.ts'

/** Characters that XML 1.0 cannot hold (section 2.2), lone surrogates among them. */
const UNWRITABLE = /[\0-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|\p{Surrogate}/u

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', '\r': '&#13;' }

/** An element around what is already XML; nothing when there is nothing in it. */
export function around(name: string, ...inside: ReadonlyArray<string | undefined>): string {
  const content = inside.filter((each) => each !== undefined).join('')
  return content === '' ? '' : `<${name}>${content}</${name}>`
}

/** An element with a text of 1 to `most` characters; nothing when there is none. Throws RangeError when it does not fit. */
export function said(name: string, text: string | undefined, most: number): string {
  if (text === undefined) return ''
  const length = lengthOf(text)
  if (length < 1 || length > most) throw new RangeError(`${name} holds 1 to ${most} characters`)
  if (UNWRITABLE.test(text)) throw new RangeError(`${name} holds characters that XML has no place for`)
  return `<${name}>${text.replaceAll(/[&<>"\r]/g, (found) => ESCAPES[found] ?? found)}</${name}>`
}

/** An element with a text of a form. Throws RangeError when it is not of the form. */
export function formed(name: string, text: string | undefined, form: RegExp): string {
  if (text !== undefined && !form.test(text)) throw new RangeError(`${name} is not of its form`)
  return said(name, text, 64)
}

/** Minor units as a decimal number with all decimals of the currency. Throws RangeError below zero. */
export function decimal(amount: bigint, currency: string): string {
  if (amount < 0n || amount > 999_999_999_999_999_999n) throw new RangeError('an amount has at most 18 digits and is not below zero')
  const digits = minorDigits(currency)
  const text = amount.toString().padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

/** An element with an amount and its Ccy. */
export function money(name: string, amount: { readonly amount: bigint; readonly currency: string }): string {
  if (!/^[A-Z]{3}$/.test(amount.currency)) throw new RangeError('a currency is three capital letters')
  return `<${name} Ccy="${amount.currency}">${decimal(amount.amount, amount.currency)}</${name}>`
}

/** The form of an IBAN in the message definitions. */
export const IBAN = /^[A-Z]{2}\d{2}[A-Za-z0-9]{1,30}$/

/** The form of a BIC in the message definitions (ISO 9362). */
export const BIC = /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/

/** The form of a day. */
export const DAY = /^\d{4}-\d{2}-\d{2}$/

/** The form of an instant. */
export const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d{1,9})?(Z|[+-]\d{2}:\d{2})?$/
