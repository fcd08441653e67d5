import { MOST_ROWS, textLimits } from './answertext.ts'
import { matchCost } from './feelcost.ts'
import { type CompiledPattern, compilePattern } from './pattern.ts'
import type { Question, RowQuestion, ServiceDefinition } from './schema.ts'

/** The patterns of a service's questions, each compiled once; `cost` is what matching them all may take, in steps of FEEL. */
export type Patterns = {
  readonly cost: number
  /** Those that cannot be used: their questions by id, and why. */
  readonly unusable: ReadonlyArray<{ readonly question: string; readonly problem: string }>
  /** The pattern of a question of this very definition; null when it has none that can be used. */
  of(question: Question | RowQuestion): CompiledPattern | null
}

/** Compiles the patterns of all questions, also of those in rows. Never throws. */
export function compilePatterns(definition: ServiceDefinition): Patterns {
  const compiled = new Map<Question | RowQuestion, CompiledPattern>()
  const unusable: Array<{ question: string; problem: string }> = []
  let cost = 0
  const add = (question: Question | RowQuestion, rows: number): void => {
    const pattern = question.pattern === undefined ? null : compilePattern(question.pattern)
    if (!pattern) return
    if ('problem' in pattern) {
      unusable.push({ question: question.id, problem: pattern.problem })
      return
    }
    compiled.set(question, pattern)
    cost += patternCost(question, pattern) * rows
  }
  for (const page of definition.form.pages) {
    for (const question of page.questions) {
      add(question, 1)
      for (const column of question.questions ?? []) add(column, question.max_rows ?? MOST_ROWS)
    }
  }
  return { cost, unusable, of: (question) => compiled.get(question) ?? null }
}

/** What matching the longest answer of a question against its pattern may cost. */
export function patternCost(question: Question | RowQuestion, pattern: CompiledPattern): number {
  const kind = question.kind === 'attribute' ? (question.of ?? 'text') : question.kind
  return matchCost(pattern.size, question.max_length ?? textLimits[kind] ?? 200)
}
