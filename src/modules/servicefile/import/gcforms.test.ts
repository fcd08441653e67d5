import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { errorOf, questionsOf, read } from './formreading.ts'

/** A folder with real forms of other engines: `govuk-defra/*.json` and `gc-forms/*.json`. */
const realForms = join(process.env['STOA_SHARED_DATA'] ?? join(import.meta.dirname, '../../../../../shared/data'), 'forms')

/** The folder of the real forms of an engine; without it the test is skipped. */
function formsOf(t: TestContext, folder: string): string | null {
  const path = join(realForms, folder)
  if (existsSync(path)) return path
  t.skip(`SKIPPED: the shared real forms are not here (set STOA_SHARED_DATA): ${folder}`)
  return null
}

const element = (id: number, type: string, titleEn: string, more: object = {}): object => ({
  id,
  type,
  properties: { titleEn, titleFr: `${titleEn} (FR)`, validation: { required: true }, ...more },
})
const choices = (...words: string[]): object => ({ choices: words.map((word) => ({ en: word, fr: word && `${word} (FR)` })) })
const template = (elements: object[], more: object = {}): object => ({
  titleEn: 'A form',
  titleFr: 'Un formulaire',
  layout: elements.map((each) => ('id' in each ? each.id : 0)),
  elements,
  ...more,
})

describe('GC Forms templates', () => {
  const broken = [
    'brokenFormTemplate',
    'conditionalInputHistoryEmptySimple',
    'duplicateElementIds',
    'filterValuesByShownElements',
    'formDelayElements',
    'getRulesElementsHiddenRemoved',
    'invalidSubElementIds',
    'tsbDisableFooterGCBranding',
  ]

  it('reads the real templates and refuses the broken ones', (t) => {
    const folder = formsOf(t, 'gc-forms')
    if (!folder) return
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.json'))) {
      const text = readFileSync(join(folder, file), 'utf8')
      if (broken.includes(file.replace('.json', ''))) errorOf(text, 'gc-forms')
      else read(text, 'gc-forms', file)
    }
  })

  it('shows a question after the choice it depends on', () => {
    const form = template([
      element(1, 'radio', 'Are you moving?', choices('Yes', 'No')),
      element(2, 'textField', 'Where to?', { conditionalRules: [{ choiceId: '1.0' }] }),
    ])
    const { definition } = read(form, 'gc-forms')
    assert.deepEqual(
      definition.form.pages.map((page) => [page.id, page.when]),
      [
        ['are_you_moving', undefined],
        ['where_to', 'are_you_moving = "yes"'],
      ],
    )
    assert.deepEqual(definition.languages, ['en', 'fr'])
  })

  it('follows groups by the choices made', () => {
    const elements = [
      element(1, 'dropdown', 'Which way?', choices('', 'Left', 'Right')),
      element(2, 'textField', 'Left one'),
      element(3, 'checkbox', 'Right ones', choices('A', 'B')),
      element(4, 'textArea', 'Last one'),
    ]
    const group = (name: string, ids: string[], nextAction: unknown): object => ({
      name,
      titleEn: name,
      titleFr: name,
      elements: ids,
      nextAction,
    })
    const groups = {
      start: group(
        'Start',
        ['1'],
        [
          { groupId: 'a', choiceId: '1.1' },
          { groupId: 'b', choiceId: '1.2' },
        ],
      ),
      a: group('Left', ['2'], 'c'),
      b: group('Right', ['3'], 'c'),
      c: group('Both', ['4'], 'review'),
      review: group('Review', [], 'end'),
      end: group('End', [], undefined),
    }
    const { definition } = read(template(elements, { groups }), 'gc-forms')
    assert.deepEqual(
      definition.form.pages.map((page) => page.when),
      [undefined, 'which_way = "left"', 'which_way = "right"', undefined],
    )
  })

  it('reads every type of element', () => {
    const row = element(9, 'dynamicRow', 'People', {
      maxNumberOfRows: 3,
      subElements: [
        element(901, 'textField', 'Name'),
        element(902, 'fileInput', 'Photo'),
        element(903, 'richText', '', { descriptionEn: 'Text' }),
      ],
    })
    const types = [
      'textField',
      'textArea',
      'fileInput',
      'formattedDate',
      'numberInput',
      'address',
      'addressComplete',
      'name',
      'firstMiddleLastName',
      'contact',
      'departments',
      'unheardOf',
    ]
    const lists = ['radio', 'checkbox', 'dropdown', 'combobox', 'attestation'].map((type, index) =>
      element(30 + index, type, type, choices('One', 'Two')),
    )
    const checked = ['email', 'phone', 'number', 'date', 'alphanumeric'].map((type, index) =>
      element(50 + index, 'textField', `${type} text`, { validation: { required: true, type, maxLength: 40 } }),
    )
    const { definition, notes } = read(
      template([row, ...types.map((type, index) => element(10 + index, type, `${type} element`)), ...lists, ...checked]),
      'gc-forms',
    )
    const kinds = new Set(questionsOf(definition).map((question) => question.kind))
    for (const kind of [
      'text',
      'long_text',
      'file',
      'date',
      'decimal',
      'address',
      'phone',
      'email',
      'one_of',
      'many_of',
      'repeating_group',
    ] as const)
      assert.ok(kinds.has(kind), kind)
    assert.ok(notes.some((note) => note.code === 'row_question'))
    assert.equal(questionsOf(definition).find((question) => question.id === 'attestation')?.min_choices, 2)
  })

  it('says why something is no template', () => {
    assert.match(errorOf({ titleEn: 'A' }, 'gc-forms'), /no list of "elements"/)
    assert.match(errorOf({ elements: [] }, 'gc-forms'), /no "titleEn"/)
    assert.match(errorOf(template([element(1, 'radio', 'A'), element(1, 'radio', 'B')]), 'gc-forms'), /elements\[1\] has the id 1/)
    assert.match(errorOf(template([element(1, 'textField', 'A')], { layout: [1, 7] }), 'gc-forms'), /layout\[1\] names the element 7/)
    assert.match(errorOf(template([element(1, 'richText', 'Only text')]), 'gc-forms'), /no question/)
    const rows = (...ids: number[]): object =>
      template([element(2, 'dynamicRow', 'Rows', { subElements: ids.map((id) => element(id, 'textField', `T${id}`)) })])
    assert.match(errorOf(rows(201, 201), 'gc-forms'), /subElements\[1\] has the id 201/)
    assert.match(errorOf(rows(201, 301), 'gc-forms'), /does not begin with the id 2/)
  })
})
