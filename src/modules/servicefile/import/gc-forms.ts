import type { Words } from '../../../kernel/text.ts'
import { type Draft, NotImportable, wordsOf } from './draft.ts'
import { bilingual, bilingualMarkdown, type GcContext, itemsOfElement, ruleOfElement } from './gc-elements.ts'
import { createGcSteps, type Element } from './gc-pages.ts'
import { inOrder } from './graph.ts'
import { isObject, type Json, listAt, objectAt, textAt } from './json.ts'
import { layOut } from './layout.ts'
import { createNames } from './names.ts'
import { type Notes, reportUnknown, shorten } from './notes.ts'

const known = ['titleEn', 'titleFr', 'introduction', 'privacyPolicy', 'confirmation', 'closedMessage', 'layout', 'groups', 'groupsLayout', 'elements', 'lastGeneratedElementId', 'brand', 'formPurpose', 'version', 'id'] // prettier-ignore

/** Reads a GC Forms template (English and French). Throws `NotImportable` when it is none or is broken. */
export function readGcForm(source: Json, notes: Notes): Draft {
  const form = unwrap(source, notes)
  const title = bilingual(form, 'title', '', notes)
  if (!title) throw new NotImportable('it is no GC Forms template: it has no "titleEn" and no "titleFr"')
  const found = readElements(form)
  const context: GcContext = { notes, names: createNames(), chosen: new Map() }
  const byId = new Map<string, Element>()
  for (const { id, path, element } of inLayoutOrder(found, form)) byId.set(id, { id, path, items: itemsOfElement(element, path, context) })
  for (const { id, path, element } of found) {
    const rule = ruleOfElement(element, path, context)
    const items = byId.get(id)?.items ?? []
    if (rule) for (const item of items) item.rule = rule
  }
  const steps = createGcSteps(form, title, layoutOf(form, found, notes), byId, context)
  const { pages, eligibility } = layOut(inOrder(steps, steps[0]?.key ?? '', notes), notes)
  const description = bilingualMarkdown(objectAt(form, 'introduction'), 'description', 'introduction', notes)
  const privacy = bilingualMarkdown(objectAt(form, 'privacyPolicy'), 'description', 'privacyPolicy', notes)
  reportRest(form, notes)
  return {
    languages: languagesOf(form),
    title,
    ...(description ? { description, summary: summaryOf(description, title) } : {}),
    ...(privacy ? { how_data_is_used: privacy } : {}),
    sections: [],
    pages,
    eligibility,
    validations: [],
  }
}

/** The languages in which a template says something: English, French or both. */
function languagesOf(form: Json): string[] {
  const parts = ['titleEn', 'titleFr', 'introduction', 'privacyPolicy', 'groups', 'elements'].map((key) => [key, form[key]])
  const said = (ending: RegExp): boolean => says(Object.fromEntries(parts), ending)
  const languages = [...(said(/(?:En|EN|^en)$/) ? ['en'] : []), ...(said(/(?:Fr|FR|^fr)$/) ? ['fr'] : [])]
  return textAt(form, 'titleEn') === '' ? languages.toReversed() : languages
}

/** Whether something is said anywhere under a key of this ending; addresses of exits are no words. */
function says(value: unknown, ending: RegExp): boolean {
  if (Array.isArray(value)) return value.some((each) => says(each, ending))
  if (!isObject(value)) return false
  return Object.entries(value).some(([key, inner]) =>
    typeof inner === 'string' ? ending.test(key) && !/url/i.test(key) && inner.trim() !== '' : says(inner, ending),
  )
}

/** Templates are also kept inside a record of them, under "form". */
function unwrap(source: Json, notes: Notes): Json {
  const inner = source['form'] ?? source['jsonConfig']
  if (source['elements'] !== undefined || !isObject(inner)) return source
  notes.add(
    '',
    'wrapped',
    `the template is the one under "form"; what stands beside it is left out: ${Object.keys(source)
      .filter((key) => key !== 'form')
      .join(', ')}`,
  )
  return inner
}

type Found = { id: string; path: string; element: Json }

function readElements(form: Json): Found[] {
  if (!Array.isArray(form['elements'])) throw new NotImportable('it has no list of "elements": it is no GC Forms template')
  const seen = new Map<string, string>()
  const found = listAt(form, 'elements').map((element, index): Found => {
    const path = `elements[${index}]`
    const id = checkElement(element, path)
    const before = seen.get(id)
    if (before !== undefined) throw new NotImportable(`${path} has the id ${id}, which ${before} has too`)
    seen.set(id, path)
    if (!isObject(element)) throw new NotImportable(`${path} is not an object`)
    checkRows(element, id, path)
    return { id, path, element }
  })
  if (found.length === 0) throw new NotImportable('its list of "elements" is empty')
  return found
}

function checkElement(element: unknown, path: string): string {
  if (!isObject(element)) throw new NotImportable(`${path} is not an object`)
  const id = textAt(element, 'id')
  if (!/^\d+$/.test(id)) throw new NotImportable(`${path} has no number as its "id"`)
  if (textAt(element, 'type') === '') throw new NotImportable(`${path} (id ${id}) has no "type"`)
  if (!isObject(element['properties'])) throw new NotImportable(`${path} (id ${id}) has no "properties"`)
  return id
}

/**
 * Questions of a row have ids made of the id of the row and two digits. Templates from before that rule number them from
 * 1; what cannot be right is an id twice, or some that follow the rule beside some that do not.
 */
function checkRows(element: Json, id: string, path: string): void {
  if (textAt(element, 'type') !== 'dynamicRow') return
  const seen = new Map<string, string>()
  const own = listAt(objectAt(element, 'properties'), 'subElements').map((sub, index) => {
    const where = `${path}.properties.subElements[${index}]`
    const subId = checkElement(sub, where)
    const before = seen.get(subId)
    if (before !== undefined) throw new NotImportable(`${where} has the id ${subId}, which ${before} has too`)
    seen.set(subId, where)
    return { where, subId, fits: subId.startsWith(id) && subId.length >= id.length + 2 }
  })
  const isCounted = own.every(({ subId }, index) => Number(subId) === index + 1)
  const stranger = isCounted ? undefined : own.find(({ fits }) => !fits)
  if (stranger && own.some(({ fits }) => fits)) {
    throw new NotImportable(
      `${stranger.where} has the id ${stranger.subId}, which does not begin with the id ${id} of its row as the others do`,
    )
  }
}

/** The ids in the order in which the form shows them; elements that stand nowhere are reported and left out. */
function layoutOf(form: Json, found: readonly Found[], notes: Notes): string[] {
  const ids = found.map(({ id }) => id)
  if (!Array.isArray(form['layout'])) {
    notes.add('layout', 'layout', 'the form has no "layout": elements stand in the order of the file')
    return ids
  }
  const layout = listAt(form, 'layout').map((id) => (typeof id === 'number' || typeof id === 'string' ? String(id).trim() : ''))
  for (const [index, id] of layout.entries()) {
    if (!ids.includes(id))
      throw new NotImportable(
        `layout[${index}] names the element ${id || JSON.stringify(listAt(form, 'layout')[index])}, which is not in "elements"`,
      )
    if (layout.indexOf(id) !== index) throw new NotImportable(`layout[${index}] names the element ${id} a second time`)
  }
  return layout
}

function inLayoutOrder(found: readonly Found[], form: Json): Found[] {
  const order = new Map(listAt(form, 'layout').map((id, index) => [String(id), index]))
  return found.toSorted((a, b) => (order.get(a.id) ?? Number.MAX_SAFE_INTEGER) - (order.get(b.id) ?? Number.MAX_SAFE_INTEGER))
}

function summaryOf(description: Words, title: Words): Words {
  const first = Object.entries(description).map(
    ([tag, text]) => [tag, shorten((text.split('\n\n')[0] ?? '').replaceAll(/[#*]+ ?/g, ''), 300)] as const,
  )
  return wordsOf(Object.fromEntries(first)) ?? title
}

function reportRest(form: Json, notes: Notes): void {
  reportUnknown(notes, form, known, '')
  for (const part of ['introduction', 'privacyPolicy'] as const)
    reportUnknown(notes, objectAt(form, part), ['descriptionEn', 'descriptionFr'], part)
  const confirmation = objectAt(form, 'confirmation')
  const said = [textAt(confirmation, 'descriptionEn'), textAt(confirmation, 'descriptionFr')].filter((text) => text !== '').join(' / ')
  if (said !== '')
    notes.add('confirmation', 'confirmation', `what is said after sending is left out (the house says it, with the reference): ${said}`)
  for (const key of ['referrerUrlEn', 'referrerUrlFr']) {
    if (textAt(confirmation, key) !== '')
      notes.add(`confirmation.${key}`, 'confirmation', `the address to go back to is left out: ${textAt(confirmation, key)}`)
  }
  reportUnknown(notes, confirmation, ['descriptionEn', 'descriptionFr', 'referrerUrlEn', 'referrerUrlFr'], 'confirmation')
  const closed = objectAt(form, 'closedMessage')
  const closing = [textAt(closed, 'descriptionEn'), textAt(closed, 'descriptionFr')].filter((text) => text !== '').join(' / ')
  if (closing !== '') notes.add('closedMessage', 'closed_message', `what is said when the form is closed is left out: ${closing}`)
  const brand = objectAt(form, 'brand')
  if (Object.keys(brand).length > 0)
    notes.add(
      'brand',
      'presentation',
      `the brand "${textAt(brand, 'name') || textAt(brand, 'logoTitleEn')}" is left out: pages have the look of the city`,
    )
  if (textAt(form, 'formPurpose') !== '') notes.add('formPurpose', 'purpose', `the purpose "${textAt(form, 'formPurpose')}" is left out`)
}
