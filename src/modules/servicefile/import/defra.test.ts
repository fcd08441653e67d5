import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import type { Answers } from '../answers.ts'
import { fillIn } from '../fillin.ts'
import { compileService } from '../service.ts'
import { errorOf, pageOf, questionsOf, read, readOrRefuse } from './formreading.ts'

/** A folder with real forms of other engines: `govuk-defra/*.json` and `gc-forms/*.json`. */
const realForms = join(process.env['STOA_SHARED_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data'), 'forms')

/** The folder of the real forms of an engine; without it the test is skipped. */
function formsOf(t: TestContext, folder: string): string | null {
  const path = join(realForms, folder)
  if (existsSync(path)) return path
  t.skip(`SKIPPED: the shared real forms are not here (set STOA_SHARED_DATA): ${folder}`)
  return null
}

const field = (type: string, name: string, title: string, more: object = {}): object => ({
  type,
  name,
  title,
  options: {},
  schema: {},
  ...more,
})
const when = (name: string, fieldName: string, operator: string, value: unknown, type = 'TextField'): object => ({
  name,
  displayName: name,
  value: { name, conditions: [{ field: { name: fieldName, type, display: fieldName }, operator, value }] },
})
const is = (value: string): object => ({ type: 'Value', value, display: value })

describe('forms of the Defra forms engine', () => {
  it('reads the real forms, and checks them', (t) => {
    const folder = formsOf(t, 'govuk-defra')
    if (!folder) return
    const known = ['components.json', 'report-a-terrorist.json', 'runner-components-test.json', 'test.json']
    for (const file of known) read(readFileSync(join(folder, file), 'utf8'), 'defra', file)
    for (const file of readdirSync(folder).filter((name) => /\.(json|ya?ml)$/.test(name) && !known.includes(name))) {
      readOrRefuse(readFileSync(join(folder, file), 'utf8'), 'defra', file)
    }
  })

  it('turns the ways of a form into conditions of pages', (t) => {
    const folder = formsOf(t, 'govuk-defra')
    if (!folder) return
    const { definition } = read(readFileSync(join(folder, 'test.json'), 'utf8'), 'defra', 'test.json')
    assert.equal(pageOf(definition, 'no_uk_passport').when, 'uk_passport = false')
    assert.equal(pageOf(definition, 'how_many_people').when, 'uk_passport = true')
    assert.equal(pageOf(definition, 'applicant_two').when, 'number(number_of_applicants) > 1')
    assert.equal(pageOf(definition, 'applicant_four_address').when, 'number(number_of_applicants) > 3')
    assert.equal(pageOf(definition, 'contact_details').when, 'uk_passport = true')
    assert.equal(questionsOf(definition).find((each) => each.id === 'number_of_applicants')?.options?.length, 4)
    assert.ok(definition.form.declaration?.['en']?.startsWith('All the answers'))
  })

  it('shows exactly the pages of as many applicants as there are', (t) => {
    const folder = formsOf(t, 'govuk-defra')
    if (!folder) return
    const { definition } = read(readFileSync(join(folder, 'test.json'), 'utf8'), 'defra', 'test.json')
    const service = compileService(definition)
    const pagesOf = (answers: Answers): string[] => fillIn(service, '2026-03-02', {}, answers).pages.map((page) => page.id)
    const applicants = ['one', 'two', 'three', 'four'].map((name) => [`applicant_${name}`, `applicant_${name}_address`])
    for (const number of [1, 2, 3, 4]) {
      const expected = ['uk_passport', 'how_many_people', ...applicants.slice(0, number).flat(), 'contact_details']
      assert.deepEqual(pagesOf({ uk_passport: true, number_of_applicants: String(number) }), expected)
    }
    assert.deepEqual(pagesOf({ uk_passport: false }), ['uk_passport', 'no_uk_passport'])
    assert.equal(fillIn(service, '2026-03-02', {}, { uk_passport: false }).eligible, false)
  })

  it('knows each operator, written as data and as text', () => {
    const conditions = [
      when('longer', 'nickname', 'is longer than', is('3')),
      when('not', 'nickname', 'is not', is('Sam')),
      when('many', 'petsOwned', 'contains', is('dog'), 'CheckboxesField'),
      when('none', 'petsOwned', 'does not contain', is('dog'), 'CheckboxesField'),
      when('least', 'howOften', 'is at least', is('2'), 'NumberField'),
      when('before', 'birthday', 'is before', is('2000-01-01'), 'DatePartsField'),
      when(
        'adult',
        'birthday',
        'is at least',
        { type: 'RelativeDate', period: '18', unit: 'years', direction: 'in the past' },
        'DatePartsField',
      ),
      { name: 'text', displayName: 'text', value: "(nickname == 'Sam' or length(nickname) > 5) and not (howOften < 2)" },
      {
        name: 'ref',
        displayName: 'ref',
        value: {
          name: 'ref',
          conditions: [
            { conditionName: 'longer', conditionDisplayName: 'longer' },
            { coordinator: 'or', conditions: [{ conditionName: 'least', conditionDisplayName: 'least' }] },
          ],
        },
      },
    ]
    const names = ['longer', 'not', 'many', 'none', 'least', 'before', 'adult', 'text', 'ref']
    const pages = [
      {
        path: '/ask',
        title: 'Ask',
        components: [
          field('TextField', 'nickname', 'Nickname'),
          field('CheckboxesField', 'petsOwned', 'Pets', { list: 'pets' }),
          field('NumberField', 'howOften', 'How often', { schema: { precision: 0 } }),
          field('DatePartsField', 'birthday', 'Birthday'),
        ],
        next: [{ path: '/longer', condition: 'longer' }, { path: '/not' }],
      },
      ...names.map((name, index) => ({
        path: `/${name}`,
        title: name,
        components: [field('TextField', `${name}Detail`, name)],
        next:
          index + 2 < names.length
            ? [{ path: `/${names[index + 1]}`, condition: names[index + 1] }, { path: `/${names[index + 2]}` }]
            : index + 1 < names.length
              ? [{ path: `/${names[index + 1]}`, condition: names[index + 1] }]
              : [],
      })),
    ]
    const lists = [
      {
        name: 'pets',
        title: 'Pets',
        type: 'string',
        items: [
          { text: 'Dog', value: 'dog' },
          { text: 'Cat', value: 'cat' },
        ],
      },
    ]
    const { definition, notes } = read({ name: 'Pets', startPage: '/ask', pages, lists, sections: [], conditions }, 'defra')
    assert.equal(pageOf(definition, 'longer').when, 'string length(nickname) > 3')
    assert.deepEqual(
      notes.filter((note) => note.code === 'unreadable_condition'),
      [],
    )
  })

  it('reads engine V2: order, ids, repeated and terminal pages', () => {
    const list = {
      id: 'l1',
      name: 'kinds',
      title: 'Kinds',
      type: 'string',
      items: [
        { id: 'i1', text: 'Boat', value: 'boat' },
        { id: 'i2', text: 'Car', value: 'car' },
      ],
    }
    const pages = [
      {
        id: 'p1',
        path: '/kind',
        title: '',
        components: [{ id: 'c1', ...field('RadiosField', 'vehicleKind', 'What kind?', { list: 'l1' }) }],
      },
      {
        id: 'p2',
        path: '/stop',
        title: 'You cannot apply',
        controller: 'TerminalPageController',
        condition: 'k1',
        components: [{ type: 'Markdown', name: 'md', content: 'Cars need **another** form.' }],
      },
      {
        id: 'p3',
        path: '/crew',
        title: 'Crew',
        controller: 'RepeatPageController',
        repeat: { options: { name: 'crew', title: 'Member' }, schema: { min: 1, max: 5 } },
        components: [field('TextField', 'memberName', 'Name'), field('FileUploadField', 'photo', 'Photo')],
      },
      { id: 'p4', path: '/summary', title: 'Summary', controller: 'SummaryPageController', components: [] },
    ]
    const conditions = [
      {
        id: 'k1',
        displayName: 'is a car',
        items: [{ id: 'x', componentId: 'c1', operator: 'is', type: 'ListItemRef', value: { listId: 'l1', itemId: 'i2' } }],
      },
    ]
    const { definition, notes } = read({ engine: 'V2', name: 'Boats', pages, lists: [list], sections: [], conditions }, 'defra')
    assert.equal(pageOf(definition, 'stop').when, 'vehicle_kind = "car"')
    assert.equal(pageOf(definition, 'crew').when, 'vehicle_kind != "car"')
    assert.equal(pageOf(definition, 'crew').questions[0]?.kind, 'repeating_group')
    assert.deepEqual(
      definition.rules.eligibility.map((each) => each.id),
      ['not_stop'],
    )
    assert.ok(notes.some((note) => note.code === 'row_question'))
  })

  it('reads every kind of component and reports what it does not know', () => {
    const types = [
      'TextField',
      'MultilineTextField',
      'NumberField',
      'EmailAddressField',
      'TelephoneNumberField',
      'DatePartsField',
      'MonthYearField',
      'YesNoField',
      'UkAddressField',
      'FileUploadField',
      'DeclarationField',
      'EastingNorthingField',
      'OsGridRefField',
      'NationalGridFieldNumberField',
      'LatLongField',
      'HiddenField',
      'PaymentField',
      'UnheardOfField',
    ]
    const components = [
      ...types.map((type, index) => field(type, `answerName${index}`, type, { content: 'Text' })),
      field('TextField', 'plateNumber', 'Plate', { schema: { regex: '^(?=A)[A-Z]+$' } }),
      { type: 'Html', name: 'html', content: '<p>Read <a href="https://example.org">this</a> &amp; more<script>x</script></p>' },
    ]
    const { definition, notes } = read(
      { name: 'All', pages: [{ path: '/all', title: 'All', components, next: [] }], lists: [], sections: [] },
      'defra',
    )
    assert.equal(questionsOf(definition).length, types.length - 2 + 1)
    for (const code of ['component', 'pattern', 'html'])
      assert.ok(
        notes.some((note) => note.code === code),
        code,
      )
  })

  it('goes forward only: loops and lost pages are reported', () => {
    const pages = [
      { path: '/one', title: 'One', components: [field('YesNoField', 'goOnward', 'Go on?')], next: [{ path: '/two' }] },
      {
        path: '/two',
        title: 'Two',
        components: [field('YesNoField', 'addAnother', 'Another?')],
        next: [{ path: '/one', condition: 'more' }, { path: '/three' }],
      },
      { path: '/three', title: 'Three', components: [field('TextField', 'lastWords', 'Last words')], next: [] },
      { path: '/lost', title: 'Lost', components: [field('TextField', 'lostWords', 'Lost')], next: [{ path: '/three' }] },
    ]
    const { definition, notes } = read(
      {
        name: 'Loop',
        startPage: '/one',
        pages,
        lists: [],
        sections: [],
        conditions: [when('more', 'addAnother', 'is', is('true'), 'YesNoField')],
      },
      'defra',
    )
    assert.deepEqual(
      definition.form.pages.map((page) => [page.id, page.when]),
      [
        ['one', undefined],
        ['two', undefined],
        ['three', undefined],
      ],
    )
    for (const code of ['loop', 'unreachable_page'])
      assert.ok(
        notes.some((note) => note.code === code),
        code,
      )
  })

  it('leaves the form open at a dead end that nobody knows when to come to', () => {
    const stop = (condition: string): ReturnType<typeof read> => {
      const pages = [
        {
          path: '/one',
          title: 'One',
          components: [field('YesNoField', 'goOnward', 'Go on?')],
          next: [{ path: '/why', condition }, { path: '/two' }],
        },
        { path: '/why', title: 'Why', components: [field('TextField', 'whyNot', 'Why?')], next: [{ path: '/stop' }] },
        { path: '/stop', title: 'Stop', components: [{ type: 'Para', name: 'stop', content: 'You cannot go on.' }], next: [] },
        { path: '/two', title: 'Two', components: [field('TextField', 'lastWords', 'Last words')], next: [{ path: '/summary' }] },
        { path: '/summary', title: 'Summary', controller: './pages/summary.js', components: [], next: [] },
      ]
      const conditions = [when('more', 'goOnward', 'is', is('true'), 'YesNoField')]
      return read({ name: 'Stop', startPage: '/one', pages, lists: [], sections: [], conditions }, 'defra')
    }
    assert.equal(stop('more').definition.rules.eligibility.length, 1)
    const { definition, notes } = stop('missing')
    assert.equal(definition.rules.eligibility.length, 0)
    assert.equal(notes.filter((note) => note.code === 'terminal_unknown').length, 1)
  })

  it('says why something is no form', () => {
    assert.match(errorOf('{', 'defra'), /not JSON/)
    assert.match(errorOf([], 'defra'), /not a JSON object/)
    assert.match(errorOf({ elements: [] }, 'defra'), /no list of "pages"/)
    assert.match(errorOf({ pages: [{ path: '/a' }, { path: '/a' }] }, 'defra'), /pages\[1\] has the path "\/a"/)
    assert.match(errorOf({ pages: [{ path: '/a', title: 'A' }] }, 'defra'), /no question/)
  })
})
