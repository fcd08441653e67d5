import { z } from 'zod'

const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/)
const words = z.record(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/), z.string().min(1).max(100))

/** The part of `money.yaml` about money that comes by the bank and at the counter. */
export const moneyIn = {
  statements: z
    .strictObject({
      /** A folder, beside `money.yaml` unless it begins with a slash, whose camt.053 files are imported each hour. */
      folder: z.string().min(1).max(500).optional(),
      /** The bank's own codes of entries that are its charges, where it does not say so by ISO 20022's codes. */
      fee_codes: z.array(z.string().min(1).max(35)).max(50).default([]),
      /** Years after which names and accounts of payers are destroyed; the law says how long books are kept. */
      keep_years: z.number().int().min(1).max(30).default(10),
    })
    .prefault({}),
  /** The tills at the counters. */
  tills: z
    .array(z.strictObject({ id: code, agency: code, name: words }))
    .max(200)
    .default([])
    .refine((tills) => new Set(tills.map((till) => till.id)).size === tills.length, 'has a till twice'),
  reconcile: z
    .strictObject({
      /** Days in which a payment is in a settlement of its provider. */
      settled_within: z.number().int().min(1).max(60).default(5),
      /** Days in which a payout, or cash carried to the bank, is on the statement. */
      paid_out_within: z.number().int().min(1).max(60).default(5),
    })
    .prefault({}),
} as const

/** A till at a counter of an agency. */
export type Till = { readonly id: string; readonly agency: string; readonly name: Readonly<Record<string, string>> }
