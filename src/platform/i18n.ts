import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { MessageFormat } from 'messageformat'

/** A message in a reader's language. Values stand as they are: put `<bdi>` around names. */
export type Translate = (key: string, values?: Readonly<Record<string, unknown>>) => string

/** All languages of the program. */
export type Messages = {
  readonly languages: readonly string[]
  /** The translator of a language; a key it lacks is taken from English. */
  translator(language: string): Translate
  /** Whether there is such a key in English. */
  has(key: string): boolean
}

/** Reads `locales/<language>.json` of each folder: flat objects of MessageFormat 2 messages. */
export async function loadMessages(folders: readonly string[]): Promise<Messages> {
  const texts = new Map<string, Map<string, string>>()
  for (const folder of folders) {
    for (const name of await readdir(folder)) {
      if (!name.endsWith('.json')) continue
      const language = name.slice(0, -5)
      const entries: Record<string, string> = JSON.parse(await readFile(join(folder, name), 'utf8'))
      const all = texts.get(language) ?? new Map<string, string>()
      for (const [key, text] of Object.entries(entries)) {
        if (all.has(key)) throw new Error(`Message ${key} is given twice in ${language}.`)
        all.set(key, text)
      }
      texts.set(language, all)
    }
  }
  const translators = new Map([...texts.keys()].map((language) => [language, makeTranslator(language, texts)]))
  const english = translators.get('en')
  if (!english) throw new Error('There are no English messages.')
  return {
    languages: [...texts.keys()],
    translator: (language) => translators.get(language) ?? english,
    has: (key) => texts.get('en')?.has(key) ?? false,
  }
}

function makeTranslator(language: string, texts: ReadonlyMap<string, ReadonlyMap<string, string>>): Translate {
  const compiled = new Map<string, (values?: Readonly<Record<string, unknown>>) => string>()
  return (key, values) => {
    let message = compiled.get(key)
    if (!message) {
      const own = texts.get(language)?.get(key)
      const text = own ?? texts.get('en')?.get(key)
      if (text === undefined) throw new Error(`There is no message ${key}.`)
      message = compileMessage(own === undefined ? 'en' : language, text)
      compiled.set(key, message)
    }
    return message(values)
  }
}

/** Compiles one MessageFormat 2 message; plain texts skip the formatter. Throws on bad syntax. */
export function compileMessage(language: string, text: string): (values?: Readonly<Record<string, unknown>>) => string {
  if (!/[{}\\]|^\s*\./.test(text)) return () => text
  const format = new MessageFormat(language, text, { bidiIsolation: 'none' })
  return rememberCounts((values) => format.format(values, () => undefined))
}

type Format = (values?: Readonly<Record<string, unknown>>) => string

/** Counts from 0 to 1,000 come again and again, and putting a number into words makes several Intl formats each time. */
function rememberCounts(format: Format): Format {
  const known: string[] = []
  return (values) => {
    const n = values?.['n']
    if (typeof n !== 'number' || !Number.isInteger(n) || n < 0 || n > 1_000 || Object.keys(values ?? {}).length !== 1) return format(values)
    return (known[n] ??= format(values))
  }
}
