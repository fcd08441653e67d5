import { invariant } from './invariant.ts'
import { onceEach } from './once.ts'

/** An amount in minor units (cents) of an ISO 4217 currency. */
export type Money = { readonly amount: bigint; readonly currency: string }

/** The JSON of money: minor units as a string, so that no reader makes it a float. */
export type MoneyJson = { amount: string; currency: string }

/** How many decimals ISO 4217 gives a currency's minor unit (2 for EUR, 0 for JPY). */
export function minorDigits(currency: string): number {
  return digitsOf(currency)
}

const digitsOf = onceEach(
  (currency) => new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2,
)

/** Money as its JSON. */
export function moneyToJson(money: Money): MoneyJson {
  return { amount: money.amount.toString(), currency: money.currency }
}

/** Money from its JSON; throws RangeError when the amount is not a whole number. */
export function moneyFromJson(json: MoneyJson): Money {
  if (!/^-?\d{1,18}$/.test(json.amount)) throw new RangeError('money amount must be whole minor units')
  return { amount: BigInt(json.amount), currency: json.currency }
}

/** Adds amounts of one currency; throws when the currencies differ. */
export function addMoney(a: Money, b: Money): Money {
  invariant(a.currency === b.currency, 'money of two currencies added')
  return { amount: a.amount + b.amount, currency: a.currency }
}

/** Divides an amount by weights without losing a cent: the parts always add up to the whole. */
export function allocate(money: Money, weights: readonly bigint[]): Money[] {
  const total = weights.reduce((sum, weight) => sum + weight, 0n)
  invariant(total > 0n && weights.every((weight) => weight >= 0n), 'weights must be positive in sum')
  const parts = weights.map((weight) => (money.amount * weight) / total)
  let rest = money.amount - parts.reduce((sum, part) => sum + part, 0n)
  const step = rest < 0n ? -1n : 1n
  for (let i = 0; rest !== 0n; i = (i + 1) % parts.length) {
    if ((weights[i] ?? 0n) === 0n) continue
    parts[i] = (parts[i] ?? 0n) + step
    rest -= step
  }
  return parts.map((amount) => ({ amount, currency: money.currency }))
}

/** Money in a reader's words, such as "€25.00". */
export function formatMoney(money: Money, locale: string): string {
  const digits = minorDigits(money.currency)
  const negative = money.amount < 0n
  const text = (negative ? -money.amount : money.amount).toString().padStart(digits + 1, '0')
  const decimal = digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency: money.currency })
  return format.format(`${negative ? '-' : ''}${decimal}` as Intl.StringNumericLiteral)
}
