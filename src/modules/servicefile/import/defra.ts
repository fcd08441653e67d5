import { createConditions, type Conditions } from './defra-conditions.ts'
import { type DefraContext, english, itemValue, itemsOfList, markdown } from './defra-context.ts'
import { createDefraSteps, type DefraPage, roleOf } from './defra-pages.ts'
import { type Draft, NotImportable, wordsOf } from './draft.ts'
import { inOrder, type Step } from './graph.ts'
import { isObject, type Json, listAt, textAt } from './json.ts'
import { layOut } from './layout.ts'
import { createNames, slug, slugOfName } from './names.ts'
import { type Notes, reportUnknown, shorten } from './notes.ts'

const known = [
  'engine',
  'schema',
  'name',
  'title',
  'startPage',
  'pages',
  'lists',
  'sections',
  'conditions',
  'declaration',
  'version',
  'id',
  'phaseBanner',
]

/**
 * Reads a form of @defra/forms-engine-plugin (engines V1 and V2). Throws `NotImportable` when it is none. `file`
 * names the form when it has no name of its own.
 */
export function readDefra(source: Json, file: string, notes: Notes): Draft {
  const form = unwrap(source, notes)
  const pages = readPages(form)
  const context = createContext(form, notes)
  const sections = readSections(form)
  const built = createDefraSteps(form, pages, sections, context)
  const start = startOf(form, pages, notes)
  const ordered = inOrder(built.steps, start, notes)
  const { pages: laidOut, eligibility } = layOut(ordered, notes)
  reportRest(form, context, sections, ordered)
  const declaration = markdown(textAt(form, 'declaration'), 'declaration', notes)
  const texts = [declaration?.['en'] ?? '', ...built.declaration]
  return {
    languages: ['en'],
    title: { en: titleOf(form, pages, file, notes) },
    description: wordsOf({ en: built.description.join('\n\n') }),
    declaration: wordsOf({ en: texts.filter((text) => text !== '').join('\n\n') }),
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

/** The sections of a form, under each name that pages call them by. */
function readSections(form: Json): Array<{ id: string; title: { en: string }; keys: string[]; path: string }> {
  const names = createNames()
  return listAt(form, 'sections').flatMap((section, index) => {
    if (!isObject(section)) return []
    const title = textAt(section, 'title') || textAt(section, 'name')
    const keys = [textAt(section, 'name'), textAt(section, 'id')].filter((key) => key !== '')
    if (title === '' || keys.length === 0) return []
    return [
      {
        id: names.give([slug(title), slugOfName(keys[0] ?? '')]),
        title: english(title) ? { en: english(title)?.['en'] ?? title } : { en: title },
        keys,
        path: `sections[${index}]`,
      },
    ]
  })
}

function startOf(form: Json, pages: readonly DefraPage[], notes: Notes): string {
  const wanted = textAt(form, 'startPage').replace(/^\/*/, '/')
  if (pages.some((page) => page.key === wanted)) return wanted
  const start = pages.find((page) => page.role === 'start') ?? pages[0]
  if (wanted !== '/') notes.add('startPage', 'start_page', `there is no page "${wanted}": the form begins at "${start?.key ?? ''}"`)
  return start?.key ?? ''
}

function titleOf(form: Json, pages: readonly DefraPage[], file: string, notes: Notes): string {
  const named = english(textAt(form, 'name') || textAt(form, 'title'))?.['en']
  if (named !== undefined) return shorten(named, 200)
  const started = english(textAt(pages.find((page) => page.role === 'start')?.page ?? {}, 'title'))?.['en'] ?? ''
  const isTelling = started !== '' && !/^(start( page)?|home|welcome|begin|introduction)$/i.test(started)
  const words = slug(file.replace(/^.*[\\/]/, '').replace(/\.[^.]*$/, ''), 100).replaceAll('_', ' ')
  const title = isTelling ? started : `${words.charAt(0).toUpperCase()}${words.slice(1)}` || 'Imported form'
  notes.add(
    'name',
    'title_assumed',
    `the form has no name: its title "${title}" is taken from ${isTelling ? 'its start page' : 'its file'}`,
  )
  return title
}

function reportRest(form: Json, context: DefraContext, sections: ReturnType<typeof readSections>, ordered: readonly Step[]): void {
  const { notes } = context
  reportUnknown(notes, form, known, '')
  const phase = form['phaseBanner']
  if (isObject(phase) && textAt(phase, 'phase') !== '')
    notes.add('phaseBanner', 'presentation', `the phase banner "${textAt(phase, 'phase')}" is left out`)
  for (const { path, name } of context.conditions().unused())
    notes.add(path, 'unused_condition', `condition "${name}" guards nothing and is left out`)
  for (const [index, list] of listAt(form, 'lists').entries()) {
    const name = isObject(list) ? textAt(list, 'name') : ''
    if (isObject(list) && !context.usedLists.has(name))
      notes.add(`lists[${index}]`, 'unused_list', `list "${textAt(list, 'title') || name}" belongs to no question and is left out`)
  }
  const used = new Set(ordered.map((step) => step.section))
  for (const section of sections)
    if (!used.has(section.id)) notes.add(section.path, 'unused_section', `section "${section.title.en}" has no page and is left out`)
}
