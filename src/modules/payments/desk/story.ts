import type { JournalEvent } from '../../../platform/journal/event.ts'
import { textIn } from '../../../platform/journal/event.ts'
import { eventById, eventsOf } from '../../../platform/journal/journal.ts'
import { type Platform, today } from '../../../platform/platform.ts'
import type { PlainDate } from '../../../kernel/time.ts'
import { Problem } from '../../../kernel/problem.ts'
import { type Actor, may } from '../../access/index.ts'
import { staffNames } from '../../identity/index.ts'
import { entriesAbout, type LedgerEntry } from '../../ledger/index.ts'
import { open } from '../../people/index.ts'
import { type Attempt, attemptsOf, hasEnded } from '../attempts/index.ts'
import { type Bill, billFacts, type BillLine, type Instalment, instalmentsLeft, payableUntil } from '../bill.ts'
import { openRefund, type Refund, refundable, refundsOf } from '../refunds/index.ts'
import { type Proposal, proposalsOf } from '../reminders/index.ts'
import { allocationsOfBill, instalmentsOf, linesOf, type Payment, paymentsById, type WorkItem } from '../store.ts'
import type { Treasury } from '../treasury.ts'
import { billOf } from './door.ts'
import * as store from './store.ts'

/** Why an officer looks at what is sealed: with the payer on the telephone, to check a payment, or to decide on something. */
export const purposes = ['bill.answer', 'bill.check', 'bill.decide'] as const
export type Purpose = (typeof purposes)[number]

/** A payment of a bill; `here` is what of it pays this bill, `back` what could be given back of that now. */
export type PaidHere = { readonly payment: Payment; readonly here: bigint; readonly back: bigint }

/** What is sealed about a bill, opened once; by the ids of notes, proposals and refunds. */
export type Opened = {
  readonly payer: { readonly name: string; readonly email: string; readonly address: string } | null
  readonly words: ReadonlyMap<string, string>
}

/** Who has a bill now, and until when. */
export type Holder = {
  readonly who: 'payer' | 'provider' | 'approver' | 'officer' | 'nobody'
  readonly until: PlainDate | null
  readonly late: boolean
}

/** One thing that happened, with what was booked for it. */
export type StoryEvent = { readonly event: JournalEvent; readonly entries: readonly LedgerEntry[] }

/** Everything that an officer sees of a bill. */
export type BillStory = {
  readonly bill: Bill
  readonly lines: readonly BillLine[]
  readonly instalments: ReadonlyArray<Instalment & { readonly left: bigint }>
  readonly paid: readonly PaidHere[]
  readonly attempts: readonly Attempt[]
  readonly refunds: readonly Refund[]
  readonly proposals: readonly Proposal[]
  readonly items: readonly WorkItem[]
  readonly notes: readonly store.Note[]
  /** Everything that happened, the newest first. */
  readonly events: readonly StoryEvent[]
  /** Names of the staff that the story mentions, by account. */
  readonly names: ReadonlyMap<string, string>
  readonly holder: Holder
  readonly opened: Opened | null
  /** Whether the reader may propose and do things, not only read. */
  readonly works: boolean
  readonly today: PlainDate
}

/** The account that a line of the journal names as its actor, if it does. */
export function accountIn(journalName: string): string | null {
  return /^account:([0-9a-f-]{36})$/.exec(journalName)?.[1] ?? null
}

/** The story of a bill; with a purpose what is sealed is opened, and the journal says so. Throws 404 for who may not see it. */
export async function billStory(treasury: Treasury, actor: Actor, reference: string, purpose: Purpose | null): Promise<BillStory> {
  const { platform, rules } = treasury
  const { db } = platform
  const bill = await billOf(treasury, actor, reference)
  const [lines, parts, allocations, attempts, ofBill, proposals, notes] = await Promise.all([
    linesOf(db, bill.id),
    instalmentsOf(db, bill.id),
    allocationsOfBill(db, bill.id),
    attemptsOf(platform, bill.id),
    refundsOf(platform, { bill: bill.id }),
    proposalsOf(platform, bill.id),
    store.notesOf(db, bill.id),
  ])
  const payments = await paymentsById(db, [...new Set(allocations.map((row) => row.payment_id))])
  const paid = await Promise.all(
    payments.map(async (payment) => ({
      payment,
      here: allocations.filter((row) => row.payment_id === payment.id).reduce((sum, row) => sum + row.amount, 0n),
      back: await refundable(platform, payment, bill.id),
    })),
  )
  const refunds = await refundsHere(platform, ofBill, payments)
  const ids = (rows: ReadonlyArray<{ readonly id: string }>): string[] => rows.map(({ id }) => id)
  const items = await store.itemsAbout(db, { bill: bill.id, payments: ids(payments), attempts: ids(attempts), refunds: ids(refunds) })
  const streams = [bill.id, ...ids(attempts), ...ids(payments), ...payments.flatMap(entryOf), ...ids(refunds), ...ids(items)]
  const events = await eventsIn(platform, streams, [bill.id, ...ids(payments), ...ids(refunds)])
  const found = { bill, attempts, refunds, proposals, items }
  return {
    ...found,
    lines,
    instalments: instalmentsLeft(parts, bill.paid),
    paid,
    notes,
    events,
    names: await namesIn(platform, events, notes, proposals),
    holder: holderOf(found, today(platform)),
    opened: purpose === null ? null : await openStory(treasury, actor, purpose, { bill, notes, proposals, refunds }),
    works: may(actor, 'money.work', billFacts(bill, rules.treasury)),
    today: today(platform),
  }
}

/** The statement entry that a payment by transfer came with, whose assignment is told on a stream of its own. */
function entryOf({ key }: Payment): string[] {
  const [, id] = /^entry:([0-9a-f-]{36})/.exec(key) ?? []
  return id === undefined ? [] : [id]
}

/** Refunds of a bill, and of money that its payments left over. */
async function refundsHere(platform: Platform, ofBill: readonly Refund[], payments: readonly Payment[]): Promise<Refund[]> {
  const others = await Promise.all(payments.map(({ id }) => refundsOf(platform, { payment: id })))
  const kept = others.flat().filter((refund) => refund.bill_id === null)
  return [...new Map([...ofBill, ...kept].map((refund) => [refund.id, refund])).values()]
}

async function eventsIn(platform: Platform, streams: readonly string[], subjects: readonly string[]): Promise<StoryEvent[]> {
  const [events, entries] = await Promise.all([
    Promise.all(streams.map((stream) => eventsOf(platform, stream))),
    Promise.all(subjects.map((subject) => entriesAbout(platform, subject))),
  ])
  const byCause = Map.groupBy(entries.flat(), (entry) => entry.cause)
  const known = events.flat()
  // what was booked for many bills at once is told on another stream
  const ids = new Set(known.map(({ id }) => id))
  const others = await Promise.all([...byCause.keys()].filter((id) => !ids.has(id)).map((id) => eventById(platform, id)))
  return [...known, ...others.filter((event) => event !== null)]
    .toSorted((a, b) => b.occurredAt.getTime() - a.occurredAt.getTime() || (a.id < b.id ? 1 : -1))
    .map((event) => ({ event, entries: byCause.get(event.id) ?? [] }))
}

async function namesIn(
  platform: Platform,
  events: readonly StoryEvent[],
  notes: readonly store.Note[],
  proposals: readonly Proposal[],
): Promise<ReadonlyMap<string, string>> {
  const mentioned = [
    ...events.map(({ event }) => accountIn(event.actor)),
    ...notes.map((note) => note.made_by),
    ...proposals.map((proposal) => proposal.proposed_by),
  ]
  const wanted = [...new Set(mentioned.filter((each) => each !== null))]
  return wanted.length === 0 ? new Map() : staffNames(platform, wanted)
}

/** Who has it: whoever has to do the next thing. A payment under way comes first, then what waits for an officer, then the payer. */
function holderOf(
  { bill, attempts, refunds, proposals, items }: Pick<BillStory, 'bill' | 'attempts' | 'refunds' | 'proposals' | 'items'>,
  day: PlainDate,
): Holder {
  const nobody = { until: null, late: false }
  if (attempts.some((attempt) => !hasEnded(attempt.state))) return { who: 'provider', ...nobody }
  const waits = [...proposals, ...refunds].some((each) => each.state === 'proposed')
  if (waits) return { who: 'approver', ...nobody }
  if (refunds.some((refund) => ['approved', 'sent', 'unknown'].includes(refund.state))) return { who: 'provider', ...nobody }
  if (items.some((item) => item.closed_at === null)) return { who: 'officer', ...nobody }
  if (bill.state !== 'open') return { who: 'nobody', ...nobody }
  const until = payableUntil(bill)
  return { who: 'payer', until, late: until < day }
}

async function openStory(
  treasury: Treasury,
  actor: Actor,
  purpose: Purpose,
  { bill, notes, proposals, refunds }: Pick<BillStory, 'bill' | 'notes' | 'proposals' | 'refunds'>,
): Promise<Opened> {
  const { platform } = treasury
  const read = (record: string): Promise<Record<string, unknown>> => openStill(platform, actor, record, purpose)
  const words = new Map<string, string>()
  for (const note of notes) words.set(note.id, textIn(await read(note.record_id), 'words'))
  for (const proposal of proposals) if (proposal.record_id !== null) words.set(proposal.id, textIn(await read(proposal.record_id), 'words'))
  for (const refund of refunds) words.set(refund.id, (await openRefund(treasury, actor, refund)).words)
  if (bill.record_id === null) return { payer: null, words }
  const known = await read(bill.record_id)
  return { payer: { name: textIn(known, 'name'), email: textIn(known, 'email'), address: textIn(known, 'address') }, words }
}

/** What is sealed in a record, for a purpose; nothing when whom it is about was erased. Opening is noted in the journal. */
async function openStill(platform: Platform, actor: Actor, record: string, purpose: Purpose): Promise<Record<string, unknown>> {
  try {
    return await open(platform, actor, { record, purpose, legalBasis: 'gdpr.6.1.e' })
  } catch (error) {
    if (error instanceof Problem && error.status === 404) return {}
    throw error
  }
}
