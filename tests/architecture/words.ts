import { MessageFormat, parseMessage, validate } from 'messageformat'
import type { Violation } from './floors.ts'
import { closing, lineAt, type Literal, type Source } from './scan.ts'

/** The languages that every folder of words has. */
export const languages = ['en', 'es', 'ar'] as const

/** One language of one folder of words. */
export type Words = { readonly folder: string; readonly language: string; readonly messages: Readonly<Record<string, string>> }

const known = new Set(['string', 'number', 'integer', 'offset'])

const pathOf = (words: Words): string => `${words.folder}/${words.language}.json`

/** Languages that are missing, and keys that one language of a folder has and another has not. */
export function sameKeys(all: readonly Words[]): Violation[] {
  return [...Map.groupBy(all, (words) => words.folder)].flatMap(([folder, files]) => {
    const english = files.find((words) => words.language === 'en')
    const wanted = new Set(Object.keys(english?.messages ?? {}))
    return languages.flatMap((language) => {
      const file = files.find((words) => words.language === language)
      const found = (message: string): Violation => ({ rule: 'keys', path: `${folder}/${language}.json`, line: 1, message })
      if (!file) return [found(`is missing (${wanted.size} messages)`)]
      const own = new Set(Object.keys(file.messages))
      const missing = [...wanted].filter((key) => !own.has(key)).map((key) => found(`lacks ${key}`))
      const more = [...own].filter((key) => !wanted.has(key)).map((key) => found(`has ${key}, which English has not`))
      return [...missing, ...more]
    })
  })
}

/** Messages that do not compile, call a function that is not there, or take other values than the English ones. */
export function messages(all: readonly Words[]): Violation[] {
  const english = new Map(all.filter((words) => words.language === 'en').map((words) => [words.folder, words.messages]))
  return all.flatMap((words) =>
    Object.entries(words.messages).flatMap(([key, text]) => {
      const reference = english.get(words.folder)?.[key]
      const message = judge(words.language, text, reference)
      return message === null ? [] : [{ rule: 'messages', path: pathOf(words), line: 1, message: `${key}: ${message}` }]
    }),
  )
}

function judge(language: string, text: unknown, english: string | undefined): string | null {
  if (typeof text !== 'string' || text.trim() === '') return 'is not a text'
  try {
    const { functions, variables } = needs(text)
    // a formatter of the language is made too: its plural rules are looked up here
    new MessageFormat(language, text).format(Object.fromEntries([...variables].map((name) => [name, 1])), () => undefined)
    const unknown = [...functions].filter((name) => !known.has(name))
    if (unknown.length > 0) return `calls :${unknown.join(', :')}, which is not there`
    if (english === undefined) return null
    const wanted = needs(english).variables
    return wanted.symmetricDifference(variables).size === 0
      ? null
      : `takes {${[...variables].join(', ')}}, English takes {${[...wanted].join(', ')}}`
  } catch (error) {
    return `does not compile: ${error instanceof Error ? error.message : String(error)}`
  }
}

function needs(text: string): { functions: Set<string>; variables: Set<string> } {
  return validate(parseMessage(text))
}

/** Keys given twice in one language: the later folder would be refused at start. */
export function keysTwice(all: readonly Words[]): Violation[] {
  const seen = new Map<string, string>()
  return all.flatMap((words) =>
    Object.keys(words.messages).flatMap((key) => {
      const first = seen.get(`${words.language} ${key}`)
      seen.set(`${words.language} ${key}`, pathOf(words))
      return first === undefined ? [] : [{ rule: 'keys', path: pathOf(words), line: 1, message: `${key} is in ${first} too` }]
    }),
  )
}

/** Where the source asks for a message: a whole key, or a template of keys. */
export type Asked = { readonly source: Source; readonly literal: Literal }

/** Every text that is the first argument of `t(...)`, or one of its choices (`t(a ? 'x' : 'y')`). */
export function asked(sources: readonly Source[]): Asked[] {
  return sources
    .filter(({ path }) => !path.endsWith('.test.ts'))
    .flatMap((source) => {
      const literalAt = new Map(source.literals.map((literal) => [literal.at, literal]))
      return [...source.code.matchAll(/(?<![\w$])t\(/g)]
        .flatMap((match) => choices(source.code, match.index + match[0].length - 1))
        .flatMap((at) => literalAt.get(at) ?? [])
        .map((literal) => ({ source, literal }))
    })
}

/** Where the texts begin that a call may take as its first argument; not those inside brackets or compared with. */
function choices(code: string, open: number): number[] {
  const found: number[] = []
  const end = closing(code, open)
  let before = '('
  for (let at = open + 1; at < end && code.charAt(at) !== ','; at += 1) {
    const char = code.charAt(at)
    if (/\s/.test(char)) continue
    if (/['"`]/.test(char) && /[(?:]/.test(before)) found.push(at)
    if ('([{'.includes(char)) at = closing(code, at)
    before = char
  }
  return found
}

/** Keys that the source asks for and English has not. */
export function unknownKeys(sources: readonly Source[], all: readonly Words[]): Violation[] {
  const keys = [...new Set(all.filter((words) => words.language === 'en').flatMap((words) => Object.keys(words.messages)))]
  const has = new Set(keys)
  return asked(sources).flatMap(({ source, literal }) => {
    const fits = literal.template ? keys.some((key) => pattern(literal.value).test(key)) : has.has(literal.value)
    const message = `${literal.value.replaceAll('\0', '*')} is not in English`
    return fits ? [] : [{ rule: 'words', path: source.path, line: lineAt(source.text, literal.at), message }]
  })
}

/** Keys of English that no text of the source names, whole or as a template. */
export function unusedKeys(sources: readonly Source[], all: readonly Words[]): Violation[] {
  const literals = sources.filter(({ path }) => !path.endsWith('.test.ts')).flatMap((source) => source.literals)
  const whole = new Set(literals.map((literal) => literal.value))
  const templates = literals
    .filter(({ value, template }) => template && /^[a-z][a-z0-9_]*\.[\w.-]*\0[\w.\0-]*$/.test(value))
    .map(({ value }) => pattern(value))
  return all
    .filter((words) => words.language === 'en')
    .flatMap((words) =>
      Object.keys(words.messages)
        .filter((key) => !whole.has(key) && !templates.some((template) => template.test(key)))
        .map((key) => ({ rule: 'words', path: pathOf(words), line: 1, message: `nothing asks for ${key}` })),
    )
}

function pattern(template: string): RegExp {
  const parts = template.split('\0').map((part) => part.replaceAll(/\W/g, String.raw`\$&`))
  return new RegExp(`^${parts.join('.+')}$`)
}
