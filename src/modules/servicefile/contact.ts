import type { Question, RowQuestion, ServiceDefinition } from './schema.ts'

/**
 * The questions that tell who applies, by id: the first that is answered counts, as others may stand on pages that are
 * not shown. None: the form does not say which it is, and nobody may guess.
 */
export type Contact = { readonly email: readonly string[]; readonly name: readonly string[] }

/**
 * The questions with the applicant's e-mail address and name: those that `form.contact` names, else those filled in from
 * the applicant's record; for the e-mail also the only question that asks for one.
 */
export function contactOf({ form }: Pick<ServiceDefinition, 'form'>): Contact {
  const questions = questionsOf(form)
  const idsOf = (fits: (question: Question) => boolean): string[] => questions.filter(fits).map((each) => each.id)
  const named = (id: string | undefined, source: Question['source']): string[] =>
    id === undefined ? idsOf((each) => each.source === source) : [id]
  const email = named(form.contact?.email, 'person.email')
  const asked = idsOf(asksEmail)
  return { email: email.length === 0 && asked.length === 1 ? asked : email, name: named(form.contact?.name, 'person.full_name') }
}

/** Whether a question asks for an e-mail address. */
export function asksEmail(question: Question | RowQuestion): boolean {
  return question.kind === 'email' || (question.kind === 'attribute' && question.of === 'email')
}

/** All questions of a form that stand on a page, without those of rows. */
export function questionsOf(form: ServiceDefinition['form']): Question[] {
  return form.pages.flatMap((page) => page.questions)
}
