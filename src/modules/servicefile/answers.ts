import type { MoneyJson } from '../../kernel/money.ts'

/** A postal address as it is answered. `address_id` is set when it was chosen from the city's register. */
export type AddressAnswer = { line1: string; line2?: string; town: string; postcode: string; country?: string; address_id?: string }

/** A point (WGS 84 degrees) with an optional note. */
export type PlaceAnswer = { lat: number; long: number; note?: string }

/** One answer, in the JSON of its question's kind (DOMAIN 1). */
export type Answer = string | number | boolean | string[] | MoneyJson | AddressAnswer | PlaceAnswer | Array<Record<string, unknown>>

/** Answers by question id. A value may be of the wrong shape: the engine says so as an issue. */
export type Answers = Readonly<Record<string, unknown>>

/** One thing wrong with an answer. `row` and `column` point into a repeating group. */
export type Issue = {
  question: string
  row?: number
  column?: string
  /** `missing`, `wrong_type`, `too_short`, `too_long`, `pattern`, `too_small`, `too_large`, `not_an_option`, `too_few`, `too_many`, `not_valid`, or `rule`. */
  code: IssueCode
  /** Limits for the message, such as `{ max: 200 }`. */
  params?: Readonly<Record<string, string | number>>
  /** The id of the validation rule, when `code` is `rule`. */
  rule?: string
}

export const issueCodes = [
  'missing', 'wrong_type', 'too_short', 'too_long', 'pattern', 'too_small', 'too_large', 'not_an_option', 'too_few',
  'too_many', 'not_valid', 'rule',
] as const // prettier-ignore
export type IssueCode = (typeof issueCodes)[number]
