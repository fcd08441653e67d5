import { parse as parseYaml, stringify } from 'yaml'
import type { ServiceDefinition } from '../schema.ts'
import { readDefra } from './defra.ts'
import { buildDraft, type Draft, type Imported, NotImportable } from './draft.ts'
import { readGcForm } from './gc-forms.ts'
import { isObject, type Json } from './json.ts'
import { TooEntangled } from './logic.ts'
import { createNotes, type Notes } from './notes.ts'

export type { Imported } from './draft.ts'
export type { Note } from './notes.ts'

/** The kinds of form that can be imported. */
export const formKinds = ['defra', 'gc-forms'] as const
export type FormKind = (typeof formKinds)[number]

/** What an import needs beside the form: `file` is its name, `id` the service's id (else made from the title). */
export type ImportOptions = { from: FormKind; file: string; agency: string; id?: string }

/** Larger texts are no forms. */
const MAX_TEXT = 5_000_000
/** As in service files: more aliases than these are an attack, not a form. */
const MAX_ALIASES = 100

/**
 * A government form as a draft service, with a note for each thing that was not carried over as it is; or one line
 * that says what is wrong with it, and where. Never throws for a form, however broken.
 */
export function importForm(text: string, options: ImportOptions): Imported {
  const notes = createNotes()
  try {
    const form = parse(text, options.file)
    const definition = buildDraft(read(form, options, notes), options, notes)
    return { definition, notes: [...notes.all] }
  } catch (error) {
    if (error instanceof RangeError && /call stack/i.test(error.message)) return { error: `${options.file}: it is nested too deeply` }
    if (!(error instanceof NotImportable) && !(error instanceof TooEntangled)) throw error
    return { error: `${options.file}: ${error.message.replaceAll(/\s+/g, ' ')}` }
  }
}

function read(form: Json, options: ImportOptions, notes: Notes): Draft {
  return options.from === 'defra' ? readDefra(form, options.file, notes) : readGcForm(form, notes)
}

function parse(text: string, file: string): Json {
  if (text.length > MAX_TEXT) throw new NotImportable(`${file} has ${text.length} characters, more than ${MAX_TEXT}`)
  const value = parseText(text.replace(/^\uFEFF/, ''))
  if (!isObject(value)) throw new NotImportable('it is not a JSON object')
  return value
}

/** JSON, or YAML when it cannot be meant as JSON. */
function parseText(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    if (/^\s*[[{]/.test(text)) throw new NotImportable(`it is not JSON: ${reason}`)
  }
  try {
    // through JSON, so that nothing of a form holds itself
    return JSON.parse(JSON.stringify(parseYaml(text, { maxAliasCount: MAX_ALIASES, logLevel: 'error' }) ?? null))
  } catch (error) {
    throw new NotImportable(`it is neither JSON nor YAML: ${error instanceof Error ? error.message : String(error)}`)
  }
}

/** A service as the text of its file: YAML with long words as blocks, without what is the default anyway. */
export function renderService(definition: ServiceDefinition): string {
  return stringify(leaveOutDefaults(definition, ''), {
    lineWidth: 110,
    blockQuote: 'literal',
    defaultStringType: 'PLAIN',
    defaultKeyType: 'PLAIN',
    aliasDuplicateObjects: false,
  })
}

/** Empty lists and objects say nothing; `required: true` and `show: false` are what is assumed. */
function leaveOutDefaults(value: unknown, key: string): unknown {
  if (key === 'example') return value
  if (Array.isArray(value)) return value.map((each) => leaveOutDefaults(each, ''))
  if (!isObject(value)) return value
  const kept = Object.entries(value).flatMap(([name, inner]) => {
    if (inner === undefined || (name === 'required' && inner === true) || (name === 'show' && inner === false)) return []
    const plain = leaveOutDefaults(inner, name)
    const isEmpty =
      name !== 'example' && ((Array.isArray(plain) && plain.length === 0) || (isObject(plain) && Object.keys(plain).length === 0))
    return isEmpty ? [] : [[name, plain] as const]
  })
  return Object.fromEntries(kept)
}
