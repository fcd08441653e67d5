import { parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import { textOf } from '../../../platform/http/routes.ts'
import type { DateParts } from '../../../ui/index.ts'
import { cleanText } from '../../../kernel/text.ts'
import { PARTS_MOST, WORDS_MOST } from './propose.ts'

/** The ways to get help with a bill, as they stand in its addresses. */
export const helpWays = ['parts', 'time', 'wrong', 'waiver'] as const
export type HelpWay = (typeof helpWays)[number]

/** What was typed, to be shown again. */
export type Typed = {
  readonly choice: string
  readonly more: string
  readonly until: DateParts
  readonly words: string
  readonly revision: number | null
}

/** What is wrong, by field: the key of the word that says it. */
export type HelpErrors = Readonly<Partial<Record<'choice' | 'more' | 'until' | 'words', string>>>

/** Nothing typed yet. */
export const nothingTyped: Typed = { choice: '', more: '', until: { day: '', month: '', year: '' }, words: '', revision: null }

/** Reads a form of help; what nobody could have meant is empty. */
export function readTyped(form: unknown): Typed {
  const text = (name: string, most: number): string => (textOf(form, name) ?? '').trim().slice(0, most)
  const revision = /^\d{1,9}$/.exec(text('revision', 9))?.[0]
  return {
    choice: text('choice', 20),
    more: text('more', 10),
    until: { day: text('until-day', 4), month: text('until-month', 4), year: text('until-year', 6) },
    // one more than is allowed, so that too much is seen
    words: cleanText(textOf(form, 'words') ?? '').slice(0, WORDS_MOST + 1),
    revision: revision === undefined ? null : Number(revision),
  }
}

const digits = (text: string): string =>
  text
    .normalize('NFKC')
    .replaceAll(/[\u0660-\u0669]/g, (digit) => String(digit.charCodeAt(0) - 0x660))
    .replaceAll(/[\u06F0-\u06F9]/g, (digit) => String(digit.charCodeAt(0) - 0x6f0))

/** The day that was typed; null when it is none. */
export function typedDay({ until }: Typed): PlainDate | null {
  const [day, month, year] = [digits(until.day), digits(until.month), digits(until.year)]
  return parsePlainDate(`${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`)
}

/** The number that was typed; null when it is none from 2 to the most that may be asked for. */
export function typedParts({ more }: Typed): number | null {
  const found = /^\d{1,2}$/.exec(digits(more))?.[0]
  const parts = found === undefined ? 0 : Number(found)
  return parts >= 2 && parts <= PARTS_MOST ? parts : null
}

/** What is wrong with words that are needed. */
export function wordsError(words: string): HelpErrors {
  if (words === '') return { words: 'payments.help.words.missing' }
  return words.length > WORDS_MOST ? { words: 'payments.help.words.long' } : {}
}
