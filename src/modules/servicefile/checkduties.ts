import { fault } from './checkform.ts'
import { asksEmail, contactOf, questionsOf } from './contact.ts'
import type { Fault } from './load.ts'
import type { ServiceDefinition } from './schema.ts'
import { workflowOf } from './workflow.ts'

/** Checks what a service owes its applicants: that letters go to them, and that a refusal says why and how to object. */
export function checkDuties(definition: ServiceDefinition): Fault[] {
  const severity: Fault['severity'] = definition.status === 'published' ? 'error' : 'warning'
  return [...checkContact(definition, severity), ...checkRefusals(definition).map((each) => ({ ...each, severity }))]
}

function checkContact(definition: ServiceDefinition, severity: Fault['severity']): Fault[] {
  const { form } = definition
  const questions = questionsOf(form)
  const faults: Fault[] = []
  for (const key of ['email', 'name'] as const) {
    const id = form.contact?.[key]
    if (id === undefined) continue
    const named = questions.find((each) => each.id === id)
    const at = ['form', 'contact', key]
    const fits =
      named && (key === 'email' ? asksEmail(named) : named.kind === 'text' || (named.kind === 'attribute' && named.of === 'text'))
    if (!named) faults.push(fault(at, 'unknown_question', `there is no question "${id}" on a page`))
    else if (!fits) faults.push(fault(at, 'contact_kind', `"${id}" does not ask for ${key === 'email' ? 'an e-mail address' : 'a name'}`))
  }
  const emails = questions.filter(asksEmail).map((each) => each.id)
  if (contactOf(definition).email.length === 0 && emails.length > 1) {
    const message = `asks for several e-mail addresses (${emails.join(', ')}): say in form.contact which is the applicant's, else people without an account get no mail`
    faults.push({ ...fault(['form'], 'unnamed_contact', message), severity })
  }
  return faults
}

/** A refusal gives its reason and the way to appeal; what the system refuses by rule gives the reason of the rule. */
function checkRefusals(definition: ServiceDefinition): Fault[] {
  const faults: Fault[] = []
  for (const [i, transition] of (definition.workflow?.transitions ?? []).entries()) {
    if (transition.outcome !== 'refused' || transition.reason === 'required' || transition.by.every((who) => who === 'system')) continue
    const message = `"${transition.id}" refuses: it needs "reason: required", so that people are told why`
    faults.push(fault(['workflow', 'transitions', i, 'id'], 'refusal_reason', message))
  }
  const refuses = workflowOf(definition).transitions.some((each) => each.outcome === 'refused') || definition.decision !== undefined
  if (refuses && definition.appeal === undefined) {
    faults.push(fault(['id'], 'missing_appeal', 'an application can be refused: "appeal" must say how to object'))
  }
  return faults
}
