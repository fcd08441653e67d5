import { addYears, type PlainDate } from '../../kernel/time.ts'
import type { Platform } from '../../platform/platform.ts'
import { eraseDocument, eraseRecord } from '../people/index.ts'
import type { Service } from '../servicefile/index.ts'
import type { Case } from './case.ts'
import { type House, serviceOf } from './house.ts'
import * as store from './store.ts'

/** What is kept about one case of a person: the answers' record, the words about it, the letters. */
export type CaseHolding = {
  readonly current: Case
  readonly service: Service
  readonly entries: readonly store.EntryRow[]
  readonly letters: readonly store.LetterRow[]
}

/** Every case of a person with all that is kept about it, the newest first. The caller has asked whether the reader may. */
export async function caseHoldings(house: House, personId: string): Promise<CaseHolding[]> {
  const { db } = house.platform
  const cases = await store.everyCaseOf(db, personId)
  const ids = cases.map((each) => each.id)
  const [entries, letters] = await Promise.all([store.entriesOfCases(db, ids), store.lettersOfCases(db, ids)])
  return Promise.all(
    cases.map(async (current) => ({
      current,
      service: await serviceOf(house, current),
      entries: entries.filter((row) => row.case_id === current.id),
      letters: letters.filter((row) => row.case_id === current.id),
    })),
  )
}

/** The last day on which a closed case is kept, by its service's rule; null while it is open, or when its service has no rule. */
export function keptUntil(house: House, current: Pick<Case, 'closed_at'>, service: Service): PlainDate | null {
  const { retention } = service.definition
  if (current.closed_at === null || !retention) return null
  return addYears(house.platform.city.dayOf(current.closed_at), retention.case_years)
}

/** A person's cases, held as they are until the caller's transaction ends; with their services. */
export async function holdCasesOf(house: House, personId: string): Promise<Array<Pick<CaseHolding, 'current' | 'service'>>> {
  const cases = await store.lockCasesOf(house.platform.db, personId)
  return Promise.all(cases.map(async (current) => ({ current, service: await serviceOf(house, current) })))
}

/**
 * Erases what was said in cases: answers, words, letters, compared answers; that there was such a case stays, for the
 * city's figures. In the caller's transaction; returns the files to remove after the commit.
 */
export async function eraseCases(tx: Platform, cases: ReadonlyArray<Pick<Case, 'id' | 'record_id'>>): Promise<string[]> {
  const ids = cases.map((each) => each.id)
  const [entries, letters] = [await store.entriesOfCases(tx.db, ids), await store.lettersOfCases(tx.db, ids)]
  const files: string[] = []
  for (const record of [...cases.map((each) => each.record_id), ...entries.map((row) => row.record_id)])
    files.push(...(await eraseRecord(tx, record)))
  for (const { document_id: document } of letters) if (document !== null) files.push(...(await eraseDocument(tx, document)))
  await disownCases(tx, ids)
  return files
}

/**
 * Takes cases from their person and forgets what could lead back: the keyed hashes of compared answers, and which
 * documents the letters were. Alone it is for a person whose vault is destroyed as a whole.
 */
export async function disownCases(tx: Platform, caseIds: readonly string[]): Promise<void> {
  await store.forgetTraces(tx.db, caseIds)
  for (const id of caseIds) await store.disown(tx.db, id, tx.now())
}
