import { Problem } from '../../../kernel/problem.ts'

/** The headers of a request, named in lower case. */
export type Headers = Readonly<Record<string, string | string[] | undefined>>

/** How old a signed message may be, and how far ahead its clock, in seconds. */
export const TOLERANCE_S = 300

/** A header that came exactly once; null otherwise. */
export function onlyHeader(headers: Headers, name: string): string | null {
  const value = headers[name]
  return typeof value === 'string' ? value : null
}

/** The refusal of a message whose signature or age does not fit. */
export function forged(): Problem {
  return new Problem('payments.signature', 401, 'The signature does not fit this message, or the message is too old.')
}

/** The JSON of a message whose signature was right; Problem 400 when it is none. */
export function messageOf(body: Buffer): unknown {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'))
    return value
  } catch {
    throw new Problem('payments.webhook', 400, 'The message is not JSON.')
  }
}
