import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { errorOf, questionsOf, read, readOrRefuse } from './formreading.ts'

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

const rowsOf = (id: number, ids: number[]): object =>
  template([element(id, 'dynamicRow', 'Rows', { subElements: ids.map((each) => element(each, 'textField', `T${each}`)) })])

describe('GC Forms templates', () => {
  const broken: Readonly<Record<string, RegExp>> = {
    'brokenFormTemplate.json': /subElements\[1\] has the id 22, which .*subElements\[0\] has too/,
    'conditionalInputHistoryEmptySimple.json': /no "titleEn" and no "titleFr"/,
    'duplicateElementIds.json': /elements\[1\] has the id 1, which elements\[0\] has too/,
    'filterValuesByShownElements.json': /no "titleEn" and no "titleFr"/,
    'formDelayElements.json': /no "titleEn" and no "titleFr"/,
    'getRulesElementsHiddenRemoved.json': /no "titleEn" and no "titleFr"/,
    'invalidSubElementIds.json': /has the id 2301, which does not begin with the id 22 of its row/,
    'tsbDisableFooterGCBranding.json': /no question/,
  }
  const whole = ['attestationTestForm', 'publishTestForm', 'sections-out-of-order', 'showHideTest', 'testDataWithGroups', 'textFieldTestForm', 'validFormTemplateWithHTMLInDynamicRow'].map((name) => `${name}.json`) // prettier-ignore

  it('reads the real templates and refuses the broken ones', (t) => {
    const folder = formsOf(t, 'gc-forms')
    if (!folder) return
    const files = readdirSync(folder).filter((name) => name.endsWith('.json'))
    for (const file of files) {
      const text = readFileSync(join(folder, file), 'utf8')
      const reason = broken[file]
      if (reason) assert.match(errorOf(text, 'gc-forms'), reason, file)
      else if (whole.includes(file)) read(text, 'gc-forms', file)
      else readOrRefuse(text, 'gc-forms', file)
    }
    assert.deepEqual(
      whole.filter((file) => !files.includes(file)),
      [],
    )
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

  it('leaves the form open where the choice that leaves it cannot be read', () => {
    const elements = [element(1, 'radio', 'Which way?', choices('Left', 'Right')), element(2, 'textField', 'Left one')]
    const group = (ids: string[], nextAction: unknown): object => ({ name: 'Group', titleEn: '', titleFr: '', elements: ids, nextAction })
    const groups = (choiceId: string): object => ({
      start: group(['1'], [{ groupId: 'a', choiceId: '1.0' }, { groupId: 'exit', choiceId }]),
      a: group(['2'], 'review'),
      review: group([], 'end'),
      end: group([], undefined),
    }) // prettier-ignore
    const closed = read(template(elements, { groups: groups('1.1') }), 'gc-forms')
    assert.equal(closed.definition.rules.eligibility.length, 1)
    const { definition, notes } = read(template(elements, { groups: groups('1.7') }), 'gc-forms')
    assert.equal(definition.rules.eligibility.length, 0)
    assert.equal(notes.filter((note) => note.code === 'terminal_unknown').length, 1)
  })

  it('takes a way to a group that is not there to the group that follows', () => {
    const elements = [
      element(1, 'radio', 'Which way?', choices('Left', 'Right')),
      element(2, 'textField', 'Left one'),
      element(3, 'textField', 'Last one'),
    ]
    const group = (ids: string[], nextAction: unknown, title = ''): object => ({
      name: 'Group', titleEn: title, titleFr: '', elements: ids, nextAction,
    }) // prettier-ignore
    const groups = {
      start: group(['1'], [{ groupId: 'gone', choiceId: '1.0' }]),
      a: group(['2'], 'gone too'),
      b: group([], 'c', 'Half way'),
      c: group(['3'], 'review', 'The last'),
      review: group([], 'end'),
      end: group([], undefined),
    }
    const { definition, notes } = read(template(elements, { groups }), 'gc-forms')
    assert.deepEqual(
      definition.form.pages.map((page) => [page.title['en'], page.when]),
      [
        ['Which way?', undefined],
        ['Group', undefined],
        ['Half way', undefined],
        ['The last', undefined],
      ],
    )
    for (const path of ['groups.start.nextAction[0]', 'groups.a.nextAction'])
      assert.ok(
        notes.some((note) => note.code === 'unknown_page' && note.path === path),
        JSON.stringify(notes),
      )
  })

  it('is in the languages that have words', () => {
    const french = (id: number): object => ({
      id,
      type: 'textField',
      properties: { titleEn: '', titleFr: `Question ${id}`, validation: { required: true } },
    })
    const { definition } = read({ titleEn: '', titleFr: 'Un formulaire', layout: [1, 2], elements: [french(1), french(2)] }, 'gc-forms')
    assert.deepEqual(definition.languages, ['fr'])
    assert.deepEqual(definition.title, { fr: 'Un formulaire' })
    assert.deepEqual([definition.id, questionsOf(definition)[0]?.id], ['un_formulaire', 'question_1'])
    const english = { ...element(1, 'textField', 'Name?', { titleFr: '' }) }
    assert.deepEqual(read({ titleEn: 'A form', titleFr: '', layout: [1], elements: [english] }, 'gc-forms').definition.languages, ['en'])
  })

  it('reports what an element says beyond its type', () => {
    const extra = { questionId: 'q-1', tags: ['person'], key: 'k', charLimit: 5, headingLevel: 'h2', isSectional: true }
    const { definition, notes } = read(
      template([
        element(1, 'textField', 'Text', { ...extra, useThousandsSeparator: true }),
        element(2, 'numberInput', 'Number', { useThousandsSeparator: true, stepCount: 0.001 }),
        element(3, 'name', 'Whole name', { descriptionEn: 'As on your card', validation: { required: true, maxLength: 30 } }),
        element(5, 'textField', 'How many', {
          validation: { required: true, type: 'number', maxLength: 7, regex: '^[1-9]+$', descriptionEN: 'Not nothing' },
        }),
        element(4, 'contact', 'Contact', {
          descriptionEn: 'So that we reach you',
          placeholderEn: 'Anything',
          validation: { maxLength: 40 },
        }),
      ]),
      'gc-forms',
    )
    const properties = [...Object.keys(extra).map((key) => `elements[0].properties.${key}`), 'elements[0].properties.useThousandsSeparator', 'elements[1].properties.useThousandsSeparator'] // prettier-ignore
    for (const path of properties)
      assert.ok(
        notes.some((note) => note.code === 'unknown_property' && note.path === path),
        path,
      )
    const [, number, name] = questionsOf(definition)
    assert.equal(number?.decimals, 3)
    assert.deepEqual([name?.hint, name?.max_length], [{ en: 'As on your card' }, 30])
    for (const [key, value] of Object.entries({ maxLength: '7', regex: '^[1-9]+$', descriptionEN: 'Not nothing' })) {
      const note = notes.find((each) => each.path === `elements[3].properties.validation.${key}`)
      assert.ok(note?.message.includes(value), key)
    }
    const said = notes.filter((note) => note.path.startsWith('elements[4]')).map((note) => note.message)
    for (const text of ['So that we reach you', 'Anything', '40'])
      assert.ok(
        said.some((message) => message.includes(text)),
        text,
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

  it('takes rows whose questions are numbered from one', () => {
    const ids = Array.from({ length: 12 }, (_, index) => index + 1)
    assert.equal(questionsOf(read(rowsOf(1, ids), 'gc-forms').definition)[0]?.questions?.length, 12)
    assert.equal(questionsOf(read(rowsOf(1, [101, 102]), 'gc-forms').definition)[0]?.questions?.length, 2)
    assert.match(errorOf(rowsOf(1, [101, 2]), 'gc-forms'), /does not begin with the id 1/)
  })

  it('says why something is no template', () => {
    assert.match(errorOf({ titleEn: 'A' }, 'gc-forms'), /no list of "elements"/)
    assert.match(errorOf({ elements: [] }, 'gc-forms'), /no "titleEn"/)
    assert.match(errorOf(template([element(1, 'radio', 'A'), element(1, 'radio', 'B')]), 'gc-forms'), /elements\[1\] has the id 1/)
    assert.match(errorOf(template([element(1, 'textField', 'A')], { layout: [1, 7] }), 'gc-forms'), /layout\[1\] names the element 7/)
    assert.match(errorOf(template([element(1, 'richText', 'Only text')]), 'gc-forms'), /no question/)
    const rows = (...ids: number[]): object => rowsOf(2, ids)
    assert.match(errorOf(rows(201, 201), 'gc-forms'), /subElements\[1\] has the id 201/)
    assert.match(errorOf(rows(201, 301), 'gc-forms'), /does not begin with the id 2/)
  })
})
