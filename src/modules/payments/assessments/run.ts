import { notFound, Problem } from '../../../kernel/problem.ts'
import { enqueue } from '../../../platform/jobs.ts'
import { record } from '../../../platform/journal/journal.ts'
import { isUniqueViolation } from '../../../platform/db.ts'
import { type Platform, today, transact } from '../../../platform/platform.ts'
import { type Actor, allow, may } from '../../access/index.ts'
import type { Treasury } from '../treasury.ts'
import { NOTHING_FOUND } from './preview.ts'
import { loadTaxRules, type TaxRules } from './rules.ts'
import * as store from './store.ts'
import type { Run } from './store.ts'

/** The job that moves a run on. */
export const MOVE_RUN = 'payments:run'

/** Asks for the work on a run, in the caller's transaction. */
export function moveOn(tx: Platform, run: string): Promise<void> {
  return enqueue(tx, MOVE_RUN, { run }, { key: `payments-run:${run}` })
}

const facts = (treasury: Treasury) => ({ agency: treasury.rules.treasury, consulted: [treasury.rules.treasury] })

/** The rules of the city; throws 409 in a city without property tax. */
export async function taxRules({ platform }: Treasury): Promise<TaxRules> {
  const rules = await loadTaxRules(platform.city.folder)
  if (!rules) throw new Problem('payments.no-tax', 409, 'The city has no property tax: there is no property-tax.yaml.')
  return rules
}

/**
 * Starts the run of all parcels for a year with its dry run: nobody is billed before another officer confirms it. Throws 422
 * for a year that is not this one or the next, 409 when there is a run of it already.
 */
export async function startRun(treasury: Treasury, actor: Actor, year: number): Promise<string> {
  allow(actor, 'money.work', facts(treasury))
  const now = Number(today(treasury.platform).slice(0, 4))
  if (year !== now && year !== now + 1) throw new Problem('payments.run-year', 422, 'A run is for this year or the next.')
  return begin(treasury, actor, { kind: 'year', year, parcel: null })
}

/** Starts an assessment of one parcel again for a year that was billed, by the register as it is now. Throws 404 and 409 as above. */
export async function startCorrection(treasury: Treasury, actor: Actor, number: string, year: number): Promise<string> {
  allow(actor, 'money.work', facts(treasury))
  const parcel = await store.parcelByNumber(treasury.platform.db, number.trim().toUpperCase().slice(0, 40))
  if (!parcel) throw new Problem('payments.run-parcel', 422, 'The register has no parcel with this number.')
  const assessed = await store.assessedFor(treasury.platform.db, year, [parcel.id])
  if (!assessed.has(parcel.id)) throw new Problem('payments.run-not-assessed', 422, 'This parcel was not assessed for this year.')
  return begin(treasury, actor, { kind: 'correction', year, parcel: parcel.id })
}

async function begin(treasury: Treasury, actor: Actor, what: { kind: Run['kind']; year: number; parcel: string | null }): Promise<string> {
  const rules = await taxRules(treasury)
  const { platform } = treasury
  try {
    return await transact(platform, async (tx) => {
      const id = tx.newId()
      await store.insertRun(tx.db, {
        id,
        kind: what.kind,
        year: what.year,
        parcel_id: what.parcel,
        state: 'checking',
        rules: rules.text,
        preview: NOTHING_FOUND,
        reached: '',
        mailed: '',
        letters: 0,
        billed: 0,
        passed: 0,
        amount: 0n,
        started_by: actor.accountId ?? '',
        started_at: tx.now(),
        confirmed_by: null,
        confirmed_at: null,
        moved_at: tx.now(),
        ended_at: null,
      })
      await record(tx, actor, { type: 'payments.run.started', stream: id, data: { kind: what.kind, year: what.year } })
      await moveOn(tx, id)
      return id
    })
  } catch (error) {
    if (!isUniqueViolation(error)) throw error
    throw new Problem('payments.run-there', 409, 'There is a run for this already. Open it in the list.')
  }
}

/** Confirms what the dry run found: from now on bills are issued. Throws 403 for whoever started it, 409 when it does not wait. */
export async function confirmRun(treasury: Treasury, actor: Actor, id: string): Promise<void> {
  await transact(treasury.platform, async (tx) => {
    const run = await held(tx, id)
    allow(actor, 'money.approve', { ...facts(treasury), id, proposedBy: run.started_by })
    if (run.state !== 'checked') throw moved()
    await store.changeRun(tx.db, id, {
      state: 'billing', reached: '', confirmed_by: actor.accountId, confirmed_at: tx.now(), moved_at: tx.now(),
    }) // prettier-ignore
    await record(tx, actor, { type: 'payments.run.confirmed', stream: id, data: {} })
    await moveOn(tx, id)
  })
}

/** Gives a run up before anybody is billed. Throws 409 afterwards. */
export async function stopRun(treasury: Treasury, actor: Actor, id: string): Promise<void> {
  allow(actor, 'money.work', facts(treasury))
  await transact(treasury.platform, async (tx) => {
    const run = await held(tx, id)
    if (run.state !== 'checking' && run.state !== 'checked') throw moved()
    await store.changeRun(tx.db, id, { state: 'stopped', ended_at: tx.now(), moved_at: tx.now() })
    await record(tx, actor, { type: 'payments.run.stopped', stream: id, data: {} })
  })
}

const moved = (): Problem => new Problem('payments.run-moved', 409, 'This run has moved on. Look at it again.')

async function held(tx: Platform, id: string): Promise<Run> {
  const run = await store.runById(tx.db, id, true)
  if (!run) throw notFound('run')
  return run
}

/** A run with how many parcels there are, and whether this officer may confirm it. */
export type SeenRun = {
  readonly run: Run
  readonly parcels: number
  readonly parcel: string | null
  readonly mayConfirm: boolean
  readonly mayWork: boolean
}

/** A run for the officers of the treasury, and for auditors. Throws 404. */
export async function readRun(treasury: Treasury, actor: Actor, id: string): Promise<SeenRun> {
  allow(actor, 'money.books', { agency: treasury.rules.treasury })
  const { db } = treasury.platform
  const run = await store.runById(db, id)
  if (!run) throw notFound('run')
  const parcel = run.parcel_id === null ? null : ((await store.parcelById(db, run.parcel_id))?.number ?? null)
  const mayWork = may(actor, 'money.work', facts(treasury))
  const mayConfirm = run.state === 'checked' && may(actor, 'money.approve', { ...facts(treasury), id, proposedBy: run.started_by })
  return { run, parcels: run.parcel_id === null ? await store.countParcels(db) : 1, parcel, mayConfirm, mayWork }
}

/** The newest runs, how many parcels the register has, and whether this officer may start one. */
export async function readRuns(
  treasury: Treasury,
  actor: Actor,
): Promise<{ runs: Run[]; parcels: number; mayWork: boolean; year: number }> {
  allow(actor, 'money.books', { agency: treasury.rules.treasury })
  const { platform } = treasury
  return {
    runs: await store.recentRuns(platform.db, 50),
    parcels: await store.countParcels(platform.db),
    mayWork: may(actor, 'money.work', facts(treasury)),
    year: Number(today(platform).slice(0, 4)),
  }
}
