import { z } from 'zod'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { parsePlainDate, type PlainDate } from '../../../kernel/time.ts'
import type { Platform } from '../../../platform/platform.ts'

/** Most minor units of one line. */
const MOST = 100_000_000_000n
/** The number that a client gives a bill: visible ASCII, up to 64 characters. */
export const numberPattern = /^[\x21-\x7E]{1,64}$/

const line1 = (most: number) => z.string().max(most * 2).transform(cleanText).pipe(z.string().min(1).max(most)) // prettier-ignore
const amount = z
  .string()
  .regex(/^[1-9]\d{0,11}$/, 'must be whole minor units as a string, such as "2550"')
  .transform((text) => BigInt(text))
  .refine((value) => value <= MOST, 'is too much')
const day = z.string().transform((text, context): PlainDate => {
  const read = parsePlainDate(text)
  if (read !== null) return read
  context.addIssue({ code: 'custom', message: 'must be a day such as 2027-03-31' })
  return z.NEVER
})

/** The shapes of what programs send, in the languages and currency of the city. */
export function shapesFor({ city }: Platform) {
  const tags = city.languages.map((language) => language.tag)
  const language = z.string().refine((tag) => tags.includes(tag), `must be one of ${tags.join(', ')}`)
  const words = (most: number) =>
    z.record(language, line1(most)).refine((said) => Object.keys(said).length > 0, 'needs words in at least one language')
  return {
    bill: z.strictObject({
      number: z.string().regex(numberPattern, 'must be 1 to 64 visible ASCII characters'),
      payer: z
        .strictObject({
          kind: z.enum(['person', 'company']),
          name: line1(200),
          email: z
            .string()
            .max(200)
            .regex(/^[^\s@<>"]{1,64}@[^\s@<>"]{1,190}\.[^\s@<>"]{2,60}$/, 'must be an e-mail address')
            .optional(),
          address: z.array(line1(120)).max(8).optional(),
        })
        .nullable(),
      language,
      currency: z.literal(city.currency),
      revenue: z.enum(['fee', 'tax', 'fine', 'charge']),
      title: words(200),
      legalBasis: words(1_000).optional(),
      appeal: words(4_000).optional(),
      dueOn: day,
      lines: z
        .array(z.strictObject({ title: words(200), amount, law: line1(200).optional() }))
        .min(1)
        .max(100),
    }),
    cancellation: z.strictObject({ title: words(200) }),
    correction: z.strictObject({ to: amount, title: words(200) }),
  }
}

/** A bill as a program sends it. */
export type SentBill = z.infer<ReturnType<typeof shapesFor>['bill']>

/** One fault of what was sent, at a JSON pointer (RFC 6901). */
export type Fault = { readonly pointer: string; readonly detail: string }

/** The faults that a shape finds. */
export function faultsOf(error: z.ZodError): Fault[] {
  return error.issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({ pointer: pointerTo([...issue.path, key.slice(0, 100)]), detail: 'is not known' }))
        : [{ pointer: pointerTo(issue.path), detail: issue.message }],
    )
    .slice(0, 50)
}

function pointerTo(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')
}

/** What was sent as its shape; throws 422 with a pointer to each fault. */
export function readBody<T>(shape: z.ZodType<T>, body: unknown): T {
  const parsed = shape.safeParse(body)
  if (parsed.success) return parsed.data
  throw unfit(faultsOf(parsed.error))
}

/** The refusal of what was sent, with its faults. */
export function unfit(errors: readonly Fault[]): Problem {
  return new Problem('payments.unfit', 422, 'What was sent cannot be used. Each fault is listed under "errors".', { errors })
}

/** What was sent as one text that is the same for the same content, whatever its order. */
export function canonical(value: unknown): string {
  if (typeof value === 'bigint') return `"${value}"`
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const entries = Object.entries(value).filter(([, each]) => each !== undefined)
  return `{${entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`).join(',')}}` // prettier-ignore
}
