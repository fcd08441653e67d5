import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { daysIn, type PlainDate, type WorkCalendar } from '../kernel/time.ts'

const words = z.record(z.string(), z.string())
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

const timeOfDay = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/)

const cityFile = z.strictObject({
  id: z.string().regex(/^[a-z][a-z0-9_]*$/),
  name: words,
  tagline: words,
  /** One hex colour makes the theme. */
  colour: z.string().regex(/^#[0-9a-f]{6}$/i),
  /** An SVG file beside city.yaml. */
  logo: z.string().optional(),
  languages: z.array(z.strictObject({ tag: z.string(), name: z.string() })).min(1),
  time_zone: z.string(),
  currency: z.string().regex(/^[A-Z]{3}$/),
  mail_from: z.string(),
  contact: z.strictObject({ phone: z.string(), email: z.string(), address: words }),
  /** Who answers for personal data (GDPR, articles 13(1) and 37); the city itself when left out. */
  data_protection: z.strictObject({ controller: words, officer: words, email: z.string(), phone: z.string().optional() }).optional(),
  /** Whether residents see the official name of who opened their data, beside role and agency. */
  show_staff_names: z.boolean().default(true),
  /** What residents may consent to. Other words are another wording: it is asked anew. */
  consents: z
    .array(
      z.strictObject({
        id: z.string().regex(/^[a-z][a-z0-9_]{0,63}$/),
        version: z.number().int().min(1),
        title: words,
        wording: words,
        /** Data leaves the purpose or the body it was given to: a signal not to share wins over a yes. */
        sharing: z.boolean().default(false),
        /** A line in the mail that a case has ended, for those who consented. */
        closing_line: words.optional(),
      }),
    )
    .default([]),
  /** Trusted organisations whose people help residents with their affairs. */
  organisations: z.array(z.strictObject({ id: z.string().regex(/^[a-z][a-z0-9_]{1,63}$/), name: words })).default([]),
  weekend: z.array(z.number().int().min(1).max(7)),
  /** Openings of personal data outside these hours are shown to the auditor. */
  office_hours: z.strictObject({ opens: timeOfDay, closes: timeOfDay }).optional(),
  holidays: z.array(day),
  life_events: z.array(z.strictObject({ id: z.string(), title: words, summary: words, icon: z.string().optional() })),
  agencies: z.array(
    z.strictObject({
      id: z.string(),
      name: words,
      about: words,
      email: z.string(),
      phone: z.string(),
      address: words,
      hours: words,
    }),
  ),
})

/** A body of the city. A closed one takes no new cases. */
export type Agency = z.infer<typeof cityFile>['agencies'][number] & { readonly closed?: boolean }

/** What a city is, from its `city.yaml`. */
export type City = {
  readonly id: string
  readonly name: Readonly<Record<string, string>>
  readonly tagline: Readonly<Record<string, string>>
  readonly colour: string
  readonly logo: string | null
  readonly languages: ReadonlyArray<{ tag: string; name: string }>
  readonly timeZone: string
  /** The calendar day of an instant in the city. */
  readonly dayOf: (instant: Date) => PlainDate
  readonly currency: string
  readonly mailFrom: string
  readonly contact: { phone: string; email: string; address: Readonly<Record<string, string>> }
  readonly calendar: WorkCalendar
  readonly dataProtection: z.infer<typeof cityFile>['data_protection'] | null
  readonly showStaffNames: boolean
  readonly consents: z.infer<typeof cityFile>['consents']
  readonly organisations: z.infer<typeof cityFile>['organisations']
  readonly lifeEvents: z.infer<typeof cityFile>['life_events']
  readonly agencies: readonly Agency[]
  /** When its offices work, as minutes of the day; 7:00 to 19:00 when left out. */
  readonly officeHours?: { readonly opens: number; readonly closes: number }
  /** Where the city's files lie. */
  readonly folder: string
}

/** Reads a city's folder; throws an error that names the faults. */
export async function loadCity(folder: string): Promise<City> {
  const text = await readFile(join(folder, 'city.yaml'), 'utf8')
  const parsed = cityFile.safeParse(parse(text, { maxAliasCount: 10 }))
  if (!parsed.success) throw new Error(`${join(folder, 'city.yaml')}:\n${z.prettifyError(parsed.error)}`)
  const c = parsed.data
  const logo = c.logo ? await readFile(join(folder, c.logo), 'utf8') : null
  return {
    id: c.id,
    name: c.name,
    tagline: c.tagline,
    colour: c.colour,
    logo,
    languages: c.languages,
    timeZone: c.time_zone,
    dayOf: daysIn(c.time_zone),
    currency: c.currency,
    mailFrom: c.mail_from,
    contact: c.contact,
    dataProtection: c.data_protection ?? null,
    showStaffNames: c.show_staff_names,
    consents: c.consents,
    organisations: c.organisations,
    ...(c.office_hours ? { officeHours: { opens: minutesOf(c.office_hours.opens), closes: minutesOf(c.office_hours.closes) } } : {}),
    calendar: { weekend: c.weekend, holidays: new Set(c.holidays) },
    lifeEvents: c.life_events,
    agencies: c.agencies,
    folder,
  }
}

function minutesOf(time: string): number {
  return Number(time.slice(0, 2)) * 60 + Number(time.slice(3, 5))
}

/** A city whose agencies may change while the program runs: whoever asks gets the list that was put last. */
export function withLiveAgencies(city: City): { readonly city: City; readonly put: (agencies: readonly Agency[]) => void } {
  let agencies = city.agencies
  const live: City = {
    ...city,
    get agencies() {
      return agencies
    },
  }
  return { city: live, put: (newest) => void (agencies = newest) }
}
