import writeQr from 'sepa-payment-qr-code'
import { plainIban } from './iban.ts'
import { isCreditorReference } from './reference.ts'
import { BIC } from './write.ts'

/** Who is to be paid how much (cents) for what: at most one of `reference` (ISO 11649) and `text`. */
export type EpcPayee = {
  readonly name: string
  readonly iban: string
  readonly bic?: string
  readonly amount: bigint
  readonly currency: string
  readonly reference?: string
  readonly text?: string
}

/** The most bytes the text of the code may have (EPC069-12, 3.2). */
const MOST_BYTES = 331

/**
 * The text of the QR code that begins a SEPA credit transfer in a bank's app (EPC069-12, version 002, UTF-8); null when the
 * standard has no place for it: another currency than euro, less than 0.01 or more than 999,999,999.99, no IBAN, a name over
 * 70 or a text over 140 characters, a reference with wrong check digits.
 */
export function epcQr(payee: EpcPayee): string | null {
  const { amount, currency, bic, reference, text } = payee
  const name = oneLine(payee.name)
  const words = text === undefined ? undefined : oneLine(text)
  const iban = plainIban(payee.iban)
  if (currency !== 'EUR' || amount < 1n || amount > 99_999_999_999n || iban === null) return null
  if (name === '' || name.length > 70 || (words !== undefined && (words === '' || words.length > 140))) return null
  if (bic !== undefined && !BIC.test(bic)) return null
  if (reference !== undefined && (words !== undefined || !isCreditorReference(reference))) return null
  const code = writeQr({
    name,
    iban,
    // Below a thousand million the number with two decimals is exact in what is written.
    amount: Number(amount) / 100,
    ...(bic === undefined ? {} : { bic }),
    ...(reference === undefined ? {} : { structuredReference: reference.replaceAll(/[\s-]/g, '').toUpperCase() }),
    ...(words === undefined ? {} : { unstructuredReference: words }),
  })
  return Buffer.byteLength(code) > MOST_BYTES ? null : code
}

function oneLine(text: string): string {
  return text.replaceAll(/\s+/gu, ' ').trim()
}
