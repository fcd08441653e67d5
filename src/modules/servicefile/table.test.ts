import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { DecisionTable } from './schema.ts'
import { compileTable, evaluateTable, type TableResult } from './table.ts'

const names = new Set(['age', 'kind', 'limit'])
type Rule = { when: string[]; then: string[] }

function decide(hit: DecisionTable['hit'], rules: Rule[], values: Record<string, unknown>, outputs?: string[]): TableResult {
  const table: DecisionTable = {
    hit,
    inputs: [{ expression: 'age' }, { expression: 'kind' }],
    rules,
    ...(outputs ? { outputs: outputs.map((id) => ({ id })) } : {}),
  }
  const { table: compiled, problems } = compileTable(table, names)
  assert.deepEqual(problems, [])
  return evaluateTable(
    compiled,
    compiled.names.map((name) => values[name] ?? null),
  )
}

const overlapping: Rule[] = [
  { when: ['< 18', '-'], then: ['1'] },
  { when: ['[10..20]', '"a", "b"'], then: ['2'] },
  { when: ['-', 'not("z")'], then: ['3'] },
]

describe('hit policies', () => {
  const both = { age: 12, kind: 'a' }

  it('U gives the only match, and null when there are two', () => {
    assert.deepEqual(decide('U', overlapping, { age: 30, kind: 'a' }), { value: 3, rules: [2], note: null })
    assert.deepEqual(decide('U', overlapping, both), { value: null, rules: [0, 1, 2], note: 'conflict' })
  })

  it('F gives the first match, A only agreeing ones, R and C all', () => {
    assert.equal(decide('F', overlapping, both).value, 1)
    assert.equal(decide('A', overlapping, both).note, 'conflict')
    assert.equal(
      decide(
        'A',
        overlapping.map((rule) => ({ ...rule, then: ['7'] })),
        both,
      ).value,
      7,
    )
    assert.deepEqual(decide('R', overlapping, both).value, [1, 2, 3])
    assert.deepEqual(decide('C', overlapping, both).value, [1, 2, 3])
  })

  it('C+ C< C> C# aggregate', () => {
    assert.deepEqual(
      (['C+', 'C<', 'C>', 'C#'] as const).map((hit) => decide(hit, overlapping, both).value),
      [6, 1, 3, 3],
    )
  })

  it('gives null when no rule matches, never a last branch', () => {
    assert.deepEqual(decide('F', overlapping.slice(0, 2), { age: 40, kind: 'c' }), {
      value: null,
      rules: [],
      note: 'no_match',
    })
  })

  it('several outputs give a context', () => {
    const rules = [{ when: ['-', '-'], then: ['1', '"x"'] }]
    assert.deepEqual(decide('U', rules, both, ['amount', 'why']).value, { amount: 1, why: 'x' })
  })
})

describe('missing inputs', () => {
  it('cannot tell while an undetermined rule could match first', () => {
    assert.equal(decide('F', overlapping, { kind: 'a' }).note, 'cannot_tell')
    assert.equal(decide('U', overlapping, { age: 12 }).value, 1)
    assert.equal(decide('C', overlapping, { age: 12 }).note, 'cannot_tell')
  })

  it('ignores undetermined rules after the first match, and rules that fail anyway', () => {
    assert.equal(decide('F', overlapping, { age: 12 }).value, 1)
    assert.equal(
      decide(
        'F',
        [
          { when: ['> 50', '"a"'], then: ['1'] },
          { when: ['-', '-'], then: ['2'] },
        ],
        { age: 12 },
      ).value,
      2,
    )
  })

  it('lets tests speak of null', () => {
    const rules = [
      { when: ['-', 'null'], then: ['"none"'] },
      { when: ['-', 'not(null)'], then: ['"some"'] },
    ]
    assert.equal(decide('U', rules, { age: 1 }).value, 'none')
    assert.equal(decide('U', rules, { age: 1, kind: 'a' }).value, 'some')
    assert.equal(decide('U', [{ when: ['? = null', '-'], then: ['1'] }], {}).value, 1)
  })
})

describe('tests of cells', () => {
  it('read other names, ranges and ?', () => {
    const rules = [
      { when: ['[1..limit]', '-'], then: ['"low"'] },
      { when: ['> limit', '-'], then: ['"high"'] },
    ]
    assert.equal(decide('U', rules, { age: 3, limit: 5 }).value, 'low')
    assert.equal(decide('U', rules, { age: 9, limit: 5 }).value, 'high')
    assert.equal(decide('U', [{ when: ['? > 3 and ? < limit', '-'], then: ['1'] }], { age: 4, limit: 5 }).value, 1)
    assert.equal(decide('U', [{ when: ['-5', '-'], then: ['1'] }], { age: -5 }).value, 1)
  })

  it('are told apart from nonsense', () => {
    const table: DecisionTable = {
      hit: 'U',
      inputs: [{ expression: 'age' }],
      rules: [{ when: ['> > 3'], then: ['nope'] }],
    }
    const { problems } = compileTable(table, names)
    assert.deepEqual(
      problems.map((problem) => [problem.code, problem.path.join('.')]),
      [
        ['syntax', 'rules.0.when.0'],
        ['unknown_name', 'rules.0.then.0'],
      ],
    )
  })
})
