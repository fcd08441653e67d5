import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { lapsedIn } from './lapsed.ts'
import { makeDefinition, makeQuestion } from './makers.ts'
import { exampleFor, validateAnswer } from './question.ts'
import { questionKinds, type Question } from './schema.ts'
import { compileService } from './service.ts'
import { present } from '../../kernel/invariant.ts'

const today = '2026-03-02'

function question(kind: string, more: Record<string, unknown> = {}): Question {
  const options = kind === 'one_of' || kind === 'many_of' ? { options: ['a', 'b', 'c'].map((value) => ({ value, label: {} })) } : {}
  const rows =
    kind === 'repeating_group' ? { questions: [makeQuestion('name', 'text'), makeQuestion('born', 'date', { required: false })] } : {}
  const pages = [{ id: 'p', title: {}, questions: [makeQuestion('q', kind, { ...options, ...rows, ...more })] }]
  return present(makeDefinition({ form: { pages } }).form.pages[0]?.questions[0], 'the page has its question')
}

function code(kind: string, value: unknown, more: Record<string, unknown> = {}): string | undefined {
  return validateAnswer(question(kind, more), value, today).issues[0]?.code
}

describe('validateAnswer', () => {
  it('takes the example of every kind and gives it back unchanged', () => {
    for (const kind of questionKinds) {
      const asked = question(kind)
      const example = exampleFor(asked, today)
      assert.deepEqual(validateAnswer(asked, example, today), { issues: [], value: example }, kind)
    }
  })

  it('resolves relative dates, also in rows, and leaves all else as it stands', () => {
    const resolve = (example: unknown, kind = 'date', more: object = {}): unknown =>
      exampleFor(question(kind, { example, ...more }), '2026-03-02')
    assert.equal(resolve('today'), '2026-03-02')
    assert.equal(resolve('today+30'), '2026-04-01')
    assert.equal(resolve('today-2'), '2026-02-28')
    assert.equal(resolve('month'), '2026-03-01')
    assert.equal(resolve('month-3'), '2025-12-01')
    assert.equal(resolve('month+10'), '2027-01-01')
    assert.equal(resolve('today-1', 'attribute', { source: 'person.date_of_birth', of: 'date' }), '2026-03-01')
    assert.equal(resolve('today', 'text'), 'today')
    assert.equal(resolve('2026-01-15'), '2026-01-15')
    assert.equal(resolve('today+'), 'today+')
    const questions = [makeQuestion('since', 'date'), makeQuestion('note', 'text')]
    const rows = [{ since: 'today-1', note: 'today-1' }, 7]
    assert.deepEqual(resolve(rows, 'repeating_group', { questions }), [{ since: '2026-03-01', note: 'today-1' }, 7])
  })

  it('takes nothing for missing only where it is required', () => {
    for (const kind of questionKinds) {
      for (const nothing of [undefined, null, '', ' \u200B ', []]) {
        assert.equal(code(kind, nothing), 'missing', kind)
        assert.deepEqual(validateAnswer(question(kind, { required: false }), nothing, today), {
          issues: [],
          value: undefined,
        })
      }
    }
  })

  it('takes a long blank text for nothing', () => {
    assert.equal(code('long_text', ' '.repeat(3000)), 'missing')
  })

  it('cleans text', () => {
    assert.equal(validateAnswer(question('text'), '  Ame\u0301lie\u202E\n', today).value, 'Amélie')
    assert.equal(validateAnswer(question('iban'), 'xx47 harb 0000 0000 0001 2345', today).value, 'XX47HARB0000000000012345')
    assert.equal(validateAnswer(question('decimal'), '007.50', today).value, '7.50')
  })

  it('names what is wrong', () => {
    const wrong: Array<[string, unknown, string, Record<string, unknown>?]> = [
      ['text', 5, 'wrong_type'], ['text', 'x'.repeat(201), 'too_long'], ['text', 'x', 'too_short', { min_length: 2 }],
      ['text', 'abc', 'pattern', { pattern: '[0-9]+' }], ['email', 'nobody', 'not_valid'], ['email', 'a@b', 'not_valid'],
      ['phone', 'ring me', 'not_valid'], ['iban', 'XX48HARB0000000000012345', 'not_valid'], ['national_id', '!', 'not_valid'],
      ['integer', 1.5, 'wrong_type'], ['integer', '5', 'wrong_type'], ['integer', NaN, 'wrong_type'], ['integer', 1, 'too_small', { min: 2 }],
      ['decimal', 1, 'wrong_type'], ['decimal', '1.234', 'not_valid'], ['decimal', '9', 'too_large', { max: 8 }],
      ['money', { amount: 2500, currency: 'EUR' }, 'not_valid'], ['money', { amount: '-1', currency: 'EUR' }, 'too_small', { currency: 'EUR' }],
      ['money', { amount: '1', currency: 'USD' }, 'not_valid', { currency: 'EUR' }], ['money', { amount: '1' }, 'not_valid'],
      ['date', '2026-02-30', 'not_valid'], ['date', '2026-03-03', 'too_large', { max: 'today' }],
      ['yes_no', 'yes', 'wrong_type'], ['one_of', 'd', 'not_an_option'], ['many_of', ['d'], 'not_an_option'],
      ['many_of', ['a'], 'too_few', { min_choices: 2 }], ['many_of', ['a', 'b'], 'too_many', { max_choices: 1 }],
      ['address', { line1: 'x' }, 'not_valid'], ['address', { extra: 'x' }, 'wrong_type'], ['place', { lat: 91, long: 0 }, 'not_valid'],
      ['place', { lat: NaN, long: 0 }, 'not_valid'], ['file', ['../etc'], 'not_valid'], ['repeating_group', [{}, {}], 'missing'],
      ['repeating_group', [{ nope: 1 }], 'wrong_type'], ['repeating_group', [JSON.parse('{"__proto__": {}}')], 'wrong_type'],
    ] // prettier-ignore
    for (const [kind, value, expected, more] of wrong) assert.equal(code(kind, value, more), expected, `${kind} ${JSON.stringify(value)}`)
  })

  it('takes any answer where the pattern cannot be used any more', () => {
    const asked = question('text', { pattern: '(a?){1000}(b?){1000}(c?){1000}' })
    const service = compileService(makeDefinition({ form: { pages: [{ id: 'p', title: {}, questions: [asked] }] } }))
    assert.deepEqual(validateAnswer(asked, 'kept', today), { issues: [], value: 'kept' })
    const [kept] = service.definition.form.pages[0]?.questions ?? []
    assert.deepEqual(kept && validateAnswer(kept, 'kept', today, service.patterns), { issues: [], value: 'kept' })
    assert.match(lapsedIn(service).join('\n'), /^the pattern of "q" is not asked for any more: it repeats too much/)
  })

  it('points into repeating groups', () => {
    const { issues } = validateAnswer(question('repeating_group'), [{ name: 'A' }, { name: 'B', born: 'x' }], today)
    assert.deepEqual(issues, [{ question: 'q', row: 1, column: 'born', code: 'not_valid' }])
  })

  it('answers soon on huge values and slow patterns', () => {
    const start = performance.now()
    assert.equal(code('text', 'a'.repeat(5_000_000)), 'too_long')
    assert.equal(code('email', `${'a.'.repeat(2_000_000)}@example.org`), 'too_long')
    assert.equal(code('long_text', `${'a'.repeat(3999)}!`, { pattern: '(a+)+' }), 'pattern')
    assert.equal(
      code(
        'many_of',
        Array.from({ length: 1_000_000 }, (_, i) => `o${i}`),
      ),
      'too_many',
    )
    assert.ok(performance.now() - start < 500)
  })

  it('never throws, and what it gives is valid again', () => {
    fc.assert(
      fc.property(fc.constantFrom(...questionKinds), fc.oneof(fc.jsonValue({ maxDepth: 4 }), fc.anything()), (kind, value) => {
        const asked = question(kind)
        const checked = validateAnswer(asked, value, today)
        if (checked.value !== undefined) assert.deepEqual(validateAnswer(asked, checked.value, today), { issues: [], value: checked.value })
      }),
      { numRuns: 500 },
    )
  })
})
