import type { Content, View } from '../../../ui/index.ts'
import { getCase, type House } from '../../cases/index.ts'
import { restrictionNotice } from './dataviews.ts'
import * as store from './store.ts'

/** What those who work on a case must know of its person's wishes about the data in it; nothing when there are none. */
export async function caseNotice({ platform }: Pick<House, 'platform'>, view: View, caseId: string): Promise<Content> {
  const rows = await store.restrictionsOfCase(platform.db, caseId)
  const told = await Promise.all(rows.map(async (row) => ({ ...row, reference: (await getCase(platform, row.request_case)).reference })))
  return restrictionNotice(view, told)
}
