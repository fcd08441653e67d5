import { present } from '../../src/kernel/invariant.ts'
import { addDays } from '../../src/kernel/time.ts'
import { query } from '../../src/platform/db.ts'
import { today, transact } from '../../src/platform/platform.ts'
import { accountActor, type Actor, systemActor } from '../../src/modules/access/index.ts'
import { accountByAddress } from '../../src/modules/identity/index.ts'
import { type Detail, type Entry, writeCamt053 } from '../../src/modules/iso20022/index.ts'
import { balanceOf } from '../../src/modules/ledger/index.ts'
import { destroyPerson } from '../../src/modules/people/index.ts'
import { type Bill, getBill, type Treasury } from '../../src/modules/payments/index.ts'
import { decideRefund, refundById } from '../../src/modules/payments/refunds/index.ts'
import { sendBack } from '../../src/modules/payments/transfers/entries.ts'
import { importFile, sourceOf } from '../../src/modules/payments/transfers/import.ts'
import type { StatementEntry } from '../../src/modules/payments/transfers/store.ts'
import { startApp, type TestApp } from '../support/app.ts'
import { statementOf } from '../support/statements.ts'

const PAYER = 'GB29NWBK60161331926819'

/** What is told of a transaction beside its amount. */
type Told = {
  e2e?: string
  references?: string[]
  lines?: string[]
  name?: string
  iban?: string
  returned?: boolean
  fee?: boolean
  bank?: string
}

/** The program with what the city takes money with, and two officers who work there. */
export type Transfers = { readonly test: TestApp; readonly treasury: Treasury; readonly officer: Actor; readonly second: Actor }

/** Starts the program with its two officers. */
export async function startTransfers(): Promise<Transfers> {
  const test = await startApp({ accounts: true })
  const officerOf = async (email: string): Promise<Actor> => {
    const account = present(await accountByAddress(test.app.platform, email), email)
    return accountActor({
      accountId: account.id,
      personId: null,
      roles: [{ role: 'officer', agency: null }],
      channel: 'web',
      level: 'substantial',
    })
  }
  return {
    test,
    treasury: present(test.app.treasury, 'the city takes money'),
    officer: await officerOf('officer@harbourview.example'),
    second: await officerOf('second.officer@harbourview.example'),
  }
}

/** Statements of the city's bank, one after another, and what tests do with them; `at` is asked for only when something is used. */
export function transferStage(at: () => Transfers) {
  /** How many entries and statements were written, and what the next statement begins with. */
  const written = { entries: 0, sequence: 0n, opening: 0n }
  const entry = (amount: bigint, told: Told = {}): Entry => {
    written.entries += 1
    const positive = amount < 0n ? -amount : amount
    const other = { name: told.name ?? 'Ada Muster', iban: told.iban ?? PAYER }
    const detail: Detail = {
      charges: [],
      references: told.references ?? [],
      lines: told.lines ?? [],
      amount: { amount: positive, currency: 'EUR' },
      ...(told.e2e ? { endToEndId: told.e2e } : {}),
      ...(amount > 0n ? { debtor: other } : { creditor: other }),
      ...(told.returned ? { returned: { code: 'AC04', lines: [] } } : {}),
    }
    return {
      reference: String(written.entries),
      amount: positive,
      currency: 'EUR',
      direction: amount > 0n ? 'credit' : 'debit',
      reversal: false,
      status: 'BOOK',
      bookingDay: today(at().test.app.platform),
      valueDay: today(at().test.app.platform),
      bankReference: told.bank ?? `T${written.entries}`,
      code: told.fee ? { domain: 'ACMT', family: 'MDOP', subFamily: 'CHRG' } : { domain: 'PMNT', family: 'RCDT', subFamily: 'ESCT' },
      charges: [],
      details: [detail],
    }
  }
  const file = (entries: readonly Entry[], own: Parameters<typeof statementOf>[1] = {}): Buffer => {
    written.sequence += 1n
    const day = addDays(today(at().test.app.platform), Number(written.sequence) - 60)
    const made = statementOf(entries, {
      id: `S-${written.sequence}`,
      iban: at().treasury.rules.creditor.iban,
      opening: written.opening,
      day,
      sequence: written.sequence,
      ...own,
    })
    written.opening = made.closing.amount
    return Buffer.from(writeCamt053(made))
  }
  const bring = async (entries: readonly Entry[]): Promise<StatementEntry[]> => {
    const [done] = await importFile(at().treasury, at().officer, sourceOf(file(entries)))
    return query<StatementEntry>(at().treasury.platform.db, 'select * from payments.entry where statement_id = $1 order by no, part', [
      done?.id,
    ])
  }
  const one = async (amount: bigint, told: Told = {}): Promise<StatementEntry> =>
    present((await bring([entry(amount, told)]))[0], 'an entry')
  const owed = async (bill: Bill): Promise<bigint> => (await getBill(at().treasury.platform, bill.id)).outstanding
  const suspense = (): Promise<bigint> =>
    balanceOf(at().treasury.platform, { agency: 'revenue', kind: 'suspense', currency: 'EUR', part: 'bank' })
  const item = async (id: string): Promise<{ kind: string; outcome: string | null } | undefined> =>
    (
      await query<{ kind: string; outcome: string | null }>(
        at().treasury.platform.db,
        'select kind, outcome from payments.item where key = $1',
        [`entry:${id}`],
      )
    )[0]

  const ready = async (amount: bigint, name: string): Promise<{ refund: string; entry: StatementEntry }> => {
    const found = await one(amount, { name })
    const refund = await sendBack(at().treasury, at().officer, found.id, 'x')
    await decideRefund(at().treasury, at().second, refund.id, true)
    return { refund: refund.id, entry: found }
  }
  const stateOf = async (id: string): Promise<string> => (await refundById(at().treasury.platform, id)).state
  /** As when the payer's bank takes the whole payment back. */
  const takeBack = async (refund: string): Promise<void> => {
    const { payment_id: payment, amount } = await refundById(at().treasury.platform, refund)
    await query(
      at().treasury.platform.db,
      `insert into payments.chargeback (id, payment_id, provider, provider_id, amount, fee, opened_at)
       values ($1, $2, 'harbourbank', $3, $4, 0, $5)`,
      [at().test.app.platform.newId(), payment, `cb-${refund}`, amount, at().test.app.platform.now()],
    )
  }
  const erase = async (refund: string): Promise<void> => {
    const { record_id } = await refundById(at().treasury.platform, refund)
    const [row] = await query<{ person_id: string }>(at().treasury.platform.db, 'select person_id from people.record where id = $1', [
      record_id,
    ])
    await transact(at().treasury.platform, (tx) => destroyPerson(tx, systemActor('payments'), row?.person_id ?? '', 'asked-for'))
  }

  return { bring, entry, erase, file, item, one, owed, ready, stateOf, suspense, takeBack, written }
}
