import { evaluate, type Issue, type Question } from '../../servicefile/index.ts'
import type { Category, Categories } from '../categories/categories.ts'
import { type Draft, draftLimits } from './draft.ts'

/** The pages of a report, in their order; `danger` and `similar` only where there is something to say. */
export type Step = 'where' | 'what' | 'danger' | 'describe' | 'similar' | 'send'

/** The path of a page. */
export function stepPath(step: Step): string {
  return step === 'where' ? '/reports/new' : `/reports/new/${step}`
}

/** The category of a draft; null when none was chosen, or it cannot be reported any more. */
export function categoryOf(categories: Categories, draft: Draft | null): Category | null {
  const found = draft?.category ? categories.byId(draft.category) : null
  return found?.active ? found : null
}

/** The first page on which something is still to be done; `send` when nothing is. */
export function nextStep(categories: Categories, draft: Draft | null, today: string): Step {
  if (!draft || draft.lat === null || draft.long === null) return 'where'
  const category = categoryOf(categories, draft)
  if (!category) return 'what'
  if (category.urgent && !draft.warned) return 'danger'
  const described = describe(categories, category, draft.words, today)
  if (described.issues.length > 0 || described.fault !== null) return 'describe'
  return draft.compared ? 'send' : 'similar'
}

/** What is asked about a category now, and what is wrong with what was answered. */
export type Described = {
  readonly questions: readonly Question[]
  readonly issues: readonly Issue[]
  /** What is wrong with the words themselves. */
  readonly fault: 'empty' | 'long' | null
  /** The answers that hold. */
  readonly answers: Readonly<Record<string, unknown>>
}

/** Judges words and answers by the category's questions and their `when` rules. A photo may speak for itself. */
export function describe(
  categories: Categories,
  category: Category,
  typed: Pick<Draft['words'], 'text' | 'answers' | 'photos'>,
  today: string,
): Described {
  const form = categories.form(category.id)
  const evaluation = form ? evaluate(form, typed.answers, {}, today) : null
  const seen = evaluation?.pages.flatMap((page) => page.questions) ?? []
  const length = [...typed.text].length
  return {
    questions: category.questions.filter((question) => seen.includes(question.id)),
    issues: evaluation?.issues ?? [],
    fault: length > draftLimits.text ? 'long' : length === 0 && typed.photos.length === 0 ? 'empty' : null,
    answers: evaluation?.answers ?? {},
  }
}
