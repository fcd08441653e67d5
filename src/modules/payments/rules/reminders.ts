import { z } from 'zod'

const words = z.record(z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/), z.string().min(1).max(300))
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)
/** Minor units of the city's currency. */
const amount = z.number().int().min(0).max(1_000_000_000).transform(BigInt)

const step = z.strictObject({
  kind: z.enum(['friendly', 'fee', 'last', 'recovery']),
  /** Working days after the day to pay by, or after the step before. */
  after: z.number().int().min(1).max(250),
  fee: amount.prefault(0),
})

const interest = z.strictObject({
  law: words,
  /** Percent a year from a day on, the earliest first; at most three decimals. */
  rates: z
    .array(z.strictObject({ from: day, percent: z.number().min(0).max(100).multipleOf(0.001) }))
    .min(1)
    .max(200)
    .refine((rates) => rates.every((rate, i) => i === 0 || rate.from > (rates[i - 1]?.from ?? '')), 'has its periods out of order'),
})

const rule = z.strictObject({
  /** By which law bills of this kind are reminded, and what it costs. */
  law: words,
  /** Who owes less is not reminded. */
  least: amount.prefault(0),
  steps: z
    .array(step)
    .min(1)
    .max(20)
    .refine((steps) => steps[0]?.kind === 'friendly' && steps[0].fee === 0n, 'begins with a friendly reminder without a fee')
    .refine((steps) => steps.every((each, i) => each.kind !== 'recovery' || i === steps.length - 1), 'ends with recovery'),
  interest: interest.optional(),
})

/** The part of `money.yaml` about bills that are not paid in time. Left out: nobody is reminded, and no help is agreed by rule. */
export const reminderRules = {
  reminders: z
    .strictObject({
      /** Whether each working day's run starts by itself, or waits for an officer. */
      start: z.enum(['automatic', 'confirmed']).default('confirmed'),
      /** Working days without a step after somebody's request was answered. */
      quiet_after_answer: z.number().int().min(1).max(60).default(5),
      /** What is left of a bill is written off below this, when a step would be due. */
      write_off_below: amount.prefault(0),
      /** Years after the day to pay by when bills may be written off together. */
      write_off_after: z.number().int().min(1).max(50).default(5),
      fee: rule.optional(),
      tax: rule.optional(),
      fine: rule.refine(({ interest: counted }) => counted === undefined, 'counts no interest on fines').optional(),
      charge: rule.optional(),
    })
    .prefault({}),
  help: z
    .strictObject({
      plan: z
        .strictObject({
          /** From which amount, in how many parts at most, and of how much at least; a part a month. */
          from: amount,
          most_parts: z.number().int().min(2).max(36),
          least_part: amount,
          /** Working days until the first part is to be paid. */
          first_after: z.number().int().min(1).max(60).default(10),
        })
        .optional(),
      /** Working days that a part may be late before the plan ends. */
      broken_after: z.number().int().min(1).max(60).default(10),
      /** Days of more time that are given once, at once. */
      more_days: z.number().int().min(1).max(365).optional(),
    })
    .prefault({}),
} as const

/** What happens with bills of a revenue that are not paid in time. */
export type ReminderRule = z.infer<typeof rule>
/** One step of it. */
export type StepRule = z.infer<typeof step>
/** How interest is counted. */
export type InterestRule = z.infer<typeof interest>
