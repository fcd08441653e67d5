import type { Words } from '../../../kernel/text.ts'
import type { QuestionKind } from '../schema.ts'
import type { Field } from './compare.ts'
import type { Conditions } from './defra-conditions.ts'
import { wordsOf, type OptionInput, type ValidationInput } from './draft.ts'
import { hasHtml, htmlToMarkdown, htmlToText } from './html.ts'
import { asText, isObject, type Json, listAt, objectAt, textAt } from './json.ts'
import { isTellingName, type Names, slug, slugOfName } from './names.ts'
import { type Notes, shorten } from './notes.ts'

/** What is known while the pages of a Defra form are read. */
export type DefraContext = {
  readonly notes: Notes
  readonly names: Names
  readonly lists: ReadonlyMap<string, Json>
  readonly usedLists: Set<string>
  /** Questions by what conditions call them. */
  readonly fields: Map<string, Field>
  readonly validations: ValidationInput[]
  readonly validationNames: Names
  conditions(): Conditions
}

/** A page as its components see it. */
export type DefraPlace = { section: string; slug: string }

/** English words without HTML; undefined when nothing is said. */
export function english(text: string): Words | undefined {
  return wordsOf({ en: hasHtml(text) || text.includes('&') ? htmlToText(text) : text })
}

/** HTML or plain content as English Markdown; what Markdown cannot say is reported. */
export function markdown(content: string, path: string, notes: Notes): Words | undefined {
  const { text, lost } = htmlToMarkdown(content)
  if (lost.length > 0) notes.add(path, 'html', `left out of the text, because Markdown has no place for it: ${lost.join(', ')}`)
  return wordsOf({ en: text })
}

/** Markdown as it is; raw HTML in it is turned to Markdown. */
export function cleanMarkdown(content: string, path: string, notes: Notes): Words | undefined {
  if (!hasHtml(content)) return wordsOf({ en: content })
  notes.add(path, 'html', 'HTML inside Markdown was turned to Markdown')
  return markdown(content.replaceAll(/\r?\n\s*\r?\n/g, '<p>'), path, notes)
}

/** An id for a component's question, and the question's place in what conditions may read. */
export function nameQuestion(component: Json, kind: QuestionKind, place: DefraPlace, context: DefraContext): string {
  const name = textAt(component, 'name')
  const title = slug(textAt(component, 'title'))
  const own = isTellingName(name) ? slugOfName(name) : ''
  const stem = own || title || slugOfName(name)
  const id = context.names.give([stem, place.slug === '' ? '' : `${place.slug}_${stem}`.slice(0, 58)])
  const field: Field = { id, kind }
  for (const key of [textAt(component, 'id'), name, place.section === '' ? '' : `${place.section}.${name}`]) {
    if (key !== '' && key !== '.' && !context.fields.has(key)) context.fields.set(key, field)
  }
  return id
}

/** The list that a component names, by name or id. */
export function listOf(component: Json, context: DefraContext): Json | undefined {
  const name = textAt(component, 'list') || textAt(objectAt(component, 'list'), 'name') || textAt(objectAt(component, 'values'), 'listName')
  const list = context.lists.get(name)
  if (list) context.usedLists.add(textAt(list, 'name') || name)
  return list
}

/** The items of a list. */
export function itemsOfList(list: Json): Json[] {
  return listAt(list, 'items').filter(isObject)
}

/** The options of a list: values as they are, as texts. */
export function optionsOf(list: Json, path: string, context: DefraContext): OptionInput[] {
  const options: OptionInput[] = []
  for (const item of itemsOfList(list)) {
    const value = itemValue(item)
    const label = english(textAt(item, 'text')) ?? wordsOf({ en: value })
    if (value === '' || !label) continue
    if (options.some((option) => option.value === value)) {
      context.notes.add(path, 'option', `the option "${shorten(value, 60)}" is in its list twice: the second is left out`)
      continue
    }
    const hint = english(textAt(objectAt(item, 'hint'), 'text') || textAt(item, 'hint') || textAt(item, 'description'))
    if (textAt(item, 'condition') !== '') {
      context.notes.add(
        path,
        'option_condition',
        `option "${shorten(value, 60)}" is always offered: its condition "${textAt(item, 'condition')}" is left out`,
      )
    }
    options.push({ value: value.slice(0, 200), label, ...(hint ? { hint } : {}) })
  }
  return options
}

/** The value of an item of a list, as a text. */
export function itemValue(item: Json): string {
  const value = item['value']
  return typeof value === 'boolean' ? String(value) : asText(value)
}
