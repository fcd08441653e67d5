import { addWorkingDays } from '../../../kernel/time.ts'
import { isUniqueViolation } from '../../../platform/db.ts'
import { enqueue, type Job } from '../../../platform/jobs.ts'
import { record } from '../../../platform/journal/journal.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { allow, systemActor } from '../../access/index.ts'
import type { Bill } from '../bill.ts'
import { correctBill } from '../bills/change.ts'
import { issueMany } from '../bills/issuemany.ts'
import type { ReadyBill } from '../bills/many/store.ts'
import { openItem } from '../items.ts'
import { contactOf, MAIL } from '../mail/mail.ts'
import { lockBills } from '../store.ts'
import { type Treasury, within } from '../treasury.ts'
import { fileOf } from './letters.ts'
import { foundWith, type Looked } from './preview.ts'
import { partsOf, readTaxRules, type Tax, taxOf, type TaxRules } from './rules.ts'
import { MOVE_RUN, moveOn } from './run.ts'
import * as store from './store.ts'
import type { Parcel, Run } from './store.ts'

const PROGRAM = systemActor('payments')
/** Bills of one transaction. */
const BATCH = 1_000
/** Parcels of one turn of a dry run. */
const LOOKED = 5_000
const MAILS = 500
/** A job works so long before it gives way to another: what is killed is taken up again soon. */
const SHIFT_MS = 60_000
/** Whoever has not moved a run for so long is gone. */
const GONE_MS = 3 * 60_000
/** A thousand references are drawn anew so often when somebody else took one at the same moment. */
const MOST_TRIES = 5

/** Moves runs on: the dry run, the bills by the thousand, the e-mails. It goes on where it was killed. */
export function runJobs(treasury: Treasury): Job[] {
  const on = (platform: Platform): Treasury => ({ ...treasury, platform, house: { ...treasury.house, platform } })
  return [
    {
      name: MOVE_RUN,
      async run(platform, payload) {
        if (typeof payload['run'] === 'string') await moveRun(on(platform), payload['run'])
      },
    },
    {
      name: 'payments:runs',
      cron: '* * * * *',
      async run(platform) {
        const before = new Date(platform.now().getTime() - GONE_MS)
        for (const id of await store.stillRuns(platform.db, before)) await transact(platform, (tx) => moveOn(tx, id))
      },
    },
  ]
}

/**
 * Moves a run on for a minute, then asks for the rest; called with a larger `shift` (milliseconds) it stays longer. Two that
 * move the same run take turns. `onTurn` is called after each commit with the run as it is then.
 */
export async function moveRun(
  treasury: Treasury,
  id: string,
  shift = SHIFT_MS,
  onTurn: (run: Run) => void = () => undefined,
): Promise<void> {
  const { platform } = treasury
  const begun = performance.now()
  const first = await store.runById(platform.db, id)
  const rules = first && readTaxRules(first.rules)
  if (!rules) return
  for (let more = true; more;) {
    if (performance.now() - begun > shift) return transact(platform, (tx) => moveOn(tx, id))
    more = await turn(treasury, rules, id)
    const now = await store.runById(platform.db, id)
    if (now) onTurn(now)
  }
}

async function turn(treasury: Treasury, rules: TaxRules, id: string): Promise<boolean> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await transact(treasury.platform, async (tx) => {
        const run = await store.runById(tx.db, id, true)
        const inside = within(treasury, tx)
        if (run?.state === 'checking') return look(inside, rules, run)
        if (run?.state === 'billing') return bill(inside, rules, run)
        return false
      })
    } catch (error) {
      if (!isUniqueViolation(error) || tries >= MOST_TRIES) throw error
    }
  }
}

async function nextParcels({ platform }: Treasury, run: Run, limit: number): Promise<Parcel[]> {
  if (run.parcel_id === null) return store.parcelsAfter(platform.db, run.reached, limit)
  const parcel = run.reached === '' ? await store.parcelById(platform.db, run.parcel_id) : null
  return parcel ? [parcel] : []
}

/** One turn of the dry run: writes nothing but what it found. */
async function look(treasury: Treasury, rules: TaxRules, run: Run): Promise<boolean> {
  const tx = treasury.platform
  const parcels = await nextParcels(treasury, run, LOOKED)
  // a correction is compared with what was asked for the same year
  const before = await store.assessedFor(tx.db, run.kind === 'year' ? run.year - 1 : run.year, parcels.map((parcel) => parcel.id)) // prettier-ignore
  const looked = parcels.map((parcel): Looked => {
    const old = before.get(parcel.id)
    return {
      number: parcel.number,
      use: parcel.use,
      tax: taxOf(rules, parcel),
      before: old ? (old.bill_id === null ? 0n : old.amount) : null,
    }
  })
  const preview = foundWith(run.preview, looked)
  const reached = parcels.at(-1)?.number
  if (reached !== undefined) {
    await store.changeRun(tx.db, run.id, { preview, reached, moved_at: tx.now() })
    return true
  }
  await store.changeRun(tx.db, run.id, { state: 'checked', moved_at: tx.now() })
  const data = { parcels: preview.parcels, bills: preview.bills, amount: preview.amount }
  await record(tx, PROGRAM, { type: 'payments.run.checked', stream: run.id, data })
  return false
}

/** One turn of billing: a thousand bills with their parts, postings and assessments, or nothing of them. */
async function bill(treasury: Treasury, rules: TaxRules, run: Run): Promise<boolean> {
  const tx = treasury.platform
  allow(PROGRAM, 'money.system', { agency: rules.agency })
  const parcels = await nextParcels(treasury, run, BATCH)
  const last = parcels.at(-1)?.number
  if (last === undefined) {
    if (await mail(treasury, run)) return true
    await store.changeRun(tx.db, run.id, { state: 'done', ended_at: tx.now(), moved_at: tx.now() })
    const data = { bills: run.billed, amount: run.amount.toString() }
    await record(tx, PROGRAM, { type: 'payments.run.finished', stream: run.id, data })
    return false
  }
  const taxed = parcels.map((parcel) => ({ parcel, tax: taxOf(rules, parcel) }))
  const done = run.kind === 'year' ? await billAll(treasury, rules, run, taxed) : await correctOne(treasury, rules, run, taxed)
  let letters = run.letters
  await store.insertAssessments(
    tx.db,
    (done.refused ? [] : taxed).map(({ parcel, tax }) => ({
      run_id: run.id,
      parcel_id: parcel.id,
      year: run.year,
      amount: tax.amount,
      rule: tax.rule,
      bill_id: done.bills.get(parcel.id) ?? null,
      letter: done.post.has(parcel.id) ? fileOf((letters += 1)) : null,
    })),
  )
  await store.changeRun(tx.db, run.id, {
    reached: last,
    billed: run.billed + done.bills.size,
    passed: run.passed + parcels.length - done.bills.size,
    amount: run.amount + done.amount,
    letters,
    moved_at: tx.now(),
  })
  return true
}

type Taxed = ReadonlyArray<{ readonly parcel: Parcel; readonly tax: Tax }>
/** By parcel: bills, and whose payers are told by post. `refused`: an officer has to look, and what was assessed before holds. */
type Billed = {
  readonly bills: ReadonlyMap<string, string>
  readonly post: ReadonlySet<string>
  readonly amount: bigint
  readonly refused?: true
}
const NOTHING_BILLED: Billed = { bills: new Map(), post: new Set(), amount: 0n }

const keyOf = (run: Run, parcel: Parcel): string => `parcel:${run.id}/${parcel.id}`

async function billAll(treasury: Treasury, rules: TaxRules, run: Run, taxed: Taxed): Promise<Billed> {
  const tx = treasury.platform
  const owed = taxed.filter(({ tax }) => tax.due > 0n)
  if (owed.length === 0) return NOTHING_BILLED
  const amount = owed.reduce((sum, { tax }) => sum + tax.due, 0n)
  const { currency } = tx.city
  const cause = await record(tx, PROGRAM, {
    type: 'payments.run.billed',
    stream: run.id,
    data: {
      bills: owed.length,
      amount: amount.toString(),
      currency,
      agency: rules.agency,
      revenue: 'tax',
      from: owed[0]?.parcel.number,
      to: owed.at(-1)?.parcel.number,
    },
  })
  const ready = billMaker(treasury, rules, run)
  const made = await issueMany(treasury, PROGRAM, owed.map(({ parcel, tax }) => ready(parcel, tax)), cause) // prettier-ignore
  const bills = new Map(owed.flatMap(({ parcel }) => {
    const id = made.get(keyOf(run, parcel))
    return id === undefined ? [] : [[parcel.id, id] as const]
  })) // prettier-ignore
  const post = taxed.flatMap(({ parcel }) => (bills.has(parcel.id) && parcel.person_id !== null && !parcel.mails ? [parcel.id] : []))
  return { bills, post: new Set(post), amount }
}

/** How a parcel's bill is made; words are shared by all of them. */
function billMaker(treasury: Treasury, rules: TaxRules, run: Run): (parcel: Parcel, tax: Tax) => ReadyBill {
  const { platform } = treasury
  const day = today(platform)
  const usual = addWorkingDays(day, treasury.rules.pay_within, platform.city.calendar)
  const titled = (words: Readonly<Record<string, string>>, more: string): Record<string, string> =>
    Object.fromEntries(Object.entries(words).map(([tag, text]) => [tag, `${text} ${more}`]))
  const title = titled(rules.title, String(run.year))
  return (parcel, tax) => {
    const parts = partsOf(rules, run.year, tax.due, platform.city.currency, day)
    return {
      key: keyOf(run, parcel),
      source: 'assessment',
      sourceId: parcel.number,
      agency: rules.agency,
      revenue: 'tax',
      payer:
        parcel.person_id !== null && parcel.record_id !== null
          ? { kind: parcel.owner, personId: parcel.person_id, recordId: parcel.record_id }
          : null,
      language: parcel.language,
      currency: platform.city.currency,
      title,
      legalBasis: rules.legal_basis,
      appeal: rules.appeal,
      dueOn: parts.at(-1)?.dueOn ?? usual,
      lines: [
        { title: titled(rules.title, `${run.year} · ${parcel.number}`), amount: tax.due, ...(tax.law === null ? {} : { law: tax.law }) },
      ],
      parts: parts.length > 1 ? parts : [],
    }
  }
}

/** The bill of the year comes to what the register says now; one that was never issued is issued. */
async function correctOne(treasury: Treasury, rules: TaxRules, run: Run, taxed: Taxed): Promise<Billed> {
  const [only] = taxed
  if (!only) return NOTHING_BILLED
  const { parcel, tax } = only
  const known = await store.billOfYear(treasury.platform.db, run.year, parcel.id)
  const [old] = known === null ? [] : await lockBills(treasury.platform.db, [known])
  if (!old || old.state === 'cancelled') return issueOne(treasury, rules, run, only)
  const assessed = (await store.assessedFor(treasury.platform.db, run.year, [parcel.id])).get(parcel.id)
  const before = assessed?.bill_id ? assessed.amount : 0n
  // interest and fees that came since stay
  const change = old.total - before + tax.due
  const to = change < 0n ? 0n : change
  // nobody would be asked for the rest of a bill that was given up, nor gets back what was waived
  if (old.state === 'written_off' || to < old.waived) return refused(treasury, run, old, to)
  await correctBill(treasury, PROGRAM, old.id, { key: `assessment:${run.id}`, to, why: 'assessment', title: rules.title })
  const bills = tax.due > 0n ? new Map([[parcel.id, old.id]]) : new Map<string, string>()
  const post = to !== old.total && (await toldByPost(treasury, old)) ? [parcel.id] : []
  return { bills, post: new Set(post), amount: tax.due - before }
}

/** A bill that was never issued, or was taken back: no e-mail about a correction tells of it. */
async function issueOne(treasury: Treasury, rules: TaxRules, run: Run, one: Taxed[number]): Promise<Billed> {
  const done = await billAll(treasury, rules, run, [one])
  const id = done.bills.get(one.parcel.id)
  if (id !== undefined && one.parcel.mails) await mailIssued(treasury.platform, run, id, one.tax.due)
  return done
}

/** Whether nobody knows an e-mail address of who pays a bill; it may be another than who owns the parcel now. */
async function toldByPost({ platform }: Treasury, bill: Bill): Promise<boolean> {
  return bill.person_id !== null && (await contactOf(platform, bill, bill.person_id)) === null
}

async function refused({ platform }: Treasury, run: Run, bill: Bill, to: bigint): Promise<Billed> {
  await openItem(platform, PROGRAM, {
    key: `tax-changed:${run.id}`,
    kind: 'tax_changed',
    agency: bill.agency,
    bill: bill.id,
    amount: to,
    currency: bill.currency,
    story: { from: bill.total.toString(), to: to.toString() },
  })
  return { ...NOTHING_BILLED, refused: true }
}

/** E-mails for owners who gave an address, each once, by the job that writes all e-mails about bills. A correction mails by itself. */
async function mail(treasury: Treasury, run: Run): Promise<boolean> {
  const tx = treasury.platform
  if (run.kind !== 'year') return false
  const next = await store.mailable(tx.db, run.id, run.mailed, MAILS)
  const last = next.at(-1)?.number
  if (last === undefined) return false
  for (const { bill_id: id, amount } of next) await mailIssued(tx, run, id, amount)
  await store.changeRun(tx.db, run.id, { mailed: last, moved_at: tx.now() })
  return true
}

function mailIssued(tx: Platform, run: Run, bill: string, amount: bigint): Promise<void> {
  return enqueue(tx, MAIL, { bill, what: 'issued', event: run.id, amount: amount.toString() }, { key: `bill-mail:${run.id}:${bill}` })
}
