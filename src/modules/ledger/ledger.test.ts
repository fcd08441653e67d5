import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lastDayOf } from './closing/index.ts'
import { accountKinds, accountText, type EntryLine, mustBalance, natureOf } from './ledger.ts'
import { decimalText } from './tables.ts'

const posting = (lines: readonly EntryLine[]) => ({ kind: 'k', key: 'k', cause: 'c', day: '2026-01-01' as never, lines })

describe('the rules of the ledger', () => {
  it('accept exactly what adds up to zero in each currency', () => {
    const line = fc.record({
      account: fc.record({ agency: fc.constant('a'), kind: fc.constantFrom(...accountKinds), currency: fc.constantFrom('EUR', 'USD') }),
      amount: fc.bigInt({ min: -5n, max: 5n }),
    })
    fc.assert(
      fc.property(fc.array(line, { maxLength: 5 }), (lines) => {
        const sums = ['EUR', 'USD'].map((each) =>
          lines.filter(({ account }) => account.currency === each).reduce((sum, { amount }) => sum + amount, 0n),
        )
        const right = lines.length >= 2 && lines.every(({ amount }) => amount !== 0n) && sums.every((sum) => sum === 0n)
        if (right) mustBalance(posting(lines))
        else assert.throws(() => mustBalance(posting(lines)), /invariant/)
      }),
      { numRuns: 2_000 },
    )
  })

  it('tell accounts apart', () => {
    const account = { agency: 'a', kind: 'bank', currency: 'EUR' } as const
    assert.equal(accountText(account), accountText({ ...account, part: '' }))
    assert.notEqual(accountText(account), accountText({ ...account, part: 'x' }))
    assert.deepEqual(new Set(accountKinds.map(natureOf)), new Set(['asset', 'liability', 'income', 'expense']))
  })

  it('write amounts with the decimals of their currency', () => {
    assert.equal(decimalText(5n, 'EUR'), '0.05')
    assert.equal(decimalText(-123_456n, 'EUR'), '1234.56')
    assert.equal(decimalText(500n, 'JPY'), '500')
    assert.equal(decimalText(1_234n, 'KWD'), '1.234')
  })

  it('know the last day of a month', () => {
    assert.equal(lastDayOf('2026-12'), '2026-12-31')
    assert.equal(lastDayOf('2028-02'), '2028-02-29')
    for (const wrong of ['', '2026', '2026-13', '2026-00', '0026-01', '2026-1']) assert.equal(lastDayOf(wrong), null)
  })
})
