import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { importForm, type Imported } from './import.ts'
import { questionsOf, read } from './formreading.ts'
import { milliseconds } from '../stopwatch.ts'

const field = (type: string, name: string, title: string, more: object = {}): object => ({
  type,
  id: name,
  name,
  title,
  options: {},
  schema: {},
  ...more,
})
const form = (pages: object[], lists: object[], conditions: object[]): object => ({
  engine: 'V2',
  name: 'Large',
  pages,
  lists,
  conditions,
  sections: [],
})
const test = (id: string, componentId: string, value: unknown, type: string): object => ({
  id,
  displayName: id,
  items: [{ id, componentId, operator: 'is', type, value }],
})

describe('large and entangled forms', () => {
  it('of 200 choices and 200 questions are read in a second or two, as pages, ways and questions', () => {
    const items = Array.from({ length: 200 }, (_, index) => ({ id: `i${index}`, text: `Choice ${index}`, value: `v${index}` }))
    const list = { id: 'l1', name: 'choices', title: 'Choices', type: 'string', items }
    const ask = { path: '/ask', title: 'Ask', components: [field('SelectField', 'bigChoice', 'Which?', { list: 'l1' })] }
    const conditions = items.map(({ id }) => test(`c-${id}`, 'bigChoice', { listId: 'l1', itemId: id }, 'ListItemRef'))
    const opened = (id: string): object => field('TextField', `question-${id}`, `Question ${id}`, { options: { condition: `c-${id}` } })
    const all = { path: '/all', title: 'All', components: items.map(({ id }) => opened(id)) }
    const pages = items.slice(0, 198).map(({ id }) => ({ path: `/p-${id}`, title: id, condition: `c-${id}`, components: [field('TextField', `question-${id}`, id)] })) // prettier-ignore
    const choices = items.map(({ text }) => ({ en: text, fr: '' }))
    const elements = [
      { id: 1, type: 'dropdown', properties: { titleEn: 'Which?', validation: { required: true }, choices } },
      ...items.map(({ text }, index) => ({
        id: index + 2,
        type: 'textField',
        properties: { titleEn: `About ${text}`, validation: { required: true }, conditionalRules: [{ choiceId: `1.${index}` }] },
      })),
    ]
    const imported = (...own: object[]): Imported =>
      importForm(JSON.stringify(form([ask, ...own], [list], conditions)), { from: 'defra', file: 'form.json', agency: 'front_office' })
    const found: Imported[] = []
    const took = milliseconds(() => {
      found.push(imported(all), imported(...pages))
      const { definition } = read({ titleEn: 'Large', layout: elements.map(({ id }) => id), elements }, 'gc-forms')
      assert.equal(questionsOf(definition).at(-1)?.when, 'which = "choice_199"')
    }, 1)
    const [one, many] = found
    assert.ok(one && many && !('error' in one) && !('error' in many))
    assert.equal(questionsOf(one.definition).find((each) => each.id === 'question_i199')?.when, 'big_choice = "v199"')
    assert.equal(many.definition.form.pages.at(-1)?.when, 'big_choice = "v197"')
    assert.ok(took < 8_000, `it took ${took} ms`)
  })

  it('lose only the conditions that cannot be written', () => {
    const count = 24
    const names = Array.from({ length: count * 2 }, (_, index) => `answer${index}`)
    const yes = names.map((name) => test(`y-${name}`, name, 'true', 'BooleanValue'))
    const pairs = names.slice(0, count).map((name, index) => ({
      id: `pair-${index}`,
      displayName: `pair ${index}`,
      coordinator: 'and',
      items: [name, names[index + count] ?? ''].map((each) => ({ id: `${index}-${each}`, conditionId: `y-${each}` })),
    }))
    const any = { id: 'any', displayName: 'any', coordinator: 'or', items: pairs.map(({ id }) => ({ id: `any-${id}`, conditionId: id })) }
    const pages = [
      { path: '/ask', title: 'Ask', components: names.map((name) => field('YesNoField', name, `Is it ${name}?`)) },
      { path: '/any', title: 'Any', condition: 'any', components: [field('TextField', 'anyWords', 'Any words?')] },
      { path: '/first', title: 'First', condition: 'y-answer0', components: [field('TextField', 'firstWords', 'First words?')] },
    ]
    const { definition, notes } = read(form(pages, [], [...yes, ...pairs, any]), 'defra')
    const whenOf = (id: string): string | undefined => definition.form.pages.find((page) => page.id === id)?.when
    assert.deepEqual([whenOf('any'), whenOf('first')], [undefined, 'answer0 = true'])
    assert.deepEqual(
      notes.filter((note) => note.code.startsWith('condition_too')).map((note) => [note.code, note.path]),
      [['condition_too_entangled', 'pages[1].condition']],
    )
  })
})
