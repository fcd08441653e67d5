import { parseReference } from '../../../kernel/id.ts'
import { Problem } from '../../../kernel/problem.ts'
import { cleanText } from '../../../kernel/text.ts'
import { today } from '../../../platform/platform.ts'
import { type Actor, may, type Visible, visible } from '../../access/index.ts'
import { getCaseByReference } from '../../cases/index.ts'
import { findCreditorReferences } from '../../iso20022/index.ts'
import { findByWords } from '../../people/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import { readAmount } from '../pay/amount.ts'
import { nameKey, PAYER_NAME } from '../payername.ts'
import { billByReference } from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { agenciesSeen } from './door.ts'
import { type Asked, type BillState, billStates, cursorOf, goesByDue } from './filter.ts'
import * as store from './store.ts'

/** How many bills a page of the list has. */
export const PAGE = 50
/** Counts stop here and are shown as "1,000+". */
export const COUNT_LIMIT = 1_000
/** A name that more payers than this share finds the first of them. */
const NAMESAKES = 200

/** A page of the list, or the one bill whose reference was typed. */
export type BillsPage =
  | { readonly kind: 'bill'; readonly reference: string }
  | {
      readonly kind: 'list'
      readonly asked: Asked
      readonly bills: readonly Bill[]
      readonly counts: ReadonlyMap<BillState, number>
      readonly next: string | null
      /** The agencies that the reader may choose among. */
      readonly agencies: readonly string[]
    }

/** The bills that an actor may see. Throws 403 for whoever may see none at all. */
function seenBy(actor: Actor): Visible {
  const filter = visible(actor, 'money.read')
  if (filter.everything || filter.ways.length > 0) return filter
  throw new Problem('access.denied', 403, 'Your account does not have the role for this.')
}

/** A page of bills. What was searched for is looked for among all that the reader may see, whatever their state. */
export async function billsFor(treasury: Treasury, actor: Actor, wanted: Asked): Promise<BillsPage> {
  const { db } = treasury.platform
  const filter = seenBy(actor)
  const one = await typedBill(treasury, actor, wanted.search)
  if (one !== null) return { kind: 'bill', reference: one.reference }
  const asked = wanted.search === '' ? wanted : { ...wanted, state: 'all' as const, after: null }
  const byDue = goesByDue(asked)
  const ask = await askFor(treasury, filter, asked)
  // a search looks in all lists: their counts say nothing about what was found
  const counted = wanted.search === '' ? billStates.filter((state) => state !== 'all') : []
  const [rows, counts] = await Promise.all([
    store.billPage(db, ask, { byDue, after: cursorOf(asked.after, byDue ? 'day' : 'instant'), limit: PAGE + 1 }),
    store.billCounts(
      db,
      counted.map((state) => ({ ...ask, found: null, state })),
      COUNT_LIMIT,
    ),
  ])
  const bills = rows.slice(0, PAGE)
  const last = bills.at(-1)
  return {
    kind: 'list',
    asked,
    bills,
    counts: new Map(counted.map((state, i) => [state, counts[i] ?? 0])),
    next: rows.length > PAGE && last ? cursorAt(last, byDue) : null,
    agencies: agenciesSeen(treasury, actor),
  }
}

function cursorAt(last: Bill, byDue: boolean): string {
  return `${byDue ? last.due_on : last.issued_at.toISOString()}~${last.id}`
}

/** The bills of a question, a page after another, for a file. */
export async function* everyBill(treasury: Treasury, actor: Actor, asked: Asked, limit: number): AsyncGenerator<Bill[]> {
  const byDue = goesByDue(asked)
  const ask = await askFor(treasury, seenBy(actor), asked)
  let after: { key: string; id: string } | null = null
  for (;;) {
    const bills: Bill[] = await store.billPage(treasury.platform.db, ask, { byDue, after, limit })
    yield bills
    const last = bills.at(-1)
    if (!last || bills.length < limit) return
    after = { key: byDue ? last.due_on : last.issued_at.toISOString(), id: last.id }
  }
}

async function askFor(treasury: Treasury, seen: Visible, asked: Asked): Promise<store.BillAsk> {
  const { state, agency, from, to, search } = asked
  return {
    visible: seen,
    treasury: treasury.rules.treasury,
    state: search === '' ? state : 'all',
    agency,
    from,
    to,
    today: today(treasury.platform),
    found: search === '' ? null : await meantBy(treasury, search),
  }
}

async function typedBill({ platform, rules }: Treasury, actor: Actor, typed: string): Promise<Bill | null> {
  const reference = parseReference(typed)
  const bill = reference === null ? null : await billByReference(platform.db, reference)
  return bill && may(actor, 'money.read', billFacts(bill, rules.treasury)) ? bill : null
}

/** What somebody means who types this: a creditor reference, the reference of a case, an amount, or else a payer's whole name. */
async function meantBy(treasury: Treasury, typed: string): Promise<store.Found> {
  const { platform } = treasury
  const text = cleanText(typed).trim()
  const [creditor] = findCreditorReferences(text)
  if (creditor !== undefined) return { by: 'creditor_reference', value: creditor }
  const reference = parseReference(text)
  if (reference !== null) return caseOrBill(treasury, reference)
  const currency = platform.city.currency
  const amount = readAmount(text, currency)
  if (amount !== null && amount > 0n) return { by: 'amount', values: [{ currency, amount }] }
  return { by: 'record', ids: await findByWords(platform, PAYER_NAME, [nameKey(text)], NAMESAKES) }
}

async function caseOrBill({ platform }: Treasury, reference: string): Promise<store.Found> {
  try {
    return { by: 'case', id: (await getCaseByReference(platform, reference)).id }
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 404) throw error
    return { by: 'reference', value: reference }
  }
}
