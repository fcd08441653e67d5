import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { questionsOf, read } from './formreading.ts'

const component = (type: string, name: string, more: object = {}): object => ({
  type, id: `c-${name}`, name, title: name, shortDescription: '', hint: '', options: {}, schema: {}, ...more,
}) // prettier-ignore
const form = (...components: object[]): object => ({
  name: 'Small boats',
  engine: 'V2',
  schema: 2,
  startPage: '/you',
  pages: [
    { id: 'p1', path: '/you', title: 'You', components, next: [] },
    { id: 'ps', path: '/summary', title: '', controller: 'SummaryPageController' },
  ],
  conditions: [],
  sections: [],
  lists: [],
})

describe('what an imported form does not say of itself', () => {
  it('is who gets the mail: the only e-mail address asked for, else somebody must say', () => {
    const email = (name: string): object => component('EmailAddressField', name)
    const said = (...components: object[]): [unknown, string[]] => {
      const { definition, notes } = read(form(component('TextField', 'boatName'), ...components), 'defra')
      return [
        definition.form.contact,
        notes.filter((note) => note.code === 'contact').map((note) => note.message.split(' (')[0]?.slice(0, 42) ?? ''),
      ]
    }
    assert.deepEqual(said(email('yourEmail')), [{ email: 'your_email' }, ['the only e-mail address it asks for']])
    assert.deepEqual(said(email('landlordEmail'), email('yourEmail')), [undefined, ['asks for several e-mail addresses']])
    assert.deepEqual(said(), [undefined, ['asks for no e-mail address on a page: only']])
  })

  it('is how to appeal, which is to be written', () => {
    const { notes } = read(form(component('TextField', 'boatName')), 'defra')
    assert.equal(notes.filter((note) => note.code === 'appeal').length, 1)
  })

  it('leaves out patterns that take too long, and keeps the others', () => {
    const text = (name: string, regex: string, max: number): object => component('TextField', name, { schema: { regex, max } })
    const { definition, notes } = read(form(text('dear', '^(a?b?){200}.*$', 5_000), text('cheap', '^[a-z]+$', 50)), 'defra')
    assert.deepEqual(
      questionsOf(definition).map((question) => question.pattern !== undefined),
      [false, true],
    )
    assert.match(notes.find((note) => note.code === 'pattern')?.message ?? '', /"dear" is left out/)
  })
})
