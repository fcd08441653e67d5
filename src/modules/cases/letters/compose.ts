import { direction, inLanguage } from '../../../kernel/text.ts'
import { formatDay, type PlainDate } from '../../../kernel/time.ts'
import type { City } from '../../../platform/city.ts'
import { compileMessage, type Messages, type Translate } from '../../../platform/i18n.ts'
import { contactOf, type DocumentTemplate, type Evaluation, type Outcome, type Question, type Service } from '../../servicefile/index.ts'
import { criteriaNotMet, saidOfCriteria } from '../house.ts'
import { escapeMarkdown } from './markdown.ts'
import type { Letter } from './render.ts'
import { addressLines, type Reading, valuesInWords } from './values.ts'

/** What a letter is made from. */
export type LetterParts = {
  readonly city: City
  readonly messages: Pick<Messages, 'languages' | 'translator'>
  readonly publicOrigin: string
  readonly service: Service
  readonly evaluation: Evaluation
  /** The id of one of the service's documents; any other is the house's own letter of a decision. */
  readonly template: string
  readonly reference: string
  /** The agency that decides. */
  readonly agency: string
  /** The language of the case. */
  readonly language: string
  readonly outcome: Outcome | null
  readonly reason: string | null
  /** The ids of the criteria that were not met when it was decided; null takes what the evaluation says. */
  readonly notMet: readonly string[] | null
  readonly issued: PlainDate
  readonly valid: { readonly from: PlainDate; readonly until: PlainDate | null } | null
  /** The code to check the letter with; null makes a preview, which says so across every page. */
  readonly code: string | null
}

/** Where anybody checks a letter. */
export const CHECK_PATH = '/check'

/** A letter that anybody can check. */
type CheckedLetter = Letter & { readonly check: NonNullable<Letter['check']> }

/** Writes a letter in the language of its case, or in the one that its template has instead. */
export function composeLetter(parts: LetterParts): CheckedLetter {
  const { city, service } = parts
  const template = service.definition.documents.find((each) => each.id === parts.template) ?? null
  const language = languageOf(parts, template)
  const t = parts.messages.translator(language)
  const reading = { language, currency: service.currency, t }
  const say = (words: Readonly<Record<string, string>>): string => inLanguage(words, language).text
  const agency = city.agencies.find((each) => each.id === parts.agency)
  const name = nameOf(parts)
  const lines = addressLines(answerOf(parts, addressQuestion))
  const title = template
    ? say(template.title)
    : t(`cases.letter.title.${kindOf(parts.outcome)}`, { service: say(service.definition.title) })
  return {
    language,
    direction: direction(language),
    city: say(city.name),
    agency: say(agency?.name ?? city.name),
    agencyAddress: say(agency?.address ?? city.contact.address),
    title,
    recipient: typeof name === 'string' && name !== '' ? { name, lines } : null,
    reference: parts.reference,
    date: formatDay(parts.issued, language),
    body: template ? templateBody(parts, template, reading) : decisionBody(parts, reading),
    facts: factsOf(parts, t, language, title),
    check: checkOf(parts, t),
    colour: city.colour,
    logo: city.logo,
    watermark: parts.code === null ? t('cases.letter.preview') : null,
    // the folio is filled in where the pages are counted
    words: {
      page: t('cases.letter.page', { page: '{n}', pages: '{m}' }),
      qr: t('cases.letter.qr'),
      reference: t('cases.letter.reference'),
      date: t('cases.letter.date'),
    },
  }
}

function languageOf(parts: LetterParts, template: DocumentTemplate | null): string {
  if (template) return inLanguage(template.body, parts.language).lang
  return parts.messages.languages.includes(parts.language) ? parts.language : 'en'
}

function kindOf(outcome: Outcome | null): 'granted' | 'refused' {
  return outcome === 'refused' ? 'refused' : 'granted'
}

function factsOf(parts: LetterParts, t: Translate, language: string, title: string): Letter['facts'] {
  const service = inLanguage(parts.service.definition.title, language).text
  const rows: Array<[string, string | null]> = [
    ['service', title.includes(service) ? null : service],
    ['valid_from', parts.valid && formatDay(parts.valid.from, language)],
    ['valid_until', parts.valid?.until ? formatDay(parts.valid.until, language) : null],
  ]
  return rows.flatMap(([key, value]) => (value === null ? [] : [{ label: t(`cases.letter.${key}`), value }]))
}

function checkOf(parts: LetterParts, t: Translate): CheckedLetter['check'] {
  const address = `${parts.publicOrigin}${CHECK_PATH}`
  const text = t(parts.code === null ? 'cases.letter.check_preview' : 'cases.letter.check', {
    address: address.replace(/^https?:\/\//, ''),
  })
  // the code stands in the fragment, which no browser sends and no server logs
  return parts.code === null ? { url: address, code: '', text } : { url: `${address}#${parts.code}`, code: parts.code, text }
}

/** The template with its placeholders filled in; what people typed stays exactly their words. */
function templateBody(parts: LetterParts, template: DocumentTemplate, reading: Reading): string {
  const { language, t } = reading
  const name = nameOf(parts)
  const values: Record<string, string> = {
    ...valuesInWords(parts.service, parts.evaluation, reading),
    name: typeof name === 'string' && name !== '' ? name : t('cases.letter.applicant'),
    reference: parts.reference,
    reason: parts.reason ?? '',
    from: formatDay(parts.valid?.from ?? parts.issued, language),
    until: parts.valid?.until ? formatDay(parts.valid.until, language) : t('cases.letter.no_end'),
    date: formatDay(parts.issued, language),
    service: inLanguage(parts.service.definition.title, language).text,
    outcome: parts.outcome ? t(`cases.letter.outcome.${parts.outcome}`) : '',
  }
  const written = Object.entries(values).map(([key, value]) => [key, isolated(value)])
  return compileMessage(language, inLanguage(template.body, language).text)(Object.fromEntries(written))
}

/** The house's letter: the outcome, why, what was not met, and what can be done about it. */
function decisionBody(parts: LetterParts, { language, t }: Reading): string {
  const { definition } = parts.service
  const kind = kindOf(parts.outcome)
  const say = (words: Readonly<Record<string, string>>): string => inLanguage(words, language).text
  const name = nameOf(parts)
  const greeted = typeof name === 'string' && name !== '' ? name : t('cases.letter.applicant')
  const missed = kind === 'refused' ? saidOfCriteria(parts.service, parts.notMet ?? criteriaNotMet(parts.evaluation)) : []
  return [
    t('cases.letter.greeting', { name: isolated(greeted) }),
    t(`cases.letter.${kind}`, { service: isolated(say(definition.title)), reference: isolated(parts.reference) }),
    ...(parts.reason ? [`## ${t('cases.letter.reason')}`, isolated(parts.reason)] : []),
    ...(missed.length > 0
      ? [
          `## ${t('cases.letter.not_met')}`,
          missed.map((otherwise) => `- ${escapeMarkdown(say(otherwise)).replaceAll(/\n+/g, ' ')}`).join('\n'),
        ]
      : []),
    ...(definition.appeal ? [`## ${t('cases.letter.appeal')}`, say(definition.appeal)] : []),
  ].join('\n\n')
}

/** Words from elsewhere, as Markdown of exactly these words; each line keeps its own direction in the text around it. */
function isolated(value: string): string {
  const lines = value.split('\n').map((line) => line.trim())
  return escapeMarkdown(lines.map((line) => (line === '' ? '' : `\u2068${line}\u2069`)).join('\n'))
}

function nameOf(parts: LetterParts): unknown {
  const named = contactOf(parts.service.definition).name
  return named.length === 0 ? answerOf(parts, nameQuestion) : firstAnswer(parts, named)
}

function answerOf(parts: LetterParts, fits: ReadonlyArray<(question: Question) => boolean>): unknown {
  const questions = parts.service.definition.form.pages.flatMap((page) => page.questions)
  const ids = fits.flatMap((fit) => questions.filter(fit).map((question) => question.id))
  return firstAnswer(parts, ids)
}

function firstAnswer({ evaluation }: LetterParts, ids: readonly string[]): unknown {
  return ids.map((id) => evaluation.answers[id]).find((value) => value !== undefined && value !== null)
}

const nameQuestion = [(question: Question) => /^((your|applicant)_)?(full_)?name$/.test(question.id)]
const addressQuestion = [
  (question: Question) => question.source === 'person.address',
  (question: Question) => question.kind === 'address' && /(^|home_|postal_)address$/.test(question.id),
]
