import type { WorkCalendar } from '../../kernel/time.ts'
import { checkDuties } from './checkduties.ts'
import { checkedOn, checkForm, checkReads, exampleFault, fault } from './checkform.ts'
import { checkRules } from './checkrules.ts'
import { checkPublished, checkTemplates } from './checkwords.ts'
import { runExample } from './examples.ts'
import { MAX_COST } from './feelcost.ts'
import { fillIn } from './fillin.ts'
import { loadFile, type Fault, type Finding } from './load.ts'
import { compileService, type Service } from './service.ts'

/** What a file is checked against: the city's languages, agencies, life events, working days and currency. */
export type City = { languages: string[]; agencies: string[]; lifeEvents: string[]; calendar: WorkCalendar; currency: string }

/**
 * Proves a service file sound before it is published: shape, expressions, names, order, reachability, words, and its
 * own worked examples. Findings come in the order of the file; a file without errors may be published. Never throws.
 */
export function checkService(text: string, file: string, city: City): Finding[] {
  const { definition: written, findings, locate } = loadFile(text, file)
  if (!written) return inOrder(findings)
  const service = compileService(written, city.currency)
  const { definition } = service
  const faults: Fault[] = [
    ...expressionFaults(service),
    ...costFaults(service),
    ...checkForm(definition),
    ...checkReads(service),
    ...checkRules(definition, city),
    ...checkPublished(definition, city.languages),
    ...checkTemplates(definition),
    ...checkDuties(definition),
  ]
  // An unsound file would only repeat its faults as failing examples.
  if (!faults.some((each) => each.severity === 'error')) {
    faults.push(...fillInFaults(service), ...exampleFaults(service, city))
  }
  return inOrder(faults.map(locate))
}

function expressionFaults(service: Service): Fault[] {
  return service.problems.map((problem) => {
    const code = problem.code === 'syntax' ? 'feel_syntax' : problem.code
    const found = fault(problem.path, code, problem.message)
    return problem.code === 'cycle' ? found : { ...found, offset: problem.offset }
  })
}

/** Rules run for everybody at each step, so what all of them may cost together is bounded as well. */
function costFaults(service: Service): Fault[] {
  if (service.cost <= MAX_COST) return []
  const times = (service.cost / MAX_COST).toFixed(1)
  return [
    fault(['id'], 'too_costly', `all rules and patterns together may take ${times} times the steps that a file may: use less of them`),
  ]
}

/** What stops someone who fills in only the examples: rules between questions, which no question sees alone. */
function fillInFaults(service: Service): Fault[] {
  for (const today of checkedOn) {
    const [issue] = fillIn(service, today).issues.filter((each) => each.code === 'rule')
    if (!issue) continue
    for (const [p, page] of service.definition.form.pages.entries()) {
      const q = page.questions.findIndex((question) => question.id === issue.question)
      const question = page.questions[q]
      const path = ['form', 'pages', p, 'questions', q]
      if (question) return [exampleFault(question, path, today, issue.rule ?? issue.code, service.definition.status)]
    }
  }
  return []
}

function exampleFaults(service: Service, city: City): Fault[] {
  return service.definition.examples.flatMap((example, index) =>
    runExample(service, example, city.calendar).map(({ path, message }) =>
      fault(['examples', index, ...path], 'example_fails', `example "${example.name}": ${message}`),
    ),
  )
}

function inOrder(findings: Finding[]): Finding[] {
  return findings.toSorted((a, b) => a.line - b.line || a.column - b.column)
}
