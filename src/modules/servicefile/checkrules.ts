import { fault } from './checkform.ts'
import type { Fault } from './load.ts'
import type { Effect, ServiceDefinition, State, Transition, Workflow } from './schema.ts'
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
  faults.push(...checkFee(definition, questions))
  if (definition.workflow) faults.push(...checkWorkflow(definition.workflow, definition.fee !== undefined))
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
  if ('issue' in effect || 'revoke' in effect) {
    const [key, id] = 'issue' in effect ? ['issue', effect.issue] : ['revoke', effect.revoke]
    if (definition.documents.some((document) => document.id === id)) return []
    return [fault([...path, key], 'unknown_document', `there is no document "${id}"`)]
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

function checkWorkflow(workflow: Workflow, hasFee: boolean): Fault[] {
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
    const { guard, after, on } = transition
    if (transition.by.includes('system') && guard === undefined && after === undefined && on === undefined) {
      faults.push(
        fault([...path, 'by'], 'system_transition', `"${transition.id}" is taken by the system: it needs a guard, "after" or "on"`),
      )
    }
    faults.push(...checkFeeStep(transition, path, hasFee), ...checkEnds(transition, path, states))
  }
  const reached = new Set([workflow.initial])
  for (const here of reached) for (const each of workflow.transitions) if (each.from.includes(here)) reached.add(each.to)
  for (const [i, state] of workflow.states.entries()) {
    const path = ['workflow', 'states', i]
    if (!reached.has(state.id)) faults.push(fault(path, 'unreachable_state', `state "${state.id}" can never be reached`))
    const ways = workflow.transitions.filter((each) => each.from.includes(state.id) && each.to !== state.id)
    if (!state.final && ways.length === 0) faults.push(fault(path, 'dead_end_state', `state "${state.id}" is not final and has no way out`))
    else if (!state.final) faults.push(...checkWaiting(state, ways, path))
  }
  return faults
}

/** A step that waits for the fee is the system's, without a timer, in a service that has a fee. */
function checkFeeStep(transition: Transition, path: FilePath, hasFee: boolean): Fault[] {
  if (transition.on === undefined) return []
  const refuse = (code: string, why: string): Fault => fault([...path, 'on'], code, `"${transition.id}" waits for the fee: ${why}`)
  return [
    ...(hasFee ? [] : [refuse('no_fee', 'the service has none')]),
    ...(transition.by.includes('system') ? [] : [refuse('fee_step', 'it must be by system')]),
    ...(transition.after === undefined ? [] : [refuse('fee_step', 'it has no "after"')]),
  ]
}

/** What ends a case has an outcome; what ended is left only for another end, when something becomes of the fee. */
function checkEnds(transition: Transition, path: FilePath, states: ReadonlyMap<string, State>): Fault[] {
  const ended = transition.from.filter((id) => states.get(id)?.final)
  const ends = states.get(transition.to)?.final === true
  if (ended.length === 0) {
    if (!ends || transition.outcome !== undefined) return []
    return [fault([...path, 'to'], 'missing_outcome', `"${transition.id}" ends the case: it needs an outcome`)]
  }
  if (transition.on !== undefined && ends && transition.outcome === undefined && ended.length === transition.from.length) return []
  return [
    fault(
      [...path, 'from'],
      'leaves_final_state',
      `"${transition.id}" leaves a final state: only a step with "on" may, from final states to another, without an outcome`,
    ),
  ]
}

/** A state that waits for a payment is with the resident, and has another way out for when none comes. */
function checkWaiting(state: State, ways: readonly Transition[], path: FilePath): Fault[] {
  if (!ways.some((each) => each.on !== undefined)) return []
  const stuck = ways.every((each) => each.on !== undefined && each.by.every((who) => who === 'system'))
  const waits = ways.some((each) => each.on === 'fee_paid')
  return [
    ...(stuck
      ? [fault(path, 'fee_no_way_out', `state "${state.id}" is left only when something becomes of the fee: it needs another way out`)]
      : []),
    ...(waits && state.with !== 'resident'
      ? [fault(path, 'fee_step', `state "${state.id}" waits for a payment: it is with the resident`)]
      : []),
  ]
}

/** What a fee names: a question and a computed amount that correct an earlier case, and from when a later one counts. */
function checkFee(definition: ServiceDefinition, questions: ReadonlySet<string>): Fault[] {
  const { fee } = definition
  if (!fee) return []
  const faults: Fault[] = []
  const { from } = fee.pay_within
  if (fee.due === 'later' && from === undefined)
    faults.push(fault(['fee', 'due'], 'fee_from', 'a fee that is due later needs "from: submission" or "from: decision" in pay_within'))
  if (fee.due !== 'later' && from !== undefined)
    faults.push(fault(['fee', 'pay_within', 'from'], 'fee_from', `"from" is for a fee that is due later, not ${fee.due}`))
  if (fee.corrects && !questions.has(fee.corrects.reference))
    faults.push(fault(['fee', 'corrects', 'reference'], 'unknown_question', `there is no question "${fee.corrects.reference}"`))
  const amount = definition.rules.computed.find((each) => each.id === fee.corrects?.amount)
  if (fee.corrects && amount?.type !== 'money')
    faults.push(fault(['fee', 'corrects', 'amount'], 'unknown_name', `there is no computed money "${fee.corrects.amount}"`))
  if (fee.corrects && fee.due === 'before_submission')
    faults.push(
      fault(
        ['fee', 'corrects'],
        'fee_step',
        'a fee that corrects an earlier one is known with the decision, not before the application is sent',
      ),
    )
  return faults
}
