import { z } from 'zod'

/** The shape of the city's `reports.yaml`: what residents can report, who mends it and how fast. Unknown keys are refused. */

const id = z.string().regex(/^[a-z][a-z0-9_]{0,63}$/, 'must be snake_case: a-z, 0-9 and _, beginning with a letter')
const tag = z.string().regex(/^[a-z]{2,3}(-[A-Za-z0-9]+)*$/)
const words = z.record(tag, z.string().min(1).max(2_000))
const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time such as 18:00')

const open311 = z.strictObject({
  /** The endpoint to which `/requests.json` is added. */
  url: z.url(),
  jurisdiction_id: z.string().optional(),
  /** The service code there of each category here. */
  services: z.record(id, z.string().min(1)).default({}),
})

const authority = z.strictObject({
  id,
  name: words,
  about: words,
  email: z.email().optional(),
  phone: z.string().optional(),
  open311: open311.optional(),
})

const route = z.strictObject({
  categories: z.array(id).min(1).optional(),
  groups: z.array(id).min(1).optional(),
  districts: z.array(id).min(1).optional(),
  /** ISO 8601 weekdays, 1 Monday to 7 Sunday. */
  days: z.array(z.number().int().min(1).max(7)).min(1).optional(),
  /** From this time of the city's day; a route whose `to` is earlier goes over midnight. */
  from: timeOfDay.optional(),
  to: timeOfDay.optional(),
  agency: id,
  /** Left out: the agency's triage desk. */
  crew: id.optional(),
})

const category = z.strictObject({
  id,
  group: id,
  agency: id,
  name: words,
  summary: words,
  keywords: z.record(tag, z.array(z.string().min(1).max(80)).max(60)).default({}),
  /** Working days until it has to be done. */
  due_days: z.number().int().min(0).max(400),
  /** Working days before that on which the crew and the supervisor are warned. */
  warn_days: z.number().int().min(0).max(60).default(1),
  /** Calendar days after a fix in which "still broken" reopens it; silence then confirms. */
  check_days: z.number().int().min(1).max(120),
  /** Within how many metres another one of the same kind may be the same. */
  radius: z.number().int().min(5).max(2_000),
  /** Danger: the emergency number comes first. */
  urgent: z.boolean().default(false),
  /** `never`: pictures are for the crew only. */
  photos: z.enum(['checked', 'never']).default('checked'),
  /** Years after the end for which contact and masked words are kept. */
  keep_years: z.number().int().min(0).max(30),
  /** Questions as service files have them; `formOf` checks them by the schema of those. */
  questions: z
    .array(z.looseObject({ id, label: words }))
    .max(12)
    .default([]),
})

/** Other programs that send reports by Open311. */
const programs = z.strictObject({
  /** `approved`: an administrator agrees to each key before it is good. */
  keys: z.enum(['open', 'approved']).default('open'),
  /** How many requests a minute a new key is good for; without a key, a network is given as many. */
  per_minute: z.number().int().min(1).max(100_000).default(300),
})

/** What holds for other programs unless the file says otherwise. */
export const usualPrograms: z.infer<typeof programs> = { keys: 'open', per_minute: 300 }

/** The whole file. */
export const reportsFile = z.strictObject({
  emergency_number: z.string().regex(/^[0-9+ ]{2,20}$/),
  groups: z.array(z.strictObject({ id, name: words })).min(1),
  crews: z.array(z.strictObject({ id, agency: id, name: words })).default([]),
  authorities: z.array(authority).default([]),
  routes: z.array(route).default([]),
  programs: programs.default(usualPrograms),
  categories: z.array(category).min(1),
})

export type ReportsFile = z.infer<typeof reportsFile>
/** A body outside the city's own agencies that a report may be handed to. */
export type Authority = ReportsFile['authorities'][number]
/** Those who go out and mend, at an agency. */
export type Crew = ReportsFile['crews'][number]
/** A group of categories. */
export type Group = ReportsFile['groups'][number]
/** What sends reports of a kind, a district and a time to an agency and its crew. */
export type Route = ReportsFile['routes'][number]
