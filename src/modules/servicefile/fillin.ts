import type { Answers } from './answers.ts'
import { evaluate, type Evaluation, type Facts } from './engine.ts'
import { exampleFor } from './question.ts'
import type { Service } from './service.ts'

/**
 * Fills a service in with the examples of its questions, page by page as a resident would, required or not. Gives the
 * evaluation in the end: complete, or standing at the page that its examples do not get past. Never throws.
 */
export function fillIn(service: Service, today: string, facts: Facts = {}, own: Answers = {}): Evaluation {
  const questions = new Map(
    service.definition.form.pages.flatMap((page) => page.questions.map((question) => [question.id, question] as const)),
  )
  const answers: Record<string, unknown> = {}
  let evaluation = evaluate(service, answers, facts, today)
  for (;;) {
    const page = evaluation.pages.find((each) => !each.done || each.questions.some((id) => !Object.hasOwn(answers, id)))
    const open = page?.questions.filter((id) => !Object.hasOwn(answers, id)) ?? []
    if (open.length === 0) return evaluation
    for (const id of open) {
      const question = questions.get(id)
      answers[id] = Object.hasOwn(own, id) ? own[id] : question && exampleFor(question, today)
    }
    evaluation = evaluate(service, answers, facts, today, evaluation)
  }
}
