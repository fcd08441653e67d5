import { isUuid } from '../../../kernel/id.ts'
import { notFound, Problem } from '../../../kernel/problem.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, transact } from '../../../platform/platform.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import { post } from '../../ledger/index.ts'
import { bankAccount, bankFee, unclear } from '../books.ts'
import { closeItem } from '../items.ts'
import { refundLeft } from '../refunds/index.ts'
import { type Treasury, within } from '../treasury.ts'
import { entryKey, importer } from './book.ts'
import * as store from './store.ts'

/** What money that left the account may be, as one officer says it and another agrees; `about` is a file or a refund. */
export type DebitWish = { readonly kind: 'fee' } | { readonly kind: 'file' | 'refund'; readonly about: string }

/** A debit that waits: what it could be, what an officer says that it is, and whether the reader may agree. */
export type DebitStory = {
  readonly files: readonly store.TransferFile[]
  readonly refunds: readonly store.RefundRow[]
  readonly said: boolean
  readonly mayAgree: boolean
}

/** The outcome of an entry while a second officer has to agree. */
const said = { fee: 'fee_said', file: 'file_said', refund: 'refund_said' } as const
const kindSaid = (outcome: string | null): DebitWish['kind'] | null =>
  (['fee', 'file', 'refund'] as const).find((kind) => said[kind] === outcome) ?? null

const facts = ({ rules }: Treasury, entry?: store.StatementEntry) => ({
  agency: rules.treasury,
  consulted: [rules.treasury],
  ...(entry ? { id: entry.id, proposedBy: entry.changed_by } : {}),
})

/** What an entry of money that left could be, for its page; null when it is no such entry or nothing is to be decided. */
export async function debitStory(treasury: Treasury, actor: Actor, entry: store.StatementEntry): Promise<DebitStory | null> {
  if (entry.state !== 'unmatched' || entry.amount >= 0n) return null
  const { db } = treasury.platform
  const sent = await store.refundsSent(db, entry.currency)
  const files = new Map((await store.filesById(db, sent.map((each) => each.file_id))).map((file) => [file.id, file])) // prettier-ignore
  const fits = [...Map.groupBy(sent, (each) => each.file_id)].filter(([, group]) => sum(group) === -entry.amount)
  return {
    files: fits.flatMap(([id]) => files.get(id) ?? []),
    refunds: sent.filter((each) => each.amount === -entry.amount),
    said: kindSaid(entry.outcome) !== null,
    mayAgree: kindSaid(entry.outcome) !== null && may(actor, 'money.approve', facts(treasury, entry)),
  }
}

const sum = (refunds: ReadonlyArray<{ readonly amount: bigint }>): bigint => refunds.reduce((all, each) => all + each.amount, 0n)

/**
 * Says what money that left the account was; another officer agrees before anything is booked. Throws 409 when somebody was faster, 422 when these
 * refunds do not wait for the bank or are not that much.
 */
export async function sayDebit(treasury: Treasury, actor: Actor, id: string, wish: DebitWish): Promise<void> {
  allow(actor, 'money.work', facts(treasury))
  await transact(treasury.platform, async (tx) => {
    const entry = await unmatchedDebit(tx, id)
    if (kindSaid(entry.outcome) !== null) throw gone()
    const group = wish.kind === 'fee' ? [] : await groupOf(tx, wish.kind, wish.about, entry)
    const change = { outcome: said[wish.kind], refund_id: group[0]?.id ?? null, changed_at: tx.now(), changed_by: actor.accountId }
    await store.changeEntry(tx.db, id, change)
    await record(tx, actor, {
      type: 'payments.entry.debit_said',
      stream: id,
      data: { as: wish.kind, amount: entry.amount.toString(), refunds: group.length },
    })
  })
}

/** Books what another officer said about money that left, or (`agree` false) lets it wait again. Throws 403 for whoever said it, 409 when somebody was faster. */
export async function agreeDebit(treasury: Treasury, actor: Actor, id: string, agree: boolean): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    const inside = within(treasury, tx)
    const entry = await unmatchedDebit(tx, id)
    const kind = kindSaid(entry.outcome)
    if (kind === null) throw gone()
    allow(actor, 'money.approve', facts(inside, entry))
    const cause = await record(tx, actor, {
      type: 'payments.entry.debit_decided',
      stream: id,
      data: { as: kind, outcome: agree ? 'agreed' : 'declined' },
    })
    const now = { changed_at: tx.now(), changed_by: actor.accountId }
    if (!agree) return store.changeEntry(tx.db, id, { ...now, outcome: null, refund_id: null })
    await book(inside, entry, kind, cause)
    await store.changeEntry(tx.db, id, { ...now, state: 'done', kind: kind === 'fee' ? 'fee' : 'refund', outcome: kind })
    await closeItem(tx, actor, entryKey(id), kind === 'fee' ? 'settled' : 'refund')
  })
}

/** The money is not unclear any more, and is a fee of the bank or the refunds that left. */
async function book(treasury: Treasury, entry: store.StatementEntry, kind: DebitWish['kind'], cause: string): Promise<void> {
  const { platform: tx, rules } = treasury
  const { id, amount, currency, booked_on: day } = entry
  const own = rules.treasury
  await post(tx, { kind: 'cleared', key: `${entryKey(id)}:cleared`, cause, day, lines: unclear(own, currency, -amount, id) })
  if (kind === 'fee') {
    await post(tx, { kind: 'bank_fee', key: `${entryKey(id)}:fee`, cause, day, lines: bankFee(own, currency, -amount, id) })
    return
  }
  const about = kind === 'file' ? await store.fileOfRefund(tx.db, entry.refund_id ?? '') : entry.refund_id
  for (const refund of await groupOf(tx, kind, about ?? '', entry))
    await refundLeft(treasury, importer, refund.id, bankAccount(own, currency), true)
}

/** The refunds that would have left with an entry; throws 422 when they do not wait for that or are not that much. */
async function groupOf(tx: Platform, kind: 'file' | 'refund', about: string, entry: store.StatementEntry): Promise<store.RefundRow[]> {
  const wrong = (): Problem =>
    new Problem('payments.debit-refunds', 422, 'Choose refunds that are on their way with the bank and are just this amount.')
  if (!isUuid(about)) throw wrong()
  const all = await store.refundsById(tx.db, kind === 'file' ? await store.refundsInFile(tx.db, about) : [about])
  const group = all.filter((each) => each.way === 'bank' && each.state === 'sent' && each.currency === entry.currency)
  if (group.length === 0 || sum(group) !== -entry.amount) throw wrong()
  return group
}

const gone = (): Problem => new Problem('payments.entry-done', 409, 'Somebody else has dealt with this entry.')

/** A debit that waits, held until the transaction ends. */
async function unmatchedDebit(tx: Platform, id: string): Promise<store.StatementEntry> {
  const entry = await store.entryById(tx.db, id, true)
  if (!entry) throw notFound('entry')
  if (entry.state !== 'unmatched') throw gone()
  if (entry.amount >= 0n) throw new Problem('payments.entry-in', 422, 'This is money that came in.')
  return entry
}
