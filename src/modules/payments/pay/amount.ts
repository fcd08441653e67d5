import { minorDigits } from '../../../kernel/money.ts'

/**
 * An amount as somebody types it ("12", "12.50", "12,50", "1,234.50"), in minor units of a currency; null when it is none.
 * The last mark with at most the currency's decimals after it is the decimal mark; others part thousands.
 */
export function readAmount(typed: string, currency: string): bigint | null {
  const digits = minorDigits(currency)
  const text = typed
    .normalize('NFKC')
    .replaceAll(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replaceAll('\u066B', '.')
    .replaceAll(/[\s\u066C'’]/g, '')
  const found = /^(\d{1,3}(?:[.,]\d{3})*|\d+)(?:[.,](\d+))?$/.exec(text)
  const [, whole = '', decimals = ''] = found ?? []
  if (!found || decimals.length > digits || whole.length > 15) return null
  return BigInt(whole.replaceAll(/[.,]/g, '') + decimals.padEnd(digits, '0'))
}
