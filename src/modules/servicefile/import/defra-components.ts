import type { QuestionKind } from '../schema.ts'
import { cleanMarkdown, type DefraContext, type DefraPlace, english, itemsOfList, itemValue, listOf, markdown, nameQuestion, optionsOf } from './defra-context.ts' // prettier-ignore
import { type QuestionInput, wordsOf } from './draft.ts'
import { equals } from './compare.ts'
import type { Item } from './graph.ts'
import { type Json, isObject, listAt, numberAt, objectAt, textAt } from './json.ts'
import { lengthsFor, messageFor, patternFor } from './limits.ts'
import type { Rule } from './logic.ts'
import { reportUnknown, shorten } from './notes.ts'

/** What a component's kind adds to its question. */
type Details = Partial<QuestionInput>
type Reader = (component: Json, path: string, context: DefraContext) => Details

const content = new Set(['Html', 'Para', 'InsetText', 'Details', 'Markdown', 'List', 'FlashCard', 'WarningText', 'NotificationBanner'])
const lists = new Set(['RadiosField', 'CheckboxesField', 'SelectField', 'AutocompleteField'])
const looks = ['classes', 'rows', 'bold', 'hideTitle', 'autocomplete', 'type', 'inline', 'cols', 'hideOptional', 'usePostcodeLookup', 'optionalText', 'exposeToContext'] // prettier-ignore

const kinds: ReadonlyMap<string, { kind: QuestionKind; read: Reader }> = new Map([
  ['TextField', { kind: 'text', read: textDetails }],
  ['MultilineTextField', { kind: 'long_text', read: textDetails }],
  ['FreeTextField', { kind: 'long_text', read: textDetails }],
  ['EmailAddressField', { kind: 'email', read: textDetails }],
  ['TelephoneNumberField', { kind: 'phone', read: textDetails }],
  ['WebsiteField', { kind: 'text', read: textDetails }],
  ['NumberField', { kind: 'decimal', read: numberDetails }],
  ['DatePartsField', { kind: 'date', read: () => ({}) }],
  ['DateField', { kind: 'date', read: () => ({}) }],
  ['DateTimeField', { kind: 'text', read: timeDetails }],
  ['DateTimePartsField', { kind: 'text', read: timeDetails }],
  ['TimeField', { kind: 'text', read: timeDetails }],
  ['MonthYearField', { kind: 'text', read: monthDetails }],
  ['YesNoField', { kind: 'yes_no', read: () => ({}) }],
  ['UkAddressField', { kind: 'address', read: () => ({}) }],
  ['FileUploadField', { kind: 'file', read: fileDetails }],
  ['LatLongField', { kind: 'place', read: placeDetails }],
  ['EastingNorthingField', { kind: 'text', read: gridDetails }],
  ['OsGridRefField', { kind: 'text', read: gridDetails }],
  ['NationalGridFieldNumberField', { kind: 'text', read: gridDetails }],
  ['DeclarationField', { kind: 'many_of', read: declarationDetails }],
] as const)

/** The statements and questions that a component becomes; what it says beyond them is reported. */
export function itemsOf(component: Json, path: string, place: DefraPlace, context: DefraContext): Item[] {
  const type = textAt(component, 'type')
  reportUnknown(
    context.notes,
    component,
    [
      'id',
      'type',
      'name',
      'title',
      'hint',
      'shortDescription',
      'options',
      'schema',
      'list',
      'content',
      'nameHasError',
      'subType',
      'values',
    ],
    path,
  )
  if (content.has(type)) return statement(component, path, context)
  if (type === 'HiddenField' || type === 'PaymentField' || type === 'GeospatialField') {
    context.notes.add(
      path,
      'component',
      `${type} "${textAt(component, 'title') || textAt(component, 'name')}" is left out: a service file has nothing like it`,
    )
    return []
  }
  const question = askedBy(component, type, path, place, context)
  const rule = componentRule(component, path, context)
  const own: Item = { path, question, ...(rule ? { rule } : {}) }
  return [...declarationText(component, type, path, context, rule), own, ...revealed(component, question, path, place, context)]
}

function componentRule(component: Json, path: string, context: DefraContext): Rule | undefined {
  const name = textAt(objectAt(component, 'options'), 'condition')
  return name === '' ? undefined : (context.conditions().rule(name, `${path}.options.condition`) ?? undefined)
}

function askedBy(component: Json, type: string, path: string, place: DefraPlace, context: DefraContext): QuestionInput {
  const options = objectAt(component, 'options')
  const known = kinds.get(type)
  let kind: QuestionKind = known?.kind ?? 'text'
  let details: Details = known?.read(component, path, context) ?? {}
  if (lists.has(type) || (!known && listOf(component, context))) ({ kind, details } = listDetails(component, type, path, context))
  else if (!known)
    context.notes.add(
      path,
      'component',
      `${type || 'a component without a type'} is not known to the importer: it became a question for a text`,
    )
  if (details.kind) kind = details.kind
  const id = nameQuestion(component, kind, place, context)
  const label = english(textAt(component, 'title')) ?? english(textAt(component, 'shortDescription')) ?? { en: id.replaceAll('_', ' ') }
  const hint = english([textAt(component, 'hint'), textAt(options, 'instructionText')].filter((text) => text !== '').join(' '))
  if (kind === 'date') details = { ...details, ...dateDetails(options, id, path, context) }
  reportOptions(component, details, path, context)
  return { id, label, ...(hint ? { hint } : {}), ...(options['required'] === false ? { required: false } : {}), ...details, kind }
}

function reportOptions(component: Json, details: Details, path: string, context: DefraContext): void {
  const options = objectAt(component, 'options')
  for (const look of looks) {
    if (options[look] === undefined || options[look] === '') continue
    context.notes.tally(
      `${path}.options.${look}`,
      'presentation',
      'settings of looks (classes, rows, autocomplete, ...) are left out: pages have the look of the city',
    )
  }
  if (details.pattern === undefined && (options['customValidationMessage'] || isObject(options['customValidationMessages']))) {
    context.notes.add(
      `${path}.options`,
      'validation_message',
      `its own error messages are left out: ${shorten(JSON.stringify(options['customValidationMessages'] ?? options['customValidationMessage']), 160)}`,
    )
  }
  const words = numberAt(options, 'maxWords')
  if (words !== undefined)
    context.notes.add(`${path}.options.maxWords`, 'limit', `the limit of ${words} words is left out: limits count characters`)
  const known = [...looks, 'required', 'condition', 'maxWords', 'customValidationMessage', 'customValidationMessages', 'customValidation', 'maxDaysInPast', 'maxDaysInFuture', 'prefix', 'suffix', 'accept', 'instructionText', 'declarationConfirmationLabel', 'isInternational'] // prettier-ignore
  reportUnknown(context.notes, options, known, `${path}.options`)
  const limits = [
    'min',
    'max',
    'length',
    'regex',
    'precision',
    'integer',
    'error',
    ...(textAt(component, 'type') === 'NumberField' ? ['minLength', 'maxLength', 'minPrecision'] : []),
  ]
  reportUnknown(context.notes, objectAt(component, 'schema'), limits, `${path}.schema`)
}

function textDetails(component: Json, path: string, context: DefraContext): Details {
  const schema = objectAt(component, 'schema')
  const exact = numberAt(schema, 'length')
  const lengths = lengthsFor(exact ?? numberAt(schema, 'min'), exact ?? numberAt(schema, 'max'), `${path}.schema`, context.notes)
  const pattern = patternFor(textAt(schema, 'regex'), `${path}.schema.regex`, context.notes)
  return { ...lengths, ...messageFor(pattern, english(patternMessage(component))) }
}

function patternMessage(component: Json): string {
  const options = objectAt(component, 'options')
  const messages = objectAt(options, 'customValidationMessages')
  return textAt(messages, 'string.pattern.base') || textAt(options, 'customValidationMessage')
}

function numberDetails(component: Json, path: string, context: DefraContext): Details {
  const schema = objectAt(component, 'schema')
  const options = objectAt(component, 'options')
  const precision = numberAt(schema, 'precision')
  const whole = (precision !== undefined && precision <= 0) || schema['integer'] === true
  const [min, max] = [numberAt(schema, 'min'), numberAt(schema, 'max')]
  const unit = english(textAt(options, 'suffix') || textAt(options, 'prefix'))
  if (textAt(options, 'suffix') !== '' && textAt(options, 'prefix') !== '') {
    context.notes.add(`${path}.options.prefix`, 'unit', `the prefix "${textAt(options, 'prefix')}" is left out: a number has one unit`)
  }
  for (const key of ['minLength', 'maxLength', 'minPrecision']) {
    if (schema[key] !== undefined)
      context.notes.add(
        `${path}.schema.${key}`,
        'limit',
        `the limit "${key}" of ${JSON.stringify(schema[key])} is left out: a number has a least and a most`,
      )
  }
  return {
    kind: whole ? 'integer' : 'decimal',
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(whole ? {} : { decimals: Math.min(9, precision ?? 9) }),
    ...(unit ? { unit } : {}),
  }
}

/** Limits in days from today: today itself is a limit of the question, any other is a rule. */
function dateDetails(options: Json, id: string, path: string, context: DefraContext): Details {
  const details: Details = {}
  const [past, future] = [numberAt(options, 'maxDaysInPast'), numberAt(options, 'maxDaysInFuture')]
  if (past === 0) details.min = 'today'
  else if (past !== undefined)
    dayRule(id, `${id} >= today - duration("P${past}D")`, `Enter a date that is at most ${past} days ago`, path, context)
  if (future === 0) details.max = 'today'
  else if (future !== undefined)
    dayRule(id, `${id} <= today + duration("P${future}D")`, `Enter a date that is at most ${future} days from today`, path, context)
  return details
}

function dayRule(id: string, valid: string, message: string, path: string, context: DefraContext): void {
  if (!/P\d{1,6}D/.test(valid)) {
    context.notes.add(`${path}.options`, 'limit', `a limit in days is no whole number and is left out: ${valid}`)
    return
  }
  context.validations.push({ id: context.validationNames.give([`${id}_day`]), question: id, valid, message: { en: message } })
}

function monthDetails(_component: Json, path: string, context: DefraContext): Details {
  context.notes.add(path, 'component', 'MonthYearField became a question for a text such as 2026-11: a service file has no months')
  return { pattern: '\\d{4}-(0[1-9]|1[0-2])', pattern_message: { en: 'Enter a year and a month, such as 2026-11' } }
}

function timeDetails(component: Json, path: string, context: DefraContext): Details {
  context.notes.add(path, 'component', `${textAt(component, 'type')} became a question for a text: a service file has no times of day`)
  return {}
}

function gridDetails(component: Json, path: string, context: DefraContext): Details {
  context.notes.add(
    path,
    'component',
    `${textAt(component, 'type')} became a question for a text: a service file keeps places as latitude and longitude`,
  )
  return {}
}

function placeDetails(component: Json, path: string, context: DefraContext): Details {
  const schema = objectAt(component, 'schema')
  if (Object.keys(schema).length > 0) context.notes.add(`${path}.schema`, 'limit', 'limits of latitude and longitude are left out')
  return {}
}

function fileDetails(component: Json, path: string, context: DefraContext): Details {
  const schema = objectAt(component, 'schema')
  const accept = textAt(objectAt(component, 'options'), 'accept').toLowerCase()
  const types: Array<'image' | 'pdf'> = []
  if (accept === '' || /image|jpe?g|png|gif|heic|tiff?/.test(accept)) types.push('image')
  if (accept === '' || accept.includes('pdf')) types.push('pdf')
  const others = accept
    .split(',')
    .map((type) => type.trim())
    .filter((type) => type !== '' && !/image|jpe?g|png|gif|heic|tiff?|pdf/.test(type))
  if (others.length > 0)
    context.notes.add(
      `${path}.options.accept`,
      'file_types',
      `files of these kinds are not taken, only images and PDF: ${others.join(', ')}`,
    )
  const max = numberAt(schema, 'length') ?? numberAt(schema, 'max') ?? 1
  if (max > 20) context.notes.add(`${path}.schema`, 'limit', `at most ${max} files became 20`)
  const min = numberAt(schema, 'length') ?? numberAt(schema, 'min') ?? 0
  if (min > 1) context.notes.add(`${path}.schema`, 'limit', `at least ${min} files is left out: one is asked for`)
  return { accept: types.length > 0 ? types : ['image', 'pdf'], max_files: Math.min(20, Math.max(1, Math.floor(max))) }
}

function declarationDetails(component: Json): Details {
  const label = textAt(objectAt(component, 'options'), 'declarationConfirmationLabel') || 'I understand and agree'
  return { options: [{ value: 'true', label: english(label) ?? { en: label } }], min_choices: 1 }
}

function declarationText(component: Json, type: string, path: string, context: DefraContext, rule: Rule | undefined): Item[] {
  if (type !== 'DeclarationField') return []
  const text = cleanMarkdown(textAt(component, 'content'), path, context.notes)
  return text ? [{ path, statement: text, ...(rule ? { rule } : {}) }] : []
}

function listDetails(component: Json, type: string, path: string, context: DefraContext): { kind: QuestionKind; details: Details } {
  const list = listOf(component, context)
  const options = list ? optionsOf(list, path, context) : []
  const name = textAt(component, 'list')
  if (options.length === 0 || options.length > 500) {
    const reason = list ? (options.length === 0 ? 'has no items' : `has ${options.length} items, more than 500`) : 'is not in the form'
    context.notes.add(path, 'list', `its list "${name}" ${reason}: it became a question for a text`)
    return { kind: 'text', details: {} }
  }
  if (type !== 'CheckboxesField') return { kind: 'one_of', details: { options } }
  const schema = objectAt(component, 'schema')
  const exact = numberAt(schema, 'length')
  const [min, max] = [exact ?? numberAt(schema, 'min'), exact ?? numberAt(schema, 'max')]
  return {
    kind: 'many_of',
    details: {
      options,
      ...(min && min <= options.length ? { min_choices: Math.floor(min) } : {}),
      ...(max && max >= 1 ? { max_choices: Math.floor(max) } : {}),
    },
  }
}

/** Components that open under an option of a list. */
function revealed(component: Json, question: QuestionInput, path: string, place: DefraPlace, context: DefraContext): Item[] {
  const list = lists.has(textAt(component, 'type')) ? listOf(component, context) : undefined
  const items: Item[] = []
  for (const [index, item] of (list ? itemsOfList(list) : []).entries()) {
    const rule = equals({ id: question.id, kind: question.kind }, itemValue(item))
    for (const [at, inner] of listAt(objectAt(item, 'conditional'), 'components').entries()) {
      const where = `${path}.list.items[${index}].conditional.components[${at}]`
      if (!isObject(inner)) continue
      for (const each of itemsOf(inner, where, place, context)) {
        const both = [rule, each.rule].filter((part) => part !== null && part !== undefined)
        items.push({ ...each, reveal: true, rule: { op: 'all', of: both } })
      }
    }
  }
  return items
}

function statement(component: Json, path: string, context: DefraContext): Item[] {
  const type = textAt(component, 'type')
  const rule = componentRule(component, path, context)
  const text = textAt(component, 'content')
  const title = textAt(component, 'title')
  reportUnknown(context.notes, objectAt(component, 'options'), [...looks, 'condition', 'required'], `${path}.options`)
  let words = type === 'Markdown' ? cleanMarkdown(text, path, context.notes) : markdown(text, path, context.notes)
  if (type === 'List') words = listText(component, path, context)
  if (type === 'Details') {
    words = wordsOf({ en: [title === '' ? '' : `**${title}**`, words?.['en'] ?? ''].filter((part) => part !== '').join('\n\n') })
    context.notes.tally(path, 'details', 'text that opened on a click (Details) is always shown')
  }
  if (!words) {
    context.notes.add(path, 'empty_text', `${type} has no text and is left out`)
    return []
  }
  return [{ path, statement: words, ...(rule ? { rule } : {}) }]
}

function listText(component: Json, path: string, context: DefraContext): ReturnType<typeof wordsOf> {
  const list = listOf(component, context)
  const numbered = textAt(objectAt(component, 'options'), 'type') === 'numbered'
  const title = textAt(component, 'title')
  const lines = (list ? itemsOfList(list) : []).map(
    (item, index) => `${numbered ? `${index + 1}.` : '-'} ${english(textAt(item, 'text'))?.['en'] ?? ''}`,
  )
  if (lines.length === 0) context.notes.add(path, 'list', `its list "${textAt(component, 'list')}" is not in the form or has no items`)
  const head = objectAt(component, 'options')['hideTitle'] === true || title === '' ? '' : `**${title}**\n\n`
  return lines.length === 0 ? undefined : wordsOf({ en: `${head}${lines.join('\n')}` })
}
