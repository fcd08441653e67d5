import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { compileFeel, evaluateFeel } from './feel.ts'
import { answerToFeel, coerceFeel, feelDay, feelToJson, toTruth } from './feelvalues.ts'

const names = new Set(['age', 'name', 'rows', 'today', 'yes'])
const columns = new Set(['qty'])

function run(source: string, values: Record<string, unknown> = {}): unknown {
  const { expression, problems } = compileFeel(source, names, columns)
  assert.deepEqual(problems, [], source)
  return feelToJson(evaluateFeel(expression, values))
}

function problemOf(source: string): string | undefined {
  const { expression, problems } = compileFeel(source, names, columns)
  if (problems.length > 0) assert.equal(evaluateFeel(expression, { age: 1, name: 'x', rows: [] }), null)
  return problems[0]?.code
}

describe('compileFeel and evaluateFeel', () => {
  it('gives the values of FEEL', () => {
    assert.equal(run('age * 2 + 1', { age: 4 }), 9)
    assert.equal(run('count(rows[qty > 2])', { rows: [{ qty: 1 }, { qty: 3 }] }), 1)
    assert.equal(run('sum(for row in rows return row.qty)', { rows: [{ qty: 1 }, { qty: 3 }] }), 4)
    assert.equal(run('years and months duration(date("2008-03-02"), today).years', { today: feelDay('2026-03-02') }), 18)
    assert.equal(run('today + duration("P1M")', { today: feelDay('2026-01-31') }), '2026-02-28')
    assert.equal(run('matches(name, "^HV-[0-9]{4}$")', { name: 'HV-0000' }), true)
    assert.equal(run('age in ([1..5], 9)', { age: 9 }), true)
  })

  it('never takes null for no', () => {
    assert.equal(run('if age >= 18 then 1 else 2'), null)
    assert.equal(run('if age >= 18 then 1 else if age >= 12 then 2 else 3', { age: 7 }), 3)
    assert.equal(run('if (if yes then age > 3 else null) then "a" else "b"', { yes: true, age: 1 }), 'b')
    assert.deepEqual([null, undefined, 0, '', 'true', []].map(toTruth), [null, null, null, null, null, null])
  })

  it('says what cannot be read and which names are not there', () => {
    assert.deepEqual(compileFeel('age + agge', names).problems, [{ code: 'unknown_name', message: 'there is no "agge"', offset: 6 }])
    assert.equal(problemOf('age +'), 'syntax')
    assert.equal(problemOf('frobnicate(age)'), 'unknown_name')
    assert.equal(problemOf('qty > 3'), 'unknown_name')
  })

  it('refuses what could hold the process', () => {
    const unsafe = [
      'matches(name, name)', 'matches(name, "a", name)', 'replace(pattern: "a", flags: name, input: name, replacement: "")', 'matches(name, "(?=a)b")', 'for i in 1..3000000 return i', 'for i in 1..age return i',
      'for i in 1..2.5 return i', 'for r in [[1..9]] return r', '{f: function(x) f(x)}.f', 'for i in 1..40 return concatenate(partial, partial)',
      'for a in rows, b in rows, c in rows return 1', 'for a in 1..1000 return for b in 1..1000 return 1', '{a: name + name, b: a + a}.b',
      'for x in [name + name] return x + x', 'today()', 'replace(name, "a", name) + now()', `${'('.repeat(1500)}1${')'.repeat(1500)}`,
    ] // prettier-ignore
    for (const source of unsafe) assert.equal(problemOf(source), 'unsafe', source)
  })

  it('ends soon and never throws on what it lets through', () => {
    const long = 'a'.repeat(20_000)
    const rows = Array.from({ length: 100 }, (_, i) => ({ qty: i }))
    const sources = [
      'matches(substring(name, 1, 1500), "(a+)+!")', 'every row in rows satisfies matches(name, "a+")', 'count(for i in 1..10000 return i)', 'count(for a in rows, b in rows return a.qty)',
      'string length(name + name + name)', 'split(name, "")', 'sort(rows, function(x, y) x.qty > y.qty)',
      'some a in rows satisfies (some b in rows satisfies a.qty + b.qty > 500)', 'name.constructor', 'rows.__proto__',
    ] // prettier-ignore
    for (const source of sources) {
      const { expression } = compileFeel(source, names, columns)
      evaluateFeel(expression, { name: 'a', rows: [{ qty: 1 }] })
      const start = performance.now()
      evaluateFeel(expression, { name: `${long}!`, rows })
      assert.ok(performance.now() - start < 300, `${source} took ${performance.now() - start} ms`)
    }
  })

  it('never throws, whatever the text and the values', () => {
    const word = fc.constantFrom(
      'age',
      'name',
      'rows',
      '1',
      '"a"',
      '+',
      '-',
      '(',
      ')',
      '[',
      ']',
      '{',
      '}',
      'if',
      'then',
      'else',
      'for',
      'in',
      'return',
      '..',
      ':',
      ',',
      '.',
      'not',
      'function',
      '?',
      '//',
      '\n',
      '@"x"',
      'date',
      'count',
    )
    const source = fc.oneof(
      fc.string(),
      fc.array(word, { maxLength: 20 }).map((words) => words.join(' ')),
    )
    fc.assert(
      fc.property(source, fc.jsonValue(), (text, value) => {
        const { expression } = compileFeel(text, names, columns)
        feelToJson(evaluateFeel(expression, { age: value, name: value, rows: value }))
      }),
      { numRuns: 500 },
    )
  })
})

describe('values between answers and FEEL', () => {
  it('takes money as whole minor units and nothing else', () => {
    assert.equal(answerToFeel('money', { amount: '2500', currency: 'EUR' }), 2500)
    assert.equal(coerceFeel('money', 0.1 + 0.2), null)
    assert.equal(coerceFeel('money', 2 ** 53), null)
    assert.equal(coerceFeel('money', 2500), 2500)
  })

  it('takes dates both ways', () => {
    assert.equal(feelToJson(answerToFeel('date', '2026-11-23')), '2026-11-23')
    assert.equal(answerToFeel('date', 'soon'), null)
  })

  it('lets no value grow without end', () => {
    assert.equal(coerceFeel('string', 'a'.repeat(20_001)), null)
    assert.equal(
      coerceFeel(
        'list',
        Array.from({ length: 20_001 }, () => 1),
      ),
      null,
    )
  })
})
