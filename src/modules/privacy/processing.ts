import type { Words } from '../../kernel/text.ts'
import type { City } from '../../platform/city.ts'
import type { Question, RowQuestion, ServiceDefinition } from '../servicefile/index.ts'

/** Categories of personal data, as the questions of a form collect them. */
export const categories = [
  'identity',
  'register_code',
  'contact',
  'address',
  'location',
  'money',
  'documents',
  'household',
  'answers',
] as const
export type Category = (typeof categories)[number]

/** What keeps the data safe, everywhere in the program (GDPR, article 32). */
export const measures = ['encryption', 'access_line', 'roles', 'second_step', 'erasure'] as const

/** One processing activity (GDPR, article 30(1)). */
export type Activity = {
  readonly id: string
  readonly title: Words
  readonly purpose: Words
  readonly law: Words | null
  readonly article: string | null
  /** Residents, businesses, visitors. */
  readonly subjects: readonly string[]
  readonly categories: readonly Category[]
  /** The agency that decides, and those whose opinion may be asked. */
  readonly agency: string
  readonly consulted: readonly string[]
  readonly retention: { readonly draftDays: number; readonly caseYears: number } | null
}

/** The record of processing activities of a city. */
export type ProcessingRecord = {
  readonly controller: Words
  readonly contact: { readonly officer: Words | null; readonly email: string; readonly phone: string | null }
  readonly activities: readonly Activity[]
  /** To other countries or international organisations: none, because nothing leaves the city's own servers. */
  readonly transfers: 'none'
  readonly measures: readonly (typeof measures)[number][]
}

/** The record of processing activities, from the service files on offer and the city's own file. */
export function processingRecord(city: City, definitions: readonly ServiceDefinition[]): ProcessingRecord {
  const own = city.dataProtection
  return {
    controller: own?.controller ?? city.name,
    contact: { officer: own?.officer ?? null, email: own?.email ?? city.contact.email, phone: own?.phone ?? city.contact.phone },
    activities: definitions.map(activityOf),
    transfers: 'none',
    measures,
  }
}

/** What one service does with data, from its file alone. */
export function activityOf(definition: ServiceDefinition): Activity {
  const effects = definition.workflow?.transitions.flatMap((transition) => transition.effects) ?? []
  const consulted = effects.flatMap((effect) => ('consult' in effect ? [effect.consult] : []))
  const { retention, legal_basis: basis } = definition
  return {
    id: definition.id,
    title: definition.title,
    purpose: definition.summary,
    law: basis?.law ?? null,
    article: basis?.gdpr ?? null,
    subjects: definition.audience,
    categories: categoriesOf(definition),
    agency: definition.agency,
    consulted: [...new Set(consulted)].filter((agency) => agency !== definition.agency),
    retention: retention ? { draftDays: retention.draft_days, caseYears: retention.case_years } : null,
  }
}

/** The categories of data that a form asks for, in one order. */
export function categoriesOf(definition: ServiceDefinition): Category[] {
  const questions = definition.form.pages.flatMap((page) => page.questions)
  const found = new Set(questions.flatMap((question) => [categoryOf(question), ...(question.questions ?? []).map(categoryOf)]))
  return categories.filter((category) => found.has(category))
}

function categoryOf(question: Question | RowQuestion): Category {
  const kind = question.kind === 'attribute' ? (question.of ?? 'text') : question.kind
  const source = question.source ?? ''
  if (kind === 'national_id' || source === 'person.national_id') return 'register_code'
  if (source === 'person.full_name' || source === 'person.date_of_birth' || /(^|_)(full_name|date_of_birth|birth_date)$/.test(question.id))
    return 'identity'
  if (kind === 'email' || kind === 'phone') return 'contact'
  if (kind === 'address') return 'address'
  if (kind === 'place') return 'location'
  if (kind === 'money' || kind === 'iban') return 'money'
  if (kind === 'file') return 'documents'
  return kind === 'repeating_group' ? 'household' : 'answers'
}
