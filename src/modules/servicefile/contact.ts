import type { Question, RowQuestion, ServiceDefinition } from './schema.ts'

/** The questions that tell who applies, by id; null: the form does not say which it is, and nobody may guess. */
export type Contact = { readonly email: string | null; readonly name: string | null }

/**
 * The questions with the applicant's e-mail address and name: those that `form.contact` names, else those filled in from
 * the applicant's record; for the e-mail also the only question that asks for one.
 */
export function contactOf({ form }: Pick<ServiceDefinition, 'form'>): Contact {
  const questions = questionsOf(form)
  const from = (source: Question['source']): string | undefined => questions.find((each) => each.source === source)?.id
  const emails = questions.filter(asksEmail)
  const only = emails.length === 1 ? emails[0]?.id : undefined
  return {
    email: form.contact?.email ?? from('person.email') ?? only ?? null,
    name: form.contact?.name ?? from('person.full_name') ?? null,
  }
}

/** Whether a question asks for an e-mail address. */
export function asksEmail(question: Question | RowQuestion): boolean {
  return question.kind === 'email' || (question.kind === 'attribute' && question.of === 'email')
}

/** All questions of a form that stand on a page, without those of rows. */
export function questionsOf(form: ServiceDefinition['form']): Question[] {
  return form.pages.flatMap((page) => page.questions)
}
