import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { z } from 'zod'
import { daysIn, type PlainDate, type WorkCalendar } from '../kernel/time.ts'

const words = z.record(z.string(), z.string())
const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/)

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
  weekend: z.array(z.number().int().min(1).max(7)),
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
  readonly lifeEvents: z.infer<typeof cityFile>['life_events']
  readonly agencies: z.infer<typeof cityFile>['agencies']
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
    calendar: { weekend: c.weekend, holidays: new Set(c.holidays) },
    lifeEvents: c.life_events,
    agencies: c.agencies,
    folder,
  }
}
