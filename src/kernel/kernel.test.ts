import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { isUuid, newCode, newReference, normaliseCode, parseReference, uuidv7, uuidv7Time } from './id.ts'
import { addMoney, allocate, formatMoney, moneyFromJson, moneyToJson } from './money.ts'
import { cleanText, foldText } from './text.ts'
import {
  addDays,
  addWorkingDays,
  dayIn,
  daysBetween,
  isWorkingDay,
  parsePlainDate,
  type PlainDate,
  type WorkCalendar,
  workingDaysBetween,
} from './time.ts'

const calendar: WorkCalendar = { weekend: [6, 7], holidays: new Set(['2026-04-03', '2026-04-06', '2026-12-25']) }
const days = fc.integer({ min: 0, max: 4000 }).map((n) => addDays('2020-01-01' as PlainDate, n))
const symbol = fc.integer({ min: 0, max: 31 })

describe('the time of an id', () => {
  it('is when it was made, to the millisecond', () => {
    const times = fc.date({ min: new Date(0), max: new Date('9999-12-31T23:59:59.999Z'), noInvalidDate: true })
    fc.assert(
      fc.property(times, fc.uint8Array({ minLength: 10, maxLength: 10 }), (time, random) =>
        assert.equal(uuidv7Time(uuidv7(time, random))?.getTime(), time.getTime()),
      ),
    )
  })

  it('is known for UUIDv7 only', () => {
    for (const other of ['', 'f81d4fae-7dec-41d0-a765-00a0c91e6bf6', 'F81D4FAE-7DEC-71D0-A765-00A0C91E6BF6', '019a'])
      assert.equal(uuidv7Time(other), null)
  })
})

describe('references', () => {
  const made = fc.array(symbol, { minLength: 200, maxLength: 200 }).map((draws) => {
    let at = 0
    return newReference('PKP', () => draws[at++ % draws.length] ?? 0)
  })

  it('are read back however they are typed', () => {
    fc.assert(
      fc.property(made, (reference) => {
        assert.equal(parseReference(reference), reference)
        assert.equal(parseReference(` ${reference.toLowerCase().replaceAll('-', ' ')} `), reference)
        assert.equal(parseReference(reference.slice(0, 4) + reference.slice(4).replaceAll('0', 'o').replaceAll('1', 'l')), reference)
      }),
      { numRuns: 200 },
    )
  })

  it('notice every wrong symbol and every two neighbours swapped', () => {
    const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
    fc.assert(
      fc.property(made, fc.integer({ min: 0, max: 7 }), symbol, (reference, at, wrong) => {
        const body = reference.slice(4).replace('-', '')
        const other = alphabet.charAt(wrong)
        if (body[at] !== other) assert.equal(parseReference(`PKP-${body.slice(0, at)}${other}${body.slice(at + 1)}`), null)
        const next = body[at + 1]
        if (next !== undefined && next !== body[at]) {
          assert.equal(parseReference(`PKP-${body.slice(0, at)}${next}${body[at] ?? ''}${body.slice(at + 2)}`), null)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('codes are compared as people type them', () => {
    assert.equal(normaliseCode('7k3m-q9dx o1Il'), '7K3MQ9DX0111')
    assert.match(
      newCode(12, () => 31),
      /^ZZZZ-ZZZZ-ZZZZ$/,
    )
  })

  it('version 7 ids sort by time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 10, maxLength: 10 }), fc.integer({ min: 0, max: 4e12 }), (random, ms) => {
        const id = uuidv7(new Date(ms), random)
        assert.ok(isUuid(id) && id[14] === '7' && '89ab'.includes(id[19] ?? ''))
        assert.ok(id < uuidv7(new Date(ms + 1), random))
      }),
    )
  })
})

describe('money', () => {
  const amount = fc.bigInt({ min: -(10n ** 15n), max: 10n ** 15n })

  it('allocates without losing a cent, and nobody gets more than one from the rest', () => {
    fc.assert(
      fc.property(amount, fc.array(fc.bigInt({ min: 0n, max: 1000n }), { minLength: 1, maxLength: 12 }), (value, weights) => {
        fc.pre(weights.some((weight) => weight > 0n))
        const total = weights.reduce((sum, weight) => sum + weight, 0n)
        const parts = allocate({ amount: value, currency: 'EUR' }, weights)
        assert.equal(parts.reduce((sum, part) => addMoney(sum, part), { amount: 0n, currency: 'EUR' }).amount, value)
        for (const [i, part] of parts.entries()) {
          const fair = (value * (weights[i] ?? 0n)) / total
          const rest = part.amount - fair
          assert.ok(rest >= -1n && rest <= 1n)
        }
      }),
    )
  })

  it('keeps its JSON and writes every currency with its own decimals', () => {
    fc.assert(fc.property(amount, (value) => assert.equal(moneyFromJson(moneyToJson({ amount: value, currency: 'EUR' })).amount, value)))
    assert.equal(formatMoney({ amount: 123_456_789n, currency: 'EUR' }, 'en'), '€1,234,567.89')
    assert.equal(formatMoney({ amount: 500n, currency: 'JPY' }, 'en'), '¥500')
    assert.equal(formatMoney({ amount: -5n, currency: 'EUR' }, 'en'), '-€0.05')
    assert.throws(() => moneyFromJson({ amount: '1.5', currency: 'EUR' }), RangeError)
    assert.throws(() => addMoney({ amount: 1n, currency: 'EUR' }, { amount: 1n, currency: 'USD' }))
  })
})

describe('days', () => {
  it('working days end on a working day and are counted back', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 1, max: 120 }), (start, count) => {
        const end = addWorkingDays(start, count, calendar)
        assert.ok(isWorkingDay(end, calendar))
        assert.equal(workingDaysBetween(start, end, calendar), count)
        assert.equal(workingDaysBetween(end, start, calendar), -count)
        assert.ok(daysBetween(start, end) >= count)
      }),
    )
  })

  it('between two days are those that are counted one by one, whatever the week and the holidays', () => {
    const weeks = fc.record({ weekend: fc.subarray([1, 2, 3, 4, 5, 6, 7]), holidays: fc.array(days, { maxLength: 40 }) })
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 90 }), weeks, (from, length, { weekend, holidays }) => {
        const own: WorkCalendar = { weekend, holidays: new Set(holidays) }
        const each = Array.from({ length }, (_, n) => addDays(from, n + 1))
        assert.equal(workingDaysBetween(from, addDays(from, length), own), each.filter((day) => isWorkingDay(day, own)).length)
      }),
    )
  })

  it('the day of the event does not count, weekends and holidays do not either', () => {
    assert.equal(addWorkingDays('2026-03-02' as PlainDate, 10, calendar), '2026-03-16')
    assert.equal(addWorkingDays('2026-04-02' as PlainDate, 1, calendar), '2026-04-07')
    assert.equal(addWorkingDays('2026-03-02' as PlainDate, 0, calendar), '2026-03-02')
  })

  it('only real days are days', () => {
    for (const bad of ['2026-02-30', '2025-02-29', '0026-01-01', '2026-13-01', '2026-1-1', 'x']) assert.equal(parsePlainDate(bad), null)
    assert.equal(parsePlainDate('2024-02-29'), '2024-02-29')
  })

  it('an instant has the day of the city, not of the machine', () => {
    assert.equal(dayIn('Pacific/Auckland', new Date('2026-03-01T12:00:00Z')), '2026-03-02')
    assert.equal(dayIn('America/Los_Angeles', new Date('2026-03-01T07:59:00Z')), '2026-02-28')
  })
})

describe('text', () => {
  it('folding is stable and forgives case, diacritics and Arabic forms', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => assert.equal(foldText(foldText(text)), foldText(text))))
    assert.equal(foldText('  José ÁLVAREZ-Ñ '), foldText('jose alvarez n'))
    assert.equal(foldText('أحمد'), foldText('احمد'))
    assert.equal(foldText('مدرسة'), foldText('مدرسه'))
  })

  it('cleaning leaves nothing invisible and no control characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const clean = cleanText(text)
        assert.ok(!/[\u0000-\u0009\u000B-\u001F\u007F-\u009F\u200B-\u200F\u202A-\u202E\u2066-\u2069]/.test(clean))
        assert.equal(cleanText(clean), clean)
      }),
    )
  })
})
