import { parseMessage } from 'messageformat'
import { fault } from './checkform.ts'
import { questionsOf } from './contact.ts'
import type { Fault } from './load.ts'
import type { ServiceDefinition } from './schema.ts'
import type { FilePath } from './service.ts'

/** Keys that hold words, when what they hold is a map (`law` is a citation in rules and words in the legal basis). */
const wordKeys = new Set([
  'label', 'hint', 'title', 'text', 'row_title', 'unit', 'pattern_message', 'otherwise', 'message', 'note', 'body',
  'subject', 'unpaid', 'reason', 'question', 'description', 'summary', 'who_can_apply', 'cost', 'how_long', 'law',
  'how_data_is_used', 'other_ways', 'declaration', 'appeal', 'keywords', 'what_you_need',
]) // prettier-ignore

/** Checks what a published file must have (warnings in a draft): all its words in all its languages, law, retention, examples. */
export function checkPublished(definition: ServiceDefinition, cityLanguages: readonly string[]): Fault[] {
  const severity = definition.status === 'published' ? 'error' : 'warning'
  const faults: Fault[] = []
  eachWords(definition, [], (words, path) => {
    const missing = definition.languages.filter((language) => !Object.hasOwn(words, language))
    if (missing.length > 0)
      faults.push({
        ...fault(path, 'missing_translation', `${path.at(-1) ?? ''} is missing in: ${missing.join(', ')}`),
        severity,
      })
  })
  if (!definition.legal_basis) faults.push({ ...fault(['id'], 'missing_legal_basis', 'legal_basis is missing'), severity })
  if (!definition.retention) faults.push({ ...fault(['id'], 'missing_retention', 'retention is missing'), severity })
  const examples = definition.examples.length
  if (examples === 0) faults.push({ ...fault(['id'], 'missing_examples', 'has no worked example'), severity })
  else if (examples < 3)
    faults.push({
      ...fault(['examples'], 'few_examples', 'three worked examples or more are better'),
      severity: 'warning',
    })
  const absent = cityLanguages.filter((language) => !definition.languages.includes(language))
  if (absent.length > 0) {
    faults.push({
      ...fault(['languages'], 'missing_language', `is not in languages of the city: ${absent.join(', ')}`),
      severity: 'warning',
    })
  }
  return faults
}

function eachWords(value: unknown, path: FilePath, visit: (words: object, path: FilePath) => void): void {
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) eachWords(item, [...path, index], visit)
  } else if (value !== null && typeof value === 'object') {
    for (const [key, item] of Object.entries(value)) {
      if (key === 'example' || key === 'examples' || item === undefined) continue
      const at = [...path, key]
      if (wordKeys.has(key) && item !== null && typeof item === 'object' && !Array.isArray(item)) visit(item, at)
      else eachWords(item, at, visit)
    }
  }
}

/** What a letter is filled in with, beside answers and computed values. */
const letterNames = ['name', 'reference', 'reason', 'from', 'until', 'date', 'service', 'outcome'] as const
/** What a message is filled in with: no answers, as e-mail is read by others. */
const messageNames = ['name', 'reference', 'code', 'link', 'reason', 'service', 'letter', 'until', 'deadline'] as const

/** Checks that bodies of documents and subjects and bodies of messages are MessageFormat 2 and name only what is there. */
export function checkTemplates(definition: ServiceDefinition): Fault[] {
  const faults: Fault[] = []
  const check = (words: Readonly<Record<string, string>>, path: FilePath, known: ReadonlySet<string>): void => {
    for (const [language, text] of Object.entries(words)) {
      const { problem, names } = readTemplate(text)
      if (problem) faults.push(fault([...path, language], 'message_syntax', `is not MessageFormat 2: ${problem}`))
      for (const name of names.filter((each) => !known.has(each))) {
        const message = `there is nothing to fill in for {$${name}}: use one of ${[...known].slice(0, 12).join(', ')}`
        faults.push(fault([...path, language], 'unknown_placeholder', message))
      }
    }
  }
  const computed = definition.rules.computed.map((each) => each.id)
  const letter = new Set([...letterNames, ...questionsOf(definition.form).map((each) => each.id), ...computed])
  for (const [i, document] of definition.documents.entries()) check(document.body, ['documents', i, 'body'], letter)
  const mail = new Set<string>(messageNames)
  for (const [id, message] of Object.entries(definition.messages)) {
    check(message.subject, ['messages', id, 'subject'], mail)
    check(message.body, ['messages', id, 'body'], mail)
  }
  return faults
}

/** The names that a text wants to be given, each once; those that it declares itself (`.local`) are not among them. */
function readTemplate(text: string): { problem: string | null; names: string[] } {
  try {
    const message = parseMessage(text)
    const local = new Set(message.declarations.flatMap((each) => (each.type === 'local' ? [each.name] : [])))
    return { problem: null, names: [...variablesIn(message)].filter((name) => !local.has(name)) }
  } catch (error) {
    return { problem: error instanceof Error ? error.message : String(error), names: [] }
  }
}

function variablesIn(part: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(part)) for (const each of part) variablesIn(each, found)
  else if (part instanceof Map) for (const each of part.values()) variablesIn(each, found)
  else if (part !== null && typeof part === 'object') {
    if ('type' in part && part.type === 'variable' && 'name' in part && typeof part.name === 'string') found.add(part.name)
    for (const each of Object.values(part)) variablesIn(each, found)
  }
  return found
}
