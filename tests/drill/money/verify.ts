import type { Treasury } from '../../../src/modules/payments/index.ts'
import { query } from '../../../src/platform/db.ts'
import { askBank, type BankDoor, everyDay } from './banking.ts'
import type { Owed, Street } from './payers.ts'

/** A payment as the bank tells of it. */
export type BankPayment = {
  readonly id: string
  readonly state: string
  readonly captured: string
  readonly refunded: string
  readonly charged_back: string
  readonly pay_url: string
  readonly chargebacks: ReadonlyArray<{ readonly id: string; readonly amount: string; readonly fee: string }>
}

/** What the officers' processes said that they have done. */
export type Acts = {
  readonly done: number
  readonly wrong: string[]
  readonly refunds: ReadonlyMap<string, string>
  readonly waived: readonly string[]
  readonly entries: readonly string[]
  readonly chargebacks: readonly string[]
}

/** Reads what the officers' processes said. */
export function readActs(lines: readonly string[]): Acts {
  const told: Array<Readonly<Record<string, string>>> = lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line))
  const of = (did: string, name: string): string[] => told.filter((each) => each['did'] === did).map((each) => each[name] ?? '')
  const refunds = ['proposed', 'declined', 'approved'].flatMap((did) => of(did, 'refund').map((id) => [id, did] as const))
  return {
    done: told.filter((each) => each['did'] !== undefined && each['did'] !== 'open').length,
    wrong: [...told.flatMap((each) => each['wrong'] ?? []), ...lines.filter((line) => /Error/.test(line) && !line.startsWith('{'))],
    refunds: new Map(refunds),
    waived: of('waived', 'proposal'),
    entries: of('transferred', 'entry'),
    chargebacks: of('charged_back', 'chargeback'),
  }
}

type Sides = {
  readonly treasury: Treasury
  readonly bank: BankDoor
  readonly street: Street
  readonly acts: Acts
  readonly pile: readonly Owed[]
  /** By attempt. */
  readonly payments: ReadonlyMap<string, readonly BankPayment[]>
  /** camt.053, as the bank wrote them. */
  readonly statements: readonly string[]
}

/** Everything that differs between the bank, the books and what was acknowledged, looked up without the program's own comparison. */
export async function booksFaults(sides: Sides): Promise<string[]> {
  return [
    ...(await paymentFaults(sides)),
    ...(await settledFaults(sides)),
    ...(await billFaults(sides)),
    ...(await twiceFaults(sides)),
    ...(await actFaults(sides)),
    ...(await accountFaults(sides)),
    ...(await toldFaults(sides)),
  ]
}

type Row = { attempt: string; state: string; payments: number; booked: bigint; clearing: bigint; returned: bigint }

/** Payment by payment: what the bank captured, gave back and took back is what the ledger has on the clearing account. */
async function paymentFaults({ treasury, payments }: Sides): Promise<string[]> {
  const rows = await query<Row>(
    treasury.platform.db,
    `with clearing as (select e.subject, sum(e.amount) as amount from ledger.entry e
       join ledger.account a on a.id = e.account_id and a.kind = 'clearing' group by e.subject)
     select t.id as attempt, t.state, count(p.id)::int as payments, coalesce(sum(p.amount), 0)::bigint as booked,
       coalesce(sum(c.amount), 0)::bigint as clearing,
       coalesce(sum((select sum(rc.amount) from payments.refund r join clearing rc on rc.subject = r.id where r.payment_id = p.id)), 0)::bigint as returned
     from payments.attempt t left join payments.payment p on p.key = 'attempt:' || t.id left join clearing c on c.subject = p.id
     group by t.id order by t.id`,
  )
  return rows.flatMap(({ attempt, state, payments: count, booked, clearing, returned }) => {
    const found = payments.get(attempt) ?? []
    const [at] = found
    if (found.length > 1) return [`attempt ${attempt} has ${found.length} payments at the bank`]
    const captured = BigInt(at?.captured ?? 0)
    const back = (at?.chargebacks ?? []).reduce((sum, each) => sum + BigInt(each.amount) + BigInt(each.fee), 0n)
    const says = `attempt ${attempt} (${state}, at the bank ${at?.state ?? 'unknown'})`
    return [
      ...(booked === captured && count === (captured > 0n ? 1 : 0)
        ? []
        : [`${says}: captured ${captured}, booked ${booked} in ${count} payments`]),
      ...(clearing === captured - back ? [] : [`${says}: the ledger has ${clearing}, the bank ${captured} less ${back} taken back`]),
      ...(-returned === BigInt(at?.refunded ?? 0) ? [] : [`${says}: the ledger gave back ${-returned}, the bank ${at?.refunded}`]),
      ...((state === 'captured') === captured > 0n ? [] : [`${says} brought ${captured}`]),
    ]
  })
}

/** Line by line of what the bank settled: nothing that is not ours, and all of it. */
async function settledFaults({ bank, payments }: Sides): Promise<string[]> {
  type Line = { kind: string; reference: string | null; gross: string }
  const { settlements }: { settlements: Array<{ lines: Line[] }> } = JSON.parse(await askBank(bank, `settlements?${everyDay}`))
  const lines = settlements.flatMap((settlement) => settlement.lines).filter((line) => line.kind === 'payment')
  const strays = lines.filter((line) => line.reference === null || !payments.has(line.reference))
  const settled = lines.reduce((sum, line) => sum + BigInt(line.gross), 0n)
  const captured = [...payments.values()].flat().reduce((sum, each) => sum + BigInt(each.captured), 0n)
  return [
    ...(strays.length === 0 ? [] : [`${strays.length} lines were settled for payments that are none of ours`]),
    ...(settled === captured ? [] : [`${settled} was settled, ${captured} captured`]),
  ]
}

/** Bill by bill and payment by payment: the tables say what the ledger says. */
async function billFaults({ treasury, pile }: Sides): Promise<string[]> {
  const { db } = treasury.platform
  const odd = await query<{ reference: string; why: string }>(
    db,
    `select b.reference, format('owes %s, the ledger has %s; paid %s, allocated %s', b.outstanding, r.owed, b.paid, r.paid) as why
     from payments.bill b cross join lateral (select
       coalesce((select sum(e.amount) from ledger.entry e join ledger.account a on a.id = e.account_id and a.kind = 'receivable' where e.subject = b.id), 0) as owed,
       coalesce((select sum(amount) from payments.allocation where bill_id = b.id), 0) as paid) r
     where b.outstanding <> r.owed or b.paid <> r.paid`,
  )
  const kept = await query<{ id: string; unapplied: bigint; ledger: bigint }>(
    db,
    `select * from (select p.id, p.unapplied, coalesce(-(select sum(e.amount) from ledger.entry e
       join ledger.account a on a.id = e.account_id and a.kind = 'unapplied' where e.subject = p.id), 0)::bigint as ledger
     from payments.payment p) kept where unapplied <> ledger`,
  )
  const [count] = await query<{ bills: number }>(db, 'select count(*)::int as bills from payments.bill')
  return [
    ...odd.map(({ reference, why }) => `bill ${reference} ${why}`),
    ...kept.map(({ id, unapplied, ledger }) => `payment ${id} keeps ${unapplied}, the ledger has ${ledger}`),
    ...(count?.bills === pile.length ? [] : [`${count?.bills} bills are there, ${pile.length} were issued`]),
  ]
}

/**
 * Nobody paid a bill twice at the provider. Left out: bills that a transfer, a waiver or a correction paid or made smaller beside, and payments that
 * came late, after they had expired, which nobody can prevent: their money is kept for the payer.
 */
async function twiceFaults({ treasury }: Sides): Promise<string[]> {
  const rows = await query<{ reference: string; total: bigint; captured: bigint }>(
    treasury.platform.db,
    `select b.reference, b.total, sum(s.amount)::bigint as captured
     from payments.bill b join payments.attempt_bill s on s.bill_id = b.id join payments.attempt t on t.id = s.attempt_id and t.state = 'captured'
     where b.waived = 0 and not exists (select 1 from payments.bill_line l where l.bill_id = b.id and l.kind = 'correction')
       and not exists (select 1 from payments.allocation a join payments.payment p on p.id = a.payment_id where a.bill_id = b.id and p.source <> 'provider')
       and not exists (select 1 from payments.allocation a where a.bill_id = b.id and a.kind = 'chargeback')
       and not exists (select 1 from journal.event e join payments.attempt_bill o on o.attempt_id::text = e.stream and o.bill_id = b.id
         where e.type = 'payments.attempt.moved' and e.data ->> 'from' = 'expired' and e.data ->> 'to' = 'captured')
     group by b.id having sum(s.amount) > b.total`,
  )
  return rows.map(({ reference, total, captured }) => `bill ${reference} of ${total} was paid with ${captured}`)
}

/** Each act of an officer that was acknowledged is there, once. */
async function actFaults({ treasury, acts }: Sides): Promise<string[]> {
  const { db } = treasury.platform
  const states = new Map(
    (await query<{ id: string; state: string }>(db, 'select id, state from payments.refund')).map((row) => [row.id, row.state]),
  )
  const fits = {
    proposed: () => true,
    declined: (is: string) => is === 'declined',
    approved: (is: string) => is !== 'proposed' && is !== 'declined',
  }
  const refunds = [...acts.refunds].filter(([id, did]) => {
    const is = states.get(id)
    return is === undefined || !fits[did as keyof typeof fits](is)
  })
  const open = [...states].filter(([, state]) => ['approved', 'sent', 'unknown'].includes(state))
  const waived = await query<{ id: string }>(
    db,
    `select p.id from payments.proposal p where p.kind = 'waive' and p.state = 'approved' and 1 =
       (select count(*) from journal.event e join ledger.posting o on o.cause = e.id and o.kind = 'waived' where e.data ->> 'proposal' = p.id::text)`,
  )
  const keys = new Set(waived.map((row) => row.id))
  const taken = new Set((await query<{ id: string }>(db, 'select provider_id as id from payments.chargeback')).map((row) => row.id))
  return [
    ...refunds.map(([id, did]) => `refund ${id} was ${did} and is ${states.get(id)}`),
    ...open.map(([id, state]) => `refund ${id} is still ${state}`),
    ...acts.waived.filter((key) => !keys.has(key)).map((key) => `the waiver ${key} was acknowledged and is not in the books`),
    ...acts.chargebacks.filter((id) => !taken.has(id)).map((id) => `chargeback ${id} is not in the books`),
  ]
}

/** The bank account: every entry of the statements is there once, and the ledger has what the last statement says. */
async function accountFaults({ treasury, acts, statements }: Sides): Promise<string[]> {
  const { db } = treasury.platform
  const entries = statements.flatMap((xml) => xml.match(/<Ntry>[^]*?<\/Ntry>/g) ?? [])
  const references = entries.map((entry) => /<NtryRef>([^<]+)</.exec(entry)?.[1] ?? '')
  const sum = entries.reduce((all, entry) => {
    const amount = BigInt((/<Amt [^>]*>([\d.]+)</.exec(entry)?.[1] ?? '0').replace('.', ''))
    return all + (entry.includes('<CdtDbtInd>DBIT') ? -amount : amount)
  }, 0n)
  const [there] = await query<{ n: number; sum: bigint; twice: number }>(
    db,
    `select count(*)::int as n, coalesce(sum(amount), 0)::bigint as sum, count(*) filter (where state = 'repeated')::int as twice from payments.entry`,
  )
  const [ledger] = await query<{ sum: bigint }>(
    db,
    "select coalesce(sum(e.amount), 0)::bigint as sum from ledger.entry e join ledger.account a on a.id = e.account_id and a.kind = 'bank'",
  )
  const known = new Set(references)
  return [
    ...(there?.n === entries.length && there.twice === 0
      ? []
      : [`${there?.n} entries are there (${there?.twice} repeated), ${entries.length} on the statements`]),
    ...(there?.sum === sum && ledger?.sum === sum
      ? []
      : [`the statements come to ${sum}, what was imported to ${there?.sum}, the ledger to ${ledger?.sum}`]),
    ...acts.entries.filter((entry) => !known.has(entry)).map((entry) => `transfer ${entry} was taken by the bank and is on no statement`),
    ...(entries.length > 0 ? [] : ['the statements are empty']),
  ]
}

/** What payers were told is so: paid is paid; "nothing was charged" only changes when money came late. */
async function toldFaults({ treasury, street, payments }: Sides): Promise<string[]> {
  const late = await query<{ stream: string }>(
    treasury.platform.db,
    "select stream from journal.event where type = 'payments.attempt.moved' and data ->> 'from' = 'expired' and data ->> 'to' = 'captured'",
  )
  const lateOnes = new Set(late.map((row) => row.stream))
  const captured = (attempt: string): boolean => (payments.get(attempt) ?? []).some((each) => each.captured !== '0')
  const byId = new Map([...payments.values()].flat().map((each) => [each.id, each]))
  return [
    ...[...street.toldPaid].filter((id) => !captured(id)).map((id) => `attempt ${id} was told paid and brought nothing`),
    ...[...street.toldFailed]
      .filter((id) => captured(id) && !lateOnes.has(id))
      .map((id) => `attempt ${id} was told failed and was captured`),
    ...[...street.leftPaid].filter((id) => byId.has(id) && byId.get(id)?.state !== 'captured').map((id) => `${id} was paid at the bank and is ${byId.get(id)?.state} there`), // prettier-ignore
    ...(street.toldPaid.size > 0 ? [] : ['no payer was told that they paid']),
  ]
}
