import { isBuiltin } from './feelbuiltins.ts'
import { MAX_COST } from './feelcost.ts'
import type { Fault } from './load.ts'
import { compilePattern } from './pattern.ts'
import { patternCost } from './patterns.ts'
import { exampleFor, validateAnswer } from './question.ts'
import type { Question, RowQuestion, ServiceDefinition } from './schema.ts'
import type { FilePath, Service } from './service.ts'

/** Words of FEEL and of the engine that no question, fact or computed value may be called. */
const reserved = new Set([
  'today', 'now', 'case', 'partial', 'item', 'input_value', 'if', 'then', 'else', 'for', 'in', 'return', 'some', 'every',
  'satisfies', 'between', 'and', 'or', 'not', 'true', 'false', 'null', 'function', 'external', 'instance', 'of',
]) // prettier-ignore

/** The days on which examples must hold: a first one, and later ones on which an example may have expired. */
export const checkedOn = ['2026-03-02', '2028-03-01', '2031-12-31'] as const

/** A fault of severity `error`. */
export function fault(path: FilePath, code: string, message: string): Fault {
  return { path, code, message, severity: 'error' }
}

/** Checks questions, ids, patterns and examples of questions. */
export function checkForm(definition: ServiceDefinition): Fault[] {
  const faults: Fault[] = []
  const names = new Map<string, FilePath>()
  const claim = (id: string, path: FilePath): void => {
    if (names.has(id)) faults.push(fault(path, 'duplicate_id', `"${id}" is there already`))
    else if (reserved.has(id) || isBuiltin(id)) faults.push(fault(path, 'reserved_id', `"${id}" is a word of FEEL: choose another id`))
    names.set(id, path)
  }
  for (const [i, fact] of definition.rules.facts.entries()) claim(fact.id, ['rules', 'facts', i, 'id'])
  for (const [p, page] of definition.form.pages.entries()) {
    const sections = definition.form.sections
    if (page.section !== undefined && !sections?.some((section) => section.id === page.section)) {
      faults.push(fault(['form', 'pages', p, 'section'], 'unknown_section', `there is no section "${page.section}"`))
    }
    for (const [q, question] of page.questions.entries()) {
      const path = ['form', 'pages', p, 'questions', q]
      claim(question.id, [...path, 'id'])
      faults.push(...checkQuestion(question, path, definition.status))
    }
  }
  for (const [i, computed] of definition.rules.computed.entries()) claim(computed.id, ['rules', 'computed', i, 'id'])
  const lists: Array<[FilePath, ReadonlyArray<{ id: string }>]> = [
    [['form', 'pages'], definition.form.pages],
    [['form', 'sections'], definition.form.sections ?? []],
    [['rules', 'eligibility'], definition.rules.eligibility],
    [['rules', 'validations'], definition.rules.validations],
    [['workflow', 'states'], definition.workflow?.states ?? []],
    [['workflow', 'transitions'], definition.workflow?.transitions ?? []],
    [['documents'], definition.documents],
  ]
  for (const [path, list] of lists) faults.push(...duplicates(list, path))
  return faults
}

function duplicates(list: ReadonlyArray<{ id: string }>, path: FilePath): Fault[] {
  const seen = new Set<string>()
  return list.flatMap(({ id }, i) => {
    if (seen.has(id)) return [fault([...path, i, 'id'], 'duplicate_id', `"${id}" is there already`)]
    seen.add(id)
    return []
  })
}

function checkQuestion(question: Question | RowQuestion, path: FilePath, status: Status, inRow = false): Fault[] {
  const faults: Fault[] = []
  const need = (holds: boolean, message: string): void => {
    if (!holds) faults.push(fault([...path, 'kind'], 'question_shape', `${question.id}: ${message}`))
  }
  const { kind } = question
  const columns = 'questions' in question ? question.questions : undefined
  if (kind === 'one_of' || kind === 'many_of') need(question.options !== undefined, `${kind} needs options`)
  else need(question.options === undefined, `${kind} has no options`)
  if (kind === 'repeating_group') need(columns !== undefined, 'repeating_group needs questions')
  else need(columns === undefined, `${kind} has no questions`)
  if (kind === 'attribute') need(question.source !== undefined && question.of !== undefined, 'attribute needs source and of')
  if (inRow) need(kind !== 'repeating_group' && kind !== 'file', 'a row holds no group and no file')
  if (inRow) need(question.when === undefined, 'a question of a row has no "when"')
  for (const bound of ['min', 'max'] as const) need(isBound(kind, question[bound]), `${bound} does not suit ${kind}`)
  if (new Set(question.options?.map((option) => option.value)).size !== (question.options?.length ?? 0)) {
    faults.push(fault([...path, 'options'], 'duplicate_id', `${question.id}: two options have one value`))
  }
  faults.push(...checkPattern(question, path))
  for (const [i, column] of (columns ?? []).entries()) faults.push(...checkQuestion(column, [...path, 'questions', i], status, true))
  if (columns) faults.push(...duplicates(columns, [...path, 'questions']))
  return faults.length > 0 ? faults : checkExample(question, path, status)
}

function isBound(kind: string, bound: number | string | undefined): boolean {
  if (bound === undefined) return true
  if (kind === 'date' || kind === 'attribute') return bound === 'today' || /^\d{4}-\d{2}-\d{2}$/.test(String(bound))
  return ['integer', 'decimal', 'money'].includes(kind) && Number.isFinite(Number(bound))
}

function checkPattern(question: Question | RowQuestion, path: FilePath): Fault[] {
  if (question.pattern === undefined) return []
  const compiled = compilePattern(question.pattern)
  if ('problem' in compiled) return [fault([...path, 'pattern'], 'unsafe_pattern', compiled.problem)]
  if (patternCost(question, compiled) <= MAX_COST / 4) return []
  return [fault([...path, 'pattern'], 'unsafe_pattern', 'may take too many steps: give a smaller pattern or max_length')]
}

function checkExample(question: Question | RowQuestion, path: FilePath, status: Status): Fault[] {
  for (const today of checkedOn) {
    const [issue] = validateAnswer(question, exampleFor(question, today), today).issues
    if (issue) return [exampleFault(question, path, today, issue.rule ?? issue.code, status)]
  }
  return []
}

type Status = ServiceDefinition['status']

/** The fault of an example that is refused on a day; for want of an example, in a draft only a warning. */
export function exampleFault(question: Question | RowQuestion, path: FilePath, today: string, why: string, status: Status): Fault {
  if (question.example === undefined || question.example === null) {
    const message = `${question.id}: needs an example, an invented one is not valid (${why})`
    return { ...fault([...path, 'id'], 'question_example', message), severity: status === 'published' ? 'error' : 'warning' }
  }
  const at = [...path, 'example']
  return today === checkedOn[0]
    ? fault(at, 'question_example', `${question.id}: its example is not valid (${why})`)
    : fault(at, 'example_expires', `${question.id}: its example is no longer valid on ${today} (${why}): use "today+N"`)
}

/** Checks that each `when` reads only questions asked before, and that no page or question is never shown. */
export function checkReads(service: Service): Fault[] {
  const { definition } = service
  const faults: Fault[] = []
  const asked = definition.form.pages.flatMap((page) => page.questions.map((question) => question.id))
  const place = new Map(asked.map((id, index) => [id, index] as const))
  let before = 0
  const check = (names: readonly string[], limit: number, path: FilePath): void => {
    for (const id of questionsBehind(service, names)) {
      if ((place.get(id) ?? -1) < limit) continue
      faults.push(fault(path, 'reads_later', `reads "${id}", which is asked later or at the same place`))
    }
  }
  for (const [p, page] of definition.form.pages.entries()) {
    const path = ['form', 'pages', p]
    const nodes = service.pageNodes[p]
    check(namesOf(service, nodes?.page), before, [...path, 'when'])
    if (isNever(service, nodes?.page)) faults.push(fault([...path, 'when'], 'unreachable_page', `page "${page.id}" can never be seen`))
    for (const [s, node] of (nodes?.statements ?? []).entries()) check(namesOf(service, node), before, [...path, 'statements', s, 'when'])
    for (const [q, question] of page.questions.entries()) {
      const node = nodes?.questions[q]
      const at = [...path, 'questions', q, 'when']
      check(namesOf(service, node), before + q, at)
      if (isNever(service, node)) faults.push(fault(at, 'unreachable_question', `question "${question.id}" can never be seen`))
    }
    before += page.questions.length
  }
  return faults
}

function namesOf(service: Service, node: number | undefined): readonly string[] {
  const calculation = node === undefined ? undefined : service.nodes[node]?.calculation
  return calculation && 'expression' in calculation ? calculation.expression.names : []
}

function isNever(service: Service, node: number | undefined): boolean {
  const calculation = node === undefined ? undefined : service.nodes[node]?.calculation
  if (!calculation || !('expression' in calculation) || calculation.expression.names.length > 0) return false
  return calculation.expression.run([]) !== true
}

/** The questions that names read in the end, through computed values and facts. */
function questionsBehind(service: Service, names: readonly string[]): Set<string> {
  const found = new Set<string>()
  const seen = new Set<string>()
  const queue = [...names]
  for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
    if (seen.has(name)) continue
    seen.add(name)
    const node = service.nodes[service.byName.get(name) ?? -1]
    if (node?.kind.type === 'question') found.add(name)
    const fact = service.definition.rules.facts.find((each) => each.id === name)
    if (fact) found.add(fact.count_cases_with_same)
    if (node?.kind.type !== 'computed' || !node.calculation) continue
    queue.push(...('table' in node.calculation ? node.calculation.table.names : node.calculation.expression.names))
  }
  return found
}
