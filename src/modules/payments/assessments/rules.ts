import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { allocate } from '../../../kernel/money.ts'
import { parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { type CompiledTable, compileTable, decisionTable, evaluateTable } from '../../servicefile/index.ts'

const code = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/)
const words = z.record(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/), z.string().min(1).max(2_000))
const law = z.string().min(1).max(200)
const cents = z.number().int().min(0).max(1_000_000_000_000)

const taxFile = z.strictObject({
  agency: code,
  title: words,
  legal_basis: words,
  appeal: words,
  uses: z.record(code, words),
  rates: decisionTable,
  exemptions: z.record(code, z.strictObject({ pays: z.number().int().min(0).max(100), law })).default({}),
  least: z.strictObject({ amount: cents, law }),
  parts: z.strictObject({
    from: cents,
    days: z
      .array(z.string().regex(/^\d{2}-\d{2}$/))
      .min(1)
      .max(12),
    law,
  }),
})

/** The city's property tax, as `property-tax.yaml` in its folder says it. */
export type TaxRules = z.infer<typeof taxFile> & { readonly text: string; readonly table: CompiledTable }

/** What the rules look at. Value in minor units, area in square metres. */
export type Taxed = {
  readonly use: string
  readonly value: bigint
  readonly area: number
  readonly district: string | null
  readonly exemption: string | null
}

/** What a parcel's tax comes to: `amount` by the rates, `due` what is asked for; `rule` counts from 1, and is 0 where none was needed. */
export type Tax = {
  readonly amount: bigint
  readonly due: bigint
  readonly rule: number
  readonly law: string | null
  readonly why: 'billed' | 'exempt' | 'below'
}

/** What a rule may read. */
const NAMES = ['use', 'value', 'area', 'district'] as const

/** Reads the file of the city; null for one without. Throws an error that names its faults. */
export async function loadTaxRules(folder: string): Promise<TaxRules | null> {
  const path = join(folder, 'property-tax.yaml')
  return existsSync(path) ? readTaxRules(await readFile(path, 'utf8'), path) : null
}

/** Reads the rules from their text; `name` is what faults are told of. Throws an error that names all of them. */
export function readTaxRules(text: string, name = 'property-tax.yaml'): TaxRules {
  const parsed = taxFile.safeParse(parse(text, { maxAliasCount: 10 }))
  if (!parsed.success) throw new Error(`${name}:\n${z.prettifyError(parsed.error)}`)
  const { table, problems } = compileTable(parsed.data.rates, new Set(NAMES))
  const faults = problems.map((problem) => `rates ${problem.path.join('.')}: ${problem.message}`)
  if (table.outputIds.join(' ') !== 'rate per_m2') faults.push('rates: the outputs are rate and per_m2, in this order')
  for (const day of parsed.data.parts.days) if (parsePlainDate(`2001-${day}`) === null) faults.push(`parts: ${day} is no day of every year`)
  if (parsed.data.parts.days.toSorted().join(' ') !== parsed.data.parts.days.join(' '))
    faults.push('parts: the days are not in their order')
  if (faults.length > 0) throw new Error(`${name}:\n${faults.join('\n')}`)
  return { ...parsed.data, text, table }
}

/** The tax of a parcel for a year. Throws an error when no rule gives a whole number for it: then the rules have a hole. */
export function taxOf(rules: TaxRules, parcel: Taxed): Tax {
  const exemption = parcel.exemption === null ? undefined : rules.exemptions[parcel.exemption]
  if (parcel.exemption !== null && exemption === undefined) throw new Error(`the rules know no exemption ${parcel.exemption}`)
  if (exemption?.pays === 0) return { amount: 0n, due: 0n, rule: 0, law: exemption.law, why: 'exempt' }
  const values: Readonly<Record<string, unknown>> = {
    use: parcel.use,
    value: Number(parcel.value),
    area: parcel.area,
    district: parcel.district,
  }
  const found = evaluateTable(rules.table, rules.table.names.map((name) => values[name] ?? null)) // prettier-ignore
  const { rate, perM2 } = ratesIn(found.value)
  const rule = (found.rules[0] ?? -1) + 1
  // rounded once, half a cent up
  const parts = parcel.value * rate + BigInt(parcel.area) * perM2 * 1_000_000n
  const amount = (parts * BigInt(exemption?.pays ?? 100) + 50_000_000n) / 100_000_000n
  const below = amount < BigInt(rules.least.amount) || amount === 0n
  return { amount, due: below ? 0n : amount, rule, law: rules.rates.rules[rule - 1]?.law ?? null, why: below ? 'below' : 'billed' }
}

function ratesIn(value: unknown): { rate: bigint; perM2: bigint } {
  const { rate, per_m2: perM2 } = z
    .object({ rate: z.number().int().min(0).max(1_000_000), per_m2: z.number().int().min(0).max(100_000_000) })
    .parse(value ?? {})
  return { rate: BigInt(rate), perM2: BigInt(perM2) }
}

/** The parts of a tax with their days: no cent is lost; one part below the amount from which there are several. A day that is past is left out. */
export function partsOf(
  rules: TaxRules,
  year: number,
  due: bigint,
  currency: string,
  today: PlainDate,
): Array<{ amount: bigint; dueOn: PlainDate }> {
  const all = rules.parts.days.flatMap((day) => parsePlainDate(`${year}-${day}`) ?? [])
  const open = all.filter((day) => day > today)
  const days = due < BigInt(rules.parts.from) ? open.slice(0, 1) : open
  if (days.length === 0) return []
  return allocate({ amount: due, currency }, days.map(() => 1n)).flatMap(({ amount }, at) => {
    const dueOn = days[at]
    return dueOn === undefined ? [] : [{ amount, dueOn }]
  }) // prettier-ignore
}
