import { fault } from './checkform.ts'
import type { Fault } from './load.ts'
import type { Effect, ServiceDefinition, Workflow } from './schema.ts'
import type { FilePath } from './service.ts'

/** What of the city a service file may name. */
export type CityNames = { agencies: readonly string[]; lifeEvents: readonly string[] }

/** Checks rules, tables and whatever names something else: agencies, life events, questions, documents, messages. */
export function checkRules(definition: ServiceDefinition, city: CityNames): Fault[] {
  const faults: Fault[] = []
  const questions = new Set(definition.form.pages.flatMap((page) => page.questions.map((question) => question.id)))
  if (!city.agencies.includes(definition.agency))
    faults.push(fault(['agency'], 'unknown_agency', `there is no agency "${definition.agency}"`))
  for (const [i, event] of definition.life_events.entries()) {
    if (!city.lifeEvents.includes(event)) faults.push(fault(['life_events', i], 'unknown_life_event', `there is no life event "${event}"`))
  }
  for (const [i, fact] of definition.rules.facts.entries()) {
    if (questions.has(fact.count_cases_with_same)) continue
    faults.push(
      fault(['rules', 'facts', i, 'count_cases_with_same'], 'unknown_question', `there is no question "${fact.count_cases_with_same}"`),
    )
  }
  for (const [i, rule] of definition.rules.validations.entries()) {
    if (questions.has(rule.question)) continue
    faults.push(fault(['rules', 'validations', i, 'question'], 'unknown_question', `there is no question "${rule.question}"`))
  }
  for (const [i, computed] of definition.rules.computed.entries()) {
    const path = ['rules', 'computed', i]
    if ((computed.expression === undefined) === (computed.table === undefined)) {
      faults.push(fault([...path, 'id'], 'computed_shape', `${computed.id} needs an expression or a table, and not both`))
    }
    const outputs = computed.table?.outputs?.length ?? 1
    for (const [r, rule] of (computed.table?.rules ?? []).entries()) {
      const inputs = computed.table?.inputs.length ?? 0
      if (rule.when.length === inputs && rule.then.length === outputs) continue
      faults.push(fault([...path, 'table', 'rules', r], 'table_columns', `needs ${inputs} under "when" and ${outputs} under "then"`))
    }
  }
  if (definition.workflow) faults.push(...checkWorkflow(definition.workflow))
  for (const [i, transition] of (definition.workflow?.transitions ?? []).entries()) {
    for (const [e, effect] of transition.effects.entries()) {
      faults.push(...checkEffect(effect, ['workflow', 'transitions', i, 'effects', e], definition, city, questions))
    }
  }
  return faults
}

function checkEffect(
  effect: Effect,
  path: FilePath,
  definition: ServiceDefinition,
  city: CityNames,
  questions: ReadonlySet<string>,
): Fault[] {
  if ('issue' in effect) {
    if (definition.documents.some((document) => document.id === effect.issue)) return []
    return [fault([...path, 'issue'], 'unknown_document', `there is no document "${effect.issue}"`)]
  }
  if ('message' in effect) {
    if (Object.hasOwn(definition.messages, effect.message)) return []
    return [fault([...path, 'message'], 'unknown_message', `there is no message "${effect.message}"`)]
  }
  if ('consult' in effect) {
    if (city.agencies.includes(effect.consult)) return []
    return [fault([...path, 'consult'], 'unknown_agency', `there is no agency "${effect.consult}"`)]
  }
  return Object.entries(effect.update_person).flatMap(([field, question]) => {
    if (question === undefined || questions.has(question)) return []
    return [fault([...path, 'update_person', field], 'unknown_question', `there is no question "${question}"`)]
  })
}

function checkWorkflow(workflow: Workflow): Fault[] {
  const faults: Fault[] = []
  const states = new Map(workflow.states.map((state) => [state.id, state] as const))
  const unknown = (id: string, path: FilePath): void => {
    if (!states.has(id)) faults.push(fault(path, 'unknown_state', `there is no state "${id}"`))
  }
  unknown(workflow.initial, ['workflow', 'initial'])
  for (const [i, transition] of workflow.transitions.entries()) {
    const path = ['workflow', 'transitions', i]
    for (const [f, from] of transition.from.entries()) unknown(from, [...path, 'from', f])
    unknown(transition.to, [...path, 'to'])
    if (transition.by.includes('system') && transition.guard === undefined && transition.after === undefined) {
      faults.push(fault([...path, 'by'], 'system_transition', `"${transition.id}" is taken by the system: it needs a guard or "after"`))
    }
    if (states.get(transition.to)?.final && transition.outcome === undefined) {
      faults.push(fault([...path, 'to'], 'missing_outcome', `"${transition.id}" ends the case: it needs an outcome`))
    }
  }
  const reached = new Set([workflow.initial])
  for (const here of reached) for (const each of workflow.transitions) if (each.from.includes(here)) reached.add(each.to)
  for (const [i, state] of workflow.states.entries()) {
    const path = ['workflow', 'states', i]
    if (!reached.has(state.id)) faults.push(fault(path, 'unreachable_state', `state "${state.id}" can never be reached`))
    if (!state.final && !workflow.transitions.some((each) => each.from.includes(state.id) && each.to !== state.id)) {
      faults.push(fault(path, 'dead_end_state', `state "${state.id}" is not final and has no way out`))
    }
  }
  return faults
}
