import { newCode, normaliseCode } from '../../kernel/id.ts'
import { record } from '../../platform/journal/journal.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import { blindedPerson } from '../people/index.ts'
import { codeMinutes, type CodePurpose } from './mandate.ts'
import * as store from './store.ts'

/** A code as its owner sees it, and until when it is good. */
export type ShownCode = { readonly text: string; readonly expires: Date }

/** The text of a code: 8 symbols made from its id by a key, so that it is never stored and can be shown again. */
function textOf(platform: Platform, id: string): string {
  const bytes = platform.keys.token(`representation-code:${id}`)
  let at = 0
  return newCode(8, () => bytes[at++] ?? 0)
}

function tokenOf(platform: Platform, purpose: CodePurpose, typed: string): Buffer {
  return platform.keys.token(`representation:${purpose}:${normaliseCode(typed)}`)
}

/** What a code is made for; `officer` made it for somebody at the counter. */
export type NewCode = {
  readonly purpose: CodePurpose
  readonly person: string
  readonly mandate: string | null
  readonly officer: string | null
}

/** Makes a code in the caller's transaction; the one before it, for the same, is worth nothing any more. */
export async function makeCode(tx: Platform, actor: Actor, code: NewCode): Promise<ShownCode> {
  const { purpose, person, mandate, officer } = code
  await store.dropCodes(tx.db, purpose, person, mandate)
  const id = tx.newId()
  const text = textOf(tx, id)
  const now = tx.now()
  const expires = new Date(now.getTime() + codeMinutes[purpose] * 60_000)
  await store.insertCode(tx.db, {
    token: tokenOf(tx, purpose, text),
    id,
    purpose,
    person_id: person,
    mandate_id: mandate,
    officer,
    made_at: now,
    expires_at: expires,
    used_at: null,
  })
  await record(tx, actor, {
    type: 'representation.code.made',
    stream: id,
    subject: blindedPerson(tx, person),
    data: { purpose },
  })
  return { text, expires }
}

/** The code of a person that can still be used, as it was shown first; null without one. */
export async function shownCode(platform: Platform, purpose: CodePurpose, person: string): Promise<ShownCode | null> {
  const row = await store.openCode(platform.db, purpose, person, platform.now())
  return row ? { text: textOf(platform, row.id), expires: row.expires_at } : null
}

/** The code of the letter of a mandate that can still be used; null without one. */
export async function letterCode(platform: Platform, mandate: string): Promise<ShownCode | null> {
  const row = await store.openLetter(platform.db, mandate, platform.now())
  return row ? { text: textOf(platform, row.id), expires: row.expires_at } : null
}

/** Takes a typed code, once, in the caller's transaction; null when it is not right, too old or used. */
export function takeCode(tx: Platform, purpose: CodePurpose, typed: string): Promise<store.CodeRow | null> {
  return store.takeCode(tx.db, tokenOf(tx, purpose, typed.slice(0, 40)), purpose, tx.now())
}
