import { inLanguage } from '../../../kernel/text.ts'
import type { Translate } from '../../../platform/i18n.ts'
import type { Attribute, Datatype, Service, ServiceDefinition } from '../../open311/index.ts'
import type { Question } from '../../servicefile/index.ts'
import type { Category } from '../categories/categories.ts'
import type { Board } from '../service/index.ts'

/** How questions are asked for by GeoReport v2. Kinds that have no datatype are asked on our own pages only. */
const datatypeOf: Partial<Record<Question['kind'], Datatype>> = {
  text: 'string',
  long_text: 'text',
  email: 'string',
  phone: 'string',
  integer: 'number',
  decimal: 'number',
  date: 'datetime',
  yes_no: 'singlevaluelist',
  one_of: 'singlevaluelist',
  many_of: 'multivaluelist',
}

/** The question that an attribute answers, by the attribute's code; null when other programs are not asked it. */
export function askedOf(category: Category, code: string): Question | null {
  const question = category.questions.find((each) => each.id === code)
  return question && datatypeOf[question.kind] ? question : null
}

/** Whether other programs can send one: it asks nothing that they could not answer. */
export function canBeSent(category: Category): boolean {
  return (
    category.active && category.questions.every((each) => !each.required || each.when !== undefined || datatypeOf[each.kind] !== undefined)
  )
}

/** The service list (GET Service List): what can be reported now. */
export function serviceList(board: Board, language: string): Service[] {
  const groups = new Map(board.categories.groups.map((each) => [each.id, inLanguage(each.name, language).text]))
  return board.categories.list.filter(canBeSent).map((category) => ({
    service_code: category.id,
    service_name: inLanguage(category.name, language).text,
    description: inLanguage(category.summary, language).text || null,
    metadata: hasDefinition(category),
    type: 'realtime',
    keywords: (category.keywords[language] ?? category.keywords['en'] ?? []).join(', ') || null,
    group: groups.get(category.group) ?? category.group,
  }))
}

function hasDefinition(category: Category): boolean {
  return category.urgent || category.questions.some((each) => datatypeOf[each.kind] !== undefined)
}

/** The definition of a service (GET Service Definition); null when there is no such service now. */
export function definitionOf(board: Board, code: string, language: string, t: Translate): ServiceDefinition | null {
  const category = board.categories.byId(code)
  if (!category || !canBeSent(category)) return null
  const danger = category.urgent ? [dangerLine(board, t)] : []
  const asked = category.questions.flatMap((question) => attributeOf(question, language, t) ?? [])
  return { service_code: category.id, attributes: [...danger, ...asked].map((each, at) => ({ ...each, order: at + 1 })) }
}

type Unordered = Omit<Attribute, 'order'>

/** Only words: where there is danger, the emergency number comes first. */
function dangerLine(board: Board, t: Translate): Unordered {
  return {
    variable: false,
    code: 'danger',
    datatype: 'string',
    required: false,
    datatype_description: null,
    description: t('open311.danger', { number: board.categories.emergencyNumber }),
    values: [],
  }
}

function attributeOf(question: Question, language: string, t: Translate): Unordered | null {
  const datatype = datatypeOf[question.kind]
  if (datatype === undefined) return null
  const conditional = question.when !== undefined
  const hint = question.hint ? inLanguage(question.hint, language).text : null
  return {
    variable: true,
    code: question.id,
    datatype,
    // whether a conditional one has to be answered follows from the other answers: we say so when they come
    required: question.required && !conditional,
    datatype_description:
      [hint, conditional ? t('open311.conditional') : null, formatHint(question, t)].filter((each) => each !== null).join(' ') || null,
    description: inLanguage(question.label, language).text,
    values: valuesOf(question, language, t),
  }
}

function formatHint(question: Question, t: Translate): string | null {
  return question.kind === 'date' ? t('open311.date_format') : null
}

function valuesOf(question: Question, language: string, t: Translate): Attribute['values'] {
  if (question.kind === 'yes_no') return [{ key: 'true', name: t('open311.yes') }, { key: 'false', name: t('open311.no') }] // prettier-ignore
  return (question.options ?? []).map((each) => ({ key: each.value, name: inLanguage(each.label, language).text }))
}

/** A value that cannot be an answer of this kind, so that it is told as wrong and not as missing. */
const UNREADABLE = {}

/** The answer that values of an attribute give; what cannot be one is left for the rules of the question to refuse. */
export function answerOf(question: Question, values: readonly string[]): unknown {
  const [first = ''] = values
  switch (question.kind) {
    case 'many_of':
      return values.length === 1 ? first.split(',').map((each) => each.trim()) : [...values]
    case 'integer':
      return /^\s*[+-]?\d{1,15}\s*$/.test(first) ? Number(first) : UNREADABLE
    case 'yes_no':
      return /^(true|1|yes)$/i.test(first.trim()) ? true : /^(false|0|no)$/i.test(first.trim()) ? false : UNREADABLE
    case 'date':
      return first.trim().slice(0, 10)
    default:
      return first
  }
}
