import { parse } from 'yaml'
import { z } from 'zod'
import { minorDigits } from '../../../../kernel/money.ts'
import { cleanText } from '../../../../kernel/text.ts'
import type { Platform } from '../../../../platform/platform.ts'
import { type SentBill, shapesFor } from '../body.ts'

/** The name of a column. */
export const column = z.string().min(1).max(200)
const words = z.record(z.string(), z.string().min(1).max(4_000))

/** How every file is written. */
export const fileParts = {
  delimiter: z.string().length(1).default(','),
  encoding: z.enum(['utf8', 'latin1']).default('utf8'),
}

/** The language of all rows, or the column that says it. */
export const languagePart = z.union([
  z.string(),
  z.strictObject({ column, words: z.record(z.string(), z.string()).default({}), otherwise: z.string() }),
])

/** The column of an amount. */
export const amountPart = z.strictObject({
  column,
  decimal: z.enum(['.', ',']).default('.'),
  /** The column has whole minor units. */
  minor: z.boolean().default(false),
})

/** The columns that name somebody. */
export const payerPart = z.strictObject({
  name: column,
  email: column.optional(),
  address: z.array(column).max(8).default([]),
  /** Words of a column that mean a company; without it everybody is a person. */
  company: z.strictObject({ column, words: z.array(z.string()).min(1) }).optional(),
})

const mapFile = z.strictObject({
  ...fileParts,
  /** The column of their own number, which is the key of the bill. */
  number: column,
  revenue: z.enum(['fee', 'tax', 'fine', 'charge']),
  /** The language of the bills, or the column that says it. */
  language: languagePart,
  /** Words for every bill, and of the line; a column adds what the system says of it. */
  title: words,
  line: z.strictObject({ column: column.optional() }).prefault({}),
  legal_basis: words.optional(),
  appeal: words.optional(),
  amount: amountPart,
  due: z.strictObject({
    column,
    pattern: z.enum(['yyyy-MM-dd', 'dd/MM/yyyy', 'MM/dd/yyyy', 'dd.MM.yyyy', 'yyyyMMdd']).default('yyyy-MM-dd'),
  }),
  payer: payerPart.optional(),
})

/** What the columns of an agency's file say. */
export type BillMap = z.infer<typeof mapFile>

/** Reads a map; throws an Error that names every fault in words for whoever wrote it. */
export function readBillMap(text: string, name: string): BillMap {
  return readMapFile(mapFile, text, name)
}

/** Reads a file of YAML in a shape; throws an Error that names every fault in words for whoever wrote it. */
export function readMapFile<T>(shape: z.ZodType<T>, text: string, name: string): T {
  const parsed = shape.safeParse(yamlIn(text, name))
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
  return named([
    map.number,
    map.amount.column,
    map.due.column,
    map.line.column,
    ...languageColumns(map.language),
    ...payerColumns(map.payer),
  ])
}

/** Columns without those that are left out, each once. */
export function named(columns: ReadonlyArray<string | undefined>): string[] {
  return [...new Set(columns.filter((each) => each !== undefined))]
}

/** The columns that say the language. */
export function languageColumns(language: z.infer<typeof languagePart>): string[] {
  return typeof language === 'string' ? [] : [language.column]
}

/** The columns that name somebody. */
export function payerColumns(payer: z.infer<typeof payerPart> | undefined): Array<string | undefined> {
  return [payer?.name, payer?.email, payer?.company?.column, ...(payer?.address ?? [])]
}

/** Reads the cells of a row by the names of their columns, without blanks around; nothing for a column that is left out. */
export function cellReader(head: readonly string[]): (cells: readonly string[]) => (name: string | undefined) => string {
  const places = new Map(head.map((name, at) => [name, at]))
  return (cells) => (name) => (name === undefined ? '' : (cells[places.get(name) ?? -1] ?? '').trim())
}

/** Why a row is not taken in: the part of it that does not fit. */
export type Reject = 'number' | 'amount' | 'due' | 'payer' | 'language' | 'other' | 'number_used'

/** Reads rows as bills by the rules of the API; the first thing that does not fit otherwise. */
export function billReader(platform: Platform, map: BillMap, head: readonly string[]): (cells: readonly string[]) => SentBill | Reject {
  const shape = shapesFor(platform).bill
  const digits = minorDigits(platform.city.currency)
  const cellsOf = cellReader(head)
  return (cells) => {
    const cell = cellsOf(cells)
    const amount = minorUnits(cell(map.amount.column), map.amount, digits)
    if (amount === null || amount === '0') return 'amount'
    const dueOn = dayOf(cell(map.due.column), map.due.pattern)
    if (dueOn === null) return 'due'
    const more = cleanText(cell(map.line.column)).slice(0, 150)
    const parsed = shape.safeParse({
      number: cell(map.number),
      payer: map.payer === undefined ? null : payerOf(map.payer, cell),
      language: languageOf(map.language, cell),
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

/** Who a row names, as programs send a payer. */
export function payerOf(payer: z.infer<typeof payerPart>, cell: (name: string | undefined) => string): unknown {
  const address = payer.address.map(cell).filter((line) => line !== '')
  const company = payer.company !== undefined && payer.company.words.includes(cell(payer.company.column))
  return {
    kind: company ? 'company' : 'person',
    name: cell(payer.name),
    ...(cell(payer.email) === '' ? {} : { email: cell(payer.email) }),
    ...(address.length > 0 ? { address } : {}),
  }
}

/** The language that a row says. */
export function languageOf(language: z.infer<typeof languagePart>, cell: (name: string | undefined) => string): string {
  return typeof language === 'string' ? language : (language.words[cell(language.column)] ?? language.otherwise)
}

/** Minor units, as decimal digits, of an amount of a currency with so many decimals; null for what is none, or has more of them. */
export function minorUnits(text: string, { decimal, minor }: z.infer<typeof amountPart>, digits: number): string | null {
  if (minor) return /^\d{1,12}$/.test(text) ? BigInt(text).toString() : null
  const plain = text.replaceAll(decimal === ',' ? '.' : ',', '').replace(decimal, '.')
  const found = /^(\d{1,10})(?:\.(\d+))?$/.exec(plain)
  const rest = found?.[2] ?? ''
  // more decimals than there are coins for: a file of another currency, or thousands read as decimals
  if (!found || rest.length > digits) return null
  return BigInt(`${found[1] ?? '0'}${rest.padEnd(digits, '0')}`).toString()
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
