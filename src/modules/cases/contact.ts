import { type Platform, transact } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { open, profileOf } from '../people/index.ts'
import { contactOf } from '../servicefile/index.ts'
import type { OpenedCase } from './house.ts'
import { legalBasisOf } from './read.ts'

/** The name given with an application; null when none was asked for. */
export function nameIn(opened: OpenedCase): string | null {
  const { definition } = opened.service
  const named = contactOf(definition).name
  if (named.length > 0) return firstText(opened, named)
  const likely = definition.form.pages.flatMap((page) => page.questions).filter((each) => /(^|_)(full_)?name$/.test(each.id))
  return firstText(
    opened,
    likely.map((each) => each.id),
  )
}

/**
 * The e-mail address of the applicant: that of the account the application was sent from, opened for `purpose`, else the
 * one given with it where the form says which questions that are (`contactOf`). Null: there is none, and none is guessed.
 */
export async function addressOf(platform: Platform, actor: Actor, opened: OpenedCase, purpose: string): Promise<string | null> {
  const { current, service } = opened
  if (current.account_id !== null) {
    const record = await transact(platform, (tx) => profileOf(tx, current.person_id))
    const profile = await open(platform, actor, { record, fields: ['email'], purpose, legalBasis: legalBasisOf(service) })
    const email = profile['email']
    if (typeof email === 'string' && email !== '') return email
  }
  return firstText(opened, contactOf(service.definition).email)
}

/** The first text that is answered to one of these questions. */
function firstText(opened: OpenedCase, questions: readonly string[]): string | null {
  const texts = questions.map((question) => opened.evaluation.answers[question])
  return texts.find((value) => typeof value === 'string' && value !== '')?.toString() ?? null
}
