import { z } from 'zod'

/** The values an event may carry: ids, codes, numbers and days. Nothing that a person wrote. */
export const eventValue = {
  id: () => z.string().regex(/^[0-9A-Za-z_.:-]{1,80}$/),
  code: () => z.string().regex(/^[a-z0-9][a-z0-9_.:-]{0,79}$/),
  codes: () => z.array(z.string().regex(/^[a-z0-9][a-z0-9_.:-]{0,79}$/)).max(200),
  number: () => z.number(),
  amount: () => z.string().regex(/^-?\d{1,18}$/),
  flag: () => z.boolean(),
  day: () => z.string().regex(/^\d{4}-\d{2}-\d{2}$/),
  instant: () => z.iso.datetime(),
} as const

/** One type of event: its dotted name and the schema of its data. */
export type EventType = { readonly type: string; readonly data: z.ZodObject }

/** Every type of event the program knows, by name. */
export type EventTypes = ReadonlyMap<string, EventType>

/** Declares a type of event, such as `cases.case.decided`. */
export function defineEvent(type: string, data: z.ZodRawShape): EventType {
  return { type, data: z.strictObject(data) }
}

/** A line of the journal as it is read back. */
export type JournalEvent = {
  readonly id: string
  readonly position: bigint
  readonly stream: string
  readonly version: number | null
  readonly type: string
  readonly actor: string
  readonly channel: string
  readonly subject: string | null
  readonly cause: string | null
  readonly data: Readonly<Record<string, unknown>>
  readonly occurredAt: Date
}

/** A text in an event's data: an id or code; empty when there is none. */
export function textIn(data: Readonly<Record<string, unknown>>, name: string): string {
  const value = data[name]
  return typeof value === 'string' ? value : ''
}
