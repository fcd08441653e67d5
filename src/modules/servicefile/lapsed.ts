import { asksEmail, contactOf, questionsOf } from './contact.ts'
import { MAX_COST } from './feelcost.ts'
import type { Service } from './service.ts'

/**
 * What a service that an earlier program found sound cannot do any more as it says, because limits became narrower: one
 * line for each, none for a service that `checkService` finds sound.
 */
export function lapsedIn({ definition, problems, patterns, cost }: Service): string[] {
  const lines = problems.map(({ path, message }) => `${path.join('.')}: ${message}: it gives no value`)
  if (cost > MAX_COST) lines.push('all rules and patterns together may take more steps than a file may: its pages may be slow')
  for (const { question, problem } of patterns.unusable) lines.push(`the pattern of "${question}" is not asked for any more: ${problem}`)
  // of a draft the check only warns
  if (definition.status === 'draft') return lines
  const emails = questionsOf(definition.form).filter(asksEmail)
  if (emails.length > 1 && contactOf(definition).email.length === 0)
    lines.push('it asks for several e-mail addresses and names none in form.contact: people without an account get no mail')
  return lines
}
