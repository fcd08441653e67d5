import { addDays, type PlainDate } from '../../src/kernel/time.ts'
import { type Detail, type Entry, isCreditorReference, printedReference, type Statement } from '../../src/modules/iso20022/index.ts'

/** A bill somebody may pay: its creditor reference (ISO 11649) and what is owed, in minor units. */
export type Owed = { readonly reference: string; readonly amount: bigint }

/**
 * How a payer tells what was paid for: the structured reference; the same among words; with a wrong check; with two symbols
 * swapped; not at all; with too little or too much money; several bills in one batch; money that came back; not booked yet;
 * a charge of the bank.
 */
export type SampleKind =
  | 'structured' | 'words' | 'wrong' | 'swapped' | 'missing' | 'less' | 'more' | 'batch' | 'return' | 'pending' | 'charge' // prettier-ignore

/** An entry of a sample, which kind it is, and the bills it is about. */
export type Sample = { readonly kind: SampleKind; readonly entry: Entry; readonly about: readonly Owed[] }

/** What a sample is made of; the same `seed` makes the same sample. `mix` says how often each kind comes, by weight. */
export type SampleAsk = {
  readonly count: number
  readonly owed: (n: number) => Owed
  readonly currency?: string
  readonly day?: PlainDate
  readonly seed?: number
  readonly mix?: Partial<Record<SampleKind, number>>
}

const MIX: Readonly<Record<SampleKind, number>> = {
  structured: 60, words: 12, wrong: 3, swapped: 3, missing: 5, less: 3, more: 3, batch: 4, return: 2, pending: 2, charge: 3,
} // prettier-ignore

const NAMES = [
  'Ada Muster',
  'José Ñandú Pérez',
  'Łukasz Żółć',
  'محمد الخيالي',
  'Ξένια Παράδειγμα',
  "D'Arcy & Söhne <GmbH>",
  '山田 太郎',
  'Zoë 🦊 Example',
]

/** IBANs of the registry's own examples. */
const IBANS = ['DE89370400440532013000', 'GB29NWBK60161331926819', 'FR1420041010050500013M02606', 'NL91ABNA0417164300']

/** Numbers from 0 to below `n`, the same for the same seed (mulberry32). */
export function dice(seed: number): (n: number) => number {
  let state = seed | 0
  return (n) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296) * n)
  }
}

/** Entries as a bank would tell them, one after the other. */
export function* sampleEntries(ask: SampleAsk): Generator<Sample> {
  const roll = dice(ask.seed ?? 1)
  const mix = Object.entries(ask.mix ?? MIX) as Array<[SampleKind, number]>
  const weight = mix.reduce((sum, [, each]) => sum + each, 0)
  const day = ask.day ?? ('2026-03-02' as PlainDate)
  let next = 0
  for (let n = 0; n < ask.count; n += 1) {
    let left = roll(weight)
    const kind = mix.find(([, each]) => (left -= each) < 0)?.[0] ?? 'structured'
    const many = kind === 'batch' ? 2 + roll(4) : kind === 'charge' ? 0 : 1
    const about = Array.from({ length: many }, () => ask.owed(next++))
    yield { kind, about, entry: entryFor(kind, about, n, { currency: ask.currency ?? 'EUR', day: addDays(day, roll(3) - 2), roll }) }
  }
}

type Means = { readonly currency: string; readonly day: PlainDate; readonly roll: (n: number) => number }

function entryFor(kind: SampleKind, about: readonly Owed[], n: number, means: Means): Entry {
  const { currency, day, roll } = means
  const owed = about.reduce((sum, each) => sum + each.amount, 0n)
  const amount = kind === 'charge' ? BigInt(1 + roll(900)) : kind === 'less' && owed > 1n ? owed - 1n : kind === 'more' ? owed + 500n : owed
  const out = kind === 'charge'
  return {
    reference: String(n + 1),
    amount,
    currency,
    direction: out ? 'debit' : 'credit',
    reversal: false,
    status: kind === 'pending' ? 'PDNG' : 'BOOK',
    bookingDay: day,
    valueDay: day,
    bankReference: `HB${n.toString().padStart(10, '0')}`,
    code: out ? { own: 'CHARGE' } : { domain: 'PMNT', family: 'RCDT', subFamily: kind === 'return' ? 'RRTN' : 'ESCT' },
    charges: [],
    batch: kind === 'batch' ? { count: about.length, total: { amount, currency } } : undefined,
    details: out ? [] : about.map((each, at) => detailFor(kind, each, `${n}-${at}`, means, kind === 'batch' ? each.amount : amount)),
    note: out ? 'Account charges' : undefined,
  }
}

function detailFor(kind: SampleKind, owed: Owed, id: string, means: Means, amount: bigint): Detail {
  const { currency, roll } = means
  const name = NAMES[roll(NAMES.length)] ?? ''
  return {
    bankReference: `HB-${id}`,
    endToEndId: roll(3) === 0 ? undefined : `E2E-${id}`,
    amount: { amount, currency },
    charges: [],
    debtor: { name, iban: IBANS[roll(IBANS.length)] },
    ...toldBy(kind, owed.reference, roll),
    returned: kind === 'return' ? { code: 'AC04', lines: ['Account closed'] } : undefined,
  }
}

function toldBy(kind: SampleKind, reference: string, roll: (n: number) => number): { references: string[]; lines: string[] } {
  const printed = printedReference(reference)
  const words = [`Thank you, ${printed}`, `bill ${reference.toLowerCase()} March`, printed.replaceAll(' ', '-'), `ref.:${reference}.`]
  switch (kind) {
    case 'words':
    case 'less':
      return { references: [], lines: [words[roll(words.length)] ?? printed] }
    case 'wrong':
      return { references: [`RF${((Number(reference.slice(2, 4)) % 97) + 2).toString().padStart(2, '0')}${reference.slice(4)}`], lines: [] }
    case 'swapped':
      return { references: [], lines: [swapped(reference, roll)] }
    case 'missing':
      return { references: [], lines: roll(2) === 0 ? [] : ['your letter of last week'] }
    default:
      return { references: [reference], lines: [] }
  }
}

/** A reference with two neighbours swapped so that it is another text. */
function swapped(reference: string, roll: (n: number) => number): string {
  for (let tries = 0; tries < 20; tries += 1) {
    const at = 4 + roll(reference.length - 5)
    const other = reference.slice(0, at) + reference.charAt(at + 1) + reference.charAt(at) + reference.slice(at + 2)
    if (other !== reference && !isCreditorReference(other)) return other
  }
  return `${reference.slice(0, -1)}?`
}

/** A statement over entries: the closing balance is the opening balance and what is booked. */
export function statementOf(
  entries: readonly Entry[],
  more: {
    readonly id?: string
    readonly currency?: string
    readonly opening?: bigint
    readonly day?: PlainDate
    readonly iban?: string
    readonly sequence?: bigint
  } = {},
): Statement {
  const currency = more.currency ?? entries[0]?.currency ?? 'EUR'
  const day = more.day ?? ('2026-03-02' as PlainDate)
  const opening = more.opening ?? 1_000_000n
  const booked = entries.filter((entry) => entry.status === 'BOOK')
  const closing = booked.reduce((sum, entry) => sum + (entry.direction === 'credit' ? entry.amount : -entry.amount), opening)
  const id = more.id ?? `STMT-${day}`
  return {
    messageId: `MSG-${id}`.slice(0, 35),
    id,
    createdAt: `${day}T22:00:00Z`,
    sequence: more.sequence ?? 1n,
    from: `${day}T00:00:00Z`,
    to: `${day}T23:59:59Z`,
    account: { iban: more.iban ?? 'DE89370400440532013000', owner: 'City of Harbourview', bic: 'HRBVDEFFXXX' },
    currency,
    opening: { amount: opening, currency, day: addDays(day, -1) },
    closing: { amount: closing, currency, day },
    entries,
  }
}

/** A text as the bytes of a stream. */
export async function* streamOf(...parts: ReadonlyArray<string | Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield typeof part === 'string' ? new TextEncoder().encode(part) : part
}
