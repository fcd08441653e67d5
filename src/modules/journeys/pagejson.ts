import { inLanguage } from '../../kernel/text.ts'
import { moneyToJson } from '../../kernel/money.ts'
import type { PlainDate } from '../../kernel/time.ts'
import { exampleFor, type Issue, type Question, type RowQuestion } from '../servicefile/index.ts'
import type { OpenJourney } from './service.ts'

/** A page as API clients get it: the questions that are to be answered now, each with a valid example. */
export type PageJson = { id: string; title: string; questions: QuestionJson[]; statements?: string[] }

/** A question as API clients get it; shapes of answers are those of its kind. */
export type QuestionJson = {
  id: string
  kind: string
  label: string
  hint?: string
  required: boolean
  example: unknown
  options?: Array<{ value: string; label: string }>
  [limit: string]: unknown
}

/** What every answer of a journey's door carries. */
export function journeyJson(opened: OpenJourney, today: PlainDate): Record<string, unknown> {
  const { evaluation, journey } = opened
  return {
    id: journey.id,
    page: evaluation.complete ? null : pageJson(opened, evaluation.page, today),
    issues: shownIssues(opened),
    computed: evaluation.computed,
    eligible: evaluation.eligible,
    fee: opened.service.definition.fee && evaluation.fee ? moneyToJson(evaluation.fee) : null,
    complete: evaluation.complete,
  }
}

/** What is wrong with answers that were given; what is not answered yet is the page's business. */
function shownIssues(opened: OpenJourney): Issue[] {
  return opened.evaluation.issues.filter(
    (issue) => issue.code !== 'missing' || issue.row !== undefined || opened.answers[issue.question] !== undefined,
  )
}

function pageJson(opened: OpenJourney, id: string | null, today: PlainDate): PageJson | null {
  const seen = opened.evaluation.pages.find((each) => each.id === id)
  const page = opened.service.definition.form.pages.find((each) => each.id === id)
  if (!seen || !page) return null
  const language = opened.journey.language
  const statements = seen.statements.flatMap((index) => {
    const statement = page.statements?.[index]
    return statement ? [inLanguage(statement.text, language).text] : []
  })
  return {
    id: page.id,
    title: inLanguage(page.title, language).text,
    questions: page.questions
      .filter((question) => seen.questions.includes(question.id))
      .map((question) => questionJson(question, language, today)),
    ...(statements.length > 0 ? { statements } : {}),
  }
}

/** A question in a language, with an example that is valid today. */
export function questionJson(question: Question | RowQuestion, language: string, today: PlainDate): QuestionJson {
  const limits: Record<string, unknown> = {}
  const keys = [
    'min',
    'max',
    'pattern',
    'min_length',
    'max_length',
    'decimals',
    'currency',
    'min_choices',
    'max_choices',
    'max_files',
    'accept',
    'min_rows',
    'max_rows',
    'source',
    'of',
  ] as const
  for (const key of keys) if (question[key] !== undefined) limits[key] = question[key]
  const json: QuestionJson = {
    id: question.id,
    kind: question.kind,
    label: inLanguage(question.label, language).text,
    ...(question.hint ? { hint: inLanguage(question.hint, language).text } : {}),
    required: question.required,
    example: exampleFor(question, today),
    ...limits,
  }
  if (question.options)
    json.options = question.options.map((option) => ({ value: option.value, label: inLanguage(option.label, language).text }))
  if ('questions' in question && question.questions)
    json['questions'] = question.questions.map((column) => questionJson(column, language, today))
  return json
}
