import { isDeepStrictEqual } from 'node:util'
import { addWorkingDays, parsePlainDate, type WorkCalendar } from '../../kernel/time.ts'
import { evaluate, type Evaluation } from './engine.ts'
import type { Example } from './schema.ts'
import type { FilePath, Service } from './service.ts'

/** One expectation of an example that is not met; `path` leads into the example. */
export type ExampleFailure = { path: FilePath; message: string }

/** Runs a worked example of a service file and tells what did not come out as it expects. Never throws. */
export function runExample(service: Service, example: Example, calendar: WorkCalendar): ExampleFailure[] {
  const failures: ExampleFailure[] = []
  const questions = new Set(service.definition.form.pages.flatMap((page) => page.questions.map((question) => question.id)))
  for (const id of Object.keys(example.answers)) {
    if (!questions.has(id)) failures.push({ path: ['answers', id], message: `there is no question "${id}"` })
  }
  for (const id of Object.keys(example.facts)) {
    if (service.definition.rules.facts.some((fact) => fact.id === id)) continue
    failures.push({ path: ['facts', id], message: `there is no fact "${id}"` })
  }
  const evaluation = evaluate(service, example.answers, example.facts, example.today)
  return [
    ...failures,
    ...compare(example, evaluation),
    ...compareIssues(example, evaluation),
    ...compareDeadline(example, evaluation, calendar),
  ]
}

function compare({ expect }: Example, evaluation: Evaluation): ExampleFailure[] {
  const notMet = evaluation.criteria.filter(({ met }) => met === false).map(({ id }) => id)
  const found: Array<[keyof Example['expect'], unknown]> = [
    ['pages', evaluation.pages.map((page) => page.id)],
    ['complete', evaluation.complete],
    ['eligible', evaluation.eligible],
    ['not_met', notMet],
    ['fee', evaluation.fee === null ? null : evaluation.fee.amount.toString()],
    ['decision', evaluation.decision],
    ['agency', evaluation.agency],
  ]
  const failures = found.flatMap(([key, value]): ExampleFailure[] => {
    if (expect[key] === undefined || isDeepStrictEqual(expect[key], value)) return []
    return [{ path: ['expect', key], message: `${key}: expected ${show(expect[key])}, got ${show(value)}` }]
  })
  for (const [id, value] of Object.entries(expect.computed ?? {})) {
    const got = Object.hasOwn(evaluation.computed, id) ? evaluation.computed[id] : undefined
    if (isDeepStrictEqual(got, value)) continue
    failures.push({ path: ['expect', 'computed', id], message: `${id}: expected ${show(value)}, got ${show(got)}` })
  }
  return failures
}

/** Each expected issue must be there, and each issue but `missing` must be expected once `issues` is given. */
function compareIssues({ expect }: Example, evaluation: Evaluation): ExampleFailure[] {
  if (!expect.issues) return []
  const found = evaluation.issues.map((issue) => ({ question: issue.question, what: issue.rule ?? issue.code }))
  const failures = Object.entries(expect.issues).flatMap(([question, what]): ExampleFailure[] => {
    if (found.some((issue) => issue.question === question && issue.what === what)) return []
    return [{ path: ['expect', 'issues', question], message: `expected the issue "${what}" at "${question}"` }]
  })
  for (const { question, what } of found) {
    if (what === 'missing' || expect.issues[question] === what) continue
    failures.push({ path: ['expect', 'issues'], message: `did not expect the issue "${what}" at "${question}"` })
  }
  return failures
}

function compareDeadline(example: Example, evaluation: Evaluation, calendar: WorkCalendar): ExampleFailure[] {
  if (example.expect.deadline === undefined) return []
  const start = parsePlainDate(example.today)
  const days = evaluation.deadlineDays
  const got = start === null || days === null ? null : addWorkingDays(start, days, calendar)
  if (got === example.expect.deadline) return []
  return [{ path: ['expect', 'deadline'], message: `deadline: expected ${example.expect.deadline}, got ${show(got)}` }]
}

function show(value: unknown): string {
  return JSON.stringify(value) ?? 'nothing'
}
