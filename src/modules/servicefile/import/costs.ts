import { MAX_COST } from '../feelcost.ts'
import { compilePattern } from '../pattern.ts'
import { patternCost } from '../patterns.ts'
import type { Question, RowQuestion, ServiceDefinition } from '../schema.ts'
import { compileService } from '../service.ts'
import type { Notes } from './notes.ts'

/** Leaves out the patterns that a service file may not have, as matching them would take too long: the dearest first, each reported. */
export function withinCost(definition: ServiceDefinition, notes: Notes): ServiceDefinition {
  const costs: Array<{ question: Question | RowQuestion; one: number; all: number }> = []
  const weigh = (question: Question | RowQuestion, rows: number): void => {
    const pattern = question.pattern === undefined ? null : compilePattern(question.pattern)
    if (!pattern || 'problem' in pattern) return
    const one = patternCost(question, pattern)
    costs.push({ question, one, all: one * rows })
  }
  for (const question of definition.form.pages.flatMap((page) => page.questions)) {
    weigh(question, 1)
    for (const column of question.questions ?? []) weigh(column, question.max_rows ?? 50)
  }
  let over = compileService(definition).cost - MAX_COST
  const dropped = new Set<Question | RowQuestion>()
  for (const { question, one, all } of costs.toSorted((a, b) => b.all - a.all)) {
    if (one <= MAX_COST / 4 && over <= 0) continue
    over -= all
    dropped.add(question)
    const message = `the regular expression of "${question.id}" is left out: matching the longest answer takes too many steps`
    notes.add('(form)', 'pattern', message)
  }
  if (dropped.size === 0) return definition
  const plain = <Asked extends Question | RowQuestion>(question: Asked): Asked =>
    dropped.has(question) ? { ...question, pattern: undefined, pattern_message: undefined } : question
  const pages = definition.form.pages.map((page) => ({
    ...page,
    questions: page.questions.map((question) => {
      const asked = plain(question)
      return asked.questions ? { ...asked, questions: asked.questions.map(plain) } : asked
    }),
  }))
  return { ...definition, form: { ...definition.form, pages } }
}
