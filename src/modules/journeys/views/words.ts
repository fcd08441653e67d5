import { plainWords, type View } from '../../../ui/index.ts'
import type { ServiceDefinition } from '../../servicefile/index.ts'

/** The words of a validation rule of the service. */
export function ruleMessage(view: View, definition: ServiceDefinition, rule: string): string | undefined {
  const found = definition.rules.validations.find((each) => each.id === rule)
  return found ? plainWords(view, found.message) : undefined
}

/** What is confirmed by sending an application: the service's own words, else the usual ones. */
export function declarationText(view: View, definition: ServiceDefinition): string {
  return definition.form.declaration ? plainWords(view, definition.form.declaration) : view.t('journeys.check.declaration_text')
}
