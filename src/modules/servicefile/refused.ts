import { type IssueCode, issueCodes } from './answers.ts'

/** What stands in place of an answer that was not taken in, such as a text beyond all measure: what is wrong, and nothing of it. */
export type RefusedAnswer = { readonly _refused: IssueCode; readonly _params?: Readonly<Record<string, string | number>> }

/** Makes what stands in place of an answer; checking it gives the issue of this code, until something else is answered. */
export function refusedAnswer(code: IssueCode, params?: Readonly<Record<string, string | number>>): RefusedAnswer {
  return params ? { _refused: code, _params: params } : { _refused: code }
}

/** The issue that a refused answer stands for; null for every other value, whatever JSON it is. */
export function refusalOf(value: unknown): { code: IssueCode; params?: Readonly<Record<string, string | number>> } | null {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, '_refused')) return null
  const given = new Map<string, unknown>(Object.entries(value))
  const code = issueCodes.find((each) => each === given.get('_refused'))
  if (code === undefined || code === 'missing' || code === 'rule') return null
  const params = Object.entries(given.get('_params') ?? {}).filter(([name, limit]) => name === 'max' && typeof limit === 'number')
  return params.length > 0 ? { code, params: Object.fromEntries(params) } : { code }
}
