import { z } from 'zod'
import { MOST_ROWS } from './answertext.ts'

/**
 * The shape of `service.yaml`, the one file a public service is (docs/service-file.md says it in words).
 * Expressions are FEEL (DMN 1.5, chapter 10). Unknown keys are refused.
 */

const snake = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be snake_case: a-z, 0-9 and _, beginning with a letter')
const feel = z.union([z.string().min(1).max(4000), z.number(), z.boolean()]).transform(String)
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'must be a date such as 2026-11-23')
const words = z.record(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/), z.string().max(20_000))
const wordLists = z.record(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/), z.array(z.string().max(500)).max(50))

/** The kinds of question, as DOMAIN lists them. */
export const questionKinds = [
  'text', 'long_text', 'email', 'phone', 'iban', 'national_id', 'integer', 'decimal', 'money', 'date', 'yes_no',
  'one_of', 'many_of', 'address', 'place', 'file', 'repeating_group', 'attribute',
] as const // prettier-ignore
export type QuestionKind = (typeof questionKinds)[number]

/** What an `attribute` question may be prefilled from. */
export const attributeSources = [
  'person.full_name', 'person.email', 'person.phone', 'person.address', 'person.date_of_birth', 'person.national_id',
] as const // prettier-ignore

const option = z.strictObject({ value: z.string().min(1).max(200), label: words, hint: words.optional() })

const questionShape = {
  id: snake,
  kind: z.enum(questionKinds),
  label: words,
  hint: words.optional(),
  required: z.boolean().default(true),
  when: feel.optional(),
  /**
   * A valid answer; shown to API clients and used by the tests that fill a service in. A date, also in a row, may be
   * relative so that it never expires: `today`, `today+30`, `today-30` (days), or `month`, `month-2` (the first day of
   * this month, of the month two months ago).
   */
  example: z.unknown().optional(),
  min_length: z.number().int().min(0).optional(),
  max_length: z.number().int().min(1).max(20_000).optional(),
  /** A regular expression in RE2 syntax (linear time), for the whole answer. */
  pattern: z.string().max(500).optional(),
  pattern_message: words.optional(),
  /** Numbers: the number. Money: whole minor units. Dates: an ISO date or `today`. */
  min: z.union([z.number(), z.string()]).optional(),
  max: z.union([z.number(), z.string()]).optional(),
  decimals: z.number().int().min(0).max(9).optional(),
  unit: words.optional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  options: z.array(option).min(1).max(500).optional(),
  min_choices: z.number().int().min(0).optional(),
  max_choices: z.number().int().min(1).optional(),
  accept: z
    .array(z.enum(['image', 'pdf']))
    .min(1)
    .optional(),
  max_files: z.number().int().min(1).max(20).optional(),
  max_mb: z.number().min(1).max(25).optional(),
  min_rows: z.number().int().min(0).optional(),
  max_rows: z.number().int().min(1).max(MOST_ROWS).optional(),
  row_title: words.optional(),
  source: z.enum(attributeSources).optional(),
  /** The kind of an `attribute`'s value. */
  of: z.enum(['text', 'email', 'phone', 'date', 'address', 'national_id']).optional(),
}

const rowQuestion = z.strictObject(questionShape)
const question = z.strictObject({
  ...questionShape,
  /** The questions of one row of a `repeating_group`; a row holds no group and no file. */
  questions: z.array(rowQuestion).min(1).max(30).optional(),
})

const page = z.strictObject({
  id: snake,
  title: words,
  section: snake.optional(),
  when: feel.optional(),
  /** Content shown above the questions, in Markdown. */
  statements: z
    .array(z.strictObject({ text: words, when: feel.optional() }))
    .max(20)
    .optional(),
  questions: z.array(question).max(40).default([]),
})

const table = z.strictObject({
  /** DMN 1.5, 8.2.10. C may carry an aggregator: C+, C<, C>, C#. */
  hit: z.enum(['U', 'A', 'F', 'R', 'C', 'C+', 'C<', 'C>', 'C#']).default('U'),
  inputs: z
    .array(z.strictObject({ expression: feel, label: words.optional() }))
    .min(1)
    .max(20),
  /** Left out: one unnamed output. Several named outputs give a context. */
  outputs: z
    .array(z.strictObject({ id: snake, label: words.optional() }))
    .min(1)
    .max(20)
    .optional(),
  rules: z
    .array(
      z.strictObject({
        /** One unary test for each input; `-` is any. */
        when: z.array(feel).min(1).max(20),
        /** One FEEL expression for each output. */
        then: z.array(feel).min(1).max(20),
        note: words.optional(),
        law: z.string().optional(),
      }),
    )
    .min(1)
    .max(1000),
})

const computed = z.strictObject({
  id: snake,
  title: words.optional(),
  type: z.enum(['number', 'string', 'boolean', 'money', 'date', 'list', 'context']),
  expression: feel.optional(),
  table: table.optional(),
  law: z.string().optional(),
  /** Shown to the resident on the check-your-answers page. */
  show: z.boolean().default(false),
})

const rules = z.strictObject({
  /** Facts the city knows beyond the answers; null until they are known. */
  facts: z
    .array(
      z.strictObject({
        id: snake,
        title: words.optional(),
        /** Counts this service's other cases, open or in force, with the same answer to this question. */
        count_cases_with_same: snake,
      }),
    )
    .max(10)
    .default([]),
  computed: z.array(computed).max(1000).default([]),
  /** A criterion holds when its condition is true; null is "cannot tell yet". */
  eligibility: z
    .array(z.strictObject({ id: snake, title: words, condition: feel, otherwise: words, law: z.string().optional() }))
    .max(100)
    .default([]),
  /** False is an issue at `question`; null is none. */
  validations: z
    .array(z.strictObject({ id: snake, question: snake, valid: feel, message: words, law: z.string().optional() }))
    .max(200)
    .default([]),
})

const fee = z.strictObject({
  title: words,
  /** Whole minor units of `currency`, which is the city's when it is left out; null is "cannot tell yet", 0 is free. */
  amount: feel,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .optional(),
  /**
   * When it falls due: before the application is sent, when it is sent, when it is granted, or with a bill later. A city
   * without a way to pay treats `before_submission` as `at_submission`.
   */
  due: z.enum(['before_submission', 'at_submission', 'at_decision', 'later']).default('at_decision'),
  /** Working days to pay it, from the day it falls due; for `later`, what they count from. */
  pay_within: z
    .strictObject({
      working_days: z.number().int().min(0).max(1000).default(10),
      from: z.enum(['submission', 'decision']).optional(),
    })
    .prefault({}),
  /** What it is in the city's books. */
  revenue: z.enum(['fee', 'tax', 'charge']).default('fee'),
  /** What happens when it is not paid. */
  unpaid: words.optional(),
  /** The resident may choose to pay in parts: at most so many, for amounts from so many minor units. */
  instalments: z.strictObject({ most: z.number().int().min(2).max(60), from_amount: z.number().int().min(0).default(0) }).optional(),
  /** Whether what was issued is suspended while a fee that was taken back is unpaid. */
  on_reversal: z.enum(['nothing', 'suspend']).default('nothing'),
  /**
   * A case may correct an earlier one of the same person and service: the question with its reference, and the computed
   * money that is owed in all then. When it is granted, the fee of the earlier case is changed to that.
   */
  corrects: z.strictObject({ reference: snake, amount: snake }).optional(),
  law: z.string().optional(),
})

const deadline = z.strictObject({
  working_days: feel,
  silence: z.enum(['deemed_approved', 'escalate']).default('escalate'),
  /** Working days before the deadline at which the officer and supervisor are warned. */
  warn_days: z.number().int().min(0).max(60).default(3),
  law: z.string().optional(),
})

/** What may become of a fee that a workflow can wait for: paid (or nothing to pay), not paid in time, taken back. */
export const feeTurns = ['fee_paid', 'fee_overdue', 'fee_reversed'] as const
export type FeeTurn = (typeof feeTurns)[number]

const effect = z.union([
  /** Ends a document that was issued: it is revoked, with the words of `fee.unpaid` as its reason. */
  z.strictObject({ revoke: snake }),
  /** Issues a document of this service (letter, permit, licence). */
  z.strictObject({ issue: snake }),
  /** Asks another agency for its opinion; the case cannot be granted while an opinion is open. */
  z.strictObject({ consult: snake, question: words }),
  /** Writes answers into the person's record: record field -> question id. */
  z.strictObject({
    update_person: z.partialRecord(z.enum(['full_name', 'email', 'phone', 'address', 'date_of_birth', 'national_id']), snake),
  }),
  /** Sends one of this service's messages. */
  z.strictObject({ message: snake }),
])

/** Outcomes a case may end with (DOMAIN 3). */
export const outcomes = ['granted', 'refused', 'withdrawn', 'not_ours', 'duplicate'] as const
export type Outcome = (typeof outcomes)[number]

const state = z.strictObject({
  id: snake,
  label: words,
  description: words.optional(),
  /** Who must act now. */
  with: z.enum(['agency', 'resident', 'other_agency', 'nobody']).default('agency'),
  /** `paused` stops the legal clock while the case is in this state. */
  clock: z.enum(['running', 'paused']).default('running'),
  final: z.boolean().default(false),
})

const transition = z.strictObject({
  id: snake,
  label: words,
  from: z.array(snake).min(1),
  to: snake,
  /** `system` takes it by a timer (`after`) or at once when its guard holds. */
  by: z.array(z.enum(['officer', 'supervisor', 'resident', 'system'])).min(1),
  /** FEEL over answers, computed values and `case` (`case.open_consultations`, `case.eligible`). */
  guard: feel.optional(),
  outcome: z.enum(outcomes).optional(),
  reason: z.enum(['required', 'optional', 'none']).default('optional'),
  /** One officer proposes, another confirms. */
  four_eyes: z.boolean().default(false),
  /** For `system`: how long after entering the state. */
  after: z.strictObject({ working_days: z.number().int().min(0).max(1000) }).optional(),
  /** For `system`: what of the fee makes it so; only such a step leaves a final state, to another one. */
  on: z.enum(feeTurns).optional(),
  effects: z.array(effect).max(10).default([]),
})

const workflow = z.strictObject({
  initial: snake,
  states: z.array(state).min(2).max(40),
  transitions: z.array(transition).min(1).max(100),
})

const document = z.strictObject({
  id: snake,
  title: words,
  kind: z.enum(['letter', 'permit', 'licence', 'card', 'certificate']),
  /** Markdown with MessageFormat 2 placeholders: {$name}, {$reference}, {$reason}, {$until}, answers and computed by id. */
  body: words,
  /** FEEL dates; `until` left out: no end. */
  valid: z.strictObject({ from: feel.default('today'), until: feel.optional() }).optional(),
})

const message = z.strictObject({ subject: words, body: words })

const example = z.strictObject({
  name: z.string().max(200),
  today: day.default('2026-03-02'),
  answers: z.record(z.string(), z.unknown()),
  facts: z.record(z.string(), z.unknown()).default({}),
  expect: z.strictObject({
    /** Ids of the pages seen, in order. */
    pages: z.array(snake).optional(),
    complete: z.boolean().optional(),
    /** Question id -> issue code (`missing`, `too_long`, ...) or validation id. */
    issues: z.record(z.string(), z.string()).optional(),
    computed: z.record(z.string(), z.unknown()).optional(),
    eligible: z.boolean().nullable().optional(),
    /** Criteria that are not met. */
    not_met: z.array(snake).optional(),
    /** Minor units as a string; null: cannot tell yet. */
    fee: z.string().nullable().optional(),
    /** The legal deadline of a case submitted `today`, in the city's working calendar. */
    deadline: day.optional(),
    /** The outcome that the automatic decision rule gives; null: an officer decides. */
    decision: z.enum(outcomes).nullable().optional(),
    agency: snake.optional(),
  }),
})

/** The whole file. */
export const serviceFile = z.strictObject({
  id: snake,
  version: z.number().int().min(1),
  status: z.enum(['draft', 'published']),
  effective: z.strictObject({ from: day, until: day.optional() }).optional(),
  languages: z.array(z.string()).min(1).max(40),
  /** Three letters that begin each case reference. */
  prefix: z.string().regex(/^[A-Z]{3}$/),
  agency: snake,
  title: words,
  summary: words,
  description: words.optional(),
  life_events: z.array(snake).default([]),
  keywords: wordLists.optional(),
  audience: z.array(z.enum(['residents', 'businesses', 'visitors'])).default(['residents']),
  who_can_apply: words.optional(),
  what_you_need: wordLists.optional(),
  cost: words.optional(),
  how_long: words.optional(),
  how_data_is_used: words.optional(),
  other_ways: words.optional(),
  channels: z.array(z.enum(['web', 'counter', 'phone', 'post'])).default(['web']),
  legal_basis: z.strictObject({ law: words, url: z.string().optional(), gdpr: z.string().regex(/^(6|9)\(\d\)(\([a-j]\))?$/) }).optional(),
  retention: z.strictObject({ draft_days: z.number().int().min(1).max(365), case_years: z.number().int().min(0).max(100) }).optional(),
  assurance: z.enum(['none', 'low', 'substantial', 'high']).default('none'),
  form: z.strictObject({
    /** With sections the start shows a task list. */
    sections: z
      .array(z.strictObject({ id: snake, title: words }))
      .max(20)
      .optional(),
    pages: z.array(page).min(1).max(200),
    declaration: words.optional(),
    /** The questions with the e-mail address and the name of the applicant; else those with a `source` of that kind. */
    contact: z.strictObject({ email: snake.optional(), name: snake.optional() }).optional(),
  }),
  rules: rules.prefault({}),
  fee: fee.optional(),
  deadline: deadline.optional(),
  routing: z.strictObject({ agency: feel }).optional(),
  /** Decides at once, by rule: FEEL giving "granted", "refused" or null (an officer decides). */
  decision: z.strictObject({ automatic: feel, reason: words, law: z.string().optional() }).optional(),
  workflow: workflow.optional(),
  documents: z.array(document).max(20).default([]),
  /** `submitted`, `granted`, `refused`, `information_requested` override the house's own words. */
  messages: z.record(snake, message).default({}),
  appeal: words.optional(),
  examples: z.array(example).max(100).default([]),
})

/** A service definition as it is read from its file. */
export type ServiceDefinition = z.infer<typeof serviceFile>
export type Page = ServiceDefinition['form']['pages'][number]
export type Question = Page['questions'][number]
export type RowQuestion = NonNullable<Question['questions']>[number]
export type DecisionTable = z.infer<typeof table>

/** The shape of a decision table, for other files of a city that decide by one. */
export const decisionTable = table
export type Workflow = z.infer<typeof workflow>
export type Transition = z.infer<typeof transition>
export type State = z.infer<typeof state>
export type Effect = z.infer<typeof effect>
export type DocumentTemplate = z.infer<typeof document>
export type Example = z.infer<typeof example>
