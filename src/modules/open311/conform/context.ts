import type { Format } from '../shapes.ts'
import { type Item, Misshapen, readList, readOne, type Shape, shapes } from './document.ts'
import type { Answer, Probe, Query } from './probe.ts'
import { fail, shorten, stop, Stop, type Verdict } from './verdict.ts'

/** What rules are run with. */
export type Context = {
  readonly probe: Probe
  readonly formats: readonly Format[]
  /** Whether requests may be made on the server. */
  readonly write: boolean
  /** Where made requests are put; null: where the newest request of the server is. */
  readonly place: { readonly lat: number; readonly long: number } | null
  /** Where the discovery document is; null: where servers usually have it. */
  readonly discovery: string | null
  /** What is done once in a run and asked for by several rules, such as making a request. */
  once<T>(name: string, make: () => Promise<T>): Promise<T>
  /** What was read from an answer, kept while the answer is. */
  readonly readings: WeakMap<Answer, Map<string, readonly Item[] | Misshapen>>
}

/** Puts a context together. */
export function createContext(parts: Omit<Context, 'once' | 'readings'>): Context {
  const done = new Map<string, Promise<unknown>>()
  return {
    ...parts,
    readings: new WeakMap(),
    once<T>(name: string, make: () => Promise<T>): Promise<T> {
      const known = done.get(name)
      // one name stands for one kind of thing
      if (known) return known as Promise<T>
      const made = make()
      done.set(name, made)
      return made
    },
  }
}

/** What came, in a few words: the fault, or status, type and how the body begins. */
export function told(answer: Answer): string {
  if (answer.fault !== null) return answer.fault
  const type = answer.headers.get('content-type') ?? 'no content type'
  return shorten(`${answer.status} ${type}: ${answer.text.slice(0, 300)}`)
}

/** The entries of a list that was answered. Throws `Misshapen`. */
export function itemsOf(context: Context, answer: Answer, format: Format, shape: Shape): readonly Item[] {
  return remembered(context, answer, `${format} ${shape.root}`, () => readList(answer.text, format, shape))
}

/** The one thing that was answered. Throws `Misshapen`. */
export function oneOf(context: Context, answer: Answer, format: Format, root: string): Item {
  const [item] = remembered(context, answer, `${format} one ${root}`, () => [readOne(answer.text, format, root)])
  return item ?? stop('there was nothing to read')
}

function remembered(context: Context, answer: Answer, name: string, read: () => readonly Item[]): readonly Item[] {
  const readings = context.readings.get(answer) ?? new Map<string, readonly Item[] | Misshapen>()
  context.readings.set(answer, readings)
  const known = readings.get(name) ?? attempt(read)
  readings.set(name, known)
  if (known instanceof Misshapen) throw known
  return known
}

function attempt(read: () => readonly Item[]): readonly Item[] | Misshapen {
  try {
    return read()
  } catch (error) {
    if (error instanceof Misshapen) return error
    throw error
  }
}

/** Passes when `read` works, else tells how the document is wrong. */
export function judgeShape(answer: Answer, read: () => unknown): Verdict {
  if (answer.status === 0 || answer.fault !== null) return { kind: 'skipped', why: answer.fault ?? 'nothing came' }
  try {
    read()
    return { kind: 'pass' }
  } catch (error) {
    if (error instanceof Misshapen) return fail(error.expected, error.message, answer.request)
    throw error
  }
}

/** The entries of a list for rules that look into it: when it cannot be had they are not judged, for another rule says why. */
export async function entries(
  context: Context,
  format: Format,
  path: string,
  shape: Shape,
  query: Query = {},
): Promise<{ answer: Answer; items: readonly Item[] }> {
  const answer = await context.probe.get(path, format, query)
  if (answer.status !== 200 || answer.fault !== null) stop(`${path}.${format} did not answer with 200`)
  try {
    return { answer, items: itemsOf(context, answer, format, shape) }
  } catch (error) {
    if (error instanceof Misshapen) stop(`${path}.${format} could not be read`)
    throw error
  }
}

/** The service list. */
export const services = (context: Context, format: Format) => entries(context, format, 'services', shapes.services)

/** The requests without any filter. */
export const requests = (context: Context, format: Format) => entries(context, format, 'requests', shapes.requests)

/** The requests that a filter gives; anything but a list is what the rule finds. */
export async function filtered(context: Context, format: Format, query: Query): Promise<{ answer: Answer; items: readonly Item[] }> {
  const answer = await context.probe.get('requests', format, query)
  const expected = '200 and a list of the requests that fit'
  if (answer.status !== 200 || answer.fault !== null) throw new Stop(fail(expected, told(answer), answer.request))
  try {
    return { answer, items: itemsOf(context, answer, format, shapes.requests) }
  } catch (error) {
    if (error instanceof Misshapen) throw new Stop(fail(`${expected}: ${error.expected}`, error.message, answer.request))
    throw error
  }
}

/** Entries with something to look at, else the rule is not judged. */
export function some<T>(items: readonly T[], what: string): readonly [T, ...T[]] {
  const [first, ...others] = items
  return first === undefined ? stop(`the server has no ${what}`) : [first, ...others]
}

/** Passes when `judge` finds nothing in any entry: it tells what came instead, or null. */
export function every(answer: Answer, items: readonly Item[], id: string, expected: string, judge: (item: Item) => string | null): Verdict {
  for (const item of items) {
    const came = judge(item)
    if (came !== null) return fail(expected, `${id} ${item.text(id) ?? '(none)'}: ${came}`, answer.request)
  }
  return { kind: 'pass' }
}

/** Judges an error answer: its status and its document. */
export function judgeError(context: Context, answer: Answer, format: Format, statuses: readonly number[]): Verdict {
  const expected = `${statuses.join(' or ')} with an error document`
  if (answer.fault !== null || !statuses.includes(answer.status)) return fail(expected, told(answer), answer.request)
  return judgeErrorDocument(context, answer, format, expected)
}

/** Judges only the document of an error answer (Errors). */
export function judgeErrorDocument(context: Context, answer: Answer, format: Format, expected = 'an error document'): Verdict {
  try {
    const lines = itemsOf(context, answer, format, shapes.errors)
    if (lines.length === 0) return fail(`${expected} with at least one error`, 'an empty list', answer.request)
    const bare = lines.find((line) => line.text('code') === null || line.text('description') === null)
    return bare
      ? fail(`${expected} whose errors have a code and a description`, `members ${bare.names.join(', ') || 'none'}`, answer.request)
      : { kind: 'pass' }
  } catch (error) {
    if (error instanceof Misshapen) return fail(`${expected}: ${error.expected}`, error.message, answer.request)
    throw error
  }
}
