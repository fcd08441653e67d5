import type { Tax } from './rules.ts'

/** A parcel that shows what a run would do. Amounts as decimal digits of minor units. */
export type Sample = {
  readonly number: string
  readonly use: string
  readonly amount: string
  readonly before: string | null
  readonly rule: number
}

/** What a dry run found so far: counts, sums and samples. Amounts as decimal digits of minor units. */
export type Found = {
  readonly parcels: number
  readonly bills: number
  readonly exempt: number
  readonly below: number
  readonly amount: string
  /** The sum of the year before, of the same parcels. */
  readonly before: string
  readonly more: number
  readonly less: number
  readonly same: number
  readonly first: number
  readonly uses: Readonly<Record<string, { readonly bills: number; readonly amount: string }>>
  readonly samples: readonly Sample[]
  /** Those that change most against the year before. */
  readonly largest: readonly Sample[]
}

/** A dry run that has seen nothing yet. */
export const NOTHING_FOUND: Found = {
  parcels: 0, bills: 0, exempt: 0, below: 0, amount: '0', before: '0', more: 0, less: 0, same: 0, first: 0, uses: {}, samples: [], largest: [],
} // prettier-ignore

const SAMPLES_OF_A_USE = 2
const LARGEST = 5

/** A parcel with its tax and what it was asked for the year before (null: it was not assessed). */
export type Looked = { readonly number: string; readonly use: string; readonly tax: Tax; readonly before: bigint | null }

/** What was found with some parcels more. */
export function foundWith(found: Found, looked: readonly Looked[]): Found {
  const uses = new Map(Object.entries(found.uses))
  const samples = [...found.samples]
  const counts = { bills: 0, exempt: 0, below: 0, more: 0, less: 0, same: 0, first: 0 }
  let [amount, before] = [BigInt(found.amount), BigInt(found.before)]
  for (const each of looked) {
    counts[each.tax.why === 'billed' ? 'bills' : each.tax.why] += 1
    amount += each.tax.due
    before += each.before ?? 0n
    counts[changeOf(each)] += 1
    if (each.tax.due > 0n) {
      const known = uses.get(each.use) ?? { bills: 0, amount: '0' }
      uses.set(each.use, { bills: known.bills + 1, amount: (BigInt(known.amount) + each.tax.due).toString() })
    }
    if (samples.filter((sample) => sample.use === each.use).length < SAMPLES_OF_A_USE) samples.push(sampleOf(each))
  }
  const changed = looked.filter((each) => each.before !== null && each.before !== each.tax.due).map(sampleOf)
  const largest = [...found.largest, ...changed].toSorted((a, b) => Number(difference(b) - difference(a))).slice(0, LARGEST)
  return {
    parcels: found.parcels + looked.length,
    bills: found.bills + counts.bills,
    exempt: found.exempt + counts.exempt,
    below: found.below + counts.below,
    amount: amount.toString(),
    before: before.toString(),
    more: found.more + counts.more,
    less: found.less + counts.less,
    same: found.same + counts.same,
    first: found.first + counts.first,
    uses: Object.fromEntries(uses),
    samples,
    largest,
  }
}

function changeOf({ before, tax }: Looked): 'more' | 'less' | 'same' | 'first' {
  if (before === null) return 'first'
  return tax.due > before ? 'more' : tax.due < before ? 'less' : 'same'
}

function sampleOf({ number, use, tax, before }: Looked): Sample {
  return { number, use, amount: tax.due.toString(), before: before?.toString() ?? null, rule: tax.rule }
}

function difference(sample: Sample): bigint {
  const delta = BigInt(sample.amount) - BigInt(sample.before ?? '0')
  return delta < 0n ? -delta : delta
}
