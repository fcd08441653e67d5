import { plainWords, type View } from '../../ui/index.ts'
import { fileLimits, type Issue, type Question, type RowQuestion } from '../servicefile/index.ts'
import { answerKind } from './form.ts'
import { fileSize, limitText, rowTitle } from './answers.ts'

/** The id of a question's first control: what an error links to. */
export function fieldId(question: Pick<Question, 'id'>, prefix = ''): string {
  return `q-${prefix}${question.id}`
}

/** The lines of an error summary: one for each issue of these questions, each leading to its field. */
export function issueLinks(
  view: View,
  questions: ReadonlyArray<Question | RowQuestion>,
  issues: readonly Issue[],
  o: { prefix?: string; ruleMessage?: (rule: string) => string | undefined } = {},
): Array<{ href: string; text: string }> {
  return questions.flatMap((question) =>
    issues
      .filter((issue) => issue.question === question.id)
      .map((issue) => ({
        href: `#${fieldId(question, o.prefix)}`,
        text: issueText(view, question, issue, issue.rule === undefined ? undefined : o.ruleMessage?.(issue.rule)),
      })),
  )
}

/** What is wrong with an answer, as what to do: "Enter your date of birth". `ruleMessage` is the words of the service's own rule. */
export function issueText(view: View, question: Question | RowQuestion, issue: Issue, ruleMessage?: string): string {
  const column = issue.column === undefined ? undefined : columns(question).find((one) => one.id === issue.column)
  if (column && issue.row !== undefined && 'questions' in question) {
    const text = ownText(view, column, issue, ruleMessage)
    return view.t('ui.issue.in_row', { row: rowTitle(view, question, issue.row), text })
  }
  return ownText(view, question, issue, ruleMessage)
}

function columns(question: Question | RowQuestion): readonly RowQuestion[] {
  return 'questions' in question ? (question.questions ?? []) : []
}

function ownText(view: View, question: Question | RowQuestion, issue: Issue, ruleMessage?: string): string {
  const kind = answerKind(question)
  const label = plainWords(view, question.label).trim()
  const values = { label: labelInSentence(view, label, kind), ...limits(view, question, issue) }
  switch (issue.code) {
    case 'rule':
      return ruleMessage ?? view.t('ui.issue.rule', values)
    case 'pattern':
      return question.pattern_message ? plainWords(view, question.pattern_message) : view.t('ui.issue.pattern', values)
    case 'missing':
      return view.t(missingKey(kind, label), values)
    case 'wrong_type':
    case 'not_valid':
      if (kind === 'file' && issue.code === 'wrong_type' && question.accept?.length === 1)
        return view.t(`ui.issue.file_kind_${question.accept[0] ?? 'pdf'}`, values)
      return view.t(formatKey(kind), values)
    case 'too_small':
    case 'too_large':
      if (kind === 'file')
        return view.t('ui.issue.too_large_file', {
          ...values,
          size: fileSize(view, Number(issue.params?.max ?? question.max_mb ?? fileLimits.maxMb) * 1_000_000),
        })
      return view.t(`ui.issue.${issue.code}${kind === 'date' ? '_date' : ''}`, values)
    case 'too_few':
    case 'too_many':
      return view.t(
        `ui.issue.${issue.code}_${question.kind === 'file' ? 'files' : question.kind === 'repeating_group' ? 'rows' : 'choices'}`,
        values,
      )
    case 'too_short':
    case 'too_long':
    case 'not_an_option':
      return view.t(`ui.issue.${issue.code}`, values)
  }
}

function missingKey(kind: string, label: string): string {
  if (kind === 'file') return 'ui.issue.missing_file'
  if (kind === 'repeating_group') return 'ui.issue.missing_row'
  if (isQuestion(label)) return 'ui.issue.missing_question'
  return kind === 'one_of' || kind === 'many_of' || kind === 'yes_no' ? 'ui.issue.missing_choice' : 'ui.issue.missing'
}

const FORMATS = new Set(['email', 'phone', 'iban', 'national_id', 'integer', 'decimal', 'money', 'date', 'address', 'place', 'file'])

function formatKey(kind: string): string {
  if (kind === 'yes_no' || kind === 'one_of' || kind === 'many_of') return 'ui.issue.not_an_option'
  return FORMATS.has(kind) ? `ui.issue.format_${kind}` : 'ui.issue.pattern'
}

/** `min` and `max` of the issue, else of the question, as numbers for plurals (`n`) and in words. */
function limits(view: View, question: Question | RowQuestion, issue: Issue): Record<string, string | number> {
  const least = issue.params?.min ?? ownLimit(question, issue.code, 'min')
  const most = issue.params?.max ?? ownLimit(question, issue.code, 'max')
  const used = issue.code === 'too_short' || issue.code === 'too_small' || issue.code === 'too_few' ? least : most
  return { min: limitWords(view, question, least), max: limitWords(view, question, most), n: Number(used ?? 0) || 0 }
}

function ownLimit(question: Question | RowQuestion, code: Issue['code'], side: 'min' | 'max'): string | number | undefined {
  if (code === 'too_short' || code === 'too_long') return side === 'min' ? question.min_length : question.max_length
  if (code === 'too_few' || code === 'too_many') {
    if (question.kind === 'file') return side === 'min' ? 1 : question.max_files
    if (question.kind === 'repeating_group') return side === 'min' ? question.min_rows : question.max_rows
    return side === 'min' ? question.min_choices : question.max_choices
  }
  return question[side]
}

function limitWords(view: View, question: Question | RowQuestion, limit: string | number | undefined): string {
  return limit === undefined ? '' : limitText(view, question, limit)
}

function isQuestion(label: string): boolean {
  return /[?\u061F]$/.test(label)
}

/** "Date of birth" stands in a sentence as "date of birth"; a question, and what to do with a file, in quotes; names such as "IBAN" and other languages stay as they are. */
function labelInSentence(view: View, label: string, kind: string): string {
  if (isQuestion(label) || kind === 'file') return view.t('ui.field.quoted', { label })
  const plain = /^(en|es|fr|it|pt|ca)(-|$)/.test(view.locale) && /^\p{Lu}\p{Ll}/u.test(label)
  return plain ? label.charAt(0).toLocaleLowerCase(view.locale) + label.slice(1) : label
}
