import { notFound, Problem } from '../../../kernel/problem.ts'
import { textOf } from '../../../platform/http/routes.ts'
import { record } from '../../../platform/journal/journal.ts'
import { transact } from '../../../platform/platform.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import { staffNames } from '../../identity/index.ts'
import { attemptById, billsOfAttempt, giveUpAttempt, isGivenUp } from '../attempts/index.ts'
import { type Bill, billFacts } from '../bill.ts'
import { closeItem } from '../items.ts'
import { proposeRefund, refundable, refundCauses, refundWays } from '../refunds/index.ts'
import { propose } from '../reminders/index.ts'
import { billById, billsById, billsOfPerson, itemById, type Payment, paymentById, type WorkItem } from '../store.ts'
import { getBill, type Treasury, within } from '../treasury.ts'
import { among, chosen, coverable, line, typedAmount, wordsIn } from './acts.ts'
import { agenciesAsked, agenciesSeen, agencyFacts } from './door.ts'
import { cursorOf } from './filter.ts'
import * as store from './store.ts'

/** How an officer closes a work item. */
export const outcomes = ['settled', 'no_action', 'passed_on', 'mistake'] as const

/** How many work items a page has. */
const PAGE = 50

/** What an officer asks the queue for. */
export type ItemsAsk = {
  readonly agency: string | null
  readonly kind: string | null
  readonly closed: boolean
  /** Only what the reader looks after. */
  readonly mine: boolean
  readonly after: string | null
}

/** A page of the queue. */
export type ItemsPage = {
  readonly ask: ItemsAsk
  readonly items: readonly WorkItem[]
  readonly kinds: ReadonlyArray<{ readonly kind: string; readonly count: bigint }>
  readonly agencies: readonly string[]
  /** How many open ones the reader looks after. */
  readonly mine: number
  /** Who looks after them, by account. */
  readonly names: ReadonlyMap<string, string>
  readonly next: string | null
}

/** What an address asks the queue for; what cannot be read asks for nothing. */
export function readItemsAsk(source: unknown): ItemsAsk {
  const word = (name: string): string | null => /^[a-z][a-z0-9_]{0,63}$/.exec(textOf(source, name) ?? '')?.[0] ?? null
  const says = (name: string): boolean => textOf(source, name) === '1'
  return { agency: word('agency'), kind: word('kind'), closed: says('closed'), mine: says('mine'), after: textOf(source, 'after') }
}

/** A page of the work items of the reader's agencies; throws 403 for who looks after none. */
export async function itemsFor(treasury: Treasury, actor: Actor, ask: ItemsAsk): Promise<ItemsPage> {
  const { db } = treasury.platform
  const me = actor.accountId ?? ''
  const agencies = agenciesSeen(treasury, actor, 'money.work')
  const some = ask.agency !== null && agencies.includes(ask.agency) ? [ask.agency] : agenciesAsked(treasury, agencies)
  const wanted = { agencies: some, closed: ask.closed, kind: ask.kind, ...(ask.mine ? { takenBy: me } : {}) }
  const [rows, kinds, mine] = await Promise.all([
    store.itemPage(db, wanted, { after: cursorOf(ask.after, 'instant'), limit: PAGE + 1 }),
    store.itemKinds(db, some),
    store.itemsTakenBy(db, me),
  ])
  const items = rows.slice(0, PAGE)
  const last = items.at(-1)
  const next = rows.length > PAGE && last ? `${last.opened_at.toISOString()}~${last.id}` : null
  return { ask, items, kinds, agencies, mine, names: await keepersOf(treasury, items), next }
}

async function keepersOf({ platform }: Treasury, items: readonly WorkItem[]): Promise<ReadonlyMap<string, string>> {
  const accounts = [...new Set(items.flatMap((item) => item.taken_by ?? []))]
  return accounts.length === 0 ? new Map() : staffNames(platform, accounts)
}

/** A work item with what it is about, as far as the reader may see it. */
export type ItemStory = {
  readonly item: WorkItem
  /** Who looks after it, and whether that is the reader. */
  readonly keeper: string | null
  readonly mine: boolean
  readonly bills: readonly Bill[]
  readonly payment: Payment | null
  /** Whether its attempt to pay may be given up. */
  readonly overdue: boolean
  /** What of the payment could be given back because nobody is owed it. */
  readonly kept: bigint
  /** Open bills of the same payer that the kept money could pay. */
  readonly owed: readonly Bill[]
}

/** A work item and its story; throws 404 for who does not look after its agency. */
export async function itemStory(treasury: Treasury, actor: Actor, id: string): Promise<ItemStory> {
  const { platform, rules } = treasury
  const { db } = platform
  const item = await getItem(treasury, actor, id)
  const payment = item.payment_id === null ? null : await paymentById(db, item.payment_id)
  const named = item.bill_id === null ? null : await billById(db, item.bill_id)
  const ofAttempt = item.attempt_id === null ? [] : await billsById(db, (await billsOfAttempt(platform, item.attempt_id)).map((each) => each.bill_id)) // prettier-ignore
  const ofPayment = payment === null ? [] : await store.billsOfPayment(db, payment.id)
  const all = new Map([...(named ? [named] : []), ...ofAttempt, ...ofPayment].map((bill) => [bill.id, bill]))
  const bills = [...all.values()].filter((bill) => may(actor, 'money.read', billFacts(bill, rules.treasury)))
  const kept = item.closed_at !== null || payment === null ? 0n : await refundable(platform, payment, null)
  const persons = [...new Set(bills.flatMap((bill) => bill.person_id ?? []))]
  const theirs = kept > 0n ? (await Promise.all(persons.map((person) => billsOfPerson(db, person)))).flat() : []
  const owed = theirs.filter((bill) => bill.state === 'open' && bill.currency === payment?.currency && may(actor, 'money.work', billFacts(bill, rules.treasury))) // prettier-ignore
  const overdue = item.attempt_id !== null && isGivenUp(await attemptById(platform, item.attempt_id), platform.now())
  const keeper = (await keepersOf(treasury, [item])).get(item.taken_by ?? '') ?? null
  const mine = item.taken_by !== null && item.taken_by === actor.accountId
  return { item, keeper, mine, bills, payment, overdue, kept, owed }
}

async function getItem(treasury: Treasury, actor: Actor, id: string, lock = false): Promise<WorkItem> {
  const item = await itemById(treasury.platform.db, id, lock)
  if (!item) throw notFound('item')
  allow(actor, 'money.work', { id, ...agencyFacts(treasury, item.agency) })
  return item
}

const isClosed = (): Problem => new Problem('payments.desk-item-closed', 409, 'Somebody has closed this already.')

/** Closes a work item with what came of it; throws 409 when it was closed already. */
export async function endItem(treasury: Treasury, actor: Actor, id: string, form: unknown): Promise<void> {
  const outcome = among(outcomes, textOf(form, 'outcome'))
  await transact(treasury.platform, async (tx) => {
    const item = await getItem(within(treasury, tx), actor, id, true)
    if (item.closed_at !== null) throw isClosed()
    await closeItem(tx, actor, item.key, outcome)
  })
}

/** Takes a work item, from another officer too; theirs it is then no more. Throws 409 when it is closed. */
export async function takeItem(treasury: Treasury, actor: Actor, id: string): Promise<void> {
  const me = actor.accountId
  if (me === null) throw new Problem('access.sign-in-needed', 401, 'Sign in to go on.')
  await transact(treasury.platform, async (tx) => {
    const item = await getItem(within(treasury, tx), actor, id, true)
    if (item.closed_at !== null) throw isClosed()
    if (item.taken_by === me) return
    await store.setTaken(tx.db, id, { by: me, at: tx.now() })
    await record(tx, actor, { type: 'payments.item.taken', stream: id, data: { from: item.taken_by === null ? 'queue' : 'officer' } })
  })
}

/** Puts a work item that the actor looks after back into the queue; nothing when somebody else does. */
export async function letGoItem(treasury: Treasury, actor: Actor, id: string): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    const item = await getItem(within(treasury, tx), actor, id, true)
    if (item.closed_at !== null || item.taken_by === null || item.taken_by !== actor.accountId) return
    await store.setTaken(tx.db, id, null)
    await record(tx, actor, { type: 'payments.item.let_go', stream: id })
  })
}

/** Gives up the item's attempt to pay, of which nobody can say what became of it. */
export async function giveUp(treasury: Treasury, actor: Actor, id: string): Promise<void> {
  const item = await getItem(treasury, actor, id)
  if (item.closed_at !== null) throw isClosed()
  if (item.attempt_id === null) throw notFound('payment')
  await giveUpAttempt(treasury, actor, item.attempt_id)
}

/** Proposes to give back what is kept of the item's payment. */
export async function giveBack(treasury: Treasury, actor: Actor, id: string, form: unknown): Promise<void> {
  const { payment } = await openMoney(treasury, actor, id)
  const account = { name: line(form, 'account_name', 70), iban: line(form, 'iban', 42) }
  await proposeRefund(treasury, actor, {
    payment: payment.id,
    amount: typedAmount(form, payment.currency),
    cause: among(refundCauses, textOf(form, 'cause')),
    way: among(refundWays, textOf(form, 'way')),
    words: wordsIn(form),
    ...(account.name === '' && account.iban === '' ? {} : { account }),
  })
}

/** Proposes that what is kept of the item's payment pays another bill of the same payer. */
export async function setOffItem(treasury: Treasury, actor: Actor, id: string, form: unknown): Promise<void> {
  const { payment } = await openMoney(treasury, actor, id)
  const bill = await getBill(treasury.platform, chosen(form, 'bill'))
  const amount = await coverable(treasury.platform, payment.id, bill)
  await propose(treasury, actor, bill.id, { kind: 'set_off', payment: payment.id, amount, words: wordsIn(form) })
}

async function openMoney(treasury: Treasury, actor: Actor, id: string): Promise<{ payment: Payment }> {
  const item = await getItem(treasury, actor, id)
  if (item.closed_at !== null) throw isClosed()
  const payment = item.payment_id === null ? null : await paymentById(treasury.platform.db, item.payment_id)
  if (!payment) throw notFound('payment')
  return { payment }
}
