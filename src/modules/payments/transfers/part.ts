import { createHash } from 'node:crypto'
import { isUuid, parseReference } from '../../../kernel/id.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import { type Detail, type Entry, findCreditorReferences, isCreditorReference, partsOf, type StatementHead } from '../../iso20022/index.ts'
import { nameKey } from '../payername.ts'

/** One transaction of a statement as it is booked; `amount` above zero is money in. */
export type Part = {
  readonly no: number
  readonly part: number
  readonly amount: bigint
  readonly currency: string
  readonly day: PlainDate
  readonly reversal: boolean
  readonly fee: boolean
  /** The bank's own code of what it is. */
  readonly ownCode: string | null
  readonly returned: boolean
  readonly endToEnd: string | null
  /** The ids of the message and the order that this, or the batch it stands for, was part of. */
  readonly orders: readonly string[]
  /** Creditor references whose check digits fit, and texts in the place of one whose do not. */
  readonly references: readonly string[]
  readonly misspelt: readonly string[]
  /** The payer's own words, and who they are: sealed, never written in the clear. */
  readonly lines: readonly string[]
  readonly names: readonly string[]
  readonly iban: string | null
  readonly bankReference: string | null
  /** Everything the bank tells of it, for the vault. */
  readonly told: Readonly<Record<string, unknown>>
}

/** ISO 20022's sub-families of bank charges (external bank transaction codes). */
const CHARGES = new Set(['CHRG', 'COMM', 'COME', 'COMI', 'COMT', 'FEES'])

/** The transactions of a booked entry: of a batch whose parts add up, each; else the entry as a whole. Empty for an entry that does not count. */
export function partsIn(entry: Entry, no: number, head: StatementHead): Part[] {
  if (entry.status !== 'BOOK') return []
  const found = partsOf(entry)
  if (found === null || found.length === 0) return [partOf(entry, no, head, 1, null, signed(entry.amount, entry.direction))]
  return found.map(({ detail, amount, direction }, at) => partOf(entry, no, head, at + 1, detail, signed(amount, direction)))
}

const signed = (amount: bigint, direction: 'credit' | 'debit'): bigint => (direction === 'credit' ? amount : -amount)

function partOf(entry: Entry, no: number, head: StatementHead, part: number, detail: Detail | null, amount: bigint): Part {
  const about = detail ? [detail] : entry.details
  const lines = about.flatMap((each) => [...each.lines])
  const structured = about.flatMap((each) => [...each.references])
  const other = about.map((each) => (amount > 0n ? each.debtor : each.creditor))
  const [only] = about.length === 1 ? about : []
  const bankReference = only?.bankReference ?? entry.bankReference ?? null
  const code = only?.code?.subFamily === undefined ? entry.code : only.code
  return {
    no,
    part,
    amount,
    currency: entry.currency,
    day: entry.bookingDay ?? entry.valueDay ?? head.closing.day,
    reversal: entry.reversal,
    fee: CHARGES.has(code.subFamily ?? ''),
    ownCode: only?.code?.own ?? entry.code.own ?? null,
    returned: about.some((each) => each.returned !== undefined),
    endToEnd: only?.endToEndId ?? null,
    orders: [
      ...new Set([
        ...about.flatMap((each) => [each.orderId ?? [], each.messageId ?? []].flat()),
        ...[entry.batch?.orderId ?? [], entry.batch?.messageId ?? []].flat(),
      ]),
    ],
    references: [...new Set([...structured.filter(isCreditorReference).map(plain), ...findCreditorReferences(lines.join(' '))])],
    misspelt: [...structured, ...likeReferences(lines.join(' '))].map(plain).filter((each) => !isCreditorReference(each)),
    lines,
    names: [...new Set([...other.flatMap((each) => each?.name ?? []), ...about.flatMap((each) => each.ultimateDebtor ?? [])])],
    iban: other[0]?.iban ?? null,
    bankReference,
    told: {
      names: [...new Set([...other.flatMap((each) => each?.name ?? []), ...about.flatMap((each) => each.ultimateDebtor ?? [])])],
      ibans: [...new Set(other.flatMap((each) => each?.iban ?? []))],
      references: structured,
      lines,
      notes: [...about.flatMap((each) => [each.note ?? [], each.returned?.lines ?? []].flat(2)), ...[entry.note ?? []].flat()],
      ...(only?.endToEndId === undefined ? {} : { end_to_end: only.endToEndId }),
      ...(bankReference === null ? {} : { bank_reference: bankReference }),
    },
  }
}

/** What looks like a creditor reference of ours in free text, whether its check digits fit or not. */
function likeReferences(text: string): string[] {
  return [...text.toUpperCase().matchAll(/\bRF[\s-]?\d{2}(?:[\s-]?[0-9A-Z]){11}\b/g)].map(([each]) => each)
}

const plain = (reference: string): string => reference.replaceAll(/[^0-9A-Za-z]/g, '').toUpperCase()

/** The words of a part that may be somebody's reference of a payment: with a digit, six symbols and more. */
export function wordsOf(part: Part): string[] {
  const words = [...part.lines, ...(part.endToEnd === null ? [] : [part.endToEnd])].flatMap((line) => line.split(/[\s,;:]+/))
  return [...new Set(words.filter((word) => /^(?=.*\d)[\w./-]{6,80}$/.test(word)))].slice(0, 40)
}

/** References of ours in a part's words, of bills and of paying-in slips, as people write them: in groups, or not. */
export function referencesIn(part: Part): string[] {
  const text = part.lines.join(' ').toUpperCase()
  const found = [...text.matchAll(/\b(?=([A-Z]{3}[\s-]?[0-9A-Z]{4}[\s-]?[0-9A-Z]{4})\b)/g)].flatMap(
    ([, each = '']) => parseReference(each) ?? [],
  )
  return [...new Set(found)]
}

/** What an entry is found by later: the names and the account of the other side, and words that may be references. */
export function findableBy(part: Part): string[] {
  return [...part.names.map(nameKey), ...(part.iban === null ? [] : [part.iban]), ...new Set([...wordsOf(part), ...referencesIn(part)])]
}

/** The end-to-end id that a refund of ours has: its id without hyphens, 32 of the 35 symbols that there are (ISO 20022, Max35Text). */
export function endToEndOf(refundId: string): string {
  return refundId.replaceAll('-', '')
}

/** The refund that an end-to-end id is of; null when it is none of ours. */
export function refundIn(endToEnd: string | null): string | null {
  const hex = (endToEnd ?? '').toLowerCase()
  if (!/^[0-9a-f]{32}$/.test(hex)) return null
  const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
  return isUuid(id) ? id : null
}

/**
 * What tells a part from every other of the account: the bank's reference, else its place in its statement; with day and amount, and which
 * of those that are alike in their statement it is. The same money told by another statement has the same key.
 */
export function keysOf(account: string, statement: string, parts: readonly Part[], seen: Map<string, number>): Buffer[] {
  return parts.map((part) => {
    const own = part.bankReference === null ? `no/${statement}/${part.no}/${part.part}` : `ref/${part.bankReference}`
    const text = [account, part.currency, own, part.day, part.amount].join('\n')
    const times = (seen.get(text) ?? 0) + 1
    seen.set(text, times)
    return createHash('sha256').update(`${text}\n${times}`).digest()
  })
}
