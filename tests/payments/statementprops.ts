import fc from 'fast-check'
import { minorDigits } from '../../src/kernel/money.ts'
import { addDays, type PlainDate } from '../../src/kernel/time.ts'
import type { Amount, Charge, Detail, Entry, Party, Statement, TransactionCode } from '../../src/modules/iso20022/index.ts'

/** Texts XML can hold, of all scripts, with everything that must be escaped. */
const texts = (most: number) =>
  fc
    .string({
      unit: fc.oneof(fc.constantFrom(...'<>&"\'\t\n ]-'), fc.string({ unit: 'grapheme', minLength: 1, maxLength: 1 })),
      minLength: 1,
      maxLength: most,
    })
    .map((text) => [...text.replaceAll(/[\0-\u0008\u000b-\u001f\ufffe\uffff]|\p{Surrogate}/gu, '_')].slice(0, most).join(''))

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined, freq: 1 })
const ids = maybe(texts(35).filter((text) => text !== 'NOTPROVIDED'))
const days = fc.integer({ min: 0, max: 20_000 }).map((n) => addDays('1990-01-01' as PlainDate, n))
const directions = fc.constantFrom('credit' as const, 'debit' as const)
const ibans = fc.constantFrom('DE89370400440532013000', 'GB29NWBK60161331926819', 'FR1420041010050500013M02606')
const bics = fc.constantFrom('HRBVDEFFXXX', 'EXMPFRPP')
const codes = fc.stringMatching(/^[A-Z]{4}$/)

function amounts(currency: string): fc.Arbitrary<bigint> {
  return fc.bigInt({ min: 0n, max: 10n ** BigInt(9 + minorDigits(currency)) })
}

const currencies = fc.constantFrom('EUR', 'JPY', 'KWD', 'USD')
const money: fc.Arbitrary<Amount> = currencies.chain((currency) =>
  fc.record({ amount: amounts(currency), currency: fc.constant(currency) }),
)

const charges: fc.Arbitrary<Charge[]> = fc.array(
  fc.tuple(money, maybe(directions), maybe(fc.boolean())).map(([amount, direction, included]) => ({ ...amount, direction, included })),
  { maxLength: 2 },
)

const parties: fc.Arbitrary<Party | undefined> = fc
  .record({ name: maybe(texts(140)), iban: maybe(ibans), bic: maybe(bics) })
  .map((party) => ((party.name ?? party.iban ?? party.bic) ? party : undefined))

const transactionCodes: fc.Arbitrary<TransactionCode> = fc.oneof(
  fc.record({ domain: codes, family: codes, subFamily: codes }),
  fc.record({ own: texts(35) }),
)

const details: fc.Arbitrary<Detail> = fc.record({
  bankReference: ids,
  endToEndId: ids,
  transactionId: ids,
  instructionId: ids,
  orderId: ids,
  messageId: ids,
  amount: maybe(money),
  direction: maybe(directions),
  code: maybe(transactionCodes),
  charges,
  debtor: parties,
  creditor: parties,
  ultimateDebtor: maybe(texts(140)),
  references: fc.array(texts(35), { maxLength: 2 }),
  lines: fc.array(texts(140), { maxLength: 3 }),
  returned: maybe(
    fc
      .tuple(
        fc.oneof(
          codes.map((code) => ({ code })),
          texts(35).map((own) => ({ own })),
        ),
        fc.array(texts(105), { maxLength: 2 }),
      )
      .map(([reason, lines]) => ({ ...reason, lines })),
  ),
  note: maybe(texts(500)),
})

const batches = fc
  .record({ messageId: ids, orderId: ids, count: maybe(fc.nat()), total: maybe(money) })
  .map((batch) => (Object.values(batch).some((each) => each !== undefined) ? batch : undefined))

/** Entries in a currency with everything an entry can tell. */
export function entries(currency: string): fc.Arbitrary<Entry> {
  return fc.record({
    reference: ids,
    amount: amounts(currency),
    currency: fc.constant(currency),
    direction: directions,
    reversal: fc.boolean(),
    status: fc.constantFrom('BOOK' as const, 'BOOK' as const, 'PDNG' as const, 'FUTR' as const, 'INFO' as const),
    bookingDay: maybe(days),
    valueDay: maybe(days),
    bankReference: ids,
    code: transactionCodes,
    charges,
    batch: maybe(batches),
    details: fc.array(details, { maxLength: 3 }),
    note: maybe(texts(500)),
  })
}

function statementIn(currency: string): fc.Arbitrary<Statement> {
  return fc
    .record({
      id: texts(35),
      sequence: maybe(fc.bigInt({ min: 0n, max: 10n ** 18n - 1n })),
      page: maybe(fc.record({ number: fc.nat(99_999), last: fc.boolean() })),
      iban: ibans,
      number: texts(34),
      own: fc.boolean(),
      owner: maybe(texts(140)),
      bic: maybe(bics),
      opening: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
      day: days,
      period: fc.boolean(),
      entries: fc.array(entries(currency), { maxLength: 5 }),
    })
    .map((made) => {
      const booked = made.entries.filter((entry) => entry.status === 'BOOK')
      const closing = booked.reduce((sum, entry) => sum + (entry.direction === 'credit' ? entry.amount : -entry.amount), made.opening)
      return {
        messageId: 'MESSAGE',
        id: made.id,
        createdAt: '2026-03-02T22:00:00.123+01:00',
        sequence: made.sequence,
        page: made.page,
        from: made.period ? `${made.day}T00:00:00` : undefined,
        to: made.period ? `${made.day}T24:00:00` : undefined,
        account: { ...(made.own ? { number: made.number } : { iban: made.iban }), owner: made.owner, bic: made.bic },
        currency,
        opening: { amount: made.opening, currency, day: made.day },
        closing: { amount: closing, currency, day: made.day },
        entries: made.entries,
      }
    })
}

/** One to three statements of one message, each in a currency of its own. */
export const statements: fc.Arbitrary<Statement[]> = fc.array(currencies.chain(statementIn), { minLength: 1, maxLength: 3 })
