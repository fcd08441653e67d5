/** A refusal with a stable code: shown as a page or as RFC 9457 problem+json. */
export class Problem extends Error {
  readonly code: string
  readonly status: number
  readonly detail: string
  /** Extra members of the problem document (RFC 9457, 3.2); ids, numbers and codes only. */
  readonly extra: Readonly<Record<string, unknown>>

  /** Makes a refusal: `code` is dotted and stable, `status` an HTTP status, `detail` plain words without personal data. */
  constructor(code: string, status: number, detail: string, extra: Record<string, unknown> = {}) {
    super(`${code}: ${detail}`)
    this.name = 'Problem'
    this.code = code
    this.status = status
    this.detail = detail
    this.extra = extra
  }
}

/** The refusal for a thing that is not there, or not for this reader: the two are never told apart. */
export function notFound(what: string): Problem {
  return new Problem('not-found', 404, `There is no such ${what}, or it is not yours to see.`)
}
