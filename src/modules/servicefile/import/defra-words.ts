import type { Words } from '../../../kernel/text.ts'
import { wordsOf } from './draft.ts'
import { hasHtml, htmlToMarkdown, htmlToText } from './html.ts'
import { isObject, type Json, objectAt, saysNothing, textAt } from './json.ts'
import type { Notes } from './notes.ts'

/** A text of a form in one language, and where it stands. */
export type Said = { tag: string; text: string; path: string }

/** What a form says, in its own language and in those it is translated into. */
export type DefraWords = {
  /** The form's own language. */
  readonly base: string
  /** Its own language first, then those of its translations of which a word was used until now. */
  readonly languages: readonly string[]
  /** The texts of an object of the form under a key, in each language in which it says something. */
  at(object: Json, key: string, path: string): Said[]
  /** Reports the translated words that nothing has used. */
  reportUnused(): void
}

type Entry = { entry: Json; path: string }
type Translation = { tag: string; all: Entry[]; byId: Map<string, Entry> }

const kindsOfEntry = ['pages', 'components', 'listItems', 'sections', 'lists', 'conditions']
const TEMPLATE = /\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\}|\{#[\s\S]*?#\}/g

/** The words of a form: `metadata.language` says its own language (English when it says none), `metadata.translations` the others. */
export function createWords(form: Json, notes: Notes): DefraWords {
  const metadata = objectAt(form, 'metadata')
  const named = textAt(metadata, 'language')
  const base = languageTag(named) ?? 'en'
  if (named !== '' && languageTag(named) === null)
    notes.add('metadata.language', 'language', `"${named}" is no language that a service can have: the words are taken for English`)
  const translations = Object.entries(objectAt(metadata, 'translations')).flatMap(([name, entries]): Translation[] => {
    if (!isObject(entries) || saysNothing(entries)) return []
    const path = `metadata.translations.${name}`
    const tag = languageTag(name)
    if (tag !== null && tag !== base) return [readTranslation(tag, path, entries, notes)]
    const why = tag === null ? 'is no language that a service can have' : 'is the language of the form itself'
    notes.add(path, 'language', `"${name}" ${why}: its words are left out: ${JSON.stringify(entries)}`)
    return []
  })
  const used = new Set<string>()
  const usedTags = new Set<string>()
  return {
    base,
    get languages() {
      return [...new Set([base, ...translations.map(({ tag }) => tag).filter((tag) => usedTags.has(tag))])]
    },
    at(object, key, path) {
      const all: Said[] = [{ tag: base, text: textAt(object, key), path: path === '' ? key : `${path}.${key}` }]
      for (const { tag, byId } of translations) {
        const found = byId.get(textAt(object, 'id'))
        if (found && !all.some((said) => said.tag === tag)) all.push({ tag, text: textAt(found.entry, key), path: `${found.path}.${key}` })
      }
      const found = all.filter(({ text }) => text !== '')
      for (const { tag, path: place } of found) {
        used.add(place)
        usedTags.add(tag)
      }
      return found
    },
    reportUnused() {
      for (const { entry, path } of translations.flatMap((each) => each.all))
        for (const [key, text] of Object.entries(entry)) {
          const place = `${path}.${key}`
          if (used.has(place) || saysNothing(text)) continue
          notes.add(place, 'language', `nothing of the form has these translated words, and they are left out: ${JSON.stringify(text)}`)
        }
    },
  }
}

function readTranslation(tag: string, path: string, entries: Json, notes: Notes): Translation {
  const byId: Translation['byId'] = new Map()
  const all: Entry[] = []
  for (const [kind, things] of Object.entries(entries)) {
    const leaveOut = (place: string, words: unknown): void => {
      if (saysNothing(words)) return
      notes.add(place, 'language', `these translated words belong to nothing and are left out: ${JSON.stringify(words)}`)
    }
    if (!kindsOfEntry.includes(kind) || !isObject(things)) {
      leaveOut(`${path}.${kind}`, things)
      continue
    }
    for (const [id, entry] of Object.entries(things)) {
      const place = `${path}.${kind}.${id}`
      if (!isObject(entry)) {
        leaveOut(place, entry)
        continue
      }
      all.push({ entry, path: place })
      byId.set(id, { entry, path: place })
    }
  }
  return { tag, all, byId }
}

/** The tag of a language without its region, so that `en-GB` is the `en` of a city; null when it is none (BCP 47). */
function languageTag(name: string): string | null {
  try {
    const { language, script } = new Intl.Locale(name)
    return /^[a-z]{2,3}$/.test(language) ? `${language}${script ? `-${script}` : ''}` : null
  } catch {
    return null
  }
}

/** Whether a text is filled in with answers when it is shown (Liquid). */
export function hasTemplate(text: string): boolean {
  return text.search(TEMPLATE) >= 0
}

/** Texts as words of one line without HTML; undefined when nothing is said. */
export function plainWords(texts: readonly Said[], notes: Notes): Words | undefined {
  return wordsIn(texts, (said) => {
    const text = withoutTemplates(said, notes)
    return hasHtml(text) || text.includes('&') ? htmlToText(text) : text
  })
}

/** HTML or plain content as Markdown; what Markdown cannot say is reported. */
export function markdownWords(texts: readonly Said[], notes: Notes): Words | undefined {
  return wordsIn(texts, (said) => {
    const { text, lost } = htmlToMarkdown(withoutTemplates(said, notes))
    if (lost.length > 0) notes.add(said.path, 'html', `left out of the text, because Markdown has no place for it: ${lost.join(', ')}`)
    return text
  })
}

/** Markdown as it is; raw HTML in it is turned to Markdown. */
export function cleanMarkdownWords(texts: readonly Said[], notes: Notes): Words | undefined {
  return wordsIn(texts, (said) => {
    if (!hasHtml(said.text)) return withoutTemplates(said, notes)
    notes.add(said.path, 'html', 'HTML inside Markdown was turned to Markdown')
    const text = said.text.replaceAll(/\r?\n\s*\r?\n/g, '<p>')
    return markdownWords([{ ...said, text }], notes)?.[said.tag] ?? ''
  })
}

/** Words of several parts in each language in which one of them says something, joined. */
export function joinWords(parts: ReadonlyArray<Words | undefined>, between: string): Words | undefined {
  const tags = [...new Set(parts.flatMap((part) => Object.keys(part ?? {})))]
  const said = (tag: string): string => parts.flatMap((part) => part?.[tag] ?? []).join(between)
  return wordsOf(Object.fromEntries(tags.map((tag) => [tag, said(tag)])))
}

/** Words changed in each language. */
export function eachWord(words: Words | undefined, change: (text: string) => string): Words | undefined {
  return words && Object.fromEntries(Object.entries(words).map(([tag, text]) => [tag, change(text)]))
}

function wordsIn(texts: readonly Said[], clean: (said: Said) => string): Words | undefined {
  return wordsOf(Object.fromEntries(texts.map((said) => [said.tag, clean(said)])))
}

/** What a form fills in when it is shown becomes an ellipsis; both sides of a condition stay. */
function withoutTemplates({ text, path }: Said, notes: Notes): string {
  if (!hasTemplate(text)) return text
  notes.add(path, 'template', `what the form fills in here is left out ("…" stands for it, and every side of an "if" stays): ${text}`)
  const bare = text
    .replaceAll(TEMPLATE, (template) => (template.startsWith('{{') ? '…' : ''))
    .replaceAll(/…(?:\s*…)+/g, '…')
    .trim()
  return bare === '…' ? '' : bare
}
