import { findEmails, findNeutral, findPhones } from './contact.ts'
import { findNames } from './names.ts'
import { findAccounts, findIds } from './numbers.ts'
import { findPlates } from './plates.ts'
import { blotOut, type Personal, type PersonalKind, plainDigits, type Span } from './span.ts'

/** What is known of those who wrote a text: their own names, which are personal wherever they stand in it. */
export type Known = { readonly names?: readonly string[] }

/** Stands for what was taken out of a public text; the same in every language. */
export const MASK = '[•••]'

/** How often a text is looked through at most; nothing that people write needs more than two. */
const ROUNDS = 4

/**
 * Where a text holds what only concerns a person: addresses for mail, account numbers, numbers of identity cards, plates,
 * telephone numbers, names. In order, without overlaps. Takes time in proportion to the length of the text.
 */
export function findPersonal(text: string, known: Known = {}): readonly Personal[] {
  const found: Personal[] = []
  let left = plainDigits(text).replaceAll(MASK, '\uE000'.repeat(MASK.length))
  // what one thing hid from view is found the next time
  for (let round = 0; round < ROUNDS; round += 1) {
    const more = lookThrough(left, known.names ?? [])
    if (more.length === 0) break
    found.push(...more)
    left = blotOut(left, apart(more))
  }
  return apart(found)
}

function lookThrough(text: string, names: readonly string[]): Personal[] {
  const found: Personal[] = []
  let left = text
  const look = (kind: PersonalKind, find: (rest: string) => Span[]): void => {
    const spans = find(left)
    found.push(...spans.map((span) => ({ ...span, kind })))
    left = blotOut(left, spans)
  }
  if (/[@([]/.test(left)) look('email', findEmails)
  // most reports hold no number: nothing to look for
  if (/\d/.test(left)) {
    left = blotOut(left, findNeutral(left))
    look('account', findAccounts)
    look('id', findIds)
    look('plate', findPlates)
    look('phone', findPhones)
  }
  look('name', (rest) => findNames(rest, names))
  return found
}

/** The text with a mask in the place of everything personal, and whether there was any. Masking twice changes nothing more. */
export function maskPublic(text: string, known: Known = {}): { text: string; masked: boolean } {
  const found = findPersonal(text, known)
  let at = 0
  let masked = ''
  for (const { from, to } of found) {
    masked += text.slice(at, from) + MASK
    at = to
  }
  return { text: masked + text.slice(at), masked: found.length > 0 }
}

/** In order, each from where the one before ends. */
function apart(found: readonly Personal[]): Personal[] {
  const kept: Personal[] = []
  for (const each of found.toSorted((a, b) => a.from - b.from || b.to - a.to)) {
    const end = kept.at(-1)?.to ?? 0
    if (each.to <= end) continue
    kept.push(each.from < end ? { ...each, from: end } : each)
  }
  return kept
}
