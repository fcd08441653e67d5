import { minorDigits } from '../../../kernel/money.ts'
import type { Pieces } from './store.ts'

/** The worth of the notes and coins of a currency in minor units, the greatest first; empty for one of which only sums are typed. */
export function piecesOf(currency: string): readonly bigint[] {
  return currency === 'EUR' ? [20_000n, 10_000n, 5_000n, 2_000n, 1_000n, 500n, 200n, 100n, 50n, 20n, 10n, 5n, 2n, 1n] : []
}

/** What was counted: pieces by their worth, and the sum in minor units. */
export type Count = { readonly sum: bigint; readonly pieces: Pieces }

/** The largest sum that a till may hold, in minor units: what is more is a slip of the key. */
const MOST = 100_000_000n

/**
 * What was typed of a count: pieces, or the sum when no piece was typed. Null when something is no number, or both were typed and do not agree.
 */
export function countOf(
  currency: string,
  typed: { readonly sum: string; readonly pieces: Readonly<Record<string, string>> },
): Count | null {
  const counted: Record<string, number> = {}
  let total = 0n
  for (const worth of piecesOf(currency)) {
    const text = (typed.pieces[String(worth)] ?? '').trim()
    if (text === '') continue
    if (!/^\d{1,6}$/.test(text)) return null
    if (Number(text) > 0) counted[String(worth)] = Number(text)
    total += worth * BigInt(text)
  }
  const anyPiece = Object.values(typed.pieces).some((text) => text.trim() !== '')
  const sum = typed.sum.trim() === '' ? null : amountOf(typed.sum, currency)
  if (typed.sum.trim() !== '' && sum === null) return null
  if (!anyPiece) return sum === null || sum > MOST ? null : { sum, pieces: {} }
  return total > MOST || (sum !== null && sum !== total) ? null : { sum: total, pieces: counted }
}

/** An amount as somebody types it ("12", "12.5", "12,50", "1 234,00") in minor units; null when it is none, or has too many decimals. */
export function amountOf(typed: string, currency: string): bigint | null {
  const digits = minorDigits(currency)
  const text = digitsOf(typed).replaceAll(/[\s\u00A0\u202F'’]/g, '')
  const [, whole = '', decimals = ''] = /^(\d{1,12})(?:[.,](\d{1,4}))?$/.exec(text) ?? []
  if (whole === '' || decimals.length > digits) return null
  return BigInt(whole) * 10n ** BigInt(digits) + BigInt(decimals.padEnd(digits, '0') || '0')
}

/** Arabic digits and decimal signs as Latin ones. */
function digitsOf(typed: string): string {
  return typed
    .trim()
    .replaceAll(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x0660))
    .replaceAll(/[\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) - 0x06f0))
    .replaceAll('\u066B', '.')
}
