/** The parts of the specification that rules are about, in the order in which findings are told. */
export const sections = [
  'Service Discovery',
  'Encoding',
  'Format Support',
  'XML Support',
  'JSON Support',
  'jurisdiction_id',
  'GET Service List',
  'GET Service Definition',
  'GET Service Requests',
  'GET Service Request',
  'Errors',
  'POST Service Request',
  'GET service_request_id from a token',
  'Service Request Updates',
] as const

/** A part of the specification; the last is an extension that FixMyStreet brought and others speak. */
export type Section = (typeof sections)[number]

/** `must`: the specification demands it. `should`: it recommends it, or clients break without it. `may`: it is only told whether it is offered. */
export type Severity = 'must' | 'should' | 'may'

/** What a rule found. */
export type Verdict =
  | { readonly kind: 'pass'; readonly note?: string }
  | { readonly kind: 'fail'; readonly expected: string; readonly came: string; readonly request: string }
  | { readonly kind: 'skipped'; readonly why: string }

/** Ends a rule from inside what it asks for. */
export class Stop extends Error {
  readonly verdict: Verdict
  constructor(verdict: Verdict) {
    super(verdict.kind)
    this.name = 'Stop'
    this.verdict = verdict
  }
}

/** It is as the rule says. */
export const pass = (note?: string): Verdict => ({ kind: 'pass', ...(note === undefined ? {} : { note }) })

/** It is not: what was expected, what came, and to which request. */
export const fail = (expected: string, came: string, request: string): Verdict => ({ kind: 'fail', expected, came: shorten(came), request })

/** It could not be judged. */
export const skip = (why: string): Verdict => ({ kind: 'skipped', why })

/** Ends the rule as not judged. */
export function stop(why: string): never {
  throw new Stop(skip(why))
}

/** Text of a server for a report: on one line, without control characters, at most 200 characters. */
export function shorten(text: string): string {
  const plain = text.replaceAll(/[\s\u0000-\u001F\u007F-\u009F\u2028-\u202E\u2066-\u2069]+/g, ' ').trim()
  return plain.length > 200 ? `${plain.slice(0, 200)}…` : plain
}
