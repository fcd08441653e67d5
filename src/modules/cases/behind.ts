import type { Service } from '../servicefile/index.ts'
import type { Case } from './case.ts'
import { type House, serviceOf } from './house.ts'
import * as store from './store.ts'

/** What of a case a record or document of the vault is. */
export type Behind = {
  readonly current: Case
  readonly service: Service
  readonly what: 'answers' | 'words' | 'letter' | 'about'
}

/**
 * The cases to which records, documents and things with these ids belong, by that id; what belongs to none is left out.
 * Nothing is opened. The caller makes sure that the reader may know.
 */
export async function casesBehind(house: House, ids: readonly string[]): Promise<Map<string, Behind>> {
  const rows = await store.casesBehind(house.platform.db, [...new Set(ids)])
  const cases = new Map((await store.casesById(house.platform.db, rows.map((row) => row.case_id))).map((each) => [each.id, each])) // prettier-ignore
  const found = new Map<string, Behind>()
  for (const { id, case_id: caseId, what } of rows) {
    const current = cases.get(caseId)
    if (current) found.set(id, { current, service: await serviceOf(house, current), what })
  }
  return found
}
