import { parse } from 'yaml'
import { z } from 'zod'
import { cleanText } from '../../../../kernel/text.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { type SentBill, shapesFor } from '../body.ts'

const column = z.string().min(1).max(200)
const words = z.record(z.string(), z.string().min(1).max(4_000))

const mapFile = z.strictObject({
  delimiter: z.string().length(1).default(','),
  encoding: z.enum(['utf8', 'latin1']).default('utf8'),
  /** The column of their own number, which is the key of the bill. */
  number: column,
  revenue: z.enum(['fee', 'tax', 'fine', 'charge']),
  /** The language of the bills, or the column that says it. */
  language: z.union([z.string(), z.strictObject({ column, words: z.record(z.string(), z.string()).default({}), otherwise: z.string() })]),
  /** Words for every bill, and of the line; a column adds what the system says of it. */
  title: words,
  line: z.strictObject({ column: column.optional() }).prefault({}),
  legal_basis: words.optional(),
  appeal: words.optional(),
  amount: z.strictObject({
    column,
    decimal: z.enum(['.', ',']).default('.'),
    /** The column has whole minor units. */ minor: z.boolean().default(false),
  }),
  due: z.strictObject({
    column,
    pattern: z.enum(['yyyy-MM-dd', 'dd/MM/yyyy', 'MM/dd/yyyy', 'dd.MM.yyyy', 'yyyyMMdd']).default('yyyy-MM-dd'),
  }),
  payer: z
    .strictObject({
      name: column,
      email: column.optional(),
      address: z.array(column).max(8).default([]),
      /** Words of a column that mean a company; without it everybody is a person. */
      company: z.strictObject({ column, words: z.array(z.string()).min(1) }).optional(),
    })
    .optional(),
})

/** What the columns of an agency's file say. */
export type BillMap = z.infer<typeof mapFile>

/** Reads a map; throws an Error that names every fault in words for whoever wrote it. */
export function readBillMap(text: string, name: string): BillMap {
  const parsed = mapFile.safeParse(yamlIn(text, name))
  if (!parsed.success) throw new Error(`${name}:\n${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function yamlIn(text: string, name: string): unknown {
  try {
    return parse(text, { maxAliasCount: 10 })
  } catch {
    throw new Error(`${name} is not YAML.`)
  }
}

/** The columns that a map speaks of. */
export function columnsOf(map: BillMap): string[] {
  const { payer } = map
  const named = [
    map.number, map.amount.column, map.due.column, map.line.column, typeof map.language === 'string' ? undefined : map.language.column,
    payer?.name, payer?.email, payer?.company?.column, ...(payer?.address ?? []),
  ] // prettier-ignore
  return [...new Set(named.filter((each) => each !== undefined))]
}

/** Why a row is not taken in: the part of it that does not fit. */
export type Reject = 'number' | 'amount' | 'due' | 'payer' | 'language' | 'other' | 'number_used'

/** Reads rows as bills by the rules of the API; the first thing that does not fit otherwise. */
export function billReader(platform: Platform, map: BillMap, head: readonly string[]): (cells: readonly string[]) => SentBill | Reject {
  const shape = shapesFor(platform).bill
  const places = new Map(head.map((name, at) => [name, at]))
  return (cells) => {
    const cell = (name: string | undefined): string => (name === undefined ? '' : (cells[places.get(name) ?? -1] ?? '').trim())
    const amount = minorUnits(cell(map.amount.column), map)
    if (amount === null) return 'amount'
    const dueOn = dayOf(cell(map.due.column), map.due.pattern)
    if (dueOn === null) return 'due'
    const more = cleanText(cell(map.line.column)).slice(0, 150)
    const parsed = shape.safeParse({
      number: cell(map.number),
      payer: payerOf(map, cell),
      language: languageOf(map, cell),
      currency: platform.city.currency,
      revenue: map.revenue,
      title: map.title,
      legalBasis: map.legal_basis,
      appeal: map.appeal,
      dueOn,
      lines: [{ title: Object.fromEntries(Object.entries(map.title).map(([tag, text]) => [tag, more === '' ? text : more])), amount }],
    })
    return parsed.success ? parsed.data : reasonOf(String(parsed.error.issues[0]?.path[0] ?? ''))
  }
}

function reasonOf(field: string): Reject {
  if (field === 'lines') return 'amount'
  return (['number', 'payer', 'language'] as const).find((known) => known === field) ?? (field === 'dueOn' ? 'due' : 'other')
}

function payerOf(map: BillMap, cell: (name: string | undefined) => string): unknown {
  const { payer } = map
  if (payer === undefined) return null
  const address = payer.address.map(cell).filter((line) => line !== '')
  const company = payer.company !== undefined && payer.company.words.includes(cell(payer.company.column))
  return {
    kind: company ? 'company' : 'person',
    name: cell(payer.name),
    ...(cell(payer.email) === '' ? {} : { email: cell(payer.email) }),
    ...(address.length > 0 ? { address } : {}),
  }
}

function languageOf({ language }: BillMap, cell: (name: string | undefined) => string): string {
  return typeof language === 'string' ? language : (language.words[cell(language.column)] ?? language.otherwise)
}

/** Minor units of an amount of a currency with two decimals; null for what is none, or not above nothing. */
function minorUnits(text: string, { amount }: BillMap): string | null {
  if (amount.minor) return /^[1-9]\d{0,11}$/.test(text) ? text : null
  const plain = text.replaceAll(amount.decimal === ',' ? '.' : ',', '').replace(amount.decimal, '.')
  const found = /^(\d{1,10})(?:\.(\d{1,2}))?$/.exec(plain)
  if (!found) return null
  const units = BigInt(found[1] ?? '0') * 100n + BigInt((found[2] ?? '').padEnd(2, '0'))
  return units > 0n ? units.toString() : null
}

function dayOf(text: string, pattern: string): string | null {
  const expression = pattern
    .replaceAll('.', '\\.')
    .replace('yyyy', '(?<y>\\d{4})')
    .replace('MM', '(?<m>\\d{1,2})')
    .replace('dd', '(?<d>\\d{1,2})')
  const groups = new RegExp(`^${expression}$`).exec(text)?.groups
  return groups ? `${groups['y']}-${(groups['m'] ?? '').padStart(2, '0')}-${(groups['d'] ?? '').padStart(2, '0')}` : null
}
