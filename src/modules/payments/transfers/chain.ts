import type { Statement } from './store.ts'

/** A place where a statement does not follow the one before it: statements are missing, or the balance is another. */
export type Gap = {
  /** The id of the statement after the gap. */
  readonly at: string
  readonly day: string
  readonly opening: string
  readonly closing_before: string
  /** The numbers of statements that are missing; none when only the balance differs. */
  readonly missing_from?: string
  readonly missing_to?: string
}

type Link = Pick<Statement, 'id' | 'sequence' | 'page' | 'opening' | 'opening_day' | 'closing'>

/** Finds the gaps among statements of one account in the order in which the bank wrote them. A number that begins again at 1 is a new year's. */
export function gapsOf(chain: readonly Link[]): Gap[] {
  return chain.slice(1).flatMap((link, i) => {
    const before = chain[i]
    if (!before) return []
    const missing = missingBetween(before, link)
    if (missing === null && before.closing === link.opening) return []
    return [
      {
        at: link.id,
        day: link.opening_day,
        opening: link.opening.toString(),
        closing_before: before.closing.toString(),
        ...missing,
      },
    ]
  })
}

function missingBetween(before: Link, link: Link): { missing_from: string; missing_to: string } | null {
  if (before.sequence === null || link.sequence === null || link.sequence <= before.sequence + 1n) return null
  return { missing_from: String(before.sequence + 1n), missing_to: String(link.sequence - 1n) }
}
