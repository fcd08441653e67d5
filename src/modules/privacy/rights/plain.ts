import { formatDay, formatInstant, type PlainDate } from '../../../kernel/time.ts'
import { inLanguage } from '../../../kernel/text.ts'
import type { Translate } from '../../../platform/i18n.ts'
import type { City } from '../../../platform/city.ts'
import { addressLines, answerInWords, type House, keptUntil, stateLabel } from '../../cases/index.ts'
import { isRecord } from '../../fields/index.ts'
import type { Question, RowQuestion, Service } from '../../servicefile/index.ts'
import type { CaseData, FileData } from './gather.ts'

/** For whom data is put in words. */
export type Words = { readonly t: Translate; readonly language: string; readonly city: City }

/** One answer in plain words, complete: rows of groups and names of files too. */
export function plainAnswer(words: Words, question: Question | RowQuestion, value: unknown, files: readonly FileData[]): string {
  const { t, language } = words
  if (Array.isArray(value) && question.kind === 'file')
    return value.map((id) => files.find((file) => file.id === id)?.name ?? String(id)).join(', ')
  if (Array.isArray(value) && 'questions' in question && question.questions) {
    const columns = question.questions
    return value
      .filter(isRecord)
      .map((row, i) => {
        const cells = columns.filter((column) => row[column.id] !== undefined && row[column.id] !== null)
        const told = cells.map(
          (column) => `${inLanguage(column.label, language).text} ${plainAnswer(words, column, row[column.id], files)}`,
        )
        return `${t('ui.field.row_title', { title: question.row_title ? inLanguage(question.row_title, language).text : t('ui.field.row'), n: i + 1 })}: ${told.join('; ')}`
      })
      .join('\n')
  }
  return answerInWords(question, value, { language, currency: words.city.currency, t })
}

/** A value of which no question is known: text as it is, an address in lines, anything else as JSON. */
export function plainValue(value: unknown): string {
  if (typeof value === 'string') return value
  const lines = addressLines(value)
  return lines.length > 0 ? lines.join(', ') : JSON.stringify(value)
}

/** What a case is about, as a page and a file say it. */
export type CaseFacts = {
  readonly title: string
  readonly agency: string
  readonly state: string
  readonly purpose: string
  readonly law: string
  readonly from: string
  readonly keptUntil: PlainDate | null
  /** Until when it is kept, in words. */
  readonly kept: string
}

/** Why a case is kept, under which law, from where it came and until when it stays, in plain words. */
export function caseFacts(house: House, words: Words, { holding }: Pick<CaseData, 'holding'>): CaseFacts {
  const { t, language, city } = words
  const { current, service } = holding
  const agency = city.agencies.find((each) => each.id === current.agency)
  return {
    title: inLanguage(service.definition.title, language).text,
    agency: agency ? inLanguage(agency.name, language).text : current.agency,
    state: stateLabel(service, current, language),
    purpose: purposeOf(service, language),
    law: lawOf(service, language),
    from: t(current.channel === 'web' || current.channel === 'api' ? 'privacy.data.from.you' : 'privacy.data.from.you_elsewhere'),
    keptUntil: keptUntil(house, current, service),
    kept: keptInWords(house, words, holding),
  }
}

/** Until when a case is kept: a day, or a time that begins when it is closed. */
export function keptInWords(
  house: House,
  { t, language }: Words,
  { current, service }: Pick<CaseData['holding'], 'current' | 'service'>,
): string {
  const until = keptUntil(house, current, service)
  if (until !== null) return formatDay(until, language)
  const years = service.definition.retention?.case_years
  return years === undefined ? t('privacy.data.until.no_rule') : t('privacy.data.until.after_end', { years })
}

/** What the answers of a service are for. */
export function purposeOf(service: Service, language: string): string {
  return inLanguage(service.definition.how_data_is_used ?? service.definition.summary, language).text
}

/** The law behind a service, with its article of the GDPR. */
export function lawOf(service: Service, language: string): string {
  const basis = service.definition.legal_basis
  return basis ? `${inLanguage(basis.law, language).text} (GDPR, Art. ${basis.gdpr})` : ''
}

/** The questions of a service that were answered, in order. */
export function answered(service: Service, answers: Readonly<Record<string, unknown>>): Question[] {
  const questions = service.definition.form.pages.flatMap((page) => page.questions)
  return questions.filter((question) => answers[question.id] !== undefined && answers[question.id] !== null)
}

/** An instant in words, in the city's zone. */
export function at(words: Words, instant: Date): string {
  return formatInstant(instant, words.language, words.city.timeZone)
}
