import { type Db, tablesOf } from '../../../platform/db.ts'
import type { Words } from '../../../kernel/text.ts'

/** A category that an import or another server brought. */
export type CategoryRow = {
  id: string
  name: Words
  category_group: string
  agency: string
  due_days: number | null
  source: string
  active: boolean
  added_at: Date
}

type Tables = { 'reports.category': CategoryRow }

const tables = (db: Db) => tablesOf<Tables>(db)

/** Every category that is not in the city's file. */
export async function addedCategories(db: Db): Promise<CategoryRow[]> {
  return tables(db).selectFrom('reports.category').selectAll().orderBy('added_at').orderBy('id').execute()
}
