import { isUuid, newCode, normaliseCode, parseReference } from '../../kernel/id.ts'
import { notFound } from '../../kernel/problem.ts'
import { sameBytes } from '../../platform/crypto.ts'
import type { Messages } from '../../platform/i18n.ts'
import { record } from '../../platform/journal/journal.ts'
import type { Platform } from '../../platform/platform.ts'
import type { Actor } from '../access/index.ts'
import type { House } from '../cases/index.ts'
import { blindedPerson } from '../people/index.ts'
import type { Bill } from './bill.ts'
import type { Provider } from './providers/port.ts'
import type { MoneyRules } from './rules/money.ts'
import * as store from './store.ts'

/** What the use cases of this module work with. */
export type Treasury = {
  readonly platform: Platform
  readonly house: House
  readonly words: Messages
  readonly rules: MoneyRules
  /** Who takes payments online; null when nobody does, and bills are paid by transfer or at the counter. */
  readonly provider: Provider | null
  /** The folder with the official ISO 20022 schemas; without it only our own strict reader looks at statements. */
  readonly schemas?: string | undefined
}

/** The same treasury inside a transaction. */
export function within(treasury: Treasury, tx: Platform): Treasury {
  return { ...treasury, platform: tx, house: { ...treasury.house, platform: tx } }
}

/** A bill by its id, or its reference as somebody typed it; throws 404. With `lock` (ids only) its row is held until the transaction ends. */
export async function getBill(platform: Platform, id: string, lock = false): Promise<Bill> {
  const reference = isUuid(id) ? null : parseReference(id)
  const found =
    reference !== null
      ? await store.billByReference(platform.db, reference)
      : isUuid(id)
        ? await store.billById(platform.db, id, lock)
        : null
  if (!found) throw notFound('bill')
  return found
}

/** The code with which a bill is seen and paid without an account: 12 symbols made from the bill by a key. */
export function billCode(platform: Platform, billId: string): string {
  const bytes = platform.keys.token(`bill:${billId}`)
  let at = 0
  return newCode(12, () => bytes[at++] ?? 0)
}

/** Whether a typed code is the bill's. */
export function fitsBillCode(platform: Platform, billId: string, typed: string): boolean {
  return sameBytes(platform.keys.token(normaliseCode(typed)), platform.keys.token(normaliseCode(billCode(platform, billId))))
}

/** Writes a line about a bill, with its payer, when known, as the blinded subject; returns the line's id. */
export function tellBill(
  tx: Platform,
  actor: Actor,
  bill: Pick<Bill, 'id' | 'person_id'>,
  type: string,
  data: Record<string, unknown> = {},
  cause?: string,
): Promise<string> {
  const subject = bill.person_id === null ? {} : { subject: blindedPerson(tx, bill.person_id) }
  return record(tx, actor, { type, stream: bill.id, ...subject, ...(cause ? { cause } : {}), data })
}
