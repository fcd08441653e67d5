import type { Words } from '../../../kernel/text.ts'
import type { QuestionKind } from '../schema.ts'
import { equals, type Field } from './compare.ts'
import { columnOf } from './defra-pages.ts'
import { type OptionInput, type QuestionInput, type RowQuestionInput, wordsOf } from './draft.ts'
import { reportProperties } from './gc-keys.ts'
import type { Item } from './graph.ts'
import { hasHtml, htmlToMarkdown, htmlToText } from './html.ts'
import { isObject, type Json, listAt, numberAt, objectAt, saysNothing, textAt } from './json.ts'
import { decimalsFor, lengthsFor, messageFor, patternFor } from './limits.ts'
import type { Rule } from './logic.ts'
import { createNames, createValues, type Names, slug } from './names.ts'
import { type Notes, reportUnknown, shorten } from './notes.ts'

/** What is known while the elements of a GC Forms template are read. */
export type GcContext = {
  readonly notes: Notes
  readonly names: Names
  /** Questions with choices by element id, and the values of their choices by position (empty: left out). */
  readonly chosen: Map<string, { field: Field; values: readonly string[] }>
}

type Details = Partial<QuestionInput>

/** What words say in English, else in French; empty when there are none. */
export function firstOf(words: Words | undefined): string {
  return words?.['en'] ?? words?.['fr'] ?? ''
}

/** English and French words of a pair of properties, without HTML. */
export function bilingual(parent: Json, key: string, path: string, notes: Notes): Words | undefined {
  return wordsOf({
    en: oneLine(textAt(parent, `${key}En`), `${path}.${key}En`, notes),
    fr: oneLine(textAt(parent, `${key}Fr`), `${path}.${key}Fr`, notes),
  })
}

/** English and French Markdown of a pair of properties; HTML in it is turned to Markdown. */
export function bilingualMarkdown(parent: Json, key: string, path: string, notes: Notes): Words | undefined {
  const clean = (tag: string): string => {
    const text = textAt(parent, `${key}${tag}`).replaceAll(/\s*\n[ \t]*\r?[ \t]*\n?\s*/g, (gap) =>
      /\n.*\n/s.test(gap) || gap.includes('\r') ? '\n\n' : '\n',
    )
    if (!hasHtml(text)) return text
    const { text: markdown, lost } = htmlToMarkdown(text)
    notes.add(
      `${path}.${key}${tag}`,
      'html',
      lost.length > 0 ? `HTML was turned to Markdown; left out: ${lost.join(', ')}` : 'HTML was turned to Markdown',
    )
    return markdown
  }
  return wordsOf({ en: clean('En'), fr: clean('Fr') })
}

function oneLine(text: string, path: string, notes: Notes): string {
  if (!hasHtml(text)) return text
  notes.add(path, 'html', `HTML in a label or hint is left out: ${shorten(text, 80)}`)
  return htmlToText(text)
}

/** The statements and questions that an element becomes; what it says beyond them is reported. */
export function itemsOfElement(element: Json, path: string, context: GcContext): Item[] {
  const type = textAt(element, 'type')
  const properties = objectAt(element, 'properties')
  const where = `${path}.properties`
  reportUnknown(context.notes, element, ['id', 'type', 'properties', 'uuid', 'subId', 'brand', 'onchange'], path)
  reportProperties(properties, type, where, context.notes)
  if (type === 'richText') return richText(properties, path, context)
  if (type === 'dynamicRow') return dynamicRow(element, properties, path, context)
  const parts = composite(type, properties, where, context)
  if (parts) return parts.map((question) => ({ path, question }))
  return [{ path, question: question(element, type, properties, path, context) }]
}

/** The condition under which an element is seen: any of the choices it names. Undefined: always. */
export function ruleOfElement(element: Json, path: string, context: GcContext): Rule | undefined {
  const rules = listAt(objectAt(element, 'properties'), 'conditionalRules').filter(isObject)
  const any: Rule[] = []
  for (const [index, rule] of rules.entries()) {
    const choice = textAt(rule, 'choiceId')
    const read = ruleOfChoice(choice, context)
    if (read) any.push(read)
    else
      context.notes.add(
        `${path}.properties.conditionalRules[${index}]`,
        'unreadable_condition',
        `there is no choice "${choice}" to depend on`,
      )
  }
  if (rules.length > 0 && any.length === 0)
    context.notes.add(path, 'unreadable_condition', 'none of its conditions can be read: it is always shown')
  return any.length === 0 ? undefined : { op: 'any', of: any }
}

/** The condition that a choice such as "1.0" (element 1, first choice) is taken; null when there is none. */
export function ruleOfChoice(choice: string, context: GcContext): Rule | null {
  const [, id, index] = /^(\d+)\.(\d+)$/.exec(choice) ?? []
  const chosen = id === undefined ? undefined : context.chosen.get(id)
  const value = chosen?.values[Number(index)]
  return chosen && value ? equals(chosen.field, value) : null
}

function richText(properties: Json, path: string, context: GcContext): Item[] {
  const title = bilingual(properties, 'title', `${path}.properties`, context.notes) ?? {}
  const body = bilingualMarkdown(properties, 'description', `${path}.properties`, context.notes) ?? {}
  const both = (tag: string): string => [title[tag] ? `## ${title[tag]}` : '', body[tag] ?? ''].filter((part) => part !== '').join('\n\n')
  const statement = wordsOf({ en: both('en'), fr: both('fr') })
  if (statement) return [{ path, statement }]
  context.notes.add(path, 'empty_text', 'richText has no text and is left out')
  return []
}

function question(element: Json, type: string, properties: Json, path: string, context: GcContext): QuestionInput {
  const { notes } = context
  const where = `${path}.properties`
  const id = textAt(element, 'id')
  const title = bilingual(properties, 'title', where, notes)
  const hint = hintOf(properties, where, notes)
  const name = context.names.give([slug(firstOf(title)) || `question_${slug(id)}`])
  if (!title) notes.add(where, 'label_assumed', `element ${id} has no title: its label is assumed`)
  const validation = objectAt(properties, 'validation')
  const { kind, ...details } = detailsOf(type, properties, validation, where, context)
  if (details.options) context.chosen.set(id, { field: { id: name, kind }, values: valuesOf(properties) })
  const label = title ?? hint ?? { en: `Question ${id}`, fr: `Question ${id}` }
  return { id: name, label, ...(hint && title ? { hint } : {}), ...(isRequired(validation) ? {} : { required: false }), ...details, kind }
}

function isRequired(validation: Json): boolean {
  return validation['required'] === true || validation['required'] === 'true'
}

function hintOf(properties: Json, path: string, notes: Notes): Words | undefined {
  const hint = bilingual(properties, 'description', path, notes) ?? wordsOf({ en: textAt(properties, 'description') })
  const placeholder = bilingual(properties, 'placeholder', path, notes)
  if (placeholder)
    notes.add(
      `${path}.placeholderEn`,
      'placeholder',
      `the placeholder ${JSON.stringify(placeholder)} ${hint ? 'is left out: the hint stays' : 'became the hint'}`,
    )
  return hint ?? placeholder
}

function detailsOf(type: string, properties: Json, validation: Json, path: string, context: GcContext): Details & { kind: QuestionKind } {
  const { notes } = context
  switch (type) {
    case 'textField':
      return textDetails(properties, validation, path, notes)
    case 'textArea':
      return { kind: 'long_text', ...limitsOf(validation, path, notes) }
    case 'numberInput':
    case 'number':
      return numberDetails(properties, path, notes)
    case 'formattedDate':
    case 'date':
      return dateDetails(properties, path, notes)
    case 'fileInput':
      return fileDetails(properties, path, notes)
    case 'address':
    case 'addressComplete':
      if (!saysNothing(properties['addressComponents']))
        notes.add(
          `${path}.addressComponents`,
          'address',
          `settings of the address are left out: ${JSON.stringify(properties['addressComponents'])}`,
        )
      return { kind: 'address' }
    default:
      return choiceDetails(type, properties, validation, path, notes)
  }
}

function textDetails(properties: Json, validation: Json, path: string, notes: Notes): Details & { kind: QuestionKind } {
  const type = textAt(validation, 'type')
  const complete = textAt(properties, 'autoComplete')
  if (type === 'number' || type === 'date') {
    const { minLength, maxLength, regex, descriptionEN, descriptionFR } = validation
    for (const [key, value] of Object.entries({ minLength, maxLength, regex, descriptionEN, descriptionFR })) {
      if (saysNothing(value)) continue
      notes.add(`${path}.validation.${key}`, 'limit', `"${key}" says nothing of a ${type} and is left out: ${JSON.stringify(value)}`)
    }
    if (type === 'date') return { kind: 'date' }
    return { kind: 'decimal', decimals: decimalsFor(undefined, [], `${path}.validation`, notes) }
  }
  if (!['', 'text', 'name', 'email', 'phone', 'tel', 'custom'].includes(type))
    notes.add(`${path}.validation.type`, 'validation', `the check "${type}" is left out: any text is taken`)
  const kind =
    type === 'email' || complete === 'email' ? 'email' : type === 'phone' || type === 'tel' || complete.startsWith('tel') ? 'phone' : 'text'
  if (complete !== '' && kind === 'text')
    notes.tally(`${path}.autoComplete`, 'autocomplete', `the hint "${complete}" to the browser's own filling-in is left out`)
  return { kind, ...limitsOf(validation, path, notes) }
}

function limitsOf(validation: Json, path: string, notes: Notes): Details {
  const lengths = lengthsFor(numberAt(validation, 'minLength'), numberAt(validation, 'maxLength'), `${path}.validation`, notes)
  const pattern = patternFor(textAt(validation, 'regex'), `${path}.validation.regex`, notes)
  const message = wordsOf({ en: textAt(validation, 'descriptionEN'), fr: textAt(validation, 'descriptionFR') })
  if (pattern === undefined && message)
    notes.add(`${path}.validation.descriptionEN`, 'validation_message', `its own error message is left out: ${JSON.stringify(message)}`)
  return { ...lengths, ...messageFor(pattern, message) }
}

function numberDetails(properties: Json, path: string, notes: Notes): Details & { kind: QuestionKind } {
  const [min, max] = [numberAt(properties, 'minValue'), numberAt(properties, 'maxValue')]
  const currency = textAt(properties, 'currencyCode')
  const step = numberAt(properties, 'stepCount')
  if (step !== undefined && step !== 1) notes.add(`${path}.stepCount`, 'limit', `the step of ${step} is left out`)
  const least = min ?? (properties['allowNegativeNumbers'] === true ? undefined : 0)
  return {
    kind: 'decimal',
    decimals: decimalsFor(undefined, [min, max, step], path, notes),
    ...(least === undefined ? {} : { min: least }),
    ...(max === undefined ? {} : { max }),
    ...(currency === '' ? {} : { unit: { en: currency, fr: currency } }),
  }
}

function dateDetails(properties: Json, path: string, notes: Notes): Details & { kind: QuestionKind } {
  const format = textAt(properties, 'dateFormat').toUpperCase()
  if (format === '' || (format.includes('D') && format.includes('M') && format.includes('Y'))) {
    if (format !== '' && format !== 'YYYY-MM-DD')
      notes.tally(
        `${path}.dateFormat`,
        'date_format',
        `dates are asked for as day, month and year, whatever format the form names (${format})`,
      )
    return { kind: 'date' }
  }
  notes.add(`${path}.dateFormat`, 'date_format', `a date of the format ${format} became a question for a text`)
  return { kind: 'text' }
}

function fileDetails(properties: Json, path: string, notes: Notes): Details & { kind: QuestionKind } {
  const type = textAt(properties, 'fileType')
  notes.tally(path, 'file_types', `only images and PDF can be sent${type === '' ? '' : ` (the form names ${type})`}`)
  return { kind: 'file', accept: ['image', 'pdf'], max_files: 1 }
}

function choiceDetails(type: string, properties: Json, validation: Json, path: string, notes: Notes): Details & { kind: QuestionKind } {
  const options = optionsOf(properties, path, notes)
  const managed = textAt(properties, 'managedChoices')
  const order = textAt(properties, 'sortOrder')
  if (order !== '' && order !== 'none') notes.add(`${path}.sortOrder`, 'order', `choices stay in the order of the file, not "${order}"`)
  if (managed !== '' || type === 'departments' || options.length === 0 || options.length > 500) {
    const reason =
      managed !== '' || type === 'departments'
        ? `its choices (${managed || type}) are not in the file`
        : options.length === 0
          ? 'it has no choices'
          : `it has ${options.length} choices, more than 500`
    const isKnown = ['radio', 'checkbox', 'dropdown', 'combobox', 'attestation', 'departments'].includes(type) || managed !== ''
    notes.add(
      path,
      isKnown ? 'choices' : 'element',
      `${isKnown ? reason : `elements of type "${type}" are not known to the importer`}: it became a question for a text`,
    )
    return { kind: 'text' }
  }
  if (!['radio', 'checkbox', 'dropdown', 'combobox', 'attestation'].includes(type))
    notes.add(path, 'element', `elements of type "${type}" are not known to the importer: it became a question with its choices`)
  if (type !== 'checkbox' && type !== 'attestation') return { kind: 'one_of', options }
  const all = type === 'attestation' || validation['all'] === true
  return { kind: 'many_of', options, ...(all ? { min_choices: options.length } : {}) }
}

function optionsOf(properties: Json, path: string, notes: Notes): OptionInput[] {
  const values = valuesOf(properties)
  return listAt(properties, 'choices').flatMap((choice, index) => {
    const value = values[index]
    if (!isObject(choice) || !value) return []
    const label = wordsOf({
      en: oneLine(textAt(choice, 'en'), `${path}.choices[${index}].en`, notes),
      fr: oneLine(textAt(choice, 'fr'), `${path}.choices[${index}].fr`, notes),
    })
    reportUnknown(notes, choice, ['en', 'fr', 'id', 'uuid'], `${path}.choices[${index}]`)
    return label ? [{ value, label }] : []
  })
}

/** A value for each choice, by position; a choice without words (the empty line of a list) has none. */
function valuesOf(properties: Json): string[] {
  const give = createValues()
  return listAt(properties, 'choices').map((choice, index) => {
    const text = isObject(choice) ? htmlToText(textAt(choice, 'en') || textAt(choice, 'fr')) : ''
    return text === '' ? '' : give(text, `choice_${index + 1}`)
  })
}

type Composite = 'name' | 'firstMiddleLastName' | 'contact'

const partsOf: Readonly<Record<Composite, ReadonlyArray<readonly [QuestionKind, string, string, boolean]>>> = {
  name: [['text', 'Full name', 'Nom complet', true]],
  firstMiddleLastName: [['text', 'First name', 'Prénom', true], ['text', 'Middle name', 'Deuxième prénom', false], ['text', 'Last name', 'Nom de famille', true]],
  contact: [['phone', 'Phone number', 'Numéro de téléphone', true], ['email', 'Email address', 'Adresse courriel', true]],
} // prettier-ignore

function isComposite(type: string): type is Composite {
  return Object.hasOwn(partsOf, type)
}

/** Elements that stand for several questions, or for one that a service file has no kind for. */
function composite(type: string, properties: Json, path: string, context: GcContext): QuestionInput[] | null {
  if (!isComposite(type)) return null
  const { notes } = context
  const validation = objectAt(properties, 'validation')
  const required = isRequired(validation)
  const title = bilingual(properties, 'title', path, notes)
  const isOne = type === 'name'
  if (!isOne && title)
    notes.add(path, 'element', `"${firstOf(title)}" (${type}) became ${partsOf[type].length} questions; its title is left out`)
  if (!isOne) reportParts(type, properties, path, notes)
  const hint = isOne ? hintOf(properties, path, notes) : undefined
  const lengths = isOne ? lengthsFor(undefined, numberAt(validation, 'maxLength'), `${path}.validation`, notes) : {}
  return partsOf[type].map(([kind, en, fr, own]) => ({
    id: context.names.give([slug(en)]),
    kind,
    label: isOne && title ? title : { en, fr },
    ...(hint ? { hint } : {}),
    ...(required && own ? {} : { required: false }),
    ...lengths,
  }))
}

/** Words for the whole have no place among its parts. */
function reportParts(type: string, properties: Json, path: string, notes: Notes): void {
  for (const key of ['description', 'placeholder']) {
    const said = bilingual(properties, key, path, notes)
    if (said) notes.add(`${path}.${key}En`, 'element', `"${key}" of ${type} is left out: ${JSON.stringify(said)}`)
  }
}

function dynamicRow(element: Json, properties: Json, path: string, context: GcContext): Item[] {
  const { notes } = context
  const where = `${path}.properties`
  const rows: GcContext = { ...context, names: createNames(), chosen: new Map() }
  const columns: RowQuestionInput[] = []
  const items: Item[] = []
  for (const [index, sub] of listAt(properties, 'subElements').entries()) {
    const inner = `${where}.subElements[${index}]`
    if (!isObject(sub)) continue
    if (!saysNothing(objectAt(sub, 'properties')['conditionalRules']))
      notes.add(inner, 'row_condition', 'it is asked in each row: its condition is left out')
    for (const item of itemsOfElement(sub, inner, rows)) {
      if (item.statement) {
        items.push(item)
        notes.add(inner, 'row_text', 'text inside the rows is shown once, above them')
      }
      const column = item.question ? columnOf(item.question, inner, context) : null
      if (column) columns.push(column)
    }
  }
  for (const column of columns.splice(30)) notes.add(where, 'limit', `"${column.id}" is left out: a row has at most 30 questions`)
  if (columns.length === 0) {
    notes.add(path, 'empty_row', 'its rows have no question: it is left out')
    return items
  }
  const max = numberAt(properties, 'maxNumberOfRows') ?? numberAt(objectAt(properties, 'validation'), 'maxNumberOfRows')
  if (max !== undefined && max > 50) notes.add(`${where}.maxNumberOfRows`, 'limit', `at most ${max} rows became 50`)
  return [...items, { path, question: groupOf(element, properties, columns, max, where, context) }]
}

function groupOf(
  element: Json,
  properties: Json,
  columns: RowQuestionInput[],
  max: number | undefined,
  path: string,
  context: GcContext,
): QuestionInput {
  const { notes } = context
  const texts = objectAt(properties, 'dynamicRow')
  const rowTitle = bilingual(texts, 'rowTitle', `${path}.dynamicRow`, notes)
  for (const key of ['addButtonTextEn', 'removeButtonTextEn']) {
    if (textAt(texts, key) !== '')
      notes.tally(`${path}.dynamicRow.${key}`, 'button_text', 'words of the buttons that add and remove rows are left out')
  }
  const title = bilingual(properties, 'title', path, notes) ?? rowTitle
  const hint = hintOf(properties, path, notes)
  const id = textAt(element, 'id')
  if (!title) notes.add(path, 'label_assumed', `rows of element ${id} have no title: their label is assumed`)
  const isAsked = columns.some((column) => column.required !== false) || isRequired(objectAt(properties, 'validation'))
  return {
    id: context.names.give([slug(firstOf(title)) || `rows_${slug(id)}`]),
    kind: 'repeating_group',
    label: title ?? { en: 'Add the details of each', fr: 'Ajoutez les détails de chacun' },
    ...(hint ? { hint } : {}),
    ...(isAsked ? { min_rows: 1 } : { required: false, min_rows: 0 }),
    max_rows: Math.min(50, Math.max(1, Math.floor(max ?? 50))),
    ...(rowTitle ? { row_title: rowTitle } : {}),
    questions: columns,
  }
}
