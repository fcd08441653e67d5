import { inLanguage } from '../../kernel/text.ts'
import { moneyToJson } from '../../kernel/money.ts'
import type { PlainDate } from '../../kernel/time.ts'
import { plainWords, PICTURES, type View } from '../../ui/index.ts'
import { issueText } from '../fields/index.ts'
import { exampleFor, fileLimits, type Issue, type Question, type RowQuestion } from '../servicefile/index.ts'
import type { OpenJourney } from './service.ts'
import { declarationText, ruleMessage } from './views/words.ts'

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

/** How files come to a question: how many, how large, of which media types, and where they are sent before they are named. */
export type FileJson = { max_files: number; max_mb: number; accept: string[]; upload: string }

/** What every answer of a journey's door carries, in the language of the view, which is the journey's. */
export function journeyJson(view: View, opened: OpenJourney, today: PlainDate): Record<string, unknown> {
  const { evaluation, journey } = opened
  const { definition } = opened.service
  return {
    id: journey.id,
    page: evaluation.complete ? null : pageJson(opened, evaluation.page, today),
    issues: shownIssues(opened).map((issue) => ({ ...issue, message: messageOf(view, opened, issue) })),
    computed: evaluation.computed,
    eligible: evaluation.eligible,
    notMet: evaluation.criteria
      .filter(({ met }) => met === false)
      .flatMap(({ id }) => definition.rules.eligibility.filter((rule) => rule.id === id))
      .map(({ id, otherwise }) => ({ id, text: plainWords(view, otherwise) })),
    fee: definition.fee && evaluation.fee ? moneyToJson(evaluation.fee) : null,
    complete: evaluation.complete,
    // what is confirmed by sending it, when it can be sent
    ...(evaluation.complete ? { declaration: declarationText(view, definition) } : {}),
  }
}

/** What is wrong, as the pages say it. */
function messageOf(view: View, opened: OpenJourney, issue: Issue): string | undefined {
  const { definition } = opened.service
  const question = definition.form.pages.flatMap((page) => page.questions).find((each) => each.id === issue.question)
  return question && issueText(view, question, issue, issue.rule === undefined ? undefined : ruleMessage(view, definition, issue.rule))
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
      .map((question) => questionJson(question, language, today, opened.journey.id)),
    ...(statements.length > 0 ? { statements } : {}),
  }
}

/** A question in a language, with an example that is valid today; a question for files says where to send them for this journey. */
export function questionJson(question: Question | RowQuestion, language: string, today: PlainDate, journey = '{id}'): QuestionJson {
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
  if (question.kind === 'file') json['file'] = fileJson(question, journey)
  if ('questions' in question && question.questions)
    json['questions'] = question.questions.map((column) => questionJson(column, language, today))
  return json
}

function fileJson(question: Question | RowQuestion, journey: string): FileJson {
  const accept = question.accept ?? fileLimits.accept
  return {
    max_files: question.max_files ?? fileLimits.maxFiles,
    max_mb: question.max_mb ?? fileLimits.maxMb,
    accept: accept.flatMap((kind) => (kind === 'pdf' ? ['application/pdf'] : PICTURES.split(','))),
    upload: `/api/v1/journeys/${journey}/files`,
  }
}
