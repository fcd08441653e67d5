import type { z } from 'zod'
import type { Words } from '../../../kernel/text.ts'
import { type Question, type ServiceDefinition, serviceFile } from '../schema.ts'
import { withinCost } from './costs.ts'
import { createNames, prefixOf, slug } from './names.ts'
import type { Note, Notes } from './notes.ts'
import { sampleAnswer } from './samples.ts'

/** A service file as it may be written, before defaults are filled in. */
export type ServiceInput = z.input<typeof serviceFile>
export type PageInput = ServiceInput['form']['pages'][number]
export type QuestionInput = NonNullable<PageInput['questions']>[number]
export type RowQuestionInput = NonNullable<QuestionInput['questions']>[number]
export type OptionInput = NonNullable<QuestionInput['options']>[number]
type RulesInput = NonNullable<ServiceInput['rules']>
export type CriterionInput = NonNullable<RulesInput['eligibility']>[number]
export type ValidationInput = NonNullable<RulesInput['validations']>[number]

/** What the importers of all kinds of form find out. */
export type Draft = {
  languages: readonly string[]
  title: Words
  summary?: Words
  description?: Words
  how_data_is_used?: Words
  declaration?: Words
  sections: ReadonlyArray<{ id: string; title: Words }>
  pages: readonly PageInput[]
  eligibility: readonly CriterionInput[]
  validations: readonly ValidationInput[]
}

/** A form as a draft service, with what was not carried over; or why there is none, in one line. */
export type Imported = { definition: ServiceDefinition; notes: Note[] } | { error: string }

/** A fault of a form for which it cannot be imported; its message is one line. */
export class NotImportable extends Error {}

/** A draft service file of what an importer found. Throws `NotImportable` when nothing is asked. */
export function buildDraft(draft: Draft, options: { agency: string; id?: string }, notes: Notes): ServiceDefinition {
  const title = draft.title['en'] ?? Object.values(draft.title)[0] ?? ''
  if (!draft.pages.some((page) => (page.questions ?? []).length > 0)) {
    throw new NotImportable('it has no question: nothing could be answered')
  }
  if (draft.pages.length > 200) throw new NotImportable(`it has ${draft.pages.length} pages, more than the 200 a service may have`)
  const used = new Set(draft.pages.map((page) => page.section))
  const sections = draft.sections.filter((section) => used.has(section.id))
  const checked = new Set(draft.validations.map((validation) => validation.question))
  const input: ServiceInput = {
    id: options.id ?? createNames().give([slug(title, 60), 'imported_form']),
    version: 1,
    status: 'draft',
    languages: [...draft.languages],
    prefix: prefixOf(title),
    agency: options.agency,
    title: draft.title,
    summary: draft.summary ?? draft.title,
    ...(draft.description ? { description: draft.description } : {}),
    ...(draft.how_data_is_used ? { how_data_is_used: draft.how_data_is_used } : {}),
    form: {
      ...(sections.length > 0 ? { sections } : {}),
      pages: inSections(draft.pages, sections, notes),
      ...(draft.declaration ? { declaration: draft.declaration } : {}),
      ...contactFor(draft.pages, notes),
    },
    rules: { eligibility: [...draft.eligibility], validations: draft.validations.filter((rule) => isAsked(draft.pages, rule.question)) },
  }
  notes.add(
    '(form)',
    'appeal',
    'an application can be refused: how to object is not in the form, write it as "appeal" before it is published',
  )
  const read = serviceFile.safeParse(input)
  if (read.success) return withSamples(withinCost(read.data, notes), checked)
  const [issue] = read.error.issues
  throw new NotImportable(`the service file it would give is not valid: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}`)
}

/** The only question for an e-mail address is taken for the applicant's, said so; where there are several, somebody must say which. */
function contactFor(pages: readonly PageInput[], notes: Notes): { contact?: { email: string } } {
  const emails = pages.flatMap((page) => page.questions ?? []).filter((question) => question.kind === 'email')
  const [only] = emails
  if (only && emails.length === 1) {
    notes.add('(form)', 'contact', `the only e-mail address it asks for (${only.id}) is taken for the applicant's: look at it`)
    return { contact: { email: only.id } }
  }
  const asked = emails.map((question) => question.id).join(', ')
  notes.add(
    '(form)',
    'contact',
    only
      ? `asks for several e-mail addresses (${asked}): name the applicant's in form.contact, else people without an account get no mail`
      : 'asks for no e-mail address on a page: only people with an account get mail about their application',
  )
  return {}
}

function isAsked(pages: readonly PageInput[], id: string): boolean {
  return pages.some((page) => (page.questions ?? []).some((question) => question.id === id))
}

/** With sections the start of a service is a task list: a page in none of them would stand nowhere. */
function inSections(pages: readonly PageInput[], sections: ReadonlyArray<{ id: string }>, notes: Notes): PageInput[] {
  const first = pages.find((page) => page.section !== undefined)?.section ?? sections[0]?.id
  if (sections.length === 0 || first === undefined) return [...pages]
  let last = first
  return pages.map((page) => {
    if (page.section !== undefined) last = page.section
    else
      notes.add(
        `pages (${page.id})`,
        'section_assumed',
        `page "${page.id}" was in no section and now stands in "${last}", after the page before it`,
      )
    return { ...page, section: page.section ?? last }
  })
}

function withSamples(definition: ServiceDefinition, checked: ReadonlySet<string>): ServiceDefinition {
  const pages = definition.form.pages.map((page) => ({
    ...page,
    questions: page.questions.map((question) => withSample(question, checked)),
  }))
  return { ...definition, form: { ...definition.form, pages } }
}

function withSample(question: Question, checked: ReadonlySet<string>): Question {
  // What a rule says about an answer is not known here: a made-up one could break it.
  const value = checked.has(question.id) ? undefined : sampleAnswer(question)
  const { options, questions, ...rest } = question
  const columns = questions?.map((column) => {
    const sample = sampleAnswer(column)
    return sample === undefined ? column : { ...column, example: sample }
  })
  return {
    ...rest,
    ...(value === undefined ? {} : { example: value }),
    ...(options ? { options } : {}),
    ...(columns ? { questions: columns } : {}),
  }
}

/** Words in the languages in which something is said; undefined when nothing is said in any. */
export function wordsOf(texts: Readonly<Record<string, string>>): Words | undefined {
  const said = Object.entries(texts).filter(([, text]) => text.trim() !== '')
  return said.length === 0 ? undefined : Object.fromEntries(said.map(([tag, text]) => [tag, text.trim().slice(0, 20_000)]))
}
