import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stringify } from 'yaml'
import type { Note } from './import.ts'
import { errorOf, pageOf, questionsOf, read } from './formreading.ts'

const summary = { id: 'ps', path: '/summary', title: '', controller: 'SummaryPageController' }
const component = (type: string, name: string, title: string, more: object = {}): object => ({
  type, id: `c-${name}`, name, title, shortDescription: '', hint: '', options: {}, schema: {}, ...more,
}) // prettier-ignore
const page = (path: string, title: string, components: object[], more: object = {}): object => ({
  id: `p${path}`,
  path,
  title,
  components,
  next: [],
  ...more,
})
const v2 = (pages: object[], more: object = {}): Record<string, unknown> => ({
  name: 'Small boats',
  engine: 'V2',
  schema: 2,
  startPage: '/summary',
  pages: [...pages, summary],
  conditions: [],
  sections: [],
  lists: [],
  ...more,
})
const list = (items: object[]): object => ({ id: 'l1', name: 'options', title: 'Options', type: 'string', items })
const choice = (value: string, more: object = {}): object => ({ id: `i-${value}`, text: `Choice ${value}`, value, ...more })
const noteOf = (notes: readonly Note[], code: string, path: string): Note => {
  const found = notes.find((note) => note.code === code && note.path === path)
  assert.ok(found, `no note ${code} at ${path} in ${JSON.stringify(notes, null, 1)}`)
  return found
}

describe('Defra forms of engine V2', () => {
  const two = v2([
    page('/name', 'Your name', [component('TextField', 'boatOwner', 'Who owns the boat?')]),
    page('/length', '', [component('NumberField', 'boatLength', 'How long is it?')]),
  ])

  it('begin at their first page, also when they name the summary as their start', () => {
    const { definition, notes } = read(two, 'defra')
    assert.deepEqual(
      definition.form.pages.map((each) => each.id),
      ['name', 'length'],
    )
    assert.deepEqual(
      notes.filter((note) => note.code === 'unreachable_page' || note.code === 'start_page'),
      [],
    )
    const later = read({ ...two, startPage: '/length' }, 'defra')
    assert.equal(later.definition.form.pages.length, 2)
    noteOf(later.notes, 'start_page', 'startPage')
    const pages = [
      { path: '/name', title: 'Name', components: [component('TextField', 'boatOwner', 'Owner?')], next: [{ path: '/summary' }] },
      summary,
    ]
    assert.equal(read({ name: 'V1', startPage: '/summary', pages, lists: [], sections: [] }, 'defra').definition.form.pages.length, 1)
  })

  it('are read from YAML too, with a limit on aliases', () => {
    const text = stringify(two)
    assert.deepEqual(read(text, 'defra', 'form.yaml').definition, read(two, 'defra').definition)
    const rows = Array.from(
      { length: 20 },
      (_, at) =>
        `a${at}: &a${at} [${
          at === 0
            ? 'x'
            : Array(9)
                .fill(`*a${at - 1}`)
                .join(', ')
        }]`,
    )
    assert.match(errorOf(rows.join('\n'), 'defra'), /alias/i)
    assert.match(errorOf('pages: [', 'defra'), /neither JSON nor YAML/)
    assert.match(errorOf(`${text}\nx: &x { a: b, c: *x }\n`, 'defra'), /neither JSON nor YAML: .*circular/)
    assert.match(errorOf('["a",', 'defra'), /not JSON/)
  })

  it('open a question under an option, and keep an option that stands alone', () => {
    const items = [
      choice('none', {
        extensions: [
          { type: 'exclusive' },
          {
            type: 'additional-question', id: 'x1', name: 'source', title: 'How did you hear of it?', hint: 'A friend?',
            options: { required: true }, schema: { max: 200 },
          },
          { type: 'unheard-of', wording: 'Something' },
        ],
      }),
      choice('radio', { colour: 'red' }),
    ] // prettier-ignore
    const { definition, notes } = read(
      v2([page('/heard', 'Heard', [component('CheckboxesField', 'howHeard', 'How did you hear?', { list: 'l1' })])], {
        lists: [{ ...list(items), audience: 'all' }],
      }),
      'defra',
    )
    const opened = questionsOf(definition).find((each) => each.label['en'] === 'How did you hear of it?')
    assert.equal(opened?.when, 'list contains(how_heard, "none")')
    assert.deepEqual([opened?.kind, opened?.hint?.['en'], opened?.max_length, opened?.required], ['text', 'A friend?', 200, true])
    const [alone] = definition.rules.validations
    assert.equal(alone?.question, 'how_heard')
    assert.match(String(alone?.valid), /not\(list contains\(how_heard, "none"\)\) or count\(how_heard\) = 1/)
    assert.match(noteOf(notes, 'unknown_property', 'lists[0].items[0].extensions[2]').message, /unheard-of.*Something/)
    noteOf(notes, 'unknown_property', 'lists[0].items[1].colour')
    noteOf(notes, 'unknown_property', 'lists[0].audience')
  })

  it('take two decimals where none are named, or as many as their limits have', () => {
    const numbers = [
      component('NumberField', 'plainNumber', 'Plain'),
      component('NumberField', 'finePrecision', 'Fine', { schema: { precision: 4 } }),
      component('NumberField', 'smallestNumber', 'Small', { schema: { min: 0.001 } }),
      component('NumberField', 'tinyNumber', 'Tiny', { schema: { min: 1.5e-7 } }),
      component('NumberField', 'leastNumber', 'Least', { schema: { min: 1e-12 } }),
    ]
    const { definition, notes } = read(v2([page('/numbers', 'Numbers', numbers)]), 'defra')
    assert.deepEqual(
      questionsOf(definition).map((each) => each.decimals),
      [2, 4, 3, 8, 9],
    )
    assert.match(noteOf(notes, 'decimals', 'pages[0].components[4].schema').message, /at most 9 decimals/)
  })

  it('keep pages that have only a title, and say which pages came to nothing', () => {
    const { definition, notes } = read(
      v2([
        page('/name', 'Your name', [component('TextField', 'boatOwner', 'Who?')]),
        page('/thanks', 'Thank you so far', []),
        page('/pay', 'Pay here', [component('PaymentField', 'boatFee', 'Fee', { options: { amount: 12 } })]),
        page('/untitled', '', []),
      ]),
      'defra',
    )
    assert.equal(pageOf(definition, 'thanks').title['en'], 'Thank you so far')
    assert.equal(definition.form.pages.length, 2)
    assert.match(noteOf(notes, 'empty_page', 'pages[2]').message, /Pay here/)
    noteOf(notes, 'empty_page', 'pages[3]')
    assert.match(noteOf(notes, 'component', 'pages[2].components[0]').message, /"amount":12/)
  })

  it('put no templates into words', () => {
    const { definition, notes } = read(
      v2([
        page('/name', 'Your name', [component('TextField', 'firstName', 'First name?')]),
        page('/birth', 'About {{ firstName }} {{ lastName }}', [
          component('DatePartsField', 'birthday', 'When was {{ firstName }} born?', { shortDescription: 'Date of birth' }),
          component('TextField', 'birthPlace', 'Where was {{ firstName }} born?'),
          { type: 'Markdown', content: 'Read this{% if late %} soon{% endif %}, {{ firstName }}.' },
        ]),
      ]),
      'defra',
    )
    const birth = pageOf(definition, 'birth')
    assert.equal(birth.title['en'], 'About …')
    assert.deepEqual(
      birth.questions.map((each) => each.label['en']),
      ['Date of birth', 'Where was … born?'],
    )
    assert.deepEqual(birth.statements?.[0]?.text, { en: 'Read this soon, ….' })
    for (const path of ['pages[1].title', 'pages[1].components[0].title', 'pages[1].components[1].title', 'pages[1].components[2].content'])
      assert.match(noteOf(notes, 'template', path).message, /\{\{ firstName \}\}/)
  })
})

describe('what a Defra form says beyond a service file', () => {
  it('is reported, kind by kind', () => {
    const message = { 'string.pattern.base': 'Enter a plate', 'string.empty': 'Say which plate' }
    const components = [
      component('TextField', 'plateNumber', 'Plate?', {
        shortDescription: 'The plate', schema: { regex: '^[A-Z]{3}$', min: 3 },
        options: { customValidationMessages: message, customValidation: 'plate', suffix: 'UK' },
      }),
      component('TelephoneNumberField', 'phoneNumber', 'Phone?', { options: { isInternational: true } }),
      component('MonthYearField', 'lastMonth', 'Month?', { options: { maxDaysInPast: 5 } }),
      component('YesNoField', 'isAfloat', 'Afloat?', { schema: { max: 3 }, content: 'Words of nothing' }),
      { type: 'Html', title: 'A name', content: '<p>Text</p>', options: {}, schema: {} },
    ] // prettier-ignore
    const long = 'This is a very long text that a person wrote and that must not be cut. '.repeat(5).trim()
    const { notes } = read(
      v2(
        [page('/all', 'All', components, { options: { disableBack: true }, backLinkText: 'Go back', controller: 'OddController', words: long })],
        { phaseBanner: { phase: 'beta', feedbackUrl: 'https://example.org/say' }, options: { showReferenceNumber: true } },
      ),
      'defra',
    ) // prettier-ignore
    const at = (place: string): string => `pages[0].components[${place}`
    assert.match(noteOf(notes, 'short_description', at('0].shortDescription')).message, /The plate/)
    assert.match(noteOf(notes, 'validation_message', at('0].options.customValidationMessages')).message, /Say which plate/)
    noteOf(notes, 'unknown_property', at('0].options.customValidation'))
    noteOf(notes, 'unknown_property', at('0].options.suffix'))
    noteOf(notes, 'unknown_property', at('1].options.isInternational'))
    noteOf(notes, 'unknown_property', at('2].options.maxDaysInPast'))
    noteOf(notes, 'unknown_property', at('3].schema.max'))
    noteOf(notes, 'unknown_property', at('3].content'))
    noteOf(notes, 'unknown_property', at('4].title'))
    noteOf(notes, 'unknown_property', 'pages[0].options')
    noteOf(notes, 'unknown_property', 'pages[0].backLinkText')
    noteOf(notes, 'unknown_controller', 'pages[0].controller')
    assert.ok(noteOf(notes, 'unknown_property', 'pages[0].words').message.includes(long))
    assert.match(noteOf(notes, 'presentation', 'phaseBanner.feedbackUrl').message, /example\.org\/say/)
    noteOf(notes, 'unknown_property', 'options')
  })

  it('names conditions that nobody can read, without closing the form behind them', () => {
    const pages = [
      page('/kind', 'Kind', [component('RadiosField', 'boatKind', 'Which kind?', { list: 'l1' })]),
      page('/stop', 'Stop here', [{ type: 'Markdown', content: 'You cannot go on.' }], {
        controller: 'TerminalPageController',
        condition: 'missing',
      }),
      page('/early', 'Too early', [{ type: 'Markdown', content: 'You may not go on.' }], {
        controller: 'TerminalPageController',
        condition: 'early',
      }),
      page('/last', 'Last', [component('TextField', 'lastWords', 'Last words?')]),
    ]
    const conditions = [
      {
        id: 'early',
        displayName: 'early',
        items: [{ id: 'x', componentId: 'c-lastWords', operator: 'is', type: 'StringValue', value: 'no' }],
      },
    ]
    const { definition, notes } = read(v2(pages, { conditions, lists: [list([choice('a'), choice('b')])] }), 'defra')
    assert.equal(pageOf(definition, 'last').when, undefined)
    assert.equal(definition.rules.eligibility.length, 0)
    noteOf(notes, 'terminal_unknown', 'pages[1]')
    noteOf(notes, 'terminal_unknown', 'pages[2]')
  })

  it('says that texts of the start and the summary are always shown', () => {
    const conditions = [
      {
        id: 'k1',
        displayName: 'is a',
        items: [{ id: 'x', componentId: 'c-boatKind', operator: 'is', type: 'ListItemRef', value: { listId: 'l1', itemId: 'i-a' } }],
      },
    ]
    const form = v2([page('/kind', 'Kind', [component('RadiosField', 'boatKind', 'Which kind?', { list: 'l1' })])], {
      conditions,
      lists: [list([choice('a'), choice('b')])],
    })
    const last = { ...summary, components: [{ type: 'Markdown', content: 'I tell the truth.', options: { condition: 'k1' } }] }
    const { definition, notes } = read({ ...form, pages: [...(form['pages'] as object[]).slice(0, -1), last] }, 'defra')
    assert.equal(definition.form.declaration?.['en'], 'I tell the truth.')
    assert.match(noteOf(notes, 'text_condition', 'pages[1].components[0]').message, /boatKind|boat_kind|is a|k1/)
  })
})

describe('languages of a Defra form', () => {
  const form = (language: string, translations: object): object =>
    v2(
      [
        page('/kind', 'Math o gwch', [
          component('RadiosField', 'boatKind', 'Pa fath?', { hint: 'Dewiswch un', list: 'l1' }),
          { id: 'm1', type: 'Markdown', content: 'Darllenwch hyn.' },
        ]),
      ],
      { lists: [list([choice('a'), choice('b')])], metadata: { language, translations } },
    )

  it('are the one that it names, and those it is translated into', () => {
    const { definition } = read(
      form('cy', {
        'en-GB': {
          pages: { 'p/kind': { title: 'Kind of boat' } },
          components: { 'c-boatKind': { title: 'Which kind?', hint: 'Choose one' }, m1: { content: 'Read this.' } },
          listItems: { 'i-a': { text: 'First' } },
        },
      }),
      'defra',
    )
    assert.deepEqual(definition.languages, ['cy', 'en'])
    const [only] = definition.form.pages
    assert.deepEqual(only?.title, { cy: 'Math o gwch', en: 'Kind of boat' })
    assert.deepEqual(only?.statements?.[0]?.text, { cy: 'Darllenwch hyn.', en: 'Read this.' })
    const [question] = only?.questions ?? []
    assert.deepEqual(
      [question?.label, question?.hint],
      [
        { cy: 'Pa fath?', en: 'Which kind?' },
        { cy: 'Dewiswch un', en: 'Choose one' },
      ],
    )
    assert.deepEqual(question?.options?.[0]?.label, { cy: 'Choice a', en: 'First' })
    assert.deepEqual(definition.title, { cy: 'Small boats' })
  })

  it('are only those of which a word is used; the others are told', () => {
    const { definition, notes } = read(
      form('en', {
        cy: { pages: { 'p/kind': { title: 'Math o gwch', heading: 'Pennawd' } } },
        fr: { pages: { 'p/gone': { title: 'Plus rien' } }, components: { m1: 'Lisez ceci.' } },
      }),
      'defra',
    )
    assert.deepEqual(definition.languages, ['en', 'cy'])
    for (const [path, words] of [
      ['cy.pages.p/kind.heading', 'Pennawd'],
      ['fr.pages.p/gone.title', 'Plus rien'],
      ['fr.components.m1', 'Lisez'],
    ] as const)
      assert.ok(noteOf(notes, 'language', `metadata.translations.${path}`).message.includes(words))
  })

  it('are English, said so, where the tag is none of a language', () => {
    const { definition, notes } = read(form('x-pirate', { '!': { pages: { 'p/kind': { title: 'Arrr' } } } }), 'defra')
    assert.deepEqual(definition.languages, ['en'])
    noteOf(notes, 'language', 'metadata.language')
    assert.match(noteOf(notes, 'language', 'metadata.translations.!').message, /Arrr/)
  })
})
