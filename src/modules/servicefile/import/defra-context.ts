import type { Words } from '../../../kernel/text.ts'
import type { QuestionKind } from '../schema.ts'
import type { Field } from './compare.ts'
import type { Conditions } from './defra-conditions.ts'
import { type DefraWords, joinWords, plainWords } from './defra-words.ts'
import { wordsOf, type OptionInput, type ValidationInput } from './draft.ts'
import { asText, isObject, type Json, listAt, objectAt, saysNothing, textAt } from './json.ts'
import { isTellingName, type Names, slug, slugOfName } from './names.ts'
import { type Notes, shorten } from './notes.ts'

/** What is known while the pages of a Defra form are read. */
export type DefraContext = {
  readonly notes: Notes
  readonly words: DefraWords
  readonly names: Names
  readonly lists: ReadonlyMap<string, Json>
  /** The lists as they stand in the form. */
  readonly allLists: readonly unknown[]
  readonly usedLists: Set<string>
  /** Questions by what conditions call them. */
  readonly fields: Map<string, Field>
  readonly validations: ValidationInput[]
  readonly validationNames: Names
  conditions(): Conditions
}

/** A page as its components see it. */
export type DefraPlace = { section: string; slug: string }

/** Words of one line that an object of the form says under a key. */
export function said(object: Json, key: string, path: string, context: Pick<DefraContext, 'words' | 'notes'>): Words | undefined {
  return plainWords(context.words.at(object, key, path), context.notes)
}

/** What words say in the form's own language, else in any; empty when there are none. */
export function firstSaid(words: Words | undefined): string {
  return Object.values(words ?? {})[0] ?? ''
}

/** An id for a component's question, and the question's place in what conditions may read. */
export function nameQuestion(component: Json, label: string, kind: QuestionKind, place: DefraPlace, context: DefraContext): string {
  const name = textAt(component, 'name')
  const title = slug(label)
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
  const where = pathOfList(list, path, context)
  for (const [index, item] of itemsOfList(list).entries()) {
    const at = `${where}.items[${index}]`
    const value = itemValue(item)
    const label = said(item, 'text', at, context) ?? wordsOf({ [context.words.base]: value })
    if (saysNothing(item)) continue
    if (value === '' || !label) {
      context.notes.add(at, 'option', `an option without a value is left out: ${JSON.stringify(item)}`)
      continue
    }
    if (options.some((option) => option.value === value)) {
      context.notes.add(path, 'option', `the option "${shorten(value, 60)}" is in its list twice: the second is left out`)
      continue
    }
    const texts = [said(objectAt(item, 'hint'), 'text', `${at}.hint`, context), said(item, 'hint', at, context)]
    const hint = joinWords(texts, ' ') ?? said(item, 'description', at, context)
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

/** Where a list stands in the form; the path of its component when that is not known. */
export function pathOfList(list: Json, otherwise: string, context: DefraContext): string {
  const index = context.allLists.indexOf(list)
  return index < 0 ? otherwise : `lists[${index}]`
}

/** The value of an item of a list, as a text. */
export function itemValue(item: Json): string {
  const value = item['value']
  return typeof value === 'boolean' ? String(value) : asText(value)
}
