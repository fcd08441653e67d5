import type { Words } from '../../../kernel/text.ts'
import { createConditions, type Conditions } from './defra-conditions.ts'
import { type DefraContext, firstSaid, itemValue, itemsOfList, said } from './defra-context.ts'
import { createDefraSteps, type DefraPage, isLinear, roleOf } from './defra-pages.ts'
import { createWords, eachWord, joinWords, markdownWords } from './defra-words.ts'
import { type Draft, NotImportable } from './draft.ts'
import { inOrder, type Step } from './graph.ts'
import { isObject, type Json, listAt, objectAt, saysNothing, textAt } from './json.ts'
import { layOut } from './layout.ts'
import { createNames, slug, slugOfName } from './names.ts'
import { createNotes, type Notes, reportUnknown, shorten } from './notes.ts'

const known = ['engine', 'schema', 'name', 'title', 'startPage', 'pages', 'lists', 'sections', 'conditions', 'declaration', 'version', 'id', 'phaseBanner', 'metadata'] // prettier-ignore

/**
 * Reads a form of @defra/forms-engine-plugin (engines V1 and V2). Throws `NotImportable` when it is none. `file`
 * names the form when it has no name of its own.
 */
export function readDefra(source: Json, file: string, notes: Notes): Draft {
  const form = unwrap(source, notes)
  const pages = readPages(form)
  const context = createContext(form, notes)
  const sections = readSections(form, context)
  const built = createDefraSteps(form, pages, sections, context)
  const start = startOf(form, pages, notes)
  const ordered = inOrder(built.steps, start, notes)
  const { pages: laidOut, eligibility } = layOut(ordered, notes)
  reportRest(form, context, sections, ordered)
  const declaration = markdownWords(context.words.at(form, 'declaration', ''), notes)
  const title = titleOf(form, pages, file, context)
  context.words.reportUnused()
  return {
    languages: context.words.languages,
    title,
    description: joinWords(built.description, '\n\n'),
    declaration: joinWords([declaration, ...built.declaration], '\n\n'),
    sections: sections.map(({ id, title }) => ({ id, title })),
    pages: laidOut,
    eligibility,
    validations: context.validations,
  }
}

/** Forms are also kept inside a record of them: the definition is under one of a few keys. */
function unwrap(source: Json, notes: Notes): Json {
  if (Array.isArray(source['pages'])) return source
  for (const key of ['configuration', 'definition', 'live', 'draft', 'form', 'value']) {
    const inner = source[key]
    if (!isObject(inner) || !Array.isArray(inner['pages'])) continue
    notes.add(key, 'wrapped', `the form is the one under "${key}"; what stands beside it is left out`)
    return textAt(inner, 'name') === '' && textAt(source, 'name') !== '' ? { ...inner, name: source['name'] } : inner
  }
  throw new NotImportable('it has no list of "pages": it is no form of the Defra forms engine')
}

function readPages(form: Json): DefraPage[] {
  const seen = new Map<string, number>()
  const pages = listAt(form, 'pages').map((page, index): DefraPage => {
    const path = `pages[${index}]`
    if (!isObject(page)) throw new NotImportable(`${path} is not an object`)
    const key = textAt(page, 'path')
      .replace(/^\/*/, '/')
      .replace(/(.)\/+$/, '$1')
    if (key === '/') throw new NotImportable(`${path} has no "path"`)
    const before = seen.get(key)
    if (before !== undefined) throw new NotImportable(`${path} has the path "${key}", which pages[${before}] has too`)
    if (page['components'] !== undefined && !Array.isArray(page['components'])) throw new NotImportable(`${path}.components is not a list`)
    for (const [at, component] of listAt(page, 'components').entries()) {
      if (!isObject(component)) throw new NotImportable(`${path}.components[${at}] is not an object`)
    }
    seen.set(key, index)
    return { key, path, page, role: roleOf(page) }
  })
  if (pages.length === 0) throw new NotImportable('its list of "pages" is empty')
  return pages
}

function createContext(form: Json, notes: Notes): DefraContext {
  const lists = new Map<string, Json>()
  for (const list of listAt(form, 'lists').filter(isObject)) {
    for (const key of [textAt(list, 'name'), textAt(list, 'id')]) if (key !== '' && !lists.has(key)) lists.set(key, list)
  }
  let conditions: Conditions | null = null
  const context: DefraContext = {
    notes,
    words: createWords(form, notes),
    allLists: listAt(form, 'lists'),
    names: createNames(),
    lists,
    usedLists: new Set(),
    fields: new Map(),
    validations: [],
    validationNames: createNames(),
    conditions: () => (conditions ??= createConditions(form, lookup, notes)),
  }
  const lookup = {
    field: (name: string) => context.fields.get(name) ?? context.fields.get(name.split('.').at(-1) ?? name),
    listValue: (listId: string, itemId: string) => {
      const list = lists.get(listId)
      const item = list && itemsOfList(list).find((each) => textAt(each, 'id') === itemId)
      return item && itemValue(item)
    },
  }
  return context
}

type Section = { id: string; title: Words; keys: string[]; path: string }

/** The sections of a form, under each name that pages call them by. */
function readSections(form: Json, context: DefraContext): Section[] {
  const names = createNames()
  return listAt(form, 'sections').flatMap((section, index): Section[] => {
    const path = `sections[${index}]`
    if (!isObject(section)) return []
    reportUnknown(context.notes, section, ['id', 'name', 'title'], path)
    const title = said(section, 'title', path, context) ?? said(section, 'name', path, context)
    const keys = [textAt(section, 'name'), textAt(section, 'id')].filter((key) => key !== '')
    if (!title || keys.length === 0) {
      if (!saysNothing(section))
        context.notes.add(path, 'unused_section', `a section without a title or a name is left out: ${JSON.stringify(section)}`)
      return []
    }
    return [{ id: names.give([slug(firstSaid(title)), slugOfName(keys[0] ?? '')]), title, keys, path }]
  })
}

/** Where a form begins: pages in order at the first of them, others where they say; never at a summary or a status page. */
function startOf(form: Json, pages: readonly DefraPage[], notes: Notes): string {
  const wanted = textAt(form, 'startPage').replace(/^\/*/, '/').replace(/(.)\/+$/, '$1') // prettier-ignore
  const isEnd = (page: DefraPage): boolean => page.role === 'summary' || page.role === 'status'
  const named = pages.find((page) => page.key === wanted)
  const first = pages.find((page) => !isEnd(page)) ?? pages[0]
  const linear = isLinear(form, pages)
  if (named && !isEnd(named) && (!linear || named === first)) return wanted
  const start = linear ? first : (pages.find((page) => page.role === 'start') ?? first)
  if (wanted !== '/' && !named)
    notes.add('startPage', 'start_page', `there is no page "${wanted}": the form begins at "${start?.key ?? ''}"`)
  else if (named && !isEnd(named))
    notes.add('startPage', 'start_page', `pages come in their order: the form begins at "${start?.key ?? ''}", not at "${wanted}"`)
  return start?.key ?? ''
}

function titleOf(form: Json, pages: readonly DefraPage[], file: string, context: DefraContext): Words {
  const { notes } = context
  const named = said(form, 'name', '', context) ?? said(form, 'title', '', context)
  if (named) return eachWord(named, (text) => shorten(text, 200)) ?? named
  const start = pages.find((page) => page.role === 'start')
  const started = start && said(start.page, 'title', start.path, { ...context, notes: createNotes() })
  const isTelling = started !== undefined && !/^(start( page)?|home|welcome|begin|introduction)$/i.test(firstSaid(started))
  const words = slug(file.replace(/^.*[\\/]/, '').replace(/\.[^.]*$/, ''), 100).replaceAll('_', ' ')
  const title = isTelling ? started : { [context.words.base]: `${words.charAt(0).toUpperCase()}${words.slice(1)}` || 'Imported form' }
  notes.add(
    'name',
    'title_assumed',
    `the form has no name: its title "${firstSaid(title)}" is taken from ${isTelling ? 'its start page' : 'its file'}`,
  )
  return title
}

function reportRest(form: Json, context: DefraContext, sections: readonly Section[], ordered: readonly Step[]): void {
  const { notes } = context
  reportUnknown(notes, form, known, '')
  for (const [key, value] of Object.entries(objectAt(form, 'phaseBanner'))) {
    if (saysNothing(value)) continue
    notes.add(`phaseBanner.${key}`, 'presentation', `"${key}" of the phase banner is left out: ${JSON.stringify(value)}`)
  }
  reportUnknown(notes, objectAt(form, 'metadata'), ['language', 'translations'], 'metadata')
  reportLists(form, context)
  for (const { path, name } of context.conditions().unused())
    notes.add(path, 'unused_condition', `condition "${name}" guards nothing and is left out`)
  const used = new Set(ordered.map((step) => step.section))
  for (const section of sections)
    if (!used.has(section.id))
      notes.add(section.path, 'unused_section', `section "${firstSaid(section.title)}" has no page and is left out`)
}

/** Lists that no question uses, and what the others and their items say beyond what the importer knows. */
function reportLists(form: Json, { notes, usedLists }: DefraContext): void {
  for (const [index, list] of listAt(form, 'lists').entries()) {
    if (!isObject(list)) continue
    const path = `lists[${index}]`
    const name = textAt(list, 'name')
    if (!usedLists.has(name) && !usedLists.has(textAt(list, 'id'))) {
      notes.add(path, 'unused_list', `list "${textAt(list, 'title') || name}" belongs to no question and is left out`)
      continue
    }
    reportUnknown(notes, list, ['id', 'name', 'title', 'type', 'items'], path)
    for (const [at, item] of itemsOfList(list).entries()) {
      const where = `${path}.items[${at}]`
      reportUnknown(notes, item, ['id', 'text', 'value', 'hint', 'description', 'condition', 'conditional', 'extensions'], where)
      reportUnknown(notes, objectAt(item, 'hint'), ['id', 'text'], `${where}.hint`)
      reportUnknown(notes, objectAt(item, 'conditional'), ['components'], `${where}.conditional`)
      for (const [which, extension] of listAt(item, 'extensions').entries()) {
        const isKnown = isObject(extension) && ['exclusive', 'additional-question'].includes(textAt(extension, 'type'))
        if (!isKnown && !saysNothing(extension))
          notes.add(
            `${where}.extensions[${which}]`,
            'unknown_property',
            `this extension is not known to the importer and is left out: ${JSON.stringify(extension)}`,
          )
      }
    }
  }
}
