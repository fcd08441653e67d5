import { before, describe, test } from 'node:test'
import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { parseFragment, type DefaultTreeAdapterTypes } from 'parse5'
import { loadMessages, type Messages } from '../../platform/i18n.ts'
import { cleanText } from '../../kernel/text.ts'
import { daysIn } from '../../kernel/time.ts'
import type { View } from '../../ui/index.ts'
import type { Question } from '../servicefile/index.ts'
import { asciiDigits, readDecimal, readForm, type FormBody } from './form.ts'
import { answerText, issueText, questionField } from './fields.ts'

let messages: Messages

before(async () => {
  messages = await loadMessages([fileURLToPath(new URL('../../ui/locales', import.meta.url))])
})

function makeView(locale: string): View {
  const words = { en: 'Harbourview' }
  return {
    t: messages.translator(locale),
    locale,
    dir: locale === 'ar' ? 'rtl' : 'ltr',
    city: {
      id: 'test', name: words, tagline: words, colour: '#0b5d7a', logo: null, languages: [], timeZone: 'UTC', dayOf: daysIn('UTC'), currency: 'EUR', mailFrom: 'city@example.org',
      contact: { phone: '', email: '', address: words }, calendar: { weekend: [], holidays: new Set() }, lifeEvents: [], agencies: [], folder: '', dataProtection: null, showStaffNames: true, consents: [], organisations: [],
    },
    path: '/', query: '', viewer: null, nav: [], demo: false, sessionSeconds: null, publicOrigin: 'http://localhost',
    assets: { css: '', theme: '', script: '', passkeys: '', map: '', crew: '', crewParts: [], logo: null, icon: '' },
  } // prettier-ignore
}

function ask(kind: Question['kind'], more: Partial<Question> = {}): Question {
  return { id: 'q', kind, label: { en: 'Thing' }, required: true, ...more }
}

type Node = DefaultTreeAdapterTypes.ChildNode

/** What a browser would post of this HTML. */
function post(markup: string): FormBody {
  const body: Record<string, string[]> = {}
  const text = (node: Node): string => ('value' in node ? node.value : 'childNodes' in node ? node.childNodes.map(text).join('') : '')
  const walk = (node: Node): void => {
    if (!('attrs' in node)) return
    const attributes = new Map(node.attrs.map((attribute) => [attribute.name, attribute.value]))
    const name = attributes.get('name')
    const type = attributes.get('type')
    const add = (value: string): void => void (name && (body[name] ??= []).push(value))
    if (node.tagName === 'textarea') add(text(node))
    else if (node.tagName === 'input' && (type === 'radio' || type === 'checkbox')) {
      if (attributes.has('checked')) add(attributes.get('value') ?? 'on')
    } else if (node.tagName === 'input' && type !== 'file') add(attributes.get('value') ?? '')
    else if (node.tagName === 'select') {
      const options = node.childNodes.flatMap((child) => ('attrs' in child ? [child.attrs] : []))
      const chosen = options.find((attrs) => attrs.some((attribute) => attribute.name === 'selected')) ?? options[0]
      add(chosen?.find((attribute) => attribute.name === 'value')?.value ?? '')
    }
    node.childNodes.forEach(walk)
  }
  parseFragment(markup).childNodes.forEach(walk)
  return body
}

const line = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 40 })
  .map((text) => cleanText(text).replaceAll('\n', ' ').trim())
  .filter((text) => cleanText(text) === text && text !== '')
const codes = ['a', 'b', 'other thing']
const options = codes.map((value) => ({ value, label: { en: value } }))
const degrees = fc.integer({ min: -89_999_999, max: 89_999_999 }).map((n) => n / 1_000_000)
const isoDay = fc
  .date({ min: new Date('1900-01-01'), max: new Date('2100-01-01'), noInvalidDate: true })
  .map((date) => date.toISOString().slice(0, 10))

const cases: Array<[string, Question, fc.Arbitrary<unknown>]> = [
  ['text', ask('text'), line],
  ['long_text', ask('long_text'), fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n'))],
  ['integer', ask('integer'), fc.integer()],
  [
    'decimal',
    ask('decimal', { decimals: 2 }),
    fc.tuple(fc.integer({ min: 0, max: 99_999 }), fc.integer({ min: 0, max: 99 })).map(([a, b]) => `${a}.${b}`),
  ],
  [
    'money EUR',
    ask('money'),
    fc.bigInt({ min: -999_999_999n, max: 999_999_999n }).map((amount) => ({ amount: String(amount), currency: 'EUR' })),
  ],
  [
    'money JPY',
    ask('money', { currency: 'JPY' }),
    fc.bigInt({ min: 0n, max: 999_999_999n }).map((amount) => ({ amount: String(amount), currency: 'JPY' })),
  ],
  [
    'money KWD',
    ask('money', { currency: 'KWD' }),
    fc.bigInt({ min: 0n, max: 999_999_999n }).map((amount) => ({ amount: String(amount), currency: 'KWD' })),
  ],
  ['date', ask('date'), isoDay],
  ['yes_no', ask('yes_no'), fc.boolean()],
  ['one_of', ask('one_of', { options }), fc.constantFrom(...codes)],
  [
    'long one_of',
    ask('one_of', { options: Array.from({ length: 12 }, (_, i) => ({ value: `v${i}`, label: { en: 'x' } })) }),
    fc.integer({ min: 0, max: 11 }).map((i) => `v${i}`),
  ],
  ['optional one_of', ask('one_of', { options, required: false }), fc.option(fc.constantFrom(...codes))],
  ['many_of', ask('many_of', { options }), fc.subarray(codes, { minLength: 1 })],
  [
    'address',
    ask('address'),
    fc.record(
      { line1: line, line2: line, town: line, postcode: line, address_id: fc.uuid(), country: line },
      { requiredKeys: ['line1', 'town', 'postcode'], noNullPrototype: true },
    ),
  ],
  ['place', ask('place'), fc.record({ lat: degrees, long: degrees, note: line }, { requiredKeys: ['lat', 'long'], noNullPrototype: true })],
  ['attribute', ask('attribute', { source: 'person.date_of_birth' }), isoDay],
]

describe('readForm reads what questionField shows', () => {
  for (const [name, question, values] of cases) {
    test(name, () => {
      fc.assert(
        fc.property(values, fc.constantFrom('en', 'es', 'ar'), fc.constantFrom('', 'row-'), (value, locale, prefix) => {
          const markup = questionField(makeView(locale), question, value, [], { heading: true, prefix }).text
          const answers = readForm([question], post(markup), prefix)
          assert.deepEqual(answers, { q: value })
          assert.ok(answerText(makeView(locale), question, value).text !== '')
        }),
        { numRuns: 60 },
      )
    })
  }

  test('what cannot be read is kept as it was typed, and shown again', () => {
    for (const [kind, typed] of [
      ['integer', 'three'],
      ['decimal', '1.2.3'],
      ['money', 'a lot'],
      ['money', '1.234,567,8'],
      ['date', '31/2/2026'],
      ['date', '/foo/'],
      ['place', 'somewhere'],
    ] as const) {
      const question = ask(kind)
      const body = post(questionField(makeView('en'), question, typed, [], { heading: false }).text)
      const read = readForm([question], body).q
      if (kind === 'place') assert.deepEqual(read, { lat: 'somewhere', long: null })
      else assert.equal(read, typed)
    }
  })

  test('empty is null for every kind', () => {
    for (const [, question] of cases) {
      assert.equal(readForm([question], {}).q, null)
      const shown = readForm([question], post(questionField(makeView('en'), question, null, [], { heading: false }).text)).q
      assert.equal(shown, null)
    }
  })
})

test('numbers and dates are read in the digits and separators of the reader', () => {
  assert.equal(asciiDigits('٢٥ ۲۵ ２５'), '25 25 25')
  assert.equal(readDecimal('١٬٢٣٤٫٥'), '1234.5')
  assert.equal(readDecimal('1.234,50'), '1234.50')
  assert.equal(readDecimal('1,234.50'), '1234.50')
  assert.equal(readDecimal('1 234,5'), '1234.5')
  assert.equal(readDecimal('12,5,3'), null)
  for (const [locale, typed, read] of [
    ['en', '1,200', '1200'],
    ['en', '1.200', '1.200'],
    ['es', '1.200', '1200'],
    ['es', '1,200', '1.200'],
    ['ar', '١٬٢٠٠', '1200'],
    ['ar', '١٫٢٠٠', '1.200'],
    ['ar', '1,200', '1200'],
    ['es', '١٫٢٠٠', '1.200'],
    ['es', '0.200', '0.200'],
  ] as const) {
    const [question, body] = [ask('decimal', { decimals: 3 }), { q: typed }]
    assert.equal(readForm([question], body, '', 'EUR', locale).q, read, `${typed} in ${locale}`)
  }
  const money = (text: string): unknown => readForm([ask('money')], { q: text }).q
  assert.deepEqual(money('25'), { amount: '2500', currency: 'EUR' })
  assert.deepEqual(money('25,50 €'), { amount: '2550', currency: 'EUR' })
  assert.deepEqual(money('EUR 1.200'), { amount: '120000', currency: 'EUR' })
  assert.deepEqual(money('٢٥٫٥٠'), { amount: '2550', currency: 'EUR' })
  const date = (day: string, month: string, year: string): unknown =>
    readForm([ask('date')], { 'q-day': day, 'q-month': month, 'q-year': year }).q
  assert.equal(date('3', 'November', '2026'), '2026-11-03')
  assert.equal(date('3', 'dic.', '2026'), '2026-12-03')
  assert.equal(date('٣', 'نوفمبر', '٢٠٢٦'), '2026-11-03')
  assert.equal(readForm([ask('date')], { q: '2026-11-23' }).q, '2026-11-23')
})

test('an address typed over is no longer the one of the register', () => {
  const question = ask('address')
  const value = { line1: '1 Quay Street', town: 'Harbourview', postcode: 'HV1', address_id: 'a1' }
  const body = { ...post(questionField(makeView('en'), question, value, [], { heading: false }).text), 'q-line1': '2 Quay Street' }
  assert.deepEqual(readForm([question], body).q, { line1: '2 Quay Street', town: 'Harbourview', postcode: 'HV1' })
})

test('an address search stands above the fields, is no part of the answer, and shows what was found', () => {
  const question = ask('address')
  const found = [{ id: 'a1', line1: '1 <Quay> Street', town: 'Harbourview', postcode: 'HV1' }]
  for (const locale of ['en', 'es', 'ar']) {
    for (const find of [
      { typed: null, found: [], unchosen: false },
      { typed: '"><b>', found: [], unchosen: false },
      { typed: 'quay', found, unchosen: false },
      { typed: 'quay', found, unchosen: true },
    ]) {
      const markup = questionField(makeView(locale), question, null, [], { heading: false, find }).text
      assert.ok(markup.indexOf('q-find') < markup.indexOf('q-line1'))
      assert.equal(markup.includes('role="status"'), find.typed !== null)
      assert.equal(markup.includes('autofocus'), find.typed !== null && !find.unchosen)
      assert.equal(markup.includes('value="a1"'), find.found.length > 0)
      assert.ok(!/<b>|<Quay>/.test(markup))
      assert.equal(readForm([question], post(markup)).q, null)
    }
  }
  assert.ok(!questionField(makeView('en'), question, null, [], { heading: false }).text.includes('_find_address'))
})

test('an issue says what to do, ties the error to the control, and every code has words in every language', () => {
  const view = makeView('en')
  const question = ask('text', { label: { en: 'Date of birth' } })
  assert.equal(issueText(view, question, { question: 'q', code: 'missing' }), 'Enter date of birth')
  const markup = questionField(view, question, '<b>', [{ question: 'q', code: 'missing' }], { heading: true }).text
  assert.match(markup, /aria-describedby="q-q-error"/)
  assert.match(markup, /aria-invalid="true"/)
  assert.ok(!markup.includes('<b>'))
  for (const locale of ['en', 'es', 'ar']) {
    for (const [, one] of [
      ...cases,
      ['file', ask('file')] as const,
      ['group', ask('repeating_group', { questions: [ask('text')] })] as const,
    ]) {
      for (const code of [
        'missing',
        'wrong_type',
        'too_short',
        'too_long',
        'pattern',
        'too_small',
        'too_large',
        'not_an_option',
        'too_few',
        'too_many',
        'not_valid',
        'rule',
      ] as const) {
        assert.doesNotMatch(issueText(makeView(locale), one, { question: 'q', code, params: { min: 1, max: 2 } }), /[{}$]/)
      }
    }
  }
})
