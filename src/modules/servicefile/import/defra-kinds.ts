import type { QuestionKind } from '../schema.ts'
import { type DefraContext, said } from './defra-context.ts'
import type { QuestionInput } from './draft.ts'
import { type Json, numberAt, objectAt, saysNothing, textAt } from './json.ts'
import { decimalsFor, lengthsFor, messageFor, patternFor } from './limits.ts'

/** What a component's kind adds to its question. */
export type Details = Partial<QuestionInput>
type Reader = (component: Json, path: string, context: DefraContext) => Details

/** A kind of component that asks: the kind of its question, and what it knows of its own keys, options and schema. */
export type ComponentKind = {
  readonly kind: QuestionKind
  readonly read: Reader
  readonly keys: readonly string[]
  readonly options: readonly string[]
  readonly schema: readonly string[]
}

const messages = ['customValidationMessage', 'customValidationMessages']
const days = ['maxDaysInPast', 'maxDaysInFuture']
const lengths = ['min', 'max', 'length', 'regex']
const numbers = ['min', 'max', 'precision', 'integer', 'minLength', 'maxLength', 'minPrecision']
const nothing: Reader = () => ({})

function kind(is: QuestionKind, read: Reader = nothing, options: readonly string[] = [], schema: readonly string[] = []): ComponentKind {
  return { kind: is, read, keys: [], options, schema }
}

/** The kinds of component that ask something, by type; those with lists are read with their lists. */
export const componentKinds: ReadonlyMap<string, ComponentKind> = new Map([
  ['TextField', kind('text', textDetails, messages, lengths)],
  ['MultilineTextField', kind('long_text', textDetails, [...messages, 'maxWords'], lengths)],
  ['FreeTextField', kind('long_text', textDetails, [...messages, 'maxWords'], lengths)],
  ['EmailAddressField', kind('email', textDetails, messages, lengths)],
  ['TelephoneNumberField', kind('phone', textDetails, messages, lengths)],
  ['WebsiteField', kind('text', textDetails, messages, lengths)],
  ['NumberField', kind('decimal', numberDetails, [...messages, 'prefix', 'suffix'], numbers)],
  ['DatePartsField', kind('date', nothing, [...messages, ...days])],
  ['DateField', kind('date', nothing, [...messages, ...days])],
  ['DateTimeField', kind('text', timeDetails)],
  ['DateTimePartsField', kind('text', timeDetails)],
  ['TimeField', kind('text', timeDetails)],
  ['MonthYearField', kind('text', monthDetails)],
  ['YesNoField', kind('yes_no')],
  ['UkAddressField', kind('address')],
  ['FileUploadField', kind('file', fileDetails, ['accept'], ['min', 'max', 'length'])],
  ['LatLongField', { ...kind('place', placeDetails), keys: ['schema'] }],
  ['EastingNorthingField', kind('text', gridDetails)],
  ['OsGridRefField', kind('text', gridDetails)],
  ['NationalGridFieldNumberField', kind('text', gridDetails)],
  ['DeclarationField', { ...kind('many_of', declarationDetails, ['declarationConfirmationLabel']), keys: ['content'] }],
])

function textDetails(component: Json, path: string, context: DefraContext): Details {
  const schema = objectAt(component, 'schema')
  const exact = numberAt(schema, 'length')
  const lengths = lengthsFor(exact ?? numberAt(schema, 'min'), exact ?? numberAt(schema, 'max'), `${path}.schema`, context.notes)
  const pattern = patternFor(textAt(schema, 'regex'), `${path}.schema.regex`, context.notes)
  return { ...lengths, ...messageFor(pattern, patternMessage(component, path, context)) }
}

function patternMessage(component: Json, path: string, context: DefraContext): ReturnType<typeof said> {
  const options = objectAt(component, 'options')
  const where = `${path}.options`
  return (
    said(objectAt(options, 'customValidationMessages'), 'string.pattern.base', `${where}.customValidationMessages`, context) ??
    said(options, 'customValidationMessage', where, context)
  )
}

function numberDetails(component: Json, path: string, context: DefraContext): Details {
  const schema = objectAt(component, 'schema')
  const options = objectAt(component, 'options')
  const precision = numberAt(schema, 'precision')
  const whole = (precision !== undefined && precision <= 0) || schema['integer'] === true
  const [min, max] = [numberAt(schema, 'min'), numberAt(schema, 'max')]
  const unit = said(options, 'suffix', `${path}.options`, context) ?? said(options, 'prefix', `${path}.options`, context)
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
    ...(whole ? {} : { decimals: decimalsFor(precision, [min, max], `${path}.schema`, context.notes) }),
    ...(unit ? { unit } : {}),
  }
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
  if (!saysNothing(schema))
    context.notes.add(`${path}.schema`, 'limit', `limits of latitude and longitude are left out: ${JSON.stringify(schema)}`)
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

function declarationDetails(component: Json, path: string, context: DefraContext): Details {
  const label = said(objectAt(component, 'options'), 'declarationConfirmationLabel', `${path}.options`, context)
  return { options: [{ value: 'true', label: label ?? { en: 'I understand and agree' } }], min_choices: 1 }
}
