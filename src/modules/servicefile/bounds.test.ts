import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stringify } from 'yaml'
import { checkService, type City } from './check.ts'
import { evaluate } from './engine.ts'
import { MAX_COST } from './feelcost.ts'
import { makeDefinition, makeQuestion } from './makers.ts'
import { compilePattern, matchesWhole } from './pattern.ts'
import { validateAnswer } from './question.ts'
import { compileService, type Service } from './service.ts'
import { milliseconds } from './stopwatch.ts'
import { warmService } from './warm.ts'

const DAY = '2026-03-02'
const city: City = {
  languages: ['en'],
  agencies: ['animal_office'],
  lifeEvents: [],
  calendar: { weekend: [6, 7], holidays: new Set() },
  currency: 'EUR',
}

const codes = (over: Record<string, unknown>): string[] =>
  checkService(stringify(makeDefinition({ status: 'draft', ...over })), 'x.yaml', city).map((finding) => finding.code)

function madeOf(over: Record<string, unknown>): Service {
  const service = warmService(compileService(makeDefinition(over)))
  assert.deepEqual(service.problems, [])
  return service
}

describe('patterns', () => {
  it('refuses those that are written out to thousands of instructions, and does not take long for it', () => {
    const huge = [
      Array.from({ length: 45 }, () => '(a?){1000}').join(''), '(a?){1000}', '((a{10}){10}){10}b{900}c{900}', `(${'a'.repeat(400)}){900}`,
      '(\\Q(((\\E){1000}b{1000}', '[]a]{1000}[^]a]{1000}c{5}', '\\p{L}{1000}\\p{L}{1000}x{9}',
    ] // prettier-ignore
    for (const source of huge) {
      assert.ok(milliseconds(() => compilePattern(source)) < 50, source.slice(0, 40))
      assert.ok('problem' in compilePattern(source), source.slice(0, 40))
    }
    for (const source of ['[A-Z]{1,3}-?[0-9]{1,4}', '(?s:.*)(?:[a-z]+@[a-z]+)(?s:.*)', '.{0,255}', '\\{2000\\}', '[{]a{3}', 'x{2,}'])
      assert.ok('pattern' in compilePattern(source), source)
  })

  it('keeps little of what matching one has learned', () => {
    const compiled = compilePattern('[ab]*a[ab]{14}')
    assert.ok('pattern' in compiled)
    const learned = (): number => compiled.pattern.re2().dfa.stateBudget - compiled.pattern.re2().dfa.memBudget
    let drawn = 7
    const text = (): string => Array.from({ length: 200 }, () => 'ab'[(drawn = (drawn * 48_271) % 2_147_483_647) % 2]).join('')
    for (let i = 0; i < 100; i += 1) compiled.pattern.matches(text())
    assert.ok(learned() > 1_000_000, `${learned()} bytes without trimming`)
    for (let i = 0; i < 100; i += 1) {
      matchesWhole(compiled, text())
      assert.ok(learned() < 250_000, `${learned()} bytes`)
    }
    assert.ok(matchesWhole(compiled, `b${'a'.repeat(15)}`) && !matchesWhole(compiled, 'b'.repeat(16)))
  })

  it('refuses what a question may be asked with a pattern that does too much, and matches the rest in time', () => {
    const asked = (pattern: string, max_length: number): ReturnType<typeof codes> =>
      codes({
        form: {
          pages: [{ id: 'one', title: { en: 'One' }, questions: [makeQuestion('a', 'long_text', { pattern, max_length, example: 'a' })] }],
        },
      })
    assert.ok(asked('(a?){150}.*', 20_000).includes('unsafe_pattern'))
    const worst: Array<[string, number]> = [
      ['(a?){300}', 200],
      ['(?:[ab]*a[ab]{60})c|(?:[ab]*a[ab]{50})|a', 1900],
      ['(.*)(.*)(.*)a|a', 20_000 / 3],
      ['(?:(?:\\p{L}|\\p{Lu}|[a-z])*\\b.){6}|a', 6_000],
    ]
    for (const [pattern, length] of worst) {
      const max = Math.floor(length)
      assert.ok(!asked(pattern, max).includes('unsafe_pattern'), pattern)
      const service = compileService(
        makeDefinition({
          form: { pages: [{ id: 'one', title: { en: 'One' }, questions: [makeQuestion('a', 'long_text', { pattern, max_length: max })] }] },
        }),
      )
      const [question] = service.definition.form.pages[0]?.questions ?? []
      assert.ok(question)
      let drawn = 7
      // Another text each time: what was matched once is faster the second time.
      const text = (): string => Array.from({ length: max - 1 }, () => 'ab'[(drawn = (drawn * 48_271) % 2_147_483_647) % 2]).join('')
      const took = milliseconds(() => validateAnswer(question, `${text()}!`, DAY, service.patterns))
      assert.ok(took < 100, `${pattern} took ${took} ms`)
    }
  })
})

describe('one pass over a whole file', () => {
  const rows = Array.from({ length: 50 }, (_, i) => ({ word: 'w'.repeat(200 - String(i).length) + i, day: '2026-01-01', qty: i }))
  const answers = { dogs: rows, essay: `${'x'.repeat(19_000)}!`, codes: rows.map(({ word }) => ({ code: word.replaceAll(/\d/g, 'w') })) }
  const group = [makeQuestion('word', 'text'), makeQuestion('day', 'date'), makeQuestion('qty', 'integer')]
  const pages = (more: unknown[] = []): unknown => ({
    pages: [
      {
        id: 'one',
        title: { en: 'One' },
        questions: [
          makeQuestion('dogs', 'repeating_group', { questions: group }),
          makeQuestion('essay', 'long_text', { max_length: 20_000 }),
          ...more,
        ],
      },
    ],
  })
  const computed = (count: number, expression: string, type = 'number'): Record<string, unknown> => ({
    form: pages(),
    rules: { computed: Array.from({ length: count }, (_, i) => ({ id: `c${i}`, type, expression })) },
  })
  const cells = (count: number): Record<string, unknown> => ({
    form: pages(),
    rules: {
      computed: [{
        id: 'c', type: 'number', table: {
          hit: 'C#', inputs: Array.from({ length: 20 }, () => ({ expression: 'count(dogs)' })),
          rules: Array.from({ length: count }, (_, i) => ({ when: Array.from({ length: 20 }, (_each, at) => `> ${i % 5} - ${at % 5} - 5000`), then: ['1'] })),
        },
      }],
    },
  }) // prettier-ignore
  const matching = (count: number): Record<string, unknown> => ({
    form: pages([
      makeQuestion('codes', 'repeating_group', {
        questions: Array.from({ length: count }, (_, i) =>
          makeQuestion(i === 0 ? 'code' : `code${i}`, 'text', { required: i === 0, pattern: '(?:w*w{9}w*x)?|[a-v]' }),
        ),
      }),
    ]),
  })
  const files: Array<[string, (count: number) => Record<string, unknown>, number]> = [
    ['values over rows', (count) => computed(count, 'sum(for a in dogs return a.qty + 1)'), 180],
    ['dates of rows', (count) => computed(count, 'count(for a in dogs return today - a.day)'), 12],
    ['texts', (count) => computed(count, 'string length(substring(upper case(essay), 3))'), 80],
    ['lists compared', (count) => computed(count, 'dogs = dogs', 'boolean'), 200],
    ['rows told apart', (count) => computed(count, 'count(distinct values(dogs))'), 4],
    ['patterns in rules', (count) => computed(count, 'replace(substring(essay, 1, 500), "x.*y|x", "")', 'string'), 10],
    ['one step a value', (count) => computed(count, 'if count(dogs) > 3 then 1 else 2'), 1000],
    ['cells of a table', (count) => cells(count), 550],
    ['patterns of questions', (count) => matching(count), 2],
  ]
  for (const [what, make, count] of files) {
    it(`ends in 100 ms: ${what}`, () => {
      const service = madeOf(make(count))
      assert.ok(service.cost <= MAX_COST, `${service.cost} steps`)
      const took = milliseconds(() => evaluate(service, answers, {}, DAY).computed)
      assert.ok(took < 100, `${took} ms for ${service.cost} steps`)
    })
  }

  it('refuses a file whose rules are each small enough and too much together', () => {
    const over = computed(900, 'sum(for a in dogs return a.qty + 1)')
    assert.ok(codes(over).includes('too_costly'))
    assert.ok(!codes(computed(100, 'sum(for a in dogs return a.qty + 1)')).includes('too_costly'))
    assert.ok(codes(cells(1000)).includes('too_costly'))
    assert.ok(codes(matching(30)).includes('too_costly'))
  })
})
