import { dayIn, type PlainDate } from '../../kernel/time.ts'
import type { Platform } from '../../platform/platform.ts'
import { isRecord } from '../fields/index.ts'
import { profileSince } from '../people/index.ts'
import type { ServiceDefinition } from '../servicefile/index.ts'
import type { Journey } from './store.ts'

/** What of a profile is sensitive: a code of a register and, as it makes people recognisable, the day of birth (CPRA, 1798.140(ae)). */
const SENSITIVE = new Set(['national_id', 'date_of_birth'])

/** Answers from a person's record, and since which day the record has each. */
export type Prefilled = { readonly answers: Readonly<Record<string, unknown>>; readonly since: Readonly<Record<string, PlainDate>> }

/** What a service takes from a person's record; with `limited` nothing sensitive, which the person types again where they want it used. */
export async function prefill(
  platform: Platform,
  definition: ServiceDefinition,
  personId: string,
  profile: Readonly<Record<string, unknown>>,
  limited: boolean,
): Promise<Prefilled> {
  const [answers, since] = [new Map<string, unknown>(), new Map<string, PlainDate>()]
  const sealed = await profileSince(platform, personId)
  for (const question of definition.form.pages.flatMap((page) => page.questions)) {
    const field = question.source?.slice('person.'.length)
    if (field === undefined || (limited && SENSITIVE.has(field))) continue
    const [value, at] = [profile[field], sealed.get(field)]
    if (value === undefined || value === null) continue
    answers.set(question.id, value)
    if (at) since.set(question.id, dayIn(platform.city.timeZone, at))
  }
  return { answers: Object.fromEntries(answers), since: Object.fromEntries(since) }
}

/** What of a journey still stands as it came from the record, once these answers are put over those it had. */
export function stillPrefilled(
  { prefilled }: Pick<Journey, 'prefilled'>,
  answers: Readonly<Record<string, unknown>>,
  patch: Readonly<Record<string, unknown>>,
): Journey['prefilled'] {
  const stands = ([question]: [string, PlainDate]): boolean =>
    !Object.hasOwn(patch, question) || sameText(patch[question]) === sameText(answers[question])
  return Object.fromEntries(Object.entries(prefilled).filter(stands))
}

/** A value as one text: parts in one order, without those that are empty. */
function sameText(value: unknown): string {
  if (!isRecord(value)) return JSON.stringify(value ?? null)
  const parts = Object.entries(value).filter(([, part]) => part !== null && part !== undefined && part !== '')
  return JSON.stringify(parts.toSorted(([a], [b]) => (a < b ? -1 : 1)))
}
