import { type Platform, transact } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { answerKind } from '../fields/index.ts'
import { open, profileOf } from '../people/index.ts'
import type { Question } from '../servicefile/index.ts'
import type { OpenedCase } from './house.ts'
import { legalBasisOf } from './read.ts'

function firstText(opened: OpenedCase, tests: ReadonlyArray<(question: Question) => boolean>): string | null {
  const questions = opened.service.definition.form.pages.flatMap((page) => page.questions)
  const values = tests.flatMap((test) => questions.filter(test).map((question) => opened.evaluation.answers[question.id]))
  return values.find((value): value is string => typeof value === 'string' && value !== '') ?? null
}

/** The name given with an application; null when none was asked for. */
export function nameIn(opened: OpenedCase): string | null {
  return firstText(opened, [(each) => each.source === 'person.full_name', (each) => /(^|_)(full_)?name$/.test(each.id)])
}

/** The e-mail address given with an application; else that of the account it was sent from, opened for `purpose`. */
export async function addressOf(platform: Platform, actor: Actor, opened: OpenedCase, purpose: string): Promise<string | null> {
  const given = firstText(opened, [(each) => each.source === 'person.email', (each) => answerKind(each) === 'email'])
  if (given !== null) return given
  const { current, service } = opened
  if (current.account_id === null) return null
  const record = await transact(platform, (tx) => profileOf(tx, current.person_id))
  const profile = await open(platform, actor, { record, fields: ['email'], purpose, legalBasis: legalBasisOf(service) })
  const email = profile['email']
  return typeof email === 'string' && email !== '' ? email : null
}
