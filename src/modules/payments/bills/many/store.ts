import { sql } from 'kysely'
import type { PlainDate } from '../../../../kernel/time.ts'
import { type Db, tablesOf } from '../../../../platform/db.ts'
import type { Words } from '../../bill.ts'
import type { NewBill } from '../issue.ts'

type Tables = { 'payments.bill': { source_key: string; reference: string } }

/** A bill to issue with others. Its payer is in the vault already. */
export type ReadyBill = Omit<NewBill, 'payer' | 'cause' | 'instalments'> & {
  readonly payer: { readonly kind: 'person' | 'company'; readonly personId: string; readonly recordId: string } | null
  /** Parts with a day of their own; they add up to the bill. */
  readonly parts?: ReadonlyArray<{ readonly amount: bigint; readonly dueOn: PlainDate }>
}

/** A bill with what was drawn for it. */
export type BillRow = {
  readonly id: string
  readonly bill: ReadyBill
  readonly reference: string
  readonly creditor: string
  readonly total: bigint
  readonly stepOn: PlainDate
}

/** Those of these keys under which something is billed already. */
export async function knownSources(db: Db, keys: readonly string[]): Promise<Set<string>> {
  const rows = await tablesOf<Tables>(db)
    .selectFrom('payments.bill')
    .select('source_key')
    .where('source_key', '=', sql<string>`any(${[...keys]}::text[])`)
    .execute()
  return new Set(rows.map((row) => row.source_key))
}

/** Those of these references that a bill has. */
export async function takenReferences(db: Db, references: readonly string[]): Promise<Set<string>> {
  const rows = await tablesOf<Tables>(db)
    .selectFrom('payments.bill')
    .select('reference')
    .where('reference', '=', sql<string>`any(${[...references]}::text[])`)
    .execute()
  return new Set(rows.map((row) => row.reference))
}

/** Texts that many rows share are sent once and named by their place. */
function dictionary(): { readonly texts: string[]; readonly place: (words: Words | undefined) => number | null } {
  const places = new Map<Words, number>()
  const texts: string[] = []
  return {
    texts,
    place(words) {
      if (words === undefined) return null
      const known = places.get(words)
      if (known !== undefined) return known
      texts.push(JSON.stringify(words))
      places.set(words, texts.length)
      return texts.length
    },
  }
}

/** Writes bills with one statement; fails when one of their keys or references is there. */
export async function insertBills(db: Db, rows: readonly BillRow[], { day, at }: { day: PlainDate; at: Date }): Promise<void> {
  const words = dictionary()
  const of = <T>(get: (row: BillRow) => T): T[] => rows.map(get)
  await sql`
    with word as (select array(select t::jsonb from unnest(${sql.val(placed(words, rows))}::text[]) with ordinality as w (t, n) order by n) as texts)
    insert into payments.bill (id, reference, creditor_reference, source_key, source, source_id, agency, service, revenue, payer, person_id,
      account_id, record_id, language, currency, title, legal_basis, appeal, total, state, issued_on, due_on, deferred_until, step_on,
      interest_until, issued_at, closed_at)
    select b.id, reference, creditor, key, source, source_id, agency, service, revenue, payer, person, null, record, language, currency,
      word.texts[title], word.texts[legal], word.texts[appeal], total, 'open', ${day}::date, due, null, step, null, ${at}::timestamptz, null
    from word, unnest(${of((row) => row.id)}::uuid[], ${of((row) => row.reference)}::text[], ${of((row) => row.creditor)}::text[],
      ${of((row) => row.bill.key)}::text[], ${of((row) => row.bill.source)}::text[], ${of((row) => row.bill.sourceId)}::text[],
      ${of((row) => row.bill.agency)}::text[], ${of((row) => row.bill.service ?? null)}::text[], ${of((row) => row.bill.revenue)}::text[],
      ${of((row) => row.bill.payer?.kind ?? 'reference')}::text[], ${of((row) => row.bill.payer?.personId ?? null)}::uuid[],
      ${of((row) => row.bill.payer?.recordId ?? null)}::uuid[], ${of((row) => row.bill.language)}::text[],
      ${of((row) => row.bill.currency)}::text[], ${of((row) => words.place(row.bill.title))}::integer[],
      ${of((row) => words.place(row.bill.legalBasis))}::integer[], ${of((row) => words.place(row.bill.appeal))}::integer[],
      ${of((row) => row.total)}::bigint[], ${of((row) => row.bill.dueOn)}::date[], ${of((row) => row.stepOn)}::date[])
      as b (id, reference, creditor, key, source, source_id, agency, service, revenue, payer, person, record, language, currency,
        title, legal, appeal, total, due, step)`.execute(db)
}

function placed(words: ReturnType<typeof dictionary>, rows: readonly BillRow[]): string[] {
  for (const { bill } of rows) for (const each of [bill.title, bill.legalBasis, bill.appeal]) words.place(each)
  return words.texts
}

/** Lines of bills to write. */
export type LineRow = {
  readonly id: string
  readonly bill: string
  readonly title: Words
  readonly amount: bigint
  readonly law: string | null
}

export async function insertLines(db: Db, rows: readonly LineRow[], day: PlainDate): Promise<void> {
  await sql`
    insert into payments.bill_line (id, bill_id, kind, title, amount, law, added_on)
    select id, bill, 'principal', title::jsonb, amount, law, ${day}::date
    from unnest(${rows.map((row) => row.id)}::uuid[], ${rows.map((row) => row.bill)}::uuid[], ${rows.map((row) => JSON.stringify(row.title))}::text[],
      ${rows.map((row) => row.amount)}::bigint[], ${rows.map((row) => row.law)}::text[]) as l (id, bill, title, amount, law)`.execute(db)
}

/** Parts of bills to write. */
export type PartRow = { readonly bill: string; readonly no: number; readonly amount: bigint; readonly due: PlainDate }

export async function insertParts(db: Db, rows: readonly PartRow[]): Promise<void> {
  if (rows.length === 0) return
  await sql`
    insert into payments.instalment (bill_id, no, amount, due_on)
    select * from unnest(${rows.map((row) => row.bill)}::uuid[], ${rows.map((row) => row.no)}::smallint[],
      ${rows.map((row) => row.amount)}::bigint[], ${rows.map((row) => row.due)}::date[])`.execute(db)
}
