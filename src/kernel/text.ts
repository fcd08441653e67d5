/** Text in several languages, keyed by BCP 47 tag. */
export type Words = Readonly<Record<string, string>>

/** Characters that change how text around them is drawn: never kept from input. */
const INVISIBLE = /[\u200B-\u200F\u202A-\u202E\u2060-\u2064\u2066-\u2069\uFEFF]/g

/** Typed text as it is kept: NFC, no control or invisible characters, trimmed; line breaks stay as `\n`. */
export function cleanText(text: string): string {
  return text
    .normalize('NFC')
    .replaceAll(/\r\n?/g, '\n')
    .replaceAll(INVISIBLE, '')
    .replaceAll(/[\u0000-\u0009\u000B-\u001F\u007F-\u009F]/g, ' ')
    .trim()
}

/** Text folded for comparing: NFKC, lower case, no diacritics, one form of Arabic letters, single spaces. */
export function foldText(text: string): string {
  return text
    .normalize('NFKD')
    .replaceAll(/\p{M}/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .replaceAll(/[\u0622\u0623\u0625\u0671]/g, '\u0627')
    .replaceAll('\u0649', '\u064A')
    .replaceAll('\u0629', '\u0647')
    .replaceAll('\u0640', '')
    .replaceAll(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** The words for a reader, with the language they are in: the reader's own, else English, else any there is. */
export function inLanguage(words: Words, locale: string): { text: string; lang: string } {
  const lang = [locale, 'en', ...Object.keys(words)].find((tag) => words[tag] !== undefined) ?? locale
  return { text: words[lang] ?? '', lang }
}

/** The writing direction of a language. */
export function direction(lang: string): 'ltr' | 'rtl' {
  return /^(ar|fa|he|ur|ps|sd|ug|yi|dv)(-|$)/.test(lang) ? 'rtl' : 'ltr'
}
