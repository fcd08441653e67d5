import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import {
  addDays,
  addWorkingDays,
  daysBetween,
  isWorkingDay,
  parsePlainDate,
  type PlainDate,
  workingDaysBetween,
} from '../../../kernel/time.ts'
import type { Bill, Instalment } from '../bill.ts'
import { shortened, instalmentsLeft } from '../bill.ts'
import type { ReminderRule } from '../rules/reminders.ts'
import { actOn, interestOn, type Known, type Means, overdueOf } from './act.ts'
import { balancesOf, INTEREST_UNIT, interestParts, roundInterest } from './interest.ts'
import { addMonths, partsOffered, planParts } from './plan.ts'

const day = (text: string): PlainDate => {
  const found = parsePlainDate(text)
  assert.ok(found)
  return found
}
const START = day('2026-01-01')
const days = fc.integer({ min: 0, max: 1_500 }).map((n) => addDays(START, n))
const law = { en: 'An invented law' }
const calendar = { weekend: [6, 7], holidays: new Set(['2026-03-03', '2026-03-04', '2026-12-24', '2026-12-25']) }
const rates = [{ from: '2026-01-01', percent: 3 }, { from: '2026-07-01', percent: 2.5 }, { from: '2028-02-29', percent: 4.125 }] // prettier-ignore
const balances = fc
  .array(fc.record({ from: days, amount: fc.bigInt({ min: 0n, max: 10_000_000n }) }), { minLength: 1, maxLength: 6 })
  .map((list) => list.toSorted((a, b) => (a.from < b.from ? -1 : 1)))

describe('interest', () => {
  it('is the sum of its days, each counted once at its own rate and balance', () => {
    fc.assert(
      fc.property(balances, days, fc.integer({ min: 0, max: 400 }), (owed, from, length) => {
        const until = addDays(from, length)
        let sum = 0n
        for (let on = addDays(from, 1); on <= until; on = addDays(on, 1)) {
          const percent = rates.findLast((rate) => rate.from <= on)?.percent ?? 0
          sum += (owed.findLast((balance) => balance.from <= on)?.amount ?? 0n) * BigInt(Math.round(percent * 1000))
        }
        assert.equal(interestParts({ law, rates }, owed, from, until), sum)
      }),
      { numRuns: 100 },
    )
  })

  it('comes to the same to the cent however a period is cut up, because what rounding leaves is carried on', () => {
    fc.assert(
      fc.property(balances, days, fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 12 }), (owed, from, steps) => {
        let [at, rest, charged] = [from, 0n, 0n]
        for (const step of steps) {
          const next = addDays(at, step)
          const counted = roundInterest(interestParts({ law, rates }, owed, at, next), rest)
          charged += counted.amount
          ;[at, rest] = [next, counted.rest]
        }
        const whole = roundInterest(interestParts({ law, rates }, owed, from, at), 0n)
        assert.equal(charged, whole.amount)
        assert.ok(rest >= 0n && rest < INTEREST_UNIT)
      }),
    )
  })

  it('is what the law says: 1,000.00 at 3 percent for a year of 365 days is 30.00, and the rate changes on its day', () => {
    const owed = [{ from: START, amount: 100_000n }]
    const rule = { law, rates: [{ from: '2020-01-01', percent: 3 }] }
    assert.deepEqual(roundInterest(interestParts(rule, owed, day('2026-01-01'), day('2027-01-01')), 0n), { amount: 3_000n, rest: 0n })
    const changing = { law, rates: [{ from: '2020-01-01', percent: 3 }, { from: '2026-07-01', percent: 0 }] } // prettier-ignore
    assert.equal(interestParts(changing, owed, day('2026-06-29'), day('2026-07-31')), 100_000n * 3_000n * 1n)
  })

  it('is not counted on what was paid, waived or corrected away, from the day the money came', () => {
    const owed = balancesOf({
      principal: [{ on: START, amount: 10_000n }, { on: addDays(START, 50), amount: -2_000n }],
      paid: [{ on: addDays(START, 10), amount: 3_000n }],
      waived: 1_000n,
    }) // prettier-ignore
    assert.equal(owed.findLast((each) => each.from <= addDays(START, 9))?.amount, 7_000n)
    assert.equal(owed.findLast((each) => each.from <= addDays(START, 10))?.amount, 4_000n)
  })
})

describe('plans', () => {
  it('come to the amount to the cent, in parts that differ by a cent at most, a month apart', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 36n, max: 10n ** 12n }), fc.integer({ min: 2, max: 36 }), days, (amount, count, from) => {
        const parts = planParts(amount, count, from, 10, calendar)
        assert.equal(parts.reduce((sum, part) => sum + part.amount, 0n), amount) // prettier-ignore
        const sizes = parts.map((part) => part.amount).toSorted((a, b) => (a < b ? -1 : 1))
        assert.ok((sizes.at(-1) ?? 0n) - (sizes[0] ?? 0n) <= 1n)
        for (const [i, part] of parts.entries()) {
          const before = parts[i - 1]
          if (before) assert.ok(daysBetween(before.due_on, part.due_on) >= 28 && daysBetween(before.due_on, part.due_on) <= 31)
        }
      }),
    )
  })

  it('lose nothing when less is owed: what is left is what was asked less that', () => {
    fc.assert(
      fc.property(
        fc.array(fc.bigInt({ min: 1n, max: 99_999n }), { minLength: 1, maxLength: 12 }),
        fc.bigInt({ min: 0n, max: 400_000n }),
        (amounts, less) => {
          const parts = amounts.map((amount, no): Instalment => ({ bill_id: 'b', no, amount, due_on: addMonths(START, no) }))
          const all = amounts.reduce((sum, amount) => sum + amount, 0n)
          const left = shortened(parts, less)
          assert.equal(left.reduce((sum, part) => sum + part.amount, 0n), all > less ? all - less : 0n) // prettier-ignore
          assert.ok(left.every((part, i) => part.amount > 0n && part.no === i))
        },
      ),
    )
  })

  it('are offered only within the rule', () => {
    const rules = { help: { plan: { from: 5_000n, most_parts: 6, least_part: 2_000n, first_after: 10 }, broken_after: 10 } }
    assert.deepEqual(partsOffered(rules, 4_999n), [])
    assert.deepEqual(partsOffered(rules, 6_000n), [2, 3])
    assert.deepEqual(partsOffered(rules, 99_999n), [2, 3, 4, 5, 6])
    assert.deepEqual(partsOffered({ help: { broken_after: 10 } }, 99_999n), [])
    const own = { plan_most: 8, plan_from: 60_000n }
    assert.deepEqual(partsOffered(rules, 60_000n, own), [2, 3, 4, 5, 6, 7, 8], 'the service goes before the city')
    assert.deepEqual(partsOffered(rules, 59_999n, own), [2, 3, 4, 5, 6], 'below its amount the city holds')
    assert.deepEqual(partsOffered({ help: { broken_after: 10 } }, 60_000n, { plan_most: 3, plan_from: 0n }), [2, 3])
    assert.deepEqual(partsOffered({ help: { broken_after: 10 } }, 2n, { plan_most: 3, plan_from: 0n }), [2])
  })

  it('keep to the end of short months', () => {
    assert.equal(addMonths(day('2026-01-31'), 1), '2026-02-28')
    assert.equal(addMonths(day('2027-11-30'), 3), '2028-02-29')
    assert.equal(addMonths(day('2026-12-15'), 1), '2027-01-15')
  })
})

const rule: ReminderRule = {
  law,
  least: 300n,
  steps: [
    { kind: 'friendly', after: 3, fee: 0n },
    { kind: 'fee', after: 10, fee: 300n },
    { kind: 'last', after: 10, fee: 500n },
    { kind: 'recovery', after: 15, fee: 0n },
  ],
  interest: { law, rates },
}
const means: Means = {
  rules: {
    reminders: {
      start: 'automatic',
      quiet_after_answer: 5,
      write_off_below: 100n,
      write_off_after: 5,
      fee: rule,
      fine: { ...rule, interest: undefined },
    },
    help: { broken_after: 10 },
  },
  calendar,
  currency: 'EUR',
}
const DUE = day('2026-02-26')
const known = (own: Partial<Bill> = {}, more: Partial<Known> = {}): Known => {
  const amount = own.outstanding ?? 10_000n
  const bill = {
    id: 'b', revenue: 'fee', currency: 'EUR', person_id: 'p', state: 'open', outstanding: amount, total: amount, paid: 0n, waived: 0n,
    due_on: DUE, step: 0, step_on: DUE, deferred_until: null, interest_until: null, ...own,
  } as Bill // prettier-ignore
  const movements = { principal: [{ on: START, amount, corrects: false }], paid: [], waived: 0n }
  return { bill, parts: [], planned: false, asked: false, paying: false, movements, counted: null, ...more }
}

describe('what comes next of a bill', () => {
  it('is never before its working days have passed, over weekends and holidays', () => {
    // Thursday 26 February; the 3rd and 4th of March are holidays: the third working day is Friday the 6th
    for (let on = DUE; on < day('2026-03-05'); on = addDays(on, 1)) assert.equal(actOn(means, known(), on).kind, 'later')
    const first = actOn(means, known({ step_on: day('2026-03-05') }), day('2026-03-05'))
    assert.ok(first.kind === 'step' && first.rule.kind === 'friendly' && first.interest === null && first.fee === 0n)
    assert.equal(first.next, addWorkingDays(day('2026-03-05'), 10, calendar))
    fc.assert(
      fc.property(days, (due) => {
        const act = actOn(means, known({ due_on: due, step_on: due }), addDays(due, 1))
        assert.ok(act.kind === 'later' && isWorkingDay(act.on, calendar) && workingDaysBetween(due, act.on, calendar) === 3)
      }),
    )
  })

  it('goes step by step, each once, and ends with recovery', () => {
    let bill = known()
    const done: string[] = []
    for (let on = DUE; on < addDays(DUE, 200); on = addDays(on, 1)) {
      if (bill.bill.step_on === null || bill.bill.step_on > on) continue
      const act = actOn(means, bill, on)
      if (act.kind === 'later') bill = known({ ...bill.bill, step_on: act.on })
      else if (act.kind === 'step') {
        done.push(`${act.step} ${act.rule.kind}`)
        assert.equal(act.interest?.from ?? null, act.step === 1 ? null : (bill.bill.interest_until ?? DUE))
        bill = known({ ...bill.bill, step: act.step, step_on: act.next, interest_until: act.interest?.until ?? null })
      } else assert.fail(act.kind)
    }
    assert.deepEqual(done, ['1 friendly', '2 fee', '3 last', '4 recovery'])
  })

  it('is nothing while there is a deferral, a request, a payment under way or a plan that is kept', () => {
    fc.assert(
      fc.property(days, fc.integer({ min: 0, max: 3 }), (on, step) => {
        const own = { step, step_on: DUE, due_on: DUE }
        assert.equal(actOn(means, known({ ...own, deferred_until: addDays(on, 1) }), on).kind, 'later')
        if (on <= DUE) return
        assert.deepEqual(actOn(means, known(own, { asked: true }), on), { kind: 'silent', why: 'asked' })
        assert.deepEqual(actOn(means, known(own, { paying: true }), on), { kind: 'silent', why: 'paying' })
        const parts = [{ bill_id: 'b', no: 1, amount: 10_000n, due_on: addDays(on, 5) }]
        assert.equal(actOn(means, known(own, { parts, planned: true }), on).kind, 'later')
      }),
    )
  })

  it('starts again after a deferral with the whole time of the step, and without its days of interest', () => {
    const until = day('2026-06-01')
    const due = actOn(means, known({ step: 1, step_on: until, deferred_until: until }), day('2026-06-02'))
    assert.deepEqual(due, { kind: 'later', on: addWorkingDays(until, 10, calendar), overdue: true })
    assert.equal(interestOn(rule, known({ step: 1, deferred_until: until }), day('2026-07-10'))?.from, until)
  })

  it('ends a plan only when a part is late by the working days of the rule', () => {
    const parts = [1, 2].map((no) => ({ bill_id: 'b', no, amount: 5_000n, due_on: addMonths(day('2026-04-15'), no - 1) }))
    const last = addWorkingDays(day('2026-04-15'), 10, calendar)
    assert.equal(actOn(means, known({}, { parts, planned: true }), last).kind, 'later')
    assert.equal(actOn(means, known({}, { parts, planned: true }), addDays(last, 1)).kind, 'broken')
    // the first is paid: the second counts
    assert.equal(actOn(means, known({ paid: 5_000n, outstanding: 5_000n }, { parts, planned: true }), addDays(last, 1)).kind, 'later')
  })

  it('asks of a bill in parts of its own only what is late, and never ends its parts', () => {
    const parts = [0, 1].map((no) => ({ bill_id: 'b', no: no + 1, amount: 5_000n, due_on: addMonths(day('2026-02-26'), no * 6) }))
    const bill = known({ due_on: day('2026-08-26'), step_on: day('2026-02-26') }, { parts })
    const act = actOn(means, bill, day('2026-04-01'))
    assert.ok(act.kind === 'step')
    assert.equal(overdueOf(bill, day('2026-04-01')), 5_000n)
    const counted = interestOn(rule, bill, day('2026-04-01'))
    assert.equal(counted?.from, '2026-02-26')
    assert.equal(counted?.amount, (5_000n * 3_000n * BigInt(daysBetween(day('2026-02-26'), day('2026-04-01')))) / INTEREST_UNIT)
    assert.equal(instalmentsLeft(parts, 0n).length, 2)
  })

  it('counts no interest on fines, writes small sums off, and reminds nobody of little or in another currency with a fee', () => {
    const on = day('2026-05-01')
    const fine = actOn(means, known({ revenue: 'fine', step: 1 }), on)
    assert.ok(fine.kind === 'step' && fine.interest === null && fine.fee === 300n)
    assert.equal(actOn(means, known({ outstanding: 99n }), on).kind, 'small')
    assert.deepEqual(actOn(means, known({ outstanding: 100n }), on), { kind: 'silent', why: 'little' })
    const other = actOn(means, known({ currency: 'USD', step: 1 }), on)
    assert.ok(other.kind === 'step' && other.fee === 0n)
    assert.equal(actOn(means, known({ person_id: null }), on).kind, 'unreachable')
    assert.deepEqual(actOn(means, known({ revenue: 'charge' }), on), { kind: 'silent', why: 'no_rule' })
  })
})
